/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-error.h"
#include "storage-fixture.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

static void
test_make (StorageFixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *outer = g_build_filename (f->root, "outer", NULL);
  g_autofree char *inner = g_build_filename (outer, "inner", NULL);
  g_autofree char *blocked = g_build_filename (f->path, "inner", NULL);
  struct stat info;

  storage_fixture_put (f->path, "");
  storage_fixture_assert_failed (scep_storage_make_directory (f->path, &error), &error,
                                 "move it away");
  storage_fixture_assert_failed (scep_storage_make_directory (blocked, &error), &error,
                                 "move it away");
  test_calls_fail ("mkdir", 2, ENOSPC);
  storage_fixture_assert_failed (scep_storage_make_directory (inner, &error), &error,
                                 "Free some space");
  g_assert_cmpint (g_rmdir (outer), ==, 0);

  test_calls_record ();
  storage_fixture_assert_done (scep_storage_make_directory (inner, &error), error);
  storage_fixture_assert_calls ("mkdir outer\nfsync ROOT\nmkdir inner\nfsync outer\n");
  g_assert_cmpint (stat (inner, &info), ==, 0);
  g_assert_cmpuint (info.st_mode & 07777, ==, 0700);

  g_assert_cmpint (g_chmod (inner, 0750), ==, 0);
  test_calls_record ();
  storage_fixture_assert_done (scep_storage_make_directory (inner, &error), error);
  storage_fixture_assert_calls ("");
  g_assert_cmpint (stat (inner, &info), ==, 0);
  g_assert_cmpuint (info.st_mode & 07777, ==, 0750);
}

/* outer/inner/key, outer/file, and a symbolic link to what is not ours. */
static void
make_tree (StorageFixture *f, const char *outer)
{
  g_autofree char *inner = g_build_filename (outer, "inner", NULL);
  g_autofree char *key = g_build_filename (inner, "key", NULL);
  g_autofree char *file = g_build_filename (outer, "file", NULL);
  g_autofree char *link = g_build_filename (outer, "link", NULL);
  g_autofree char *theirs = g_build_filename (f->root, "theirs", NULL);

  g_assert_cmpint (g_mkdir_with_parents (inner, 0700), ==, 0);
  g_assert_cmpint (g_mkdir_with_parents (theirs, 0700), ==, 0);
  storage_fixture_put (key, "");
  storage_fixture_put (file, "");
  g_assert_cmpint (symlink (theirs, link), ==, 0);
}

static void
test_remove (StorageFixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *outer = g_build_filename (f->root, "outer", NULL);
  g_autofree char *link = g_build_filename (outer, "link", NULL);
  g_autofree char *theirs = g_build_filename (f->root, "theirs", NULL);
  g_autofree char *kept = g_build_filename (theirs, "kept", NULL);

  storage_fixture_assert_done (scep_storage_remove_directory (outer, &error), error);
  storage_fixture_put (f->path, "");
  storage_fixture_assert_failed (scep_storage_remove_directory (f->path, &error), &error,
                                 "move it away");
  make_tree (f, outer);
  storage_fixture_put (kept, "theirs");
  storage_fixture_assert_failed (scep_storage_remove_directory (link, &error), &error,
                                 "move it away");
  test_calls_fail ("unlink", 1, EIO);
  storage_fixture_assert_failed (scep_storage_remove_directory (outer, &error), &error,
                                 "kernel's log");
  test_calls_fail ("rmdir", 1, EROFS);
  storage_fixture_assert_failed (scep_storage_remove_directory (outer, &error), &error,
                                 "STATE_DIRECTORY");
  make_tree (f, outer);
  test_calls_fail ("fsync", 1, EIO);
  storage_fixture_assert_failed (scep_storage_remove_directory (outer, &error), &error,
                                 "kernel's log");
  make_tree (f, outer);
  storage_fixture_assert_done (scep_storage_remove_directory (outer, &error), error);
  storage_fixture_assert_names (f, "file theirs");
  storage_fixture_assert_text (kept, "theirs");
}

/* A tree that was not made here is not followed to its end. */
static void
test_remove_deep (StorageFixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *top = g_build_filename (f->root, "1", NULL);
  g_autofree char *deepest = g_build_filename (top, "2/3/4/5/6/7/8/9", NULL);

  g_assert_cmpint (g_mkdir_with_parents (deepest, 0700), ==, 0);
  storage_fixture_assert_failed (scep_storage_remove_directory (top, &error), &error,
                                 "move it away");
  g_assert_true (g_file_test (deepest, G_FILE_TEST_IS_DIR));
  g_assert_cmpint (g_rmdir (deepest), ==, 0);
  storage_fixture_assert_done (scep_storage_remove_directory (top, &error), error);
}

static void
test_remove_temporaries (StorageFixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *one = g_build_filename (f->root, ".tmp-1", NULL);
  g_autofree char *two = g_build_filename (f->root, ".tmp-2", NULL);
  g_autofree char *other = g_build_filename (f->root, ".tmpfile", NULL);

  storage_fixture_assert_done (scep_storage_remove_temporaries (one, &error), error);
  storage_fixture_put (f->path, "kept");
  storage_fixture_put (other, "kept");
  storage_fixture_assert_failed (scep_storage_remove_temporaries (f->path, &error), &error,
                                 "move it away");
  storage_fixture_put (one, "half");
  storage_fixture_put (two, "half");
  /* One that stays does not keep the other. */
  test_calls_fail ("unlink", 1, EIO);
  storage_fixture_assert_failed (scep_storage_remove_temporaries (f->root, &error), &error,
                                 "unfinished files");
  g_assert_true (g_file_test (one, G_FILE_TEST_EXISTS) != g_file_test (two, G_FILE_TEST_EXISTS));
  test_calls_record ();
  storage_fixture_assert_done (scep_storage_remove_temporaries (f->root, &error), error);
  storage_fixture_assert_calls ("unlink TMP\n");
  storage_fixture_assert_names (f, ".tmpfile file");
}

/* What is there may be a name that was never synced. */
static void
check_take_over (StorageFixture *f, gboolean (*take_over) (const char *directory, GError **error),
                 const char *sync)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *temporary = g_build_filename (f->root, ".tmp-1", NULL);
  g_autofree char *only = g_strdup_printf ("%s ROOT\n", sync);
  g_autofree char *after = g_strdup_printf ("unlink TMP\n%s ROOT\n", sync);

  storage_fixture_put (f->path, "kept");
  test_calls_record ();
  storage_fixture_assert_done (take_over (f->root, &error), error);
  storage_fixture_assert_calls (only);
  test_calls_fail (sync, 1, EIO);
  storage_fixture_assert_failed (take_over (f->root, &error), &error, "kernel's log");
  storage_fixture_put (temporary, "half");
  test_calls_fail ("unlink", 1, EIO);
  storage_fixture_assert_failed (take_over (f->root, &error), &error, "unfinished files");
  test_calls_record ();
  storage_fixture_assert_done (take_over (f->root, &error), error);
  storage_fixture_assert_calls (after);
  storage_fixture_assert_names (f, "file");
}

static void
test_take_over (StorageFixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *absent = g_build_filename (f->root, "absent", NULL);

  storage_fixture_assert_done (scep_storage_take_over (absent, &error), error);
  check_take_over (f, scep_storage_take_over, "fsync");
}

static void
test_take_over_tree (StorageFixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *absent = g_build_filename (f->root, "absent", NULL);

  storage_fixture_assert_failed (scep_storage_take_over_tree (absent, &error), &error, "mounted");
  check_take_over (f, scep_storage_take_over_tree, "syncfs");
}

static void
test_list_ids (StorageFixture *f, gconstpointer data)
{
  g_autoptr (GHashTable) ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GPtrArray) others = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *absent = g_build_filename (f->root, "absent", NULL);
  g_autofree char *good = g_build_filename (f->root, "vpn.conf", NULL);
  g_autofree char *bad = g_build_filename (f->root, "Not-An-Id.conf", NULL);
  g_autoptr (GError) error = NULL;

  storage_fixture_put (f->path, "");
  storage_fixture_put (good, "");
  storage_fixture_put (bad, "");
  g_assert_false (scep_storage_list_ids (good, ".conf", ids, others, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOTDIR);
  g_clear_error (&error);
  storage_fixture_assert_done (scep_storage_list_ids (absent, ".conf", ids, others, &error), error);
  g_assert_cmpuint (g_hash_table_size (ids) + others->len, ==, 0);
  storage_fixture_assert_done (scep_storage_list_ids (f->root, ".conf", ids, others, &error),
                               error);
  g_assert_cmpuint (g_hash_table_size (ids), ==, 1);
  g_assert_true (g_hash_table_contains (ids, "vpn"));
  g_assert_cmpuint (others->len, ==, 1);
  g_assert_cmpstr (g_ptr_array_index (others, 0), ==, "Not-An-Id.conf");
  storage_fixture_assert_done (scep_storage_list_ids (f->root, "", ids, others, &error), error);
  g_assert_true (g_hash_table_contains (ids, "file"));
}

static void
test_not_permitted (StorageFixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *closed = g_build_filename (f->root, "closed", NULL);
  g_autofree char *file = g_build_filename (closed, ".tmp-1", NULL);
  const char *advice = "the user that the service runs as";

  g_assert_cmpint (g_mkdir (closed, 0700), ==, 0);
  storage_fixture_put (file, "");
  g_assert_cmpint (g_chmod (closed, 0), ==, 0);
  test_become_nobody (f->root);
  storage_fixture_assert_failed (scep_storage_remove_temporaries (closed, &error), &error, advice);
  storage_fixture_assert_failed (scep_storage_remove_directory (closed, &error), &error, advice);
  test_become_self ();
  g_assert_cmpint (g_chmod (closed, 0700), ==, 0);
  g_assert_true (g_file_test (file, G_FILE_TEST_EXISTS));
}

static void
test_blank (StorageFixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = g_build_filename (f->root, "folder", NULL);
  g_autofree char *temporary = g_build_filename (folder, ".tmp-1", NULL);
  g_autofree char *file = g_build_filename (folder, "file", NULL);

  g_assert_false (scep_storage_is_blank_directory (folder));
  storage_fixture_put (folder, "");
  g_assert_false (scep_storage_is_blank_directory (folder));
  g_assert_cmpint (g_unlink (folder), ==, 0);

  storage_fixture_assert_done (scep_storage_make_directory (folder, &error), error);
  g_assert_true (scep_storage_is_blank_directory (folder));
  storage_fixture_put (temporary, "half");
  g_assert_true (scep_storage_is_blank_directory (folder));
  storage_fixture_put (file, "");
  g_assert_false (scep_storage_is_blank_directory (folder));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  test_warnings_count ();
  storage_test_add ("/storage-directory/make", test_make);
  storage_test_add ("/storage-directory/remove", test_remove);
  storage_test_add ("/storage-directory/remove-deep", test_remove_deep);
  storage_test_add ("/storage-directory/remove-temporaries", test_remove_temporaries);
  storage_test_add ("/storage-directory/take-over", test_take_over);
  storage_test_add ("/storage-directory/take-over-tree", test_take_over_tree);
  storage_test_add ("/storage-directory/blank", test_blank);
  storage_test_add ("/storage-directory/list-ids", test_list_ids);
  storage_test_add ("/storage-directory/not-permitted", test_not_permitted);
  return g_test_run ();
}
