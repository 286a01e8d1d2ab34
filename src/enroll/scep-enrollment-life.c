/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-enrollment-private.h"

#include "base/scep-error.h"
#include "base/scep-names.h"
#include "base/scep-text.h"

#include <glib/gi18n-lib.h>

/* Seconds after which the same is said again. */
#define SAID_PERIOD (60 * 60)

G_DEFINE_FINAL_TYPE (ScepEnrollment, scep_enrollment, G_TYPE_OBJECT)

static void
scep_enrollment_dispose (GObject *object)
{
  ScepEnrollment *self = SCEP_ENROLLMENT (object);

  scep_enrollment_stop (self);
  G_OBJECT_CLASS (scep_enrollment_parent_class)->dispose (object);
}

static void
scep_enrollment_finalize (GObject *object)
{
  ScepEnrollment *self = SCEP_ENROLLMENT (object);

  g_clear_object (&self->files);
  g_clear_object (&self->clock);
  g_clear_object (&self->network);
  g_clear_object (&self->keystores);
  g_clear_object (&self->crypto);
  g_clear_object (&self->gate);
  g_free (self->machine_id);
  g_clear_object (&self->settings);
  g_clear_object (&self->keystore);
  g_free (self->keystore_target);
  g_clear_object (&self->transport);
  g_clear_pointer (&self->history, scep_history_free);
  g_clear_pointer (&self->said, scep_repetition_free);
  g_clear_pointer (&self->record, scep_trust_record_unref);
  g_clear_pointer (&self->trust, scep_ca_trust_unref);
  g_clear_pointer (&self->judged, scep_ca_trust_unref);
  g_clear_pointer (&self->transaction, scep_transaction_unref);
  g_clear_error (&self->broken);
  g_clear_pointer (&self->bundle, g_ptr_array_unref);
  g_free (self->offered);
  g_clear_pointer (&self->nonce, g_bytes_unref);
  g_clear_pointer (&self->message, g_bytes_unref);
  G_OBJECT_CLASS (scep_enrollment_parent_class)->finalize (object);
}

static void
scep_enrollment_class_init (ScepEnrollmentClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = scep_enrollment_dispose;
  G_OBJECT_CLASS (klass)->finalize = scep_enrollment_finalize;
}

static void
scep_enrollment_init (ScepEnrollment *self)
{
  self->settings = scep_settings_new_default ();
  self->history = scep_history_new ();
  self->said = scep_repetition_new (SAID_PERIOD);
  self->next_action = "";
  self->state = SCEP_STATE_DISABLED;
}

/**
 * scep_enrollment_new:
 *
 * Returns: (transfer full): a driver that does nothing before
 *   scep_enrollment_start()
 */
ScepEnrollment *
scep_enrollment_new (ScepProfileFiles *files, const ScepProfileContext *context,
                     const ScepEnrollmentHooks *hooks)
{
  ScepEnrollment *self = g_object_new (SCEP_TYPE_ENROLLMENT, NULL);

  self->files = g_object_ref (files);
  self->clock = g_object_ref (context->clock);
  g_set_object (&self->network, context->network);
  self->keystores = g_object_ref (context->keystores);
  self->crypto = g_object_ref (context->crypto);
  self->gate =
      context->gate != NULL ? g_object_ref (context->gate) : scep_gate_new (SCEP_GATE_WIDTH);
  self->transport_factory = context->transport_factory;
  self->templates = context->templates;
  self->machine_id = g_strdup (context->machine_id);
  self->hooks = *hooks;
  return self;
}

/**
 * scep_enrollment_take_saved:
 * @saved: what the last run left; nothing is left in it
 *
 * Begins where the last run ended.
 */
void
scep_enrollment_take_saved (ScepEnrollment *self, ScepSaved *saved)
{
  /* It was a guess: the settings can be read now. */
  if (self->broken != NULL)
    g_clear_object (&self->keystore);
  g_clear_error (&self->broken);
  g_clear_pointer (&self->record, scep_trust_record_unref);
  g_clear_pointer (&self->transaction, scep_transaction_unref);
  self->record = g_steal_pointer (&saved->record);
  self->transaction = g_steal_pointer (&saved->transaction);
  self->reset_pending = saved->reset_pending;
  if (self->faulty)
    scep_history_set_error (self->history, NULL);
  self->faulty = FALSE;
  if (saved->history != NULL) {
    scep_history_free (self->history);
    self->history = g_steal_pointer (&saved->history);
  }
}

/**
 * scep_enrollment_set_broken:
 * @error: what of the profile could not be read
 *
 * From here on it does nothing but tell.
 */
void
scep_enrollment_set_broken (ScepEnrollment *self, const GError *error)
{
  g_clear_error (&self->broken);
  self->broken = scep_enrollment_describe (self, error, NULL);
  self->broken->code = SCEP_ERROR_STORAGE_FAILED;
  scep_enrollment_interrupt (self);
  scep_enrollment_evaluate (self, FALSE);
}

/**
 * scep_enrollment_find_keystore:
 * @settings: what the profile's files say
 *
 * For a profile that is not started, or can do nothing: what it has got is told all the same,
 * unless a Reset was to take it away.
 */
void
scep_enrollment_find_keystore (ScepEnrollment *self, ScepSettings *settings)
{
  const char *target = scep_settings_get_string (settings, SCEP_SETTING_KEYSTORE_SERVICE_TARGET);

  if (self->keystore != NULL || self->reset_pending)
    return;
  self->keystore = scep_keystore_registry_find (self->keystores, target, NULL);
  g_free (self->keystore_target);
  self->keystore_target = g_strdup (target);
}

/* With another value of these, what is going on is worth nothing. */
static const ScepSettingId foundations[] = {
  SCEP_SETTING_ENABLED,
  SCEP_SETTING_KEYSTORE_SERVICE_TARGET,
  SCEP_SETTING_SERVER_ENDPOINT,
  SCEP_SETTING_CA_ROOT_VERIFICATION_METHOD,
  SCEP_SETTING_CA_ROOT_CERTIFICATE,
  SCEP_SETTING_CA_ROOT_FINGERPRINT,
  SCEP_SETTING_CA_IDENTIFIER,
  SCEP_SETTING_RA_CERTIFICATE_FINGERPRINT,
  SCEP_SETTING_ALGORITHM_POLICY,
  SCEP_SETTING_TLS_CA_CERTIFICATES,
};

/* With another value of these, a request that is being made is; one that was
 * sent is finished and another one made. */
static const ScepSettingId ingredients[] = {
  SCEP_SETTING_SUBJECT_DN, SCEP_SETTING_RSA_KEY_LENGTH,     SCEP_SETTING_SUBJECT_ALT_NAMES,
  SCEP_SETTING_KEY_USAGE,  SCEP_SETTING_EXTENDED_KEY_USAGE, SCEP_SETTING_CERTIFICATE_TEMPLATE,
};

/* With another value of these, the CA's certificates are judged anew. */
static const ScepSettingId judges[] = {
  SCEP_SETTING_CA_ROOT_VERIFICATION_METHOD,
  SCEP_SETTING_RA_CERTIFICATE_FINGERPRINT,
};

static gboolean
differ (ScepSettings *a, ScepSettings *b, const ScepSettingId *ids, guint n_ids)
{
  for (guint i = 0; i < n_ids; i++) {
    if (!scep_settings_same (a, b, ids[i]))
      return TRUE;
  }
  return FALSE;
}

/* What is under way, or trusted, was made with other settings. */
static void
mark_changes (ScepEnrollment *self, ScepSettings *old)
{
  if (self->transaction != NULL &&
      differ (old, self->settings, ingredients, G_N_ELEMENTS (ingredients)))
    scep_enrollment_set_mark (self, SCEP_LEARNED_OUTDATED, TRUE);
  if (self->record != NULL && differ (old, self->settings, judges, G_N_ELEMENTS (judges)))
    scep_enrollment_set_mark (self, SCEP_LEARNED_STALE, TRUE);
}

/**
 * scep_enrollment_set_settings:
 * @settings: what counts from now on
 *
 * An attempt that another value matters to is given up. Whoever corrected
 * something wants to see what comes of it, so the wait for the next attempt
 * ends too.
 */
void
scep_enrollment_set_settings (ScepEnrollment *self, ScepSettings *settings)
{
  static const ScepSettingId interval[] = { SCEP_SETTING_CONNECT_RETRY_INTERVAL };
  g_autoptr (ScepSettings) old = g_object_ref (self->settings);
  gboolean moved = differ (old, settings, foundations, G_N_ELEMENTS (foundations));
  gboolean changed = differ (old, settings, ingredients, G_N_ELEMENTS (ingredients)) ||
                     !scep_settings_same (old, settings, SCEP_SETTING_CHALLENGE_PASSWORD);

  g_set_object (&self->settings, settings);
  mark_changes (self, old);
  if (moved)
    g_cancellable_cancel (self->query);
  if (self->attempt != NULL && self->reset_pending)
    return;
  if (moved || (changed && self->state == SCEP_STATE_GENERATING_KEY))
    scep_enrollment_interrupt (self);
  if (moved) {
    g_clear_object (&self->transport);
    g_clear_pointer (&self->bundle, g_ptr_array_unref);
    g_clear_pointer (&self->offered, g_free);
    self->capabilities_known = FALSE;
  }
  if (moved || changed || differ (old, settings, interval, 1))
    scep_enrollment_wait_no_more (self);
  scep_enrollment_evaluate (self, FALSE);
}

/**
 * scep_enrollment_start:
 */
void
scep_enrollment_start (ScepEnrollment *self)
{
  self->started = TRUE;
  scep_enrollment_evaluate (self, FALSE);
}

/**
 * scep_enrollment_stop:
 *
 * No traffic and no deadline from here on; what is on disk stays.
 */
void
scep_enrollment_stop (ScepEnrollment *self)
{
  self->started = FALSE;
  scep_enrollment_interrupt (self);
  g_cancellable_cancel (self->query);
  g_clear_object (&self->transport);
  if (self->timer != 0 || self->expiry_timer != 0)
    scep_enrollment_plan (self, "", 0);
}

/**
 * scep_enrollment_get_chain:
 *
 * Returns: (transfer full) (nullable) (element-type ScepCertificate): the
 *   installed certificate and its intermediates
 */
GPtrArray *
scep_enrollment_get_chain (ScepEnrollment *self)
{
  g_autoptr (ScepKeystoreEntry) entry = scep_enrollment_lookup (self, SCEP_ALIAS_ENROLLED);

  if (entry == NULL || scep_keystore_entry_get_certificate (entry) == NULL)
    return NULL;
  return g_ptr_array_ref (scep_keystore_entry_get_chain (entry));
}

static gboolean
may_begin (ScepEnrollment *self, GError **error)
{
  g_auto (GStrv) missing = scep_enrollment_list_missing (self);
  const char *id = scep_profile_files_get_id (self->files);

  if (self->broken != NULL) {
    g_propagate_error (error, g_error_copy (self->broken));
    return FALSE;
  }
  if (!scep_settings_get_boolean (self->settings, SCEP_SETTING_ENABLED)) {
    scep_error_set (error, SCEP_ERROR_DISABLED,
                    _ ("The profile %s is switched off. Set Enabled to true first."), id);
    return FALSE;
  }
  if (missing[0] != NULL) {
    g_autofree char *names = g_strjoinv (", ", missing);

    scep_error_set (error, SCEP_ERROR_NOT_CONFIGURED,
                    _ ("The profile %s lacks settings. Set %s first."), id, names);
    return FALSE;
  }
  if (self->attempt != NULL || self->transaction != NULL) {
    scep_error_set (error, SCEP_ERROR_BUSY,
                    _ ("The profile %s has a request running. Wait for its end, or cancel it."),
                    id);
    return FALSE;
  }
  return TRUE;
}

/* Somebody wants more than to wait: what is offered may be another CA by now. */
static void
begin_by_hand (ScepEnrollment *self)
{
  g_clear_pointer (&self->bundle, g_ptr_array_unref);
  g_clear_pointer (&self->offered, g_free);
  scep_enrollment_wait_no_more (self);
  scep_enrollment_evaluate (self, FALSE);
}

/**
 * scep_enrollment_enroll:
 *
 * A new request, also where there is a certificate; remembered until there is
 * another one.
 *
 * Returns: %FALSE with %SCEP_ERROR_DISABLED, %SCEP_ERROR_NOT_CONFIGURED or
 *   %SCEP_ERROR_BUSY
 */
gboolean
scep_enrollment_enroll (ScepEnrollment *self, GError **error)
{
  if (!may_begin (self, error))
    return FALSE;
  if (scep_enrollment_challenge_is_spent (self)) {
    scep_error_set (error, SCEP_ERROR_NOT_CONFIGURED,
                    _ ("The one-time challenge of the profile %s has been used. Set another "
                       "ChallengePassword first."),
                    scep_profile_files_get_id (self->files));
    return FALSE;
  }
  scep_enrollment_set_mark (self, SCEP_LEARNED_ENROLL, TRUE);
  begin_by_hand (self);
  return TRUE;
}

/**
 * scep_enrollment_renew:
 *
 * A request that renews the certificate there is; remembered until there is
 * another one.
 *
 * Returns: %FALSE with %SCEP_ERROR_DISABLED, %SCEP_ERROR_NOT_CONFIGURED, also
 *   without a certificate, or %SCEP_ERROR_BUSY
 */
gboolean
scep_enrollment_renew (ScepEnrollment *self, GError **error)
{
  g_autoptr (GPtrArray) chain = scep_enrollment_get_chain (self);

  if (!may_begin (self, error))
    return FALSE;
  if (chain == NULL) {
    scep_error_set (error, SCEP_ERROR_NOT_CONFIGURED,
                    _ ("The profile %s has no certificate to renew. Enroll first."),
                    scep_profile_files_get_id (self->files));
    return FALSE;
  }
  scep_enrollment_set_mark (self, SCEP_LEARNED_RENEW, TRUE);
  begin_by_hand (self);
  return TRUE;
}

/**
 * scep_enrollment_check:
 *
 * What the daily check does, now.
 *
 * Returns: %FALSE with %SCEP_ERROR_DISABLED, %SCEP_ERROR_NOT_CONFIGURED or
 *   %SCEP_ERROR_BUSY
 */
gboolean
scep_enrollment_check (ScepEnrollment *self, GError **error)
{
  if (!may_begin (self, error))
    return FALSE;
  self->check_now = TRUE;
  begin_by_hand (self);
  return TRUE;
}

/**
 * scep_enrollment_accept_ca:
 * @fingerprint: as people and tools write it
 * @task: returns a boolean when the trust is on disk, or
 *   %SCEP_ERROR_FINGERPRINT_MISMATCH, or %SCEP_ERROR_NOT_CONFIGURED where
 *   nothing is offered
 */
void
scep_enrollment_accept_ca (ScepEnrollment *self, const char *fingerprint, GTask *task)
{
  g_autofree char *given = scep_fingerprint_normalize (fingerprint);

  if (self->offered == NULL) {
    g_task_return_new_error (task, SCEP_ERROR, SCEP_ERROR_NOT_CONFIGURED,
                             _ ("The server offers no CA at the moment, so there is none to "
                                "accept. That happens in the state awaiting-trust: with Enabled "
                                "true and neither CARootFingerprint nor CARootCertificate set."));
    return;
  }
  if (g_strcmp0 (given, self->offered) != 0) {
    g_task_return_new_error (
        task, SCEP_ERROR, SCEP_ERROR_FINGERPRINT_MISMATCH,
        _ ("The CA that the server offers has the fingerprint %s, not the given one. Compare it "
           "with what the CA's operator tells you, and accept exactly that one."),
        self->offered);
    return;
  }
  if (self->attempt != NULL) {
    g_task_return_new_error (task, SCEP_ERROR, SCEP_ERROR_BUSY,
                             _ ("This CA is being accepted already. Wait for the end of it."));
    return;
  }
  self->accept = g_object_ref (task);
  scep_enrollment_begin (self);
  scep_enrollment_move (self, SCEP_EVENT_BOOTSTRAP);
  scep_enrollment_judge (self, given);
}
