/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-saved.h"

#include <glib/gi18n-lib.h>

/**
 * scep_saved_free:
 * @saved: (transfer full) (nullable):
 */
void
scep_saved_free (ScepSaved *saved)
{
  if (saved == NULL)
    return;
  g_clear_pointer (&saved->record, scep_trust_record_unref);
  g_clear_pointer (&saved->transaction, scep_transaction_unref);
  g_clear_pointer (&saved->history, scep_history_free);
  g_free (saved);
}

static gboolean
read_trust (ScepProfileFiles *files, ScepSaved *saved, GError **error)
{
  g_autoptr (GKeyFile) key_file = NULL;

  if (!scep_profile_files_read (files, SCEP_FILE_TRUST, FALSE, &key_file, error))
    return FALSE;
  if (key_file == NULL)
    return TRUE;
  saved->record = scep_trust_record_load (key_file, error);
  if (saved->record == NULL) {
    g_autofree char *path = scep_profile_files_get_path (files, SCEP_FILE_TRUST);

    g_prefix_error (error, _ ("In the file %s: "), path);
  }
  return saved->record != NULL;
}

static gboolean
read_transaction (ScepProfileFiles *files, ScepSaved *saved, GError **error)
{
  g_autoptr (GKeyFile) key_file = NULL;
  g_autoptr (GError) bad = NULL;

  if (!scep_profile_files_read (files, SCEP_FILE_TRANSACTION, TRUE, &key_file, error))
    return FALSE;
  if (key_file == NULL)
    return TRUE;
  saved->transaction = scep_transaction_load (key_file, &bad);
  if (saved->transaction == NULL)
    g_message (_ ("The request in flight of profile %s cannot be read and is given up: %s"),
               scep_profile_files_get_id (files), bad->message);
  return TRUE;
}

static gboolean
read_history (ScepProfileFiles *files, ScepSaved *saved, GError **error)
{
  g_autoptr (GKeyFile) key_file = NULL;
  g_autoptr (GError) bad = NULL;

  if (!scep_profile_files_read (files, SCEP_FILE_HISTORY, TRUE, &key_file, error))
    return FALSE;
  if (key_file == NULL)
    return TRUE;
  saved->history = scep_history_load (key_file, &bad);
  if (saved->history == NULL)
    g_message (_ ("The history of profile %s cannot be read and begins anew: %s"),
               scep_profile_files_get_id (files), bad->message);
  return TRUE;
}

/**
 * scep_saved_read:
 *
 * Reads what the last run left, and clears away what it left unfinished.
 * Blocks.
 *
 * Returns: (transfer full) (nullable): %NULL with %SCEP_ERROR_STORAGE_FAILED
 */
ScepSaved *
scep_saved_read (ScepProfileFiles *files, GError **error)
{
  g_autofree char *reset = scep_profile_files_get_path (files, SCEP_FILE_RESET);
  g_autoptr (ScepSaved) saved = g_new0 (ScepSaved, 1);

  saved->reset_pending = g_file_test (reset, G_FILE_TEST_EXISTS);
  if (!scep_profile_files_prepare (files, error) || !read_trust (files, saved, error) ||
      !read_transaction (files, saved, error) || !read_history (files, saved, error))
    return NULL;
  return g_steal_pointer (&saved);
}
