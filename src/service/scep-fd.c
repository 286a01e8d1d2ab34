/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-fd.h"

#include "base/scep-error.h"
#include "base/scep-secret.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
  int fd;      /* (owned) */
  int pipe[2]; /* (owned): what is taken from a pipe without waiting goes through here */
  gsize max_size;
  gint64 deadline; /* monotonic, microseconds */
} Read;

static void
read_free (gpointer data)
{
  Read *job = data;

  close (job->fd);
  if (job->pipe[0] >= 0) {
    close (job->pipe[0]);
    close (job->pipe[1]);
  }
  g_free (job);
}

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

/*
 * One read that does not wait, whatever the descriptor's flags say: they
 * belong to the caller, who shares them. Somebody else may have taken what
 * poll() promised.
 */
static gssize
read_now (Read *job, mode_t mode, guint8 *buffer, gsize size)
{
  gssize moved;

  if (S_ISSOCK (mode))
    return recv (job->fd, buffer, size, MSG_DONTWAIT);
  if (S_ISREG (mode))
    return read (job->fd, buffer, size);
  moved = splice (job->fd, NULL, job->pipe[1], NULL, size, SPLICE_F_NONBLOCK);
  return moved <= 0 ? moved : read (job->pipe[0], buffer, (gsize) moved);
}

static gboolean
wait_readable (Read *job, GError **error)
{
  gint64 left = job->deadline - g_get_monotonic_time ();
  struct pollfd poll_fd = { .fd = job->fd, .events = POLLIN };
  int ready = left <= 0 ? 0 : poll (&poll_fd, 1, (int) (left / 1000 + 1));

  if (ready > 0 || (ready < 0 && errno == EINTR))
    return TRUE;
  scep_error_set (error, SCEP_ERROR_TIMEOUT,
                  _ ("Reading the file descriptor did not come to an end in time; close its other "
                     "end after writing."));
  return FALSE;
}

static gboolean
read_all (Read *job, mode_t mode, guint8 *buffer, gsize *length, GError **error)
{
  while (*length <= job->max_size) {
    gssize n;

    if (!wait_readable (job, error))
      return FALSE;
    n = read_now (job, mode, buffer + *length, job->max_size + 1 - *length);
    if (n == 0)
      return TRUE;
    if (n < 0 && errno != EAGAIN && errno != EINTR) {
      scep_error_set (error, SCEP_ERROR_INVALID_SETTING,
                      _ ("The file descriptor cannot be read: %s."), g_strerror (errno));
      return FALSE;
    }
    *length += n > 0 ? (gsize) n : 0;
  }
  scep_error_set (error, SCEP_ERROR_INVALID_SETTING,
                  _ ("The file descriptor holds more than %zu bytes."), job->max_size);
  return FALSE;
}

static gboolean
prepare (Read *job, mode_t *mode, GError **error)
{
  struct stat info;

  if (fstat (job->fd, &info) < 0 ||
      !(S_ISREG (info.st_mode) || S_ISFIFO (info.st_mode) || S_ISSOCK (info.st_mode)) ||
      (S_ISFIFO (info.st_mode) && pipe2 (job->pipe, O_CLOEXEC) < 0)) {
    scep_error_set (error, SCEP_ERROR_INVALID_SETTING,
                    _ ("The file descriptor is no file, pipe or socket that can be read."));
    return FALSE;
  }
  *mode = info.st_mode;
  return TRUE;
}

static void
read_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  Read *job = task_data;
  g_autoptr (GError) error = NULL;
  guint8 *buffer = g_malloc (job->max_size + 1);
  gsize length = 0;
  mode_t mode;

  if (prepare (job, &mode, &error) && read_all (job, mode, buffer, &length, &error)) {
    g_task_return_pointer (task, scep_secret_bytes_new (buffer, length),
                           (GDestroyNotify) g_bytes_unref);
  } else {
    g_task_return_error (task, g_steal_pointer (&error));
  }
  scep_secret_clear (buffer, job->max_size + 1);
  g_free (buffer);
}

/**
 * scep_fd_read_async:
 * @worker: where it is read
 * @fd: (transfer full): a file, a pipe or a socket
 * @max_size: in bytes
 * @timeout_ms: for all of it
 *
 * Reads to the end, as a secret, without touching the flags of @fd.
 */
void
scep_fd_read_async (ScepWorker *worker, int fd, gsize max_size, guint timeout_ms,
                    GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  Read *job = g_new0 (Read, 1);

  job->fd = fd;
  job->pipe[0] = job->pipe[1] = -1;
  job->max_size = max_size;
  job->deadline = g_get_monotonic_time () + (gint64) timeout_ms * 1000;
  g_task_set_task_data (task, job, read_free);
  scep_worker_run (worker, task, read_thread);
}

/**
 * scep_fd_read_finish:
 *
 * Returns: (transfer full) (nullable): what was read, a secret; or %NULL with
 *   %SCEP_ERROR_INVALID_SETTING or %SCEP_ERROR_TIMEOUT
 */
GBytes *
scep_fd_read_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
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
