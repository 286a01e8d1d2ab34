/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-enrollment-private.h"

#include "base/scep-error.h"
#include "base/scep-names.h"
#include "enroll/scep-enrollment-event.h"
#include "enroll/scep-schedule.h"

static guint
get_retry_interval (ScepEnrollment *self)
{
  return scep_settings_get_uint (self->settings, SCEP_SETTING_CONNECT_RETRY_INTERVAL);
}

static gint64
plan_retry (ScepEnrollment *self, ScepEvent event, gint64 now)
{
  guint refusals = scep_history_get_refusals (self->history);
  gint64 next = scep_schedule_after_failure (now, get_retry_interval (self), 0);

  if (event == SCEP_EVENT_REFUSED) {
    scep_history_set_refusals (self->history, ++refusals);
    next = scep_schedule_after_refusal (now, get_retry_interval (self), refusals);
  }
  /* Without another challenge the next attempt would be no better. */
  if (scep_enrollment_lacks_challenge (self))
    next = 0;
  scep_history_set_next_attempt (self->history, next);
  scep_enrollment_plan (self, next != 0 ? "retry" : "", next);
  return next;
}

static gint64
plan_poll (ScepEnrollment *self, gint64 now)
{
  gint64 next = scep_schedule_after_failure (now, get_retry_interval (self), 0);
  g_autoptr (ScepTransaction) later =
      scep_transaction_with_poll (self->transaction, SCEP_TRANSACTION_PENDING,
                                  scep_transaction_get_poll_count (self->transaction), next);

  scep_enrollment_set_transaction (self, later);
  scep_enrollment_save_transaction (self, NULL, NULL);
  scep_enrollment_plan (self, "poll", next);
  return next;
}

static void
announce (ScepEnrollment *self, const GError *error, gint64 next)
{
  g_autofree char *name =
      g_strconcat (SCEP_ERROR_PREFIX, scep_error_get_name ((ScepError) error->code), NULL);

  g_signal_emit_by_name (self->hooks.owner, "enrollment-failed", name, error->message, next);
}

static void
fail_check (ScepEnrollment *self, const GError *error)
{
  self->checking = FALSE;
  scep_history_set_error (self->history, error);
  scep_enrollment_note_failure (self, SCEP_EVENT_KIND_CHECK_FAILED, error);
  scep_enrollment_save_history (self);
  g_message ("Profile %s: %s", scep_profile_files_get_id (self->files), error->message);
  scep_enrollment_plan (self, "check", scep_enrollment_now (self) + get_retry_interval (self));
  self->hooks.changed (self->hooks.owner);
}

/* What the attempt leaves behind when it ends. */
static void
end_attempt (ScepEnrollment *self, const GError *error)
{
  g_autoptr (GTask) accept = g_steal_pointer (&self->accept);

  g_clear_object (&self->attempt);
  g_clear_object (&self->transport);
  /* Perhaps it could not say what it can: the next attempt asks again. */
  self->capabilities_known = FALSE;
  if (accept != NULL)
    g_task_return_error (accept, g_error_copy (error));
}

static gboolean
has_pending (ScepEnrollment *self)
{
  return self->transaction != NULL &&
         scep_transaction_get_phase (self->transaction) == SCEP_TRANSACTION_PENDING;
}

/* A transaction that has its signed PENDING lives on, but not for ever. */
static void
judge_pending (ScepEnrollment *self, ScepEvent *event, GError **why, gint64 now)
{
  gint64 next;

  if (*event != SCEP_EVENT_FAILED || !has_pending (self) ||
      scep_schedule_next_poll (now, get_retry_interval (self), 0,
                               scep_transaction_get_started (self->transaction), &next))
    return;
  g_clear_error (why);
  *why = scep_enrollment_make_poll_limit ();
  *event = SCEP_EVENT_ABANDONED;
}

/**
 * scep_enrollment_make_poll_limit:
 *
 * Returns: (transfer full): what to say when the CA has had its time
 */
GError *
scep_enrollment_make_poll_limit (void)
{
  GError *error = NULL;

  scep_error_set (&error, SCEP_ERROR_POLL_LIMIT,
                  "The CA has left the request undecided for seven days, so it was given up. "
                  "Ask the CA's operator, then enroll again.");
  return error;
}

/**
 * scep_enrollment_fail:
 * @event: %SCEP_EVENT_FAILED, %SCEP_EVENT_REFUSED, %SCEP_EVENT_ABANDONED or
 *   %SCEP_EVENT_BROKEN
 * @error: (transfer full): why
 *
 * Ends the attempt and plans the next one. A transaction with a signed PENDING
 * lives on unless it was refused or given up; one that never had a signed
 * answer does not, but its key is used again.
 */
void
scep_enrollment_fail (ScepEnrollment *self, ScepEvent event, GError *error)
{
  g_autoptr (GError) why = scep_enrollment_describe (self, error, NULL);
  gint64 now = scep_enrollment_now (self);
  gint64 next;

  g_error_free (error);
  end_attempt (self, why);
  if (self->checking) {
    fail_check (self, why);
    return;
  }

  judge_pending (self, &event, &why, now);
  if (event == SCEP_EVENT_REFUSED || event == SCEP_EVENT_ABANDONED) {
    scep_enrollment_drop_transaction (self);
  } else if (event == SCEP_EVENT_FAILED && self->transaction != NULL && !has_pending (self)) {
    scep_enrollment_set_transaction (self, NULL);
    scep_enrollment_save_transaction (self, NULL, NULL);
  }
  next = event == SCEP_EVENT_FAILED && has_pending (self) ? plan_poll (self, now)
                                                          : plan_retry (self, event, now);
  scep_history_set_error (self->history, why);
  scep_enrollment_note_failure (
      self, event == SCEP_EVENT_REFUSED ? SCEP_EVENT_KIND_REJECTED : SCEP_EVENT_KIND_FAILED, why);
  scep_enrollment_save_history (self);
  scep_enrollment_move (self, next != 0 ? event : SCEP_EVENT_SETTINGS_MISSING);
  announce (self, why, next);
}

/**
 * scep_enrollment_stay_faulty:
 * @error: a fault of this machine
 *
 * Nothing is lost and nobody is asked; another look comes later, unless the
 * profile is off.
 */
void
scep_enrollment_stay_faulty (ScepEnrollment *self, const GError *error)
{
  gboolean is_new = !self->faulty ||
                    g_strcmp0 (scep_history_get_error_message (self->history), error->message) != 0;
  gint64 next = scep_enrollment_now (self) + get_retry_interval (self);

  self->faulty = TRUE;
  scep_history_set_error (self->history, error);
  if (self->broken == NULL && !scep_settings_get_boolean (self->settings, SCEP_SETTING_ENABLED)) {
    scep_enrollment_plan (self, "", 0);
    scep_enrollment_move (self, SCEP_EVENT_DISABLED);
    return;
  }
  scep_enrollment_plan (self, "retry", next);
  scep_enrollment_move (self, SCEP_EVENT_BROKEN);
  if (is_new)
    announce (self, error, next);
}
