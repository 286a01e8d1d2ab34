/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-bus-object-manager.h"

#include "base/scep-names.h"
#include "service/scep-managed-objects.h"

struct _ScepBusObjectManager {
  GObject parent_instance;

  GDBusConnection *connection; /* (owned) */
  ScepExport *export;          /* (owned) */
  GPtrArray *children;         /* (owned) (element-type ScepExport) */
  ScepManagedObjects *answer;  /* (owned) (nullable): the last one */
  guint filter;
  gboolean announcing; /* somebody may know of the service */
};

G_DEFINE_FINAL_TYPE (ScepBusObjectManager, scep_bus_object_manager, G_TYPE_OBJECT)

static guint answered_signal;

/* The bus specification's own; no file of ours describes it. */
static const char interface_xml[] =
    "<node><interface name='org.freedesktop.DBus.ObjectManager'>"
    "<method name='GetManagedObjects'>"
    "<arg name='objects' type='a{oa{sa{sv}}}' direction='out'/></method>"
    "<signal name='InterfacesAdded'>"
    "<arg name='object' type='o'/><arg name='interfaces' type='a{sa{sv}}'/></signal>"
    "<signal name='InterfacesRemoved'>"
    "<arg name='object' type='o'/><arg name='interfaces' type='as'/></signal>"
    "</interface></node>";

/* a{sa{sv}} of an object: each of ours below SCEP_PATH has one interface. */
static GVariant *
describe (ScepExport *export)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{sa{sv}}"));
  g_variant_builder_add (&builder, "{s@a{sv}}", scep_export_get_interface (export)->info->name,
                         scep_export_get_told (export));
  return g_variant_builder_end (&builder);
}

static void
on_get_managed_objects (ScepExport *export, GVariant *parameters, GDBusMethodInvocation *invocation)
{
  ScepBusObjectManager *self = scep_export_get_object (export);

  if (self->answer != NULL && !scep_managed_objects_is_current (self->answer, self->children))
    g_clear_pointer (&self->answer, scep_managed_objects_unref);
  if (self->answer == NULL)
    self->answer = scep_managed_objects_new (self->children);
  scep_managed_objects_return (self->answer, invocation);
  g_signal_emit (self, answered_signal, 0);
}

static const ScepBusMethod methods[] = {
  { "GetManagedObjects", on_get_managed_objects },
  { NULL, NULL },
};

static const ScepBusInterface *
get_interface (void)
{
  static ScepBusInterface interface = { .methods = methods };

  if (interface.info == NULL) {
    GDBusNodeInfo *node = g_dbus_node_info_new_for_xml (interface_xml, NULL);

    interface.info = g_dbus_interface_info_ref (node->interfaces[0]);
    g_dbus_node_info_unref (node);
  }
  return &interface;
}

static void
scep_bus_object_manager_dispose (GObject *object)
{
  ScepBusObjectManager *self = SCEP_BUS_OBJECT_MANAGER (object);

  if (self->export != NULL)
    scep_export_remove (self->export);
  g_clear_pointer (&self->export, scep_export_unref);
  g_clear_pointer (&self->children, g_ptr_array_unref);
  g_clear_pointer (&self->answer, scep_managed_objects_unref);
  if (self->filter != 0)
    g_dbus_connection_remove_filter (self->connection, self->filter);
  self->filter = 0;
  g_clear_object (&self->connection);
  G_OBJECT_CLASS (scep_bus_object_manager_parent_class)->dispose (object);
}

static void
scep_bus_object_manager_class_init (ScepBusObjectManagerClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = scep_bus_object_manager_dispose;
  answered_signal = g_signal_new ("answered", SCEP_TYPE_BUS_OBJECT_MANAGER, G_SIGNAL_RUN_LAST, 0,
                                  NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
scep_bus_object_manager_init (ScepBusObjectManager *self)
{
  self->children = g_ptr_array_new_with_free_func ((GDestroyNotify) scep_export_unref);
}

/**
 * scep_bus_object_manager_new:
 * @connection: the bus of @dispatcher
 *
 * Returns: (transfer full) (nullable): the manager, exported, or %NULL with a
 *   GIO error
 */
ScepBusObjectManager *
scep_bus_object_manager_new (ScepDispatcher *dispatcher, GDBusConnection *connection,
                             GError **error)
{
  g_autoptr (ScepBusObjectManager) self = g_object_new (SCEP_TYPE_BUS_OBJECT_MANAGER, NULL);

  self->connection = g_object_ref (connection);
  self->filter = scep_managed_objects_attach (connection);
  self->export = scep_dispatcher_export (dispatcher, SCEP_PATH, get_interface (), self, error);
  return self->export == NULL ? NULL : g_steal_pointer (&self);
}

/**
 * scep_bus_object_manager_announce:
 *
 * From here on tells what comes and goes. Before the service has its name
 * nobody would listen.
 */
void
scep_bus_object_manager_announce (ScepBusObjectManager *self)
{
  self->announcing = TRUE;
}

/**
 * scep_bus_object_manager_add:
 * @export: of an object below SCEP_PATH
 *
 * Tells that there is a new object.
 */
void
scep_bus_object_manager_add (ScepBusObjectManager *self, ScepExport *export)
{
  g_ptr_array_add (self->children, scep_export_ref (export));
  if (self->announcing)
    scep_export_emit (
        self->export, "InterfacesAdded",
        g_variant_new ("(o@a{sa{sv}})", scep_export_get_path (export), describe (export)));
}

/**
 * scep_bus_object_manager_remove:
 * @export: what was added
 *
 * Tells that the object is gone.
 */
void
scep_bus_object_manager_remove (ScepBusObjectManager *self, ScepExport *export)
{
  const char *const names[] = { scep_export_get_interface (export)->info->name, NULL };
  g_autoptr (ScepExport) kept = scep_export_ref (export);

  if (g_ptr_array_remove (self->children, export) && self->announcing)
    scep_export_emit (self->export, "InterfacesRemoved",
                      g_variant_new ("(o^as)", scep_export_get_path (kept), names));
}
