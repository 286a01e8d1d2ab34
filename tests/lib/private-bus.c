/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "private-bus.h"

/* Seconds that a test waits for one thing: less than Meson lets the whole program have. */
#define MAX_WAIT 20

static gboolean
on_end_of_wait (gpointer user_data)
{
  g_error ("%s: this did not come about", (const char *) user_data);
  return G_SOURCE_REMOVE;
}

/**
 * private_bus_begin_wait:
 * @what: is waited for, a constant
 *
 * Returns: a source that ends the program with @what unless it is removed
 */
guint
private_bus_begin_wait (const char *what)
{
  return g_timeout_add_seconds_full (G_PRIORITY_HIGH, MAX_WAIT, on_end_of_wait, (gpointer) what,
                                     NULL);
}

/**
 * private_bus_connect:
 *
 * Returns: (transfer full): one more connection
 */
GDBusConnection *
private_bus_connect (PrivateBus *self)
{
  g_autoptr (GError) error = NULL;
  GDBusConnection *connection =
      g_dbus_connection_new_for_address_sync (g_test_dbus_get_bus_address (self->bus),
                                              G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                  G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                              NULL, NULL, &error);

  g_assert_no_error (error);
  return connection;
}

/**
 * private_bus_up:
 */
void
private_bus_up (PrivateBus *self)
{
  self->bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (self->bus);
  self->server = private_bus_connect (self);
  self->caller = private_bus_connect (self);
}

/**
 * private_bus_down:
 */
void
private_bus_down (PrivateBus *self)
{
  g_dbus_connection_close_sync (self->caller, NULL, NULL);
  g_dbus_connection_close_sync (self->server, NULL, NULL);
  g_clear_object (&self->caller);
  g_clear_object (&self->server);
  g_test_dbus_down (self->bus);
  g_clear_object (&self->bus);
}

static void
on_reply (GObject *source, GAsyncResult *result, gpointer user_data)
{
  BusCall *call = user_data;

  call->reply = g_dbus_connection_call_with_unix_fd_list_finish (G_DBUS_CONNECTION (source), NULL,
                                                                 result, &call->local);
  if (call->local != NULL) {
    call->error = g_dbus_error_get_remote_error (call->local);
    g_dbus_error_strip_remote_error (call->local);
  }
  call->done = TRUE;
}

/**
 * bus_call_begin:
 * @caller: (nullable): another connection than the bus's caller
 * @parameters: (nullable): floating
 *
 * Returns: (transfer full): a call of the server, for bus_call_wait()
 */
BusCall *
bus_call_begin (PrivateBus *self, GDBusConnection *caller, const char *path, const char *interface,
                const char *method, GVariant *parameters, GDBusCallFlags flags, GUnixFDList *fds)
{
  BusCall *call = g_new0 (BusCall, 1);

  g_dbus_connection_call_with_unix_fd_list (
      caller == NULL ? self->caller : caller, g_dbus_connection_get_unique_name (self->server),
      path, interface, method, parameters, NULL, flags, -1, fds, NULL, on_reply, call);
  return call;
}

/**
 * bus_call_wait:
 *
 * Runs the main context until the answer is there.
 */
void
bus_call_wait (BusCall *call)
{
  wait_until (call->done);
}

/**
 * bus_call_free:
 */
void
bus_call_free (BusCall *call)
{
  wait_until (call->done);
  g_clear_pointer (&call->reply, g_variant_unref);
  g_clear_error (&call->local);
  g_free (call->error);
  g_free (call);
}
