/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-names.h"
#include "service-fixture.h"
#include "service/scep-bus-manager.h"

/* More than are started in one turn of the main loop. */
#define N_PROFILES 30

typedef struct {
  ServiceFixture service;
  ScepBusObjectManager *object_manager;
  ScepBusManager *manager;
  guint n_started; /* signals */
} Fixture;

static void
on_started (ScepBusManager *manager, Fixture *f)
{
  f->n_started++;
}

/* Profiles that lack a setting, and say so as soon as they are started. */
static void
set_up (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *directory = NULL;

  service_fixture_set_up (&f->service, NULL);
  directory = g_build_filename (f->service.directory, "profiles", NULL);
  g_assert_cmpint (g_mkdir_with_parents (directory, 0700), ==, 0);
  for (guint i = 0; i < N_PROFILES; i++) {
    g_autofree char *path = g_strdup_printf ("%s/p%u.conf", directory, i);

    g_assert_true (g_file_set_contents (path, "[Profile]\nEnabled=true\n", -1, NULL));
  }
  f->object_manager =
      scep_bus_object_manager_new (f->service.dispatcher, f->service.bus.server, &error);
  g_assert_no_error (error);
  f->manager = scep_bus_manager_new (f->service.dispatcher, f->object_manager, &f->service.context,
                                     f->service.reader, &error);
  g_assert_no_error (error);
  g_signal_connect (f->manager, "started", G_CALLBACK (on_started), f);
  scep_bus_manager_load (f->manager, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  scep_bus_manager_stop (f->manager);
  g_clear_object (&f->manager);
  g_clear_object (&f->object_manager);
  service_fixture_tear_down (&f->service, NULL);
}

static guint
count_started (Fixture *f)
{
  g_autoptr (GPtrArray) profiles = scep_bus_manager_list (f->manager);
  guint count = 0;

  for (guint i = 0; i < profiles->len; i++)
    count +=
        g_str_equal (scep_profile_get_status (profiles->pdata[i])->state, "incomplete") ? 1 : 0;
  return count;
}

static void
test_not_yet (Fixture *f, gconstpointer data)
{
  g_assert_true (scep_bus_manager_has (f->manager, "p0"));
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (count_started (f), ==, 0);
  g_assert_cmpuint (f->n_started, ==, 0);
}

static void
test_in_turns (Fixture *f, gconstpointer data)
{
  guint before = 0;

  scep_bus_manager_start (f->manager);
  g_assert_cmpuint (count_started (f), ==, 0);
  wait_until (count_started (f) > 0);
  g_assert_cmpuint (count_started (f), <, N_PROFILES);
  while (f->n_started == 0) {
    before = count_started (f);
    g_main_context_iteration (NULL, TRUE);
    g_assert_cmpuint (count_started (f), <=, before + N_PROFILES / 3);
  }
  g_assert_cmpuint (count_started (f), ==, N_PROFILES);
  g_assert_cmpuint (f->n_started, ==, 1);
}

/* Whoever deletes a profile meanwhile is not told of it again. */
static void
test_deleted_meanwhile (Fixture *f, gconstpointer data)
{
  scep_bus_manager_start (f->manager);
  scep_bus_manager_withdraw (f->manager, "p9");
  wait_until (f->n_started == 1);
  g_assert_false (scep_bus_manager_has (f->manager, "p9"));
  g_assert_cmpuint (count_started (f), ==, N_PROFILES - 1);
}

static void
test_stopped_meanwhile (Fixture *f, gconstpointer data)
{
  scep_bus_manager_start (f->manager);
  wait_until (count_started (f) > 0);
  scep_bus_manager_stop (f->manager);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (count_started (f), <, N_PROFILES);
  g_assert_cmpuint (f->n_started, ==, 0);
}

#define ADD(name, func) g_test_add ("/bus-manager/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("not-yet", test_not_yet);
  ADD ("in-turns", test_in_turns);
  ADD ("deleted-meanwhile", test_deleted_meanwhile);
  ADD ("stopped-meanwhile", test_stopped_meanwhile);
  return g_test_run ();
}
