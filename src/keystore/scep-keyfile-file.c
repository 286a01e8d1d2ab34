/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "keystore/scep-keyfile-file.h"

#include "base/scep-error.h"
#include "base/scep-secret.h"
#include "base/scep-text.h"
#include "codec/scep-private-key.h"
#include "keystore/scep-keyfile-key.h"
#include "storage/scep-storage.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define SUFFIX ".keyfile"
#define GROUP "Entry"

/**
 * scep_keyfile_file_path:
 * @alias: a valid one
 *
 * Returns: (transfer full): the file of that entry
 */
char *
scep_keyfile_file_path (const char *directory, const char *alias)
{
  g_autofree char *name = g_strconcat (alias, SUFFIX, NULL);

  return g_build_filename (directory, name, NULL);
}

/* Kind and Exportable come last in a new file: one that was cut lacks them. */
static void
fill (GKeyFile *file, ScepKeystoreEntry *entry)
{
  ScepKey *key = scep_keystore_entry_get_key (entry);
  GPtrArray *chain = scep_keystore_entry_get_chain (entry);

  g_key_file_remove_key (file, GROUP, "Key", NULL);
  g_key_file_remove_key (file, GROUP, "Chain", NULL);
  g_key_file_remove_key (file, GROUP, "Kind", NULL);
  g_key_file_remove_key (file, GROUP, "Exportable", NULL);
  if (key != NULL) {
    GBytes *pkcs8 = scep_keyfile_key_get_pkcs8 (SCEP_KEYFILE_KEY (key));
    g_autoptr (ScepSecretString) text =
        g_base64_encode (g_bytes_get_data (pkcs8, NULL), g_bytes_get_size (pkcs8));

    g_key_file_set_string (file, GROUP, "Key", text);
  }
  if (chain->len > 0) {
    g_autofree char *pem = scep_certificate_list_to_pem (chain);

    g_key_file_set_string (file, GROUP, "Chain", pem);
  }
  g_key_file_set_string (file, GROUP, "Kind",
                         scep_entry_kind_to_string (scep_keystore_entry_get_kind (entry)));
  g_key_file_set_boolean (file, GROUP, "Exportable", scep_keystore_entry_is_exportable (entry));
}

/**
 * scep_keyfile_file_write:
 * @entry: an entry whose key, if any, is a #ScepKeyfileKey
 *
 * Makes or replaces the file of @entry; keys that this version does not know
 * stay in it. Blocks.
 *
 * Returns: %TRUE when it is on disk, else %FALSE with
 *   %SCEP_ERROR_STORAGE_FAILED
 */
gboolean
scep_keyfile_file_write (const char *directory, ScepKeystoreEntry *entry, GError **error)
{
  g_autofree char *path = scep_keyfile_file_path (directory, scep_keystore_entry_get_alias (entry));
  g_autoptr (GKeyFile) file = NULL;

  if (scep_storage_read_key_file (path, TRUE, &file, error) == SCEP_LOAD_FAILED)
    return FALSE;
  if (file == NULL)
    file = g_key_file_new ();
  fill (file, entry);
  return scep_storage_write_key_file (path, file, error);
}

static gboolean
parse_key (GKeyFile *file, ScepWorker *crypto, ScepKey **key, GError **error)
{
  g_autoptr (ScepSecretString) text = g_key_file_get_string (file, GROUP, "Key", NULL);
  g_autoptr (GBytes) pkcs8 = NULL;
  g_autoptr (GBytes) spki = NULL;
  gsize length = 0;
  guchar *data;

  if (text == NULL)
    return TRUE;
  data = g_base64_decode (text, &length);
  pkcs8 = scep_secret_bytes_new_take (data, length);
  spki = scep_private_key_get_spki (pkcs8, error);
  if (spki == NULL)
    return FALSE;
  *key = scep_keyfile_key_new (pkcs8, spki, crypto);
  return TRUE;
}

static gboolean
parse_chain (GKeyFile *file, GPtrArray **chain, GError **error)
{
  g_autofree char *pem = g_key_file_get_string (file, GROUP, "Chain", NULL);

  if (pem == NULL)
    return TRUE;
  *chain = scep_certificate_list_from_pem (pem, error);
  return *chain != NULL;
}

static gboolean
is_consistent (ScepKeystoreEntry *entry, const char *kind)
{
  ScepKey *key = scep_keystore_entry_get_key (entry);
  ScepCertificate *leaf = scep_keystore_entry_get_certificate (entry);

  if (key == NULL && leaf == NULL)
    return FALSE;
  if (key != NULL && leaf != NULL &&
      !scep_certificate_has_public_key (leaf, scep_key_get_spki (key)))
    return FALSE;
  return g_str_equal (scep_entry_kind_to_string (scep_keystore_entry_get_kind (entry)), kind);
}

/**
 * scep_keyfile_file_parse:
 * @file: what the file of an entry holds
 * @crypto: where the entry's key works
 *
 * Returns: (transfer full) (nullable): the entry, or %NULL with an error that
 *   says what is wrong with @file
 */
ScepKeystoreEntry *
scep_keyfile_file_parse (GKeyFile *file, const char *alias, ScepWorker *crypto, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autofree char *kind = g_key_file_get_string (file, GROUP, "Kind", &local_error);
  g_autoptr (ScepKey) key = NULL;
  g_autoptr (GPtrArray) chain = NULL;
  g_autoptr (ScepKeystoreEntry) entry = NULL;
  gboolean exportable = FALSE;

  /* There can be both, text and an error: an escape that means nothing. */
  if (local_error == NULL)
    exportable = g_key_file_get_boolean (file, GROUP, "Exportable", &local_error);
  if (local_error != NULL) {
    g_propagate_error (error, g_steal_pointer (&local_error));
    return NULL;
  }
  if (!parse_key (file, crypto, &key, error) || !parse_chain (file, &chain, error))
    return NULL;
  entry = scep_keystore_entry_new (alias, key, chain, exportable);
  if (!is_consistent (entry, kind)) {
    scep_error_set (error, SCEP_ERROR_INVALID_ENTRY,
                    _ ("its key, its certificates and its kind do not belong together"));
    return NULL;
  }
  return g_steal_pointer (&entry);
}

static void
hide (ScepKeyfileContents *contents, const char *alias, GError *error)
{
  g_warning (_ ("The keystore entry “%s” cannot be used: %s"), alias, error->message);
  g_hash_table_insert (contents->unreadable, g_strdup (alias), error);
}

static void
load_one (const char *directory, const char *alias, ScepWorker *crypto,
          ScepKeyfileContents *contents)
{
  g_autofree char *path = scep_keyfile_file_path (directory, alias);
  g_autoptr (GKeyFile) file = NULL;
  g_autoptr (GError) why = NULL;
  GError *error = NULL;
  ScepKeystoreEntry *entry;

  if (scep_storage_read_key_file (path, TRUE, &file, &error) == SCEP_LOAD_FAILED) {
    hide (contents, alias, error);
    return;
  }
  if (file == NULL)
    return;
  entry = scep_keyfile_file_parse (file, alias, crypto, &why);
  if (entry != NULL)
    g_hash_table_insert (contents->entries, g_strdup (alias), entry);
  else if (!scep_storage_set_aside (path, why->message, &error))
    hide (contents, alias, error);
}

/**
 * scep_keyfile_file_load_all:
 * @directory: one that may not exist yet
 * @contents: what is added to
 *
 * Reads all entries and deletes unfinished files. A damaged entry is set aside
 * with a warning, one that cannot be read is remembered with its error. Blocks.
 *
 * Returns: %TRUE, or %FALSE with %SCEP_ERROR_STORAGE_FAILED where the directory
 *   itself cannot be read
 */
gboolean
scep_keyfile_file_load_all (const char *directory, ScepWorker *crypto,
                            ScepKeyfileContents *contents, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GError) left_over = NULL;
  g_autoptr (GDir) dir = g_dir_open (directory, 0, &local_error);
  const char *name;

  if (g_error_matches (local_error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    return TRUE;
  if (dir == NULL) {
    scep_error_set (error, SCEP_ERROR_STORAGE_FAILED,
                    _ ("The keystore in “%s” cannot be read: %s. Give it to the user that the "
                       "service runs as, and restart the service."),
                    directory, local_error->message);
    return FALSE;
  }
  if (!scep_storage_take_over (directory, &left_over))
    g_warning ("%s", left_over->message);
  while ((name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *alias = NULL;

    if (!g_str_has_suffix (name, SUFFIX))
      continue;
    alias = g_strndup (name, strlen (name) - strlen (SUFFIX));
    if (scep_alias_is_valid (alias))
      load_one (directory, alias, crypto, contents);
  }
  return TRUE;
}

/**
 * scep_keyfile_file_probe:
 * @directory: one that may not exist yet
 *
 * Writes a file and deletes it. It is named like an unfinished one: should it
 * stay, the next start deletes it. Blocks.
 *
 * Returns: whether entries can be written; else %SCEP_ERROR_STORAGE_FAILED
 */
gboolean
scep_keyfile_file_probe (const char *directory, GError **error)
{
  g_autofree char *path = g_build_filename (directory, SCEP_STORAGE_TEMPORARY_PREFIX "probe", NULL);
  g_autoptr (GBytes) nothing = g_bytes_new (NULL, 0);

  return scep_storage_make_directory (directory, error) &&
         scep_storage_write (path, nothing, error) && scep_storage_remove (path, error);
}
