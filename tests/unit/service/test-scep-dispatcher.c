/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-names.h"
#include "private-bus.h"
#include "scep-authority-fake.h"
#include "service/scep-bus-error.h"
#include "service/scep-dispatcher.h"

#define OBJECT "/room"
#define PROPERTIES "org.freedesktop.DBus.Properties"
#define UNKNOWN_OBJECT "org.freedesktop.DBus.Error.UnknownObject"

/* Some of the real names, and some that the access table does not have. */
static const char xml[] = "<node><interface name='" SCEP_INTERFACE "'>"
                          "<method name='Enroll'/>"
                          "<method name='Check'/>"
                          "<method name='GetHistory'/>"
                          "<method name='Configure'><arg type='a{sv}' direction='in'/></method>"
                          "<method name='Unheard'/>"
                          "<property name='Enabled' type='b' access='readwrite'/>"
                          "<property name='ServerEndpoint' type='s' access='readwrite'/>"
                          "<property name='Unwritten' type='s' access='readwrite'/>"
                          "</interface></node>";

/* What the handlers did. */
typedef struct {
  guint n_calls;
  char *written; /* (nullable): the last property */
} Room;

typedef struct {
  PrivateBus bus;
  GDBusNodeInfo *info;
  ScepBusInterface interface;
  ScepAuthorityFake *authority;
  ScepDispatcher *dispatcher;
  ScepExport *export;
  Room room;
} Fixture;

static void
on_call (ScepExport *export, GVariant *parameters, GDBusMethodInvocation *invocation)
{
  Room *room = scep_export_get_object (export);

  room->n_calls++;
  g_dbus_method_invocation_return_value (invocation, NULL);
}

static void
set_property (ScepExport *export, const char *name, GVariant *value,
              GDBusMethodInvocation *invocation)
{
  Room *room = scep_export_get_object (export);

  g_free (room->written);
  room->written = g_strdup (name);
  g_dbus_method_invocation_return_value (invocation, NULL);
}

static GVariant *
get_property (ScepExport *export, const char *name)
{
  return g_str_equal (name, "Enabled") ? g_variant_new_boolean (FALSE) : g_variant_new_string ("");
}

static const ScepBusMethod methods[] = {
  { "Enroll", on_call },    { "GetHistory", on_call },
  { "Configure", on_call }, { "Unheard", on_call },
  { NULL, NULL },
};

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  private_bus_up (&f->bus);
  f->info = g_dbus_node_info_new_for_xml (xml, NULL);
  f->interface.info = f->info->interfaces[0];
  f->interface.methods = methods;
  f->interface.get_property = get_property;
  f->interface.set_property = set_property;
  f->authority = scep_authority_fake_new ();
  f->dispatcher = scep_dispatcher_new (f->bus.server, SCEP_AUTHORITY (f->authority));
  f->export = scep_dispatcher_export (f->dispatcher, OBJECT, &f->interface, &f->room, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  scep_export_remove (f->export);
  g_clear_pointer (&f->export, scep_export_unref);
  private_bus_down (&f->bus);
  wait_until (!g_main_context_pending (NULL));
  g_assert_finalize_object (f->dispatcher);
  g_assert_finalize_object (f->authority);
  g_dbus_node_info_unref (f->info);
  g_free (f->room.written);
}

static BusCall *
begin (Fixture *f, GDBusConnection *caller, const char *method)
{
  return bus_call_begin (&f->bus, caller, OBJECT, SCEP_INTERFACE, method, NULL,
                         G_DBUS_CALL_FLAGS_NONE, NULL);
}

static void
expect (BusCall *taken, const char *error)
{
  g_autoptr (BusCall) call = taken;

  bus_call_wait (call);
  g_assert_cmpstr (call->error, ==, error);
}

static BusCall *
write_property (Fixture *f, const char *name, GVariant *value)
{
  return bus_call_begin (&f->bus, NULL, OBJECT, PROPERTIES, "Set",
                         g_variant_new ("(ssv)", SCEP_INTERFACE, name, value),
                         G_DBUS_CALL_FLAGS_NONE, NULL);
}

static void
expect_asked (Fixture *f, const char *actions)
{
  g_assert_cmpstr (f->authority->asked->str, ==, actions);
  g_string_truncate (f->authority->asked, 0);
}

static void
test_method (Fixture *f, gconstpointer data)
{
  expect (begin (f, NULL, "Enroll"), SCEP_BUS_ERROR_ACCESS_DENIED);
  expect_asked (f, "enroll ");
  g_assert_cmpuint (f->room.n_calls, ==, 0);

  f->authority->verdict = SCEP_AUTHORIZATION_ALLOWED;
  expect (begin (f, NULL, "Enroll"), NULL);
  expect_asked (f, "enroll ");
  g_assert_cmpuint (f->room.n_calls, ==, 1);

  /* Known to the table, but nobody has written it yet. */
  expect (begin (f, NULL, "Check"), SCEP_ERROR_PREFIX "Unsupported");
}

static void
test_property_write (Fixture *f, gconstpointer data)
{
  expect (write_property (f, "Enabled", g_variant_new_boolean (TRUE)),
          SCEP_BUS_ERROR_ACCESS_DENIED);
  expect_asked (f, "configure ");
  expect (write_property (f, "ServerEndpoint", g_variant_new_string ("x")),
          SCEP_BUS_ERROR_ACCESS_DENIED);
  expect_asked (f, "trust-ca ");
  g_assert_null (f->room.written);

  f->authority->verdict = SCEP_AUTHORIZATION_ALLOWED;
  expect (write_property (f, "ServerEndpoint", g_variant_new_string ("x")), NULL);
  g_assert_cmpstr (f->room.written, ==, "ServerEndpoint");
  expect_asked (f, "trust-ca ");
  expect (write_property (f, "Enabled", g_variant_new_string ("x")),
          "org.freedesktop.DBus.Error.InvalidArgs");
  expect_asked (f, "");
}

static void
test_challenge (Fixture *f, gconstpointer data)
{
  f->authority->verdict = SCEP_AUTHORIZATION_CHALLENGE;
  expect (begin (f, NULL, "Enroll"), SCEP_BUS_ERROR_INTERACTIVE);
  g_assert_cmpuint (f->authority->n_interactive, ==, 0);
  expect (write_property (f, "Enabled", g_variant_new_boolean (TRUE)), SCEP_BUS_ERROR_INTERACTIVE);

  expect (bus_call_begin (&f->bus, NULL, OBJECT, SCEP_INTERFACE, "Enroll", NULL,
                          G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION, NULL),
          SCEP_BUS_ERROR_INTERACTIVE);
  g_assert_cmpuint (f->authority->n_interactive, ==, 1);
  g_assert_cmpuint (f->room.n_calls, ==, 0);
}

static BusCall *
configure (Fixture *f, const char *settings)
{
  return bus_call_begin (&f->bus, NULL, OBJECT, SCEP_INTERFACE, "Configure",
                         g_variant_new_parsed (settings), G_DBUS_CALL_FLAGS_NONE, NULL);
}

/* Every action that the keys need, and not run before the last of them is granted. */
static void
test_every_action (Fixture *f, gconstpointer data)
{
  f->authority->verdict = SCEP_AUTHORIZATION_ALLOWED;
  f->authority->denied = "trust-ca";
  expect (configure (f, "({'Enabled': <true>, 'ServerEndpoint': <'x'>},)"),
          SCEP_BUS_ERROR_ACCESS_DENIED);
  expect_asked (f, "configure trust-ca ");
  g_assert_cmpuint (f->room.n_calls, ==, 0);
  expect (configure (f, "({'Enabled': <true>},)"), NULL);
  expect_asked (f, "configure ");

  f->authority->denied = NULL;
  expect (configure (f, "({'ServerEndpoint': <'x'>},)"), NULL);
  g_assert_cmpuint (f->room.n_calls, ==, 2);
}

/* What the table does not know is nobody's, not even root's. */
static void
test_unknown_member (Fixture *f, gconstpointer data)
{
  f->authority->verdict = SCEP_AUTHORIZATION_ALLOWED;
  f->authority->privileged = TRUE;
  expect (begin (f, NULL, "Unheard"), SCEP_BUS_ERROR_ACCESS_DENIED);
  expect (write_property (f, "Unwritten", g_variant_new_string ("x")),
          SCEP_BUS_ERROR_ACCESS_DENIED);
  g_assert_cmpuint (f->authority->n_identified, ==, 0);
  g_assert_cmpuint (f->room.n_calls, ==, 0);
  g_assert_null (f->room.written);
}

static void
test_open (Fixture *f, gconstpointer data)
{
  expect (begin (f, NULL, "GetHistory"), NULL);
  expect (bus_call_begin (&f->bus, NULL, OBJECT, PROPERTIES, "GetAll",
                          g_variant_new ("(s)", SCEP_INTERFACE), G_DBUS_CALL_FLAGS_NONE, NULL),
          NULL);
  expect (bus_call_begin (&f->bus, NULL, OBJECT, PROPERTIES, "Get",
                          g_variant_new ("(ss)", SCEP_INTERFACE, "Enabled"), G_DBUS_CALL_FLAGS_NONE,
                          NULL),
          NULL);
  g_assert_cmpuint (f->authority->n_identified, ==, 0);
  expect_asked (f, "");
}

/* Who is gone is not waited for, and gets nothing done. */
static void
test_sender_vanishes (Fixture *f, gconstpointer data)
{
  g_autoptr (GDBusConnection) caller = private_bus_connect (&f->bus);
  g_autoptr (BusCall) call = NULL;

  f->authority->hold_persons = TRUE;
  call = bus_call_begin (&f->bus, caller, OBJECT, SCEP_INTERFACE, "Enroll", NULL,
                         G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION, NULL);
  wait_until (f->authority->held.length == 1);
  g_assert_cmpuint (f->authority->n_cancelled, ==, 0);

  g_dbus_connection_close_sync (caller, NULL, NULL);
  wait_until (f->authority->n_cancelled == 1);
  f->authority->verdict = SCEP_AUTHORIZATION_ALLOWED;
  scep_authority_fake_release (f->authority);
  wait_until (!g_main_context_pending (NULL));
  g_assert_cmpuint (f->room.n_calls, ==, 0);
}

static void
test_object_goes (Fixture *f, gconstpointer data)
{
  BusCall *call;

  f->authority->hold = TRUE;
  f->authority->verdict = SCEP_AUTHORIZATION_ALLOWED;
  call = begin (f, NULL, "Enroll");
  wait_until (f->authority->held.length == 1);
  scep_export_remove (f->export);
  scep_authority_fake_release (f->authority);
  expect (call, UNKNOWN_OBJECT);
  g_assert_cmpuint (f->room.n_calls, ==, 0);
}

static void
test_large_arguments (Fixture *f, gconstpointer data)
{
  g_autofree char *text = g_strnfill (SCEP_DISPATCHER_MAX_ARGUMENTS, 'x');
  GVariantBuilder builder;

  f->authority->privileged = TRUE;
  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&builder, "{sv}", "SubjectDN", g_variant_new_string (text));
  expect (bus_call_begin (&f->bus, NULL, OBJECT, SCEP_INTERFACE, "Configure",
                          g_variant_new ("(a{sv})", &builder), G_DBUS_CALL_FLAGS_NONE, NULL),
          SCEP_BUS_ERROR_LIMITS_EXCEEDED);
  g_assert_cmpuint (f->room.n_calls, ==, 0);
}

#define ADD(name, func) g_test_add ("/dispatcher/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("method", test_method);
  ADD ("property-write", test_property_write);
  ADD ("challenge", test_challenge);
  ADD ("every-action", test_every_action);
  ADD ("unknown-member", test_unknown_member);
  ADD ("open", test_open);
  ADD ("sender-vanishes", test_sender_vanishes);
  ADD ("object-goes", test_object_goes);
  ADD ("large-arguments", test_large_arguments);
  return g_test_run ();
}
