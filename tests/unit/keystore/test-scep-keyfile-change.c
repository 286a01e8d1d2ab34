/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "keystore-fixture.h"

#include <errno.h>
#include <glib/gstdio.h>

/* A generation that is enrolled, and the key of the next one with its chain. */
static GPtrArray *
prepare (KeystoreFixture *f)
{
  g_autoptr (GPtrArray) first = NULL;

  keystore_fixture_create (f, "request", 1024, FALSE, KEYSTORE_FIXTURE_DONE);
  first = keystore_fixture_certify (f, "request", 1);
  keystore_fixture_promote (f, "request", first, "enrolled", "previous", KEYSTORE_FIXTURE_DONE);
  keystore_fixture_create (f, "request", 1024, TRUE, KEYSTORE_FIXTURE_DONE);
  return keystore_fixture_certify (f, "request", 2);
}

static void
assert_kept (KeystoreFixture *f, gboolean previous)
{
  g_autoptr (ScepKeystoreEntry) request = NULL;
  g_autofree char *names = test_list_directory (f->directory);

  for (guint reopened = 0; reopened < 2; reopened++) {
    keystore_fixture_assert_serial (f, "enrolled", "01");
    if (previous)
      keystore_fixture_assert_serial (f, "previous", "01");
    else
      keystore_fixture_lookup (f, "previous", SCEP_ERROR_NO_SUCH_ENTRY);
    if (reopened == 0)
      keystore_fixture_open (f);
  }
  g_assert_cmpstr (names, ==,
                   previous ? "enrolled.keyfile previous.keyfile request.keyfile"
                            : "enrolled.keyfile request.keyfile");
  request = keystore_fixture_lookup (f, "request", KEYSTORE_FIXTURE_DONE);
  g_assert_cmpint (scep_keystore_entry_get_kind (request), ==, SCEP_ENTRY_KEY_PAIR);
}

/* The old generation could not be kept: nothing happens. */
static void
test_link_fails (KeystoreFixture *f, gconstpointer data)
{
  static const char *const calls[] = { "link", "rename" };
  g_autoptr (GPtrArray) second = prepare (f);

  for (guint i = 0; i < G_N_ELEMENTS (calls); i++) {
    test_calls_fail (calls[i], 1, ENOSPC);
    keystore_fixture_promote (f, "request", second, "enrolled", "previous",
                              SCEP_ERROR_STORAGE_FAILED);
    assert_kept (f, FALSE);
  }
}

/* It is kept, the new one could not be written: the old certificate stays, and
 * a later attempt succeeds. */
static void
test_write_fails (KeystoreFixture *f, gconstpointer data)
{
  g_autoptr (GPtrArray) second = prepare (f);

  test_calls_fail ("fsync", 2, ENOSPC);
  keystore_fixture_promote (f, "request", second, "enrolled", "previous",
                            SCEP_ERROR_STORAGE_FAILED);
  assert_kept (f, TRUE);
  test_calls_fail ("rename", 2, EIO);
  keystore_fixture_promote (f, "request", second, "enrolled", "previous",
                            SCEP_ERROR_STORAGE_FAILED);
  assert_kept (f, TRUE);
  test_file_size_limit (64);
  keystore_fixture_promote (f, "request", second, "enrolled", "previous",
                            SCEP_ERROR_STORAGE_FAILED);
  test_file_size_unlimited ();
  assert_kept (f, TRUE);

  keystore_fixture_promote (f, "request", second, "enrolled", "previous", KEYSTORE_FIXTURE_DONE);
  keystore_fixture_open (f);
  keystore_fixture_assert_serial (f, "enrolled", "02");
  keystore_fixture_assert_serial (f, "previous", "01");
}

/* Somebody deleted the enrolled entry's file while it was in use. */
static void
test_file_gone (KeystoreFixture *f, gconstpointer data)
{
  g_autofree char *path = keystore_fixture_path (f, "enrolled.keyfile");
  g_autoptr (GPtrArray) second = prepare (f);

  g_assert_cmpint (g_unlink (path), ==, 0);
  keystore_fixture_promote (f, "request", second, "enrolled", "previous", KEYSTORE_FIXTURE_DONE);
  keystore_fixture_assert_serial (f, "enrolled", "02");
  keystore_fixture_lookup (f, "previous", SCEP_ERROR_NO_SUCH_ENTRY);
  keystore_fixture_open (f);
  keystore_fixture_assert_serial (f, "enrolled", "02");
  keystore_fixture_remove (f, "enrolled", KEYSTORE_FIXTURE_DONE);
}

/* Two generations change places, in memory and on disk. */
static void
test_exchange (KeystoreFixture *f, gconstpointer data)
{
  g_autoptr (GPtrArray) second = prepare (f);

  keystore_fixture_exchange (f, "enrolled", "previous", SCEP_ERROR_NO_SUCH_ENTRY);
  keystore_fixture_exchange (f, "previous", "enrolled", SCEP_ERROR_NO_SUCH_ENTRY);
  keystore_fixture_exchange (f, "enrolled", "../enrolled", SCEP_ERROR_INVALID_ENTRY);
  keystore_fixture_promote (f, "request", second, "enrolled", "previous", KEYSTORE_FIXTURE_DONE);
  test_calls_fail ("exchange", 1, EINVAL);
  keystore_fixture_exchange (f, "enrolled", "previous", SCEP_ERROR_STORAGE_FAILED);
  keystore_fixture_assert_serial (f, "enrolled", "02");
  keystore_fixture_exchange (f, "enrolled", "previous", KEYSTORE_FIXTURE_DONE);
  for (guint reopened = 0; reopened < 2; reopened++) {
    keystore_fixture_assert_serial (f, "enrolled", "01");
    keystore_fixture_assert_serial (f, "previous", "02");
    keystore_fixture_open (f);
  }
}

static void
test_order (KeystoreFixture *f, gconstpointer data)
{
  g_autoptr (GPtrArray) second = prepare (f);
  g_autofree char *promoted = NULL;
  g_autofree char *removed = NULL;

  test_calls_record ();
  keystore_fixture_promote (f, "request", second, "enrolled", "previous", KEYSTORE_FIXTURE_DONE);
  promoted = test_calls_take ();
  g_assert_cmpstr (promoted, ==,
                   "link enrolled.keyfile TMP\nrename TMP previous.keyfile\nunlink TMP\n"
                   "fsync default\n"
                   "fsync TMP\nrename TMP enrolled.keyfile\nfsync default\n");
  test_calls_record ();
  keystore_fixture_remove (f, "request", KEYSTORE_FIXTURE_DONE);
  removed = test_calls_take ();
  g_assert_cmpstr (removed, ==, "unlink request.keyfile\nfsync default\n");
}

static void
test_first_write (KeystoreFixture *f, gconstpointer data)
{
  g_autofree char *calls = NULL;

  test_calls_fail ("mkdir", 2, EROFS);
  keystore_fixture_create (f, "a", 1024, FALSE, SCEP_ERROR_STORAGE_FAILED);
  test_calls_fail ("rename", 1, ENOSPC);
  keystore_fixture_create (f, "a", 1024, FALSE, SCEP_ERROR_STORAGE_FAILED);
  keystore_fixture_lookup (f, "a", SCEP_ERROR_NO_SUCH_ENTRY);
  g_assert_cmpint (g_rmdir (f->directory), ==, 0);
  test_calls_record ();
  keystore_fixture_create (f, "a", 1024, FALSE, KEYSTORE_FIXTURE_DONE);
  calls = test_calls_take ();
  g_assert_cmpstr (calls, ==,
                   "mkdir default\nfsync keystores\n"
                   "fsync TMP\nrename TMP a.keyfile\nfsync default\n");
}

/* A key that replaces another one, and could not. */
static void
test_replace_fails (KeystoreFixture *f, gconstpointer data)
{
  g_autoptr (GBytes) before = NULL;
  g_autoptr (GBytes) after = NULL;
  g_autoptr (GBytes) reopened = NULL;

  keystore_fixture_create (f, "a", 1024, FALSE, KEYSTORE_FIXTURE_DONE);
  before = keystore_fixture_export (f, "a", KEYSTORE_FIXTURE_DONE);
  test_calls_fail ("fsync", 1, EIO);
  keystore_fixture_create (f, "a", 1024, TRUE, SCEP_ERROR_STORAGE_FAILED);
  after = keystore_fixture_export (f, "a", KEYSTORE_FIXTURE_DONE);
  keystore_fixture_open (f);
  reopened = keystore_fixture_export (f, "a", KEYSTORE_FIXTURE_DONE);
  g_assert_true (g_bytes_equal (before, after));
  g_assert_true (g_bytes_equal (before, reopened));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  test_warnings_count ();
  keystore_test_add ("/keyfile-change/link-fails", test_link_fails);
  keystore_test_add ("/keyfile-change/write-fails", test_write_fails);
  keystore_test_add ("/keyfile-change/file-gone", test_file_gone);
  keystore_test_add ("/keyfile-change/exchange", test_exchange);
  keystore_test_add ("/keyfile-change/order", test_order);
  keystore_test_add ("/keyfile-change/first-write", test_first_write);
  keystore_test_add ("/keyfile-change/replace-fails", test_replace_fails);
  return g_test_run ();
}
