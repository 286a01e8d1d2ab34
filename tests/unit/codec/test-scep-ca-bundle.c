/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* memmem() */
#define _GNU_SOURCE

#include "codec/scep-ca-bundle.h"

#include "codec-fixture.h"

#include "codec/scep-cms.h"

#include <openssl/pem.h>
#include <string.h>

static void
assert_refused (gconstpointer body, gsize length, ScepError code, const char *told)
{
  g_autoptr (GBytes) bytes = g_bytes_new (body, length);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) certificates = scep_ca_bundle_parse (bytes, &error);

  g_assert_error (error, SCEP_ERROR, (int) code);
  g_assert_null (certificates);
  g_assert_nonnull (strstr (error->message, told));
}

#define ASSERT_TEXT_REFUSED(text, told)                                                            \
  assert_refused (text, strlen (text), SCEP_ERROR_MALFORMED_REPLY, told)

static void
test_no_bundle (CodecFixture *f, gconstpointer data)
{
  ASSERT_TEXT_REFUSED ("", "empty");
  ASSERT_TEXT_REFUSED ("<!DOCTYPE html><html>Not Found</html>", "web page");
  ASSERT_TEXT_REFUSED ("404 page not found\n", "404 page not found");
  ASSERT_TEXT_REFUSED ("-----BEGIN CERTIFICATE-----\nMIIB\n", "PEM");
  assert_refused ("\x04\x00", 2, SCEP_ERROR_MALFORMED_REPLY, "unknown format");
  assert_refused ("\x30\x82\xff\xff\x02\x01", 6, SCEP_ERROR_MALFORMED_REPLY, "");
  assert_refused ("\x30\x03\x06\x01\x2a", 5, SCEP_ERROR_MALFORMED_REPLY, "");
}

static void
test_empty_list (CodecFixture *f, gconstpointer data)
{
  g_autoptr (GBytes) body = test_degenerate_build (NULL, 0);

  assert_refused (g_bytes_get_data (body, NULL), g_bytes_get_size (body),
                  SCEP_ERROR_MALFORMED_REPLY, "empty");
}

static void
test_too_many (CodecFixture *f, gconstpointer data)
{
  X509 *many[65];
  g_autoptr (GBytes) body = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (many); i++)
    many[i] = f->ca->certificate;
  body = test_degenerate_build (many, G_N_ELEMENTS (many));
  assert_refused (g_bytes_get_data (body, NULL), g_bytes_get_size (body), SCEP_ERROR_TOO_LARGE,
                  "64");
}

static void
test_signed_message (CodecFixture *f, gconstpointer data)
{
  g_autoptr (GBytes) body = test_reply_build (&f->reply);

  assert_refused (g_bytes_get_data (body, NULL), g_bytes_get_size (body),
                  SCEP_ERROR_MALFORMED_REPLY, "signed message");
}

static void
test_cut_off (CodecFixture *f, gconstpointer data)
{
  X509 *both[] = { f->ca->certificate, f->ra->certificate };
  g_autoptr (GBytes) list = test_degenerate_build (both, G_N_ELEMENTS (both));
  g_autoptr (GBytes) single = test_identity_get_der (f->ca);
  GBytes *bodies[] = { list, single };

  for (guint i = 0; i < G_N_ELEMENTS (bodies); i++) {
    for (gsize length = 0; length < g_bytes_get_size (bodies[i]); length += 3)
      assert_refused (g_bytes_get_data (bodies[i], NULL), length, SCEP_ERROR_MALFORMED_REPLY, "");
  }
}

/* (transfer full): the list of @certificates, the first of which nobody can read */
/* The rule for what may follow is the same for a list and a single certificate. */
static void
test_trailing (CodecFixture *f, gconstpointer data)
{
  static const char *const good[] = { "\r\n", "\n" };
  X509 *both[] = { f->ca->certificate, f->ra->certificate };
  g_autoptr (GBytes) list = test_degenerate_build (both, G_N_ELEMENTS (both));
  g_autoptr (GBytes) single = test_identity_get_der (f->ca);
  GBytes *bodies[] = { list, single };

  for (guint i = 0; i < G_N_ELEMENTS (bodies); i++) {
    gsize size = g_bytes_get_size (bodies[i]);
    g_autofree guint8 *longer = g_malloc0 (size + 5);
    g_autoptr (GBytes) with_zeros = NULL;
    g_autoptr (GPtrArray) certificates = NULL;

    memcpy (longer, g_bytes_get_data (bodies[i], NULL), size);
    assert_refused (longer, size + 5, SCEP_ERROR_MALFORMED_REPLY, "5 bytes that do not belong");
    with_zeros = g_bytes_new (longer, size + 4);
    certificates = scep_ca_bundle_parse (with_zeros, NULL);
    g_assert_cmpuint (certificates->len, ==, 2 - i);
    for (guint j = 0; j < G_N_ELEMENTS (good); j++) {
      g_autoptr (GBytes) with_line_end = NULL;
      g_autoptr (GPtrArray) again = NULL;

      memcpy (longer + size, good[j], strlen (good[j]));
      with_line_end = g_bytes_new (longer, size + strlen (good[j]));
      again = scep_ca_bundle_parse (with_line_end, NULL);
      g_assert_true (scep_certificate_equal (g_ptr_array_index (again, 0),
                                             g_ptr_array_index (certificates, 0)));
    }
    longer[size] = 'x';
    assert_refused (longer, size + 1, SCEP_ERROR_MALFORMED_REPLY, "1 byte that does not belong");
  }
}

static GBytes *
damage_first (X509 **certificates, guint n)
{
  g_autoptr (GBytes) list = test_degenerate_build (certificates, n);
  gsize size;
  guint8 *body = g_bytes_unref_to_data (g_steal_pointer (&list), &size);
  guint8 *der = NULL;
  int length = i2d_X509 (certificates[0], &der);
  guint8 *found = memmem (body, size, der, (gsize) length);
  guint8 *version = found != NULL
                        ? memmem (found, size - (gsize) (found - body), "\xa0\x03\x02\x01\x02", 5)
                        : NULL;

  g_assert_nonnull (version);
  version[2] = 0x04;
  OPENSSL_free (der);
  return g_bytes_new_take (body, size);
}

/* Nothing but what cannot be read. */
static void
test_damaged_certificate (CodecFixture *f, gconstpointer data)
{
  g_autoptr (GBytes) body = damage_first (&f->ca->certificate, 1);

  assert_refused (g_bytes_get_data (body, NULL), g_bytes_get_size (body),
                  SCEP_ERROR_MALFORMED_REPLY, "cannot be read");
}

/* What one certificate is, nobody knows; the others are as good as without it. */
static void
test_one_damaged (CodecFixture *f, gconstpointer data)
{
  X509 *both[] = { f->ra->certificate, f->ca->certificate };
  g_autoptr (GBytes) body = damage_first (both, G_N_ELEMENTS (both));
  g_autoptr (GPtrArray) unreadable = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) none = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) certificates = scep_ca_bundle_read (body, unreadable, &error);
  const char *text;

  g_assert_no_error (error);
  g_assert_cmpuint (certificates->len, ==, 1);
  g_assert_cmpuint (unreadable->len, ==, 1);
  text = g_ptr_array_index (unreadable, 0);
  g_assert_true (g_str_has_prefix (text, "Certificate "));
  g_assert_nonnull (strstr (text, " of the 2 that the server sent has fingerprint "));
  error = scep_ca_bundle_explain (
      unreadable, g_error_new_literal (SCEP_ERROR, SCEP_ERROR_UNTRUSTED_CA, "None will do."));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_UNTRUSTED_CA);
  g_assert_true (g_str_has_prefix (error->message, "None will do. Certificate "));
  error = scep_ca_bundle_explain (none, error);
  g_assert_true (g_str_has_suffix (error->message, text));
  g_assert_false (scep_degenerate_parse (body, NULL, NULL, NULL));
}

static void
test_single (CodecFixture *f, gconstpointer data)
{
  g_autoptr (GBytes) body = test_identity_get_der (f->ca);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) certificates = scep_ca_bundle_parse (body, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (certificates->len, ==, 1);
  g_assert_true (
      g_bytes_equal (scep_certificate_get_der (g_ptr_array_index (certificates, 0)), body));
}

static void
assert_both (CodecFixture *f, GBytes *body)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) certificates = scep_ca_bundle_parse (body, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (certificates->len, ==, 2);
  for (guint i = 0; i < f->signers->len; i++)
    g_assert_true (g_ptr_array_find_with_equal_func (certificates,
                                                     g_ptr_array_index (f->signers, i),
                                                     (GEqualFunc) scep_certificate_equal, NULL));
}

static void
test_list (CodecFixture *f, gconstpointer data)
{
  X509 *both[] = { f->ra->certificate, f->ca->certificate };
  g_autoptr (GBytes) body = test_degenerate_build (both, G_N_ELEMENTS (both));

  assert_both (f, body);
}

/* Writes the elements behind the version of a degenerate SignedData. */
static GBytes *
wrap_signed_data (GByteArray *rest)
{
  static const guint8 start[] = { 0x30, 0x80, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                  0xf7, 0x0d, 0x01, 0x07, 0x02, 0xa0, 0x80, 0x30,
                                  0x80, 0x02, 0x01, 0x01, 0x31, 0x80, 0x00, 0x00 };
  static const guint8 end[] = { 0x31, 0x80, 0, 0, 0, 0, 0, 0, 0, 0 };
  GByteArray *ber = g_byte_array_new ();

  g_byte_array_append (ber, start, sizeof start);
  g_byte_array_append (ber, rest->data, rest->len);
  g_byte_array_append (ber, end, sizeof end);
  return g_byte_array_free_to_bytes (ber);
}

/* As Cisco IOS and Redwax send it: indefinite lengths, and content that is there and empty. */
static void
test_indefinite (CodecFixture *f, gconstpointer data)
{
  static const guint8 content[] = { 0x30, 0x80, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7,
                                    0x0d, 0x01, 0x07, 0x01, 0xa0, 0x80, 0x24, 0x80, 0,
                                    0,    0,    0,    0,    0,    0xa0, 0x80 };
  static const guint8 end[] = { 0, 0 };
  g_autoptr (GBytes) ca = test_identity_get_der (f->ca);
  g_autoptr (GBytes) ra = test_identity_get_der (f->ra);
  g_autoptr (GByteArray) rest = g_byte_array_new ();
  g_autoptr (GBytes) body = NULL;

  g_byte_array_append (rest, content, sizeof content);
  g_byte_array_append (rest, g_bytes_get_data (ra, NULL), (guint) g_bytes_get_size (ra));
  g_byte_array_append (rest, g_bytes_get_data (ca, NULL), (guint) g_bytes_get_size (ca));
  g_byte_array_append (rest, end, sizeof end);
  body = wrap_signed_data (rest);
  assert_both (f, body);
}

static GBytes *
build_with_crl (CodecFixture *f, X509_CRL *crl)
{
  PKCS7 *message = PKCS7_new ();
  unsigned char *der = NULL;
  int length;
  GBytes *bytes;

  PKCS7_set_type (message, NID_pkcs7_signed);
  PKCS7_content_new (message, NID_pkcs7_data);
  PKCS7_set_detached (message, 1);
  PKCS7_add_crl (message, crl);
  length = i2d_PKCS7 (message, &der);
  bytes = g_bytes_new (der, (gsize) length);
  OPENSSL_free (der);
  PKCS7_free (message);
  return bytes;
}

static X509_CRL *
make_crl (TestIdentity *ca)
{
  X509_CRL *crl = X509_CRL_new ();
  ASN1_TIME *now = X509_gmtime_adj (NULL, 0);

  X509_CRL_set_version (crl, X509_CRL_VERSION_2);
  X509_CRL_set_issuer_name (crl, X509_get_subject_name (ca->certificate));
  X509_CRL_set1_lastUpdate (crl, now);
  X509_CRL_set1_nextUpdate (crl, now);
  g_assert_cmpint (X509_CRL_sign (crl, ca->key, EVP_sha256 ()), >, 0);
  ASN1_TIME_free (now);
  return crl;
}

static void
test_crl (CodecFixture *f, gconstpointer data)
{
  X509_CRL *crl = make_crl (f->ca);
  g_autoptr (GBytes) body = build_with_crl (f, crl);
  g_autoptr (GPtrArray) certificates = NULL;
  g_autoptr (GPtrArray) crls = NULL;
  g_autoptr (GError) error = NULL;
  unsigned char *der = NULL;
  int length = i2d_X509_CRL (crl, &der);

  scep_degenerate_parse (body, &certificates, &crls, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (certificates->len, ==, 0);
  g_assert_cmpuint (crls->len, ==, 1);
  g_assert_cmpmem (g_bytes_get_data (crls->pdata[0], NULL), g_bytes_get_size (crls->pdata[0]), der,
                   (gsize) length);
  OPENSSL_free (der);
  X509_CRL_free (crl);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  codec_test_add ("/ca-bundle/no-bundle", test_no_bundle);
  codec_test_add ("/ca-bundle/empty-list", test_empty_list);
  codec_test_add ("/ca-bundle/too-many", test_too_many);
  codec_test_add ("/ca-bundle/signed-message", test_signed_message);
  codec_test_add ("/ca-bundle/cut-off", test_cut_off);
  codec_test_add ("/ca-bundle/trailing", test_trailing);
  codec_test_add ("/ca-bundle/damaged-certificate", test_damaged_certificate);
  codec_test_add ("/ca-bundle/one-damaged", test_one_damaged);
  codec_test_add ("/ca-bundle/single", test_single);
  codec_test_add ("/ca-bundle/list", test_list);
  codec_test_add ("/ca-bundle/indefinite", test_indefinite);
  codec_test_add ("/ca-bundle/crl", test_crl);
  return g_test_run ();
}
