/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-fd.h"

#include "base/scep-error.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <sys/mman.h>
#include <unistd.h>

/**
 * scep_fd_from_call:
 * @index: the handle in the arguments
 *
 * Takes the descriptor out of the call, which has none any more: a copy is one more of those of
 * which the process has a limited number.
 *
 * Returns: (transfer full): the descriptor that came with the call, or -1 with
 *   %SCEP_ERROR_INVALID_SETTING
 */
int
scep_fd_from_call (GDBusMethodInvocation *invocation, guint index, GError **error)
{
  GDBusMessage *message = g_dbus_method_invocation_get_message (invocation);
  GUnixFDList *list = g_dbus_message_get_unix_fd_list (message);
  gint n_fds = 0;
  g_autofree gint *fds = list == NULL ? NULL : g_unix_fd_list_steal_fds (list, &n_fds);
  int fd = -1;

  for (guint i = 0; i < (guint) n_fds; i++) {
    if (i == index)
      fd = fds[i];
    else
      close (fds[i]);
  }
  if (fd < 0)
    scep_error_set (error, SCEP_ERROR_INVALID_SETTING,
                    _ ("The call has no file descriptor to read from."));
  return fd;
}

static gboolean
fill_and_seal (int fd, GBytes *contents)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (contents, &size);

  while (size > 0) {
    gssize n = write (fd, data, size);

    if (n < 0 && errno != EINTR)
      return FALSE;
    data += n > 0 ? n : 0;
    size -= n > 0 ? (gsize) n : 0;
  }
  return lseek (fd, 0, SEEK_SET) == 0 &&
         fcntl (fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0;
}

/**
 * scep_fd_new_sealed:
 * @name: shown in /proc only
 *
 * Returns: (transfer full): a descriptor of a memory file that nobody can
 *   change any more, or -1 with %SCEP_ERROR_FAILED
 */
int
scep_fd_new_sealed (const char *name, GBytes *contents, GError **error)
{
  int fd = memfd_create (name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

  if (fd >= 0 && fill_and_seal (fd, contents))
    return fd;
  scep_error_set (error, SCEP_ERROR_FAILED, _ ("The memory file for the key cannot be made: %s."),
                  g_strerror (errno));
  if (fd >= 0)
    close (fd);
  return -1;
}
