/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "keystore-fixture.h"

#include "storage/scep-storage.h"

#include <gnutls/x509.h>

void
keystore_fixture_open (KeystoreFixture *self)
{
  g_clear_object (&self->keystore);
  self->keystore = scep_keystore_keyfile_new ("default", "default", self->directory, self->crypto,
                                              self->storage);
}

void
keystore_fixture_set_up (KeystoreFixture *self, gconstpointer data)
{
  self->root = g_dir_make_tmp ("keystore-XXXXXX", NULL);
  self->directory = g_build_filename (self->root, "keystores", "default", NULL);
  self->crypto = scep_worker_new (2);
  self->storage = scep_worker_new (1);
  keystore_fixture_open (self);
}

/* No test ends with a warning that it did not ask for. */
void
keystore_fixture_tear_down (KeystoreFixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_clear_object (&self->keystore);
  g_clear_object (&self->crypto);
  g_clear_object (&self->storage);
  g_assert_cmpuint (test_warnings_take (), ==, 0);
  scep_storage_remove_directory (self->root, &error);
  g_assert_no_error (error);
  g_free (self->directory);
  g_free (self->root);
}

static void
assert_code (GError *error, int expected)
{
  if (expected == KEYSTORE_FIXTURE_DONE)
    g_assert_no_error (error);
  else
    g_assert_error (error, SCEP_ERROR, expected);
}

/* The callback of everything asynchronous here; @user_data is a GAsyncResult **. */
void
keystore_fixture_on_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

GAsyncResult *
keystore_fixture_wait (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return *result;
}

/* Waits for a write and clears @result. */
void
keystore_fixture_finish (KeystoreFixture *self, GAsyncResult **result, int expected)
{
  g_autoptr (GError) error = NULL;
  gboolean written =
      scep_keystore_write_finish (self->keystore, keystore_fixture_wait (result), &error);

  g_clear_object (result);
  assert_code (error, expected);
  g_assert_true (written == (error == NULL));
}

void
keystore_fixture_create (KeystoreFixture *self, const char *alias, guint bits, gboolean replace,
                         int expected)
{
  g_autoptr (GAsyncResult) result = NULL;

  scep_keystore_create_key_pair_async (self->keystore, alias, bits, replace, NULL,
                                       keystore_fixture_on_done, &result);
  keystore_fixture_finish (self, &result, expected);
}

GBytes *
keystore_fixture_export (KeystoreFixture *self, const char *alias, int expected)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GBytes *pem;

  scep_keystore_export_async (self->keystore, alias, NULL, keystore_fixture_on_done, &result);
  pem = scep_keystore_export_finish (self->keystore, keystore_fixture_wait (&result), &error);
  assert_code (error, expected);
  return pem;
}

void
keystore_fixture_promote (KeystoreFixture *self, const char *from, GPtrArray *chain, const char *to,
                          const char *previous, int expected)
{
  g_autoptr (GAsyncResult) result = NULL;

  scep_keystore_promote_async (self->keystore, from, chain, to, previous, NULL,
                               keystore_fixture_on_done, &result);
  keystore_fixture_finish (self, &result, expected);
}

void
keystore_fixture_exchange (KeystoreFixture *self, const char *alias, const char *other,
                           int expected)
{
  g_autoptr (GAsyncResult) result = NULL;

  scep_keystore_exchange_async (self->keystore, alias, other, NULL, keystore_fixture_on_done,
                                &result);
  keystore_fixture_finish (self, &result, expected);
}

void
keystore_fixture_import_certificate (KeystoreFixture *self, const char *alias, GPtrArray *chain,
                                     gboolean replace, int expected)
{
  g_autoptr (GAsyncResult) result = NULL;

  scep_keystore_import_certificate_async (self->keystore, alias, chain, replace, NULL,
                                          keystore_fixture_on_done, &result);
  keystore_fixture_finish (self, &result, expected);
}

void
keystore_fixture_import_key_pair (KeystoreFixture *self, const char *alias, GBytes *pem,
                                  int expected)
{
  g_autoptr (GAsyncResult) result = NULL;

  scep_keystore_import_key_pair_async (self->keystore, alias, pem, NULL, keystore_fixture_on_done,
                                       &result);
  keystore_fixture_finish (self, &result, expected);
}

void
keystore_fixture_remove (KeystoreFixture *self, const char *alias, int expected)
{
  g_autoptr (GAsyncResult) result = NULL;

  scep_keystore_remove_async (self->keystore, alias, NULL, keystore_fixture_on_done, &result);
  keystore_fixture_finish (self, &result, expected);
}

ScepKeystoreEntry *
keystore_fixture_lookup (KeystoreFixture *self, const char *alias, int expected)
{
  g_autoptr (GError) error = NULL;
  ScepKeystoreEntry *entry = scep_keystore_lookup (self->keystore, alias, &error);

  assert_code (error, expected);
  return entry;
}

/* A self-signed certificate of the key. */
GPtrArray *
test_certify (GBytes *key_pem, guint8 serial)
{
  g_autoptr (GError) error = NULL;
  GPtrArray *chain = g_ptr_array_new_with_free_func (g_object_unref);
  gnutls_datum_t pem = { (guchar *) g_bytes_get_data (key_pem, NULL),
                         (guint) g_bytes_get_size (key_pem) };
  gnutls_datum_t der = { NULL, 0 };
  g_autoptr (GBytes) bytes = NULL;
  gnutls_x509_privkey_t key;
  gnutls_x509_crt_t crt;

  gnutls_x509_privkey_init (&key);
  g_assert_cmpint (gnutls_x509_privkey_import2 (key, &pem, GNUTLS_X509_FMT_PEM, NULL, 0), ==, 0);
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

GPtrArray *
keystore_fixture_certify (KeystoreFixture *self, const char *alias, guint8 serial)
{
  g_autoptr (GBytes) pem = keystore_fixture_export (self, alias, KEYSTORE_FIXTURE_DONE);

  return test_certify (pem, serial);
}

GBytes *
test_key_pem_ec (void)
{
  gnutls_x509_privkey_t key;
  gnutls_datum_t pem = { NULL, 0 };
  GBytes *bytes;

  gnutls_x509_privkey_init (&key);
  g_assert_cmpint (gnutls_x509_privkey_generate (
                       key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP256R1), 0),
                   ==, 0);
  gnutls_x509_privkey_export2_pkcs8 (key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &pem);
  bytes = g_bytes_new (pem.data, pem.size);
  gnutls_free (pem.data);
  gnutls_x509_privkey_deinit (key);
  return bytes;
}

char *
keystore_fixture_path (KeystoreFixture *self, const char *name)
{
  return g_build_filename (self->directory, name, NULL);
}

void
keystore_fixture_assert_serial (KeystoreFixture *self, const char *alias, const char *serial)
{
  g_autoptr (ScepKeystoreEntry) entry =
      keystore_fixture_lookup (self, alias, KEYSTORE_FIXTURE_DONE);
  ScepCertificate *leaf = scep_keystore_entry_get_certificate (entry);

  g_assert_cmpint (scep_keystore_entry_get_kind (entry), ==, SCEP_ENTRY_PRIVATE_KEY_ENTRY);
  g_assert_cmpstr (scep_certificate_get_serial (leaf), ==, serial);
}
