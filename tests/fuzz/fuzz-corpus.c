/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes the corpora of the fuzz targets: messages that OpenSSL makes, texts, and
 * the identities that the targets know. Each run makes new keys.
 */
#include "keystore/scep-keyfile-file.h"
#include "keystore/scep-keyfile-key.h"

#include "codec/scep-private-key.h"
#include "fuzz-der.h"
#include "openssl-crl.h"
#include "openssl-next-ca.h"
#include "openssl-scep.h"

#include <glib/gstdio.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

/* Short keys: a target that signs tries more inputs. */
#define KEY_BITS 1024

#define TRANSACTION_ID "0123456789ABCDEF0123456789ABCDEF01234567"

typedef struct {
  const char *directory;
  TestIdentity *ca;
  TestIdentity *ra;
  TestIdentity *device;
  GBytes *nonce;
} Corpus;

static void
save (Corpus *corpus, const char *folder, const char *name, gconstpointer data, gsize length)
{
  g_autofree char *directory = g_build_filename (corpus->directory, folder, NULL);
  g_autofree char *path = g_build_filename (directory, name, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir_with_parents (directory, 0755), ==, 0);
  g_file_set_contents (path, data, (gssize) length, &error);
  g_assert_no_error (error);
}

static void
save_bytes (Corpus *corpus, const char *folder, const char *name, GBytes *bytes)
{
  gsize length;
  gconstpointer data = g_bytes_get_data (bytes, &length);

  save (corpus, folder, name, data, length);
}

static void
save_texts (Corpus *corpus, const char *folder, const char *const *texts)
{
  for (guint i = 0; texts[i] != NULL; i++) {
    g_autofree char *name = g_strdup_printf ("%02u", i);

    save (corpus, folder, name, texts[i], strlen (texts[i]));
  }
}

static GBytes *
export_key (EVP_PKEY *key)
{
  BIO *out = BIO_new (BIO_s_mem ());
  char *data;
  long length;
  GBytes *der;

  g_assert_true (i2d_PKCS8PrivateKey_bio (out, key, NULL, NULL, 0, NULL, NULL));
  length = BIO_get_mem_data (out, &data);
  der = g_bytes_new (data, (gsize) length);
  BIO_free (out);
  return der;
}

static void
write_identities (Corpus *corpus)
{
  g_autoptr (GBytes) ca = test_identity_get_der (corpus->ca);
  g_autoptr (GBytes) ra = test_identity_get_der (corpus->ra);
  g_autoptr (GBytes) device = test_identity_get_der (corpus->device);
  g_autoptr (GBytes) key = export_key (corpus->device->key);
  g_autoptr (GBytes) ca_key = export_key (corpus->ca->key);
  g_autoptr (GBytes) ra_key = export_key (corpus->ra->key);

  save_bytes (corpus, "identities", "ca-key.der", ca_key);
  save_bytes (corpus, "identities", "ra-key.der", ra_key);
  save_bytes (corpus, "identities", "ca.der", ca);
  save_bytes (corpus, "identities", "ra.der", ra);
  save_bytes (corpus, "identities", "device.der", device);
  save_bytes (corpus, "identities", "device-key.der", key);
}

/* A certificate with every extension that is read. */
static TestIdentity *
make_rich (Corpus *corpus, EVP_PKEY *key)
{
  static const struct {
    int nid;
    const char *value;
  } extensions[] = {
    { NID_subject_alt_name, "DNS:a.example.org,IP:192.0.2.1,IP:2001:db8::1,email:a@example.org,"
                            "URI:urn:x:1,otherName:1.3.6.1.4.1.311.20.2.3;UTF8:a@example.org" },
    { NID_key_usage, "critical,digitalSignature,keyEncipherment" },
    { NID_ext_key_usage, "clientAuth,serverAuth,1.3.6.1.5.5.7.3.14" },
    { NID_authority_key_identifier, "keyid" },
    { NID_crl_distribution_points, "URI:http://ca.example.org/ca.crl" },
  };
  TestIdentity *rich = test_identity_new ("device, \"rich\"", corpus->ca, 77, KEY_BITS);
  X509_NAME *subject = X509_get_subject_name (rich->certificate);
  X509V3_CTX context;

  X509_NAME_add_entry_by_txt (subject, "OU", MBSTRING_UTF8, (const guchar *) "Zoë + #1", -1, -1, 0);
  X509_NAME_add_entry_by_txt (subject, "DC", MBSTRING_ASC, (const guchar *) "example", -1, -1, 0);
  if (key != NULL)
    X509_set_pubkey (rich->certificate, key);
  X509V3_set_ctx (&context, corpus->ca->certificate, rich->certificate, NULL, NULL, 0);
  X509V3_set_ctx_nodb (&context);
  for (guint i = 0; i < G_N_ELEMENTS (extensions); i++) {
    X509_EXTENSION *extension =
        X509V3_EXT_conf_nid (NULL, &context, extensions[i].nid, extensions[i].value);

    if (extension == NULL)
      g_error ("%s is not understood", extensions[i].value);
    X509_add_ext (rich->certificate, extension, -1);
    X509_EXTENSION_free (extension);
  }
  g_assert_cmpint (X509_sign (rich->certificate, corpus->ca->key, EVP_sha256 ()), >, 0);
  return rich;
}

static void
write_bundles (Corpus *corpus)
{
  g_autoptr (TestIdentity) ec = test_identity_new_ec ("Test CA");
  g_autoptr (TestIdentity) rich = make_rich (corpus, NULL);
  X509 *all[] = { corpus->ra->certificate, rich->certificate, corpus->ca->certificate,
                  ec->certificate };
  g_autoptr (GBytes) single = test_identity_get_der (corpus->ca);
  g_autoptr (GBytes) rich_single = test_identity_get_der (rich);
  g_autoptr (GBytes) bundle = test_degenerate_build (all, G_N_ELEMENTS (all));
  g_autoptr (GBytes) pair = test_degenerate_build (all + 2, 1);
  g_autoptr (GBytes) empty = test_degenerate_build (NULL, 0);
  static const char *const folders[] = { "ca-bundle", "degenerate" };

  save_bytes (corpus, "ca-bundle", "single", single);
  save_bytes (corpus, "ca-bundle", "rich", rich_single);
  save (corpus, "ca-bundle", "html", "<html><body>404</body></html>", 29);
  for (guint i = 0; i < G_N_ELEMENTS (folders); i++) {
    save_bytes (corpus, folders[i], "chain", bundle);
    save_bytes (corpus, folders[i], "one", pair);
    save_bytes (corpus, folders[i], "empty", empty);
  }
}

static void
write_crls (Corpus *corpus)
{
  gint64 today = g_get_real_time () / G_USEC_PER_SEC;
  const struct {
    const char *name;
    TestCrlSpec spec;
  } rows[] = {
    { "plain", { today, today + 604800, 5, 2, NULL, FALSE, FALSE, FALSE } },
    { "bare", { 2600000000, 0, -1, 0, NULL, FALSE, FALSE, TRUE } },
    { "delta", { today, today + 604800, 6, 1, NULL, TRUE, FALSE, FALSE } },
    { "critical", { today, today + 604800, 7, 0, NULL, FALSE, TRUE, FALSE } },
    { "only-user",
      { today, today + 604800, 0x80, 1, "critical,onlyuser:TRUE", FALSE, FALSE, FALSE } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *inner = g_strconcat (rows[i].name, "-wrapped", NULL);
    g_autoptr (GBytes) crl = test_crl_new (corpus->ca->certificate, corpus->ca->key, &rows[i].spec);
    g_autoptr (GBytes) wrapped = test_crl_wrap (&crl, 1);

    save_bytes (corpus, "crl", rows[i].name, crl);
    save_bytes (corpus, "crl", inner, wrapped);
    save_bytes (corpus, "degenerate", inner, wrapped);
  }
}

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

  save_bytes (corpus, "cert-rep", name, clear);
}

/* Replies that are encrypted and signed only when they are read. */
static void
write_clear_replies (Corpus *corpus)
{
  gint64 today = g_get_real_time () / G_USEC_PER_SEC;
  TestCrlSpec spec = { today, today + 604800, 5, 2, NULL, FALSE, FALSE, FALSE };
  g_autoptr (TestIdentity) issued = make_rich (corpus, corpus->device->key);
  X509 *all[] = { issued->certificate, corpus->ca->certificate };
  g_autoptr (GBytes) one = test_degenerate_build (all, 1);
  g_autoptr (GBytes) two = test_degenerate_build (all, G_N_ELEMENTS (all));
  g_autoptr (GBytes) crl = test_crl_new (corpus->ca->certificate, corpus->ca->key, &spec);
  g_autoptr (GBytes) wrapped = test_crl_wrap (&crl, 1);

  write_clear_reply (corpus, "clear-one", one, EVP_aes_128_cbc ());
  write_clear_reply (corpus, "clear-chain", two, EVP_des_ede3_cbc ());
  write_clear_reply (corpus, "clear-crl", wrapped, EVP_aes_256_cbc ());
}

static void
write_next_ca (Corpus *corpus)
{
  g_autoptr (TestIdentity) next = test_identity_new ("Test CA", NULL, 3, KEY_BITS);
  g_autoptr (GBytes) content = NULL;
  const struct {
    const char *name;
    gboolean nested;
    TestReplyFlags flags;
  } rows[] = {
    { "plain", FALSE, TEST_REPLY_PLAIN },
    { "nested", TRUE, TEST_REPLY_NO_CERTIFICATES },
    { "ber", FALSE, TEST_REPLY_BER },
  };

  X509_gmtime_adj (X509_getm_notAfter (next->certificate), 730 * 86400L);
  g_assert_cmpint (X509_sign (next->certificate, next->key, EVP_sha256 ()), >, 0);
  content = test_degenerate_build (&next->certificate, 1);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    TestNextCa announcement = {
      .signer = corpus->ca,
      .digest = EVP_sha256 (),
      .content = content,
      .nested = rows[i].nested,
      .flags = rows[i].flags,
    };
    g_autoptr (GBytes) message = test_next_ca_build (&announcement);

    save_bytes (corpus, "next-ca", rows[i].name, message);
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

    save_bytes (corpus, "cert-rep", rows[i].name, message);
    if (envelope != NULL)
      save_bytes (corpus, "enveloped-data", rows[i].name, envelope);
  }
}

static void
write_texts (Corpus *corpus)
{
  static const char *const capabilities[] = {
    "POSTPKIOperation\nSHA-256\nAES\nRenewal\nSCEPStandard\n",
    "\xef\xbb\xbfGetNextCACert\r\nDES3\r\nSHA-1\r\nSHA-512\r\nExample.com-Foo",
    "<html>SHA-256</html>",
    NULL,
  };
  static const char *const filters[] = {
    "(kura.service.pid=default)",
    "(&(|(id=a*b*c)(!(service.pid~=X y)))(backend>=1)(id<=9)(id=*))",
    "(id=\\2a\\28\\29\\5c\\*\\(\\)\\\\)",
    "( & ( id = x ) )",
    "(id:caseExactMatch:=x)",
    NULL,
  };
  static const char *const names[] = {
    "CN=device-1,OU=Plant 7,O=Example\\, Inc.,C=DE",
    "CN=a+serialNumber=1+2.5.4.5=#130131,DC=example,DC=org",
    "CN=\\ Zo\\C3\\AB\\20,emailAddress=a@example.org,street=\"x,y\"",
    "1.2.3.4=#0c0161",
    "DNS:host.example.org",
    "IP:2001:db8::1",
    "email:a@example.org",
    "URI:https://example.org/a?b=c",
    "UPN:a@example.org",
    NULL,
  };
  static const char *const settings[] = {
    "[Profile]\nEnabled=true\nServerEndpoint=http://ca.example.org/scep\n"
    "CARootFingerprint=00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:"
    "99:aa:bb:cc:dd:ee:ff\nSubjectDN=CN=%H,O=Example\nSubjectAltNames=DNS:a.example.org;IP:"
    "192.0.2.1;\nRSAKeyLength=3072\nRenewalThreshold=67\n",
    "[Profile]\nChallengePasswordFile=/run/secret\nKeyUsage=digitalSignature;keyEncipherment;\n"
    "ExtendedKeyUsage=clientAuth;1.2.3.4;\nCertificateTemplate=Machine\n",
    "# a comment\n[Profile]\nChallengePassword=se\\scret\nKeystoreServiceTarget=(id=a)\n"
    "AlgorithmPolicy=strict\nSubjectChange=keep\nRenewalSendsChallenge=never\nFutureKey=x\n"
    "[Other]\nKey=value\n",
    "[Profile]\nCARootVerificationMethod=certificate\nCARollover=false\n"
    "CertificateCheckInterval=60\nConnectRetryInterval=5\nChallengePasswordOneTime=1\n"
    "ClientCertificateRenew=0\nCAIdentifier=CA 1\n",
    NULL,
  };

  save_texts (corpus, "capabilities", capabilities);
  save_texts (corpus, "target-filter", filters);
  save_texts (corpus, "name", names);
  save_texts (corpus, "settings-file", settings);
}

static void
write_subjects (Corpus *corpus)
{
  g_autoptr (TestIdentity) rich = make_rich (corpus, NULL);
  guchar *der = NULL;
  int length = i2d_X509_NAME (X509_get_subject_name (rich->certificate), &der);

  save (corpus, "name", "der", der, (gsize) length);
  OPENSSL_free (der);
}

static void
write_entry (Corpus *corpus, const char *alias, ScepKey *key, ScepCertificate *certificate)
{
  g_autofree char *directory = g_build_filename (corpus->directory, "keystore-entry", NULL);
  g_autoptr (GPtrArray) chain = g_ptr_array_new ();
  g_autoptr (ScepKeystoreEntry) entry = NULL;
  g_autoptr (GError) error = NULL;

  if (certificate != NULL)
    g_ptr_array_add (chain, certificate);
  g_assert_cmpint (g_mkdir_with_parents (directory, 0755), ==, 0);
  entry = scep_keystore_entry_new (alias, key, chain, TRUE);
  scep_keyfile_file_write (directory, entry, &error);
  g_assert_no_error (error);
}

static void
write_entries (Corpus *corpus)
{
  g_autoptr (ScepWorker) worker = scep_worker_new (1);
  g_autoptr (GBytes) pkcs8 = export_key (corpus->device->key);
  g_autoptr (GBytes) der = test_identity_get_der (corpus->device);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) spki = scep_private_key_get_spki (pkcs8, &error);
  g_autoptr (ScepCertificate) certificate = scep_certificate_new (der, NULL);
  g_autoptr (ScepKey) key = NULL;

  g_assert_no_error (error);
  key = scep_keyfile_key_new (pkcs8, spki, worker);
  write_entry (corpus, "key-pair", key, NULL);
  write_entry (corpus, "private-key-entry", key, certificate);
  write_entry (corpus, "trusted-certificate", NULL, certificate);
}

int
main (int argc, char *argv[])
{
  Corpus corpus = { 0 };

  g_assert_cmpint (argc, ==, 2);
  corpus.directory = argv[1];
  corpus.ca = test_identity_new ("Test CA", NULL, 1, KEY_BITS);
  corpus.ra = test_identity_new ("Test RA", corpus.ca, 2, KEY_BITS);
  corpus.device = test_identity_new ("device", NULL, 0x00c0ffee, KEY_BITS);
  corpus.nonce = g_bytes_new_static ("sixteen bytes...", 16);
  write_identities (&corpus);
  write_bundles (&corpus);
  write_crls (&corpus);
  write_replies (&corpus);
  write_clear_replies (&corpus);
  write_next_ca (&corpus);
  write_texts (&corpus);
  write_subjects (&corpus);
  write_entries (&corpus);
  test_identity_free (corpus.ca);
  test_identity_free (corpus.ra);
  test_identity_free (corpus.device);
  g_bytes_unref (corpus.nonce);
  return 0;
}
