/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/scep-ctl.h"

/**
 * scep_ctl_reload:
 *
 * The verb "reload". The unit's ExecReload= is it.
 */
gboolean
scep_ctl_reload (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv, GError **error)
{
  g_autoptr (GVariant) reply = NULL;

  if (!scep_ctl_parse (self, verb, NULL, argv, error))
    return FALSE;
  reply = scep_ctl_call_manager (self, "Reload", NULL, error);
  return reply != NULL;
}
