/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-ca-trust.h"

#include "base/scep-error.h"
#include "certificate-factory.h"

#include <string.h>

#define NOW G_GINT64_CONSTANT (1760000000)
#define FROM .not_before = NOW - 86400, .not_after = NOW + 86400
#define AGENT "1.3.6.1.4.1.311.20.2.1"

typedef struct {
  TestCertificate *root;
  TestCertificate *issuing;
  TestCertificate *ra_sign;
  TestCertificate *ra_encrypt;
  TestCertificate *device;
  TestCertificate *stranger;
} Pki;

static Pki pki;

static void
pki_init (void)
{
  pki.root = test_certificate_new (
      &(TestCertificateSpec){ .name = "Root", .rsa_bits = 2048, .ca = TRUE, FROM }, NULL, NULL);
  pki.issuing = test_certificate_new (
      &(TestCertificateSpec){ .name = "Issuing", .ca = TRUE, .key_usage = "keyCertSign", FROM },
      pki.root, NULL);
  pki.ra_sign = test_certificate_new (&(TestCertificateSpec){ .name = "RA",
                                                              .serial = 2,
                                                              .rsa_bits = 2048,
                                                              .key_usage = "digitalSignature",
                                                              .extended_key_usage = AGENT,
                                                              FROM },
                                      pki.issuing, NULL);
  pki.ra_encrypt = test_certificate_new (&(TestCertificateSpec){ .name = "RA",
                                                                 .serial = 3,
                                                                 .rsa_bits = 2048,
                                                                 .key_usage = "keyEncipherment",
                                                                 .extended_key_usage = AGENT,
                                                                 FROM },
                                         pki.issuing, NULL);
  pki.device = test_certificate_new (
      &(TestCertificateSpec){ .name = "Device", .serial = 4, .rsa_bits = 2048, FROM }, pki.issuing,
      NULL);
  pki.stranger = test_certificate_new (
      &(TestCertificateSpec){ .name = "Root", .rsa_bits = 2048, .ca = TRUE, FROM }, NULL, NULL);
}

static void
pki_clear (void)
{
  test_certificate_free (pki.root);
  test_certificate_free (pki.issuing);
  test_certificate_free (pki.ra_sign);
  test_certificate_free (pki.ra_encrypt);
  test_certificate_free (pki.device);
  test_certificate_free (pki.stranger);
}

static GPtrArray *
bundle_new (TestCertificate *first, ...)
{
  GPtrArray *bundle = g_ptr_array_new ();
  va_list args;

  va_start (args, first);
  for (TestCertificate *c = first; c != NULL; c = va_arg (args, TestCertificate *))
    g_ptr_array_add (bundle, c->certificate);
  va_end (args);
  return bundle;
}

static const char *
fp (TestCertificate *certificate)
{
  return scep_certificate_get_fingerprint (certificate->certificate);
}

static ScepCaTrust *
ask (GPtrArray *bundle, const char *pin, const char *ra_pin, gboolean tls, ScepPolicy policy,
     GError **error)
{
  ScepCaTrustQuestion question = { .pin = pin,
                                   .pin_provenance = SCEP_PROVENANCE_FINGERPRINT,
                                   .ra_pin = ra_pin,
                                   .tls = tls,
                                   .policy = policy,
                                   .now = NOW,
                                   .host = "ca.example.org" };

  return scep_ca_trust_evaluate (bundle, &question, error);
}

static void
refused (GPtrArray *bundle, const char *pin, const char *ra_pin, ScepError code, const char *says)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (ask (bundle, pin, ra_pin, FALSE, SCEP_POLICY_DEFAULT, &error));
  g_assert_error (error, SCEP_ERROR, (gint) code);
  g_assert_nonnull (strstr (error->message, says));
}

static void
test_mismatch (void)
{
  g_autoptr (GPtrArray) bundle = bundle_new (pki.stranger, NULL);
  g_autoptr (GPtrArray) none = g_ptr_array_new ();
  g_autoptr (GPtrArray) leaf = bundle_new (pki.root, pki.issuing, pki.device, NULL);
  g_autoptr (GPtrArray) ra = bundle_new (pki.root, pki.issuing, pki.ra_sign, NULL);

  refused (bundle, fp (pki.root), NULL, SCEP_ERROR_FINGERPRINT_MISMATCH, fp (pki.stranger));
  refused (none, fp (pki.root), NULL, SCEP_ERROR_MALFORMED_REPLY, "no CA certificate");
  refused (leaf, fp (pki.device), NULL, SCEP_ERROR_UNTRUSTED_CA, "is no CA certificate");
  refused (ra, fp (pki.ra_sign), NULL, SCEP_ERROR_UNTRUSTED_CA, "is no CA certificate");
}

/* Every digit counts. */
static void
test_near_miss (void)
{
  g_autoptr (GPtrArray) bundle = bundle_new (pki.root, pki.issuing, pki.ra_sign, NULL);

  for (guint i = 0; i < 64; i += 21) {
    g_autofree char *pin = g_strdup (fp (pki.root));

    pin[i] = pin[i] == '0' ? '1' : '0';
    refused (bundle, pin, NULL, SCEP_ERROR_FINGERPRINT_MISMATCH, pin);
  }
}

static void
test_impostor (void)
{
  g_autoptr (GPtrArray) bundle = bundle_new (pki.device, pki.issuing, pki.root, NULL);
  g_autoptr (ScepCaTrust) trust = NULL;
  g_autoptr (GError) error = NULL;

  refused (bundle, fp (pki.root), NULL, SCEP_ERROR_UNTRUSTED_CA, "RACertificateFingerprint");
  refused (bundle, fp (pki.root), fp (pki.ra_sign), SCEP_ERROR_FINGERPRINT_MISMATCH,
           "RACertificateFingerprint");
  trust = ask (bundle, fp (pki.root), fp (pki.device), FALSE, SCEP_POLICY_DEFAULT, &error);
  g_assert_no_error (error);
  g_assert_true (scep_ca_trust_get_recipient (trust) == pki.device->certificate);
  g_clear_pointer (&trust, scep_ca_trust_unref);
  trust = ask (bundle, fp (pki.root), "", TRUE, SCEP_POLICY_DEFAULT, &error);
  g_assert_no_error (error);
}

static void
check_two_ras (GPtrArray *bundle)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCaTrust) trust =
      ask (bundle, fp (pki.root), NULL, FALSE, SCEP_POLICY_DEFAULT, &error);
  GPtrArray *signers;

  g_assert_no_error (error);
  signers = scep_ca_trust_get_signers (trust);
  g_assert_true (scep_ca_trust_get_anchor (trust) == pki.root->certificate);
  g_assert_true (scep_ca_trust_get_issuing_ca (trust) == pki.issuing->certificate);
  g_assert_true (scep_ca_trust_get_recipient (trust) == pki.ra_encrypt->certificate);
  g_assert_cmpuint (signers->len, ==, 2);
  g_assert_true (g_ptr_array_find (signers, pki.issuing->certificate, NULL));
  g_assert_true (g_ptr_array_find (signers, pki.ra_sign->certificate, NULL));
  g_assert_cmpint (scep_ca_trust_get_warnings (trust), ==, SCEP_WARNING_NONE);
}

static void
test_any_order (void)
{
  g_autoptr (GPtrArray) down =
      bundle_new (pki.root, pki.issuing, pki.ra_encrypt, pki.ra_sign, NULL);
  g_autoptr (GPtrArray) up = bundle_new (pki.ra_sign, pki.ra_encrypt, pki.issuing, pki.root, NULL);

  check_two_ras (down);
  check_two_ras (up);
}

static void
test_single (void)
{
  g_autoptr (GPtrArray) bundle = bundle_new (pki.root, pki.stranger, NULL);
  g_autoptr (TestCertificate) ec =
      test_certificate_new (&(TestCertificateSpec){ .name = "EC", .ca = TRUE, FROM }, NULL, NULL);
  g_autoptr (GPtrArray) no_rsa = bundle_new (ec, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCaTrust) trust =
      ask (bundle, fp (pki.root), NULL, FALSE, SCEP_POLICY_DEFAULT, &error);

  g_assert_no_error (error);
  g_assert_true (scep_ca_trust_get_recipient (trust) == pki.root->certificate);
  g_assert_cmpuint (scep_ca_trust_get_certificates (trust)->len, ==, 1);
  g_assert_cmpint (scep_ca_trust_get_warnings (trust), ==, SCEP_WARNING_IGNORED_CERTIFICATES);
  refused (no_rsa, fp (ec), NULL, SCEP_ERROR_UNSUPPORTED, "RSA");
}

/* What Debian's scepserver makes for itself, and what a CA may look like at most (RFC 8894
 * section 3.5.2): the usage selects among several, and never refuses the only one. */
static void
test_single_by_usage (void)
{
  static const char *const usages[] = { "critical,keyCertSign,cRLSign", "critical,keyCertSign",
                                        "critical,digitalSignature,keyEncipherment,keyCertSign",
                                        NULL };

  for (guint i = 0; i < G_N_ELEMENTS (usages); i++) {
    g_autoptr (TestCertificate) ca = test_certificate_new (
        &(TestCertificateSpec){
            .name = "CA", .rsa_bits = 2048, .ca = TRUE, .key_usage = usages[i], FROM },
        NULL, NULL);
    g_autoptr (GPtrArray) bundle = bundle_new (ca, NULL);
    g_autoptr (GError) error = NULL;
    g_autoptr (ScepCaTrust) trust = ask (bundle, fp (ca), "", FALSE, SCEP_POLICY_DEFAULT, &error);

    g_assert_no_error (error);
    g_assert_true (scep_ca_trust_get_anchor (trust) == ca->certificate);
    g_assert_true (scep_ca_trust_get_issuing_ca (trust) == ca->certificate);
    g_assert_true (scep_ca_trust_get_recipient (trust) == ca->certificate);
    g_assert_cmpuint (scep_ca_trust_get_signers (trust)->len, ==, 1);
    g_assert_cmpint (scep_ca_trust_get_warnings (trust), ==, SCEP_WARNING_NONE);
  }
}

static void
test_above_anchor (void)
{
  g_autoptr (TestCertificate) issuing = test_certificate_new (
      &(TestCertificateSpec){ .name = "Sub", .rsa_bits = 2048, .ca = TRUE, FROM }, pki.root, NULL);
  g_autoptr (GPtrArray) bundle = bundle_new (pki.root, issuing, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCaTrust) trust =
      ask (bundle, fp (issuing), NULL, FALSE, SCEP_POLICY_DEFAULT, &error);

  g_assert_no_error (error);
  g_assert_true (scep_ca_trust_get_anchor (trust) == issuing->certificate);
  g_assert_cmpuint (scep_ca_trust_get_certificates (trust)->len, ==, 1);
  g_assert_cmpint (scep_ca_trust_get_warnings (trust), ==, SCEP_WARNING_IGNORED_CERTIFICATES);
}

static TestCertificate *
sub_ca_new (const char *name, const char *constraints, TestCertificate *issuer)
{
  return test_certificate_new (
      &(TestCertificateSpec){
          .name = name, .rsa_bits = 2048, .ca = TRUE, .constraints = constraints, FROM },
      issuer, NULL);
}

static void
test_path_length (void)
{
  g_autoptr (TestCertificate) one = sub_ca_new ("One", "critical,CA:TRUE,pathlen:1", NULL);
  g_autoptr (TestCertificate) none = sub_ca_new ("None", "critical,CA:TRUE,pathlen:0", one);
  g_autoptr (TestCertificate) excess = sub_ca_new ("Excess", NULL, none);
  g_autoptr (TestCertificate) middle = sub_ca_new ("Middle", NULL, one);
  g_autoptr (TestCertificate) lowest = sub_ca_new ("Lowest", NULL, middle);
  g_autoptr (GPtrArray) fits = bundle_new (one, none, NULL);
  g_autoptr (GPtrArray) direct = bundle_new (none, excess, NULL);
  g_autoptr (GPtrArray) indirect = bundle_new (lowest, middle, one, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCaTrust) trust = NULL;

  g_assert_cmpint (scep_certificate_get_path_length (one->certificate), ==, 1);
  g_assert_cmpint (scep_certificate_get_path_length (middle->certificate), ==, -1);
  g_assert_cmpint (scep_certificate_get_path_length (pki.device->certificate), ==, -1);
  refused (direct, fp (none), NULL, SCEP_ERROR_UNTRUSTED_CA, "pathLenConstraint");

  trust = ask (fits, fp (one), NULL, FALSE, SCEP_POLICY_DEFAULT, &error);
  g_assert_no_error (error);
  g_assert_true (scep_ca_trust_get_issuing_ca (trust) == none->certificate);
  g_clear_pointer (&trust, scep_ca_trust_unref);

  trust = ask (indirect, fp (one), NULL, FALSE, SCEP_POLICY_DEFAULT, &error);
  g_assert_no_error (error);
  g_assert_true (scep_ca_trust_get_issuing_ca (trust) == middle->certificate);
  g_assert_cmpint (scep_ca_trust_get_warnings (trust), ==, SCEP_WARNING_IGNORED_CERTIFICATES);
}

/* A pinned RA is the one that is meant, whatever others the CA gave the usage of one. */
static void
test_pinned_ra (void)
{
  g_autoptr (GPtrArray) bundle =
      bundle_new (pki.ra_encrypt, pki.ra_sign, pki.device, pki.issuing, pki.root, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCaTrust) trust =
      ask (bundle, fp (pki.root), fp (pki.device), FALSE, SCEP_POLICY_DEFAULT, &error);

  g_assert_no_error (error);
  g_assert_true (scep_ca_trust_get_recipient (trust) == pki.device->certificate);
  g_assert_cmpuint (scep_ca_trust_get_signers (trust)->len, ==, 2);
  g_assert_true (
      g_ptr_array_find (scep_ca_trust_get_signers (trust), pki.device->certificate, NULL));
  g_clear_pointer (&trust, scep_ca_trust_unref);

  /* This one only encrypts: the other one's usage still makes it an RA. */
  trust = ask (bundle, fp (pki.root), fp (pki.ra_encrypt), FALSE, SCEP_POLICY_DEFAULT, &error);
  g_assert_no_error (error);
  g_assert_true (scep_ca_trust_get_recipient (trust) == pki.ra_encrypt->certificate);
  g_assert_true (
      g_ptr_array_find (scep_ca_trust_get_signers (trust), pki.ra_sign->certificate, NULL));
  g_assert_false (
      g_ptr_array_find (scep_ca_trust_get_signers (trust), pki.device->certificate, NULL));
}

static TestCertificate *
ra_new (const char *name, const char *key_usage, TestCertificate *issuer)
{
  return test_certificate_new (&(TestCertificateSpec){ .name = name,
                                                       .rsa_bits = 2048,
                                                       .key_usage = key_usage,
                                                       .extended_key_usage = AGENT,
                                                       FROM },
                               issuer, NULL);
}

static gboolean
may_sign (ScepCaTrust *trust, TestCertificate *certificate)
{
  return g_ptr_array_find (scep_ca_trust_get_signers (trust), certificate->certificate, NULL);
}

/* Beside the issuing CA one RA or several, by their usage; an only one whatever its usage; and
 * none that is of no use. */
static void
test_which_ra_signs (void)
{
  g_autoptr (TestCertificate) first = ra_new ("First", NULL, pki.issuing);
  g_autoptr (TestCertificate) second = ra_new ("Second", NULL, pki.issuing);
  g_autoptr (TestCertificate) idle = ra_new ("Idle", "keyAgreement", pki.issuing);
  g_autoptr (GPtrArray) both = bundle_new (pki.root, pki.issuing, idle, first, second, NULL);
  g_autoptr (GPtrArray) only = bundle_new (pki.root, pki.issuing, pki.ra_encrypt, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCaTrust) trust =
      ask (both, fp (pki.root), NULL, FALSE, SCEP_POLICY_DEFAULT, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (scep_ca_trust_get_signers (trust)->len, ==, 3);
  g_assert_true (may_sign (trust, first) && may_sign (trust, second));
  g_assert_false (
      g_ptr_array_find (scep_ca_trust_get_certificates (trust), idle->certificate, NULL));
  g_clear_pointer (&trust, scep_ca_trust_unref);

  trust = ask (only, fp (pki.root), NULL, FALSE, SCEP_POLICY_DEFAULT, &error);
  g_assert_no_error (error);
  g_assert_true (may_sign (trust, pki.ra_encrypt));
}

/* A pin on an RA that only signs leaves the one to encrypt to. */
static void
test_pinned_signer (void)
{
  g_autoptr (GPtrArray) bundle =
      bundle_new (pki.root, pki.issuing, pki.ra_sign, pki.ra_encrypt, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCaTrust) trust =
      ask (bundle, fp (pki.root), fp (pki.ra_sign), FALSE, SCEP_POLICY_DEFAULT, &error);

  g_assert_no_error (error);
  g_assert_true (scep_ca_trust_get_recipient (trust) == pki.ra_encrypt->certificate);
  g_assert_true (may_sign (trust, pki.ra_sign));
  g_assert_false (may_sign (trust, pki.ra_encrypt));
}

/* Neither the root nor what stands between signs replies. */
static void
test_intermediate_does_not_sign (void)
{
  g_autoptr (TestCertificate) lowest = test_certificate_new (
      &(TestCertificateSpec){ .name = "Lowest", .rsa_bits = 2048, .ca = TRUE, FROM }, pki.issuing,
      NULL);
  g_autoptr (GPtrArray) bundle = bundle_new (pki.root, pki.issuing, lowest, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCaTrust) trust =
      ask (bundle, fp (pki.root), NULL, FALSE, SCEP_POLICY_DEFAULT, &error);

  g_assert_no_error (error);
  g_assert_true (scep_ca_trust_get_issuing_ca (trust) == lowest->certificate);
  g_assert_cmpuint (scep_ca_trust_get_signers (trust)->len, ==, 1);
  g_assert_true (may_sign (trust, lowest));
}

/* Somebody's certificate in the bundle does not say which of two CAs is the issuing one. */
static void
test_device_proves_no_ca (void)
{
  g_autoptr (TestCertificate) older = test_certificate_new (
      &(TestCertificateSpec){
          .name = "Older", .ca = TRUE, .not_before = NOW - 86400, .not_after = NOW + 86400 },
      pki.root, NULL);
  g_autoptr (TestCertificate) newer = test_certificate_new (
      &(TestCertificateSpec){
          .name = "Newer", .ca = TRUE, .not_before = NOW - 3600, .not_after = NOW + 86400 },
      pki.root, NULL);
  g_autoptr (TestCertificate) device = test_certificate_new (
      &(TestCertificateSpec){ .name = "Device", .rsa_bits = 2048, FROM }, older, NULL);
  g_autoptr (TestCertificate) ra = ra_new ("RA", NULL, pki.root);
  g_autoptr (GPtrArray) bundle = bundle_new (pki.root, older, newer, device, ra, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCaTrust) trust =
      ask (bundle, fp (pki.root), NULL, FALSE, SCEP_POLICY_DEFAULT, &error);

  g_assert_no_error (error);
  g_assert_true (scep_ca_trust_get_issuing_ca (trust) == newer->certificate);
  g_assert_false (may_sign (trust, device));
}

static void
test_too_many (void)
{
  g_autoptr (GPtrArray) bundle = g_ptr_array_new ();

  for (guint i = 0; i <= SCEP_CA_TRUST_MAX_CERTIFICATES; i++)
    g_ptr_array_add (bundle, pki.root->certificate);
  refused (bundle, fp (pki.root), NULL, SCEP_ERROR_TOO_LARGE, "65");
}

static void
test_expired_ra (void)
{
  g_autoptr (TestCertificate) ra =
      test_certificate_new (&(TestCertificateSpec){ .name = "Old RA",
                                                    .serial = 9,
                                                    .rsa_bits = 2048,
                                                    .extended_key_usage = AGENT,
                                                    .not_before = NOW - 9000,
                                                    .not_after = NOW - 10 },
                            pki.issuing, NULL);
  g_autoptr (GPtrArray) bundle = bundle_new (pki.root, pki.issuing, ra, NULL);

  refused (bundle, fp (pki.root), NULL, SCEP_ERROR_UNTRUSTED_CA, "expired");
}

static void
test_weak (void)
{
  g_autoptr (TestCertificate) ca = test_certificate_new (
      &(TestCertificateSpec){ .name = "Weak", .rsa_bits = 1024, .ca = TRUE, FROM }, NULL, NULL);
  g_autoptr (GPtrArray) bundle = bundle_new (ca, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCaTrust) trust = NULL;

  refused (bundle, fp (ca), NULL, SCEP_ERROR_WEAK_ALGORITHM, "1024");
  trust = ask (bundle, fp (ca), NULL, FALSE, SCEP_POLICY_LEGACY, &error);
  g_assert_no_error (error);
  g_assert_cmpint (scep_ca_trust_get_warnings (trust), ==, SCEP_WARNING_WEAK_KEY);
}

static void
test_given_anchor (void)
{
  ScepCaTrustQuestion question = {
    .anchor = pki.root->certificate, .now = NOW, .host = "ca", .policy = SCEP_POLICY_DEFAULT
  };
  g_autoptr (GPtrArray) foreign = bundle_new (pki.stranger, NULL);
  g_autoptr (GPtrArray) lower = bundle_new (pki.issuing, pki.ra_sign, pki.ra_encrypt, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCaTrust) trust = NULL;

  g_assert_null (scep_ca_trust_evaluate (foreign, &question, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_UNTRUSTED_CA);
  g_clear_error (&error);
  trust = scep_ca_trust_evaluate (lower, &question, &error);
  g_assert_no_error (error);
  g_assert_true (scep_ca_trust_get_anchor (trust) == pki.root->certificate);
}

static void
not_restored (ScepTrustRecord *record, GPtrArray *certificates)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (scep_ca_trust_restore (record, certificates, SCEP_POLICY_DEFAULT, NOW, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_NO_SUCH_ENTRY);
}

static void
test_restore (void)
{
  g_autoptr (GPtrArray) bundle =
      bundle_new (pki.root, pki.issuing, pki.ra_encrypt, pki.ra_sign, pki.device, NULL);
  g_autoptr (GPtrArray) no_recipient = bundle_new (pki.root, pki.issuing, pki.ra_sign, NULL);
  g_autoptr (GPtrArray) no_signer = bundle_new (pki.root, pki.issuing, pki.ra_encrypt, NULL);
  g_autoptr (GPtrArray) no_anchor = bundle_new (pki.issuing, pki.ra_sign, pki.ra_encrypt, NULL);
  g_autoptr (ScepSettings) settings = scep_settings_new_default ();
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCaTrust) trust =
      ask (bundle, fp (pki.root), NULL, FALSE, SCEP_POLICY_DEFAULT, &error);
  g_autoptr (ScepTrustRecord) record = NULL;
  g_autoptr (ScepCaTrust) again = NULL;

  g_assert_no_error (error);
  record = scep_ca_trust_make_record (trust, settings);
  g_assert_null (scep_trust_record_lookup (record, fp (pki.device)));
  not_restored (record, no_recipient);
  not_restored (record, no_signer);
  not_restored (record, no_anchor);
  g_assert_null (scep_ca_trust_restore (record, bundle, SCEP_POLICY_DEFAULT, NOW + 90000, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_UNTRUSTED_CA);
  g_clear_error (&error);
  again = scep_ca_trust_restore (record, bundle, SCEP_POLICY_DEFAULT, NOW, &error);
  g_assert_no_error (error);
  g_assert_true (scep_ca_trust_get_recipient (again) == pki.ra_encrypt->certificate);
  g_assert_cmpuint (scep_ca_trust_get_signers (again)->len, ==, 2);
}

/* A next CA that the present one has signed is no CA yet. */
static void
test_restore_pending (void)
{
  g_autoptr (TestCertificate) next = test_certificate_new (
      &(TestCertificateSpec){ .name = "Next", .serial = 8, .rsa_bits = 2048, .ca = TRUE, FROM },
      pki.root, NULL);
  g_autoptr (GPtrArray) bundle =
      bundle_new (pki.root, pki.issuing, pki.ra_encrypt, pki.ra_sign, NULL);
  g_autoptr (ScepSettings) settings = scep_settings_new_default ();
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCaTrust) trust =
      ask (bundle, fp (pki.root), NULL, FALSE, SCEP_POLICY_DEFAULT, &error);
  g_autoptr (ScepTrustRecord) record = scep_ca_trust_make_record (trust, settings);
  g_autoptr (ScepCaTrust) again = NULL;

  g_ptr_array_add (scep_trust_record_get_entries (record),
                   scep_trust_entry_new (fp (next), SCEP_TRUST_PENDING, SCEP_PROVENANCE_ROLLOVER));
  g_ptr_array_add (bundle, next->certificate);
  again = scep_ca_trust_restore (record, bundle, SCEP_POLICY_DEFAULT, NOW, &error);
  g_assert_no_error (error);
  g_assert_false (
      g_ptr_array_find (scep_ca_trust_get_certificates (again), next->certificate, NULL));
  g_assert_cmpuint (scep_ca_trust_get_signers (again)->len, ==, 2);
}

/* What the server sent is warned about, and not what else the keystore holds. */
static void
test_restore_warning (void)
{
  g_autoptr (GPtrArray) own = bundle_new (pki.root, pki.issuing, pki.ra_encrypt, pki.ra_sign, NULL);
  g_autoptr (GPtrArray) all =
      bundle_new (pki.root, pki.issuing, pki.ra_encrypt, pki.ra_sign, pki.device, NULL);
  g_autoptr (ScepSettings) settings = scep_settings_new_default ();

  for (guint i = 0; i < 2; i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (ScepCaTrust) trust =
        ask (i == 0 ? own : all, fp (pki.root), NULL, FALSE, SCEP_POLICY_DEFAULT, &error);
    g_autoptr (ScepTrustRecord) record = scep_ca_trust_make_record (trust, settings);
    g_autoptr (ScepCaTrust) again =
        scep_ca_trust_restore (record, i == 0 ? all : own, SCEP_POLICY_DEFAULT, NOW, &error);

    g_assert_no_error (error);
    g_assert_cmpint (scep_ca_trust_get_warnings (again), ==,
                     i == 0 ? SCEP_WARNING_NONE : SCEP_WARNING_IGNORED_CERTIFICATES);
  }
}

static void
test_offered (void)
{
  g_autoptr (GPtrArray) bundle = bundle_new (pki.ra_sign, pki.issuing, pki.root, NULL);
  g_autoptr (GPtrArray) no_ca = bundle_new (pki.device, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCertificate) offered = scep_ca_trust_find_offered (bundle, "ca", &error);

  g_assert_no_error (error);
  g_assert_true (offered == pki.root->certificate);
  g_assert_null (scep_ca_trust_find_offered (no_ca, "ca", &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_UNTRUSTED_CA);
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  pki_init ();
  g_test_add_func ("/ca-trust/mismatch", test_mismatch);
  g_test_add_func ("/ca-trust/near-miss", test_near_miss);
  g_test_add_func ("/ca-trust/impostor", test_impostor);
  g_test_add_func ("/ca-trust/any-order", test_any_order);
  g_test_add_func ("/ca-trust/single", test_single);
  g_test_add_func ("/ca-trust/single-by-usage", test_single_by_usage);
  g_test_add_func ("/ca-trust/above-anchor", test_above_anchor);
  g_test_add_func ("/ca-trust/path-length", test_path_length);
  g_test_add_func ("/ca-trust/pinned-ra", test_pinned_ra);
  g_test_add_func ("/ca-trust/which-ra-signs", test_which_ra_signs);
  g_test_add_func ("/ca-trust/pinned-signer", test_pinned_signer);
  g_test_add_func ("/ca-trust/intermediate-does-not-sign", test_intermediate_does_not_sign);
  g_test_add_func ("/ca-trust/device-proves-no-ca", test_device_proves_no_ca);
  g_test_add_func ("/ca-trust/too-many", test_too_many);
  g_test_add_func ("/ca-trust/expired-ra", test_expired_ra);
  g_test_add_func ("/ca-trust/weak", test_weak);
  g_test_add_func ("/ca-trust/given-anchor", test_given_anchor);
  g_test_add_func ("/ca-trust/restore", test_restore);
  g_test_add_func ("/ca-trust/restore/pending", test_restore_pending);
  g_test_add_func ("/ca-trust/restore/warning", test_restore_warning);
  g_test_add_func ("/ca-trust/offered", test_offered);
  result = g_test_run ();
  pki_clear ();
  return result;
}
