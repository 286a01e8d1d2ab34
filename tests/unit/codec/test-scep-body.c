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

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/body/refused", test_refused);
  g_test_add_func ("/body/long", test_long);
  g_test_add_func ("/body/accepted", test_accepted);
  return g_test_run ();
}
