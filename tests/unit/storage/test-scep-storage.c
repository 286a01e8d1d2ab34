/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-error.h"
#include "storage-fixture.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static gboolean have_mounts;

static gboolean
write_text (const char *path, const char *text, GError **error)
{
  g_autoptr (GBytes) contents = g_bytes_new (text, strlen (text));

  return scep_storage_write (path, contents, error);
}

static void
assert_mode (const char *path, guint mode)
{
  struct stat info;

  g_assert_cmpint (lstat (path, &info), ==, 0);
  g_assert_cmpuint (info.st_mode & 07777, ==, mode);
}

/* After each step that can fail there is the old file, and nothing beside it. */
static void
test_write_fails (StorageFixture *f, gconstpointer data)
{
  static const struct {
    const char *call;
    int fault;
    const char *advice;
  } faults[] = {
    { "write", EIO, "kernel's log" },
    { "fsync", EIO, "kernel's log" },
    { "fsync", ENOSPC, "Free some space" },
    { "fsync", EDQUOT, "Free some space" },
    { "rename", EROFS, "STATE_DIRECTORY" },
    { "rename", EACCES, "the user that the service runs as" },
    { "rename", EBUSY, "Check the file system" },
  };
  g_autoptr (GError) error = NULL;

  storage_fixture_put (f->path, "old");
  for (guint i = 0; i < G_N_ELEMENTS (faults); i++) {
    test_calls_fail (faults[i].call, 1, faults[i].fault);
    storage_fixture_assert_failed (write_text (f->path, "new", &error), &error, faults[i].advice);
    storage_fixture_assert_text (f->path, "old");
    storage_fixture_assert_names (f, "file");
  }
}

/* The new file is there, but nobody is told that it will be there tomorrow. */
static void
test_directory_not_synced (StorageFixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  test_calls_fail ("fsync", 2, EIO);
  storage_fixture_assert_failed (write_text (f->path, "new", &error), &error, "kernel's log");
  storage_fixture_assert_names (f, "file");
  /* Some file systems cannot sync directories. */
  test_calls_fail ("fsync", 2, EINVAL);
  storage_fixture_assert_done (write_text (f->path, "newer", &error), error);
}

static void
test_write (StorageFixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  test_calls_record ();
  storage_fixture_assert_done (write_text (f->path, "one", &error), error);
  storage_fixture_assert_calls ("fsync TMP\nrename TMP file\nfsync ROOT\n");
  assert_mode (f->path, 0600);
  g_assert_cmpint (g_chmod (f->path, 0644), ==, 0);
  storage_fixture_assert_done (write_text (f->path, "two", &error), error);
  storage_fixture_assert_text (f->path, "two");
  assert_mode (f->path, 0600);
  storage_fixture_assert_done (write_text (f->path, "", &error), error);
  storage_fixture_assert_text (f->path, "");
  /* A signal is no failure. */
  test_calls_fail ("write", 1, EINTR);
  storage_fixture_assert_done (write_text (f->path, "three", &error), error);
  storage_fixture_assert_text (f->path, "three");
  storage_fixture_assert_names (f, "file");
}

/* Permissions of new files do not depend on who started the service. */
static void
test_write_umask (StorageFixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  mode_t before = umask (0);

  storage_fixture_assert_done (write_text (f->path, "one", &error), error);
  umask (before);
  assert_mode (f->path, 0600);
}

/* What stands in the way is replaced or left, never written through. */
static void
test_write_over_others (StorageFixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *elsewhere = g_build_filename (f->root, "elsewhere", NULL);
  g_autofree char *missing = g_build_filename (f->root, "missing", "file", NULL);
  g_autofree char *below = g_build_filename (elsewhere, "file", NULL);

  storage_fixture_assert_failed (write_text (missing, "x", &error), &error, "is mounted");
  g_assert_cmpint (g_mkdir (f->path, 0700), ==, 0);
  storage_fixture_assert_failed (write_text (f->path, "x", &error), &error, "move it away");
  storage_fixture_assert_names (f, "file");
  g_assert_cmpint (g_rmdir (f->path), ==, 0);

  storage_fixture_put (elsewhere, "theirs");
  storage_fixture_assert_failed (write_text (below, "x", &error), &error, "move it away");
  g_assert_cmpint (symlink (elsewhere, f->path), ==, 0);
  storage_fixture_assert_done (write_text (f->path, "ours", &error), error);
  storage_fixture_assert_text (elsewhere, "theirs");
  storage_fixture_assert_text (f->path, "ours");
  g_assert_false (g_file_test (f->path, G_FILE_TEST_IS_SYMLINK));
}

static void
test_write_too_large (StorageFixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  gboolean written;

  storage_fixture_put (f->path, "old");
  test_file_size_limit (8);
  written = write_text (f->path, "more than eight bytes", &error);
  test_file_size_unlimited ();
  storage_fixture_assert_failed (written, &error, "larger than the system allows");
  storage_fixture_assert_text (f->path, "old");
  storage_fixture_assert_names (f, "file");
}

static void
test_full_disk (StorageFixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *large = g_strnfill (128 * 1024, 'x');
  g_autofree char *copy = g_build_filename (f->root, "copy", NULL);

  if (!have_mounts) {
    g_test_skip ("a mount namespace is needed: run as root or allow user namespaces");
    return;
  }
  test_mount_small (f->root, "size=64k");
  storage_fixture_assert_done (write_text (f->path, "old", &error), error);
  storage_fixture_assert_failed (write_text (f->path, large, &error), &error, "Free some space");
  storage_fixture_assert_text (f->path, "old");
  storage_fixture_assert_names (f, "file");
  storage_fixture_assert_done (write_text (copy, "there is room again", &error), error);
  test_unmount (f->root);
}

static void
test_read_only (StorageFixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *other = g_build_filename (f->root, "other", NULL);
  const char *advice = "Make that file system writable";

  if (!have_mounts) {
    g_test_skip ("a mount namespace is needed: run as root or allow user namespaces");
    return;
  }
  test_mount_small (f->root, "size=64k");
  storage_fixture_put (f->path, "old");
  test_mount_read_only (f->root);
  storage_fixture_assert_failed (write_text (f->path, "new", &error), &error, advice);
  storage_fixture_assert_failed (scep_storage_remove (f->path, &error), &error, advice);
  storage_fixture_assert_failed (scep_storage_link_over (f->path, other, &error), &error, advice);
  storage_fixture_assert_failed (scep_storage_rename (f->path, other, &error), &error, advice);
  storage_fixture_assert_failed (scep_storage_make_directory (other, &error), &error, advice);
  storage_fixture_assert_failed (scep_storage_remove_directory (f->root, &error), &error, advice);
  storage_fixture_assert_text (f->path, "old");
  storage_fixture_assert_names (f, "file");
  test_unmount (f->root);
}

static void
test_not_permitted (StorageFixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *other = g_build_filename (f->root, "other", NULL);
  const char *advice = "the user that the service runs as";

  storage_fixture_put (f->path, "old");
  g_assert_cmpint (g_chmod (f->root, 0500), ==, 0);
  test_become_nobody (f->root);
  storage_fixture_assert_failed (write_text (f->path, "new", &error), &error, advice);
  storage_fixture_assert_failed (scep_storage_remove (f->path, &error), &error, advice);
  storage_fixture_assert_failed (scep_storage_rename (f->path, other, &error), &error, advice);
  storage_fixture_assert_failed (scep_storage_link_over (f->path, other, &error), &error, "");
  storage_fixture_assert_failed (scep_storage_make_directory (other, &error), &error, advice);
  test_become_self ();
  g_assert_cmpint (g_chmod (f->root, 0700), ==, 0);
  storage_fixture_assert_text (f->path, "old");
  storage_fixture_assert_names (f, "file");
}

static guint taken_names;

/* Stands before GLib's: names of temporary files that are taken already. */
guint32
g_random_int (void)
{
  static guint32 next;

  if (taken_names == 0)
    return ++next;
  taken_names--;
  return 0;
}

/* Another name is tried, but not for ever; what has the name stays. */
static void
test_name_taken (StorageFixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *taken = g_build_filename (f->root, ".tmp-0000000000000000", NULL);
  g_autofree char *elsewhere = g_build_filename (f->root, "elsewhere", NULL);

  storage_fixture_put (elsewhere, "theirs");
  g_assert_cmpint (symlink (elsewhere, taken), ==, 0);
  taken_names = G_MAXUINT;
  storage_fixture_assert_failed (write_text (f->path, "new", &error), &error, "move it away");
  storage_fixture_assert_names (f, ".tmp-0000000000000000 elsewhere");
  taken_names = 4;
  storage_fixture_assert_done (write_text (f->path, "new", &error), error);
  storage_fixture_assert_text (f->path, "new");
  storage_fixture_assert_text (elsewhere, "theirs");
}

static void
test_write_key_file (StorageFixture *f, gconstpointer data)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GError) error = NULL;

  g_key_file_set_string (file, "Group", "Key", "a\nb");
  test_calls_fail ("rename", 1, EIO);
  storage_fixture_assert_failed (scep_storage_write_key_file (f->path, file, &error), &error,
                                 "kernel's log");
  storage_fixture_assert_names (f, "");
  storage_fixture_assert_done (scep_storage_write_key_file (f->path, file, &error), error);
  storage_fixture_assert_text (f->path, "[Group]\nKey=a\\nb\n");
  assert_mode (f->path, 0600);
}

static void
test_remove (StorageFixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  test_calls_record ();
  storage_fixture_assert_done (scep_storage_remove (f->path, &error), error);
  storage_fixture_assert_calls ("unlink file\n");
  storage_fixture_assert_failed (scep_storage_remove (f->root, &error), &error, "move it away");

  storage_fixture_put (f->path, "old");
  test_calls_fail ("unlink", 1, EIO);
  storage_fixture_assert_failed (scep_storage_remove (f->path, &error), &error, "kernel's log");
  storage_fixture_assert_names (f, "file");
  test_calls_record ();
  storage_fixture_assert_done (scep_storage_remove (f->path, &error), error);
  storage_fixture_assert_calls ("unlink file\nfsync ROOT\n");
  storage_fixture_assert_names (f, "");
}

static void
test_link_over (StorageFixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *copy = g_build_filename (f->root, "copy", NULL);

  storage_fixture_put (copy, "before");
  storage_fixture_assert_failed (scep_storage_link_over (f->path, copy, &error), &error,
                                 "is mounted");
  storage_fixture_put (f->path, "old");
  test_calls_fail ("link", 1, EIO);
  storage_fixture_assert_failed (scep_storage_link_over (f->path, copy, &error), &error,
                                 "kernel's log");
  test_calls_fail ("rename", 1, EIO);
  storage_fixture_assert_failed (scep_storage_link_over (f->path, copy, &error), &error,
                                 "kernel's log");
  storage_fixture_assert_text (copy, "before");
  storage_fixture_assert_names (f, "copy file");

  test_calls_record ();
  storage_fixture_assert_done (scep_storage_link_over (f->path, copy, &error), error);
  storage_fixture_assert_calls ("link file TMP\nrename TMP copy\nunlink TMP\nfsync ROOT\n");
  storage_fixture_assert_text (copy, "old");
  /* Both names are one file now: once more leaves nothing behind. */
  storage_fixture_assert_done (scep_storage_link_over (f->path, copy, &error), error);
  storage_fixture_assert_names (f, "copy file");
  storage_fixture_assert_done (write_text (f->path, "new", &error), error);
  storage_fixture_assert_text (copy, "old");
  storage_fixture_assert_text (f->path, "new");
}

static void
test_rename (StorageFixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *directory = g_build_filename (f->root, "directory", NULL);
  g_autofree char *moved = g_build_filename (directory, "moved", NULL);
  g_autofree char *other = g_build_filename (f->root, "other", NULL);

  storage_fixture_assert_failed (scep_storage_rename (f->path, other, &error), &error,
                                 "is mounted");
  storage_fixture_put (f->path, "one");
  storage_fixture_put (other, "two");
  test_calls_fail ("rename", 1, EIO);
  storage_fixture_assert_failed (scep_storage_rename (f->path, other, &error), &error,
                                 "kernel's log");
  storage_fixture_assert_text (other, "two");
  test_calls_record ();
  storage_fixture_assert_done (scep_storage_rename (f->path, other, &error), error);
  storage_fixture_assert_calls ("rename file other\nfsync ROOT\n");
  storage_fixture_assert_text (other, "one");

  g_assert_cmpint (g_mkdir (directory, 0700), ==, 0);
  test_calls_record ();
  storage_fixture_assert_done (scep_storage_rename (other, moved, &error), error);
  storage_fixture_assert_calls ("rename other moved\nfsync directory\nfsync ROOT\n");
  storage_fixture_assert_done (scep_storage_rename (directory, f->path, &error), error);
  storage_fixture_assert_names (f, "file");
}

static void
test_exchange (StorageFixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *other = g_build_filename (f->root, "other", NULL);

  storage_fixture_put (f->path, "one");
  storage_fixture_assert_failed (scep_storage_exchange (f->path, other, &error), &error,
                                 "is mounted");
  storage_fixture_put (other, "two");
  test_calls_fail ("exchange", 1, EIO);
  storage_fixture_assert_failed (scep_storage_exchange (f->path, other, &error), &error,
                                 "kernel's log");
  storage_fixture_assert_text (f->path, "one");
  test_calls_record ();
  storage_fixture_assert_done (scep_storage_exchange (f->path, other, &error), error);
  storage_fixture_assert_calls ("exchange file other\nfsync ROOT\n");
  storage_fixture_assert_text (f->path, "two");
  storage_fixture_assert_text (other, "one");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  test_warnings_count ();
  have_mounts = test_have_mounts ();
  storage_test_add ("/storage/write-fails", test_write_fails);
  storage_test_add ("/storage/directory-not-synced", test_directory_not_synced);
  storage_test_add ("/storage/write", test_write);
  storage_test_add ("/storage/write-umask", test_write_umask);
  storage_test_add ("/storage/write-over-others", test_write_over_others);
  storage_test_add ("/storage/write-too-large", test_write_too_large);
  storage_test_add ("/storage/full-disk", test_full_disk);
  storage_test_add ("/storage/read-only", test_read_only);
  storage_test_add ("/storage/not-permitted", test_not_permitted);
  storage_test_add ("/storage/name-taken", test_name_taken);
  storage_test_add ("/storage/write-key-file", test_write_key_file);
  storage_test_add ("/storage/remove", test_remove);
  storage_test_add ("/storage/link-over", test_link_over);
  storage_test_add ("/storage/rename", test_rename);
  storage_test_add ("/storage/exchange", test_exchange);
  return g_test_run ();
}
