/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-rsa-bits.h"

/**
 * scep_rsa_bits_is_allowed:
 *
 * Returns: whether a key of this length may be made; policies may refuse it
 *   nevertheless
 */
gboolean
scep_rsa_bits_is_allowed (guint bits)
{
  static const guint allowed[] = { 1024, 2048, 3072, 4096, 8192 };

  for (guint i = 0; i < G_N_ELEMENTS (allowed); i++) {
    if (allowed[i] == bits)
      return TRUE;
  }
  return FALSE;
}
