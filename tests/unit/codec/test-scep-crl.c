/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-crl.h"

#include "codec-fixture.h"
#include "openssl-crl.h"

#include <string.h>

#define NOW 1790000000
#define DAY (24 * 60 * 60)

static const TestCrlSpec plain = {
  .this_update = NOW - DAY,
  .next_update = NOW + DAY,
  .number = 0x1ff,
  .n_entries = 3,
};

static GBytes *
make (CodecFixture *f, const TestCrlSpec *spec)
{
  return test_crl_new (f->ca->certificate, f->ca->key, spec);
}

static void
assert_refused (GBytes *der, ScepError code)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCrl) crl = scep_crl_new (der, &error);

  g_assert_error (error, SCEP_ERROR, (int) code);
  g_assert_null (crl);
}

static void
test_cut_off (CodecFixture *f, gconstpointer data)
{
  g_autoptr (GBytes) der = make (f, &plain);

  for (gsize length = 0; length < g_bytes_get_size (der); length++) {
    g_autoptr (GBytes) part = g_bytes_new (g_bytes_get_data (der, NULL), length);

    assert_refused (part, SCEP_ERROR_MALFORMED_REPLY);
  }
}

static GBytes *
extend (GBytes *bytes, const char *end, gsize length)
{
  g_autoptr (GByteArray) array = g_byte_array_new ();

  g_byte_array_append (array, g_bytes_get_data (bytes, NULL), (guint) g_bytes_get_size (bytes));
  g_byte_array_append (array, (const guint8 *) end, (guint) length);
  return g_byte_array_free_to_bytes (g_steal_pointer (&array));
}

/* What a distribution point sends, and a degenerate SignedData: DER that is read in place. */
static void
test_trailing (CodecFixture *f, gconstpointer data)
{
  g_autoptr (GBytes) der = make (f, &plain);
  g_autoptr (GBytes) wrapped = test_crl_wrap (&der, 1);
  g_autoptr (GBytes) der_text = extend (der, "OK", 2);
  g_autoptr (GBytes) der_line = extend (der, "\r\n", 2);
  g_autoptr (GBytes) wrapped_text = extend (wrapped, "OK", 2);
  g_autoptr (GBytes) wrapped_zeros = extend (wrapped, "\0\0\0\0", 4);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCrl) refused = NULL;
  g_autoptr (ScepCrl) bare = NULL;
  g_autoptr (ScepCrl) degenerate = NULL;

  assert_refused (der_text, SCEP_ERROR_MALFORMED_REPLY);
  refused = scep_crl_new_from_degenerate (wrapped_text, &error);
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_MALFORMED_REPLY);
  g_clear_error (&error);
  bare = scep_crl_new (der_line, &error);
  g_assert_no_error (error);
  g_assert_true (g_bytes_equal (scep_crl_get_der (bare), der));
  degenerate = scep_crl_new_from_degenerate (wrapped_zeros, &error);
  g_assert_no_error (error);
  g_assert_true (g_bytes_equal (scep_crl_get_der (degenerate), der));
}

/* Whatever bit changes: it is refused, or its signature does not hold. */
static void
test_every_changed_byte (CodecFixture *f, gconstpointer data)
{
  g_autoptr (GBytes) der = make (f, &plain);
  gsize size;
  const guint8 *bytes = g_bytes_get_data (der, &size);

  for (gsize i = 0; i < size; i++) {
    guint8 *changed = g_memdup2 (bytes, size);
    g_autoptr (GBytes) body = g_bytes_new_take (changed, size);
    g_autoptr (GError) error = NULL;
    g_autoptr (ScepCrl) crl = NULL;
    ScepDigest digest;

    changed[i] ^= (guint8) (1 << i % 8);
    crl = scep_crl_new (body, &error);
    g_assert_true ((crl == NULL) == (error != NULL));
    if (crl != NULL)
      g_assert_false (
          scep_crl_is_issued_by (crl, g_ptr_array_index (f->signers, 0), &digest, NULL));
  }
}

static void
test_too_large (CodecFixture *f, gconstpointer data)
{
  g_autoptr (GBytes) der =
      g_bytes_new_take (g_malloc0 (SCEP_CRL_MAX_SIZE + 1), SCEP_CRL_MAX_SIZE + 1);

  assert_refused (der, SCEP_ERROR_TOO_LARGE);
}

static void
test_parts (CodecFixture *f, gconstpointer data)
{
  static const char *const points[] = { "critical,onlyCA:TRUE", "critical,onlyAA:TRUE",
                                        "critical,indirectCRL:TRUE",
                                        "critical,onlysomereasons:keyCompromise" };
  TestCrlSpec spec = plain;
  g_autoptr (GBytes) delta = NULL;
  g_autoptr (GBytes) critical = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (points); i++) {
    g_autoptr (GBytes) der = NULL;

    spec.distribution_point = points[i];
    der = make (f, &spec);
    assert_refused (der, SCEP_ERROR_UNSUPPORTED);
  }
  spec.distribution_point = NULL;
  spec.delta = TRUE;
  delta = make (f, &spec);
  assert_refused (delta, SCEP_ERROR_UNSUPPORTED);
  spec.delta = FALSE;
  spec.critical = TRUE;
  critical = make (f, &spec);
  assert_refused (critical, SCEP_ERROR_UNSUPPORTED);
}

/* A field that is longer than what it is in. */
static void
test_point_cut_off (CodecFixture *f, gconstpointer data)
{
  static const char *const points[] = { "2.5.29.28=critical,DER:3002A005",
                                        "2.5.29.28=critical,DER:3002A081",
                                        "2.5.29.28=critical,DER:3006A000A0050000" };

  for (guint i = 0; i < G_N_ELEMENTS (points); i++) {
    TestCrlSpec spec = plain;
    g_autoptr (GBytes) der = NULL;

    spec.extensions = points[i];
    der = make (f, &spec);
    assert_refused (der, SCEP_ERROR_MALFORMED_REPLY);
  }
}

static void
test_negative_number (CodecFixture *f, gconstpointer data)
{
  static const guint8 octets[] = { 0x06, 0x03, 0x55, 0x1d, 0x14, 0x04, 0x03, 0x02, 0x01, 0x05 };
  TestCrlSpec spec = plain;
  g_autoptr (GBytes) der = NULL;
  g_autoptr (GBytes) changed = NULL;
  g_autofree guint8 *copy = NULL;
  gsize size;

  spec.number = 5;
  der = make (f, &spec);
  size = g_bytes_get_size (der);
  copy = g_memdup2 (g_bytes_get_data (der, NULL), size);
  for (gsize i = 0; i + sizeof octets <= size; i++) {
    if (memcmp (copy + i, octets, sizeof octets) == 0)
      copy[i + sizeof octets - 1] = 0x85;
  }
  changed = g_bytes_new (copy, size);
  g_assert_false (g_bytes_equal (changed, der));
  assert_refused (changed, SCEP_ERROR_MALFORMED_REPLY);
}

/* RFC 5280 section 5.2.3: 20 octets, and one for the sign. */
static void
test_long_number (CodecFixture *f, gconstpointer data)
{
  g_autofree char *longest = g_strnfill (40, 'f');
  g_autofree char *too_long = g_strnfill (42, 'f');
  TestCrlSpec spec = plain;
  g_autoptr (GBytes) refused = NULL;
  g_autoptr (GBytes) good = NULL;
  g_autoptr (ScepCrl) crl = NULL;
  g_autoptr (GError) error = NULL;

  spec.hex_number = too_long;
  refused = make (f, &spec);
  assert_refused (refused, SCEP_ERROR_MALFORMED_REPLY);
  spec.hex_number = longest;
  good = make (f, &spec);
  crl = scep_crl_new (good, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (scep_crl_get_number (crl), ==, longest);
}

static void
test_other_issuer (CodecFixture *f, gconstpointer data)
{
  g_autoptr (GBytes) der = make (f, &plain);
  g_autoptr (TestIdentity) namesake = test_identity_new ("Test CA", NULL, 1, 2048);
  g_autoptr (ScepCertificate) other = codec_fixture_read (namesake);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCrl) crl = scep_crl_new (der, &error);
  ScepDigest digest;

  g_assert_no_error (error);
  g_assert_false (scep_crl_is_issued_by (crl, g_ptr_array_index (f->signers, 1), &digest, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_CERTIFICATE_MISMATCH);
  g_clear_error (&error);
  g_assert_false (scep_crl_is_issued_by (crl, other, &digest, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_SIGNATURE_INVALID);
}

static void
test_plain (CodecFixture *f, gconstpointer data)
{
  TestCrlSpec spec = plain;
  g_autoptr (GBytes) der = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCrl) crl = NULL;
  ScepDigest digest;

  spec.distribution_point = "critical,fullname:URI:http://ca.example.org/crl,onlyuser:TRUE";
  der = make (f, &spec);
  crl = scep_crl_new (der, &error);
  g_assert_no_error (error);
  g_assert_true (scep_crl_get_der (crl) == der);
  g_assert_cmpstr (scep_crl_get_issuer (crl), ==, "CN=Test CA");
  g_assert_cmpint (scep_crl_get_this_update (crl), ==, NOW - DAY);
  g_assert_cmpint (scep_crl_get_next_update (crl), ==, NOW + DAY);
  g_assert_cmpstr (scep_crl_get_number (crl), ==, "01ff");
  g_assert_cmpuint (scep_crl_get_n_entries (crl), ==, 3);
  g_assert_true (scep_crl_is_issued_by (crl, g_ptr_array_index (f->signers, 0), &digest, &error));
  g_assert_no_error (error);
  g_assert_cmpint (digest, ==, SCEP_DIGEST_SHA256);
}

static void
test_bare (CodecFixture *f, gconstpointer data)
{
  /* Beyond 2049: GeneralizedTime. */
  TestCrlSpec spec = { .this_update = G_GINT64_CONSTANT (2600000000), .number = -1, .sha1 = TRUE };
  g_autoptr (GBytes) der = make (f, &spec);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCrl) crl = scep_crl_new (der, &error);
  ScepDigest digest;

  g_assert_no_error (error);
  g_assert_cmpint (scep_crl_get_this_update (crl), ==, spec.this_update);
  g_assert_cmpint (scep_crl_get_next_update (crl), ==, 0);
  g_assert_null (scep_crl_get_number (crl));
  g_assert_cmpuint (scep_crl_get_n_entries (crl), ==, 0);
  g_assert_true (scep_crl_is_issued_by (crl, g_ptr_array_index (f->signers, 0), &digest, &error));
  g_assert_cmpint (digest, ==, SCEP_DIGEST_SHA1);
}

static void
test_degenerate (CodecFixture *f, gconstpointer data)
{
  g_autoptr (GBytes) der = make (f, &plain);
  GBytes *twice[] = { der, der };
  g_autoptr (GBytes) none = test_degenerate_build (&f->ca->certificate, 1);
  g_autoptr (GBytes) two = test_crl_wrap (twice, 2);
  g_autoptr (GBytes) one = test_crl_wrap (twice, 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCrl) crl = NULL;

  g_assert_null (scep_crl_new_from_degenerate (none, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_MALFORMED_REPLY);
  g_clear_error (&error);
  g_assert_null (scep_crl_new_from_degenerate (two, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_MALFORMED_REPLY);
  g_clear_error (&error);
  g_assert_null (scep_crl_new_from_degenerate (der, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_MALFORMED_REPLY);
  g_clear_error (&error);
  crl = scep_crl_new_from_degenerate (one, &error);
  g_assert_no_error (error);
  g_assert_true (g_bytes_equal (scep_crl_get_der (crl), der));
}

/* More entries than any other message may have elements. */
static void
test_many_entries (CodecFixture *f, gconstpointer data)
{
  TestCrlSpec spec = plain;
  g_autoptr (GBytes) der = NULL;
  g_autoptr (GBytes) wrapped = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCertRep) rep = NULL;
  g_autoptr (GBytes) key = NULL;
  g_autoptr (GBytes) content_key = NULL;
  g_autoptr (ScepCrl) crl = NULL;
  ScepKeyWrap wrap;
  gsize key_length;

  spec.n_entries = 50000;
  der = make (f, &spec);
  wrapped = test_crl_wrap (&der, 1);
  f->reply.plain = wrapped;
  rep = codec_fixture_verify (f, SCEP_POLICY_DEFAULT, &error);
  g_assert_no_error (error);
  g_assert_true (scep_cert_rep_get_wrapped_key (rep, f->own, &wrap, &key, &key_length, &error));
  content_key = test_identity_unwrap (f->device, RSA_PKCS1_PADDING, key);
  crl = scep_cert_rep_open_crl (rep, content_key, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (scep_crl_get_n_entries (crl), ==, 50000);
  g_assert_true (g_bytes_equal (scep_crl_get_der (crl), der));
}

static void
test_reply_without_crl (CodecFixture *f, gconstpointer data)
{
  guint8 octets[16] = { 0 };
  g_autoptr (GBytes) wrong_key = g_bytes_new (octets, sizeof octets);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCertRep) rep = codec_fixture_verify (f, SCEP_POLICY_DEFAULT, &error);

  g_assert_no_error (error);
  g_assert_null (scep_cert_rep_open_crl (rep, wrong_key, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_DECRYPT_FAILED);
}

/* As of certificates: a CRL that can be read does not make good for wrong padding. */
static void
test_reply_with_wrong_padding (CodecFixture *f, gconstpointer data)
{
  g_autoptr (GBytes) padded = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCertRep) rep = NULL;
  g_autoptr (GBytes) key = NULL;
  g_autoptr (GBytes) content_key = NULL;
  ScepKeyWrap wrap;
  gsize key_length;

  for (guint i = 0; padded == NULL; i++) {
    TestCrlSpec spec = plain;
    g_autoptr (GBytes) der = NULL;
    g_autoptr (GBytes) wrapped = NULL;
    guint8 zeros[16] = { 0 };
    GByteArray *bytes = g_byte_array_new ();
    guint lacking;

    spec.n_entries = i;
    der = make (f, &spec);
    wrapped = test_crl_wrap (&der, 1);
    g_byte_array_append (bytes, g_bytes_get_data (wrapped, NULL),
                         (guint) g_bytes_get_size (wrapped));
    lacking = 16 - bytes->len % 16;
    g_byte_array_append (bytes, zeros, lacking);
    padded = g_byte_array_free_to_bytes (bytes);
    if (lacking < 2 || lacking > 3)
      g_clear_pointer (&padded, g_bytes_unref);
  }
  f->reply.plain = padded;
  f->reply.flags = TEST_REPLY_NO_PADDING;
  rep = codec_fixture_verify (f, SCEP_POLICY_DEFAULT, &error);
  g_assert_no_error (error);
  g_assert_true (scep_cert_rep_get_wrapped_key (rep, f->own, &wrap, &key, &key_length, &error));
  content_key = test_identity_unwrap (f->device, RSA_PKCS1_PADDING, key);
  g_assert_null (scep_cert_rep_open_crl (rep, content_key, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_DECRYPT_FAILED);
}

static void
test_numbers (void)
{
  g_assert_cmpint (scep_crl_number_compare ("09", "9"), ==, 0);
  g_assert_cmpint (scep_crl_number_compare ("9", "10"), <, 0);
  g_assert_cmpint (scep_crl_number_compare ("0a", "09"), >, 0);
  g_assert_cmpint (scep_crl_number_compare ("00", ""), ==, 0);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  codec_test_add ("/crl/cut-off", test_cut_off);
  codec_test_add ("/crl/every-changed-byte", test_every_changed_byte);
  codec_test_add ("/crl/trailing", test_trailing);
  codec_test_add ("/crl/too-large", test_too_large);
  codec_test_add ("/crl/parts", test_parts);
  codec_test_add ("/crl/point-cut-off", test_point_cut_off);
  codec_test_add ("/crl/negative-number", test_negative_number);
  codec_test_add ("/crl/long-number", test_long_number);
  codec_test_add ("/crl/other-issuer", test_other_issuer);
  codec_test_add ("/crl/plain", test_plain);
  codec_test_add ("/crl/bare", test_bare);
  codec_test_add ("/crl/degenerate", test_degenerate);
  codec_test_add ("/crl/many-entries", test_many_entries);
  codec_test_add ("/crl/reply-without-crl", test_reply_without_crl);
  codec_test_add ("/crl/reply/wrong-padding", test_reply_with_wrong_padding);
  g_test_add_func ("/crl/numbers", test_numbers);
  return g_test_run ();
}
