/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The signed question of a query, and its answer. */
#include "enroll/scep-query-private.h"

#include "base/scep-error.h"
#include "enroll/scep-verification.h"

#include <glib/gi18n-lib.h>

#define HTTP_OK 200

/* What servers answer to a message that they do not know, beside 200 with nothing. */
static const guint unknown_statuses[] = { 400, 404, 405, 500, 501 };

static const char *
get_endpoint (ScepQuery *self)
{
  return scep_settings_get_string (self->settings, SCEP_SETTING_SERVER_ENDPOINT);
}

/**
 * scep_answer_free:
 * @answer: (transfer full) (nullable):
 */
void
scep_answer_free (ScepAnswer *answer)
{
  if (answer == NULL)
    return;
  g_clear_pointer (&answer->rep, scep_cert_rep_free);
  g_clear_pointer (&answer->content_key, g_bytes_unref);
  g_free (answer);
}

static void
free_answer (gpointer data)
{
  scep_answer_free (data);
}

/* A signed question, until it is answered. */
typedef struct {
  ScepMessageType type;
  GBytes *data; /* (owned) */
  gsize max_reply;
  char *transaction_id;       /* (owned) (nullable) */
  GBytes *nonce;              /* (owned) (nullable) */
  ScepPkiMessageDraft *draft; /* (owned) (nullable) */
  GBytes *message;            /* (owned) (nullable): signed */
  ScepCertRep *rep;           /* (owned) (nullable) */
} Question;

static void
question_free (gpointer data)
{
  Question *question = data;

  g_bytes_unref (question->data);
  g_free (question->transaction_id);
  g_clear_pointer (&question->nonce, g_bytes_unref);
  g_clear_pointer (&question->draft, scep_pki_message_draft_free);
  g_clear_pointer (&question->message, g_bytes_unref);
  g_clear_pointer (&question->rep, scep_cert_rep_free);
  g_free (question);
}

static void
on_unwrapped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Question *question = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (GBytes) key = scep_key_unwrap_finish (SCEP_KEY (source), result, &error);
  ScepAnswer *answer;

  if (!scep_query_goes_on (task, error))
    return;
  answer = g_new0 (ScepAnswer, 1);
  answer->rep = g_steal_pointer (&question->rep);
  answer->content_key = g_steal_pointer (&key);
  g_task_return_pointer (task, answer, free_answer);
}

static GError *
make_refusal (ScepQuery *self, Question *question)
{
  gboolean is_crl = question->type == SCEP_MESSAGE_GET_CRL;
  GError *failure = scep_cert_rep_get_failure (question->rep);
  g_autofree char *host = scep_query_get_host (self);

  g_free (self->words);
  self->words = g_strdup (scep_cert_rep_get_words (question->rep));
  if (failure != NULL)
    g_prefix_error (&failure,
                    is_crl ? _ ("The SCEP server at %s gives no CRL: ")
                           : _ ("The SCEP server at %s gives no certificate: "),
                    host);
  else
    scep_error_set (
        &failure, SCEP_ERROR_MALFORMED_REPLY,
        is_crl ? _ ("The SCEP server at %s lets a request for a CRL wait, which SCEP does not "
                    "provide for.")
               : _ ("The SCEP server at %s lets a request for an existing certificate wait, which "
                    "SCEP does not provide for."),
        host);
  return failure;
}

static void
open_reply (GTask *task)
{
  ScepQuery *self = g_task_get_source_object (task);
  Question *question = g_task_get_task_data (task);
  g_autoptr (GBytes) wrapped = NULL;
  GError *error = NULL;
  ScepKeyWrap wrap;
  gsize key_length;

  if (scep_cert_rep_get_status (question->rep) != SCEP_PKI_STATUS_SUCCESS)
    g_task_return_error (task, make_refusal (self, question));
  else if (!scep_cert_rep_get_wrapped_key (question->rep, self->certificate, &wrap, &wrapped,
                                           &key_length, &error))
    g_task_return_error (task, error);
  else
    scep_key_unwrap_async (self->key, wrap, wrapped, key_length, self->cancellable, on_unwrapped,
                           g_object_ref (task));
}

/* No step of an attempt follows that would save and show it. */
static void
keep_learned (ScepEnrollment *enrollment)
{
  scep_enrollment_save_history (enrollment);
  enrollment->hooks.changed (enrollment->hooks.owner);
}

static void
on_verified (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  ScepQuery *self = g_task_get_source_object (task);
  Question *question = g_task_get_task_data (task);
  GError *error = NULL;

  question->rep = scep_verification_finish (result, &error);
  if (!scep_query_goes_on (task, error))
    return;
  if (scep_enrollment_confirm_method (self->enrollment, &self->delivery))
    keep_learned (self->enrollment);
  open_reply (task);
}

static void
verify (GTask *task, GBytes *body)
{
  ScepQuery *self = g_task_get_source_object (task);
  Question *question = g_task_get_task_data (task);
  g_autoptr (GPtrArray) signers = scep_enrollment_list_signers (self->enrollment, self->trust);
  ScepCertRepExpectation expectation = {
    .signers = signers,
    .policy = scep_settings_get_policy (self->settings),
    .transaction_id = question->transaction_id,
    .nonce = question->nonce,
  };

  scep_verification_run (self->enrollment->crypto, body, &expectation, NULL, on_verified,
                         g_object_ref (task));
}

static void deliver (GTask *task);

static void
on_reply (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  ScepQuery *self = SCEP_QUERY (source);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) body = scep_query_download_finish (self, result, &error);

  if (!scep_query_goes_on (task, NULL))
    return;
  self->was_answered = body != NULL;
  if (body != NULL)
    verify (task, body);
  else if (scep_enrollment_may_get_instead (self->enrollment, &self->delivery, error))
    deliver (task);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

/* As the server takes messages, see scep-server-memory.c. */
static void
deliver (GTask *task)
{
  ScepQuery *self = g_task_get_source_object (task);
  Question *question = g_task_get_task_data (task);
  gboolean posts = scep_enrollment_posts (self->enrollment, &self->delivery);
  GError *error = NULL;
  g_autofree char *url =
      posts ? scep_endpoint_get_url (get_endpoint (self), SCEP_OPERATION_PKI, NULL)
            : scep_endpoint_get_message_url (get_endpoint (self), question->message, &error);

  if (scep_query_goes_on (task, error))
    scep_query_send (self, url, posts ? question->message : NULL, FALSE, question->max_reply,
                     on_reply, g_object_ref (task));
}

static void
on_signed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Question *question = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (GBytes) signature = scep_key_sign_finish (SCEP_KEY (source), result, &error);

  if (!scep_query_goes_on (task, error))
    return;
  question->message = scep_pki_message_draft_assemble (question->draft, signature);
  deliver (task);
}

static void
sign (GTask *task)
{
  ScepQuery *self = g_task_get_source_object (task);
  Question *question = g_task_get_task_data (task);
  ScepAlgorithmChoice choice = scep_enrollment_choose_algorithms (self->enrollment);
  GError *error = NULL;
  ScepPkiMessageSpec spec = {
    .type = question->type,
    .transaction_id = question->transaction_id,
    .sender_nonce = question->nonce,
    .signer = self->certificate,
    .recipient = scep_enrollment_get_recipient (self->enrollment, self->trust),
    .cipher = choice.cipher,
    .digest = choice.digest,
    .signing_time = scep_enrollment_now (self->enrollment),
    .message_data = question->data,
  };

  question->draft = scep_pki_message_draft_new (&spec, &error);
  if (scep_query_goes_on (task, error))
    scep_key_sign_async (self->key, choice.digest, scep_pki_message_draft_get_tbs (question->draft),
                         self->cancellable, on_signed, g_object_ref (task));
}

/* One that does not say what it can is asked again the next time. */
static void
on_capabilities (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  ScepQuery *self = SCEP_QUERY (source);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) body = scep_query_download_finish (self, result, &error);

  if (!scep_query_goes_on (task, self->delivery.was_sent ? NULL : g_steal_pointer (&error)))
    return;
  if (scep_enrollment_has_listed (body, self->delivery.status)) {
    scep_enrollment_take_capabilities (self->enrollment, body, self->delivery.status);
    keep_learned (self->enrollment);
  }
  sign (task);
}

static void
ask_capabilities (GTask *task)
{
  ScepQuery *self = g_task_get_source_object (task);
  g_autofree char *url =
      scep_endpoint_get_url (get_endpoint (self), SCEP_OPERATION_GET_CA_CAPS, NULL);

  scep_query_download_async (self, url, FALSE,
                             scep_endpoint_get_max_reply (SCEP_OPERATION_GET_CA_CAPS),
                             on_capabilities, g_object_ref (task));
}

/**
 * scep_query_ask_async:
 * @type: %SCEP_MESSAGE_GET_CERT or %SCEP_MESSAGE_GET_CRL
 * @message_data: scep_issuer_and_serial()
 * @max_reply: in bytes
 * @callback: ends it with scep_query_ask_finish()
 *
 * Asks the SCEP server, in the way that it is known to take messages; after a
 * restart what it can is asked first. The answer is verified and then unlocked,
 * not yet read.
 */
void
scep_query_ask_async (ScepQuery *self, ScepMessageType type, GBytes *message_data, gsize max_reply,
                      GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, self->cancellable, callback, user_data);
  Question *question = g_new0 (Question, 1);

  question->type = type;
  question->data = g_bytes_ref (message_data);
  question->max_reply = max_reply;
  question->transaction_id = scep_transaction_id_new ();
  question->nonce = scep_random_bytes (SCEP_NONCE_SIZE);
  g_task_set_source_tag (task, scep_query_ask_async);
  g_task_set_task_data (task, question, question_free);
  if (self->enrollment->capabilities_known)
    sign (task);
  else
    ask_capabilities (task);
}

/**
 * scep_query_ask_finish:
 *
 * Returns: (transfer full) (nullable): a SUCCESS, or %NULL with the reason of
 *   the CA, %SCEP_ERROR_CANCELLED, an error of scep_query_download_finish(), of
 *   scep_cert_rep_verify() or of scep_cert_rep_get_wrapped_key()
 */
ScepAnswer *
scep_query_ask_finish (ScepQuery *self, GAsyncResult *result, GError **error)
{
  return scep_query_propagate (self, result, error);
}

/**
 * scep_query_is_unknown:
 * @error: of scep_query_ask_finish() or of the judgement
 *
 * Nothing tells which questions a server knows. One that does not may refuse it
 * with badRequest (RFC 8894 section 3.2.1.4), answer with an HTTP error, or with
 * nothing at all.
 *
 * Returns: whether @error looks like that
 */
gboolean
scep_query_is_unknown (ScepQuery *self, const GError *error)
{
  if (error->domain != SCEP_ERROR)
    return FALSE;
  if (self->was_answered)
    return error->code == SCEP_ERROR_BAD_REQUEST;
  if (error->code == SCEP_ERROR_MALFORMED_REPLY)
    return self->delivery.status == HTTP_OK;
  for (guint i = 0; i < G_N_ELEMENTS (unknown_statuses); i++) {
    if (self->delivery.status == unknown_statuses[i])
      return error->code == SCEP_ERROR_HTTP_STATUS;
  }
  return FALSE;
}

/**
 * scep_query_add_words:
 * @error: the refusal in words of one's own
 *
 * Adds what the server said itself with its refusal.
 */
void
scep_query_add_words (ScepQuery *self, GError *error)
{
  g_autofree char *message = error->message;

  error->message = g_strconcat (message, self->words, NULL);
}

/* The reason that the server names speaks of enrollment. */
static void
explain_refused (ScepQuery *self, ScepMessageType type, GError **error)
{
  g_autofree char *host = scep_query_get_host (self);

  scep_error_set (
      error, SCEP_ERROR_UNSUPPORTED,
      type == SCEP_MESSAGE_GET_CRL
          ? _ ("The SCEP server at %s answered with badRequest: it does not know GetCRL, or does "
               "not permit it. Get the CRL from the CA itself.")
          : _ ("The SCEP server at %s answered with badRequest: it does not know GetCert, or "
               "does not permit it. Get the certificate from the CA itself."),
      host);
  scep_query_add_words (self, *error);
}

/**
 * scep_query_explain_unknown:
 * @type: what was asked
 * @error: (inout): one for which scep_query_is_unknown() is true; becomes
 *   %SCEP_ERROR_UNSUPPORTED
 */
void
scep_query_explain_unknown (ScepQuery *self, ScepMessageType type, GError **error)
{
  g_autoptr (GError) cause = g_steal_pointer (error);

  if (cause->code == SCEP_ERROR_BAD_REQUEST)
    explain_refused (self, type, error);
  else
    scep_error_set (error, SCEP_ERROR_UNSUPPORTED,
                    type == SCEP_MESSAGE_GET_CRL
                        /* TRANSLATORS: what came back is a sentence with its full stop */
                        ? _ ("%s It does not seem to know GetCRL; get the CRL from the CA itself.")
                        /* TRANSLATORS: what came back is a sentence with its full stop */
                        : _ ("%s It does not seem to know GetCert; get the certificate from the "
                             "CA itself."),
                    cause->message);
}
