/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transport/scep-tls-check.h"

#include "base/scep-error.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

#define WHERE "https://ca.example/scep"

/* A certificate, whom it is asked from, and what is told; %NULL where it will do. */
typedef struct {
  const char *name;
  int bits; /* of RSA, 0 for a key on a curve */
  const char *alt_names;
  const char *purposes;
  const char *host;
  GTlsProtocolVersion version;
  gboolean allow_weak;
  gboolean is_weak;
  const char *told;
} Row;

#define V1_1 G_TLS_PROTOCOL_VERSION_TLS_1_1
#define V1_2 G_TLS_PROTOCOL_VERSION_TLS_1_2
#define V1_3 G_TLS_PROTOCOL_VERSION_TLS_1_3

static const Row rows[] = {
  { "rsa", 2048, "DNS:ca.example", "serverAuth", "ca.example", V1_2, FALSE, FALSE, NULL },
  { "curve", 0, "DNS:ca.example", NULL, "ca.example", V1_3, FALSE, FALSE, NULL },
  { "wildcard", 0, "DNS:*.example", NULL, "ca.example", V1_3, FALSE, FALSE, NULL },
  { "any-purpose", 0, "DNS:ca.example", "anyExtendedKeyUsage", "ca.example", V1_3, FALSE, FALSE,
    NULL },
  { "both-purposes", 0, "DNS:ca.example", "clientAuth,serverAuth", "ca.example", V1_3, FALSE, FALSE,
    NULL },
  { "client", 0, "DNS:ca.example", "clientAuth", "ca.example", V1_3, TRUE, FALSE, "serverAuth" },
  { "common-name", 0, NULL, NULL, "ca.example", V1_3, TRUE, FALSE, "subjectAltName" },
  { "other-kind-of-name", 0, "email:a@ca.example", NULL, "ca.example", V1_3, FALSE, FALSE,
    "subjectAltName" },
  { "address", 0, "IP:192.0.2.1", NULL, "192.0.2.1", V1_3, FALSE, FALSE, NULL },
  { "address-6", 0, "IP:fe80::1", NULL, "fe80::1%eth0", V1_3, FALSE, FALSE, NULL },
  { "address-as-name", 0, "DNS:192.0.2.1", NULL, "192.0.2.1", V1_3, FALSE, FALSE,
    "subjectAltName" },
  { "other-address", 0, "IP:192.0.2.2", NULL, "192.0.2.1", V1_3, FALSE, FALSE, "subjectAltName" },
  { "short", 1024, "DNS:ca.example", NULL, "ca.example", V1_3, FALSE, TRUE, "only 1024 bits" },
  { "short-allowed", 1024, "DNS:ca.example", NULL, "ca.example", V1_3, TRUE, TRUE, NULL },
  { "too-short", 768, "DNS:ca.example", NULL, "ca.example", V1_3, TRUE, TRUE, "at least 1024" },
  { "old", 2048, "DNS:ca.example", NULL, "ca.example", V1_1, FALSE, TRUE, "TLS 1.1" },
  { "old-allowed", 2048, "DNS:ca.example", NULL, "ca.example", V1_1, TRUE, TRUE, NULL },
};

static void
add_extension (X509 *certificate, int nid, const char *value)
{
  X509_EXTENSION *extension = X509V3_EXT_conf_nid (NULL, NULL, nid, value);

  g_assert_nonnull (extension);
  X509_add_ext (certificate, extension, -1);
  X509_EXTENSION_free (extension);
}

static GTlsCertificate *
make_certificate (const Row *row)
{
  EVP_PKEY *key = row->bits != 0 ? EVP_PKEY_Q_keygen (NULL, NULL, "RSA", (size_t) row->bits)
                                 : EVP_PKEY_Q_keygen (NULL, NULL, "EC", "P-256");
  X509 *certificate = X509_new ();
  X509_NAME *name = X509_get_subject_name (certificate);
  BIO *out = BIO_new (BIO_s_mem ());
  GTlsCertificate *made;
  char *pem;
  long length;

  X509_set_version (certificate, X509_VERSION_3);
  ASN1_INTEGER_set (X509_get_serialNumber (certificate), 1);
  X509_NAME_add_entry_by_txt (name, "CN", MBSTRING_ASC, (const guint8 *) "ca.example", -1, -1, 0);
  X509_set_issuer_name (certificate, name);
  X509_gmtime_adj (X509_getm_notBefore (certificate), -60);
  X509_gmtime_adj (X509_getm_notAfter (certificate), 3600);
  X509_set_pubkey (certificate, key);
  if (row->alt_names != NULL)
    add_extension (certificate, NID_subject_alt_name, row->alt_names);
  if (row->purposes != NULL)
    add_extension (certificate, NID_ext_key_usage, row->purposes);
  g_assert_cmpint (X509_sign (certificate, key, EVP_sha256 ()), >, 0);
  PEM_write_bio_X509 (out, certificate);
  length = BIO_get_mem_data (out, &pem);
  made = g_tls_certificate_new_from_pem (pem, length, NULL);
  g_assert_nonnull (made);
  BIO_free (out);
  X509_free (certificate);
  EVP_PKEY_free (key);
  return made;
}

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (GTlsCertificate) certificate = make_certificate (row);
  ScepTlsQuestion question = { .certificate = certificate,
                               .version = row->version,
                               .host = row->host,
                               .where = WHERE,
                               .allow_weak = row->allow_weak };
  g_autoptr (GError) error = NULL;
  gboolean is_weak;

  g_assert_cmpint (scep_tls_check (&question, &is_weak, &error), ==, row->told == NULL);
  g_assert_cmpint (is_weak, ==, row->is_weak);
  if (row->told == NULL) {
    g_assert_no_error (error);
    return;
  }
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_TLS_FAILED);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, WHERE));
  g_assert_nonnull (strstr (error->message, row->told));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *path = g_strconcat ("/tls-check/", rows[i].name, NULL);

    g_test_add_data_func (path, &rows[i], test_row);
  }
  return g_test_run ();
}
