/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE /* renameat2() */
#include "storage/scep-storage.h"

#include "base/scep-error.h"
#include "base/scep-secret.h"
#include "storage/scep-storage-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* How often a temporary name may turn out to be taken. */
#define TEMPORARY_ATTEMPTS 16

static char *
temporary_beside (const char *path)
{
  g_autofree char *directory = g_path_get_dirname (path);
  g_autofree char *name =
      g_strdup_printf (SCEP_STORAGE_TEMPORARY_PREFIX "%08x%08x", g_random_int (), g_random_int ());

  return g_build_filename (directory, name, NULL);
}

/* Returns the errno of what failed, or 0. */
static int
write_all (int fd, GBytes *contents)
{
  gsize length;
  const guint8 *data = g_bytes_get_data (contents, &length);

  while (length > 0) {
    gssize written = write (fd, data, length);

    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return errno;
    data += written;
    length -= (gsize) written;
  }
  return fsync (fd) == 0 ? 0 : errno;
}

static int
write_and_close (int fd, GBytes *contents)
{
  int saved_errno = write_all (fd, contents);

  /* Some file systems report a failed write as late as this. */
  if (close (fd) != 0 && saved_errno == 0 && errno != EINTR)
    saved_errno = errno;
  return saved_errno;
}

static int
open_temporary (const char *path, char **temporary)
{
  for (guint i = 0; i < TEMPORARY_ATTEMPTS; i++) {
    g_autofree char *name = temporary_beside (path);
    int fd = open (name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd >= 0) {
      *temporary = g_steal_pointer (&name);
      return fd;
    }
    if (errno != EEXIST)
      break;
  }
  return -1;
}

/**
 * scep_storage_write:
 * @path: the file to make or replace
 * @contents: all of it
 *
 * Replaces a file so that after a power cut there is the old one or the new
 * one, whole: a temporary file beside it (mode 0600), synced, renamed over it,
 * the directory synced. Blocks.
 *
 * Returns: %TRUE when it is on disk, else %FALSE with
 *   %SCEP_ERROR_STORAGE_FAILED; no temporary file stays behind
 */
gboolean
scep_storage_write (const char *path, GBytes *contents, GError **error)
{
  g_autofree char *temporary = NULL;
  int saved_errno;
  int fd;

  g_return_val_if_fail (path != NULL && contents != NULL, FALSE);

  fd = open_temporary (path, &temporary);
  if (fd < 0)
    return scep_storage_fail (error, errno, _ ("Could not write “%s”"), path);

  saved_errno = write_and_close (fd, contents);
  if (saved_errno == 0 && rename (temporary, path) != 0)
    saved_errno = errno;
  if (saved_errno != 0) {
    unlink (temporary);
    return scep_storage_fail (error, saved_errno, _ ("Could not write “%s”"), path);
  }
  return scep_storage_sync_parent (path, error);
}

/**
 * scep_storage_key_file_to_bytes:
 *
 * What is to be written for a key file. One that says nothing is a line all the
 * same: a file without a byte is a damaged one.
 *
 * Returns: (transfer full): the text, zeroed with its last reference, as it may
 *   hold a secret
 */
GBytes *
scep_storage_key_file_to_bytes (GKeyFile *key_file)
{
  gsize length = 0;
  g_autofree char *text = g_key_file_to_data (key_file, &length, NULL);

  if (length == 0)
    return g_bytes_new_static ("\n", 1);
  return scep_secret_bytes_new_take (g_steal_pointer (&text), length);
}

/**
 * scep_storage_write_key_file:
 * @key_file: what to write
 *
 * scep_storage_write() of scep_storage_key_file_to_bytes(). Blocks.
 *
 * Returns: as scep_storage_write()
 */
gboolean
scep_storage_write_key_file (const char *path, GKeyFile *key_file, GError **error)
{
  g_autoptr (GBytes) contents = scep_storage_key_file_to_bytes (key_file);

  return scep_storage_write (path, contents, error);
}

/**
 * scep_storage_remove:
 *
 * Deletes a file and syncs its directory; one that is not there is deleted
 * already. Blocks.
 *
 * Returns: %TRUE when it is gone, else %FALSE with %SCEP_ERROR_STORAGE_FAILED
 */
gboolean
scep_storage_remove (const char *path, GError **error)
{
  if (unlink (path) != 0)
    return errno == ENOENT ? TRUE
                           : scep_storage_fail (error, errno, _ ("Could not delete “%s”"), path);
  return scep_storage_sync_parent (path, error);
}

/**
 * scep_storage_link_over:
 * @from: an existing file
 * @to: what becomes another name of it, atomically, whether it exists or not;
 *   on the same file system
 *
 * Keeps a copy of @from under @to without a moment in which there is neither
 * the old nor the new @to. A later scep_storage_write() of one of the two names
 * leaves the other as it is. Blocks.
 *
 * Returns: %TRUE when it is on disk, else %FALSE with
 *   %SCEP_ERROR_STORAGE_FAILED
 */
gboolean
scep_storage_link_over (const char *from, const char *to, GError **error)
{
  g_autofree char *temporary = temporary_beside (to);
  int saved_errno = 0;

  if (linkat (AT_FDCWD, from, AT_FDCWD, temporary, 0) != 0)
    return scep_storage_fail (error, errno, _ ("Could not keep a copy of “%s”"), from);
  if (rename (temporary, to) != 0)
    saved_errno = errno;
  /* rename() does nothing at all when both names are the same file already. */
  unlink (temporary);
  if (saved_errno != 0)
    return scep_storage_fail (error, saved_errno, _ ("Could not write “%s”"), to);
  return scep_storage_sync_parent (to, error);
}

/**
 * scep_storage_rename:
 * @from: a file or a directory
 * @to: its new name on the same file system; a file there is replaced
 *
 * Renames and syncs the directory, both where they differ. Blocks.
 *
 * Returns: %TRUE when it is on disk, else %FALSE with
 *   %SCEP_ERROR_STORAGE_FAILED
 */
gboolean
scep_storage_rename (const char *from, const char *to, GError **error)
{
  g_autofree char *from_directory = g_path_get_dirname (from);
  g_autofree char *to_directory = g_path_get_dirname (to);

  if (rename (from, to) != 0)
    return scep_storage_fail (error, errno, _ ("Could not rename “%s”"), from);
  if (!scep_storage_sync_directory (to_directory, error))
    return FALSE;
  if (g_str_equal (from_directory, to_directory))
    return TRUE;
  return scep_storage_sync_directory (from_directory, error);
}

/**
 * scep_storage_exchange:
 * @path: a file
 * @other: another one in the same directory
 *
 * Gives each of two files the name of the other, both at once. Blocks.
 *
 * Returns: %TRUE when it is on disk, else %FALSE with
 *   %SCEP_ERROR_STORAGE_FAILED, also where the file system cannot do it
 */
gboolean
scep_storage_exchange (const char *path, const char *other, GError **error)
{
  if (renameat2 (AT_FDCWD, path, AT_FDCWD, other, RENAME_EXCHANGE) != 0)
    return scep_storage_fail (error, errno, _ ("Could not exchange “%s”"), path);
  return scep_storage_sync_parent (path, error);
}
