/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "storage/scep-storage-private.h"

#include "base/scep-error.h"

#include <errno.h>

/* What the person who reads the message can do about it. */
static const char *
advice (int saved_errno)
{
  switch (saved_errno) {
  case ENOSPC:
  case EDQUOT:
    return "Free some space there; what was stored before is unchanged.";
  case EROFS:
    return "Make that file system writable, or set STATE_DIRECTORY to a place that is.";
  case EACCES:
  case EPERM:
    return "Give the file and its directory to the user that the service runs as.";
  case EIO:
    return "The medium or its driver failed: look at the kernel's log and replace it.";
  case EFBIG:
    return "The file is larger than the system allows or than this service ever writes; look at "
           "what it is.";
  case EEXIST:
  case EINVAL:
  case ELOOP:
  case EISDIR:
  case ENOTDIR:
    return "Something else than the expected file or directory is in its place; move it away.";
  case ENOENT:
    return "Check that the directory exists and that its file system is mounted.";
  default:
    return "Check the file system it is on.";
  }
}

/**
 * scep_storage_fail:
 * @doing: the verb, for example "write"
 * @path: with what
 * @saved_errno: what came back
 *
 * Sets %SCEP_ERROR_STORAGE_FAILED with a message that says what to do.
 *
 * Returns: %FALSE
 */
gboolean
scep_storage_fail (GError **error, const char *doing, const char *path, int saved_errno)
{
  scep_error_set (error, SCEP_ERROR_STORAGE_FAILED, "Could not %s “%s”: %s. %s", doing, path,
                  g_strerror (saved_errno), advice (saved_errno));
  return FALSE;
}
