/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-capabilities.h"

#include "fuzz.h"

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GBytes) body = g_bytes_new_static (data, size);
  ScepCapabilities found = scep_capabilities_parse (body);
  g_auto (GStrv) words = scep_capabilities_to_strv (found);

  g_assert_cmpint (scep_capabilities_from_strv ((const char *const *) words), ==, found);
  return 0;
}
