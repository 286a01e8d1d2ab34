/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-der.h"

#include <string.h>

static void
assert_no_element (const char *octets, gsize length)
{
  g_autoptr (GBytes) source = g_bytes_new (octets, length);
  ScepDerReader reader;
  ScepDerReader inside;

  scep_der_reader_init (&reader, source);
  g_assert_false (scep_der_reader_enter (&reader, 0x30, &inside));
  g_assert_cmpuint (reader.position, ==, 0);
  g_assert_null (scep_der_reader_take (&reader, 0x30));
  g_assert_null (scep_der_reader_take_content (&reader, 0x30));
}

static void
test_refused (void)
{
  assert_no_element ("", 0);
  assert_no_element ("\x30", 1);
  assert_no_element ("\x31\x00", 2);
  assert_no_element ("\x30\x01", 2);
  assert_no_element ("\x30\x80\x00\x00", 4);
  assert_no_element ("\x30\x81", 2);
  assert_no_element ("\x30\x84\xff\xff\xff\xff", 6);
  assert_no_element ("\x30\x85\x00\x00\x00\x00\x00", 7);
}

static void
test_walk (void)
{
  g_autoptr (GBytes) source = g_bytes_new_static ("\x30\x81\x05\x02\x01\x07\x05\x00", 8);
  g_autoptr (GBytes) number = NULL;
  g_autoptr (GBytes) whole = NULL;
  ScepDerReader reader;
  ScepDerReader inside;

  scep_der_reader_init (&reader, source);
  g_assert_cmpuint (scep_der_reader_peek (&reader), ==, 0x30);
  g_assert_true (scep_der_reader_enter (&reader, 0x30, &inside));
  g_assert_true (scep_der_reader_is_at_end (&reader));
  g_assert_cmpuint (scep_der_reader_peek (&reader), ==, 0);
  g_assert_false (scep_der_reader_skip (&inside, 0x04));
  number = scep_der_reader_take_content (&inside, 0x02);
  g_assert_cmpmem (g_bytes_get_data (number, NULL), g_bytes_get_size (number), "\x07", 1);
  whole = scep_der_reader_take (&inside, 0x05);
  g_assert_cmpmem (g_bytes_get_data (whole, NULL), g_bytes_get_size (whole), "\x05\x00", 2);
  g_assert_true (scep_der_reader_is_at_end (&inside));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/der/refused", test_refused);
  g_test_add_func ("/der/walk", test_walk);
  return g_test_run ();
}
