/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-repetition.h"

#define NOW G_GINT64_CONSTANT (1700000000)
#define PERIOD 60

static void
test_period (void)
{
  g_autoptr (ScepRepetition) repetition = scep_repetition_new (PERIOD);

  g_assert_true (scep_repetition_is_news (repetition, "one", NOW));
  g_assert_false (scep_repetition_is_news (repetition, "one", NOW));
  g_assert_true (scep_repetition_is_news (repetition, "two", NOW + 1));
  g_assert_false (scep_repetition_is_news (repetition, "one", NOW + PERIOD - 1));
  g_assert_true (scep_repetition_is_news (repetition, "one", NOW + PERIOD));
  g_assert_false (scep_repetition_is_news (repetition, "two", NOW + PERIOD));
  /* The clock was set back. */
  g_assert_true (scep_repetition_is_news (repetition, "one", NOW));
}

/* Whatever is said, not much of it is remembered; what is forgotten is said again. */
static void
test_many (void)
{
  g_autoptr (ScepRepetition) repetition = scep_repetition_new (PERIOD);
  guint n = 0;

  for (guint i = 0; i < 1000; i++) {
    g_autofree char *text = g_strdup_printf ("%u", i);

    g_assert_true (scep_repetition_is_news (repetition, text, NOW));
    g_assert_false (scep_repetition_is_news (repetition, text, NOW));
  }
  for (guint i = 0; i < 1000; i++) {
    g_autofree char *text = g_strdup_printf ("%u", i);

    n += scep_repetition_is_news (repetition, text, NOW);
  }
  g_assert_cmpuint (n, >=, 900);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/repetition/period", test_period);
  g_test_add_func ("/repetition/many", test_many);
  return g_test_run ();
}
