/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-request-rate.h"

#define NOW G_GINT64_CONSTANT (1700000000)
#define LIMIT SCEP_REQUEST_RATE_LIMIT
#define PERIOD SCEP_REQUEST_RATE_PERIOD
#define HOUR (60 * 60)

static void
fill (ScepRequestRate *rate, gint64 now)
{
  for (guint i = 0; i < LIMIT; i++)
    g_assert_true (scep_request_rate_take (rate, now, 1));
}

static void
test_limit (void)
{
  ScepRequestRate rate = { 0 };

  fill (&rate, NOW);
  g_assert_false (scep_request_rate_take (&rate, NOW, 1));
  g_assert_false (scep_request_rate_take (&rate, NOW + PERIOD - 1, 1));
  fill (&rate, NOW + PERIOD);
  g_assert_false (scep_request_rate_take (&rate, NOW + PERIOD, 1));
}

/* Any minute, not each by the clock on the wall. */
static void
test_sliding (void)
{
  ScepRequestRate rate = { 0 };

  for (guint i = 0; i < LIMIT; i++)
    g_assert_true (scep_request_rate_take (&rate, NOW + i / 2, 1));
  g_assert_false (scep_request_rate_take (&rate, NOW + PERIOD - 1, 1));
  g_assert_true (scep_request_rate_take (&rate, NOW + PERIOD, 2));
  g_assert_false (scep_request_rate_take (&rate, NOW + PERIOD, 1));
  g_assert_true (scep_request_rate_take (&rate, NOW + PERIOD + 1, 1));
}

/* All of them or none. */
static void
test_several (void)
{
  ScepRequestRate rate = { 0 };

  for (guint i = 0; i < LIMIT - 1; i++)
    g_assert_true (scep_request_rate_take (&rate, NOW, 1));
  g_assert_false (scep_request_rate_take (&rate, NOW, 2));
  g_assert_true (scep_request_rate_take (&rate, NOW, 1));
  g_assert_false (scep_request_rate_take (&rate, NOW, 1));
}

static void
test_clock_set_back (void)
{
  ScepRequestRate rate = { 0 };

  fill (&rate, NOW + HOUR);
  g_assert_true (scep_request_rate_take (&rate, NOW, 1));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/request-rate/limit", test_limit);
  g_test_add_func ("/request-rate/sliding", test_sliding);
  g_test_add_func ("/request-rate/several", test_several);
  g_test_add_func ("/request-rate/clock-set-back", test_clock_set_back);
  return g_test_run ();
}
