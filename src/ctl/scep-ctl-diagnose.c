/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/scep-ctl.h"

#include "ctl/scep-ctl-output.h"

#include <glib/gi18n-lib.h>

static void
print_step (GVariant *step)
{
  const char *name = "";
  const char *result = "";
  const char *text = "";
  const char *hint = "";

  g_variant_lookup (step, "step", "&s", &name);
  g_variant_lookup (step, "result", "&s", &result);
  g_variant_lookup (step, "text", "&s", &text);
  g_variant_lookup (step, "hint", "&s", &hint);
  g_print ("%-8s %-16s %s\n", result, name, text);
  if (*hint != '\0')
    g_print ("%25s → %s\n", "", hint);
}

/* Prints the steps and counts the failures among them. */
static guint
print_steps (ScepCtl *self, GVariant *steps)
{
  guint failures = 0;

  if (self->json)
    scep_ctl_print_json (steps);
  for (gsize i = 0; i < g_variant_n_children (steps); i++) {
    g_autoptr (GVariant) step = g_variant_get_child_value (steps, i);
    const char *result = "";

    if (!self->json)
      print_step (step);
    g_variant_lookup (step, "result", "&s", &result);
    failures += g_str_equal (result, "failure") ? 1 : 0;
  }
  return failures;
}

/**
 * scep_ctl_diagnose:
 *
 * The verb "diagnose": every step up to a request, and what to do about those
 * that fail.
 */
gboolean
scep_ctl_diagnose (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv, GError **error)
{
  g_autoptr (ScepProxyProfile) profile = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) steps = NULL;
  guint failures;

  if (!scep_ctl_parse (self, verb, NULL, argv, error))
    return FALSE;
  profile = scep_ctl_get_profile (self, error);
  if (profile == NULL)
    return FALSE;
  reply = scep_ctl_call (profile, "Diagnose", NULL, error);
  if (reply == NULL)
    return FALSE;
  steps = g_variant_get_child_value (reply, 0);
  failures = print_steps (self, steps);
  if (failures > 0)
    scep_ctl_error_set (
        error, SCEP_CTL_EXIT_FAILED,
        g_dngettext (GETTEXT_PACKAGE, "%u step failed.", "%u steps failed.", failures), failures);
  return failures == 0;
}
