/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transport/scep-network.h"

G_DEFINE_INTERFACE (ScepNetwork, scep_network, G_TYPE_OBJECT)

static void
scep_network_default_init (ScepNetworkInterface *iface)
{
}

/**
 * scep_network_may_reach:
 * @url: of a server
 *
 * Returns: %FALSE only where this machine has no network at all, and the server
 *   is not on it
 */
gboolean
scep_network_may_reach (ScepNetwork *self, const char *url)
{
  return SCEP_NETWORK_GET_IFACE (self)->may_reach (self, url);
}

/**
 * scep_network_watch:
 * @func: called after each change, until scep_network_clear()
 *
 * Returns: what scep_network_clear() takes, never 0
 */
guint
scep_network_watch (ScepNetwork *self, ScepNetworkFunc func, gpointer user_data)
{
  return SCEP_NETWORK_GET_IFACE (self)->watch (self, func, user_data);
}

/**
 * scep_network_clear:
 * @id: (inout): a watch, or 0 for none; 0 afterwards
 */
void
scep_network_clear (ScepNetwork *self, guint *id)
{
  if (*id != 0)
    SCEP_NETWORK_GET_IFACE (self)->unwatch (self, *id);
  *id = 0;
}
