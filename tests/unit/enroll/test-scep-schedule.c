/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-schedule.h"

#define NOW G_GINT64_CONSTANT (1700000000)
#define DAY (24 * 60 * 60)

static void
test_refusal (void)
{
  g_assert_cmpint (scep_schedule_after_refusal (NOW, 60, 1), ==, NOW + 60);
  g_assert_cmpint (scep_schedule_after_refusal (NOW, 60, 2), ==, NOW + 120);
  g_assert_cmpint (scep_schedule_after_refusal (NOW, 60, 5), ==, NOW + 960);
  g_assert_cmpint (scep_schedule_after_refusal (NOW, 60, 12), ==, NOW + 86400);
  g_assert_cmpint (scep_schedule_after_refusal (NOW, 60, G_MAXUINT), ==, NOW + 86400);
  g_assert_cmpint (scep_schedule_after_refusal (NOW, 86400, 3), ==, NOW + 86400);
}

static void
test_stray (void)
{
  g_assert_cmpint (scep_schedule_after_stray (NOW, 60, 0), ==, NOW + 60);
  g_assert_cmpint (scep_schedule_after_stray (NOW, 60, 1), ==, NOW + 60);
  g_assert_cmpint (scep_schedule_after_stray (NOW, 60, 4), ==, NOW + 480);
  g_assert_cmpint (scep_schedule_after_stray (NOW, 60, G_MAXUINT), ==, NOW + 3600);
  g_assert_cmpint (scep_schedule_after_stray (NOW, 86400, 3), ==, NOW + 86400);
}

/* The end of a CA that the server still shows is no reason to ask all the time. */
static void
test_early_check (void)
{
  g_assert_cmpint (scep_schedule_early_check (NOW + DAY, G_MAXINT64, NOW, 60), ==, NOW + DAY);
  g_assert_cmpint (scep_schedule_early_check (NOW + DAY, NOW + 500, NOW, 60), ==, NOW + 500);
  g_assert_cmpint (scep_schedule_early_check (NOW + DAY, NOW - 500, NOW, 60), ==, NOW + 60);
  g_assert_cmpint (scep_schedule_early_check (NOW + DAY, NOW - 500, NOW - DAY, 60), ==, NOW - 500);
}

static void
test_failure (void)
{
  g_assert_cmpint (scep_schedule_after_failure (NOW, 60, 0), ==, NOW + 60);
  g_assert_cmpint (scep_schedule_after_failure (NOW, 60, 5), ==, NOW + 60);
  g_assert_cmpint (scep_schedule_after_failure (NOW, 60, 300), ==, NOW + 300);
  g_assert_cmpint (scep_schedule_after_failure (NOW, 60, G_MAXUINT), ==, NOW + 3600);
}

static void
test_poll (void)
{
  gint64 end = NOW + SCEP_SCHEDULE_POLL_LIMIT;
  gint64 next = 0;

  g_assert_false (scep_schedule_next_poll (end, 60, 5, NOW, &next));
  g_assert_true (scep_schedule_next_poll (NOW, 60, 0, NOW, &next));
  g_assert_cmpint (next, ==, NOW + 60);
  g_assert_true (scep_schedule_next_poll (NOW, 60, 1, NOW, &next));
  g_assert_cmpint (next, ==, NOW + 90);
  g_assert_true (scep_schedule_next_poll (NOW, 60, 2, NOW, &next));
  g_assert_cmpint (next, ==, NOW + 135);
  g_assert_true (scep_schedule_next_poll (NOW, 60, G_MAXUINT, NOW, &next));
  g_assert_cmpint (next, ==, NOW + 3600);
  g_assert_true (scep_schedule_next_poll (end - 10, 60, 9, NOW, &next));
  g_assert_cmpint (next, ==, end);
}

static void
test_renewal (void)
{
  g_assert_cmpint (scep_schedule_renewal (1000, 2000, 67), ==, 1670);
  g_assert_cmpint (scep_schedule_renewal (0, 86400 * 365, 67), ==, 86400 * 365 / 100 * 67);
  g_assert_cmpint (scep_schedule_renewal (2000, 1000, 67), ==, 2000);
  g_assert_cmpint (scep_schedule_renewal (0, G_MAXINT64, 95), >, 0);
}

static void
test_check (void)
{
  g_assert_cmpint (scep_schedule_next_check (NOW, 0, 100), ==, NOW);
  g_assert_cmpint (scep_schedule_next_check (NOW, NOW + 5000, 100), ==, NOW);
  g_assert_cmpint (scep_schedule_next_check (NOW, NOW - 500, 100), ==, NOW);
  g_assert_cmpint (scep_schedule_next_check (NOW, NOW - 40, 100), ==, NOW + 60);
}

static void
test_lot (void)
{
  guint32 lot = scep_schedule_make_lot ("machine", "default", "renewal");

  g_assert_cmpuint (scep_schedule_make_lot (NULL, "default", "renewal"), ==, 0);
  g_assert_cmpuint (lot, ==, scep_schedule_make_lot ("machine", "default", "renewal"));
  g_assert_cmpuint (lot, !=, scep_schedule_make_lot ("other", "default", "renewal"));
  g_assert_cmpuint (lot, !=, scep_schedule_make_lot ("machine", "other", "renewal"));
  g_assert_cmpuint (lot, !=, scep_schedule_make_lot ("machine", "default", "check"));
  g_assert_cmpuint (scep_schedule_make_lot ("ab", "c", "d"), !=,
                    scep_schedule_make_lot ("a", "bc", "d"));
}

static void
test_spread (void)
{
  g_assert_cmpint (scep_schedule_spread (G_MAXUINT32, -5), ==, 0);
  g_assert_cmpint (scep_schedule_spread (G_MAXUINT32, 0), ==, 0);
  g_assert_cmpint (scep_schedule_spread (0, 1000), ==, 0);
  g_assert_cmpint (scep_schedule_spread (1u << 31, 1000), ==, 500);
  g_assert_cmpint (scep_schedule_spread (G_MAXUINT32, 1000), ==, 999);
  g_assert_cmpint (scep_schedule_spread (1u << 31, G_MAXINT64), ==, G_MAXINT64 / 2);
}

static void
test_spread_renewal (void)
{
  /* One that comes when it is due for long, or has expired, is not put off. */
  g_assert_cmpint (scep_schedule_spread_renewal (5000, 0, 4000, G_MAXUINT32), ==, 5000);
  /* A tenth of the lifetime, half of the rest, a week. */
  g_assert_cmpint (scep_schedule_spread_renewal (6700, 0, 10000, 0), ==, 6700);
  g_assert_cmpint (scep_schedule_spread_renewal (6700, 0, 10000, G_MAXUINT32), ==, 7699);
  g_assert_cmpint (scep_schedule_spread_renewal (9500, 0, 10000, G_MAXUINT32), ==, 9749);
  g_assert_cmpint (scep_schedule_spread_renewal (0, 0, 1000 * DAY, G_MAXUINT32), ==, 7 * DAY - 1);
}

static void
test_spread_check (void)
{
  g_assert_cmpuint (scep_schedule_spread_check (60, 0), ==, 60);
  g_assert_cmpuint (scep_schedule_spread_check (60, G_MAXUINT32), ==, 55);
  g_assert_cmpuint (scep_schedule_spread_check (DAY, 1u << 31), ==, DAY - DAY / 20);
}

static void
test_after_return (void)
{
  /* The last attempt was just now, and at most @planned. */
  g_assert_cmpint (scep_schedule_after_return (NOW, NOW + 5, 60, 0), ==, NOW + 1);
  g_assert_cmpint (scep_schedule_after_return (NOW, NOW + 60, 60, 0), ==, NOW + 15);
  g_assert_cmpint (scep_schedule_after_return (NOW, NOW + 10, 10, 0), ==, NOW + 10);
  g_assert_cmpint (scep_schedule_after_return (NOW, NOW - 5, 60, 0), ==, NOW - 5);
  /* Long ago: spread. */
  g_assert_cmpint (scep_schedule_after_return (NOW, NOW + 1000, 3600, 0), ==, NOW + 1);
  g_assert_cmpint (scep_schedule_after_return (NOW, NOW + 1000, 3600, G_MAXUINT32), ==, NOW + 8);
}

static void
test_replacement (void)
{
  /* Not known when, and long before it is due. */
  g_assert_cmpint (scep_schedule_replacement (500, 2000, 0, 60), ==, 500);
  g_assert_cmpint (scep_schedule_replacement (1500, 2000, 1000, 60), ==, 1500);
  /* Due soon, or when it came: half of the rest, but never in haste. */
  g_assert_cmpint (scep_schedule_replacement (1010, 2000, 1000, 60), ==, 1060);
  g_assert_cmpint (scep_schedule_replacement (500, 2000, 1000, 60), ==, 1500);
  g_assert_cmpint (scep_schedule_replacement (1000, 1010, 1000, 60), ==, 1060);
  g_assert_cmpint (scep_schedule_replacement (500, 900, 1000, 60), ==, 1060);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/schedule/refusal", test_refusal);
  g_test_add_func ("/schedule/failure", test_failure);
  g_test_add_func ("/schedule/stray", test_stray);
  g_test_add_func ("/schedule/early-check", test_early_check);
  g_test_add_func ("/schedule/poll", test_poll);
  g_test_add_func ("/schedule/renewal", test_renewal);
  g_test_add_func ("/schedule/check", test_check);
  g_test_add_func ("/schedule/lot", test_lot);
  g_test_add_func ("/schedule/spread", test_spread);
  g_test_add_func ("/schedule/spread-renewal", test_spread_renewal);
  g_test_add_func ("/schedule/spread-check", test_spread_check);
  g_test_add_func ("/schedule/replacement", test_replacement);
  g_test_add_func ("/schedule/after-return", test_after_return);
  return g_test_run ();
}
