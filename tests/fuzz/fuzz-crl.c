/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-crl.h"

#include "fuzz.h"

static void
look_at (ScepCrl *crl)
{
  static ScepCertificate *ca;
  ScepDigest digest;

  if (ca == NULL)
    ca = fuzz_read_certificate ("ca.der");
  g_assert_true (g_utf8_validate (scep_crl_get_issuer (crl), -1, NULL));
  scep_crl_is_issued_by (crl, ca, &digest, NULL);
  if (scep_crl_get_number (crl) != NULL)
    g_assert_cmpint (scep_crl_number_compare (scep_crl_get_number (crl), scep_crl_get_number (crl)),
                     ==, 0);
}

/* As a distribution point has it, and as the answer to a GetCRL holds it. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GBytes) der = g_bytes_new_static (data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) inner_error = NULL;
  g_autoptr (ScepCrl) crl = scep_crl_new (der, &error);
  g_autoptr (ScepCrl) inner = scep_crl_new_from_degenerate (der, &inner_error);

  g_assert_true ((crl == NULL) == (error != NULL));
  g_assert_true ((inner == NULL) == (inner_error != NULL));
  if (crl != NULL)
    look_at (crl);
  if (inner != NULL)
    look_at (inner);
  return 0;
}
