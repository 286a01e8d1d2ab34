/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-error.h"
#include "profile-fixture.h"

#include <string.h>

static void
begin_one_time (ProfileFixture *fixture)
{
  profile_fixture_configure (fixture, "ChallengePasswordOneTime", "true", NULL);
  profile_fixture_begin (fixture, profile_fixture_get_pin (fixture));
}

static gboolean
asks_for_challenge (ProfileFixture *fixture)
{
  return g_strv_contains (
      (const char *const *) scep_profile_get_status (fixture->profile)->missing_settings,
      "ChallengePassword");
}

static gboolean
is_on_disk (ProfileFixture *fixture, const char *name)
{
  g_autofree char *path = g_build_filename (fixture->directory, "profiles", "default", name, NULL);
  g_autofree char *text = NULL;

  return g_file_get_contents (path, &text, NULL, NULL) && strstr (text, "secret") != NULL;
}

static void
test_refused (ProfileFixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->mood = MOOD_REFUSE;
  begin_one_time (fixture);
  profile_fixture_wait_counter (&fixture->n_failures, 1);
  g_assert_cmpstr (scep_profile_get_status (fixture->profile)->state, ==, "incomplete");
  profile_fixture_assert_error (fixture, SCEP_ERROR_BAD_REQUEST);
  g_assert_true (asks_for_challenge (fixture));
  g_assert_cmpint (scep_clock_fake_get_next (fixture->clock), ==, 0);
  g_assert_false (scep_profile_enroll (fixture->profile, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_NOT_CONFIGURED);

  profile_fixture_close (fixture);
  profile_fixture_open (fixture);
  g_assert_cmpstr (scep_profile_get_status (fixture->profile)->state, ==, "incomplete");
  profile_fixture_configure (fixture, "RenewalThreshold", "50", NULL);
  g_assert_true (asks_for_challenge (fixture));

  fixture->mood = MOOD_ISSUE;
  profile_fixture_configure (fixture, "ChallengePassword", "other", NULL);
  profile_fixture_wait_state (fixture, "enrolled");
  g_assert_cmpuint (fixture->n_requests, ==, 2);
}

/* Who sets the same one again means it. */
static void
test_same_again (ProfileFixture *fixture, gconstpointer data)
{
  fixture->mood = MOOD_REFUSE;
  begin_one_time (fixture);
  profile_fixture_wait_counter (&fixture->n_failures, 1);
  g_assert_true (asks_for_challenge (fixture));
  fixture->mood = MOOD_ISSUE;
  profile_fixture_configure (fixture, "ChallengePassword", "secret", NULL);
  g_assert_false (asks_for_challenge (fixture));
  profile_fixture_wait_state (fixture, "enrolled");
}

static void
test_no_answer (ProfileFixture *fixture, gconstpointer data)
{
  fixture->mood = MOOD_BREAK;
  begin_one_time (fixture);
  profile_fixture_wait_counter (&fixture->n_failures, 1);
  g_assert_false (asks_for_challenge (fixture));
  fixture->mood = MOOD_ISSUE;
  scep_clock_fake_advance (fixture->clock, PROFILE_FIXTURE_RETRY);
  profile_fixture_wait_state (fixture, "enrolled");
}

/* After a restart the server is asked what became of a request that perhaps never reached it: that
 * it knows of none is no judgement of the challenge. */
static void
test_probe_refused (ProfileFixture *fixture, gconstpointer data)
{
  begin_one_time (fixture);
  while (scep_profile_get_status (fixture->profile)->transaction_id[0] == '\0')
    g_main_context_iteration (NULL, TRUE);
  scep_transport_fake_hold (fixture->transport, TRUE);
  profile_fixture_wait_state (fixture, "requesting");
  profile_fixture_close (fixture);
  g_assert_cmpuint (fixture->n_requests, ==, 0);

  scep_transport_fake_hold (fixture->transport, FALSE);
  fixture->mood = MOOD_REFUSE;
  profile_fixture_open (fixture);
  profile_fixture_wait_counter (&fixture->n_failures, 1);
  g_assert_cmpuint (fixture->n_polls, ==, 1);
  g_assert_false (asks_for_challenge (fixture));
  fixture->mood = MOOD_ISSUE;
  scep_clock_fake_advance (fixture->clock, 2 * PROFILE_FIXTURE_RETRY);
  profile_fixture_wait_state (fixture, "enrolled");
  g_assert_cmpstr (fixture->requests->str, ==, "19c");
}

static void
wait_for_wipe (ProfileFixture *fixture)
{
  while (scep_profile_get_status (fixture->profile)->challenge_set)
    g_main_context_iteration (NULL, TRUE);
}

static void
test_wiped (ProfileFixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  begin_one_time (fixture);
  g_assert_true (is_on_disk (fixture, "settings.keyfile"));
  profile_fixture_wait_state (fixture, "enrolled");
  wait_for_wipe (fixture);
  g_assert_false (is_on_disk (fixture, "settings.keyfile"));
  g_assert_false (asks_for_challenge (fixture));
  g_assert_false (scep_profile_enroll (fixture->profile, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_NOT_CONFIGURED);
  profile_fixture_configure (fixture, "ChallengePassword", "other", NULL);
  g_assert_true (scep_profile_enroll (fixture->profile, NULL));
  profile_fixture_wait_counter (&fixture->n_enrolled, 2);
}

/* The process ends between the installation and the wiping. */
static void
test_wiped_later (ProfileFixture *fixture, gconstpointer data)
{
  g_autofree char *path =
      g_build_filename (fixture->directory, "profiles", "default", "settings.keyfile", NULL);
  g_autofree char *before = NULL;

  begin_one_time (fixture);
  g_assert_true (g_file_get_contents (path, &before, NULL, NULL));
  profile_fixture_wait_state (fixture, "enrolled");
  wait_for_wipe (fixture);
  profile_fixture_close (fixture);
  g_assert_true (g_file_set_contents (path, before, -1, NULL));
  profile_fixture_open (fixture);
  wait_for_wipe (fixture);
  g_assert_false (is_on_disk (fixture, "settings.keyfile"));
  g_assert_cmpuint (fixture->n_requests, ==, 1);
}

static void
test_kept (ProfileFixture *fixture, gconstpointer data)
{
  profile_fixture_begin (fixture, profile_fixture_get_pin (fixture));
  profile_fixture_wait_state (fixture, "enrolled");
  g_assert_true (scep_profile_get_status (fixture->profile)->challenge_set);
  g_assert_true (is_on_disk (fixture, "settings.keyfile"));
}

#define ADD(path, function)                                                                        \
  g_test_add (path, ProfileFixture, NULL, profile_fixture_set_up, function,                        \
              profile_fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/challenge/refused", test_refused);
  ADD ("/challenge/same-again", test_same_again);
  ADD ("/challenge/no-answer", test_no_answer);
  ADD ("/challenge/probe-refused", test_probe_refused);
  ADD ("/challenge/wiped", test_wiped);
  ADD ("/challenge/wiped-later", test_wiped_later);
  ADD ("/challenge/kept", test_kept);
  return g_test_run ();
}
