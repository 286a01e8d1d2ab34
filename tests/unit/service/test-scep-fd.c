/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-error.h"
#include "service/scep-fd.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define LIMIT 4096
#define LONG_MS 60000
#define SHORT_MS 50

typedef struct {
  GBytes *bytes;
  GError *error;
  gboolean done;
} Outcome;

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Outcome *outcome = user_data;

  outcome->bytes = scep_fd_read_finish (result, &outcome->error);
  outcome->done = TRUE;
}

/* Reads a copy of @fd, as the copy that came over the bus is one. */
static Outcome
read_copy (int fd, guint timeout_ms)
{
  g_autoptr (ScepWorker) worker = scep_worker_new (1);
  Outcome outcome = { NULL };

  scep_fd_read_async (worker, fcntl (fd, F_DUPFD_CLOEXEC, 3), LIMIT, timeout_ms, on_read, &outcome);
  while (!outcome.done)
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

static void
test_other_kinds (void)
{
  int zero = g_open ("/dev/zero", O_RDONLY | O_CLOEXEC, 0);
  int directory = g_open ("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);

  expect_error (zero, LONG_MS, SCEP_ERROR_INVALID_SETTING);
  expect_error (directory, LONG_MS, SCEP_ERROR_INVALID_SETTING);
  close (zero);
  close (directory);
}

static void
test_sealed (void)
{
  g_autoptr (GBytes) contents = g_bytes_new_static ("key", 3);
  g_autoptr (GError) error = NULL;
  int fd = scep_fd_new_sealed ("test", contents, &error);

  g_assert_no_error (error);
  g_assert_cmpint (fcntl (fd, F_GET_SEALS), ==,
                   F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
  g_assert_cmpint (fcntl (fd, F_GETFD) & FD_CLOEXEC, ==, FD_CLOEXEC);
  g_assert_cmpint (write (fd, "x", 1), ==, -1);
  g_assert_cmpint (errno, ==, EPERM);
  g_assert_cmpint (ftruncate (fd, 0), ==, -1);
  g_assert_cmpint (errno, ==, EPERM);
  expect_bytes (fd, "key", 3);
  close (fd);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/fd/too-much", test_too_much);
  g_test_add_func ("/fd/whole-limit", test_whole_limit);
  g_test_add_func ("/fd/silent-writer", test_silent_writer);
  g_test_add_func ("/fd/flags", test_flags);
  g_test_add_func ("/fd/socket", test_socket);
  g_test_add_func ("/fd/file", test_file);
  g_test_add_func ("/fd/other-kinds", test_other_kinds);
  g_test_add_func ("/fd/sealed", test_sealed);
  return g_test_run ();
}
