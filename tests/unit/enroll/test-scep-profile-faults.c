/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-error.h"
#include "base/scep-names.h"
#include "profile-fixture.h"
#include "warning-count.h"

#include <glib/gstdio.h>

#define RETRY PROFILE_FIXTURE_RETRY

static ScepStatus *
get_status (ProfileFixture *fixture)
{
  return scep_profile_get_status (fixture->profile);
}

static char *
get_path (ProfileFixture *fixture, const char *folder, const char *id, const char *name)
{
  return g_build_filename (fixture->directory, folder, id, name, NULL);
}

static void
enroll (ProfileFixture *fixture)
{
  profile_fixture_begin (fixture, profile_fixture_get_pin (fixture));
  profile_fixture_wait_state (fixture, "enrolled");
}

static void
assert_reset (ProfileFixture *fixture, ScepError code)
{
  g_autoptr (GError) error = NULL;
  GAsyncResult *result = NULL;

  scep_profile_reset_async (fixture->profile, profile_fixture_store_result, &result);
  g_assert_false (profile_fixture_wait_change (fixture, &result, &error));
  g_assert_error (error, SCEP_ERROR, (int) code);
}

/* A folder in a file's place cannot be read by anybody, root included. */
static void
make_unreadable (ProfileFixture *fixture, const char *alias)
{
  g_autofree char *name = g_strconcat (alias, ".keyfile", NULL);
  g_autofree char *path = get_path (fixture, "keystores", SCEP_DEFAULT_ID, name);

  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
}

static void
test_due_when_it_comes (ProfileFixture *fixture, gconstpointer data)
{
  gint64 now = scep_clock_now (SCEP_CLOCK (fixture->clock));

  fixture->dated_back = 900000;
  fixture->valid_for = 10000;
  enroll (fixture);
  g_assert_cmpstr (get_status (fixture)->next_action, ==, "renew");
  g_assert_cmpint (get_status (fixture)->next_action_time, ==, now + 5000);
  scep_clock_fake_advance (fixture->clock, 4999);
  g_assert_cmpstr (get_status (fixture)->state, ==, "enrolled");
  profile_fixture_close (fixture);
  profile_fixture_open (fixture);
  g_assert_cmpint (get_status (fixture)->next_action_time, ==, now + 5000);
  g_assert_cmpuint (fixture->n_requests, ==, 1);
  scep_clock_fake_advance (fixture->clock, 1);
  profile_fixture_wait_counter (&fixture->n_renewed, 1);
  g_assert_cmpuint (fixture->n_requests, ==, 2);
}

static void
test_unreadable_certificate (ProfileFixture *fixture, gconstpointer data)
{
  enroll (fixture);
  profile_fixture_close (fixture);
  make_unreadable (fixture, SCEP_ALIAS_ENROLLED);
  profile_fixture_open (fixture);
  g_assert_cmpuint (test_warnings_take (), ==, 1);
  g_assert_cmpstr (get_status (fixture)->state, ==, "waiting");
  profile_fixture_assert_error (fixture, SCEP_ERROR_STORAGE_FAILED);
  g_assert_cmpuint (fixture->n_failures, ==, 1);
  scep_clock_fake_advance (fixture->clock, 10 * RETRY);
  g_assert_cmpuint (fixture->n_failures, ==, 1);
  g_assert_cmpstr (get_status (fixture)->next_action, ==, "retry");
  g_assert_cmpuint (fixture->n_requests, ==, 1);
  assert_reset (fixture, SCEP_ERROR_STORAGE_FAILED);
}

/* The lower layers alone are not what somebody has set. */
static void
test_cut_off_settings (ProfileFixture *fixture, gconstpointer data)
{
  g_autofree char *path = get_path (fixture, "profiles", SCEP_DEFAULT_ID, "settings.keyfile");

  enroll (fixture);
  profile_fixture_close (fixture);
  g_assert_true (g_file_set_contents (path, "", 0, NULL));
  profile_fixture_open (fixture);
  profile_fixture_assert_error (fixture, SCEP_ERROR_STORAGE_FAILED);
  g_assert_nonnull (g_strstr_len (get_status (fixture)->last_error_message, -1, path));
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
}

static void
test_unreadable_request_key (ProfileFixture *fixture, gconstpointer data)
{
  g_autofree char *path = get_path (fixture, "profiles", SCEP_DEFAULT_ID, "transaction.keyfile");

  fixture->mood = MOOD_DELAY;
  profile_fixture_begin (fixture, profile_fixture_get_pin (fixture));
  profile_fixture_wait_state (fixture, "pending");
  profile_fixture_close (fixture);
  make_unreadable (fixture, SCEP_ALIAS_REQUEST);
  profile_fixture_open (fixture);
  g_assert_cmpuint (test_warnings_take (), ==, 1);
  profile_fixture_assert_error (fixture, SCEP_ERROR_STORAGE_FAILED);
  g_assert_cmpstr (get_status (fixture)->transaction_id, ==, fixture->transaction_id);
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
}

static void
test_unreadable_trust (ProfileFixture *fixture, gconstpointer data)
{
  g_autofree char *path = get_path (fixture, "profiles", SCEP_DEFAULT_ID, "trust.keyfile");
  g_autofree char *pem = NULL;

  enroll (fixture);
  profile_fixture_close (fixture);
  g_assert_true (g_file_set_contents (path, "nonsense", -1, NULL));
  profile_fixture_open (fixture);
  profile_fixture_assert_error (fixture, SCEP_ERROR_STORAGE_FAILED);
  g_assert_cmpstr (get_status (fixture)->fingerprint, !=, "");
  pem = scep_profile_dup_certificate_chain (fixture->profile);
  g_assert_cmpstr (pem, !=, "");
  assert_reset (fixture, SCEP_ERROR_STORAGE_FAILED);
}

static void
test_reset_fails (ProfileFixture *fixture, gconstpointer data)
{
  g_autofree char *path = get_path (fixture, "profiles", SCEP_DEFAULT_ID, "reset.keyfile");

  enroll (fixture);
  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
  assert_reset (fixture, SCEP_ERROR_STORAGE_FAILED);
  profile_fixture_assert_error (fixture, SCEP_ERROR_STORAGE_FAILED);
  g_assert_cmpstr (get_status (fixture)->next_action, ==, "retry");
  g_assert_cmpstr (get_status (fixture)->fingerprint, !=, "");
  g_assert_cmpint (g_rmdir (path), ==, 0);
  scep_clock_fake_advance (fixture->clock, RETRY);
  g_assert_cmpstr (get_status (fixture)->state, ==, "enrolled");
  g_assert_cmpstr (get_status (fixture)->last_error, ==, "");
}

static void
test_reset_without_keystore (ProfileFixture *fixture, gconstpointer data)
{
  g_autofree char *path = get_path (fixture, "profiles", SCEP_DEFAULT_ID, "trust.keyfile");

  enroll (fixture);
  profile_fixture_configure (fixture, "KeystoreServiceTarget", "(id=nowhere)", NULL);
  profile_fixture_assert_error (fixture, SCEP_ERROR_KEYSTORE_NOT_FOUND);
  g_assert_cmpuint (fixture->n_failures, ==, 1);
  assert_reset (fixture, SCEP_ERROR_KEYSTORE_NOT_FOUND);
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
}

static void
test_deletion_fails (ProfileFixture *fixture, gconstpointer data)
{
  g_autofree char *path = get_path (fixture, "profiles", ".deleted-vpn", NULL);
  g_autoptr (GError) error = NULL;
  GAsyncResult *result = NULL;

  profile_fixture_close (fixture);
  fixture->id = "vpn";
  profile_fixture_open (fixture);
  enroll (fixture);
  g_assert_true (g_file_set_contents (path, "", 0, NULL));
  scep_profile_remove_async (fixture->profile, profile_fixture_store_result, &result);
  g_assert_false (profile_fixture_wait_change (fixture, &result, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_STORAGE_FAILED);
  g_assert_cmpstr (get_status (fixture)->state, ==, "enrolled");
  g_assert_cmpint (scep_clock_fake_get_next (fixture->clock), ==,
                   get_status (fixture)->next_action_time);
  profile_fixture_configure (fixture, "RenewalThreshold", "50", NULL);
}

static void
test_cancel_while_disabled (ProfileFixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  GAsyncResult *result = NULL;

  fixture->mood = MOOD_DELAY;
  profile_fixture_begin (fixture, profile_fixture_get_pin (fixture));
  profile_fixture_wait_state (fixture, "pending");
  profile_fixture_configure (fixture, "Enabled", "false", NULL);
  g_assert_cmpstr (get_status (fixture)->last_error, ==, "");
  scep_profile_cancel_async (fixture->profile, profile_fixture_store_result, &result);
  g_assert_true (profile_fixture_wait_change (fixture, &result, &error));
  profile_fixture_assert_error (fixture, SCEP_ERROR_CANCELLED);
  g_assert_cmpstr (get_status (fixture)->state, ==, "disabled");
}

static void
test_challenge_file (ProfileFixture *fixture, gconstpointer data)
{
  g_autofree char *configuration = g_build_filename (fixture->directory, "etc", NULL);
  g_autofree char *folder = g_build_filename (configuration, "profiles", NULL);
  g_autofree char *conf = g_build_filename (folder, "default.conf", NULL);
  g_autofree char *secret = g_build_filename (fixture->directory, "secret", NULL);
  g_autofree char *text = g_strdup_printf ("[Profile]\nChallengePasswordFile=%s\n", secret);

  profile_fixture_close (fixture);
  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (conf, text, -1, NULL));
  fixture->configuration = configuration;
  profile_fixture_open (fixture);
  profile_fixture_assert_error (fixture, SCEP_ERROR_STORAGE_FAILED);
  g_assert_nonnull (g_strstr_len (get_status (fixture)->last_error_message, -1, secret));

  profile_fixture_close (fixture);
  g_assert_true (g_file_set_contents (secret, "word\n", -1, NULL));
  profile_fixture_open (fixture);
  g_assert_true (get_status (fixture)->challenge_set);
  /* Once read, it is not read again before a reload. */
  g_assert_cmpint (g_unlink (secret), ==, 0);
  profile_fixture_configure (fixture, "RenewalThreshold", "50", NULL);
  g_assert_true (get_status (fixture)->challenge_set);
}

static void
test_asked_while_awaiting (ProfileFixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  profile_fixture_begin (fixture, "");
  profile_fixture_wait_state (fixture, "awaiting-trust");
  g_assert_cmpuint (fixture->n_bootstraps, ==, 1);
  g_assert_true (scep_profile_check (fixture->profile, &error));
  g_assert_no_error (error);
  profile_fixture_wait_counter (&fixture->n_bootstraps, 2);
  profile_fixture_wait_state (fixture, "awaiting-trust");
  g_assert_true (scep_profile_enroll (fixture->profile, &error));
  g_assert_no_error (error);
  profile_fixture_wait_counter (&fixture->n_bootstraps, 3);
  profile_fixture_wait_state (fixture, "awaiting-trust");
  g_assert_cmpstr (get_status (fixture)->offered_ca_fingerprint, ==,
                   profile_fixture_get_pin (fixture));
}

static void
test_changed_while_pending (ProfileFixture *fixture, gconstpointer data)
{
  fixture->mood = MOOD_DELAY;
  profile_fixture_begin (fixture, profile_fixture_get_pin (fixture));
  profile_fixture_wait_state (fixture, "pending");
  profile_fixture_configure (fixture, "SubjectDN", "CN=another", NULL);
  g_assert_cmpstr (get_status (fixture)->state, ==, "pending");
  fixture->mood = MOOD_ISSUE;
  scep_clock_fake_advance (fixture->clock, RETRY);
  profile_fixture_wait_counter (&fixture->n_enrolled, 2);
  g_assert_cmpuint (fixture->n_requests, ==, 2);
  g_assert_cmpstr (get_status (fixture)->subject, ==, "CN=another");
}

static void
test_other_ra_pin (ProfileFixture *fixture, gconstpointer data)
{
  enroll (fixture);
  profile_fixture_configure (fixture, "RACertificateFingerprint", profile_fixture_get_pin (fixture),
                             NULL);
  profile_fixture_wait_counter (&fixture->n_bootstraps, 2);
  g_assert_cmpuint (fixture->n_requests, ==, 1);
  g_assert_cmpstr (get_status (fixture)->fingerprint, !=, "");
}

static char *
get_key_hash (ProfileFixture *fixture, const char *alias)
{
  g_autoptr (ScepKeystoreEntry) entry = scep_keystore_lookup (fixture->keystore, alias, NULL);

  return entry != NULL
             ? scep_public_key_get_hash (scep_key_get_spki (scep_keystore_entry_get_key (entry)))
             : NULL;
}

/* A folder in its place: the trust record cannot be written. */
static char *
begin_without_trust (ProfileFixture *fixture)
{
  char *path = get_path (fixture, "profiles", SCEP_DEFAULT_ID, "trust.keyfile");

  g_assert_cmpint (g_mkdir_with_parents (path, 0700), ==, 0);
  profile_fixture_begin (fixture, profile_fixture_get_pin (fixture));
  profile_fixture_wait_state (fixture, "waiting");
  profile_fixture_assert_error (fixture, SCEP_ERROR_STORAGE_FAILED);
  g_assert_cmpuint (fixture->n_requests, ==, 0);
  return path;
}

/* The key is made while the trust is written, and is there when that works. */
static void
test_key_before_trust (ProfileFixture *fixture, gconstpointer data)
{
  g_autofree char *path = begin_without_trust (fixture);
  g_autofree char *made = NULL;
  g_autofree char *used = NULL;

  while ((made = get_key_hash (fixture, SCEP_ALIAS_REQUEST)) == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (g_rmdir (path), ==, 0);
  scep_clock_fake_advance (fixture->clock, RETRY);
  profile_fixture_wait_state (fixture, "enrolled");
  used = get_key_hash (fixture, SCEP_ALIAS_ENROLLED);
  g_assert_cmpstr (used, ==, made);
}

/* The next start finds a key of no transaction, if it was done, and deletes it. */
static void
test_key_without_trust (ProfileFixture *fixture, gconstpointer data)
{
  g_autofree char *path = begin_without_trust (fixture);
  g_autofree char *left = NULL;

  profile_fixture_close (fixture);
  g_assert_cmpint (g_rmdir (path), ==, 0);
  profile_fixture_open (fixture);
  while ((left = get_key_hash (fixture, SCEP_ALIAS_REQUEST)) != NULL) {
    g_clear_pointer (&left, g_free);
    g_main_context_iteration (NULL, TRUE);
  }
}

#define ADD(path, function)                                                                        \
  g_test_add (path, ProfileFixture, NULL, profile_fixture_set_up, function,                        \
              profile_fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  test_warnings_count ();
  ADD ("/profile-faults/due-when-it-comes", test_due_when_it_comes);
  ADD ("/profile-faults/unreadable-certificate", test_unreadable_certificate);
  ADD ("/profile-faults/cut-off-settings", test_cut_off_settings);
  ADD ("/profile-faults/unreadable-request-key", test_unreadable_request_key);
  ADD ("/profile-faults/unreadable-trust", test_unreadable_trust);
  ADD ("/profile-faults/key-before-trust", test_key_before_trust);
  ADD ("/profile-faults/key-without-trust", test_key_without_trust);
  ADD ("/profile-faults/reset-fails", test_reset_fails);
  ADD ("/profile-faults/reset-without-keystore", test_reset_without_keystore);
  ADD ("/profile-faults/deletion-fails", test_deletion_fails);
  ADD ("/profile-faults/cancel-while-disabled", test_cancel_while_disabled);
  ADD ("/profile-faults/challenge-file", test_challenge_file);
  ADD ("/profile-faults/asked-while-awaiting", test_asked_while_awaiting);
  ADD ("/profile-faults/changed-while-pending", test_changed_while_pending);
  ADD ("/profile-faults/other-ra-pin", test_other_ra_pin);
  return g_test_run ();
}
