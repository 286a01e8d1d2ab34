/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-history.h"
#include "profile-fixture.h"

#define HOUR (60 * 60)

static ScepStatus *
get_status (ProfileFixture *fixture)
{
  return scep_profile_get_status (fixture->profile);
}

static void
begin (ProfileFixture *fixture)
{
  profile_fixture_configure (fixture, "ConnectRetryInterval", "3600", NULL);
  profile_fixture_begin (fixture, profile_fixture_get_pin (fixture));
}

/* The server answered: its network is no matter. */
static void
test_reached (ProfileFixture *fixture, gconstpointer data)
{
  fixture->mood = MOOD_FAULT;
  begin (fixture);
  profile_fixture_wait_counter (&fixture->n_failures, 1);
  g_assert_false (scep_network_fake_is_watched (fixture->network));
}

static void
test_return (ProfileFixture *fixture, gconstpointer data)
{
  gint64 now = scep_clock_now (SCEP_CLOCK (fixture->clock));

  fixture->mood = MOOD_VANISH;
  begin (fixture);
  profile_fixture_wait_counter (&fixture->n_failures, 1);
  g_assert_true (scep_network_fake_is_watched (fixture->network));
  g_assert_cmpint (get_status (fixture)->next_action_time, ==, now + HOUR);

  fixture->mood = MOOD_ISSUE;
  scep_clock_fake_advance (fixture->clock, HOUR / 2);
  scep_network_fake_change (fixture->network);
  g_assert_cmpint (get_status (fixture)->next_action_time, ==, now + HOUR / 2 + 1);
  g_assert_cmpstr (get_status (fixture)->next_action, ==, "retry");
  scep_clock_fake_advance (fixture->clock, 1);
  profile_fixture_wait_state (fixture, "enrolled");
  g_assert_false (scep_network_fake_is_watched (fixture->network));
}

/* A network that is never called one: the planned time counts. */
static void
test_no_return (ProfileFixture *fixture, gconstpointer data)
{
  fixture->mood = MOOD_VANISH;
  begin (fixture);
  profile_fixture_wait_counter (&fixture->n_failures, 1);
  fixture->mood = MOOD_ISSUE;
  scep_clock_fake_advance (fixture->clock, HOUR);
  profile_fixture_wait_state (fixture, "enrolled");
}

/* Also after a restart, and also what is polled. */
static void
test_poll (ProfileFixture *fixture, gconstpointer data)
{
  fixture->mood = MOOD_DELAY;
  begin (fixture);
  profile_fixture_wait_state (fixture, "pending");
  g_assert_false (scep_network_fake_is_watched (fixture->network));
  fixture->mood = MOOD_VANISH;
  scep_clock_fake_advance (fixture->clock, HOUR);
  profile_fixture_wait_counter (&fixture->n_failures, 1);
  profile_fixture_close (fixture);
  g_assert_false (scep_network_fake_is_watched (fixture->network));
  profile_fixture_open (fixture);
  g_assert_true (scep_network_fake_is_watched (fixture->network));

  fixture->mood = MOOD_ISSUE;
  scep_clock_fake_advance (fixture->clock, 100);
  scep_network_fake_change (fixture->network);
  g_assert_cmpstr (get_status (fixture)->next_action, ==, "poll");
  scep_clock_fake_advance (fixture->clock, 1);
  profile_fixture_wait_state (fixture, "enrolled");
  g_assert_cmpuint (fixture->n_requests, ==, 1);
}

/* Nothing is begun, and it is said once. */
static void
test_down (ProfileFixture *fixture, gconstpointer data)
{
  gint64 now = scep_clock_now (SCEP_CLOCK (fixture->clock));

  scep_network_fake_set_up (fixture->network, FALSE);
  begin (fixture);
  profile_fixture_wait_state (fixture, "waiting");
  profile_fixture_assert_error (fixture, SCEP_ERROR_SERVER_UNREACHABLE);
  g_assert_nonnull (strstr (get_status (fixture)->last_error_message, "ca.example"));
  g_assert_nonnull (strstr (get_status (fixture)->last_error_message, "no network"));
  g_assert_cmpint (get_status (fixture)->next_action_time, ==, now + HOUR);
  g_assert_true (scep_network_fake_is_watched (fixture->network));
  for (guint i = 2; i < 5; i++) {
    scep_clock_fake_advance (fixture->clock, HOUR);
    g_assert_cmpint (get_status (fixture)->next_action_time, ==, now + i * HOUR);
  }
  g_assert_cmpuint (fixture->n_failures, ==, 1);
  g_assert_cmpuint (scep_transport_fake_get_n_requests (fixture->transport), ==, 0);

  scep_network_fake_set_up (fixture->network, TRUE);
  scep_network_fake_change (fixture->network);
  scep_clock_fake_advance (fixture->clock, 30);
  profile_fixture_wait_state (fixture, "enrolled");
  g_assert_cmpstr (get_status (fixture)->last_error, ==, "");
}

static guint
count_events (ProfileFixture *fixture, const char *kind)
{
  g_autoptr (GPtrArray) events = scep_profile_dup_history (fixture->profile);
  guint n = 0;

  for (guint i = 0; i < events->len; i++)
    n += g_str_equal (((ScepHistoryEvent *) g_ptr_array_index (events, i))->kind, kind);
  return n;
}

/* Whoever asks is told, each time. */
static void
test_down_by_hand (ProfileFixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  scep_network_fake_set_up (fixture->network, FALSE);
  begin (fixture);
  profile_fixture_wait_counter (&fixture->n_failures, 1);
  g_assert_true (scep_profile_enroll (fixture->profile, &error));
  g_assert_cmpuint (fixture->n_failures, ==, 2);
}

/* The signed PENDING lives on; a restart says nothing new. */
static void
test_down_pending (ProfileFixture *fixture, gconstpointer data)
{
  guint before;

  fixture->mood = MOOD_DELAY;
  begin (fixture);
  profile_fixture_wait_state (fixture, "pending");
  scep_network_fake_set_up (fixture->network, FALSE);
  before = scep_transport_fake_get_n_requests (fixture->transport);
  for (guint i = 0; i < 3; i++) {
    scep_clock_fake_advance (fixture->clock, HOUR);
    g_assert_cmpstr (get_status (fixture)->state, ==, "pending");
    g_assert_cmpstr (get_status (fixture)->next_action, ==, "poll");
  }
  g_assert_cmpuint (fixture->n_failures, ==, 1);
  profile_fixture_close (fixture);
  profile_fixture_open (fixture);
  g_assert_cmpstr (get_status (fixture)->state, ==, "pending");
  g_assert_cmpuint (fixture->n_failures, ==, 1);
  g_assert_cmpuint (scep_transport_fake_get_n_requests (fixture->transport), ==, before);

  scep_network_fake_set_up (fixture->network, TRUE);
  fixture->mood = MOOD_ISSUE;
  scep_network_fake_change (fixture->network);
  scep_clock_fake_advance (fixture->clock, 30);
  profile_fixture_wait_state (fixture, "enrolled");
  g_assert_cmpuint (fixture->n_requests, ==, 1);
}

/* Neither the check nor the renewal that it becomes; the certificate stays. */
static void
test_down_enrolled (ProfileFixture *fixture, gconstpointer data)
{
  guint before;

  begin (fixture);
  profile_fixture_wait_state (fixture, "enrolled");
  scep_network_fake_set_up (fixture->network, FALSE);
  before = scep_transport_fake_get_n_requests (fixture->transport);
  scep_clock_fake_advance (fixture->clock, 24 * HOUR);
  g_assert_cmpstr (get_status (fixture)->state, ==, "enrolled");
  g_assert_cmpstr (get_status (fixture)->next_action, ==, "check");
  profile_fixture_assert_error (fixture, SCEP_ERROR_SERVER_UNREACHABLE);
  for (guint i = 0; i < 300; i++)
    scep_clock_fake_advance (fixture->clock, HOUR);
  g_assert_cmpstr (get_status (fixture)->state, ==, "waiting");
  g_assert_cmpuint (scep_transport_fake_get_n_requests (fixture->transport), ==, before);
  g_assert_cmpuint (count_events (fixture, SCEP_EVENT_KIND_CHECK_FAILED), ==, 1);
  g_assert_cmpuint (fixture->n_renewal_failures, ==, 1);
  g_assert_cmpuint (count_events (fixture, SCEP_EVENT_KIND_RENEWAL_FAILED), ==, 1);

  scep_network_fake_set_up (fixture->network, TRUE);
  scep_network_fake_change (fixture->network);
  scep_clock_fake_advance (fixture->clock, 30);
  profile_fixture_wait_counter (&fixture->n_renewed, 1);
  profile_fixture_wait_state (fixture, "enrolled");
  g_assert_cmpstr (get_status (fixture)->last_error, ==, "");
}

#define ADD(path, test)                                                                            \
  g_test_add (path, ProfileFixture, NULL, profile_fixture_set_up, test, profile_fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/enrollment-network/reached", test_reached);
  ADD ("/enrollment-network/return", test_return);
  ADD ("/enrollment-network/no-return", test_no_return);
  ADD ("/enrollment-network/poll", test_poll);
  ADD ("/enrollment-network/down", test_down);
  ADD ("/enrollment-network/down-by-hand", test_down_by_hand);
  ADD ("/enrollment-network/down-pending", test_down_pending);
  ADD ("/enrollment-network/down-enrolled", test_down_enrolled);
  return g_test_run ();
}
