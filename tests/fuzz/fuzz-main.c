/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs a fuzz target over the files of its corpus, each of them a test. */
#include "fuzz.h"

static void
test_file (gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *contents = NULL;
  g_autofree guint8 *copy = NULL;
  gsize length;

  g_assert_true (g_file_get_contents (data, &contents, &length, &error));
  g_assert_no_error (error);
  /* Without the NUL that g_file_get_contents() adds: reading beyond the end shows. */
  copy = g_memdup2 (contents, length);
  g_assert_cmpint (LLVMFuzzerTestOneInput (copy, length), ==, 0);
}

int
main (int argc, char *argv[])
{
  g_autoptr (GDir) directory = NULL;
  const char *name;
  guint count = 0;

  g_test_init (&argc, &argv, NULL);
  g_assert_cmpint (argc, ==, 2);
  directory = g_dir_open (argv[1], 0, NULL);
  g_assert_nonnull (directory);
  while ((name = g_dir_read_name (directory)) != NULL) {
    g_autofree char *path = g_strconcat ("/corpus/", name, NULL);

    g_test_add_data_func_full (path, g_build_filename (argv[1], name, NULL), test_file, g_free);
    count++;
  }
  g_assert_cmpuint (count, >, 0);
  return g_test_run ();
}
