/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "storage/scep-storage.h"

#include "base/scep-error.h"
#include "base/scep-secret.h"
#include "storage/scep-storage-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Reads to the end of the file. Returns an errno or 0. */
static int
read_all (int fd, gsize max_size, GBytes **contents)
{
  g_autofree guint8 *data = g_malloc (max_size + 1);
  gsize length = 0;
  int saved_errno = EFBIG;

  while (length <= max_size) {
    gssize got = read (fd, data + length, max_size + 1 - length);

    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0) {
      saved_errno = errno;
      break;
    }
    if (got == 0) {
      *contents = scep_secret_bytes_new_take (g_steal_pointer (&data), length);
      return 0;
    }
    length += (gsize) got;
  }
  scep_secret_clear (data, length);
  return saved_errno;
}

/* A file, not whatever somebody has put in its place. Returns an errno or 0. */
static int
check_file (int fd, gsize max_size, gsize *size)
{
  struct stat info;

  if (fstat (fd, &info) != 0)
    return errno;
  if (S_ISDIR (info.st_mode))
    return EISDIR;
  if (!S_ISREG (info.st_mode))
    return EINVAL;
  if ((guint64) info.st_size > max_size)
    return EFBIG;
  *size = (gsize) info.st_size;
  return 0;
}

/* Returns an errno or 0. */
static int
read_file (const char *path, int flags, gsize max_size, GBytes **contents)
{
  gsize size = 0;
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | flags);
  int saved_errno;

  if (fd < 0)
    return errno;
  saved_errno = check_file (fd, max_size, &size);
  if (saved_errno == 0)
    saved_errno = read_all (fd, size, contents);
  close (fd);
  return saved_errno;
}

/**
 * scep_storage_read:
 * @max_size: in bytes; a larger file is refused
 *
 * Reads a regular file of the state directory, a symbolic link not followed.
 * Blocks.
 *
 * Returns: (transfer full): the contents, zeroed with their last reference, or
 *   %NULL with %SCEP_ERROR_STORAGE_FAILED
 */
GBytes *
scep_storage_read (const char *path, gsize max_size, GError **error)
{
  GBytes *contents = NULL;
  int saved_errno = read_file (path, O_NOFOLLOW, max_size, &contents);

  if (saved_errno != 0)
    scep_storage_fail (error, saved_errno, _ ("Could not read “%s”"), path);
  return contents;
}

/**
 * scep_storage_read_provided:
 * @max_size: in bytes; a larger file is refused
 *
 * Reads a regular file that somebody else put where it is, perhaps as a symbolic
 * link, as images and secret mounts have them. Blocks.
 *
 * Returns: (transfer full): the contents, zeroed with their last reference, or
 *   %NULL with %SCEP_ERROR_STORAGE_FAILED
 */
GBytes *
scep_storage_read_provided (const char *path, gsize max_size, GError **error)
{
  GBytes *contents = NULL;
  int saved_errno = read_file (path, 0, max_size, &contents);

  if (saved_errno != 0)
    scep_storage_fail (error, saved_errno, _ ("Could not read “%s”"), path);
  return contents;
}

/**
 * scep_storage_set_aside:
 * @why: what is wrong with it
 *
 * Keeps a damaged file as "<name>.broken" for whoever wants to look at it, with
 * a warning. Blocks.
 *
 * Returns: %TRUE, or %FALSE with %SCEP_ERROR_STORAGE_FAILED
 */
gboolean
scep_storage_set_aside (const char *path, const char *why, GError **error)
{
  g_autofree char *broken = g_strconcat (path, ".broken", NULL);

  if (!scep_storage_rename (path, broken, error))
    return FALSE;
  g_warning (_ ("“%s” is damaged and was set aside as “%s”: %s"), path, broken, why);
  return TRUE;
}

static void
not_understood (const char *path, const GError *why, GError **error)
{
  scep_error_set (error, SCEP_ERROR_STORAGE_FAILED,
                  _ ("Could not understand “%s”: %s. Correct the file or move it away."), path,
                  why->message);
}

/* The service never writes a file without a byte: a fault of the disk cut it off. */
static gboolean
parse (GKeyFile *key_file, GBytes *contents, GError **error)
{
  if (g_bytes_get_size (contents) > 0)
    return g_key_file_load_from_bytes (key_file, contents, G_KEY_FILE_KEEP_COMMENTS, error);
  scep_error_set (error, SCEP_ERROR_STORAGE_FAILED, _ ("it is empty"));
  return FALSE;
}

/**
 * scep_storage_read_key_file:
 * @set_aside: whether a file that does not parse is renamed to "<name>.broken",
 *   with a warning, instead of being reported as an error
 * @key_file: (out) (optional) (transfer full): the contents, comments
 *   included; only with %SCEP_LOAD_OK
 *
 * Only what does not parse is ever set aside: an I/O error, a missing
 * permission or a lack of memory says nothing about the contents. Blocks.
 *
 * Returns: what became of it; %SCEP_LOAD_FAILED with
 *   %SCEP_ERROR_STORAGE_FAILED, the others without an error
 */
ScepLoadResult
scep_storage_read_key_file (const char *path, gboolean set_aside, GKeyFile **key_file,
                            GError **error)
{
  g_autoptr (GBytes) contents = NULL;
  g_autoptr (GKeyFile) parsed = g_key_file_new ();
  g_autoptr (GError) local_error = NULL;
  int saved_errno = read_file (path, O_NOFOLLOW, SCEP_STORAGE_MAX_KEY_FILE, &contents);

  if (saved_errno == ENOENT)
    return SCEP_LOAD_ABSENT;
  if (saved_errno != 0) {
    scep_storage_fail (error, saved_errno, _ ("Could not read “%s”"), path);
    return SCEP_LOAD_FAILED;
  }
  if (parse (parsed, contents, &local_error)) {
    if (key_file != NULL)
      *key_file = g_steal_pointer (&parsed);
    return SCEP_LOAD_OK;
  }
  if (set_aside)
    return scep_storage_set_aside (path, local_error->message, error) ? SCEP_LOAD_SET_ASIDE
                                                                      : SCEP_LOAD_FAILED;
  not_understood (path, local_error, error);
  return SCEP_LOAD_FAILED;
}

/**
 * scep_storage_read_provided_key_file:
 * @key_file: (out) (transfer full): the contents; only with %SCEP_LOAD_OK
 *
 * As scep_storage_read_key_file(), for a file that somebody else put where it is,
 * see scep_storage_read_provided(). It is never set aside. Blocks.
 *
 * Returns: what became of it; %SCEP_LOAD_FAILED with %SCEP_ERROR_STORAGE_FAILED
 */
ScepLoadResult
scep_storage_read_provided_key_file (const char *path, GKeyFile **key_file, GError **error)
{
  g_autoptr (GBytes) contents = NULL;
  g_autoptr (GKeyFile) parsed = g_key_file_new ();
  g_autoptr (GError) local_error = NULL;
  int saved_errno = read_file (path, 0, SCEP_STORAGE_MAX_KEY_FILE, &contents);

  if (saved_errno == ENOENT)
    return SCEP_LOAD_ABSENT;
  if (saved_errno != 0) {
    scep_storage_fail (error, saved_errno, _ ("Could not read “%s”"), path);
    return SCEP_LOAD_FAILED;
  }
  if (!g_key_file_load_from_bytes (parsed, contents, G_KEY_FILE_KEEP_COMMENTS, &local_error)) {
    not_understood (path, local_error, error);
    return SCEP_LOAD_FAILED;
  }
  *key_file = g_steal_pointer (&parsed);
  return SCEP_LOAD_OK;
}
