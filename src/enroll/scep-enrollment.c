/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-enrollment-private.h"

#include "base/scep-error.h"
#include "enroll/scep-rollover.h"
#include "enroll/scep-schedule.h"

#include <glib/gi18n-lib.h>

static void
on_timer (gpointer user_data)
{
  g_autoptr (ScepEnrollment) self = g_object_ref (SCEP_ENROLLMENT (user_data));

  self->timer = 0;
  /* Not due where somebody has set the clock. */
  scep_enrollment_evaluate (self, self->next_time <= scep_enrollment_now (self));
}

/**
 * scep_enrollment_plan:
 * @action: the word of the NextAction property, "" for none
 * @time: Unix seconds
 *
 * There is one plan at a time: a new one replaces the old one. Whatever it is,
 * it does not come before the server may be asked again.
 */
void
scep_enrollment_plan (ScepEnrollment *self, const char *action, gint64 time)
{
  time = MAX (time, scep_enrollment_get_quiet (self));
  scep_clock_clear (self->clock, &self->timer);
  self->next_action = action;
  self->next_time = action[0] != '\0' ? time : 0;
  if (action[0] != '\0')
    self->timer = scep_clock_call_at (self->clock, time, on_timer, self);
  scep_enrollment_watch_expiry (self);
  scep_enrollment_watch_network (self);
}

/**
 * scep_enrollment_move:
 *
 * What the state table says of @event, and the news of it.
 */
void
scep_enrollment_move (ScepEnrollment *self, ScepEvent event)
{
  ScepState next;

  if (!scep_state_next (self->state, event, &next))
    g_warning ("%s means nothing in state %s", scep_event_get_name (event),
               scep_state_get_name (self->state));
  self->state = next;
  self->hooks.changed (self->hooks.owner);
}

/**
 * scep_enrollment_begin:
 *
 * From here on results of this attempt count, and no others. Nothing is planned
 * until its end, also where the state stays.
 */
void
scep_enrollment_begin (ScepEnrollment *self)
{
  g_assert (self->attempt == NULL);
  scep_enrollment_plan (self, "", 0);
  g_clear_pointer (&self->message, g_bytes_unref);
  self->held = FALSE;
  self->n_ways = 0;
  self->delivery = (ScepDelivery){ 0 };
  self->asks_otherwise = FALSE;
  scep_enrollment_note_retry_after (self, NULL);
  scep_enrollment_set_quiet (self, 0);
  self->attempt = g_cancellable_new ();
  self->hooks.changed (self->hooks.owner);
}

/**
 * scep_enrollment_abort:
 *
 * Gives up what is going on, without a word.
 */
void
scep_enrollment_abort (ScepEnrollment *self)
{
  g_autoptr (GCancellable) attempt = g_steal_pointer (&self->attempt);

  scep_enrollment_give_up_key (self);
  if (attempt == NULL)
    return;
  g_cancellable_cancel (attempt);
  if (g_str_equal (self->next_action, "send"))
    scep_enrollment_plan (self, "", 0);
  self->checking = FALSE;
  if (self->accept != NULL) {
    g_autoptr (GTask) task = g_steal_pointer (&self->accept);

    g_task_return_new_error (
        task, SCEP_ERROR, SCEP_ERROR_CANCELLED,
        _ ("The CA was not accepted, because the profile was changed or stopped meanwhile. Look at "
           "its state; if the CA is still offered, accept it again."));
  }
}

/**
 * scep_enrollment_interrupt:
 *
 * The same, for who evaluates anew: no step is halfway done any more.
 */
void
scep_enrollment_interrupt (ScepEnrollment *self)
{
  gboolean active = self->attempt != NULL;

  scep_enrollment_abort (self);
  if (active)
    scep_state_next (self->state, SCEP_EVENT_ABANDONED, &self->state);
}

/**
 * scep_enrollment_get_renewal:
 *
 * An installation in the future was made with another clock and does not count.
 *
 * Returns: when @certificate is to be replaced, Unix seconds
 */
gint64
scep_enrollment_get_renewal (ScepEnrollment *self, ScepCertificate *certificate)
{
  const char *text =
      scep_history_get_learned (self->history, SCEP_LEARNED_PROFILE, SCEP_LEARNED_INSTALLED);
  gint64 installed = text != NULL ? g_ascii_strtoll (text, NULL, 10) : 0;

  return scep_schedule_replacement (
      scep_enrollment_get_threshold (self, certificate),
      scep_certificate_get_not_after (certificate),
      installed <= scep_enrollment_now (self) ? installed : 0,
      scep_settings_get_uint (self->settings, SCEP_SETTING_CONNECT_RETRY_INTERVAL));
}

/**
 * scep_enrollment_is_due:
 *
 * Returns: whether @certificate is to be renewed by now
 */
gboolean
scep_enrollment_is_due (ScepEnrollment *self, ScepCertificate *certificate)
{
  return scep_settings_get_boolean (self->settings, SCEP_SETTING_CLIENT_CERTIFICATE_RENEW) &&
         scep_enrollment_now (self) >= scep_enrollment_get_renewal (self, certificate);
}

/**
 * scep_enrollment_get_next_check:
 *
 * Returns: when the CA is to be looked at, Unix seconds
 */
gint64
scep_enrollment_get_next_check (ScepEnrollment *self)
{
  gint64 last = scep_history_get_last_check (self->history);
  gint64 check = scep_schedule_next_check (scep_enrollment_now (self), last,
                                           scep_enrollment_get_check_interval (self));

  return scep_schedule_early_check (
      check, scep_enrollment_get_ca_end (self), last,
      scep_settings_get_uint (self->settings, SCEP_SETTING_CONNECT_RETRY_INTERVAL));
}
