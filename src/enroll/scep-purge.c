/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-purge.h"

#include "base/scep-error.h"
#include "base/scep-text.h"

/* What is under way. */
typedef struct {
  guint n_open;
  GError *error; /* (owned) (nullable): the first one */
} Purge;

static void
purge_free (gpointer data)
{
  Purge *purge = data;

  g_clear_error (&purge->error);
  g_free (purge);
}

static void
end_one (GTask *task)
{
  Purge *purge = g_task_get_task_data (task);

  if (--purge->n_open > 0)
    return;
  if (purge->error != NULL)
    g_task_return_error (task, g_steal_pointer (&purge->error));
  else
    g_task_return_boolean (task, TRUE);
}

static void
note_error (Purge *purge, GError *error)
{
  if (purge->error != NULL || g_error_matches (error, SCEP_ERROR, SCEP_ERROR_NO_SUCH_ENTRY))
    g_error_free (error);
  else
    purge->error = error;
}

static void
on_removed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (!scep_keystore_write_finish (SCEP_KEYSTORE (source), result, &error))
    note_error (g_task_get_task_data (task), error);
  end_one (task);
}

static void
purge_keystore (GTask *task, ScepKeystore *keystore, const char *suffix)
{
  Purge *purge = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (GPtrArray) entries = scep_keystore_list (keystore, &error);

  if (entries == NULL) {
    note_error (purge, error);
    return;
  }
  for (guint i = 0; i < entries->len; i++) {
    const char *alias = scep_keystore_entry_get_alias (g_ptr_array_index (entries, i));

    if (!scep_alias_is_reserved (alias) || !g_str_has_suffix (alias, suffix))
      continue;
    purge->n_open++;
    scep_keystore_remove_async (keystore, alias, NULL, on_removed, g_object_ref (task));
  }
}

/**
 * scep_purge_async:
 * @id: of a further profile that is no more
 *
 * Deletes what keystores hold under its aliases.
 */
void
scep_purge_async (ScepKeystoreRegistry *keystores, const char *id, GAsyncReadyCallback callback,
                  gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (keystores, NULL, callback, user_data);
  g_autofree char *suffix = g_strconcat ("@", id, NULL);
  GPtrArray *all = scep_keystore_registry_list (keystores);
  Purge *purge = g_new0 (Purge, 1);

  g_task_set_source_tag (task, scep_purge_async);
  g_task_set_task_data (task, purge, purge_free);
  /* One of its own, so that it does not end before everything has begun. */
  purge->n_open = 1;
  for (guint i = 0; i < all->len; i++)
    purge_keystore (task, g_ptr_array_index (all, i), suffix);
  end_one (task);
}

/**
 * scep_purge_finish:
 *
 * Returns: whether all of it is gone from the disk; else the first error
 */
gboolean
scep_purge_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
