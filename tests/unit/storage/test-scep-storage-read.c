/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-error.h"
#include "storage-fixture.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_FILE_TEXT "# kept\n\n[Group]\nKey=value\n"

static void
assert_not_read (const char *path, gsize max_size, const char *advice)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) contents = scep_storage_read (path, max_size, &error);

  storage_fixture_assert_failed (contents != NULL, &error, advice);
}

/* Neither with @set_aside nor without: what is not read is not damaged. */
static void
assert_key_file_not_read (const char *path, const char *advice)
{
  g_autoptr (GKeyFile) file = NULL;
  g_autoptr (GError) error = NULL;

  for (guint set_aside = 0; set_aside < 2; set_aside++) {
    g_assert_cmpint (scep_storage_read_key_file (path, (gboolean) set_aside, &file, &error), ==,
                     SCEP_LOAD_FAILED);
    g_assert_null (file);
    storage_fixture_assert_failed (FALSE, &error, advice);
  }
}

static void
test_size (StorageFixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) exact = NULL;
  g_autoptr (GBytes) empty = NULL;

  assert_not_read (f->path, 10, "is mounted");
  storage_fixture_put (f->path, "12345");
  assert_not_read (f->path, 4, "look at what it is");
  exact = scep_storage_read (f->path, 5, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (exact, NULL), g_bytes_get_size (exact), "12345", 5);
  storage_fixture_put (f->path, "");
  empty = scep_storage_read (f->path, 0, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_bytes_get_size (empty), ==, 0);
}

/* Something else under the name is refused at once, a FIFO too. */
static void
test_no_file (StorageFixture *f, gconstpointer data)
{
  g_autofree char *target = g_build_filename (f->root, "target", NULL);

  storage_fixture_put (target, KEY_FILE_TEXT);
  g_assert_cmpint (symlink (target, f->path), ==, 0);
  assert_not_read (f->path, 100, "move it away");
  assert_key_file_not_read (f->path, "move it away");
  g_assert_cmpint (g_unlink (f->path), ==, 0);
  g_assert_cmpint (mkfifo (f->path, 0600), ==, 0);
  assert_not_read (f->path, 100, "move it away");
  assert_key_file_not_read (f->path, "move it away");
  g_assert_cmpint (g_unlink (f->path), ==, 0);
  g_assert_cmpint (g_mkdir (f->path, 0700), ==, 0);
  assert_not_read (f->path, 100, "move it away");
  assert_key_file_not_read (f->path, "move it away");
  storage_fixture_assert_names (f, "file target");
}

static void
test_not_permitted (StorageFixture *f, gconstpointer data)
{
  storage_fixture_put (f->path, KEY_FILE_TEXT);
  g_assert_cmpint (g_chmod (f->path, 0), ==, 0);
  test_become_nobody (f->root);
  assert_not_read (f->path, 100, "the user that the service runs as");
  assert_key_file_not_read (f->path, "the user that the service runs as");
  test_become_self ();
  storage_fixture_assert_names (f, "file");
}

/* A medium that fails says nothing about what is on it. */
static void
test_medium_fails (StorageFixture *f, gconstpointer data)
{
  g_autoptr (GKeyFile) file = NULL;
  g_autoptr (GError) error = NULL;

  storage_fixture_put (f->path, KEY_FILE_TEXT);
  test_calls_fail ("read", 2, EIO);
  assert_not_read (f->path, 100, "kernel's log");
  test_calls_fail ("read", 1, EIO);
  g_assert_cmpint (scep_storage_read_key_file (f->path, TRUE, &file, &error), ==, SCEP_LOAD_FAILED);
  storage_fixture_assert_failed (FALSE, &error, "kernel's log");
  g_assert_null (file);
  storage_fixture_assert_names (f, "file");
  /* A signal is no failure. */
  test_calls_fail ("read", 1, EINTR);
  g_assert_cmpint (scep_storage_read_key_file (f->path, TRUE, &file, &error), ==, SCEP_LOAD_OK);
}

static void
test_key_file_too_large (StorageFixture *f, gconstpointer data)
{
  storage_fixture_put (f->path, "no key file");
  g_assert_cmpint (truncate (f->path, 1024 * 1024 + 1), ==, 0);
  assert_key_file_not_read (f->path, "look at what it is");
  storage_fixture_assert_names (f, "file");
}

static void
test_key_file (StorageFixture *f, gconstpointer data)
{
  g_autoptr (GKeyFile) file = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  g_assert_cmpint (scep_storage_read_key_file (f->path, TRUE, &file, &error), ==, SCEP_LOAD_ABSENT);
  g_assert_no_error (error);
  g_assert_null (file);
  storage_fixture_put (f->path, KEY_FILE_TEXT);
  g_assert_cmpint (scep_storage_read_key_file (f->path, TRUE, NULL, &error), ==, SCEP_LOAD_OK);
  g_assert_cmpint (scep_storage_read_key_file (f->path, FALSE, &file, &error), ==, SCEP_LOAD_OK);
  g_assert_no_error (error);
  text = g_key_file_to_data (file, NULL, NULL);
  g_assert_cmpstr (text, ==, KEY_FILE_TEXT);
  storage_fixture_assert_names (f, "file");
}

/* A link is refused where the service writes, and followed where others do. */
static void
test_link (StorageFixture *f, gconstpointer data)
{
  g_autoptr (GKeyFile) file = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) contents = NULL;
  g_autofree char *link = g_strconcat (f->path, ".link", NULL);

  g_assert_cmpint (symlink (f->path, link), ==, 0);
  g_assert_cmpint (scep_storage_read_provided_key_file (link, &file, &error), ==, SCEP_LOAD_ABSENT);
  g_assert_no_error (error);
  g_assert_null (scep_storage_read_provided (link, 100, &error));
  storage_fixture_assert_failed (FALSE, &error, link);
  storage_fixture_put (f->path, "[Group\nKey=va");
  g_assert_cmpint (scep_storage_read_provided_key_file (link, &file, &error), ==, SCEP_LOAD_FAILED);
  storage_fixture_assert_failed (FALSE, &error, "Correct the file or move it away");

  storage_fixture_put (f->path, KEY_FILE_TEXT);
  g_assert_null (scep_storage_read (link, 100, &error));
  storage_fixture_assert_failed (FALSE, &error, link);
  g_assert_cmpint (scep_storage_read_key_file (link, TRUE, &file, &error), ==, SCEP_LOAD_FAILED);
  storage_fixture_assert_failed (FALSE, &error, link);
  g_assert_cmpint (scep_storage_read_provided_key_file (link, &file, &error), ==, SCEP_LOAD_OK);
  g_assert_no_error (error);
  contents = scep_storage_read_provided (link, 100, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_bytes_get_size (contents), ==, strlen (KEY_FILE_TEXT));
}

/* A fault of the disk cut it off: it is not one that says nothing. */
static void
test_without_a_byte (StorageFixture *f, gconstpointer data)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GKeyFile) read = NULL;
  g_autoptr (GError) error = NULL;

  storage_fixture_put (f->path, "");
  g_assert_cmpint (scep_storage_read_key_file (f->path, FALSE, &read, &error), ==,
                   SCEP_LOAD_FAILED);
  storage_fixture_assert_failed (FALSE, &error, "it is empty");
  storage_fixture_assert_done (scep_storage_write_key_file (f->path, file, &error), error);
  g_assert_cmpint (scep_storage_read_key_file (f->path, FALSE, &read, &error), ==, SCEP_LOAD_OK);
}

static void
test_damaged (StorageFixture *f, gconstpointer data)
{
  g_autoptr (GKeyFile) file = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *broken = g_strconcat (f->path, ".broken", NULL);

  storage_fixture_put (f->path, "[Group\nKey=va");
  g_assert_cmpint (scep_storage_read_key_file (f->path, FALSE, &file, &error), ==,
                   SCEP_LOAD_FAILED);
  storage_fixture_assert_failed (FALSE, &error, "Correct the file or move it away");
  storage_fixture_assert_names (f, "file");
  g_assert_cmpuint (test_warnings_take (), ==, 0);

  test_calls_fail ("rename", 1, EROFS);
  g_assert_cmpint (scep_storage_read_key_file (f->path, TRUE, &file, &error), ==, SCEP_LOAD_FAILED);
  storage_fixture_assert_failed (FALSE, &error, "STATE_DIRECTORY");
  storage_fixture_put (broken, "an older one");
  g_assert_cmpint (scep_storage_read_key_file (f->path, TRUE, &file, &error), ==,
                   SCEP_LOAD_SET_ASIDE);
  g_assert_no_error (error);
  g_assert_null (file);
  g_assert_cmpuint (test_warnings_take (), ==, 1);
  storage_fixture_assert_names (f, "file.broken");
  storage_fixture_assert_text (broken, "[Group\nKey=va");
  g_assert_cmpint (scep_storage_read_key_file (f->path, TRUE, &file, &error), ==, SCEP_LOAD_ABSENT);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  test_warnings_count ();
  storage_test_add ("/storage-read/size", test_size);
  storage_test_add ("/storage-read/no-file", test_no_file);
  storage_test_add ("/storage-read/not-permitted", test_not_permitted);
  storage_test_add ("/storage-read/medium-fails", test_medium_fails);
  storage_test_add ("/storage-read/key-file-too-large", test_key_file_too_large);
  storage_test_add ("/storage-read/key-file", test_key_file);
  storage_test_add ("/storage-read/link", test_link);
  storage_test_add ("/storage-read/damaged", test_damaged);
  storage_test_add ("/storage-read/without-a-byte", test_without_a_byte);
  return g_test_run ();
}
