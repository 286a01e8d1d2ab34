/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-ca-findings.h"

#include "certificate-factory.h"

#include <string.h>

#define NOW G_GINT64_CONSTANT (1760000000)
#define FROM .not_before = NOW - 86400, .not_after = NOW + 86400
#define AGENT "1.3.6.1.4.1.311.20.2.1"

static TestCertificate *root;
static GPtrArray *bundle; /* (element-type ScepCertificate) */

static TestCertificate *
add (TestCertificateSpec spec, TestCertificate *issuer, EVP_PKEY *key)
{
  TestCertificate *certificate = test_certificate_new (&spec, issuer, key);

  g_ptr_array_add (bundle, g_object_ref (certificate->certificate));
  return certificate;
}

static ScepCaTrust *
evaluate (const ScepCaTrustQuestion *question)
{
  return scep_ca_trust_evaluate (bundle, question, NULL);
}

static ScepCaTrustQuestion
ask (const char *pin)
{
  ScepCaTrustQuestion question = {
    .pin = pin, .policy = SCEP_POLICY_DEFAULT, .now = NOW, .host = "ca"
  };

  return question;
}

static void
assert_said (GPtrArray *findings, TestCertificate *certificate, const char *says, gboolean is_fault)
{
  for (guint i = 0; i < findings->len; i++) {
    const ScepCaFinding *finding = g_ptr_array_index (findings, i);

    if (finding->certificate != certificate->certificate)
      continue;
    if (strstr (finding->text, says) == NULL)
      g_error ("“%s” is not in: %s", says, finding->text);
    g_assert_true (finding->is_fault == is_fault);
    return;
  }
  g_assert_not_reached ();
}

static void
set_up (void)
{
  bundle = g_ptr_array_new_with_free_func (g_object_unref);
  root =
      add ((TestCertificateSpec){ .name = "Root", .rsa_bits = 2048, .ca = TRUE, FROM }, NULL, NULL);
}

static void
tear_down (void)
{
  g_clear_pointer (&bundle, g_ptr_array_unref);
  g_clear_pointer (&root, test_certificate_free);
}

/* Each certificate has its role, or the reason why it has none. */
static void
test_roles (void)
{
  TestCertificateSpec issuing = { .name = "Issuing", .ca = TRUE, FROM };
  TestCertificateSpec agent = { .name = "RA", .rsa_bits = 2048, .extended_key_usage = AGENT, FROM };
  TestCertificateSpec device = { .name = "host", FROM };
  TestCertificateSpec old = { .name = "Old", .not_before = NOW - 9, .not_after = NOW - 1 };
  TestCertificateSpec again = {
    .name = "Root", .serial = 9, .ca = TRUE, .not_before = NOW - 2 * 86400, .not_after = NOW + 86400
  };

  set_up ();
  {
    g_autoptr (TestCertificate) lower = add (issuing, root, NULL);
    g_autoptr (TestCertificate) ra = add (agent, lower, NULL);
    g_autoptr (TestCertificate) host = add (device, lower, NULL);
    g_autoptr (TestCertificate) expired = add (old, lower, NULL);
    g_autoptr (TestCertificate) twin = add (again, NULL, root->key);
    g_autoptr (TestCertificate) stranger = add (device, NULL, NULL);
    ScepCaTrustQuestion question = ask (scep_certificate_get_fingerprint (root->certificate));
    g_autoptr (ScepCaTrust) trust = evaluate (&question);
    g_autoptr (GPtrArray) findings = scep_ca_findings_list (bundle, &question, trust);

    g_assert_nonnull (trust);
    g_assert_cmpuint (findings->len, ==, bundle->len);
    assert_said (findings, root, "trusted root", FALSE);
    assert_said (findings, lower, "issues certificates", FALSE);
    assert_said (findings, ra, "decrypts requests", FALSE);
    assert_said (findings, twin, "another certificate of the same CA", FALSE);
    assert_said (findings, host, "RACertificateFingerprint", FALSE);
    assert_said (findings, expired, "expired", TRUE);
    assert_said (findings, stranger, "not issued by “CN=Root”", FALSE);
  }
  tear_down ();
}

/* What keeps the whole reply from being used is told of the certificate that it is in. */
static void
test_refused (void)
{
  TestCertificateSpec sha224 = { .name = "Issuing", .ca = TRUE, .sha224 = TRUE, FROM };

  set_up ();
  {
    g_autoptr (TestCertificate) lower = add (sha224, root, NULL);
    ScepCaTrustQuestion question = ask (scep_certificate_get_fingerprint (root->certificate));
    ScepCaTrustQuestion given = question;
    g_autoptr (ScepCaTrust) trust = evaluate (&question);
    g_autoptr (GPtrArray) findings = scep_ca_findings_list (bundle, &question, trust);
    g_autoptr (GPtrArray) again = NULL;

    g_assert_null (trust);
    assert_said (findings, root, "vouches", FALSE);
    assert_said (findings, lower, "SHA-224", TRUE);
    given.pin = NULL;
    given.anchor = root->certificate;
    again = scep_ca_findings_list (bundle, &given, NULL);
    assert_said (again, lower, "SHA-224", TRUE);
  }
  tear_down ();
}

/* Nobody is trusted. */
static void
test_unknown (void)
{
  TestCertificateSpec device = { .name = "host", FROM };

  set_up ();
  {
    g_autoptr (TestCertificate) host = add (device, root, NULL);
    ScepCaTrustQuestion question = ask (NULL);
    g_autoptr (GPtrArray) findings = scep_ca_findings_list (bundle, &question, NULL);

    assert_said (findings, root, "a CA, not trusted", FALSE);
    assert_said (findings, host, "no CA, not trusted", FALSE);
  }
  tear_down ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ca-findings/roles", test_roles);
  g_test_add_func ("/ca-findings/refused", test_refused);
  g_test_add_func ("/ca-findings/unknown", test_unknown);
  return g_test_run ();
}
