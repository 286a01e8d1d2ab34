/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transport/scep-network-monitor.h"

#include "transport/scep-reach.h"

#include <gio/gio.h>

/**
 * ScepNetworkMonitor:
 *
 * The kernel's routes, by way of GLib. Of GLib's monitors it is the one over
 * netlink and no other: that of NetworkManager would talk to the system bus,
 * and wait for the answer. It is there only while somebody watches, for a
 * machine that routes for others would wake the service all the time.
 */
struct _ScepNetworkMonitor {
  GObject parent_instance;

  GNetworkMonitor *monitor; /* (owned) (nullable) */
  GHashTable *watches;      /* (owned) (element-type guint Watch): by id */
  guint last_id;
};

typedef struct {
  ScepNetworkFunc func;
  gpointer user_data;
} Watch;

static void scep_network_monitor_iface_init (ScepNetworkInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (ScepNetworkMonitor, scep_network_monitor, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (SCEP_TYPE_NETWORK,
                                                      scep_network_monitor_iface_init))

static void
on_changed (GNetworkMonitor *monitor, gboolean available, ScepNetworkMonitor *network)
{
  g_autoptr (ScepNetworkMonitor) self = g_object_ref (network);
  g_autoptr (GList) ids = g_hash_table_get_keys (self->watches);

  for (GList *l = ids; l != NULL; l = l->next) {
    Watch *watch = g_hash_table_lookup (self->watches, l->data);

    /* Perhaps another one has dropped it. */
    if (watch != NULL)
      watch->func (watch->user_data);
  }
}

/* GLib registers its monitors with the first thing that needs one of its extensions, and that may
 * be this. */
static void
load_extensions (void)
{
  g_proxy_resolver_get_default ();
}

/* (transfer full) (nullable): %NULL where the kernel does not tell */
static GNetworkMonitor *
make_monitor (void)
{
  GIOExtensionPoint *point;
  GIOExtension *netlink;
  g_autoptr (GError) error = NULL;
  GInitable *monitor = NULL;

  load_extensions ();
  point = g_io_extension_point_lookup (G_NETWORK_MONITOR_EXTENSION_POINT_NAME);
  netlink = point != NULL ? g_io_extension_point_get_extension_by_name (point, "netlink") : NULL;
  if (netlink != NULL)
    monitor = g_initable_new (g_io_extension_get_type (netlink), NULL, &error, NULL);
  if (monitor == NULL)
    g_debug ("Changes of the network are not seen: %s",
             error != NULL ? error->message : "there is no netlink");
  return monitor != NULL ? G_NETWORK_MONITOR (monitor) : NULL;
}

/* GLib's monitor would tell of routes only, and where there is none to everywhere of no network. */
static gboolean
monitor_may_reach (ScepNetwork *network, const char *url)
{
  return scep_reach_check (url);
}

static guint
monitor_watch (ScepNetwork *network, ScepNetworkFunc func, gpointer user_data)
{
  ScepNetworkMonitor *self = SCEP_NETWORK_MONITOR (network);
  Watch *watch = g_new (Watch, 1);

  watch->func = func;
  watch->user_data = user_data;
  g_hash_table_insert (self->watches, GUINT_TO_POINTER (++self->last_id), watch);
  if (self->monitor == NULL) {
    self->monitor = make_monitor ();
    if (self->monitor != NULL)
      g_signal_connect (self->monitor, "network-changed", G_CALLBACK (on_changed), self);
  }
  return self->last_id;
}

static void
stop (ScepNetworkMonitor *self)
{
  if (self->monitor != NULL)
    g_signal_handlers_disconnect_by_data (self->monitor, self);
  g_clear_object (&self->monitor);
}

static void
monitor_unwatch (ScepNetwork *network, guint id)
{
  ScepNetworkMonitor *self = SCEP_NETWORK_MONITOR (network);

  g_hash_table_remove (self->watches, GUINT_TO_POINTER (id));
  if (g_hash_table_size (self->watches) == 0)
    stop (self);
}

static void
scep_network_monitor_iface_init (ScepNetworkInterface *iface)
{
  iface->may_reach = monitor_may_reach;
  iface->watch = monitor_watch;
  iface->unwatch = monitor_unwatch;
}

static void
scep_network_monitor_finalize (GObject *object)
{
  ScepNetworkMonitor *self = SCEP_NETWORK_MONITOR (object);

  stop (self);
  g_hash_table_unref (self->watches);
  G_OBJECT_CLASS (scep_network_monitor_parent_class)->finalize (object);
}

static void
scep_network_monitor_class_init (ScepNetworkMonitorClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = scep_network_monitor_finalize;
}

static void
scep_network_monitor_init (ScepNetworkMonitor *self)
{
  self->watches = g_hash_table_new_full (NULL, NULL, NULL, g_free);
}

/**
 * scep_network_monitor_new:
 *
 * Returns: (transfer full): the machine's network, on the default main context
 */
ScepNetwork *
scep_network_monitor_new (void)
{
  return SCEP_NETWORK (g_object_new (SCEP_TYPE_NETWORK_MONITOR, NULL));
}
