/* SPDX-License-Identifier: LGPL-2.1-or-later */
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
  return g_test_run ();
}
