/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* memmem() */
#define _GNU_SOURCE

#include "codec/scep-next-ca.h"

#include "codec-fixture.h"
#include "openssl-next-ca.h"

#include <openssl/pkcs7.h>
#include <string.h>

#define DAY (24L * 60 * 60)

/* The current CA of the fixture lasts a year. */
typedef struct {
  CodecFixture base;
  ScepCertificate *ca;
  TestIdentity *next;
  GBytes *content; /* a degenerate SignedData with the next CA certificate */
  TestNextCa reply;
} Fixture;

static TestIdentity *
make_ca (const char *name, long days)
{
  TestIdentity *ca = test_identity_new (name, NULL, 9, 2048);

  X509_gmtime_adj (X509_getm_notAfter (ca->certificate), days * DAY);
  g_assert_cmpint (X509_sign (ca->certificate, ca->key, EVP_sha256 ()), >, 0);
  return ca;
}

static void
set_up (Fixture *f, gconstpointer data)
{
  static TestIdentity *next;

  codec_fixture_set_up (&f->base, data);
  if (next == NULL)
    next = make_ca ("Test CA", 2 * 365);
  f->next = next;
  f->ca = codec_fixture_read (f->base.ca);
  f->content = test_degenerate_build (&f->next->certificate, 1);
  f->reply = (TestNextCa){
    .signer = f->base.ca,
    .digest = EVP_sha256 (),
    .content = f->content,
  };
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_object_unref (f->ca);
  g_bytes_unref (f->content);
  codec_fixture_tear_down (&f->base, data);
}

static void
assert_bytes_refused (Fixture *f, GBytes *message, ScepPolicy policy, ScepError code)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) found = scep_next_ca_verify (message, f->ca, policy, &error);

  g_assert_error (error, SCEP_ERROR, (int) code);
  g_assert_null (found);
}

static void
assert_refused (Fixture *f, ScepPolicy policy, ScepError code)
{
  g_autoptr (GBytes) message = test_next_ca_build (&f->reply);

  assert_bytes_refused (f, message, policy, code);
}

static void
assert_read (Fixture *f, ScepPolicy policy)
{
  g_autoptr (GBytes) message = test_next_ca_build (&f->reply);
  g_autoptr (ScepCertificate) next = codec_fixture_read (f->next);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) found = scep_next_ca_verify (message, f->ca, policy, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (found->len, ==, 1);
  g_assert_true (scep_certificate_equal (g_ptr_array_index (found, 0), next));
}

static void
test_no_message (Fixture *f, gconstpointer data)
{
  static const char *const texts[] = { "", "<html>404</html>", "0\x03\x06\x01\x2a" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (GBytes) body = g_bytes_new_static (texts[i], strlen (texts[i]));

    assert_bytes_refused (f, body, SCEP_POLICY_LEGACY, SCEP_ERROR_MALFORMED_REPLY);
  }
}

/* As a GetCACert reply would have it: anybody can make one. */
static void
test_unsigned (Fixture *f, gconstpointer data)
{
  g_autoptr (GBytes) single = test_identity_get_der (f->next);

  assert_bytes_refused (f, f->content, SCEP_POLICY_LEGACY, SCEP_ERROR_MALFORMED_REPLY);
  assert_bytes_refused (f, single, SCEP_POLICY_LEGACY, SCEP_ERROR_MALFORMED_REPLY);
}

static void
test_signed_by_stranger (Fixture *f, gconstpointer data)
{
  f->reply.signer = f->next;
  assert_refused (f, SCEP_POLICY_LEGACY, SCEP_ERROR_UNTRUSTED_CA);
  f->reply.signer = f->base.device;
  assert_refused (f, SCEP_POLICY_LEGACY, SCEP_ERROR_UNTRUSTED_CA);
}

/* An RA answers requests; it does not say who the next CA is. */
static void
test_signed_by_ra (Fixture *f, gconstpointer data)
{
  f->reply.signer = f->base.ra;
  assert_refused (f, SCEP_POLICY_LEGACY, SCEP_ERROR_UNTRUSTED_CA);
}

/* Only for the words: whose signature it is that does not count. */
static void
test_find_signer (Fixture *f, gconstpointer data)
{
  g_autoptr (ScepCertificate) ra = codec_fixture_read (f->base.ra);
  g_autoptr (GPtrArray) candidates = g_ptr_array_new ();
  g_autoptr (GBytes) by_ra = NULL;
  g_autoptr (GBytes) by_stranger = NULL;

  g_ptr_array_add (candidates, f->ca);
  g_ptr_array_add (candidates, ra);
  f->reply.signer = f->next;
  by_stranger = test_next_ca_build (&f->reply);
  g_assert_null (scep_next_ca_find_signer (by_stranger, candidates, SCEP_POLICY_DEFAULT));
  g_assert_null (scep_next_ca_find_signer (f->content, candidates, SCEP_POLICY_DEFAULT));
  f->reply.signer = f->base.ra;
  by_ra = test_next_ca_build (&f->reply);
  g_assert_true (scep_next_ca_find_signer (by_ra, candidates, SCEP_POLICY_DEFAULT) == ra);
}

/* An attacker's key under the issuer and serial number of the CA, sent along. */
static void
test_forged (Fixture *f, gconstpointer data)
{
  g_autoptr (TestIdentity) forged = test_identity_new ("Test CA", NULL, 1, 2048);

  f->reply.signer = forged;
  assert_refused (f, SCEP_POLICY_LEGACY, SCEP_ERROR_SIGNATURE_INVALID);
  f->reply.flags = TEST_REPLY_NO_CERTIFICATES;
  assert_refused (f, SCEP_POLICY_LEGACY, SCEP_ERROR_SIGNATURE_INVALID);
}

static void
test_no_attributes (Fixture *f, gconstpointer data)
{
  f->reply.flags = TEST_REPLY_NO_ATTRIBUTES;
  assert_refused (f, SCEP_POLICY_LEGACY, SCEP_ERROR_MALFORMED_REPLY);
}

static void
test_tampered (Fixture *f, gconstpointer data)
{
  g_autoptr (GBytes) message = test_next_ca_build (&f->reply);
  gsize inner = g_bytes_get_size (f->content);
  gsize size;
  g_autofree guint8 *body = g_bytes_unref_to_data (g_steal_pointer (&message), &size);
  guint8 *place = memmem (body, size, g_bytes_get_data (f->content, NULL), inner);
  g_autoptr (GBytes) changed = NULL;

  g_assert_nonnull (place);
  place[inner - 20] ^= 1;
  changed = g_bytes_new (body, size);
  assert_bytes_refused (f, changed, SCEP_POLICY_LEGACY, SCEP_ERROR_SIGNATURE_INVALID);
}

/* Nobody signed what stands around the content. */
static void
test_outer_certificate (Fixture *f, gconstpointer data)
{
  f->reply.content = NULL;
  f->reply.outer = f->next->certificate;
  assert_refused (f, SCEP_POLICY_LEGACY, SCEP_ERROR_MALFORMED_REPLY);
  f->reply.content = f->content;
  f->reply.outer = f->base.device->certificate;
  assert_read (f, SCEP_POLICY_STRICT);
}

static void
test_sha1 (Fixture *f, gconstpointer data)
{
  f->reply.digest = EVP_sha1 ();
  assert_refused (f, SCEP_POLICY_STRICT, SCEP_ERROR_WEAK_ALGORITHM);
  assert_refused (f, SCEP_POLICY_DEFAULT, SCEP_ERROR_WEAK_ALGORITHM);
  assert_read (f, SCEP_POLICY_LEGACY);
}

static void
test_weak_key (Fixture *f, gconstpointer data)
{
  g_autoptr (TestIdentity) weak = test_identity_new ("Weak CA", NULL, 4, 1024);

  g_object_unref (f->ca);
  f->ca = codec_fixture_read (weak);
  f->reply.signer = weak;
  assert_refused (f, SCEP_POLICY_STRICT, SCEP_ERROR_WEAK_ALGORITHM);
  assert_refused (f, SCEP_POLICY_DEFAULT, SCEP_ERROR_WEAK_ALGORITHM);
  assert_read (f, SCEP_POLICY_LEGACY);
}

static void
assert_not_newer (Fixture *f, X509 *certificate)
{
  g_autoptr (GBytes) content = test_degenerate_build (&certificate, 1);

  f->reply.content = content;
  assert_refused (f, SCEP_POLICY_DEFAULT, SCEP_ERROR_UNTRUSTED_CA);
}

static void
test_not_newer (Fixture *f, gconstpointer data)
{
  g_autoptr (TestIdentity) older = make_ca ("Test CA", 364);

  assert_not_newer (f, older->certificate);
  assert_not_newer (f, f->base.ca->certificate);
}

/* A certificate that lasts for ever, but no CA's. */
static void
test_no_ca (Fixture *f, gconstpointer data)
{
  g_autoptr (TestIdentity) leaf = test_identity_new ("leaf", f->base.ca, 8, 2048);

  X509_gmtime_adj (X509_getm_notAfter (leaf->certificate), 900 * DAY);
  X509_sign (leaf->certificate, f->base.ca->key, EVP_sha256 ());
  assert_not_newer (f, leaf->certificate);
}

static void
test_empty_and_too_many (Fixture *f, gconstpointer data)
{
  X509 *many[SCEP_NEXT_CA_MAX_CERTIFICATES + 1];
  g_autoptr (GBytes) none = test_degenerate_build (NULL, 0);
  g_autoptr (GBytes) crowd = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (many); i++)
    many[i] = f->next->certificate;
  crowd = test_degenerate_build (many, G_N_ELEMENTS (many));
  f->reply.content = none;
  assert_refused (f, SCEP_POLICY_DEFAULT, SCEP_ERROR_MALFORMED_REPLY);
  f->reply.content = crowd;
  assert_refused (f, SCEP_POLICY_DEFAULT, SCEP_ERROR_TOO_LARGE);
}

static void
test_good (Fixture *f, gconstpointer data)
{
  assert_read (f, SCEP_POLICY_STRICT);
  f->reply.flags = TEST_REPLY_NO_CERTIFICATES;
  assert_read (f, SCEP_POLICY_STRICT);
  f->reply.flags = TEST_REPLY_BER;
  assert_read (f, SCEP_POLICY_STRICT);
}

/* The certificate itself in place of a list of one. */
static void
test_single (Fixture *f, gconstpointer data)
{
  g_autoptr (GBytes) single = test_identity_get_der (f->next);

  f->reply.content = single;
  assert_read (f, SCEP_POLICY_STRICT);
}

/* As RFC 5652 would have it: the type says what the content is. */
static void
test_nested (Fixture *f, gconstpointer data)
{
  const unsigned char *p = g_bytes_get_data (f->content, NULL);
  PKCS7 *list = d2i_PKCS7 (NULL, &p, (long) g_bytes_get_size (f->content));
  unsigned char *der = NULL;
  int length = i2d_PKCS7_SIGNED (list->d.sign, &der);
  g_autoptr (GBytes) bare = g_bytes_new (der, (gsize) length);

  f->reply.nested = TRUE;
  assert_read (f, SCEP_POLICY_STRICT);
  f->reply.content = bare;
  assert_read (f, SCEP_POLICY_STRICT);
  f->reply.signer = f->base.ra;
  assert_refused (f, SCEP_POLICY_LEGACY, SCEP_ERROR_UNTRUSTED_CA);
  OPENSSL_free (der);
  PKCS7_free (list);
}

#define ADD(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/next-ca/no-message", test_no_message);
  ADD ("/next-ca/unsigned", test_unsigned);
  ADD ("/next-ca/signed-by-stranger", test_signed_by_stranger);
  ADD ("/next-ca/signed-by-ra", test_signed_by_ra);
  ADD ("/next-ca/find-signer", test_find_signer);
  ADD ("/next-ca/forged", test_forged);
  ADD ("/next-ca/no-attributes", test_no_attributes);
  ADD ("/next-ca/tampered", test_tampered);
  ADD ("/next-ca/outer-certificate", test_outer_certificate);
  ADD ("/next-ca/sha1", test_sha1);
  ADD ("/next-ca/weak-key", test_weak_key);
  ADD ("/next-ca/not-newer", test_not_newer);
  ADD ("/next-ca/no-ca", test_no_ca);
  ADD ("/next-ca/empty-and-too-many", test_empty_and_too_many);
  ADD ("/next-ca/good", test_good);
  ADD ("/next-ca/single", test_single);
  ADD ("/next-ca/nested", test_nested);
  return g_test_run ();
}
