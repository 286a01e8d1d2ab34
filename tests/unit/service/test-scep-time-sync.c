/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "private-bus.h"
#include "service/scep-time-sync.h"

#define NAME "org.freedesktop.timedate1"

typedef struct {
  PrivateBus bus;
  ScepClockSystem *clock;
  ScepTimeSync *sync;
  GVariant *answer; /* what NTPSynchronized is */
  gint fault;       /* a GDBusError: what the first question brings instead */
  guint n_questions;
  guint owner;
  guint object;
  guint n_looks; /* of what waits for the clock */
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  private_bus_up (&f->bus);
  f->clock = SCEP_CLOCK_SYSTEM (scep_clock_system_new (NULL));
  f->sync = scep_time_sync_new (f->bus.server, f->clock);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_assert_finalize_object (f->sync);
  g_assert_finalize_object (f->clock);
  if (f->object != 0)
    g_dbus_connection_unregister_object (f->bus.caller, f->object);
  if (f->owner != 0)
    g_bus_unown_name (f->owner);
  g_clear_pointer (&f->answer, g_variant_unref);
  private_bus_down (&f->bus);
}

static void
on_call (GDBusConnection *connection, const char *sender, const char *path, const char *interface,
         const char *method, GVariant *parameters, GDBusMethodInvocation *invocation,
         gpointer user_data)
{
  Fixture *f = user_data;

  f->n_questions++;
  if (f->n_questions == 1 && f->fault != 0)
    g_dbus_method_invocation_return_error_literal (invocation, G_DBUS_ERROR, f->fault, "Late");
  else
    g_dbus_method_invocation_return_value (invocation, g_variant_new ("(v)", f->answer));
}

static void
on_acquired (GDBusConnection *connection, const char *name, gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
}

/* systemd-timedated, as far as it is asked. */
static void
serve (Fixture *f, GVariant *answer)
{
  static const GDBusInterfaceVTable vtable = { .method_call = on_call };
  static const char xml[] =
      "<node><interface name='org.freedesktop.DBus.Properties'><method name='Get'>"
      "<arg type='s' direction='in'/><arg type='s' direction='in'/>"
      "<arg type='v' direction='out'/></method></interface></node>";
  g_autoptr (GDBusNodeInfo) info = g_dbus_node_info_new_for_xml (xml, NULL);
  gboolean acquired = FALSE;

  f->answer = g_variant_ref_sink (answer);
  f->object = g_dbus_connection_register_object (f->bus.caller, "/org/freedesktop/timedate1",
                                                 info->interfaces[0], &vtable, f, NULL, NULL);
  g_assert_cmpuint (f->object, !=, 0);
  f->owner = g_bus_own_name_on_connection (f->bus.caller, NAME, G_BUS_NAME_OWNER_FLAGS_NONE,
                                           on_acquired, NULL, &acquired, NULL);
  wait_until (acquired);
}

static void
on_look (gpointer user_data)
{
  Fixture *f = user_data;

  f->n_looks++;
}

static void
ask (Fixture *f)
{
  scep_clock_call_at (SCEP_CLOCK (f->clock), scep_clock_now (SCEP_CLOCK (f->clock)) + 10000,
                      on_look, f);
  scep_time_sync_ask (f->sync);
}

/* Where nobody can say it, nothing waits for it. */
static void
test_nobody (Fixture *f, gconstpointer data)
{
  ask (f);
  wait_until (f->n_looks == 1);
}

static void
test_not_yet (Fixture *f, gconstpointer data)
{
  serve (f, g_variant_new_boolean (FALSE));
  ask (f);
  /* One at a time. */
  scep_time_sync_ask (f->sync);
  wait_until (f->n_questions == 1);
  g_clear_pointer (&f->answer, g_variant_unref);
  f->answer = g_variant_ref_sink (g_variant_new_boolean (TRUE));
  while (f->n_looks == 0) {
    scep_time_sync_ask (f->sync);
    g_main_context_iteration (NULL, TRUE);
  }
  g_assert_cmpuint (f->n_questions, ==, 2);
}

static void
test_nonsense (Fixture *f, gconstpointer data)
{
  serve (f, g_variant_new_string ("yes"));
  ask (f);
  wait_until (f->n_questions == 1);
  g_clear_pointer (&f->answer, g_variant_unref);
  f->answer = g_variant_ref_sink (g_variant_new_boolean (TRUE));
  while (f->n_looks == 0) {
    scep_time_sync_ask (f->sync);
    g_main_context_iteration (NULL, TRUE);
  }
}

/* Who is slow at the start of the machine is asked again: that is no leave to believe the clock. */
static void
test_late (Fixture *f, gconstpointer data)
{
  f->fault = GPOINTER_TO_INT (data);
  serve (f, g_variant_new_boolean (TRUE));
  ask (f);
  while (f->n_looks == 0) {
    scep_time_sync_ask (f->sync);
    g_main_context_iteration (NULL, TRUE);
  }
  g_assert_cmpuint (f->n_questions, ==, 2);
}

/* It ends while it is not answered. */
static void
test_ended (Fixture *f, gconstpointer data)
{
  serve (f, g_variant_new_boolean (TRUE));
  ask (f);
}

#define ADD(path, function)                                                                        \
  g_test_add ("/time-sync" path, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/nobody", test_nobody);
  ADD ("/not-yet", test_not_yet);
  ADD ("/nonsense", test_nonsense);
  ADD ("/ended", test_ended);
  g_test_add ("/time-sync/late/no-reply", Fixture, GINT_TO_POINTER (G_DBUS_ERROR_NO_REPLY), set_up,
              test_late, tear_down);
  g_test_add ("/time-sync/late/timed-out", Fixture, GINT_TO_POINTER (G_DBUS_ERROR_TIMED_OUT),
              set_up, test_late, tear_down);
  return g_test_run ();
}
