/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-endpoint.h"

#include "base/scep-error.h"

#include <string.h>

static void
test_refused (void)
{
  static const char *const bad[] = {
    "ca.example.org",       "ftp://ca.example.org/", "http://",       "http://user@ca/",
    "http://u:secret@ca/x", "http://ca/x#fragment",  "http://ca:0/",  "http://ca:99999/",
    "http://ca/a b",        "http://ca/\n",          "file:///etc/x", "http://ca/%zz",
    "http://ca/\xc3\xa4",   "javascript:alert(1)",   "http://ca/\"x",
  };
  g_autofree char *long_path = g_strnfill (2100, 'a');
  g_autofree char *long_url = g_strconcat ("http://ca/", long_path, NULL);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) refused = NULL;
    g_autofree char *url = scep_endpoint_normalize (bad[i], &refused);

    if (strcmp (bad[i], "http://ca/\n") == 0) {
      /* A line break at the end is only how it was pasted. */
      g_assert_no_error (refused);
      continue;
    }
    g_test_message ("%s", bad[i]);
    g_assert_error (refused, SCEP_ERROR, SCEP_ERROR_INVALID_SETTING);
    g_assert_null (url);
    g_assert_null (strstr (refused->message, "secret"));
  }
  g_assert_null (scep_endpoint_normalize (long_url, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_INVALID_SETTING);
}

static void
test_normalize (void)
{
  static const char *const rows[][2] = {
    { "http://ca.example.org", "http://ca.example.org/cgi-bin/pkiclient.exe" },
    { "http://ca.example.org/", "http://ca.example.org/cgi-bin/pkiclient.exe" },
    { " https://ca.example.org:8443/scep/x ", "https://ca.example.org:8443/scep/x" },
    { "http://ca/certsrv/mscep/mscep.dll", "http://ca/certsrv/mscep/mscep.dll" },
    { "http://ca/a%2Fb?profile=1&x=%20", "http://ca/a%2Fb?profile=1&x=%20" },
    { "HTTP://ca/x", "http://ca/x" },
    { "http://[::1]:8080/x", "http://[::1]:8080/x" },
    { "http://[fe80::1%25eth0]:80/x?y", "http://[fe80::1%25eth0]:80/x?y" },
    { "http://ca/x?co-operation=1&operations=2&a=message", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;
    g_autofree char *url = scep_endpoint_normalize (rows[i][0], &error);

    g_assert_no_error (error);
    g_assert_cmpstr (url, ==, rows[i][1] != NULL ? rows[i][1] : rows[i][0]);
  }
}

/* What is stored is read again at the next start. */
static void
test_again (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *once = scep_endpoint_normalize ("http://[fe80::1%25eth0]/", &error);
  g_autofree char *twice = scep_endpoint_normalize (once, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (once, ==, "http://[fe80::1%25eth0]/cgi-bin/pkiclient.exe");
  g_assert_cmpstr (twice, ==, once);
}

/* A text, and what is said about it. */
static void
test_reasons (void)
{
  static const char *const rows[][2] = {
    { "http://ca/x?operation=GetCACert", "operation=" },
    { "http://ca/x?a=b&%6fPeration=PKIOperation", "operation=" },
    { "http://ca/x?operation", "operation=" },
    { "http://ca/x?message=7", "CAIdentifier" },
    { "http://[fe80::1%eth0]/x", "%25" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;

    g_test_message ("%s", rows[i][0]);
    g_assert_null (scep_endpoint_normalize (rows[i][0], &error));
    g_assert_error (error, SCEP_ERROR, SCEP_ERROR_INVALID_SETTING);
    g_assert_nonnull (strstr (error->message, rows[i][1]));
  }
}

static void
test_urls (void)
{
  g_autofree char *caps = scep_endpoint_get_url ("http://ca/x", SCEP_OPERATION_GET_CA_CAPS, NULL);
  g_autofree char *cert = scep_endpoint_get_url ("http://ca/x?a=b", SCEP_OPERATION_GET_CA_CERT, "");
  g_autofree char *named =
      scep_endpoint_get_url ("http://ca/x", SCEP_OPERATION_GET_CA_CERT, "my CA&+");
  g_autofree char *next =
      scep_endpoint_get_url ("http://ca/x?", SCEP_OPERATION_GET_NEXT_CA_CERT, NULL);
  g_autofree char *post = scep_endpoint_get_url ("http://ca/x", SCEP_OPERATION_PKI, NULL);

  g_assert_cmpstr (caps, ==, "http://ca/x?operation=GetCACaps");
  g_assert_cmpstr (cert, ==, "http://ca/x?a=b&operation=GetCACert");
  g_assert_cmpstr (named, ==, "http://ca/x?operation=GetCACert&message=my%20CA%26%2B");
  g_assert_cmpstr (next, ==, "http://ca/x?operation=GetNextCACert");
  g_assert_cmpstr (post, ==, "http://ca/x?operation=PKIOperation");
}

static void
test_message (void)
{
  static const guint8 data[] = { 0xfb, 0xff, 0xfe, 0x3e };
  g_autofree guint8 *zeros = g_malloc0 (SCEP_ENDPOINT_MAX_GET);
  g_autoptr (GBytes) message = g_bytes_new_static (data, sizeof data);
  g_autoptr (GBytes) large = g_bytes_new_static (zeros, SCEP_ENDPOINT_MAX_GET);
  g_autoptr (GError) error = NULL;
  g_autofree char *url = scep_endpoint_get_message_url ("http://ca/x", message, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (url, ==, "http://ca/x?operation=PKIOperation&message=%2B%2F%2F%2BPg%3D%3D");
  g_assert_null (scep_endpoint_get_message_url ("http://ca/x", large, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_UNSUPPORTED);
}

static void
test_words (void)
{
  g_autofree char *plain = scep_endpoint_get_host ("http://ca.example.org/x");
  g_autofree char *port = scep_endpoint_get_host ("https://[::1]:8443/x");

  g_assert_cmpstr (plain, ==, "ca.example.org");
  g_assert_cmpstr (port, ==, "[::1]:8443");
  g_assert_true (scep_endpoint_is_https ("https://ca/x"));
  g_assert_false (scep_endpoint_is_https ("http://ca/https:"));
  g_assert_cmpuint (scep_endpoint_get_max_reply (SCEP_OPERATION_GET_CA_CAPS), ==, 16384);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/endpoint/refused", test_refused);
  g_test_add_func ("/endpoint/normalize", test_normalize);
  g_test_add_func ("/endpoint/again", test_again);
  g_test_add_func ("/endpoint/reasons", test_reasons);
  g_test_add_func ("/endpoint/urls", test_urls);
  g_test_add_func ("/endpoint/message", test_message);
  g_test_add_func ("/endpoint/words", test_words);
  return g_test_run ();
}
