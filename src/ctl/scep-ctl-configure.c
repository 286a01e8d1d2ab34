/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/scep-ctl.h"

#include "base/scep-secret.h"
#include "ctl/scep-ctl-value.h"

#include <glib/gi18n-lib.h>
#include <unistd.h>

static gboolean
send_challenge (ScepProxyProfile *profile, GBytes *challenge, GError **error)
{
  g_autoptr (GVariant) reply = NULL;
  int fd = scep_ctl_memory_file (challenge, error);

  if (fd < 0)
    return FALSE;
  reply = scep_ctl_call_with_fd (profile, "SetChallengePassword", g_variant_new ("(h)", 0), fd,
                                 NULL, error);
  close (fd);
  return reply != NULL;
}

static gboolean
reset (ScepProxyProfile *profile, char **names, GError **error)
{
  g_autoptr (GVariant) reply =
      scep_ctl_call (profile, "ResetSettings", g_variant_new ("(^as)", names), error);

  return reply != NULL;
}

/*
 * The challenge goes in the same call as settings that come with it: a new one
 * must never be sent to the server that was configured before. Alone it takes
 * the descriptor.
 */
static gboolean
configure (ScepProxyProfile *profile, char **assignments, GBytes *challenge, GError **error)
{
  GVariantDict settings = G_VARIANT_DICT_INIT (NULL);
  g_autoptr (ScepSecretString) text = NULL;
  g_autoptr (GVariant) reply = NULL;

  if (*assignments == NULL)
    return challenge == NULL || send_challenge (profile, challenge, error);
  if (!scep_ctl_settings_parse (assignments, &settings, error)) {
    g_variant_dict_clear (&settings);
    return FALSE;
  }
  if (challenge != NULL) {
    text = scep_secret_bytes_to_string (challenge);
    g_variant_dict_insert (&settings, "ChallengePassword", "s", text);
  }
  reply = scep_ctl_call (profile, "Configure",
                         g_variant_new ("(@a{sv})", g_variant_dict_end (&settings)), error);
  return reply != NULL;
}

static gboolean
check_arguments (char **assignments, GError **error)
{
  GVariantDict settings = G_VARIANT_DICT_INIT (NULL);
  gboolean valid = scep_ctl_settings_parse (assignments, &settings, error);

  g_variant_dict_clear (&settings);
  return valid;
}

static gboolean
apply (ScepCtl *self, char **assignments, char **resets, GBytes *challenge, GError **error)
{
  g_autoptr (ScepProxyProfile) profile = scep_ctl_get_profile (self, error);

  if (profile == NULL)
    return FALSE;
  if (resets != NULL && !reset (profile, resets, error))
    return FALSE;
  return configure (profile, assignments, challenge, error);
}

/**
 * scep_ctl_configure:
 *
 * The verb "configure": settings and the challenge password.
 */
gboolean
scep_ctl_configure (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv, GError **error)
{
  g_autofree char *file = NULL;
  g_auto (GStrv) resets = NULL;
  gboolean ask = FALSE;
  g_autoptr (GBytes) challenge = NULL;
  const GOptionEntry options[] = {
    { "challenge-file", 0, 0, G_OPTION_ARG_FILENAME, &file,
      N_ ("Read the challenge password from FILE, “-” is standard input"), N_ ("FILE") },
    { "ask-challenge", 0, 0, G_OPTION_ARG_NONE, &ask, N_ ("Ask for the challenge password"), NULL },
    { "reset", 0, 0, G_OPTION_ARG_STRING_ARRAY, &resets,
      N_ ("Return a setting to what the files or the defaults say; may be given again"),
      N_ ("KEY") },
    G_OPTION_ENTRY_NULL,
  };

  if (!scep_ctl_parse (self, verb, options, argv, error))
    return FALSE;
  if (**argv == NULL && file == NULL && !ask && resets == NULL) {
    scep_ctl_error_set (error, SCEP_CTL_EXIT_USAGE,
                        _ ("Say what to change, for example “scepctl configure Enabled=true”."));
    return FALSE;
  }
  if (!check_arguments (*argv, error))
    return FALSE;
  if (file != NULL || ask) {
    challenge = scep_ctl_read_challenge (file, ask, error);
    if (challenge == NULL)
      return FALSE;
  }
  return apply (self, *argv, resets, challenge, error);
}
