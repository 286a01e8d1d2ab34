/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/**
 * ScepNetwork:
 *
 * Whether there is a network, and when it changes: who could not reach a server
 * may be able to now.
 */
#define SCEP_TYPE_NETWORK (scep_network_get_type ())
G_DECLARE_INTERFACE (ScepNetwork, scep_network, SCEP, NETWORK, GObject)

/**
 * ScepNetworkFunc:
 *
 * An address or a route came or went. Called on the main loop, as often as that
 * happens; it may drop its own watch.
 */
typedef void (*ScepNetworkFunc) (gpointer user_data);

struct _ScepNetworkInterface {
  GTypeInterface parent_iface;

  gboolean (*may_reach) (ScepNetwork *self, const char *url);
  guint (*watch) (ScepNetwork *self, ScepNetworkFunc func, gpointer user_data);
  void (*unwatch) (ScepNetwork *self, guint id);
};

gboolean scep_network_may_reach (ScepNetwork *self, const char *url);
guint scep_network_watch (ScepNetwork *self, ScepNetworkFunc func, gpointer user_data);
void scep_network_clear (ScepNetwork *self, guint *id);

G_END_DECLS
