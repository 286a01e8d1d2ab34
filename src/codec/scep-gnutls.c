/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-gnutls.h"

#include <glib/gi18n-lib.h>

/**
 * scep_gnutls_describe:
 * @rc: a fault of GnuTLS
 *
 * Of ASN.1, GnuTLS has the words of libtasn1, which tell nobody anything.
 *
 * Returns: (transfer none): what is wrong, the end of a sentence
 */
const char *
scep_gnutls_describe (int rc)
{
  if (rc <= GNUTLS_E_ASN1_ELEMENT_NOT_FOUND && rc >= GNUTLS_E_ASN1_DER_OVERFLOW)
    return _ ("it is damaged, or no such structure at all");
  return gnutls_strerror (rc);
}
