/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-crl-check.h"

#include "base/scep-error.h"
#include "certificate-factory.h"
#include "openssl-crl.h"
#include "path-cases.h"

#include <openssl/x509_vfy.h>

/* CRLs as NIST's PKITS has them in 4.4, 4.5 and 4.14, judged by us and by OpenSSL. */

#define NOW 1790000000
#define DAY (24 * 60 * 60)

#define CRL_ID "authorityKeyIdentifier=keyid:always\n"
#define POINT(name) PATH_END "crlDistributionPoints=" name "\n"
#define URL "http://ca.example.org/crl"
#define SCOPE(value) .crl = CRL_ID "issuingDistributionPoint=critical," value "\n"
#define AT(name) "@idp\n[idp]\nfullname=" name
#define NAMED(rdn) "@idp\n[idp]\nrelativename=rdn\n[rdn]\n" rdn

/* Who signs the CRL. */
typedef enum {
  SIGNER_ISSUER,
  SIGNER_OTHER_KEY, /* of the same CA */
  SIGNER_STRANGER,  /* of the same name, below another root */
  SIGNER_ROOT,      /* the CA above */
} Signer;

typedef struct {
  const char *name;
  const char *ca;    /* (nullable): extensions of the CA */
  const char *other; /* (nullable): of its other certificate */
  const char *end;   /* (nullable): of what it issued */
  const char *crl;   /* (nullable): of its CRL */
  const char *entry; /* (nullable): of an entry */
  Signer signer;
  gboolean untrusted; /* the other certificate of the CA is not trusted */
  gboolean accepted;
  const char *openssl_refuses; /* (nullable): why */
  const char *openssl_accepts; /* (nullable): why */
} Case;

static const Case cases[] = {
  { "4.4/plain", .accepted = TRUE },
  { "4.4.2/other-signature", .signer = SIGNER_STRANGER },
  { "4.4.3/of-the-ca-above", .signer = SIGNER_ROOT },
  { "4.4.8/unknown-critical-entry-extension", .entry = "1.2.3.4=critical,DER:0500" },
  { "4.4.8/unknown-entry-extension", .entry = "1.2.3.4=DER:0500", .accepted = TRUE },
  { "4.4.8/reason", .entry = "CRLReason=DER:0a0101", .accepted = TRUE },
  { "4.4.8/critical-reason", .entry = "CRLReason=critical,DER:0a0101", .accepted = TRUE,
    .openssl_refuses = "RFC 5280 section 5.3.1 wants it not critical; OpenSSL knows none that is" },
  { "4.4.8/certificate-issuer", .entry = "2.5.29.29=critical,DER:3000",
    .openssl_accepts = "it belongs into indirect CRLs: this service reads none" },
  { "4.4.9/unknown-critical-extension", .crl = CRL_ID "1.2.3.4=critical,DER:0500\n" },
  { "4.4.9/unknown-extension", .crl = CRL_ID "1.2.3.4=DER:0500\n", .accepted = TRUE },
  { "4.4/no-crl-sign", .ca = PATH_IS_CA "keyUsage=critical,keyCertSign\n" PATH_IDS },

  { "4.5.1/other-key-of-the-ca", .signer = SIGNER_OTHER_KEY, .accepted = TRUE },
  { "4.5.2/other-key-without-crl-sign", .signer = SIGNER_OTHER_KEY,
    .other = PATH_IS_CA "keyUsage=critical,keyCertSign\n" PATH_IDS },
  { "4.5.2/other-key-without-key-usage", .signer = SIGNER_OTHER_KEY, .other = PATH_IS_CA PATH_IDS },
  { "4.5.3/other-key-not-trusted", .signer = SIGNER_OTHER_KEY, .untrusted = TRUE },

  { "4.14.1/point", .end = POINT ("URI:" URL), SCOPE (AT ("URI:" URL)), .accepted = TRUE },
  { "4.14.1/point/only-user-certificates", .end = POINT ("URI:" URL),
    SCOPE (AT ("URI:" URL) "\nonlyuser=TRUE"), .accepted = TRUE },
  { "4.14.2/another-point", .end = POINT ("URI:" URL), SCOPE (AT ("URI:" URL "2")) },
  { "4.14.3/point-in-the-crl-only", SCOPE (AT ("URI:" URL)) },
  { "4.14.4/point-in-the-certificate-only", .end = POINT ("URI:" URL), .accepted = TRUE },
  { "4.14.4/issuer-as-point", SCOPE (AT ("dirName:dn\n[dn]\nO=Test\nCN=CA")), .accepted = TRUE,
    .openssl_refuses = "RFC 5280 section 6.3.3: without a point it is the issuer's name" },
  { "4.14.5/relative-name", .end = POINT ("dp\n[dp]\nrelativename=rdn\n[rdn]\nCN=1"),
    SCOPE (NAMED ("CN=1")), .accepted = TRUE },
  { "4.14.6/another-relative-name", .end = POINT ("dp\n[dp]\nrelativename=rdn\n[rdn]\nCN=1"),
    SCOPE (NAMED ("CN=2")) },
  { "4.14.7/relative-and-full-name", .end = POINT ("dirName:dn\n[dn]\nO=Test\nCN=CA\n2.CN=1"),
    SCOPE (NAMED ("CN=1")), .accepted = TRUE },
  { "4.14.8/one-of-several", .end = POINT ("URI:" URL "1,URI:" URL "2"),
    SCOPE (AT ("URI:" URL "3,URI:" URL "2")), .accepted = TRUE },
  { "4.14.10/only-user-certificates", SCOPE ("onlyuser:TRUE"), .accepted = TRUE },
  { "4.14.11/only-cas", SCOPE ("onlyCA:TRUE") },
  { "4.14.14/only-attribute-certificates", SCOPE ("onlyAA:TRUE") },
  { "4.14.15/some-reasons", SCOPE ("onlysomereasons:keyCompromise") },
  { "4.14.22/indirect", SCOPE ("indirectCRL:TRUE"),
    .openssl_accepts = "it may hold entries of other CAs: this service reads none" },
  { "4.14.15/point-for-some-reasons",
    .end = POINT ("dp\n[dp]\nfullname=URI:" URL "\nreasons=keyCompromise"),
    SCOPE (AT ("URI:" URL)) },
  { "malformed/point", .end = POINT ("URI:" URL),
    .crl = CRL_ID "issuingDistributionPoint=critical,DER:3002a000\n",
    .openssl_accepts = "OpenSSL 3.0 takes one that it cannot read for none" },
  { "malformed/scope", .crl = CRL_ID "issuingDistributionPoint=critical,DER:0500\n",
    .openssl_accepts = "OpenSSL 3.0 takes one that it cannot read for none" },
};

static TestCertificate *root, *other_root;

static TestCertificate *
make (const char *subject, long serial, const char *extensions, TestCertificate *issuer)
{
  TestCertificateSpec spec = {
    .subject = subject,
    .serial = serial,
    .extensions = extensions,
    .not_before = NOW - DAY,
    .not_after = NOW + DAY,
  };

  return test_certificate_new (&spec, issuer, NULL);
}

static const char *
or_default (const char *given, const char *usual)
{
  return given != NULL ? given : usual;
}

static gboolean
judge (const Case *row, GBytes *der, TestCertificate *ca, TestCertificate *other,
       TestCertificate *end, GError **error)
{
  g_autoptr (ScepCrl) crl = scep_crl_new (der, error);
  g_autoptr (GPtrArray) cas = g_ptr_array_new ();
  ScepCrlQuestion question = {
    .certificate = end->certificate, .cas = cas, .policy = SCEP_POLICY_DEFAULT, .now = NOW
  };

  g_ptr_array_add (cas, root->certificate);
  if (!row->untrusted)
    g_ptr_array_add (cas, other->certificate);
  g_ptr_array_add (cas, ca->certificate);
  return crl != NULL && scep_crl_check (crl, &question, error);
}

/* What OpenSSL says of the end and its CRL; 0 is a yes. */
static int
ask_openssl (const Case *row, GBytes *der, TestCertificate *ca, TestCertificate *other,
             TestCertificate *end)
{
  const unsigned char *p = g_bytes_get_data (der, NULL);
  X509_STORE *store = X509_STORE_new ();
  X509_STORE_CTX *context = X509_STORE_CTX_new ();
  STACK_OF (X509) *others = sk_X509_new_null ();
  STACK_OF (X509_CRL) *crls = sk_X509_CRL_new_null ();
  int result;

  X509_STORE_add_cert (store, root->x509);
  sk_X509_push (others, ca->x509);
  if (!row->untrusted)
    sk_X509_push (others, other->x509);
  sk_X509_CRL_push (crls, d2i_X509_CRL (NULL, &p, (long) g_bytes_get_size (der)));
  g_assert_true (X509_STORE_CTX_init (context, store, end->x509, others));
  X509_STORE_CTX_set0_crls (context, crls);
  X509_STORE_CTX_set_time (context, 0, (time_t) NOW);
  X509_STORE_CTX_set_flags (context, X509_V_FLAG_X509_STRICT | X509_V_FLAG_CRL_CHECK |
                                         X509_V_FLAG_EXTENDED_CRL_SUPPORT);
  X509_verify_cert (context);
  result = X509_STORE_CTX_get_error (context);
  sk_X509_CRL_pop_free (crls, X509_CRL_free);
  sk_X509_free (others);
  X509_STORE_CTX_free (context);
  X509_STORE_free (store);
  return result;
}

static void
test_case (gconstpointer data)
{
  const Case *row = data;
  g_autoptr (TestCertificate) ca = make ("/O=Test/CN=CA", 2, or_default (row->ca, PATH_CA), root);
  g_autoptr (TestCertificate) other = make ("/O=Test/CN=CA", 3, or_default (row->other, PATH_CA),
                                            row->signer == SIGNER_STRANGER ? other_root : root);
  g_autoptr (TestCertificate) end = make ("/O=Test/CN=end", 4, or_default (row->end, PATH_END), ca);
  TestCertificate *const signers[] = {
    [SIGNER_ISSUER] = ca,
    [SIGNER_OTHER_KEY] = other,
    [SIGNER_STRANGER] = other,
    [SIGNER_ROOT] = root,
  };
  TestCertificate *signer = signers[row->signer];
  TestCrlSpec spec = {
    .this_update = NOW - DAY,
    .next_update = NOW + DAY,
    .number = 1,
    .n_entries = 2,
    .extensions = or_default (row->crl, CRL_ID),
    .entry_extension = row->entry,
  };
  g_autoptr (GBytes) der = test_crl_new (signer->x509, signer->key, &spec);
  g_autoptr (GError) error = NULL;
  Case trusted = *row;
  gboolean accepted;
  int verdict;

  trusted.untrusted = row->untrusted || row->signer == SIGNER_STRANGER;
  accepted = judge (&trusted, der, ca, other, end, &error);
  verdict = ask_openssl (&trusted, der, ca, other, end);
  g_test_message ("we: %s; OpenSSL: %s", accepted ? "yes" : error->message,
                  X509_verify_cert_error_string (verdict));
  g_assert_true (accepted == row->accepted);
  if (row->openssl_refuses != NULL || (!row->accepted && row->openssl_accepts == NULL))
    g_assert_cmpint (verdict, !=, X509_V_OK);
  else
    g_assert_cmpint (verdict, ==, X509_V_OK);
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  root = make ("/O=Test/CN=Root", 1, PATH_ROOT, NULL);
  other_root = make ("/O=Test/CN=Other", 1, PATH_ROOT, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *name = g_strconcat ("/crl/", cases[i].name, NULL);

    g_test_add_data_func (name, &cases[i], test_case);
  }
  result = g_test_run ();
  test_certificate_free (root);
  test_certificate_free (other_root);
  return result;
}
