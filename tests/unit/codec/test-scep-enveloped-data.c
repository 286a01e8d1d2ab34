/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-enveloped-data.h"

#include "codec-fixture.h"

#include "codec/scep-private-key.h"

#include <string.h>

static ScepCertRep *
believe (CodecFixture *f)
{
  g_autoptr (GError) error = NULL;
  ScepCertRep *rep = codec_fixture_verify (f, SCEP_POLICY_DEFAULT, &error);

  g_assert_no_error (error);
  return rep;
}

static void
assert_no_key (CodecFixture *f, ScepCertificate *recipient, ScepError code)
{
  g_autoptr (ScepCertRep) rep = believe (f);
  g_autoptr (GBytes) wrapped = NULL;
  g_autoptr (GError) error = NULL;
  ScepKeyWrap wrap;
  gsize key_length;

  g_assert_false (
      scep_cert_rep_get_wrapped_key (rep, recipient, &wrap, &wrapped, &key_length, &error));
  g_assert_error (error, SCEP_ERROR, (int) code);
  g_assert_null (wrapped);
}

static void
test_for_somebody_else (CodecFixture *f, gconstpointer data)
{
  g_autoptr (ScepCertificate) other = codec_fixture_read (f->stranger);

  assert_no_key (f, other, SCEP_ERROR_DECRYPT_FAILED);
}

static void
test_oaep_of_another_digest (CodecFixture *f, gconstpointer data)
{
  EnvelopeSpec by_hand = { .cipher = EVP_aes_128_cbc (),
                           .hash = EVP_sha224 (),
                           .mask = EVP_sha256 () };

  f->reply.by_hand = &by_hand;
  assert_no_key (f, f->own, SCEP_ERROR_UNSUPPORTED);
  by_hand.hash = EVP_md5 ();
  assert_no_key (f, f->own, SCEP_ERROR_UNSUPPORTED);
  by_hand.hash = EVP_sha256 ();
  by_hand.mask = EVP_md5 ();
  assert_no_key (f, f->own, SCEP_ERROR_UNSUPPORTED);
}

static void
test_several_recipients (CodecFixture *f, gconstpointer data)
{
  f->reply.first_recipient = f->ra;
  codec_fixture_assert_opens (f, SCEP_POLICY_STRICT);
}

static void
test_oaep (CodecFixture *f, gconstpointer data)
{
  f->reply.flags = TEST_REPLY_OAEP;
  codec_fixture_assert_opens (f, SCEP_POLICY_STRICT);
  f->reply.first_recipient = f->ra;
  codec_fixture_assert_opens (f, SCEP_POLICY_STRICT);
}

static GBytes *
get_pkcs8 (TestIdentity *identity)
{
  PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8 (identity->key);
  unsigned char *der = NULL;
  int length = i2d_PKCS8_PRIV_KEY_INFO (info, &der);
  GBytes *pkcs8 = g_bytes_new (der, (gsize) length);

  OPENSSL_free (der);
  PKCS8_PRIV_KEY_INFO_free (info);
  return pkcs8;
}

/* The whole way that the service goes: the key unwrapped by our own code. */
static void
assert_opens_with_own_key (CodecFixture *f, gboolean by_oaep)
{
  g_autoptr (ScepCertRep) rep = believe (f);
  g_autoptr (GBytes) pkcs8 = get_pkcs8 (f->device);
  g_autoptr (GBytes) wrapped = NULL;
  g_autoptr (GBytes) key = NULL;
  g_autoptr (GPtrArray) certificates = NULL;
  g_autoptr (GError) error = NULL;
  ScepKeyWrap wrap;
  gsize key_length;

  scep_cert_rep_get_wrapped_key (rep, f->own, &wrap, &wrapped, &key_length, &error);
  g_assert_no_error (error);
  g_assert_true (wrap.is_oaep == by_oaep);
  key = scep_private_key_unwrap (pkcs8, wrap, wrapped, key_length, &error);
  g_assert_no_error (error);
  scep_cert_rep_open (rep, key, &certificates, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (certificates->len, ==, 1);
}

static void
test_own_key (CodecFixture *f, gconstpointer data)
{
  assert_opens_with_own_key (f, FALSE);
  f->reply.cipher = EVP_des_cbc ();
  assert_opens_with_own_key (f, FALSE);
  f->reply.flags = TEST_REPLY_OAEP;
  assert_opens_with_own_key (f, TRUE);
}

/* Every hash of OAEP, every one of its MGF1, and parameters that do not name MGF1. */
static void
test_oaep_sha2 (CodecFixture *f, gconstpointer data)
{
  const EVP_MD *hashes[] = { EVP_sha1 (), EVP_sha256 (), EVP_sha384 (), EVP_sha512 () };
  EnvelopeSpec by_hand = { .cipher = EVP_aes_256_cbc () };

  f->reply.by_hand = &by_hand;
  for (guint i = 0; i < G_N_ELEMENTS (hashes); i++) {
    by_hand.hash = hashes[i];
    for (guint j = 0; j < G_N_ELEMENTS (hashes); j++) {
      by_hand.mask = hashes[j];
      assert_opens_with_own_key (f, TRUE);
    }
    by_hand.mask_untold = TRUE;
    by_hand.mask = hashes[i];
    assert_opens_with_own_key (f, TRUE);
    by_hand.mask = EVP_sha1 ();
    assert_opens_with_own_key (f, TRUE);
    by_hand.mask_untold = FALSE;
  }
  f->reply.by_hand = NULL;
  f->reply.flags = TEST_REPLY_OAEP_SHA256;
  assert_opens_with_own_key (f, TRUE);
}

/* AES-GCM as RFC 5084 has it and as servers send it, with tags of each length. */
static void
test_gcm (CodecFixture *f, gconstpointer data)
{
  const EVP_CIPHER *ciphers[] = { EVP_aes_128_gcm (), EVP_aes_192_gcm (), EVP_aes_256_gcm () };
  EnvelopeSpec by_hand = { .nonce_length = 12 };

  f->reply.by_hand = &by_hand;
  for (guint i = 0; i < G_N_ELEMENTS (ciphers); i++) {
    by_hand.cipher = ciphers[i];
    for (EnvelopeGcmForm form = ENVELOPE_GCM_PLAIN; form <= ENVELOPE_GCM_NESTED; form++) {
      by_hand.gcm_form = form;
      for (by_hand.tag_length = 12; by_hand.tag_length <= 16; by_hand.tag_length++)
        assert_opens_with_own_key (f, FALSE);
      by_hand.tag_length = 12;
      by_hand.tag_length_untold = TRUE;
      assert_opens_with_own_key (f, FALSE);
      by_hand.tag_length_untold = FALSE;
    }
  }
  f->reply.by_hand = NULL;
}

static void
test_gcm_malformed (CodecFixture *f, gconstpointer data)
{
  g_autoptr (GBytes) nothing = g_bytes_new_static ("", 0);
  EnvelopeSpec by_hand = { .cipher = EVP_aes_128_gcm (), .nonce_length = 12, .tag_length = 11 };

  f->reply.by_hand = &by_hand;
  codec_fixture_assert_refused (f, SCEP_POLICY_DEFAULT, SCEP_ERROR_MALFORMED_REPLY);
  by_hand.tag_length = 16;
  by_hand.nonce_length = 16;
  codec_fixture_assert_refused (f, SCEP_POLICY_DEFAULT, SCEP_ERROR_MALFORMED_REPLY);
  by_hand.nonce_length = 8;
  codec_fixture_assert_refused (f, SCEP_POLICY_DEFAULT, SCEP_ERROR_MALFORMED_REPLY);
  by_hand.nonce_length = 12;
  codec_fixture_assert_refused (f, SCEP_POLICY_STRICT, SCEP_ERROR_WEAK_ALGORITHM);
  f->reply.plain = nothing;
  codec_fixture_assert_refused (f, SCEP_POLICY_DEFAULT, SCEP_ERROR_MALFORMED_REPLY);
  f->reply.by_hand = NULL;
}

/* There is a word about it; a tag that is wrong opens nothing. */
static void
test_gcm_warning (CodecFixture *f, gconstpointer data)
{
  EnvelopeSpec by_hand = { .cipher = EVP_aes_256_gcm (), .nonce_length = 12, .tag_length = 16 };
  g_autoptr (ScepCertRep) rep = NULL;
  g_autoptr (ScepCertRep) wrong = NULL;
  g_autoptr (GPtrArray) certificates = NULL;
  g_autoptr (GError) error = NULL;

  f->reply.by_hand = &by_hand;
  rep = believe (f);
  g_assert_cmpint (scep_cert_rep_get_warnings (rep), ==, SCEP_WARNING_LEGACY_REPLY);
  by_hand.tag_wrong = TRUE;
  wrong = believe (f);
  g_assert_false (codec_fixture_open (f, wrong, &certificates, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_DECRYPT_FAILED);
  f->reply.by_hand = NULL;
}

/* RFC 5652 section 6.1 lets it be there, and nothing in it is for us. */
static void
test_originator_info (CodecFixture *f, gconstpointer data)
{
  EnvelopeSpec by_hand = { .cipher = EVP_aes_128_cbc () };

  f->reply.by_hand = &by_hand;
  for (by_hand.originator = ENVELOPE_ORIGINATOR_EMPTY;
       by_hand.originator <= ENVELOPE_ORIGINATOR_CERTIFICATE; by_hand.originator++)
    assert_opens_with_own_key (f, FALSE);
  f->reply.by_hand = NULL;
}

/* A key that does not fit opens nothing, and it does not show where it failed. */
static void
assert_other_key_fails (CodecFixture *f)
{
  g_autoptr (ScepCertRep) rep = believe (f);
  g_autoptr (GBytes) pkcs8 = get_pkcs8 (f->ra);
  g_autoptr (GBytes) wrapped = NULL;
  g_autoptr (GBytes) key = NULL;
  g_autoptr (GError) error = NULL;
  ScepKeyWrap wrap;
  gsize key_length;

  scep_cert_rep_get_wrapped_key (rep, f->own, &wrap, &wrapped, &key_length, &error);
  g_assert_no_error (error);
  key = scep_private_key_unwrap (pkcs8, wrap, wrapped, key_length, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_bytes_get_size (key), ==, key_length);
  g_assert_false (scep_cert_rep_open (rep, key, NULL, NULL, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_DECRYPT_FAILED);
}

static void
test_other_key (CodecFixture *f, gconstpointer data)
{
  assert_other_key_fails (f);
  f->reply.flags = TEST_REPLY_OAEP;
  assert_other_key_fails (f);
}

static GBytes *
build (CodecFixture *f, ScepCipher cipher)
{
  g_autoptr (GBytes) plain = g_bytes_new_static ("a request", 9);
  g_autoptr (GError) error = NULL;
  GBytes *der = scep_enveloped_data_build (f->own, cipher, plain, &error);

  g_assert_no_error (error);
  return der;
}

static void
test_round_trip (CodecFixture *f, gconstpointer data)
{
  g_autoptr (GBytes) der = build (f, SCEP_CIPHER_AES256_CBC);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepEnvelopedData) envelope = scep_enveloped_data_parse (der, &error);
  g_autoptr (GBytes) pkcs8 = get_pkcs8 (f->device);
  g_autoptr (GBytes) wrapped = NULL;
  g_autoptr (GBytes) key = NULL;
  g_autoptr (GBytes) plain = NULL;
  gboolean is_good = FALSE;
  ScepKeyWrap wrap;

  g_assert_no_error (error);
  g_assert_cmpint (scep_enveloped_data_get_cipher (envelope), ==, SCEP_CIPHER_AES256_CBC);
  scep_enveloped_data_get_wrapped_key (envelope, f->own, &wrap, &wrapped, &error);
  g_assert_no_error (error);
  key = scep_private_key_unwrap (pkcs8, wrap, wrapped, 32, &error);
  plain = scep_enveloped_data_decrypt (envelope, key, &is_good, &error);
  g_assert_no_error (error);
  g_assert_true (is_good);
  g_assert_cmpmem (g_bytes_get_data (plain, NULL), g_bytes_get_size (plain), "a request", 9);
}

/* Nothing that arrives may crash: every byte changed, and every length. */
static void
test_damaged (CodecFixture *f, gconstpointer data)
{
  g_autoptr (GBytes) der = build (f, SCEP_CIPHER_AES128_CBC);
  gsize size;
  const guint8 *bytes = g_bytes_get_data (der, &size);

  for (gsize i = 0; i < size; i++) {
    guint8 *octets = g_memdup2 (bytes, size);
    g_autoptr (GBytes) changed = g_bytes_new_take (octets, size);
    g_autoptr (GBytes) part = g_bytes_new (bytes, i);
    g_autoptr (GError) error = NULL;
    g_autoptr (GError) part_error = NULL;
    g_autoptr (ScepEnvelopedData) envelope = NULL;

    octets[i] ^= (guint8) (0x80 >> i % 8);
    envelope = scep_enveloped_data_parse (changed, &error);
    g_assert_true ((envelope == NULL) == (error != NULL));
    g_assert_null (scep_enveloped_data_parse (part, &part_error));
    g_assert_error (part_error, SCEP_ERROR, SCEP_ERROR_MALFORMED_REPLY);
  }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  codec_test_add ("/enveloped-data/for-somebody-else", test_for_somebody_else);
  codec_test_add ("/enveloped-data/oaep-of-another-digest", test_oaep_of_another_digest);
  codec_test_add ("/enveloped-data/several-recipients", test_several_recipients);
  codec_test_add ("/enveloped-data/oaep", test_oaep);
  codec_test_add ("/enveloped-data/own-key", test_own_key);
  codec_test_add ("/enveloped-data/oaep/sha2", test_oaep_sha2);
  codec_test_add ("/enveloped-data/gcm", test_gcm);
  codec_test_add ("/enveloped-data/gcm/malformed", test_gcm_malformed);
  codec_test_add ("/enveloped-data/gcm/warning", test_gcm_warning);
  codec_test_add ("/enveloped-data/originator-info", test_originator_info);
  codec_test_add ("/enveloped-data/other-key", test_other_key);
  codec_test_add ("/enveloped-data/round-trip", test_round_trip);
  codec_test_add ("/enveloped-data/damaged", test_damaged);
  return g_test_run ();
}
