/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-error.h"
#include "base/scep-names.h"
#include "profile-fixture.h"

#include <glib/gstdio.h>

static gboolean
has_key (ProfileFixture *fixture, const char *alias)
{
  g_autoptr (ScepKeystoreEntry) entry = scep_keystore_lookup (fixture->keystore, alias, NULL);

  return entry != NULL;
}

static char *
get_path (ProfileFixture *fixture, const char *name)
{
  return g_build_filename (fixture->directory, "profiles", "default", name, NULL);
}

static void
cancel (ProfileFixture *fixture)
{
  g_autoptr (GError) error = NULL;
  GAsyncResult *result = NULL;

  scep_profile_cancel_async (fixture->profile, profile_fixture_store_result, &result);
  g_assert_true (profile_fixture_wait_change (fixture, &result, &error));
  g_assert_no_error (error);
}

/* The transaction and its key go, wherever the request is. */
static void
test_cancel_in_each_state (ProfileFixture *fixture, gconstpointer data)
{
  static const char *const states[] = { "bootstrapping", "generating-key", "requesting",
                                        "pending" };

  fixture->mood = MOOD_DELAY;
  profile_fixture_begin (fixture, profile_fixture_get_pin (fixture));
  for (guint i = 0; i < G_N_ELEMENTS (states); i++) {
    g_autofree char *path = get_path (fixture, "transaction.keyfile");

    if (i > 0)
      scep_clock_fake_advance (fixture->clock, PROFILE_FIXTURE_RETRY);
    if (i < 2)
      profile_fixture_configure (fixture, "CARootFingerprint", profile_fixture_get_pin (fixture),
                                 NULL);
    profile_fixture_wait_state (fixture, states[i]);
    cancel (fixture);
    g_assert_cmpstr (scep_profile_get_status (fixture->profile)->state, ==, "waiting");
    profile_fixture_assert_error (fixture, SCEP_ERROR_CANCELLED);
    g_assert_cmpstr (scep_profile_get_status (fixture->profile)->next_action, ==, "retry");
    g_assert_cmpint (scep_profile_get_status (fixture->profile)->next_action_time, ==,
                     scep_clock_now (SCEP_CLOCK (fixture->clock)) + PROFILE_FIXTURE_RETRY);
    g_assert_cmpstr (scep_profile_get_status (fixture->profile)->transaction_id, ==, "");
    g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
    g_assert_false (has_key (fixture, SCEP_ALIAS_REQUEST));
  }
}

static void
test_cancel_nothing (ProfileFixture *fixture, gconstpointer data)
{
  cancel (fixture);
  g_assert_cmpstr (scep_profile_get_status (fixture->profile)->last_error, ==, "");
  profile_fixture_begin (fixture, profile_fixture_get_pin (fixture));
  profile_fixture_wait_state (fixture, "enrolled");
  cancel (fixture);
  g_assert_cmpstr (scep_profile_get_status (fixture->profile)->state, ==, "enrolled");
}

static void
enroll_and_switch_off (ProfileFixture *fixture)
{
  profile_fixture_begin (fixture, profile_fixture_get_pin (fixture));
  profile_fixture_wait_state (fixture, "enrolled");
  profile_fixture_configure (fixture, "Enabled", "false", NULL);
}

static gboolean
reset (ProfileFixture *fixture, GError **error)
{
  GAsyncResult *result = NULL;

  scep_profile_reset_async (fixture->profile, profile_fixture_store_result, &result);
  return profile_fixture_wait_change (fixture, &result, error);
}

static void
assert_empty (ProfileFixture *fixture)
{
  g_autofree char *trust = get_path (fixture, "trust.keyfile");
  g_autofree char *intention = get_path (fixture, "reset.keyfile");
  g_autoptr (GPtrArray) entries = scep_keystore_list (fixture->keystore, NULL);

  g_assert_cmpuint (entries->len, ==, 0);
  g_assert_false (g_file_test (trust, G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (intention, G_FILE_TEST_EXISTS));
  g_assert_cmpstr (scep_profile_get_status (fixture->profile)->fingerprint, ==, "");
  g_assert_cmpstr (scep_profile_get_status (fixture->profile)->ca_fingerprints[0], ==, NULL);
}

static void
test_reset_unknown_keystore (ProfileFixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  enroll_and_switch_off (fixture);
  profile_fixture_configure (fixture, "KeystoreServiceTarget", "(id=nowhere)", NULL);
  g_assert_false (reset (fixture, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_KEYSTORE_NOT_FOUND);
  g_assert_true (has_key (fixture, SCEP_ALIAS_ENROLLED));
  profile_fixture_configure (fixture, "KeystoreServiceTarget", "(id=default)", NULL);
  g_assert_true (reset (fixture, NULL));
  assert_empty (fixture);
}

/* The disk is at fault in the middle of it: it is tried again. */
static void
test_reset_retried (ProfileFixture *fixture, gconstpointer data)
{
  g_autofree char *trust = get_path (fixture, "trust.keyfile");
  g_autofree char *inner = g_build_filename (trust, "file", NULL);
  g_autoptr (GError) error = NULL;

  enroll_and_switch_off (fixture);
  g_assert_cmpint (g_unlink (trust), ==, 0);
  g_assert_cmpint (g_mkdir (trust, 0700), ==, 0);
  g_assert_true (g_file_set_contents (inner, "", 0, NULL));
  g_assert_false (reset (fixture, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_STORAGE_FAILED);
  g_assert_cmpstr (scep_profile_get_status (fixture->profile)->state, ==, "disabled");
  profile_fixture_assert_error (fixture, SCEP_ERROR_STORAGE_FAILED);

  profile_fixture_configure (fixture, "Enabled", "true", NULL);
  profile_fixture_wait_state (fixture, "waiting");
  profile_fixture_assert_error (fixture, SCEP_ERROR_STORAGE_FAILED);
  g_assert_cmpint (g_unlink (inner), ==, 0);
  g_assert_cmpint (g_rmdir (trust), ==, 0);
  scep_clock_fake_advance (fixture->clock, PROFILE_FIXTURE_RETRY);
  profile_fixture_wait_counter (&fixture->n_enrolled, 2);
  g_assert_cmpstr (scep_profile_get_status (fixture->profile)->last_error, ==, "");
}

static void
test_reset_interrupted (ProfileFixture *fixture, gconstpointer data)
{
  g_autofree char *intention = get_path (fixture, "reset.keyfile");

  enroll_and_switch_off (fixture);
  profile_fixture_close (fixture);
  g_assert_true (g_file_set_contents (intention, "[Reset]\nWanted=true\n", -1, NULL));
  profile_fixture_open (fixture);
  while (g_file_test (intention, G_FILE_TEST_EXISTS) ||
         scep_profile_get_status (fixture->profile)->ca_fingerprints[0] != NULL)
    g_main_context_iteration (NULL, TRUE);
  profile_fixture_wait_state (fixture, "disabled");
  assert_empty (fixture);
}

static void
test_reset_twice (ProfileFixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  GAsyncResult *result = NULL;

  enroll_and_switch_off (fixture);
  scep_profile_reset_async (fixture->profile, profile_fixture_store_result, &result);
  g_assert_false (reset (fixture, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_BUSY);
  profile_fixture_configure (fixture, "Enabled", "true", "SubjectDN", "CN=new", NULL);
  g_assert_true (profile_fixture_wait_change (fixture, &result, NULL));
  profile_fixture_wait_state (fixture, "enrolled");
  g_assert_cmpstr (scep_profile_get_status (fixture->profile)->subject, ==, "CN=new");
}

#define ADD(path, function)                                                                        \
  g_test_add (path, ProfileFixture, NULL, profile_fixture_set_up, function,                        \
              profile_fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/cancel/in-each-state", test_cancel_in_each_state);
  ADD ("/cancel/nothing", test_cancel_nothing);
  ADD ("/reset/unknown-keystore", test_reset_unknown_keystore);
  ADD ("/reset/retried", test_reset_retried);
  ADD ("/reset/interrupted", test_reset_interrupted);
  ADD ("/reset/twice", test_reset_twice);
  return g_test_run ();
}
