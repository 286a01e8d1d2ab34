/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-names.h"
#include "service-fixture.h"
#include "service/scep-bus-object-manager.h"

#include <string.h>

#define OBJECT_MANAGER "org.freedesktop.DBus.ObjectManager"
#define INTERFACE "org.example.Room"
#define LAMP SCEP_PATH "/lamp"

static const char xml[] = "<node><interface name='" INTERFACE "'>"
                          "<property name='Light' type='u' access='read'/>"
                          "</interface></node>";

typedef struct {
  ServiceFixture service;
  ScepBusObjectManager *manager;
  GDBusNodeInfo *info;
  ScepBusInterface interface;
  guint light;
  ScepExport *lamp;
  GString *heard;
} Fixture;

static GVariant *
get_property (ScepExport *export, const char *name)
{
  return g_variant_new_uint32 (*(guint *) scep_export_get_object (export));
}

static void
on_signal (GDBusConnection *connection, const char *sender, const char *path, const char *interface,
           const char *signal, GVariant *parameters, gpointer user_data)
{
  g_autofree char *text = g_variant_print (parameters, FALSE);

  g_string_append_printf (((Fixture *) user_data)->heard, "%s%s;", signal, text);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  service_fixture_set_up (&f->service, NULL);
  f->heard = g_string_new (NULL);
  f->info = g_dbus_node_info_new_for_xml (xml, NULL);
  f->interface.info = f->info->interfaces[0];
  f->interface.get_property = get_property;
  f->manager = scep_bus_object_manager_new (f->service.dispatcher, f->service.bus.server, &error);
  g_assert_no_error (error);
  f->lamp = scep_dispatcher_export (f->service.dispatcher, LAMP, &f->interface, &f->light, &error);
  g_assert_no_error (error);
  g_dbus_connection_signal_subscribe (
      f->service.bus.caller, g_dbus_connection_get_unique_name (f->service.bus.server),
      OBJECT_MANAGER, NULL, SCEP_PATH, NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_signal, f, NULL);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  scep_export_remove (f->lamp);
  g_clear_pointer (&f->lamp, scep_export_unref);
  g_clear_object (&f->manager);
  service_fixture_tear_down (&f->service, NULL);
  g_dbus_node_info_unref (f->info);
  g_string_free (f->heard, TRUE);
}

static BusCall *
begin (Fixture *f)
{
  return bus_call_begin (&f->service.bus, NULL, SCEP_PATH, OBJECT_MANAGER, "GetManagedObjects",
                         NULL, G_DBUS_CALL_FLAGS_NONE, NULL);
}

static void
expect (BusCall *taken, const char *text)
{
  g_autoptr (BusCall) call = taken;
  g_autofree char *printed = NULL;

  bus_call_wait (call);
  g_assert_null (call->error);
  g_assert_cmpstr (g_variant_get_type_string (call->reply), ==, "(a{oa{sa{sv}}})");
  printed = g_variant_print (call->reply, FALSE);
  g_assert_cmpstr (printed, ==, text);
}

#define WITH_LIGHT(light) "({'" LAMP "': {'" INTERFACE "': {'Light': <uint32 " light ">}}},)"

static void
test_answer (Fixture *f, gconstpointer data)
{
  BusCall *calls[3];

  expect (begin (f), "({},)");
  scep_bus_object_manager_add (f->manager, f->lamp);
  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    calls[i] = begin (f);
  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    expect (calls[i], WITH_LIGHT ("0"));

  /* The bus has not been told yet. */
  f->light = 5;
  scep_export_changed (f->lamp, NULL);
  expect (begin (f), WITH_LIGHT ("5"));
  expect (begin (f), WITH_LIGHT ("5"));

  scep_bus_object_manager_remove (f->manager, f->lamp);
  expect (begin (f), "({},)");
}

/* The reply goes to who asked, with others in between. */
static void
test_other_calls (Fixture *f, gconstpointer data)
{
  BusCall *call = begin (f);
  g_autoptr (BusCall) ping =
      bus_call_begin (&f->service.bus, NULL, SCEP_PATH, "org.freedesktop.DBus.Peer", "Ping", NULL,
                      G_DBUS_CALL_FLAGS_NONE, NULL);

  bus_call_wait (ping);
  g_assert_null (ping->error);
  g_assert_cmpstr (g_variant_get_type_string (ping->reply), ==, "()");
  expect (call, "({},)");
}

static void
test_no_reply_wanted (Fixture *f, gconstpointer data)
{
  g_autoptr (GDBusMessage) message =
      g_dbus_message_new_method_call (g_dbus_connection_get_unique_name (f->service.bus.server),
                                      SCEP_PATH, OBJECT_MANAGER, "GetManagedObjects");

  g_dbus_message_set_flags (message, G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED);
  g_assert_true (g_dbus_connection_send_message (f->service.bus.caller, message,
                                                 G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL, NULL));
  expect (begin (f), "({},)");
}

static void
test_signals (Fixture *f, gconstpointer data)
{
  /* Who has no name yet has nobody to tell. */
  expect (begin (f), "({},)");
  scep_bus_object_manager_add (f->manager, f->lamp);
  scep_bus_object_manager_remove (f->manager, f->lamp);
  expect (begin (f), "({},)");
  g_assert_cmpstr (f->heard->str, ==, "");

  scep_bus_object_manager_announce (f->manager);
  scep_bus_object_manager_add (f->manager, f->lamp);
  scep_bus_object_manager_remove (f->manager, f->lamp);
  expect (begin (f), "({},)");
  wait_until (strstr (f->heard->str, "InterfacesRemoved") != NULL);
  g_assert_cmpstr (f->heard->str, ==,
                   "InterfacesAdded('" LAMP "', {'" INTERFACE "': {'Light': <uint32 0>}});"
                   "InterfacesRemoved('" LAMP "', ['" INTERFACE "']);");
}

#define ADD(name, func)                                                                            \
  g_test_add ("/bus-object-manager/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("answer", test_answer);
  ADD ("other-calls", test_other_calls);
  ADD ("no-reply-wanted", test_no_reply_wanted);
  ADD ("signals", test_signals);
  return g_test_run ();
}
