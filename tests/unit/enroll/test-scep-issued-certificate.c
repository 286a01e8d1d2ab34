/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-issued-certificate.h"

#include "base/scep-error.h"
#include "certificate-factory.h"

#include <string.h>

#define NOW G_GINT64_CONSTANT (1760000000)
#define FROM .not_before = NOW - 86400, .not_after = NOW + 86400

static TestCertificate *root, *issuing;
static EVP_PKEY *key;
static ScepCaTrust *trust;

static void
setup (void)
{
  g_autoptr (GPtrArray) bundle = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;
  ScepCaTrustQuestion question = { .now = NOW, .host = "ca", .policy = SCEP_POLICY_DEFAULT };

  root = test_certificate_new (
      &(TestCertificateSpec){ .name = "Root", .rsa_bits = 2048, .ca = TRUE, FROM }, NULL, NULL);
  issuing = test_certificate_new (
      &(TestCertificateSpec){ .name = "Issuing", .rsa_bits = 2048, .ca = TRUE, FROM }, root, NULL);
  key = test_key_new (2048);
  question.anchor = root->certificate;
  g_ptr_array_add (bundle, root->certificate);
  trust = scep_ca_trust_evaluate (bundle, &question, &error);
  g_assert_no_error (error);
}

static void
teardown (void)
{
  test_certificate_free (root);
  test_certificate_free (issuing);
  EVP_PKEY_free (key);
  scep_ca_trust_unref (trust);
}

static GPtrArray *
check (TestCertificate *issued, gboolean with_issuing, ScepCertificate *old, const char *csr_name,
       ScepWarnings *warnings, GError **error)
{
  g_autoptr (GBytes) csr = test_csr_new (csr_name, "DNS:host.example.org", key);
  g_autoptr (GPtrArray) certificates = g_ptr_array_new ();
  ScepIssuedQuestion question = {
    .csr = csr, .old = old, .trust = trust, .policy = SCEP_POLICY_DEFAULT, .now = NOW
  };

  if (with_issuing)
    g_ptr_array_add (certificates, issuing->certificate);
  g_ptr_array_add (certificates, issued->certificate);
  return scep_issued_certificate_check (certificates, &question, warnings, error);
}

static void
refused (const TestCertificateSpec *spec, TestCertificate *issuer, EVP_PKEY *of, gboolean is_old,
         ScepError code)
{
  g_autoptr (TestCertificate) issued = test_certificate_new (spec, issuer, of);
  g_autoptr (GError) error = NULL;
  ScepWarnings warnings = SCEP_WARNING_NONE;

  g_assert_null (check (issued, issuer == issuing, is_old ? issued->certificate : NULL, "host",
                        &warnings, &error));
  g_assert_error (error, SCEP_ERROR, (gint) code);
}

static void
test_refused (void)
{
  TestCertificateSpec plain = { .name = "host", .serial = 7, .rsa_bits = 2048, FROM };
  TestCertificateSpec ca = { .name = "host", .serial = 7, .ca = TRUE, FROM };
  TestCertificateSpec expired = {
    .name = "host", .serial = 7, .not_before = NOW - 100, .not_after = NOW - 1
  };
  TestCertificateSpec over = {
    .name = "host", .serial = 7, .not_before = NOW - 100, .not_after = NOW
  };
  TestCertificateSpec ahead = {
    .name = "host", .serial = 7, .not_before = NOW + 601, .not_after = NOW + 9000
  };
  TestCertificateSpec sha1 = { .name = "host", .serial = 7, .sha1 = TRUE, FROM };
  g_autoptr (TestCertificate) stranger = test_certificate_new (
      &(TestCertificateSpec){ .name = "Issuing", .rsa_bits = 2048, .ca = TRUE, FROM }, NULL, NULL);

  refused (&plain, issuing, NULL, FALSE, SCEP_ERROR_CERTIFICATE_MISMATCH);
  refused (&ca, issuing, key, FALSE, SCEP_ERROR_CERTIFICATE_MISMATCH);
  refused (&expired, issuing, key, FALSE, SCEP_ERROR_CERTIFICATE_MISMATCH);
  refused (&over, issuing, key, FALSE, SCEP_ERROR_CERTIFICATE_MISMATCH);
  refused (&ahead, issuing, key, FALSE, SCEP_ERROR_CERTIFICATE_MISMATCH);
  refused (&plain, issuing, key, TRUE, SCEP_ERROR_CERTIFICATE_MISMATCH);
  refused (&sha1, issuing, key, FALSE, SCEP_ERROR_WEAK_ALGORITHM);
  refused (&plain, stranger, key, FALSE, SCEP_ERROR_UNTRUSTED_CA);
}

/* An RA is trusted for what it signs as a message, and for no certificate. */
static void
test_issued_by_ra (void)
{
  g_autoptr (TestCertificate) ra =
      test_certificate_new (&(TestCertificateSpec){ .name = "RA",
                                                    .serial = 3,
                                                    .rsa_bits = 2048,
                                                    .extended_key_usage = "1.3.6.1.4.1.311.20.2.1",
                                                    FROM },
                            root, NULL);
  g_autoptr (TestCertificate) issued =
      test_certificate_new (&(TestCertificateSpec){ .name = "host", .serial = 7, FROM }, ra, key);
  g_autoptr (GBytes) csr = test_csr_new ("host", NULL, key);
  g_autoptr (GPtrArray) bundle = g_ptr_array_new ();
  g_autoptr (GPtrArray) certificates = g_ptr_array_new ();
  ScepCaTrustQuestion ca = {
    .anchor = root->certificate, .now = NOW, .host = "ca", .policy = SCEP_POLICY_DEFAULT
  };
  ScepIssuedQuestion question = { .csr = csr, .policy = SCEP_POLICY_DEFAULT, .now = NOW };
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCaTrust) with_ra = NULL;
  ScepWarnings warnings = SCEP_WARNING_NONE;

  g_ptr_array_add (bundle, root->certificate);
  g_ptr_array_add (bundle, ra->certificate);
  with_ra = scep_ca_trust_evaluate (bundle, &ca, &error);
  g_assert_no_error (error);
  g_assert_true (scep_ca_trust_get_recipient (with_ra) == ra->certificate);
  question.trust = with_ra;
  g_ptr_array_add (certificates, issued->certificate);
  g_assert_null (scep_issued_certificate_check (certificates, &question, &warnings, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_UNTRUSTED_CA);
}

/* An anchor issues though its certificate does not say that it is a CA. */
static void
test_issued_by_old_root (void)
{
  g_autoptr (TestCertificate) old_root = test_certificate_new (
      &(TestCertificateSpec){ .name = "Old Root", .rsa_bits = 2048, .version_1 = TRUE, FROM }, NULL,
      NULL);
  g_autoptr (TestCertificate) issued = test_certificate_new (
      &(TestCertificateSpec){ .name = "host", .serial = 7, FROM }, old_root, key);
  g_autoptr (GBytes) csr = test_csr_new ("host", NULL, key);
  g_autoptr (GPtrArray) bundle = g_ptr_array_new ();
  g_autoptr (GPtrArray) certificates = g_ptr_array_new ();
  ScepCaTrustQuestion ca = { .pin = scep_certificate_get_fingerprint (old_root->certificate),
                             .now = NOW,
                             .host = "ca",
                             .policy = SCEP_POLICY_DEFAULT };
  ScepIssuedQuestion question = { .csr = csr, .policy = SCEP_POLICY_DEFAULT, .now = NOW };
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCaTrust) pinned = NULL;
  g_autoptr (GPtrArray) chain = NULL;
  ScepWarnings warnings = SCEP_WARNING_NONE;

  g_ptr_array_add (bundle, old_root->certificate);
  pinned = scep_ca_trust_evaluate (bundle, &ca, &error);
  g_assert_no_error (error);
  question.trust = pinned;
  g_ptr_array_add (certificates, issued->certificate);
  chain = scep_issued_certificate_check (certificates, &question, &warnings, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (chain->len, ==, 1);
}

/* Which of the two is meant is not to be guessed. */
static void
test_two_of_one_key (void)
{
  TestCertificateSpec spec = { .name = "host", .serial = 7, FROM };
  g_autoptr (TestCertificate) one = test_certificate_new (&spec, root, key);
  g_autoptr (GBytes) csr = test_csr_new ("host", NULL, key);
  g_autoptr (GPtrArray) certificates = g_ptr_array_new_with_free_func (g_object_unref);
  ScepIssuedQuestion question = {
    .csr = csr, .trust = trust, .policy = SCEP_POLICY_DEFAULT, .now = NOW
  };
  g_autoptr (TestCertificate) other = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) chain = NULL;
  ScepWarnings warnings = SCEP_WARNING_NONE;

  spec.serial = 8;
  other = test_certificate_new (&spec, root, key);
  g_ptr_array_add (certificates, g_object_ref (one->certificate));
  g_ptr_array_add (certificates, g_object_ref (other->certificate));
  g_assert_null (scep_issued_certificate_check (certificates, &question, &warnings, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_CERTIFICATE_MISMATCH);
  g_clear_error (&error);

  g_ptr_array_remove_index (certificates, 1);
  g_ptr_array_add (certificates, g_object_ref (one->certificate));
  chain = scep_issued_certificate_check (certificates, &question, &warnings, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (chain->len, ==, 1);
}

static void
test_none (void)
{
  g_autoptr (GBytes) csr = test_csr_new ("host", NULL, key);
  g_autoptr (GPtrArray) nothing = g_ptr_array_new ();
  ScepIssuedQuestion question = {
    .csr = csr, .trust = trust, .policy = SCEP_POLICY_DEFAULT, .now = NOW
  };
  g_autoptr (GError) error = NULL;
  ScepWarnings warnings = SCEP_WARNING_NONE;

  g_assert_null (scep_issued_certificate_check (nothing, &question, &warnings, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_CERTIFICATE_MISMATCH);
  g_assert_nonnull (strstr (error->message, "no certificate"));
  g_clear_error (&error);

  g_ptr_array_add (nothing, issuing->certificate);
  g_assert_null (scep_issued_certificate_check (nothing, &question, &warnings, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_CERTIFICATE_MISMATCH);
  g_assert_cmpint (warnings, ==, SCEP_WARNING_NONE);
}

/* The first certificate of a new CA may well have a number that the old CA used. */
static void
test_same_serial (void)
{
  TestCertificateSpec spec = {
    .name = "host", .serial = 7, .alt_names = "DNS:host.example.org", FROM
  };
  g_autoptr (TestCertificate) old = test_certificate_new (&spec, root, NULL);
  g_autoptr (TestCertificate) issued = test_certificate_new (&spec, issuing, key);
  g_autoptr (GError) error = NULL;
  ScepWarnings warnings = SCEP_WARNING_NONE;
  g_autoptr (GPtrArray) chain = check (issued, TRUE, old->certificate, "host", &warnings, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (chain->len, ==, 2);
  g_assert_cmpint (warnings, ==, SCEP_WARNING_NONE);
}

/* One CA uses a number twice, for another key: that is told, and not that it is the old one. */
static void
test_number_again (void)
{
  TestCertificateSpec spec = { .name = "host", .serial = 7, FROM };
  g_autoptr (TestCertificate) old = test_certificate_new (
      &(TestCertificateSpec){ .name = "host", .serial = 7, .rsa_bits = 2048, FROM }, root, NULL);
  g_autoptr (TestCertificate) issued = test_certificate_new (&spec, root, key);
  g_autoptr (TestCertificate) other = test_certificate_new (
      &(TestCertificateSpec){ .name = "host", .serial = 7, .rsa_bits = 2048, FROM }, root, NULL);
  g_autoptr (GError) error = NULL;
  ScepWarnings warnings = SCEP_WARNING_NONE;

  g_assert_null (check (issued, FALSE, old->certificate, "host", &warnings, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_CERTIFICATE_MISMATCH);
  g_assert_nonnull (strstr (error->message, "serial number 07"));
  g_assert_nonnull (strstr (error->message, "another key"));
  g_clear_error (&error);
  g_assert_null (check (other, FALSE, old->certificate, "host", &warnings, &error));
  g_assert_nonnull (strstr (error->message, "none of the certificates"));
  g_clear_error (&error);
  g_assert_null (check (old, FALSE, old->certificate, "host", &warnings, &error));
  g_assert_nonnull (strstr (error->message, "old certificate once more"));
}

/* Neither asked for alternative names nor given any, and given some all the same. */
static void
test_no_alt_names (void)
{
  TestCertificateSpec plain = { .name = "host", .serial = 7, FROM };
  TestCertificateSpec more = { .name = "host", .serial = 7, .alt_names = "DNS:a.example", FROM };
  g_autoptr (GBytes) csr = test_csr_new ("host", NULL, key);

  for (guint i = 0; i < 2; i++) {
    g_autoptr (TestCertificate) issued = test_certificate_new (i == 0 ? &plain : &more, root, key);
    g_autoptr (GPtrArray) reply = g_ptr_array_new ();
    ScepIssuedQuestion question = {
      .csr = csr, .trust = trust, .policy = SCEP_POLICY_STRICT, .now = NOW
    };
    g_autoptr (GError) error = NULL;
    ScepWarnings warnings = SCEP_WARNING_NONE;
    g_autoptr (GPtrArray) chain = NULL;

    g_ptr_array_add (reply, issued->certificate);
    chain = scep_issued_certificate_check (reply, &question, &warnings, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (chain->len, ==, 1);
    g_assert_cmpint (warnings, ==, i == 0 ? SCEP_WARNING_NONE : SCEP_WARNING_SUBJECT_CHANGED);
  }
}

/* What else a reply brings is not installed: neither another root nor what it issued. */
static void
test_strangers (void)
{
  TestCertificateSpec plain = { .name = "host", .serial = 7, FROM };
  TestCertificateSpec ca = { .name = "Issuing", .rsa_bits = 2048, .ca = TRUE, FROM };
  g_autoptr (TestCertificate) stranger = test_certificate_new (&ca, NULL, NULL);
  g_autoptr (TestCertificate) other = test_certificate_new (&plain, stranger, NULL);
  g_autoptr (TestCertificate) issued = test_certificate_new (&plain, issuing, key);
  TestCertificate *all[] = { stranger, other, issued, issuing };
  g_autoptr (GBytes) csr = test_csr_new ("host", NULL, key);
  g_autoptr (GPtrArray) reply = g_ptr_array_new ();
  ScepIssuedQuestion question = {
    .csr = csr, .trust = trust, .policy = SCEP_POLICY_STRICT, .now = NOW
  };
  g_autoptr (GError) error = NULL;
  ScepWarnings warnings = SCEP_WARNING_NONE;
  g_autoptr (GPtrArray) chain = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    g_ptr_array_add (reply, all[i]->certificate);
  chain = scep_issued_certificate_check (reply, &question, &warnings, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (chain->len, ==, 2);
  g_assert_true (g_ptr_array_index (chain, 0) == issued->certificate);
  g_assert_true (g_ptr_array_index (chain, 1) == issuing->certificate);
}

static void
test_path_length (void)
{
  TestCertificateSpec plain = { .name = "host", .serial = 7, FROM };
  g_autoptr (TestCertificate) bottom = test_certificate_new (
      &(TestCertificateSpec){
          .name = "Bottom", .rsa_bits = 2048, .constraints = "critical,CA:TRUE,pathlen:0", FROM },
      root, NULL);
  g_autoptr (TestCertificate) excess = test_certificate_new (
      &(TestCertificateSpec){ .name = "Excess", .rsa_bits = 2048, .ca = TRUE, FROM }, bottom, NULL);
  g_autoptr (TestCertificate) issued = test_certificate_new (&plain, excess, key);
  g_autoptr (GBytes) csr = test_csr_new ("host", NULL, key);
  g_autoptr (GPtrArray) reply = g_ptr_array_new ();
  ScepIssuedQuestion question = {
    .csr = csr, .trust = trust, .policy = SCEP_POLICY_DEFAULT, .now = NOW
  };
  g_autoptr (GError) error = NULL;
  ScepWarnings warnings = SCEP_WARNING_NONE;

  g_ptr_array_add (reply, issued->certificate);
  g_ptr_array_add (reply, excess->certificate);
  g_ptr_array_add (reply, bottom->certificate);
  g_assert_null (scep_issued_certificate_check (reply, &question, &warnings, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_UNTRUSTED_CA);
  g_assert_nonnull (strstr (error->message, "pathLenConstraint"));
}

static ScepWarnings
get_warnings (TestCertificate *issued, EVP_PKEY *of, ScepPolicy policy)
{
  g_autoptr (GBytes) csr = test_csr_new ("host", "DNS:host.example.org", of);
  g_autoptr (GPtrArray) certificates = g_ptr_array_new ();
  ScepIssuedQuestion question = { .csr = csr, .trust = trust, .policy = policy, .now = NOW };
  ScepWarnings warnings = SCEP_WARNING_NONE;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) chain = NULL;

  g_ptr_array_add (certificates, issued->certificate);
  chain = scep_issued_certificate_check (certificates, &question, &warnings, &error);
  g_assert_no_error (error);
  g_assert_nonnull (chain);
  return warnings;
}

/* What the policy lets pass with a word. */
static void
test_weak (void)
{
  TestCertificateSpec spec = {
    .name = "host", .serial = 7, .alt_names = "DNS:host.example.org", FROM
  };
  EVP_PKEY *short_key = test_key_new (1024);
  g_autoptr (TestCertificate) with_short_key = test_certificate_new (&spec, root, short_key);
  g_autoptr (TestCertificate) with_sha1 = NULL;

  spec.sha1 = TRUE;
  with_sha1 = test_certificate_new (&spec, root, key);
  g_assert_cmpint (get_warnings (with_short_key, short_key, SCEP_POLICY_DEFAULT), ==,
                   SCEP_WARNING_WEAK_KEY);
  g_assert_cmpint (get_warnings (with_sha1, key, SCEP_POLICY_LEGACY), ==,
                   SCEP_WARNING_WEAK_CERTIFICATE);
  EVP_PKEY_free (short_key);
}

/* One that begins this very second says nothing of a clock. */
static void
test_begins_now (void)
{
  TestCertificateSpec spec = { .name = "host",
                               .serial = 7,
                               .alt_names = "DNS:host.example.org",
                               .not_before = NOW,
                               .not_after = NOW + 1 };
  g_autoptr (TestCertificate) issued = test_certificate_new (&spec, issuing, key);
  g_autoptr (GError) error = NULL;
  ScepWarnings warnings = SCEP_WARNING_NONE;
  g_autoptr (GPtrArray) chain = check (issued, TRUE, NULL, "host", &warnings, &error);

  g_assert_no_error (error);
  g_assert_nonnull (chain);
  g_assert_cmpint (warnings, ==, SCEP_WARNING_NONE);
}

static void
test_accepted (void)
{
  TestCertificateSpec spec = { .name = "host",
                               .serial = 7,
                               .alt_names = "DNS:host.example.org",
                               .not_before = NOW + 600,
                               .not_after = NOW + 9000 };
  g_autoptr (TestCertificate) issued = test_certificate_new (&spec, issuing, key);
  g_autoptr (GError) error = NULL;
  ScepWarnings warnings = SCEP_WARNING_NONE;
  g_autoptr (GPtrArray) chain = check (issued, TRUE, NULL, "host", &warnings, &error);
  g_autoptr (GPtrArray) changed = NULL;

  g_assert_no_error (error);
  g_assert_cmpuint (chain->len, ==, 2);
  g_assert_true (g_ptr_array_index (chain, 0) == issued->certificate);
  g_assert_true (g_ptr_array_index (chain, 1) == issuing->certificate);
  g_assert_cmpint (warnings, ==, SCEP_WARNING_CLOCK);

  changed = check (issued, TRUE, NULL, "other", &warnings, &error);
  g_assert_no_error (error);
  g_assert_cmpint (warnings, ==, SCEP_WARNING_CLOCK | SCEP_WARNING_SUBJECT_CHANGED);
}

static void
check_judged (const char *extensions, ScepWarnings expected, const char *detail)
{
  TestCertificateSpec spec = {
    .name = "host", .serial = 7, .alt_names = "DNS:host.example.org", .extensions = extensions, FROM
  };
  g_autoptr (TestCertificate) issued = test_certificate_new (&spec, issuing, key);
  g_autoptr (GError) error = NULL;
  ScepWarnings warnings = SCEP_WARNING_NONE;
  g_autoptr (GPtrArray) chain = check (issued, TRUE, NULL, "host", &warnings, &error);
  g_auto (GStrv) details = NULL;

  g_assert_no_error (error);
  g_assert_cmpint (warnings, ==, expected);
  g_assert_cmpint (scep_issued_certificate_judge (chain, root->certificate, &details), ==,
                   expected);
  g_assert_cmpstr (details[0], ==, detail);
  g_assert_true (detail == NULL || details[1] == NULL);
}

/* What a CA has issued is used: it will not issue another because of that. */
static void
test_judged (void)
{
  check_judged ("1.2.3.4=DER:0500", SCEP_WARNING_NONE, NULL);
  check_judged ("extendedKeyUsage=critical,clientAuth", SCEP_WARNING_NONE, NULL);
  check_judged ("1.2.3.4=critical,DER:0500", SCEP_WARNING_CRITICAL_EXTENSION,
                "critical-extension 1.2.3.4");
  check_judged ("keyUsage=DER:0500", SCEP_WARNING_UNREADABLE_EXTENSION,
                "unreadable-extension keyUsage");
  check_judged ("extendedKeyUsage=DER:0500", SCEP_WARNING_UNREADABLE_EXTENSION,
                "unreadable-extension extKeyUsage");
  check_judged ("basicConstraints=DER:0500", SCEP_WARNING_UNREADABLE_EXTENSION,
                "unreadable-extension basicConstraints");
  check_judged ("issuerAltName=DER:0500", SCEP_WARNING_UNREADABLE_EXTENSION,
                "unreadable-extension issuerAltName");
  check_judged ("subjectAltName=DER:0500", SCEP_WARNING_UNREADABLE_EXTENSION,
                "unreadable-extension subjectAltName");
}

/* Nobody who verifies the path will take it, which is for people to know. */
static void
check_constrained (const char *constraints, const char *subject, const char *alt_names,
                   const char *detail)
{
  g_autoptr (TestCertificate) ca = test_certificate_new (
      &(TestCertificateSpec){
          .name = "Constrained", .serial = 8, .ca = TRUE, .extensions = constraints, FROM },
      root, NULL);
  g_autoptr (TestCertificate) issued = test_certificate_new (
      &(TestCertificateSpec){ .subject = subject, .serial = 7, .alt_names = alt_names, FROM }, ca,
      key);
  g_autoptr (GPtrArray) chain = g_ptr_array_new ();
  g_auto (GStrv) details = NULL;

  g_ptr_array_add (chain, issued->certificate);
  g_ptr_array_add (chain, ca->certificate);
  g_assert_cmpint (scep_issued_certificate_judge (chain, root->certificate, &details), ==,
                   detail != NULL ? SCEP_WARNING_NAME_CONSTRAINTS : SCEP_WARNING_NONE);
  g_assert_cmpstr (details[0], ==, detail);
}

static void
test_name_constraints (void)
{
  const char *names = "DNS:host.example.org";

  check_constrained ("nameConstraints=permitted;DNS:example.org", "/CN=host", names, NULL);
  check_constrained ("nameConstraints=permitted;DNS:example.net", "/CN=host", names,
                     "name-constraints DNS:host.example.org");
  check_constrained ("nameConstraints=excluded;dirName:dn\n[dn]\nO=Example", "/O=Example/CN=host",
                     names, "name-constraints CN=host,O=Example");
  check_constrained ("nameConstraints=excluded;email:example.org", "/emailAddress=a@example.org",
                     names, "name-constraints emailAddress=a@example.org");
}

/* OpenSSL does so: /path/dns/common-name is refused there. */
static void
test_host_in_subject (void)
{
  const char *constraints = "nameConstraints=permitted;DNS:example.org";

  check_constrained (constraints, "/CN=host.test", NULL, "name-constraints CN=host.test");
  check_constrained (constraints, "/CN=host.test", "IP:192.0.2.1", "name-constraints CN=host.test");
  check_constrained (constraints, "/CN=host.test", "DNS:host.example.org", NULL);
  check_constrained (constraints, "/CN=Host.Example.org", NULL, NULL);
  check_constrained (constraints, "/CN=host", NULL, NULL);
  check_constrained (constraints, "/CN=the host. of a test", NULL, NULL);
  check_constrained (constraints, "/CN=-host.test", NULL, NULL);
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  setup ();
  g_test_add_func ("/issued-certificate/refused", test_refused);
  g_test_add_func ("/issued-certificate/by-ra", test_issued_by_ra);
  g_test_add_func ("/issued-certificate/by-old-root", test_issued_by_old_root);
  g_test_add_func ("/issued-certificate/two-of-one-key", test_two_of_one_key);
  g_test_add_func ("/issued-certificate/none", test_none);
  g_test_add_func ("/issued-certificate/same-serial", test_same_serial);
  g_test_add_func ("/issued-certificate/number-again", test_number_again);
  g_test_add_func ("/issued-certificate/no-alt-names", test_no_alt_names);
  g_test_add_func ("/issued-certificate/strangers", test_strangers);
  g_test_add_func ("/issued-certificate/path-length", test_path_length);
  g_test_add_func ("/issued-certificate/weak", test_weak);
  g_test_add_func ("/issued-certificate/begins-now", test_begins_now);
  g_test_add_func ("/issued-certificate/judged", test_judged);
  g_test_add_func ("/issued-certificate/name-constraints", test_name_constraints);
  g_test_add_func ("/issued-certificate/host-in-subject", test_host_in_subject);
  g_test_add_func ("/issued-certificate/accepted", test_accepted);
  result = g_test_run ();
  teardown ();
  return result;
}
