/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/scep-ctl.h"

#include "base/scep-names.h"
#include "ctl/scep-ctl-output.h"

#include <glib/gi18n-lib.h>

static void
print_result (ScepCtl *self, ScepProxyProfile *profile)
{
  g_autofree char *until = scep_ctl_format_time (scep_proxy_profile_get_not_after (profile));
  GVariantDict dict = G_VARIANT_DICT_INIT (NULL);

  if (!self->json) {
    scep_ctl_print_row (_ ("Subject"), scep_proxy_profile_get_subject (profile));
    scep_ctl_print_row (_ ("Fingerprint"), scep_proxy_profile_get_fingerprint (profile));
    scep_ctl_print_row (_ ("Valid until"), until);
    return;
  }
  g_variant_dict_insert (&dict, "Subject", "s", scep_proxy_profile_get_subject (profile));
  g_variant_dict_insert (&dict, "Fingerprint", "s", scep_proxy_profile_get_fingerprint (profile));
  g_variant_dict_insert (&dict, "NotAfter", "t", scep_proxy_profile_get_not_after (profile));
  scep_ctl_print_json (g_variant_dict_end (&dict));
}

/* A request that runs already is as good as a new one. */
static gboolean
request (ScepProxyProfile *profile, const char *method, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GVariant) reply = scep_ctl_call (profile, method, NULL, &local_error);
  g_autofree char *name = local_error != NULL ? g_dbus_error_get_remote_error (local_error) : NULL;

  if (reply != NULL || g_strcmp0 (name, SCEP_ERROR_PREFIX "Busy") == 0)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

static gboolean
request_enrollment (ScepProxyProfile *profile, GError **error)
{
  return request (profile, "Enroll", error);
}

static gboolean
request_renewal (ScepProxyProfile *profile, GError **error)
{
  return request (profile, "Renew", error);
}

static gboolean
ask (ScepCtl *self, const ScepCtlVerb *verb, const char *method, ScepCtlRequest begin, GStrv *argv,
     GError **error)
{
  gboolean wait = FALSE;
  int timeout = SCEP_CTL_TIMEOUT;
  g_autoptr (ScepProxyProfile) profile = NULL;
  g_autoptr (GVariant) reply = NULL;
  const GOptionEntry options[] = {
    { "wait", 'w', 0, G_OPTION_ARG_NONE, &wait, N_ ("Wait for the certificate, showing the states"),
      NULL },
    { "timeout", 't', 0, G_OPTION_ARG_INT, &timeout, N_ ("How long --wait waits, 300 by default"),
      N_ ("SECONDS") },
    G_OPTION_ENTRY_NULL,
  };

  if (!scep_ctl_parse (self, verb, options, argv, error) ||
      !scep_ctl_check_timeout (timeout, error))
    return FALSE;
  profile = scep_ctl_get_profile (self, error);
  if (profile == NULL)
    return FALSE;
  if (wait) {
    if (!scep_ctl_wait (self, profile, begin, timeout, error))
      return FALSE;
    print_result (self, profile);
    return TRUE;
  }
  reply = scep_ctl_call (profile, method, NULL, error);
  return reply != NULL;
}

/**
 * scep_ctl_enroll:
 *
 * The verb "enroll": a new request, and where asked for its result.
 */
gboolean
scep_ctl_enroll (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv, GError **error)
{
  return ask (self, verb, "Enroll", request_enrollment, argv, error);
}

/**
 * scep_ctl_renew:
 *
 * The verb "renew": the same for a request that renews the certificate.
 */
gboolean
scep_ctl_renew (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv, GError **error)
{
  return ask (self, verb, "Renew", request_renewal, argv, error);
}

/**
 * scep_ctl_switch_back:
 *
 * The verb "switch-back": the generation before the present certificate.
 */
gboolean
scep_ctl_switch_back (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv, GError **error)
{
  g_autoptr (ScepProxyProfile) profile = NULL;
  g_autoptr (GVariant) reply = NULL;

  if (!scep_ctl_parse (self, verb, NULL, argv, error))
    return FALSE;
  profile = scep_ctl_get_profile (self, error);
  if (profile == NULL)
    return FALSE;
  reply = scep_ctl_call (profile, "SwitchBack", NULL, error);
  if (reply == NULL)
    return FALSE;
  /* PropertiesChanged comes after the reply: what this proxy knows is the other certificate. */
  g_clear_object (&profile);
  profile = scep_ctl_get_profile (self, error);
  if (profile == NULL)
    return FALSE;
  print_result (self, profile);
  return TRUE;
}
