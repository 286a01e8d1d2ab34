/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-error.h"
#include "profile-fixture.h"

#include <glib/gstdio.h>
#include <string.h>

static void
test_wrong_fingerprint (ProfileFixture *fixture, gconstpointer data)
{
  profile_fixture_begin (fixture,
                         "0000000000000000000000000000000000000000000000000000000000000000");
  profile_fixture_wait_state (fixture, "waiting");
  profile_fixture_assert_error (fixture, SCEP_ERROR_FINGERPRINT_MISMATCH);
  g_assert_cmpuint (scep_transport_fake_get_n_requests (fixture->transport), ==, 2);
  g_assert_cmpuint (fixture->n_requests, ==, 0);
}

static void
test_accept (ProfileFixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  GAsyncResult *result = NULL;

  profile_fixture_begin (fixture, "");
  profile_fixture_wait_state (fixture, "awaiting-trust");
  g_assert_cmpuint (scep_transport_fake_get_n_requests (fixture->transport), ==, 2);
  g_assert_cmpstr (scep_profile_get_status (fixture->profile)->missing_settings[0], ==,
                   "CARootFingerprint");
  scep_profile_accept_ca_async (fixture->profile, "abcd", profile_fixture_store_result, &result);
  g_assert_false (profile_fixture_wait_change (fixture, &result, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_FINGERPRINT_MISMATCH);
  g_clear_error (&error);
  scep_profile_accept_ca_async (fixture->profile, profile_fixture_get_pin (fixture),
                                profile_fixture_store_result, &result);
  g_assert_true (profile_fixture_wait_change (fixture, &result, &error));
  g_assert_no_error (error);
  profile_fixture_wait_state (fixture, "enrolled");
}

static void
test_success (ProfileFixture *fixture, gconstpointer data)
{
  g_autofree char *pem = NULL;
  ScepStatus *status;

  profile_fixture_begin (fixture, profile_fixture_get_pin (fixture));
  profile_fixture_wait_state (fixture, "enrolled");
  status = scep_profile_get_status (fixture->profile);
  g_assert_cmpstr (status->subject, ==, "CN=device");
  g_assert_cmpstr (status->serial, ==, "4d");
  g_assert_cmpstr (status->last_error, ==, "");
  g_assert_cmpstr (status->transaction_id, ==, "");
  g_assert_cmpstr (status->next_action, !=, "");
  pem = scep_profile_dup_certificate_chain (fixture->profile);
  g_assert_nonnull (strstr (pem, "BEGIN CERTIFICATE"));
  g_assert_cmpuint (fixture->n_requests, ==, 1);

  profile_fixture_close (fixture);
  profile_fixture_open (fixture);
  g_assert_cmpstr (scep_profile_get_status (fixture->profile)->state, ==, "enrolled");
  g_assert_cmpuint (fixture->n_requests, ==, 1);
}

static void
test_pending (ProfileFixture *fixture, gconstpointer data)
{
  g_autofree char *id = NULL;

  fixture->mood = MOOD_DELAY;
  profile_fixture_begin (fixture, profile_fixture_get_pin (fixture));
  profile_fixture_wait_state (fixture, "pending");
  id = g_strdup (fixture->transaction_id);
  scep_clock_fake_advance (fixture->clock, PROFILE_FIXTURE_RETRY - 1);
  g_assert_cmpuint (fixture->n_polls, ==, 0);
  scep_clock_fake_advance (fixture->clock, 1);
  profile_fixture_wait_counter (&fixture->n_polls, 1);

  profile_fixture_close (fixture);
  profile_fixture_open (fixture);
  g_assert_cmpstr (scep_profile_get_status (fixture->profile)->state, ==, "pending");
  g_assert_cmpstr (scep_profile_get_status (fixture->profile)->transaction_id, ==, id);
  fixture->mood = MOOD_ISSUE;
  scep_clock_fake_advance (fixture->clock, 2 * PROFILE_FIXTURE_RETRY);
  profile_fixture_wait_state (fixture, "enrolled");
  g_assert_cmpuint (fixture->n_requests, ==, 1);
}

static void
test_unsigned_keeps_pending (ProfileFixture *fixture, gconstpointer data)
{
  fixture->mood = MOOD_DELAY;
  profile_fixture_begin (fixture, profile_fixture_get_pin (fixture));
  profile_fixture_wait_state (fixture, "pending");
  fixture->mood = MOOD_BREAK;
  scep_clock_fake_advance (fixture->clock, PROFILE_FIXTURE_RETRY);
  profile_fixture_wait_counter (&fixture->n_failures, 1);
  g_assert_cmpstr (scep_profile_get_status (fixture->profile)->state, ==, "pending");
  fixture->mood = MOOD_ISSUE;
  scep_clock_fake_advance (fixture->clock, PROFILE_FIXTURE_RETRY);
  profile_fixture_wait_state (fixture, "enrolled");
  g_assert_cmpuint (fixture->n_requests, ==, 1);
}

static void
test_refusal (ProfileFixture *fixture, gconstpointer data)
{
  gint64 now = scep_clock_now (SCEP_CLOCK (fixture->clock));

  fixture->mood = MOOD_REFUSE;
  profile_fixture_begin (fixture, profile_fixture_get_pin (fixture));
  profile_fixture_wait_state (fixture, "rejected");
  profile_fixture_assert_error (fixture, SCEP_ERROR_BAD_REQUEST);
  g_assert_cmpint (scep_profile_get_status (fixture->profile)->next_action_time, ==,
                   now + PROFILE_FIXTURE_RETRY);
  scep_clock_fake_advance (fixture->clock, PROFILE_FIXTURE_RETRY);
  profile_fixture_wait_counter (&fixture->n_failures, 2);
  g_assert_cmpint (scep_profile_get_status (fixture->profile)->next_action_time, ==,
                   now + PROFILE_FIXTURE_RETRY + 2 * PROFILE_FIXTURE_RETRY);

  profile_fixture_close (fixture);
  profile_fixture_open (fixture);
  g_assert_cmpstr (scep_profile_get_status (fixture->profile)->state, ==, "rejected");
  g_assert_cmpint (scep_profile_get_status (fixture->profile)->next_action_time, ==,
                   now + PROFILE_FIXTURE_RETRY + 2 * PROFILE_FIXTURE_RETRY);
}

static void
test_unreachable (ProfileFixture *fixture, gconstpointer data)
{
  gint64 now = scep_clock_now (SCEP_CLOCK (fixture->clock));

  fixture->mood = MOOD_VANISH;
  profile_fixture_begin (fixture, profile_fixture_get_pin (fixture));
  profile_fixture_wait_state (fixture, "waiting");
  profile_fixture_assert_error (fixture, SCEP_ERROR_SERVER_UNREACHABLE);
  scep_clock_fake_advance (fixture->clock, PROFILE_FIXTURE_RETRY);
  profile_fixture_wait_counter (&fixture->n_failures, 2);
  g_assert_cmpint (scep_profile_get_status (fixture->profile)->next_action_time, ==,
                   now + 2 * PROFILE_FIXTURE_RETRY);
}

/* The answer to a request of the last run is lost: asked for once, then given up. */
static void
test_sent_without_answer (ProfileFixture *fixture, gconstpointer data)
{
  profile_fixture_begin (fixture, profile_fixture_get_pin (fixture));
  scep_transport_fake_hold (fixture->transport, FALSE);
  while (fixture->transaction_id == NULL) {
    if (scep_profile_get_status (fixture->profile)->transaction_id[0] != '\0')
      scep_transport_fake_hold (fixture->transport, TRUE);
    if (scep_transport_fake_get_n_requests (fixture->transport) > 2)
      break;
    g_main_context_iteration (NULL, TRUE);
  }
  g_assert_cmpstr (scep_profile_get_status (fixture->profile)->transaction_id, !=, "");
  profile_fixture_close (fixture);
  g_assert_cmpuint (fixture->n_polls, ==, 0);

  g_free (fixture->transaction_id);
  fixture->transaction_id = NULL;
  scep_transport_fake_hold (fixture->transport, FALSE);
  fixture->mood = MOOD_VANISH;
  profile_fixture_open (fixture);
  profile_fixture_wait_counter (&fixture->n_failures, 1);
  g_assert_cmpstr (scep_profile_get_status (fixture->profile)->transaction_id, ==, "");
  fixture->mood = MOOD_ISSUE;
  fixture->n_requests = 0;
  scep_clock_fake_advance (fixture->clock, PROFILE_FIXTURE_RETRY);
  profile_fixture_wait_state (fixture, "enrolled");
  g_assert_cmpuint (fixture->n_requests, ==, 1);
}

/* What cannot be written is not sent. */
static void
test_storage_failure (ProfileFixture *fixture, gconstpointer data)
{
  g_autofree char *path =
      g_build_filename (fixture->directory, "profiles", "default", "transaction.keyfile", NULL);

  profile_fixture_configure (fixture, "SubjectDN", "CN=device", NULL);
  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
  profile_fixture_begin (fixture, profile_fixture_get_pin (fixture));
  profile_fixture_wait_state (fixture, "waiting");
  profile_fixture_assert_error (fixture, SCEP_ERROR_STORAGE_FAILED);
  g_assert_cmpuint (fixture->n_requests, ==, 0);
  g_assert_cmpint (g_rmdir (path), ==, 0);
  scep_clock_fake_advance (fixture->clock, PROFILE_FIXTURE_RETRY);
  profile_fixture_wait_state (fixture, "enrolled");
}

static void
test_cancel_and_disable (ProfileFixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  GAsyncResult *result = NULL;

  fixture->mood = MOOD_DELAY;
  profile_fixture_begin (fixture, profile_fixture_get_pin (fixture));
  profile_fixture_wait_state (fixture, "pending");
  g_assert_false (scep_profile_enroll (fixture->profile, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_BUSY);
  g_clear_error (&error);

  profile_fixture_configure (fixture, "Enabled", "false", NULL);
  g_assert_cmpstr (scep_profile_get_status (fixture->profile)->state, ==, "disabled");
  g_assert_cmpint (scep_clock_fake_get_next (fixture->clock), ==, 0);
  profile_fixture_configure (fixture, "Enabled", "true", NULL);
  g_assert_cmpstr (scep_profile_get_status (fixture->profile)->state, ==, "pending");

  scep_profile_cancel_async (fixture->profile, profile_fixture_store_result, &result);
  g_assert_true (profile_fixture_wait_change (fixture, &result, &error));
  profile_fixture_assert_error (fixture, SCEP_ERROR_CANCELLED);
  g_assert_cmpstr (scep_profile_get_status (fixture->profile)->transaction_id, ==, "");
  fixture->mood = MOOD_ISSUE;
  scep_clock_fake_advance (fixture->clock, PROFILE_FIXTURE_RETRY);
  profile_fixture_wait_state (fixture, "enrolled");
  g_assert_cmpuint (fixture->n_requests, ==, 2);
}

static void
test_endpoint_change (ProfileFixture *fixture, gconstpointer data)
{
  profile_fixture_begin (fixture, profile_fixture_get_pin (fixture));
  profile_fixture_wait_state (fixture, "enrolled");
  fixture->mood = MOOD_VANISH;
  profile_fixture_configure (fixture, "ServerEndpoint", "http://other.example/scep", NULL);
  profile_fixture_wait_state (fixture, "waiting");
  /* What there is stays until there is something better. */
  g_assert_cmpstr (scep_profile_get_status (fixture->profile)->fingerprint, !=, "");
  fixture->mood = MOOD_ISSUE;
  scep_clock_fake_advance (fixture->clock, PROFILE_FIXTURE_RETRY);
  profile_fixture_wait_state (fixture, "enrolled");
  g_assert_cmpuint (fixture->n_requests, ==, 2);
}

static void
test_reset (ProfileFixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  GAsyncResult *result = NULL;

  profile_fixture_begin (fixture, profile_fixture_get_pin (fixture));
  profile_fixture_wait_state (fixture, "enrolled");
  profile_fixture_configure (fixture, "Enabled", "false", NULL);
  scep_profile_reset_async (fixture->profile, profile_fixture_store_result, &result);
  g_assert_true (profile_fixture_wait_change (fixture, &result, &error));
  g_assert_cmpstr (scep_profile_get_status (fixture->profile)->fingerprint, ==, "");
  g_assert_cmpstr (scep_profile_get_status (fixture->profile)->state, ==, "disabled");
}

#define ADD(path, function)                                                                        \
  g_test_add (path, ProfileFixture, NULL, profile_fixture_set_up, function,                        \
              profile_fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/profile/wrong-fingerprint", test_wrong_fingerprint);
  ADD ("/profile/accept", test_accept);
  ADD ("/profile/success", test_success);
  ADD ("/profile/pending", test_pending);
  ADD ("/profile/unsigned-keeps-pending", test_unsigned_keeps_pending);
  ADD ("/profile/refusal", test_refusal);
  ADD ("/profile/unreachable", test_unreachable);
  ADD ("/profile/sent-without-answer", test_sent_without_answer);
  ADD ("/profile/storage-failure", test_storage_failure);
  ADD ("/profile/cancel-and-disable", test_cancel_and_disable);
  ADD ("/profile/endpoint-change", test_endpoint_change);
  ADD ("/profile/reset", test_reset);
  return g_test_run ();
}
