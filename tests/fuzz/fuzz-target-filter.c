/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "keystore/scep-target-filter.h"

#include "fuzz.h"

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static const ScepTargetAttributes keystores[] = {
    { "default", "default", "keyfile" },
    { "HttpsKeystore", "https", "token" },
    { "", "*()\\", "10" },
  };
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepTargetFilter) filter = scep_target_filter_parse (text, &error);

  g_assert_true ((filter == NULL) == (error != NULL));
  for (guint i = 0; filter != NULL && i < G_N_ELEMENTS (keystores); i++)
    scep_target_filter_match (filter, &keystores[i]);
  return 0;
}
