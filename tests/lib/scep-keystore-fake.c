/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scep-keystore-fake.h"

#include "base/scep-error.h"
#include "base/scep-text.h"
#include "codec/scep-private-key.h"
#include "keystore/scep-keyfile-change.h"
#include "keystore/scep-keyfile-pem.h"

/* The key */

#define SCEP_TYPE_KEY_FAKE (scep_key_fake_get_type ())
G_DECLARE_FINAL_TYPE (ScepKeyFake, scep_key_fake, SCEP, KEY_FAKE, GObject)

struct _ScepKeyFake {
  GObject parent_instance;

  GBytes *pkcs8;
  GBytes *spki;
};

static void scep_key_fake_iface_init (ScepKeyInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (ScepKeyFake, scep_key_fake, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (SCEP_TYPE_KEY, scep_key_fake_iface_init))

static void
return_bytes (GTask *task, GBytes *bytes, GError *error)
{
  if (bytes != NULL)
    g_task_return_pointer (task, bytes, (GDestroyNotify) g_bytes_unref);
  else
    g_task_return_error (task, error);
}

static void
scep_key_fake_sign_async (ScepKey *key, ScepDigest digest, GBytes *data, GCancellable *cancellable,
                          GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (key, cancellable, callback, user_data);
  GError *error = NULL;
  GBytes *signature = scep_private_key_sign (SCEP_KEY_FAKE (key)->pkcs8, digest, data, &error);

  return_bytes (task, signature, error);
}

static void
scep_key_fake_unwrap_async (ScepKey *key, ScepKeyWrap wrap, GBytes *wrapped, gsize key_length,
                            GCancellable *cancellable, GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (key, cancellable, callback, user_data);
  GError *error = NULL;
  GBytes *opened =
      scep_private_key_unwrap (SCEP_KEY_FAKE (key)->pkcs8, wrap, wrapped, key_length, &error);

  return_bytes (task, opened, error);
}

static GBytes *
scep_key_fake_finish (ScepKey *key, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static GBytes *
scep_key_fake_get_spki (ScepKey *key)
{
  return SCEP_KEY_FAKE (key)->spki;
}

static void
scep_key_fake_iface_init (ScepKeyInterface *iface)
{
  iface->get_spki = scep_key_fake_get_spki;
  iface->sign_async = scep_key_fake_sign_async;
  iface->sign_finish = scep_key_fake_finish;
  iface->unwrap_async = scep_key_fake_unwrap_async;
  iface->unwrap_finish = scep_key_fake_finish;
}

static void
scep_key_fake_finalize (GObject *object)
{
  ScepKeyFake *self = SCEP_KEY_FAKE (object);

  g_bytes_unref (self->pkcs8);
  g_bytes_unref (self->spki);
  G_OBJECT_CLASS (scep_key_fake_parent_class)->finalize (object);
}

static void
scep_key_fake_class_init (ScepKeyFakeClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = scep_key_fake_finalize;
}

static void
scep_key_fake_init (ScepKeyFake *self)
{
}

/**
 * scep_key_fake_new:
 *
 * Returns: (transfer full): a key that works at the call
 */
ScepKey *
scep_key_fake_new (GBytes *pkcs8)
{
  ScepKeyFake *self = g_object_new (SCEP_TYPE_KEY_FAKE, NULL);
  g_autoptr (GError) error = NULL;

  self->pkcs8 = g_bytes_ref (pkcs8);
  self->spki = scep_private_key_get_spki (pkcs8, &error);
  g_assert_no_error (error);
  return SCEP_KEY (self);
}

/* The keystore */

struct _ScepKeystoreFake {
  GObject parent_instance;

  GBytes *next_key;
  GHashTable *entries;
  GError *write_error;
  GError *read_error;
};

static void scep_keystore_fake_iface_init (ScepKeystoreInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (ScepKeystoreFake, scep_keystore_fake, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (SCEP_TYPE_KEYSTORE,
                                                      scep_keystore_fake_iface_init))

static gboolean
check (ScepKeystoreFake *self, const char *alias, GError **error)
{
  if (self->read_error != NULL) {
    g_propagate_error (error, g_error_copy (self->read_error));
    return FALSE;
  }
  if (scep_alias_is_valid (alias))
    return TRUE;
  scep_error_set (error, SCEP_ERROR_INVALID_ENTRY, "“%s” cannot be an alias.", alias);
  return FALSE;
}

static const char *
scep_keystore_fake_get_id (ScepKeystore *keystore)
{
  return "default";
}

static const char *
scep_keystore_fake_get_backend (ScepKeystore *keystore)
{
  return "fake";
}

static gboolean
scep_keystore_fake_is_readable (ScepKeystore *keystore)
{
  return check (SCEP_KEYSTORE_FAKE (keystore), "a", NULL);
}

static ScepKeystoreEntry *
scep_keystore_fake_lookup (ScepKeystore *keystore, const char *alias, GError **error)
{
  ScepKeystoreFake *self = SCEP_KEYSTORE_FAKE (keystore);
  ScepKeystoreEntry *entry;

  if (!check (self, alias, error))
    return NULL;
  entry = scep_keyfile_entry_find (self->entries, alias, error);
  return entry != NULL ? g_object_ref (entry) : NULL;
}

static GPtrArray *
scep_keystore_fake_list (ScepKeystore *keystore, GError **error)
{
  ScepKeystoreFake *self = SCEP_KEYSTORE_FAKE (keystore);
  g_autoptr (GList) aliases = NULL;
  GPtrArray *list;

  if (!check (self, "a", error))
    return NULL;
  list = g_ptr_array_new_with_free_func (g_object_unref);
  aliases = g_list_sort (g_hash_table_get_keys (self->entries), (GCompareFunc) g_strcmp0);
  for (GList *l = aliases; l != NULL; l = l->next)
    g_ptr_array_add (list, g_object_ref (g_hash_table_lookup (self->entries, l->data)));
  return list;
}

static void
put (ScepKeystoreFake *self, const char *alias, ScepKeystoreEntry *from)
{
  ScepKeystoreEntry *entry = scep_keystore_entry_new (alias, scep_keystore_entry_get_key (from),
                                                      scep_keystore_entry_get_chain (from),
                                                      scep_keystore_entry_is_exportable (from));

  g_hash_table_replace (self->entries, g_strdup (alias), entry);
  g_signal_emit_by_name (self, "entry-changed", alias);
}

static gboolean
apply (ScepKeystoreFake *self, ScepKeyfileChange *change, GError **error)
{
  if (!check (self, change->alias, error) || !change->prepare (self->entries, change, error))
    return FALSE;
  if (self->write_error != NULL) {
    g_propagate_error (error, g_steal_pointer (&self->write_error));
    return FALSE;
  }
  if (change->keep_previous)
    put (self, change->previous, g_hash_table_lookup (self->entries, change->alias));
  if (change->other_entry != NULL)
    put (self, change->other, change->other_entry);
  if (change->entry != NULL) {
    put (self, change->alias, change->entry);
  } else {
    g_hash_table_remove (self->entries, change->alias);
    g_signal_emit_by_name (self, "entry-removed", change->alias);
  }
  return TRUE;
}

/* Takes change. */
static void
run (ScepKeystore *keystore, ScepKeyfileChange *change, GCancellable *cancellable,
     GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (keystore, cancellable, callback, user_data);
  GError *error = NULL;

  g_task_set_check_cancellable (task, FALSE);
  g_task_set_task_data (task, change, (GDestroyNotify) scep_keyfile_change_free);
  if (g_task_return_error_if_cancelled (task))
    return;
  if (apply (SCEP_KEYSTORE_FAKE (keystore), change, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
scep_keystore_fake_create_key_pair_async (ScepKeystore *keystore, const char *alias, guint rsa_bits,
                                          gboolean replace, GCancellable *cancellable,
                                          GAsyncReadyCallback callback, gpointer user_data)
{
  ScepKeyfileChange *change = scep_keyfile_change_new (alias);

  change->prepare = scep_keyfile_change_prepare_key;
  change->replace = replace;
  change->key = scep_key_fake_new (SCEP_KEYSTORE_FAKE (keystore)->next_key);
  run (keystore, change, cancellable, callback, user_data);
}

static void
scep_keystore_fake_import_certificate_async (ScepKeystore *keystore, const char *alias,
                                             GPtrArray *chain, gboolean replace,
                                             GCancellable *cancellable,
                                             GAsyncReadyCallback callback, gpointer user_data)
{
  ScepKeyfileChange *change = scep_keyfile_change_new (alias);

  change->prepare = scep_keyfile_change_prepare_certificate;
  change->chain = g_ptr_array_ref (chain);
  change->replace = replace;
  run (keystore, change, cancellable, callback, user_data);
}

static void
scep_keystore_fake_import_key_pair_async (ScepKeystore *keystore, const char *alias, GBytes *pem,
                                          GCancellable *cancellable, GAsyncReadyCallback callback,
                                          gpointer user_data)
{
  g_autoptr (GBytes) pkcs8 = NULL;
  g_autoptr (GError) error = NULL;
  ScepKeyfileChange *change = scep_keyfile_change_new (alias);

  change->prepare = scep_keyfile_change_prepare_key;
  if (!scep_keyfile_pem_parse (pem, &pkcs8, &change->chain, &error)) {
    g_task_report_error (keystore, callback, user_data, NULL, g_steal_pointer (&error));
    scep_keyfile_change_free (change);
    return;
  }
  change->key = scep_key_fake_new (pkcs8);
  run (keystore, change, cancellable, callback, user_data);
}

static void
scep_keystore_fake_promote_async (ScepKeystore *keystore, const char *from, GPtrArray *chain,
                                  const char *to, const char *previous, GCancellable *cancellable,
                                  GAsyncReadyCallback callback, gpointer user_data)
{
  ScepKeyfileChange *change = scep_keyfile_change_new (to);

  change->prepare = scep_keyfile_change_prepare_promote;
  change->from = g_strdup (from);
  change->previous = g_strdup (previous);
  change->chain = g_ptr_array_ref (chain);
  run (keystore, change, cancellable, callback, user_data);
}

static void
scep_keystore_fake_exchange_async (ScepKeystore *keystore, const char *alias, const char *other,
                                   GCancellable *cancellable, GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  ScepKeyfileChange *change = scep_keyfile_change_new (alias);

  change->prepare = scep_keyfile_change_prepare_exchange;
  change->other = g_strdup (other);
  run (keystore, change, cancellable, callback, user_data);
}

static void
scep_keystore_fake_probe_async (ScepKeystore *keystore, GAsyncReadyCallback callback,
                                gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (keystore, NULL, callback, user_data);

  g_task_return_boolean (task, TRUE);
}

static void
scep_keystore_fake_remove_async (ScepKeystore *keystore, const char *alias,
                                 GCancellable *cancellable, GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  ScepKeyfileChange *change = scep_keyfile_change_new (alias);

  change->prepare = scep_keyfile_change_prepare_remove;
  run (keystore, change, cancellable, callback, user_data);
}

static gboolean
scep_keystore_fake_write_finish (ScepKeystore *keystore, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
scep_keystore_fake_export_async (ScepKeystore *keystore, const char *alias,
                                 GCancellable *cancellable, GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (keystore, cancellable, callback, user_data);
  GError *error = NULL;
  g_autoptr (ScepKeystoreEntry) entry = scep_keystore_lookup (keystore, alias, &error);
  GBytes *pem = NULL;

  if (entry != NULL && !scep_keystore_entry_is_exportable (entry))
    scep_error_set (&error, SCEP_ERROR_INVALID_ENTRY, "“%s” has no key.", alias);
  else if (entry != NULL)
    pem = scep_keyfile_pem_build (SCEP_KEY_FAKE (scep_keystore_entry_get_key (entry))->pkcs8,
                                  scep_keystore_entry_get_chain (entry), &error);
  return_bytes (task, pem, error);
}

static GBytes *
scep_keystore_fake_export_finish (ScepKeystore *keystore, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
scep_keystore_fake_iface_init (ScepKeystoreInterface *iface)
{
  iface->get_id = scep_keystore_fake_get_id;
  iface->get_service_pid = scep_keystore_fake_get_id;
  iface->get_backend = scep_keystore_fake_get_backend;
  iface->is_readable = scep_keystore_fake_is_readable;
  iface->list = scep_keystore_fake_list;
  iface->lookup = scep_keystore_fake_lookup;
  iface->create_key_pair_async = scep_keystore_fake_create_key_pair_async;
  iface->import_certificate_async = scep_keystore_fake_import_certificate_async;
  iface->import_key_pair_async = scep_keystore_fake_import_key_pair_async;
  iface->promote_async = scep_keystore_fake_promote_async;
  iface->exchange_async = scep_keystore_fake_exchange_async;
  iface->probe_async = scep_keystore_fake_probe_async;
  iface->remove_async = scep_keystore_fake_remove_async;
  iface->write_finish = scep_keystore_fake_write_finish;
  iface->export_async = scep_keystore_fake_export_async;
  iface->export_finish = scep_keystore_fake_export_finish;
}

static void
scep_keystore_fake_finalize (GObject *object)
{
  ScepKeystoreFake *self = SCEP_KEYSTORE_FAKE (object);

  g_bytes_unref (self->next_key);
  g_hash_table_unref (self->entries);
  g_clear_error (&self->write_error);
  g_clear_error (&self->read_error);
  G_OBJECT_CLASS (scep_keystore_fake_parent_class)->finalize (object);
}

static void
scep_keystore_fake_class_init (ScepKeystoreFakeClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = scep_keystore_fake_finalize;
}

static void
scep_keystore_fake_init (ScepKeystoreFake *self)
{
  self->entries = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
}

/**
 * scep_keystore_fake_new:
 * @pkcs8: what "making" a key gives
 *
 * Returns: (transfer full): an empty keystore, id and pid "default"
 */
ScepKeystoreFake *
scep_keystore_fake_new (GBytes *pkcs8)
{
  ScepKeystoreFake *self = g_object_new (SCEP_TYPE_KEYSTORE_FAKE, NULL);

  self->next_key = g_bytes_ref (pkcs8);
  return self;
}

/**
 * scep_keystore_fake_set_next_key:
 *
 * From now on "making" a key gives @pkcs8.
 */
void
scep_keystore_fake_set_next_key (ScepKeystoreFake *self, GBytes *pkcs8)
{
  g_bytes_ref (pkcs8);
  g_bytes_unref (self->next_key);
  self->next_key = pkcs8;
}

/**
 * scep_keystore_fake_fail_next_write:
 * @error: (transfer full): what the next write that would succeed answers,
 *   changing nothing
 */
void
scep_keystore_fake_fail_next_write (ScepKeystoreFake *self, GError *error)
{
  g_clear_error (&self->write_error);
  self->write_error = error;
}

/**
 * scep_keystore_fake_fail_reads:
 * @error: (transfer full) (nullable): what everything answers from now on
 */
void
scep_keystore_fake_fail_reads (ScepKeystoreFake *self, GError *error)
{
  g_clear_error (&self->read_error);
  self->read_error = error;
}
