/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-enrollment-private.h"

#include "base/scep-error.h"
#include "base/scep-names.h"

#include <glib/gi18n-lib.h>

#define HTTP_TOO_MANY_REQUESTS 429
#define HTTP_BAD_GATEWAY 502

/* Attempts with one way that the server did not answer, after which another has its turn. */
#define MANY_UNANSWERED 2

/**
 * scep_enrollment_is_renewing:
 *
 * Returns: whether what is, or would be, asked for replaces the certificate
 *   there is, and nothing more
 */
gboolean
scep_enrollment_is_renewing (ScepEnrollment *self)
{
  g_autoptr (GPtrArray) chain = scep_enrollment_get_chain (self);

  return chain != NULL && !scep_enrollment_has_mark (self, SCEP_LEARNED_ENROLL);
}

/**
 * scep_enrollment_has_expired:
 *
 * Returns: whether there is a certificate, and its time is over
 */
gboolean
scep_enrollment_has_expired (ScepEnrollment *self)
{
  g_autoptr (GPtrArray) chain = scep_enrollment_get_chain (self);

  return chain != NULL && scep_certificate_get_not_after (g_ptr_array_index (chain, 0)) <=
                              scep_enrollment_now (self);
}

/* One that is wanted in place of the certificate there is, and that the CA does not give. */
static ScepCertificate *
find_endangered (ScepEnrollment *self)
{
  g_autoptr (GPtrArray) chain = scep_enrollment_get_chain (self);

  if (chain == NULL || !scep_enrollment_has_mark (self, SCEP_LEARNED_ENROLL) ||
      self->record == NULL || !scep_trust_record_matches (self->record, self->settings) ||
      (scep_history_get_refusals (self->history) == 0 && !scep_enrollment_lacks_challenge (self)))
    return NULL;
  return g_object_ref (g_ptr_array_index (chain, 0));
}

/**
 * scep_enrollment_yield_to_renewal:
 *
 * A CA that refuses another certificate must not be the end of the one there
 * is: when that is due, it is renewed, and the other one not asked for any more.
 */
void
scep_enrollment_yield_to_renewal (ScepEnrollment *self)
{
  g_autoptr (ScepCertificate) endangered = find_endangered (self);

  if (endangered == NULL || !scep_enrollment_is_due (self, endangered))
    return;
  g_message (_ ("Profile %s: the CA does not issue another certificate, so the one there is, which "
                "is due, is renewed. To have another one, enroll again."),
             scep_profile_files_get_id (self->files));
  scep_enrollment_set_mark (self, SCEP_LEARNED_RENEW, TRUE);
  scep_enrollment_set_mark (self, SCEP_LEARNED_ENROLL, FALSE);
}

/**
 * scep_enrollment_get_rescue:
 *
 * Returns: when the certificate there is has to be renewed although another one
 *   is wanted, Unix seconds; 0 for never
 */
gint64
scep_enrollment_get_rescue (ScepEnrollment *self)
{
  g_autoptr (ScepCertificate) endangered = find_endangered (self);
  gint64 soon = scep_enrollment_now (self) +
                scep_settings_get_uint (self->settings, SCEP_SETTING_CONNECT_RETRY_INTERVAL);

  if (endangered == NULL ||
      !scep_settings_get_boolean (self->settings, SCEP_SETTING_CLIENT_CERTIFICATE_RENEW))
    return 0;
  return MAX (scep_enrollment_get_renewal (self, endangered), soon);
}

/**
 * scep_enrollment_plan_rescue:
 *
 * Plans nothing, for only a person can go on, unless there is a certificate
 * that will have to be renewed.
 */
void
scep_enrollment_plan_rescue (ScepEnrollment *self)
{
  gint64 rescue = scep_enrollment_get_rescue (self);

  scep_enrollment_plan (self, rescue != 0 ? "renew" : "", rescue);
}

static gboolean
has_challenge (ScepEnrollment *self)
{
  return scep_settings_get_challenge (self->settings) != NULL &&
         !scep_enrollment_challenge_is_spent (self);
}

static const char *
get_ca (ScepEnrollment *self)
{
  return scep_certificate_get_fingerprint (scep_ca_trust_get_issuing_ca (self->trust));
}

static void
read_record (ScepEnrollment *self, ScepRenewalRecord *record)
{
  scep_renewal_record_read (
      record, scep_history_get_learned (self->history, get_ca (self), SCEP_LEARNED_WAYS));
}

/* With the history that the caller saves. */
static void
write_record (ScepEnrollment *self, const ScepRenewalRecord *record)
{
  g_autofree char *text = scep_renewal_record_write (record);

  scep_history_learn (self->history, get_ca (self), SCEP_LEARNED_WAYS, text);
}

/**
 * scep_enrollment_list_ways:
 *
 * Finds out in which ways this attempt may renew the certificate.
 */
void
scep_enrollment_list_ways (ScepEnrollment *self)
{
  ScepAlgorithmChoice choice = scep_enrollment_choose_algorithms (self);
  ScepRenewalRecord record;
  ScepRenewalQuestion question = {
    .can_renew = choice.renewal_type == SCEP_MESSAGE_RENEWAL_REQ,
    .has_challenge = has_challenge (self),
    .sends_challenge = scep_settings_get_renewal_challenge (self->settings),
    .expired = scep_enrollment_has_expired (self),
    .has_other_names = scep_enrollment_has_other_names (self),
    .learned = scep_history_get_learned (self->history, get_ca (self), SCEP_LEARNED_WAY),
    .record = &record,
  };

  read_record (self, &record);
  if (self->n_unanswered >= MANY_UNANSWERED)
    question.unanswered = self->unanswered;
  self->n_ways = scep_renewal_list_ways (&question, self->ways);
  self->way = 0;
}

static gboolean
is_possible (ScepEnrollment *self, ScepRenewalWay way)
{
  return !scep_renewal_way_has_challenge (way) || has_challenge (self) ||
         (way == SCEP_RENEWAL_ENROLL && scep_enrollment_has_expired (self));
}

/* A server that has too much to do has not chosen what it does not answer. */
static gboolean
is_overloaded (guint status)
{
  return status == HTTP_TOO_MANY_REQUESTS || status >= HTTP_BAD_GATEWAY;
}

/* It lasts as long as the process: nobody has signed it, so it may be anybody's doing. */
static void
note_unanswered (ScepEnrollment *self, ScepRenewalWay way)
{
  ScepMessageType type = scep_renewal_way_get_message_type (way);

  if (is_overloaded (self->delivery.status))
    return;
  self->n_unanswered = self->unanswered == type ? self->n_unanswered + 1 : 1;
  self->unanswered = type;
}

static void
note_refused (ScepEnrollment *self, ScepRenewalWay way)
{
  ScepRenewalRecord record;

  if (self->unanswered == scep_renewal_way_get_message_type (way))
    self->n_unanswered = 0;
  read_record (self, &record);
  scep_renewal_record_note_refused (&record, way);
  write_record (self, &record);
}

/* What came of the way that was tried. */
static void
note_outcome (ScepEnrollment *self, const GError *error)
{
  ScepRenewalWay way = self->ways[self->way];

  if (scep_renewal_may_go_on (error))
    note_refused (self, way);
  else if (error->code == SCEP_ERROR_HTTP_STATUS || error->code == SCEP_ERROR_MALFORMED_REPLY)
    note_unanswered (self, way);
}

static gboolean
find_next_way (ScepEnrollment *self)
{
  do
    self->way++;
  while (self->way < self->n_ways && !is_possible (self, self->ways[self->way]));
  return self->way < self->n_ways;
}

/**
 * scep_enrollment_try_next_way:
 * @error: what came of the way before
 *
 * Goes on with the attempt to renew, if the CA has refused that way and there
 * is another. The transaction is replaced on disk before anything more is sent;
 * the key, which nobody has certified, is used again. What there is to learn of
 * the way before is in the history, which the end of the attempt saves.
 *
 * Returns: whether it does
 */
gboolean
scep_enrollment_try_next_way (ScepEnrollment *self, const GError *error)
{
  g_autofree char *text = NULL;

  if (self->attempt == NULL || self->transaction == NULL || self->polling ||
      self->way >= self->n_ways)
    return FALSE;
  note_outcome (self, error);
  if (!scep_renewal_may_go_on (error) || !find_next_way (self))
    return FALSE;
  text = g_strdup_printf (_ ("renewal is tried in another way (%s): %s"),
                          scep_renewal_way_get_name (self->ways[self->way]), error->message);
  scep_enrollment_say (self, text);
  scep_enrollment_request_again (self);
  return TRUE;
}

/**
 * scep_enrollment_learn_way:
 *
 * The transaction has brought a renewed certificate: the next renewal begins
 * with what worked, unless there is something stronger to be tried again.
 */
void
scep_enrollment_learn_way (ScepEnrollment *self)
{
  ScepTransaction *transaction = self->transaction;
  ScepRenewalRecord record;
  ScepRenewalWay way = scep_renewal_way_of (
      scep_transaction_get_message_type (transaction),
      strcmp (scep_transaction_get_opener_hash (transaction),
              scep_transaction_get_key_hash (transaction)) != 0,
      scep_transaction_uses_challenge (transaction), scep_transaction_has_same_names (transaction));

  /* One that was held may be installed while its CA has to be asked again. */
  if (self->trust == NULL)
    return;
  self->n_unanswered = 0;
  scep_history_learn (self->history, get_ca (self), SCEP_LEARNED_WAY,
                      scep_renewal_way_get_name (way));
  read_record (self, &record);
  scep_renewal_record_note_worked (&record, way);
  write_record (self, &record);
}

/**
 * scep_enrollment_find_opener:
 *
 * Returns: (transfer full) (nullable): the entry whose key signs the messages
 *   of the transaction and opens its reply (RFC 8894 section 2.3): that of the
 *   request, or the certificate's that is to be renewed
 */
ScepKeystoreEntry *
scep_enrollment_find_opener (ScepEnrollment *self)
{
  static const char *const aliases[] = { SCEP_ALIAS_REQUEST, SCEP_ALIAS_ENROLLED,
                                         SCEP_ALIAS_PREVIOUS };

  for (guint i = 0; i < G_N_ELEMENTS (aliases); i++) {
    g_autoptr (ScepKeystoreEntry) entry = scep_enrollment_lookup (self, aliases[i]);

    if (scep_enrollment_entry_has_key (entry, scep_transaction_get_opener_hash (self->transaction)))
      return g_steal_pointer (&entry);
  }
  return NULL;
}
