/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-enrollment-private.h"

#include "base/scep-error.h"
#include "base/scep-names.h"
#include "enroll/scep-enrollment-event.h"
#include "enroll/scep-failure-plan.h"
#include "enroll/scep-schedule.h"

#include <glib/gi18n-lib.h>

static guint
get_retry_interval (ScepEnrollment *self)
{
  return scep_settings_get_uint (self->settings, SCEP_SETTING_CONNECT_RETRY_INTERVAL);
}

static ScepFailurePlan
make_plan (ScepEnrollment *self, ScepEvent event, const GError *error)
{
  const ScepDelivery *delivery = &self->delivery;
  ScepTransaction *pending = scep_enrollment_has_pending (self) ? self->transaction : NULL;
  ScepFailure failure = {
    .event = event,
    .error = (ScepError) error->code,
    .is_message = delivery->operation == SCEP_OPERATION_PKI,
    .was_sent = delivery->was_sent,
    .status = delivery->status,
    .is_cms = delivery->is_cms,
    .is_check = self->checking,
    .has_pending = pending != NULL,
    .now = scep_enrollment_now (self),
    .interval = get_retry_interval (self),
    .retry_after = scep_enrollment_get_retry_after (self),
    .refusals = scep_history_get_refusals (self->history),
    .strays = scep_enrollment_get_strays (self),
    .polls = pending != NULL ? scep_transaction_get_poll_count (pending) : 0,
    .started = pending != NULL ? scep_transaction_get_started (pending) : 0,
  };

  return scep_failure_plan (&failure);
}

/* With the rest of the history it is saved. */
static void
take_plan (ScepEnrollment *self, const ScepFailurePlan *plan)
{
  scep_history_set_refusals (self->history, plan->refusals);
  scep_enrollment_set_strays (self, plan->strays);
  scep_enrollment_set_quiet (self, plan->quiet);
  if (plan->doubts_ca)
    scep_history_learn (self->history, SCEP_LEARNED_PROFILE, SCEP_LEARNED_DOUBTED, "yes");
  if (plan->doubts_recipient)
    scep_enrollment_doubt_recipient (self);
}

static gint64
plan_retry (ScepEnrollment *self, gint64 next)
{
  /* Without another challenge the next attempt would be no better. */
  if (scep_enrollment_lacks_challenge (self))
    next = 0;
  scep_history_set_next_attempt (self->history, next);
  scep_enrollment_plan_attempt (self);
  return next;
}

static gint64
plan_poll (ScepEnrollment *self, gint64 next)
{
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

  g_signal_emit_by_name (self->hooks.owner,
                         scep_enrollment_is_renewing (self) ? "renewal-failed"
                                                            : "enrollment-failed",
                         name, error->message, next);
}

static void
tell_of_check (ScepEnrollment *self, const GError *error)
{
  scep_enrollment_note_failure (self, SCEP_EVENT_KIND_CHECK_FAILED, error);
  scep_enrollment_save_history (self);
  scep_enrollment_say (self, error->message);
}

/* What waited for the check goes on without it. */
static void
plan_after_check (ScepEnrollment *self, gint64 next)
{
  gint64 attempt = scep_history_get_next_attempt (self->history);

  if (scep_enrollment_has_pending (self)) {
    plan_poll (self, MAX (next, scep_transaction_get_next_poll (self->transaction)));
  } else if (attempt != 0) {
    scep_history_set_next_attempt (self->history, MAX (next, attempt));
    scep_enrollment_plan_attempt (self);
  } else {
    scep_enrollment_plan (self, "check", next);
  }
}

static void
fail_check (ScepEnrollment *self, const GError *error)
{
  ScepFailurePlan plan = make_plan (self, SCEP_EVENT_FAILED, error);

  self->checking = FALSE;
  take_plan (self, &plan);
  scep_history_set_error (self->history, error);
  plan_after_check (self, plan.next);
  tell_of_check (self, error);
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

/**
 * scep_enrollment_has_pending:
 *
 * Returns: whether the CA has a request and has signed that it will decide
 */
gboolean
scep_enrollment_has_pending (ScepEnrollment *self)
{
  return self->transaction != NULL &&
         scep_transaction_get_phase (self->transaction) == SCEP_TRANSACTION_PENDING;
}

/* A transaction that has its signed PENDING lives on, but not for ever. */
static void
judge_pending (ScepEnrollment *self, ScepEvent *event, GError **why, gint64 now)
{
  gint64 next;

  if (*event != SCEP_EVENT_FAILED || !scep_enrollment_has_pending (self) ||
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
                  _ ("The CA has left the request undecided for seven days, so it was given up. "
                     "Ask the CA's operator, then enroll again."));
  return error;
}

static gboolean
is_refusal (const char *name)
{
  static const ScepError codes[] = { SCEP_ERROR_BAD_ALG,     SCEP_ERROR_BAD_MESSAGE_CHECK,
                                     SCEP_ERROR_BAD_REQUEST, SCEP_ERROR_BAD_TIME,
                                     SCEP_ERROR_BAD_CERT_ID, SCEP_ERROR_REJECTED_OTHER };

  for (guint i = 0; i < G_N_ELEMENTS (codes); i++) {
    if (g_str_equal (name, scep_error_get_name (codes[i])))
      return TRUE;
  }
  return FALSE;
}

/**
 * scep_enrollment_was_refused:
 *
 * Returns: whether the last thing that failed was refused by the CA
 */
gboolean
scep_enrollment_was_refused (ScepEnrollment *self)
{
  return is_refusal (scep_history_get_error (self->history));
}

/**
 * scep_enrollment_is_patient:
 *
 * Returns: whether there is a certificate that is valid and only to be renewed,
 *   so that a refusal is no alarm: some CAs refuse a renewal that comes early
 */
gboolean
scep_enrollment_is_patient (ScepEnrollment *self)
{
  return scep_enrollment_is_renewing (self) && !scep_enrollment_has_expired (self);
}

/* What becomes of the transaction. */
static void
judge_transaction (ScepEnrollment *self, ScepEvent event)
{
  if (event == SCEP_EVENT_REFUSED || event == SCEP_EVENT_ABANDONED) {
    scep_enrollment_drop_transaction (self);
  } else if (event == SCEP_EVENT_FAILED && self->transaction != NULL &&
             !scep_enrollment_has_pending (self)) {
    scep_enrollment_set_transaction (self, NULL);
    scep_enrollment_save_transaction (self, NULL, NULL);
  }
}

static void
note_failure (ScepEnrollment *self, ScepEvent event, const GError *error)
{
  const char *kind = SCEP_EVENT_KIND_FAILED;

  if (event == SCEP_EVENT_REFUSED)
    kind = SCEP_EVENT_KIND_REJECTED;
  else if (scep_enrollment_is_renewing (self))
    kind = SCEP_EVENT_KIND_RENEWAL_FAILED;
  scep_enrollment_note_failure (self, kind, error);
  scep_enrollment_save_history (self);
}

/* Whether the transaction waits for its next poll as if nothing had happened. */
static gboolean
goes_on_polling (ScepEnrollment *self, ScepEvent event)
{
  return event == SCEP_EVENT_FAILED && scep_enrollment_has_pending (self);
}

static void
fail_request (ScepEnrollment *self, ScepEvent event, const GError *why)
{
  ScepFailurePlan plan = make_plan (self, event, why);
  gint64 next;

  judge_transaction (self, event);
  take_plan (self, &plan);
  scep_history_set_error (self->history, why);
  next = goes_on_polling (self, event) ? plan_poll (self, plan.next) : plan_retry (self, plan.next);
  note_failure (self, event, why);
  if (next == 0)
    event = SCEP_EVENT_SETTINGS_MISSING;
  else if (event == SCEP_EVENT_REFUSED && scep_enrollment_is_patient (self))
    event = SCEP_EVENT_ENROLLED;
  scep_enrollment_move (self, event);
  announce (self, why, next);
}

/* What a person is told beside the reason itself. */
static GError *
explain (ScepEnrollment *self, const GError *error)
{
  static const char *const expired = N_ (" The certificate has expired; if the CA does not renew "
                                         "it any more, set a ChallengePassword to enroll anew.");
  GError *why = scep_enrollment_describe (self, error, NULL);

  if (is_refusal (scep_error_get_name ((ScepError) why->code)) &&
      scep_settings_get_challenge (self->settings) == NULL && scep_enrollment_has_expired (self)) {
    g_autofree char *message = g_steal_pointer (&why->message);

    why->message = g_strconcat (message, _ (expired), NULL);
  }
  return why;
}

/**
 * scep_enrollment_fail_answer:
 * @error: (transfer full): what is wrong with an answer of the server
 *
 * scep_enrollment_fail() for it.
 */
void
scep_enrollment_fail_answer (ScepEnrollment *self, ScepEvent event, GError *error)
{
  g_autofree char *host = scep_endpoint_get_host (
      scep_settings_get_string (self->settings, SCEP_SETTING_SERVER_ENDPOINT));

  scep_enrollment_fail (self, event, scep_enrollment_blame_answer (host, error));
}

/**
 * scep_enrollment_fail:
 * @event: %SCEP_EVENT_FAILED, %SCEP_EVENT_REFUSED, %SCEP_EVENT_ABANDONED or
 *   %SCEP_EVENT_BROKEN
 * @error: (transfer full): why
 *
 * Ends the attempt and plans the next one, unless it goes on in another way. A
 * transaction with a signed PENDING lives on unless it was refused or given
 * up; one that never had a signed answer does not, but its key is used again.
 */
void
scep_enrollment_fail (ScepEnrollment *self, ScepEvent event, GError *error)
{
  g_autoptr (GError) why = explain (self, error);

  g_error_free (error);
  if (event != SCEP_EVENT_BROKEN && scep_enrollment_try_next_way (self, why))
    return;
  end_attempt (self, why);
  if (self->checking) {
    fail_check (self, why);
  } else {
    judge_pending (self, &event, &why, scep_enrollment_now (self));
    fail_request (self, event, why);
  }
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

static void
put_off_check (ScepEnrollment *self, const GError *error, gint64 next)
{
  scep_history_set_error (self->history, error);
  scep_enrollment_plan (self, "check", next);
  if (self->state == SCEP_STATE_DISABLED || self->state == SCEP_STATE_INCOMPLETE)
    scep_enrollment_move (self, SCEP_EVENT_ENROLLED);
  else
    self->hooks.changed (self->hooks.owner);
}

static void
put_off_request (ScepEnrollment *self, const GError *error, gint64 next)
{
  scep_history_set_error (self->history, error);
  if (scep_enrollment_has_pending (self)) {
    scep_enrollment_plan (self, "poll", next);
  } else {
    scep_history_set_next_attempt (self->history, next);
    scep_enrollment_plan_attempt (self);
  }
  scep_enrollment_move (self, SCEP_EVENT_FAILED);
}

/* Whether nobody has been told of @error since somebody last did something about it. */
static gboolean
is_news (ScepEnrollment *self, const GError *error, gboolean check)
{
  gboolean wanted = !check && !scep_enrollment_has_pending (self) &&
                    scep_history_get_next_attempt (self->history) == 0;

  return wanted || g_strcmp0 (scep_history_get_error_message (self->history), error->message) != 0;
}

/**
 * scep_enrollment_put_off:
 * @error: (transfer full): why the server is not even asked
 * @check: whether it is a check that is due
 *
 * What has begun lives on as it is, and nothing is written but the first time:
 * a machine may be like that for months. Another look comes after
 * ConnectRetryInterval.
 */
void
scep_enrollment_put_off (ScepEnrollment *self, GError *error, gboolean check)
{
  g_autoptr (GError) why = error;
  gint64 next = scep_enrollment_now (self) + get_retry_interval (self);
  gboolean is_new = is_news (self, why, check);

  if (check)
    put_off_check (self, why, next);
  else
    put_off_request (self, why, next);
  if (!is_new)
    return;
  if (check) {
    tell_of_check (self, why);
  } else {
    note_failure (self, SCEP_EVENT_FAILED, why);
    announce (self, why, next);
  }
}
