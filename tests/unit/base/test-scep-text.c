/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-text.h"

#include "base/scep-names.h"

#include <string.h>

static void
assert_shown (const char *text, gssize length, const char *expected)
{
  g_autofree char *shown = scep_text_printable (text, length);

  g_assert_cmpstr (shown, ==, expected);
}

static void
test_printable (void)
{
  assert_shown ("", -1, "");
  assert_shown ("", 0, "");
  assert_shown (" \t\r\n ", -1, "");
  assert_shown ("\n Not\ttoday\r\n", -1, "Not today");
  assert_shown ("\033[31mred\033[0m\a", -1, "?[31mred?[0m?");
  assert_shown ("abc\xff\xfe", -1, "abc\xef\xbf\xbd\xef\xbf\xbd");
  assert_shown ("caf\xe9", -1, "caf\xef\xbf\xbd");
  assert_shown ("café €", -1, "café €");
  /* What would turn the rest of the line around, or hide it. */
  assert_shown ("a\xe2\x80\xae"
                "b\xe2\x80\x8b"
                "c",
                -1, "a?b?c");
  assert_shown ("a\xe2\x80\xa8"
                "b",
                -1, "a b");
  /* A Hangul filler, and a character of nobody. */
  assert_shown ("a\xe3\x85\xa4"
                "b\xee\x80\x80"
                "c",
                -1, "a?b?c");
  assert_shown ("cut here, not there", 8, "cut here");
  assert_shown ("a\0b", 3,
                "a\xef\xbf\xbd"
                "b");
}

static void
test_clause (void)
{
  static const char *const rows[][2] = {
    { "It failed.", "It failed" },
    { "It failed", "It failed" },
    { "a\nb. ", "a b" },
    { "...", "" },
    { "", "" },
    { "a.b", "a.b" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *clause = scep_text_clause (rows[i][0]);

    g_assert_cmpstr (clause, ==, rows[i][1]);
  }
}

static void
test_printable_length (void)
{
  g_autofree char *plain = g_strnfill (SCEP_TEXT_MAX_SHOWN + 1, 'x');
  g_autofree char *bad = g_strnfill (100000, '\xff');
  GString *wide = g_string_new (NULL);
  g_autofree char *shown_plain = scep_text_printable (plain, -1);
  g_autofree char *shown_bad = scep_text_printable (bad, -1);
  g_autofree char *shown_wide = NULL;
  g_autofree char *text = NULL;

  for (guint i = 0; i < SCEP_TEXT_MAX_SHOWN + 50; i++)
    g_string_append (wide, "\xf0\x9f\x94\x91");
  text = g_string_free (wide, FALSE);
  shown_wide = scep_text_printable (text, -1);
  g_assert_cmpuint (strlen (shown_plain), ==, SCEP_TEXT_MAX_SHOWN);
  g_assert_cmpint (g_utf8_strlen (shown_bad, -1), ==, SCEP_TEXT_MAX_SHOWN);
  g_assert_cmpint (g_utf8_strlen (shown_wide, -1), ==, SCEP_TEXT_MAX_SHOWN);
  g_assert_true (g_utf8_validate (shown_wide, -1, NULL));
}

static void
test_hex (void)
{
  static const guint8 bytes[] = { 0x00, 0x0f, 0xa0, 0xff };
  g_autofree char *nothing = scep_hex_encode (NULL, 0);
  g_autofree char *hex = scep_hex_encode (bytes, sizeof bytes);

  g_assert_cmpstr (nothing, ==, "");
  g_assert_cmpstr (hex, ==, "000fa0ff");
}

#define DIGITS_62 "00112233445566778899aabbccddeeff00112233445566778899aabbccddee"

static void
test_fingerprint (void)
{
  static const char *const bad[] = {
    "",
    "::",
    DIGITS_62,
    DIGITS_62 "f",
    DIGITS_62 "ff0",
    DIGITS_62 "fg",
    DIGITS_62 "-ff",
    "0x" DIGITS_62 "ff",
    "sha256:" DIGITS_62 "ff",
    DIGITS_62 "f\xef\xbc\x86",
  };
  static const char *const good[] = {
    DIGITS_62 "ff",
    " " DIGITS_62 "Ff\n",
    "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
    "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF",
    "00112233 44556677 8899AABB CCDDEEFF 00112233 44556677 8899AABB CCDDEEFF",
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_null (scep_fingerprint_normalize (bad[i]));
  for (guint i = 0; i < G_N_ELEMENTS (good); i++) {
    g_autofree char *normal = scep_fingerprint_normalize (good[i]);

    g_assert_cmpstr (normal, ==, DIGITS_62 "ff");
  }
}

static void
test_id (void)
{
  static const char *const bad[] = {
    "", "A", "1a", "_a", "a-b", "a.b", "a/b", "..", "a b", "a\n", "aB", "ä", "a@b",
  };
  g_autofree char *longest = g_strnfill (64, 'z');
  g_autofree char *too_long = g_strnfill (65, 'z');

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (scep_id_is_valid (bad[i]));
  g_assert_false (scep_id_is_valid (too_long));
  g_assert_true (scep_id_is_valid (longest));
  g_assert_true (scep_id_is_valid ("a"));
  g_assert_true (scep_id_is_valid ("office_2"));
  g_assert_true (scep_id_is_valid (SCEP_DEFAULT_ID));
}

static void
test_alias (void)
{
  static const char *const bad[] = {
    "", "-a", "_a", "@a", ".", "..", "a/b", "a.b", "a b", "a\n", "ä", "a\\b",
  };
  g_autofree char *longest = g_strnfill (128, 'Z');
  g_autofree char *too_long = g_strnfill (129, 'Z');

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (scep_alias_is_valid (bad[i]));
  g_assert_false (scep_alias_is_valid (too_long));
  g_assert_true (scep_alias_is_valid (longest));
  g_assert_true (scep_alias_is_valid ("9_A@b-c"));
  g_assert_true (scep_alias_is_valid (SCEP_ALIAS_CA_PREFIX "0"));
}

static void
test_reserved (void)
{
  g_autofree char *first = scep_alias_for_profile (SCEP_ALIAS_ENROLLED, SCEP_DEFAULT_ID);
  g_autofree char *further = scep_alias_for_profile (SCEP_ALIAS_REQUEST, "plant");

  g_assert_cmpstr (first, ==, "scep-enrolled-key-pair");
  g_assert_cmpstr (further, ==, "sce-request-key-pair@plant");
  g_assert_true (scep_alias_is_valid (further));
  g_assert_true (scep_alias_is_reserved (further));
  g_assert_true (scep_alias_is_reserved (SCEP_ALIAS_PREVIOUS));
  g_assert_true (scep_alias_is_reserved (SCEP_ALIAS_CA_PREFIX "0"));
  g_assert_false (scep_alias_is_reserved ("scep"));
  g_assert_false (scep_alias_is_reserved ("Scep-own"));
  g_assert_false (scep_alias_is_reserved ("vpn-scep-"));
}

static void
test_time (void)
{
  g_autofree char *never = scep_text_time (G_MAXINT64);
  g_autofree char *begin = scep_text_time (1767225660);

  g_assert_cmpstr (never, ==, "?");
  g_assert_cmpstr (begin, ==, "2026-01-01 00:01 UTC");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/text/printable", test_printable);
  g_test_add_func ("/text/clause", test_clause);
  g_test_add_func ("/text/printable-length", test_printable_length);
  g_test_add_func ("/text/hex", test_hex);
  g_test_add_func ("/text/fingerprint", test_fingerprint);
  g_test_add_func ("/text/id", test_id);
  g_test_add_func ("/text/alias", test_alias);
  g_test_add_func ("/text/reserved", test_reserved);
  g_test_add_func ("/text/time", test_time);
  return g_test_run ();
}
