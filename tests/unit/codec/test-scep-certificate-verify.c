/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-error.h"
#include "certificate-factory.h"

#include "codec/scep-asn1.h"

#define NOW G_GINT64_CONSTANT (1760000000)
#define FROM .not_before = NOW - 86400, .not_after = NOW + 86400

#define KEY_ID "6162" /* of "ab" */

static TestCertificate *ca;

static TestCertificate *
ca_new (const char *name, const char *key_id, EVP_PKEY *key)
{
  return test_certificate_new (
      &(TestCertificateSpec){ .name = name, .rsa_bits = 2048, .ca = TRUE, .key_id = key_id, FROM },
      NULL, key);
}

static void
check (TestCertificate *issued, TestCertificate *issuer, gint code)
{
  g_autoptr (GError) error = NULL;
  ScepDigest digest = SCEP_DIGEST_MD5;
  gboolean is_issued =
      scep_certificate_is_issued_by (issued->certificate, issuer->certificate, &digest, &error);

  g_assert_true (is_issued == (code == 0));
  if (code != 0)
    g_assert_error (error, SCEP_ERROR, code);
  else
    g_assert_no_error (error);
}

/* The key of the issuer is not enough: it has to be the issuer that is named. */
static void
test_other_name (void)
{
  g_autoptr (TestCertificate) renamed = ca_new ("Other", KEY_ID, ca->key);
  g_autoptr (TestCertificate) issued =
      test_certificate_new (&(TestCertificateSpec){ .name = "host", FROM }, ca, NULL);

  check (issued, renamed, SCEP_ERROR_UNTRUSTED_CA);
  check (issued, ca, 0);
}

/* Nor is the name enough. */
static void
test_other_key (void)
{
  g_autoptr (TestCertificate) other = ca_new ("CA", KEY_ID, NULL);
  g_autoptr (TestCertificate) issued =
      test_certificate_new (&(TestCertificateSpec){ .name = "host", FROM }, ca, NULL);

  check (issued, other, SCEP_ERROR_SIGNATURE_INVALID);
}

/* Two certificates of one CA, before and after a new key, tell each other apart by it. */
static void
test_key_id (void)
{
  g_autoptr (TestCertificate) without = ca_new ("CA", NULL, ca->key);
  g_autoptr (TestCertificate) issued = test_certificate_new (
      &(TestCertificateSpec){ .name = "host", .issuer_key_id = "ab", FROM }, ca, NULL);
  g_autoptr (TestCertificate) elsewhere = test_certificate_new (
      &(TestCertificateSpec){ .name = "host", .issuer_key_id = "abc", FROM }, ca, NULL);

  check (elsewhere, ca, SCEP_ERROR_UNTRUSTED_CA);
  check (elsewhere, without, 0);
  check (issued, ca, 0);
}

static ScepDigest
get_digest (const TestCertificateSpec *spec)
{
  g_autoptr (TestCertificate) issued = test_certificate_new (spec, ca, NULL);
  g_autoptr (GError) error = NULL;
  ScepDigest digest = SCEP_DIGEST_SHA512;

  g_assert_true (
      scep_certificate_is_issued_by (issued->certificate, ca->certificate, &digest, &error));
  g_assert_no_error (error);
  return digest;
}

/* What is weak is named, for the policy to refuse: MD5 in every one of them. */
static void
test_weak (void)
{
  ScepDigest md5 = get_digest (&(TestCertificateSpec){ .name = "host", .md5 = TRUE, FROM });

  g_assert_cmpint (md5, ==, SCEP_DIGEST_MD5);
  g_assert_cmpint (scep_policy_check_certificate_digest (SCEP_POLICY_LEGACY, md5), ==,
                   SCEP_VERDICT_REFUSED);
  g_assert_cmpint (get_digest (&(TestCertificateSpec){ .name = "host", .sha1 = TRUE, FROM }), ==,
                   SCEP_DIGEST_SHA1);
  g_assert_cmpint (get_digest (&(TestCertificateSpec){ .name = "host", FROM }), ==,
                   SCEP_DIGEST_SHA256);
}

/* OpenSSL makes the salt as long as it can, which the parameters tell. */
static void
test_pss (void)
{
  g_assert_cmpint (get_digest (&(TestCertificateSpec){ .name = "host", .pss = TRUE, FROM }), ==,
                   SCEP_DIGEST_SHA256);
}

/* Whatever the algorithm's parameters say, it is the key that counts, and all of it. */
static void
test_public_key (void)
{
  g_autoptr (TestCertificate) one =
      test_certificate_new (&(TestCertificateSpec){ .name = "host", FROM }, ca, NULL);
  g_autoptr (TestCertificate) other =
      test_certificate_new (&(TestCertificateSpec){ .name = "host", FROM }, ca, NULL);
  g_autoptr (TestCertificate) again =
      test_certificate_new (&(TestCertificateSpec){ .name = "again", FROM }, ca, one->key);
  GBytes *spki = scep_certificate_get_spki (one->certificate);

  g_assert_false (scep_certificate_has_public_key (other->certificate, spki));
  g_assert_false (scep_certificate_has_public_key (ca->certificate, spki));
  g_assert_true (scep_certificate_has_public_key (again->certificate, spki));
}

/* Of an RSA key of 2048 bits; some write no parameters where a NULL is due (RFC 3279). */
static void
test_public_key_without_parameters (void)
{
  static const guint8 without[] = { 0x30, 0x82, 0x01, 0x20, 0x30, 0x0b, 0x06, 0x09, 0x2a,
                                    0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01 };
  const gsize with = sizeof without + 2;
  gsize size;
  const guint8 *data = g_bytes_get_data (scep_certificate_get_spki (ca->certificate), &size);
  g_autoptr (GByteArray) other = g_byte_array_new ();
  g_autoptr (GBytes) spki = NULL;
  g_autoptr (GBytes) changed = NULL;
  g_autofree char *hash = NULL;
  g_autofree char *hash_without = NULL;
  g_autofree char *hash_changed = NULL;

  g_assert_cmpuint (data[3], ==, without[3] + 2);
  g_byte_array_append (other, without, sizeof without);
  g_byte_array_append (other, data + with, (guint) (size - with));
  spki = g_bytes_new (other->data, other->len);
  g_assert_true (scep_certificate_has_public_key (ca->certificate, spki));
  hash = scep_public_key_get_hash (scep_certificate_get_spki (ca->certificate));
  hash_without = scep_public_key_get_hash (spki);
  g_assert_cmpstr (hash_without, ==, hash);
  other->data[other->len - 1] ^= 2;
  changed = g_bytes_new (other->data, other->len);
  g_assert_false (scep_certificate_has_public_key (ca->certificate, changed));
  hash_changed = scep_public_key_get_hash (changed);
  g_assert_cmpstr (hash_changed, !=, hash);
}

/* Of a key that nobody knows it is the hash of what is there. */
static void
test_hash_of_unknown (void)
{
  g_autoptr (GBytes) spki = g_bytes_new_static ("abc", 3);
  g_autofree char *hash = scep_public_key_get_hash (spki);

  g_assert_cmpstr (hash, ==, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

/* Dates that do not fit into 32 bits, and the last one there is. */
static void
test_late_dates (void)
{
  static const gint64 dates[] = { 2147483647, 2147483648, 2524607999,
                                  2524608000, 4102444800, 253402300799 };

  for (guint i = 0; i < G_N_ELEMENTS (dates); i++) {
    TestCertificateSpec spec = { .name = "Late",
                                 .not_before = dates[i] - 10,
                                 .not_after = dates[i] };
    g_autoptr (TestCertificate) late = test_certificate_new (&spec, NULL, NULL);

    g_assert_cmpint (scep_certificate_get_not_before (late->certificate), ==, dates[i] - 10);
    g_assert_cmpint (scep_certificate_get_not_after (late->certificate), ==, dates[i]);
  }
}

/* A public key of two bytes, which libtasn1 would take for one. */
static void
test_empty_key (void)
{
  TestCertificateSpec spec = { .name = "Empty", .not_before = 0, .not_after = 10 };
  g_autoptr (TestCertificate) good = test_certificate_new (&spec, NULL, NULL);
  g_autoptr (ScepAsn1) tree =
      scep_asn1_decode ("Certificate", scep_certificate_get_der (good->certificate), NULL);
  g_autoptr (GBytes) der = NULL;
  g_autoptr (GError) error = NULL;

  scep_asn1_set (tree, "tbsCertificate.subjectPublicKeyInfo", "\x30\x00", 2);
  der = scep_asn1_encode (tree);
  g_assert_null (scep_certificate_new (der, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_MALFORMED_REPLY);
  g_assert_nonnull (strstr (error->message, "SubjectPublicKeyInfo"));
}

int
main (int argc, char *argv[])
{
  int status;

  g_test_init (&argc, &argv, NULL);
  ca = ca_new ("CA", KEY_ID, NULL);
  g_test_add_func ("/certificate-verify/empty-key", test_empty_key);
  g_test_add_func ("/certificate-verify/late-dates", test_late_dates);
  g_test_add_func ("/certificate-verify/public-key/without-parameters",
                   test_public_key_without_parameters);
  g_test_add_func ("/certificate-verify/public-key/unknown", test_hash_of_unknown);
  g_test_add_func ("/certificate-verify/other-name", test_other_name);
  g_test_add_func ("/certificate-verify/other-key", test_other_key);
  g_test_add_func ("/certificate-verify/key-id", test_key_id);
  g_test_add_func ("/certificate-verify/weak", test_weak);
  g_test_add_func ("/certificate-verify/pss", test_pss);
  g_test_add_func ("/certificate-verify/public-key", test_public_key);
  status = g_test_run ();
  test_certificate_free (ca);
  return status;
}
