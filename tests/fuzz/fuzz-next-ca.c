/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-next-ca.h"

#include "fuzz-seal.h"
#include "fuzz.h"

static void
read_announcement (GBytes *ber)
{
  static ScepCertificate *ca;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) certificates = NULL;

  if (ca == NULL)
    ca = fuzz_read_certificate ("ca.der");
  certificates = scep_next_ca_verify (ber, ca, SCEP_POLICY_LEGACY, &error);
  g_assert_true ((certificates == NULL) == (error != NULL));
  if (error != NULL)
    fuzz_assert_error (error);
  if (certificates == NULL)
    return;
  g_assert_cmpuint (certificates->len, >, 0);
  g_assert_cmpuint (certificates->len, <=, SCEP_NEXT_CA_MAX_CERTIFICATES);
  fuzz_look_at_certificates (certificates);
}

/* As it came from the network, and as the CA itself would have signed it. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GBytes) ber = g_bytes_new_static (data, size);
  g_autoptr (GBytes) sealed = fuzz_seal_next_ca (ber);

  fuzz_note_input (data, size);
  read_announcement (ber);
  if (sealed != NULL)
    read_announcement (sealed);
  return 0;
}
