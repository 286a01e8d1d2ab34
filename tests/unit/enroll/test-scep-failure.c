/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-error.h"
#include "base/scep-names.h"
#include "profile-fixture.h"

#include <string.h>

#define RETRY PROFILE_FIXTURE_RETRY
#define HOUR (60 * 60)
#define DAY (24 * HOUR)
#define CA_LIFETIME 1000

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

static gint64
get_delay (ProfileFixture *fixture)
{
  return get_status (fixture)->next_action_time - get_now (fixture);
}

/* Once nothing goes on any more without the clock. */
static guint
count_sent (ProfileFixture *fixture)
{
  profile_fixture_settle (fixture);
  return scep_transport_fake_get_n_requests (fixture->transport);
}

static void
wait_error (ProfileFixture *fixture)
{
  while (get_status (fixture)->last_error[0] == '\0' || get_status (fixture)->next_action_time == 0)
    g_main_context_iteration (NULL, TRUE);
}

static void
use_short_lived_ca (ProfileFixture *fixture)
{
  TestCertificateSpec spec = {
    .name = "Short-lived CA",
    .rsa_bits = 2048,
    .ca = TRUE,
    .not_before = get_now (fixture) - 1000,
    .not_after = get_now (fixture) + CA_LIFETIME,
  };

  test_certificate_free (fixture->ca);
  fixture->ca = test_certificate_new (&spec, NULL, NULL);
}

static void
wait_enrolled (ProfileFixture *fixture)
{
  profile_fixture_begin (fixture, profile_fixture_get_pin (fixture));
  profile_fixture_wait_state (fixture, "enrolled");
}

/* Asked so often, and then not before the interval is over, whoever looks. */
static void
expect_quiet (ProfileFixture *fixture, guint n_bootstraps)
{
  guint sent = count_sent (fixture);

  g_assert_cmpuint (fixture->n_bootstraps, ==, n_bootstraps);
  g_assert_cmpint (get_delay (fixture), >=, RETRY);
  profile_fixture_configure (fixture, "RenewalThreshold", "50", NULL);
  profile_fixture_configure (fixture, "RenewalThreshold", "67", NULL);
  g_assert_cmpuint (count_sent (fixture), ==, sent);
  profile_fixture_close (fixture);
  profile_fixture_open (fixture);
  g_assert_cmpuint (count_sent (fixture), ==, sent);
  scep_clock_fake_advance (fixture->clock, RETRY - 1);
  g_assert_cmpuint (count_sent (fixture), ==, sent);
  g_assert_cmpuint (fixture->n_bootstraps, ==, n_bootstraps);
}

/* The CA's certificate expires before the client's: nobody can be asked for another one, and
 * the server is not asked without a pause. */
static void
test_expired_ca (ProfileFixture *fixture, gconstpointer data)
{
  use_short_lived_ca (fixture);
  wait_enrolled (fixture);
  scep_clock_fake_advance (fixture->clock, CA_LIFETIME + 1);
  g_assert_true (scep_profile_check (fixture->profile, NULL));
  wait_error (fixture);
  profile_fixture_assert_error (fixture, SCEP_ERROR_UNTRUSTED_CA);
  for (guint n = 2; n < 5; n++) {
    expect_quiet (fixture, n);
    scep_clock_fake_advance (fixture->clock, 1);
    profile_fixture_wait_counter (&fixture->n_bootstraps, n + 1);
    wait_error (fixture);
  }
}

/* The same, found by the daily check, which is overdue from then on. */
static void
test_expired_ca_daily (ProfileFixture *fixture, gconstpointer data)
{
  use_short_lived_ca (fixture);
  wait_enrolled (fixture);
  scep_clock_fake_advance (fixture->clock, 3 * DAY);
  wait_error (fixture);
  expect_quiet (fixture, 2);
}

/* And by Renew(), for which there is no CA. */
static void
test_expired_ca_renew (ProfileFixture *fixture, gconstpointer data)
{
  use_short_lived_ca (fixture);
  wait_enrolled (fixture);
  scep_clock_fake_advance (fixture->clock, CA_LIFETIME + 1);
  g_assert_true (scep_profile_renew (fixture->profile, NULL));
  wait_error (fixture);
  expect_quiet (fixture, 2);
}

static void
remove_ca (ProfileFixture *fixture)
{
  scep_keystore_remove_async (fixture->keystore, SCEP_ALIAS_CA_PREFIX "0", NULL, NULL, NULL);
  profile_fixture_settle (fixture);
}

/* A check that is overdue and a bootstrap that is necessary are one reason to ask, not two. */
static void
test_unreachable_and_overdue (ProfileFixture *fixture, gconstpointer data)
{
  guint sent;

  wait_enrolled (fixture);
  remove_ca (fixture);
  fixture->mood = MOOD_VANISH;
  scep_clock_fake_advance (fixture->clock, 3 * DAY);
  wait_error (fixture);
  sent = count_sent (fixture);
  g_assert_cmpint (get_delay (fixture), ==, RETRY);
  scep_clock_fake_advance (fixture->clock, RETRY);
  g_assert_cmpuint (count_sent (fixture), ==, sent + 1);

  /* What failed is over when the CA is there again. */
  fixture->mood = MOOD_ISSUE;
  scep_clock_fake_advance (fixture->clock, RETRY);
  profile_fixture_wait_state (fixture, "enrolled");
  g_assert_cmpstr (get_status (fixture)->last_error, ==, "");
  profile_fixture_close (fixture);
  profile_fixture_open (fixture);
  g_assert_cmpstr (get_status (fixture)->last_error, ==, "");
  g_assert_cmpuint (fixture->n_requests, ==, 1);
}

/* A renewal that is due and a check that is overdue: one attempt at a time. */
static void
test_renewal_and_overdue (ProfileFixture *fixture, gconstpointer data)
{
  guint sent;

  wait_enrolled (fixture);
  fixture->mood = MOOD_VANISH;
  scep_clock_fake_advance (fixture->clock, 9 * DAY);
  wait_error (fixture);
  for (guint i = 0; i < 5; i++) {
    sent = count_sent (fixture);
    g_assert_cmpint (get_delay (fixture), >=, RETRY);
    scep_clock_fake_advance (fixture->clock, RETRY);
    g_assert_cmpuint (count_sent (fixture), <=, sent + 1);
  }
}

/* Fails, waits for the next attempt, and so on; returns how long the last wait is. */
static gint64
fail (ProfileFixture *fixture, guint n_failures)
{
  guint first = fixture->n_failures + 1;

  for (guint n = first; n < first + n_failures; n++) {
    if (n > 1)
      scep_clock_fake_advance (fixture->clock, get_delay (fixture));
    profile_fixture_wait_counter (&fixture->n_failures, n);
    profile_fixture_settle (fixture);
    g_assert_cmpuint (fixture->n_failures, ==, n);
  }
  return get_delay (fixture);
}

static void
begin (ProfileFixture *fixture, ProfileFixtureMood mood)
{
  fixture->mood = mood;
  profile_fixture_begin (fixture, profile_fixture_get_pin (fixture));
}

static void
check_issued_in_vain (ProfileFixture *fixture, ProfileFixtureMood mood, ScepError code)
{
  begin (fixture, mood);
  g_assert_cmpint (fail (fixture, 1), ==, RETRY);
  profile_fixture_assert_error (fixture, code);
  g_assert_cmpstr (get_status (fixture)->state, ==, "waiting");
  g_assert_cmpint (fail (fixture, 1), ==, 2 * RETRY);
  profile_fixture_close (fixture);
  profile_fixture_open (fixture);
  g_assert_cmpstr (get_status (fixture)->state, ==, "waiting");
  g_assert_cmpint (get_delay (fixture), ==, 2 * RETRY);
  g_assert_cmpint (fail (fixture, 1), ==, 4 * RETRY);
  g_assert_cmpint (fail (fixture, 10), ==, DAY);
  g_assert_cmpint (fail (fixture, 1), ==, DAY);
}

/* A signed answer that cannot be used: the CA may have issued. */
static void
test_vain_hollow (ProfileFixture *fixture, gconstpointer data)
{
  check_issued_in_vain (fixture, MOOD_HOLLOW, SCEP_ERROR_MALFORMED_REPLY);
}

static void
test_vain_stranger (ProfileFixture *fixture, gconstpointer data)
{
  check_issued_in_vain (fixture, MOOD_STRANGER, SCEP_ERROR_UNTRUSTED_CA);
}

static void
test_vain_other_nonce (ProfileFixture *fixture, gconstpointer data)
{
  check_issued_in_vain (fixture, MOOD_OTHER_NONCE, SCEP_ERROR_NONCE_MISMATCH);
}

static gint64
poll_in_vain (ProfileFixture *fixture, guint n_failures)
{
  scep_clock_fake_advance (fixture->clock, get_delay (fixture));
  profile_fixture_wait_counter (&fixture->n_failures, n_failures);
  profile_fixture_settle (fixture);
  return get_delay (fixture);
}

/* A polled transaction lives on, and no unusable answer makes the polls more frequent. */
static void
test_vain_pending (ProfileFixture *fixture, gconstpointer data)
{
  gint64 delay = RETRY;

  begin (fixture, MOOD_DELAY);
  profile_fixture_wait_state (fixture, "pending");
  fixture->mood = MOOD_HOLLOW;
  for (guint i = 0; i < 8; i++) {
    gint64 next = poll_in_vain (fixture, i + 1);

    g_assert_cmpstr (get_status (fixture)->state, ==, "pending");
    g_assert_cmpstr (get_status (fixture)->next_action, ==, "poll");
    g_assert_cmpint (next, >=, delay);
    delay = next;
  }
  g_assert_cmpint (delay, >=, HOUR);
  profile_fixture_close (fixture);
  profile_fixture_open (fixture);
  g_assert_cmpint (get_delay (fixture), ==, delay);

  fixture->mood = MOOD_ISSUE;
  scep_clock_fake_advance (fixture->clock, delay);
  profile_fixture_wait_state (fixture, "enrolled");
  g_assert_cmpuint (fixture->n_requests, ==, 1);
}

/* What is no CMS comes from a captive portal, until the network is another one. */
static void
test_portal (ProfileFixture *fixture, gconstpointer data)
{
  begin (fixture, MOOD_BREAK);
  g_assert_cmpint (fail (fixture, 1), ==, RETRY);
  profile_fixture_assert_error (fixture, SCEP_ERROR_MALFORMED_REPLY);
  g_assert_cmpint (fail (fixture, 1), ==, 2 * RETRY);
  g_assert_cmpint (fail (fixture, 6), ==, HOUR);
  g_assert_cmpint (fail (fixture, 1), ==, HOUR);
  profile_fixture_close (fixture);
  profile_fixture_open (fixture);
  g_assert_cmpint (get_delay (fixture), ==, HOUR);

  g_assert_true (scep_network_fake_is_watched (fixture->network));
  scep_clock_fake_advance (fixture->clock, 100);
  scep_network_fake_change (fixture->network);
  g_assert_cmpint (get_delay (fixture), <=, 30);
  g_assert_cmpint (fail (fixture, 1), ==, RETRY);
  fixture->mood = MOOD_ISSUE;
  scep_clock_fake_advance (fixture->clock, RETRY);
  profile_fixture_wait_state (fixture, "enrolled");
}

/* What is over is over: another network is no reason to ask any more. */
static void
test_portal_over (ProfileFixture *fixture, gconstpointer data)
{
  wait_enrolled (fixture);
  remove_ca (fixture);
  fixture->ca_certificates = g_bytes_new_static ("<html>", 6);
  g_assert_true (scep_profile_check (fixture->profile, NULL));
  wait_error (fixture);
  g_assert_true (scep_network_fake_is_watched (fixture->network));
  g_clear_pointer (&fixture->ca_certificates, g_bytes_unref);
  scep_clock_fake_advance (fixture->clock, get_delay (fixture));
  profile_fixture_wait_state (fixture, "enrolled");
  g_assert_cmpstr (get_status (fixture)->last_error, ==, "");
  g_assert_false (scep_network_fake_is_watched (fixture->network));
}

/* The word of a server that did not answer, or not with success, counts as before. */
static void
test_fault (ProfileFixture *fixture, gconstpointer data)
{
  begin (fixture, MOOD_FAULT);
  g_assert_cmpint (fail (fixture, 8), ==, RETRY);
}

/* Perhaps it is not the message: before another one the CA is looked at again. */
static void
test_look_again (ProfileFixture *fixture, gconstpointer data)
{
  begin (fixture, MOOD_FAULT);
  fail (fixture, 1);
  g_assert_cmpuint (fixture->n_bootstraps, ==, 1);
  fail (fixture, 1);
  g_assert_cmpuint (fixture->n_bootstraps, ==, 2);
  g_assert_cmpuint (fixture->n_requests, ==, 2);
  /* Also after a restart. */
  profile_fixture_close (fixture);
  profile_fixture_open (fixture);
  fail (fixture, 1);
  g_assert_cmpuint (fixture->n_bootstraps, ==, 3);
  g_assert_cmpuint (fixture->n_requests, ==, 3);
}

static void
test_look_again_pending (ProfileFixture *fixture, gconstpointer data)
{
  begin (fixture, MOOD_DELAY);
  profile_fixture_wait_state (fixture, "pending");
  fixture->mood = MOOD_FAULT;
  scep_clock_fake_advance (fixture->clock, RETRY);
  profile_fixture_wait_counter (&fixture->n_failures, 1);
  profile_fixture_settle (fixture);
  g_assert_cmpuint (fixture->n_bootstraps, ==, 1);
  scep_clock_fake_advance (fixture->clock, get_delay (fixture));
  profile_fixture_wait_counter (&fixture->n_failures, 2);
  profile_fixture_settle (fixture);
  g_assert_cmpuint (fixture->n_bootstraps, ==, 2);
  g_assert_cmpuint (fixture->n_polls, ==, 2);
  g_assert_cmpstr (get_status (fixture)->state, ==, "pending");
  g_assert_cmpuint (fixture->n_requests, ==, 1);
}

static void
test_look_again_renewing (ProfileFixture *fixture, gconstpointer data)
{
  wait_enrolled (fixture);
  fixture->mood = MOOD_FAULT;
  g_assert_true (scep_profile_renew (fixture->profile, NULL));
  profile_fixture_wait_counter (&fixture->n_failures, 1);
  profile_fixture_settle (fixture);
  g_assert_cmpuint (fixture->n_bootstraps, ==, 1);
  scep_clock_fake_advance (fixture->clock, get_delay (fixture));
  profile_fixture_wait_counter (&fixture->n_failures, 2);
  profile_fixture_settle (fixture);
  g_assert_cmpuint (fixture->n_bootstraps, ==, 2);
  fixture->mood = MOOD_ISSUE;
  scep_clock_fake_advance (fixture->clock, get_delay (fixture));
  profile_fixture_wait_counter (&fixture->n_renewed, 1);
  g_assert_cmpuint (fixture->n_bootstraps, ==, 3);
  g_assert_cmpstr (get_status (fixture)->last_error, ==, "");
}

static guint n_lines;

static GLogWriterOutput
count_lines (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  if (level <= G_LOG_LEVEL_MESSAGE)
    n_lines++;
  return g_log_writer_default (level, fields, n_fields, NULL);
}

/* The same failure again and again at the smallest interval: nobody reads it each time. */
static void
test_few_lines (ProfileFixture *fixture, gconstpointer data)
{
  use_short_lived_ca (fixture);
  profile_fixture_configure (fixture, "ConnectRetryInterval", "5", NULL);
  wait_enrolled (fixture);
  scep_clock_fake_advance (fixture->clock, CA_LIFETIME + 1);
  n_lines = 0;
  g_assert_true (scep_profile_check (fixture->profile, NULL));
  for (guint i = 0; i < 40; i++) {
    profile_fixture_wait_counter (&fixture->n_bootstraps, i + 2);
    while (get_status (fixture)->next_action_time == 0)
      g_main_context_iteration (NULL, TRUE);
    scep_clock_fake_advance (fixture->clock, 5);
  }
  g_assert_cmpuint (n_lines, >, 0);
  g_assert_cmpuint (n_lines, <=, 5);
}

/* What a server does to one attempt. */
typedef struct {
  ProfileFixtureMood mood;
  const char *ca_certificates; /* (nullable): instead of the CA's */
} Fault;

/* The last two end what is pending. */
static const Fault faults[] = {
  { MOOD_VANISH, NULL },      { MOOD_BUSY, NULL },     { MOOD_FAULT, NULL },
  { MOOD_BREAK, NULL },       { MOOD_HOLLOW, NULL },   { MOOD_STRANGER, NULL },
  { MOOD_OTHER_NONCE, NULL }, { MOOD_OTHER_ID, NULL }, { MOOD_ISSUE, "<html>" },
  { MOOD_BREAK, "" },         { MOOD_FAULT, "x" },     { MOOD_REFUSE, NULL },
  { MOOD_OLD, NULL },
};

static void
set_fault (ProfileFixture *fixture, const Fault *fault)
{
  fixture->mood = fault->mood;
  g_clear_pointer (&fixture->ca_certificates, g_bytes_unref);
  if (fault->ca_certificates != NULL)
    fixture->ca_certificates =
        g_bytes_new_static (fault->ca_certificates, strlen (fault->ca_certificates));
}

static guint
count_operation (ProfileFixture *fixture, const char *operation, guint begin)
{
  guint n = 0;

  for (guint i = begin; i < scep_transport_fake_get_n_requests (fixture->transport); i++)
    n += strstr (scep_transport_fake_get_request (fixture->transport, i)->url, operation) != NULL;
  return n;
}

/* One attempt asks each question once, a message in each way, and by GET where POST is not
 * answered. */
static void
assert_one_attempt (ProfileFixture *fixture, guint begin)
{
  g_assert_cmpuint (scep_transport_fake_get_n_requests (fixture->transport), >, begin);
  g_assert_cmpuint (count_operation (fixture, "=GetCACaps", begin), <=, 1);
  g_assert_cmpuint (count_operation (fixture, "=GetCACert", begin), <=, 2);
  g_assert_cmpuint (count_operation (fixture, "=GetNextCACert", begin), <=, 1);
  g_assert_cmpuint (count_operation (fixture, "=PKIOperation", begin), <=, 5);
}

static void
wait_end (ProfileFixture *fixture)
{
  while (get_status (fixture)->next_action_time == 0)
    g_main_context_iteration (NULL, TRUE);
  profile_fixture_settle (fixture);
}

/* Whoever looks meanwhile: somebody who changes what is no reason to ask, a restart. */
static void
assert_quiet (ProfileFixture *fixture)
{
  guint sent = count_sent (fixture);

  g_assert_cmpint (get_delay (fixture), >=, RETRY);
  profile_fixture_configure (fixture, "RenewalThreshold", sent % 2 == 0 ? "66" : "67", NULL);
  g_assert_cmpuint (count_sent (fixture), ==, sent);
  profile_fixture_close (fixture);
  profile_fixture_open (fixture);
  scep_clock_fake_advance (fixture->clock, RETRY - 1);
  g_assert_cmpuint (count_sent (fixture), ==, sent);
}

static void
run_faults (ProfileFixture *fixture, gboolean without_ca)
{
  for (guint i = 0; i < G_N_ELEMENTS (faults); i++) {
    guint begin = scep_transport_fake_get_n_requests (fixture->transport);

    g_test_message ("fault %u, %s trust, in state %s", i, without_ca ? "without" : "with",
                    get_status (fixture)->state);
    if (without_ca)
      remove_ca (fixture);
    set_fault (fixture, &faults[i]);
    scep_clock_fake_advance (fixture->clock, get_delay (fixture));
    wait_end (fixture);
    assert_one_attempt (fixture, begin);
    assert_quiet (fixture);
  }
}

/* Every fault, twice in a row: what one leaves behind meets every other one. */
static void
run_all_faults (ProfileFixture *fixture)
{
  run_faults (fixture, FALSE);
  run_faults (fixture, TRUE);
}

static void
test_quiet_enrolling (ProfileFixture *fixture, gconstpointer data)
{
  begin (fixture, MOOD_VANISH);
  wait_end (fixture);
  run_all_faults (fixture);
  g_assert_cmpstr (get_status (fixture)->fingerprint, ==, "");
}

static void
test_quiet_pending (ProfileFixture *fixture, gconstpointer data)
{
  begin (fixture, MOOD_DELAY);
  profile_fixture_wait_state (fixture, "pending");
  run_all_faults (fixture);
}

static void
test_quiet_renewing (ProfileFixture *fixture, gconstpointer data)
{
  fixture->valid_for = 300 * DAY;
  wait_enrolled (fixture);
  scep_clock_fake_advance (fixture->clock, 0);
  fixture->mood = MOOD_VANISH;
  g_assert_true (scep_profile_renew (fixture->profile, NULL));
  wait_end (fixture);
  run_all_faults (fixture);
  g_assert_cmpuint (fixture->n_enrolled, ==, 1);
}

static void
test_quiet_expired (ProfileFixture *fixture, gconstpointer data)
{
  wait_enrolled (fixture);
  fixture->mood = MOOD_VANISH;
  scep_clock_fake_advance (fixture->clock, 30 * DAY);
  wait_end (fixture);
  run_all_faults (fixture);
}

/* Nothing but checks. */
static void
test_quiet_checking (ProfileFixture *fixture, gconstpointer data)
{
  fixture->valid_for = 3000 * DAY;
  profile_fixture_configure (fixture, "CertificateCheckInterval", "60", NULL);
  wait_enrolled (fixture);
  fixture->mood = MOOD_VANISH;
  scep_clock_fake_advance (fixture->clock, DAY);
  wait_end (fixture);
  run_all_faults (fixture);
  g_assert_cmpuint (fixture->n_requests, ==, 1);
}

/* Whoever asks by hand does not wait; how often the CA has refused is remembered all the same,
 * also where it is looked at first. */
static void
test_refused_by_hand (ProfileFixture *fixture, gconstpointer data)
{
  wait_enrolled (fixture);
  fixture->mood = MOOD_REFUSE;
  for (guint n = 1; n < 6; n++) {
    g_assert_true (scep_profile_renew (fixture->profile, NULL));
    profile_fixture_wait_counter (&fixture->n_failures, n);
    profile_fixture_settle (fixture);
    g_assert_cmpstr (get_status (fixture)->next_action, ==, "renew");
    g_assert_cmpint (get_delay (fixture), ==, RETRY << (n - 1));
    g_assert_cmpuint (fixture->n_bootstraps, ==, n);
  }
}

#define ADD(path, test)                                                                            \
  g_test_add (path, ProfileFixture, NULL, profile_fixture_set_up, test, profile_fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (count_lines, NULL, NULL);
  ADD ("/failure/expired-ca", test_expired_ca);
  ADD ("/failure/expired-ca/daily", test_expired_ca_daily);
  ADD ("/failure/expired-ca/renew", test_expired_ca_renew);
  ADD ("/failure/unreachable-and-overdue", test_unreachable_and_overdue);
  ADD ("/failure/renewal-and-overdue", test_renewal_and_overdue);
  ADD ("/failure/few-lines", test_few_lines);
  ADD ("/failure/vain/hollow", test_vain_hollow);
  ADD ("/failure/vain/stranger", test_vain_stranger);
  ADD ("/failure/vain/other-nonce", test_vain_other_nonce);
  ADD ("/failure/vain/pending", test_vain_pending);
  ADD ("/failure/portal", test_portal);
  ADD ("/failure/portal/over", test_portal_over);
  ADD ("/failure/fault", test_fault);
  ADD ("/failure/look-again", test_look_again);
  ADD ("/failure/look-again/pending", test_look_again_pending);
  ADD ("/failure/look-again/renewing", test_look_again_renewing);
  ADD ("/failure/refused-by-hand", test_refused_by_hand);
  ADD ("/failure/quiet/enrolling", test_quiet_enrolling);
  ADD ("/failure/quiet/pending", test_quiet_pending);
  ADD ("/failure/quiet/renewing", test_quiet_renewing);
  ADD ("/failure/quiet/expired", test_quiet_expired);
  ADD ("/failure/quiet/checking", test_quiet_checking);
  return g_test_run ();
}
