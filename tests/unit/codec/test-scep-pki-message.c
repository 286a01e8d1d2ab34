/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* memmem() */
#define _GNU_SOURCE

#include "codec/scep-pki-message.h"

#include "codec-fixture.h"

#include "codec/scep-asn1.h"
#include "codec/scep-cms.h"
#include "codec/scep-serial.h"

#include <openssl/pkcs7.h>
#include <string.h>

#define SIGNING_TIME 1790000000 /* 2026-09-21 14:13:20 UTC */

static ScepPkiMessageSpec
make_spec (CodecFixture *f, GBytes *message_data)
{
  return (ScepPkiMessageSpec){
    .type = SCEP_MESSAGE_PKCS_REQ,
    .transaction_id = f->transaction_id,
    .sender_nonce = f->nonce,
    .signer = f->own,
    .recipient = g_ptr_array_index (f->signers, 1),
    .cipher = SCEP_CIPHER_AES128_CBC,
    .digest = SCEP_DIGEST_SHA256,
    .signing_time = SIGNING_TIME,
    .message_data = message_data,
  };
}

static GBytes *
build (CodecFixture *f, const ScepPkiMessageSpec *spec)
{
  const EVP_MD *digest = EVP_get_digestbyname (scep_digest_get_name (spec->digest));
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepPkiMessageDraft) draft = scep_pki_message_draft_new (spec, &error);
  g_autoptr (GBytes) signature = NULL;

  g_assert_no_error (error);
  g_assert_nonnull (digest);
  signature = test_identity_sign (f->device, digest, scep_pki_message_draft_get_tbs (draft));
  return scep_pki_message_draft_assemble (draft, signature);
}

static void
assert_refused (const ScepPkiMessageSpec *spec, ScepError code)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepPkiMessageDraft) draft = scep_pki_message_draft_new (spec, &error);

  g_assert_error (error, SCEP_ERROR, (int) code);
  g_assert_null (draft);
}

static void
test_weak_algorithms (CodecFixture *f, gconstpointer data)
{
  g_autoptr (GBytes) csr = g_bytes_new_static ("a request", 9);
  ScepPkiMessageSpec spec = make_spec (f, csr);

  spec.cipher = SCEP_CIPHER_DES_CBC;
  assert_refused (&spec, SCEP_ERROR_WEAK_ALGORITHM);
  spec.cipher = SCEP_CIPHER_DES3_CBC;
  spec.digest = SCEP_DIGEST_MD5;
  assert_refused (&spec, SCEP_ERROR_WEAK_ALGORITHM);
}

static void
test_recipient_cannot_encrypt (CodecFixture *f, gconstpointer data)
{
  g_autoptr (TestIdentity) ec = test_identity_new_ec ("EC CA");
  g_autoptr (ScepCertificate) recipient = codec_fixture_read (ec);
  g_autoptr (GBytes) csr = g_bytes_new_static ("a request", 9);
  ScepPkiMessageSpec spec = make_spec (f, csr);

  spec.recipient = recipient;
  assert_refused (&spec, SCEP_ERROR_UNSUPPORTED);
}

/* OpenSSL, in the server's place, reads what was put in. */
static void
assert_read_back (CodecFixture *f, const ScepPkiMessageSpec *spec)
{
  g_autoptr (GBytes) message = build (f, spec);
  CMS_ContentInfo *cms = NULL;
  g_autoptr (GBytes) opened = test_request_open (message, f->ra, &cms);

  g_assert_true (g_bytes_equal (opened, spec->message_data));
  CMS_ContentInfo_free (cms);
}

static void
test_round_trip (CodecFixture *f, gconstpointer data)
{
  static const ScepCipher ciphers[] = { SCEP_CIPHER_DES3_CBC, SCEP_CIPHER_AES128_CBC,
                                        SCEP_CIPHER_AES192_CBC, SCEP_CIPHER_AES256_CBC };
  static const ScepDigest digests[] = { SCEP_DIGEST_SHA1, SCEP_DIGEST_SHA256, SCEP_DIGEST_SHA384,
                                        SCEP_DIGEST_SHA512 };

  for (guint i = 0; i < G_N_ELEMENTS (ciphers); i++) {
    g_autoptr (GBytes) csr = g_bytes_new_static ("0123456789abcdef0123456789abcdef", 14 + 2 * i);
    ScepPkiMessageSpec spec = make_spec (f, csr);

    spec.cipher = ciphers[i];
    spec.digest = digests[i];
    assert_read_back (f, &spec);
  }
}

static void
assert_attribute (CMS_SignerInfo *signer, const char *oid, int type, const char *expected)
{
  ASN1_OBJECT *object = OBJ_txt2obj (oid, 1);
  ASN1_STRING *value = CMS_signed_get0_data_by_OBJ (signer, object, -3, type);

  g_assert_nonnull (value);
  g_assert_cmpmem (ASN1_STRING_get0_data (value), (gsize) ASN1_STRING_length (value), expected,
                   strlen (expected));
  ASN1_OBJECT_free (object);
}

static void
test_attributes (CodecFixture *f, gconstpointer data)
{
  g_autoptr (GBytes) csr = g_bytes_new_static ("a request", 9);
  ScepPkiMessageSpec spec = make_spec (f, csr);
  g_autoptr (GBytes) message = build (f, &spec);
  CMS_ContentInfo *cms = NULL;
  g_autoptr (GBytes) opened = test_request_open (message, f->ra, &cms);
  CMS_SignerInfo *signer = sk_CMS_SignerInfo_value (CMS_get0_SignerInfos (cms), 0);

  g_assert_cmpint (CMS_signed_get_attr_count (signer), ==, 6);
  assert_attribute (signer, SCEP_OID_MESSAGE_TYPE, V_ASN1_PRINTABLESTRING, "19");
  assert_attribute (signer, SCEP_OID_TRANSACTION_ID, V_ASN1_PRINTABLESTRING, f->transaction_id);
  assert_attribute (signer, SCEP_OID_SENDER_NONCE, V_ASN1_OCTET_STRING, "sixteen bytes...");
  assert_attribute (signer, SCEP_OID_SIGNING_TIME, V_ASN1_UTCTIME, "260921141320Z");
  CMS_ContentInfo_free (cms);
}

static void
test_signing_time_after_2049 (CodecFixture *f, gconstpointer data)
{
  g_autoptr (GBytes) csr = g_bytes_new_static ("a request", 9);
  ScepPkiMessageSpec spec = make_spec (f, csr);
  g_autoptr (GBytes) message = NULL;
  g_autoptr (GBytes) opened = NULL;
  CMS_ContentInfo *cms = NULL;

  spec.signing_time = 2524608000;
  message = build (f, &spec);
  opened = test_request_open (message, f->ra, &cms);
  assert_attribute (sk_CMS_SignerInfo_value (CMS_get0_SignerInfos (cms), 0), SCEP_OID_SIGNING_TIME,
                    V_ASN1_GENERALIZEDTIME, "20500101000000Z");
  CMS_ContentInfo_free (cms);
}

/* Some servers encrypt to each certificate they find, and others take the first recipient. */
static void
test_one_certificate_one_recipient (CodecFixture *f, gconstpointer data)
{
  g_autoptr (GBytes) csr = g_bytes_new_static ("a request", 9);
  ScepPkiMessageSpec spec = make_spec (f, csr);
  g_autoptr (GBytes) message = build (f, &spec);
  CMS_ContentInfo *cms = NULL;
  g_autoptr (GBytes) opened = test_request_open (message, f->ra, &cms);
  STACK_OF (X509) *certificates = CMS_get1_certs (cms);
  ASN1_OCTET_STRING **content = CMS_get0_content (cms);
  const unsigned char *p = ASN1_STRING_get0_data (*content);
  CMS_ContentInfo *envelope = d2i_CMS_ContentInfo (NULL, &p, ASN1_STRING_length (*content));

  g_assert_cmpint (sk_X509_num (certificates), ==, 1);
  g_assert_cmpint (X509_cmp (sk_X509_value (certificates, 0), f->device->certificate), ==, 0);
  g_assert_cmpint (sk_CMS_RecipientInfo_num (CMS_get0_RecipientInfos (envelope)), ==, 1);
  g_assert_cmpint (OBJ_obj2nid (CMS_get0_eContentType (cms)), ==, NID_pkcs7_data);
  sk_X509_pop_free (certificates, X509_free);
  CMS_ContentInfo_free (envelope);
  CMS_ContentInfo_free (cms);
}

/* Servers are sent DER: what OpenSSL encodes anew is byte for byte the same. */
static void
test_is_der (CodecFixture *f, gconstpointer data)
{
  g_autoptr (GBytes) csr = g_bytes_new_static ("a request", 9);
  ScepPkiMessageSpec spec = make_spec (f, csr);
  g_autoptr (GBytes) message = build (f, &spec);
  const unsigned char *p = g_bytes_get_data (message, NULL);
  CMS_ContentInfo *cms = d2i_CMS_ContentInfo (NULL, &p, (long) g_bytes_get_size (message));
  unsigned char *der = NULL;
  int length = i2d_CMS_ContentInfo (cms, &der);

  g_assert_cmpmem (der, (gsize) length, g_bytes_get_data (message, NULL),
                   g_bytes_get_size (message));
  OPENSSL_free (der);
  CMS_ContentInfo_free (cms);
}

static void
test_nothing_repeats (CodecFixture *f, gconstpointer data)
{
  g_autoptr (GBytes) csr = g_bytes_new_static ("a request", 9);
  ScepPkiMessageSpec spec = make_spec (f, csr);
  g_autoptr (GBytes) first = build (f, &spec);
  g_autoptr (GBytes) second = build (f, &spec);

  g_assert_false (g_bytes_equal (first, second));
}

static void
test_secret_is_not_in_clear (CodecFixture *f, gconstpointer data)
{
  static const char secret[] = "the challenge password";
  g_autoptr (GBytes) csr = g_bytes_new_static (secret, sizeof secret - 1);
  ScepPkiMessageSpec spec = make_spec (f, csr);
  g_autoptr (GBytes) message = build (f, &spec);

  g_assert_null (memmem (g_bytes_get_data (message, NULL), g_bytes_get_size (message), secret,
                         sizeof secret - 1));
}

static void
test_transaction_id (void)
{
  g_autofree char *first = scep_transaction_id_new ();
  g_autofree char *second = scep_transaction_id_new ();

  g_assert_cmpuint (strlen (first), ==, 40);
  g_assert_cmpuint (strspn (first, "0123456789ABCDEF"), ==, 40);
  g_assert_cmpstr (first, !=, second);
}

/* The names are those of the certificates, byte for byte. */
static void
test_issuer_and_subject (CodecFixture *f, gconstpointer data)
{
  ScepCertificate *ca = g_ptr_array_index (f->signers, 0);
  GBytes *subject = scep_certificate_get_subject_der (f->own);
  g_autoptr (GBytes) der = scep_issuer_and_subject (ca, subject);
  g_autoptr (GByteArray) names = g_byte_array_new ();
  g_autoptr (GBytes) content = NULL;
  g_autoptr (GBytes) expected = NULL;
  GBytes *issuer = scep_certificate_get_subject_der (ca);

  g_byte_array_append (names, g_bytes_get_data (issuer, NULL), (guint) g_bytes_get_size (issuer));
  g_byte_array_append (names, g_bytes_get_data (subject, NULL), (guint) g_bytes_get_size (subject));
  content = g_bytes_new (names->data, names->len);
  expected = scep_der_wrap (SCEP_TAG_SEQUENCE, content);
  g_assert_true (g_bytes_equal (der, expected));
}

/* 0xc0ffee is positive: a zero octet stands before it. */
static void
test_issuer_and_serial (CodecFixture *f, gconstpointer data)
{
  static const guint8 serial[] = { 0x02, 0x04, 0x00, 0xc0, 0xff, 0xee };
  g_autoptr (GBytes) der = scep_issuer_and_serial (scep_certificate_get_issuer_der (f->own),
                                                   scep_certificate_get_serial_der (f->own));
  gsize length = g_bytes_get_size (der);
  const guint8 *bytes = g_bytes_get_data (der, NULL);
  GBytes *issuer = scep_certificate_get_issuer_der (f->own);

  g_assert_cmpuint (length, ==, 2 + g_bytes_get_size (issuer) + sizeof serial);
  g_assert_cmpmem (bytes + 2, g_bytes_get_size (issuer), g_bytes_get_data (issuer, NULL),
                   g_bytes_get_size (issuer));
  g_assert_cmpmem (bytes + length - sizeof serial, sizeof serial, serial, sizeof serial);
}

/* OpenSSL reads what is asked for: the number as typed, and the name as the CA has it. */
static void
test_get_cert (CodecFixture *f, gconstpointer data)
{
  ScepCertificate *ca = g_ptr_array_index (f->signers, 0);
  g_autoptr (GBytes) serial = scep_serial_parse ("C0:FF:EE");
  g_autoptr (GBytes) asked = scep_issuer_and_serial (scep_certificate_get_subject_der (ca), serial);
  ScepPkiMessageSpec spec = make_spec (f, asked);
  CMS_ContentInfo *cms = NULL;
  g_autoptr (GBytes) message = NULL;
  g_autoptr (GBytes) opened = NULL;
  const unsigned char *p;
  PKCS7_ISSUER_AND_SERIAL *name;

  spec.type = SCEP_MESSAGE_GET_CERT;
  message = build (f, &spec);
  opened = test_request_open (message, f->ra, &cms);
  assert_attribute (sk_CMS_SignerInfo_value (CMS_get0_SignerInfos (cms), 0), SCEP_OID_MESSAGE_TYPE,
                    V_ASN1_PRINTABLESTRING, "21");
  p = g_bytes_get_data (opened, NULL);
  name = d2i_PKCS7_ISSUER_AND_SERIAL (NULL, &p, (long) g_bytes_get_size (opened));
  g_assert_nonnull (name);
  g_assert_cmpint (X509_NAME_cmp (name->issuer, X509_get_subject_name (f->ca->certificate)), ==, 0);
  g_assert_cmpint (ASN1_INTEGER_get (name->serial), ==, 0xc0ffee);
  PKCS7_ISSUER_AND_SERIAL_free (name);
  CMS_ContentInfo_free (cms);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  codec_test_add ("/pki-message/weak-algorithms", test_weak_algorithms);
  codec_test_add ("/pki-message/recipient-cannot-encrypt", test_recipient_cannot_encrypt);
  codec_test_add ("/pki-message/round-trip", test_round_trip);
  codec_test_add ("/pki-message/attributes", test_attributes);
  codec_test_add ("/pki-message/signing-time-after-2049", test_signing_time_after_2049);
  codec_test_add ("/pki-message/one-certificate-one-recipient", test_one_certificate_one_recipient);
  codec_test_add ("/pki-message/is-der", test_is_der);
  codec_test_add ("/pki-message/nothing-repeats", test_nothing_repeats);
  codec_test_add ("/pki-message/secret-is-not-in-clear", test_secret_is_not_in_clear);
  g_test_add_func ("/pki-message/transaction-id", test_transaction_id);
  codec_test_add ("/pki-message/issuer-and-subject", test_issuer_and_subject);
  codec_test_add ("/pki-message/issuer-and-serial", test_issuer_and_serial);
  codec_test_add ("/pki-message/get-cert", test_get_cert);
  return g_test_run ();
}
