/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-reload.h"

#include "base/scep-names.h"

#include <glib/gi18n-lib.h>

/*
 * Reading the configuration again, in three steps: what the files say of the
 * profiles that are there; then which profiles any layer has; then those that
 * are new come, and those that no layer has any more go. A profile that has
 * something on disk always stays.
 */
typedef struct {
  GHashTable *known; /* (owned) (element-type utf8): ids that were there at the beginning */
  guint waiting;     /* profiles that are being read */
} Reload;

/* Which profiles there are. */
typedef struct {
  const ScepProfileContext *context; /* (unowned) */
  char **ids;                        /* (owned) */
  gboolean complete;
} Found;

static void
found_free (gpointer data)
{
  Found *found = data;

  g_strfreev (found->ids);
  g_free (found);
}

static void
reload_free (gpointer data)
{
  Reload *reload = data;

  g_hash_table_unref (reload->known);
  g_free (reload);
}

/* A profile that could not be read has said so itself, and stays. */
static void
finish_profile (GObject *source, GAsyncResult *result)
{
  g_autoptr (GError) error = NULL;

  if (!scep_profile_change_finish (SCEP_PROFILE (source), result, &error))
    g_debug ("reading %s again failed: %s", scep_profile_get_id (SCEP_PROFILE (source)),
             error->message);
}

static void
on_new_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (ScepProfile) profile = SCEP_PROFILE (source);
  ScepBusManager *manager = g_task_get_source_object (task);
  Reload *reload = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  finish_profile (source, result);
  /* Somebody may have made one of this name over the bus in the meantime. */
  if (!scep_bus_manager_has (manager, scep_profile_get_id (profile))) {
    if (scep_bus_manager_add (manager, profile, &error))
      scep_profile_start (profile);
    else
      g_warning (_ ("the profile %s cannot be put on the bus: %s"), scep_profile_get_id (profile),
                 error->message);
  }
  if (--reload->waiting == 0)
    g_task_return_boolean (task, TRUE);
}

static void
add_new (GTask *task, char **ids)
{
  ScepBusManager *manager = g_task_get_source_object (task);
  Reload *reload = g_task_get_task_data (task);

  for (guint i = 0; ids[i] != NULL; i++) {
    if (scep_bus_manager_has (manager, ids[i]))
      continue;
    reload->waiting++;
    scep_profile_load_async (scep_profile_new (ids[i], scep_bus_manager_get_context (manager)),
                             NULL, on_new_read, g_object_ref (task));
  }
}

static void
remove_gone (GTask *task, char **ids)
{
  ScepBusManager *manager = g_task_get_source_object (task);
  Reload *reload = g_task_get_task_data (task);
  g_autoptr (GPtrArray) profiles = scep_bus_manager_list (manager);

  for (guint i = 0; i < profiles->len; i++) {
    ScepProfile *profile = g_ptr_array_index (profiles, i);
    const char *id = scep_profile_get_id (profile);

    if (g_strv_contains ((const char *const *) ids, id) ||
        !g_hash_table_contains (reload->known, id) || scep_bus_manager_is_busy_with (manager, id))
      continue;
    g_message (_ ("Profile %s is gone: no file defines it any more"), id);
    scep_profile_stop (profile);
    scep_bus_manager_withdraw (manager, id);
  }
}

static void
on_found (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Reload *reload = g_task_get_task_data (task);
  const Found *found = g_task_get_task_data (G_TASK (result));

  /* A profile that cannot be seen now is not one that is gone. */
  if (found->complete)
    remove_gone (task, found->ids);
  add_new (task, found->ids);
  if (reload->waiting == 0)
    g_task_return_boolean (task, TRUE);
}

static void
find_in_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  Found *found = task_data;

  found->ids = scep_profile_find_ids (found->context, &found->complete);
  g_task_return_boolean (task, TRUE);
}

/* Behind all writes that were begun: a profile with something on disk is found. */
static void
find (GTask *task)
{
  ScepBusManager *manager = g_task_get_source_object (task);
  g_autoptr (GTask) search = g_task_new (manager, NULL, on_found, g_object_ref (task));
  Found *found = g_new0 (Found, 1);

  found->context = scep_bus_manager_get_context (manager);
  g_task_set_task_data (search, found, found_free);
  scep_worker_run (found->context->storage, search, find_in_thread);
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Reload *reload = g_task_get_task_data (task);

  finish_profile (source, result);
  if (--reload->waiting == 0)
    find (task);
}

/**
 * scep_reload_async:
 *
 * Reads the vendor presets and the configuration directory again. What is in
 * flight goes on where the settings that matter to it are the same.
 */
void
scep_reload_async (ScepBusManager *manager, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (manager, NULL, callback, user_data);
  g_autoptr (GPtrArray) profiles = scep_bus_manager_list (manager);
  Reload *reload = g_new0 (Reload, 1);

  reload->known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  reload->waiting = profiles->len;
  g_task_set_task_data (task, reload, reload_free);
  for (guint i = 0; i < profiles->len; i++) {
    ScepProfile *profile = g_ptr_array_index (profiles, i);

    g_hash_table_add (reload->known, g_strdup (scep_profile_get_id (profile)));
    scep_profile_reload_async (profile, NULL, on_read, g_object_ref (task));
  }
}

/**
 * scep_reload_finish:
 *
 * Every profile says itself what could not be read.
 */
void
scep_reload_finish (ScepBusManager *manager, GAsyncResult *result)
{
  g_task_propagate_boolean (G_TASK (result), NULL);
}
