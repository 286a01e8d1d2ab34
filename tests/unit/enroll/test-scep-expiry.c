/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-expiry.h"

#define HOUR G_GINT64_CONSTANT (3600)
#define DAY (24 * HOUR)
#define YEAR (365 * DAY)

static void
test_stage (void)
{
  g_assert_cmpuint (scep_expiry_get_stage (0, YEAR, 0), ==, 0);
  g_assert_cmpuint (scep_expiry_get_stage (0, YEAR, YEAR - 60 * DAY - 1), ==, 0);
  g_assert_cmpuint (scep_expiry_get_stage (0, YEAR, YEAR - 60 * DAY), ==, 1);
  g_assert_cmpuint (scep_expiry_get_stage (0, YEAR, YEAR - 53 * DAY - 1), ==, 1);
  g_assert_cmpuint (scep_expiry_get_stage (0, YEAR, YEAR - 53 * DAY), ==, 2);
  g_assert_cmpuint (scep_expiry_get_stage (0, YEAR, YEAR - 11 * DAY), ==, 8);
  g_assert_cmpuint (scep_expiry_get_stage (0, YEAR, YEAR - 7 * DAY), ==, 9);
  g_assert_cmpuint (scep_expiry_get_stage (0, YEAR, YEAR - 6 * DAY), ==, 10);
  g_assert_cmpuint (scep_expiry_get_stage (0, YEAR, YEAR - DAY), ==, SCEP_EXPIRY_N_STAGES);
  g_assert_cmpuint (scep_expiry_get_stage (0, YEAR, 2 * YEAR), ==, SCEP_EXPIRY_N_STAGES);
}

/* All of it fits into the last third. */
static void
test_scaled (void)
{
  g_assert_cmpuint (scep_expiry_get_stage (0, 90 * DAY, 60 * DAY - 1), ==, 0);
  g_assert_cmpuint (scep_expiry_get_stage (0, 90 * DAY, 60 * DAY), ==, 1);
  g_assert_cmpuint (scep_expiry_get_stage (0, 90 * DAY, 60 * DAY + 84 * HOUR), ==, 2);
  g_assert_cmpuint (scep_expiry_get_stage (0, 90 * DAY, 90 * DAY - 12 * HOUR), ==,
                    SCEP_EXPIRY_N_STAGES);
  g_assert_cmpuint (scep_expiry_get_stage (0, 3 * HOUR, 2 * HOUR - 1), ==, 0);
  g_assert_cmpuint (scep_expiry_get_stage (0, 3 * HOUR, 2 * HOUR), ==, 1);
  /* No certificate, but no crash either. */
  g_assert_cmpuint (scep_expiry_get_stage (100, 50, 49), ==, 0);
  g_assert_cmpuint (scep_expiry_get_stage (100, 50, 50), ==, SCEP_EXPIRY_N_STAGES);
}

static void
test_next (void)
{
  gint64 end = YEAR;

  g_assert_cmpint (scep_expiry_get_next (0, end, 0, 0), ==, end - 60 * DAY);
  g_assert_cmpint (scep_expiry_get_next (0, end, 1, 0), ==, end - 53 * DAY);
  g_assert_cmpint (scep_expiry_get_next (0, end, 9, 0), ==, end - 6 * DAY);
  g_assert_cmpint (scep_expiry_get_next (0, end, SCEP_EXPIRY_N_STAGES, 0), ==, 0);
}

static void
test_renewal (void)
{
  /* Early enough, late, and too late to be of use. */
  g_assert_cmpint (scep_expiry_get_next (0, YEAR, 0, YEAR / 2), ==, YEAR - 60 * DAY);
  g_assert_cmpint (scep_expiry_get_next (0, YEAR, 0, YEAR - 20 * DAY), ==, YEAR - 19 * DAY);
  g_assert_cmpint (scep_expiry_get_next (0, YEAR, 0, YEAR - DAY), ==, YEAR - 60 * DAY);
  g_assert_cmpint (scep_expiry_get_next (0, YEAR, 0, YEAR + DAY), ==, YEAR - 60 * DAY);
  g_assert_cmpint (scep_expiry_get_next (0, YEAR, 7, YEAR - 20 * DAY), ==, YEAR - 11 * DAY);
}

/* Whoever follows the plan tells each stage once, in order. */
static void
test_whole_life (void)
{
  gint64 now = 0;
  guint told = 0;

  for (guint i = 1; i <= SCEP_EXPIRY_N_STAGES; i++) {
    gint64 next = scep_expiry_get_next (0, YEAR, told, 0);

    g_assert_cmpint (next, >, now);
    g_assert_cmpint (next, <, YEAR);
    now = next;
    told = scep_expiry_get_stage (0, YEAR, now);
    g_assert_cmpuint (told, ==, i);
  }
  g_assert_cmpint (scep_expiry_get_next (0, YEAR, told, 0), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/expiry/stage", test_stage);
  g_test_add_func ("/expiry/scaled", test_scaled);
  g_test_add_func ("/expiry/next", test_next);
  g_test_add_func ("/expiry/renewal", test_renewal);
  g_test_add_func ("/expiry/whole-life", test_whole_life);
  return g_test_run ();
}
