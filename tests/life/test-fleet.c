/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-schedule.h"

/*
 * Machines that were imaged from one disk and got their certificates in the
 * same second: nothing but their ids tells them apart.
 */

#define N_MACHINES 100000
#define SEED 20260101
#define MINUTE 60
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

/* The busiest minute holds less than so many times the mean. */
#define MAX_PEAK 3

static char *
make_machine_id (GRand *rand)
{
  guint32 words[4];

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    words[i] = g_rand_int (rand);
  return g_strdup_printf ("%08x%08x%08x%08x", words[0], words[1], words[2], words[3]);
}

static guint32 *
draw_lots (const char *purpose)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (SEED);
  guint32 *lots = g_new (guint32, N_MACHINES);

  for (guint i = 0; i < N_MACHINES; i++) {
    g_autofree char *id = make_machine_id (rand);

    lots[i] = scep_schedule_make_lot (id, "default", purpose);
  }
  return lots;
}

/* How many of @times are in the busiest minute from @begin on. */
static guint
find_peak (const gint64 *times, gint64 begin, guint n_minutes)
{
  g_autofree guint *counts = g_new0 (guint, n_minutes);
  guint peak = 0;

  for (guint i = 0; i < N_MACHINES; i++) {
    gint64 minute = (times[i] - begin) / MINUTE;

    g_assert_cmpint (minute, >=, 0);
    g_assert_cmpint (minute, <, n_minutes);
    counts[minute]++;
    peak = MAX (peak, counts[minute]);
  }
  return peak;
}

static gint64
find_last (const gint64 *times)
{
  gint64 last = times[0];

  for (guint i = 0; i < N_MACHINES; i++)
    last = MAX (last, times[i]);
  return last;
}

/* The mean is taken over the minutes from the first machine's to the last one's. */
static void
check_row (const char *what, const gint64 *times, gint64 begin, gint64 end)
{
  gint64 last = find_last (times);
  guint n_minutes = (guint) ((last - begin) / MINUTE) + 1;
  guint peak = find_peak (times, begin, n_minutes);
  double mean = (double) N_MACHINES / n_minutes;

  g_test_message ("%-34s %9u %9.1f %9u %6.2f", what, n_minutes, mean, peak, peak / mean);
  g_assert_cmpint (last, <, end);
  g_assert_cmpfloat (peak, <, MAX_PEAK * mean);
}

static void
check_renewals (const guint32 *lots, const char *lifetime_name, gint64 lifetime, guint threshold)
{
  g_autofree gint64 *times = g_new (gint64, N_MACHINES);
  g_autofree char *what = g_strdup_printf ("renewal, %s, at %u %% of it", lifetime_name, threshold);
  gint64 renewal = scep_schedule_renewal (0, lifetime, threshold);

  for (guint i = 0; i < N_MACHINES; i++)
    times[i] = scep_schedule_spread_renewal (renewal, 0, lifetime, lots[i]);
  /* Half of what is left is there for everything that may go wrong. */
  check_row (what, times, renewal, renewal + (lifetime - renewal) / 2 + 1);
}

static void
print_head (void)
{
  g_test_message ("%u machines of the same second", N_MACHINES);
  g_test_message ("%-34s %9s %9s %9s %6s", "what", "minutes", "mean", "busiest", "times");
}

static void
test_renewals (void)
{
  static const struct {
    const char *name;
    gint64 seconds;
  } lifetimes[] = {
    { "1 day", DAY },        { "7 days", 7 * DAY },   { "30 days", 30 * DAY },
    { "90 days", 90 * DAY }, { "1 year", 365 * DAY }, { "3 years", 3 * 365 * DAY },
  };
  static const guint thresholds[] = { 10, 67, 95 };
  g_autofree guint32 *lots = draw_lots ("renewal");

  print_head ();
  for (guint i = 0; i < G_N_ELEMENTS (lifetimes); i++) {
    for (guint j = 0; j < G_N_ELEMENTS (thresholds); j++)
      check_renewals (lots, lifetimes[i].name, lifetimes[i].seconds, thresholds[j]);
  }
}

/* The n-th check after a power cut of the whole site. */
static void
check_checks (const guint32 *lots, guint number)
{
  g_autofree gint64 *times = g_new (gint64, N_MACHINES);
  g_autofree char *what = g_strdup_printf ("check number %u, each day", number);
  gint64 begin = G_MAXINT64;

  for (guint i = 0; i < N_MACHINES; i++) {
    times[i] = (gint64) number * scep_schedule_spread_check (DAY, lots[i]);
    begin = MIN (begin, times[i]);
  }
  check_row (what, times, begin, (gint64) number * DAY + 1);
}

static void
test_checks (void)
{
  g_autofree guint32 *lots = draw_lots ("check");

  print_head ();
  for (guint number = 1; number <= 9; number += 4)
    check_checks (lots, number);
}

/* Machines that have no id show that the measure can be missed. */
static void
test_no_lot (void)
{
  g_autofree gint64 *times = g_new (gint64, N_MACHINES);
  gint64 renewal = scep_schedule_renewal (0, 30 * DAY, 67);

  for (guint i = 0; i < N_MACHINES; i++)
    times[i] = scep_schedule_spread_renewal (renewal, 0, 30 * DAY,
                                             scep_schedule_make_lot (NULL, "default", "renewal"));
  g_assert_cmpuint (find_peak (times, renewal, 1), ==, N_MACHINES);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/fleet/no-lot", test_no_lot);
  g_test_add_func ("/fleet/renewals", test_renewals);
  g_test_add_func ("/fleet/checks", test_checks);
  return g_test_run ();
}
