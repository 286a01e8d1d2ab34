/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-bus-intake.h"

#include "service/scep-bus-error.h"
#include "service/scep-bus-frame.h"
#include "service/scep-quota.h"

#include <gio/gunixfdlist.h>
#include <glib/gi18n-lib.h>
#include <sys/resource.h>

struct _ScepBusIntake {
  ScepQuota *calls;       /* (owned): by connection, as the others */
  ScepQuota *bytes;       /* (owned): of arguments */
  ScepQuota *descriptors; /* (owned) */
};

/* Returns: (nullable): what was written to a message that came without its body */
static GVariant *
get_mark (GDBusMessage *message)
{
  GVariant *mark =
      g_dbus_message_get_header (message, (GDBusMessageHeaderField) SCEP_BUS_FRAME_FIELD_EMPTIED);

  return mark != NULL && g_variant_is_of_type (mark, G_VARIANT_TYPE_UINT32) ? mark : NULL;
}

/* Whoever waits for an answer gets this one; where that fails the connection has ended. */
static void
refuse (GDBusConnection *connection, GDBusMessage *call, const char *text)
{
  g_autoptr (GDBusMessage) reply = NULL;

  if ((g_dbus_message_get_flags (call) & G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED) != 0)
    return;
  reply = g_dbus_message_new_method_error_literal (call, SCEP_BUS_ERROR_LIMITS_EXCEEDED, text);
  g_dbus_connection_send_message (connection, reply, G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL, NULL);
}

static void
refuse_long (GDBusConnection *connection, GDBusMessage *call, guint32 length)
{
  g_autofree char *text = g_strdup_printf (
      _ ("The arguments are %u bytes long. This service takes no more than %u bytes in one call."),
      length, (guint) SCEP_BUS_FRAME_MAX_BODY);

  refuse (connection, call, text);
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
    refuse_long (connection, message, length);
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

static guint
count_fds (GDBusMessage *message)
{
  GUnixFDList *fds = g_dbus_message_get_unix_fd_list (message);

  return fds == NULL ? 0 : (guint) g_unix_fd_list_get_length (fds);
}

/* The places are given back when the message is freed, which is when its call was answered. */
static gboolean
hold (GDBusMessage *message, const char *key, ScepQuota *quota, gsize n_places)
{
  const char *sender = g_dbus_message_get_sender (message);
  ScepQuotaPlaces *places = scep_quota_take (quota, sender == NULL ? "" : sender, (guint) n_places);

  if (places == NULL)
    return FALSE;
  g_object_set_data_full (G_OBJECT (message), key, places, (GDestroyNotify) scep_quota_give_back);
  return TRUE;
}

static gboolean
may_wait (ScepBusIntake *self, GDBusMessage *call)
{
  GVariant *body = g_dbus_message_get_body (call);
  gsize size = body == NULL ? 1 : MAX (1, g_variant_get_size (body));
  guint n_fds = count_fds (call);

  return hold (call, "scep-calls", self->calls, 1) &&
         hold (call, "scep-bytes", self->bytes, size) &&
         (n_fds == 0 || hold (call, "scep-descriptors", self->descriptors, n_fds));
}

/**
 * scep_bus_intake_take:
 * @connection: the bus, behind a #ScepBusBridge
 * @message: (transfer full): one that came
 *
 * Answers what was too long, and calls of which too many wait; makes everything else as small as
 * it can be while it waits for the main loop.
 *
 * Returns: (transfer full) (nullable): what is handed on, or %NULL for nothing
 */
GDBusMessage *
scep_bus_intake_take (ScepBusIntake *self, GDBusConnection *connection, GDBusMessage *message)
{
  g_autoptr (GDBusMessage) taken = message;
  GVariant *mark = get_mark (message);
  GVariant *body = g_dbus_message_get_body (message);

  if (mark != NULL)
    return replace (connection, message, g_variant_get_uint32 (mark));
  if (g_dbus_message_get_message_type (message) == G_DBUS_MESSAGE_TYPE_METHOD_CALL &&
      !may_wait (self, message)) {
    refuse (connection, message,
            _ ("Too many calls wait to be answered; try again when they are."));
    return NULL;
  }
  /* GDBus has made an object of every single value. Of all of them one block of bytes is made. */
  if (body != NULL)
    g_variant_get_data (body);
  return g_steal_pointer (&taken);
}

static guint
get_max_descriptors (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) < 0)
    return SCEP_BUS_INTAKE_MAX_DESCRIPTORS;
  return (guint) MIN (limit.rlim_cur / 2, SCEP_BUS_INTAKE_MAX_ALL_CALLS);
}

/**
 * scep_bus_intake_new:
 *
 * Returns: (transfer full): an intake through which nothing has gone
 */
ScepBusIntake *
scep_bus_intake_new (void)
{
  ScepBusIntake *self = g_new (ScepBusIntake, 1);

  self->calls = scep_quota_new (SCEP_BUS_INTAKE_MAX_CALLS, SCEP_BUS_INTAKE_MAX_ALL_CALLS);
  self->bytes = scep_quota_new (SCEP_BUS_INTAKE_MAX_BYTES, SCEP_BUS_INTAKE_MAX_ALL_BYTES);
  self->descriptors = scep_quota_new (SCEP_BUS_INTAKE_MAX_DESCRIPTORS, get_max_descriptors ());
  return self;
}

void
scep_bus_intake_free (ScepBusIntake *self)
{
  scep_quota_unref (self->calls);
  scep_quota_unref (self->bytes);
  scep_quota_unref (self->descriptors);
  g_free (self);
}

/* In GDBus's thread. */
static GDBusMessage *
on_message (GDBusConnection *connection, GDBusMessage *message, gboolean incoming,
            gpointer user_data)
{
  return incoming ? scep_bus_intake_take (user_data, connection, message) : message;
}

/**
 * scep_bus_intake_attach:
 * @connection: the bus, behind a #ScepBusBridge
 *
 * Lets everything that comes over @connection go through an intake of its own.
 *
 * Returns: for g_dbus_connection_remove_filter()
 */
guint
scep_bus_intake_attach (GDBusConnection *connection)
{
  return g_dbus_connection_add_filter (connection, on_message, scep_bus_intake_new (),
                                       (GDestroyNotify) scep_bus_intake_free);
}
