/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/scep-ctl.h"

#include "base/scep-secret.h"
#include "ctl/scep-ctl-output.h"
#include "ctl/scep-ctl-value.h"

#include <glib/gi18n-lib.h>

static GVariant *
make_settings (char **assignments, GBytes *challenge, GError **error)
{
  GVariantDict settings = G_VARIANT_DICT_INIT (NULL);

  if (!scep_ctl_settings_parse (assignments, &settings, error)) {
    g_variant_dict_clear (&settings);
    return NULL;
  }
  if (challenge != NULL) {
    g_autoptr (ScepSecretString) text = scep_secret_bytes_to_string (challenge);

    g_variant_dict_insert (&settings, "ChallengePassword", "s", text);
  }
  return g_variant_ref_sink (g_variant_dict_end (&settings));
}

static gboolean
create (ScepCtl *self, const char *id, GVariant *settings, GError **error)
{
  g_autoptr (GVariant) reply = scep_ctl_call_manager (
      self, "CreateProfile", g_variant_new ("(s@a{sv})", id, settings), error);
  const char *path;

  if (reply == NULL)
    return FALSE;
  g_variant_get (reply, "(&o)", &path);
  if (self->json)
    scep_ctl_print_json (g_variant_new_string (path));
  else
    g_print ("%s\n", path);
  return TRUE;
}

/**
 * scep_ctl_profile_create:
 *
 * The verb "profile create".
 */
gboolean
scep_ctl_profile_create (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv, GError **error)
{
  g_autofree char *file = NULL;
  gboolean ask = FALSE;
  g_autoptr (GBytes) challenge = NULL;
  g_autoptr (GVariant) settings = NULL;
  const GOptionEntry options[] = {
    { "challenge-file", 0, 0, G_OPTION_ARG_FILENAME, &file,
      N_ ("Read the challenge password from FILE, “-” is standard input"), N_ ("FILE") },
    { "ask-challenge", 0, 0, G_OPTION_ARG_NONE, &ask, N_ ("Ask for the challenge password"), NULL },
    G_OPTION_ENTRY_NULL,
  };

  if (!scep_ctl_parse (self, verb, options, argv, error))
    return FALSE;
  if (file != NULL || ask) {
    challenge = scep_ctl_read_challenge (file, ask, error);
    if (challenge == NULL)
      return FALSE;
  }
  settings = make_settings (*argv + 1, challenge, error);
  return settings != NULL && create (self, **argv, settings, error);
}

/**
 * scep_ctl_profile_delete:
 *
 * The verb "profile delete".
 */
gboolean
scep_ctl_profile_delete (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv, GError **error)
{
  g_autoptr (GVariant) reply = NULL;

  if (!scep_ctl_parse (self, verb, NULL, argv, error))
    return FALSE;
  reply = scep_ctl_call_manager (self, "DeleteProfile", g_variant_new ("(s)", **argv), error);
  return reply != NULL;
}
