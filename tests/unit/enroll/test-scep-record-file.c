/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-record-file.h"

#include "base/scep-error.h"
#include "base/scep-secret.h"

#include <string.h>

#define GROUP "Group"
#define KEY "Key"

static GKeyFile *
file_new (const char *value)
{
  GKeyFile *key_file = g_key_file_new ();

  g_key_file_set_value (key_file, GROUP, KEY, value);
  return key_file;
}

/* Every message names the key and its group. */
static void
assert_refused (gboolean refused, const GError *error)
{
  g_assert_true (refused);
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_STORAGE_FAILED);
  g_assert_nonnull (strstr (error->message, "“" KEY "”"));
  g_assert_nonnull (strstr (error->message, "[" GROUP "]"));
}

static void
test_missing (void)
{
  g_autoptr (GKeyFile) empty = g_key_file_new ();
  g_autoptr (GError) error = NULL;
  gint64 number;
  gboolean refused = !scep_record_get_int64 (empty, GROUP, KEY, &number, &error);

  assert_refused (refused, error);
}

static void
test_string (void)
{
  static const char *const bad[] = { "\xff", "a\\x", "a\\" };
  g_autoptr (GKeyFile) good = file_new ("a\\sb\\\\");
  g_autoptr (GError) none = NULL;
  g_autofree char *text = scep_record_get_string (good, GROUP, KEY, &none);

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GKeyFile) key_file = file_new (bad[i]);
    g_autoptr (GError) error = NULL;
    gboolean refused = scep_record_get_string (key_file, GROUP, KEY, &error) == NULL;

    assert_refused (refused, error);
  }
  g_assert_no_error (none);
  g_assert_cmpstr (text, ==, "a b\\");
}

static void
test_numbers (void)
{
  static const char *const bad[] = { "", "-1", "1.0", "0x1", "9223372036854775808", "1 2" };
  g_autoptr (GKeyFile) most = file_new ("9223372036854775807");
  g_autoptr (GKeyFile) most_uint = file_new ("4294967295");
  g_autoptr (GError) error = NULL;
  gint64 number = 0;
  guint small = 0;
  gboolean refused;

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GKeyFile) key_file = file_new (bad[i]);
    g_autoptr (GError) local = NULL;

    refused = !scep_record_get_int64 (key_file, GROUP, KEY, &number, &local);
    assert_refused (refused, local);
  }
  refused = !scep_record_get_uint (most, GROUP, KEY, &small, &error);
  assert_refused (refused, error);
  g_clear_error (&error);
  g_assert_true (scep_record_get_int64 (most, GROUP, KEY, &number, &error));
  g_assert_cmpint (number, ==, G_MAXINT64);
  g_assert_true (scep_record_get_uint (most_uint, GROUP, KEY, &small, &error));
  g_assert_cmpuint (small, ==, G_MAXUINT);
}

static void
test_words (void)
{
  static const char *const words[] = { "one", "two" };
  g_autoptr (GKeyFile) two = file_new ("two");
  g_autoptr (GKeyFile) yes = file_new ("true");
  g_autoptr (GError) error = NULL;
  guint index = 7;
  gboolean truth = FALSE;
  gboolean refused = !scep_record_get_boolean (two, GROUP, KEY, &truth, &error);

  assert_refused (refused, error);
  g_clear_error (&error);
  refused = !scep_record_get_word (yes, GROUP, KEY, words, G_N_ELEMENTS (words), &index, &error);
  assert_refused (refused, error);
  g_clear_error (&error);
  g_assert_cmpuint (index, ==, 7);
  g_assert_true (
      scep_record_get_word (two, GROUP, KEY, words, G_N_ELEMENTS (words), &index, &error));
  g_assert_cmpuint (index, ==, 1);
  g_assert_true (scep_record_get_boolean (yes, GROUP, KEY, &truth, &error));
  g_assert_true (truth);
}

static void
test_fingerprint (void)
{
  g_autofree char *digits = g_strnfill (64, 'A');
  g_autoptr (GKeyFile) good = file_new (digits);
  g_autoptr (GKeyFile) bad = file_new (digits + 1);
  g_autoptr (GError) error = NULL;
  gboolean refused = scep_record_get_fingerprint (bad, GROUP, KEY, &error) == NULL;
  g_autofree char *fingerprint = NULL;
  g_autofree char *lower = g_ascii_strdown (digits, -1);

  assert_refused (refused, error);
  g_clear_error (&error);
  fingerprint = scep_record_get_fingerprint (good, GROUP, KEY, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (fingerprint, ==, lower);
}

static void
test_secret (void)
{
  static const char *const bad[] = { "", "=", "====", "YWJj=", "YWJ", "YW Jj", "YWJj\\n", "YR==" };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GKeyFile) key_file = file_new (bad[i]);
    g_autoptr (GError) error = NULL;
    gboolean refused = scep_record_get_secret (key_file, GROUP, KEY, &error) == NULL;

    assert_refused (refused, error);
  }
  for (gsize length = 1; length < 8; length++) {
    g_autoptr (GBytes) secret = scep_secret_bytes_new ("\0\1\2\3\4\5\6\7", length);
    g_autoptr (GKeyFile) key_file = g_key_file_new ();
    g_autoptr (GError) error = NULL;
    g_autoptr (GBytes) read = NULL;

    scep_record_set_secret (key_file, GROUP, KEY, secret);
    read = scep_record_get_secret (key_file, GROUP, KEY, &error);
    g_assert_no_error (error);
    g_assert_true (g_bytes_equal (read, secret));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/record-file/missing", test_missing);
  g_test_add_func ("/record-file/string", test_string);
  g_test_add_func ("/record-file/numbers", test_numbers);
  g_test_add_func ("/record-file/words", test_words);
  g_test_add_func ("/record-file/fingerprint", test_fingerprint);
  g_test_add_func ("/record-file/secret", test_secret);
  return g_test_run ();
}
