/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "keystore/scep-keyfile-change.h"

#include "base/scep-error.h"
#include "keystore/scep-keyfile-file.h"
#include "storage/scep-storage.h"

#include <glib/gi18n-lib.h>

/**
 * scep_keyfile_change_new:
 *
 * Returns: (transfer full): a change of the entry @alias
 */
ScepKeyfileChange *
scep_keyfile_change_new (const char *alias)
{
  ScepKeyfileChange *change = g_new0 (ScepKeyfileChange, 1);

  change->alias = g_strdup (alias);
  return change;
}

/**
 * scep_keyfile_change_free:
 * @change: (transfer full):
 */
void
scep_keyfile_change_free (ScepKeyfileChange *change)
{
  g_free (change->alias);
  g_free (change->from);
  g_free (change->previous);
  g_free (change->other);
  g_free (change->directory);
  g_clear_object (&change->key);
  g_clear_object (&change->entry);
  g_clear_object (&change->other_entry);
  g_clear_pointer (&change->chain, g_ptr_array_unref);
  g_free (change);
}

/**
 * scep_keyfile_entry_find:
 *
 * Returns: (transfer none): the entry, or %NULL with %SCEP_ERROR_NO_SUCH_ENTRY
 */
ScepKeystoreEntry *
scep_keyfile_entry_find (GHashTable *entries, const char *alias, GError **error)
{
  ScepKeystoreEntry *entry = g_hash_table_lookup (entries, alias);

  if (entry == NULL)
    scep_error_set (error, SCEP_ERROR_NO_SUCH_ENTRY,
                    _ ("The keystore has no entry “%s”. List its entries to see which it has."),
                    alias);
  return entry;
}

static gboolean
may_write (GHashTable *entries, ScepKeyfileChange *change, GError **error)
{
  if (change->replace || !g_hash_table_contains (entries, change->alias))
    return TRUE;
  scep_error_set (
      error, SCEP_ERROR_ENTRY_EXISTS,
      _ ("The keystore has an entry “%s” already. Delete it first, or use another alias."),
      change->alias);
  return FALSE;
}

/**
 * scep_keyfile_change_prepare_key:
 *
 * A new key, with or without a chain.
 */
gboolean
scep_keyfile_change_prepare_key (GHashTable *entries, ScepKeyfileChange *change, GError **error)
{
  if (!may_write (entries, change, error))
    return FALSE;
  change->entry = scep_keystore_entry_new (change->alias, change->key, change->chain, TRUE);
  return TRUE;
}

static gboolean
certifies (GPtrArray *chain, ScepKey *key)
{
  return chain->len > 0 &&
         scep_certificate_has_public_key (chain->pdata[0], scep_key_get_spki (key));
}

/**
 * scep_keyfile_change_prepare_certificate:
 *
 * A chain that joins the key there is, or a trusted certificate.
 */
gboolean
scep_keyfile_change_prepare_certificate (GHashTable *entries, ScepKeyfileChange *change,
                                         GError **error)
{
  ScepKeystoreEntry *old = g_hash_table_lookup (entries, change->alias);
  ScepKey *key = old != NULL ? scep_keystore_entry_get_key (old) : NULL;
  gboolean awaited = old != NULL && scep_keystore_entry_get_kind (old) == SCEP_ENTRY_KEY_PAIR;

  if (change->chain->len == 0) {
    scep_error_set (error, SCEP_ERROR_INVALID_ENTRY,
                    _ ("There is no certificate to import as “%s”."), change->alias);
    return FALSE;
  }
  if (!awaited && !may_write (entries, change, error))
    return FALSE;
  if (key != NULL && !certifies (change->chain, key)) {
    scep_error_set (error, SCEP_ERROR_INVALID_ENTRY,
                    _ ("The certificate belongs to another key than the one in “%s”. Import the "
                       "certificate that was issued for this key, or use another alias."),
                    change->alias);
    return FALSE;
  }
  change->entry = scep_keystore_entry_new (change->alias, key, change->chain,
                                           old != NULL && scep_keystore_entry_is_exportable (old));
  return TRUE;
}

/**
 * scep_keyfile_change_prepare_promote:
 *
 * The key of one entry with a chain, as another entry.
 */
gboolean
scep_keyfile_change_prepare_promote (GHashTable *entries, ScepKeyfileChange *change, GError **error)
{
  ScepKeystoreEntry *from = scep_keyfile_entry_find (entries, change->from, error);
  ScepKey *key;

  if (from == NULL)
    return FALSE;
  key = scep_keystore_entry_get_key (from);
  if (key == NULL) {
    scep_error_set (error, SCEP_ERROR_INVALID_ENTRY,
                    _ ("The keystore entry “%s” has no private key."), change->from);
    return FALSE;
  }
  if (!certifies (change->chain, key)) {
    scep_error_set (error, SCEP_ERROR_CERTIFICATE_MISMATCH,
                    _ ("The certificate for “%s” belongs to another key than the one in “%s”. "
                       "Enroll again; if this happens again, ask the CA's operator."),
                    change->alias, change->from);
    return FALSE;
  }
  change->keep_previous =
      change->previous != NULL && g_hash_table_contains (entries, change->alias);
  change->entry = scep_keystore_entry_new (change->alias, key, change->chain,
                                           scep_keystore_entry_is_exportable (from));
  return TRUE;
}

static ScepKeystoreEntry *
rename_entry (ScepKeystoreEntry *entry, const char *alias)
{
  return scep_keystore_entry_new (alias, scep_keystore_entry_get_key (entry),
                                  scep_keystore_entry_get_chain (entry),
                                  scep_keystore_entry_is_exportable (entry));
}

/**
 * scep_keyfile_change_prepare_exchange:
 *
 * Each of two entries under the alias of the other.
 */
gboolean
scep_keyfile_change_prepare_exchange (GHashTable *entries, ScepKeyfileChange *change,
                                      GError **error)
{
  ScepKeystoreEntry *entry = scep_keyfile_entry_find (entries, change->alias, error);
  ScepKeystoreEntry *other =
      entry != NULL ? scep_keyfile_entry_find (entries, change->other, error) : NULL;

  if (other == NULL)
    return FALSE;
  change->entry = rename_entry (other, change->alias);
  change->other_entry = rename_entry (entry, change->other);
  return TRUE;
}

/**
 * scep_keyfile_change_prepare_remove:
 *
 * The end of an entry.
 */
gboolean
scep_keyfile_change_prepare_remove (GHashTable *entries, ScepKeyfileChange *change, GError **error)
{
  return scep_keyfile_entry_find (entries, change->alias, error) != NULL;
}

/**
 * scep_keyfile_change_write:
 * @change: a prepared one
 *
 * Puts it on disk: the generation before it first, then the entry. Blocks.
 *
 * Returns: %TRUE, or %FALSE with %SCEP_ERROR_STORAGE_FAILED; the generation
 *   before may be kept even then
 */
gboolean
scep_keyfile_change_write (ScepKeyfileChange *change, GError **error)
{
  g_autofree char *path = scep_keyfile_file_path (change->directory, change->alias);

  if (change->entry == NULL)
    return scep_storage_remove (path, error);
  if (!scep_storage_make_directory (change->directory, error))
    return FALSE;
  if (change->other_entry != NULL) {
    g_autofree char *other = scep_keyfile_file_path (change->directory, change->other);

    return scep_storage_exchange (path, other, error);
  }
  /* Nothing can be kept of a file that somebody has deleted; that must not stop a renewal. */
  if (change->keep_previous && g_file_test (path, G_FILE_TEST_EXISTS)) {
    g_autofree char *previous = scep_keyfile_file_path (change->directory, change->previous);

    if (!scep_storage_link_over (path, previous, error))
      return FALSE;
    change->previous_is_kept = TRUE;
  }
  return scep_keyfile_file_write (change->directory, change->entry, error);
}
