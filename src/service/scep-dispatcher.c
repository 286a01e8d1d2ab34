/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-dispatcher.h"

#include "service/scep-bus-error.h"
#include "service/scep-guard.h"

#include <glib/gi18n-lib.h>

#define PROPERTIES "org.freedesktop.DBus.Properties"

struct _ScepDispatcher {
  GObject parent_instance;

  GDBusConnection *connection; /* (owned) */
  ScepGuard *guard;            /* (owned) */
};

/* A registered interface, for the vtable. */
typedef struct {
  ScepDispatcher *dispatcher; /* (owned) */
  ScepExport *export;         /* (owned) */
} Door;

G_DEFINE_FINAL_TYPE (ScepDispatcher, scep_dispatcher, G_TYPE_OBJECT)

static void
door_free (gpointer data)
{
  Door *door = data;

  g_object_unref (door->dispatcher);
  scep_export_unref (door->export);
  g_free (door);
}

static gboolean
is_property_write (GDBusMethodInvocation *invocation)
{
  return g_str_equal (g_dbus_method_invocation_get_interface_name (invocation), PROPERTIES);
}

static void
run_method (ScepExport *export, GDBusMethodInvocation *invocation)
{
  const char *name = g_dbus_method_invocation_get_method_name (invocation);
  const ScepBusMethod *method = scep_export_get_interface (export)->methods;

  while (method->name != NULL && !g_str_equal (method->name, name))
    method++;
  if (method->name == NULL)
    scep_bus_return_code (invocation, SCEP_ERROR_UNSUPPORTED, _ ("%s is not there yet."), name);
  else
    method->call (export, g_dbus_method_invocation_get_parameters (invocation), invocation);
}

static void
run_write (ScepExport *export, GDBusMethodInvocation *invocation)
{
  const char *name;
  g_autoptr (GVariant) value = NULL;

  g_variant_get (g_dbus_method_invocation_get_parameters (invocation), "(&s&sv)", NULL, &name,
                 &value);
  scep_export_get_interface (export)->set_property (export, name, value, invocation);
}

/* The caller is allowed; the object may have gone while that was found out. */
static void
run (ScepExport *export, GDBusMethodInvocation *invocation)
{
  g_autoptr (ScepExport) kept = scep_export_ref (export);

  if (scep_export_is_removed (kept))
    g_dbus_method_invocation_return_error (invocation, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_OBJECT,
                                           _ ("%s was removed in the meantime."),
                                           scep_export_get_path (kept));
  else if (is_property_write (invocation))
    run_write (kept, invocation);
  else
    run_method (kept, invocation);
}

static void
admit (ScepDispatcher *self, ScepExport *export, const char *member, GVariant *parameters,
       GDBusMethodInvocation *invocation)
{
  const char *interface = scep_export_get_interface (export)->info->name;
  ScepActions actions;

  if (g_variant_get_size (parameters) > SCEP_DISPATCHER_MAX_ARGUMENTS)
    g_dbus_method_invocation_return_dbus_error (invocation, SCEP_BUS_ERROR_LIMITS_EXCEEDED,
                                                _ ("The arguments are larger than 512 KiB."));
  else if (!scep_access_for_call (interface, member, parameters, &actions))
    scep_guard_refuse (invocation);
  else if (actions == SCEP_ACTION_NONE)
    run (export, invocation);
  else
    scep_guard_admit (self->guard, export, actions, invocation);
}

static void
handle_properties (ScepDispatcher *self, ScepExport *export, GVariant *parameters,
                   GDBusMethodInvocation *invocation)
{
  const char *method = g_dbus_method_invocation_get_method_name (invocation);
  const char *name = NULL;

  if (g_str_equal (method, "GetAll")) {
    g_dbus_method_invocation_return_value (
        invocation, g_variant_new ("(@a{sv})", scep_export_get_properties (export)));
    return;
  }
  g_variant_get_child (parameters, 1, "&s", &name);
  if (g_str_equal (method, "Get"))
    g_dbus_method_invocation_return_value (
        invocation,
        g_variant_new ("(v)", scep_export_get_interface (export)->get_property (export, name)));
  else
    admit (self, export, name, parameters, invocation);
}

static void
on_method_call (GDBusConnection *connection, const char *sender, const char *path,
                const char *interface, const char *method, GVariant *parameters,
                GDBusMethodInvocation *invocation, gpointer user_data)
{
  Door *door = user_data;

  if (g_str_equal (interface, PROPERTIES))
    handle_properties (door->dispatcher, door->export, parameters, invocation);
  else
    admit (door->dispatcher, door->export, method, parameters, invocation);
}

static void
scep_dispatcher_finalize (GObject *object)
{
  ScepDispatcher *self = SCEP_DISPATCHER (object);

  g_object_unref (self->guard);
  g_object_unref (self->connection);
  G_OBJECT_CLASS (scep_dispatcher_parent_class)->finalize (object);
}

static void
scep_dispatcher_class_init (ScepDispatcherClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = scep_dispatcher_finalize;
}

static void
scep_dispatcher_init (ScepDispatcher *self)
{
}

/**
 * scep_dispatcher_new:
 * @connection: the bus
 * @authority: who decides
 *
 * Returns: (transfer full): a door without rooms
 */
ScepDispatcher *
scep_dispatcher_new (GDBusConnection *connection, ScepAuthority *authority)
{
  ScepDispatcher *self = g_object_new (SCEP_TYPE_DISPATCHER, NULL);

  self->connection = g_object_ref (connection);
  self->guard = scep_guard_new (connection, authority, run);
  return self;
}

/**
 * scep_dispatcher_export:
 * @object: lives until scep_export_remove()
 *
 * Puts one interface of one object on the bus, behind the access table. The
 * get and set slots are empty: only so does GDBus hand over property writes
 * as calls that may be answered later.
 *
 * Returns: (transfer full) (nullable): the export, or %NULL with a GIO error
 */
ScepExport *
scep_dispatcher_export (ScepDispatcher *self, const char *path, const ScepBusInterface *interface,
                        gpointer object, GError **error)
{
  static const GDBusInterfaceVTable vtable = { .method_call = on_method_call };
  g_autoptr (ScepExport) export = scep_export_new (self->connection, path, interface, object);
  Door *door = g_new (Door, 1);

  door->dispatcher = g_object_ref (self);
  door->export = scep_export_ref (export);
  if (!scep_export_register (export, &vtable, door, door_free, error))
    return NULL;
  return g_steal_pointer (&export);
}
