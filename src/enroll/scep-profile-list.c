/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-names.h"
#include "base/scep-text.h"
#include "enroll/scep-profile-files.h"
#include "enroll/scep-purge.h"
#include "storage/scep-storage.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* Whether the folder could be read. Somebody wrote a file and waits for the profile: one of another
 * name is not passed over. */
static gboolean
add_files (GHashTable *ids, const char *directory, GPtrArray *faults)
{
  g_autofree char *path = g_build_filename (directory, "profiles", NULL);
  g_autoptr (GPtrArray) others = g_ptr_array_new_with_free_func (g_free);
  gboolean read = scep_storage_list_ids (path, ".conf", ids, others, NULL);

  for (guint i = 0; i < others->len; i++)
    g_ptr_array_add (faults,
                     g_strdup_printf (_ ("%s/%s is left out: its name is no valid id of a profile"),
                                      path, (const char *) g_ptr_array_index (others, i)));
  return read;
}

static gboolean
is_blank (gpointer id, gpointer value, gpointer profiles)
{
  g_autofree char *path = g_build_filename (profiles, id, NULL);

  return scep_storage_is_blank_directory (path);
}

static void
add_id (gpointer id, gpointer value, gpointer ids)
{
  g_hash_table_add (ids, g_strdup (id));
}

/* The same of the folders that the service makes, among others. A profile is there when its
 * first file is. */
static gboolean
add_folders (GHashTable *ids, const char *directory)
{
  g_autofree char *path = g_build_filename (directory, "profiles", NULL);
  g_autoptr (GPtrArray) others = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GHashTable) folders = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  gboolean read = scep_storage_list_ids (path, "", folders, others, NULL);

  g_hash_table_foreach_remove (folders, is_blank, path);
  g_hash_table_foreach (folders, add_id, ids);
  return read;
}

static void
remove_blank (gpointer id, gpointer value, gpointer profiles)
{
  g_autofree char *path = g_build_filename (profiles, id, NULL);
  g_autoptr (GError) error = NULL;

  if (scep_storage_is_blank_directory (path) && !scep_storage_remove_directory (path, &error))
    g_message (_ ("The folder of a profile that was never made is still there: %s"),
               error->message);
}

/* What was not finished when the service ended: whoever asked for it got no answer. */
static void
remove_unmade (const char *directory)
{
  g_autofree char *path = g_build_filename (directory, "profiles", NULL);
  g_autoptr (GPtrArray) others = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GHashTable) folders = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  scep_storage_list_ids (path, "", folders, others, NULL);
  g_hash_table_foreach (folders, remove_blank, path);
}

/* A deletion that is being finished. */
typedef struct {
  char *path;          /* (owned) (nullable): the folder that was renamed away */
  ScepWorker *storage; /* (owned) */
} Deletion;

static void
deletion_free (gpointer data)
{
  Deletion *deletion = data;

  g_free (deletion->path);
  g_object_unref (deletion->storage);
  g_free (deletion);
}

static void
erase_in_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  Deletion *deletion = task_data;
  g_autoptr (GError) error = NULL;

  if (!scep_storage_remove_directory (deletion->path, &error))
    g_message (_ ("A deleted profile is still there: %s"), error->message);
  g_task_return_boolean (task, TRUE);
}

static void
on_purged (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Deletion *deletion = user_data;
  g_autoptr (GTask) task = g_task_new (NULL, NULL, NULL, NULL);
  g_autoptr (GError) error = NULL;

  g_task_set_source_tag (task, on_purged);
  g_task_set_task_data (task, deletion, deletion_free);
  if (!scep_purge_finish (result, &error))
    g_message (_ ("Keys of a deleted profile are still there: %s"), error->message);
  else if (deletion->path != NULL)
    scep_worker_run (deletion->storage, task, erase_in_thread);
}

static void
finish_deletion (const ScepProfileContext *context, const char *id, char *path)
{
  Deletion *deletion = g_new (Deletion, 1);

  deletion->path = path;
  deletion->storage = g_object_ref (context->storage);
  scep_purge_async (context->keystores, id, on_purged, deletion);
}

/* The keys first: while the folder is there, it is known that they have to go. */
static void
finish_deletions (const ScepProfileContext *context, GHashTable *ids)
{
  g_autofree char *path = g_build_filename (context->state_directory, "profiles", NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    const char *id = name + strlen (SCEP_DIRECTORY_DELETED_PREFIX);

    /* A profile that was made since owns what has its name. */
    if (g_str_has_prefix (name, SCEP_DIRECTORY_DELETED_PREFIX) && scep_id_is_valid (id) &&
        !g_hash_table_contains (ids, id))
      finish_deletion (context, id, g_build_filename (path, name, NULL));
  }
}

static void
purge_orphans (const ScepProfileContext *context, ScepKeystore *keystore, GHashTable *ids)
{
  g_autoptr (GPtrArray) entries = scep_keystore_list (keystore, NULL);

  for (guint i = 0; entries != NULL && i < entries->len; i++) {
    const char *alias = scep_keystore_entry_get_alias (g_ptr_array_index (entries, i));
    const char *at = strrchr (alias, '@');

    if (at != NULL && scep_alias_is_reserved (alias) && scep_id_is_valid (at + 1) &&
        !g_hash_table_contains (ids, at + 1))
      finish_deletion (context, at + 1, NULL);
  }
}

/* Returns: whether all layers could be seen */
static gboolean
collect_ids (GHashTable *ids, const ScepProfileContext *context, GPtrArray *faults)
{
  gboolean vendor = add_files (ids, context->vendor_directory, faults);
  gboolean configuration = add_files (ids, context->configuration_directory, faults);
  gboolean state = add_folders (ids, context->state_directory);

  return vendor && configuration && state;
}

static char **
sort_ids (GHashTable *ids)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autoptr (GList) keys = NULL;

  g_hash_table_remove (ids, SCEP_DEFAULT_ID);
  keys = g_list_sort (g_hash_table_get_keys (ids), (GCompareFunc) strcmp);
  g_strv_builder_add (builder, SCEP_DEFAULT_ID);
  for (GList *l = keys; l != NULL; l = l->next)
    g_strv_builder_add (builder, l->data);
  return g_strv_builder_end (builder);
}

/**
 * scep_profile_find_ids:
 * @complete: (out): whether all layers could be seen; else there may be more
 * @faults: (element-type utf8): gets a sentence for each file that is left out
 *
 * Finds the profiles that any layer has. Blocks; touches nothing but the
 * directories, so that a worker may do it.
 *
 * Returns: (transfer full): their ids, the default profile first
 */
char **
scep_profile_find_ids (const ScepProfileContext *context, gboolean *complete, GPtrArray *faults)
{
  g_autoptr (GHashTable) ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  *complete = collect_ids (ids, context, faults);
  return sort_ids (ids);
}

/**
 * scep_profile_list_ids:
 *
 * Finds the profiles that any layer has, and begins to finish deletions that
 * were interrupted: keys that no profile refers to go. Folders of profiles that
 * were never made go, too. Warns of files that are left out. Blocks; for the start only.
 *
 * Returns: (transfer full): their ids, the default profile first
 */
char **
scep_profile_list_ids (const ScepProfileContext *context)
{
  g_autoptr (GHashTable) ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GPtrArray *keystores = scep_keystore_registry_list (context->keystores);
  g_autoptr (GPtrArray) faults = g_ptr_array_new_with_free_func (g_free);
  gboolean complete = collect_ids (ids, context, faults);

  for (guint i = 0; i < faults->len; i++)
    g_warning ("%s", (const char *) g_ptr_array_index (faults, i));
  remove_unmade (context->state_directory);
  finish_deletions (context, ids);
  /* A profile that cannot be seen now is not one that does not exist. */
  for (guint i = 0; complete && i < keystores->len; i++)
    purge_orphans (context, g_ptr_array_index (keystores, i), ids);
  return sort_ids (ids);
}
