/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/scep-ctl.h"

#include "ctl/scep-ctl-output.h"

/**
 * scep_ctl_certificate:
 *
 * The verb "certificate": one that the CA issued, by its serial number, in PEM.
 */
gboolean
scep_ctl_certificate (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv, GError **error)
{
  g_autofree char *output = NULL;
  g_autoptr (ScepProxyProfile) profile = NULL;
  g_autoptr (GVariant) reply = NULL;
  const char *pem;

  profile = scep_ctl_begin_pem (self, verb, argv, &output, error);
  if (profile == NULL)
    return FALSE;
  reply = scep_ctl_call (profile, "GetCertificate", g_variant_new ("(s)", **argv), error);
  if (reply == NULL)
    return FALSE;
  g_variant_get (reply, "(&s)", &pem);
  return scep_ctl_give_pem (self, "Certificate", pem, output, error);
}
