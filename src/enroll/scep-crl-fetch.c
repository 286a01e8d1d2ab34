/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-crl-fetch.h"

#include "base/scep-error.h"
#include "base/scep-names.h"
#include "enroll/scep-crl-fetch-private.h"

#include <glib/gi18n-lib.h>

/* Seconds for one request with its reply. */
#define TIMEOUT 60

static void ask_next (ScepCrlFetch *fetch);

void
scep_crl_fetch_free (ScepCrlFetch *fetch)
{
  if (fetch->self->crl_fetch == fetch->cancellable)
    g_clear_object (&fetch->self->crl_fetch);
  g_clear_object (&fetch->self);
  g_clear_object (&fetch->task);
  g_clear_object (&fetch->cancellable);
  g_clear_object (&fetch->transport);
  g_clear_object (&fetch->certificate);
  g_clear_object (&fetch->key);
  g_clear_object (&fetch->settings);
  g_clear_pointer (&fetch->trust, scep_ca_trust_unref);
  g_clear_pointer (&fetch->urls, g_strfreev);
  g_clear_pointer (&fetch->url, g_free);
  g_clear_error (&fetch->why);
  g_clear_pointer (&fetch->transaction_id, g_free);
  g_clear_pointer (&fetch->nonce, g_bytes_unref);
  g_clear_pointer (&fetch->draft, scep_pki_message_draft_free);
  g_clear_pointer (&fetch->rep, scep_cert_rep_free);
  g_free (fetch);
}

/**
 * scep_crl_fetch_fail:
 * @fetch: (transfer full):
 * @error: (transfer full):
 *
 * There is no other way to the CRL. What was wrong with the distribution points
 * is told as well.
 */
void
scep_crl_fetch_fail (ScepCrlFetch *fetch, GError *error)
{
  if (fetch->why != NULL && !g_error_matches (error, SCEP_ERROR, SCEP_ERROR_CANCELLED))
    g_prefix_error (
        &error,
        _ ("There is no CRL at its distribution point: %s Nor does the SCEP server give one: "),
        fetch->why->message);
  g_task_return_error (fetch->task, error);
  scep_crl_fetch_free (fetch);
}

/**
 * scep_crl_fetch_is_over:
 * @fetch: (transfer full): if it is
 *
 * Returns: whether the profile was stopped meanwhile
 */
gboolean
scep_crl_fetch_is_over (ScepCrlFetch *fetch)
{
  if (!g_cancellable_is_cancelled (fetch->cancellable))
    return FALSE;
  scep_crl_fetch_fail (
      fetch,
      g_error_new (
          SCEP_ERROR, SCEP_ERROR_CANCELLED,
          _ ("The fetching of the CRL was given up because the profile was changed or stopped.")));
  return TRUE;
}

/* A request to fetch->url, until its reply is there. */
typedef struct {
  ScepCrlFetch *fetch;
  GBytes *message; /* (owned) (nullable) */
  gsize max_reply;
  GAsyncReadyCallback callback;
  ScepGatePass *pass; /* (owned) (nullable): while the server is asked */
} Request;

static void
request_free (Request *request)
{
  g_clear_pointer (&request->message, g_bytes_unref);
  g_clear_pointer (&request->pass, scep_gate_pass_free);
  g_free (request);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Request, request_free)

static void
on_replied (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Request) request = user_data;

  /* Whoever is next need not wait for what is made of the reply. */
  g_clear_pointer (&request->pass, scep_gate_pass_free);
  request->callback (source, result, request->fetch);
}

static void
on_turn (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Request) request = user_data;
  ScepCrlFetch *fetch = request->fetch;
  ScepHttpRequest http = {
    .url = fetch->url,
    .body = request->message,
    .content_type = request->message != NULL ? SCEP_CONTENT_TYPE_PKI_MESSAGE : NULL,
    .max_reply = request->max_reply,
    .total_timeout = TIMEOUT,
    .refuse_local = fetch->refuse_local,
  };

  request->pass = scep_gate_enter_finish (SCEP_GATE (source), result, NULL);
  if (!scep_crl_fetch_is_over (fetch))
    scep_transport_send_async (fetch->transport, &http, fetch->cancellable, on_replied,
                               g_steal_pointer (&request));
}

/**
 * scep_crl_fetch_send:
 * @message: (nullable): what is posted
 * @max_reply: in bytes
 *
 * One request to fetch->url, in its turn where many profiles ask the same
 * server.
 */
void
scep_crl_fetch_send (ScepCrlFetch *fetch, GBytes *message, gsize max_reply,
                     GAsyncReadyCallback callback)
{
  Request *request = g_new0 (Request, 1);
  g_autofree char *server = scep_endpoint_get_host (fetch->url);

  request->fetch = fetch;
  request->message = message != NULL ? g_bytes_ref (message) : NULL;
  request->max_reply = max_reply;
  request->callback = callback;
  scep_gate_enter_async (fetch->self->gate, server, fetch->cancellable, on_turn, request);
}

/**
 * scep_crl_fetch_receive:
 *
 * Returns: (transfer full) (nullable): the body of a reply with status 200
 */
GBytes *
scep_crl_fetch_receive (ScepCrlFetch *fetch, GObject *source, GAsyncResult *result, GError **error)
{
  g_autoptr (ScepHttpReply) reply =
      scep_transport_send_finish (SCEP_TRANSPORT (source), result, error);

  if (reply == NULL || !scep_http_reply_check (reply, fetch->url, error))
    return NULL;
  return g_bytes_ref (scep_http_reply_get_body (reply));
}

static void
judgement_free (gpointer data)
{
  ScepCrlJudgement *judgement = data;

  g_clear_pointer (&judgement->body, g_bytes_unref);
  g_clear_pointer (&judgement->rep, scep_cert_rep_free);
  g_clear_pointer (&judgement->content_key, g_bytes_unref);
  g_object_unref (judgement->question.certificate);
  g_ptr_array_unref (judgement->question.cas);
  g_free (judgement->issuer);
  g_free (judgement->number);
  g_free (judgement);
}

static const char *
get_learned (ScepEnrollment *self, const char *key)
{
  return scep_history_get_learned (self->history, SCEP_LEARNED_PROFILE, key);
}

/**
 * scep_crl_judgement_new:
 *
 * Returns: (transfer full): what a worker needs to judge a CRL by
 */
ScepCrlJudgement *
scep_crl_judgement_new (ScepCrlFetch *fetch)
{
  ScepCrlJudgement *judgement = g_new0 (ScepCrlJudgement, 1);
  const char *time = get_learned (fetch->self, SCEP_LEARNED_CRL_TIME);

  judgement->issuer = g_strdup (get_learned (fetch->self, SCEP_LEARNED_CRL_ISSUER));
  judgement->number = g_strdup (get_learned (fetch->self, SCEP_LEARNED_CRL_NUMBER));
  judgement->question = (ScepCrlQuestion){
    .certificate = g_object_ref (fetch->certificate),
    .cas = g_ptr_array_ref (scep_ca_trust_get_certificates (fetch->trust)),
    .policy = scep_settings_get_policy (fetch->settings),
    .now = scep_enrollment_now (fetch->self),
    .seen = { .issuer = judgement->issuer,
              .number = judgement->number,
              .this_update = time != NULL ? g_ascii_strtoll (time, NULL, 10) : 0 },
  };
  return judgement;
}

static void
free_crl (gpointer data)
{
  scep_crl_free (data);
}

static void
judge_in_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  ScepCrlJudgement *judgement = task_data;
  GError *error = NULL;
  g_autoptr (ScepCrl) crl =
      judgement->rep != NULL
          ? scep_cert_rep_open_crl (judgement->rep, judgement->content_key, &error)
          : scep_crl_new (judgement->body, &error);

  if (crl != NULL && scep_crl_check (crl, &judgement->question, &error))
    g_task_return_pointer (task, g_steal_pointer (&crl), free_crl);
  else
    g_task_return_error (task, error);
}

/**
 * scep_crl_fetch_judge:
 * @judgement: (transfer full):
 *
 * Reads and verifies a CRL in a worker; @callback gets a #GTask of a #ScepCrl.
 */
void
scep_crl_fetch_judge (ScepCrlFetch *fetch, ScepCrlJudgement *judgement,
                      GAsyncReadyCallback callback)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, fetch);

  g_task_set_source_tag (task, scep_crl_fetch_judge);
  g_task_set_task_data (task, judgement, judgement_free);
  scep_worker_run (fetch->self->crypto, task, judge_in_thread);
}

static void
remember (ScepCrlFetch *fetch, ScepCrl *crl)
{
  ScepEnrollment *self = fetch->self;
  ScepCertificate *issuer =
      scep_crl_find_issuer (fetch->certificate, scep_ca_trust_get_certificates (fetch->trust));
  g_autofree char *time = g_strdup_printf ("%" G_GINT64_FORMAT, scep_crl_get_this_update (crl));

  scep_history_learn (self->history, SCEP_LEARNED_PROFILE, SCEP_LEARNED_CRL_ISSUER,
                      scep_certificate_get_fingerprint (issuer));
  scep_history_learn (self->history, SCEP_LEARNED_PROFILE, SCEP_LEARNED_CRL_NUMBER,
                      scep_crl_get_number (crl));
  scep_history_learn (self->history, SCEP_LEARNED_PROFILE, SCEP_LEARNED_CRL_TIME, time);
  scep_enrollment_save_history (self);
}

/**
 * scep_crl_fetch_succeed:
 * @fetch: (transfer full):
 *
 * The CRL is verified: it is remembered and given out.
 */
void
scep_crl_fetch_succeed (ScepCrlFetch *fetch, ScepCrl *crl)
{
  remember (fetch, crl);
  g_task_return_pointer (fetch->task, g_bytes_ref (scep_crl_get_der (crl)),
                         (GDestroyNotify) g_bytes_unref);
  scep_crl_fetch_free (fetch);
}

/* Another distribution point or the SCEP server may still have it; the first reason counts. */
static void
go_on (ScepCrlFetch *fetch, GError *error)
{
  if (fetch->why == NULL)
    fetch->why = error;
  else
    g_error_free (error);
  ask_next (fetch);
}

static void
on_judged (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ScepCrlFetch *fetch = user_data;
  GError *error = NULL;
  g_autoptr (ScepCrl) crl = g_task_propagate_pointer (G_TASK (result), &error);

  if (scep_crl_fetch_is_over (fetch))
    g_clear_error (&error);
  else if (crl == NULL)
    go_on (fetch, error);
  else
    scep_crl_fetch_succeed (fetch, crl);
}

static void
on_downloaded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ScepCrlFetch *fetch = user_data;
  GError *error = NULL;
  g_autoptr (GBytes) body = scep_crl_fetch_receive (fetch, source, result, &error);
  ScepCrlJudgement *judgement;

  if (scep_crl_fetch_is_over (fetch)) {
    g_clear_error (&error);
  } else if (body == NULL) {
    go_on (fetch, error);
  } else {
    judgement = scep_crl_judgement_new (fetch);
    judgement->body = g_steal_pointer (&body);
    scep_crl_fetch_judge (fetch, judgement, on_judged);
  }
}

/* The distribution points in turn, then the SCEP server (RFC 8894 section 4.6). */
static void
ask_next (ScepCrlFetch *fetch)
{
  const char *endpoint = scep_settings_get_string (fetch->settings, SCEP_SETTING_SERVER_ENDPOINT);

  while (*fetch->next_url != NULL) {
    const char *url = *fetch->next_url++;
    g_autoptr (GError) error = NULL;

    if (scep_crl_url_check (url, endpoint, &fetch->refuse_local, &error)) {
      g_free (fetch->url);
      fetch->url = g_strdup (url);
      scep_crl_fetch_send (fetch, NULL, SCEP_CRL_MAX_SIZE, on_downloaded);
      return;
    }
    if (fetch->why == NULL)
      fetch->why = g_steal_pointer (&error);
  }
  scep_crl_fetch_ask_server (fetch);
}

static gboolean
may_fetch (ScepEnrollment *self, ScepKeystoreEntry *entry, GError **error)
{
  const char *id = scep_profile_files_get_id (self->files);

  if (!scep_settings_get_boolean (self->settings, SCEP_SETTING_ENABLED))
    scep_error_set (error, SCEP_ERROR_DISABLED, _ ("The profile %s is disabled."), id);
  else if (entry == NULL || scep_keystore_entry_get_certificate (entry) == NULL ||
           scep_keystore_entry_get_key (entry) == NULL || self->trust == NULL)
    scep_error_set (error, SCEP_ERROR_NOT_CONFIGURED,
                    _ ("The profile %s has no certificate that a CRL could cover. Enroll first."),
                    id);
  else if (self->crl_fetch != NULL)
    scep_error_set (error, SCEP_ERROR_BUSY,
                    _ ("The CRL of the profile %s is being fetched already; wait for it."), id);
  else
    return TRUE;
  return FALSE;
}

static ScepCrlFetch *
fetch_new (ScepEnrollment *self, ScepKeystoreEntry *entry, GTask *task)
{
  ScepCrlFetch *fetch = g_new0 (ScepCrlFetch, 1);

  fetch->self = g_object_ref (self);
  fetch->task = g_object_ref (task);
  fetch->cancellable = g_cancellable_new ();
  fetch->certificate = g_object_ref (scep_keystore_entry_get_certificate (entry));
  fetch->key = g_object_ref (scep_keystore_entry_get_key (entry));
  fetch->settings = g_object_ref (self->settings);
  fetch->trust = scep_ca_trust_ref (self->trust);
  fetch->urls = scep_certificate_dup_crl_urls (fetch->certificate);
  fetch->next_url = fetch->urls;
  g_set_object (&self->crl_fetch, fetch->cancellable);
  return fetch;
}

/**
 * scep_enrollment_get_crl:
 * @task: ends with the DER of a CRL, a #GBytes
 *
 * Fetches the CRL that covers the installed certificate: from the certificate's
 * distribution points first, as RFC 8894 section 4.6 prefers, else from the SCEP
 * server. It is verified. Runs beside whatever else is going on.
 *
 * Fails with %SCEP_ERROR_DISABLED, %SCEP_ERROR_NOT_CONFIGURED, %SCEP_ERROR_BUSY,
 * %SCEP_ERROR_CANCELLED, or with what became of the last try.
 */
void
scep_enrollment_get_crl (ScepEnrollment *self, GTask *task)
{
  g_autoptr (ScepKeystoreEntry) entry = scep_enrollment_lookup (self, SCEP_ALIAS_ENROLLED);
  GError *error = NULL;
  ScepCrlFetch *fetch;

  if (!may_fetch (self, entry, &error)) {
    g_task_return_error (task, error);
    return;
  }
  fetch = fetch_new (self, entry, task);
  fetch->transport = self->transport_factory (
      scep_settings_get_string (self->settings, SCEP_SETTING_TLS_CA_CERTIFICATES), &error);
  if (fetch->transport == NULL)
    scep_crl_fetch_fail (fetch, error);
  else
    ask_next (fetch);
}
