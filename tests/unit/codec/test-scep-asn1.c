/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-asn1.h"

#include "base/scep-error.h"

#include <string.h>

#define BYTES(...)                                                                                 \
  g_bytes_new_static ((const guint8[]){ __VA_ARGS__ }, sizeof ((const guint8[]){ __VA_ARGS__ }))

static void
test_decode_refuses (void)
{
  g_autoptr (GBytes) wrong = BYTES (0x30, 0x02, 0x05, 0x00);
  g_autoptr (GBytes) trailing = BYTES (0x30, 0x05, 0x06, 0x03, 0x2a, 0x03, 0x04, 0x00);
  g_autoptr (GError) error_a = NULL;
  g_autoptr (GError) error_b = NULL;

  g_assert_null (scep_asn1_decode ("ContentInfo", wrong, &error_a));
  g_assert_error (error_a, SCEP_ERROR, SCEP_ERROR_MALFORMED_REPLY);
  /* The decoder's own words, "DECODING_ERROR :: identifier near element", are for nobody. */
  g_assert_cmpstr (error_a->message, ==,
                   "What should be a ContentInfo structure cannot be read: it is damaged, or no "
                   "such structure at all.");
  g_assert_null (scep_asn1_decode ("ContentInfo", trailing, &error_b));
  g_assert_error (error_b, SCEP_ERROR, SCEP_ERROR_MALFORMED_REPLY);
}

static void
test_round_trip (void)
{
  g_autoptr (ScepAsn1) node = scep_asn1_create ("Signed");
  g_autoptr (GBytes) tbs = BYTES (0x30, 0x03, 0x02, 0x01, 0x05);
  g_autoptr (GBytes) signature = BYTES (0xde, 0xad, 0xbe, 0xef);
  g_autoptr (GBytes) der = NULL;
  g_autoptr (ScepAsn1) back = NULL;
  g_autoptr (GBytes) back_tbs = NULL;
  g_autoptr (GBytes) back_raw = NULL;
  g_autoptr (GBytes) back_signature = NULL;
  g_autoptr (GBytes) absent = NULL;
  g_autofree char *oid = NULL;

  scep_asn1_set_bytes (node, "tbs", tbs);
  scep_asn1_set_string (node, "signatureAlgorithm.algorithm", "1.2.840.113549.1.1.11");
  scep_asn1_set_absent (node, "signatureAlgorithm.parameters");
  scep_asn1_set_bytes (node, "signature", signature);
  der = scep_asn1_encode (node);
  back = scep_asn1_decode ("Signed", der, NULL);
  g_assert_nonnull (back);
  back_tbs = scep_asn1_get (back, "tbs");
  back_raw = scep_asn1_get_raw (back, "tbs", der);
  back_signature = scep_asn1_get (back, "signature");
  absent = scep_asn1_get (back, "signatureAlgorithm.parameters");
  oid = scep_asn1_get_oid (back, "signatureAlgorithm.algorithm");
  g_assert_true (g_bytes_equal (back_tbs, tbs));
  g_assert_true (g_bytes_equal (back_raw, tbs));
  g_assert_true (g_bytes_equal (back_signature, signature));
  g_assert_cmpstr (oid, ==, "1.2.840.113549.1.1.11");
  g_assert_null (absent);
}

/* Raw bytes of a field of a BER structure are those that were received. */
static void
test_raw_indefinite (void)
{
  g_autoptr (GBytes) ber = BYTES (0x30, 0x80, 0x06, 0x03, 0x2a, 0x03, 0x04, 0xa0, 0x80, 0x24, 0x80,
                                  0x04, 0x01, 'x', 0x00, 0x00, 0x00, 0x00, 0x00, 0x00);
  g_autoptr (GBytes) expected = BYTES (0x24, 0x80, 0x04, 0x01, 'x', 0x00, 0x00);
  g_autoptr (ScepAsn1) node = scep_asn1_decode ("EncapsulatedContentInfo", ber, NULL);
  g_autoptr (GBytes) content = NULL;

  g_assert_nonnull (node);
  content = scep_asn1_get (node, "eContent");
  g_assert_true (g_bytes_equal (content, expected));
}

static void
test_sets (void)
{
  g_autoptr (ScepAsn1) node = scep_asn1_create ("Attribute");
  g_autoptr (GBytes) der = NULL;
  g_autoptr (ScepAsn1) back = NULL;
  g_autoptr (GBytes) first = NULL;
  g_autoptr (GBytes) beyond = NULL;

  scep_asn1_set_string (node, "type", "1.2.3");
  scep_asn1_append (node, "values");
  scep_asn1_set (node, "values.?LAST", "\x13\x01\x33", 3);
  scep_asn1_append (node, "values");
  scep_asn1_set (node, "values.?LAST", "\x13\x01\x32", 3);
  der = scep_asn1_encode (node);
  back = scep_asn1_decode ("Attribute", der, NULL);
  g_assert_cmpuint (scep_asn1_count (back, "values"), ==, 2);
  g_assert_cmpuint (scep_asn1_count (back, "nonsense"), ==, 0);
  first = scep_asn1_get (back, "values.?1");
  beyond = scep_asn1_get (back, "values.?3");
  g_assert_cmpmem (g_bytes_get_data (first, NULL), g_bytes_get_size (first), "\x13\x01\x32", 3);
  g_assert_null (beyond);
}

/* libtasn1 takes 30 00 for every SEQUENCE; only where all is optional it is one. */
static void
test_empty_sequence (void)
{
  static const char *const refused[] = {
    "AlgorithmIdentifier",
    "Attribute",
    "ContentInfo",
    "IssuerAndSerialNumber",
    "IssuerAndSubject",
    "EncapsulatedContentInfo",
    "SignedData",
    "SignerInfo",
    "KeyTransRecipientInfo",
    "EncryptedContentInfo",
    "EnvelopedData",
    "AttributeTypeAndValue",
    "OtherName",
    "SubjectPublicKeyInfo",
    "Extension",
    "Validity",
    "TBSCertificate",
    "Certificate",
    "CertificationRequestInfo",
    "CertificationRequest",
    "Signed",
  };
  static const char *const accepted[] = { "RSAES-OAEP-params", "OriginatorInfo", "Name",
                                          "Extensions",        "ExtKeyUsage",    "GeneralNames" };
  g_autoptr (GBytes) empty = BYTES (0x30, 0x00);

  for (guint i = 0; i < G_N_ELEMENTS (refused); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (ScepAsn1) node = scep_asn1_decode (refused[i], empty, &error);

    g_assert_error (error, SCEP_ERROR, SCEP_ERROR_MALFORMED_REPLY);
    g_assert_nonnull (strstr (error->message, refused[i]));
    g_assert_null (node);
  }
  for (guint i = 0; i < G_N_ELEMENTS (accepted); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (ScepAsn1) node = scep_asn1_decode (accepted[i], empty, &error);

    g_assert_no_error (error);
    g_assert_nonnull (node);
  }
}

static void
assert_incomplete (const char *type, GBytes *der)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepAsn1) node = scep_asn1_decode (type, der, &error);

  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_MALFORMED_REPLY);
  g_assert_null (node);
}

/* The same within something else: in a field, a list, an optional field and a choice. */
static void
test_empty_within (void)
{
  g_autoptr (GBytes) field = BYTES (0x30, 0x05, 0x30, 0x00, 0x03, 0x01, 0x00);
  g_autoptr (GBytes) in_list =
      BYTES (0x31, 0x0a, 0x30, 0x06, 0x06, 0x02, 0x2a, 0x03, 0x31, 0x00, 0x30, 0x00);
  g_autoptr (GBytes) optional = BYTES (0x30, 0x04, 0xa0, 0x02, 0x30, 0x00);
  g_autoptr (GBytes) choice = BYTES (0x30, 0x0f, 0x02, 0x01, 0x00, 0x30, 0x00, 0x30, 0x04, 0x06,
                                     0x02, 0x2a, 0x03, 0x04, 0x02, 0x01, 0x02);
  g_autoptr (GBytes) empty_rdn = BYTES (0x30, 0x02, 0x31, 0x00);
  g_autoptr (GBytes) empty_attribute = BYTES (0x30, 0x04, 0x31, 0x02, 0x30, 0x00);

  assert_incomplete ("SubjectPublicKeyInfo", field);
  assert_incomplete ("Attributes", in_list);
  assert_incomplete ("RSAES-OAEP-params", optional);
  assert_incomplete ("KeyTransRecipientInfo", choice);
  assert_incomplete ("Name", empty_rdn);
  assert_incomplete ("Name", empty_attribute);
}

/* libtasn1 takes the end of an indefinite element for a field that is ANY, and reads on. */
static void
test_end_within (void)
{
  g_autoptr (GBytes) names = BYTES (0x30, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00);
  g_autoptr (GBytes) name_and_serial = BYTES (0x30, 0x80, 0x00, 0x00, 0x02, 0x01, 0x05, 0x00, 0x00);

  g_autoptr (GBytes) nested = BYTES (0x30, 0x11, 0x02, 0x01, 0x00, 0x30, 0x80, 0x00, 0x00, 0x02,
                                     0x01, 0x05, 0x00, 0x00, 0x30, 0x01, 0x04, 0x00, 0x00);

  assert_incomplete ("KeyTransRecipientInfo", nested);
  assert_incomplete ("IssuerAndSubject", names);
  assert_incomplete ("Validity", names);
  assert_incomplete ("IssuerAndSerialNumber", name_and_serial);
}

/* As many elements as the limits let through: each is looked at. */
static void
test_many_elements (void)
{
  g_autoptr (GByteArray) content = g_byte_array_new ();
  g_autoptr (GBytes) content_bytes = NULL;
  g_autoptr (GBytes) der = NULL;
  g_autoptr (ScepAsn1) node = NULL;

  for (guint i = 0; i < 3000; i++)
    g_byte_array_append (content, (const guint8 *) "\x30\x06\x06\x02\x2a\x03\x31\x00", 8);
  content_bytes = g_byte_array_free_to_bytes (g_steal_pointer (&content));
  der = scep_der_wrap (0x31, content_bytes);
  node = scep_asn1_decode ("Attributes", der, NULL);
  g_assert_nonnull (node);
  g_assert_cmpuint (scep_asn1_count (node, ""), ==, 3000);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/asn1/decode/refuses", test_decode_refuses);
  g_test_add_func ("/asn1/decode/empty-sequence", test_empty_sequence);
  g_test_add_func ("/asn1/decode/empty-within", test_empty_within);
  g_test_add_func ("/asn1/decode/end-within", test_end_within);
  g_test_add_func ("/asn1/decode/many-elements", test_many_elements);
  g_test_add_func ("/asn1/round-trip", test_round_trip);
  g_test_add_func ("/asn1/raw-indefinite", test_raw_indefinite);
  g_test_add_func ("/asn1/sets", test_sets);
  return g_test_run ();
}
