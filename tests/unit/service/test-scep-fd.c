/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-fd.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static void
test_sealed (void)
{
  g_autoptr (GBytes) contents = g_bytes_new_static ("key", 3);
  g_autoptr (GError) error = NULL;
  char text[4];
  int fd = scep_fd_new_sealed ("test", contents, &error);

  g_assert_no_error (error);
  g_assert_cmpint (fcntl (fd, F_GET_SEALS), ==,
                   F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
  g_assert_cmpint (fcntl (fd, F_GETFD) & FD_CLOEXEC, ==, FD_CLOEXEC);
  g_assert_cmpint (write (fd, "x", 1), ==, -1);
  g_assert_cmpint (errno, ==, EPERM);
  g_assert_cmpint (ftruncate (fd, 0), ==, -1);
  g_assert_cmpint (errno, ==, EPERM);
  g_assert_cmpint (read (fd, text, sizeof text), ==, 3);
  g_assert_cmpmem (text, 3, "key", 3);
  close (fd);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/fd/sealed", test_sealed);
  return g_test_run ();
}
