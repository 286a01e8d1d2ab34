/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-quota.h"

#define EACH 4
#define ALL 16

static void
expect_refused (ScepQuota *quota, const char *who, guint n_places)
{
  g_assert_null (scep_quota_take (quota, who, n_places));
}

static ScepQuotaPlaces *
take (ScepQuota *quota, const char *who, guint n_places)
{
  ScepQuotaPlaces *places = scep_quota_take (quota, who, n_places);

  g_assert_nonnull (places);
  return places;
}

static void
test_each (void)
{
  g_autoptr (ScepQuota) quota = scep_quota_new (EACH, ALL);
  ScepQuotaPlaces *places[EACH];

  for (guint i = 0; i < EACH; i++)
    places[i] = take (quota, "a", 1);
  expect_refused (quota, "a", 1);
  scep_quota_give_back (take (quota, "b", 1));
  scep_quota_give_back (places[0]);
  expect_refused (quota, "a", 2);
  places[0] = take (quota, "a", 1);
  for (guint i = 0; i < EACH; i++)
    scep_quota_give_back (places[i]);
  scep_quota_give_back (take (quota, "a", 1));
}

/* Two have taken half. Of the other half everybody gets one place, until nothing is left. */
static void
test_others (void)
{
  g_autoptr (ScepQuota) quota = scep_quota_new (EACH, ALL);
  ScepQuotaPlaces *many[ALL / 2], *few[ALL / 2];

  for (guint i = 0; i < ALL / 2; i++)
    many[i] = take (quota, i % 2 == 0 ? "a" : "b", 1);
  for (guint i = 0; i < ALL / 2; i++) {
    const char who[] = { (char) ('c' + (char) i), '\0' };

    few[i] = take (quota, who, 1);
    expect_refused (quota, who, 1);
  }
  expect_refused (quota, "z", 1);
  scep_quota_give_back (many[0]);
  expect_refused (quota, "a", 1);
  many[0] = take (quota, "z", 1);
  for (guint i = 0; i < ALL / 2; i++) {
    scep_quota_give_back (many[i]);
    scep_quota_give_back (few[i]);
  }
}

/* What is larger than all that one may have gets in alone. */
static void
test_large (void)
{
  g_autoptr (ScepQuota) quota = scep_quota_new (EACH, ALL);
  ScepQuotaPlaces *places = NULL;

  expect_refused (quota, "a", ALL + 1);
  places = take (quota, "a", EACH + 1);
  expect_refused (quota, "a", 1);
  expect_refused (quota, "b", ALL - EACH);
  scep_quota_give_back (places);
}

static gpointer
take_and_give (gpointer data)
{
  for (guint i = 0; i < 10000; i++) {
    ScepQuotaPlaces *places = scep_quota_take (data, "a", 1);

    if (places != NULL)
      scep_quota_give_back (places);
  }
  return NULL;
}

static void
test_threads (void)
{
  g_autoptr (ScepQuota) quota = scep_quota_new (2, 4);
  GThread *threads[3];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("taker", take_and_give, quota);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  scep_quota_give_back (take (quota, "b", 4));
}

/* Places may outlive who handed them out. */
static void
test_outlived (void)
{
  ScepQuota *quota = scep_quota_new (EACH, ALL);
  ScepQuotaPlaces *places = take (quota, "a", 1);

  scep_quota_unref (quota);
  scep_quota_give_back (places);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/quota/each", test_each);
  g_test_add_func ("/quota/others", test_others);
  g_test_add_func ("/quota/large", test_large);
  g_test_add_func ("/quota/threads", test_threads);
  g_test_add_func ("/quota/outlived", test_outlived);
  return g_test_run ();
}
