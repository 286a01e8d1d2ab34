/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec-fixture.h"

#include <openssl/rsa.h>

#define TRANSACTION_ID "0123456789ABCDEF0123456789ABCDEF01234567"

/* Keys take long to make: one set serves the whole program, and lives as long. */
typedef struct {
  TestIdentity *ca;
  TestIdentity *ra;
  TestIdentity *device;
  TestIdentity *stranger;
} Keys;

static const Keys *
get_keys (void)
{
  static Keys keys;

  if (keys.ca == NULL) {
    keys.ca = test_identity_new ("Test CA", NULL, 1, 2048);
    keys.ra = test_identity_new ("Test RA", keys.ca, 2, 2048);
    keys.device = test_identity_new ("device", NULL, 0x00c0ffee, 2048);
    keys.stranger = test_identity_new ("Test RA", keys.ca, 2, 2048);
  }
  return &keys;
}

/**
 * codec_fixture_read:
 *
 * Returns: (transfer full): the certificate of @identity, as the codec reads it
 */
ScepCertificate *
codec_fixture_read (TestIdentity *identity)
{
  g_autoptr (GBytes) der = test_identity_get_der (identity);
  g_autoptr (GError) error = NULL;
  ScepCertificate *certificate = scep_certificate_new (der, &error);

  g_assert_no_error (error);
  return certificate;
}

void
codec_fixture_set_up (CodecFixture *self, gconstpointer data)
{
  const Keys *keys = get_keys ();

  self->ca = keys->ca;
  self->ra = keys->ra;
  self->device = keys->device;
  self->stranger = keys->stranger;
  self->signers = g_ptr_array_new_with_free_func (g_object_unref);
  g_ptr_array_add (self->signers, codec_fixture_read (self->ca));
  g_ptr_array_add (self->signers, codec_fixture_read (self->ra));
  self->own = codec_fixture_read (self->device);
  self->nonce = g_bytes_new_static ("sixteen bytes...", SCEP_NONCE_SIZE);
  self->transaction_id = TRANSACTION_ID;
  self->reply = (TestReply){
    .signer = self->ra,
    .recipient = self->device,
    .issued = self->device->certificate,
    .transaction_id = TRANSACTION_ID,
    .message_type = "3",
    .pki_status = "0",
    .recipient_nonce = self->nonce,
    .cipher = EVP_aes_128_cbc (),
    .digest = EVP_sha256 (),
  };
}

void
codec_fixture_tear_down (CodecFixture *self, gconstpointer data)
{
  g_ptr_array_unref (self->signers);
  g_object_unref (self->own);
  g_bytes_unref (self->nonce);
}

/**
 * codec_fixture_verify_bytes:
 *
 * Returns: (transfer full) (nullable): what the device reads in @message
 */
ScepCertRep *
codec_fixture_verify_bytes (CodecFixture *self, GBytes *message, ScepPolicy policy, GError **error)
{
  ScepCertRepExpectation expectation = {
    .signers = self->signers,
    .policy = policy,
    .transaction_id = self->transaction_id,
    .nonce = self->nonce,
  };

  return scep_cert_rep_verify (message, &expectation, error);
}

/**
 * codec_fixture_verify:
 *
 * Returns: (transfer full) (nullable): what the device reads in its reply
 */
ScepCertRep *
codec_fixture_verify (CodecFixture *self, ScepPolicy policy, GError **error)
{
  g_autoptr (GBytes) message = test_reply_build (&self->reply);

  return codec_fixture_verify_bytes (self, message, policy, error);
}

void
codec_fixture_assert_refused (CodecFixture *self, ScepPolicy policy, ScepError code)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCertRep) rep = codec_fixture_verify (self, policy, &error);

  g_assert_error (error, SCEP_ERROR, (int) code);
  g_assert_null (rep);
}

/**
 * codec_fixture_open:
 *
 * Opens a SUCCESS as the device does, the key unwrapped by OpenSSL.
 *
 * Returns: whether it could be opened
 */
gboolean
codec_fixture_open (CodecFixture *self, ScepCertRep *rep, GPtrArray **certificates, GError **error)
{
  g_autoptr (GBytes) wrapped = NULL;
  g_autoptr (GBytes) key = NULL;
  ScepKeyWrap wrap;
  gsize key_length;

  if (!scep_cert_rep_get_wrapped_key (rep, self->own, &wrap, &wrapped, &key_length, error))
    return FALSE;
  key = test_identity_unwrap (self->device,
                              wrap.is_oaep ? RSA_PKCS1_OAEP_PADDING : RSA_PKCS1_PADDING, wrapped);
  g_assert_cmpuint (g_bytes_get_size (key), ==, key_length);
  return scep_cert_rep_open (rep, key, certificates, NULL, error);
}

/**
 * codec_fixture_assert_opens:
 *
 * The reply is believed, opened, and holds the one certificate that was put in.
 */
void
codec_fixture_assert_opens (CodecFixture *self, ScepPolicy policy)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCertRep) rep = codec_fixture_verify (self, policy, &error);
  g_autoptr (GPtrArray) certificates = NULL;

  g_assert_no_error (error);
  g_assert_cmpint (scep_cert_rep_get_status (rep), ==, SCEP_PKI_STATUS_SUCCESS);
  codec_fixture_open (self, rep, &certificates, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (certificates->len, ==, 1);
  g_assert_true (scep_certificate_equal (g_ptr_array_index (certificates, 0), self->own));
}
