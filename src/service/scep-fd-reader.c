/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-fd-reader.h"

#include "base/scep-error.h"
#include "base/scep-secret.h"
#include "service/scep-quota.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <linux/magic.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

/* Not in the kernel's header. */
#define GFS2_MAGIC 0x01161970
#define GPFS_MAGIC 0x47504653
#define LUSTRE_MAGIC 0x0BD00BD0
#define NCP_SUPER_MAGIC 0x564c

struct _ScepFdReader {
  GObject parent_instance;

  ScepQuota *threads; /* (owned): by user */
  GQueue waiting;     /* (element-type Read): for a thread */
};

/* What the thread needs and makes of it; nobody else looks at that before it has ended. */
typedef struct {
  ScepFdReader *reader;   /* (owned): for the main loop */
  GMainContext *context;  /* (owned) */
  GTask *task;            /* (owned) (nullable): for the main loop, until it is answered */
  guint timeout_id;       /* until it is answered */
  char *user;             /* (owned) */
  ScepQuotaPlaces *place; /* (owned) (nullable): a thread, until that has ended */
  int fd;                 /* (owned) */
  int pipe[2];            /* (owned): what is taken from a pipe without waiting goes through here */
  gsize max_size;
  gint64 deadline; /* monotonic, microseconds */
  GBytes *bytes;   /* (owned) (nullable): a secret */
  GError *error;   /* (owned) (nullable) */
} Read;

G_DEFINE_FINAL_TYPE (ScepFdReader, scep_fd_reader, G_TYPE_OBJECT)

static void start_waiting (ScepFdReader *self);

static void
read_free (Read *self)
{
  close (self->fd);
  if (self->pipe[0] >= 0) {
    close (self->pipe[0]);
    close (self->pipe[1]);
  }
  g_clear_pointer (&self->place, scep_quota_give_back);
  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_clear_error (&self->error);
  g_free (self->user);
  g_main_context_unref (self->context);
  g_object_unref (self->reader);
  g_free (self);
}

/* All that was moved, for a pipe in packet mode gives no more than one packet at a time. */
static gssize
read_moved (Read *self, guint8 *buffer, gsize size)
{
  gsize length = 0;

  while (length < size) {
    gssize n = read (self->pipe[0], buffer + length, size - length);

    if (n < 0 && errno != EINTR)
      return -1;
    length += n > 0 ? (gsize) n : 0;
  }
  return (gssize) length;
}

/*
 * One read that does not wait, whatever the descriptor's flags say: they
 * belong to the caller, who shares them. Somebody else may have taken what
 * poll() promised.
 */
static gssize
read_now (Read *self, mode_t mode, guint8 *buffer, gsize size)
{
  gssize moved;

  if (S_ISSOCK (mode))
    return recv (self->fd, buffer, size, MSG_DONTWAIT);
  if (S_ISREG (mode))
    return read (self->fd, buffer, size);
  moved = splice (self->fd, NULL, self->pipe[1], NULL, size, SPLICE_F_NONBLOCK);
  return moved <= 0 ? moved : read_moved (self, buffer, (gsize) moved);
}

static void
set_timeout (GError **error)
{
  scep_error_set (error, SCEP_ERROR_TIMEOUT,
                  _ ("Reading the file descriptor did not come to an end in time; close its other "
                     "end after writing."));
}

static gboolean
wait_readable (Read *self, GError **error)
{
  gint64 left = self->deadline - g_get_monotonic_time ();
  struct pollfd poll_fd = { .fd = self->fd, .events = POLLIN };
  int ready = left <= 0 ? 0 : poll (&poll_fd, 1, (int) (left / 1000 + 1));

  if (ready > 0 || (ready < 0 && errno == EINTR))
    return TRUE;
  set_timeout (error);
  return FALSE;
}

static gboolean
read_all (Read *self, mode_t mode, guint8 *buffer, gsize *length, GError **error)
{
  while (*length <= self->max_size) {
    gssize n;

    if (!wait_readable (self, error))
      return FALSE;
    n = read_now (self, mode, buffer + *length, self->max_size + 1 - *length);
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
                  _ ("The file descriptor holds more than %zu bytes."), self->max_size);
  return FALSE;
}

/* Whoever serves the file may never answer, and no call that reads it can be told to wait less. */
static gboolean
is_served_by_others (int fd)
{
  static const guint32 kinds[] = {
    FUSE_SUPER_MAGIC, NFS_SUPER_MAGIC, SMB_SUPER_MAGIC,  CIFS_SUPER_MAGIC,  SMB2_SUPER_MAGIC,
    AFS_SUPER_MAGIC,  AFS_FS_MAGIC,    CODA_SUPER_MAGIC, CEPH_SUPER_MAGIC,  V9FS_MAGIC,
    NCP_SUPER_MAGIC,  GFS2_MAGIC,      LUSTRE_MAGIC,     OCFS2_SUPER_MAGIC, GPFS_MAGIC,
  };
  struct statfs info;

  if (fstatfs (fd, &info) < 0)
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if ((guint32) info.f_type == kinds[i])
      return TRUE;
  return FALSE;
}

static gboolean
prepare (Read *self, mode_t *mode, GError **error)
{
  struct stat info;

  if (is_served_by_others (self->fd)) {
    scep_error_set (error, SCEP_ERROR_INVALID_SETTING,
                    _ ("The file descriptor is of a file in a FUSE or network file system, which "
                       "may never answer; pass a pipe, a memory file or a copy of the file."));
    return FALSE;
  }
  if (fstat (self->fd, &info) < 0 ||
      !(S_ISREG (info.st_mode) || S_ISFIFO (info.st_mode) || S_ISSOCK (info.st_mode)) ||
      (S_ISFIFO (info.st_mode) && pipe2 (self->pipe, O_CLOEXEC) < 0)) {
    scep_error_set (error, SCEP_ERROR_INVALID_SETTING,
                    _ ("The file descriptor is no file, pipe or socket that can be read."));
    return FALSE;
  }
  *mode = info.st_mode;
  return TRUE;
}

static void
read_contents (Read *self)
{
  guint8 *buffer = g_malloc (self->max_size + 1);
  gsize length = 0;
  mode_t mode;

  if (prepare (self, &mode, &self->error) && read_all (self, mode, buffer, &length, &self->error))
    self->bytes = scep_secret_bytes_new (buffer, length);
  scep_secret_clear (buffer, self->max_size + 1);
  g_free (buffer);
}

static void
answer (Read *self, GBytes *bytes, GError *error)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->task);

  g_clear_handle_id (&self->timeout_id, g_source_remove);
  if (bytes != NULL)
    g_task_return_pointer (task, bytes, (GDestroyNotify) g_bytes_unref);
  else
    g_task_return_error (task, error);
}

static gboolean
on_thread_ended (gpointer user_data)
{
  Read *self = user_data;
  g_autoptr (ScepFdReader) reader = g_object_ref (self->reader);

  if (self->task != NULL)
    answer (self, g_steal_pointer (&self->bytes), g_steal_pointer (&self->error));
  read_free (self);
  start_waiting (reader);
  return G_SOURCE_REMOVE;
}

/* Nobody waits for it, not even the end of the process. */
static gpointer
run_thread (gpointer data)
{
  Read *self = data;
  g_autoptr (GSource) source = g_idle_source_new ();

  read_contents (self);
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, on_thread_ended, self, NULL);
  g_source_attach (source, self->context);
  return NULL;
}

/* Whatever the thread does. It has what it reads until it has ended, and its place. */
static gboolean
on_timeout (gpointer user_data)
{
  Read *self = user_data;
  g_autoptr (GError) error = NULL;

  self->timeout_id = 0;
  set_timeout (&error);
  answer (self, NULL, g_steal_pointer (&error));
  if (self->place == NULL) {
    g_queue_remove (&self->reader->waiting, self);
    read_free (self);
  }
  return G_SOURCE_REMOVE;
}

/* Returns: %FALSE where it has to wait */
static gboolean
start (Read *self)
{
  g_autoptr (GThread) thread = NULL;

  self->place = scep_quota_take (self->reader->threads, self->user, 1);
  if (self->place == NULL)
    return FALSE;
  thread = g_thread_try_new ("reader", run_thread, self, NULL);
  if (thread == NULL)
    g_clear_pointer (&self->place, scep_quota_give_back);
  return thread != NULL;
}

/* Those that may, in the order in which they came. */
static void
start_waiting (ScepFdReader *self)
{
  GList *next;

  for (GList *i = self->waiting.head; i != NULL; i = next) {
    next = i->next;
    if (start (i->data))
      g_queue_delete_link (&self->waiting, i);
  }
}

/**
 * scep_fd_reader_read_async:
 * @user: whose descriptor it is
 * @fd: (transfer full): a file, a pipe or a socket
 * @max_size: in bytes
 * @timeout_ms: for all of it
 *
 * Reads to the end, as a secret, without touching the flags of @fd. The answer comes in
 * time also where the file's server never answers. What has to wait until a thread is free
 * begins later, and has no more time.
 */
void
scep_fd_reader_read_async (ScepFdReader *self, guint32 user, int fd, gsize max_size,
                           guint timeout_ms, GAsyncReadyCallback callback, gpointer user_data)
{
  Read *job = g_new0 (Read, 1);

  job->reader = g_object_ref (self);
  job->context = g_main_context_ref_thread_default ();
  job->task = g_task_new (self, NULL, callback, user_data);
  job->user = g_strdup_printf ("%" G_GUINT32_FORMAT, user);
  job->fd = fd;
  job->pipe[0] = job->pipe[1] = -1;
  job->max_size = max_size;
  job->deadline = g_get_monotonic_time () + (gint64) timeout_ms * 1000;
  job->timeout_id = g_timeout_add (timeout_ms, on_timeout, job);
  if (!start (job))
    g_queue_push_tail (&self->waiting, job);
}

/**
 * scep_fd_reader_read_finish:
 *
 * Returns: (transfer full) (nullable): what was read, a secret; or %NULL with
 *   %SCEP_ERROR_INVALID_SETTING or %SCEP_ERROR_TIMEOUT
 */
GBytes *
scep_fd_reader_read_finish (ScepFdReader *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
scep_fd_reader_finalize (GObject *object)
{
  scep_quota_unref (SCEP_FD_READER (object)->threads);
  G_OBJECT_CLASS (scep_fd_reader_parent_class)->finalize (object);
}

static void
scep_fd_reader_class_init (ScepFdReaderClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = scep_fd_reader_finalize;
}

static void
scep_fd_reader_init (ScepFdReader *self)
{
  self->threads = scep_quota_new (SCEP_FD_READER_MAX_PER_USER, SCEP_FD_READER_MAX_TOTAL);
  g_queue_init (&self->waiting);
}

/**
 * scep_fd_reader_new:
 *
 * Returns: (transfer full): a reader without threads
 */
ScepFdReader *
scep_fd_reader_new (void)
{
  return g_object_new (SCEP_TYPE_FD_READER, NULL);
}
