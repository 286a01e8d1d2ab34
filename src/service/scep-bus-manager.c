/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-bus-manager-private.h"

#include "base/scep-names.h"
#include "service/scep-bus-profile.h"

#include <glib/gi18n-lib.h>

/* Profiles that are started before the main loop has its turn again: a millisecond or two. */
#define START_AT_ONCE 8

G_DEFINE_FINAL_TYPE (ScepBusManager, scep_bus_manager, G_TYPE_OBJECT)

static guint changed_signal;
static guint started_signal;

/**
 * scep_bus_manager_path_of:
 * @id: of a profile
 *
 * Returns: (transfer full): the path of its object
 */
char *
scep_bus_manager_path_of (const char *id)
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
  g_autofree char *path = scep_bus_manager_path_of (id);
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
  g_signal_new ("reload", SCEP_TYPE_BUS_MANAGER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                G_TYPE_NONE, 1, G_TYPE_DBUS_METHOD_INVOCATION);
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
                      const ScepProfileContext *context, ScepFdReader *reader, GError **error)
{
  g_autoptr (ScepBusManager) self = g_object_new (SCEP_TYPE_BUS_MANAGER, NULL);

  self->dispatcher = g_object_ref (dispatcher);
  self->object_manager = g_object_ref (object_manager);
  self->context = context;
  self->reader = g_object_ref (reader);
  self->export =
      scep_dispatcher_export (dispatcher, SCEP_PATH, &scep_bus_manager_methods, self, error);
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
