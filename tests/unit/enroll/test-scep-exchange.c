/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-error.h"
#include "enroll/scep-request-rate.h"
#include "profile-fixture.h"

#include <string.h>

/* The host of the fixture's server. */
#define SERVER "ca.example"

/* The longest that one request takes, in seconds. */
#define LONGEST 60

#define DAY (24 * 60 * 60)

static void
set_up (ProfileFixture *f, gconstpointer data)
{
  profile_fixture_set_up (f, NULL);
  profile_fixture_close (f);
  f->gate = scep_gate_new (1);
  profile_fixture_open (f);
}

static void
tear_down (ProfileFixture *f, gconstpointer data)
{
  ScepGate *gate = f->gate;

  profile_fixture_tear_down (f, NULL);
  g_assert_finalize_object (gate);
}

static const char *
next_action (ProfileFixture *f)
{
  return scep_profile_get_status (f->profile)->next_action;
}

static void
begin_and_wait (ProfileFixture *f)
{
  profile_fixture_begin (f, profile_fixture_get_pin (f));
  while (!g_str_equal (next_action (f), "send"))
    g_main_context_iteration (NULL, TRUE);
}

static void
test_disabled_in_the_queue (ProfileFixture *f, gconstpointer data)
{
  g_autoptr (ScepGatePass) pass = scep_gate_try_enter (f->gate, SERVER);

  begin_and_wait (f);
  profile_fixture_configure (f, "Enabled", "false", NULL);
  g_assert_cmpstr (scep_profile_get_status (f->profile)->state, ==, "disabled");
  g_assert_cmpstr (next_action (f), ==, "");
  g_assert_cmpint (scep_profile_get_status (f->profile)->next_action_time, ==, 0);
  g_assert_cmpuint (scep_gate_count_rounds (f->gate, SERVER), ==, 0);
  g_clear_pointer (&pass, scep_gate_pass_free);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (scep_transport_fake_get_n_requests (f->transport), ==, 0);
}

static void
test_turn (ProfileFixture *f, gconstpointer data)
{
  g_autoptr (ScepGatePass) pass = scep_gate_try_enter (f->gate, SERVER);
  ScepStatus *status;

  begin_and_wait (f);
  status = scep_profile_get_status (f->profile);
  g_assert_cmpstr (status->state, ==, "bootstrapping");
  g_assert_cmpint (status->next_action_time, ==, scep_clock_now (SCEP_CLOCK (f->clock)) + LONGEST);
  g_assert_cmpuint (scep_transport_fake_get_n_requests (f->transport), ==, 0);

  g_clear_pointer (&pass, scep_gate_pass_free);
  profile_fixture_wait_state (f, "enrolled");
  g_assert_cmpstr (next_action (f), !=, "send");
  /* It has left again. */
  pass = scep_gate_try_enter (f->gate, SERVER);
  g_assert_nonnull (pass);
}

static void
test_other_server (ProfileFixture *f, gconstpointer data)
{
  g_autoptr (ScepGatePass) pass = scep_gate_try_enter (f->gate, "other.example");

  profile_fixture_begin (f, profile_fixture_get_pin (f));
  profile_fixture_wait_state (f, "enrolled");
}

/* To connect once more would only take as long again. */
static void
test_nobody_there (ProfileFixture *f, gconstpointer data)
{
  f->mood = MOOD_VANISH;
  profile_fixture_begin (f, profile_fixture_get_pin (f));
  profile_fixture_wait_counter (&f->n_failures, 1);
  profile_fixture_assert_error (f, SCEP_ERROR_SERVER_UNREACHABLE);
  g_assert_cmpuint (scep_transport_fake_get_n_requests (f->transport), ==, 1);
}

/* Some servers close the connection at a GetCACaps that they do not know. */
static void
test_closed (ProfileFixture *f, gconstpointer data)
{
  scep_transport_fake_close (f->transport, TRUE);
  scep_transport_fake_push_error (f->transport, SCEP_ERROR_SERVER_UNREACHABLE);
  profile_fixture_begin (f, profile_fixture_get_pin (f));
  profile_fixture_wait_state (f, "enrolled");
  g_assert_cmpuint (f->n_failures, ==, 0);
}

/* What the CA has is asked about in vain, and not given up. */
static void
test_nobody_there_any_more (ProfileFixture *f, gconstpointer data)
{
  guint before;

  f->mood = MOOD_DELAY;
  profile_fixture_begin (f, profile_fixture_get_pin (f));
  profile_fixture_wait_state (f, "pending");
  profile_fixture_close (f);
  profile_fixture_open (f);
  f->mood = MOOD_VANISH;
  before = scep_transport_fake_get_n_requests (f->transport);
  scep_clock_fake_advance (f->clock, PROFILE_FIXTURE_RETRY);
  profile_fixture_wait_counter (&f->n_failures, 1);
  g_assert_cmpuint (scep_transport_fake_get_n_requests (f->transport), ==, before + 1);
  g_assert_cmpstr (scep_profile_get_status (f->profile)->state, ==, "pending");
  f->mood = MOOD_ISSUE;
  scep_clock_fake_advance (f->clock, PROFILE_FIXTURE_RETRY);
  profile_fixture_wait_state (f, "enrolled");
  g_assert_cmpuint (f->n_requests, ==, 1);
}

/* Runs @action, which is due, and expects that nothing is planned while the server is asked. */
static void
expect_no_plan (ProfileFixture *f, const char *action, gint64 delay)
{
  guint before = scep_transport_fake_get_n_requests (f->transport);

  g_assert_cmpstr (next_action (f), ==, action);
  scep_transport_fake_hold (f->transport, TRUE);
  scep_clock_fake_advance (f->clock, delay);
  while (scep_transport_fake_get_n_requests (f->transport) == before)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpstr (next_action (f), ==, "");
  g_assert_cmpint (scep_profile_get_status (f->profile)->next_action_time, ==, 0);
  scep_transport_fake_hold (f->transport, FALSE);
}

/* What is planned is told, and whatever runs is a plan no more. */
static void
test_no_plan (ProfileFixture *f, gconstpointer data)
{
  f->mood = MOOD_VANISH;
  profile_fixture_begin (f, profile_fixture_get_pin (f));
  profile_fixture_wait_counter (&f->n_failures, 1);
  f->mood = MOOD_DELAY;
  expect_no_plan (f, "retry", PROFILE_FIXTURE_RETRY);
  profile_fixture_wait_state (f, "pending");
  expect_no_plan (f, "poll", PROFILE_FIXTURE_RETRY);
  profile_fixture_wait_counter (&f->n_polls, 1);
  while (!g_str_equal (next_action (f), "poll"))
    g_main_context_iteration (NULL, TRUE);
  f->mood = MOOD_ISSUE;
  expect_no_plan (f, "poll", DAY);
  profile_fixture_wait_state (f, "enrolled");
  expect_no_plan (f, "check", DAY);
  while (next_action (f)[0] == '\0')
    g_main_context_iteration (NULL, TRUE);
  profile_fixture_configure (f, "CertificateCheckInterval", "2678400", NULL);
  expect_no_plan (f, "renew", 31 * DAY);
  profile_fixture_wait_counter (&f->n_renewed, 1);
}

static void
check_by_hand (ProfileFixture *f)
{
  g_assert_true (scep_profile_check (f->profile, NULL));
  while (next_action (f)[0] == '\0')
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (scep_transport_fake_get_n_requests (f->transport), <=, SCEP_REQUEST_RATE_LIMIT);
}

static GLogWriterOutput
count_words (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  guint *n = user_data;

  for (gsize i = 0; i < n_fields && level <= G_LOG_LEVEL_MESSAGE; i++) {
    if (g_str_equal (fields[i].key, "MESSAGE") &&
        strstr (fields[i].value, "within a minute") != NULL)
      ++*n;
  }
  return g_log_writer_default (level, fields, n_fields, NULL);
}

/* The second line of defence: whatever asks, and whoever wants it. */
static void
test_too_often (ProfileFixture *f, gconstpointer data)
{
  static guint n_words;
  g_autoptr (GError) error = NULL;
  GAsyncResult *result = NULL;

  g_log_set_writer_func (count_words, &n_words, NULL);
  profile_fixture_begin (f, profile_fixture_get_pin (f));
  profile_fixture_wait_state (f, "enrolled");
  while (scep_profile_get_status (f->profile)->last_error[0] == '\0')
    check_by_hand (f);
  profile_fixture_assert_error (f, SCEP_ERROR_BUSY);
  g_assert_cmpuint (n_words, ==, 1);
  for (guint i = 0; i < 100; i++)
    check_by_hand (f);
  g_assert_cmpuint (n_words, ==, 1);

  scep_profile_get_crl_async (f->profile, profile_fixture_store_result, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_null (scep_profile_get_crl_finish (f->profile, result, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_BUSY);
  g_clear_object (&result);
  g_clear_error (&error);
  scep_profile_diagnose_async (f->profile, profile_fixture_store_result, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_null (scep_profile_diagnose_finish (f->profile, result, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_BUSY);
  g_clear_object (&result);
  g_assert_cmpuint (scep_transport_fake_get_n_requests (f->transport), <=, SCEP_REQUEST_RATE_LIMIT);

  /* A minute later there is room again. */
  scep_clock_fake_advance (f->clock, SCEP_REQUEST_RATE_PERIOD);
  while (scep_profile_get_status (f->profile)->last_error[0] != '\0')
    g_main_context_iteration (NULL, TRUE);
}

#define ADD(name, func)                                                                            \
  g_test_add ("/exchange/" name, ProfileFixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("disabled-in-the-queue", test_disabled_in_the_queue);
  ADD ("nobody-there", test_nobody_there);
  ADD ("closed", test_closed);
  ADD ("nobody-there-any-more", test_nobody_there_any_more);
  ADD ("no-plan", test_no_plan);
  ADD ("turn", test_turn);
  ADD ("other-server", test_other_server);
  ADD ("too-often", test_too_often);
  return g_test_run ();
}
