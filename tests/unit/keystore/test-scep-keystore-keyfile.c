/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "keystore-fixture.h"

#include <errno.h>

/* What "key-made" told. */
typedef struct {
  KeystoreFixture *fixture;
  ScepKey *key;
  guint count;
} Made;

static void
on_key_made (ScepKeystore *keystore, const char *alias, ScepKey *key, Made *made)
{
  g_autoptr (ScepKeystoreEntry) entry =
      keystore_fixture_lookup (made->fixture, alias, SCEP_ERROR_NO_SUCH_ENTRY);

  g_assert_null (entry);
  g_assert_cmpstr (alias, ==, "a");
  g_set_object (&made->key, key);
  made->count++;
}

/* A key works before its entry is there; one that cannot be written is told of, too. */
static void
test_key_made (KeystoreFixture *f, gconstpointer data)
{
  Made made = { .fixture = f };
  g_autoptr (ScepKeystoreEntry) entry = NULL;
  gulong handler = g_signal_connect (f->keystore, "key-made", G_CALLBACK (on_key_made), &made);

  keystore_fixture_create (f, "a", 2047, FALSE, SCEP_ERROR_INVALID_SETTING);
  g_assert_cmpuint (made.count, ==, 0);
  keystore_fixture_create (f, "a", 2048, FALSE, KEYSTORE_FIXTURE_DONE);
  g_assert_cmpuint (made.count, ==, 1);
  entry = keystore_fixture_lookup (f, "a", KEYSTORE_FIXTURE_DONE);
  g_assert_true (g_bytes_equal (scep_key_get_spki (made.key),
                                scep_key_get_spki (scep_keystore_entry_get_key (entry))));
  g_signal_handler_disconnect (f->keystore, handler);
  g_clear_object (&made.key);
}

static void
test_refused (KeystoreFixture *f, gconstpointer data)
{
  g_autoptr (GPtrArray) nothing = g_ptr_array_new ();
  g_autoptr (GPtrArray) chain = NULL;

  keystore_fixture_lookup (f, "none", SCEP_ERROR_NO_SUCH_ENTRY);
  keystore_fixture_lookup (f, "../x", SCEP_ERROR_INVALID_ENTRY);
  keystore_fixture_create (f, "a/b", 2048, FALSE, SCEP_ERROR_INVALID_ENTRY);
  keystore_fixture_create (f, "a", 2047, FALSE, SCEP_ERROR_INVALID_SETTING);
  keystore_fixture_remove (f, "none", SCEP_ERROR_NO_SUCH_ENTRY);
  keystore_fixture_export (f, "none", SCEP_ERROR_NO_SUCH_ENTRY);
  keystore_fixture_promote (f, "none", nothing, "to", NULL, SCEP_ERROR_NO_SUCH_ENTRY);
  keystore_fixture_import_certificate (f, "ca", nothing, FALSE, SCEP_ERROR_INVALID_ENTRY);
  g_assert_false (g_file_test (f->directory, G_FILE_TEST_EXISTS));

  keystore_fixture_create (f, "a", 2048, FALSE, KEYSTORE_FIXTURE_DONE);
  keystore_fixture_create (f, "a", 2048, FALSE, SCEP_ERROR_ENTRY_EXISTS);
  keystore_fixture_promote (f, "a", nothing, "to", NULL, SCEP_ERROR_CERTIFICATE_MISMATCH);
  chain = keystore_fixture_certify (f, "a", 1);
  keystore_fixture_create (f, "b", 2048, FALSE, KEYSTORE_FIXTURE_DONE);
  keystore_fixture_promote (f, "b", chain, "to", NULL, SCEP_ERROR_CERTIFICATE_MISMATCH);
  keystore_fixture_import_certificate (f, "b", chain, TRUE, SCEP_ERROR_INVALID_ENTRY);
  keystore_fixture_import_certificate (f, "ca", chain, FALSE, KEYSTORE_FIXTURE_DONE);
  keystore_fixture_import_certificate (f, "ca", chain, FALSE, SCEP_ERROR_ENTRY_EXISTS);
  keystore_fixture_export (f, "ca", SCEP_ERROR_INVALID_ENTRY);
  keystore_fixture_promote (f, "ca", chain, "to", NULL, SCEP_ERROR_INVALID_ENTRY);
}

static void
test_promote (KeystoreFixture *f, gconstpointer data)
{
  g_autoptr (GPtrArray) first = NULL;
  g_autoptr (GPtrArray) second = NULL;
  g_autoptr (ScepKeystoreEntry) request = NULL;

  keystore_fixture_create (f, "request", 2048, FALSE, KEYSTORE_FIXTURE_DONE);
  first = keystore_fixture_certify (f, "request", 1);
  keystore_fixture_promote (f, "request", first, "enrolled", "previous", KEYSTORE_FIXTURE_DONE);
  keystore_fixture_lookup (f, "previous", SCEP_ERROR_NO_SUCH_ENTRY);
  keystore_fixture_create (f, "request", 2048, TRUE, KEYSTORE_FIXTURE_DONE);
  second = keystore_fixture_certify (f, "request", 2);
  keystore_fixture_promote (f, "request", second, "enrolled", "previous", KEYSTORE_FIXTURE_DONE);
  keystore_fixture_assert_serial (f, "enrolled", "02");
  keystore_fixture_assert_serial (f, "previous", "01");
  request = keystore_fixture_lookup (f, "request", KEYSTORE_FIXTURE_DONE);
  g_assert_cmpint (scep_keystore_entry_get_kind (request), ==, SCEP_ENTRY_KEY_PAIR);

  keystore_fixture_open (f);
  keystore_fixture_assert_serial (f, "enrolled", "02");
  keystore_fixture_assert_serial (f, "previous", "01");
  keystore_fixture_promote (f, "previous", first, "enrolled", "previous", KEYSTORE_FIXTURE_DONE);
  keystore_fixture_open (f);
  keystore_fixture_assert_serial (f, "enrolled", "01");
  keystore_fixture_assert_serial (f, "previous", "02");
}

static void
test_key_pair (KeystoreFixture *f, gconstpointer data)
{
  g_autoptr (GPtrArray) chain = NULL;
  g_autoptr (GBytes) pem = NULL;
  g_autoptr (GBytes) again = NULL;
  g_autoptr (GBytes) rubbish = g_bytes_new_static ("rubbish", 7);
  g_autofree char *big = g_strnfill (64 * 1024 + 1, 'a');
  g_autoptr (GBytes) too_large = g_bytes_new_static (big, 64 * 1024 + 1);

  keystore_fixture_import_key_pair (f, "copy", rubbish, SCEP_ERROR_INVALID_ENTRY);
  keystore_fixture_import_key_pair (f, "copy", too_large, SCEP_ERROR_INVALID_ENTRY);
  keystore_fixture_create (f, "a", 2048, FALSE, KEYSTORE_FIXTURE_DONE);
  chain = keystore_fixture_certify (f, "a", 7);
  keystore_fixture_import_certificate (f, "a", chain, FALSE, KEYSTORE_FIXTURE_DONE);
  keystore_fixture_import_certificate (f, "a", chain, FALSE, SCEP_ERROR_ENTRY_EXISTS);
  keystore_fixture_assert_serial (f, "a", "07");
  pem = keystore_fixture_export (f, "a", KEYSTORE_FIXTURE_DONE);
  keystore_fixture_import_key_pair (f, "a", pem, SCEP_ERROR_ENTRY_EXISTS);
  keystore_fixture_import_key_pair (f, "copy", pem, KEYSTORE_FIXTURE_DONE);
  keystore_fixture_open (f);
  again = keystore_fixture_export (f, "copy", KEYSTORE_FIXTURE_DONE);
  g_assert_true (g_bytes_equal (pem, again));
  keystore_fixture_remove (f, "copy", KEYSTORE_FIXTURE_DONE);
  keystore_fixture_open (f);
  keystore_fixture_lookup (f, "copy", SCEP_ERROR_NO_SUCH_ENTRY);
}

/* What the keystore said, one signal a line. */
static void
on_changed (ScepKeystore *keystore, const char *alias, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepKeystoreEntry) entry = scep_keystore_lookup (keystore, alias, &error);

  g_assert_no_error (error);
  g_string_append_printf (user_data, "%s %s\n", alias,
                          scep_entry_kind_to_string (scep_keystore_entry_get_kind (entry)));
}

static void
on_removed (ScepKeystore *keystore, const char *alias, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (scep_keystore_lookup (keystore, alias, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_NO_SUCH_ENTRY);
  g_string_append_printf (user_data, "%s -\n", alias);
}

static void
assert_signals (GString *signals, const char *expected)
{
  g_assert_cmpstr (signals->str, ==, expected);
  g_string_truncate (signals, 0);
}

static void
test_signals (KeystoreFixture *f, gconstpointer data)
{
  g_autoptr (GString) signals = g_string_new (NULL);
  g_autoptr (GPtrArray) chain = NULL;

  g_signal_connect (f->keystore, "entry-changed", G_CALLBACK (on_changed), signals);
  g_signal_connect (f->keystore, "entry-removed", G_CALLBACK (on_removed), signals);
  keystore_fixture_create (f, "a", 2047, FALSE, SCEP_ERROR_INVALID_SETTING);
  test_calls_fail ("rename", 1, ENOSPC);
  keystore_fixture_create (f, "a", 2048, FALSE, SCEP_ERROR_STORAGE_FAILED);
  keystore_fixture_remove (f, "a", SCEP_ERROR_NO_SUCH_ENTRY);
  assert_signals (signals, "");

  keystore_fixture_create (f, "a", 2048, FALSE, KEYSTORE_FIXTURE_DONE);
  assert_signals (signals, "a key-pair\n");
  chain = keystore_fixture_certify (f, "a", 1);
  assert_signals (signals, "");
  keystore_fixture_import_certificate (f, "ca", chain, FALSE, KEYSTORE_FIXTURE_DONE);
  assert_signals (signals, "ca trusted-certificate\n");
  keystore_fixture_promote (f, "a", chain, "b", "c", KEYSTORE_FIXTURE_DONE);
  assert_signals (signals, "b private-key-entry\n");
  keystore_fixture_promote (f, "a", chain, "b", "c", KEYSTORE_FIXTURE_DONE);
  assert_signals (signals, "c private-key-entry\nb private-key-entry\n");
  test_calls_fail ("unlink", 1, EIO);
  keystore_fixture_remove (f, "b", SCEP_ERROR_STORAGE_FAILED);
  assert_signals (signals, "");
  keystore_fixture_remove (f, "b", KEYSTORE_FIXTURE_DONE);
  assert_signals (signals, "b -\n");
}

/* Calls that do not wait for each other are done one after the other, each
 * decided against what those before it made. */
static void
test_order (KeystoreFixture *f, gconstpointer data)
{
  g_autoptr (GPtrArray) chain = NULL;
  g_autofree char *calls = NULL;
  GAsyncResult *results[4] = { NULL };

  keystore_fixture_create (f, "a", 2048, FALSE, KEYSTORE_FIXTURE_DONE);
  chain = keystore_fixture_certify (f, "a", 1);
  test_calls_record ();
  scep_keystore_remove_async (f->keystore, "a", NULL, keystore_fixture_on_done, &results[0]);
  scep_keystore_import_certificate_async (f->keystore, "a", chain, FALSE, NULL,
                                          keystore_fixture_on_done, &results[1]);
  scep_keystore_promote_async (f->keystore, "a", chain, "b", NULL, NULL, keystore_fixture_on_done,
                               &results[2]);
  scep_keystore_remove_async (f->keystore, "a", NULL, keystore_fixture_on_done, &results[3]);
  keystore_fixture_finish (f, &results[3], KEYSTORE_FIXTURE_DONE);
  keystore_fixture_finish (f, &results[0], KEYSTORE_FIXTURE_DONE);
  keystore_fixture_finish (f, &results[1], KEYSTORE_FIXTURE_DONE);
  keystore_fixture_finish (f, &results[2], SCEP_ERROR_INVALID_ENTRY);
  calls = test_calls_take ();
  g_assert_cmpstr (calls, ==,
                   "unlink a.keyfile\nfsync default\n"
                   "fsync TMP\nrename TMP a.keyfile\nfsync default\n"
                   "unlink a.keyfile\nfsync default\n");
}

static void
assert_cancelled (KeystoreFixture *f, GAsyncResult **result)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (scep_keystore_write_finish (f->keystore, keystore_fixture_wait (result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_object (result);
}

/* What has begun is finished and told, what waits is dropped. */
static void
test_cancel (KeystoreFixture *f, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GPtrArray) chain = NULL;
  GAsyncResult *begun = NULL;
  GAsyncResult *waiting = NULL;
  GAsyncResult *made = NULL;

  keystore_fixture_create (f, "a", 2048, FALSE, KEYSTORE_FIXTURE_DONE);
  chain = keystore_fixture_certify (f, "a", 1);
  scep_keystore_import_certificate_async (f->keystore, "a", chain, FALSE, cancellable,
                                          keystore_fixture_on_done, &begun);
  scep_keystore_remove_async (f->keystore, "a", cancellable, keystore_fixture_on_done, &waiting);
  g_cancellable_cancel (cancellable);
  scep_keystore_create_key_pair_async (f->keystore, "b", 2048, FALSE, cancellable,
                                       keystore_fixture_on_done, &made);
  assert_cancelled (f, &waiting);
  assert_cancelled (f, &made);
  keystore_fixture_finish (f, &begun, KEYSTORE_FIXTURE_DONE);
  keystore_fixture_open (f);
  keystore_fixture_assert_serial (f, "a", "01");
  keystore_fixture_lookup (f, "b", SCEP_ERROR_NO_SUCH_ENTRY);
}

/* Whoever asked may be gone before it is done. */
static void
test_dropped (KeystoreFixture *f, gconstpointer data)
{
  GAsyncResult *result = NULL;
  g_autoptr (ScepKeystore) keystore = NULL;
  g_autoptr (GError) error = NULL;

  scep_keystore_create_key_pair_async (f->keystore, "a", 2048, FALSE, NULL,
                                       keystore_fixture_on_done, &result);
  keystore = g_steal_pointer (&f->keystore);
  g_clear_object (&keystore);
  keystore_fixture_wait (&result);
  keystore = SCEP_KEYSTORE (g_async_result_get_source_object (result));
  g_assert_true (scep_keystore_write_finish (keystore, result, &error));
  g_assert_no_error (error);
  g_object_unref (result);
}

static void
test_object (KeystoreFixture *f, gconstpointer data)
{
  g_autoptr (ScepKeystore) other =
      scep_keystore_keyfile_new ("plant", "org.plant", f->directory, f->crypto, f->storage);
  g_autoptr (GPtrArray) list = NULL;
  g_autoptr (GPtrArray) none = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_cmpstr (scep_keystore_get_id (other), ==, "plant");
  g_assert_cmpstr (scep_keystore_get_service_pid (other), ==, "org.plant");
  g_assert_cmpstr (scep_keystore_get_backend (other), ==, "keyfile");
  none = scep_keystore_list (f->keystore, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (none->len, ==, 0);
  keystore_fixture_create (f, "b", 1024, FALSE, KEYSTORE_FIXTURE_DONE);
  keystore_fixture_create (f, "a", 1024, FALSE, KEYSTORE_FIXTURE_DONE);
  list = scep_keystore_list (f->keystore, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (list->len, ==, 2);
  g_assert_cmpstr (scep_keystore_entry_get_alias (list->pdata[0]), ==, "a");
  g_assert_cmpstr (scep_keystore_entry_get_alias (list->pdata[1]), ==, "b");
}

/* What a keystore tells of itself: whether an entry could be written now. */
static void
test_probe (KeystoreFixture *f, gconstpointer data)
{
  static const char *const calls[] = { "fsync", "rename" };
  GAsyncResult *result = NULL;
  g_autofree char *files = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (calls); i++) {
    test_calls_fail (calls[i], 1, ENOSPC);
    scep_keystore_probe_async (f->keystore, keystore_fixture_on_done, &result);
    keystore_fixture_finish (f, &result, SCEP_ERROR_STORAGE_FAILED);
  }
  scep_keystore_probe_async (f->keystore, keystore_fixture_on_done, &result);
  keystore_fixture_finish (f, &result, KEYSTORE_FIXTURE_DONE);
  files = test_list_directory (f->directory);
  g_assert_cmpstr (files, ==, "");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  test_warnings_count ();
  keystore_test_add ("/keystore-keyfile/key-made", test_key_made);
  keystore_test_add ("/keystore-keyfile/refused", test_refused);
  keystore_test_add ("/keystore-keyfile/promote", test_promote);
  keystore_test_add ("/keystore-keyfile/key-pair", test_key_pair);
  keystore_test_add ("/keystore-keyfile/signals", test_signals);
  keystore_test_add ("/keystore-keyfile/order", test_order);
  keystore_test_add ("/keystore-keyfile/cancel", test_cancel);
  keystore_test_add ("/keystore-keyfile/dropped", test_dropped);
  keystore_test_add ("/keystore-keyfile/object", test_object);
  keystore_test_add ("/keystore-keyfile/probe", test_probe);
  return g_test_run ();
}
