/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-bus-manager.h"

#include "base/scep-names.h"
#include "base/scep-text.h"
#include "scep-interface-info.h"
#include "service/scep-bus-error.h"
#include "service/scep-bus-profile.h"
#include "service/scep-bus-value.h"

#include <glib/gi18n-lib.h>

/* Profiles that are started before the main loop has its turn again: a millisecond or two. */
#define START_AT_ONCE 8

struct _ScepBusManager {
  GObject parent_instance;

  ScepDispatcher *dispatcher;           /* (owned) */
  ScepBusObjectManager *object_manager; /* (owned) */
  const ScepProfileContext *context;    /* (unowned) */
  ScepWorker *reader;                   /* (owned) */
  ScepExport *export;                   /* (owned) */
  GTree *profiles;                      /* (owned) (element-type utf8 ScepBusProfile): sorted */
  GHashTable *coming; /* (owned) (element-type utf8): ids that are being made or removed */
  GQueue waiting;     /* (element-type utf8): ids of those that are to be started */
  guint start_id;
};

/* A call that makes or removes a profile. */
typedef struct {
  ScepBusManager *manager;           /* (owned) */
  char *id;                          /* (owned) */
  GDBusMethodInvocation *invocation; /* (owned) */
} Change;

G_DEFINE_FINAL_TYPE (ScepBusManager, scep_bus_manager, G_TYPE_OBJECT)

static guint changed_signal;
static guint started_signal;
static guint reload_signal;

static void
change_free (Change *change)
{
  g_hash_table_remove (change->manager->coming, change->id);
  g_object_unref (change->manager);
  g_free (change->id);
  g_free (change);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Change, change_free)

static Change *
change_new (ScepBusManager *self, const char *id, GDBusMethodInvocation *invocation)
{
  Change *change = g_new (Change, 1);

  change->manager = g_object_ref (self);
  change->id = g_strdup (id);
  change->invocation = invocation;
  g_hash_table_add (self->coming, g_strdup (id));
  return change;
}

static char *
path_of (const char *id)
{
  if (g_str_equal (id, SCEP_DEFAULT_ID))
    return g_strdup (SCEP_PATH);
  return g_strconcat (SCEP_PATH_PROFILES, "/", id, NULL);
}

static void
on_profile_changed (ScepProfile *profile, ScepBusManager *self)
{
  g_signal_emit (self, changed_signal, 0);
}

/**
 * scep_bus_manager_add:
 * @profile: loaded, and with an id that no other has
 *
 * Puts a profile on the bus; it does not move yet.
 *
 * Returns: whether it is there; else a GIO error
 */
gboolean
scep_bus_manager_add (ScepBusManager *self, ScepProfile *profile, GError **error)
{
  const char *id = scep_profile_get_id (profile);
  g_autofree char *path = path_of (id);
  ScepBusProfile *bus_profile =
      scep_bus_profile_new (self->dispatcher, path, profile, self->reader, error);

  if (bus_profile == NULL)
    return FALSE;
  g_tree_insert (self->profiles, g_strdup (id), bus_profile);
  g_signal_connect_object (profile, "status-changed", G_CALLBACK (on_profile_changed), self, 0);
  if (!g_str_equal (id, SCEP_DEFAULT_ID))
    scep_bus_object_manager_add (self->object_manager, scep_bus_profile_get_export (bus_profile));
  g_signal_emit (self, changed_signal, 0);
  return TRUE;
}

static void
on_created (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Change) change = user_data;
  g_autoptr (ScepProfile) profile = SCEP_PROFILE (source);
  g_autoptr (GError) error = NULL;
  g_autofree char *path = path_of (change->id);

  if (!scep_profile_change_finish (profile, result, &error) ||
      !scep_bus_manager_add (change->manager, profile, &error)) {
    scep_bus_return_error (change->invocation, error);
    return;
  }
  scep_profile_start (profile);
  g_dbus_method_invocation_return_value (change->invocation, g_variant_new ("(o)", path));
}

static gboolean
check_new_id (ScepBusManager *self, const char *id, GError **error)
{
  if (!scep_id_is_valid (id)) {
    g_autofree char *shown = scep_text_printable (id, -1);

    scep_error_set (error, SCEP_ERROR_INVALID_SETTING,
                    _ ("\"%s\" cannot be the id of a profile: one begins with a lower-case letter "
                       "and goes on with lower-case letters, digits and \"_\", at most 64 in all."),
                    shown);
    return FALSE;
  }
  if (scep_bus_manager_has (self, id)) {
    scep_error_set (
        error, SCEP_ERROR_PROFILE_EXISTS,
        _ ("There is a profile \"%s\" already; choose another id or configure that one."), id);
    return FALSE;
  }
  return TRUE;
}

static void
on_create_profile (ScepExport *export, GVariant *parameters, GDBusMethodInvocation *invocation)
{
  ScepBusManager *self = scep_export_get_object (export);
  g_autoptr (GVariant) settings = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GHashTable) values = NULL;
  const char *id;

  g_variant_get (parameters, "(&s@a{sv})", &id, &settings);
  if (check_new_id (self, id, &error))
    values = scep_bus_values_from_dict (settings, &error);
  if (values == NULL)
    scep_bus_return_error (invocation, error);
  else
    scep_profile_create_async (scep_profile_new (id, self->context), values, NULL, on_created,
                               change_new (self, id, invocation));
}

/**
 * scep_bus_manager_withdraw:
 * @id: of a profile that is on the bus
 *
 * Takes a profile off the bus. What it has on disk is not touched.
 */
void
scep_bus_manager_withdraw (ScepBusManager *self, const char *id)
{
  ScepBusProfile *bus_profile = g_tree_lookup (self->profiles, id);

  g_signal_handlers_disconnect_by_data (scep_bus_profile_get_profile (bus_profile), self);
  scep_bus_object_manager_remove (self->object_manager, scep_bus_profile_get_export (bus_profile));
  scep_bus_profile_close (bus_profile);
  g_tree_remove (self->profiles, id);
  g_signal_emit (self, changed_signal, 0);
}

static void
on_deleted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Change) change = user_data;
  g_autoptr (GError) error = NULL;

  if (!scep_profile_change_finish (SCEP_PROFILE (source), result, &error)) {
    scep_bus_return_error (change->invocation, error);
    return;
  }
  scep_bus_manager_withdraw (change->manager, change->id);
  g_dbus_method_invocation_return_value (change->invocation, NULL);
}

static void
return_no_such_profile (GDBusMethodInvocation *invocation, const char *id)
{
  g_autofree char *shown = scep_text_printable (id, -1);

  scep_bus_return_code (invocation, SCEP_ERROR_NO_SUCH_PROFILE,
                        _ ("There is no profile \"%s\"; ListProfiles tells which there are."),
                        shown);
}

static void
on_delete_profile (ScepExport *export, GVariant *parameters, GDBusMethodInvocation *invocation)
{
  ScepBusManager *self = scep_export_get_object (export);
  const char *id;
  ScepBusProfile *bus_profile;

  g_variant_get (parameters, "(&s)", &id);
  bus_profile = g_tree_lookup (self->profiles, id);
  if (bus_profile == NULL)
    return_no_such_profile (invocation, id);
  else if (g_str_equal (id, SCEP_DEFAULT_ID))
    scep_bus_return_code (
        invocation, SCEP_ERROR_UNSUPPORTED,
        _ ("The default profile cannot be deleted; Reset and ResetSettings empty it."));
  else if (g_hash_table_contains (self->coming, id))
    scep_bus_return_code (invocation, SCEP_ERROR_BUSY, _ ("The profile \"%s\" is being deleted."),
                          id);
  else
    scep_profile_remove_async (scep_bus_profile_get_profile (bus_profile), NULL, on_deleted,
                               change_new (self, id, invocation));
}

static void
add_to_list (GVariantBuilder *builder, const char *id)
{
  g_autofree char *path = path_of (id);

  g_variant_builder_add (builder, "(so)", id, path);
}

static gboolean
list_further (gpointer key, gpointer value, gpointer user_data)
{
  if (!g_str_equal (key, SCEP_DEFAULT_ID))
    add_to_list (user_data, key);
  return FALSE;
}

static void
on_list_profiles (ScepExport *export, GVariant *parameters, GDBusMethodInvocation *invocation)
{
  ScepBusManager *self = scep_export_get_object (export);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(so)"));
  add_to_list (&builder, SCEP_DEFAULT_ID);
  g_tree_foreach (self->profiles, list_further, &builder);
  g_dbus_method_invocation_return_value (invocation, g_variant_new ("(a(so))", &builder));
}

static void
on_reload (ScepExport *export, GVariant *parameters, GDBusMethodInvocation *invocation)
{
  g_signal_emit (scep_export_get_object (export), reload_signal, 0, invocation);
}

static const ScepBusMethod methods[] = {
  { "CreateProfile", on_create_profile },
  { "DeleteProfile", on_delete_profile },
  { "ListProfiles", on_list_profiles },
  { "Reload", on_reload },
  { NULL, NULL },
};

static GVariant *
get_property (ScepExport *export, const char *name)
{
  return g_variant_new_string (SCEP_VERSION);
}

static const ScepBusInterface bus_interface = {
  .info = &scep_bus_manager_interface,
  .methods = methods,
  .get_property = get_property,
};

static void
scep_bus_manager_dispose (GObject *object)
{
  ScepBusManager *self = SCEP_BUS_MANAGER (object);

  g_clear_handle_id (&self->start_id, g_source_remove);
  g_queue_clear_full (&self->waiting, g_free);
  if (self->export != NULL)
    scep_export_remove (self->export);
  g_clear_pointer (&self->export, scep_export_unref);
  g_clear_pointer (&self->profiles, g_tree_unref);
  g_clear_pointer (&self->coming, g_hash_table_unref);
  g_clear_object (&self->object_manager);
  g_clear_object (&self->dispatcher);
  g_clear_object (&self->reader);
  G_OBJECT_CLASS (scep_bus_manager_parent_class)->dispose (object);
}

static void
scep_bus_manager_class_init (ScepBusManagerClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = scep_bus_manager_dispose;
  changed_signal = g_signal_new ("changed", SCEP_TYPE_BUS_MANAGER, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                 NULL, G_TYPE_NONE, 0);
  started_signal = g_signal_new ("started", SCEP_TYPE_BUS_MANAGER, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                 NULL, G_TYPE_NONE, 0);
  reload_signal = g_signal_new ("reload", SCEP_TYPE_BUS_MANAGER, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                NULL, G_TYPE_NONE, 1, G_TYPE_DBUS_METHOD_INVOCATION);
}

static int
compare_ids (gconstpointer a, gconstpointer b, gpointer user_data)
{
  return g_strcmp0 (a, b);
}

static void
scep_bus_manager_init (ScepBusManager *self)
{
  self->profiles = g_tree_new_full (compare_ids, NULL, g_free, g_object_unref);
  self->coming = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_queue_init (&self->waiting);
}

/**
 * scep_bus_manager_new:
 * @context: what profiles share; it outlives the manager
 * @reader: where file descriptors of callers are read
 *
 * Returns: (transfer full) (nullable): a manager without profiles, or %NULL
 *   with a GIO error
 */
ScepBusManager *
scep_bus_manager_new (ScepDispatcher *dispatcher, ScepBusObjectManager *object_manager,
                      const ScepProfileContext *context, ScepWorker *reader, GError **error)
{
  g_autoptr (ScepBusManager) self = g_object_new (SCEP_TYPE_BUS_MANAGER, NULL);

  self->dispatcher = g_object_ref (dispatcher);
  self->object_manager = g_object_ref (object_manager);
  self->context = context;
  self->reader = g_object_ref (reader);
  self->export = scep_dispatcher_export (dispatcher, SCEP_PATH, &bus_interface, self, error);
  return self->export == NULL ? NULL : g_steal_pointer (&self);
}

static gboolean
load_one (ScepBusManager *self, const char *id, GError **error)
{
  g_autoptr (ScepProfile) profile = scep_profile_new (id, self->context);

  scep_profile_load (profile);
  return scep_bus_manager_add (self, profile, error);
}

/**
 * scep_bus_manager_load:
 *
 * Reads all profiles and puts them on the bus; nothing moves yet.
 *
 * Returns: whether all of them are there; else a GIO error
 */
gboolean
scep_bus_manager_load (ScepBusManager *self, GError **error)
{
  g_auto (GStrv) ids = scep_profile_list_ids (self->context);

  if (!load_one (self, SCEP_DEFAULT_ID, error))
    return FALSE;
  for (guint i = 0; ids[i] != NULL; i++) {
    if (!g_str_equal (ids[i], SCEP_DEFAULT_ID) && !load_one (self, ids[i], error))
      return FALSE;
  }
  return TRUE;
}

/* Those that were deleted since are not there any more. */
static gboolean
on_start (gpointer user_data)
{
  ScepBusManager *self = user_data;

  for (guint i = 0; i < START_AT_ONCE && !g_queue_is_empty (&self->waiting); i++) {
    g_autofree char *id = g_queue_pop_head (&self->waiting);
    ScepBusProfile *bus_profile = g_tree_lookup (self->profiles, id);

    if (bus_profile != NULL)
      scep_profile_start (scep_bus_profile_get_profile (bus_profile));
  }
  if (!g_queue_is_empty (&self->waiting))
    return G_SOURCE_CONTINUE;
  self->start_id = 0;
  g_signal_emit (self, started_signal, 0);
  return G_SOURCE_REMOVE;
}

static gboolean
queue_one (gpointer key, gpointer value, gpointer user_data)
{
  g_queue_push_tail (user_data, g_strdup (key));
  return FALSE;
}

/**
 * scep_bus_manager_start:
 *
 * Lets every profile do what is due, a few in each turn of the main loop;
 * "started" tells when all of them do.
 */
void
scep_bus_manager_start (ScepBusManager *self)
{
  g_tree_foreach (self->profiles, queue_one, &self->waiting);
  if (self->start_id == 0)
    self->start_id = g_idle_add_full (G_PRIORITY_DEFAULT, on_start, self, NULL);
}

/**
 * scep_bus_manager_get_context:
 *
 * Returns: (transfer none): what the profiles share
 */
const ScepProfileContext *
scep_bus_manager_get_context (ScepBusManager *self)
{
  return self->context;
}

static gboolean
list_one (gpointer key, gpointer value, gpointer user_data)
{
  g_ptr_array_add (user_data, g_object_ref (scep_bus_profile_get_profile (value)));
  return FALSE;
}

/**
 * scep_bus_manager_list:
 *
 * Returns: (transfer full) (element-type ScepProfile): the profiles on the bus
 */
GPtrArray *
scep_bus_manager_list (ScepBusManager *self)
{
  GPtrArray *list = g_ptr_array_new_with_free_func (g_object_unref);

  g_tree_foreach (self->profiles, list_one, list);
  return list;
}

/**
 * scep_bus_manager_has:
 *
 * Returns: whether there is, or is about to be, a profile of this id
 */
gboolean
scep_bus_manager_has (ScepBusManager *self, const char *id)
{
  return g_tree_lookup (self->profiles, id) != NULL || scep_bus_manager_is_busy_with (self, id);
}

/**
 * scep_bus_manager_is_busy_with:
 *
 * Returns: whether a caller makes or deletes this profile just now
 */
gboolean
scep_bus_manager_is_busy_with (ScepBusManager *self, const char *id)
{
  return g_hash_table_contains (self->coming, id);
}

static gboolean
stop_one (gpointer key, gpointer value, gpointer user_data)
{
  scep_profile_stop (scep_bus_profile_get_profile (value));
  return FALSE;
}

/**
 * scep_bus_manager_stop:
 *
 * Lets every profile rest; what is on disk stays as it is.
 */
void
scep_bus_manager_stop (ScepBusManager *self)
{
  g_clear_handle_id (&self->start_id, g_source_remove);
  g_queue_clear_full (&self->waiting, g_free);
  g_tree_foreach (self->profiles, stop_one, NULL);
}

typedef struct {
  guint enrolled;
  guint failing;
} Count;

static gboolean
count_one (gpointer key, gpointer value, gpointer user_data)
{
  Count *count = user_data;
  const ScepStatus *status = scep_profile_get_status (scep_bus_profile_get_profile (value));

  count->enrolled += status->fingerprint[0] != '\0' ? 1 : 0;
  count->failing += status->last_error[0] != '\0' ? 1 : 0;
  return FALSE;
}

/**
 * scep_bus_manager_describe:
 *
 * Returns: (transfer full): a line for the service manager
 */
char *
scep_bus_manager_describe (ScepBusManager *self)
{
  Count count = { 0, 0 };

  g_tree_foreach (self->profiles, count_one, &count);
  return g_strdup_printf (_ ("Profiles: %d, with a certificate: %u, with an error: %u"),
                          g_tree_nnodes (self->profiles), count.enrolled, count.failing);
}
