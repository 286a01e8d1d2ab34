/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-enrollment-private.h"

#include "base/scep-error.h"
#include "base/scep-names.h"
#include "codec/scep-csr.h"

#include <glib/gi18n-lib.h>

static void
free_draft (gpointer data)
{
  scep_pki_message_draft_free (data);
}

static void post (ScepEnrollment *self);

static void
on_reply (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ScepStep) step = user_data;
  ScepEnrollment *self = step->self;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) body = scep_enrollment_exchange_finish (step, source, result, &error);

  if (!scep_step_is_current (step))
    return;
  if (body == NULL && scep_enrollment_may_get_instead (self, &self->delivery, error)) {
    post (self);
    return;
  }
  /* A thousand profiles at rest would keep a thousand messages. */
  g_clear_pointer (&self->message, g_bytes_unref);
  if (body == NULL)
    scep_enrollment_fail (
        self, SCEP_EVENT_FAILED,
        scep_enrollment_describe (self, error,
                                  self->polling ? _ ("The request could not be polled")
                                                : _ ("The request could not be delivered")));
  else
    scep_enrollment_receive (self, body);
}

static void
post (ScepEnrollment *self)
{
  scep_enrollment_exchange (self, SCEP_OPERATION_PKI, self->message, on_reply,
                            scep_step_new (self));
}

/**
 * scep_enrollment_hold:
 *
 * From here on a message that is signed waits for scep_enrollment_release():
 * nothing of a request is sent before its transaction is on disk.
 */
void
scep_enrollment_hold (ScepEnrollment *self)
{
  g_clear_pointer (&self->message, g_bytes_unref);
  self->held = TRUE;
}

/**
 * scep_enrollment_release:
 *
 * The transaction is on disk: its message is sent, now or when it is signed.
 */
void
scep_enrollment_release (ScepEnrollment *self)
{
  self->held = FALSE;
  if (self->message != NULL)
    post (self);
}

static void
on_message_signed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ScepStep) step = user_data;
  GError *error = NULL;
  g_autoptr (GBytes) signature = scep_key_sign_finish (SCEP_KEY (source), result, &error);

  if (!scep_step_is_current (step)) {
    g_clear_error (&error);
    return;
  }
  if (signature == NULL) {
    scep_enrollment_fail (step->self, SCEP_EVENT_FAILED, error);
    return;
  }
  g_clear_pointer (&step->self->message, g_bytes_unref);
  step->self->message = scep_pki_message_draft_assemble (step->data, signature);
  if (!step->self->held)
    post (step->self);
}

static GBytes *
make_message_data (ScepEnrollment *self, gboolean poll, GError **error)
{
  GBytes *csr = scep_transaction_get_csr (self->transaction);
  g_autoptr (GBytes) subject = NULL;

  if (!poll)
    return g_bytes_ref (csr);
  subject = scep_csr_get_subject (csr, error);
  return subject != NULL
             ? scep_issuer_and_subject (scep_enrollment_get_issuer (self, self->trust), subject)
             : NULL;
}

static ScepPkiMessageDraft *
make_draft (ScepEnrollment *self, gboolean poll, ScepDigest *digest, GError **error)
{
  ScepAlgorithmChoice choice = scep_enrollment_choose_algorithms (self);
  g_autoptr (GBytes) data = make_message_data (self, poll, error);
  ScepPkiMessageSpec spec = {
    .type = poll ? SCEP_MESSAGE_CERT_POLL : scep_transaction_get_message_type (self->transaction),
    .transaction_id = scep_transaction_get_id (self->transaction),
    .sender_nonce = self->nonce,
    .signer = scep_transaction_get_signer (self->transaction),
    .recipient = scep_enrollment_get_recipient (self, self->trust),
    .cipher = choice.cipher,
    .digest = choice.digest,
    .signing_time = scep_enrollment_now (self),
    .message_data = data,
  };

  *digest = choice.digest;
  return data != NULL ? scep_pki_message_draft_new (&spec, error) : NULL;
}

static void
go_on (ScepEnrollment *self)
{
  scep_enrollment_send (self, self->polling);
}

/**
 * scep_enrollment_send:
 * @poll: a CertPoll (RFC 8894 section 3.3.3) instead of the request itself
 *
 * Signs a message of the transaction and sends it, unless it is held. After a
 * restart the server's capabilities are asked for first.
 */
void
scep_enrollment_send (ScepEnrollment *self, gboolean poll)
{
  g_autoptr (ScepKeystoreEntry) entry = scep_enrollment_find_opener (self);
  g_autoptr (ScepPkiMessageDraft) draft = NULL;
  g_autoptr (GBytes) tbs = NULL;
  ScepDigest digest;
  GError *error = NULL;
  ScepStep *step;

  self->polling = poll;
  if (!self->capabilities_known) {
    scep_enrollment_ask_capabilities (self, go_on);
    return;
  }
  g_clear_pointer (&self->nonce, g_bytes_unref);
  self->nonce = scep_random_bytes (SCEP_NONCE_SIZE);
  if (entry == NULL) {
    scep_error_set (&error, SCEP_ERROR_NO_SUCH_ENTRY,
                    _ ("The key that signs the request is not in the keystore any more; the next "
                       "attempt makes a new request."));
    scep_enrollment_fail (self, SCEP_EVENT_ABANDONED, error);
    return;
  }
  draft = make_draft (self, poll, &digest, &error);
  if (draft == NULL) {
    scep_enrollment_fail (self, SCEP_EVENT_FAILED, error);
    return;
  }
  tbs = g_bytes_ref (scep_pki_message_draft_get_tbs (draft));
  step = scep_step_new (self);
  step->data = g_steal_pointer (&draft);
  step->data_free = free_draft;
  scep_key_sign_async (scep_keystore_entry_get_key (entry), digest, tbs, self->attempt,
                       on_message_signed, step);
}
