/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/scep-ctl.h"

#include "ctl/scep-ctl-output.h"

#include <glib/gi18n-lib.h>

/* What is shown, in this order; the rest is in --json. */
static const struct {
  const char *label;
  const char *property;
} rows[] = {
  { N_ ("State"), "State" },
  { N_ ("Server"), "ServerEndpoint" },
  { N_ ("Subject"), "Subject" },
  { N_ ("Issuer"), "Issuer" },
  { N_ ("Serial number"), "SerialNumber" },
  { N_ ("Fingerprint"), "Fingerprint" },
  { N_ ("Valid from"), "NotBefore" },
  { N_ ("Valid until"), "NotAfter" },
  { N_ ("Transaction"), "TransactionID" },
  { N_ ("CA certificates"), "CAFingerprints" },
  { N_ ("CA offered"), "OfferedCAFingerprint" },
  { N_ ("Missing settings"), "MissingSettings" },
  { N_ ("Warnings"), "Warnings" },
  { N_ ("Last error"), "LastErrorMessage" },
};

static void
print_property (GDBusProxy *proxy, const char *label, const char *property)
{
  g_autoptr (GVariant) value = g_dbus_proxy_get_cached_property (proxy, property);
  g_autofree char *text = NULL;

  if (value == NULL)
    return;
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_UINT64))
    text = scep_ctl_format_time (g_variant_get_uint64 (value));
  else
    text = scep_ctl_format_value (value);
  scep_ctl_print_row (label, text);
}

static void
print_next (ScepProxyProfile *profile)
{
  const char *action = scep_proxy_profile_get_next_action (profile);
  g_autofree char *time = scep_ctl_format_time (scep_proxy_profile_get_next_action_time (profile));
  g_autofree char *text = NULL;

  if (action == NULL || *action == '\0')
    return;
  /* TRANSLATORS: what happens next, a fixed word such as "renew", and when */
  text = time != NULL ? g_strdup_printf (_ ("%s at %s"), action, time) : g_strdup (action);
  scep_ctl_print_row (_ ("Next"), text);
}

static void
print_hint (ScepProxyProfile *profile)
{
  const char *state = scep_proxy_profile_get_state (profile);

  if (g_strcmp0 (state, "disabled") == 0)
    g_print (_ ("\nThe profile is off. Switch it on with: scepctl configure Enabled=true\n"));
  else if (g_strcmp0 (state, "incomplete") == 0)
    g_print (_ ("\nSet what is missing with: scepctl configure KEY=VALUE…\n"));
  else if (g_strcmp0 (state, "awaiting-trust") == 0)
    g_print (_ ("\nCompare the offered CA's fingerprint with the one the CA's operator gives you, "
                "then: scepctl accept-ca FINGERPRINT\n"));
}

static GVariant *
all_properties (GDBusProxy *proxy)
{
  g_auto (GStrv) names = g_dbus_proxy_get_cached_property_names (proxy);
  GVariantDict values = G_VARIANT_DICT_INIT (NULL);

  for (char **name = names; name != NULL && *name != NULL; name++) {
    g_autoptr (GVariant) value = g_dbus_proxy_get_cached_property (proxy, *name);

    g_variant_dict_insert_value (&values, *name, value);
  }
  return g_variant_dict_end (&values);
}

static void
show (ScepCtl *self, ScepProxyProfile *profile)
{
  if (self->json) {
    scep_ctl_print_json (all_properties (G_DBUS_PROXY (profile)));
    return;
  }
  scep_ctl_print_row (_ ("Profile"), scep_ctl_profile_id_from_path (
                                         g_dbus_proxy_get_object_path (G_DBUS_PROXY (profile))));
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    print_property (G_DBUS_PROXY (profile), _ (rows[i].label), rows[i].property);
  print_next (profile);
  print_hint (profile);
}

/**
 * scep_ctl_status:
 *
 * The verb "status": one profile, and where asked for not before it has its
 * certificate.
 */
gboolean
scep_ctl_status (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv, GError **error)
{
  gboolean wait = FALSE;
  int timeout = SCEP_CTL_TIMEOUT;
  g_autoptr (ScepProxyProfile) profile = NULL;
  const GOptionEntry options[] = {
    { "wait", 'w', 0, G_OPTION_ARG_NONE, &wait,
      N_ ("Wait until the profile has its certificate, showing the states"), NULL },
    { "timeout", 't', 0, G_OPTION_ARG_INT, &timeout, N_ ("How long --wait waits, 300 by default"),
      N_ ("SECONDS") },
    G_OPTION_ENTRY_NULL,
  };

  if (!scep_ctl_parse (self, verb, options, argv, error) ||
      !scep_ctl_check_timeout (timeout, error))
    return FALSE;
  profile = scep_ctl_get_profile (self, error);
  if (profile == NULL || (wait && !scep_ctl_wait (self, profile, NULL, timeout, error)))
    return FALSE;
  show (self, profile);
  return TRUE;
}
