/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-time-sync.h"

#define NAME "org.freedesktop.timedate1"
#define OBJECT "/org/freedesktop/timedate1"
#define TIMEOUT 10000 /* ms */

/**
 * ScepTimeSync:
 *
 * Asks systemd-timedated for the clock whether a time server sets it (NTPSynchronized of
 * org.freedesktop.timedate1). The kernel knows it, too, but only for a process whose sandbox
 * lets it call adjtimex(), which could also set the clock.
 */
struct _ScepTimeSync {
  GObject parent_instance;

  GDBusConnection *connection; /* (owned) */
  ScepClockSystem *clock;      /* (owned) */
  GCancellable *question;      /* (owned) (nullable): the one that is not answered yet */
};

G_DEFINE_FINAL_TYPE (ScepTimeSync, scep_time_sync, G_TYPE_OBJECT)

static void
scep_time_sync_dispose (GObject *object)
{
  ScepTimeSync *self = SCEP_TIME_SYNC (object);

  g_cancellable_cancel (self->question);
  g_clear_object (&self->question);
  if (self->clock != NULL)
    scep_clock_system_set_asker (self->clock, NULL, NULL);
  g_clear_object (&self->clock);
  g_clear_object (&self->connection);
  G_OBJECT_CLASS (scep_time_sync_parent_class)->dispose (object);
}

static void
scep_time_sync_class_init (ScepTimeSyncClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = scep_time_sync_dispose;
}

static void
scep_time_sync_init (ScepTimeSync *self)
{
}

/* A service that is slow, as at the start of the machine, may answer the next time. */
static gboolean
is_late (const GError *error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT) ||
         g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY) ||
         g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_TIMEOUT) ||
         g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_TIMED_OUT);
}

static void
on_answer (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ScepTimeSync *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  g_autoptr (GVariant) value = NULL;
  gboolean synchronized;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  g_clear_object (&self->question);
  if (reply == NULL) {
    g_debug ("Nobody says whether the clock is synchronized: %s", error->message);
    if (!is_late (error))
      scep_clock_system_set_synchronization (self->clock, SCEP_SYNCHRONIZATION_UNKNOWN);
    return;
  }
  g_variant_get (reply, "(v)", &value);
  synchronized =
      g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN) && g_variant_get_boolean (value);
  scep_clock_system_set_synchronization (self->clock, synchronized ? SCEP_SYNCHRONIZATION_YES
                                                                   : SCEP_SYNCHRONIZATION_NO);
}

/**
 * scep_time_sync_ask:
 *
 * One question at a time. The clock asks when a profile looks at it, which it does at its
 * deadlines: an answer of no is not followed by the next question at once.
 */
void
scep_time_sync_ask (ScepTimeSync *self)
{
  if (self->question != NULL)
    return;
  self->question = g_cancellable_new ();
  g_dbus_connection_call (self->connection, NAME, OBJECT, "org.freedesktop.DBus.Properties", "Get",
                          g_variant_new ("(ss)", NAME, "NTPSynchronized"), G_VARIANT_TYPE ("(v)"),
                          G_DBUS_CALL_FLAGS_NONE, TIMEOUT, self->question, on_answer, self);
}

static void
on_asked (gpointer user_data)
{
  scep_time_sync_ask (user_data);
}

/**
 * scep_time_sync_new:
 * @connection: the system bus
 * @clock: what asks from now on
 *
 * Returns: (transfer full): asks as long as it lives
 */
ScepTimeSync *
scep_time_sync_new (GDBusConnection *connection, ScepClockSystem *clock)
{
  ScepTimeSync *self = g_object_new (SCEP_TYPE_TIME_SYNC, NULL);

  self->connection = g_object_ref (connection);
  self->clock = g_object_ref (clock);
  scep_clock_system_set_asker (clock, on_asked, self);
  return self;
}
