/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-cert-rep.h"
#include "codec/scep-csr.h"
#include "codec/scep-private-key.h"
#include "enroll/scep-issued-certificate.h"

#include "fuzz-seal.h"
#include "fuzz.h"

#include <string.h>

#define TRANSACTION_ID "0123456789ABCDEF0123456789ABCDEF01234567"

static ScepCertRepExpectation expectation;
static ScepIssuedQuestion question;
static ScepCertificate *device;
static GBytes *device_key;

static void
set_up_trust (ScepCertificate *ca, ScepCertificate *ra)
{
  ScepCaTrustQuestion bundle_question = {
    .pin = scep_certificate_get_fingerprint (ca),
    .pin_provenance = SCEP_PROVENANCE_FINGERPRINT,
    .ra_pin = scep_certificate_get_fingerprint (ra),
    .policy = SCEP_POLICY_LEGACY,
    .now = fuzz_get_now (),
    .host = "scep.example.org",
  };
  g_autoptr (GError) error = NULL;

  question.trust = scep_ca_trust_evaluate (expectation.signers, &bundle_question, &error);
  g_assert_no_error (error);
}

static void
set_up_question (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) spki = scep_private_key_get_spki (device_key, &error);
  ScepCsrSpec spec = { .subject = scep_certificate_get_subject_der (device), .spki = spki };
  g_autoptr (GBytes) tbs = scep_csr_build_tbs (&spec, &error);
  g_autoptr (GBytes) signature =
      scep_private_key_sign (device_key, SCEP_DIGEST_SHA256, tbs, &error);

  g_assert_no_error (error);
  question.csr = scep_csr_assemble (tbs, spki, signature);
  question.policy = SCEP_POLICY_LEGACY;
  question.now = fuzz_get_now ();
}

static void
set_up (void)
{
  if (device != NULL)
    return;
  expectation.signers = g_ptr_array_new_with_free_func (g_object_unref);
  g_ptr_array_add (expectation.signers, fuzz_read_certificate ("ca.der"));
  g_ptr_array_add (expectation.signers, fuzz_read_certificate ("ra.der"));
  expectation.policy = SCEP_POLICY_LEGACY;
  expectation.transaction_id = TRANSACTION_ID;
  expectation.nonce = g_bytes_new_static ("sixteen bytes...", SCEP_NONCE_SIZE);
  device = fuzz_read_certificate ("device.der");
  device_key = fuzz_read_identity ("device-key.der");
  set_up_trust (g_ptr_array_index (expectation.signers, 0),
                g_ptr_array_index (expectation.signers, 1));
  set_up_question ();
}

/* As an enrollment judges them. */
static void
judge (GPtrArray *certificates)
{
  ScepWarnings warnings = SCEP_WARNING_NONE;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) chain =
      scep_issued_certificate_check (certificates, &question, &warnings, &error);

  g_assert_true ((chain == NULL) == (error != NULL));
  if (error != NULL)
    fuzz_assert_error (error);
  if (chain != NULL)
    g_assert_true (scep_public_key_equal (scep_certificate_get_spki (g_ptr_array_index (chain, 0)),
                                          scep_certificate_get_spki (device)));
}

static void
open_content (ScepCertRep *rep)
{
  g_autoptr (GBytes) wrapped = NULL;
  g_autoptr (GBytes) key = NULL;
  g_autoptr (GPtrArray) certificates = NULL;
  g_autoptr (GPtrArray) crls = NULL;
  g_autoptr (ScepCrl) crl = NULL;
  ScepKeyWrap wrap;
  gsize key_length;

  if (!scep_cert_rep_get_wrapped_key (rep, device, &wrap, &wrapped, &key_length, NULL))
    return;
  key = scep_private_key_unwrap (device_key, wrap, wrapped, key_length, NULL);
  if (key == NULL)
    return;
  if (scep_cert_rep_open (rep, key, &certificates, &crls, NULL)) {
    fuzz_look_at_certificates (certificates);
    judge (certificates);
  }
  crl = scep_cert_rep_open_crl (rep, key, NULL);
}

/* Whatever the server says, it can be shown to a person. */
static void
check_words (const GError *failure)
{
  g_assert_true (g_utf8_validate (failure->message, -1, NULL));
  g_assert_cmpuint (strlen (failure->message), <, 4000);
  for (const char *p = failure->message; *p != '\0'; p = g_utf8_next_char (p))
    g_assert_true (g_unichar_isprint (g_utf8_get_char (p)));
}

static void
read_reply (GBytes *ber)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) failure = NULL;
  g_autoptr (ScepCertRep) rep = scep_cert_rep_verify (ber, &expectation, &error);

  g_assert_true ((rep == NULL) == (error != NULL));
  if (error != NULL)
    fuzz_assert_error (error);
  if (rep == NULL)
    return;
  failure = scep_cert_rep_get_failure (rep);
  g_assert_true ((failure != NULL) == (scep_cert_rep_get_status (rep) == SCEP_PKI_STATUS_FAILURE));
  if (failure != NULL)
    check_words (failure);
  if (scep_cert_rep_get_status (rep) == SCEP_PKI_STATUS_SUCCESS)
    open_content (rep);
}

/* As it came from the network, and as the RA itself would have sent it. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GBytes) ber = g_bytes_new_static (data, size);
  g_autoptr (GBytes) sealed = fuzz_seal_reply (ber);

  fuzz_note_input (data, size);
  set_up ();
  read_reply (ber);
  if (sealed != NULL)
    read_reply (sealed);
  return 0;
}
