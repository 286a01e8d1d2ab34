/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* memmem() */
#define _GNU_SOURCE

#include "codec/scep-cert-rep.h"

#include "codec-fixture.h"

#include <string.h>

static void
test_transaction_id (CodecFixture *f, gconstpointer data)
{
  /* Absent, empty, a prefix, longer, other case, another one of the same length. */
  static const char *const wrong[] = {
    NULL,
    "",
    "0123456789ABCDEF",
    "0123456789ABCDEF0123456789ABCDEF0123456789",
    "0123456789abcdef0123456789abcdef01234567",
    "1123456789ABCDEF0123456789ABCDEF01234567",
  };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
    f->reply.transaction_id = wrong[i];
    codec_fixture_assert_refused (f, SCEP_POLICY_DEFAULT, SCEP_ERROR_TRANSACTION_MISMATCH);
  }
  /* What stands behind a NUL counts, too. */
  f->reply.transaction_id = f->transaction_id;
  f->reply.flags = TEST_REPLY_NUL;
  codec_fixture_assert_refused (f, SCEP_POLICY_DEFAULT, SCEP_ERROR_TRANSACTION_MISMATCH);
}

static void
test_message_type (CodecFixture *f, gconstpointer data)
{
  static const char *const wrong[] = { NULL, "", "03", "3 ", "33", "19", "-3" };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
    f->reply.message_type = wrong[i];
    codec_fixture_assert_refused (f, SCEP_POLICY_DEFAULT, SCEP_ERROR_MALFORMED_REPLY);
  }
}

static void
test_pki_status (CodecFixture *f, gconstpointer data)
{
  static const char *const wrong[] = { NULL, "", "1", "03", "3 ", "33", "00", "4", "-1" };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
    f->reply.pki_status = wrong[i];
    codec_fixture_assert_refused (f, SCEP_POLICY_DEFAULT, SCEP_ERROR_MALFORMED_REPLY);
  }
}

static void
assert_nonce_refused (CodecFixture *f, gconstpointer nonce, gsize length)
{
  g_autoptr (GBytes) wrong = g_bytes_new (nonce, length);

  f->reply.recipient_nonce = wrong;
  codec_fixture_assert_refused (f, SCEP_POLICY_DEFAULT, SCEP_ERROR_NONCE_MISMATCH);
}

static void
test_nonce (CodecFixture *f, gconstpointer data)
{
  assert_nonce_refused (f, "", 0);
  assert_nonce_refused (f, "sixteen ", 8);
  assert_nonce_refused (f, "sixteen bytes...", 15);
  assert_nonce_refused (f, "sixteen bytes....", 17);
  assert_nonce_refused (f, "sixteen bytes,,,", 16);
  f->reply.recipient_nonce = NULL;
  codec_fixture_assert_refused (f, SCEP_POLICY_DEFAULT, SCEP_ERROR_NONCE_MISMATCH);
}

/* A reply that somebody else signed is told by its signature, whatever it says. */
static void
test_signature_comes_first (CodecFixture *f, gconstpointer data)
{
  f->reply.signer = f->stranger;
  f->reply.transaction_id = "another";
  f->reply.message_type = "19";
  f->reply.recipient_nonce = NULL;
  codec_fixture_assert_refused (f, SCEP_POLICY_DEFAULT, SCEP_ERROR_SIGNATURE_INVALID);
}

static void
assert_body_refused (CodecFixture *f, gconstpointer body, gsize length, const char *told)
{
  g_autoptr (GBytes) bytes = g_bytes_new (body, length);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCertRep) rep = codec_fixture_verify_bytes (f, bytes, SCEP_POLICY_DEFAULT, &error);

  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_MALFORMED_REPLY);
  g_assert_null (rep);
  g_assert_nonnull (strstr (error->message, told));
}

#define ASSERT_TEXT_REFUSED(f, text, told) assert_body_refused (f, text, strlen (text), told)

static void
test_not_scep (CodecFixture *f, gconstpointer data)
{
  ASSERT_TEXT_REFUSED (f, "", "empty");
  ASSERT_TEXT_REFUSED (f, "<html><body>500</body></html>", "web page");
  ASSERT_TEXT_REFUSED (f, "0 errors, but no reply", "text");
  ASSERT_TEXT_REFUSED (f, "-----BEGIN CMS-----\nMIIB\n-----END CMS-----\n", "PEM");
  assert_body_refused (f, "\x04\x00", 2, "unknown format");
  assert_body_refused (f, "\x30", 1, "ASN.1");
  assert_body_refused (f, "\x30\x00", 2, "");
  assert_body_refused (f, "\x30\x80\x00\x00", 4, "");
}

static void
test_cut_off (CodecFixture *f, gconstpointer data)
{
  g_autoptr (GBytes) message = test_reply_build (&f->reply);
  gsize size = g_bytes_get_size (message);

  for (gsize length = 0; length < size; length += length < 200 ? 1 : 23) {
    /* A copy of its own, so that reading beyond it shows. */
    g_autoptr (GBytes) part = g_bytes_new (g_bytes_get_data (message, NULL), length);
    g_autoptr (GError) error = NULL;
    g_autoptr (ScepCertRep) rep = codec_fixture_verify_bytes (f, part, SCEP_POLICY_DEFAULT, &error);

    g_assert_error (error, SCEP_ERROR, SCEP_ERROR_MALFORMED_REPLY);
    g_assert_null (rep);
  }
}

/* A body of two bytes, and such a field anywhere: all that is there is missing. */
static void
test_empty_sequence (CodecFixture *f, gconstpointer data)
{
  g_autoptr (GBytes) body = g_bytes_new_static ("\x30\x00", 2);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCertRep) rep = codec_fixture_verify_bytes (f, body, SCEP_POLICY_LEGACY, &error);

  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_MALFORMED_REPLY);
  g_assert_null (strstr (error->message, "null"));
  g_assert_null (rep);
}

static void
test_trailing_garbage (CodecFixture *f, gconstpointer data)
{
  g_autoptr (GBytes) message = test_reply_build (&f->reply);
  gsize size;
  guint8 *copy = g_bytes_unref_to_data (g_steal_pointer (&message), &size);

  copy = g_realloc (copy, size + 1);
  copy[size] = 'x';
  assert_body_refused (f, copy, size + 1, "belong");
  g_free (copy);
}

/* Whatever bit changes: the reply is refused, or what it says is the same. */
static void
test_every_changed_byte (CodecFixture *f, gconstpointer data)
{
  g_autoptr (GBytes) message = NULL;
  gsize size;
  const guint8 *bytes;

  f->reply.pki_status = "3";
  f->reply.recipient = NULL;
  f->reply.flags = TEST_REPLY_NO_CERTIFICATES;
  message = test_reply_build (&f->reply);
  bytes = g_bytes_get_data (message, &size);
  for (gsize i = 0; i < size; i++) {
    guint8 *changed = g_memdup2 (bytes, size);
    g_autoptr (GBytes) body = g_bytes_new_take (changed, size);
    g_autoptr (GError) error = NULL;
    g_autoptr (ScepCertRep) rep = NULL;

    changed[i] ^= (guint8) (1 << i % 8);
    rep = codec_fixture_verify_bytes (f, body, SCEP_POLICY_DEFAULT, &error);
    g_assert_true ((rep == NULL) == (error != NULL));
    if (rep != NULL)
      g_assert_cmpint (scep_cert_rep_get_status (rep), ==, SCEP_PKI_STATUS_PENDING);
  }
}

static void
test_success_without_content (CodecFixture *f, gconstpointer data)
{
  f->reply.recipient = NULL;
  codec_fixture_assert_refused (f, SCEP_POLICY_DEFAULT, SCEP_ERROR_MALFORMED_REPLY);
  f->reply.flags = TEST_REPLY_EMPTY_CONTENT;
  codec_fixture_assert_refused (f, SCEP_POLICY_DEFAULT, SCEP_ERROR_MALFORMED_REPLY);
  f->reply.flags = TEST_REPLY_DUMMY_CONTENT;
  codec_fixture_assert_refused (f, SCEP_POLICY_DEFAULT, SCEP_ERROR_MALFORMED_REPLY);
}

static void
assert_status (CodecFixture *f, ScepPkiStatus status)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCertRep) rep = codec_fixture_verify (f, SCEP_POLICY_STRICT, &error);
  g_autoptr (GError) failure = NULL;

  g_assert_no_error (error);
  g_assert_cmpint (scep_cert_rep_get_status (rep), ==, status);
  g_assert_cmpint (scep_cert_rep_get_warnings (rep), ==, SCEP_WARNING_NONE);
  failure = scep_cert_rep_get_failure (rep);
  g_assert_true ((failure != NULL) == (status == SCEP_PKI_STATUS_FAILURE));
}

/* What stands where there should be nothing differs from server to server. */
static void
assert_status_with_any_content (CodecFixture *f, ScepPkiStatus status)
{
  static const TestReplyFlags flags[] = { TEST_REPLY_PLAIN, TEST_REPLY_EMPTY_CONTENT,
                                          TEST_REPLY_DUMMY_CONTENT,
                                          TEST_REPLY_DUMMY_CONTENT | TEST_REPLY_BER,
                                          TEST_REPLY_NO_CERTIFICATES };

  for (guint i = 0; i < G_N_ELEMENTS (flags); i++) {
    f->reply.recipient = NULL;
    f->reply.flags = flags[i];
    assert_status (f, status);
  }
  f->reply.recipient = f->device;
  f->reply.flags = TEST_REPLY_PLAIN;
  assert_status (f, status);
}

static void
test_pending (CodecFixture *f, gconstpointer data)
{
  f->reply.pki_status = "3";
  assert_status_with_any_content (f, SCEP_PKI_STATUS_PENDING);
}

static void
test_failure (CodecFixture *f, gconstpointer data)
{
  f->reply.pki_status = "2";
  f->reply.fail_info = "2";
  assert_status_with_any_content (f, SCEP_PKI_STATUS_FAILURE);
}

static void
assert_policy (CodecFixture *f, ScepPolicy policy, ScepWarnings expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCertRep) rep = codec_fixture_verify (f, policy, &error);

  g_assert_no_error (error);
  g_assert_cmpint (scep_cert_rep_get_warnings (rep), ==, expected);
  codec_fixture_assert_opens (f, policy);
}

static void
test_des (CodecFixture *f, gconstpointer data)
{
  f->reply.cipher = EVP_des_cbc ();
  codec_fixture_assert_refused (f, SCEP_POLICY_STRICT, SCEP_ERROR_WEAK_ALGORITHM);
  assert_policy (f, SCEP_POLICY_DEFAULT, SCEP_WARNING_LEGACY_REPLY);
  assert_policy (f, SCEP_POLICY_LEGACY, SCEP_WARNING_LEGACY_REPLY);
}

static void
test_des3 (CodecFixture *f, gconstpointer data)
{
  f->reply.cipher = EVP_des_ede3_cbc ();
  codec_fixture_assert_refused (f, SCEP_POLICY_STRICT, SCEP_ERROR_WEAK_ALGORITHM);
  assert_policy (f, SCEP_POLICY_DEFAULT, SCEP_WARNING_NONE);
}

static void
test_aes (CodecFixture *f, gconstpointer data)
{
  const EVP_CIPHER *ciphers[] = { EVP_aes_128_cbc (), EVP_aes_192_cbc (), EVP_aes_256_cbc () };

  for (guint i = 0; i < G_N_ELEMENTS (ciphers); i++) {
    f->reply.cipher = ciphers[i];
    assert_policy (f, SCEP_POLICY_STRICT, SCEP_WARNING_NONE);
  }
}

static void
test_unknown_cipher (CodecFixture *f, gconstpointer data)
{
  f->reply.cipher = EVP_camellia_128_cbc ();
  codec_fixture_assert_refused (f, SCEP_POLICY_LEGACY, SCEP_ERROR_UNSUPPORTED);
}

static void
test_wrong_key (CodecFixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCertRep) rep = codec_fixture_verify (f, SCEP_POLICY_DEFAULT, &error);
  g_autofree char *words = NULL;

  g_assert_no_error (error);
  /* About one wrong key in 256 finds padding that looks right: the words stay the same. */
  for (guint8 i = 0; i < 255; i++) {
    guint8 octets[16] = { i };
    g_autoptr (GBytes) key = g_bytes_new (octets, sizeof octets);
    g_autoptr (GPtrArray) certificates = NULL;

    g_assert_false (scep_cert_rep_open (rep, key, &certificates, NULL, &error));
    g_assert_error (error, SCEP_ERROR, SCEP_ERROR_DECRYPT_FAILED);
    g_assert_null (certificates);
    if (words == NULL)
      words = g_strdup (error->message);
    g_assert_cmpstr (error->message, ==, words);
    g_clear_error (&error);
  }
}

static char *
assert_cannot_open (CodecFixture *f, GBytes *plain, TestReplyFlags flags)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCertRep) rep = NULL;

  f->reply.plain = plain;
  f->reply.flags = flags;
  rep = codec_fixture_verify (f, SCEP_POLICY_DEFAULT, &error);
  g_assert_no_error (error);
  g_assert_false (codec_fixture_open (f, rep, NULL, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_DECRYPT_FAILED);
  return g_strdup (error->message);
}

/* A list of certificates and some zeros, which may stand behind it: whole blocks. */
static GBytes *
make_whole_blocks (void)
{
  for (guint letters = 1;; letters++) {
    g_autofree char *name = g_strnfill (letters, 'x');
    g_autoptr (TestIdentity) identity = test_identity_new (name, NULL, 1, 1024);
    g_autoptr (GBytes) list = test_degenerate_build (&identity->certificate, 1);
    gsize length = g_bytes_get_size (list);
    gsize size = (length + 15) / 16 * 16;
    guint8 *padded;

    if (size - length < 2 || size - length > 3)
      continue;
    padded = g_malloc0 (size);
    memcpy (padded, g_bytes_get_data (list, NULL), length);
    return g_bytes_new_take (padded, size);
  }
}

/* Nobody learns whether the padding was wrong or what stands before it: the words are the same. */
static void
test_wrong_content (CodecFixture *f, gconstpointer data)
{
  g_autoptr (GBytes) nonsense = g_bytes_new_static ("no certificates", 15);
  g_autoptr (GBytes) good = make_whole_blocks ();
  g_autofree char *content = assert_cannot_open (f, nonsense, TEST_REPLY_PLAIN);
  g_autofree char *padding = assert_cannot_open (f, good, TEST_REPLY_NO_PADDING);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCertRep) rep = NULL;

  g_assert_cmpstr (content, ==, padding);
  f->reply.flags = TEST_REPLY_PLAIN;
  rep = codec_fixture_verify (f, SCEP_POLICY_DEFAULT, &error);
  g_assert_true (codec_fixture_open (f, rep, NULL, &error));
}

/* Once there is a list, the key was right: what cannot be read in it is named. */
static void
test_unreadable_certificate (CodecFixture *f, gconstpointer data)
{
  g_autoptr (GBytes) list = test_degenerate_build (&f->device->certificate, 1);
  gsize size;
  guint8 *copy = g_bytes_unref_to_data (g_steal_pointer (&list), &size);
  guint8 *version = memmem (copy, size, "\xa0\x03\x02\x01\x02", 5);
  g_autoptr (GBytes) plain = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCertRep) rep = NULL;

  g_assert_nonnull (version);
  version[2] = 0x04;
  plain = g_bytes_new_take (copy, size);
  f->reply.plain = plain;
  rep = codec_fixture_verify (f, SCEP_POLICY_DEFAULT, &error);
  g_assert_no_error (error);
  g_assert_false (codec_fixture_open (f, rep, NULL, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_MALFORMED_REPLY);
  g_assert_nonnull (strstr (error->message, "was decrypted, but a certificate in it"));
  g_assert_nonnull (strstr (error->message, "Certificate 1 of the 1"));
}

/* That is for the caller to refuse, who knows what was asked for. */
static void
test_no_certificate_inside (CodecFixture *f, gconstpointer data)
{
  g_autoptr (GBytes) plain = test_degenerate_build (NULL, 0);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCertRep) rep = NULL;
  g_autoptr (GPtrArray) certificates = NULL;

  f->reply.plain = plain;
  rep = codec_fixture_verify (f, SCEP_POLICY_DEFAULT, &error);
  g_assert_no_error (error);
  g_assert_true (codec_fixture_open (f, rep, &certificates, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (certificates->len, ==, 0);
}

static void
test_signer (CodecFixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCertRep) rep = codec_fixture_verify (f, SCEP_POLICY_DEFAULT, &error);

  g_assert_no_error (error);
  g_assert_true (scep_cert_rep_get_signer (rep) == g_ptr_array_index (f->signers, 1));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  codec_test_add ("/cert-rep/transaction-id", test_transaction_id);
  codec_test_add ("/cert-rep/message-type", test_message_type);
  codec_test_add ("/cert-rep/pki-status", test_pki_status);
  codec_test_add ("/cert-rep/nonce", test_nonce);
  codec_test_add ("/cert-rep/signature-comes-first", test_signature_comes_first);
  codec_test_add ("/cert-rep/not-scep", test_not_scep);
  codec_test_add ("/cert-rep/cut-off", test_cut_off);
  codec_test_add ("/cert-rep/empty-sequence", test_empty_sequence);
  codec_test_add ("/cert-rep/trailing-garbage", test_trailing_garbage);
  codec_test_add ("/cert-rep/every-changed-byte", test_every_changed_byte);
  codec_test_add ("/cert-rep/success-without-content", test_success_without_content);
  codec_test_add ("/cert-rep/pending", test_pending);
  codec_test_add ("/cert-rep/failure", test_failure);
  codec_test_add ("/cert-rep/des", test_des);
  codec_test_add ("/cert-rep/des3", test_des3);
  codec_test_add ("/cert-rep/aes", test_aes);
  codec_test_add ("/cert-rep/unknown-cipher", test_unknown_cipher);
  codec_test_add ("/cert-rep/wrong-key", test_wrong_key);
  codec_test_add ("/cert-rep/wrong-content", test_wrong_content);
  codec_test_add ("/cert-rep/unreadable-certificate", test_unreadable_certificate);
  codec_test_add ("/cert-rep/no-certificate-inside", test_no_certificate_inside);
  codec_test_add ("/cert-rep/signer", test_signer);
  return g_test_run ();
}
