/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The history of a profile as history.keyfile has it. */
#include "enroll/scep-history-private.h"

#include "enroll/scep-record-file.h"

#include <string.h>

#define GROUP "History"
#define GROUP_LEARNED "Learned "
#define GROUP_EVENT "Event "
#define KEY_LAST_CHECK "LastCheck"
#define KEY_REFUSALS "Refusals"
#define KEY_NEXT_ATTEMPT "NextAttempt"
#define KEY_ERROR "LastError"
#define KEY_ERROR_MESSAGE "LastErrorMessage"
#define KEY_TIME "Time"
#define KEY_KIND "Kind"
#define DETAIL "Detail-"

static void
load_learned (ScepHistory *history, GKeyFile *key_file, const char *group)
{
  g_auto (GStrv) keys = g_key_file_get_keys (key_file, group, NULL, NULL);

  for (guint i = 0; keys != NULL && keys[i] != NULL; i++) {
    g_autofree char *value = g_key_file_get_string (key_file, group, keys[i], NULL);

    if (value != NULL)
      scep_history_learn (history, group + strlen (GROUP_LEARNED), keys[i], value);
  }
}

static gboolean
load_details (ScepHistoryEvent *event, GKeyFile *key_file, const char *group, GError **error)
{
  g_auto (GStrv) keys = g_key_file_get_keys (key_file, group, NULL, NULL);

  for (guint i = 0; keys != NULL && keys[i] != NULL; i++) {
    g_autofree char *value = NULL;

    if (!g_str_has_prefix (keys[i], DETAIL))
      continue;
    value = scep_record_get_string (key_file, group, keys[i], error);
    if (value == NULL)
      return FALSE;
    g_hash_table_insert (event->details, g_strdup (keys[i] + strlen (DETAIL)),
                         g_steal_pointer (&value));
  }
  return TRUE;
}

static gboolean
load_event (ScepHistory *history, GKeyFile *key_file, const char *group, GError **error)
{
  g_autofree char *kind = scep_record_get_string (key_file, group, KEY_KIND, error);
  ScepHistoryEvent *event;
  gint64 time;

  if (kind == NULL || !scep_record_get_int64 (key_file, group, KEY_TIME, &time, error))
    return FALSE;
  event = scep_history_event_new (time, kind);
  scep_history_push_event (history, event);
  return load_details (event, key_file, group, error);
}

static gboolean
load_groups (ScepHistory *history, GKeyFile *key_file, GError **error)
{
  g_auto (GStrv) groups = g_key_file_get_groups (key_file, NULL);

  for (guint i = 0; groups[i] != NULL; i++) {
    if (g_str_has_prefix (groups[i], GROUP_LEARNED))
      load_learned (history, key_file, groups[i]);
    else if (g_str_has_prefix (groups[i], GROUP_EVENT) &&
             !load_event (history, key_file, groups[i], error))
      return FALSE;
  }
  return TRUE;
}

/**
 * scep_history_load:
 * @key_file: of history.keyfile
 *
 * Returns: (transfer full) (nullable): the history, or %NULL with
 *   %SCEP_ERROR_STORAGE_FAILED; the message does not name the file
 */
ScepHistory *
scep_history_load (GKeyFile *key_file, GError **error)
{
  g_autoptr (ScepHistory) history = scep_history_new ();

  g_clear_pointer (&history->error, g_free);
  g_clear_pointer (&history->error_message, g_free);
  history->error = scep_record_get_string (key_file, GROUP, KEY_ERROR, error);
  if (history->error == NULL)
    return NULL;
  history->error_message = scep_record_get_string (key_file, GROUP, KEY_ERROR_MESSAGE, error);
  if (history->error_message == NULL)
    return NULL;
  if (!scep_record_get_int64 (key_file, GROUP, KEY_LAST_CHECK, &history->last_check, error) ||
      !scep_record_get_uint (key_file, GROUP, KEY_REFUSALS, &history->refusals, error) ||
      !scep_record_get_int64 (key_file, GROUP, KEY_NEXT_ATTEMPT, &history->next_attempt, error) ||
      !load_groups (history, key_file, error))
    return NULL;
  return g_steal_pointer (&history);
}

static void
remove_lists (GKeyFile *key_file)
{
  g_auto (GStrv) groups = g_key_file_get_groups (key_file, NULL);

  for (guint i = 0; groups[i] != NULL; i++) {
    if (g_str_has_prefix (groups[i], GROUP_LEARNED) || g_str_has_prefix (groups[i], GROUP_EVENT))
      g_key_file_remove_group (key_file, groups[i], NULL);
  }
}

static void
store_table (GHashTable *table, GKeyFile *key_file, const char *group, const char *prefix)
{
  g_autoptr (GList) names = g_list_sort (g_hash_table_get_keys (table), (GCompareFunc) strcmp);

  for (GList *l = names; l != NULL; l = l->next) {
    g_autofree char *key = g_strconcat (prefix, l->data, NULL);

    g_key_file_set_string (key_file, group, key, g_hash_table_lookup (table, l->data));
  }
}

static void
store_event (const ScepHistoryEvent *event, guint number, GKeyFile *key_file)
{
  g_autofree char *group = g_strdup_printf (GROUP_EVENT "%u", number);

  g_key_file_set_int64 (key_file, group, KEY_TIME, event->time);
  g_key_file_set_string (key_file, group, KEY_KIND, event->kind);
  store_table (event->details, key_file, group, DETAIL);
}

/**
 * scep_history_store:
 * @key_file: what was read before, or an empty one; keys in [History] that
 *   mean nothing here stay
 */
void
scep_history_store (const ScepHistory *history, GKeyFile *key_file)
{
  g_autoptr (GList) cas = g_hash_table_get_keys (history->learned);

  remove_lists (key_file);
  g_key_file_set_int64 (key_file, GROUP, KEY_LAST_CHECK, history->last_check);
  g_key_file_set_uint64 (key_file, GROUP, KEY_REFUSALS, history->refusals);
  g_key_file_set_int64 (key_file, GROUP, KEY_NEXT_ATTEMPT, history->next_attempt);
  g_key_file_set_string (key_file, GROUP, KEY_ERROR, history->error);
  g_key_file_set_string (key_file, GROUP, KEY_ERROR_MESSAGE, history->error_message);
  cas = g_list_sort (g_steal_pointer (&cas), (GCompareFunc) strcmp);
  for (GList *l = cas; l != NULL; l = l->next) {
    g_autofree char *group = g_strconcat (GROUP_LEARNED, l->data, NULL);

    store_table (g_hash_table_lookup (history->learned, l->data), key_file, group, "");
  }
  for (guint i = 0; i < history->events->len; i++)
    store_event (g_ptr_array_index (history->events, i), i, key_file);
}
