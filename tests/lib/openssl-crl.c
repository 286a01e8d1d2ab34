/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "openssl-crl.h"

#include "openssl-time.h"

#include <openssl/pkcs7.h>

#define FIRST_SERIAL 1000

static void
set_time (X509_CRL *crl, int (*set) (X509_CRL *, const ASN1_TIME *), gint64 seconds)
{
  ASN1_TIME *time = ASN1_TIME_new ();

  test_time_set (time, seconds);
  set (crl, time);
  ASN1_TIME_free (time);
}

static void
add_entries (X509_CRL *crl, guint n_entries)
{
  ASN1_TIME *time = ASN1_TIME_set (NULL, 1700000000);

  for (guint i = 0; i < n_entries; i++) {
    X509_REVOKED *revoked = X509_REVOKED_new ();
    ASN1_INTEGER *serial = ASN1_INTEGER_new ();

    ASN1_INTEGER_set (serial, FIRST_SERIAL + (long) i);
    X509_REVOKED_set_serialNumber (revoked, serial);
    X509_REVOKED_set_revocationDate (revoked, time);
    g_assert_true (X509_CRL_add0_revoked (crl, revoked));
    ASN1_INTEGER_free (serial);
  }
  ASN1_TIME_free (time);
}

static void
add_integer (X509_CRL *crl, int nid, long number, int critical)
{
  ASN1_INTEGER *value = ASN1_INTEGER_new ();

  ASN1_INTEGER_set (value, number);
  g_assert_cmpint (X509_CRL_add1_ext_i2d (crl, nid, value, critical, 0), ==, 1);
  ASN1_INTEGER_free (value);
}

static void
add_hex_number (X509_CRL *crl, const char *digits)
{
  BIGNUM *number = NULL;
  ASN1_INTEGER *value;

  g_assert_cmpint (BN_hex2bn (&number, digits), >, 0);
  value = BN_to_ASN1_INTEGER (number, NULL);
  g_assert_cmpint (X509_CRL_add1_ext_i2d (crl, NID_crl_number, value, 0, 0), ==, 1);
  ASN1_INTEGER_free (value);
  BN_free (number);
}

static void
add_text (X509_CRL *crl, int nid, const char *value)
{
  X509V3_CTX context;
  X509_EXTENSION *extension;

  X509V3_set_ctx (&context, NULL, NULL, NULL, crl, 0);
  X509V3_set_ctx_nodb (&context);
  extension = X509V3_EXT_conf_nid (NULL, &context, nid, value);
  g_assert_nonnull (extension);
  X509_CRL_add_ext (crl, extension, -1);
  X509_EXTENSION_free (extension);
}

static void
add_configured (X509_CRL *crl, X509 *issuer, const char *lines)
{
  g_autofree char *text = g_strconcat ("[extensions]\n", lines, "\n", NULL);
  BIO *bio = BIO_new_mem_buf (text, -1);
  CONF *configuration = NCONF_new (NULL);
  X509V3_CTX context;
  long line = 0;

  g_assert_cmpint (NCONF_load_bio (configuration, bio, &line), >, 0);
  X509V3_set_ctx (&context, issuer, NULL, NULL, crl, 0);
  X509V3_set_nconf (&context, configuration);
  g_assert_true (X509V3_EXT_CRL_add_nconf (configuration, &context, "extensions", crl));
  NCONF_free (configuration);
  BIO_free (bio);
}

static void
add_to_entry (X509_CRL *crl, const char *text)
{
  X509_REVOKED *entry = sk_X509_REVOKED_value (X509_CRL_get_REVOKED (crl), 0);
  g_auto (GStrv) parts = g_strsplit (text, "=", 2);
  X509_EXTENSION *extension = X509V3_EXT_nconf (NULL, NULL, parts[0], parts[1]);

  g_assert_nonnull (extension);
  g_assert_true (X509_REVOKED_add_ext (entry, extension, -1));
  X509_EXTENSION_free (extension);
}

static GBytes *
encode (X509_CRL *crl)
{
  guchar *der = NULL;
  int length = i2d_X509_CRL (crl, &der);
  GBytes *bytes;

  g_assert_cmpint (length, >, 0);
  bytes = g_bytes_new (der, (gsize) length);
  OPENSSL_free (der);
  return bytes;
}

/**
 * test_crl_new:
 *
 * Returns: (transfer full): a CRL in DER
 */
GBytes *
test_crl_new (X509 *issuer, EVP_PKEY *key, const TestCrlSpec *spec)
{
  X509_CRL *crl = X509_CRL_new ();
  GBytes *der;

  X509_CRL_set_version (crl, X509_CRL_VERSION_2);
  X509_CRL_set_issuer_name (crl, X509_get_subject_name (issuer));
  set_time (crl, X509_CRL_set1_lastUpdate, spec->this_update);
  if (spec->next_update != 0)
    set_time (crl, X509_CRL_set1_nextUpdate, spec->next_update);
  add_entries (crl, spec->n_entries);
  if (spec->hex_number != NULL)
    add_hex_number (crl, spec->hex_number);
  else if (spec->number >= 0)
    add_integer (crl, NID_crl_number, spec->number, 0);
  if (spec->delta)
    add_integer (crl, NID_delta_crl, 1, 1);
  if (spec->distribution_point != NULL)
    add_text (crl, NID_issuing_distribution_point, spec->distribution_point);
  if (spec->critical)
    add_text (crl, NID_netscape_comment, "critical,nobody knows this");
  if (spec->extensions != NULL)
    add_configured (crl, issuer, spec->extensions);
  X509_CRL_sort (crl);
  if (spec->entry_extension != NULL)
    add_to_entry (crl, spec->entry_extension);
  g_assert_cmpint (X509_CRL_sign (crl, key, spec->sha1 ? EVP_sha1 () : EVP_sha256 ()), >, 0);
  der = encode (crl);
  X509_CRL_free (crl);
  return der;
}

/**
 * test_crl_wrap:
 *
 * Returns: (transfer full): a SignedData without content and signers
 */
GBytes *
test_crl_wrap (GBytes *const *crls, guint n_crls)
{
  PKCS7 *message = PKCS7_new ();
  guchar *der = NULL;
  GBytes *bytes;
  int length;

  PKCS7_set_type (message, NID_pkcs7_signed);
  PKCS7_content_new (message, NID_pkcs7_data);
  PKCS7_set_detached (message, 1);
  for (guint i = 0; i < n_crls; i++) {
    const guchar *p = g_bytes_get_data (crls[i], NULL);
    X509_CRL *crl = d2i_X509_CRL (NULL, &p, (long) g_bytes_get_size (crls[i]));

    g_assert_nonnull (crl);
    g_assert_true (PKCS7_add_crl (message, crl));
    X509_CRL_free (crl);
  }
  length = i2d_PKCS7 (message, &der);
  g_assert_cmpint (length, >, 0);
  bytes = g_bytes_new (der, (gsize) length);
  OPENSSL_free (der);
  PKCS7_free (message);
  return bytes;
}
