/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-enrollment-private.h"

#include "base/scep-error.h"
#include "base/scep-names.h"
#include "enroll/scep-endpoint.h"
#include "enroll/scep-enrollment-event.h"
#include "enroll/scep-schedule.h"
#include "enroll/scep-verification.h"

#include <glib/gi18n-lib.h>

/* A refusal need not mean what it says. */
static gboolean
may_be_early (ScepEnrollment *self, const GError *failure)
{
  return scep_enrollment_is_patient (self) &&
         (failure->code == SCEP_ERROR_BAD_REQUEST || failure->code == SCEP_ERROR_REJECTED_OTHER);
}

static void
refuse (ScepEnrollment *self, ScepCertRep *rep)
{
  GError *failure = scep_cert_rep_get_failure (rep);
  g_autofree char *host = scep_endpoint_get_host (
      scep_settings_get_string (self->settings, SCEP_SETTING_SERVER_ENDPOINT));
  gboolean told = scep_transaction_uses_challenge (self->transaction);
  g_autofree char *text =
      /* TRANSLATORS: what it says is a sentence with its full stop */
      g_strdup_printf (told ? _ ("The SCEP server at %s says: %s")
                            : _ ("The SCEP server at %s says: %s No challenge password was sent "
                                 "with the request."),
                       host, failure->message);

  if (may_be_early (self, failure)) {
    g_autofree char *refusal = g_steal_pointer (&text);

    text = g_strconcat (refusal,
                        _ (" It may also be too early: some CAs renew a certificate only shortly "
                           "before it expires. RenewalThreshold sets when renewal is tried."),
                        NULL);
  }
  g_free (failure->message);
  failure->message = g_steal_pointer (&text);
  scep_enrollment_fail (self, SCEP_EVENT_REFUSED, failure);
}

static void
on_pending_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ScepStep) step = user_data;
  ScepEnrollment *self = step->self;
  GError *error = NULL;
  gboolean written = scep_profile_files_finish (SCEP_PROFILE_FILES (source), result, &error);
  gint64 next;

  if (!scep_step_is_current (step)) {
    g_clear_error (&error);
    return;
  }
  if (!written) {
    scep_enrollment_fail (self, SCEP_EVENT_FAILED, error);
    return;
  }
  next = scep_transaction_get_next_poll (self->transaction);
  g_clear_object (&self->attempt);
  g_clear_object (&self->transport);
  scep_history_set_error (self->history, NULL);
  scep_history_set_refusals (self->history, 0);
  scep_enrollment_set_strays (self, 0);
  scep_enrollment_note_pending (self);
  scep_enrollment_save_history (self);
  scep_enrollment_plan (self, "poll", next);
  scep_enrollment_move (self, SCEP_EVENT_PENDING);
  g_signal_emit_by_name (self->hooks.owner, "pending", scep_transaction_get_id (self->transaction),
                         next);
}

static void
wait_for_ca (ScepEnrollment *self)
{
  ScepTransaction *old = self->transaction;
  guint count = scep_transaction_get_poll_count (old) + (self->polling ? 1 : 0);
  gint64 next;
  g_autoptr (ScepTransaction) waiting = NULL;

  if (!scep_schedule_next_poll (
          scep_enrollment_now (self),
          scep_settings_get_uint (self->settings, SCEP_SETTING_CONNECT_RETRY_INTERVAL), count,
          scep_transaction_get_started (old), &next)) {
    scep_enrollment_fail (self, SCEP_EVENT_ABANDONED, scep_enrollment_make_poll_limit ());
    return;
  }
  waiting = scep_transaction_with_poll (old, SCEP_TRANSACTION_PENDING, count, next);
  scep_enrollment_set_transaction (self, waiting);
  scep_enrollment_save_transaction (self, on_pending_written, scep_step_new (self));
}

static void
on_verified (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ScepStep) step = user_data;
  ScepEnrollment *self = step->self;
  GError *error = NULL;
  g_autoptr (ScepCertRep) rep = scep_verification_finish (result, &error);
  ScepPkiStatus status;

  if (!scep_step_is_current (step)) {
    g_clear_error (&error);
    return;
  }
  if (rep == NULL) {
    scep_enrollment_fail_answer (self, SCEP_EVENT_FAILED, error);
    return;
  }

  scep_enrollment_confirm_method (self, &self->delivery);
  status = scep_cert_rep_get_status (rep);
  /* A probe after a restart may be refused because the request never arrived. */
  if (status != SCEP_PKI_STATUS_FAILURE || !self->polling ||
      scep_transaction_get_phase (self->transaction) == SCEP_TRANSACTION_PENDING)
    scep_enrollment_spend_challenge (self);
  scep_enrollment_remember_reply (self, scep_cert_rep_get_warnings (rep));
  if (status == SCEP_PKI_STATUS_FAILURE)
    refuse (self, rep);
  else if (status == SCEP_PKI_STATUS_PENDING)
    wait_for_ca (self);
  else
    scep_enrollment_install (self, g_steal_pointer (&rep));
}

/**
 * scep_enrollment_receive:
 * @body: what the server answered to the message that was sent last
 *
 * Believes it only if it is signed by the CA and answers that very message
 * (RFC 8894 section 3.3.2).
 */
void
scep_enrollment_receive (ScepEnrollment *self, GBytes *body)
{
  g_autoptr (GPtrArray) signers = scep_enrollment_list_signers (self, self->trust);
  ScepCertRepExpectation expectation = {
    .signers = signers,
    .policy = scep_settings_get_policy (self->settings),
    .transaction_id = scep_transaction_get_id (self->transaction),
    .nonce = self->nonce,
  };

  scep_verification_run (self->crypto, body, &expectation, self->attempt, on_verified,
                         scep_step_new (self));
}
