/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "keystore-fixture.h"

#include "storage/scep-storage.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <sys/stat.h>

static void
test_torn (KeystoreFixture *f, gconstpointer data)
{
  g_autofree char *path = keystore_fixture_path (f, "torn.keyfile");
  g_autofree char *broken = keystore_fixture_path (f, "torn.keyfile.broken");
  g_autofree char *text = NULL;
  gsize length;

  keystore_fixture_create (f, "good", 2048, FALSE, KEYSTORE_FIXTURE_DONE);
  keystore_fixture_create (f, "torn", 2048, FALSE, KEYSTORE_FIXTURE_DONE);
  g_assert_true (g_file_get_contents (path, &text, &length, NULL));
  for (gsize cut = 0; cut < length - 1; cut += 61) {
    g_autoptr (ScepKeystoreEntry) good = NULL;

    g_unlink (broken);
    g_assert_true (g_file_set_contents (path, text, (gssize) cut, NULL));
    keystore_fixture_open (f);
    keystore_fixture_lookup (f, "torn", SCEP_ERROR_NO_SUCH_ENTRY);
    good = keystore_fixture_lookup (f, "good", KEYSTORE_FIXTURE_DONE);
    g_assert_true (scep_keystore_is_readable (f->keystore));
    g_assert_cmpuint (test_warnings_take (), ==, 1);
    g_assert_true (g_file_test (broken, G_FILE_TEST_EXISTS));
  }
}

static void
test_unreadable (KeystoreFixture *f, gconstpointer data)
{
  g_autofree char *path = keystore_fixture_path (f, "hidden.keyfile");
  g_autoptr (GError) error = NULL;

  /* An entry that is a directory cannot be read, and is no missing one. */
  g_assert_cmpint (g_mkdir_with_parents (path, 0700), ==, 0);
  keystore_fixture_open (f);
  g_assert_cmpuint (test_warnings_take (), ==, 1);
  keystore_fixture_lookup (f, "hidden", SCEP_ERROR_STORAGE_FAILED);
  keystore_fixture_create (f, "hidden", 2048, TRUE, SCEP_ERROR_STORAGE_FAILED);
  g_assert_false (scep_keystore_is_readable (f->keystore));
  g_assert_cmpint (g_rmdir (path), ==, 0);
  g_assert_cmpint (g_rmdir (f->directory), ==, 0);

  g_assert_true (g_file_set_contents (f->directory, "", 0, NULL));
  keystore_fixture_open (f);
  g_assert_cmpuint (test_warnings_take (), ==, 1);
  g_assert_false (scep_keystore_is_readable (f->keystore));
  g_assert_null (scep_keystore_list (f->keystore, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_STORAGE_FAILED);
  keystore_fixture_lookup (f, "any", SCEP_ERROR_STORAGE_FAILED);
  keystore_fixture_create (f, "any", 2048, FALSE, SCEP_ERROR_STORAGE_FAILED);
}

/* What permissions hide is neither damaged nor missing. */
static void
test_not_permitted (KeystoreFixture *f, gconstpointer data)
{
  g_autofree char *path = keystore_fixture_path (f, "a.keyfile");
  g_autofree char *names = NULL;
  g_autofree char *parent = g_path_get_dirname (f->directory);
  g_autoptr (GError) error = NULL;

  keystore_fixture_create (f, "a", 1024, FALSE, KEYSTORE_FIXTURE_DONE);
  g_assert_cmpint (g_chmod (path, 0), ==, 0);
  g_assert_cmpint (g_chmod (f->root, 0755), ==, 0);
  g_assert_cmpint (g_chmod (parent, 0755), ==, 0);
  test_become_nobody (f->directory);
  keystore_fixture_open (f);
  test_become_self ();
  g_assert_cmpuint (test_warnings_take (), ==, 1);
  keystore_fixture_lookup (f, "a", SCEP_ERROR_STORAGE_FAILED);
  keystore_fixture_create (f, "a", 1024, TRUE, SCEP_ERROR_STORAGE_FAILED);
  names = test_list_directory (f->directory);
  g_assert_cmpstr (names, ==, "a.keyfile");

  g_assert_cmpint (g_chmod (f->directory, 0), ==, 0);
  test_become_nobody (f->root);
  keystore_fixture_open (f);
  test_become_self ();
  g_assert_cmpuint (test_warnings_take (), ==, 1);
  g_assert_null (scep_keystore_list (f->keystore, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_STORAGE_FAILED);
  g_assert_cmpint (g_chmod (f->directory, 0700), ==, 0);
}

/* Nor is what a failing medium hides, and an unfinished file that cannot be
 * deleted hides nothing. */
static void
test_medium_fails (KeystoreFixture *f, gconstpointer data)
{
  g_autofree char *left = keystore_fixture_path (f, SCEP_STORAGE_TEMPORARY_PREFIX "0123");
  g_autofree char *names = NULL;
  g_autoptr (ScepKeystoreEntry) entry = NULL;

  keystore_fixture_create (f, "a", 1024, FALSE, KEYSTORE_FIXTURE_DONE);
  test_calls_fail ("read", 1, EIO);
  keystore_fixture_open (f);
  g_assert_cmpuint (test_warnings_take (), ==, 1);
  keystore_fixture_lookup (f, "a", SCEP_ERROR_STORAGE_FAILED);
  keystore_fixture_remove (f, "a", SCEP_ERROR_STORAGE_FAILED);
  names = test_list_directory (f->directory);
  g_assert_cmpstr (names, ==, "a.keyfile");

  g_assert_true (g_file_set_contents (left, "half", 4, NULL));
  test_calls_fail ("unlink", 1, EIO);
  keystore_fixture_open (f);
  g_assert_cmpuint (test_warnings_take (), ==, 1);
  entry = keystore_fixture_lookup (f, "a", KEYSTORE_FIXTURE_DONE);
}

/* A key file whose parts do not belong together, each set aside with a word. */
static void
test_inconsistent (KeystoreFixture *f, gconstpointer data)
{
  static const char *const wrong[] = {
    "Kind=key-pair\nExportable=true\n",
    "Kind=trusted-certificate\nExportable=false\n",
    "Key=AAAA\nKind=key-pair\nExportable=true\n",
    "Key=!!!!\nKind=key-pair\nExportable=true\n",
    "Chain=no PEM\nKind=trusted-certificate\nExportable=false\n",
    "Exportable=true\n",
    "Kind=key-pair\nExportable=perhaps\n",
  };
  g_autofree char *path = keystore_fixture_path (f, "a.keyfile");
  g_autofree char *broken = keystore_fixture_path (f, "a.keyfile.broken");

  g_assert_cmpint (g_mkdir_with_parents (f->directory, 0700), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autofree char *text = g_strconcat ("[Entry]\n", wrong[i], NULL);

    g_assert_true (g_file_set_contents (path, text, -1, NULL));
    keystore_fixture_open (f);
    g_assert_cmpuint (test_warnings_take (), ==, 1);
    keystore_fixture_lookup (f, "a", SCEP_ERROR_NO_SUCH_ENTRY);
    g_assert_cmpint (g_unlink (broken), ==, 0);
  }
}

/* The key of one entry beside the certificate of another. */
static void
test_mismatch (KeystoreFixture *f, gconstpointer data)
{
  g_autofree char *path = keystore_fixture_path (f, "a.keyfile");
  g_autofree char *broken = keystore_fixture_path (f, "a.keyfile.broken");
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GPtrArray) other = NULL;
  g_autofree char *pem = NULL;

  keystore_fixture_create (f, "a", 1024, FALSE, KEYSTORE_FIXTURE_DONE);
  keystore_fixture_create (f, "b", 1024, FALSE, KEYSTORE_FIXTURE_DONE);
  other = keystore_fixture_certify (f, "b", 1);
  pem = scep_certificate_list_to_pem (other);
  g_assert_true (g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, NULL));
  g_key_file_set_string (file, "Entry", "Chain", pem);
  g_key_file_set_string (file, "Entry", "Kind", "private-key-entry");
  g_assert_true (g_key_file_save_to_file (file, path, NULL));
  keystore_fixture_open (f);
  g_assert_cmpuint (test_warnings_take (), ==, 1);
  keystore_fixture_lookup (f, "a", SCEP_ERROR_NO_SUCH_ENTRY);
  g_assert_true (g_file_test (broken, G_FILE_TEST_EXISTS));
}

/* What is damaged and cannot be set aside either hides its alias. */
static void
test_not_set_aside (KeystoreFixture *f, gconstpointer data)
{
  g_autofree char *path = keystore_fixture_path (f, "a.keyfile");

  g_assert_cmpint (g_mkdir_with_parents (f->directory, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, "[Entry]\nKind=key-pair\n", -1, NULL));
  test_calls_fail ("rename", 1, EROFS);
  keystore_fixture_open (f);
  g_assert_cmpuint (test_warnings_take (), ==, 1);
  keystore_fixture_lookup (f, "a", SCEP_ERROR_STORAGE_FAILED);
}

/* Names that are no aliases are somebody else's. */
static void
test_other_names (KeystoreFixture *f, gconstpointer data)
{
  static const char *const names[] = { ".keyfile", "a b.keyfile", "a.keyfile.broken", "README" };
  g_autofree char *found = NULL;

  g_assert_cmpint (g_mkdir_with_parents (f->directory, 0700), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *path = keystore_fixture_path (f, names[i]);

    g_assert_true (g_file_set_contents (path, "theirs", -1, NULL));
  }
  keystore_fixture_open (f);
  found = test_list_directory (f->directory);
  g_assert_cmpstr (found, ==, ".keyfile README a b.keyfile a.keyfile.broken");
}

static void
test_files (KeystoreFixture *f, gconstpointer data)
{
  g_autofree char *path = keystore_fixture_path (f, "a.keyfile");
  g_autofree char *left = keystore_fixture_path (f, SCEP_STORAGE_TEMPORARY_PREFIX "0123");
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GPtrArray) chain = NULL;
  g_autofree char *kept = NULL;
  struct stat info;

  keystore_fixture_create (f, "a", 2048, FALSE, KEYSTORE_FIXTURE_DONE);
  g_assert_cmpint (stat (path, &info), ==, 0);
  g_assert_cmpuint (info.st_mode & 07777, ==, 0600);
  g_assert_cmpint (stat (f->directory, &info), ==, 0);
  g_assert_cmpuint (info.st_mode & 07777, ==, 0700);

  g_assert_true (g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, NULL));
  g_key_file_set_string (file, "Entry", "Future", "kept");
  g_assert_true (g_key_file_save_to_file (file, path, NULL));
  g_assert_true (g_file_set_contents (left, "half", 4, NULL));
  keystore_fixture_open (f);
  g_assert_false (g_file_test (left, G_FILE_TEST_EXISTS));
  chain = keystore_fixture_certify (f, "a", 1);
  keystore_fixture_import_certificate (f, "a", chain, FALSE, KEYSTORE_FIXTURE_DONE);
  g_assert_true (g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, NULL));
  kept = g_key_file_get_string (file, "Entry", "Future", NULL);
  g_assert_cmpstr (kept, ==, "kept");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  test_warnings_count ();
  keystore_test_add ("/keyfile-file/torn", test_torn);
  keystore_test_add ("/keyfile-file/unreadable", test_unreadable);
  keystore_test_add ("/keyfile-file/not-permitted", test_not_permitted);
  keystore_test_add ("/keyfile-file/medium-fails", test_medium_fails);
  keystore_test_add ("/keyfile-file/inconsistent", test_inconsistent);
  keystore_test_add ("/keyfile-file/mismatch", test_mismatch);
  keystore_test_add ("/keyfile-file/not-set-aside", test_not_set_aside);
  keystore_test_add ("/keyfile-file/other-names", test_other_names);
  keystore_test_add ("/keyfile-file/files", test_files);
  return g_test_run ();
}
