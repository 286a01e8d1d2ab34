/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-certificate-fetch.h"
#include "enroll/scep-crl-fetch.h"
#include "enroll/scep-diagnose.h"
#include "enroll/scep-enrollment-event.h"
#include "enroll/scep-profile-private.h"

G_DEFINE_FINAL_TYPE (ScepProfile, scep_profile, G_TYPE_OBJECT)

static void
scep_profile_dispose (GObject *object)
{
  ScepProfile *self = SCEP_PROFILE (object);

  if (self->enrollment != NULL)
    scep_enrollment_stop (self->enrollment);
  g_clear_object (&self->enrollment);
  G_OBJECT_CLASS (scep_profile_parent_class)->dispose (object);
}

static void
scep_profile_finalize (GObject *object)
{
  ScepProfile *self = SCEP_PROFILE (object);

  g_free (self->id);
  g_clear_object (&self->keystores);
  g_clear_object (&self->files);
  for (guint i = 0; i < G_N_ELEMENTS (self->layers); i++)
    g_clear_object (&self->layers[i]);
  g_clear_object (&self->settings);
  g_clear_pointer (&self->challenge, g_bytes_unref);
  g_clear_error (&self->challenge_error);
  g_clear_error (&self->broken);
  g_clear_pointer (&self->status, scep_status_unref);
  g_queue_clear_full (&self->changes, scep_change_free);
  G_OBJECT_CLASS (scep_profile_parent_class)->finalize (object);
}

static void
add_signal (const char *name, guint n_params, GType a, GType b, GType c)
{
  g_signal_new (name, SCEP_TYPE_PROFILE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                n_params, a, b, c);
}

static void
scep_profile_class_init (ScepProfileClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = scep_profile_dispose;
  G_OBJECT_CLASS (klass)->finalize = scep_profile_finalize;

  add_signal ("settings-changed", 1, G_TYPE_STRV, G_TYPE_NONE, G_TYPE_NONE);
  add_signal ("status-changed", 0, G_TYPE_NONE, G_TYPE_NONE, G_TYPE_NONE);
  add_signal ("enrolled", 3, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_INT64);
  add_signal ("certificate-expiring", 1, G_TYPE_INT64, G_TYPE_NONE, G_TYPE_NONE);
  add_signal ("pending", 2, G_TYPE_STRING, G_TYPE_INT64, G_TYPE_NONE);
  add_signal ("enrollment-failed", 3, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_INT64);
  add_signal ("renewed", 3, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_INT64);
  add_signal ("renewal-failed", 3, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_INT64);
  add_signal ("trust-requested", 2, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_NONE);
  add_signal ("capabilities-weakened", 1, G_TYPE_STRING, G_TYPE_NONE, G_TYPE_NONE);
  add_signal ("ca-certificates-changed", 1, G_TYPE_STRV, G_TYPE_NONE, G_TYPE_NONE);
  add_signal ("ca-rolled-over", 2, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_NONE);
}

static void
scep_profile_init (ScepProfile *self)
{
  g_queue_init (&self->changes);
  self->settings = scep_settings_new_default ();
}

/**
 * scep_profile_update_status:
 *
 * Tells of another status, if it is another one.
 */
void
scep_profile_update_status (ScepProfile *self)
{
  g_autoptr (ScepStatus) old = g_steal_pointer (&self->status);
  g_autoptr (ScepStatus) now = scep_status_ref (scep_profile_get_status (self));

  if (old == NULL || !scep_status_equal (old, now))
    g_signal_emit_by_name (self, "status-changed");
}

static void
on_changed (GObject *owner)
{
  scep_profile_update_status (SCEP_PROFILE (owner));
}

/* A one-time challenge that is not ours to delete is only never sent again. */
static void
on_challenge_used (GObject *owner)
{
  ScepProfile *self = SCEP_PROFILE (owner);

  if (self->layers[SCEP_LAYER_INDEX_BUS] != NULL &&
      scep_settings_layer_has (self->layers[SCEP_LAYER_INDEX_BUS], SCEP_SETTING_CHALLENGE_PASSWORD))
    scep_profile_forget_challenge (self);
}

static void
on_reload (GObject *owner)
{
  scep_profile_reload_async (SCEP_PROFILE (owner), NULL, NULL);
}

/**
 * scep_profile_new:
 * @id: a valid id
 *
 * Returns: (transfer full): a profile of which nothing is read yet
 */
ScepProfile *
scep_profile_new (const char *id, const ScepProfileContext *context)
{
  ScepProfile *self = g_object_new (SCEP_TYPE_PROFILE, NULL);
  ScepEnrollmentHooks hooks = {
    .changed = on_changed,
    .challenge_used = on_challenge_used,
    .reload = on_reload,
    .owner = G_OBJECT (self),
  };

  self->id = g_strdup (id);
  self->keystores = g_object_ref (context->keystores);
  self->files = scep_profile_files_new (id, context);
  self->enrollment = scep_enrollment_new (self->files, context, &hooks);
  return self;
}

/**
 * scep_profile_start:
 */
void
scep_profile_start (ScepProfile *self)
{
  scep_enrollment_start (self->enrollment);
}

/**
 * scep_profile_stop:
 *
 * No traffic and no timers from here on.
 */
void
scep_profile_stop (ScepProfile *self)
{
  scep_enrollment_stop (self->enrollment);
}

/**
 * scep_profile_get_id:
 *
 * Returns: (transfer none):
 */
const char *
scep_profile_get_id (ScepProfile *self)
{
  return self->id;
}

/**
 * scep_profile_get_settings:
 *
 * Returns: (transfer none): the effective settings
 */
ScepSettings *
scep_profile_get_settings (ScepProfile *self)
{
  return self->settings;
}

/**
 * scep_profile_get_status:
 *
 * Returns: (transfer none): how things stand; valid until "status-changed"
 */
ScepStatus *
scep_profile_get_status (ScepProfile *self)
{
  if (self->status == NULL) {
    self->status = scep_status_new ();
    scep_enrollment_fill_status (self->enrollment, self->status);
  }
  return self->status;
}

/**
 * scep_profile_dup_certificate_chain:
 *
 * Returns: (transfer full): PEM, leaf first, then intermediates; "" if none
 */
char *
scep_profile_dup_certificate_chain (ScepProfile *self)
{
  g_autoptr (GPtrArray) chain = scep_enrollment_get_chain (self->enrollment);

  return chain != NULL ? scep_certificate_list_to_pem (chain) : g_strdup ("");
}

/**
 * scep_profile_dup_history:
 *
 * Returns: (transfer full) (element-type ScepHistoryEvent): what happened, oldest
 *   first; it does not change any more
 */
GPtrArray *
scep_profile_dup_history (ScepProfile *self)
{
  return scep_enrollment_dup_events (self->enrollment);
}

/**
 * scep_profile_uses_keystore:
 *
 * Returns: whether @keystore cannot go without a loss to this profile: a request
 *   or a certificate of it is there, or may be because it cannot be read
 */
gboolean
scep_profile_uses_keystore (ScepProfile *self, ScepKeystore *keystore)
{
  return scep_enrollment_uses_keystore (self->enrollment, keystore);
}

/**
 * scep_profile_keystore_gone:
 * @keystore: one that is defined no more
 *
 * Makes a profile that selected it notice.
 */
void
scep_profile_keystore_gone (ScepProfile *self, ScepKeystore *keystore)
{
  scep_enrollment_keystore_gone (self->enrollment, keystore);
}

/**
 * scep_profile_enroll:
 *
 * Returns: %FALSE with %SCEP_ERROR_DISABLED, %SCEP_ERROR_NOT_CONFIGURED or
 *   %SCEP_ERROR_BUSY
 */
gboolean
scep_profile_enroll (ScepProfile *self, GError **error)
{
  return scep_enrollment_enroll (self->enrollment, error);
}

/**
 * scep_profile_renew:
 *
 * Returns: %FALSE as scep_profile_enroll()
 */
gboolean
scep_profile_renew (ScepProfile *self, GError **error)
{
  return scep_enrollment_renew (self->enrollment, error);
}

/**
 * scep_profile_check:
 *
 * Returns: %FALSE as scep_profile_enroll()
 */
gboolean
scep_profile_check (ScepProfile *self, GError **error)
{
  return scep_enrollment_check (self->enrollment, error);
}

/**
 * scep_profile_get_crl_async:
 *
 * Fetches the CRL that covers the certificate, see scep_enrollment_get_crl().
 */
void
scep_profile_get_crl_async (ScepProfile *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, scep_profile_get_crl_async);
  scep_enrollment_get_crl (self->enrollment, task);
}

/**
 * scep_profile_get_crl_finish:
 *
 * Returns: (transfer full) (nullable): DER, verified, or %NULL with an error
 */
GBytes *
scep_profile_get_crl_finish (ScepProfile *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * scep_profile_get_certificate_async:
 * @serial: DER INTEGER
 *
 * Asks the server for a certificate of its CA, see
 * scep_enrollment_get_certificate().
 */
void
scep_profile_get_certificate_async (ScepProfile *self, GBytes *serial, GAsyncReadyCallback callback,
                                    gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, scep_profile_get_certificate_async);
  scep_enrollment_get_certificate (self->enrollment, serial, task);
}

/**
 * scep_profile_get_certificate_finish:
 *
 * Returns: (transfer full) (nullable): the certificate, verified, or %NULL with
 *   an error
 */
ScepCertificate *
scep_profile_get_certificate_finish (ScepProfile *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * scep_profile_diagnose_async:
 *
 * Tries every step up to a request, see scep_enrollment_diagnose().
 */
void
scep_profile_diagnose_async (ScepProfile *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, scep_profile_diagnose_async);
  scep_enrollment_diagnose (self->enrollment, task);
}

/**
 * scep_profile_diagnose_finish:
 *
 * Returns: (transfer full): what was found; it does not fail
 */
ScepDiagnosis *
scep_profile_diagnose_finish (ScepProfile *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
