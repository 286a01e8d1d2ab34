/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-machine-id.h"

#include <glib/gstdio.h>

#define ID "0123456789abcdef0123456789abcdef"

static char *
read_content (const char *content)
{
  g_autofree char *path = NULL;
  int fd = g_file_open_tmp ("scep-machine-id-XXXXXX", &path, NULL);
  char *id;

  g_assert_true (g_close (fd, NULL));
  g_assert_true (g_file_set_contents (path, content, -1, NULL));
  id = scep_machine_id_read (path);
  g_assert_cmpint (g_unlink (path), ==, 0);
  return id;
}

static void
test_none (void)
{
  static const char *const contents[] = { "", "uninitialized\n", ID "0\n",
                                          "0123456789ABCDEF0123456789ABCDEF\n" };
  g_autofree char *missing = scep_machine_id_read ("/nonexistent/machine-id");

  g_assert_cmpstr (missing, ==, g_get_host_name ());
  for (guint i = 0; i < G_N_ELEMENTS (contents); i++) {
    g_autofree char *id = read_content (contents[i]);

    g_assert_cmpstr (id, ==, g_get_host_name ());
  }
}

static void
test_id (void)
{
  g_autofree char *id = read_content (ID "\n");

  g_assert_cmpstr (id, ==, ID);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/machine-id/none", test_none);
  g_test_add_func ("/machine-id/id", test_id);
  return g_test_run ();
}
