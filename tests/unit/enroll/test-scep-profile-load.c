/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-error.h"
#include "base/scep-names.h"
#include "profile-fixture.h"

#include <glib/gstdio.h>

static void
enroll (ProfileFixture *fixture)
{
  profile_fixture_begin (fixture, profile_fixture_get_pin (fixture));
  profile_fixture_wait_state (fixture, "enrolled");
  profile_fixture_close (fixture);
}

static void
check_read_again (ProfileFixture *fixture, const char *name)
{
  g_autofree char *path = g_build_filename (fixture->directory, "profiles", "default", name, NULL);
  g_autofree char *away = g_strconcat (path, ".away", NULL);
  g_autoptr (GHashTable) nothing = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GError) error = NULL;
  GAsyncResult *result = NULL;

  enroll (fixture);
  g_assert_cmpint (g_rename (path, away), ==, 0);
  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
  profile_fixture_open (fixture);
  g_assert_cmpstr (scep_profile_get_status (fixture->profile)->state, ==, "waiting");
  profile_fixture_assert_error (fixture, SCEP_ERROR_STORAGE_FAILED);
  g_assert_cmpstr (scep_profile_get_status (fixture->profile)->next_action, ==, "retry");
  scep_profile_configure_async (fixture->profile, nothing, profile_fixture_store_result, &result);
  g_assert_false (profile_fixture_wait_change (fixture, &result, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_STORAGE_FAILED);

  /* Still unreadable at the first retry, readable at the second. */
  scep_clock_fake_advance (fixture->clock, PROFILE_FIXTURE_RETRY);
  scep_profile_reload_async (fixture->profile, profile_fixture_store_result, &result);
  profile_fixture_wait_change (fixture, &result, NULL);
  g_assert_cmpstr (scep_profile_get_status (fixture->profile)->state, ==, "waiting");
  profile_fixture_assert_error (fixture, SCEP_ERROR_STORAGE_FAILED);
  g_assert_cmpint (g_rmdir (path), ==, 0);
  g_assert_cmpint (g_rename (away, path), ==, 0);
  scep_clock_fake_advance (fixture->clock, PROFILE_FIXTURE_RETRY);
  profile_fixture_wait_state (fixture, "enrolled");
  g_assert_cmpstr (scep_profile_get_status (fixture->profile)->last_error, ==, "");
  g_assert_cmpuint (fixture->n_requests, ==, 1);
  g_assert_cmpuint (fixture->n_bootstraps, ==, 1);
}

static void
test_settings (ProfileFixture *fixture, gconstpointer data)
{
  check_read_again (fixture, "settings.keyfile");
}

static void
test_trust (ProfileFixture *fixture, gconstpointer data)
{
  check_read_again (fixture, "trust.keyfile");
}

/* Whoever asks at once is told of the certificate: nothing has been done yet. */
static void
test_before_start (ProfileFixture *fixture, gconstpointer data)
{
  g_autoptr (ScepProfile) loaded = NULL;
  g_autofree char *fingerprint = NULL;

  enroll (fixture);
  profile_fixture_open (fixture);
  fingerprint = g_strdup (scep_profile_get_status (fixture->profile)->fingerprint);
  g_assert_cmpstr (fingerprint, !=, "");
  loaded = scep_profile_new (SCEP_DEFAULT_ID, &fixture->context);
  scep_profile_load (loaded);
  g_assert_cmpstr (scep_profile_get_status (loaded)->fingerprint, ==, fingerprint);
}

#define ADD(path, function)                                                                        \
  g_test_add (path, ProfileFixture, NULL, profile_fixture_set_up, function,                        \
              profile_fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/load/before-start", test_before_start);
  ADD ("/load/settings", test_settings);
  ADD ("/load/trust", test_trust);
  return g_test_run ();
}
