/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-state.h"

static void
test_unknown (void)
{
  ScepState next;

  g_assert_false (scep_state_next (SCEP_STATE_DISABLED, SCEP_EVENT_REFUSED, &next));
  g_assert_cmpint (next, ==, SCEP_STATE_DISABLED);
  g_assert_false (scep_state_next (SCEP_STATE_GENERATING_KEY, SCEP_EVENT_ENROLLED, &next));
  g_assert_cmpint (next, ==, SCEP_STATE_GENERATING_KEY);
  g_assert_false (scep_state_next (SCEP_STATE_BOOTSTRAPPING, SCEP_EVENT_REFUSED, &next));
  g_assert_false (scep_state_next (SCEP_STATE_ENROLLED, SCEP_N_EVENTS, &next));
  g_assert_false (scep_state_next (SCEP_N_STATES, SCEP_EVENT_DISABLED, &next));
}

static void
test_everywhere (void)
{
  static const struct {
    ScepEvent event;
    ScepState to;
  } rows[] = {
    { SCEP_EVENT_DISABLED, SCEP_STATE_DISABLED },
    { SCEP_EVENT_SETTINGS_MISSING, SCEP_STATE_INCOMPLETE },
    { SCEP_EVENT_BROKEN, SCEP_STATE_WAITING },
    { SCEP_EVENT_BOOTSTRAP, SCEP_STATE_BOOTSTRAPPING },
  };

  for (guint state = 0; state < SCEP_N_STATES; state++) {
    for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
      ScepState next;

      g_assert_true (scep_state_next ((ScepState) state, rows[i].event, &next));
      g_assert_cmpint (next, ==, rows[i].to);
    }
  }
}

static void
follow (const ScepEvent *events, guint n_events, const char *expected)
{
  g_autoptr (GString) path = g_string_new (NULL);
  ScepState state = SCEP_STATE_DISABLED;

  for (guint i = 0; i < n_events; i++) {
    g_assert_true (scep_state_next (state, events[i], &state));
    g_string_append_printf (path, "%s%s", i > 0 ? " " : "", scep_state_get_name (state));
  }
  g_assert_cmpstr (path->str, ==, expected);
}

static void
test_paths (void)
{
  static const ScepEvent first[] = {
    SCEP_EVENT_SETTINGS_MISSING, SCEP_EVENT_BOOTSTRAP, SCEP_EVENT_CA_OFFERED, SCEP_EVENT_BOOTSTRAP,
    SCEP_EVENT_GENERATE_KEY,     SCEP_EVENT_REQUEST,   SCEP_EVENT_PENDING,    SCEP_EVENT_FAILED,
    SCEP_EVENT_ENROLLED,         SCEP_EVENT_RENEW,     SCEP_EVENT_REFUSED,    SCEP_EVENT_RENEW,
    SCEP_EVENT_FAILED,           SCEP_EVENT_DISABLED
  };
  static const ScepEvent given_up[] = { SCEP_EVENT_PENDING, SCEP_EVENT_ABANDONED };

  follow (first, G_N_ELEMENTS (first),
          "incomplete bootstrapping awaiting-trust bootstrapping generating-key requesting pending "
          "pending enrolled renewing rejected renewing waiting disabled");
  follow (given_up, G_N_ELEMENTS (given_up), "pending waiting");
}

static void
test_names (void)
{
  for (guint i = 0; i < SCEP_N_STATES; i++)
    g_assert_nonnull (scep_state_get_name ((ScepState) i));
  for (guint i = 0; i < SCEP_N_EVENTS; i++)
    g_assert_nonnull (scep_event_get_name ((ScepEvent) i));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/state/unknown", test_unknown);
  g_test_add_func ("/state/everywhere", test_everywhere);
  g_test_add_func ("/state/paths", test_paths);
  g_test_add_func ("/state/names", test_names);
  return g_test_run ();
}
