/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is there, and what is next. */
#include "enroll/scep-enrollment-private.h"

#include "base/scep-names.h"
#include "enroll/scep-rollover.h"
#include "enroll/scep-schedule.h"

static void
forget_failure (ScepEnrollment *self)
{
  scep_history_set_error (self->history, NULL);
  scep_history_set_refusals (self->history, 0);
  scep_history_set_next_attempt (self->history, 0);
  scep_enrollment_set_strays (self, 0);
}

/* The certificate is there: what is next is a matter of the calendar. */
static void
rest (ScepEnrollment *self, ScepCertificate *certificate)
{
  gint64 now = scep_enrollment_now (self);
  gint64 check = scep_enrollment_get_next_check (self);
  gint64 renew = scep_enrollment_get_renewal (self, certificate);

  /* Nobody wants any more what failed. */
  if (scep_history_get_next_attempt (self->history) != 0)
    forget_failure (self);
  else if (scep_enrollment_get_quiet (self) == 0)
    scep_enrollment_set_strays (self, 0);
  if (scep_settings_get_boolean (self->settings, SCEP_SETTING_CLIENT_CERTIFICATE_RENEW) &&
      renew > now && renew < check)
    scep_enrollment_plan (self, "renew", renew);
  else
    scep_enrollment_plan (self, "check", check);
  /* What was made with it is installed. */
  if (scep_settings_get_challenge (self->settings) != NULL &&
      scep_enrollment_challenge_is_spent (self))
    self->hooks.challenge_used (self->hooks.owner);
  g_clear_object (&self->transport);
  scep_enrollment_move (self, SCEP_EVENT_ENROLLED);
}

/**
 * scep_enrollment_succeed:
 *
 * Ends the attempt; whatever is next is found out anew.
 */
void
scep_enrollment_succeed (ScepEnrollment *self)
{
  gboolean checked = self->checking;

  g_clear_object (&self->attempt);
  self->checking = FALSE;
  /* A check says nothing of a request, or a poll, that failed before it, nor of how often. */
  if (!checked)
    forget_failure (self);
  else if (scep_history_get_next_attempt (self->history) == 0 &&
           !scep_enrollment_has_pending (self))
    scep_history_set_error (self->history, NULL);
  scep_enrollment_save_history (self);
  scep_enrollment_evaluate (self, FALSE);
}

static void
stay_quiet (ScepEnrollment *self, ScepEvent event)
{
  scep_enrollment_plan (self, "", 0);
  g_clear_object (&self->transport);
  scep_enrollment_move (self, event);
}

/* Finishes what an interruption left half done. */
static void
sweep (ScepEnrollment *self)
{
  g_autoptr (ScepKeystoreEntry) enrolled = scep_enrollment_lookup (self, SCEP_ALIAS_ENROLLED);
  g_autoptr (ScepKeystoreEntry) request = scep_enrollment_lookup (self, SCEP_ALIAS_REQUEST);
  g_autoptr (ScepKeystoreEntry) opener =
      self->transaction != NULL ? scep_enrollment_find_opener (self) : NULL;
  const char *hash =
      self->transaction != NULL ? scep_transaction_get_key_hash (self->transaction) : NULL;

  if (hash != NULL && scep_enrollment_entry_has_key (enrolled, hash) &&
      scep_keystore_entry_get_certificate (enrolled) != NULL) {
    scep_enrollment_take_installed (self);
  } else if (hash != NULL && (opener == NULL || !scep_enrollment_entry_has_key (request, hash))) {
    scep_enrollment_drop_transaction (self);
  } else if (hash == NULL && !self->swept && request != NULL) {
    scep_enrollment_remove_alias (self, SCEP_ALIAS_REQUEST);
  }
  self->swept = TRUE;
}

/* Whether there is anything that may be done at all. */
static gboolean
may_act (ScepEnrollment *self)
{
  g_auto (GStrv) missing = NULL;
  g_autoptr (GError) error = NULL;
  gboolean selected = scep_enrollment_select_keystore (self, &error);

  if (selected)
    sweep (self);
  if (!scep_settings_get_boolean (self->settings, SCEP_SETTING_ENABLED)) {
    stay_quiet (self, SCEP_EVENT_DISABLED);
    return FALSE;
  }
  missing = scep_enrollment_list_missing (self);
  if (missing[0] != NULL) {
    stay_quiet (self, SCEP_EVENT_SETTINGS_MISSING);
    scep_enrollment_plan_rescue (self);
    return FALSE;
  }
  if (error != NULL) {
    scep_enrollment_stay_faulty (self, error);
    return FALSE;
  }
  if (self->faulty)
    scep_history_set_error (self->history, NULL);
  self->faulty = FALSE;
  return TRUE;
}

/* Other settings of whom to trust are a reason for another certificate. */
static void
notice_move (ScepEnrollment *self, ScepKeystoreEntry *enrolled)
{
  if (self->record == NULL || scep_trust_record_matches (self->record, self->settings))
    return;
  if (self->transaction != NULL)
    scep_enrollment_drop_transaction (self);
  if (enrolled != NULL)
    scep_enrollment_set_mark (self, SCEP_LEARNED_ENROLL, TRUE);
}

static gboolean
must_wait (ScepEnrollment *self)
{
  return scep_enrollment_must_wait (self, scep_history_get_next_attempt (self->history));
}

static void
show_failure (ScepEnrollment *self)
{
  if (!scep_enrollment_was_refused (self)) {
    scep_enrollment_move (self, SCEP_EVENT_FAILED);
  } else if (scep_enrollment_is_patient (self)) {
    scep_enrollment_move (self, SCEP_EVENT_ENROLLED);
  } else if (self->state != SCEP_STATE_REJECTED) {
    scep_enrollment_move (self, SCEP_EVENT_REQUEST);
    scep_enrollment_move (self, SCEP_EVENT_REFUSED);
  }
}

static void
wait_for_attempt (ScepEnrollment *self)
{
  show_failure (self);
  scep_enrollment_plan_attempt (self);
  self->hooks.changed (self->hooks.owner);
}

/* The latest that the CA's own word, or what came of a poll, can have put the next one. */
static gboolean
must_wait_for_poll (ScepEnrollment *self, gint64 next)
{
  gint64 now = scep_enrollment_now (self);
  gint64 latest = now;

  scep_schedule_next_poll (
      now, scep_settings_get_uint (self->settings, SCEP_SETTING_CONNECT_RETRY_INTERVAL),
      scep_transaction_get_poll_count (self->transaction),
      scep_transaction_get_started (self->transaction), &latest);
  return (next > now && next <= latest) || scep_enrollment_must_wait (self, next);
}

/* The CA alone is asked about: the state is that of what waits for it. */
static void
look_at_ca (ScepEnrollment *self)
{
  self->check_now = FALSE;
  scep_history_learn (self->history, SCEP_LEARNED_PROFILE, SCEP_LEARNED_DOUBTED, NULL);
  self->checking = TRUE;
  scep_enrollment_begin (self);
  scep_enrollment_bootstrap (self);
}

static void
begin_check (ScepEnrollment *self)
{
  if (self->state != SCEP_STATE_ENROLLED)
    scep_enrollment_move (self, SCEP_EVENT_ENROLLED);
  look_at_ca (self);
}

static gboolean
doubts_ca (ScepEnrollment *self)
{
  return scep_enrollment_has_mark (self, SCEP_LEARNED_DOUBTED);
}

static void
go_on_pending (ScepEnrollment *self)
{
  gint64 next =
      MAX (scep_transaction_get_next_poll (self->transaction), scep_enrollment_get_quiet (self));

  if (self->state != SCEP_STATE_PENDING)
    scep_enrollment_move (self, SCEP_EVENT_PENDING);
  if (must_wait_for_poll (self, next)) {
    scep_enrollment_plan (self, "poll", next);
    self->hooks.changed (self->hooks.owner);
    return;
  }
  if (!scep_enrollment_network_will_do (self, FALSE))
    return;
  if (doubts_ca (self)) {
    look_at_ca (self);
    return;
  }
  scep_enrollment_begin (self);
  scep_enrollment_send (self, TRUE);
}

static gboolean
wants_certificate (ScepEnrollment *self, ScepCertificate *certificate)
{
  return certificate == NULL || scep_enrollment_has_mark (self, SCEP_LEARNED_ENROLL) ||
         scep_enrollment_has_mark (self, SCEP_LEARNED_RENEW) ||
         scep_enrollment_is_due (self, certificate);
}

static gboolean
is_check_due (ScepEnrollment *self, gboolean due)
{
  return self->check_now || (due && g_str_equal (self->next_action, "check"));
}

/* Whether nothing is to be done that the time matters to. */
static gboolean
is_content (ScepEnrollment *self, ScepCertificate *certificate, gboolean due)
{
  return self->trust != NULL && self->transaction == NULL &&
         !scep_enrollment_holds_certificate (self) && !wants_certificate (self, certificate) &&
         !is_check_due (self, due);
}

/* One that is perhaps sent, and never had a signed answer, is asked about once. */
static void
probe_transaction (ScepEnrollment *self)
{
  scep_enrollment_begin (self);
  scep_enrollment_move (self,
                        scep_enrollment_is_renewing (self) ? SCEP_EVENT_RENEW : SCEP_EVENT_REQUEST);
  scep_enrollment_send (self, TRUE);
}

/* Whether there is something to ask the server. */
static gboolean
is_due_to_ask (ScepEnrollment *self, ScepCertificate *certificate, gboolean due)
{
  return self->trust == NULL || self->transaction != NULL ||
         (!must_wait (self) && wants_certificate (self, certificate)) || is_check_due (self, due);
}

/* A check alone: no certificate is asked for. */
static gboolean
is_mere_check (ScepEnrollment *self, ScepCertificate *certificate)
{
  return self->trust != NULL && self->transaction == NULL &&
         (must_wait (self) || !wants_certificate (self, certificate));
}

/* It is as good as a check. */
static void
begin_bootstrap (ScepEnrollment *self)
{
  self->check_now = FALSE;
  scep_history_learn (self->history, SCEP_LEARNED_PROFILE, SCEP_LEARNED_DOUBTED, NULL);
  scep_enrollment_begin (self);
  scep_enrollment_bootstrap (self);
}

/* What a failure has put off is not asked for any earlier, whatever is in doubt since. */
static gboolean
keeps_quiet (ScepEnrollment *self)
{
  gint64 quiet = scep_enrollment_get_quiet (self);

  if (quiet == 0)
    return FALSE;
  show_failure (self);
  scep_enrollment_plan (self, "retry", quiet);
  self->hooks.changed (self->hooks.owner);
  return TRUE;
}

static void
ask (ScepEnrollment *self, ScepCertificate *certificate)
{
  gboolean mere_check = is_mere_check (self, certificate);

  scep_enrollment_tell_before_next (self);
  if (keeps_quiet (self) || !scep_enrollment_network_will_do (self, mere_check))
    return;
  if (mere_check) {
    begin_check (self);
  } else if (self->trust != NULL && doubts_ca (self) && scep_enrollment_is_renewing (self)) {
    look_at_ca (self);
  } else if (self->trust == NULL || doubts_ca (self)) {
    begin_bootstrap (self);
  } else if (self->transaction != NULL) {
    probe_transaction (self);
  } else {
    scep_enrollment_begin (self);
    scep_enrollment_request (self);
  }
}

static void
act (ScepEnrollment *self, ScepCertificate *certificate, gboolean due)
{
  if (scep_enrollment_holds_certificate (self))
    scep_enrollment_await_validity (self);
  else if (self->trust != NULL && scep_enrollment_has_pending (self))
    go_on_pending (self);
  else if (must_wait (self) && !(scep_enrollment_is_patient (self) && is_check_due (self, due)))
    wait_for_attempt (self);
  else if (is_due_to_ask (self, certificate, due))
    ask (self, certificate);
  else
    rest (self, certificate);
}

static void
look (ScepEnrollment *self, gboolean due)
{
  g_autoptr (ScepKeystoreEntry) enrolled = NULL;
  g_autoptr (GError) error = NULL;
  ScepCertificate *certificate;

  if (!self->started || self->attempt != NULL)
    return;
  if (self->broken != NULL) {
    scep_enrollment_stay_faulty (self, self->broken);
    if (due)
      self->hooks.reload (self->hooks.owner);
    return;
  }
  if (self->reset_pending) {
    scep_enrollment_reset (self, NULL);
    return;
  }
  scep_enrollment_yield_to_renewal (self);
  if (!may_act (self))
    return;
  /* Somebody has been asked whom to trust and has not answered. */
  if (self->state == SCEP_STATE_AWAITING_TRUST && self->offered != NULL)
    return;

  enrolled = scep_enrollment_lookup (self, SCEP_ALIAS_ENROLLED);
  notice_move (self, enrolled);
  scep_enrollment_notice_names (self, enrolled);
  if (!scep_enrollment_restore_trust (self, &error)) {
    scep_enrollment_doubt_clock (self, error);
    return;
  }
  scep_enrollment_judge_installed (self, enrolled);
  if (self->state == SCEP_STATE_PENDING && self->transaction == NULL)
    scep_state_next (self->state, SCEP_EVENT_ABANDONED, &self->state);
  certificate = enrolled != NULL ? scep_keystore_entry_get_certificate (enrolled) : NULL;
  if (is_content (self, certificate, due) || scep_enrollment_clock_will_do (self))
    act (self, certificate, due);
}

/**
 * scep_enrollment_evaluate:
 * @due: whether the deadline that was planned has come
 *
 * Looks at what is there and does what is next. While an attempt runs it is
 * the attempt that says what is next.
 */
void
scep_enrollment_evaluate (ScepEnrollment *self, gboolean due)
{
  look (self, due);
  scep_enrollment_tell_installed (self);
  scep_enrollment_resume_rollover (self);
}
