/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-serial.h"

#define TWENTY "8f1b2c3d4e5f60718293a4b5c6d7e8f900112233"

static void
test_refused (void)
{
  static const char *const bad[] = {
    "", ":", " ", "1", "123", "0x12", "12-34", "serial", "-12", "zz", TWENTY "44", "00" TWENTY,
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_null (scep_serial_parse (bad[i]));
}

static void
assert_parsed (const char *text, const char *der, const char *shown)
{
  g_autoptr (GBytes) serial = scep_serial_parse (text);
  GString *hex = g_string_new (NULL);
  g_autofree char *actual = NULL;
  g_autofree char *back = NULL;
  gsize length;
  const guint8 *bytes;

  g_assert_nonnull (serial);
  bytes = g_bytes_get_data (serial, &length);
  for (gsize i = 0; i < length; i++)
    g_string_append_printf (hex, "%02x", bytes[i]);
  actual = g_string_free (hex, FALSE);
  back = scep_serial_to_string (serial);
  g_assert_cmpstr (actual, ==, der);
  g_assert_cmpstr (back, ==, shown);
}

static void
test_parsed (void)
{
  assert_parsed ("4d", "02014d", "4d");
  assert_parsed ("00", "020100", "00");
  assert_parsed ("0000", "020100", "00");
  assert_parsed ("80", "02020080", "80");
  assert_parsed ("C0:FF:EE", "020400c0ffee", "c0ffee");
  assert_parsed ("00:c0:ff:ee", "020400c0ffee", "c0ffee");
  assert_parsed (" c0 ff\nee ", "020400c0ffee", "c0ffee");
  assert_parsed ("00004d", "02014d", "4d");
  assert_parsed (TWENTY, "021500" TWENTY, TWENTY);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/serial/refused", test_refused);
  g_test_add_func ("/serial/parsed", test_parsed);
  return g_test_run ();
}
