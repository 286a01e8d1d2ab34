/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-query-private.h"

#include "base/scep-error.h"
#include "base/scep-names.h"

#include <glib/gi18n-lib.h>

/* Seconds for one request with its reply. */
#define TIMEOUT 60

G_DEFINE_FINAL_TYPE (ScepQuery, scep_query, G_TYPE_OBJECT)

static void
scep_query_dispose (GObject *object)
{
  ScepQuery *self = SCEP_QUERY (object);

  if (self->enrollment != NULL && self->enrollment->query == self->cancellable)
    g_clear_object (&self->enrollment->query);
  g_clear_object (&self->enrollment);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->transport);
  g_clear_object (&self->certificate);
  g_clear_object (&self->key);
  g_clear_object (&self->settings);
  g_clear_pointer (&self->trust, scep_ca_trust_unref);
  g_clear_pointer (&self->words, g_free);
  G_OBJECT_CLASS (scep_query_parent_class)->dispose (object);
}

static void
scep_query_class_init (ScepQueryClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = scep_query_dispose;
}

static void
scep_query_init (ScepQuery *self)
{
  self->cancellable = g_cancellable_new ();
}

static gboolean
may_ask (ScepEnrollment *enrollment, ScepKeystoreEntry *entry, GError **error)
{
  const char *id = scep_profile_files_get_id (enrollment->files);

  if (!scep_settings_get_boolean (enrollment->settings, SCEP_SETTING_ENABLED))
    scep_error_set (error, SCEP_ERROR_DISABLED,
                    _ ("The profile %s is switched off. Set Enabled to true first."), id);
  else if (entry == NULL || scep_keystore_entry_get_certificate (entry) == NULL ||
           scep_keystore_entry_get_key (entry) == NULL || enrollment->trust == NULL)
    scep_error_set (error, SCEP_ERROR_NOT_CONFIGURED,
                    _ ("The profile %s has no certificate to ask the CA with. Enroll first."), id);
  else if (enrollment->query != NULL)
    scep_error_set (error, SCEP_ERROR_BUSY,
                    _ ("The profile %s is asking for a CRL or a certificate already; wait for it."),
                    id);
  else
    return TRUE;
  return FALSE;
}

/**
 * scep_query_new:
 *
 * Returns: (transfer full) (nullable): a query that may ask, or %NULL with
 *   %SCEP_ERROR_DISABLED, %SCEP_ERROR_NOT_CONFIGURED, %SCEP_ERROR_BUSY or an
 *   error of the transport
 */
ScepQuery *
scep_query_new (ScepEnrollment *enrollment, GError **error)
{
  g_autoptr (ScepKeystoreEntry) entry = scep_enrollment_lookup (enrollment, SCEP_ALIAS_ENROLLED);
  g_autoptr (ScepQuery) self = NULL;

  if (!may_ask (enrollment, entry, error))
    return NULL;
  self = g_object_new (SCEP_TYPE_QUERY, NULL);
  self->enrollment = g_object_ref (enrollment);
  self->certificate = g_object_ref (scep_keystore_entry_get_certificate (entry));
  self->key = g_object_ref (scep_keystore_entry_get_key (entry));
  self->settings = g_object_ref (enrollment->settings);
  self->trust = scep_ca_trust_ref (enrollment->trust);
  self->transport = enrollment->transport_factory (
      scep_settings_get_string (self->settings, SCEP_SETTING_TLS_CA_CERTIFICATES), error);
  if (self->transport == NULL)
    return NULL;
  g_set_object (&enrollment->query, self->cancellable);
  return g_steal_pointer (&self);
}

/**
 * scep_query_get_enrollment:
 *
 * Returns: (transfer none):
 */
ScepEnrollment *
scep_query_get_enrollment (ScepQuery *self)
{
  return self->enrollment;
}

/**
 * scep_query_get_settings:
 *
 * Returns: (transfer none): those of when it began
 */
ScepSettings *
scep_query_get_settings (ScepQuery *self)
{
  return self->settings;
}

/**
 * scep_query_get_trust:
 *
 * Returns: (transfer none): whom it believes
 */
ScepCaTrust *
scep_query_get_trust (ScepQuery *self)
{
  return self->trust;
}

/**
 * scep_query_get_certificate:
 *
 * Returns: (transfer none): the installed certificate, which signs
 */
ScepCertificate *
scep_query_get_certificate (ScepQuery *self)
{
  return self->certificate;
}

/**
 * scep_query_get_host:
 *
 * Returns: (transfer full): the SCEP server, as a message names it
 */
char *
scep_query_get_host (ScepQuery *self)
{
  return scep_endpoint_get_host (
      scep_settings_get_string (self->settings, SCEP_SETTING_SERVER_ENDPOINT));
}

/**
 * scep_query_propagate:
 *
 * Ends a task of the query. Whoever gave it up wants to know that, and not what
 * became of the step that was under way.
 *
 * Returns: (transfer full) (nullable): what it returned, or %NULL with its error
 *   or %SCEP_ERROR_CANCELLED
 */
gpointer
scep_query_propagate (ScepQuery *self, GAsyncResult *result, GError **error)
{
  g_autoptr (GError) why = NULL;
  gpointer value = g_task_propagate_pointer (G_TASK (result), &why);

  if (value == NULL && g_cancellable_is_cancelled (self->cancellable))
    scep_error_set (error, SCEP_ERROR_CANCELLED,
                    _ ("The request was given up because the profile was changed or stopped."));
  else if (value == NULL)
    g_propagate_error (error, g_steal_pointer (&why));
  return value;
}

/**
 * scep_query_goes_on:
 * @error: (transfer full) (nullable): of a step of @task
 *
 * Returns: whether @task goes on; else it ended with @error, or because the query
 *   was given up
 */
gboolean
scep_query_goes_on (GTask *task, GError *error)
{
  if (error != NULL)
    g_task_return_error (task, error);
  return error == NULL && !g_task_return_error_if_cancelled (task);
}

/* One request, until its reply is there. */
typedef struct {
  char *url;       /* (owned) */
  GBytes *message; /* (owned) (nullable): to be posted */
  gsize max_reply;
  gboolean refuse_local;
  ScepGatePass *pass; /* (owned) (nullable): while the server is asked */
} Request;

static void
request_free (gpointer data)
{
  Request *request = data;

  g_free (request->url);
  g_clear_pointer (&request->message, g_bytes_unref);
  g_clear_pointer (&request->pass, scep_gate_pass_free);
  g_free (request);
}

/* What is only fetched may be on another server, and is not where somebody configured it. */
static const char *
get_advice (ScepQuery *self, Request *request)
{
  const char *endpoint = scep_settings_get_string (self->settings, SCEP_SETTING_SERVER_ENDPOINT);

  if (request->message == NULL && !g_str_has_prefix (request->url, endpoint))
    return _ ("ask the CA's operator where its CRL is published");
  return scep_endpoint_get_advice (SCEP_OPERATION_PKI,
                                   self->enrollment->capabilities != SCEP_CAPABILITY_NONE);
}

static void
on_replied (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  ScepQuery *self = g_task_get_source_object (task);
  Request *request = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (ScepHttpReply) reply =
      scep_transport_send_finish (SCEP_TRANSPORT (source), result, &error);

  /* Whoever is next need not wait for what is made of the reply. */
  g_clear_pointer (&request->pass, scep_gate_pass_free);
  self->delivery.was_sent = scep_transport_was_sent (SCEP_TRANSPORT (source), result);
  self->delivery.status = reply != NULL ? scep_http_reply_get_status (reply) : 0;
  if (reply != NULL &&
      scep_http_reply_check (reply, request->url, get_advice (self, request), &error))
    g_task_return_pointer (task, g_bytes_ref (scep_http_reply_get_body (reply)),
                           (GDestroyNotify) g_bytes_unref);
  else
    g_task_return_error (task, error);
}

static void
on_turn (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  ScepQuery *self = g_task_get_source_object (task);
  Request *request = g_task_get_task_data (task);
  GError *error = NULL;
  ScepHttpRequest http = {
    .url = request->url,
    .body = request->message,
    .content_type = request->message != NULL ? SCEP_CONTENT_TYPE_PKI_MESSAGE : NULL,
    .max_reply = request->max_reply,
    .total_timeout = TIMEOUT,
    .refuse_local = request->refuse_local,
    .allow_weak_tls = scep_settings_get_policy (self->settings) == SCEP_POLICY_LEGACY,
  };

  request->pass = scep_gate_enter_finish (SCEP_GATE (source), result, &error);
  if (scep_query_goes_on (task, error))
    scep_transport_send_async (self->transport, &http, self->cancellable, on_replied,
                               g_steal_pointer (&task));
}

/**
 * scep_query_send:
 * @message: (nullable): to be posted; else it is a GET
 * @refuse_local: see #ScepHttpRequest
 * @max_reply: in bytes
 * @callback: ends it with scep_query_download_finish()
 *
 * One request, in its turn where many profiles ask the same server.
 */
void
scep_query_send (ScepQuery *self, const char *url, GBytes *message, gboolean refuse_local,
                 gsize max_reply, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, self->cancellable, callback, user_data);
  g_autofree char *server = scep_endpoint_get_host (url);
  Request *request = g_new0 (Request, 1);
  GError *error = NULL;

  request->url = g_strdup (url);
  request->message = message != NULL ? g_bytes_ref (message) : NULL;
  request->refuse_local = refuse_local;
  request->max_reply = max_reply;
  g_task_set_source_tag (task, scep_query_send);
  g_task_set_task_data (task, request, request_free);
  if (!scep_enrollment_may_send (self->enrollment, 1, &error)) {
    g_task_return_error (task, error);
    return;
  }
  scep_gate_enter_async (self->enrollment->gate, server, self->cancellable, on_turn,
                         g_steal_pointer (&task));
}

/**
 * scep_query_download_async:
 * @url: what to GET
 * @refuse_local: see #ScepHttpRequest
 * @max_reply: in bytes
 * @callback: ends it with scep_query_download_finish()
 *
 * Fetches what nobody signs, which may be elsewhere than on the SCEP server.
 */
void
scep_query_download_async (ScepQuery *self, const char *url, gboolean refuse_local, gsize max_reply,
                           GAsyncReadyCallback callback, gpointer user_data)
{
  scep_query_send (self, url, NULL, refuse_local, max_reply, callback, user_data);
}

/**
 * scep_query_download_finish:
 *
 * Returns: (transfer full) (nullable): the body of a reply with status 200, or
 *   %NULL with %SCEP_ERROR_CANCELLED, an error of the transport or of
 *   scep_http_reply_check()
 */
GBytes *
scep_query_download_finish (ScepQuery *self, GAsyncResult *result, GError **error)
{
  return scep_query_propagate (self, result, error);
}

/**
 * scep_query_judge_async:
 * @judge: ends its task with a pointer
 * @judgement: (transfer full): its task data; everything in it is its own
 * @callback: ends it with scep_query_judge_finish()
 *
 * Has what came judged in a worker.
 */
void
scep_query_judge_async (ScepQuery *self, GTaskThreadFunc judge, gpointer judgement,
                        GDestroyNotify judgement_free, GAsyncReadyCallback callback,
                        gpointer user_data)
{
  /* The worker may be the last to let go of it: the query stays with the main loop. */
  g_autoptr (GTask) task = g_task_new (NULL, self->cancellable, callback, user_data);

  g_task_set_source_tag (task, scep_query_judge_async);
  g_task_set_task_data (task, judgement, judgement_free);
  scep_worker_run (self->enrollment->crypto, task, judge);
}

/**
 * scep_query_judge_finish:
 *
 * Returns: (transfer full) (nullable): what @judge returned, or %NULL with its
 *   error or %SCEP_ERROR_CANCELLED
 */
gpointer
scep_query_judge_finish (ScepQuery *self, GAsyncResult *result, GError **error)
{
  return scep_query_propagate (self, result, error);
}
