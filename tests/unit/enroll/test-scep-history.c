/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-history.h"

#include "base/scep-error.h"

static void
test_odd_files (void)
{
  static const char *const bad[] = {
    "",
    "[History]\nLastCheck=1\n",
    "[History]\nLastCheck=x\nRefusals=0\nNextAttempt=0\nLastError=\nLastErrorMessage=\n",
    "[History]\nLastCheck=1\nRefusals=-1\nNextAttempt=0\nLastError=\nLastErrorMessage=\n",
    "[History]\nLastCheck=1\nRefusals=0\nNextAttempt=0\nLastError=\nLastErrorMessage=\n"
    "[Event 0]\nKind=x\n",
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GKeyFile) key_file = g_key_file_new ();
    g_autoptr (GError) error = NULL;

    g_key_file_load_from_data (key_file, bad[i], (gsize) -1, G_KEY_FILE_NONE, NULL);
    g_assert_null (scep_history_load (key_file, &error));
    g_assert_error (error, SCEP_ERROR, SCEP_ERROR_STORAGE_FAILED);
  }
}

static void
test_round_trip (void)
{
  g_autoptr (ScepHistory) history = scep_history_new ();
  g_autoptr (ScepHistory) again = NULL;
  g_autoptr (GKeyFile) key_file = g_key_file_new ();
  g_autoptr (GError) refusal = g_error_new (SCEP_ERROR, SCEP_ERROR_BAD_REQUEST, "no; \n way");
  g_autoptr (GError) error = NULL;
  ScepHistoryEvent *event;

  scep_history_set_refusals (history, 3);
  scep_history_set_next_attempt (history, 1234567890123);
  scep_history_set_last_check (history, 17);
  scep_history_set_error (history, refusal);
  scep_history_learn (history, "abcd", "renewal", "17");
  for (gint64 i = 0; i < 60; i++)
    scep_history_add_event (history, i, i % 2 == 0 ? "failed" : "rejected", "error", "BadRequest",
                            NULL);
  g_key_file_set_string (key_file, "History", "FromTheFuture", "kept");
  scep_history_store (history, key_file);
  scep_history_store (history, key_file);
  again = scep_history_load (key_file, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (scep_history_get_refusals (again), ==, 3);
  g_assert_cmpint (scep_history_get_next_attempt (again), ==, 1234567890123);
  g_assert_cmpint (scep_history_get_last_check (again), ==, 17);
  g_assert_cmpstr (scep_history_get_error (again), ==, "BadRequest");
  g_assert_cmpstr (scep_history_get_error_message (again), ==, "no; \n way");
  g_assert_cmpstr (scep_history_get_learned (again, "abcd", "renewal"), ==, "17");
  g_assert_null (scep_history_get_learned (again, "ffff", "renewal"));
  g_assert_cmpuint (scep_history_get_events (again)->len, ==, SCEP_HISTORY_MAX_EVENTS);
  event = g_ptr_array_index (scep_history_get_events (again), 0);
  g_assert_cmpint (event->time, ==, 10);
  g_assert_cmpstr (g_hash_table_lookup (event->details, "error"), ==, "BadRequest");
  g_assert_true (g_key_file_has_key (key_file, "History", "FromTheFuture", NULL));
}

static const char *
get_detail (const ScepHistoryEvent *event, const char *name)
{
  return g_hash_table_lookup (event->details, name);
}

static void
test_repetition (void)
{
  g_autoptr (ScepHistory) history = scep_history_new ();
  GPtrArray *events = scep_history_get_events (history);
  ScepHistoryEvent *event;

  scep_history_add_event (history, 1, "enrolled", "Fingerprint", "ab", NULL);
  for (gint64 i = 100; i < 200; i++)
    scep_history_add_event (history, i, "failed", "Error", "Timeout", NULL);
  g_assert_cmpuint (events->len, ==, 2);
  event = g_ptr_array_index (events, 1);
  g_assert_cmpint (event->time, ==, 199);
  g_assert_cmpstr (get_detail (event, "Error"), ==, "Timeout");
  g_assert_cmpstr (get_detail (event, SCEP_DETAIL_COUNT), ==, "100");
  g_assert_cmpstr (get_detail (event, SCEP_DETAIL_FIRST_TIME), ==, "100");

  /* Another reason, more of it or less of it is another event. */
  scep_history_add_event (history, 200, "failed", "Error", "BadAlg", NULL);
  scep_history_add_event (history, 201, "failed", "Error", "BadAlg", "Message", "no", NULL);
  scep_history_add_event (history, 202, "failed", "Error", "BadAlg", NULL);
  scep_history_add_event (history, 203, "rejected", "Error", "BadAlg", NULL);
  g_assert_cmpuint (events->len, ==, 6);
  event = g_ptr_array_index (events, 5);
  g_assert_null (get_detail (event, SCEP_DETAIL_COUNT));
}

static void
test_copy (void)
{
  g_autoptr (ScepHistory) history = scep_history_new ();
  g_autoptr (GPtrArray) events = NULL;
  ScepHistoryEvent *event;

  scep_history_add_event (history, 1, "failed", "Error", "Timeout", NULL);
  events = scep_history_dup_events (history);
  scep_history_add_event (history, 2, "failed", "Error", "Timeout", NULL);
  scep_history_add_event (history, 3, "reset", NULL);
  g_clear_pointer (&history, scep_history_free);
  g_assert_cmpuint (events->len, ==, 1);
  event = g_ptr_array_index (events, 0);
  g_assert_cmpint (event->time, ==, 1);
  g_assert_null (get_detail (event, SCEP_DETAIL_COUNT));
}

static void
test_forget_others (void)
{
  g_autoptr (ScepHistory) history = scep_history_new ();
  const char *const kept[] = { "b", "x", NULL };

  scep_history_forget_others (history, "one", kept);
  scep_history_learn (history, "one", "a", "1");
  scep_history_learn (history, "one", "b", "2");
  scep_history_learn (history, "other", "a", "3");
  scep_history_forget_others (history, "one", kept);
  g_assert_null (scep_history_get_learned (history, "one", "a"));
  g_assert_cmpstr (scep_history_get_learned (history, "one", "b"), ==, "2");
  g_assert_cmpstr (scep_history_get_learned (history, "other", "a"), ==, "3");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/history/odd-files", test_odd_files);
  g_test_add_func ("/history/round-trip", test_round_trip);
  g_test_add_func ("/history/repetition", test_repetition);
  g_test_add_func ("/history/copy", test_copy);
  g_test_add_func ("/history/forget-others", test_forget_others);
  return g_test_run ();
}
