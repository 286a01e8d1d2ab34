/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-reload.h"

#include "base/scep-error.h"
#include "base/scep-names.h"
#include "service/scep-bus-error.h"

#include <glib/gi18n-lib.h>

/* Faults that an answer tells; whoever has more begins with these, or reads the journal. */
#define MAX_TOLD 20

/*
 * Reading the configuration again, in steps: keystores that are new come, so
 * that profiles can select them; then what the files say of the profiles that
 * are there; then which profiles any layer has; then those that are new come,
 * and those that no layer has any more go; then keystores go. A profile that has
 * something on disk always stays.
 */
struct _ScepReload {
  GObject parent_instance;

  ScepBusManager *manager;     /* (owned) */
  ScepBusKeystores *keystores; /* (owned) */
  GQueue served;               /* (element-type GTask): whom the running one answers */
  GQueue waiting;              /* (element-type GTask): whom the next one answers */

  /* Of the one that runs. */
  GHashTable *known; /* (owned): ids that were there at the beginning, and what they told of */
  GPtrArray *faults; /* (owned) (element-type utf8) */
  GHashTable *told;  /* (owned) (unowned elements): faults that the profile tells itself */
  guint n_open;      /* profiles that are being read */
};

/* Which profiles there are. */
typedef struct {
  const ScepProfileContext *context; /* (unowned) */
  char **ids;                        /* (owned) */
  GPtrArray *faults;                 /* (owned) (element-type utf8): files that are left out */
  gboolean complete;
} Found;

G_DEFINE_FINAL_TYPE (ScepReload, scep_reload, G_TYPE_OBJECT)

static guint begun_signal;
static guint ended_signal;

static void begin (ScepReload *self);

static void
found_free (gpointer data)
{
  Found *found = data;

  g_strfreev (found->ids);
  g_clear_pointer (&found->faults, g_ptr_array_unref);
  g_free (found);
}

static GError *
make_error (GPtrArray *faults)
{
  g_autoptr (GString) list = g_string_new (NULL);
  guint told = MIN (faults->len, MAX_TOLD);

  for (guint i = 0; i < told; i++)
    g_string_append_printf (list, "\n%s", (const char *) g_ptr_array_index (faults, i));
  if (told < faults->len) {
    g_string_append_c (list, '\n');
    g_string_append_printf (list, _ ("… and %u more; the journal names them"), faults->len - told);
  }
  return g_error_new (
      SCEP_ERROR, SCEP_ERROR_STORAGE_FAILED,
      _ ("The configuration was read again and is in force, except for the following:%s"),
      list->str);
}

static void
answer (GTask *task, GPtrArray *faults)
{
  if (faults->len == 0)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, make_error (faults));
}

static void
warn (ScepReload *self, GPtrArray *faults)
{
  for (guint i = 0; i < faults->len; i++) {
    const char *fault = g_ptr_array_index (faults, i);

    if (!g_hash_table_contains (self->told, fault))
      g_warning (_ ("Not all of the configuration could be read again: %s"), fault);
  }
}

static void
end (ScepReload *self)
{
  g_autoptr (GPtrArray) faults = g_steal_pointer (&self->faults);
  GQueue served = self->served;
  GTask *task;

  g_queue_init (&self->served);
  g_clear_pointer (&self->known, g_hash_table_unref);
  warn (self, faults);
  g_clear_pointer (&self->told, g_hash_table_unref);
  if (g_queue_is_empty (&self->waiting))
    g_signal_emit (self, ended_signal, 0);
  while ((task = g_queue_pop_head (&served)) != NULL) {
    answer (task, faults);
    g_object_unref (task);
  }
  /* Whoever was answered may have asked again, and so have begun it. */
  if (self->faults == NULL && !g_queue_is_empty (&self->waiting))
    begin (self);
}

static void
remove_keystores (ScepReload *self)
{
  g_autoptr (GPtrArray) profiles = scep_bus_manager_list (self->manager);

  scep_bus_keystores_remove_gone (self->keystores, profiles, self->faults);
  end (self);
}

/* What is new to a profile, it tells itself. */
static gboolean
tells_itself (ScepReload *self, ScepProfile *profile)
{
  const char *before = g_hash_table_lookup (self->known, scep_profile_get_id (profile));

  return g_strcmp0 (before, scep_profile_get_status (profile)->last_error_message) != 0;
}

/* The message names the file. */
static void
finish_profile (ScepReload *self, GObject *source, GAsyncResult *result)
{
  g_autoptr (GError) error = NULL;
  char *fault;

  if (scep_profile_change_finish (SCEP_PROFILE (source), result, &error))
    return;
  fault = g_strdup (error->message);
  g_ptr_array_add (self->faults, fault);
  if (tells_itself (self, SCEP_PROFILE (source)))
    g_hash_table_add (self->told, fault);
}

static void
on_new_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ScepReload) self = user_data;
  g_autoptr (ScepProfile) profile = SCEP_PROFILE (source);
  const char *id = scep_profile_get_id (profile);
  g_autoptr (GError) error = NULL;

  finish_profile (self, source, result);
  /* Somebody may have made one of this name over the bus in the meantime. */
  if (!scep_bus_manager_has (self->manager, id)) {
    if (scep_bus_manager_add (self->manager, profile, &error))
      scep_profile_start (profile);
    else
      g_ptr_array_add (
          self->faults,
          g_strdup_printf (_ ("the profile %s cannot be put on the bus: %s"), id, error->message));
  }
  if (--self->n_open == 0)
    remove_keystores (self);
}

static void
add_new (ScepReload *self, char **ids)
{
  for (guint i = 0; ids[i] != NULL; i++) {
    if (scep_bus_manager_has (self->manager, ids[i]))
      continue;
    self->n_open++;
    scep_profile_load_async (
        scep_profile_new (ids[i], scep_bus_manager_get_context (self->manager)), on_new_read,
        g_object_ref (self));
  }
}

static void
remove_gone (ScepReload *self, char **ids)
{
  g_autoptr (GPtrArray) profiles = scep_bus_manager_list (self->manager);

  for (guint i = 0; i < profiles->len; i++) {
    ScepProfile *profile = g_ptr_array_index (profiles, i);
    const char *id = scep_profile_get_id (profile);

    if (g_strv_contains ((const char *const *) ids, id) ||
        !g_hash_table_contains (self->known, id) ||
        scep_bus_manager_is_busy_with (self->manager, id))
      continue;
    g_message (_ ("Profile %s is gone: no file defines it any more"), id);
    scep_profile_stop (profile);
    scep_bus_manager_withdraw (self->manager, id);
  }
}

static void
on_found (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ScepReload) self = user_data;
  Found *found = g_task_get_task_data (G_TASK (result));

  /* A profile that cannot be seen now is not one that is gone. */
  if (found->complete)
    remove_gone (self, found->ids);
  else
    g_ptr_array_add (self->faults,
                     g_strdup_printf (_ ("the folder “profiles” of %s, %s or %s cannot be read, so "
                                         "no profile was taken away"),
                                      found->context->vendor_directory,
                                      found->context->configuration_directory,
                                      found->context->state_directory));
  g_ptr_array_extend_and_steal (self->faults, g_steal_pointer (&found->faults));
  add_new (self, found->ids);
  if (self->n_open == 0)
    remove_keystores (self);
}

static void
find_in_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  Found *found = task_data;

  found->faults = g_ptr_array_new_with_free_func (g_free);
  found->ids = scep_profile_find_ids (found->context, &found->complete, found->faults);
  g_task_return_boolean (task, TRUE);
}

/* Behind all writes that were begun: a profile with something on disk is found. */
static void
find (ScepReload *self)
{
  g_autoptr (GTask) search = g_task_new (self->manager, NULL, on_found, g_object_ref (self));
  Found *found = g_new0 (Found, 1);

  g_task_set_source_tag (search, find);
  found->context = scep_bus_manager_get_context (self->manager);
  g_task_set_task_data (search, found, found_free);
  scep_worker_run (found->context->storage, search, find_in_thread);
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ScepReload) self = user_data;

  finish_profile (self, source, result);
  if (--self->n_open == 0)
    find (self);
}

static void
on_keystores_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ScepReload) self = user_data;
  g_autoptr (GPtrArray) profiles = scep_bus_manager_list (self->manager);

  scep_bus_keystores_reload_finish (self->keystores, result, self->faults);
  self->known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->n_open = profiles->len;
  for (guint i = 0; i < profiles->len; i++) {
    ScepProfile *profile = g_ptr_array_index (profiles, i);

    g_hash_table_insert (self->known, g_strdup (scep_profile_get_id (profile)),
                         g_strdup (scep_profile_get_status (profile)->last_error_message));
    scep_profile_reload_async (profile, on_read, g_object_ref (self));
  }
}

static void
begin (ScepReload *self)
{
  GTask *task;

  while ((task = g_queue_pop_head (&self->waiting)) != NULL)
    g_queue_push_tail (&self->served, task);
  self->faults = g_ptr_array_new_with_free_func (g_free);
  self->told = g_hash_table_new (NULL, NULL);
  g_signal_emit (self, begun_signal, 0);
  scep_bus_keystores_reload_async (self->keystores, on_keystores_read, g_object_ref (self));
}

static void
on_answer (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GDBusMethodInvocation *invocation = user_data;
  g_autoptr (GError) error = NULL;

  if (scep_reload_finish (SCEP_RELOAD (source), result, &error))
    g_dbus_method_invocation_return_value (invocation, NULL);
  else
    scep_bus_return_error (invocation, error);
}

static void
on_called (ScepBusManager *manager, GDBusMethodInvocation *invocation, ScepReload *self)
{
  scep_reload_async (self, on_answer, invocation);
}

static void
scep_reload_dispose (GObject *object)
{
  ScepReload *self = SCEP_RELOAD (object);

  g_queue_clear_full (&self->waiting, g_object_unref);
  g_queue_clear_full (&self->served, g_object_unref);
  g_clear_pointer (&self->known, g_hash_table_unref);
  g_clear_pointer (&self->faults, g_ptr_array_unref);
  g_clear_pointer (&self->told, g_hash_table_unref);
  g_clear_object (&self->keystores);
  g_clear_object (&self->manager);
  G_OBJECT_CLASS (scep_reload_parent_class)->dispose (object);
}

static void
scep_reload_class_init (ScepReloadClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = scep_reload_dispose;
  begun_signal = g_signal_new ("begun", SCEP_TYPE_RELOAD, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                               G_TYPE_NONE, 0);
  ended_signal = g_signal_new ("ended", SCEP_TYPE_RELOAD, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                               G_TYPE_NONE, 0);
}

static void
scep_reload_init (ScepReload *self)
{
  g_queue_init (&self->served);
  g_queue_init (&self->waiting);
}

/**
 * scep_reload_new:
 * @manager: the profiles; its calls of Reload are answered from here on
 * @keystores: the keystores
 *
 * Returns: (transfer full): what reads both of them again
 */
ScepReload *
scep_reload_new (ScepBusManager *manager, ScepBusKeystores *keystores)
{
  ScepReload *self = g_object_new (SCEP_TYPE_RELOAD, NULL);

  self->manager = g_object_ref (manager);
  self->keystores = g_object_ref (keystores);
  g_signal_connect_object (manager, "reload", G_CALLBACK (on_called), self, 0);
  return self;
}

/**
 * scep_reload_async:
 *
 * Reads everything again; ends when what was in the files at the time of this
 * call is in force. What is in flight goes on where the settings that matter to
 * it are the same.
 */
void
scep_reload_async (ScepReload *self, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, scep_reload_async);
  g_queue_push_tail (&self->waiting, task);
  if (self->faults == NULL)
    begin (self);
}

/**
 * scep_reload_finish:
 *
 * Returns: whether all of it could be read; else %SCEP_ERROR_STORAGE_FAILED, which
 *   says in a line for each file what is wrong with it. The rest is in force.
 */
gboolean
scep_reload_finish (ScepReload *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
