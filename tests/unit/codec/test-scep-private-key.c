/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-private-key.h"

#include "base/scep-error.h"
#include "base/scep-secret.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#define KEY "0123456789abcdef"
#define KEY_LENGTH 16

static GBytes *pkcs8;
static EVP_PKEY *public_key;

static GBytes *
wrap (int padding, const char *plain)
{
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new (public_key, NULL);
  guint8 data[1024];
  gsize length = sizeof data;

  g_assert_cmpint (EVP_PKEY_encrypt_init (context), ==, 1);
  g_assert_cmpint (EVP_PKEY_CTX_set_rsa_padding (context, padding), ==, 1);
  g_assert_cmpint (
      EVP_PKEY_encrypt (context, data, &length, (const guint8 *) plain, strlen (plain)), ==, 1);
  EVP_PKEY_CTX_free (context);
  return g_bytes_new (data, length);
}

static GBytes *
unwrap (ScepKeyWrap kind, GBytes *wrapped)
{
  g_autoptr (GError) error = NULL;
  GBytes *key = scep_private_key_unwrap (pkcs8, kind, wrapped, KEY_LENGTH, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (g_bytes_get_size (key), ==, KEY_LENGTH);
  return key;
}

/* A fault gives random bytes, other ones each time, and no error. */
static void
assert_rejected (ScepKeyWrap kind, GBytes *wrapped)
{
  g_autoptr (GBytes) first = unwrap (kind, wrapped);
  g_autoptr (GBytes) second = unwrap (kind, wrapped);

  g_assert_false (g_bytes_equal (first, second));
  g_assert_true (memcmp (g_bytes_get_data (first, NULL), KEY, KEY_LENGTH) != 0);
}

static void
check_wrap (ScepKeyWrap kind, int padding, int other_padding)
{
  g_autoptr (GBytes) good = wrap (padding, KEY);
  g_autoptr (GBytes) longer = wrap (padding, KEY "x");
  g_autoptr (GBytes) shorter = wrap (padding, "0123456789abcde");
  g_autoptr (GBytes) other = wrap (other_padding, KEY);
  g_autoptr (GBytes) part = g_bytes_new_from_bytes (good, 0, 100);
  g_autoptr (GBytes) empty = g_bytes_new (NULL, 0);
  g_autofree guint8 *ones = g_malloc (256);
  g_autoptr (GBytes) huge = NULL;
  g_autoptr (GBytes) key = NULL;

  memset (ones, 0xff, 256);
  huge = g_bytes_new (ones, 256);
  assert_rejected (kind, longer);
  assert_rejected (kind, shorter);
  assert_rejected (kind, other);
  assert_rejected (kind, part);
  assert_rejected (kind, empty);
  assert_rejected (kind, huge);
  key = unwrap (kind, good);
  g_assert_cmpmem (g_bytes_get_data (key, NULL), KEY_LENGTH, KEY, KEY_LENGTH);
}

static void
test_pkcs1 (void)
{
  check_wrap (SCEP_KEY_WRAP_PKCS1_V15, RSA_PKCS1_PADDING, RSA_PKCS1_OAEP_PADDING);
}

static void
test_oaep (void)
{
  check_wrap (SCEP_KEY_WRAP_OAEP_SHA1, RSA_PKCS1_OAEP_PADDING, RSA_PKCS1_PADDING);
}

static void
test_bad_key (void)
{
  g_autoptr (GBytes) nonsense = g_bytes_new_static ("nonsense", 8);
  g_autoptr (GError) error_a = NULL;
  g_autoptr (GError) error_b = NULL;

  g_assert_null (scep_private_key_from_pem (nonsense, &error_a));
  g_assert_error (error_a, SCEP_ERROR, SCEP_ERROR_INVALID_ENTRY);
  g_assert_null (scep_private_key_get_spki (nonsense, &error_b));
  g_assert_error (error_b, SCEP_ERROR, SCEP_ERROR_INVALID_ENTRY);
}

static void
test_pem (void)
{
  g_autoptr (GBytes) pem = scep_private_key_to_pem (pkcs8, NULL);
  g_autoptr (GBytes) back = scep_private_key_from_pem (pem, NULL);
  g_autoptr (GBytes) spki_a = scep_private_key_get_spki (pkcs8, NULL);
  g_autoptr (GBytes) spki_b = scep_private_key_get_spki (back, NULL);
  const char *type = NULL;
  guint bits = 0;

  g_assert_true (g_bytes_equal (spki_a, spki_b));
  g_assert_true (scep_public_key_describe (spki_a, &type, &bits));
  g_assert_cmpstr (type, ==, "RSA");
  g_assert_cmpuint (bits, ==, 2048);
}

static void
test_sign (void)
{
  g_autoptr (GBytes) data = g_bytes_new_static ("data", 4);
  g_autoptr (GBytes) signature = scep_private_key_sign (pkcs8, SCEP_DIGEST_SHA256, data, NULL);
  EVP_MD_CTX *context = EVP_MD_CTX_new ();

  g_assert_cmpint (EVP_DigestVerifyInit (context, NULL, EVP_sha256 (), NULL, public_key), ==, 1);
  g_assert_cmpint (EVP_DigestVerify (context, g_bytes_get_data (signature, NULL),
                                     g_bytes_get_size (signature), (const guint8 *) "data", 4),
                   ==, 1);
  EVP_MD_CTX_free (context);
}

int
main (int argc, char *argv[])
{
  g_autoptr (GBytes) spki = NULL;
  const guint8 *p;
  int status;

  g_test_init (&argc, &argv, NULL);
  pkcs8 = scep_private_key_generate (2048, NULL);
  spki = scep_private_key_get_spki (pkcs8, NULL);
  p = g_bytes_get_data (spki, NULL);
  public_key = d2i_PUBKEY (NULL, &p, (long) g_bytes_get_size (spki));
  g_assert_nonnull (public_key);
  g_test_add_func ("/private-key/bad-key", test_bad_key);
  g_test_add_func ("/private-key/unwrap/pkcs1", test_pkcs1);
  g_test_add_func ("/private-key/unwrap/oaep", test_oaep);
  g_test_add_func ("/private-key/pem", test_pem);
  g_test_add_func ("/private-key/sign", test_sign);
  status = g_test_run ();
  EVP_PKEY_free (public_key);
  g_bytes_unref (pkcs8);
  return status;
}
