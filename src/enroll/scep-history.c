/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-history-private.h"

#include "base/scep-error.h"

#include <stdarg.h>

static GHashTable *
string_table_new (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

static void
event_clear (gpointer data)
{
  ScepHistoryEvent *event = data;

  g_free (event->kind);
  g_hash_table_unref (event->details);
}

/**
 * scep_history_event_unref:
 * @event: (transfer full):
 */
void
scep_history_event_unref (ScepHistoryEvent *event)
{
  g_rc_box_release_full (event, event_clear);
}

static void
event_unref (gpointer data)
{
  scep_history_event_unref (data);
}

/**
 * scep_history_new:
 *
 * Returns: (transfer full): a history in which nothing has happened
 */
ScepHistory *
scep_history_new (void)
{
  ScepHistory *history = g_new0 (ScepHistory, 1);

  history->error = g_strdup ("");
  history->error_message = g_strdup ("");
  history->learned =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_hash_table_unref);
  history->events = g_ptr_array_new_with_free_func (event_unref);
  return history;
}

/**
 * scep_history_free:
 * @history: (transfer full) (nullable):
 */
void
scep_history_free (ScepHistory *history)
{
  if (history == NULL)
    return;
  g_free (history->error);
  g_free (history->error_message);
  g_hash_table_unref (history->learned);
  g_ptr_array_unref (history->events);
  g_free (history);
}

/**
 * scep_history_get_last_check:
 *
 * Returns: Unix seconds, 0 for never
 */
gint64
scep_history_get_last_check (const ScepHistory *history)
{
  return history->last_check;
}

/**
 * scep_history_set_last_check:
 * @time: Unix seconds
 */
void
scep_history_set_last_check (ScepHistory *history, gint64 time)
{
  history->last_check = time;
}

/**
 * scep_history_get_refusals:
 *
 * Returns: signed refusals in a row
 */
guint
scep_history_get_refusals (const ScepHistory *history)
{
  return history->refusals;
}

/**
 * scep_history_set_refusals:
 * @count: signed refusals in a row
 */
void
scep_history_set_refusals (ScepHistory *history, guint count)
{
  history->refusals = count;
}

/**
 * scep_history_get_next_attempt:
 *
 * Returns: Unix seconds, 0 if none is planned
 */
gint64
scep_history_get_next_attempt (const ScepHistory *history)
{
  return history->next_attempt;
}

/**
 * scep_history_set_next_attempt:
 * @time: Unix seconds, 0 if none is planned
 */
void
scep_history_set_next_attempt (ScepHistory *history, gint64 time)
{
  history->next_attempt = time;
}

/**
 * scep_history_get_error:
 *
 * Returns: (transfer none): scep_error_get_name() of the last error, or ""
 */
const char *
scep_history_get_error (const ScepHistory *history)
{
  return history->error;
}

/**
 * scep_history_get_error_message:
 *
 * Returns: (transfer none): what a person reads about it, or ""
 */
const char *
scep_history_get_error_message (const ScepHistory *history)
{
  return history->error_message;
}

/**
 * scep_history_set_error:
 * @error: (nullable): of the domain %SCEP_ERROR; %NULL for none any more
 */
void
scep_history_set_error (ScepHistory *history, const GError *error)
{
  ScepError code = SCEP_ERROR_FAILED;

  if (error != NULL && error->domain == SCEP_ERROR)
    code = (ScepError) error->code;
  g_free (history->error);
  g_free (history->error_message);
  history->error = g_strdup (error != NULL ? scep_error_get_name (code) : "");
  history->error_message = g_strdup (error != NULL ? error->message : "");
}

/**
 * scep_history_get_learned:
 * @ca: fingerprint of the CA that it was learned of
 * @key: what is asked
 *
 * Returns: (transfer none) (nullable): what was learned
 */
const char *
scep_history_get_learned (const ScepHistory *history, const char *ca, const char *key)
{
  GHashTable *words = g_hash_table_lookup (history->learned, ca);

  return words != NULL ? g_hash_table_lookup (words, key) : NULL;
}

/**
 * scep_history_learn:
 * @ca: fingerprint of the CA that it was learned of
 * @key: what was learned: letters, digits and "-"
 * @value: (nullable): one line; %NULL forgets it
 */
void
scep_history_learn (ScepHistory *history, const char *ca, const char *key, const char *value)
{
  GHashTable *words = g_hash_table_lookup (history->learned, ca);

  if (words == NULL) {
    words = string_table_new ();
    g_hash_table_insert (history->learned, g_strdup (ca), words);
  }
  if (value != NULL)
    g_hash_table_insert (words, g_strdup (key), g_strdup (value));
  else
    g_hash_table_remove (words, key);
}

static gboolean
is_other (gpointer key, gpointer value, gpointer user_data)
{
  return !g_strv_contains (user_data, key);
}

/**
 * scep_history_forget_others:
 * @ca: that something was learned of
 * @keys: what is to be kept of it
 */
void
scep_history_forget_others (ScepHistory *history, const char *ca, const char *const *keys)
{
  GHashTable *words = g_hash_table_lookup (history->learned, ca);

  if (words != NULL)
    g_hash_table_foreach_remove (words, is_other, (gpointer) keys);
}

/**
 * scep_history_forget:
 *
 * Forgets everything but the events: another CA, another start.
 */
void
scep_history_forget (ScepHistory *history)
{
  history->last_check = 0;
  history->refusals = 0;
  history->next_attempt = 0;
  scep_history_set_error (history, NULL);
  g_hash_table_remove_all (history->learned);
}

/**
 * scep_history_event_new:
 * @time: Unix seconds
 * @kind: a stable word
 *
 * Returns: (transfer full): an event without details
 */
ScepHistoryEvent *
scep_history_event_new (gint64 time, const char *kind)
{
  ScepHistoryEvent *event = g_rc_box_new (ScepHistoryEvent);

  event->time = time;
  event->kind = g_strdup (kind);
  event->details = string_table_new ();
  return event;
}

/**
 * scep_history_push_event:
 * @event: (transfer full):
 *
 * The oldest event goes when there are %SCEP_HISTORY_MAX_EVENTS.
 */
void
scep_history_push_event (ScepHistory *history, ScepHistoryEvent *event)
{
  if (history->events->len >= SCEP_HISTORY_MAX_EVENTS)
    g_ptr_array_remove_index (history->events, 0);
  g_ptr_array_add (history->events, event);
}

static gboolean
has_details (const ScepHistoryEvent *event, GHashTable *details)
{
  GHashTableIter iter;
  gpointer name, value;

  g_hash_table_iter_init (&iter, details);
  while (g_hash_table_iter_next (&iter, &name, &value)) {
    if (!g_str_equal (name, SCEP_DETAIL_COUNT) && !g_str_equal (name, SCEP_DETAIL_FIRST_TIME) &&
        g_strcmp0 (g_hash_table_lookup (event->details, name), value) != 0)
      return FALSE;
  }
  return TRUE;
}

/* A server that is down for a night must not wipe out what happened before. */
static void
fold_repetition (ScepHistory *history, ScepHistoryEvent *event)
{
  ScepHistoryEvent *last;
  const char *count, *first;
  guint64 n = 1;

  if (history->events->len == 0)
    return;
  last = g_ptr_array_index (history->events, history->events->len - 1);
  if (!g_str_equal (last->kind, event->kind) || !has_details (last, event->details) ||
      !has_details (event, last->details))
    return;
  count = g_hash_table_lookup (last->details, SCEP_DETAIL_COUNT);
  first = g_hash_table_lookup (last->details, SCEP_DETAIL_FIRST_TIME);
  if (count != NULL)
    g_ascii_string_to_unsigned (count, 10, 1, G_MAXUINT32 - 1, &n, NULL);
  g_hash_table_insert (event->details, g_strdup (SCEP_DETAIL_COUNT),
                       g_strdup_printf ("%" G_GUINT64_FORMAT, n + 1));
  g_hash_table_insert (event->details, g_strdup (SCEP_DETAIL_FIRST_TIME),
                       first != NULL ? g_strdup (first)
                                     : g_strdup_printf ("%" G_GINT64_FORMAT, last->time));
  g_ptr_array_remove_index (history->events, history->events->len - 1);
}

/**
 * scep_history_add_event:
 * @time: Unix seconds
 * @kind: a stable word
 * @...: pairs of name and value, both strings, then %NULL; a name has letters,
 *   digits and "-" only
 *
 * scep_history_push_event(); one that is the same as the last is counted and takes
 * the place of that.
 */
void
scep_history_add_event (ScepHistory *history, gint64 time, const char *kind, ...)
{
  ScepHistoryEvent *event = scep_history_event_new (time, kind);
  va_list args;

  va_start (args, kind);
  for (const char *name = va_arg (args, const char *); name != NULL;
       name = va_arg (args, const char *))
    g_hash_table_insert (event->details, g_strdup (name), g_strdup (va_arg (args, const char *)));
  va_end (args);
  fold_repetition (history, event);
  scep_history_push_event (history, event);
}

/**
 * scep_history_get_events:
 *
 * Returns: (transfer none) (element-type ScepHistoryEvent): oldest first
 */
GPtrArray *
scep_history_get_events (ScepHistory *history)
{
  return history->events;
}

static gpointer
copy_event (gconstpointer event, gpointer user_data)
{
  return g_rc_box_acquire ((gpointer) event);
}

/**
 * scep_history_dup_events:
 *
 * Returns: (transfer full) (element-type ScepHistoryEvent): the events so far,
 *   oldest first; what happens later does not change it
 */
GPtrArray *
scep_history_dup_events (ScepHistory *history)
{
  return g_ptr_array_copy (history->events, copy_event, NULL);
}
