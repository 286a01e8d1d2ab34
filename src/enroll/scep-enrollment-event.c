/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-enrollment-event.h"

#include "base/scep-error.h"
#include "base/scep-names.h"
#include "enroll/scep-enrollment-private.h"

/**
 * scep_enrollment_note:
 * @kind: SCEP_EVENT_KIND_…
 *
 * An event of which there is no more to say.
 */
void
scep_enrollment_note (ScepEnrollment *self, const char *kind)
{
  scep_history_add_event (self->history, scep_enrollment_now (self), kind, NULL);
}

/**
 * scep_enrollment_note_installed:
 * @certificate: what is installed now
 * @old: (nullable): fingerprint of the one that it renews
 * @odd: (nullable): why others may refuse it
 */
void
scep_enrollment_note_installed (ScepEnrollment *self, ScepCertificate *certificate, const char *old,
                                const char *odd)
{
  g_autofree char *not_after =
      g_strdup_printf ("%" G_GINT64_FORMAT, scep_certificate_get_not_after (certificate));
  const char *kind = old != NULL ? SCEP_EVENT_KIND_RENEWED : SCEP_EVENT_KIND_ENROLLED;
  const char *names[2] = { NULL, NULL };
  const char *values[2] = { NULL, NULL };
  guint n = 0;

  if (old != NULL) {
    names[n] = SCEP_DETAIL_OLD_FINGERPRINT;
    values[n++] = old;
  }
  if (odd != NULL) {
    names[n] = SCEP_DETAIL_MESSAGE;
    values[n++] = odd;
  }

  scep_history_add_event (self->history, scep_enrollment_now (self), kind, SCEP_DETAIL_FINGERPRINT,
                          scep_certificate_get_fingerprint (certificate), SCEP_DETAIL_SERIAL,
                          scep_certificate_get_serial (certificate), SCEP_DETAIL_NOT_AFTER,
                          not_after, names[0], values[0], names[1], values[1], NULL);
}

/**
 * scep_enrollment_note_expiring:
 * @certificate: what is installed, and should have been renewed
 */
void
scep_enrollment_note_expiring (ScepEnrollment *self, ScepCertificate *certificate)
{
  g_autofree char *not_after =
      g_strdup_printf ("%" G_GINT64_FORMAT, scep_certificate_get_not_after (certificate));

  scep_history_add_event (self->history, scep_enrollment_now (self),
                          SCEP_EVENT_KIND_CERTIFICATE_EXPIRING, SCEP_DETAIL_FINGERPRINT,
                          scep_certificate_get_fingerprint (certificate), SCEP_DETAIL_NOT_AFTER,
                          not_after, NULL);
}

/**
 * scep_enrollment_note_pending:
 *
 * The CA has the request and has not decided.
 */
void
scep_enrollment_note_pending (ScepEnrollment *self)
{
  scep_history_add_event (self->history, scep_enrollment_now (self), SCEP_EVENT_KIND_PENDING,
                          SCEP_DETAIL_TRANSACTION_ID, scep_transaction_get_id (self->transaction),
                          NULL);
}

/**
 * scep_enrollment_note_failure:
 * @kind: %SCEP_EVENT_KIND_FAILED, %SCEP_EVENT_KIND_REJECTED, …
 * @error: of the domain %SCEP_ERROR
 */
void
scep_enrollment_note_failure (ScepEnrollment *self, const char *kind, const GError *error)
{
  g_autofree char *name =
      g_strconcat (SCEP_ERROR_PREFIX, scep_error_get_name ((ScepError) error->code), NULL);

  scep_history_add_event (self->history, scep_enrollment_now (self), kind, SCEP_DETAIL_ERROR, name,
                          SCEP_DETAIL_MESSAGE, error->message, NULL);
}

/**
 * scep_enrollment_note_offer:
 * @offered: the CA certificate that somebody has to confirm
 */
void
scep_enrollment_note_offer (ScepEnrollment *self, ScepCertificate *offered)
{
  scep_history_add_event (self->history, scep_enrollment_now (self),
                          SCEP_EVENT_KIND_TRUST_REQUESTED, SCEP_DETAIL_FINGERPRINT,
                          scep_certificate_get_fingerprint (offered), SCEP_DETAIL_SUBJECT,
                          scep_certificate_get_subject (offered), NULL);
}

/**
 * scep_enrollment_note_weakening:
 * @capabilities: what the server does not list any more
 */
void
scep_enrollment_note_weakening (ScepEnrollment *self, const char *capabilities)
{
  scep_history_add_event (self->history, scep_enrollment_now (self),
                          SCEP_EVENT_KIND_CAPABILITIES_WEAKENED, SCEP_DETAIL_CAPABILITIES,
                          capabilities, NULL);
}

/**
 * scep_enrollment_note_ca_certificates:
 * @fingerprints: of those that are trusted now
 */
void
scep_enrollment_note_ca_certificates (ScepEnrollment *self, char **fingerprints)
{
  g_autofree char *list = g_strjoinv (";", fingerprints);

  scep_history_add_event (self->history, scep_enrollment_now (self),
                          SCEP_EVENT_KIND_CA_CERTIFICATES_CHANGED, SCEP_DETAIL_FINGERPRINTS, list,
                          NULL);
}

/**
 * scep_enrollment_note_rollover:
 * @before: fingerprint of the CA that was trusted
 * @after: fingerprint of the CA that it announced, and that is trusted now
 */
void
scep_enrollment_note_rollover (ScepEnrollment *self, const char *before, const char *after)
{
  scep_history_add_event (self->history, scep_enrollment_now (self), SCEP_EVENT_KIND_CA_ROLLED_OVER,
                          SCEP_DETAIL_OLD_FINGERPRINT, before, SCEP_DETAIL_FINGERPRINT, after,
                          NULL);
}

/**
 * scep_enrollment_note_ca_renewal:
 * @before: fingerprint of the CA certificate that was trusted
 * @after: fingerprint of its new certificate for the same key, which is trusted now
 */
void
scep_enrollment_note_ca_renewal (ScepEnrollment *self, const char *before, const char *after)
{
  scep_history_add_event (self->history, scep_enrollment_now (self), SCEP_EVENT_KIND_CA_RENEWED,
                          SCEP_DETAIL_OLD_FINGERPRINT, before, SCEP_DETAIL_FINGERPRINT, after,
                          NULL);
}

/**
 * scep_enrollment_note_settings_reset:
 * @names: of the settings that the lower layers say again
 *
 * Stores the history, too.
 */
void
scep_enrollment_note_settings_reset (ScepEnrollment *self, char **names)
{
  g_autofree char *list = g_strjoinv (";", names);

  scep_history_add_event (self->history, scep_enrollment_now (self), SCEP_EVENT_KIND_SETTINGS_RESET,
                          SCEP_DETAIL_SETTINGS, list, NULL);
  scep_enrollment_save_history (self);
}

/**
 * scep_enrollment_dup_events:
 *
 * Returns: (transfer full) (element-type ScepHistoryEvent): what happened so
 *   far, oldest first
 */
GPtrArray *
scep_enrollment_dup_events (ScepEnrollment *self)
{
  return scep_history_dup_events (self->history);
}
