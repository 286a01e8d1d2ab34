/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-crl.h"
#include "enroll/scep-crl-check.h"

#include "fuzz-seal.h"
#include "fuzz.h"

/* As it is judged for the RA's certificate. */
static void
judge (ScepCrl *crl)
{
  static ScepCrlQuestion question;
  g_autoptr (GError) error = NULL;
  gboolean good;
  g_autoptr (GError) scope_error = NULL;

  if (question.cas == NULL) {
    question.certificate = fuzz_read_certificate ("ra.der");
    question.cas = g_ptr_array_new ();
    g_ptr_array_add (question.cas, fuzz_read_certificate ("ca.der"));
    question.policy = SCEP_POLICY_LEGACY;
    question.now = fuzz_get_now ();
  }
  good = scep_crl_check (crl, &question, &error);
  g_assert_true (good == (error == NULL));
  good = scep_crl_covers (crl, question.certificate, &scope_error);
  g_assert_true (good == (scope_error == NULL));
}

static void
look_at (ScepCrl *crl)
{
  g_assert_true (g_utf8_validate (scep_crl_get_issuer (crl), -1, NULL));
  if (scep_crl_get_number (crl) != NULL)
    g_assert_cmpint (scep_crl_number_compare (scep_crl_get_number (crl), scep_crl_get_number (crl)),
                     ==, 0);
  judge (crl);
}

/* As a distribution point has it, and as the answer to a GetCRL holds it. */
static void
read_crl (GBytes *der)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) inner_error = NULL;
  g_autoptr (ScepCrl) crl = scep_crl_new (der, &error);
  g_autoptr (ScepCrl) inner = scep_crl_new_from_degenerate (der, &inner_error);

  g_assert_true ((crl == NULL) == (error != NULL));
  if (error != NULL)
    fuzz_assert_error (error);
  g_assert_true ((inner == NULL) == (inner_error != NULL));
  if (crl != NULL)
    look_at (crl);
  if (inner != NULL)
    look_at (inner);
}

/* As it came from the network, and as the CA itself would have signed it. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GBytes) der = g_bytes_new_static (data, size);
  g_autoptr (GBytes) sealed = fuzz_seal_crl (der);

  fuzz_note_input (data, size);
  read_crl (der);
  if (sealed != NULL)
    read_crl (sealed);
  return 0;
}
