/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-keystore-files.h"

#include "storage/scep-storage.h"

#include <glib/gstdio.h>
#include <unistd.h>

typedef struct {
  char *directory;
  char *vendor;
  char *configuration;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->directory = g_dir_make_tmp ("scep-keystore-files-XXXXXX", NULL);
  f->vendor = g_build_filename (f->directory, "vendor", NULL);
  f->configuration = g_build_filename (f->directory, "etc", NULL);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  scep_storage_remove_directory (f->directory, &error);
  g_assert_no_error (error);
  g_free (f->directory);
  g_free (f->vendor);
  g_free (f->configuration);
}

static char *
make_path (const char *parent, const char *id)
{
  g_autofree char *name = g_strconcat (id, ".conf", NULL);
  g_autofree char *path = g_build_filename (parent, "keystores", name, NULL);
  g_autofree char *folder = g_path_get_dirname (path);

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  return g_steal_pointer (&path);
}

static void
write_file (const char *parent, const char *id, const char *text)
{
  g_autofree char *path = make_path (parent, id);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static void
write_link (const char *parent, const char *id, const char *target)
{
  g_autofree char *path = make_path (parent, id);

  g_assert_cmpint (symlink (target, path), ==, 0);
}

/* A file where a folder should be: not even root can look into it. */
static void
make_unreadable (const char *parent)
{
  g_autofree char *folder = g_build_filename (parent, "keystores", NULL);

  g_assert_cmpint (g_mkdir_with_parents (parent, 0700), ==, 0);
  g_assert_true (g_file_set_contents (folder, "no folder", -1, NULL));
}

/* Expects that the file of @id is refused, for a reason with these words. */
static void
expect_fault (Fixture *f, const char *id, const char *words)
{
  g_autoptr (ScepKeystoreDescriptions) read =
      scep_keystore_files_read (f->vendor, f->configuration);
  const ScepKeystoreDescription *found = scep_keystore_descriptions_find (read, id);

  g_assert_nonnull (found);
  g_assert_nonnull (found->fault);
  if (strstr (found->fault, words) == NULL)
    g_error ("no \"%s\" in: %s", words, found->fault);
  g_assert_nonnull (strstr (found->fault, id));
}

static void
expect_pid (Fixture *f, const char *id, const char *service_pid)
{
  g_autoptr (ScepKeystoreDescriptions) read =
      scep_keystore_files_read (f->vendor, f->configuration);
  const ScepKeystoreDescription *found = scep_keystore_descriptions_find (read, id);

  g_assert_nonnull (found);
  g_assert_cmpstr (found->fault, ==, NULL);
  g_assert_cmpstr (found->service_pid, ==, service_pid);
}

/* What cannot be opened is there all the same: no file below it stands in for it. */
static void
test_unreadable (Fixture *f, gconstpointer data)
{
  write_file (f->vendor, "default", "[Keystore]\nServicePid=vendor\n");
  write_file (f->vendor, "plant", "[Keystore]\nServicePid=vendor\n");
  write_link (f->configuration, "default", "default.conf");
  write_link (f->configuration, "plant", "plant.conf");
  expect_fault (f, "default", "symbolic links");
  expect_fault (f, "plant", "symbolic links");
}

static void
test_unreadable_folder (Fixture *f, gconstpointer data)
{
  g_autoptr (ScepKeystoreDescriptions) read = NULL;

  write_file (f->vendor, "plant", "[Keystore]\nServicePid=vendor\n");
  make_unreadable (f->configuration);
  expect_fault (f, "default", "Not a directory");
  expect_fault (f, "plant", "Not a directory");
  read = scep_keystore_files_read (f->vendor, f->configuration);
  g_assert_false (read->complete);
  g_assert_cmpuint (read->faults->len, ==, 1);
}

/* As on a machine where what it leads to is not mounted. */
static void
test_leads_nowhere (Fixture *f, gconstpointer data)
{
  write_link (f->configuration, "default", "/nonexistent/default.conf");
  write_link (f->configuration, "plant", "/nonexistent/plant.conf");
  expect_fault (f, "default", "leads nowhere");
  expect_fault (f, "plant", "leads nowhere");
}

static void
test_not_understood (Fixture *f, gconstpointer data)
{
  write_file (f->configuration, "group", "ServicePid=x\n");
  expect_fault (f, "group", "Could not understand");
  write_file (f->configuration, "backend", "[Keystore]\nBackend=token\n");
  expect_fault (f, "backend", "Backend");
  write_file (f->configuration, "pid", "[Keystore]\nServicePid=a\\b\n");
  expect_fault (f, "pid", "ServicePid");
  write_file (f->configuration, "escape", "[Keystore]\nBackend=key\\file\n");
  expect_fault (f, "escape", "Backend");
}

static void
test_absent (Fixture *f, gconstpointer data)
{
  g_autoptr (ScepKeystoreDescriptions) read =
      scep_keystore_files_read (f->vendor, f->configuration);

  g_assert_true (read->complete);
  g_assert_cmpuint (read->faults->len, ==, 0);
  g_assert_cmpuint (read->list->len, ==, 1);
  g_assert_null (scep_keystore_descriptions_find (read, "plant"));
  expect_pid (f, "default", "default");
}

static void
test_layers (Fixture *f, gconstpointer data)
{
  write_file (f->vendor, "plant", "[Keystore]\nServicePid=vendor\n");
  expect_pid (f, "plant", "vendor");
  write_file (f->configuration, "plant", "[Keystore]\nBackend=keyfile\n");
  expect_pid (f, "plant", "plant");
  write_file (f->configuration, "plant", "");
  expect_pid (f, "plant", "plant");
  write_file (f->configuration, "annex", "[Keystore]\nServicePid=own\n");
  expect_pid (f, "annex", "own");
}

/* A file that no keystore can have is named. */
static void
test_no_id (Fixture *f, gconstpointer data)
{
  g_autoptr (ScepKeystoreDescriptions) read = NULL;

  write_file (f->configuration, "Bad-Name", "[Keystore]\n");
  read = scep_keystore_files_read (f->vendor, f->configuration);
  g_assert_true (read->complete);
  g_assert_cmpuint (read->list->len, ==, 1);
  g_assert_cmpuint (read->faults->len, ==, 1);
  g_assert_nonnull (strstr (g_ptr_array_index (read->faults, 0), "Bad-Name.conf"));
}

#define ADD(name, func) g_test_add ("/keystore-files/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("unreadable", test_unreadable);
  ADD ("unreadable-folder", test_unreadable_folder);
  ADD ("leads-nowhere", test_leads_nowhere);
  ADD ("not-understood", test_not_understood);
  ADD ("absent", test_absent);
  ADD ("layers", test_layers);
  ADD ("no-id", test_no_id);
  return g_test_run ();
}
