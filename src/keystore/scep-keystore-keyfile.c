/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "keystore/scep-keystore-keyfile-private.h"

#include "base/scep-error.h"
#include "base/scep-rsa-bits.h"
#include "base/scep-text.h"
#include "keystore/scep-keyfile-key-source.h"
#include "keystore/scep-keyfile-key.h"
#include "keystore/scep-keyfile-pem.h"

#include <glib/gi18n-lib.h>

static void scep_keystore_keyfile_iface_init (ScepKeystoreInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (ScepKeystoreKeyfile, scep_keystore_keyfile, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (SCEP_TYPE_KEYSTORE,
                                                      scep_keystore_keyfile_iface_init))

/* Reading */

/**
 * scep_keystore_keyfile_check_alias:
 *
 * Returns: whether there may be an entry that can be read under @alias; else
 *   %SCEP_ERROR_INVALID_ENTRY or %SCEP_ERROR_STORAGE_FAILED
 */
gboolean
scep_keystore_keyfile_check_alias (ScepKeystoreKeyfile *self, const char *alias, GError **error)
{
  const GError *hidden;

  if (self->load_error != NULL) {
    g_propagate_error (error, g_error_copy (self->load_error));
    return FALSE;
  }
  if (!scep_alias_is_valid (alias)) {
    g_autofree char *shown = scep_text_printable (alias, -1);

    scep_error_set (error, SCEP_ERROR_INVALID_ENTRY,
                    _ ("“%s” cannot be an alias. Use at most 128 letters, digits, “_”, “@” and "
                       "“-”, a letter or digit first."),
                    shown);
    return FALSE;
  }
  hidden = g_hash_table_lookup (self->contents.unreadable, alias);
  if (hidden != NULL)
    g_propagate_error (error, g_error_copy (hidden));
  return hidden == NULL;
}

static gboolean
scep_keystore_keyfile_is_readable (ScepKeystore *keystore)
{
  ScepKeystoreKeyfile *self = SCEP_KEYSTORE_KEYFILE (keystore);

  return self->load_error == NULL && g_hash_table_size (self->contents.unreadable) == 0;
}

static ScepKeystoreEntry *
scep_keystore_keyfile_lookup (ScepKeystore *keystore, const char *alias, GError **error)
{
  ScepKeystoreKeyfile *self = SCEP_KEYSTORE_KEYFILE (keystore);
  ScepKeystoreEntry *entry;

  if (!scep_keystore_keyfile_check_alias (self, alias, error))
    return NULL;
  entry = scep_keyfile_entry_find (self->contents.entries, alias, error);
  return entry != NULL ? g_object_ref (entry) : NULL;
}

static int
compare_aliases (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (scep_keystore_entry_get_alias (*(ScepKeystoreEntry *const *) a),
                    scep_keystore_entry_get_alias (*(ScepKeystoreEntry *const *) b));
}

static GPtrArray *
scep_keystore_keyfile_list (ScepKeystore *keystore, GError **error)
{
  ScepKeystoreKeyfile *self = SCEP_KEYSTORE_KEYFILE (keystore);
  GPtrArray *list;
  GHashTableIter iter;
  gpointer entry;

  if (self->load_error != NULL) {
    g_propagate_error (error, g_error_copy (self->load_error));
    return NULL;
  }
  list = g_ptr_array_new_with_free_func (g_object_unref);
  g_hash_table_iter_init (&iter, self->contents.entries);
  while (g_hash_table_iter_next (&iter, NULL, &entry))
    g_ptr_array_add (list, g_object_ref (entry));
  g_ptr_array_sort (list, compare_aliases);
  return list;
}

/* Changing: a key is made or read in the crypto pool first */

static gboolean
submit_key (GTask *task, GAsyncResult *result)
{
  ScepKeyfileChange *change = g_task_get_task_data (task);
  GError *error = NULL;

  change->key = scep_keyfile_key_make_finish (result, &change->chain, &error);
  if (change->key != NULL)
    scep_keystore_keyfile_submit (g_task_get_source_object (task), task);
  else
    g_task_return_error (task, error);
  return error == NULL;
}

static void
on_key_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;

  submit_key (task, result);
}

/* It is told while the write is under way: whoever waits can begin to sign. */
static void
on_key_made (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  ScepKeyfileChange *change = g_task_get_task_data (task);

  if (submit_key (task, result))
    g_signal_emit_by_name (g_task_get_source_object (task), "key-made", change->alias, change->key);
}

static gboolean
check_rsa_bits (guint bits, GError **error)
{
  if (scep_rsa_bits_is_allowed (bits))
    return TRUE;
  scep_error_set (error, SCEP_ERROR_INVALID_SETTING,
                  _ ("RSAKeyLength cannot be %u. Use 2048, 3072, 4096 or 8192."), bits);
  return FALSE;
}

static void
scep_keystore_keyfile_create_key_pair_async (ScepKeystore *keystore, const char *alias,
                                             guint rsa_bits, gboolean replace,
                                             GCancellable *cancellable,
                                             GAsyncReadyCallback callback, gpointer user_data)
{
  ScepKeystoreKeyfile *self = SCEP_KEYSTORE_KEYFILE (keystore);
  ScepKeyfileChange *change = scep_keyfile_change_new (alias);
  g_autoptr (GTask) task =
      scep_keystore_keyfile_new_task (self, change, cancellable, callback, user_data);
  GError *error = NULL;

  change->replace = replace;
  change->prepare = scep_keyfile_change_prepare_key;
  /* Asked again in its turn; a key that takes long is not made in vain. */
  if (!check_rsa_bits (rsa_bits, &error) || !scep_keystore_keyfile_prepare (self, change, &error)) {
    g_task_return_error (task, error);
    return;
  }
  g_clear_object (&change->entry);
  scep_keyfile_key_generate_async (self->crypto, rsa_bits, cancellable, on_key_made,
                                   g_object_ref (task));
}

static void
scep_keystore_keyfile_import_key_pair_async (ScepKeystore *keystore, const char *alias, GBytes *pem,
                                             GCancellable *cancellable,
                                             GAsyncReadyCallback callback, gpointer user_data)
{
  ScepKeystoreKeyfile *self = SCEP_KEYSTORE_KEYFILE (keystore);
  ScepKeyfileChange *change = scep_keyfile_change_new (alias);
  g_autoptr (GTask) task =
      scep_keystore_keyfile_new_task (self, change, cancellable, callback, user_data);

  change->prepare = scep_keyfile_change_prepare_key;
  scep_keyfile_key_import_async (self->crypto, pem, cancellable, on_key_read, g_object_ref (task));
}

static void
scep_keystore_keyfile_import_certificate_async (ScepKeystore *keystore, const char *alias,
                                                GPtrArray *chain, gboolean replace,
                                                GCancellable *cancellable,
                                                GAsyncReadyCallback callback, gpointer user_data)
{
  ScepKeystoreKeyfile *self = SCEP_KEYSTORE_KEYFILE (keystore);
  ScepKeyfileChange *change = scep_keyfile_change_new (alias);
  g_autoptr (GTask) task =
      scep_keystore_keyfile_new_task (self, change, cancellable, callback, user_data);

  change->prepare = scep_keyfile_change_prepare_certificate;
  change->chain = g_ptr_array_ref (chain);
  change->replace = replace;
  scep_keystore_keyfile_submit (self, task);
}

static void
scep_keystore_keyfile_promote_async (ScepKeystore *keystore, const char *from, GPtrArray *chain,
                                     const char *to, const char *previous,
                                     GCancellable *cancellable, GAsyncReadyCallback callback,
                                     gpointer user_data)
{
  ScepKeystoreKeyfile *self = SCEP_KEYSTORE_KEYFILE (keystore);
  ScepKeyfileChange *change = scep_keyfile_change_new (to);
  g_autoptr (GTask) task =
      scep_keystore_keyfile_new_task (self, change, cancellable, callback, user_data);

  change->prepare = scep_keyfile_change_prepare_promote;
  change->from = g_strdup (from);
  change->previous = g_strdup (previous);
  change->chain = g_ptr_array_ref (chain);
  scep_keystore_keyfile_submit (self, task);
}

static void
scep_keystore_keyfile_exchange_async (ScepKeystore *keystore, const char *alias, const char *other,
                                      GCancellable *cancellable, GAsyncReadyCallback callback,
                                      gpointer user_data)
{
  ScepKeystoreKeyfile *self = SCEP_KEYSTORE_KEYFILE (keystore);
  ScepKeyfileChange *change = scep_keyfile_change_new (alias);
  g_autoptr (GTask) task =
      scep_keystore_keyfile_new_task (self, change, cancellable, callback, user_data);

  change->prepare = scep_keyfile_change_prepare_exchange;
  change->other = g_strdup (other);
  scep_keystore_keyfile_submit (self, task);
}

static void
scep_keystore_keyfile_remove_async (ScepKeystore *keystore, const char *alias,
                                    GCancellable *cancellable, GAsyncReadyCallback callback,
                                    gpointer user_data)
{
  ScepKeystoreKeyfile *self = SCEP_KEYSTORE_KEYFILE (keystore);
  ScepKeyfileChange *change = scep_keyfile_change_new (alias);
  g_autoptr (GTask) task =
      scep_keystore_keyfile_new_task (self, change, cancellable, callback, user_data);

  change->prepare = scep_keyfile_change_prepare_remove;
  scep_keystore_keyfile_submit (self, task);
}

static void
probe_in_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  GError *error = NULL;

  if (scep_keyfile_file_probe (task_data, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
scep_keystore_keyfile_probe_async (ScepKeystore *keystore, GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  ScepKeystoreKeyfile *self = SCEP_KEYSTORE_KEYFILE (keystore);
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, scep_keystore_keyfile_probe_async);
  g_task_set_task_data (task, g_strdup (self->directory), g_free);
  scep_worker_run (self->storage, task, probe_in_thread);
}

static gboolean
scep_keystore_keyfile_write_finish (ScepKeystore *keystore, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* Exporting */

static void
export_in_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  ScepKeystoreEntry *entry = task_data;
  ScepKeyfileKey *key = SCEP_KEYFILE_KEY (scep_keystore_entry_get_key (entry));
  GError *error = NULL;
  GBytes *pem = scep_keyfile_pem_build (scep_keyfile_key_get_pkcs8 (key),
                                        scep_keystore_entry_get_chain (entry), &error);

  if (pem != NULL)
    g_task_return_pointer (task, pem, (GDestroyNotify) g_bytes_unref);
  else
    g_task_return_error (task, error);
}

static void
scep_keystore_keyfile_export_async (ScepKeystore *keystore, const char *alias,
                                    GCancellable *cancellable, GAsyncReadyCallback callback,
                                    gpointer user_data)
{
  ScepKeystoreKeyfile *self = SCEP_KEYSTORE_KEYFILE (keystore);
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  GError *error = NULL;
  ScepKeystoreEntry *entry = scep_keystore_lookup (keystore, alias, &error);

  if (entry == NULL) {
    g_task_return_error (task, error);
    return;
  }
  g_task_set_task_data (task, entry, g_object_unref);
  if (scep_keystore_entry_is_exportable (entry)) {
    scep_worker_run (self->crypto, task, export_in_thread);
    return;
  }
  scep_error_set (&error, SCEP_ERROR_INVALID_ENTRY,
                  _ ("The keystore entry “%s” has no private key that may be exported."), alias);
  g_task_return_error (task, error);
}

static GBytes *
scep_keystore_keyfile_export_finish (ScepKeystore *keystore, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* The object */

static const char *
scep_keystore_keyfile_get_id (ScepKeystore *keystore)
{
  return SCEP_KEYSTORE_KEYFILE (keystore)->id;
}

static const char *
scep_keystore_keyfile_get_service_pid (ScepKeystore *keystore)
{
  return SCEP_KEYSTORE_KEYFILE (keystore)->service_pid;
}

static const char *
scep_keystore_keyfile_get_backend (ScepKeystore *keystore)
{
  return "keyfile";
}

static void
scep_keystore_keyfile_iface_init (ScepKeystoreInterface *iface)
{
  iface->get_id = scep_keystore_keyfile_get_id;
  iface->get_service_pid = scep_keystore_keyfile_get_service_pid;
  iface->get_backend = scep_keystore_keyfile_get_backend;
  iface->is_readable = scep_keystore_keyfile_is_readable;
  iface->list = scep_keystore_keyfile_list;
  iface->lookup = scep_keystore_keyfile_lookup;
  iface->create_key_pair_async = scep_keystore_keyfile_create_key_pair_async;
  iface->import_certificate_async = scep_keystore_keyfile_import_certificate_async;
  iface->import_key_pair_async = scep_keystore_keyfile_import_key_pair_async;
  iface->promote_async = scep_keystore_keyfile_promote_async;
  iface->exchange_async = scep_keystore_keyfile_exchange_async;
  iface->remove_async = scep_keystore_keyfile_remove_async;
  iface->probe_async = scep_keystore_keyfile_probe_async;
  iface->write_finish = scep_keystore_keyfile_write_finish;
  iface->export_async = scep_keystore_keyfile_export_async;
  iface->export_finish = scep_keystore_keyfile_export_finish;
}

static void
scep_keystore_keyfile_finalize (GObject *object)
{
  ScepKeystoreKeyfile *self = SCEP_KEYSTORE_KEYFILE (object);

  g_free (self->id);
  g_free (self->service_pid);
  g_free (self->directory);
  g_object_unref (self->crypto);
  g_object_unref (self->storage);
  g_hash_table_unref (self->contents.entries);
  g_hash_table_unref (self->contents.unreadable);
  g_clear_error (&self->load_error);
  G_OBJECT_CLASS (scep_keystore_keyfile_parent_class)->finalize (object);
}

static void
scep_keystore_keyfile_class_init (ScepKeystoreKeyfileClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = scep_keystore_keyfile_finalize;
}

static void
scep_keystore_keyfile_init (ScepKeystoreKeyfile *self)
{
  self->contents.entries = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
  self->contents.unreadable =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_error_free);
  g_queue_init (&self->waiting);
}

/**
 * scep_keystore_keyfile_new:
 * @id: a valid id
 * @service_pid: what a target filter knows it by
 * @directory: where its files are; made with the first write
 * @crypto: where keys are made and used
 * @storage: where files are written
 *
 * Reads the whole directory at once: call it before the main loop runs. One
 * that cannot be read makes a keystore that answers
 * %SCEP_ERROR_STORAGE_FAILED to everything.
 *
 * Returns: (transfer full): the keystore
 */
ScepKeystore *
scep_keystore_keyfile_new (const char *id, const char *service_pid, const char *directory,
                           ScepWorker *crypto, ScepWorker *storage)
{
  ScepKeystoreKeyfile *self = g_object_new (SCEP_TYPE_KEYSTORE_KEYFILE, NULL);

  self->id = g_strdup (id);
  self->service_pid = g_strdup (service_pid);
  self->directory = g_strdup (directory);
  self->crypto = g_object_ref (crypto);
  self->storage = g_object_ref (storage);
  if (!scep_keyfile_file_load_all (directory, crypto, &self->contents, &self->load_error))
    g_warning ("%s", self->load_error->message);
  return SCEP_KEYSTORE (self);
}

/**
 * scep_keystore_keyfile_set_service_pid:
 * @service_pid: what a target filter knows it by from here on
 */
void
scep_keystore_keyfile_set_service_pid (ScepKeystoreKeyfile *self, const char *service_pid)
{
  g_free (self->service_pid);
  self->service_pid = g_strdup (service_pid);
}
