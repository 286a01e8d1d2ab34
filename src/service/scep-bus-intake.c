/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-bus-intake.h"

#include "service/scep-bus-error.h"
#include "service/scep-bus-frame.h"

#include <glib/gi18n-lib.h>

/* Returns: (nullable): what was written to a message that came without its body */
static GVariant *
get_mark (GDBusMessage *message)
{
  GVariant *mark =
      g_dbus_message_get_header (message, (GDBusMessageHeaderField) SCEP_BUS_FRAME_FIELD_EMPTIED);

  return mark != NULL && g_variant_is_of_type (mark, G_VARIANT_TYPE_UINT32) ? mark : NULL;
}

/* The caller is told; where that fails the connection has ended. */
static void
refuse (GDBusConnection *connection, GDBusMessage *call, guint32 length)
{
  g_autoptr (GDBusMessage) reply = NULL;

  if ((g_dbus_message_get_flags (call) & G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED) != 0)
    return;
  reply = g_dbus_message_new_method_error (
      call, SCEP_BUS_ERROR_LIMITS_EXCEEDED,
      _ ("The arguments are %u bytes long. This service takes no more than %u bytes in one call."),
      length, (guint) SCEP_BUS_FRAME_MAX_BODY);
  g_dbus_connection_send_message (connection, reply, G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL, NULL);
}

/* Whoever waits for the reply gets an error. */
static GDBusMessage *
as_error (GDBusMessage *reply, guint32 length)
{
  GDBusMessage *error = g_dbus_message_new ();
  g_autofree char *text = g_strdup_printf (
      _ ("The answer of %s is %u bytes long. This service takes no more than %u bytes in one "
         "message."),
      g_dbus_message_get_sender (reply), length, (guint) SCEP_BUS_FRAME_MAX_BODY);

  g_dbus_message_set_message_type (error, G_DBUS_MESSAGE_TYPE_ERROR);
  g_dbus_message_set_sender (error, g_dbus_message_get_sender (reply));
  g_dbus_message_set_reply_serial (error, g_dbus_message_get_reply_serial (reply));
  g_dbus_message_set_error_name (error, SCEP_BUS_ERROR_LIMITS_EXCEEDED);
  g_dbus_message_set_body (error, g_variant_new ("(s)", text));
  return error;
}

static GDBusMessage *
replace (GDBusConnection *connection, GDBusMessage *message, guint32 length)
{
  switch (g_dbus_message_get_message_type (message)) {
  case G_DBUS_MESSAGE_TYPE_METHOD_CALL:
    refuse (connection, message, length);
    return NULL;
  case G_DBUS_MESSAGE_TYPE_METHOD_RETURN:
  case G_DBUS_MESSAGE_TYPE_ERROR:
    return as_error (message, length);
  case G_DBUS_MESSAGE_TYPE_INVALID:
  case G_DBUS_MESSAGE_TYPE_SIGNAL:
  default:
    return NULL;
  }
}

/**
 * scep_bus_intake:
 * @connection: the bus, behind a #ScepBusBridge
 * @message: (transfer full): one that came
 *
 * For a message filter of GDBus, in its thread: answers what was too long, and
 * makes everything else as small as it can be while it waits for the main loop.
 *
 * Returns: (transfer full) (nullable): what is handed on, or %NULL for nothing
 */
GDBusMessage *
scep_bus_intake (GDBusConnection *connection, GDBusMessage *message)
{
  g_autoptr (GDBusMessage) taken = message;
  GVariant *mark = get_mark (message);
  GVariant *body = g_dbus_message_get_body (message);

  if (mark != NULL)
    return replace (connection, message, g_variant_get_uint32 (mark));
  /* GDBus has made an object of every single value. Of all of them one block of bytes is made. */
  if (body != NULL)
    g_variant_get_data (body);
  return g_steal_pointer (&taken);
}
