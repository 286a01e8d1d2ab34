/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-signed-data.h"

#include "codec-fixture.h"

#include "codec/scep-asn1.h"
#include "codec/scep-cms.h"

#include <string.h>

/* Where things stand in a pkiMessage. */
#define DEPTH_OF_SIGNER_INFO 4
#define TAG_OF_SIGNED_ATTRIBUTES 0xa0

static void
use_pending (CodecFixture *f, TestReplyFlags flags)
{
  f->reply.pki_status = "3";
  f->reply.recipient = NULL;
  f->reply.flags = flags;
}

static void
assert_refused (CodecFixture *f, TestReplyFlags flags, ScepError code)
{
  use_pending (f, flags);
  codec_fixture_assert_refused (f, SCEP_POLICY_LEGACY, code);
}

static void
assert_believed (CodecFixture *f, TestReplyFlags flags)
{
  f->reply.flags = flags;
  codec_fixture_assert_opens (f, SCEP_POLICY_STRICT);
}

/* An attacker's key under the issuer and serial number of the RA, sent along. */
static void
test_forged (CodecFixture *f, gconstpointer data)
{
  f->reply.signer = f->stranger;
  assert_refused (f, TEST_REPLY_PLAIN, SCEP_ERROR_SIGNATURE_INVALID);
  assert_refused (f, TEST_REPLY_NO_CERTIFICATES, SCEP_ERROR_SIGNATURE_INVALID);
}

static void
test_unknown_signer (CodecFixture *f, gconstpointer data)
{
  f->reply.signer = f->device;
  assert_refused (f, TEST_REPLY_PLAIN, SCEP_ERROR_UNTRUSTED_CA);
  assert_refused (f, TEST_REPLY_KEY_ID, SCEP_ERROR_UNTRUSTED_CA);
  g_ptr_array_set_size (f->signers, 0);
  f->reply.signer = f->ra;
  assert_refused (f, TEST_REPLY_PLAIN, SCEP_ERROR_UNTRUSTED_CA);
}

/* One half of the name is the RA's: both halves count. */
static void
test_half_known_signer (CodecFixture *f, gconstpointer data)
{
  g_autoptr (TestIdentity) other_number = test_identity_new ("Test RA", f->ca, 3, 1024);
  g_autoptr (TestIdentity) other_issuer = test_identity_new ("Test RA", f->device, 2, 1024);

  f->reply.signer = other_number;
  assert_refused (f, TEST_REPLY_PLAIN, SCEP_ERROR_UNTRUSTED_CA);
  f->reply.signer = other_issuer;
  assert_refused (f, TEST_REPLY_PLAIN, SCEP_ERROR_UNTRUSTED_CA);
}

static void
test_tampered (CodecFixture *f, gconstpointer data)
{
  f->reply.flags = TEST_REPLY_TAMPERED;
  codec_fixture_assert_refused (f, SCEP_POLICY_LEGACY, SCEP_ERROR_SIGNATURE_INVALID);
}

static void
test_no_attributes (CodecFixture *f, gconstpointer data)
{
  assert_refused (f, TEST_REPLY_NO_ATTRIBUTES | TEST_REPLY_DUMMY_CONTENT,
                  SCEP_ERROR_MALFORMED_REPLY);
}

/* What the signature covers is not known without either of the two. */
static void
test_attribute_missing (CodecFixture *f, gconstpointer data)
{
  assert_refused (f, TEST_REPLY_NO_TYPE_ATTRIBUTE, SCEP_ERROR_MALFORMED_REPLY);
  assert_refused (f, TEST_REPLY_NO_DIGEST_ATTRIBUTE, SCEP_ERROR_MALFORMED_REPLY);
}

static void
test_number_of_signers (CodecFixture *f, gconstpointer data)
{
  g_autoptr (GBytes) none = test_degenerate_build (&f->ra->certificate, 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepSignedData) message = scep_signed_data_parse (none, &error);

  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_MALFORMED_REPLY);
  g_assert_null (message);
  assert_refused (f, TEST_REPLY_TWO_SIGNERS, SCEP_ERROR_MALFORMED_REPLY);
}

static void
test_repeated_attributes (CodecFixture *f, gconstpointer data)
{
  assert_refused (f, TEST_REPLY_TWO_VALUES, SCEP_ERROR_MALFORMED_REPLY);
  assert_refused (f, TEST_REPLY_DUPLICATE, SCEP_ERROR_MALFORMED_REPLY);
}

/* Nobody vouches for what is not signed. */
static void
test_unsigned_attribute (CodecFixture *f, gconstpointer data)
{
  assert_refused (f, TEST_REPLY_UNSIGNED_STATUS, SCEP_ERROR_MALFORMED_REPLY);
}

static void
test_other_content_type (CodecFixture *f, gconstpointer data)
{
  assert_refused (f, TEST_REPLY_OTHER_TYPE | TEST_REPLY_DUMMY_CONTENT, SCEP_ERROR_MALFORMED_REPLY);
  assert_refused (f, TEST_REPLY_OTHER_TYPE_ATTRIBUTE | TEST_REPLY_DUMMY_CONTENT,
                  SCEP_ERROR_MALFORMED_REPLY);
  /* What only the announcement of a next CA may be. */
  assert_refused (f, TEST_REPLY_NESTED_TYPE | TEST_REPLY_DUMMY_CONTENT, SCEP_ERROR_MALFORMED_REPLY);
}

/* XiPKI calls a reply by what is inside it, and signs that; only a reply may be called so. */
static void
test_content_type_enveloped (CodecFixture *f, gconstpointer data)
{
  g_autoptr (GBytes) message = NULL;
  g_autoptr (ScepCertRep) rep = NULL;
  g_autoptr (ScepSignedData) nested = NULL;
  g_autoptr (GError) error = NULL;

  f->reply.flags = TEST_REPLY_ENVELOPED_TYPE | TEST_REPLY_BER;
  message = test_reply_build (&f->reply);
  nested = scep_signed_data_parse_nested (message, &error);
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_MALFORMED_REPLY);
  g_clear_error (&error);
  rep = codec_fixture_verify_bytes (f, message, SCEP_POLICY_STRICT, &error);
  g_assert_no_error (error);
  g_assert_cmpint (scep_cert_rep_get_warnings (rep), ==, SCEP_WARNING_LEGACY_REPLY);
  codec_fixture_assert_opens (f, SCEP_POLICY_STRICT);
}

/* What nobody knows is verified, and ignored. */
static void
test_unknown_attributes (CodecFixture *f, gconstpointer data)
{
  assert_believed (f, TEST_REPLY_ODD_ATTRIBUTES);
  f->reply.signer = f->stranger;
  assert_refused (f, TEST_REPLY_ODD_ATTRIBUTES, SCEP_ERROR_SIGNATURE_INVALID);
}

static void
test_too_many_attributes (CodecFixture *f, gconstpointer data)
{
  assert_refused (f, TEST_REPLY_MANY_ATTRIBUTES, SCEP_ERROR_MALFORMED_REPLY);
}

static void
test_algorithms_disagree (CodecFixture *f, gconstpointer data)
{
  assert_refused (f, TEST_REPLY_NAMES_OTHER_DIGEST, SCEP_ERROR_UNSUPPORTED);
}

/* Whatever they would change, the signature does not cover them. */
static void
test_parameters (CodecFixture *f, gconstpointer data)
{
  assert_refused (f, TEST_REPLY_SIGNATURE_PARAMETERS, SCEP_ERROR_MALFORMED_REPLY);
  assert_refused (f, TEST_REPLY_DIGEST_PARAMETERS, SCEP_ERROR_MALFORMED_REPLY);
}

static void
test_md5 (CodecFixture *f, gconstpointer data)
{
  f->reply.digest = EVP_md5 ();
  assert_refused (f, TEST_REPLY_PLAIN, SCEP_ERROR_WEAK_ALGORITHM);
}

static void
test_sha1 (CodecFixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCertRep) rep = NULL;

  use_pending (f, TEST_REPLY_PLAIN);
  f->reply.digest = EVP_sha1 ();
  codec_fixture_assert_refused (f, SCEP_POLICY_STRICT, SCEP_ERROR_WEAK_ALGORITHM);
  rep = codec_fixture_verify (f, SCEP_POLICY_DEFAULT, &error);
  g_assert_no_error (error);
  g_assert_cmpint (scep_cert_rep_get_warnings (rep), ==, SCEP_WARNING_LEGACY_REPLY);
}

static void
test_sha2 (CodecFixture *f, gconstpointer data)
{
  const EVP_MD *digests[] = { EVP_sha256 (), EVP_sha384 (), EVP_sha512 () };

  for (guint i = 0; i < G_N_ELEMENTS (digests); i++) {
    f->reply.digest = digests[i];
    assert_believed (f, TEST_REPLY_PLAIN);
  }
}

static void
test_unknown_digest (CodecFixture *f, gconstpointer data)
{
  f->reply.digest = EVP_sha3_256 ();
  assert_refused (f, TEST_REPLY_PLAIN, SCEP_ERROR_UNSUPPORTED);
}

static void
test_short_key (CodecFixture *f, gconstpointer data)
{
  g_autoptr (TestIdentity) weak = test_identity_new ("Weak RA", f->ca, 3, 1024);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCertRep) rep = NULL;

  g_ptr_array_add (f->signers, codec_fixture_read (weak));
  use_pending (f, TEST_REPLY_PLAIN);
  f->reply.signer = weak;
  codec_fixture_assert_refused (f, SCEP_POLICY_STRICT, SCEP_ERROR_WEAK_ALGORITHM);
  codec_fixture_assert_refused (f, SCEP_POLICY_DEFAULT, SCEP_ERROR_WEAK_ALGORITHM);
  rep = codec_fixture_verify (f, SCEP_POLICY_LEGACY, &error);
  g_assert_no_error (error);
  g_assert_cmpint (scep_cert_rep_get_warnings (rep), ==, SCEP_WARNING_WEAK_KEY);
}

static void
test_elliptic_curve (CodecFixture *f, gconstpointer data)
{
  g_autoptr (TestIdentity) ec = test_identity_new_ec ("EC CA");

  g_ptr_array_add (f->signers, codec_fixture_read (ec));
  f->reply.signer = ec;
  assert_refused (f, TEST_REPLY_PLAIN, SCEP_ERROR_UNSUPPORTED);
  /* Named RSA. */
  assert_refused (f, TEST_REPLY_NO_PARAMETERS, SCEP_ERROR_SIGNATURE_INVALID);
}

static void
test_forms_of_servers (CodecFixture *f, gconstpointer data)
{
  assert_believed (f, TEST_REPLY_PLAIN);
  assert_believed (f, TEST_REPLY_NO_CERTIFICATES);
  assert_believed (f, TEST_REPLY_KEY_ID);
  assert_believed (f, TEST_REPLY_NAMES_DIGEST);
  assert_believed (f, TEST_REPLY_NO_PARAMETERS);
  assert_believed (f, TEST_REPLY_BER);
  assert_believed (f, TEST_REPLY_BER | TEST_REPLY_KEY_ID | TEST_REPLY_NO_PARAMETERS);
  assert_believed (f, TEST_REPLY_TRAILING_NEWLINE);
}

static void
test_unsorted_attributes (CodecFixture *f, gconstpointer data)
{
  assert_believed (f, TEST_REPLY_UNSORTED);
  assert_believed (f, TEST_REPLY_SENT_UNSORTED);
}

static void
test_ca_signs_itself (CodecFixture *f, gconstpointer data)
{
  f->reply.signer = f->ca;
  assert_believed (f, TEST_REPLY_PLAIN);
}

/* The server has renewed its certificate, or has one by another issuer: its key is the same. */
static void
test_other_certificate_of_key (CodecFixture *f, gconstpointer data)
{
  TestIdentity renewed = { .certificate = X509_dup (f->ra->certificate), .key = f->ra->key };

  ASN1_INTEGER_set (X509_get_serialNumber (renewed.certificate), 77);
  g_assert_cmpint (X509_sign (renewed.certificate, f->ca->key, EVP_sha256 ()), >, 0);
  f->reply.signer = &renewed;
  assert_believed (f, TEST_REPLY_PLAIN);
  X509_free (renewed.certificate);
}

/* Two certificates of one name, as after the RA's renewal with a CA that repeats numbers. */
static void
test_two_of_one_name (CodecFixture *f, gconstpointer data)
{
  g_ptr_array_insert (f->signers, 0, codec_fixture_read (f->stranger));
  assert_believed (f, TEST_REPLY_PLAIN);
}

static gsize
read_header (const guint8 *der, gsize *content)
{
  gsize n_octets = der[1] >= 0x80 ? der[1] & 0x7f : 0;

  *content = n_octets == 0 ? der[1] : 0;
  for (gsize i = 0; i < n_octets; i++)
    *content = *content << 8 | der[2 + i];
  return 2 + n_octets;
}

static gsize append_element (GByteArray *ber, const guint8 *der, guint depth, gboolean attributes);

static void
append_constructed (GByteArray *ber, const guint8 *der, gsize length, guint8 tag, guint depth,
                    gboolean attributes)
{
  const guint8 header[] = { tag, 0x80 };
  const guint8 end[] = { 0, 0 };

  g_byte_array_append (ber, header, sizeof header);
  for (gsize i = 0; i < length;)
    i += append_element (ber, der + i, depth + 1, attributes);
  g_byte_array_append (ber, end, sizeof end);
}

/* An OCTET STRING in pieces of one byte and of the rest. */
static void
append_octets (GByteArray *ber, const guint8 *der, gsize length)
{
  g_autoptr (GBytes) rest = g_bytes_new (der + 1, length - 1);
  g_autoptr (GBytes) piece = scep_der_wrap (SCEP_TAG_OCTET_STRING, rest);
  const guint8 start[] = { 0x24, 0x80, 0x04, 0x01, der[0] };
  const guint8 end[] = { 0, 0 };

  g_byte_array_append (ber, start, sizeof start);
  g_byte_array_append (ber, g_bytes_get_data (piece, NULL), (guint) g_bytes_get_size (piece));
  g_byte_array_append (ber, end, sizeof end);
}

/*
 * Writes DER anew with indefinite lengths and strings in pieces, as far down as
 * servers do: not within names, certificates and algorithms.
 */
static gsize
append_element (GByteArray *ber, const guint8 *der, guint depth, gboolean attributes)
{
  gsize length;
  gsize header = read_header (der, &length);

  attributes =
      attributes || (depth == DEPTH_OF_SIGNER_INFO + 1 && der[0] == TAG_OF_SIGNED_ATTRIBUTES);
  if ((der[0] & 0x20) != 0 && (depth <= DEPTH_OF_SIGNER_INFO || attributes))
    append_constructed (ber, der + header, length, der[0], depth, attributes);
  else if (der[0] == SCEP_TAG_OCTET_STRING && length > 1)
    append_octets (ber, der + header, length);
  else
    g_byte_array_append (ber, der, (guint) (header + length));
  return header + length;
}

static void
assert_believed_as_ber (CodecFixture *f, TestReplyFlags flags)
{
  g_autoptr (GBytes) der = NULL;
  g_autoptr (GByteArray) ber = g_byte_array_new ();
  g_autoptr (GBytes) message = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCertRep) rep = NULL;

  f->reply.flags = flags;
  der = test_reply_build (&f->reply);
  append_element (ber, g_bytes_get_data (der, NULL), 0, FALSE);
  message = g_byte_array_free_to_bytes (g_steal_pointer (&ber));
  rep = codec_fixture_verify_bytes (f, message, SCEP_POLICY_STRICT, &error);
  g_assert_no_error (error);
  g_assert_nonnull (rep);
}

static void
test_indefinite_throughout (CodecFixture *f, gconstpointer data)
{
  assert_believed_as_ber (f, TEST_REPLY_NO_CERTIFICATES);
  assert_believed_as_ber (f, TEST_REPLY_NO_CERTIFICATES | TEST_REPLY_KEY_ID);
  f->reply.recipient = NULL;
  f->reply.pki_status = "3";
  assert_believed_as_ber (f, TEST_REPLY_NO_CERTIFICATES);
  assert_believed_as_ber (f, TEST_REPLY_NO_CERTIFICATES | TEST_REPLY_EMPTY_CONTENT);
  assert_believed_as_ber (f, TEST_REPLY_NO_CERTIFICATES | TEST_REPLY_DUMMY_CONTENT);
}

static void
test_nothing_before_verified (CodecFixture *f, gconstpointer data)
{
  g_autoptr (GBytes) der = test_reply_build (&f->reply);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepSignedData) message = scep_signed_data_parse (der, &error);
  g_autoptr (GBytes) status = NULL;

  g_assert_no_error (error);
  status = scep_signed_data_get_attribute (message, SCEP_OID_PKI_STATUS, SCEP_TAG_PRINTABLE_STRING);
  g_assert_null (status);
  g_assert_null (scep_signed_data_get_content (message));
  g_assert_null (scep_signed_data_get_signer (message));

  g_assert_true (scep_signed_data_verify (message, f->signers, SCEP_POLICY_STRICT, &error));
  g_assert_no_error (error);
  status = scep_signed_data_get_attribute (message, SCEP_OID_PKI_STATUS, SCEP_TAG_PRINTABLE_STRING);
  g_assert_nonnull (status);
  g_assert_nonnull (scep_signed_data_get_content (message));
}

static void
test_nothing_where_forged (CodecFixture *f, gconstpointer data)
{
  g_autoptr (GBytes) der = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepSignedData) message = NULL;
  g_autoptr (GBytes) status = NULL;

  f->reply.signer = f->stranger;
  der = test_reply_build (&f->reply);
  message = scep_signed_data_parse (der, &error);
  g_assert_no_error (error);
  g_assert_false (scep_signed_data_verify (message, f->signers, SCEP_POLICY_STRICT, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_SIGNATURE_INVALID);
  status = scep_signed_data_get_attribute (message, SCEP_OID_PKI_STATUS, SCEP_TAG_PRINTABLE_STRING);
  g_assert_null (status);
  g_assert_null (scep_signed_data_get_content (message));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  codec_test_add ("/signed-data/forged", test_forged);
  codec_test_add ("/signed-data/unknown-signer", test_unknown_signer);
  codec_test_add ("/signed-data/half-known-signer", test_half_known_signer);
  codec_test_add ("/signed-data/other-certificate-of-key", test_other_certificate_of_key);
  codec_test_add ("/signed-data/tampered", test_tampered);
  codec_test_add ("/signed-data/no-attributes", test_no_attributes);
  codec_test_add ("/signed-data/attribute-missing", test_attribute_missing);
  codec_test_add ("/signed-data/number-of-signers", test_number_of_signers);
  codec_test_add ("/signed-data/content-type-enveloped", test_content_type_enveloped);
  codec_test_add ("/signed-data/unknown-attributes", test_unknown_attributes);
  codec_test_add ("/signed-data/too-many-attributes", test_too_many_attributes);
  codec_test_add ("/signed-data/parameters", test_parameters);
  codec_test_add ("/signed-data/repeated-attributes", test_repeated_attributes);
  codec_test_add ("/signed-data/unsigned-attribute", test_unsigned_attribute);
  codec_test_add ("/signed-data/other-content-type", test_other_content_type);
  codec_test_add ("/signed-data/algorithms-disagree", test_algorithms_disagree);
  codec_test_add ("/signed-data/md5", test_md5);
  codec_test_add ("/signed-data/sha1", test_sha1);
  codec_test_add ("/signed-data/sha2", test_sha2);
  codec_test_add ("/signed-data/unknown-digest", test_unknown_digest);
  codec_test_add ("/signed-data/short-key", test_short_key);
  codec_test_add ("/signed-data/elliptic-curve", test_elliptic_curve);
  codec_test_add ("/signed-data/forms-of-servers", test_forms_of_servers);
  codec_test_add ("/signed-data/unsorted-attributes", test_unsorted_attributes);
  codec_test_add ("/signed-data/ca-signs-itself", test_ca_signs_itself);
  codec_test_add ("/signed-data/two-of-one-name", test_two_of_one_name);
  codec_test_add ("/signed-data/indefinite-throughout", test_indefinite_throughout);
  codec_test_add ("/signed-data/nothing-before-verified", test_nothing_before_verified);
  codec_test_add ("/signed-data/nothing-where-forged", test_nothing_where_forged);
  return g_test_run ();
}
