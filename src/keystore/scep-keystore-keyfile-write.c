/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changes of a keyfile keystore, one after the other in the order of the calls. */
#include "keystore/scep-keystore-keyfile-private.h"

static void run_next (ScepKeystoreKeyfile *self);

static void
put (ScepKeystoreKeyfile *self, const char *alias, ScepKeystoreEntry *entry)
{
  g_hash_table_replace (self->contents.entries, g_strdup (alias), g_object_ref (entry));
}

/* Memory follows the disk, the signals follow memory. */
static void
commit (ScepKeystoreKeyfile *self, ScepKeyfileChange *change, gboolean written)
{
  if (change->previous_is_kept) {
    ScepKeystoreEntry *old = g_hash_table_lookup (self->contents.entries, change->alias);
    g_autoptr (ScepKeystoreEntry) kept = scep_keystore_entry_new (
        change->previous, scep_keystore_entry_get_key (old), scep_keystore_entry_get_chain (old),
        scep_keystore_entry_is_exportable (old));

    put (self, change->previous, kept);
    g_signal_emit_by_name (self, "entry-changed", change->previous);
  }
  if (!written)
    return;
  if (change->other_entry != NULL) {
    put (self, change->other, change->other_entry);
    g_signal_emit_by_name (self, "entry-changed", change->other);
  }
  if (change->entry != NULL) {
    put (self, change->alias, change->entry);
    g_signal_emit_by_name (self, "entry-changed", change->alias);
  } else {
    g_hash_table_remove (self->contents.entries, change->alias);
    g_signal_emit_by_name (self, "entry-removed", change->alias);
  }
}

static void
write_in_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  GError *error = NULL;

  if (scep_keyfile_change_write (task_data, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
on_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ScepKeystoreKeyfile *self = SCEP_KEYSTORE_KEYFILE (source);
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  gboolean written = g_task_propagate_boolean (G_TASK (result), &error);

  commit (self, g_task_get_task_data (task), written);
  self->writing = FALSE;
  if (written)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
  run_next (self);
}

/**
 * scep_keystore_keyfile_prepare:
 *
 * Decides @change against what is in memory.
 *
 * Returns: whether it can be written; else the reason
 */
gboolean
scep_keystore_keyfile_prepare (ScepKeystoreKeyfile *self, ScepKeyfileChange *change, GError **error)
{
  if (!scep_keystore_keyfile_check_alias (self, change->alias, error))
    return FALSE;
  if (change->from != NULL && !scep_keystore_keyfile_check_alias (self, change->from, error))
    return FALSE;
  if (change->previous != NULL &&
      !scep_keystore_keyfile_check_alias (self, change->previous, error))
    return FALSE;
  if (change->other != NULL && !scep_keystore_keyfile_check_alias (self, change->other, error))
    return FALSE;
  return change->prepare (self->contents.entries, change, error);
}

/* Once a write has begun it is not cancelled: the disk would tell nobody how far it got. */
static void
run_next (ScepKeystoreKeyfile *self)
{
  while (!self->writing && !g_queue_is_empty (&self->waiting)) {
    g_autoptr (GTask) task = g_queue_pop_head (&self->waiting);
    ScepKeyfileChange *change = g_task_get_task_data (task);
    g_autoptr (GTask) write = NULL;
    GError *error = NULL;

    if (g_task_return_error_if_cancelled (task))
      continue;
    if (!scep_keystore_keyfile_prepare (self, change, &error)) {
      g_task_return_error (task, error);
      continue;
    }
    self->writing = TRUE;
    change->directory = g_strdup (self->directory);
    write = g_task_new (self, NULL, on_written, g_object_ref (task));
    g_task_set_task_data (write, change, NULL);
    scep_worker_run (self->storage, write, write_in_thread);
  }
}

/**
 * scep_keystore_keyfile_submit:
 * @task: of scep_keystore_keyfile_new_task()
 *
 * Has the change written when those before it are.
 */
void
scep_keystore_keyfile_submit (ScepKeystoreKeyfile *self, GTask *task)
{
  g_queue_push_tail (&self->waiting, g_object_ref (task));
  run_next (self);
}

/**
 * scep_keystore_keyfile_new_task:
 * @change: (transfer full): what is to be submitted
 *
 * Returns: (transfer full): a task that ends when the change is on disk
 */
GTask *
scep_keystore_keyfile_new_task (ScepKeystoreKeyfile *self, ScepKeyfileChange *change,
                                GCancellable *cancellable, GAsyncReadyCallback callback,
                                gpointer user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);

  /* What is on disk is reported as it is, even to who has cancelled since. */
  g_task_set_check_cancellable (task, FALSE);
  g_task_set_task_data (task, change, (GDestroyNotify) scep_keyfile_change_free);
  return task;
}
