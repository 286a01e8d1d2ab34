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
  g_autoptr (ScepProxyManager) manager = NULL;
  g_autoptr (GVariant) reply = NULL;

  if (!scep_ctl_parse (self, verb, NULL, argv, error))
    return FALSE;
  manager = scep_ctl_get_manager (self, error);
  if (manager == NULL)
    return FALSE;
  reply = scep_ctl_call (manager, "Reload", NULL, error);
  return reply != NULL;
}
