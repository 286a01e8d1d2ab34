/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-dispatcher.h"

#include "service/scep-access-table.h"
#include "service/scep-bus-error.h"

#include <glib/gi18n-lib.h>

#define PROPERTIES "org.freedesktop.DBus.Properties"

/* A person who is asked has this long to answer. */
#define CHECK_TIMEOUT 300

struct _ScepDispatcher {
  GObject parent_instance;

  GDBusConnection *connection; /* (owned) */
  ScepAuthority *authority;    /* (owned) */
  GHashTable *per_sender;      /* (owned) (element-type utf8 guint): checks that wait */
  guint total;
};

/* A registered interface, for the vtable. */
typedef struct {
  ScepDispatcher *dispatcher; /* (owned) */
  ScepExport *export;         /* (owned) */
} Door;

/* A call that waits for authorisation. */
typedef struct {
  ScepDispatcher *dispatcher;        /* (owned) */
  ScepExport *export;                /* (owned) */
  GDBusMethodInvocation *invocation; /* (owned) */
  ScepActions actions;               /* those not yet asked for */
  gboolean counted;
  GCancellable *cancellable; /* (owned) */
  guint watch_id;
  guint timeout_id;
} Call;

G_DEFINE_FINAL_TYPE (ScepDispatcher, scep_dispatcher, G_TYPE_OBJECT)

static void ask_next (Call *call);

static void
door_free (gpointer data)
{
  Door *door = data;

  g_object_unref (door->dispatcher);
  scep_export_unref (door->export);
  g_free (door);
}

static void
count (ScepDispatcher *self, const char *sender, int step)
{
  guint waiting = GPOINTER_TO_UINT (g_hash_table_lookup (self->per_sender, sender));

  waiting = (guint) ((int) waiting + step);
  self->total = (guint) ((int) self->total + step);
  if (waiting == 0)
    g_hash_table_remove (self->per_sender, sender);
  else
    g_hash_table_insert (self->per_sender, g_strdup (sender), GUINT_TO_POINTER (waiting));
}

static gboolean
has_enough (ScepDispatcher *self, const char *sender)
{
  return GPOINTER_TO_UINT (g_hash_table_lookup (self->per_sender, sender)) >=
         SCEP_DISPATCHER_MAX_PER_SENDER;
}

/* Takes @invocation. */
static void
refuse_more (GDBusMethodInvocation *invocation)
{
  g_dbus_method_invocation_return_dbus_error (
      invocation, SCEP_BUS_ERROR_LIMITS_EXCEEDED,
      _ ("Too many calls wait for authorisation; try again when they are answered."));
}

static void
call_free (Call *call)
{
  if (call->counted)
    count (call->dispatcher, g_dbus_method_invocation_get_sender (call->invocation), -1);
  g_clear_handle_id (&call->watch_id, g_bus_unwatch_name);
  g_clear_handle_id (&call->timeout_id, g_source_remove);
  g_object_unref (call->cancellable);
  g_object_unref (call->invocation);
  scep_export_unref (call->export);
  g_object_unref (call->dispatcher);
  g_free (call);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Call, call_free)

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
refuse (GDBusMethodInvocation *invocation, const char *error)
{
  const char *member = g_dbus_method_invocation_get_method_name (invocation);

  g_dbus_method_invocation_return_dbus_error (
      invocation, error,
      g_str_equal (error, SCEP_BUS_ERROR_INTERACTIVE)
          ? _ ("An administrator has to authenticate; call again and allow interaction.")
          : _ ("You are not allowed to do this; an administrator is."));
  g_debug ("%s was refused", member);
}

static void
on_verdict (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Call) call = user_data;
  ScepAuthorization verdict = scep_authority_check_finish (SCEP_AUTHORITY (source), result);

  if (verdict == SCEP_AUTHORIZATION_ALLOWED && !g_cancellable_is_cancelled (call->cancellable))
    ask_next (g_steal_pointer (&call));
  else if (verdict == SCEP_AUTHORIZATION_CHALLENGE)
    refuse (g_object_ref (call->invocation), SCEP_BUS_ERROR_INTERACTIVE);
  else
    refuse (g_object_ref (call->invocation), SCEP_BUS_ERROR_ACCESS_DENIED);
}

/* Takes @call. */
static void
ask_next (Call *call)
{
  guint index = 0;
  GDBusMessage *message = g_dbus_method_invocation_get_message (call->invocation);
  gboolean interactive = (g_dbus_message_get_flags (message) &
                          G_DBUS_MESSAGE_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION) != 0;

  if (call->actions == SCEP_ACTION_NONE) {
    g_autoptr (Call) done = call;

    run (done->export, g_object_ref (done->invocation));
    return;
  }
  while ((call->actions & (1U << index)) == 0)
    index++;
  call->actions &= ~(1U << index);
  scep_authority_check_async (
      call->dispatcher->authority, g_dbus_method_invocation_get_sender (call->invocation),
      scep_action_get_id (index), interactive, call->cancellable, on_verdict, call);
}

static void
on_sender_vanished (GDBusConnection *connection, const char *name, gpointer user_data)
{
  Call *call = user_data;

  g_cancellable_cancel (call->cancellable);
}

static gboolean
on_timeout (gpointer user_data)
{
  Call *call = user_data;

  call->timeout_id = 0;
  g_cancellable_cancel (call->cancellable);
  return G_SOURCE_REMOVE;
}

/* Only who has to wait for others is counted: root is served however much it asks. */
static void
on_identified (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Call) call = user_data;
  const char *sender = g_dbus_method_invocation_get_sender (call->invocation);

  if (scep_authority_identify_finish (SCEP_AUTHORITY (source), result)) {
    run (call->export, g_object_ref (call->invocation));
    return;
  }
  if (has_enough (call->dispatcher, sender) ||
      call->dispatcher->total >= SCEP_DISPATCHER_MAX_TOTAL) {
    refuse_more (g_object_ref (call->invocation));
    return;
  }
  count (call->dispatcher, sender, 1);
  call->counted = TRUE;
  ask_next (g_steal_pointer (&call));
}

static void
authorize (ScepDispatcher *self, ScepExport *export, GDBusMethodInvocation *invocation,
           ScepActions actions)
{
  const char *sender = g_dbus_method_invocation_get_sender (invocation);
  Call *call = g_new0 (Call, 1);

  call->dispatcher = g_object_ref (self);
  call->export = scep_export_ref (export);
  call->invocation = invocation;
  call->actions = actions;
  call->cancellable = g_cancellable_new ();
  call->watch_id =
      g_bus_watch_name_on_connection (self->connection, sender, G_BUS_NAME_WATCHER_FLAGS_NONE, NULL,
                                      on_sender_vanished, call, NULL);
  call->timeout_id = g_timeout_add_seconds (CHECK_TIMEOUT, on_timeout, call);
  scep_authority_identify_async (self->authority, sender, call->cancellable, on_identified, call);
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
    refuse (invocation, SCEP_BUS_ERROR_ACCESS_DENIED);
  else if (actions == SCEP_ACTION_NONE)
    run (export, invocation);
  /* Who is counted is not root: nobody has to be asked who it is. */
  else if (has_enough (self, g_dbus_method_invocation_get_sender (invocation)))
    refuse_more (invocation);
  else
    authorize (self, export, invocation, actions);
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

  g_hash_table_unref (self->per_sender);
  g_object_unref (self->authority);
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
  self->per_sender = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
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
  self->authority = g_object_ref (authority);
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
