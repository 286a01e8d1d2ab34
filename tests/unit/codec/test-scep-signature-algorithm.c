/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-signature-algorithm.h"

#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <string.h>

/* What OpenSSL signed, and how it says that it did. */
typedef struct {
  GBytes *tbs;
  GBytes *algorithm;
  GBytes *signature;
  GBytes *spki;
} Signed;

static EVP_PKEY *rsa, *restricted, *ec;

static EVP_PKEY *
pss_key_new (void)
{
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name (NULL, "RSA-PSS", NULL);
  EVP_PKEY *key = NULL;

  g_assert_cmpint (EVP_PKEY_keygen_init (context), ==, 1);
  g_assert_cmpint (EVP_PKEY_generate (context, &key), ==, 1);
  EVP_PKEY_CTX_free (context);
  return key;
}

static GBytes *
take (unsigned char *der, int length)
{
  GBytes *bytes;

  g_assert_cmpint (length, >, 0);
  bytes = g_bytes_new (der, (gsize) length);
  OPENSSL_free (der);
  return bytes;
}

static void
signed_clear (Signed *self)
{
  g_bytes_unref (self->tbs);
  g_bytes_unref (self->algorithm);
  g_bytes_unref (self->signature);
  g_bytes_unref (self->spki);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Signed, signed_clear)

static void
read_signed (Signed *self, X509 *x509, EVP_PKEY *key)
{
  const ASN1_BIT_STRING *signature;
  const X509_ALGOR *algorithm;
  unsigned char *der = NULL;
  int length = i2d_re_X509_tbs (x509, &der);

  self->tbs = take (der, length);
  X509_get0_signature (&signature, &algorithm, x509);
  self->signature =
      g_bytes_new (ASN1_STRING_get0_data (signature), (gsize) ASN1_STRING_length (signature));
  der = NULL;
  length = i2d_X509_ALGOR ((X509_ALGOR *) algorithm, &der);
  self->algorithm = take (der, length);
  der = NULL;
  length = i2d_PUBKEY (key, &der);
  self->spki = take (der, length);
}

/* @mask: NULL where it is no RSASSA-PSS */
static void
make (Signed *self, EVP_PKEY *key, const EVP_MD *digest, const EVP_MD *mask, int salt_length)
{
  X509 *x509 = X509_new ();
  EVP_MD_CTX *context = EVP_MD_CTX_new ();
  EVP_PKEY_CTX *with = NULL;

  X509_set_pubkey (x509, key);
  g_assert_cmpint (EVP_DigestSignInit (context, &with, digest, NULL, key), ==, 1);
  if (mask != NULL) {
    g_assert_cmpint (EVP_PKEY_CTX_set_rsa_padding (with, RSA_PKCS1_PSS_PADDING), ==, 1);
    g_assert_cmpint (EVP_PKEY_CTX_set_rsa_pss_saltlen (with, salt_length), ==, 1);
    g_assert_cmpint (EVP_PKEY_CTX_set_rsa_mgf1_md (with, mask), ==, 1);
  }
  g_assert_cmpint (X509_sign_ctx (x509, context), >, 0);
  read_signed (self, x509, key);
  EVP_MD_CTX_free (context);
  X509_free (x509);
}

static void
check_verifies (const Signed *what, ScepDigest digest, gboolean is_pss, guint salt_length)
{
  g_autoptr (GBytes) other = g_bytes_new_static ("other", 5);
  g_autofree char *name = NULL;
  ScepSignatureAlgorithm algorithm;

  g_assert_true (scep_signature_algorithm_read (what->algorithm, &algorithm, &name));
  g_assert_null (name);
  g_assert_cmpint (algorithm.digest, ==, digest);
  g_assert_true (algorithm.is_pss == is_pss);
  g_assert_cmpuint (algorithm.salt_length, ==, salt_length);
  g_assert_false (scep_signature_algorithm_verify (&algorithm, what->spki, other, what->signature));
  g_assert_true (
      scep_signature_algorithm_verify (&algorithm, what->spki, what->tbs, what->signature));
  algorithm.salt_length++;
  g_assert_true (is_pss != scep_signature_algorithm_verify (&algorithm, what->spki, what->tbs,
                                                            what->signature));
}

/* The length of the salt is the signer's choice; OpenSSL takes the longest unless told. */
static void
test_pss (void)
{
  static const int salt_lengths[] = { 0, 20, 32, 48, 64, 190 };
  const EVP_MD *digests[] = { EVP_sha256 (), EVP_sha384 (), EVP_sha512 () };
  const ScepDigest expected[] = { SCEP_DIGEST_SHA256, SCEP_DIGEST_SHA384, SCEP_DIGEST_SHA512 };

  for (guint i = 0; i < G_N_ELEMENTS (digests); i++) {
    for (guint j = 0; j < G_N_ELEMENTS (salt_lengths); j++) {
      g_auto (Signed) what;

      make (&what, rsa, digests[i], digests[i], salt_lengths[j]);
      check_verifies (&what, expected[i], TRUE, (guint) salt_lengths[j]);
    }
  }
}

/* A key that is for RSASSA-PSS only. */
static void
test_pss_key (void)
{
  g_auto (Signed) what;

  make (&what, restricted, EVP_sha256 (), EVP_sha256 (), 32);
  check_verifies (&what, SCEP_DIGEST_SHA256, TRUE, 32);
}

static void
check_unsupported (EVP_PKEY *key, const EVP_MD *digest, const EVP_MD *mask, const char *expected)
{
  g_auto (Signed) what;
  g_autofree char *name = NULL;
  ScepSignatureAlgorithm algorithm;

  make (&what, key, digest, mask, 20);
  g_assert_false (scep_signature_algorithm_read (what.algorithm, &algorithm, &name));
  g_assert_cmpstr (name, ==, expected);
}

/* What is wrong is not the signature. */
static void
test_unsupported (void)
{
  check_unsupported (rsa, EVP_sha1 (), EVP_sha1 (), "RSASSA-PSS with SHA-1 and MGF1 with SHA-1");
  check_unsupported (rsa, EVP_sha256 (), EVP_sha1 (),
                     "RSASSA-PSS with SHA-256 and MGF1 with SHA-1");
  check_unsupported (rsa, EVP_sha224 (), EVP_sha224 (),
                     "RSASSA-PSS with SHA-224 and MGF1 with SHA-224");
  check_unsupported (rsa, EVP_sha224 (), NULL, "SHA-224");
  check_unsupported (ec, EVP_sha224 (), NULL, "SHA-224");
  check_unsupported (ec, EVP_sha3_256 (), NULL, "2.16.840.1.101.3.4.3.10");
}

static void
check_unreadable (const char *hex)
{
  static const char prefix[] = "06092a864886f70d01010a"; /* id-RSASSA-PSS */
  g_autofree char *text = g_strconcat (prefix, hex, NULL);
  gsize length = strlen (text) / 2;
  guint8 der[128] = { 0x30, (guint8) length };
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char *name = NULL;
  ScepSignatureAlgorithm algorithm;

  for (gsize i = 0; i < length; i++)
    der[2 + i] =
        (guint8) (g_ascii_xdigit_value (text[2 * i]) << 4 | g_ascii_xdigit_value (text[2 * i + 1]));
  bytes = g_bytes_new (der, 2 + length);
  g_assert_false (scep_signature_algorithm_read (bytes, &algorithm, &name));
  g_assert_nonnull (name);
}

static void
test_unreadable (void)
{
  check_unreadable ("");                 /* no parameters */
  check_unreadable ("0500");             /* NULL */
  check_unreadable ("3003a00105");       /* a length that is wrong */
  check_unreadable ("3004a0020500");     /* no AlgorithmIdentifier */
  check_unreadable ("3004a1020500");     /* no mask */
  check_unreadable ("3005a2030201ff");   /* a negative length of the salt */
  check_unreadable ("3006a20402020500"); /* a longer one than any key has room for */
  check_unreadable ("3005a303020102");   /* another trailer */
  check_unreadable ("30020500");         /* another field */
}

static void
test_others (void)
{
  const EVP_MD *digests[] = { EVP_md5 (), EVP_sha1 (), EVP_sha256 (), EVP_sha384 (),
                              EVP_sha512 () };

  for (guint i = 0; i < G_N_ELEMENTS (digests); i++) {
    g_auto (Signed) what;

    make (&what, rsa, digests[i], NULL, 0);
    check_verifies (&what, (ScepDigest) i, FALSE, 0);
    if (i >= SCEP_DIGEST_SHA256) {
      g_auto (Signed) by_ec;

      make (&by_ec, ec, digests[i], NULL, 0);
      check_verifies (&by_ec, (ScepDigest) i, FALSE, 0);
    }
  }
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  rsa = EVP_RSA_gen (2048);
  restricted = pss_key_new ();
  ec = EVP_PKEY_Q_keygen (NULL, NULL, "EC", "P-256");
  g_test_add_func ("/signature-algorithm/pss", test_pss);
  g_test_add_func ("/signature-algorithm/pss/key", test_pss_key);
  g_test_add_func ("/signature-algorithm/unsupported", test_unsupported);
  g_test_add_func ("/signature-algorithm/unreadable", test_unreadable);
  g_test_add_func ("/signature-algorithm/others", test_others);
  result = g_test_run ();
  EVP_PKEY_free (rsa);
  EVP_PKEY_free (restricted);
  EVP_PKEY_free (ec);
  return result;
}
