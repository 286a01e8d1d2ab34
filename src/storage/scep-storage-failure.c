/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "storage/scep-storage-private.h"

#include "base/scep-error.h"

#include <errno.h>
#include <glib/gi18n-lib.h>

/* What the person who reads the message can do about it. */
static const char *
advice (int saved_errno)
{
  switch (saved_errno) {
  case ENOSPC:
  case EDQUOT:
    return _ ("Free some space there; what was stored before is unchanged.");
  case EROFS:
    return _ ("Make that file system writable, or set STATE_DIRECTORY to a place that is.");
  case EACCES:
  case EPERM:
    return _ ("Give the file and its directory to the user that the service runs as.");
  case EIO:
    return _ ("The medium or its driver failed: look at the kernel's log and replace it.");
  case EFBIG:
    return _ ("The file is larger than the system allows or than this service ever writes; look at "
              "what it is.");
  case EEXIST:
  case EINVAL:
  case ELOOP:
  case EISDIR:
  case ENOTDIR:
    return _ ("Something else than the expected file or directory is in its place; move it away.");
  case ENOENT:
    return _ ("Check that the directory exists and that its file system is mounted.");
  default:
    return _ ("Check the file system it is on.");
  }
}

/**
 * scep_storage_fail:
 * @saved_errno: what came back
 * @format: what was not done, with which file, without a full stop
 *
 * Sets %SCEP_ERROR_STORAGE_FAILED with a message that says what to do.
 *
 * Returns: %FALSE
 */
gboolean
scep_storage_fail (GError **error, int saved_errno, const char *format, ...)
{
  g_autofree char *what = NULL;
  va_list args;

  va_start (args, format);
  what = g_strdup_vprintf (format, args);
  va_end (args);
  /* TRANSLATORS: what could not be done, why (the system's words), and what to do about it */
  scep_error_set (error, SCEP_ERROR_STORAGE_FAILED, _ ("%s: %s. %s"), what,
                  g_strerror (saved_errno), advice (saved_errno));
  return FALSE;
}
