/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-body.h"

#include "base/scep-error.h"

#include <string.h>

static void
assert_refused (gconstpointer data, gsize length, const char *told)
{
  g_autoptr (GBytes) body = g_bytes_new (data, length);
  g_autoptr (GError) error = NULL;

  g_assert_false (scep_body_check_der (body, "a SCEP message", &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_MALFORMED_REPLY);
  g_assert_nonnull (strstr (error->message, told));
  g_assert_nonnull (strstr (error->message, "instead of a SCEP message"));
  for (const char *p = error->message; *p != '\0'; p++)
    g_assert_false (g_ascii_iscntrl (*p));
}

static void
assert_text_refused (const char *text, const char *told)
{
  assert_refused (text, strlen (text), told);
}

static void
test_refused (void)
{
  assert_refused ("", 0, "an empty answer");
  assert_text_refused ("<html>\n<body>Bad Gateway</body></html>", "a web page (“<html>");
  assert_text_refused ("\n<!DOCTYPE HTML PUBLIC>", "a web page");
  assert_text_refused ("<?xml version=\"1.0\"?>", "a web page");
  assert_text_refused ("-----BEGIN CERTIFICATE-----\nMIID", "PEM text");
  assert_text_refused ("failed to decode PKIMessage\r\n", "text (“failed to decode PKIMessage");
  assert_text_refused ("0 is the first byte of DER, too", "text (“0 is the first");
  assert_refused ("\x1f\x8b\x08\x00", 4, "bytes of an unknown format");
}

/* The page may be a book. */
static void
test_long (void)
{
  g_autofree char *text = g_strnfill (100000, 'x');
  g_autoptr (GBytes) body = g_bytes_new_static (text, 100000);
  g_autoptr (GError) error = NULL;

  g_assert_false (scep_body_check_der (body, "a SCEP message", &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_MALFORMED_REPLY);
  g_assert_cmpuint (strlen (error->message), <, 500);
}

static void
test_accepted (void)
{
  static const guint8 der[] = { 0x30, 0x03, 0x02, 0x01, 0x05 };
  g_autoptr (GBytes) body = g_bytes_new_static (der, sizeof der);
  g_autoptr (GBytes) indefinite = g_bytes_new_static ("\x30\x80\x00\x00", 4);
  g_autoptr (GError) error = NULL;

  g_assert_true (scep_body_check_der (body, "a SCEP message", &error));
  g_assert_true (scep_body_check_der (indefinite, "a SCEP message", &error));
  g_assert_no_error (error);
}

static void
assert_cms (const char *data, gsize length, gboolean expected)
{
  g_autoptr (GBytes) body = g_bytes_new_static (data, length);

  g_assert_cmpint (scep_body_is_cms (body), ==, expected);
}

static void
test_cms (void)
{
  static const char signed_data[] = "\x30\x82\x01\x02\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
  static const char enveloped[] = "\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03";
  static const char indefinite[] = "\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
  static const char other[] = "\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01";
  static const char certificate[] = "\x30\x82\x01\x02\x30\x82\x01\x00\xa0\x03\x02\x01\x02";

  assert_cms (signed_data, sizeof signed_data - 1, TRUE);
  assert_cms (enveloped, sizeof enveloped - 1, TRUE);
  assert_cms (indefinite, sizeof indefinite - 1, TRUE);
  assert_cms (other, sizeof other - 1, FALSE);
  assert_cms (certificate, sizeof certificate - 1, FALSE);
  assert_cms ("<html>\x06\x09\x2a", 9, FALSE);
  for (gsize length = 0; length < 14; length++)
    assert_cms (signed_data, length, FALSE);
  assert_cms ("\x30\xff\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02", 13, FALSE);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/body/refused", test_refused);
  g_test_add_func ("/body/long", test_long);
  g_test_add_func ("/body/accepted", test_accepted);
  g_test_add_func ("/body/cms", test_cms);
  return g_test_run ();
}
