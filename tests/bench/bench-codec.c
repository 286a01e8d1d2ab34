/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the codec adds to the private-key operations of a PKCSReq, and how many CertReps one core
 * verifies and opens. Everything is measured in turns; a figure is a median. */
#include "codec-fixture.h"

#include "codec/scep-csr.h"
#include "codec/scep-gnutls.h"
#include "codec/scep-name.h"
#include "codec/scep-private-key.h"

#include <openssl/pem.h>

#define ROUNDS 200
#define KEY_BITS 2048
/* A PKCSReq signs its CSR and its message. */
#define N_SIGNATURES 2
#define MAX_REQUEST_RATIO 1.15
#define MIN_REPLIES_PER_SECOND 150.0

typedef struct {
  GBytes *pkcs8;        /* (owned) */
  GBytes *spki;         /* (owned) */
  gnutls_privkey_t key; /* (owned): read already */
  GBytes *subject;      /* (owned) */
  GBytes *challenge;    /* (owned) */
} Device;

static void
device_clear (Device *device)
{
  g_bytes_unref (device->pkcs8);
  g_bytes_unref (device->spki);
  gnutls_privkey_deinit (device->key);
  g_bytes_unref (device->subject);
  g_bytes_unref (device->challenge);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Device, device_clear)

static void
device_init (Device *device)
{
  g_autoptr (GError) error = NULL;
  gnutls_datum_t der;

  device->pkcs8 = scep_private_key_generate (KEY_BITS, &error);
  g_assert_no_error (error);
  device->spki = scep_private_key_get_spki (device->pkcs8, &error);
  g_assert_no_error (error);
  device->subject = scep_name_parse ("CN=device-1,O=Example", &error);
  g_assert_no_error (error);
  device->challenge = g_bytes_new_static ("secret", 6);
  der = scep_datum_borrow (device->pkcs8);
  gnutls_privkey_init (&device->key);
  g_assert_cmpint (gnutls_privkey_import_x509_raw (device->key, &der, GNUTLS_X509_FMT_DER, NULL, 0),
                   ==, 0);
}

/* The private-key operations alone. */
static void
sign_only (Device *device)
{
  guint8 text[64] = { 0 };
  gnutls_datum_t data = { text, sizeof text };

  for (guint i = 0; i < N_SIGNATURES; i++) {
    g_auto (ScepDatum) signature = { NULL, 0 };

    g_assert_cmpint (
        gnutls_privkey_sign_data (device->key, GNUTLS_DIG_SHA256, 0, &data, &signature), ==, 0);
  }
}

static GBytes *
build_csr (Device *device)
{
  ScepCsrSpec spec = {
    .subject = device->subject,
    .spki = device->spki,
    .challenge = device->challenge,
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) tbs = scep_csr_build_tbs (&spec, &error);
  g_autoptr (GBytes) signature = NULL;

  g_assert_no_error (error);
  signature = scep_private_key_sign (device->pkcs8, SCEP_DIGEST_SHA256, tbs, &error);
  g_assert_no_error (error);
  return scep_signed_assemble (tbs, SCEP_DIGEST_SHA256, signature);
}

static void
build_request (CodecFixture *f, Device *device)
{
  g_autoptr (GBytes) csr = build_csr (device);
  ScepPkiMessageSpec spec = {
    .type = SCEP_MESSAGE_PKCS_REQ,
    .transaction_id = f->transaction_id,
    .sender_nonce = f->nonce,
    .signer = f->own,
    .recipient = g_ptr_array_index (f->signers, 1),
    .cipher = SCEP_CIPHER_AES128_CBC,
    .digest = SCEP_DIGEST_SHA256,
    .signing_time = 1790000000,
    .message_data = csr,
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepPkiMessageDraft) draft = scep_pki_message_draft_new (&spec, &error);
  g_autoptr (GBytes) signature = NULL;
  g_autoptr (GBytes) message = NULL;

  g_assert_no_error (error);
  signature = scep_private_key_sign (device->pkcs8, SCEP_DIGEST_SHA256,
                                     scep_pki_message_draft_get_tbs (draft), &error);
  g_assert_no_error (error);
  message = scep_pki_message_draft_assemble (draft, signature);
  g_assert_nonnull (message);
}

static void
open_reply (CodecFixture *f, GBytes *pkcs8, GBytes *reply)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCertRep) rep = codec_fixture_verify_bytes (f, reply, SCEP_POLICY_DEFAULT, &error);
  g_autoptr (GBytes) wrapped = NULL;
  g_autoptr (GBytes) key = NULL;
  g_autoptr (GPtrArray) certificates = NULL;
  ScepKeyWrap wrap;
  gsize key_length;

  g_assert_no_error (error);
  scep_cert_rep_get_wrapped_key (rep, f->own, &wrap, &wrapped, &key_length, &error);
  g_assert_no_error (error);
  key = scep_private_key_unwrap (pkcs8, wrap, wrapped, key_length, &error);
  g_assert_no_error (error);
  scep_cert_rep_open (rep, key, &certificates, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (certificates->len, ==, 1);
}

/* The fixture's own key, as the device holds it. */
static GBytes *
export_key (TestIdentity *identity)
{
  BIO *out = BIO_new (BIO_s_mem ());
  g_autoptr (GBytes) pem = NULL;
  g_autoptr (GError) error = NULL;
  GBytes *pkcs8;
  char *text;
  long length;

  g_assert_true (PEM_write_bio_PrivateKey (out, identity->key, NULL, NULL, 0, NULL, NULL));
  length = BIO_get_mem_data (out, &text);
  pem = g_bytes_new (text, (gsize) length);
  BIO_free (out);
  pkcs8 = scep_private_key_from_pem (pem, &error);
  g_assert_no_error (error);
  return pkcs8;
}

static int
compare (gconstpointer a, gconstpointer b)
{
  gint64 left = *(const gint64 *) a;
  gint64 right = *(const gint64 *) b;

  return (left > right) - (left < right);
}

/* Microseconds. */
static double
median (gint64 *times)
{
  qsort (times, ROUNDS, sizeof *times, compare);
  return (double) times[ROUNDS / 2];
}

static void
test_request (CodecFixture *f, gconstpointer data)
{
  g_auto (Device) device = { NULL };
  gint64 alone[ROUNDS];
  gint64 whole[ROUNDS];
  double ratio;

  device_init (&device);
  for (guint i = 0; i < ROUNDS; i++) {
    gint64 begun = g_get_monotonic_time ();
    gint64 between;

    sign_only (&device);
    between = g_get_monotonic_time ();
    build_request (f, &device);
    alone[i] = between - begun;
    whole[i] = g_get_monotonic_time () - between;
  }
  ratio = median (whole) / median (alone);
  g_test_message ("PKCSReq of a %d-bit key: %.2f ms, its %d signatures alone %.2f ms", KEY_BITS,
                  median (whole) / 1000, N_SIGNATURES, median (alone) / 1000);
  g_test_message ("ratio %.2f, allowed %.2f", ratio, MAX_REQUEST_RATIO);
  g_assert_cmpfloat (ratio, <=, MAX_REQUEST_RATIO);
}

static void
test_reply (CodecFixture *f, gconstpointer data)
{
  g_autoptr (GBytes) pkcs8 = export_key (f->device);
  g_autoptr (GBytes) reply = test_reply_build (&f->reply);
  gint64 times[ROUNDS];
  double rate;

  for (guint i = 0; i < ROUNDS; i++) {
    gint64 begun = g_get_monotonic_time ();

    open_reply (f, pkcs8, reply);
    times[i] = g_get_monotonic_time () - begun;
  }
  rate = G_USEC_PER_SEC / median (times);
  g_test_message ("CertReps verified and opened on one core: %.0f a second, at least %.0f", rate,
                  MIN_REPLIES_PER_SECOND);
  g_assert_cmpfloat (rate, >=, MIN_REPLIES_PER_SECOND);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  codec_test_add ("/bench/codec/request", test_request);
  codec_test_add ("/bench/codec/reply", test_reply);
  return g_test_run ();
}
