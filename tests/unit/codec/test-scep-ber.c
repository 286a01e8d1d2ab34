/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-ber.h"

#include "base/scep-error.h"

#include "codec/scep-asn1.h"

#include <string.h>

#define BYTES(...)                                                                                 \
  g_bytes_new_static ((const guint8[]){ __VA_ARGS__ }, sizeof ((const guint8[]){ __VA_ARGS__ }))

static void
assert_refused (GBytes *ber)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (scep_ber_check_limits (ber, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_MALFORMED_REPLY);
}

static void
assert_refused_full (GBytes *owned)
{
  g_autoptr (GBytes) ber = owned;

  assert_refused (ber);
}

static void
assert_accepted (GBytes *ber)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (scep_ber_check_limits (ber, &error));
  g_assert_no_error (error);
}

static GBytes *
nest (guint depth)
{
  g_autoptr (GBytes) ber = g_bytes_new_static ("\x05\x00", 2);

  for (guint i = 0; i < depth; i++) {
    GBytes *outer = scep_der_wrap (0x30, ber);

    g_bytes_unref (ber);
    ber = outer;
  }
  return g_steal_pointer (&ber);
}

static void
test_limits_depth (void)
{
  g_autoptr (GBytes) deep = nest (33);
  g_autoptr (GBytes) edge = nest (32);
  g_autofree guint8 *open = g_malloc0 (200000);
  g_autoptr (GBytes) endless = NULL;

  for (gsize i = 0; i < 200000; i += 2) {
    open[i] = 0x30;
    open[i + 1] = 0x80;
  }
  endless = g_bytes_new (open, 200000);
  assert_refused (deep);
  assert_refused (endless);
  assert_accepted (edge);
}

static GBytes *
sequence_of_nulls (gsize count)
{
  g_autofree guint8 *nulls = g_malloc0 (2 * count);
  g_autoptr (GBytes) content = NULL;

  for (gsize i = 0; i < count; i++)
    nulls[2 * i] = 0x05;
  content = g_bytes_new (nulls, 2 * count);
  return scep_der_wrap (0x30, content);
}

static void
test_limits_elements (void)
{
  g_autoptr (GBytes) many = sequence_of_nulls (10000);
  g_autoptr (GBytes) edge = sequence_of_nulls (9999);

  assert_refused (many);
  assert_accepted (edge);
}

static void
test_limits_hostile (void)
{
  GBytes *cases[] = {
    g_bytes_new (NULL, 0),
    BYTES (0x30),
    BYTES (0x30, 0x01),
    BYTES (0x30, 0x80),
    BYTES (0x30, 0x80, 0x05, 0x00),
    BYTES (0x30, 0x80, 0x05, 0x00, 0x00),
    BYTES (0x04, 0x80, 0x00, 0x00),
    BYTES (0x30, 0x84, 0xff, 0xff, 0xff, 0xff),
    BYTES (0x30, 0x84, 0x7f, 0xff, 0xff, 0xff, 0x00),
    BYTES (0x30, 0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
    BYTES (0x30, 0xff, 0x01),
    BYTES (0x3f, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0x00),
    BYTES (0x30, 0x03, 0x04, 0x05, 0x00),
    BYTES (0x30, 0x04, 0x30, 0x80, 0x05, 0x00, 0x00, 0x00),
  };
  static const guint8 zeros[70] = { 0 };
  g_autoptr (GBytes) arcs = g_bytes_new_static (zeros, sizeof zeros);
  g_autoptr (GBytes) oid = scep_der_wrap (0x06, arcs);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    assert_refused_full (cases[i]);
  assert_refused (oid);
}

/* Every prefix of a structure is refused, without a read behind its end. */
static void
test_limits_truncated (void)
{
  g_autoptr (GBytes) whole = BYTES (0x30, 0x80, 0x06, 0x03, 0x2a, 0x03, 0x04, 0xa0, 0x80, 0x24,
                                    0x80, 0x04, 0x01, 'x', 0x00, 0x00, 0x00, 0x00, 0x00, 0x00);

  for (gsize length = 1; length < g_bytes_get_size (whole); length++) {
    g_autoptr (GBytes) part = g_bytes_new (g_bytes_get_data (whole, NULL), length);

    assert_refused (part);
  }
  assert_accepted (whole);
}

typedef struct {
  GBytes *ber;
  GBytes *der;
} DerCase;

static void
assert_der (DerCase *row)
{
  g_autoptr (GBytes) ber = row->ber;
  g_autoptr (GBytes) expected = row->der;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) der = scep_ber_to_der (ber, &error);

  g_assert_no_error (error);
  g_assert_true (g_bytes_equal (der, expected));
}

/* Lengths: indefinite, longer than need be, of a tag of two octets, within one another. */
static void
test_der_lengths (void)
{
  DerCase cases[] = {
    { BYTES (0x30, 0x80, 0, 0), BYTES (0x30, 0) },
    { BYTES (0x30, 0x81, 3, 2, 1, 5), BYTES (0x30, 3, 2, 1, 5) },
    { BYTES (0x30, 0x84, 0, 0, 0, 3, 2, 1, 5), BYTES (0x30, 3, 2, 1, 5) },
    { BYTES (0x30, 0x80, 0xa0, 0x80, 0x31, 0x80, 2, 1, 5, 0, 0, 0, 0, 0, 0),
      BYTES (0x30, 7, 0xa0, 5, 0x31, 3, 2, 1, 5) },
    { BYTES (0xbf, 0x21, 0x80, 5, 0, 0, 0), BYTES (0xbf, 0x21, 2, 5, 0) },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    assert_der (&cases[i]);
}

/* Strings in pieces become one, but not those with a tag of their own. */
static void
test_der_strings (void)
{
  DerCase cases[] = {
    { BYTES (0x24, 7, 4, 2, 'a', 'b', 4, 1, 'c'), BYTES (4, 3, 'a', 'b', 'c') },
    { BYTES (0x24, 0x80, 4, 2, 'a', 'b', 4, 1, 'c', 0, 0), BYTES (4, 3, 'a', 'b', 'c') },
    { BYTES (0x24, 0x80, 0x24, 4, 4, 2, 'a', 'b', 0x24, 0x80, 4, 1, 'c', 0, 0, 0, 0),
      BYTES (4, 3, 'a', 'b', 'c') },
    { BYTES (0x24, 0x80, 0, 0), BYTES (4, 0) },
    { BYTES (0x33, 0x80, 4, 1, '1', 0x13, 1, '9', 0, 0), BYTES (0x13, 2, '1', '9') },
    { BYTES (0x2c, 3, 4, 1, 'x'), BYTES (0x0c, 1, 'x') },
    { BYTES (0xa0, 0x80, 4, 1, 'x', 4, 1, 'y', 0, 0), BYTES (0xa0, 6, 4, 1, 'x', 4, 1, 'y') },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    assert_der (&cases[i]);
}

/* DER, the order in a SET and what follows the element stay. */
static void
test_der_unchanged (void)
{
  DerCase cases[] = {
    { BYTES (4, 0), BYTES (4, 0) },
    { BYTES (0x31, 6, 2, 1, 9, 2, 1, 5), BYTES (0x31, 6, 2, 1, 9, 2, 1, 5) },
    { BYTES (0x30, 2, 5, 0, '\r', '\n'), BYTES (0x30, 2, 5, 0, '\r', '\n') },
    { BYTES (0x30, 0x80, 0, 0, 0, 0), BYTES (0x30, 0, 0, 0) },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    assert_der (&cases[i]);
}

static void
test_der_refuses (void)
{
  GBytes *cases[] = {
    BYTES (0x24, 3, 2, 1, 5),          BYTES (0x24, 3, 0x0c, 1, 'a'),
    BYTES (0x2c, 3, 0x13, 1, 'a'),     BYTES (0x24, 0x80, 0x30, 0, 0, 0),
    BYTES (0x30, 5, 0x24, 3, 2, 1, 5), BYTES (0x30, 0x80, 2, 1, 5),
    BYTES (0x30, 4, 2, 1, 5),
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GBytes) ber = cases[i];
    g_autoptr (GError) error = NULL;

    g_assert_null (scep_ber_to_der (ber, &error));
    g_assert_error (error, SCEP_ERROR, SCEP_ERROR_MALFORMED_REPLY);
  }
}

/* The end of an indefinite element stands there, and nowhere else. */
static void
test_stray_end (void)
{
  g_autoptr (GBytes) alone = BYTES (0x00, 0x00);
  g_autoptr (GBytes) in_definite = BYTES (0x30, 0x04, 0x00, 0x00, 0x05, 0x00);
  g_autoptr (GBytes) after_inner = BYTES (0x30, 0x06, 0x30, 0x80, 0x00, 0x00, 0x00, 0x00);
  g_autoptr (GBytes) good = BYTES (0x30, 0x80, 0x30, 0x80, 0x00, 0x00, 0x00, 0x00);

  assert_refused (alone);
  assert_refused (in_definite);
  assert_refused (after_inner);
  assert_accepted (good);
}

/* The one rule for what follows an answer. */
static void
test_strip (void)
{
  static const struct {
    const char *trailing;
    gsize length;
    gboolean accepted;
  } cases[] = {
    { "\0\0\0\0\0", 5, FALSE }, { "x", 1, FALSE },       { "OK\r\n", 4, FALSE },
    { "\r\n\0\0\0", 5, FALSE }, { " ", 1, FALSE },       { "", 0, TRUE },
    { "\r\n", 2, TRUE },        { "\n", 1, TRUE },       { "\0", 1, TRUE },
    { "\0\0\0\0", 4, TRUE },    { "\0\0\r\n", 4, TRUE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GByteArray) data = g_byte_array_new ();
    g_autoptr (GBytes) ber = NULL;
    g_autoptr (GBytes) stripped = NULL;
    g_autoptr (GError) error = NULL;

    g_byte_array_append (data, (const guint8 *) "\x30\x80\x05\x00\x00\x00", 6);
    g_byte_array_append (data, (const guint8 *) cases[i].trailing, (guint) cases[i].length);
    ber = g_byte_array_free_to_bytes (g_steal_pointer (&data));
    stripped = scep_ber_strip (ber, &error);
    g_assert_true ((stripped != NULL) == cases[i].accepted);
    if (cases[i].accepted)
      g_assert_cmpuint (g_bytes_get_size (stripped), ==, 6);
    else
      g_assert_error (error, SCEP_ERROR, SCEP_ERROR_MALFORMED_REPLY);
  }
}

static void
test_strip_hostile (void)
{
  g_autoptr (GBytes) cut = BYTES (0x30, 0x05, 0x06, 0x03, 0x2a);
  g_autoptr (GBytes) empty = g_bytes_new_static ("", 0);
  g_autoptr (GError) error_a = NULL;
  g_autoptr (GError) error_b = NULL;

  g_assert_null (scep_ber_strip (cut, &error_a));
  g_assert_error (error_a, SCEP_ERROR, SCEP_ERROR_MALFORMED_REPLY);
  g_assert_null (scep_ber_strip (empty, &error_b));
  g_assert_error (error_b, SCEP_ERROR, SCEP_ERROR_MALFORMED_REPLY);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ber/limits/depth", test_limits_depth);
  g_test_add_func ("/ber/limits/elements", test_limits_elements);
  g_test_add_func ("/ber/limits/hostile", test_limits_hostile);
  g_test_add_func ("/ber/limits/truncated", test_limits_truncated);
  g_test_add_func ("/ber/limits/stray-end", test_stray_end);
  g_test_add_func ("/ber/strip", test_strip);
  g_test_add_func ("/ber/strip/hostile", test_strip_hostile);
  g_test_add_func ("/ber/der/lengths", test_der_lengths);
  g_test_add_func ("/ber/der/strings", test_der_strings);
  g_test_add_func ("/ber/der/unchanged", test_der_unchanged);
  g_test_add_func ("/ber/der/refuses", test_der_refuses);
  return g_test_run ();
}
