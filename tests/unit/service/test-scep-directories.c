/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-error.h"
#include "service/scep-directories.h"
#include "storage/scep-storage.h"

#include <glib/gstdio.h>

typedef struct {
  char *root;
  char *state;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->root = g_dir_make_tmp ("scep-directories-XXXXXX", NULL);
  f->state = g_build_filename (f->root, "state", NULL);
  g_setenv ("STATE_DIRECTORY", f->state, TRUE);
  g_setenv ("CONFIGURATION_DIRECTORY", f->root, TRUE);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_assert_true (scep_storage_remove_directory (f->root, NULL));
  g_free (f->state);
  g_free (f->root);
}

static void
expect_refused (void)
{
  g_autoptr (ScepDirectories) directories = scep_directories_new ();
  g_autoptr (GError) error = NULL;

  g_assert_false (scep_directories_prepare (directories, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_STORAGE_FAILED);
}

static ScepDirectories *
prepare (void)
{
  ScepDirectories *directories = scep_directories_new ();
  g_autoptr (GError) error = NULL;

  scep_directories_prepare (directories, &error);
  g_assert_no_error (error);
  return directories;
}

static char *
read_version (Fixture *f)
{
  g_autofree char *path = g_build_filename (f->state, "version", NULL);
  char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  return text;
}

static void
write_version (Fixture *f, const char *text)
{
  g_autofree char *path = g_build_filename (f->state, "version", NULL);

  g_assert_cmpint (g_mkdir_with_parents (f->state, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static void
test_no_directory (Fixture *f, gconstpointer data)
{
  g_assert_true (g_file_set_contents (f->state, "a file", -1, NULL));
  expect_refused ();
}

/* What a newer version wrote, or what is damaged, is refused and left alone. */
static void
test_version (Fixture *f, gconstpointer data)
{
  static const char *const bad[] = { "2\n", "99999999999999999999\n", "-1\n", "", "one\n" };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autofree char *after = NULL;

    write_version (f, bad[i]);
    expect_refused ();
    after = read_version (f);
    g_assert_cmpstr (after, ==, bad[i]);
  }
}

static void
test_fresh (Fixture *f, gconstpointer data)
{
  g_autoptr (ScepDirectories) directories = prepare ();
  g_autofree char *version = read_version (f);
  g_autofree char *profiles = g_build_filename (f->state, "profiles", NULL);
  GStatBuf info;

  g_assert_cmpstr (version, ==, "1\n");
  g_assert_cmpint (g_stat (profiles, &info), ==, 0);
  g_assert_cmpuint (info.st_mode & 0777, ==, 0700);
  g_assert_cmpstr (directories->configuration, ==, f->root);
}

/* Two processes on one state directory would undo each other's work. */
static void
test_locked (Fixture *f, gconstpointer data)
{
  ScepDirectories *first = prepare ();

  expect_refused ();
  scep_directories_free (first);
  first = prepare ();
  scep_directories_free (first);
}

static void
test_several (Fixture *f, gconstpointer data)
{
  g_autofree char *both = g_strconcat (f->state, ":/nonexistent", NULL);
  g_autoptr (ScepDirectories) directories = NULL;

  g_setenv ("STATE_DIRECTORY", both, TRUE);
  directories = prepare ();
  g_assert_cmpstr (directories->state, ==, f->state);
}

#define ADD(name, func) g_test_add ("/directories/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("no-directory", test_no_directory);
  ADD ("version", test_version);
  ADD ("fresh", test_fresh);
  ADD ("locked", test_locked);
  ADD ("several", test_several);
  return g_test_run ();
}
