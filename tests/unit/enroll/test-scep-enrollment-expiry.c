/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-history.h"
#include "profile-fixture.h"

#define HOUR (60 * 60)
#define DAY (24 * HOUR)
#define LIFETIME (90 * DAY)

/* What the signals said. */
static guint n_told;
static gint64 told_end;

static void
on_expiring (ScepProfile *profile, gint64 not_after, gpointer user_data)
{
  n_told++;
  told_end = not_after;
}

static ScepStatus *
get_status (ProfileFixture *fixture)
{
  return scep_profile_get_status (fixture->profile);
}

static void
listen (ProfileFixture *fixture)
{
  g_signal_connect (fixture->profile, "certificate-expiring", G_CALLBACK (on_expiring), NULL);
}

static void
enroll (ProfileFixture *fixture)
{
  n_told = 0;
  fixture->valid_for = LIFETIME;
  listen (fixture);
  profile_fixture_configure (fixture, "CertificateCheckInterval", "2678400", NULL);
  profile_fixture_begin (fixture, profile_fixture_get_pin (fixture));
  profile_fixture_wait_state (fixture, "enrolled");
}

/* Moves on to @left before the certificate's end. */
static void
advance_to (ProfileFixture *fixture, gint64 left)
{
  gint64 time = get_status (fixture)->not_after - left;

  scep_clock_fake_advance (fixture->clock, time - scep_clock_now (SCEP_CLOCK (fixture->clock)));
}

static void
restart (ProfileFixture *fixture)
{
  profile_fixture_close (fixture);
  profile_fixture_open (fixture);
  listen (fixture);
  scep_clock_fake_advance (fixture->clock, 0);
}

/* Until something is planned again. */
static void
wait_rest (ProfileFixture *fixture)
{
  while (scep_clock_fake_get_next (fixture->clock) == 0)
    g_main_context_iteration (NULL, TRUE);
}

/* The attempts and checks of this moment, one after the other. */
static void
run_due (ProfileFixture *fixture)
{
  do {
    scep_clock_fake_advance (fixture->clock, 0);
    wait_rest (fixture);
  } while (scep_clock_fake_get_next (fixture->clock) <=
           scep_clock_now (SCEP_CLOCK (fixture->clock)));
}

static void
assert_last_event (ProfileFixture *fixture, const char *count)
{
  g_autoptr (GPtrArray) events = scep_profile_dup_history (fixture->profile);
  const ScepHistoryEvent *event = g_ptr_array_index (events, events->len - 1);

  g_assert_cmpstr (event->kind, ==, SCEP_EVENT_KIND_CERTIFICATE_EXPIRING);
  g_assert_cmpstr (g_hash_table_lookup (event->details, SCEP_DETAIL_COUNT), ==, count);
}

static void
test_disabled (ProfileFixture *fixture, gconstpointer data)
{
  enroll (fixture);
  profile_fixture_configure (fixture, "ClientCertificateRenew", "false", "Enabled", "false", NULL);
  g_assert_cmpint (scep_clock_fake_get_next (fixture->clock), ==, 0);
  advance_to (fixture, DAY);
  g_assert_cmpuint (n_told, ==, 0);
}

/* A renewal that will come before is nothing to be told of. */
static void
test_on_schedule (ProfileFixture *fixture, gconstpointer data)
{
  enroll (fixture);
  g_assert_cmpint (scep_clock_fake_get_next (fixture->clock), ==,
                   get_status (fixture)->next_action_time);
  advance_to (fixture, LIFETIME / 3 - HOUR);
  g_assert_cmpuint (n_told, ==, 0);
  advance_to (fixture, 29 * DAY);
  profile_fixture_wait_counter (&fixture->n_renewed, 1);
  g_assert_cmpuint (n_told, ==, 0);
}

static void
test_late (ProfileFixture *fixture, gconstpointer data)
{
  enroll (fixture);
  fixture->mood = MOOD_VANISH;
  advance_to (fixture, 29 * DAY + 12 * HOUR);
  profile_fixture_wait_counter (&fixture->n_failures, 1);
  g_assert_cmpuint (n_told, ==, 0);
  /* The next attempt comes first. */
  advance_to (fixture, 29 * DAY);
  g_assert_cmpuint (n_told, ==, 0);
  run_due (fixture);
  g_assert_cmpuint (fixture->n_failures, ==, 2);
  g_assert_cmpuint (n_told, ==, 1);
  g_assert_cmpint (told_end, ==, get_status (fixture)->not_after);
}

/* Once at each stage, whatever happens in between. */
static void
test_nobody_renews (ProfileFixture *fixture, gconstpointer data)
{
  enroll (fixture);
  profile_fixture_configure (fixture, "ClientCertificateRenew", "false", NULL);
  advance_to (fixture, 30 * DAY + HOUR);
  profile_fixture_wait_counter (&fixture->n_bootstraps, 2);
  wait_rest (fixture);
  g_assert_cmpuint (n_told, ==, 0);
  advance_to (fixture, 30 * DAY - HOUR);
  run_due (fixture);
  g_assert_cmpuint (n_told, ==, 1);
  restart (fixture);
  advance_to (fixture, 27 * DAY);
  g_assert_cmpuint (n_told, ==, 1);
  advance_to (fixture, 26 * DAY);
  run_due (fixture);
  g_assert_cmpuint (n_told, ==, 2);
  assert_last_event (fixture, "2");
  /* Who slept through the rest is told once. */
  advance_to (fixture, HOUR);
  restart (fixture);
  run_due (fixture);
  g_assert_cmpuint (n_told, ==, 3);
}

/* With a clock that is wrong every certificate may seem to expire. */
static void
test_wrong_clock (ProfileFixture *fixture, gconstpointer data)
{
  enroll (fixture);
  profile_fixture_configure (fixture, "ClientCertificateRenew", "false", NULL);
  scep_clock_fake_set_doubt (fixture->clock, "It is wrong.");
  advance_to (fixture, DAY);
  g_assert_cmpuint (n_told, ==, 0);
  scep_clock_fake_set_doubt (fixture->clock, NULL);
  scep_clock_fake_advance (fixture->clock, PROFILE_FIXTURE_RETRY);
  run_due (fixture);
  g_assert_cmpuint (n_told, ==, 1);
}

#define ADD(path, test)                                                                            \
  g_test_add (path, ProfileFixture, NULL, profile_fixture_set_up, test, profile_fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/enrollment-expiry/disabled", test_disabled);
  ADD ("/enrollment-expiry/on-schedule", test_on_schedule);
  ADD ("/enrollment-expiry/late", test_late);
  ADD ("/enrollment-expiry/nobody-renews", test_nobody_renews);
  ADD ("/enrollment-expiry/wrong-clock", test_wrong_clock);
  return g_test_run ();
}
