/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-secret.h"

#include "fortified.h"

#include <string.h>
#include <strings.h>

/* Stands before the C library's: freed memory may not be looked at, so this
 * tells what was zeroed before it was freed. */
static gconstpointer cleared_data;
static gsize cleared_length;
static guint n_cleared;

void
explicit_bzero (void *data, size_t length)
{
  volatile guint8 *bytes = data;

  for (size_t i = 0; i < length; i++)
    bytes[i] = 0;
  cleared_data = data;
  cleared_length = length;
  n_cleared++;
}

TEST_FORTIFIED_EXPLICIT_BZERO

static void
test_clear (void)
{
  char text[] = "challenge";

  n_cleared = 0;
  scep_secret_clear (NULL, 8);
  scep_secret_clear (text, 0);
  g_assert_cmpuint (n_cleared, ==, 0);
  g_assert_cmpstr (text, ==, "challenge");
  scep_secret_clear (text, 4);
  g_assert_cmpmem (text, sizeof text, "\0\0\0\0lenge", 10);
}

static void
test_string (void)
{
  ScepSecretString *text = g_strdup ("challenge");
  gconstpointer data = text;

  n_cleared = 0;
  scep_secret_string_free (NULL);
  g_assert_cmpuint (n_cleared, ==, 0);
  scep_secret_string_free (text);
  g_assert_cmpuint (n_cleared, ==, 1);
  g_assert_true (cleared_data == data);
  g_assert_cmpuint (cleared_length, ==, strlen ("challenge"));
}

static void
test_bytes (void)
{
  static const char original[] = "a\0key";
  GBytes *bytes = scep_secret_bytes_new (original, sizeof original);
  GBytes *again = g_bytes_ref (bytes);
  GBytes *part = g_bytes_new_from_bytes (bytes, 2, 3);
  gconstpointer data = g_bytes_get_data (bytes, NULL);

  n_cleared = 0;
  g_assert_true (data != original);
  g_assert_cmpmem (data, g_bytes_get_size (bytes), original, sizeof original);
  g_bytes_unref (bytes);
  g_bytes_unref (again);
  g_assert_cmpuint (n_cleared, ==, 0);
  g_assert_cmpmem (g_bytes_get_data (part, NULL), g_bytes_get_size (part), "key", 3);
  g_bytes_unref (part);
  g_assert_cmpuint (n_cleared, ==, 1);
  g_assert_true (cleared_data == data);
  g_assert_cmpuint (cleared_length, ==, sizeof original);
  g_assert_cmpstr (original, ==, "a");
}

static void
test_bytes_take (void)
{
  char *data = g_strdup ("password");
  GBytes *bytes = scep_secret_bytes_new_take (data, 8);
  g_autoptr (GBytes) empty = scep_secret_bytes_new (NULL, 0);
  g_autoptr (GBytes) nothing = scep_secret_bytes_new_take (NULL, 0);
  g_autoptr (ScepSecretString) empty_text = scep_secret_bytes_to_string (empty);
  g_autoptr (ScepSecretString) text = scep_secret_bytes_to_string (bytes);

  g_assert_true (g_bytes_get_data (bytes, NULL) == data);
  g_assert_cmpstr (text, ==, "password");
  g_assert_cmpstr (empty_text, ==, "");
  g_assert_cmpuint (g_bytes_get_size (nothing), ==, 0);
  n_cleared = 0;
  g_bytes_unref (bytes);
  g_assert_true (cleared_data == data);
  g_assert_cmpuint (n_cleared, ==, 1);
}

static void
test_without_newline (void)
{
  static const char *const cases[][2] = {
    { "", "" }, { "\n", "" }, { "a", "a" }, { "a\n", "a" }, { "a\n\n", "a\n" }, { "\na", "\na" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GBytes) bytes = g_bytes_new_static (cases[i][0], strlen (cases[i][0]));
    GBytes *without = scep_secret_without_newline (bytes);
    g_autoptr (ScepSecretString) text = scep_secret_bytes_to_string (without);

    g_assert_cmpstr (text, ==, cases[i][1]);
    n_cleared = 0;
    g_bytes_unref (without);
    g_assert_cmpuint (n_cleared, ==, cases[i][1][0] != '\0');
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/secret/clear", test_clear);
  g_test_add_func ("/secret/string", test_string);
  g_test_add_func ("/secret/bytes", test_bytes);
  g_test_add_func ("/secret/bytes-take", test_bytes_take);
  g_test_add_func ("/secret/without-newline", test_without_newline);
  return g_test_run ();
}
