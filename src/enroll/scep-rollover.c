/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-rollover.h"

#include "base/scep-error.h"
#include "base/scep-names.h"
#include "codec/scep-next-ca.h"
#include "enroll/scep-enrollment-event.h"

#include <glib/gi18n-lib.h>

/* An announcement that is verified in a worker: everything it reads is its own. */
typedef struct {
  GBytes *body;       /* (owned) */
  ScepCaTrust *trust; /* (owned) */
  ScepPolicy policy;
  gint64 now;
} Announcement;

static void
announcement_free (gpointer data)
{
  Announcement *announcement = data;

  g_bytes_unref (announcement->body);
  scep_ca_trust_unref (announcement->trust);
  g_free (announcement);
}

static void
free_trust (gpointer data)
{
  scep_ca_trust_unref (data);
}

static gboolean
follows (ScepEnrollment *self)
{
  return scep_settings_get_boolean (self->settings, SCEP_SETTING_CA_ROLLOVER);
}

static GPtrArray *
list_ca_certificates (ScepEnrollment *self)
{
  GPtrArray *certificates = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GPtrArray) entries = scep_enrollment_list_ca_entries (self);

  for (guint i = 0; i < entries->len; i++) {
    ScepCertificate *certificate =
        scep_keystore_entry_get_certificate (g_ptr_array_index (entries, i));

    if (certificate != NULL)
      g_ptr_array_add (certificates, g_object_ref (certificate));
  }
  return certificates;
}

/**
 * scep_enrollment_make_heritage:
 *
 * Returns: (transfer full): what is there when the CA is judged again
 */
ScepCaHeritage *
scep_enrollment_make_heritage (ScepEnrollment *self)
{
  ScepCaHeritage *heritage = g_new0 (ScepCaHeritage, 1);
  g_autoptr (GPtrArray) chain = scep_enrollment_get_chain (self);

  if (self->record != NULL && scep_trust_record_matches (self->record, self->settings))
    heritage->record = scep_trust_record_ref (self->record);
  heritage->certificates = list_ca_certificates (self);
  heritage->enrolled = chain != NULL ? g_object_ref (g_ptr_array_index (chain, 0)) : NULL;
  heritage->in_flight = self->transaction != NULL;
  heritage->follow = follows (self);
  return heritage;
}

/**
 * scep_enrollment_find_followed:
 * @certificate: (inout) (transfer full) (nullable): the anchor, if the keystore
 *   has it
 * @fingerprint: (out) (optional) (transfer full): else of the anchor
 *
 * The setting stays what somebody wrote; where the CA has been followed since,
 * the trust record says who is trusted now.
 *
 * Returns: whether the anchor is one that the CA before announced
 */
gboolean
scep_enrollment_find_followed (ScepEnrollment *self, ScepCertificate **certificate,
                               char **fingerprint)
{
  g_autoptr (GPtrArray) certificates = NULL;
  const ScepTrustEntry *anchor;

  if (self->record == NULL || !scep_trust_record_matches (self->record, self->settings))
    return FALSE;
  anchor = scep_trust_record_get_anchor (self->record);
  if (anchor->provenance != SCEP_PROVENANCE_ROLLOVER)
    return FALSE;
  certificates = list_ca_certificates (self);
  for (guint i = 0; i < certificates->len && *certificate == NULL; i++) {
    ScepCertificate *candidate = g_ptr_array_index (certificates, i);

    if (g_str_equal (scep_certificate_get_fingerprint (candidate), anchor->fingerprint))
      *certificate = g_object_ref (candidate);
  }
  if (*certificate == NULL)
    *fingerprint = g_strdup (anchor->fingerprint);
  return TRUE;
}

/* With the rest of the history, at the end of the check. */
static void
remember (ScepEnrollment *self, const char *mark, gboolean set)
{
  if (scep_enrollment_has_mark (self, mark) != set)
    scep_history_learn (self->history, SCEP_LEARNED_PROFILE, mark, set ? "yes" : NULL);
}

static void
install_judged (ScepEnrollment *self)
{
  g_autoptr (ScepCaTrust) trust = g_steal_pointer (&self->judged);

  scep_enrollment_install_trust (self, trust);
}

static void
refuse_next (ScepEnrollment *self, const GError *cause)
{
  g_autoptr (GError) error = scep_enrollment_describe (
      self, cause,
      _ ("The announcement of the next CA is not believed, and the present one is kept"));

  scep_enrollment_say (self, error->message);
  remember (self, SCEP_LEARNED_NEXT_REFUSED, TRUE);
  scep_enrollment_note_failure (self, SCEP_EVENT_KIND_CHECK_FAILED, error);
}

static void
on_verified (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ScepStep) step = user_data;
  ScepEnrollment *self = step->self;
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCaTrust) trust = g_task_propagate_pointer (G_TASK (result), &error);

  if (!scep_step_is_current (step))
    return;
  if (trust == NULL) {
    refuse_next (self, error);
  } else {
    remember (self, SCEP_LEARNED_NEXT_REFUSED, FALSE);
    remember (self, SCEP_LEARNED_NEXT_OFFERED, trust != self->judged && !follows (self));
    if (follows (self)) {
      scep_ca_trust_unref (self->judged);
      self->judged = g_steal_pointer (&trust);
    }
  }
  install_judged (self);
}

/* (transfer full): the same error, unless more can be said about who signed */
static GError *
blame_signer (Announcement *announcement, GError *error)
{
  ScepCertificate *issuing = scep_ca_trust_get_issuing_ca (announcement->trust);
  ScepCertificate *signer = NULL;

  if (g_error_matches (error, SCEP_ERROR, SCEP_ERROR_UNTRUSTED_CA))
    signer = scep_next_ca_find_signer (
        announcement->body, scep_ca_trust_get_signers (announcement->trust), announcement->policy);
  if (signer == NULL || signer == issuing)
    return error;
  g_clear_error (&error);
  scep_error_set (&error, SCEP_ERROR_UNTRUSTED_CA,
                  _ ("The server's announcement of its next CA certificate is signed by the RA "
                     "“%s”. An RA cannot say whom to trust; let the CA “%s” itself sign it (RFC "
                     "8894 section 4.7.1)."),
                  scep_certificate_get_subject (signer), scep_certificate_get_subject (issuing));
  return error;
}

static void
verify_in_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  Announcement *announcement = task_data;
  GError *error = NULL;
  g_autoptr (GPtrArray) next =
      scep_next_ca_verify (announcement->body, scep_ca_trust_get_issuing_ca (announcement->trust),
                           announcement->policy, &error);
  ScepCaTrust *trust = NULL;

  if (next != NULL)
    trust = scep_ca_generation_expect (announcement->trust, next, announcement->policy,
                                       announcement->now, &error);
  if (trust != NULL)
    g_task_return_pointer (task, trust, free_trust);
  else
    g_task_return_error (task, blame_signer (announcement, error));
}

static void
verify (ScepEnrollment *self, GBytes *body)
{
  g_autoptr (GTask) task = g_task_new (NULL, self->attempt, on_verified, scep_step_new (self));
  Announcement *announcement = g_new0 (Announcement, 1);

  announcement->body = g_bytes_ref (body);
  announcement->trust = scep_ca_trust_ref (self->judged);
  announcement->policy = scep_settings_get_policy (self->settings);
  announcement->now = scep_enrollment_now (self);
  g_task_set_source_tag (task, verify);
  g_task_set_task_data (task, announcement, announcement_free);
  scep_worker_run (self->crypto, task, verify_in_thread);
}

static void
on_next_ca (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ScepStep) step = user_data;
  ScepEnrollment *self = step->self;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) body = scep_enrollment_exchange_finish (step, source, result, &error);

  if (!scep_step_is_current (step))
    return;
  if (body != NULL && g_bytes_get_size (body) > 0) {
    verify (self, body);
    return;
  }
  /* Servers that know the question have many ways to say that there is none. */
  if (error != NULL)
    g_debug ("No next CA: %s", error->message);
  if (error == NULL || g_error_matches (error, SCEP_ERROR, SCEP_ERROR_HTTP_STATUS)) {
    remember (self, SCEP_LEARNED_NEXT_REFUSED, FALSE);
    remember (self, SCEP_LEARNED_NEXT_OFFERED, FALSE);
  }
  install_judged (self);
}

/**
 * scep_enrollment_look_ahead:
 * @trust: what is to be trusted from now on
 *
 * Asks for the next CA, where the server can say (RFC 8894 section 4.7), and
 * installs @trust with it or without. A next CA that is not believed is a
 * reason for a warning, not for a check to fail.
 */
void
scep_enrollment_look_ahead (ScepEnrollment *self, ScepCaTrust *trust)
{
  g_clear_pointer (&self->judged, scep_ca_trust_unref);
  self->judged = scep_ca_trust_ref (trust);
  if ((self->capabilities & SCEP_CAPABILITY_GET_NEXT_CA_CERT) != 0)
    scep_enrollment_exchange (self, SCEP_OPERATION_GET_NEXT_CA_CERT, NULL, on_next_ca,
                              scep_step_new (self));
  else
    install_judged (self);
}

static const char *
find_role (ScepTrustRecord *record, ScepTrustRoles role)
{
  GPtrArray *entries = scep_trust_record_get_entries (record);

  for (guint i = 0; i < entries->len; i++) {
    const ScepTrustEntry *entry = g_ptr_array_index (entries, i);

    if ((entry->roles & role) != 0 && (entry->roles & SCEP_TRUST_PREVIOUS) == 0)
      return entry->fingerprint;
  }
  return NULL;
}

/* Whether a certificate that was pending in @old is the anchor, or the issuing CA, in @record. */
static gboolean
find_change (ScepEnrollment *self, ScepTrustRecord *old, ScepTrustRecord *record,
             const char **before, const char **after)
{
  static const ScepTrustRoles roles[] = { SCEP_TRUST_ANCHOR, SCEP_TRUST_ISSUING };

  if (old == NULL || !scep_trust_record_matches (old, self->settings))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (roles); i++) {
    const ScepTrustEntry *entry;

    *before = find_role (old, roles[i]);
    *after = find_role (record, roles[i]);
    entry = *after != NULL ? scep_trust_record_lookup (old, *after) : NULL;
    if (*before != NULL && entry != NULL && entry->roles == SCEP_TRUST_PENDING)
      return TRUE;
  }
  return FALSE;
}

/**
 * scep_enrollment_prepare_rollover:
 * @record: what is written next
 *
 * Remembers, before the record is on disk, what is to be done once it is: it is
 * told, and the certificate is renewed under the new CA.
 */
void
scep_enrollment_prepare_rollover (ScepEnrollment *self, ScepTrustRecord *record)
{
  g_autoptr (GPtrArray) chain = scep_enrollment_get_chain (self);
  g_autofree char *change = NULL;
  const char *before, *after;

  if (!find_change (self, self->record, record, &before, &after))
    return;
  change = g_strjoin (" ", before, after, NULL);
  scep_history_learn (self->history, SCEP_LEARNED_PROFILE, SCEP_LEARNED_ROLLING_OVER, change);
  if (chain != NULL &&
      scep_settings_get_boolean (self->settings, SCEP_SETTING_CLIENT_CERTIFICATE_RENEW))
    scep_history_learn (self->history, SCEP_LEARNED_PROFILE, SCEP_LEARNED_RENEW, "yes");
  scep_enrollment_save_history (self);
}

static void
tell (ScepEnrollment *self, const char *before, const char *after)
{
  scep_enrollment_note_rollover (self, before, after);
  scep_enrollment_save_history (self);
  g_signal_emit_by_name (self->hooks.owner, "ca-rolled-over", before, after);
}

/* An anchor that is followed and was not announced is the one before with another certificate: see
 * scep_ca_generation_judge (). */
static void
note_renewal (ScepEnrollment *self, ScepTrustRecord *old)
{
  const ScepTrustEntry *before, *after;

  if (old == NULL || !scep_trust_record_matches (old, self->settings))
    return;
  before = scep_trust_record_get_anchor (old);
  after = scep_trust_record_get_anchor (self->record);
  if (after->provenance != SCEP_PROVENANCE_ROLLOVER ||
      g_str_equal (before->fingerprint, after->fingerprint))
    return;
  scep_enrollment_note_ca_renewal (self, before->fingerprint, after->fingerprint);
  scep_enrollment_save_history (self);
}

/**
 * scep_enrollment_announce_rollover:
 * @old: (nullable): the record before
 *
 * Tells of a new generation, if the record on disk is of one, and of a new certificate of
 * the CA.
 */
void
scep_enrollment_announce_rollover (ScepEnrollment *self, ScepTrustRecord *old)
{
  const char *before, *after;

  scep_history_learn (self->history, SCEP_LEARNED_PROFILE, SCEP_LEARNED_ROLLING_OVER, NULL);
  if (find_change (self, old, self->record, &before, &after))
    tell (self, before, after);
  else
    note_renewal (self, old);
}

/**
 * scep_enrollment_resume_rollover:
 *
 * Tells of the new generation whose record an earlier run wrote when it did not
 * get any further.
 */
void
scep_enrollment_resume_rollover (ScepEnrollment *self)
{
  g_auto (GStrv) change = NULL;
  const char *issuing, *anchor;
  const char *text =
      scep_history_get_learned (self->history, SCEP_LEARNED_PROFILE, SCEP_LEARNED_ROLLING_OVER);

  if (!self->started || self->record == NULL || text == NULL)
    return;
  change = g_strsplit (text, " ", 2);
  anchor = find_role (self->record, SCEP_TRUST_ANCHOR);
  issuing = find_role (self->record, SCEP_TRUST_ISSUING);
  /* Else it is still pending: the record did not get to the disk. */
  if (g_strv_length (change) != 2 ||
      (g_strcmp0 (change[1], anchor) != 0 && g_strcmp0 (change[1], issuing) != 0))
    return;
  scep_history_learn (self->history, SCEP_LEARNED_PROFILE, SCEP_LEARNED_ROLLING_OVER, NULL);
  tell (self, change[0], change[1]);
}

static gboolean
has_pending (ScepEnrollment *self)
{
  return self->record != NULL && find_role (self->record, SCEP_TRUST_PENDING) != NULL;
}

/**
 * scep_enrollment_get_ca_end:
 *
 * Returns: when the next CA takes over at the latest, Unix seconds, or
 *   %G_MAXINT64 if none is known
 */
gint64
scep_enrollment_get_ca_end (ScepEnrollment *self)
{
  if (self->trust == NULL || !has_pending (self) || !follows (self))
    return G_MAXINT64;
  return scep_ca_generation_get_end (self->trust) + 1;
}

/**
 * scep_enrollment_misses_next_ca:
 *
 * Returns: whether a next CA is known that is not going to be followed
 */
gboolean
scep_enrollment_misses_next_ca (ScepEnrollment *self)
{
  return !follows (self) &&
         (has_pending (self) || scep_enrollment_has_mark (self, SCEP_LEARNED_NEXT_OFFERED));
}
