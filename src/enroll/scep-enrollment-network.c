/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-enrollment-private.h"

#include "base/scep-error.h"
#include "enroll/scep-schedule.h"

#include <glib/gi18n-lib.h>

/* Whether the last attempt did not get as far as the server, or to somebody in its place. */
static gboolean
is_cut_off (ScepEnrollment *self)
{
  const char *name = scep_history_get_error (self->history);

  return scep_enrollment_get_strays (self) > 0 ||
         g_str_equal (name, scep_error_get_name (SCEP_ERROR_SERVER_UNREACHABLE)) ||
         g_str_equal (name, scep_error_get_name (SCEP_ERROR_TIMEOUT));
}

static void
bring_forward (ScepEnrollment *self, gint64 time)
{
  if (scep_enrollment_has_pending (self)) {
    g_autoptr (ScepTransaction) earlier =
        scep_transaction_with_poll (self->transaction, SCEP_TRANSACTION_PENDING,
                                    scep_transaction_get_poll_count (self->transaction), time);

    scep_enrollment_set_transaction (self, earlier);
  }
  if (scep_history_get_next_attempt (self->history) > time)
    scep_history_set_next_attempt (self->history, time);
  scep_enrollment_set_strays (self, 0);
  if (scep_enrollment_get_quiet (self) > time)
    scep_enrollment_set_quiet (self, time);
  scep_enrollment_plan (self, self->next_action, time);
  self->hooks.changed (self->hooks.owner);
}

/* How long before what is planned the last attempt was. */
static guint
get_pause (ScepEnrollment *self)
{
  guint interval = scep_settings_get_uint (self->settings, SCEP_SETTING_CONNECT_RETRY_INTERVAL);
  gint64 delay = scep_schedule_after_stray (0, interval, scep_enrollment_get_strays (self));

  return (guint) delay;
}

static void
on_network_changed (gpointer user_data)
{
  g_autoptr (ScepEnrollment) self = g_object_ref (SCEP_ENROLLMENT (user_data));
  gint64 time =
      scep_schedule_after_return (scep_enrollment_now (self), self->next_time, get_pause (self),
                                  scep_enrollment_get_lot (self, "network"));

  if (time < self->next_time)
    bring_forward (self, time);
}

/**
 * scep_enrollment_watch_network:
 *
 * What could not be reached is tried again when the network is another one,
 * and at its planned time in any case: a network that GLib takes for none may
 * well lead to the server of a plant. Nobody watches while there is nothing
 * that waits for it.
 */
void
scep_enrollment_watch_network (ScepEnrollment *self)
{
  if (self->network == NULL)
    return;
  scep_network_clear (self->network, &self->network_watch);
  if (self->timer != 0 && is_cut_off (self))
    self->network_watch = scep_network_watch (self->network, on_network_changed, self);
}

/**
 * scep_enrollment_network_will_do:
 * @check: whether it is a check that is due
 *
 * Without any network nothing is begun: a key would be made, a transaction
 * written and a line logged for nothing, every minute of a laptop's night. What
 * is due is put off, and follows when there is a network. A server on this
 * machine or its own link is asked all the same.
 *
 * Returns: whether the server may be asked
 */
gboolean
scep_enrollment_network_will_do (ScepEnrollment *self, gboolean check)
{
  const char *endpoint = scep_settings_get_string (self->settings, SCEP_SETTING_SERVER_ENDPOINT);
  g_autofree char *server = NULL;
  GError *error = NULL;

  if (self->network == NULL || scep_network_may_reach (self->network, endpoint))
    return TRUE;
  server = scep_endpoint_get_host (endpoint);
  scep_error_set (&error, SCEP_ERROR_SERVER_UNREACHABLE,
                  _ ("The SCEP server at %s was not asked, because this machine has no network: no "
                     "interface that is up has an address. Connect it; the attempt follows by "
                     "itself."),
                  server);
  scep_enrollment_put_off (self, error, check);
  return FALSE;
}
