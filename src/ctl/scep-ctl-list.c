/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/scep-ctl.h"

#include "ctl/scep-ctl-output.h"

#include <glib/gi18n-lib.h>

static void
print_profile (const char *id, ScepProxyProfile *profile)
{
  g_autofree char *until = scep_ctl_format_time (scep_proxy_profile_get_not_after (profile));

  g_print ("%-20s %-15s %-26s %s\n", id, scep_proxy_profile_get_state (profile),
           until != NULL ? until : "-", scep_proxy_profile_get_server_endpoint (profile));
}

static void
print_header (void)
{
  g_autofree char *profile = scep_ctl_pad (_ ("PROFILE"), 20);
  g_autofree char *state = scep_ctl_pad (_ ("STATE"), 15);
  g_autofree char *until = scep_ctl_pad (_ ("VALID UNTIL"), 26);

  g_print ("%s %s %s %s\n", profile, state, until, _ ("SERVER"));
}

static GVariant *
profile_to_json (const char *id, const char *path, ScepProxyProfile *profile)
{
  GVariantDict dict = G_VARIANT_DICT_INIT (NULL);

  g_variant_dict_insert (&dict, "Id", "s", id);
  g_variant_dict_insert (&dict, "Path", "s", path);
  g_variant_dict_insert (&dict, "State", "s", scep_proxy_profile_get_state (profile));
  g_variant_dict_insert (&dict, "ServerEndpoint", "s",
                         scep_proxy_profile_get_server_endpoint (profile));
  g_variant_dict_insert (&dict, "NotAfter", "t", scep_proxy_profile_get_not_after (profile));
  return g_variant_dict_end (&dict);
}

static gboolean
print_profiles (ScepCtl *self, GVariant *reply, GError **error)
{
  g_autoptr (GVariantBuilder) json = g_variant_builder_new (G_VARIANT_TYPE ("aa{sv}"));
  g_autoptr (GVariantIter) iter = NULL;
  const char *id, *path;

  if (!self->json)
    print_header ();
  g_variant_get (reply, "(a(so))", &iter);
  while (g_variant_iter_next (iter, "(&s&o)", &id, &path)) {
    g_autoptr (ScepProxyProfile) profile = scep_ctl_open_profile (self, path, error);

    if (profile == NULL)
      return FALSE;
    if (self->json)
      g_variant_builder_add_value (json, profile_to_json (id, path, profile));
    else
      print_profile (id, profile);
  }
  if (self->json)
    scep_ctl_print_json (g_variant_builder_end (json));
  return TRUE;
}

/**
 * scep_ctl_list:
 *
 * The verb "list": all profiles.
 */
gboolean
scep_ctl_list (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv, GError **error)
{
  g_autoptr (GVariant) reply = NULL;

  if (!scep_ctl_parse (self, verb, NULL, argv, error))
    return FALSE;
  reply = scep_ctl_call_manager (self, "ListProfiles", NULL, error);
  return reply != NULL && print_profiles (self, reply, error);
}
