/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-capabilities.h"

#include <string.h>

static void
assert_capabilities (const char *text, gsize length, ScepCapabilities expected)
{
  /* A copy of its own, so that reading beyond it shows. */
  g_autoptr (GBytes) body = g_bytes_new (text, length);

  g_assert_cmphex (scep_capabilities_parse (body), ==, expected);
}

static void
assert_text (const char *text, ScepCapabilities expected)
{
  assert_capabilities (text, strlen (text), expected);
}

static void
test_no_list (void)
{
  static const char nul[] = "AES\0Renewal\nSHA-1";

  assert_text ("", SCEP_CAPABILITY_NONE);
  assert_text ("\n\r\n\n", SCEP_CAPABILITY_NONE);
  assert_text ("<html><head><title>404</title></head>\n<body>No AES here, Renewal\n</body></html>",
               SCEP_CAPABILITY_NONE);
  assert_text ("AES,Renewal,SHA-256", SCEP_CAPABILITY_NONE);
  assert_text ("AES Renewal", SCEP_CAPABILITY_NONE);
  assert_capabilities (nul, sizeof nul - 1, SCEP_CAPABILITY_SHA1);
}

/* Clients have taken any word of the same length for a keyword. */
static void
test_same_length (void)
{
  assert_text ("XXXXXXX", SCEP_CAPABILITY_NONE);
  assert_text ("XXX\nXXXX\nXXXXX\nXXXXXXX\nXXXXXXXXXXXX\nXXXXXXXXXXXXX\nXXXXXXXXXXXXXXXX",
               SCEP_CAPABILITY_NONE);
  assert_text ("SHA-256", SCEP_CAPABILITY_SHA256);
}

/* Clients have taken any beginning of a keyword for the keyword. */
static void
test_prefix (void)
{
  assert_text ("S\nSHA\nSHA-\nPOST\nR\nSCEP\nGetNextCA\nA", SCEP_CAPABILITY_NONE);
  assert_text ("AESX\nAES256\nSHA-2560\nRenewals\nSCEPStandard2", SCEP_CAPABILITY_NONE);
}

static void
test_separators (void)
{
  const ScepCapabilities expected = SCEP_CAPABILITY_AES | SCEP_CAPABILITY_RENEWAL;

  assert_text ("AES\nRenewal", expected);
  assert_text ("AES\nRenewal\n", expected);
  assert_text ("AES\r\nRenewal\r\n", expected);
  assert_text ("AES\rRenewal\r", expected);
  assert_text ("\r\n\r\n  AES \t\r\n\n Renewal ", expected);
  assert_text ("\xef\xbb\xbf"
               "AES\nRenewal",
               expected);
}

static void
test_case_and_order (void)
{
  assert_text ("aes\nRENEWAL\nposTpkioPERATION\nsha-256\nscepstandard",
               SCEP_CAPABILITY_AES | SCEP_CAPABILITY_RENEWAL | SCEP_CAPABILITY_POST |
                   SCEP_CAPABILITY_SHA256 | SCEP_CAPABILITY_STANDARD);
  assert_text ("Renewal\nAES\nAES", SCEP_CAPABILITY_RENEWAL | SCEP_CAPABILITY_AES);
}

static void
test_unknown (void)
{
  assert_text ("Example.com-Foo\nUpdate\nSHA-1\nMD5\nDES", SCEP_CAPABILITY_SHA1);
}

/* Clients have refused what is longer than 1024 bytes. */
static void
test_long (void)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < 400; i++)
    g_string_append_printf (text, "Unknown-%u\n", i);
  g_assert_cmpuint (text->len, >, 4096);
  g_string_append (text, "GetNextCACert");
  assert_text (text->str, SCEP_CAPABILITY_GET_NEXT_CA_CERT);
}

/* The lists of servers as they are. */
static void
test_servers (void)
{
  assert_text ("Renewal\r\nSHA-1\r\nSHA-256\r\nAES\r\nDES3\r\nSCEPStandard\r\nPOSTPKIOperation",
               SCEP_CAPABILITY_RENEWAL | SCEP_CAPABILITY_SHA1 | SCEP_CAPABILITY_SHA256 |
                   SCEP_CAPABILITY_AES | SCEP_CAPABILITY_DES3 | SCEP_CAPABILITY_STANDARD |
                   SCEP_CAPABILITY_POST);
  assert_text ("POSTPKIOperation\nGetNextCACert\nRenewal\nSHA-512\nSHA-256\nSHA-1\nDES3",
               SCEP_CAPABILITY_POST | SCEP_CAPABILITY_GET_NEXT_CA_CERT | SCEP_CAPABILITY_RENEWAL |
                   SCEP_CAPABILITY_SHA512 | SCEP_CAPABILITY_SHA256 | SCEP_CAPABILITY_SHA1 |
                   SCEP_CAPABILITY_DES3);
}

static void
test_strv (void)
{
  const ScepCapabilities all = (SCEP_CAPABILITY_STANDARD << 1) - 1;
  g_auto (GStrv) words = scep_capabilities_to_strv (all);
  g_auto (GStrv) none = scep_capabilities_to_strv (SCEP_CAPABILITY_NONE);
  const char *const some[] = { "SHA-256", "Renewed", "aes", NULL };

  g_assert_cmpuint (g_strv_length (words), ==, 9);
  g_assert_true (g_strv_contains ((const char *const *) words, "POSTPKIOperation"));
  g_assert_cmphex (scep_capabilities_from_strv ((const char *const *) words), ==, all);
  g_assert_cmpuint (g_strv_length (none), ==, 0);
  g_assert_cmphex (scep_capabilities_from_strv (NULL), ==, SCEP_CAPABILITY_NONE);
  g_assert_cmphex (scep_capabilities_from_strv (some), ==,
                   SCEP_CAPABILITY_SHA256 | SCEP_CAPABILITY_AES);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/capabilities/no-list", test_no_list);
  g_test_add_func ("/capabilities/same-length", test_same_length);
  g_test_add_func ("/capabilities/prefix", test_prefix);
  g_test_add_func ("/capabilities/separators", test_separators);
  g_test_add_func ("/capabilities/case-and-order", test_case_and_order);
  g_test_add_func ("/capabilities/unknown", test_unknown);
  g_test_add_func ("/capabilities/long", test_long);
  g_test_add_func ("/capabilities/servers", test_servers);
  g_test_add_func ("/capabilities/strv", test_strv);
  return g_test_run ();
}
