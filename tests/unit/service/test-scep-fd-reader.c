/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-error.h"
#include "fortified.h"
#include "service/scep-fd-reader.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <unistd.h>

#define LIMIT 4096
#define LONG_MS 60000
#define SHORT_MS 50
#define MAX_WAIT 20 /* seconds that a read may take before the test has failed */

/* These stand before the C library's. So often the next wait of a worker says that there is
 * something to read when somebody else has taken it. */
static gint n_lies;
static GThread *main_thread;

int
poll (struct pollfd *fds, nfds_t n_fds, int timeout)
{
  struct timespec time = { timeout / 1000, timeout % 1000 * 1000000L };

  if (g_thread_self () != main_thread && timeout > 0 && g_atomic_int_get (&n_lies) > 0) {
    g_atomic_int_add (&n_lies, -1);
    fds->revents = POLLIN;
    return 1;
  }
  return ppoll (fds, n_fds, timeout < 0 ? NULL : &time, NULL);
}

/* Where a test says what kind of file system it is; a hanging one never says. */
static guint32 file_system;
static gint n_hanging;
static GMutex hang;

int
fstatfs (int fd, struct statfs *info)
{
  memset (info, 0, sizeof *info);
  info->f_type = file_system;
  if (g_atomic_int_get (&n_hanging) > 0) {
    g_atomic_int_add (&n_hanging, -1);
    g_mutex_lock (&hang);
    g_mutex_unlock (&hang);
  }
  return 0;
}

/* What was zeroed before it was freed: of the length of the buffer, and of another. */
static gint n_buffers_cleared, n_others_cleared;

void
explicit_bzero (void *data, size_t length)
{
  volatile guint8 *bytes = data;

  for (size_t i = 0; i < length; i++)
    bytes[i] = 0;
  g_atomic_int_inc (length == LIMIT + 1 ? &n_buffers_cleared : &n_others_cleared);
}

TEST_FORTIFIED_EXPLICIT_BZERO

typedef struct {
  GBytes *bytes;
  GError *error;
  gboolean done;
} Outcome;

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Outcome *outcome = user_data;

  outcome->bytes = scep_fd_reader_read_finish (SCEP_FD_READER (source), result, &outcome->error);
  outcome->done = TRUE;
}

/* Begins to read a copy of @fd, as the copy that came over the bus is one. */
static void
begin_read (ScepFdReader *reader, guint32 user, int fd, guint timeout_ms, Outcome *outcome)
{
  scep_fd_reader_read_async (reader, user, fcntl (fd, F_DUPFD_CLOEXEC, 3), LIMIT, timeout_ms,
                             on_read, outcome);
}

static gboolean
on_end_of_wait (gpointer user_data)
{
  g_error ("reading the descriptor does not come to an end");
  return G_SOURCE_REMOVE;
}

static void
wait_for (Outcome *outcome)
{
  guint end_of_wait = g_timeout_add_seconds (MAX_WAIT, on_end_of_wait, NULL);

  while (!outcome->done)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (end_of_wait);
}

/* Until its thread has ended: after a time-out that may still take what is written later. */
static Outcome
read_copy (int fd, guint timeout_ms)
{
  ScepFdReader *reader = scep_fd_reader_new ();
  Outcome outcome = { NULL };

  begin_read (reader, 1, fd, timeout_ms, &outcome);
  wait_for (&outcome);
  g_object_add_weak_pointer (G_OBJECT (reader), (gpointer *) &reader);
  g_object_unref (reader);
  while (reader != NULL)
    g_main_context_iteration (NULL, TRUE);
  return outcome;
}

static void
expect_bytes (int fd, const char *expected, gsize length)
{
  Outcome outcome = read_copy (fd, LONG_MS);
  g_autoptr (GBytes) bytes = outcome.bytes;
  gsize size;
  const char *data;

  g_assert_no_error (outcome.error);
  data = g_bytes_get_data (bytes, &size);
  g_assert_cmpmem (data, size, expected, length);
}

static void
expect_error (int fd, guint timeout_ms, ScepError code)
{
  Outcome outcome = read_copy (fd, timeout_ms);
  g_autoptr (GError) error = outcome.error;

  g_assert_null (outcome.bytes);
  g_assert_error (error, SCEP_ERROR, (gint) code);
}

/* A pipe that has been written to and closed. */
static int
new_pipe (gsize length, int flags, char **contents)
{
  int ends[2];

  *contents = g_strnfill (length, 'x');
  g_assert_cmpint (pipe2 (ends, flags), ==, 0);
  g_assert_cmpint (write (ends[1], *contents, length), ==, (gssize) length);
  close (ends[1]);
  return ends[0];
}

static void
test_too_much (void)
{
  g_autofree char *contents = NULL;
  int fd = new_pipe (LIMIT + 1, O_CLOEXEC, &contents);

  expect_error (fd, LONG_MS, SCEP_ERROR_INVALID_SETTING);
  close (fd);
}

static void
test_whole_limit (void)
{
  g_autofree char *contents = NULL;
  int fd = new_pipe (LIMIT, O_CLOEXEC, &contents);

  expect_bytes (fd, contents, LIMIT);
  close (fd);
}

/* A pipe in packet mode gives no more than one of them at a time. */
static void
test_packets (void)
{
  int ends[2];

  g_assert_cmpint (pipe2 (ends, O_CLOEXEC | O_DIRECT), ==, 0);
  g_assert_cmpint (write (ends[1], "one ", 4), ==, 4);
  g_assert_cmpint (write (ends[1], "two ", 4), ==, 4);
  g_assert_cmpint (write (ends[1], "three", 5), ==, 5);
  close (ends[1]);
  expect_bytes (ends[0], "one two three", 13);
  close (ends[0]);
}

/* The writer never writes and never closes. */
static void
test_silent_writer (void)
{
  int ends[2];

  g_assert_cmpint (pipe2 (ends, O_CLOEXEC), ==, 0);
  expect_error (ends[0], SHORT_MS, SCEP_ERROR_TIMEOUT);
  g_assert_cmpint (write (ends[1], "half", 4), ==, 4);
  expect_error (ends[0], SHORT_MS, SCEP_ERROR_TIMEOUT);
  close (ends[0]);
  close (ends[1]);
}

/* Somebody else takes what a wait had promised: nobody waits for it without end. */
static void
test_taken_by_others (void)
{
  int ends[2];

  for (guint i = 0; i < 2; i++) {
    if (i == 0)
      g_assert_cmpint (pipe2 (ends, O_CLOEXEC), ==, 0);
    else
      g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), ==, 0);
    g_atomic_int_set (&n_lies, 2);
    expect_error (ends[0], SHORT_MS, SCEP_ERROR_TIMEOUT);
    g_assert_cmpint (g_atomic_int_get (&n_lies), ==, 0);
    g_assert_cmpint (write (ends[1], "late", 4), ==, 4);
    close (ends[1]);
    g_atomic_int_set (&n_lies, 1);
    expect_bytes (ends[0], "late", 4);
    close (ends[0]);
  }
}

static void
expect_outcome (Outcome *outcome, ScepError code)
{
  wait_for (outcome);
  g_assert_null (outcome->bytes);
  g_assert_error (outcome->error, SCEP_ERROR, (gint) code);
  g_clear_error (&outcome->error);
}

/* Begins to read so many that never say anything. */
static void
begin_hanging (ScepFdReader *reader, guint32 user, int fd, Outcome *outcomes, guint n)
{
  g_atomic_int_set (&n_hanging, (gint) n);
  for (guint i = 0; i < n; i++)
    begin_read (reader, user, fd, SHORT_MS, &outcomes[i]);
  for (guint i = 0; i < n; i++)
    expect_outcome (&outcomes[i], SCEP_ERROR_TIMEOUT);
  g_assert_cmpint (g_atomic_int_get (&n_hanging), ==, 0);
}

/* What never answers costs its user his threads, and nobody else anything. When it answers after
 * all, they are free again. */
static void
test_hanging (void)
{
  g_autoptr (ScepFdReader) reader = scep_fd_reader_new ();
  Outcome outcomes[SCEP_FD_READER_MAX_PER_USER] = { { NULL } };
  Outcome other = { NULL }, later = { NULL }, too_late = { NULL };
  g_autofree char *contents = NULL;
  g_autofree char *more = NULL;
  const int fds[] = { new_pipe (3, O_CLOEXEC, &contents), new_pipe (3, O_CLOEXEC, &more) };

  g_mutex_lock (&hang);
  begin_hanging (reader, 1, fds[0], outcomes, G_N_ELEMENTS (outcomes));
  begin_read (reader, 2, fds[0], LONG_MS, &other);
  wait_for (&other);
  g_assert_no_error (other.error);
  g_bytes_unref (other.bytes);

  begin_read (reader, 1, fds[1], SHORT_MS, &too_late);
  expect_outcome (&too_late, SCEP_ERROR_TIMEOUT);
  begin_read (reader, 1, fds[1], LONG_MS, &later);
  g_mutex_unlock (&hang);
  wait_for (&later);
  g_assert_no_error (later.error);
  g_bytes_unref (later.bytes);
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    close (fds[i]);
}

/* Users who hang together leave a thread for each of many others. */
static void
test_hanging_users (void)
{
  g_autoptr (ScepFdReader) reader = scep_fd_reader_new ();
  Outcome outcomes[SCEP_FD_READER_MAX_TOTAL / 2] = { { NULL } };
  const guint each = SCEP_FD_READER_MAX_PER_USER;
  int ends[2];

  g_assert_cmpint (pipe2 (ends, O_CLOEXEC), ==, 0);
  close (ends[1]);
  g_mutex_lock (&hang);
  for (guint i = 0; i < G_N_ELEMENTS (outcomes); i += each)
    begin_hanging (reader, i, ends[0], outcomes + i, each);
  for (guint i = 0; i < SCEP_FD_READER_MAX_TOTAL / 2; i++) {
    Outcome outcome = { NULL };

    begin_read (reader, 100 + i, ends[0], LONG_MS, &outcome);
    wait_for (&outcome);
    g_assert_no_error (outcome.error);
    g_bytes_unref (outcome.bytes);
  }
  g_mutex_unlock (&hang);
  close (ends[0]);
}

static void
test_file_systems (void)
{
  static const struct {
    guint32 magic;
    gboolean refused;
  } rows[] = {
    { 0x65735546, TRUE },  /* FUSE */
    { 0x6969, TRUE },      /* NFS */
    { 0xFF534D42, TRUE },  /* CIFS */
    { 0xFE534D42, TRUE },  /* SMB 2 and 3 */
    { 0x00C36400, TRUE },  /* Ceph */
    { 0x01021997, TRUE },  /* 9P */
    { 0x01021994, FALSE }, /* tmpfs */
    { 0xEF53, FALSE },     /* ext4 */
  };
  int fd = memfd_create ("test", MFD_CLOEXEC);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    file_system = rows[i].magic;
    if (rows[i].refused)
      expect_error (fd, LONG_MS, SCEP_ERROR_INVALID_SETTING);
    else
      expect_bytes (fd, "", 0);
  }
  file_system = 0;
  close (fd);
}

/* The flags belong to the caller, who shares the open file. */
static void
test_flags (void)
{
  const int all[] = { 0, O_NONBLOCK };

  for (guint i = 0; i < G_N_ELEMENTS (all); i++) {
    g_autofree char *contents = NULL;
    int fd = new_pipe (3, O_CLOEXEC | all[i], &contents);
    int before = fcntl (fd, F_GETFL);

    expect_bytes (fd, "xxx", 3);
    g_assert_cmpint (fcntl (fd, F_GETFL), ==, before);
    g_assert_cmpint (before & O_NONBLOCK, ==, all[i]);
    close (fd);
  }
}

static void
test_socket (void)
{
  int ends[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), ==, 0);
  expect_error (ends[0], SHORT_MS, SCEP_ERROR_TIMEOUT);
  g_assert_cmpint (write (ends[1], "secret\n", 7), ==, 7);
  close (ends[1]);
  expect_bytes (ends[0], "secret\n", 7);
  close (ends[0]);
}

static void
test_file (void)
{
  g_autofree char *path = NULL;
  int fd = g_file_open_tmp (NULL, &path, NULL);
  int write_only;

  expect_bytes (fd, "", 0);
  g_assert_cmpint (write (fd, "secret", 6), ==, 6);
  g_assert_cmpint (lseek (fd, 0, SEEK_SET), ==, 0);
  expect_bytes (fd, "secret", 6);
  write_only = g_open (path, O_WRONLY | O_CLOEXEC, 0);
  expect_error (write_only, LONG_MS, SCEP_ERROR_INVALID_SETTING);
  close (write_only);
  close (fd);
  g_unlink (path);
}

/* Nothing of them is read, also where it would be an empty secret or one without end. */
static void
test_other_kinds (void)
{
  const int fds[] = {
    g_open ("/dev/null", O_RDONLY | O_CLOEXEC, 0),
    g_open ("/dev/zero", O_RDONLY | O_CLOEXEC, 0),
    g_open ("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0),
    eventfd (1, EFD_CLOEXEC),
  };

  for (guint i = 0; i < G_N_ELEMENTS (fds); i++) {
    Outcome outcome = read_copy (fds[i], LONG_MS);
    g_autoptr (GError) error = outcome.error;

    g_assert_null (outcome.bytes);
    g_assert_error (error, SCEP_ERROR, SCEP_ERROR_INVALID_SETTING);
    g_assert_nonnull (strstr (error->message, "no file, pipe or socket"));
    close (fds[i]);
  }
}

static void
test_secret (void)
{
  g_autofree char *contents = NULL;
  int fd = new_pipe (3, O_CLOEXEC, &contents);
  Outcome outcome;

  g_atomic_int_set (&n_buffers_cleared, 0);
  outcome = read_copy (fd, LONG_MS);
  g_assert_no_error (outcome.error);
  g_assert_cmpint (g_atomic_int_get (&n_buffers_cleared), ==, 1);
  g_atomic_int_set (&n_others_cleared, 0);
  g_bytes_unref (outcome.bytes);
  g_assert_cmpint (g_atomic_int_get (&n_others_cleared), ==, 1);
  close (fd);
}

static guint
count_open (void)
{
  g_autoptr (GDir) directory = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n = 0;

  while (g_dir_read_name (directory) != NULL)
    n++;
  return n;
}

/* A caller cannot use up the descriptors of the service, whatever comes of the reading. */
static void
test_closed (void)
{
  g_autofree char *contents = NULL;
  g_autofree char *too_much = NULL;
  const int fds[] = {
    new_pipe (3, O_CLOEXEC, &contents),
    new_pipe (LIMIT + 1, O_CLOEXEC, &too_much),
    g_open ("/dev/null", O_RDONLY | O_CLOEXEC, 0),
  };
  guint before;

  /* The first time the main loop opens one of its own. */
  expect_bytes (fds[0], contents, 3);
  before = count_open ();
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++) {
    Outcome outcome = read_copy (fds[i], LONG_MS);

    g_clear_pointer (&outcome.bytes, g_bytes_unref);
    g_clear_error (&outcome.error);
    g_assert_cmpuint (count_open (), ==, before);
  }
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    close (fds[i]);
}

int
main (int argc, char **argv)
{
  main_thread = g_thread_self ();
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/fd-reader/too-much", test_too_much);
  g_test_add_func ("/fd-reader/whole-limit", test_whole_limit);
  g_test_add_func ("/fd-reader/packets", test_packets);
  g_test_add_func ("/fd-reader/silent-writer", test_silent_writer);
  g_test_add_func ("/fd-reader/taken-by-others", test_taken_by_others);
  g_test_add_func ("/fd-reader/hanging", test_hanging);
  g_test_add_func ("/fd-reader/hanging-users", test_hanging_users);
  g_test_add_func ("/fd-reader/file-systems", test_file_systems);
  g_test_add_func ("/fd-reader/flags", test_flags);
  g_test_add_func ("/fd-reader/socket", test_socket);
  g_test_add_func ("/fd-reader/file", test_file);
  g_test_add_func ("/fd-reader/other-kinds", test_other_kinds);
  g_test_add_func ("/fd-reader/secret", test_secret);
  g_test_add_func ("/fd-reader/closed", test_closed);
  return g_test_run ();
}
