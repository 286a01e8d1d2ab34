/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs under valgrind: what an attacker must not learn is declared undefined, and
 * valgrind tells of every branch and every address that depends on it.
 */
#include "codec/scep-content-cipher.c"
#define mask mask_oaep
#include "codec/scep-oaep.c"
#undef mask

#include <valgrind/memcheck.h>

static void
test_padding (void)
{
  guint8 plain[32];
  gboolean is_good;
  gsize length;

  for (guint padding = 0; padding <= 17; padding++) {
    memset (plain, (int) padding, sizeof plain);
    (void) VALGRIND_MAKE_MEM_UNDEFINED (plain, sizeof plain);
    length = length_without_padding (plain, sizeof plain, 16, &is_good);
    (void) VALGRIND_MAKE_MEM_DEFINED (&length, sizeof length);
    (void) VALGRIND_MAKE_MEM_DEFINED (&is_good, sizeof is_good);
    g_assert_true (is_good == (padding >= 1 && padding <= 16));
    g_assert_cmpuint (length, ==, sizeof plain - (is_good ? padding : 0));
  }
}

static void
test_oaep (void)
{
  guint8 encoded[256];
  guint8 good;

  memset (encoded, 7, sizeof encoded);
  (void) VALGRIND_MAKE_MEM_UNDEFINED (encoded, sizeof encoded);
  good = unmask_and_check (encoded, sizeof encoded, 16);
  (void) VALGRIND_MAKE_MEM_DEFINED (&good, sizeof good);
  g_assert_cmpuint (good, ==, 0);
}

int
main (int argc, char *argv[])
{
  /* Elsewhere it would see nothing. */
  g_assert_true (RUNNING_ON_VALGRIND);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/constant-time/padding", test_padding);
  g_test_add_func ("/constant-time/oaep", test_oaep);
  return g_test_run ();
}
