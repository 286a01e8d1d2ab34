/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/scep-ctl.h"

#include <glib/gi18n-lib.h>

/**
 * scep_ctl_accept_ca:
 *
 * The verb "accept-ca". The fingerprint is always typed: confirming whatever is
 * offered would compare nothing.
 */
gboolean
scep_ctl_accept_ca (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv, GError **error)
{
  g_autoptr (ScepProxyProfile) profile = NULL;
  g_autoptr (GVariant) reply = NULL;
  const char *offered;

  if (!scep_ctl_parse (self, verb, NULL, argv, error))
    return FALSE;
  profile = scep_ctl_get_profile (self, error);
  if (profile == NULL)
    return FALSE;
  if (**argv != NULL) {
    reply = scep_ctl_call (profile, "AcceptCA", g_variant_new ("(s)", **argv), error);
    return reply != NULL;
  }

  offered = scep_proxy_profile_get_offered_ca_fingerprint (profile);
  if (offered == NULL || *offered == '\0')
    scep_ctl_error_set (error, SCEP_CTL_EXIT_NOT_READY,
                        _ ("No CA is offered at the moment; the state is “%s”."),
                        scep_proxy_profile_get_state (profile));
  else
    scep_ctl_error_set (error, SCEP_CTL_EXIT_NOT_READY,
                        _ ("The server offers a CA with fingerprint %s. Compare it with the one "
                           "the CA's operator gives you, then: scepctl accept-ca %s"),
                        offered, offered);
  return FALSE;
}
