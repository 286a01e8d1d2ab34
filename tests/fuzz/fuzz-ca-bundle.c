/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-ca-bundle.h"
#include "enroll/scep-ca-trust.h"

#include "fuzz-seal.h"
#include "fuzz.h"

/* As it is judged in a bootstrap, with the pin on each of the certificates. */
static void
judge (GPtrArray *bundle, const char *pin)
{
  ScepCaTrustQuestion question = {
    .pin = pin,
    .pin_provenance = SCEP_PROVENANCE_FINGERPRINT,
    .policy = SCEP_POLICY_LEGACY,
    .now = fuzz_get_now (),
    .host = "scep.example.org",
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCaTrust) trust = scep_ca_trust_evaluate (bundle, &question, &error);

  g_assert_true ((trust == NULL) == (error != NULL));
  if (trust != NULL)
    g_assert_cmpstr (scep_certificate_get_fingerprint (scep_ca_trust_get_anchor (trust)), ==, pin);
}

static void
read_bundle (GBytes *body)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) bundle = scep_ca_bundle_parse (body, &error);
  g_autoptr (GError) no_offer = NULL;
  g_autoptr (ScepCertificate) offered = NULL;

  g_assert_true ((bundle == NULL) == (error != NULL));
  if (error != NULL)
    fuzz_assert_error (error);
  if (bundle == NULL)
    return;
  fuzz_look_at_certificates (bundle);
  for (guint i = 0; i < bundle->len; i++)
    judge (bundle, scep_certificate_get_fingerprint (g_ptr_array_index (bundle, i)));
  offered = scep_ca_trust_find_offered (bundle, "scep.example.org", &no_offer);
  g_assert_true ((offered == NULL) == (no_offer != NULL));
}

/* As it came from the network, and with the first certificates signed by the CA. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GBytes) body = g_bytes_new_static (data, size);
  g_autoptr (GBytes) sealed = fuzz_seal_certificates (body);

  fuzz_note_input (data, size);
  read_bundle (body);
  if (sealed != NULL)
    read_bundle (sealed);
  return 0;
}
