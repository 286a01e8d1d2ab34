/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes the corpora of the fuzz targets: messages that OpenSSL makes, texts, and
 * the identities that the targets know, unless they are there already.
 */
#include "keystore/scep-keyfile-file.h"
#include "keystore/scep-keyfile-key.h"

#include "codec/scep-private-key.h"
#include "fuzz-corpus.h"
#include "openssl-crl.h"
#include "openssl-next-ca.h"

#include <glib/gstdio.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

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

void
corpus_save (Corpus *corpus, const char *folder, const char *name, GBytes *bytes)
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

  corpus_save (corpus, "identities", "ca-key.der", ca_key);
  corpus_save (corpus, "identities", "ra-key.der", ra_key);
  corpus_save (corpus, "identities", "ca.der", ca);
  corpus_save (corpus, "identities", "ra.der", ra);
  corpus_save (corpus, "identities", "device.der", device);
  corpus_save (corpus, "identities", "device-key.der", key);
}

static GBytes *
load (Corpus *corpus, const char *name, const char *suffix)
{
  g_autofree char *file = g_strconcat (name, suffix, NULL);
  g_autofree char *path = g_build_filename (corpus->directory, "identities", file, NULL);
  char *data;
  gsize length;

  return g_file_get_contents (path, &data, &length, NULL) ? g_bytes_new_take (data, length) : NULL;
}

/* The one that is there already, so that what is signed with it stays good. */
static TestIdentity *
make_identity (Corpus *corpus, const char *file, const char *name, TestIdentity *issuer,
               long serial)
{
  TestIdentity *identity = test_identity_new (name, issuer, serial, KEY_BITS);
  g_autoptr (GBytes) certificate = load (corpus, file, ".der");
  g_autoptr (GBytes) key = load (corpus, file, "-key.der");
  const guchar *p;

  if (certificate == NULL || key == NULL)
    return identity;
  p = g_bytes_get_data (certificate, NULL);
  g_assert_nonnull (d2i_X509 (&identity->certificate, &p, (long) g_bytes_get_size (certificate)));
  p = g_bytes_get_data (key, NULL);
  EVP_PKEY_free (identity->key);
  identity->key = d2i_AutoPrivateKey (NULL, &p, (long) g_bytes_get_size (key));
  g_assert_nonnull (identity->key);
  return identity;
}

/* A certificate with every extension that is read. */
TestIdentity *
corpus_make_rich (Corpus *corpus, EVP_PKEY *key)
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
  g_autoptr (TestIdentity) rich = corpus_make_rich (corpus, NULL);
  X509 *all[] = { corpus->ra->certificate, rich->certificate, corpus->ca->certificate,
                  ec->certificate };
  g_autoptr (GBytes) single = test_identity_get_der (corpus->ca);
  g_autoptr (GBytes) rich_single = test_identity_get_der (rich);
  g_autoptr (GBytes) bundle = test_degenerate_build (all, G_N_ELEMENTS (all));
  g_autoptr (GBytes) pair = test_degenerate_build (all + 2, 1);
  g_autoptr (GBytes) empty = test_degenerate_build (NULL, 0);
  static const char *const folders[] = { "ca-bundle", "degenerate" };

  corpus_save (corpus, "ca-bundle", "single", single);
  corpus_save (corpus, "ca-bundle", "rich", rich_single);
  save (corpus, "ca-bundle", "html", "<html><body>404</body></html>", 29);
  for (guint i = 0; i < G_N_ELEMENTS (folders); i++) {
    corpus_save (corpus, folders[i], "chain", bundle);
    corpus_save (corpus, folders[i], "one", pair);
    corpus_save (corpus, folders[i], "empty", empty);
  }
}

static void
write_crls (Corpus *corpus)
{
  gint64 today = g_get_real_time () / G_USEC_PER_SEC;
  gint64 later = today + 604800;
  const struct {
    const char *name;
    TestCrlSpec spec;
  } rows[] = {
    { "plain", { .this_update = today, .next_update = later, .number = 5, .n_entries = 2 } },
    { "bare", { .this_update = 2600000000, .number = -1, .sha1 = TRUE } },
    { "delta",
      { .this_update = today, .next_update = later, .number = 6, .n_entries = 1, .delta = TRUE } },
    { "critical", { .this_update = today, .next_update = later, .number = 7, .critical = TRUE } },
    { "only-user",
      { .this_update = today,
        .next_update = later,
        .number = 0x80,
        .n_entries = 1,
        .distribution_point = "critical,onlyuser:TRUE" } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *inner = g_strconcat (rows[i].name, "-wrapped", NULL);
    g_autoptr (GBytes) crl = test_crl_new (corpus->ca->certificate, corpus->ca->key, &rows[i].spec);
    g_autoptr (GBytes) wrapped = test_crl_wrap (&crl, 1);

    corpus_save (corpus, "crl", rows[i].name, crl);
    corpus_save (corpus, "crl", inner, wrapped);
    corpus_save (corpus, "degenerate", inner, wrapped);
  }
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

    corpus_save (corpus, "next-ca", rows[i].name, message);
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
  g_autoptr (TestIdentity) rich = corpus_make_rich (corpus, NULL);
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
  corpus.ca = make_identity (&corpus, "ca", "Test CA", NULL, 1);
  corpus.ra = make_identity (&corpus, "ra", "Test RA", corpus.ca, 2);
  corpus.device = make_identity (&corpus, "device", "device", NULL, 0x00c0ffee);
  corpus.nonce = g_bytes_new_static ("sixteen bytes...", 16);
  write_identities (&corpus);
  write_bundles (&corpus);
  write_crls (&corpus);
  corpus_write_replies (&corpus);
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
