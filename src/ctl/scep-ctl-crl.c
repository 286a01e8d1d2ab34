/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/scep-ctl.h"

#include "ctl/scep-ctl-output.h"

#include <string.h>

#define LINE_LENGTH 64

/* RFC 7468 section 6. */
static char *
encode_pem (GVariant *bytes)
{
  gsize length;
  gconstpointer data = g_variant_get_fixed_array (bytes, &length, 1);
  g_autofree char *base64 = g_base64_encode (data, length);
  GString *pem = g_string_new ("-----BEGIN X509 CRL-----\n");

  length = strlen (base64);
  for (gsize i = 0; i < length; i += LINE_LENGTH) {
    g_string_append_len (pem, base64 + i, (gssize) MIN (LINE_LENGTH, length - i));
    g_string_append_c (pem, '\n');
  }
  g_string_append (pem, "-----END X509 CRL-----\n");
  return g_string_free (pem, FALSE);
}

/**
 * scep_ctl_crl:
 *
 * The verb "crl": the CRL that covers the certificate, in PEM.
 */
gboolean
scep_ctl_crl (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv, GError **error)
{
  g_autofree char *output = NULL;
  g_autoptr (ScepProxyProfile) profile = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) bytes = NULL;
  g_autofree char *pem = NULL;

  profile = scep_ctl_begin_pem (self, verb, argv, &output, error);
  if (profile == NULL)
    return FALSE;
  reply = scep_ctl_call (profile, "GetCRL", NULL, error);
  if (reply == NULL)
    return FALSE;
  bytes = g_variant_get_child_value (reply, 0);
  pem = encode_pem (bytes);
  return scep_ctl_give_pem (self, "CRL", pem, output, error);
}
