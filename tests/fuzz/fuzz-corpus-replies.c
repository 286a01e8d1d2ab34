/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The corpora of what a server answers to a message. */
#include "fuzz-corpus.h"

#include "fuzz-der.h"
#include "openssl-crl.h"

#include <string.h>

#define TRANSACTION_ID "0123456789ABCDEF0123456789ABCDEF01234567"

static FuzzDer *
get_content (FuzzDer *info)
{
  return fuzz_der_child (fuzz_der_child (info, 1), 0);
}

/* Puts key and content in clear into @message, as fuzz_seal_reply() takes them. */
static GBytes *
uncover (GBytes *message, GBytes *plain, gsize key_size)
{
  g_autoptr (FuzzDer) root = fuzz_der_parse (message);
  FuzzDer *octets = fuzz_der_child (fuzz_der_child (fuzz_der_child (get_content (root), 2), 1), 0);
  FuzzDer *envelope = get_content (fuzz_der_child (octets, 0));
  FuzzDer *recipient = fuzz_der_child (fuzz_der_find (envelope, 0x31), 0);
  FuzzDer *content = fuzz_der_find (envelope, 0x30);
  g_autofree guint8 *octets_of_key = g_malloc (key_size);
  g_autoptr (GBytes) key = NULL;

  memset (octets_of_key, 'k', key_size);
  key = g_bytes_new (octets_of_key, key_size);
  fuzz_der_set_content (fuzz_der_last (recipient), key);
  fuzz_der_set_content (fuzz_der_child (content, 2), plain);
  return fuzz_der_encode (root);
}

static void
write_clear_reply (Corpus *corpus, const char *name, GBytes *plain, const EVP_CIPHER *cipher)
{
  TestReply reply = {
    .signer = corpus->ra,
    .recipient = corpus->device,
    .issued = corpus->device->certificate,
    .transaction_id = TRANSACTION_ID,
    .message_type = "3",
    .pki_status = "0",
    .recipient_nonce = corpus->nonce,
    .cipher = cipher,
    .digest = EVP_sha256 (),
    .flags = TEST_REPLY_NO_CERTIFICATES,
  };
  g_autoptr (GBytes) message = test_reply_build (&reply);
  g_autoptr (GBytes) clear = uncover (message, plain, (gsize) EVP_CIPHER_get_key_length (cipher));

  corpus_save (corpus, "cert-rep", name, clear);
}

/* Replies that are encrypted and signed only when they are read. */
static void
write_clear_replies (Corpus *corpus)
{
  g_autoptr (TestIdentity) issued = corpus_make_rich (corpus, corpus->device->key);
  g_autoptr (TestIdentity) other = corpus_make_rich (corpus, NULL);
  X509 *all[] = { issued->certificate, corpus->ca->certificate };
  /* As a GetCert is answered: somebody's certificate, of this CA or not. */
  X509 *strangers[] = { other->certificate, corpus->device->certificate, corpus->ra->certificate };
  g_autoptr (GBytes) one = test_degenerate_build (all, 1);
  g_autoptr (GBytes) two = test_degenerate_build (all, G_N_ELEMENTS (all));
  g_autoptr (GBytes) none = test_degenerate_build (NULL, 0);
  g_autoptr (GBytes) foreign = test_degenerate_build (strangers, G_N_ELEMENTS (strangers));

  write_clear_reply (corpus, "clear-one", one, EVP_aes_128_cbc ());
  write_clear_reply (corpus, "clear-chain", two, EVP_des_ede3_cbc ());
  write_clear_reply (corpus, "clear-none", none, EVP_aes_128_cbc ());
  write_clear_reply (corpus, "clear-get-cert", foreign, EVP_aes_128_cbc ());
}

/* The same, as a GetCRL is answered. */
static void
write_clear_crls (Corpus *corpus)
{
  gint64 today = g_get_real_time () / G_USEC_PER_SEC;
  TestCrlSpec plain = {
    .this_update = today, .next_update = today + 604800, .number = 5, .n_entries = 2
  };
  TestCrlSpec delta = {
    .this_update = today, .next_update = today + 604800, .number = 6, .n_entries = 1, .delta = TRUE
  };
  TestCrlSpec critical = { .this_update = today - 9,
                           .number = 7,
                           .distribution_point = "critical,onlyuser:TRUE",
                           .critical = TRUE };
  GBytes *crls[] = { test_crl_new (corpus->ca->certificate, corpus->ca->key, &plain),
                     test_crl_new (corpus->ca->certificate, corpus->ca->key, &delta),
                     test_crl_new (corpus->ca->certificate, corpus->ca->key, &critical) };
  g_autoptr (GBytes) one = test_crl_wrap (crls, 1);
  g_autoptr (GBytes) odd = test_crl_wrap (crls + 2, 1);
  g_autoptr (GBytes) all = test_crl_wrap (crls, G_N_ELEMENTS (crls));

  write_clear_reply (corpus, "clear-crl", one, EVP_aes_256_cbc ());
  write_clear_reply (corpus, "clear-crl-odd", odd, EVP_aes_128_cbc ());
  write_clear_reply (corpus, "clear-crls", all, EVP_aes_128_cbc ());
  /* As very old servers did it. */
  write_clear_reply (corpus, "clear-crl-bare", crls[0], EVP_des_ede3_cbc ());
  for (guint i = 0; i < G_N_ELEMENTS (crls); i++)
    g_bytes_unref (crls[i]);
}

/* How servers say no, or not yet. */
static void
write_refusals (Corpus *corpus)
{
  const TestReply rows[] = {
    { .pki_status = "2",
      .fail_info = "2",
      .hresult = "-2147024809",
      .flags = TEST_REPLY_DUMMY_CONTENT | TEST_REPLY_NO_CERTIFICATES },
    { .pki_status = "2", .fail_info = "14606", .hresult = "4294967295", .fail_info_text = "" },
    { .pki_status = "2", .fail_info_text = "\x1b[2J\r\nno", .hresult = "0x80094012" },
    { .pki_status = "2", .fail_info = "", .flags = TEST_REPLY_BER | TEST_REPLY_DUMMY_CONTENT },
    { .pki_status = "3",
      .fail_info = "0",
      .flags = TEST_REPLY_BER | TEST_REPLY_DUMMY_CONTENT | TEST_REPLY_KEY_ID },
    { .pki_status = "3", .flags = TEST_REPLY_NO_PARAMETERS | TEST_REPLY_NO_CERTIFICATES },
    { .pki_status = "4", .fail_info = "1" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    TestReply reply = rows[i];
    g_autofree char *name = g_strdup_printf ("refusal-%u", i);
    g_autoptr (GBytes) message = NULL;

    reply.signer = corpus->ra;
    reply.transaction_id = TRANSACTION_ID;
    reply.message_type = "3";
    reply.recipient_nonce = corpus->nonce;
    reply.cipher = EVP_aes_128_cbc ();
    reply.digest = EVP_sha256 ();
    message = test_reply_build (&reply);
    corpus_save (corpus, "cert-rep", name, message);
  }
}

/* The EnvelopedData in a CertRep. */
static GBytes *
get_envelope (GBytes *reply)
{
  BIO *in = BIO_new_mem_buf (g_bytes_get_data (reply, NULL), (int) g_bytes_get_size (reply));
  CMS_ContentInfo *cms = d2i_CMS_bio (in, NULL);
  ASN1_OCTET_STRING **content = CMS_get0_content (cms);
  GBytes *envelope =
      g_bytes_new (ASN1_STRING_get0_data (*content), (gsize) ASN1_STRING_length (*content));

  CMS_ContentInfo_free (cms);
  BIO_free (in);
  return envelope;
}

static void
write_replies (Corpus *corpus)
{
  const struct {
    const char *name;
    const EVP_CIPHER *cipher;
    const char *status;
    TestReplyFlags flags;
  } rows[] = {
    { "success", EVP_aes_128_cbc (), "0", TEST_REPLY_PLAIN },
    { "ber", EVP_aes_128_cbc (), "0", TEST_REPLY_BER },
    { "aes256-oaep", EVP_aes_256_cbc (), "0", TEST_REPLY_OAEP | TEST_REPLY_NO_CERTIFICATES },
    { "oaep-sha256", EVP_aes_128_cbc (), "0", TEST_REPLY_OAEP_SHA256 | TEST_REPLY_KEY_ID },
    { "des3", EVP_des_ede3_cbc (), "0", TEST_REPLY_NO_PARAMETERS },
    { "des", EVP_des_cbc (), "0", TEST_REPLY_NAMES_DIGEST },
    { "pending", EVP_aes_128_cbc (), "3", TEST_REPLY_EMPTY_CONTENT },
    { "pending-dummy", EVP_aes_128_cbc (), "3", TEST_REPLY_DUMMY_CONTENT },
    { "failure", EVP_aes_128_cbc (), "2", TEST_REPLY_EMPTY_CONTENT },
    { "two-values", EVP_aes_128_cbc (), "3", TEST_REPLY_TWO_VALUES },
    { "two-signers", EVP_aes_128_cbc (), "3", TEST_REPLY_TWO_SIGNERS },
    { "no-attributes", EVP_aes_128_cbc (), "0", TEST_REPLY_NO_ATTRIBUTES },
    { "newline", EVP_aes_128_cbc (), "0", TEST_REPLY_TRAILING_NEWLINE },
    { "unsigned-status", EVP_aes_128_cbc (), "0", TEST_REPLY_UNSIGNED_STATUS },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    gboolean refused = rows[i].status[0] == '2';
    gboolean opened = rows[i].status[0] == '0' && rows[i].flags < TEST_REPLY_TRAILING_NEWLINE;
    TestReply reply = {
      .signer = corpus->ra,
      .recipient = corpus->device,
      .issued = corpus->device->certificate,
      .transaction_id = TRANSACTION_ID,
      .message_type = "3",
      .pki_status = rows[i].status,
      .fail_info = refused ? "2" : NULL,
      .fail_info_text = refused ? "Das Gerät ist unbekannt" : NULL,
      .hresult = refused ? "-2146885613" : NULL,
      .recipient_nonce = corpus->nonce,
      .cipher = rows[i].cipher,
      .digest = EVP_sha256 (),
      .flags = rows[i].flags,
    };
    g_autoptr (GBytes) message = test_reply_build (&reply);
    g_autoptr (GBytes) envelope = opened ? get_envelope (message) : NULL;

    corpus_save (corpus, "cert-rep", rows[i].name, message);
    if (envelope != NULL)
      corpus_save (corpus, "enveloped-data", rows[i].name, envelope);
  }
}

/* What OpenSSL's CMS does not make. */
static void
write_by_hand (Corpus *corpus)
{
  EnvelopeSpec rows[] = {
    { .cipher = EVP_aes_128_gcm () },
    { .cipher = EVP_aes_256_gcm (),
      .gcm_form = ENVELOPE_GCM_PRIMITIVE,
      .hash = EVP_sha256 (),
      .mask = EVP_sha256 (),
      .mask_untold = TRUE },
    { .cipher = EVP_aes_128_gcm (),
      .gcm_form = ENVELOPE_GCM_NESTED,
      .tag_length = 12,
      .tag_length_untold = TRUE },
    { .cipher = EVP_aes_128_cbc (),
      .hash = EVP_sha384 (),
      .mask = EVP_sha1 (),
      .originator = ENVELOPE_ORIGINATOR_CERTIFICATE },
    { .cipher = EVP_aes_128_cbc (), .originator = ENVELOPE_ORIGINATOR_EMPTY },
  };
  const TestReplyFlags flags[] = { TEST_REPLY_PLAIN, TEST_REPLY_PLAIN, TEST_REPLY_ENVELOPED_TYPE,
                                   TEST_REPLY_ODD_ATTRIBUTES, TEST_REPLY_PLAIN };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    TestReply reply = {
      .signer = corpus->ra,
      .recipient = corpus->device,
      .issued = corpus->device->certificate,
      .transaction_id = TRANSACTION_ID,
      .message_type = "3",
      .pki_status = "0",
      .recipient_nonce = corpus->nonce,
      .digest = EVP_sha256 (),
      .flags = flags[i],
      .by_hand = &rows[i],
    };
    g_autofree char *name = g_strdup_printf ("by-hand-%u", i);
    g_autoptr (GBytes) message = NULL;
    g_autoptr (GBytes) envelope = NULL;

    rows[i].nonce_length = 12;
    if (rows[i].tag_length == 0)
      rows[i].tag_length = 16;
    message = test_reply_build (&reply);
    envelope = get_envelope (message);
    corpus_save (corpus, "cert-rep", name, message);
    corpus_save (corpus, "enveloped-data", name, envelope);
  }
}

void
corpus_write_replies (Corpus *corpus)
{
  write_replies (corpus);
  write_by_hand (corpus);
  write_refusals (corpus);
  write_clear_replies (corpus);
  write_clear_crls (corpus);
}
