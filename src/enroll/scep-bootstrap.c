/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-enrollment-private.h"

#include "base/scep-error.h"
#include "codec/scep-ca-bundle.h"
#include "enroll/scep-enrollment-event.h"
#include "enroll/scep-rollover.h"

#include <glib/gi18n-lib.h>

/* A judgement in a worker: everything it reads is its own. */
typedef struct {
  GBytes *body;             /* (owned) (nullable) */
  GPtrArray *bundle;        /* (owned) (nullable) */
  char *pin;                /* (owned) (nullable) */
  ScepCertificate *anchor;  /* (owned) (nullable) */
  char *ra_pin;             /* (owned) (nullable) */
  char *host;               /* (owned) */
  ScepCaHeritage *heritage; /* (owned) */
  ScepCaTrustQuestion question;
} Judgement;

typedef struct {
  GPtrArray *bundle;        /* (owned) */
  ScepCaTrust *trust;       /* (owned) (nullable) */
  ScepCertificate *offered; /* (owned) (nullable) */
} Verdict;

static void
judgement_free (gpointer data)
{
  Judgement *judgement = data;

  g_clear_pointer (&judgement->body, g_bytes_unref);
  g_clear_pointer (&judgement->bundle, g_ptr_array_unref);
  g_free (judgement->pin);
  g_clear_object (&judgement->anchor);
  g_free (judgement->ra_pin);
  g_free (judgement->host);
  scep_ca_heritage_free (judgement->heritage);
  g_free (judgement);
}

static void
verdict_free (Verdict *verdict)
{
  g_clear_pointer (&verdict->bundle, g_ptr_array_unref);
  g_clear_pointer (&verdict->trust, scep_ca_trust_unref);
  g_clear_object (&verdict->offered);
  g_free (verdict);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Verdict, verdict_free)

static void
judge_in_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  Judgement *judgement = task_data;
  g_autoptr (Verdict) verdict = g_new0 (Verdict, 1);
  g_autoptr (GPtrArray) unreadable = g_ptr_array_new_with_free_func (g_free);
  gboolean done = FALSE;
  GError *error = NULL;

  verdict->bundle = judgement->bundle != NULL
                        ? g_ptr_array_ref (judgement->bundle)
                        : scep_ca_bundle_read (judgement->body, unreadable, &error);
  if (verdict->bundle == NULL)
    error = scep_enrollment_blame_answer (judgement->host, error);
  if (verdict->bundle != NULL && (judgement->pin != NULL || judgement->anchor != NULL)) {
    verdict->trust = scep_ca_generation_judge (verdict->bundle, &judgement->question,
                                               judgement->heritage, &error);
    done = verdict->trust != NULL;
  } else if (verdict->bundle != NULL) {
    verdict->offered = scep_ca_trust_find_offered (verdict->bundle, judgement->host, &error);
    done = verdict->offered != NULL;
  }

  if (done)
    g_task_return_pointer (task, g_steal_pointer (&verdict), (GDestroyNotify) verdict_free);
  else if (verdict->bundle != NULL)
    g_task_return_error (task, scep_ca_bundle_explain (unreadable, error));
  else
    g_task_return_error (task, error);
}

static void
offer (ScepEnrollment *self, Verdict *verdict)
{
  g_clear_pointer (&self->bundle, g_ptr_array_unref);
  self->bundle = g_ptr_array_ref (verdict->bundle);
  g_free (self->offered);
  self->offered = g_strdup (scep_certificate_get_fingerprint (verdict->offered));
  g_clear_object (&self->attempt);
  g_clear_object (&self->transport);
  scep_history_set_error (self->history, NULL);
  scep_enrollment_note_offer (self, verdict->offered);
  scep_enrollment_save_history (self);
  scep_enrollment_move (self, SCEP_EVENT_CA_OFFERED);
  g_signal_emit_by_name (self->hooks.owner, "trust-requested", self->offered,
                         scep_certificate_get_subject (verdict->offered));
}

static void
on_judged (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ScepStep) step = user_data;
  ScepEnrollment *self = step->self;
  GError *error = NULL;
  g_autoptr (Verdict) verdict = g_task_propagate_pointer (G_TASK (result), &error);

  if (!scep_step_is_current (step)) {
    g_clear_error (&error);
    return;
  }
  if (verdict != NULL)
    scep_enrollment_confirm_identifier (self);
  if (verdict == NULL)
    scep_enrollment_fail (self, SCEP_EVENT_FAILED, error);
  else if (verdict->trust == NULL)
    offer (self, verdict);
  else if (self->checking)
    scep_enrollment_look_ahead (self, verdict->trust);
  else
    scep_enrollment_install_trust (self, verdict->trust);
}

/* Who has to vouch for the certificates of the server. */
static gboolean
choose_pin (ScepEnrollment *self, Judgement *judgement, const char *accepted, GError **error)
{
  const char *pin = scep_settings_get_string (self->settings, SCEP_SETTING_CA_ROOT_FINGERPRINT);
  const ScepTrustEntry *known =
      self->record != NULL && scep_trust_record_matches (self->record, self->settings)
          ? scep_trust_record_get_anchor (self->record)
          : NULL;

  /* Somebody was asked about it, or will be. */
  if (known != NULL && !self->checking && known->provenance != SCEP_PROVENANCE_ACCEPTED)
    known = NULL;

  judgement->question.pin_provenance = SCEP_PROVENANCE_ROLLOVER;
  if (scep_enrollment_find_followed (self, &judgement->anchor, &judgement->pin))
    return TRUE;
  judgement->question.pin_provenance = SCEP_PROVENANCE_FINGERPRINT;
  if (scep_settings_get_verification_method (self->settings) == SCEP_VERIFY_CERTIFICATE) {
    judgement->anchor = scep_certificate_new_from_pem (
        scep_settings_get_string (self->settings, SCEP_SETTING_CA_ROOT_CERTIFICATE), error);
    return judgement->anchor != NULL;
  }
  if (pin[0] == '\0' && (accepted != NULL || known != NULL)) {
    pin = accepted != NULL ? accepted : known->fingerprint;
    judgement->question.pin_provenance = SCEP_PROVENANCE_ACCEPTED;
  }
  if (pin[0] != '\0')
    judgement->pin = g_strdup (pin);
  return TRUE;
}

static void
judge (ScepEnrollment *self, GBytes *body, const char *accepted)
{
  Judgement *judgement = g_new0 (Judgement, 1);
  const char *endpoint = scep_settings_get_string (self->settings, SCEP_SETTING_SERVER_ENDPOINT);
  const char *ra_pin =
      scep_settings_get_string (self->settings, SCEP_SETTING_RA_CERTIFICATE_FINGERPRINT);
  g_autoptr (GTask) task = NULL;
  GError *error = NULL;

  task = g_task_new (NULL, self->attempt, on_judged, scep_step_new (self));
  g_task_set_source_tag (task, judge);
  g_task_set_task_data (task, judgement, judgement_free);
  judgement->body = body != NULL ? g_bytes_ref (body) : NULL;
  judgement->bundle = body == NULL ? g_ptr_array_ref (self->bundle) : NULL;
  judgement->ra_pin = ra_pin[0] != '\0' ? g_strdup (ra_pin) : NULL;
  judgement->host = scep_endpoint_get_host (endpoint);
  judgement->heritage = scep_enrollment_make_heritage (self);
  if (!choose_pin (self, judgement, accepted, &error)) {
    g_task_return_error (task, error);
    return;
  }
  judgement->question.pin = judgement->pin;
  judgement->question.anchor = judgement->anchor;
  judgement->question.ra_pin = judgement->ra_pin;
  judgement->question.tls = scep_endpoint_is_https (endpoint);
  judgement->question.policy = scep_settings_get_policy (self->settings);
  judgement->question.now = scep_enrollment_now (self);
  judgement->question.host = judgement->host;
  scep_worker_run (self->crypto, task, judge_in_thread);
}

/**
 * scep_enrollment_judge:
 * @accepted: the fingerprint that somebody confirmed
 *
 * Judges again what the server sent when there was no pin.
 */
void
scep_enrollment_judge (ScepEnrollment *self, const char *accepted)
{
  judge (self, NULL, accepted);
}

static void
on_ca_certificates (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ScepStep) step = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) body = scep_enrollment_exchange_finish (step, source, result, &error);

  if (!scep_step_is_current (step))
    return;
  if (body == NULL && scep_enrollment_may_ask_otherwise (step->self, error))
    scep_enrollment_exchange (step->self, SCEP_OPERATION_GET_CA_CERT, NULL, on_ca_certificates,
                              scep_step_new (step->self));
  else if (body == NULL)
    scep_enrollment_fail (
        step->self, SCEP_EVENT_FAILED,
        scep_enrollment_describe (step->self, error, _ ("The CA certificates were not fetched")));
  else
    judge (step->self, body, NULL);
}

static void
ask_ca_certificates (ScepEnrollment *self)
{
  scep_enrollment_exchange (self, SCEP_OPERATION_GET_CA_CERT, NULL, on_ca_certificates,
                            scep_step_new (self));
}

/**
 * scep_enrollment_bootstrap:
 *
 * Asks for capabilities and CA certificates and judges them: the only things
 * that are sent before the CA is authenticated.
 */
void
scep_enrollment_bootstrap (ScepEnrollment *self)
{
  if (!self->checking)
    scep_enrollment_move (self, SCEP_EVENT_BOOTSTRAP);
  scep_enrollment_ask_capabilities (self, ask_ca_certificates);
}

static void
say_untrusted (ScepEnrollment *self, const GError *error)
{
  g_autofree char *text = g_strdup_printf (_ ("The CA is asked again: %s"), error->message);

  scep_enrollment_say (self, text);
}

/**
 * scep_enrollment_restore_trust:
 *
 * Puts the record and the keystore's certificates together. %NULL trust
 * afterwards means that a bootstrap is due.
 *
 * Returns: %FALSE with %SCEP_ERROR_CLOCK_IMPLAUSIBLE where what has been
 *   trusted before is not valid yet: the server is not to be asked about that
 */
gboolean
scep_enrollment_restore_trust (ScepEnrollment *self, GError **why)
{
  g_autoptr (GPtrArray) certificates = NULL;
  g_autoptr (GPtrArray) entries = NULL;
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&self->trust, scep_ca_trust_unref);
  if (self->record == NULL || !scep_trust_record_matches (self->record, self->settings) ||
      scep_enrollment_has_mark (self, SCEP_LEARNED_STALE))
    return TRUE;

  certificates = g_ptr_array_new_with_free_func (g_object_unref);
  entries = scep_enrollment_list_ca_entries (self);
  for (guint i = 0; i < entries->len; i++) {
    ScepCertificate *certificate =
        scep_keystore_entry_get_certificate (g_ptr_array_index (entries, i));

    if (certificate != NULL)
      g_ptr_array_add (certificates, g_object_ref (certificate));
  }
  self->trust =
      scep_ca_trust_restore (self->record, certificates, scep_settings_get_policy (self->settings),
                             scep_enrollment_now (self), &error);
  if (g_error_matches (error, SCEP_ERROR, SCEP_ERROR_CLOCK_IMPLAUSIBLE)) {
    g_propagate_error (why, g_steal_pointer (&error));
    return FALSE;
  }
  if (self->trust == NULL)
    say_untrusted (self, error);
  return TRUE;
}
