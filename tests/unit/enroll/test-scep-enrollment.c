/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-error.h"
#include "base/scep-names.h"
#include "enroll/scep-history.h"
#include "keystore/scep-keystore-keyfile.h"
#include "profile-fixture.h"

#include <string.h>

#define DAY (24 * 60 * 60)
#define IMPLAUSIBLE 1000000000

static ScepStatus *
get_status (ProfileFixture *fixture)
{
  return scep_profile_get_status (fixture->profile);
}

static void
wait_enrolled (ProfileFixture *fixture)
{
  profile_fixture_begin (fixture, profile_fixture_get_pin (fixture));
  profile_fixture_wait_state (fixture, "enrolled");
}

static void
wait_pending (ProfileFixture *fixture)
{
  fixture->mood = MOOD_DELAY;
  profile_fixture_begin (fixture, profile_fixture_get_pin (fixture));
  profile_fixture_wait_state (fixture, "pending");
}

static void
test_implausible_clock (ProfileFixture *fixture, gconstpointer data)
{
  gint64 now = scep_clock_now (SCEP_CLOCK (fixture->clock));

  scep_clock_fake_set (fixture->clock, IMPLAUSIBLE);
  profile_fixture_begin (fixture, profile_fixture_get_pin (fixture));
  profile_fixture_wait_state (fixture, "waiting");
  profile_fixture_assert_error (fixture, SCEP_ERROR_CLOCK_IMPLAUSIBLE);
  g_assert_cmpint (get_status (fixture)->next_action_time, ==, IMPLAUSIBLE + PROFILE_FIXTURE_RETRY);
  g_assert_cmpuint (scep_transport_fake_get_n_requests (fixture->transport), ==, 0);
  scep_clock_fake_set (fixture->clock, now);
  profile_fixture_wait_state (fixture, "enrolled");
  g_assert_cmpstr (get_status (fixture)->last_error, ==, "");
}

/* A plan that was made in the far future must not last until then. */
static void
test_clock_set_back (ProfileFixture *fixture, gconstpointer data)
{
  gint64 now = scep_clock_now (SCEP_CLOCK (fixture->clock));

  fixture->mood = MOOD_VANISH;
  scep_clock_fake_set (fixture->clock, now + 1000 * DAY);
  profile_fixture_begin (fixture, profile_fixture_get_pin (fixture));
  profile_fixture_wait_counter (&fixture->n_failures, 1);
  fixture->mood = MOOD_ISSUE;
  scep_clock_fake_set (fixture->clock, now);
  profile_fixture_wait_state (fixture, "enrolled");
}

static void
test_clock_set_while_pending (ProfileFixture *fixture, gconstpointer data)
{
  wait_pending (fixture);
  scep_clock_fake_set (fixture->clock, scep_clock_now (SCEP_CLOCK (fixture->clock)) - 500);
  profile_fixture_wait_counter (&fixture->n_polls, 1);
  profile_fixture_wait_state (fixture, "pending");
  g_assert_cmpuint (fixture->n_requests, ==, 1);
}

static void
check_kept_pending (ProfileFixture *fixture, ProfileFixtureMood mood, ScepError code)
{
  g_autofree char *id = NULL;

  wait_pending (fixture);
  id = g_strdup (get_status (fixture)->transaction_id);
  fixture->mood = mood;
  scep_clock_fake_advance (fixture->clock, PROFILE_FIXTURE_RETRY);
  profile_fixture_wait_counter (&fixture->n_failures, 1);
  profile_fixture_assert_error (fixture, code);
  g_assert_cmpstr (get_status (fixture)->state, ==, "pending");
  g_assert_cmpstr (get_status (fixture)->next_action, ==, "poll");
  g_assert_cmpstr (get_status (fixture)->transaction_id, ==, id);
  fixture->mood = MOOD_ISSUE;
  scep_clock_fake_advance (fixture->clock, PROFILE_FIXTURE_RETRY);
  profile_fixture_wait_state (fixture, "enrolled");
  g_assert_cmpuint (fixture->n_requests, ==, 1);
}

static void
test_pending_fault (ProfileFixture *fixture, gconstpointer data)
{
  check_kept_pending (fixture, MOOD_FAULT, SCEP_ERROR_HTTP_STATUS);
}

static void
test_pending_other_id (ProfileFixture *fixture, gconstpointer data)
{
  check_kept_pending (fixture, MOOD_OTHER_ID, SCEP_ERROR_TRANSACTION_MISMATCH);
}

static void
test_pending_other_nonce (ProfileFixture *fixture, gconstpointer data)
{
  check_kept_pending (fixture, MOOD_OTHER_NONCE, SCEP_ERROR_NONCE_MISMATCH);
}

static void
check_poll_limit (ProfileFixture *fixture, ProfileFixtureMood mood)
{
  wait_pending (fixture);
  fixture->mood = mood;
  scep_clock_fake_advance (fixture->clock, 7 * DAY);
  profile_fixture_wait_counter (&fixture->n_failures, 1);
  profile_fixture_assert_error (fixture, SCEP_ERROR_POLL_LIMIT);
  g_assert_cmpstr (get_status (fixture)->state, ==, "waiting");
  g_assert_cmpstr (get_status (fixture)->transaction_id, ==, "");
  fixture->mood = MOOD_ISSUE;
  scep_clock_fake_advance (fixture->clock, PROFILE_FIXTURE_RETRY);
  profile_fixture_wait_state (fixture, "enrolled");
  g_assert_cmpuint (fixture->n_requests, ==, 2);
}

static void
test_poll_limit (ProfileFixture *fixture, gconstpointer data)
{
  check_poll_limit (fixture, MOOD_DELAY);
}

static void
test_poll_limit_unreachable (ProfileFixture *fixture, gconstpointer data)
{
  check_poll_limit (fixture, MOOD_VANISH);
}

static gboolean
has_entry (ScepKeystore *keystore, const char *alias)
{
  g_autoptr (ScepKeystoreEntry) entry = scep_keystore_lookup (keystore, alias, NULL);

  return entry != NULL;
}

static void
test_other_keystore (ProfileFixture *fixture, gconstpointer data)
{
  wait_pending (fixture);
  g_assert_true (has_entry (fixture->keystore, SCEP_ALIAS_REQUEST));
  profile_fixture_configure (fixture, "KeystoreServiceTarget", "(id=nowhere)", NULL);
  g_assert_cmpstr (get_status (fixture)->state, ==, "waiting");
  profile_fixture_assert_error (fixture, SCEP_ERROR_KEYSTORE_NOT_FOUND);
  profile_fixture_configure (fixture, "KeystoreServiceTarget", "(id=*)", NULL);
  profile_fixture_assert_error (fixture, SCEP_ERROR_KEYSTORE_AMBIGUOUS);

  fixture->mood = MOOD_ISSUE;
  profile_fixture_configure (fixture, "KeystoreServiceTarget", "(id=other)", NULL);
  profile_fixture_wait_state (fixture, "enrolled");
  g_assert_cmpuint (fixture->n_bootstraps, ==, 2);
  g_assert_cmpuint (fixture->n_requests, ==, 2);
  g_assert_false (has_entry (fixture->keystore, SCEP_ALIAS_REQUEST));
  g_assert_true (has_entry (fixture->other_keystore, SCEP_ALIAS_ENROLLED));
  g_assert_cmpstr (get_status (fixture)->last_error, ==, "");

  /* Back again: what is there is gone on with. */
  fixture->mood = MOOD_DELAY;
  profile_fixture_configure (fixture, "KeystoreServiceTarget", "(id=default)", NULL);
  profile_fixture_wait_state (fixture, "pending");
  g_assert_cmpuint (fixture->n_bootstraps, ==, 2);
  profile_fixture_configure (fixture, "KeystoreServiceTarget", "(id=other)", NULL);
  g_assert_cmpstr (get_status (fixture)->state, ==, "enrolled");
}

static void
reload (ProfileFixture *fixture)
{
  GAsyncResult *result = NULL;
  g_autoptr (GError) error = NULL;

  scep_profile_reload_async (fixture->profile, profile_fixture_store_result, &result);
  profile_fixture_wait_change (fixture, &result, &error);
  g_assert_no_error (error);
}

static void
swap_names (ProfileFixture *fixture, const char *pid, const char *other_pid)
{
  scep_keystore_keyfile_set_service_pid (SCEP_KEYSTORE_KEYFILE (fixture->keystore), pid);
  scep_keystore_keyfile_set_service_pid (SCEP_KEYSTORE_KEYFILE (fixture->other_keystore),
                                         other_pid);
  reload (fixture);
}

/* Whatever becomes of the keystores, a request ends where its key is; what comes after it goes
 * where the setting says. */
static void
test_keystores_change (ProfileFixture *fixture, gconstpointer data)
{
  g_autofree char *transaction = NULL;

  wait_pending (fixture);
  transaction = g_strdup (get_status (fixture)->transaction_id);
  g_assert_true (scep_profile_uses_keystore (fixture->profile, fixture->keystore));
  g_assert_false (scep_profile_uses_keystore (fixture->profile, fixture->other_keystore));
  swap_names (fixture, "other", "default");
  g_assert_cmpstr (get_status (fixture)->transaction_id, ==, transaction);
  scep_keystore_registry_remove (fixture->keystores, fixture->keystore);
  scep_profile_keystore_gone (fixture->profile, fixture->keystore);
  reload (fixture);
  g_assert_cmpstr (get_status (fixture)->state, ==, "pending");
  g_assert_cmpstr (get_status (fixture)->transaction_id, ==, transaction);
  g_assert_true (has_entry (fixture->keystore, SCEP_ALIAS_REQUEST));

  scep_keystore_registry_add (fixture->keystores, fixture->keystore);
  fixture->mood = MOOD_ISSUE;
  scep_clock_fake_advance (fixture->clock, DAY);
  profile_fixture_wait_counter (&fixture->n_enrolled, 2);
  g_assert_true (has_entry (fixture->keystore, SCEP_ALIAS_ENROLLED));
  g_assert_true (has_entry (fixture->other_keystore, SCEP_ALIAS_ENROLLED));
  g_assert_cmpuint (fixture->n_requests, ==, 2);
  g_assert_false (scep_profile_uses_keystore (fixture->profile, fixture->keystore));
  g_assert_true (scep_profile_uses_keystore (fixture->profile, fixture->other_keystore));
}

static void
test_daily_check (ProfileFixture *fixture, gconstpointer data)
{
  wait_enrolled (fixture);
  g_assert_cmpuint (fixture->n_bootstraps, ==, 1);
  g_assert_cmpstr (get_status (fixture)->next_action, ==, "check");
  g_assert_cmpint (get_status (fixture)->next_action_time, ==,
                   scep_clock_now (SCEP_CLOCK (fixture->clock)) + DAY);

  fixture->mood = MOOD_VANISH;
  scep_clock_fake_advance (fixture->clock, DAY);
  while (get_status (fixture)->last_error[0] == '\0')
    g_main_context_iteration (NULL, TRUE);
  profile_fixture_assert_error (fixture, SCEP_ERROR_SERVER_UNREACHABLE);
  g_assert_cmpstr (get_status (fixture)->state, ==, "enrolled");
  g_assert_cmpuint (fixture->n_failures, ==, 0);

  fixture->mood = MOOD_ISSUE;
  scep_clock_fake_advance (fixture->clock, PROFILE_FIXTURE_RETRY);
  profile_fixture_wait_counter (&fixture->n_bootstraps, 2);
  while (get_status (fixture)->last_error[0] != '\0')
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (get_status (fixture)->next_action_time, ==,
                   scep_clock_now (SCEP_CLOCK (fixture->clock)) + DAY);
  g_assert_cmpuint (fixture->n_requests, ==, 1);
}

static void
test_check_and_enroll (ProfileFixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (scep_profile_check (fixture->profile, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_DISABLED);
  g_clear_error (&error);
  wait_enrolled (fixture);
  g_assert_true (scep_profile_check (fixture->profile, NULL));
  /* What is going on is not what is planned. */
  g_assert_cmpstr (get_status (fixture)->next_action, ==, "");
  g_assert_cmpint (get_status (fixture)->next_action_time, ==, 0);
  g_assert_false (scep_profile_check (fixture->profile, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_BUSY);
  profile_fixture_wait_counter (&fixture->n_bootstraps, 2);
  while (!scep_profile_enroll (fixture->profile, NULL))
    g_main_context_iteration (NULL, TRUE);
  profile_fixture_wait_counter (&fixture->n_enrolled, 2);
  g_assert_cmpuint (fixture->n_requests, ==, 2);
  g_assert_true (has_entry (fixture->keystore, SCEP_ALIAS_PREVIOUS));
}

/* What the attempt does not depend on does not end it. */
static void
test_irrelevant_setting (ProfileFixture *fixture, gconstpointer data)
{
  scep_transport_fake_hold (fixture->transport, TRUE);
  profile_fixture_begin (fixture, profile_fixture_get_pin (fixture));
  profile_fixture_configure (fixture, "RenewalThreshold", "50", NULL);
  profile_fixture_configure (fixture, "SubjectDN", "CN=another", NULL);
  g_assert_cmpuint (scep_transport_fake_get_n_requests (fixture->transport), ==, 1);
  scep_transport_fake_hold (fixture->transport, FALSE);
  profile_fixture_wait_state (fixture, "enrolled");
  g_assert_cmpstr (get_status (fixture)->subject, ==, "CN=another");
  g_assert_cmpuint (fixture->n_bootstraps, ==, 1);
}

static void
test_relevant_setting (ProfileFixture *fixture, gconstpointer data)
{
  profile_fixture_begin (fixture, profile_fixture_get_pin (fixture));
  profile_fixture_wait_state (fixture, "generating-key");
  profile_fixture_configure (fixture, "SubjectDN", "CN=another", NULL);
  profile_fixture_wait_state (fixture, "requesting");
  profile_fixture_configure (fixture, "CAIdentifier", "site", NULL);
  if (get_status (fixture)->transaction_id[0] != '\0' && fixture->n_requests == 0) {
    /* Perhaps the CA has it: it is asked, and says that it has not. */
    profile_fixture_wait_state (fixture, "rejected");
    scep_clock_fake_advance (fixture->clock, PROFILE_FIXTURE_RETRY);
  }
  profile_fixture_wait_state (fixture, "enrolled");
  g_assert_cmpstr (get_status (fixture)->subject, ==, "CN=another");
}

static void
test_accept_overtaken (ProfileFixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  GAsyncResult *result = NULL;

  scep_profile_accept_ca_async (fixture->profile, profile_fixture_get_pin (fixture),
                                profile_fixture_store_result, &result);
  g_assert_false (profile_fixture_wait_change (fixture, &result, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_NOT_CONFIGURED);
  g_clear_error (&error);

  profile_fixture_begin (fixture, "");
  profile_fixture_wait_state (fixture, "awaiting-trust");
  scep_profile_accept_ca_async (fixture->profile, profile_fixture_get_pin (fixture),
                                profile_fixture_store_result, &result);
  scep_profile_stop (fixture->profile);
  g_assert_false (profile_fixture_wait_change (fixture, &result, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_CANCELLED);
  scep_profile_start (fixture->profile);
}

/* A server that can do little is served as the policy allows. */
static void
test_weak_capabilities (ProfileFixture *fixture, gconstpointer data)
{
  fixture->capabilities = "POSTPKIOperation\nDES3\nSHA-1\n";
  wait_enrolled (fixture);
  g_assert_cmpuint (fixture->n_requests, ==, 1);
}

static void
enroll_again (ScepProfile *profile, const char *fingerprint, const char *serial, gint64 not_after,
              ProfileFixture *fixture)
{
  g_autoptr (GError) error = NULL;

  if (fixture->n_enrolled > 1)
    return;
  scep_profile_enroll (profile, &error);
  g_assert_no_error (error);
}

/* The news come before the old request is cleared away, which must not take the new one along. */
static void
test_enroll_at_the_news (ProfileFixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->directory, "profiles", SCEP_DEFAULT_ID,
                                            "transaction.keyfile", NULL);

  g_signal_connect (fixture->profile, "enrolled", G_CALLBACK (enroll_again), fixture);
  wait_enrolled (fixture);
  profile_fixture_wait_counter (&fixture->n_enrolled, 2);
  g_assert_cmpuint (fixture->n_requests, ==, 2);
  g_assert_cmpuint (fixture->n_failures, ==, 0);
  while (has_entry (fixture->keystore, SCEP_ALIAS_REQUEST))
    g_main_context_iteration (NULL, TRUE);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  g_assert_true (has_entry (fixture->keystore, SCEP_ALIAS_PREVIOUS));
}

static char *
read_transaction (ProfileFixture *fixture, char **text)
{
  char *path = g_build_filename (fixture->directory, "profiles", SCEP_DEFAULT_ID,
                                 "transaction.keyfile", NULL);

  g_assert_true (g_file_get_contents (path, text, NULL, NULL));
  return path;
}

/* The power went between the rename of the certificate and the end of its transaction. */
static void
test_installed_by_earlier_run (ProfileFixture *fixture, gconstpointer data)
{
  g_autofree char *text = NULL;
  g_autofree char *path = NULL;
  g_autoptr (GPtrArray) events = NULL;
  ScepHistoryEvent *last;

  wait_pending (fixture);
  path = read_transaction (fixture, &text);
  fixture->mood = MOOD_ISSUE;
  scep_clock_fake_advance (fixture->clock, PROFILE_FIXTURE_RETRY);
  profile_fixture_wait_counter (&fixture->n_enrolled, 1);
  profile_fixture_close (fixture);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  profile_fixture_open (fixture);
  g_assert_cmpuint (fixture->n_enrolled, ==, 2);
  events = scep_profile_dup_history (fixture->profile);
  last = g_ptr_array_index (events, events->len - 1);
  g_assert_cmpstr (last->kind, ==, SCEP_EVENT_KIND_ENROLLED);
  profile_fixture_close (fixture);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  profile_fixture_open (fixture);
  g_assert_cmpuint (fixture->n_enrolled, ==, 2);
  g_assert_cmpuint (fixture->n_requests, ==, 1);
}

#define ADD(path, function)                                                                        \
  g_test_add (path, ProfileFixture, NULL, profile_fixture_set_up, function,                        \
              profile_fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/enrollment/implausible-clock", test_implausible_clock);
  ADD ("/enrollment/clock-set-back", test_clock_set_back);
  ADD ("/enrollment/clock-set-while-pending", test_clock_set_while_pending);
  ADD ("/enrollment/pending/fault", test_pending_fault);
  ADD ("/enrollment/pending/other-id", test_pending_other_id);
  ADD ("/enrollment/pending/other-nonce", test_pending_other_nonce);
  ADD ("/enrollment/poll-limit", test_poll_limit);
  ADD ("/enrollment/poll-limit/unreachable", test_poll_limit_unreachable);
  ADD ("/enrollment/other-keystore", test_other_keystore);
  ADD ("/enrollment/keystores-change", test_keystores_change);
  ADD ("/enrollment/daily-check", test_daily_check);
  ADD ("/enrollment/check-and-enroll", test_check_and_enroll);
  ADD ("/enrollment/enroll-at-the-news", test_enroll_at_the_news);
  ADD ("/enrollment/installed-by-earlier-run", test_installed_by_earlier_run);
  ADD ("/enrollment/irrelevant-setting", test_irrelevant_setting);
  ADD ("/enrollment/relevant-setting", test_relevant_setting);
  ADD ("/enrollment/accept-overtaken", test_accept_overtaken);
  ADD ("/enrollment/weak-capabilities", test_weak_capabilities);
  return g_test_run ();
}
