/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-ca-bundle.h"

#include "fuzz.h"

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GBytes) der = g_bytes_new_static (data, size);
  g_autoptr (GPtrArray) certificates = NULL;
  g_autoptr (GPtrArray) crls = NULL;
  g_autoptr (GError) error = NULL;
  gboolean read = scep_degenerate_parse (der, &certificates, &crls, &error);

  g_assert_true (read == (error == NULL));
  if (read)
    fuzz_look_at_certificates (certificates);
  return 0;
}
