/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "openssl-scep.h"

#include <openssl/ec.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

static OSSL_PROVIDER *providers[2];

/* Before OpenSSL's own end, or it leaks them. */
static void
unload_providers (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (providers); i++)
    OSSL_PROVIDER_unload (providers[i]);
}

/* Single DES lives in a provider of its own. */
static void
load_providers (void)
{
  static gsize loaded = 0;

  if (g_once_init_enter (&loaded)) {
    providers[0] = OSSL_PROVIDER_load (NULL, "default");
    providers[1] = OSSL_PROVIDER_load (NULL, "legacy");
    g_assert_nonnull (providers[0]);
    g_assert_nonnull (providers[1]);
    atexit (unload_providers);
    g_once_init_leave (&loaded, 1);
  }
}

static void
add_extension (X509 *certificate, X509 *issuer, int nid, const char *value)
{
  X509V3_CTX context;
  X509_EXTENSION *extension;

  X509V3_set_ctx (&context, issuer, certificate, NULL, NULL, 0);
  extension = X509V3_EXT_conf_nid (NULL, &context, nid, value);
  g_assert_nonnull (extension);
  X509_add_ext (certificate, extension, -1);
  X509_EXTENSION_free (extension);
}

static TestIdentity *
identity_new (const char *name, TestIdentity *issuer, long serial, EVP_PKEY *key)
{
  TestIdentity *self = g_new0 (TestIdentity, 1);
  X509 *certificate = X509_new ();
  X509_NAME *subject = X509_get_subject_name (certificate);
  X509 *issuing = issuer != NULL ? issuer->certificate : certificate;

  g_assert_nonnull (key);
  self->key = key;
  self->certificate = certificate;
  X509_set_version (certificate, X509_VERSION_3);
  ASN1_INTEGER_set (X509_get_serialNumber (certificate), serial);
  X509_gmtime_adj (X509_getm_notBefore (certificate), -3600);
  X509_gmtime_adj (X509_getm_notAfter (certificate), 365 * 86400);
  X509_NAME_add_entry_by_txt (subject, "CN", MBSTRING_UTF8, (const unsigned char *) name, -1, -1,
                              0);
  X509_set_issuer_name (certificate, X509_get_subject_name (issuing));
  X509_set_pubkey (certificate, self->key);
  add_extension (certificate, issuing, NID_basic_constraints,
                 issuer == NULL ? "critical,CA:TRUE" : "CA:FALSE");
  add_extension (certificate, issuing, NID_subject_key_identifier, "hash");
  g_assert_cmpint (X509_sign (certificate, issuer != NULL ? issuer->key : self->key, EVP_sha256 ()),
                   >, 0);
  return self;
}

/**
 * test_identity_new:
 * @issuer: (nullable): who signs; %NULL makes a CA that signs itself
 *
 * Returns: (transfer full): an RSA key with a certificate valid now
 */
TestIdentity *
test_identity_new (const char *name, TestIdentity *issuer, long serial, unsigned int bits)
{
  load_providers ();
  return identity_new (name, issuer, serial, EVP_RSA_gen (bits));
}

/**
 * test_identity_new_ec:
 *
 * Returns: (transfer full): a P-256 key with a certificate that signs itself
 */
TestIdentity *
test_identity_new_ec (const char *name)
{
  load_providers ();
  return identity_new (name, NULL, 1, EVP_EC_gen ("P-256"));
}

void
test_identity_free (TestIdentity *identity)
{
  X509_free (identity->certificate);
  EVP_PKEY_free (identity->key);
  g_free (identity);
}

/**
 * test_identity_get_der:
 *
 * Returns: (transfer full): the certificate
 */
GBytes *
test_identity_get_der (TestIdentity *identity)
{
  unsigned char *der = NULL;
  int length = i2d_X509 (identity->certificate, &der);
  GBytes *bytes;

  g_assert_cmpint (length, >, 0);
  bytes = g_bytes_new (der, (gsize) length);
  OPENSSL_free (der);
  return bytes;
}

/**
 * test_identity_sign:
 *
 * Returns: (transfer full): an RSASSA-PKCS1 signature over @data
 */
GBytes *
test_identity_sign (TestIdentity *identity, const EVP_MD *digest, GBytes *data)
{
  EVP_MD_CTX *context = EVP_MD_CTX_new ();
  gsize length = (gsize) EVP_PKEY_get_size (identity->key);
  guint8 *signature = g_malloc (length);

  g_assert_cmpint (EVP_DigestSignInit (context, NULL, digest, NULL, identity->key), ==, 1);
  g_assert_cmpint (EVP_DigestSign (context, signature, &length, g_bytes_get_data (data, NULL),
                                   g_bytes_get_size (data)),
                   ==, 1);
  EVP_MD_CTX_free (context);
  return g_bytes_new_take (signature, length);
}

/**
 * test_identity_unwrap:
 * @rsa_padding: RSA_PKCS1_PADDING or RSA_PKCS1_OAEP_PADDING
 *
 * Returns: (transfer full): what @wrapped holds
 */
GBytes *
test_identity_unwrap (TestIdentity *identity, int rsa_padding, GBytes *wrapped)
{
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new (identity->key, NULL);
  gsize length = (gsize) EVP_PKEY_get_size (identity->key);
  guint8 *plain = g_malloc (length);

  g_assert_cmpint (EVP_PKEY_decrypt_init (context), ==, 1);
  g_assert_cmpint (EVP_PKEY_CTX_set_rsa_padding (context, rsa_padding), ==, 1);
  g_assert_cmpint (EVP_PKEY_decrypt (context, plain, &length, g_bytes_get_data (wrapped, NULL),
                                     g_bytes_get_size (wrapped)),
                   ==, 1);
  EVP_PKEY_CTX_free (context);
  return g_bytes_new_take (plain, length);
}
