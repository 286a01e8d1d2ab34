/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-csr.h"

#include "base/scep-error.h"
#include "base/scep-secret.h"

#include "codec/scep-name.h"
#include "codec/scep-private-key.h"
#include "openssl-time.h"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

#define NOT_BEFORE 1767225600 /* 2026-01-01 */
#define YEAR (366 * 86400)
#define AFTER_2050 2556144000

/* scep.md's "secret", an attribute of RFC 2985 section 5.4.1 */
static const guint8 challenge_attribute[] = { 0x30, 0x15, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                              0xf7, 0x0d, 0x01, 0x09, 0x07, 0x31, 0x08, 0x13,
                                              0x06, 's',  'e',  'c',  'r',  'e',  't' };

static GBytes *pkcs8;
static GBytes *spki;
static GBytes *subject;

static GBytes *
sign (GBytes *tbs)
{
  g_autoptr (GBytes) signature = NULL;
  g_autoptr (GError) error = NULL;

  signature = scep_private_key_sign (pkcs8, SCEP_DIGEST_SHA256, tbs, &error);
  g_assert_no_error (error);
  return scep_signed_assemble (tbs, SCEP_DIGEST_SHA256, signature);
}

static ScepCsrSpec
make_spec (void)
{
  return (ScepCsrSpec){ .subject = subject, .spki = spki };
}

static GBytes *
build (const ScepCsrSpec *spec)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) tbs = scep_csr_build_tbs (spec, &error);

  g_assert_no_error (error);
  return sign (tbs);
}

static X509_REQ *
load_verified (GBytes *csr)
{
  const guint8 *p = g_bytes_get_data (csr, NULL);
  const guint8 *end = p + g_bytes_get_size (csr);
  X509_REQ *request = d2i_X509_REQ (NULL, &p, (long) g_bytes_get_size (csr));

  g_assert_nonnull (request);
  g_assert_true (p == end);
  g_assert_cmpint (X509_REQ_get_version (request), ==, X509_REQ_VERSION_1);
  g_assert_cmpint (X509_REQ_verify (request, X509_REQ_get0_pubkey (request)), ==, 1);
  return request;
}

static void
assert_refused (const ScepCsrSpec *spec, const char *word)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (scep_csr_build_tbs (spec, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_INVALID_SETTING);
  g_assert_nonnull (strstr (error->message, word));
}

/* The PKCS#8 of a key that OpenSSL made. */
static GBytes *
take_key (EVP_PKEY *key)
{
  BIO *out = BIO_new (BIO_s_mem ());
  g_autoptr (GBytes) pem = NULL;
  g_autoptr (GError) error = NULL;
  GBytes *read;
  char *text;
  long length;

  g_assert_true (PEM_write_bio_PrivateKey (out, key, NULL, NULL, 0, NULL, NULL));
  length = BIO_get_mem_data (out, &text);
  pem = g_bytes_new (text, (gsize) length);
  read = scep_private_key_from_pem (pem, &error);
  g_assert_no_error (error);
  BIO_free (out);
  EVP_PKEY_free (key);
  return read;
}

static void
test_other_key (void)
{
  g_autoptr (GBytes) key = take_key (EVP_PKEY_Q_keygen (NULL, NULL, "ED25519"));
  g_autoptr (GBytes) public_key = scep_private_key_get_spki (key, NULL);
  g_autoptr (GBytes) nonsense = g_bytes_new_static ("nonsense", 8);
  g_autoptr (GError) error = NULL;

  g_assert_false (scep_csr_check_key (nonsense, NULL));
  g_assert_false (scep_csr_check_key (public_key, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_UNSUPPORTED);
  g_assert_nonnull (strstr (error->message, "EdDSA"));
}

static void
test_elliptic (void)
{
  g_autoptr (GBytes) key = take_key (EVP_EC_gen ("P-256"));
  g_autoptr (GBytes) public_key = scep_private_key_get_spki (key, NULL);
  ScepCsrSpec spec = { .subject = subject, .spki = public_key };
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) tbs = scep_csr_build_tbs (&spec, &error);
  g_autoptr (GBytes) signature = scep_private_key_sign (key, SCEP_DIGEST_SHA256, tbs, &error);
  g_autoptr (GBytes) csr = scep_csr_assemble (tbs, public_key, signature);
  X509_REQ *request = load_verified (csr);
  const X509_ALGOR *algorithm;
  int type;

  g_assert_true (scep_csr_check_key (public_key, &error));
  g_assert_cmpint (X509_REQ_get_signature_nid (request), ==, NID_ecdsa_with_SHA256);
  X509_REQ_get0_signature (request, NULL, &algorithm);
  X509_ALGOR_get0 (NULL, &type, NULL, algorithm);
  g_assert_cmpint (type, ==, V_ASN1_UNDEF);
  X509_REQ_free (request);
}

static void
test_refused (void)
{
  const char *const alt_names[] = { "DNS:good.example", "DNS:not good", NULL };
  const char *const usages[] = { "digitalSignature", "digitalSigning", NULL };
  g_autoptr (GBytes) challenge = g_bytes_new_static ("\xff\xfe", 2);
  ScepCsrSpec bad_alt_name = make_spec ();
  ScepCsrSpec bad_usage = make_spec ();
  ScepCsrSpec bad_extended = make_spec ();
  ScepCsrSpec bad_template = make_spec ();
  ScepCsrSpec bad_challenge = make_spec ();

  bad_alt_name.alt_names = alt_names;
  bad_usage.key_usage = usages;
  bad_extended.extended_key_usage = usages;
  bad_template.template_name = "\360\237\230\200";
  bad_challenge.challenge = challenge;
  assert_refused (&bad_alt_name, "DNS:not good");
  assert_refused (&bad_usage, "digitalSigning");
  assert_refused (&bad_extended, "digitalSignature");
  assert_refused (&bad_template, "template");
  assert_refused (&bad_challenge, "challenge password");
}

static void
test_nonsense (void)
{
  g_autoptr (GBytes) nonsense = g_bytes_new_static ("nonsense", 8);
  g_autoptr (GError) error_a = NULL;
  g_autoptr (GError) error_b = NULL;
  g_autoptr (GError) error_c = NULL;

  g_assert_null (scep_csr_get_subject (nonsense, &error_a));
  g_assert_error (error_a, SCEP_ERROR, SCEP_ERROR_MALFORMED_REPLY);
  g_assert_null (scep_csr_get_spki (nonsense, &error_b));
  g_assert_error (error_b, SCEP_ERROR, SCEP_ERROR_MALFORMED_REPLY);
  g_assert_null (scep_csr_get_alt_names (nonsense, &error_c));
  g_assert_error (error_c, SCEP_ERROR, SCEP_ERROR_MALFORMED_REPLY);
}

static void
test_plain (void)
{
  ScepCsrSpec spec = make_spec ();
  g_autoptr (GBytes) csr = build (&spec);
  X509_REQ *request = load_verified (csr);
  g_autoptr (GBytes) read_subject = scep_csr_get_subject (csr, NULL);
  g_autoptr (GBytes) read_spki = scep_csr_get_spki (csr, NULL);
  g_auto (GStrv) alt_names = scep_csr_get_alt_names (csr, NULL);
  g_autoptr (GBytes) tbs = scep_csr_build_tbs (&spec, NULL);
  const guint8 *data;
  gsize length;

  g_assert_cmpint (X509_REQ_get_attr_count (request), ==, 0);
  g_assert_true (g_bytes_equal (read_subject, subject));
  g_assert_true (g_bytes_equal (read_spki, spki));
  g_assert_nonnull (alt_names);
  g_assert_null (alt_names[0]);
  /* The attributes are there even where there are none. */
  data = g_bytes_get_data (tbs, &length);
  g_assert_cmpmem (data + length - 2, 2, "\xa0\x00", 2);
  X509_REQ_free (request);
}

static void
test_challenge (void)
{
  ScepCsrSpec spec = make_spec ();
  g_autoptr (GBytes) challenge = scep_secret_bytes_new ("secret", 6);
  g_autoptr (GBytes) empty = g_bytes_new (NULL, 0);
  g_autoptr (GBytes) tbs = NULL;
  g_autoptr (GBytes) csr = NULL;
  X509_REQ *request;
  const guint8 *data;
  gsize length;

  spec.challenge = challenge;
  tbs = scep_csr_build_tbs (&spec, NULL);
  data = g_bytes_get_data (tbs, &length);
  g_assert_cmpmem (data + length - sizeof challenge_attribute, sizeof challenge_attribute,
                   challenge_attribute, sizeof challenge_attribute);
  spec.challenge = empty;
  csr = build (&spec);
  request = load_verified (csr);
  g_assert_cmpint (X509_REQ_get_attr_count (request), ==, 0);
  X509_REQ_free (request);
}

static void
test_challenge_utf8 (void)
{
  static const char text[] = "p\303\244ss_word";
  ScepCsrSpec spec = make_spec ();
  g_autoptr (GBytes) challenge = scep_secret_bytes_new (text, strlen (text));
  g_autoptr (GBytes) csr = NULL;
  X509_REQ *request;
  ASN1_TYPE *value;
  int index;

  spec.challenge = challenge;
  csr = build (&spec);
  request = load_verified (csr);
  index = X509_REQ_get_attr_by_NID (request, NID_pkcs9_challengePassword, -1);
  value = X509_ATTRIBUTE_get0_type (X509_REQ_get_attr (request, index), 0);
  g_assert_cmpint (ASN1_TYPE_get (value), ==, V_ASN1_UTF8STRING);
  g_assert_cmpmem (ASN1_STRING_get0_data (value->value.utf8string),
                   (gsize) ASN1_STRING_length (value->value.utf8string), text, strlen (text));
  X509_REQ_free (request);
}

static char *
describe_extension (STACK_OF (X509_EXTENSION) * extensions, int nid, gboolean critical)
{
  int index = X509v3_get_ext_by_NID (extensions, nid, -1);
  X509_EXTENSION *extension;
  BIO *bio = BIO_new (BIO_s_mem ());
  char *text = NULL;
  char *copy;
  long length;

  g_assert_cmpint (index, >=, 0);
  extension = X509v3_get_ext (extensions, index);
  g_assert_cmpint (X509_EXTENSION_get_critical (extension), ==, critical);
  g_assert_cmpint (X509V3_EXT_print (bio, extension, 0, 0), ==, 1);
  length = BIO_get_mem_data (bio, &text);
  copy = g_strndup (text, (gsize) length);
  BIO_free (bio);
  return copy;
}

static void
assert_extension (STACK_OF (X509_EXTENSION) * extensions, int nid, gboolean critical,
                  const char *expected)
{
  g_autofree char *text = describe_extension (extensions, nid, critical);

  g_assert_cmpstr (text, ==, expected);
}

static void
assert_template (STACK_OF (X509_EXTENSION) * extensions)
{
  static const guint8 expected[] = { 0x1e, 0x06, 0x00, 'W', 0x00, 'e', 0x00, 'b' };
  ASN1_OBJECT *oid = OBJ_txt2obj ("1.3.6.1.4.1.311.20.2", 1);
  int index = X509v3_get_ext_by_OBJ (extensions, oid, -1);
  ASN1_OCTET_STRING *data;

  g_assert_cmpint (index, >=, 0);
  data = X509_EXTENSION_get_data (X509v3_get_ext (extensions, index));
  g_assert_cmpmem (ASN1_STRING_get0_data (data), (gsize) ASN1_STRING_length (data), expected,
                   sizeof expected);
  ASN1_OBJECT_free (oid);
}

static void
test_extensions (void)
{
  const char *const alt_names[] = { "DNS:gw.example.org", "IP:192.0.2.7", NULL };
  const char *const usages[] = { "keyEncipherment", "digitalSignature", "decipherOnly", NULL };
  const char *const extended[] = { "clientAuth", "1.3.6.1.5.5.7.3.1", NULL };
  ScepCsrSpec spec = make_spec ();
  g_autoptr (GBytes) csr = NULL;
  g_auto (GStrv) read = NULL;
  X509_REQ *request;
  STACK_OF (X509_EXTENSION) * extensions;

  spec.alt_names = alt_names;
  spec.key_usage = usages;
  spec.extended_key_usage = extended;
  spec.template_name = "Web";
  csr = build (&spec);
  request = load_verified (csr);
  extensions = X509_REQ_get_extensions (request);
  g_assert_cmpint (X509v3_get_ext_count (extensions), ==, 4);
  assert_extension (extensions, NID_subject_alt_name, FALSE,
                    "DNS:gw.example.org, IP Address:192.0.2.7");
  assert_extension (extensions, NID_key_usage, TRUE,
                    "Digital Signature, Key Encipherment, Decipher Only");
  assert_extension (extensions, NID_ext_key_usage, FALSE,
                    "TLS Web Client Authentication, TLS Web Server Authentication");
  assert_template (extensions);
  read = scep_csr_get_alt_names (csr, NULL);
  g_assert_cmpstrv (read, alt_names);
  sk_X509_EXTENSION_pop_free (extensions, X509_EXTENSION_free);
  X509_REQ_free (request);
}

static void
test_pem (void)
{
  ScepCsrSpec spec = make_spec ();
  g_autoptr (GBytes) csr = build (&spec);
  g_autofree char *pem = scep_csr_to_pem (csr);
  BIO *bio = BIO_new_mem_buf (pem, -1);
  X509_REQ *request = PEM_read_bio_X509_REQ (bio, NULL, NULL, NULL);

  g_assert_nonnull (request);
  g_assert_cmpint (X509_REQ_verify (request, X509_REQ_get0_pubkey (request)), ==, 1);
  X509_REQ_free (request);
  BIO_free (bio);
}

static void
test_signer_refused (void)
{
  g_autoptr (GBytes) nonsense = g_bytes_new_static ("nonsense", 8);
  g_autoptr (GError) error_a = NULL;
  g_autoptr (GError) error_b = NULL;

  g_assert_null (scep_signer_certificate_build_tbs (subject, spki, G_MININT64 / 2, 0, &error_a));
  g_assert_error (error_a, SCEP_ERROR, SCEP_ERROR_CLOCK_IMPLAUSIBLE);
  g_assert_null (scep_signer_certificate_build_tbs (subject, nonsense, 0, YEAR, &error_b));
  g_assert_error (error_b, SCEP_ERROR, SCEP_ERROR_MALFORMED_REPLY);
}

static X509 *
make_signer (gint64 not_before, gint64 not_after)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) tbs = NULL;
  g_autoptr (GBytes) der = NULL;
  const guint8 *p;
  X509 *x509;

  tbs = scep_signer_certificate_build_tbs (subject, spki, not_before, not_after, &error);
  g_assert_no_error (error);
  der = sign (tbs);
  p = g_bytes_get_data (der, NULL);
  x509 = d2i_X509 (NULL, &p, (long) g_bytes_get_size (der));
  g_assert_nonnull (x509);
  g_assert_cmpint (X509_verify (x509, X509_get0_pubkey (x509)), ==, 1);
  return x509;
}

static void
test_signer (void)
{
  X509 *x509 = make_signer (NOT_BEFORE, NOT_BEFORE + YEAR);
  X509 *other = make_signer (NOT_BEFORE, NOT_BEFORE + YEAR);
  const ASN1_INTEGER *serial = X509_get0_serialNumber (x509);

  g_assert_cmpint (X509_get_version (x509), ==, X509_VERSION_3);
  g_assert_cmpint (X509_NAME_cmp (X509_get_subject_name (x509), X509_get_issuer_name (x509)), ==,
                   0);
  g_assert_cmpint (ASN1_STRING_type ((const ASN1_STRING *) serial), ==, V_ASN1_INTEGER);
  g_assert_cmpint (ASN1_STRING_length ((const ASN1_STRING *) serial), ==, 16);
  g_assert_cmpint (ASN1_INTEGER_cmp (serial, X509_get0_serialNumber (other)), !=, 0);
  g_assert_cmpuint (X509_get_key_usage (x509), ==, KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT);
  g_assert_cmpint (X509_check_ca (x509), ==, 0);
  g_assert_nonnull (X509_get0_subject_key_id (x509));
  assert_extension ((STACK_OF (X509_EXTENSION) *) X509_get0_extensions (x509), NID_key_usage, TRUE,
                    "Digital Signature, Key Encipherment");
  g_assert_cmpint (X509_get_signature_nid (x509), ==, NID_sha256WithRSAEncryption);
  X509_free (x509);
  X509_free (other);
}

static void
test_signer_times (void)
{
  X509 *x509 = make_signer (NOT_BEFORE, AFTER_2050);

  g_assert_cmpint (ASN1_STRING_type (X509_get0_notBefore (x509)), ==, V_ASN1_UTCTIME);
  g_assert_cmpint (ASN1_STRING_type (X509_get0_notAfter (x509)), ==, V_ASN1_GENERALIZEDTIME);
  g_assert_cmpint (test_time_get (X509_get0_notBefore (x509)), ==, NOT_BEFORE);
  g_assert_cmpint (test_time_get (X509_get0_notAfter (x509)), ==, AFTER_2050);
  X509_free (x509);
}

/* libtasn1 takes it for a request without any field. */
static void
test_empty (void)
{
  g_autoptr (GBytes) empty = g_bytes_new_static ("\x30\x00", 2);
  g_autoptr (GError) subject_error = NULL;
  g_autoptr (GError) spki_error = NULL;
  g_autoptr (GError) names_error = NULL;

  g_assert_null (scep_csr_get_subject (empty, &subject_error));
  g_assert_error (subject_error, SCEP_ERROR, SCEP_ERROR_MALFORMED_REPLY);
  g_assert_null (scep_csr_get_spki (empty, &spki_error));
  g_assert_error (spki_error, SCEP_ERROR, SCEP_ERROR_MALFORMED_REPLY);
  g_assert_null (scep_csr_get_alt_names (empty, &names_error));
  g_assert_error (names_error, SCEP_ERROR, SCEP_ERROR_MALFORMED_REPLY);
}

int
main (int argc, char *argv[])
{
  int status;

  g_test_init (&argc, &argv, NULL);
  pkcs8 = scep_private_key_generate (2048, NULL);
  spki = scep_private_key_get_spki (pkcs8, NULL);
  subject = scep_name_parse ("CN=gateway 7,O=Example\\, Inc.,C=DE", NULL);
  g_test_add_func ("/csr/empty", test_empty);
  g_test_add_func ("/csr/other-key", test_other_key);
  g_test_add_func ("/csr/elliptic", test_elliptic);
  g_test_add_func ("/csr/refused", test_refused);
  g_test_add_func ("/csr/nonsense", test_nonsense);
  g_test_add_func ("/csr/plain", test_plain);
  g_test_add_func ("/csr/challenge/printable", test_challenge);
  g_test_add_func ("/csr/challenge/utf8", test_challenge_utf8);
  g_test_add_func ("/csr/extensions", test_extensions);
  g_test_add_func ("/csr/pem", test_pem);
  g_test_add_func ("/csr/signer/refused", test_signer_refused);
  g_test_add_func ("/csr/signer/content", test_signer);
  g_test_add_func ("/csr/signer/times", test_signer_times);
  status = g_test_run ();
  g_bytes_unref (pkcs8);
  g_bytes_unref (spki);
  g_bytes_unref (subject);
  return status;
}
