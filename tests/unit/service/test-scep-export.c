/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "private-bus.h"
#include "service/scep-export.h"

#define OBJECT "/room"
#define INTERFACE "org.example.Room"

static const char xml[] =
    "<node><interface name='" INTERFACE "'>"
    "<property name='Light' type='u' access='read'/>"
    "<property name='Heat' type='u' access='readwrite'/>"
    "<property name='Secret' type='u' access='write'/>"
    "<property name='Quiet' type='u' access='read'>"
    "<annotation name='org.freedesktop.DBus.Property.EmitsChangedSignal' value='false'/>"
    "</property><signal name='Bell'/></interface></node>";

/* The values behind the properties. */
typedef struct {
  guint light, heat, quiet;
  guint n_reads;
} Room;

typedef struct {
  PrivateBus bus;
  GDBusNodeInfo *info;
  ScepBusInterface interface;
  ScepExport *export;
  Room room;
  GString *heard; /* signals as they came, with what they say */
} Fixture;

static GVariant *
get_property (ScepExport *export, const char *name)
{
  Room *room = scep_export_get_object (export);

  g_assert_cmpstr (name, !=, "Secret");
  room->n_reads++;
  return g_variant_new_uint32 (g_str_equal (name, "Light")  ? room->light
                               : g_str_equal (name, "Heat") ? room->heat
                                                            : room->quiet);
}

static void
on_signal (GDBusConnection *connection, const char *sender, const char *path, const char *interface,
           const char *signal, GVariant *parameters, gpointer user_data)
{
  Fixture *f = user_data;
  g_autofree char *text = g_variant_print (parameters, FALSE);

  g_string_append_printf (f->heard, "%s%s;", signal, text);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  static const GDBusInterfaceVTable vtable = { NULL };
  g_autoptr (GError) error = NULL;

  private_bus_up (&f->bus);
  f->heard = g_string_new (NULL);
  f->info = g_dbus_node_info_new_for_xml (xml, NULL);
  f->interface.info = f->info->interfaces[0];
  f->interface.get_property = get_property;
  f->export = scep_export_new (f->bus.server, OBJECT, &f->interface, &f->room);
  scep_export_register (f->export, &vtable, NULL, NULL, &error);
  g_assert_no_error (error);
  g_dbus_connection_signal_subscribe (f->bus.caller,
                                      g_dbus_connection_get_unique_name (f->bus.server), NULL, NULL,
                                      OBJECT, NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_signal, f, NULL);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  scep_export_remove (f->export);
  g_clear_pointer (&f->export, scep_export_unref);
  private_bus_down (&f->bus);
  g_dbus_node_info_unref (f->info);
  g_string_free (f->heard, TRUE);
}

/* A signal that comes after everything that was sent before it. */
static void
expect_heard (Fixture *f, const char *text)
{
  g_autofree char *all = g_strconcat (text, "End();", NULL);
  GString *heard = f->heard;

  /* What waits for the end of this turn goes out before the mark does. */
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_dbus_connection_emit_signal (f->bus.server, NULL, OBJECT, INTERFACE, "End", NULL, NULL);
  wait_until (g_str_has_suffix (heard->str, "End();"));
  g_assert_cmpstr (heard->str, ==, all);
  g_string_truncate (heard, 0);
}

/* The subscription has to be in place before anything is said. */
static void
settle (Fixture *f)
{
  g_autoptr (BusCall) call = bus_call_begin (&f->bus, NULL, OBJECT, "org.freedesktop.DBus.Peer",
                                             "Ping", NULL, G_DBUS_CALL_FLAGS_NONE, NULL);

  bus_call_wait (call);
}

static void
test_nothing (Fixture *f, gconstpointer data)
{
  settle (f);
  scep_export_changed (f->export, NULL);
  expect_heard (f, "");
  f->room.quiet = 1;
  scep_export_changed (f->export, NULL);
  expect_heard (f, "");
}

static void
test_once_per_turn (Fixture *f, gconstpointer data)
{
  settle (f);
  for (guint i = 1; i <= 3; i++) {
    f->room.light = i;
    scep_export_changed (f->export, NULL);
    f->room.heat = 10 * i;
    scep_export_changed (f->export, NULL);
  }
  expect_heard (f, "PropertiesChanged('" INTERFACE "', {'Light': <uint32 3>, 'Heat': <uint32 30>}, "
                   "[]);");
  f->room.heat = 5;
  scep_export_changed (f->export, NULL);
  expect_heard (f, "PropertiesChanged('" INTERFACE "', {'Heat': <uint32 5>}, []);");

  /* Back before anybody was told: no news. */
  f->room.heat = 6;
  scep_export_changed (f->export, NULL);
  f->room.heat = 5;
  expect_heard (f, "");
}

static void
test_before_signals (Fixture *f, gconstpointer data)
{
  settle (f);
  f->room.light = 1;
  scep_export_changed (f->export, NULL);
  scep_export_emit (f->export, "Bell", NULL);
  expect_heard (f, "PropertiesChanged('" INTERFACE "', {'Light': <uint32 1>}, []);Bell();");
  f->room.light = 2;
  scep_export_changed (f->export, NULL);
  scep_export_flush (f->export);
  scep_export_flush (f->export);
  expect_heard (f, "PropertiesChanged('" INTERFACE "', {'Light': <uint32 2>}, []);");
}

/* What nobody speaks of is neither read nor told. */
static void
test_named (Fixture *f, gconstpointer data)
{
  static const char *const heat[] = { "Heat", NULL };
  static const char *const secret[] = { "Secret", "Absent", NULL };

  settle (f);
  f->room.light = 1;
  f->room.heat = 2;
  f->room.n_reads = 0;
  scep_export_changed (f->export, heat);
  expect_heard (f, "PropertiesChanged('" INTERFACE "', {'Heat': <uint32 2>}, []);");
  scep_export_changed (f->export, secret);
  scep_export_flush (f->export);
  expect_heard (f, "");
  g_assert_cmpuint (f->room.n_reads, ==, 1);

  /* Both of what was named before it is told. */
  f->room.heat = 3;
  scep_export_changed (f->export, heat);
  scep_export_changed (f->export, (const char *const[]){ "Light", NULL });
  expect_heard (f, "PropertiesChanged('" INTERFACE "', {'Light': <uint32 1>, 'Heat': <uint32 3>}, "
                   "[]);");
}

/* What is told to one who asks for all is what was told to everybody. */
static void
test_told (Fixture *f, gconstpointer data)
{
  g_autofree char *text = NULL;

  settle (f);
  f->room.heat = 2;
  f->room.quiet = 3;
  scep_export_changed (f->export, NULL);
  text = g_variant_print (scep_export_get_told (f->export), FALSE);
  g_assert_cmpstr (text, ==, "{'Light': <uint32 0>, 'Heat': <uint32 2>, 'Quiet': <uint32 3>}");
  expect_heard (f, "PropertiesChanged('" INTERFACE "', {'Heat': <uint32 2>}, []);");
}

static void
test_removed (Fixture *f, gconstpointer data)
{
  settle (f);
  f->room.light = 1;
  scep_export_changed (f->export, NULL);
  scep_export_remove (f->export);
  g_assert_true (scep_export_is_removed (f->export));
  scep_export_changed (f->export, NULL);
  scep_export_flush (f->export);
  scep_export_emit (f->export, "Bell", NULL);
  expect_heard (f, "");
}

#define ADD(name, func) g_test_add ("/export/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("nothing", test_nothing);
  ADD ("once-per-turn", test_once_per_turn);
  ADD ("before-signals", test_before_signals);
  ADD ("named", test_named);
  ADD ("told", test_told);
  ADD ("removed", test_removed);
  return g_test_run ();
}
