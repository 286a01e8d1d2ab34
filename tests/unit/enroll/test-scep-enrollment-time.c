/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-error.h"
#include "profile-fixture.h"

#include <string.h>

#define HOUR (60 * 60)
#define DAY (24 * HOUR)
#define DOUBT "Nobody has synchronised it."

static ScepStatus *
get_status (ProfileFixture *fixture)
{
  return scep_profile_get_status (fixture->profile);
}

static gint64
get_now (ProfileFixture *fixture)
{
  return scep_clock_now (SCEP_CLOCK (fixture->clock));
}

static guint
count_sent (ProfileFixture *fixture)
{
  return scep_transport_fake_get_n_requests (fixture->transport);
}

static void
assert_retry (ProfileFixture *fixture, ScepError code, gint64 delay)
{
  profile_fixture_assert_error (fixture, code);
  g_assert_cmpstr (get_status (fixture)->next_action, ==, "retry");
  g_assert_cmpint (get_status (fixture)->next_action_time, ==, get_now (fixture) + delay);
}

/* Postponed: no failure, nothing sent, and a challenge that is good for one
 * request only is there when the time has come. */
static void
test_postponed (ProfileFixture *fixture, gconstpointer data)
{
  scep_clock_fake_set_doubt (fixture->clock, DOUBT);
  profile_fixture_configure (fixture, "ChallengePasswordOneTime", "true", NULL);
  profile_fixture_begin (fixture, profile_fixture_get_pin (fixture));
  profile_fixture_wait_state (fixture, "waiting");
  assert_retry (fixture, SCEP_ERROR_CLOCK_IMPLAUSIBLE, PROFILE_FIXTURE_RETRY);
  g_assert_cmpstr (get_status (fixture)->last_error_message, ==, DOUBT);

  scep_clock_fake_advance (fixture->clock, PROFILE_FIXTURE_RETRY);
  assert_retry (fixture, SCEP_ERROR_CLOCK_IMPLAUSIBLE, PROFILE_FIXTURE_RETRY);
  g_assert_cmpuint (count_sent (fixture), ==, 0);
  g_assert_cmpuint (fixture->n_failures, ==, 0);
  g_assert_true (get_status (fixture)->challenge_set);

  scep_clock_fake_set_doubt (fixture->clock, NULL);
  scep_clock_fake_advance (fixture->clock, PROFILE_FIXTURE_RETRY);
  profile_fixture_wait_state (fixture, "enrolled");
  g_assert_cmpstr (get_status (fixture)->last_error, ==, "");
}

/* Who has a certificate and nothing to do does not care. */
static void
test_content (ProfileFixture *fixture, gconstpointer data)
{
  guint sent;

  profile_fixture_begin (fixture, profile_fixture_get_pin (fixture));
  profile_fixture_wait_state (fixture, "enrolled");
  sent = count_sent (fixture);
  scep_clock_fake_set_doubt (fixture->clock, DOUBT);
  profile_fixture_close (fixture);
  profile_fixture_open (fixture);
  g_assert_cmpstr (get_status (fixture)->state, ==, "enrolled");

  scep_clock_fake_advance (fixture->clock, DAY);
  profile_fixture_wait_state (fixture, "waiting");
  assert_retry (fixture, SCEP_ERROR_CLOCK_IMPLAUSIBLE, PROFILE_FIXTURE_RETRY);
  g_assert_cmpuint (count_sent (fixture), ==, sent);
  scep_clock_fake_set_doubt (fixture->clock, NULL);
  scep_clock_fake_advance (fixture->clock, PROFILE_FIXTURE_RETRY);
  g_assert_cmpstr (get_status (fixture)->next_action, ==, "check");
  scep_clock_fake_advance (fixture->clock, 0);
  profile_fixture_wait_counter (&fixture->n_bootstraps, 2);
  profile_fixture_wait_state (fixture, "enrolled");
}

/* The seven days of a transaction are not over because a clock says so. */
static void
test_pending (ProfileFixture *fixture, gconstpointer data)
{
  gint64 now = get_now (fixture);
  g_autofree char *id = NULL;

  fixture->mood = MOOD_DELAY;
  profile_fixture_begin (fixture, profile_fixture_get_pin (fixture));
  profile_fixture_wait_state (fixture, "pending");
  id = g_strdup (get_status (fixture)->transaction_id);
  scep_clock_fake_set_doubt (fixture->clock, DOUBT);
  scep_clock_fake_set (fixture->clock, now + 8 * DAY);
  profile_fixture_wait_state (fixture, "waiting");
  g_assert_cmpstr (get_status (fixture)->transaction_id, ==, id);
  g_assert_cmpuint (fixture->n_polls, ==, 0);

  fixture->mood = MOOD_ISSUE;
  scep_clock_fake_set_doubt (fixture->clock, NULL);
  scep_clock_fake_set (fixture->clock, now + HOUR);
  profile_fixture_wait_state (fixture, "enrolled");
  g_assert_cmpuint (fixture->n_requests, ==, 1);
}

/* What has been trusted before is not valid yet: no server is asked about that. */
static void
test_before_saved_ca (ProfileFixture *fixture, gconstpointer data)
{
  gint64 now = get_now (fixture);
  guint sent;

  profile_fixture_begin (fixture, profile_fixture_get_pin (fixture));
  profile_fixture_wait_state (fixture, "enrolled");
  sent = count_sent (fixture);
  profile_fixture_close (fixture);
  scep_clock_fake_set (fixture->clock, now - 30 * DAY);
  profile_fixture_open (fixture);
  g_assert_cmpstr (get_status (fixture)->state, ==, "waiting");
  assert_retry (fixture, SCEP_ERROR_CLOCK_IMPLAUSIBLE, PROFILE_FIXTURE_RETRY);
  g_assert_nonnull (strstr (get_status (fixture)->last_error_message, "is not valid before"));
  scep_clock_fake_advance (fixture->clock, PROFILE_FIXTURE_RETRY);
  assert_retry (fixture, SCEP_ERROR_CLOCK_IMPLAUSIBLE, PROFILE_FIXTURE_RETRY);
  g_assert_cmpuint (count_sent (fixture), ==, sent);
  g_assert_cmpuint (fixture->n_failures, ==, 0);

  scep_clock_fake_set (fixture->clock, now);
  profile_fixture_wait_state (fixture, "enrolled");
  g_assert_cmpstr (get_status (fixture)->last_error, ==, "");
  g_assert_cmpuint (fixture->n_requests, ==, 1);
}

/* The CA's certificate was made after what the clock shows. */
static void
test_before_ca (ProfileFixture *fixture, gconstpointer data)
{
  gint64 now = get_now (fixture);
  const char *message;

  scep_clock_fake_set (fixture->clock, now - DAY);
  profile_fixture_configure (fixture, "ChallengePasswordOneTime", "true", NULL);
  profile_fixture_begin (fixture, profile_fixture_get_pin (fixture));
  profile_fixture_wait_state (fixture, "waiting");
  assert_retry (fixture, SCEP_ERROR_CLOCK_IMPLAUSIBLE, PROFILE_FIXTURE_RETRY);
  message = get_status (fixture)->last_error_message;
  g_assert_nonnull (strstr (message, "is not valid before"));
  g_assert_nonnull (strstr (message, "but the clock of this machine shows"));
  g_assert_cmpuint (fixture->n_requests, ==, 0);
  g_assert_true (get_status (fixture)->challenge_set);

  scep_clock_fake_set (fixture->clock, now);
  profile_fixture_wait_state (fixture, "enrolled");
}

static void
check_retry_after (ProfileFixture *fixture, guint retry_after, gint64 expected)
{
  fixture->mood = MOOD_BUSY;
  fixture->retry_after = retry_after;
  profile_fixture_begin (fixture, profile_fixture_get_pin (fixture));
  profile_fixture_wait_counter (&fixture->n_failures, 1);
  assert_retry (fixture, SCEP_ERROR_HTTP_STATUS, expected);
}

/* A server asks for more patience, not for less, and for an hour at most. */
static void
test_retry_after (ProfileFixture *fixture, gconstpointer data)
{
  check_retry_after (fixture, 300, 300);
  /* Also after a restart. */
  profile_fixture_close (fixture);
  profile_fixture_open (fixture);
  g_assert_cmpstr (get_status (fixture)->state, ==, "waiting");
  g_assert_cmpint (get_status (fixture)->next_action_time, ==, get_now (fixture) + 300);

  fixture->mood = MOOD_VANISH;
  scep_clock_fake_advance (fixture->clock, 300);
  profile_fixture_wait_counter (&fixture->n_failures, 2);
  assert_retry (fixture, SCEP_ERROR_SERVER_UNREACHABLE, PROFILE_FIXTURE_RETRY);
}

static void
test_retry_after_short (ProfileFixture *fixture, gconstpointer data)
{
  check_retry_after (fixture, 5, PROFILE_FIXTURE_RETRY);
}

static void
test_retry_after_long (ProfileFixture *fixture, gconstpointer data)
{
  check_retry_after (fixture, G_MAXUINT, HOUR);
}

static void
test_retry_after_pending (ProfileFixture *fixture, gconstpointer data)
{
  fixture->mood = MOOD_DELAY;
  profile_fixture_begin (fixture, profile_fixture_get_pin (fixture));
  profile_fixture_wait_state (fixture, "pending");
  fixture->mood = MOOD_BUSY;
  fixture->retry_after = 1000;
  scep_clock_fake_advance (fixture->clock, PROFILE_FIXTURE_RETRY);
  profile_fixture_wait_counter (&fixture->n_failures, 1);
  g_assert_cmpstr (get_status (fixture)->next_action, ==, "poll");
  g_assert_cmpint (get_status (fixture)->next_action_time, ==, get_now (fixture) + 1000);
  profile_fixture_close (fixture);
  profile_fixture_open (fixture);
  g_assert_cmpstr (get_status (fixture)->next_action, ==, "poll");
  g_assert_cmpint (get_status (fixture)->next_action_time, ==, get_now (fixture) + 1000);
}

#define ADD(path, test)                                                                            \
  g_test_add (path, ProfileFixture, NULL, profile_fixture_set_up, test, profile_fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/enrollment-time/postponed", test_postponed);
  ADD ("/enrollment-time/content", test_content);
  ADD ("/enrollment-time/pending", test_pending);
  ADD ("/enrollment-time/before-ca", test_before_ca);
  ADD ("/enrollment-time/before-saved-ca", test_before_saved_ca);
  ADD ("/enrollment-time/retry-after", test_retry_after);
  ADD ("/enrollment-time/retry-after/short", test_retry_after_short);
  ADD ("/enrollment-time/retry-after/long", test_retry_after_long);
  ADD ("/enrollment-time/retry-after/pending", test_retry_after_pending);
  return g_test_run ();
}
