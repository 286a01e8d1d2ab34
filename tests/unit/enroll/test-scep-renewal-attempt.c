/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-error.h"
#include "base/scep-names.h"
#include "enroll/scep-history.h"
#include "profile-fixture.h"

#include <string.h>

#define DAY (24 * 60 * 60)
#define RENEWS "SCEPStandard\nRenewal\n"

static ScepStatus *
get_status (ProfileFixture *fixture)
{
  return scep_profile_get_status (fixture->profile);
}

static void
enroll (ProfileFixture *fixture)
{
  profile_fixture_begin (fixture, profile_fixture_get_pin (fixture));
  profile_fixture_wait_state (fixture, "enrolled");
  g_assert_cmpstr (fixture->requests->str, ==, "19c");
  g_string_truncate (fixture->requests, 0);
}

static void
renew (ProfileFixture *fixture)
{
  g_autoptr (GError) error = NULL;

  g_string_truncate (fixture->requests, 0);
  while (!scep_profile_renew (fixture->profile, &error)) {
    g_assert_error (error, SCEP_ERROR, SCEP_ERROR_BUSY);
    g_clear_error (&error);
    g_main_context_iteration (NULL, TRUE);
  }
}

/* The n-th failure has come, and the next attempt is due. */
static void
go_on (ProfileFixture *fixture, guint n_failures)
{
  profile_fixture_wait_counter (&fixture->n_renewal_failures, n_failures);
  scep_clock_fake_advance (fixture->clock, PROFILE_FIXTURE_RETRY);
}

static void
assert_renewed (ProfileFixture *fixture, const char *requests)
{
  guint before = fixture->n_renewed;

  renew (fixture);
  profile_fixture_wait_counter (&fixture->n_renewed, before + 1);
  g_assert_cmpstr (fixture->requests->str, ==, requests);
  g_assert_cmpstr (get_status (fixture)->state, ==, "enrolled");
  g_assert_cmpstr (get_status (fixture)->last_error, ==, "");
}

static char *
get_key (ProfileFixture *fixture, const char *alias)
{
  g_autoptr (ScepKeystoreEntry) entry = scep_keystore_lookup (fixture->keystore, alias, NULL);

  return entry == NULL
             ? NULL
             : scep_public_key_get_hash (scep_key_get_spki (scep_keystore_entry_get_key (entry)));
}

static gboolean
switch_back (ProfileFixture *fixture, GError **error)
{
  GAsyncResult *result = NULL;

  scep_profile_switch_back_async (fixture->profile, profile_fixture_store_result, &result);
  return profile_fixture_wait_change (fixture, &result, error);
}

static void
test_refused_calls (ProfileFixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (scep_profile_renew (fixture->profile, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_DISABLED);
  g_clear_error (&error);
  profile_fixture_configure (fixture, "Enabled", "true", NULL);
  g_assert_false (scep_profile_renew (fixture->profile, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_NOT_CONFIGURED);
  g_clear_error (&error);
  fixture->mood = MOOD_VANISH;
  profile_fixture_begin (fixture, profile_fixture_get_pin (fixture));
  profile_fixture_wait_state (fixture, "waiting");
  g_assert_false (scep_profile_renew (fixture->profile, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_NOT_CONFIGURED);
}

/* Another key, and the old one stays as the previous generation. */
static void
test_renewed (ProfileFixture *fixture, gconstpointer data)
{
  g_autofree char *old = NULL;
  g_autofree char *kept = NULL;
  g_autofree char *new = NULL;

  fixture->capabilities = RENEWS;
  enroll (fixture);
  old = get_key (fixture, SCEP_ALIAS_ENROLLED);
  assert_renewed (fixture, "17s");
  kept = get_key (fixture, SCEP_ALIAS_PREVIOUS);
  new = get_key (fixture, SCEP_ALIAS_ENROLLED);
  g_assert_cmpstr (kept, ==, old);
  g_assert_cmpstr (new, !=, old);
  g_assert_cmpuint (fixture->n_enrolled, ==, 1);
}

/* Some CAs write the key in another way than the request had it (RFC 3279 wants a NULL). */
static void
test_key_written_otherwise (ProfileFixture *fixture, gconstpointer data)
{
  fixture->capabilities = RENEWS;
  fixture->no_key_parameters = TRUE;
  enroll (fixture);
  assert_renewed (fixture, "17s");
  profile_fixture_close (fixture);
  profile_fixture_open (fixture);
  assert_renewed (fixture, "17s");
  g_assert_true (switch_back (fixture, NULL));
  assert_renewed (fixture, "17s");
}

static gboolean
has_warning (ProfileFixture *fixture, const char *word)
{
  return g_strv_contains ((const char *const *) get_status (fixture)->warnings, word);
}

/* A CA that issues for other names than it is asked for. */
static void
enroll_renamed (ProfileFixture *fixture)
{
  fixture->capabilities = RENEWS;
  fixture->issued_subject = X509_NAME_new ();
  X509_NAME_add_entry_by_txt (fixture->issued_subject, "DC", V_ASN1_IA5STRING,
                              (const guchar *) "plant", -1, -1, 0);
  X509_NAME_add_entry_by_txt (fixture->issued_subject, "CN", V_ASN1_T61STRING,
                              (const guchar *) "Device 7", -1, -1, 0);
  fixture->issued_names = "DNS:device.plant.example,RID:1.2.3.4";
  enroll (fixture);
  g_assert_true (has_warning (fixture, "subject-changed"));
}

/* It may want those at a renewal, the very bytes, with what nobody here could write in them. */
static void
test_same_names (ProfileFixture *fixture, gconstpointer data)
{
  enroll_renamed (fixture);
  fixture->accepts = "19sn";
  assert_renewed (fixture, "17s 17sc 19s 17sn 19sn");
  g_assert_true (has_warning (fixture, "subject-changed"));
  g_assert_false (has_warning (fixture, "subject-outdated"));
  profile_fixture_close (fixture);
  profile_fixture_open (fixture);
  assert_renewed (fixture, "17s 17sc 19s 17sn 19sn");
  assert_renewed (fixture, "19sn");
}

static void
test_same_names_signed (ProfileFixture *fixture, gconstpointer data)
{
  enroll_renamed (fixture);
  fixture->accepts = "17sn";
  assert_renewed (fixture, "17s 17sc 19s 17sn");
  assert_renewed (fixture, "17s 17sc 19s 17sn");
  assert_renewed (fixture, "17sn");
}

static void
test_same_names_with_challenge (ProfileFixture *fixture, gconstpointer data)
{
  enroll_renamed (fixture);
  profile_fixture_configure (fixture, "RenewalSendsChallenge", "always", NULL);
  fixture->accepts = "19scn";
  assert_renewed (fixture, "17sc 19sc 17scn 19scn");
}

/* OpenXPKI: what it does not know it has no signed answer to. */
static void
test_same_names_choking (ProfileFixture *fixture, gconstpointer data)
{
  enroll_renamed (fixture);
  fixture->chokes_on = "17s 17sc 17sn";
  fixture->accepts = "19sn";
  renew (fixture);
  go_on (fixture, 1);
  go_on (fixture, 2);
  profile_fixture_wait_counter (&fixture->n_renewed, 1);
  g_assert_cmpstr (fixture->requests->str, ==, "17s 17s 19s 19sn");
  assert_renewed (fixture, "19s 19sn");
  assert_renewed (fixture, "19sn");
}

/* One that is pending is what it is after a restart, too. */
static void
test_same_names_pending (ProfileFixture *fixture, gconstpointer data)
{
  enroll_renamed (fixture);
  fixture->accepts = "19sn";
  fixture->delays = TRUE;
  renew (fixture);
  profile_fixture_wait_state (fixture, "pending");
  profile_fixture_close (fixture);
  profile_fixture_open (fixture);
  fixture->delays = FALSE;
  scep_clock_fake_advance (fixture->clock, PROFILE_FIXTURE_RETRY);
  profile_fixture_wait_counter (&fixture->n_renewed, 1);
  g_assert_true (has_warning (fixture, "subject-changed"));
  assert_renewed (fixture, "17s 17sc 19s 17sn 19sn");
}

/* Each way is tried twice, then the one that worked is the first. */
static void
check_fallback (ProfileFixture *fixture, const char *accepts, const char *first, const char *then)
{
  fixture->capabilities = RENEWS;
  enroll (fixture);
  fixture->accepts = accepts;
  assert_renewed (fixture, first);
  profile_fixture_close (fixture);
  profile_fixture_open (fixture);
  assert_renewed (fixture, first);
  assert_renewed (fixture, then);
  profile_fixture_close (fixture);
  profile_fixture_open (fixture);
  assert_renewed (fixture, then);
  g_assert_cmpuint (fixture->n_failures, ==, 0);
}

static void
test_with_challenge (ProfileFixture *fixture, gconstpointer data)
{
  check_fallback (fixture, "17sc", "17s 17sc", "17sc");
}

static void
test_pkcs_signed (ProfileFixture *fixture, gconstpointer data)
{
  check_fallback (fixture, "19s", "17s 17sc 19s", "19s");
}

static void
test_as_enrollment (ProfileFixture *fixture, gconstpointer data)
{
  check_fallback (fixture, "19c", "17s 17sc 19s 19c", "19c");
}

/* A way that once worked is tried again for good, so that a weaker one is not. */
static void
test_stronger_again (ProfileFixture *fixture, gconstpointer data)
{
  fixture->capabilities = RENEWS;
  enroll (fixture);
  assert_renewed (fixture, "17s");
  fixture->accepts = "19c";
  assert_renewed (fixture, "17s 17sc 19s 19c");
  assert_renewed (fixture, "17s 17sc 19s 19c");
  assert_renewed (fixture, "17s 19c");
  profile_fixture_close (fixture);
  profile_fixture_open (fixture);
  assert_renewed (fixture, "17s 19c");
  fixture->accepts = NULL;
  assert_renewed (fixture, "17s");
}

static void
test_challenge_setting (ProfileFixture *fixture, gconstpointer data)
{
  fixture->capabilities = RENEWS;
  enroll (fixture);
  profile_fixture_configure (fixture, "RenewalSendsChallenge", "always", NULL);
  assert_renewed (fixture, "17sc");
  profile_fixture_configure (fixture, "RenewalSendsChallenge", "never", NULL);
  assert_renewed (fixture, "17s");
  fixture->accepts = "19c";
  renew (fixture);
  profile_fixture_wait_counter (&fixture->n_renewal_failures, 1);
  g_assert_cmpstr (fixture->requests->str, ==, "17s 19s");
}

/* A refusal is no alarm while the certificate is valid: later, and later still. */
static void
test_refused (ProfileFixture *fixture, gconstpointer data)
{
  gint64 now = scep_clock_now (SCEP_CLOCK (fixture->clock));
  g_autofree char *fingerprint = NULL;

  fixture->capabilities = RENEWS;
  enroll (fixture);
  fingerprint = g_strdup (get_status (fixture)->fingerprint);
  fixture->mood = MOOD_REFUSE;
  renew (fixture);
  profile_fixture_wait_counter (&fixture->n_renewal_failures, 1);
  profile_fixture_assert_error (fixture, SCEP_ERROR_BAD_REQUEST);
  g_assert_nonnull (strstr (get_status (fixture)->last_error_message, "too early"));
  g_assert_cmpstr (get_status (fixture)->state, ==, "enrolled");
  g_assert_cmpstr (get_status (fixture)->fingerprint, ==, fingerprint);
  g_assert_cmpstr (get_status (fixture)->next_action, ==, "renew");
  g_assert_cmpint (get_status (fixture)->next_action_time, ==, now + PROFILE_FIXTURE_RETRY);
  scep_clock_fake_advance (fixture->clock, PROFILE_FIXTURE_RETRY);
  profile_fixture_wait_counter (&fixture->n_renewal_failures, 2);
  g_assert_cmpint (get_status (fixture)->next_action_time, ==, now + 3 * PROFILE_FIXTURE_RETRY);

  profile_fixture_close (fixture);
  profile_fixture_open (fixture);
  g_assert_cmpstr (get_status (fixture)->state, ==, "enrolled");
  g_assert_cmpint (get_status (fixture)->next_action_time, ==, now + 3 * PROFILE_FIXTURE_RETRY);
  fixture->mood = MOOD_ISSUE;
  scep_clock_fake_advance (fixture->clock, 2 * PROFILE_FIXTURE_RETRY);
  profile_fixture_wait_counter (&fixture->n_renewed, 1);
  g_assert_cmpstr (get_status (fixture)->last_error, ==, "");
}

/* The CA is looked at even while it refuses: it may have changed. */
static void
test_checked_while_refused (ProfileFixture *fixture, gconstpointer data)
{
  guint bootstraps;

  enroll (fixture);
  profile_fixture_configure (fixture, "CertificateCheckInterval", "90", NULL);
  bootstraps = fixture->n_bootstraps;
  fixture->mood = MOOD_REFUSE;
  renew (fixture);
  profile_fixture_wait_counter (&fixture->n_renewal_failures, 1);
  scep_clock_fake_advance (fixture->clock, PROFILE_FIXTURE_RETRY);
  profile_fixture_wait_counter (&fixture->n_renewal_failures, 2);
  g_assert_cmpstr (get_status (fixture)->next_action, ==, "check");
  scep_clock_fake_advance (fixture->clock, 30);
  profile_fixture_wait_counter (&fixture->n_bootstraps, bootstraps + 1);
  scep_clock_fake_advance (fixture->clock, 90);
  profile_fixture_wait_counter (&fixture->n_renewal_failures, 3);
}

/* What never reached the CA is tried again soon, in the first way. */
static void
test_unreachable (ProfileFixture *fixture, gconstpointer data)
{
  gint64 now = scep_clock_now (SCEP_CLOCK (fixture->clock));

  fixture->capabilities = RENEWS;
  enroll (fixture);
  fixture->mood = MOOD_VANISH;
  renew (fixture);
  profile_fixture_wait_counter (&fixture->n_renewal_failures, 1);
  g_assert_cmpstr (fixture->requests->str, ==, "");
  g_assert_cmpstr (get_status (fixture)->state, ==, "waiting");
  g_assert_cmpint (get_status (fixture)->next_action_time, ==, now + PROFILE_FIXTURE_RETRY);
  fixture->mood = MOOD_ISSUE;
  scep_clock_fake_advance (fixture->clock, PROFILE_FIXTURE_RETRY);
  profile_fixture_wait_counter (&fixture->n_renewed, 1);
  g_assert_cmpstr (fixture->requests->str, ==, "17s");
}

/* @requests: that were made; @words: of what is told */
static void
check_useless (ProfileFixture *fixture, ProfileFixtureMood mood, ScepError code,
               const char *requests, const char *words)
{
  fixture->capabilities = RENEWS;
  enroll (fixture);
  profile_fixture_configure (fixture, "RenewalSendsChallenge", "never", NULL);
  fixture->mood = mood;
  renew (fixture);
  profile_fixture_wait_counter (&fixture->n_renewal_failures, 1);
  g_assert_cmpstr (fixture->requests->str, ==, requests);
  profile_fixture_assert_error (fixture, code);
  g_assert_nonnull (strstr (get_status (fixture)->last_error_message, words));
  g_assert_cmpstr (get_status (fixture)->fingerprint, !=, "");
  fixture->mood = MOOD_ISSUE;
  scep_clock_fake_advance (fixture->clock, PROFILE_FIXTURE_RETRY);
  profile_fixture_wait_counter (&fixture->n_renewed, 1);
}

static void
test_old_certificate (ProfileFixture *fixture, gconstpointer data)
{
  check_useless (fixture, MOOD_OLD, SCEP_ERROR_CERTIFICATE_MISMATCH, "17s 19s",
                 "the old certificate once more");
}

/* Whoever answered without a signature has not judged the request: nothing is learned of it. */
static void
check_nothing_learned (ProfileFixture *fixture)
{
  g_assert_cmpstr (fixture->requests->str, ==, "17s 17s");
  assert_renewed (fixture, "17s");
}

static void
test_http_fault (ProfileFixture *fixture, gconstpointer data)
{
  check_useless (fixture, MOOD_FAULT, SCEP_ERROR_HTTP_STATUS, "17s", "HTTP status 500");
  check_nothing_learned (fixture);
}

static void
test_http_refusal (ProfileFixture *fixture, gconstpointer data)
{
  fixture->fault = 403;
  check_useless (fixture, MOOD_FAULT, SCEP_ERROR_HTTP_STATUS, "17s", "HTTP status 403");
  check_nothing_learned (fixture);
}

static void
test_web_page (ProfileFixture *fixture, gconstpointer data)
{
  check_useless (fixture, MOOD_BREAK, SCEP_ERROR_MALFORMED_REPLY, "17s", "a web page");
  check_nothing_learned (fixture);
}

/* A server that chokes on one kind of message for good gets another that is as strong. */
static void
test_choking (ProfileFixture *fixture, gconstpointer data)
{
  fixture->capabilities = RENEWS;
  enroll (fixture);
  fixture->chokes_on = "17s";
  renew (fixture);
  go_on (fixture, 1);
  go_on (fixture, 2);
  profile_fixture_wait_counter (&fixture->n_renewed, 1);
  g_assert_cmpstr (fixture->requests->str, ==, "17s 17s 19s");
  assert_renewed (fixture, "19s");
}

/* But nothing weaker, however long it chokes. */
static void
test_choking_on_all (ProfileFixture *fixture, gconstpointer data)
{
  fixture->capabilities = RENEWS;
  enroll (fixture);
  fixture->chokes_on = "17s 19s";
  renew (fixture);
  for (guint i = 1; i < 6; i++)
    go_on (fixture, i);
  profile_fixture_wait_counter (&fixture->n_renewal_failures, 6);
  g_assert_cmpstr (fixture->requests->str, ==, "17s 17s 19s 17s 17s 19s");
  fixture->chokes_on = NULL;
  scep_clock_fake_advance (fixture->clock, PROFILE_FIXTURE_RETRY);
  profile_fixture_wait_counter (&fixture->n_renewed, 1);
  g_assert_cmpstr (fixture->requests->str, ==, "17s 17s 19s 17s 17s 19s 17s");
}

/* What is odd about a certificate is told as long as that one is the last that came. */
static void
test_warnings (ProfileFixture *fixture, gconstpointer data)
{
  fixture->capabilities = RENEWS;
  fixture->dated_back = -300;
  enroll (fixture);
  g_assert_true (has_warning (fixture, "clock"));
  fixture->dated_back = 0;
  assert_renewed (fixture, "17s");
  g_assert_false (has_warning (fixture, "clock"));
}

/* Whether the history says @words. */
static gboolean
is_told (ProfileFixture *fixture, const char *words)
{
  g_autoptr (GPtrArray) events = scep_profile_dup_history (fixture->profile);

  for (guint i = 0; i < events->len; i++) {
    ScepHistoryEvent *event = g_ptr_array_index (events, i);
    const char *message = g_hash_table_lookup (event->details, SCEP_DETAIL_MESSAGE);

    if (message != NULL && strstr (message, words) != NULL)
      return TRUE;
  }
  return FALSE;
}

/* They belong to the certificate that is installed, after a restart too, whatever is said of the
 * next: and they come back with it. */
static void
test_warnings_kept (ProfileFixture *fixture, gconstpointer data)
{
  fixture->capabilities = RENEWS;
  fixture->extension = "1.3.6.1.4.1.32473.7";
  enroll (fixture);
  g_assert_true (has_warning (fixture, "critical-extension"));
  g_assert_true (is_told (fixture, "critical-extension 1.3.6.1.4.1.32473.7"));
  fixture->mood = MOOD_REFUSE;
  renew (fixture);
  profile_fixture_wait_counter (&fixture->n_renewal_failures, 1);
  g_assert_true (has_warning (fixture, "critical-extension"));
  profile_fixture_close (fixture);
  profile_fixture_open (fixture);
  g_assert_true (has_warning (fixture, "critical-extension"));
  fixture->mood = MOOD_ISSUE;
  fixture->extension = NULL;
  renew (fixture);
  profile_fixture_wait_counter (&fixture->n_renewed, 1);
  g_assert_false (has_warning (fixture, "critical-extension"));
  g_assert_true (switch_back (fixture, NULL));
  g_assert_true (has_warning (fixture, "critical-extension"));
}

/* An earlier version did not write them down. */
static void
test_warnings_of_earlier_version (ProfileFixture *fixture, gconstpointer data)
{
  g_autofree char *path =
      g_build_filename (fixture->directory, "profiles", "default", "history.keyfile", NULL);
  g_autoptr (GKeyFile) history = g_key_file_new ();

  fixture->extension = "1.3.6.1.4.1.32473.7";
  enroll (fixture);
  profile_fixture_close (fixture);
  g_assert_true (g_key_file_load_from_file (history, path, G_KEY_FILE_NONE, NULL));
  g_assert_true (g_key_file_remove_group (history, "Learned warnings", NULL));
  g_assert_true (g_key_file_save_to_file (history, path, NULL));
  profile_fixture_open (fixture);
  profile_fixture_wait_state (fixture, "enrolled");
  g_assert_true (has_warning (fixture, "critical-extension"));
}

/* The reply is opened with the old key, also after a restart. */
static void
test_pending (ProfileFixture *fixture, gconstpointer data)
{
  fixture->capabilities = RENEWS;
  enroll (fixture);
  fixture->mood = MOOD_DELAY;
  renew (fixture);
  profile_fixture_wait_state (fixture, "pending");
  profile_fixture_close (fixture);
  profile_fixture_open (fixture);
  g_assert_cmpstr (get_status (fixture)->state, ==, "pending");
  fixture->mood = MOOD_ISSUE;
  scep_clock_fake_advance (fixture->clock, PROFILE_FIXTURE_RETRY);
  profile_fixture_wait_counter (&fixture->n_renewed, 1);
  g_assert_cmpstr (fixture->requests->str, ==, "17s");
  g_assert_cmpuint (fixture->n_polls, ==, 1);
}

/* A reply that nobody known has signed: perhaps the CA is another by now. */
static void
test_stranger (ProfileFixture *fixture, gconstpointer data)
{
  guint bootstraps;

  fixture->capabilities = RENEWS;
  enroll (fixture);
  fixture->mood = MOOD_DELAY;
  renew (fixture);
  profile_fixture_wait_state (fixture, "pending");
  bootstraps = fixture->n_bootstraps;
  fixture->mood = MOOD_STRANGER;
  scep_clock_fake_advance (fixture->clock, PROFILE_FIXTURE_RETRY);
  profile_fixture_wait_counter (&fixture->n_renewal_failures, 1);
  profile_fixture_assert_error (fixture, SCEP_ERROR_UNTRUSTED_CA);
  fixture->mood = MOOD_ISSUE;
  scep_clock_fake_advance (fixture->clock, PROFILE_FIXTURE_RETRY);
  profile_fixture_wait_counter (&fixture->n_renewed, 1);
  g_assert_cmpuint (fixture->n_bootstraps, ==, bootstraps + 1);
  g_assert_cmpuint (fixture->n_polls, ==, 2);
}

/* A CA that refuses another certificate is not the end of the one there is. */
static void
test_another_refused (ProfileFixture *fixture, gconstpointer data)
{
  fixture->valid_for = 10 * DAY;
  enroll (fixture);
  fixture->accepts = "19s";
  g_assert_true (scep_profile_enroll (fixture->profile, NULL));
  profile_fixture_wait_state (fixture, "rejected");
  g_assert_cmpstr (fixture->requests->str, ==, "19c");
  scep_clock_fake_advance (fixture->clock, 8 * DAY);
  profile_fixture_wait_counter (&fixture->n_renewed, 1);
  g_assert_cmpstr (fixture->requests->str, ==, "19c 19s");
  g_assert_cmpstr (get_status (fixture)->state, ==, "enrolled");
}

/* Nor is a one-time challenge that was spent on it. */
static void
test_another_without_challenge (ProfileFixture *fixture, gconstpointer data)
{
  gint64 now = scep_clock_now (SCEP_CLOCK (fixture->clock));

  fixture->valid_for = 10 * DAY;
  enroll (fixture);
  fixture->accepts = "19s";
  profile_fixture_configure (fixture, "ChallengePasswordOneTime", "true", NULL);
  g_assert_true (scep_profile_enroll (fixture->profile, NULL));
  profile_fixture_wait_state (fixture, "incomplete");
  g_assert_cmpstr (get_status (fixture)->next_action, ==, "renew");
  g_assert_cmpint (get_status (fixture)->next_action_time, >, now + DAY);
  scep_clock_fake_advance (fixture->clock, 8 * DAY);
  profile_fixture_wait_counter (&fixture->n_renewed, 1);
  g_assert_cmpstr (fixture->requests->str, ==, "19c 19s");
  g_assert_cmpuint (g_strv_length (get_status (fixture)->missing_settings), ==, 0);
}

/* Nobody asks for it any more: what failed is not shown for ever. */
static void
test_given_up (ProfileFixture *fixture, gconstpointer data)
{
  enroll (fixture);
  assert_renewed (fixture, "19s");
  fixture->mood = MOOD_REFUSE;
  renew (fixture);
  profile_fixture_wait_counter (&fixture->n_renewal_failures, 1);
  g_assert_true (switch_back (fixture, NULL));
  scep_clock_fake_advance (fixture->clock, PROFILE_FIXTURE_RETRY);
  while (get_status (fixture)->last_error[0] != '\0')
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpstr (get_status (fixture)->state, ==, "enrolled");
  g_assert_cmpuint (fixture->n_renewal_failures, ==, 1);
}

/* A one-time challenge is not sent twice, in whatever way. */
static void
test_one_time (ProfileFixture *fixture, gconstpointer data)
{
  fixture->capabilities = RENEWS;
  profile_fixture_configure (fixture, "ChallengePasswordOneTime", "true", NULL);
  enroll (fixture);
  while (get_status (fixture)->challenge_set)
    g_main_context_iteration (NULL, TRUE);
  fixture->mood = MOOD_REFUSE;
  renew (fixture);
  profile_fixture_wait_counter (&fixture->n_renewal_failures, 1);
  g_assert_cmpstr (fixture->requests->str, ==, "17s 19s");
  profile_fixture_configure (fixture, "ChallengePassword", "another", NULL);
  profile_fixture_wait_counter (&fixture->n_renewal_failures, 2);
  g_assert_cmpstr (fixture->requests->str, ==, "17s 19s 17s 17sc 19s");
}

static void
test_expired (ProfileFixture *fixture, gconstpointer data)
{
  fixture->valid_for = 10 * DAY;
  fixture->capabilities = RENEWS;
  enroll (fixture);
  profile_fixture_configure (fixture, "ClientCertificateRenew", "false", "ChallengePassword", "",
                             NULL);
  /* To the very second. */
  scep_clock_fake_advance (fixture->clock, 10 * DAY);
  fixture->mood = MOOD_REFUSE;
  profile_fixture_configure (fixture, "ClientCertificateRenew", "true", NULL);
  profile_fixture_wait_counter (&fixture->n_renewal_failures, 1);
  g_assert_cmpstr (fixture->requests->str, ==, "17s 19s 19");
  g_assert_cmpstr (get_status (fixture)->state, ==, "rejected");
  g_assert_nonnull (
      g_strstr_len (get_status (fixture)->last_error_message, -1, "ChallengePassword"));
  g_string_truncate (fixture->requests, 0);
  fixture->mood = MOOD_ISSUE;
  profile_fixture_configure (fixture, "ChallengePassword", "secret", NULL);
  profile_fixture_wait_counter (&fixture->n_renewed, 1);
  g_assert_cmpstr (fixture->requests->str, ==, "19c");
}

/* The clocks differ: the old certificate is in use until the new one is valid. */
/* Whether an earlier certificate will do is a matter of seconds. */
static void
test_switch_back_at_the_end (ProfileFixture *fixture, gconstpointer data)
{
  gint64 now = scep_clock_now (SCEP_CLOCK (fixture->clock));

  fixture->capabilities = RENEWS;
  enroll (fixture);
  assert_renewed (fixture, "17s");
  profile_fixture_configure (fixture, "ClientCertificateRenew", "false", NULL);
  scep_clock_fake_advance (fixture->clock, get_status (fixture)->not_after - now - 1);
  for (guint over = 0; over < 2; over++) {
    g_autoptr (GError) error = NULL;
    gboolean switched;

    while (!(switched = switch_back (fixture, &error)) &&
           g_error_matches (error, SCEP_ERROR, SCEP_ERROR_BUSY)) {
      g_clear_error (&error);
      g_main_context_iteration (NULL, TRUE);
    }
    if (over)
      g_assert_error (error, SCEP_ERROR, SCEP_ERROR_INVALID_ENTRY);
    else
      g_assert_no_error (error);
    scep_clock_fake_advance (fixture->clock, 1);
  }
}

static void
test_not_valid_yet (ProfileFixture *fixture, gconstpointer data)
{
  gint64 now = scep_clock_now (SCEP_CLOCK (fixture->clock));
  g_autofree char *fingerprint = NULL;

  fixture->capabilities = RENEWS;
  enroll (fixture);
  fingerprint = g_strdup (get_status (fixture)->fingerprint);
  fixture->dated_back = -300;
  renew (fixture);
  while (get_status (fixture)->next_action_time != now + 300)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpstr (get_status (fixture)->next_action, ==, "renew");
  g_assert_true (has_warning (fixture, "clock"));
  profile_fixture_close (fixture);
  profile_fixture_open (fixture);
  g_assert_cmpstr (get_status (fixture)->next_action, ==, "renew");
  g_assert_cmpint (get_status (fixture)->next_action_time, ==, now + 300);
  g_assert_cmpstr (get_status (fixture)->fingerprint, ==, fingerprint);
  g_assert_true (has_warning (fixture, "clock"));
  scep_clock_fake_advance (fixture->clock, 300);
  profile_fixture_wait_counter (&fixture->n_renewed, 1);
  g_assert_cmpstr (fixture->requests->str, ==, "17s");
}

static void
test_switch_back (ProfileFixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;

  fixture->capabilities = RENEWS;
  enroll (fixture);
  g_assert_false (switch_back (fixture, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_NOT_CONFIGURED);
  g_clear_error (&error);
  first = g_strdup (get_status (fixture)->fingerprint);
  assert_renewed (fixture, "17s");
  second = g_strdup (get_status (fixture)->fingerprint);

  fixture->mood = MOOD_DELAY;
  renew (fixture);
  g_assert_false (switch_back (fixture, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_BUSY);
  g_clear_error (&error);
  profile_fixture_wait_state (fixture, "pending");
  fixture->mood = MOOD_REFUSE;
  scep_clock_fake_advance (fixture->clock, PROFILE_FIXTURE_RETRY);
  profile_fixture_wait_counter (&fixture->n_renewal_failures, 1);

  g_assert_true (switch_back (fixture, NULL));
  g_assert_cmpstr (get_status (fixture)->fingerprint, ==, first);
  profile_fixture_close (fixture);
  profile_fixture_open (fixture);
  g_assert_cmpstr (get_status (fixture)->fingerprint, ==, first);
  g_assert_true (switch_back (fixture, NULL));
  g_assert_cmpstr (get_status (fixture)->fingerprint, ==, second);

  scep_clock_fake_advance (fixture->clock, 12 * DAY);
  while (!switch_back (fixture, &error) && g_error_matches (error, SCEP_ERROR, SCEP_ERROR_BUSY)) {
    g_clear_error (&error);
    g_main_context_iteration (NULL, TRUE);
  }
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_INVALID_ENTRY);
}

/* What is current is not renewed at once because it is old. */
static void
test_renews_later (ProfileFixture *fixture, gconstpointer data)
{
  gint64 then;

  fixture->valid_for = 100 * DAY;
  enroll (fixture);
  assert_renewed (fixture, "19s");
  scep_clock_fake_advance (fixture->clock, 80 * DAY);
  profile_fixture_wait_counter (&fixture->n_renewed, 2);
  g_assert_true (switch_back (fixture, NULL));
  then = scep_clock_now (SCEP_CLOCK (fixture->clock)) + 1;
  scep_clock_fake_advance (fixture->clock, 1);
  while (get_status (fixture)->next_action_time <= then)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (fixture->n_renewed, ==, 2);
}

#define ADD(path, function)                                                                        \
  g_test_add (path, ProfileFixture, NULL, profile_fixture_set_up, function,                        \
              profile_fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/renewal-attempt/refused-calls", test_refused_calls);
  ADD ("/renewal-attempt/renewed", test_renewed);
  ADD ("/renewal-attempt/key-written-otherwise", test_key_written_otherwise);
  ADD ("/renewal-attempt/same-names", test_same_names);
  ADD ("/renewal-attempt/same-names/signed", test_same_names_signed);
  ADD ("/renewal-attempt/same-names/with-challenge", test_same_names_with_challenge);
  ADD ("/renewal-attempt/same-names/choking", test_same_names_choking);
  ADD ("/renewal-attempt/same-names/pending", test_same_names_pending);
  ADD ("/renewal-attempt/with-challenge", test_with_challenge);
  ADD ("/renewal-attempt/pkcs-signed", test_pkcs_signed);
  ADD ("/renewal-attempt/as-enrollment", test_as_enrollment);
  ADD ("/renewal-attempt/stronger-again", test_stronger_again);
  ADD ("/renewal-attempt/challenge-setting", test_challenge_setting);
  ADD ("/renewal-attempt/refused", test_refused);
  ADD ("/renewal-attempt/checked-while-refused", test_checked_while_refused);
  ADD ("/renewal-attempt/unreachable", test_unreachable);
  ADD ("/renewal-attempt/old-certificate", test_old_certificate);
  ADD ("/renewal-attempt/http-fault", test_http_fault);
  ADD ("/renewal-attempt/http-refusal", test_http_refusal);
  ADD ("/renewal-attempt/web-page", test_web_page);
  ADD ("/renewal-attempt/choking", test_choking);
  ADD ("/renewal-attempt/choking-on-all", test_choking_on_all);
  ADD ("/renewal-attempt/pending", test_pending);
  ADD ("/renewal-attempt/stranger", test_stranger);
  ADD ("/renewal-attempt/another-refused", test_another_refused);
  ADD ("/renewal-attempt/another-without-challenge", test_another_without_challenge);
  ADD ("/renewal-attempt/given-up", test_given_up);
  ADD ("/renewal-attempt/one-time", test_one_time);
  ADD ("/renewal-attempt/expired", test_expired);
  ADD ("/renewal-attempt/not-valid-yet", test_not_valid_yet);
  ADD ("/renewal-attempt/warnings", test_warnings);
  ADD ("/renewal-attempt/warnings/kept", test_warnings_kept);
  ADD ("/renewal-attempt/warnings/of-earlier-version", test_warnings_of_earlier_version);
  ADD ("/renewal-attempt/switch-back", test_switch_back);
  ADD ("/renewal-attempt/switch-back/at-the-end", test_switch_back_at_the_end);
  ADD ("/renewal-attempt/renews-later", test_renews_later);
  return g_test_run ();
}
