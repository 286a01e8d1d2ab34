/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-enrollment-private.h"

#include "base/scep-names.h"
#include "enroll/scep-enrollment-event.h"
#include "enroll/scep-rollover.h"

static void
trust_free (gpointer data)
{
  scep_ca_trust_unref (data);
}

static gboolean
has_fingerprint (GPtrArray *entries, const char *fingerprint)
{
  for (guint i = 0; i < entries->len; i++) {
    ScepCertificate *certificate =
        scep_keystore_entry_get_certificate (g_ptr_array_index (entries, i));

    if (certificate != NULL &&
        g_str_equal (scep_certificate_get_fingerprint (certificate), fingerprint))
      return TRUE;
  }
  return FALSE;
}

static ScepCertificate *
find_unsaved (ScepEnrollment *self, ScepCaTrust *trust)
{
  g_autoptr (GPtrArray) entries = scep_enrollment_list_ca_entries (self);
  GPtrArray *certificates = scep_ca_trust_get_certificates (trust);

  for (guint i = 0; i < certificates->len; i++) {
    ScepCertificate *certificate = g_ptr_array_index (certificates, i);

    if (!has_fingerprint (entries, scep_certificate_get_fingerprint (certificate)))
      return certificate;
  }
  return NULL;
}

/* What is there stays: the old CA is needed until the new one is on disk. */
static char *
find_free_alias (ScepEnrollment *self)
{
  for (guint n = 0;; n++) {
    g_autofree char *alias = g_strdup_printf (SCEP_ALIAS_CA_PREFIX "%u", n);
    g_autoptr (ScepKeystoreEntry) entry = scep_enrollment_lookup (self, alias);

    if (entry == NULL)
      return scep_enrollment_alias (self, alias);
  }
}

/* Until the new certificate is there, the old one and its CA are. */
static gboolean
keeps_old_ca (ScepEnrollment *self)
{
  g_autoptr (ScepKeystoreEntry) enrolled = scep_enrollment_lookup (self, SCEP_ALIAS_ENROLLED);

  return enrolled != NULL && scep_enrollment_has_mark (self, SCEP_LEARNED_ENROLL);
}

/**
 * scep_enrollment_remove_surplus:
 *
 * Deletes CA entries that the record does not name, unless a certificate that
 * is still in use may need them.
 */
void
scep_enrollment_remove_surplus (ScepEnrollment *self)
{
  g_autoptr (GPtrArray) entries = scep_enrollment_list_ca_entries (self);

  for (guint i = 0; self->record != NULL && i < entries->len; i++) {
    ScepKeystoreEntry *entry = g_ptr_array_index (entries, i);
    ScepCertificate *certificate = scep_keystore_entry_get_certificate (entry);
    const char *fingerprint =
        certificate != NULL ? scep_certificate_get_fingerprint (certificate) : "";

    if (scep_trust_record_lookup (self->record, fingerprint) == NULL && !keeps_old_ca (self))
      scep_keystore_remove_async (self->keystore, scep_keystore_entry_get_alias (entry), NULL, NULL,
                                  NULL);
  }
}

static void
commit (ScepEnrollment *self, ScepTrustRecord *record)
{
  g_autoptr (ScepTrustRecord) old = g_steal_pointer (&self->record);
  g_auto (GStrv) before = old != NULL ? scep_trust_record_dup_fingerprints (old) : NULL;
  g_auto (GStrv) after = scep_trust_record_dup_fingerprints (record);

  self->record = scep_trust_record_ref (record);
  g_clear_pointer (&self->bundle, g_ptr_array_unref);
  g_clear_pointer (&self->offered, g_free);
  scep_history_set_last_check (self->history, scep_enrollment_now (self));
  scep_enrollment_set_mark (self, SCEP_LEARNED_STALE, FALSE);
  scep_enrollment_remove_surplus (self);
  self->hooks.changed (self->hooks.owner);
  if (before == NULL || !g_strv_equal ((const char *const *) before, (const char *const *) after)) {
    scep_enrollment_note_ca_certificates (self, after);
    g_signal_emit_by_name (self->hooks.owner, "ca-certificates-changed", after);
  }
  scep_enrollment_announce_rollover (self, old);
  if (self->accept != NULL) {
    g_autoptr (GTask) task = g_steal_pointer (&self->accept);

    g_task_return_boolean (task, TRUE);
  }
}

/* What the CA was asked for in vain before is over. A request saves the history soon, but where
 * there is a certificate none follows. */
static void
end_bootstrap (ScepEnrollment *self)
{
  gboolean failed = scep_history_get_error (self->history)[0] != '\0';
  g_autoptr (GPtrArray) chain = scep_enrollment_get_chain (self);

  g_clear_object (&self->attempt);
  scep_history_set_next_attempt (self->history, 0);
  scep_history_set_error (self->history, NULL);
  if (failed || chain != NULL)
    scep_enrollment_save_history (self);
  scep_enrollment_evaluate (self, FALSE);
}

static void
on_record_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ScepStep) step = user_data;
  ScepEnrollment *self = step->self;
  GError *error = NULL;
  gboolean written = scep_profile_files_finish (SCEP_PROFILE_FILES (source), result, &error);

  if (written && !scep_step_is_current (step)) {
    /* It is on disk, whatever became of the attempt. */
    g_autoptr (ScepTrustRecord) old = g_steal_pointer (&self->record);

    self->record = scep_trust_record_ref (step->data);
    scep_enrollment_announce_rollover (self, old);
  } else if (!scep_step_is_current (step)) {
    g_clear_error (&error);
  } else if (!written) {
    scep_enrollment_fail (self, SCEP_EVENT_BROKEN, error);
  } else {
    commit (self, step->data);
    if (self->checking)
      scep_enrollment_succeed (self);
    else
      end_bootstrap (self);
  }
}

static void
record_unref (gpointer data)
{
  scep_trust_record_unref (data);
}

static void
write_record (ScepEnrollment *self, ScepCaTrust *trust)
{
  g_autoptr (GKeyFile) key_file = g_key_file_new ();
  g_autoptr (ScepTrustRecord) record = scep_ca_trust_make_record (trust, self->settings);
  ScepStep *step = scep_step_new (self);

  scep_enrollment_prepare_rollover (self, record);
  /* With the record, the reason to enroll anew must not go. Where there is none the record is not
   * kept waiting: every sync is felt. */
  if (scep_enrollment_has_mark (self, SCEP_LEARNED_ENROLL))
    scep_enrollment_save_history (self);
  scep_trust_record_store (record, key_file);
  step->data = g_steal_pointer (&record);
  step->data_free = record_unref;
  scep_profile_files_write_async (self->files, SCEP_FILE_TRUST, key_file, on_record_written, step);
}

static void
on_certificate_saved (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ScepStep) step = user_data;
  GError *error = NULL;
  gboolean saved = scep_keystore_write_finish (SCEP_KEYSTORE (source), result, &error);

  if (!scep_step_is_current (step))
    g_clear_error (&error);
  else if (!saved)
    scep_enrollment_fail (step->self, SCEP_EVENT_BROKEN, error);
  else
    scep_enrollment_install_trust (step->self, step->data);
}

static gboolean
is_key_needed (ScepEnrollment *self)
{
  g_autoptr (ScepKeystoreEntry) enrolled = scep_enrollment_lookup (self, SCEP_ALIAS_ENROLLED);

  return !self->checking && self->transaction == NULL &&
         (enrolled == NULL || scep_enrollment_has_mark (self, SCEP_LEARNED_ENROLL));
}

/**
 * scep_enrollment_install_trust:
 * @trust: what is to be trusted from now on
 *
 * The certificates go into the keystore, one after the other; the trust record
 * commits them; what is superfluous goes last. The key of the request that
 * follows is made meanwhile.
 */
void
scep_enrollment_install_trust (ScepEnrollment *self, ScepCaTrust *trust)
{
  ScepCertificate *certificate = find_unsaved (self, trust);
  g_autoptr (GPtrArray) chain = NULL;
  g_autofree char *alias = NULL;
  ScepStep *step;

  if (is_key_needed (self))
    scep_enrollment_prepare_key (self);
  if (certificate == NULL) {
    write_record (self, trust);
    return;
  }
  chain = g_ptr_array_new_with_free_func (g_object_unref);
  g_ptr_array_add (chain, g_object_ref (certificate));
  alias = find_free_alias (self);
  step = scep_step_new (self);
  step->data = scep_ca_trust_ref (trust);
  step->data_free = trust_free;
  scep_keystore_import_certificate_async (self->keystore, alias, chain, TRUE, self->attempt,
                                          on_certificate_saved, step);
}
