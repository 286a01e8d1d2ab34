/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "keystore-fixture.h"

#include <gnutls/abstract.h>
#include <string.h>

static gnutls_pubkey_t
public_half (ScepKey *key)
{
  GBytes *spki = scep_key_get_spki (key);
  gnutls_datum_t der = { (guchar *) g_bytes_get_data (spki, NULL),
                         (guint) g_bytes_get_size (spki) };
  gnutls_pubkey_t half;

  gnutls_pubkey_init (&half);
  g_assert_cmpint (gnutls_pubkey_import (half, &der, GNUTLS_X509_FMT_DER), ==, 0);
  return half;
}

static ScepKey *
get_key (KeystoreFixture *f, const char *alias)
{
  g_autoptr (ScepKeystoreEntry) entry = keystore_fixture_lookup (f, alias, KEYSTORE_FIXTURE_DONE);

  return g_object_ref (scep_keystore_entry_get_key (entry));
}

static ScepKey *
make_rsa (KeystoreFixture *f)
{
  keystore_fixture_create (f, "rsa", 1024, FALSE, KEYSTORE_FIXTURE_DONE);
  return get_key (f, "rsa");
}

static ScepKey *
make_ec (KeystoreFixture *f)
{
  g_autoptr (GBytes) pem = test_key_pem_ec ();

  keystore_fixture_import_key_pair (f, "ec", pem, KEYSTORE_FIXTURE_DONE);
  return get_key (f, "ec");
}

static GBytes *
sign (ScepKey *key, ScepDigest digest, GBytes *data, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  scep_key_sign_async (key, digest, data, NULL, keystore_fixture_on_done, &result);
  g_assert_null (result);
  return scep_key_sign_finish (key, keystore_fixture_wait (&result), error);
}

static GBytes *
unwrap (ScepKey *key, GBytes *wrapped, gsize length, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  scep_key_unwrap_async (key, SCEP_KEY_WRAP_PKCS1_V15, wrapped, length, NULL,
                         keystore_fixture_on_done, &result);
  g_assert_null (result);
  return scep_key_unwrap_finish (key, keystore_fixture_wait (&result), error);
}

static GBytes *
wrap (ScepKey *key, GBytes *plain)
{
  gnutls_pubkey_t half = public_half (key);
  gnutls_datum_t input = { (guchar *) g_bytes_get_data (plain, NULL),
                           (guint) g_bytes_get_size (plain) };
  gnutls_datum_t output = { NULL, 0 };
  GBytes *wrapped;

  g_assert_cmpint (gnutls_pubkey_encrypt_data (half, 0, &input, &output), ==, 0);
  wrapped = g_bytes_new (output.data, output.size);
  gnutls_free (output.data);
  gnutls_pubkey_deinit (half);
  return wrapped;
}

static int
verify (ScepKey *key, gnutls_sign_algorithm_t algorithm, GBytes *data, GBytes *signature)
{
  gnutls_pubkey_t half = public_half (key);
  gnutls_datum_t input = { (guchar *) g_bytes_get_data (data, NULL),
                           (guint) g_bytes_get_size (data) };
  gnutls_datum_t signed_with = { (guchar *) g_bytes_get_data (signature, NULL),
                                 (guint) g_bytes_get_size (signature) };
  int rc = gnutls_pubkey_verify_data2 (half, algorithm, GNUTLS_VERIFY_ALLOW_BROKEN, &input,
                                       &signed_with);

  gnutls_pubkey_deinit (half);
  return rc;
}

/* A digest that is only ever recognised is not signed with. */
static void
test_sign_refused (KeystoreFixture *f, gconstpointer data)
{
  g_autoptr (ScepKey) key = make_rsa (f);
  g_autoptr (GBytes) text = g_bytes_new_static ("request", 7);
  g_autoptr (GError) error = NULL;

  g_assert_null (sign (key, SCEP_DIGEST_MD5, text, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_FAILED);
}

static void
test_sign (KeystoreFixture *f, gconstpointer data)
{
  static const struct {
    ScepDigest digest;
    gnutls_sign_algorithm_t algorithm;
  } rows[] = {
    { SCEP_DIGEST_SHA1, GNUTLS_SIGN_RSA_SHA1 },
    { SCEP_DIGEST_SHA256, GNUTLS_SIGN_RSA_SHA256 },
    { SCEP_DIGEST_SHA384, GNUTLS_SIGN_RSA_SHA384 },
    { SCEP_DIGEST_SHA512, GNUTLS_SIGN_RSA_SHA512 },
  };
  g_autoptr (ScepKey) key = make_rsa (f);
  g_autoptr (ScepKey) ec = make_ec (f);
  g_autoptr (GBytes) text = g_bytes_new_static ("request", 7);
  g_autoptr (GBytes) other = g_bytes_new_static ("Request", 7);
  g_autoptr (GBytes) ec_signature = NULL;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GBytes) signature = sign (key, rows[i].digest, text, &error);

    g_assert_no_error (error);
    g_assert_cmpint (verify (key, rows[i].algorithm, other, signature), <, 0);
    g_assert_cmpint (verify (key, rows[i].algorithm, text, signature), >=, 0);
  }
  ec_signature = sign (ec, SCEP_DIGEST_SHA256, text, &error);
  g_assert_no_error (error);
  g_assert_cmpint (verify (ec, GNUTLS_SIGN_ECDSA_SHA256, text, ec_signature), >=, 0);
}

/* What does not open gives another key each time, of the right length, and
 * says nothing. */
static void
test_unwrap_wrong (KeystoreFixture *f, gconstpointer data)
{
  g_autoptr (ScepKey) key = make_rsa (f);
  g_autoptr (GBytes) secret = g_bytes_new_static ("0123456789abcdef", 16);
  g_autoptr (GBytes) wrapped = wrap (key, secret);
  g_autoptr (GBytes) rubbish = g_bytes_new_static ("rubbish", 7);
  GBytes *inputs[] = { rubbish, wrapped };

  for (guint i = 0; i < G_N_ELEMENTS (inputs); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GBytes) one = unwrap (key, inputs[i], 24, &error);
    g_autoptr (GBytes) two = unwrap (key, inputs[i], 24, &error);

    g_assert_no_error (error);
    g_assert_cmpuint (g_bytes_get_size (one), ==, 24);
    g_assert_cmpuint (g_bytes_get_size (two), ==, 24);
    g_assert_false (g_bytes_equal (one, two));
  }
}

static void
test_unwrap (KeystoreFixture *f, gconstpointer data)
{
  g_autoptr (ScepKey) key = make_rsa (f);
  g_autoptr (ScepKey) ec = make_ec (f);
  g_autoptr (GBytes) secret = g_bytes_new_static ("0123456789abcdef", 16);
  g_autoptr (GBytes) wrapped = wrap (key, secret);
  g_autoptr (GBytes) opened = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_null (unwrap (ec, wrapped, 16, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_INVALID_ENTRY);
  g_clear_error (&error);
  opened = unwrap (key, wrapped, 16, &error);
  g_assert_no_error (error);
  g_assert_true (g_bytes_equal (opened, secret));
}

static void
test_cancel (KeystoreFixture *f, gconstpointer data)
{
  g_autoptr (ScepKey) key = make_rsa (f);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GBytes) text = g_bytes_new_static ("request", 7);
  g_autoptr (GAsyncResult) signing = NULL;
  g_autoptr (GAsyncResult) opening = NULL;
  g_autoptr (GError) error = NULL;

  g_cancellable_cancel (cancellable);
  scep_key_sign_async (key, SCEP_DIGEST_SHA256, text, cancellable, keystore_fixture_on_done,
                       &signing);
  g_assert_null (scep_key_sign_finish (key, keystore_fixture_wait (&signing), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  scep_key_unwrap_async (key, SCEP_KEY_WRAP_PKCS1_V15, text, 16, cancellable,
                         keystore_fixture_on_done, &opening);
  g_assert_null (scep_key_unwrap_finish (key, keystore_fixture_wait (&opening), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* A handle works on when its entry and its keystore are gone. */
static void
test_outlives (KeystoreFixture *f, gconstpointer data)
{
  g_autoptr (ScepKey) key = make_rsa (f);
  g_autoptr (GBytes) text = g_bytes_new_static ("request", 7);
  g_autoptr (GBytes) signature = NULL;
  g_autoptr (GError) error = NULL;

  keystore_fixture_remove (f, "rsa", KEYSTORE_FIXTURE_DONE);
  g_clear_object (&f->keystore);
  signature = sign (key, SCEP_DIGEST_SHA256, text, &error);
  g_assert_no_error (error);
  g_assert_cmpint (verify (key, GNUTLS_SIGN_RSA_SHA256, text, signature), >=, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  test_warnings_count ();
  keystore_test_add ("/keyfile-key/sign-refused", test_sign_refused);
  keystore_test_add ("/keyfile-key/sign", test_sign);
  keystore_test_add ("/keyfile-key/unwrap-wrong", test_unwrap_wrong);
  keystore_test_add ("/keyfile-key/unwrap", test_unwrap);
  keystore_test_add ("/keyfile-key/cancel", test_cancel);
  keystore_test_add ("/keyfile-key/outlives", test_outlives);
  return g_test_run ();
}
