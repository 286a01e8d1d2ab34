/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-error.h"
#include "codec/scep-private-key.h"
#include "keystore/scep-keystore-keyfile.h"
#include "storage/scep-storage.h"

#include <glib/gstdio.h>
#include <gnutls/x509.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
  char *root;
  char *directory;
  ScepWorker *crypto;
  ScepWorker *storage;
  ScepKeystore *keystore;
} Fixture;

static guint warnings;

static GLogWriterOutput
count_warnings (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  if ((level & G_LOG_LEVEL_MASK) != G_LOG_LEVEL_WARNING)
    return g_log_writer_default (level, fields, n_fields, user_data);
  warnings++;
  return G_LOG_WRITER_HANDLED;
}

static void
open_keystore (Fixture *f)
{
  g_clear_object (&f->keystore);
  f->keystore =
      scep_keystore_keyfile_new ("default", "default", f->directory, f->crypto, f->storage);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  warnings = 0;
  f->root = g_dir_make_tmp ("keystore-XXXXXX", NULL);
  f->directory = g_build_filename (f->root, "keystores", "default", NULL);
  f->crypto = scep_worker_new (2);
  f->storage = scep_worker_new (1);
  open_keystore (f);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_clear_object (&f->keystore);
  g_clear_object (&f->crypto);
  g_clear_object (&f->storage);
  scep_storage_remove_directory (f->root, &error);
  g_assert_no_error (error);
  g_free (f->directory);
  g_free (f->root);
}

static void
on_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static GAsyncResult *
wait_for (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return *result;
}

static void
create (Fixture *f, const char *alias, guint bits, gboolean replace, int expected)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  scep_keystore_create_key_pair_async (f->keystore, alias, bits, replace, NULL, on_done, &result);
  scep_keystore_write_finish (f->keystore, wait_for (&result), &error);
  if (expected < 0)
    g_assert_no_error (error);
  else
    g_assert_error (error, SCEP_ERROR, expected);
}

static GBytes *export(Fixture *f, const char *alias, int expected)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GBytes *pem;

  scep_keystore_export_async (f->keystore, alias, NULL, on_done, &result);
  pem = scep_keystore_export_finish (f->keystore, wait_for (&result), &error);
  if (expected < 0)
    g_assert_no_error (error);
  else
    g_assert_error (error, SCEP_ERROR, expected);
  return pem;
}

static void
promote (Fixture *f, const char *from, GPtrArray *chain, const char *to, const char *previous,
         int expected)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  scep_keystore_promote_async (f->keystore, from, chain, to, previous, NULL, on_done, &result);
  scep_keystore_write_finish (f->keystore, wait_for (&result), &error);
  if (expected < 0)
    g_assert_no_error (error);
  else
    g_assert_error (error, SCEP_ERROR, expected);
}

static void
import_certificate (Fixture *f, const char *alias, GPtrArray *chain, gboolean replace, int expected)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  scep_keystore_import_certificate_async (f->keystore, alias, chain, replace, NULL, on_done,
                                          &result);
  scep_keystore_write_finish (f->keystore, wait_for (&result), &error);
  if (expected < 0)
    g_assert_no_error (error);
  else
    g_assert_error (error, SCEP_ERROR, expected);
}

static void
import_key_pair (Fixture *f, const char *alias, GBytes *pem, int expected)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  scep_keystore_import_key_pair_async (f->keystore, alias, pem, NULL, on_done, &result);
  scep_keystore_write_finish (f->keystore, wait_for (&result), &error);
  if (expected < 0)
    g_assert_no_error (error);
  else
    g_assert_error (error, SCEP_ERROR, expected);
}

static void
remove_entry (Fixture *f, const char *alias, int expected)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  scep_keystore_remove_async (f->keystore, alias, NULL, on_done, &result);
  scep_keystore_write_finish (f->keystore, wait_for (&result), &error);
  if (expected < 0)
    g_assert_no_error (error);
  else
    g_assert_error (error, SCEP_ERROR, expected);
}

static ScepKeystoreEntry *
lookup (Fixture *f, const char *alias, int expected)
{
  g_autoptr (GError) error = NULL;
  ScepKeystoreEntry *entry = scep_keystore_lookup (f->keystore, alias, &error);

  if (expected < 0)
    g_assert_no_error (error);
  else
    g_assert_error (error, SCEP_ERROR, expected);
  return entry;
}

/* A self-signed certificate of the key under @alias. */
static GPtrArray *
certify (Fixture *f, const char *alias, guint8 serial)
{
  g_autoptr (GBytes) pem = export(f, alias, -1);
  g_autoptr (GError) error = NULL;
  GPtrArray *chain = g_ptr_array_new_with_free_func (g_object_unref);
  gnutls_datum_t key_pem = { (guchar *) g_bytes_get_data (pem, NULL),
                             (guint) g_bytes_get_size (pem) };
  gnutls_datum_t der = { NULL, 0 };
  g_autoptr (GBytes) bytes = NULL;
  gnutls_x509_privkey_t key;
  gnutls_x509_crt_t crt;

  gnutls_x509_privkey_init (&key);
  g_assert_cmpint (gnutls_x509_privkey_import2 (key, &key_pem, GNUTLS_X509_FMT_PEM, NULL, 0), ==,
                   0);
  gnutls_x509_crt_init (&crt);
  gnutls_x509_crt_set_version (crt, 3);
  gnutls_x509_crt_set_serial (crt, &serial, 1);
  gnutls_x509_crt_set_dn (crt, "CN=gateway", NULL);
  gnutls_x509_crt_set_activation_time (crt, 1700000000);
  gnutls_x509_crt_set_expiration_time (crt, 2000000000);
  gnutls_x509_crt_set_key (crt, key);
  g_assert_cmpint (gnutls_x509_crt_sign2 (crt, crt, key, GNUTLS_DIG_SHA256, 0), ==, 0);
  gnutls_x509_crt_export2 (crt, GNUTLS_X509_FMT_DER, &der);
  bytes = g_bytes_new (der.data, der.size);
  g_ptr_array_add (chain, scep_certificate_new (bytes, &error));
  g_assert_no_error (error);
  gnutls_free (der.data);
  gnutls_x509_crt_deinit (crt);
  gnutls_x509_privkey_deinit (key);
  return chain;
}

static char *
path_of (Fixture *f, const char *name)
{
  return g_build_filename (f->directory, name, NULL);
}

static void
assert_serial (Fixture *f, const char *alias, const char *serial)
{
  g_autoptr (ScepKeystoreEntry) entry = lookup (f, alias, -1);
  ScepCertificate *leaf = scep_keystore_entry_get_certificate (entry);

  g_assert_cmpint (scep_keystore_entry_get_kind (entry), ==, SCEP_ENTRY_PRIVATE_KEY_ENTRY);
  g_assert_cmpstr (scep_certificate_get_serial (leaf), ==, serial);
}

static void
test_refused (Fixture *f, gconstpointer data)
{
  g_autoptr (GPtrArray) nothing = g_ptr_array_new ();
  g_autoptr (GPtrArray) chain = NULL;

  lookup (f, "none", SCEP_ERROR_NO_SUCH_ENTRY);
  lookup (f, "../x", SCEP_ERROR_INVALID_ENTRY);
  create (f, "a/b", 2048, FALSE, SCEP_ERROR_INVALID_ENTRY);
  create (f, "a", 2047, FALSE, SCEP_ERROR_INVALID_SETTING);
  remove_entry (f, "none", SCEP_ERROR_NO_SUCH_ENTRY);
  export(f, "none", SCEP_ERROR_NO_SUCH_ENTRY);
  promote (f, "none", nothing, "to", NULL, SCEP_ERROR_NO_SUCH_ENTRY);
  import_certificate (f, "ca", nothing, FALSE, SCEP_ERROR_INVALID_ENTRY);
  g_assert_false (g_file_test (f->directory, G_FILE_TEST_EXISTS));

  create (f, "a", 2048, FALSE, -1);
  create (f, "a", 2048, FALSE, SCEP_ERROR_ENTRY_EXISTS);
  promote (f, "a", nothing, "to", NULL, SCEP_ERROR_CERTIFICATE_MISMATCH);
  chain = certify (f, "a", 1);
  create (f, "b", 2048, FALSE, -1);
  promote (f, "b", chain, "to", NULL, SCEP_ERROR_CERTIFICATE_MISMATCH);
  import_certificate (f, "b", chain, TRUE, SCEP_ERROR_INVALID_ENTRY);
  import_certificate (f, "ca", chain, FALSE, -1);
  import_certificate (f, "ca", chain, FALSE, SCEP_ERROR_ENTRY_EXISTS);
  export(f, "ca", SCEP_ERROR_INVALID_ENTRY);
  promote (f, "ca", chain, "to", NULL, SCEP_ERROR_INVALID_ENTRY);
  g_assert_cmpuint (warnings, ==, 0);
}

static void
test_promote (Fixture *f, gconstpointer data)
{
  g_autoptr (GPtrArray) first = NULL;
  g_autoptr (GPtrArray) second = NULL;
  g_autoptr (ScepKeystoreEntry) request = NULL;

  create (f, "request", 2048, FALSE, -1);
  first = certify (f, "request", 1);
  promote (f, "request", first, "enrolled", "previous", -1);
  lookup (f, "previous", SCEP_ERROR_NO_SUCH_ENTRY);
  create (f, "request", 2048, TRUE, -1);
  second = certify (f, "request", 2);
  promote (f, "request", second, "enrolled", "previous", -1);
  assert_serial (f, "enrolled", "02");
  assert_serial (f, "previous", "01");
  request = lookup (f, "request", -1);
  g_assert_cmpint (scep_keystore_entry_get_kind (request), ==, SCEP_ENTRY_KEY_PAIR);

  open_keystore (f);
  assert_serial (f, "enrolled", "02");
  assert_serial (f, "previous", "01");
  promote (f, "previous", first, "enrolled", "previous", -1);
  open_keystore (f);
  assert_serial (f, "enrolled", "01");
  assert_serial (f, "previous", "02");
  g_assert_cmpuint (warnings, ==, 0);
}

static void
test_key_pair (Fixture *f, gconstpointer data)
{
  g_autoptr (GPtrArray) chain = NULL;
  g_autoptr (GBytes) pem = NULL;
  g_autoptr (GBytes) again = NULL;
  g_autoptr (GBytes) rubbish = g_bytes_new_static ("rubbish", 7);
  g_autofree char *big = g_strnfill (64 * 1024 + 1, 'a');
  g_autoptr (GBytes) too_large = g_bytes_new_static (big, 64 * 1024 + 1);

  import_key_pair (f, "copy", rubbish, SCEP_ERROR_INVALID_ENTRY);
  import_key_pair (f, "copy", too_large, SCEP_ERROR_INVALID_ENTRY);
  create (f, "a", 2048, FALSE, -1);
  chain = certify (f, "a", 7);
  import_certificate (f, "a", chain, FALSE, -1);
  import_certificate (f, "a", chain, FALSE, SCEP_ERROR_ENTRY_EXISTS);
  assert_serial (f, "a", "07");
  pem = export(f, "a", -1);
  import_key_pair (f, "a", pem, SCEP_ERROR_ENTRY_EXISTS);
  import_key_pair (f, "copy", pem, -1);
  open_keystore (f);
  again = export(f, "copy", -1);
  g_assert_true (g_bytes_equal (pem, again));
  remove_entry (f, "copy", -1);
  open_keystore (f);
  lookup (f, "copy", SCEP_ERROR_NO_SUCH_ENTRY);
}

/* A file that was cut at any length costs its entry, and nothing else. */
static void
test_torn (Fixture *f, gconstpointer data)
{
  g_autofree char *path = path_of (f, "torn.keyfile");
  g_autofree char *broken = path_of (f, "torn.keyfile.broken");
  g_autofree char *text = NULL;
  gsize length;

  create (f, "good", 2048, FALSE, -1);
  create (f, "torn", 2048, FALSE, -1);
  g_assert_true (g_file_get_contents (path, &text, &length, NULL));
  for (gsize cut = 0; cut < length - 1; cut += 61) {
    g_autoptr (ScepKeystoreEntry) good = NULL;

    warnings = 0;
    g_unlink (broken);
    g_assert_true (g_file_set_contents (path, text, (gssize) cut, NULL));
    open_keystore (f);
    lookup (f, "torn", SCEP_ERROR_NO_SUCH_ENTRY);
    good = lookup (f, "good", -1);
    g_assert_cmpuint (warnings, ==, 1);
    g_assert_true (g_file_test (broken, G_FILE_TEST_EXISTS));
  }
}

static void
test_unreadable (Fixture *f, gconstpointer data)
{
  g_autofree char *path = path_of (f, "hidden.keyfile");
  g_autofree char *parent = g_path_get_dirname (f->directory);
  g_autoptr (GError) error = NULL;

  /* An entry that is a directory cannot be read, and is no missing one. */
  g_assert_cmpint (g_mkdir_with_parents (path, 0700), ==, 0);
  open_keystore (f);
  g_assert_cmpuint (warnings, ==, 1);
  lookup (f, "hidden", SCEP_ERROR_STORAGE_FAILED);
  create (f, "hidden", 2048, TRUE, SCEP_ERROR_STORAGE_FAILED);
  g_assert_cmpint (g_rmdir (path), ==, 0);
  g_assert_cmpint (g_rmdir (f->directory), ==, 0);

  g_assert_true (g_file_set_contents (f->directory, "", 0, NULL));
  open_keystore (f);
  g_assert_null (scep_keystore_list (f->keystore, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_STORAGE_FAILED);
  lookup (f, "any", SCEP_ERROR_STORAGE_FAILED);
  create (f, "any", 2048, FALSE, SCEP_ERROR_STORAGE_FAILED);
}

static void
test_files (Fixture *f, gconstpointer data)
{
  g_autofree char *path = path_of (f, "a.keyfile");
  g_autofree char *left = path_of (f, SCEP_STORAGE_TEMPORARY_PREFIX "0123");
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GPtrArray) chain = NULL;
  g_autofree char *kept = NULL;
  struct stat info;

  create (f, "a", 2048, FALSE, -1);
  g_assert_cmpint (stat (path, &info), ==, 0);
  g_assert_cmpuint (info.st_mode & 07777, ==, 0600);
  g_assert_cmpint (stat (f->directory, &info), ==, 0);
  g_assert_cmpuint (info.st_mode & 07777, ==, 0700);

  g_assert_true (g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, NULL));
  g_key_file_set_string (file, "Entry", "Future", "kept");
  g_assert_true (g_key_file_save_to_file (file, path, NULL));
  g_assert_true (g_file_set_contents (left, "half", 4, NULL));
  open_keystore (f);
  g_assert_false (g_file_test (left, G_FILE_TEST_EXISTS));
  chain = certify (f, "a", 1);
  import_certificate (f, "a", chain, FALSE, -1);
  g_assert_true (g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, NULL));
  kept = g_key_file_get_string (file, "Entry", "Future", NULL);
  g_assert_cmpstr (kept, ==, "kept");
}

#define ADD(path, func)                                                                            \
  g_test_add ("/keystore-keyfile/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (count_warnings, NULL, NULL);
  ADD ("refused", test_refused);
  ADD ("promote", test_promote);
  ADD ("key-pair", test_key_pair);
  ADD ("torn", test_torn);
  ADD ("unreadable", test_unreadable);
  ADD ("files", test_files);
  return g_test_run ();
}
