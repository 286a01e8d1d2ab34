/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE /* syncfs() */
#include "storage/scep-storage.h"

#include "base/scep-text.h"
#include "storage/scep-storage-private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A tree of ours is two levels deep; what is deeper was not made here. */
#define MAX_DEPTH 8

/**
 * scep_storage_sync_directory:
 *
 * Makes the names in @directory durable.
 *
 * Returns: %TRUE, or %FALSE with %SCEP_ERROR_STORAGE_FAILED
 */
gboolean
scep_storage_sync_directory (const char *directory, GError **error)
{
  int saved_errno = 0;
  int fd = open (directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (fd < 0)
    return scep_storage_fail (error, errno, _ ("Could not open the directory “%s”"), directory);
  /* EINVAL: a file system that cannot sync directories and needs none. */
  if (fsync (fd) != 0 && errno != EINVAL)
    saved_errno = errno;
  close (fd);
  return saved_errno == 0 ||
         scep_storage_fail (error, saved_errno, _ ("Could not sync “%s”"), directory);
}

/**
 * scep_storage_sync_parent:
 *
 * Makes the name of @path durable.
 *
 * Returns: %TRUE, or %FALSE with %SCEP_ERROR_STORAGE_FAILED
 */
gboolean
scep_storage_sync_parent (const char *path, GError **error)
{
  g_autofree char *directory = g_path_get_dirname (path);

  return scep_storage_sync_directory (directory, error);
}

/**
 * scep_storage_make_directory:
 *
 * Makes a directory of mode 0700 and those above it that are missing, and
 * syncs the parent of each. One that exists is left as it is. Blocks.
 *
 * Returns: %TRUE when it is on disk, else %FALSE with
 *   %SCEP_ERROR_STORAGE_FAILED
 */
gboolean
scep_storage_make_directory (const char *path, GError **error)
{
  g_autofree char *parent = g_path_get_dirname (path);

  if (g_file_test (path, G_FILE_TEST_IS_DIR))
    return TRUE;
  if (!g_str_equal (parent, path) && !scep_storage_make_directory (parent, error))
    return FALSE;
  if (mkdir (path, 0700) != 0) {
    int saved_errno = errno;

    if (saved_errno == EEXIST && g_file_test (path, G_FILE_TEST_IS_DIR))
      return TRUE;
    return scep_storage_fail (error, saved_errno, _ ("Could not make the directory “%s”"), path);
  }
  return scep_storage_sync_parent (path, error);
}

/* Returns the errno of what failed, or 0. Takes fd. */
static int
empty_directory (int fd, guint depth)
{
  DIR *stream = depth < MAX_DEPTH ? fdopendir (fd) : NULL;
  struct dirent *item;
  int saved_errno = 0;

  if (stream == NULL) {
    saved_errno = depth < MAX_DEPTH ? errno : ELOOP;
    close (fd);
    return saved_errno;
  }
  while (saved_errno == 0 && (item = readdir (stream)) != NULL) {
    int child;

    if (g_str_equal (item->d_name, ".") || g_str_equal (item->d_name, ".."))
      continue;
    child = openat (fd, item->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (child >= 0)
      saved_errno = empty_directory (child, depth + 1);
    if (saved_errno == 0 && unlinkat (fd, item->d_name, child >= 0 ? AT_REMOVEDIR : 0) != 0)
      saved_errno = errno;
  }
  closedir (stream);
  return saved_errno;
}

/**
 * scep_storage_remove_directory:
 *
 * Deletes a directory with all that is in it, symbolic links not followed, and
 * syncs its parent; one that is not there is deleted already. Blocks.
 *
 * Returns: %TRUE when it is gone, else %FALSE with %SCEP_ERROR_STORAGE_FAILED
 */
gboolean
scep_storage_remove_directory (const char *path, GError **error)
{
  int fd = open (path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  int saved_errno;

  if (fd < 0)
    return errno == ENOENT ? TRUE
                           : scep_storage_fail (error, errno, _ ("Could not delete “%s”"), path);
  saved_errno = empty_directory (fd, 0);
  if (saved_errno == 0 && rmdir (path) != 0)
    saved_errno = errno;
  if (saved_errno != 0)
    return scep_storage_fail (error, saved_errno, _ ("Could not delete “%s”"), path);
  return scep_storage_sync_parent (path, error);
}

/**
 * scep_storage_remove_temporaries:
 * @directory: one that may not exist
 *
 * Deletes what an interruption left of unfinished writes. Blocks.
 *
 * Returns: %TRUE when none is left, else %FALSE with %SCEP_ERROR_STORAGE_FAILED
 */
gboolean
scep_storage_remove_temporaries (const char *directory, GError **error)
{
  DIR *stream = opendir (directory);
  struct dirent *item;
  int saved_errno = 0;

  if (stream == NULL)
    return errno == ENOENT ? TRUE
                           : scep_storage_fail (error, errno, _ ("Could not read “%s”"), directory);
  while ((item = readdir (stream)) != NULL) {
    if (!g_str_has_prefix (item->d_name, SCEP_STORAGE_TEMPORARY_PREFIX))
      continue;
    if (unlinkat (dirfd (stream), item->d_name, 0) != 0 && errno != ENOENT)
      saved_errno = errno;
  }
  closedir (stream);
  return saved_errno == 0 ||
         scep_storage_fail (error, saved_errno, _ ("Could not delete unfinished files in “%s”"),
                            directory);
}

/**
 * scep_storage_take_over:
 * @directory: one that may not exist
 *
 * scep_storage_remove_temporaries(), and syncs the directory: what a process
 * wrote that ended before its own sync can be read now, but would not outlive a
 * power cut. Blocks.
 *
 * Returns: %TRUE when none is left and what stays is on disk, else %FALSE with
 *   %SCEP_ERROR_STORAGE_FAILED
 */
gboolean
scep_storage_take_over (const char *directory, GError **error)
{
  if (!scep_storage_remove_temporaries (directory, error))
    return FALSE;
  return !g_file_test (directory, G_FILE_TEST_EXISTS) ||
         scep_storage_sync_directory (directory, error);
}

/**
 * scep_storage_take_over_tree:
 * @directory: an existing one
 *
 * scep_storage_take_over() with what is below, of which no temporary file is
 * deleted. The whole file system is synced at once: one wait for the medium
 * instead of one for each of perhaps a thousand directories. Blocks.
 *
 * Returns: as scep_storage_take_over()
 */
gboolean
scep_storage_take_over_tree (const char *directory, GError **error)
{
  int saved_errno = 0;
  int fd;

  if (!scep_storage_remove_temporaries (directory, error))
    return FALSE;
  fd = open (directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return scep_storage_fail (error, errno, _ ("Could not open the directory “%s”"), directory);
  if (syncfs (fd) != 0)
    saved_errno = errno;
  close (fd);
  return saved_errno == 0 ||
         scep_storage_fail (error, saved_errno, _ ("Could not sync “%s”"), directory);
}

/**
 * scep_storage_is_blank_directory:
 *
 * What an interruption or a full disk leaves of a directory whose first file was
 * never finished. Blocks.
 *
 * Returns: whether @path is a directory that holds nothing but temporary files;
 *   one that cannot be read is not known to be blank
 */
gboolean
scep_storage_is_blank_directory (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    if (!g_str_has_prefix (name, SCEP_STORAGE_TEMPORARY_PREFIX))
      return FALSE;
  }
  return dir != NULL;
}

/**
 * scep_storage_list_ids:
 * @directory: one that may not exist, which is as good as an empty one
 * @suffix: of the names that count, "" for all of them
 * @ids: (element-type utf8): a set that gets what is before the suffix, where that
 *   is a valid id
 * @others: (element-type utf8): gets the names, printable, where it is not
 *
 * Finds out for which ids there is a file or a folder. Blocks.
 *
 * Returns: whether the directory could be read; else a GIO error
 */
gboolean
scep_storage_list_ids (const char *directory, const char *suffix, GHashTable *ids,
                       GPtrArray *others, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GDir) dir = g_dir_open (directory, 0, &local_error);
  const char *name;

  if (dir == NULL && !g_error_matches (local_error, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
    g_propagate_error (error, g_steal_pointer (&local_error));
    return FALSE;
  }
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *id = NULL;

    if (!g_str_has_suffix (name, suffix))
      continue;
    id = g_strndup (name, strlen (name) - strlen (suffix));
    if (scep_id_is_valid (id))
      g_hash_table_add (ids, g_steal_pointer (&id));
    else
      g_ptr_array_add (others, scep_text_printable (name, -1));
  }
  return TRUE;
}
