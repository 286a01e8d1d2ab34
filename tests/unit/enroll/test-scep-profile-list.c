/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-error.h"
#include "base/scep-names.h"
#include "enroll/scep-profile-files.h"
#include "profile-fixture.h"

#include <glib/gstdio.h>

#define ENROLLED "scep-enrolled-key-pair@extra"

static char *
get_folder (ProfileFixture *fixture, const char *name)
{
  return g_build_filename (fixture->directory, "profiles", name, NULL);
}

static gboolean
has_key (ProfileFixture *fixture, const char *alias)
{
  g_autoptr (ScepKeystoreEntry) entry = scep_keystore_lookup (fixture->keystore, alias, NULL);

  return entry != NULL;
}

static void
enroll_extra (ProfileFixture *fixture)
{
  profile_fixture_close (fixture);
  fixture->id = "extra";
  profile_fixture_open (fixture);
  profile_fixture_begin (fixture, profile_fixture_get_pin (fixture));
  profile_fixture_wait_state (fixture, "enrolled");
  g_assert_true (has_key (fixture, ENROLLED));
}

static gboolean delete (ProfileFixture *fixture, GError **error)
{
  GAsyncResult *result = NULL;

  scep_profile_remove_async (fixture->profile, profile_fixture_store_result, &result);
  return profile_fixture_wait_change (fixture, &result, error);
}

static void
test_default (ProfileFixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (delete (fixture, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_UNSUPPORTED);
}

static void
test_delete (ProfileFixture *fixture, gconstpointer data)
{
  g_autofree char *folder = get_folder (fixture, "extra");
  g_autoptr (GPtrArray) entries = NULL;
  g_autoptr (GHashTable) nothing = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GError) error = NULL;
  GAsyncResult *result = NULL;

  enroll_extra (fixture);
  g_assert_true (delete (fixture, &error));
  g_assert_no_error (error);
  g_assert_false (g_file_test (folder, G_FILE_TEST_EXISTS));
  entries = scep_keystore_list (fixture->keystore, NULL);
  g_assert_cmpuint (entries->len, ==, 0);

  /* Nothing brings it back. */
  scep_profile_configure_async (fixture->profile, nothing, profile_fixture_store_result, &result);
  g_assert_false (profile_fixture_wait_change (fixture, &result, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_NO_SUCH_PROFILE);
  g_assert_false (g_file_test (folder, G_FILE_TEST_EXISTS));
}

/* The folder cannot be renamed: the profile is as it was. */
static void
test_failed (ProfileFixture *fixture, gconstpointer data)
{
  g_autofree char *away = get_folder (fixture, ".deleted-extra");
  g_autofree char *folder = get_folder (fixture, "extra");
  g_autoptr (GError) error = NULL;

  enroll_extra (fixture);
  g_assert_true (g_file_set_contents (away, "", 0, NULL));
  g_assert_false (delete (fixture, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_STORAGE_FAILED);
  g_assert_true (g_file_test (folder, G_FILE_TEST_EXISTS));
  g_assert_true (has_key (fixture, ENROLLED));
  profile_fixture_configure (fixture, "RenewalThreshold", "50", NULL);
  g_assert_cmpstr (scep_profile_get_status (fixture->profile)->state, ==, "enrolled");
  g_assert_cmpint (g_unlink (away), ==, 0);
}

static void
list (ProfileFixture *fixture, const char *expected)
{
  g_auto (GStrv) ids = scep_profile_list_ids (&fixture->context);
  g_autofree char *text = g_strjoinv (" ", ids);

  g_assert_cmpstr (text, ==, expected);
}

static void
wait_for_removal (ProfileFixture *fixture)
{
  while (has_key (fixture, ENROLLED))
    g_main_context_iteration (NULL, TRUE);
}

static void
test_interrupted (ProfileFixture *fixture, gconstpointer data)
{
  g_autofree char *folder = get_folder (fixture, "extra");
  g_autofree char *away = get_folder (fixture, ".deleted-extra");

  enroll_extra (fixture);
  list (fixture, "default extra");
  profile_fixture_close (fixture);
  g_assert_cmpint (g_rename (folder, away), ==, 0);
  fixture->id = NULL;
  profile_fixture_open (fixture);
  list (fixture, "default");
  /* The folder says that the keys have to go: it is the last. */
  g_assert_true (g_file_test (away, G_FILE_TEST_EXISTS));
  wait_for_removal (fixture);
  while (g_file_test (away, G_FILE_TEST_EXISTS))
    g_main_context_iteration (NULL, FALSE);
}

static void
test_orphans (ProfileFixture *fixture, gconstpointer data)
{
  g_autofree char *folder = get_folder (fixture, "extra");
  g_autofree char *away = get_folder (fixture, "elsewhere-");

  enroll_extra (fixture);
  profile_fixture_close (fixture);
  g_assert_cmpint (g_rename (folder, away), ==, 0);
  fixture->id = NULL;
  profile_fixture_open (fixture);
  list (fixture, "default");
  wait_for_removal (fixture);
}

#define ADD(path, function)                                                                        \
  g_test_add (path, ProfileFixture, NULL, profile_fixture_set_up, function,                        \
              profile_fixture_tear_down)

/* A folder in which the first file was never finished is what a crash or a full disk left of a
 * CreateProfile that nobody was answered. */
static void
test_ghosts (ProfileFixture *fixture, gconstpointer data)
{
  g_autofree char *empty = get_folder (fixture, "empty");
  g_autofree char *unfinished = get_folder (fixture, "unfinished");
  g_autofree char *temporary = g_build_filename (unfinished, ".tmp-0011223344556677", NULL);
  g_autofree char *known = get_folder (fixture, "known");
  g_autofree char *trust = g_build_filename (known, SCEP_FILE_TRUST, NULL);
  g_autoptr (GPtrArray) faults = g_ptr_array_new_with_free_func (g_free);
  g_auto (GStrv) found = NULL;
  g_autofree char *text = NULL;
  gboolean complete;

  g_assert_cmpint (g_mkdir_with_parents (empty, 0700), ==, 0);
  g_assert_cmpint (g_mkdir_with_parents (unfinished, 0700), ==, 0);
  g_assert_true (g_file_set_contents (temporary, "[Prof", -1, NULL));
  g_assert_cmpint (g_mkdir_with_parents (known, 0700), ==, 0);
  g_assert_true (g_file_set_contents (trust, "\n", -1, NULL));

  /* While the service runs one may be about to get its first file: it is passed over only. */
  found = scep_profile_find_ids (&fixture->context, &complete, faults);
  text = g_strjoinv (" ", found);
  g_assert_cmpstr (text, ==, "default known");
  g_assert_true (complete);
  g_assert_true (g_file_test (unfinished, G_FILE_TEST_EXISTS));

  list (fixture, "default known");
  g_assert_false (g_file_test (empty, G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (unfinished, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (trust, G_FILE_TEST_EXISTS));
}

/* The folder of a profile that a file defines may be empty, and need not stay. */
static void
test_ghost_of_file (ProfileFixture *fixture, gconstpointer data)
{
  g_autofree char *folder = get_folder (fixture, "filed");
  g_autofree char *configuration = g_build_filename (fixture->directory, "etc", NULL);
  g_autofree char *profiles = g_build_filename (configuration, "profiles", NULL);
  g_autofree char *file = g_build_filename (profiles, "filed.conf", NULL);

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_assert_cmpint (g_mkdir_with_parents (profiles, 0700), ==, 0);
  g_assert_true (g_file_set_contents (file, "[Profile]\n", -1, NULL));
  fixture->context.configuration_directory = configuration;
  list (fixture, "default filed");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/delete/default", test_default);
  ADD ("/delete/done", test_delete);
  ADD ("/delete/failed", test_failed);
  ADD ("/delete/interrupted", test_interrupted);
  ADD ("/delete/orphans", test_orphans);
  ADD ("/list/ghosts", test_ghosts);
  ADD ("/list/ghost-of-file", test_ghost_of_file);
  return g_test_run ();
}
