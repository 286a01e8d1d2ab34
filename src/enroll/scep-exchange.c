/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-enrollment-private.h"

#include "base/scep-error.h"
#include "codec/scep-body.h"

#include <glib/gi18n-lib.h>

/* Seconds for one request with its reply. */
#define CAPABILITIES_TIMEOUT 30
#define OPERATION_TIMEOUT 60

static gboolean
ensure_transport (ScepEnrollment *self, GError **error)
{
  if (self->transport == NULL)
    self->transport = self->transport_factory (
        scep_settings_get_string (self->settings, SCEP_SETTING_TLS_CA_CERTIFICATES), error);
  return self->transport != NULL;
}

static char *
make_url (ScepEnrollment *self, ScepOperation operation, GBytes *message, gboolean post,
          GError **error)
{
  const char *endpoint = scep_settings_get_string (self->settings, SCEP_SETTING_SERVER_ENDPOINT);

  if (message != NULL && !post)
    return scep_endpoint_get_message_url (endpoint, message, error);
  return scep_endpoint_get_url (endpoint, operation,
                                operation == SCEP_OPERATION_GET_CA_CERT ||
                                        operation == SCEP_OPERATION_GET_NEXT_CA_CERT
                                    ? scep_enrollment_get_ca_identifier (self)
                                    : NULL);
}

/* A request on its way, and who waits for the reply. */
typedef struct {
  ScepStep *step; /* (owned) (nullable) */
  GAsyncReadyCallback callback;
  ScepOperation operation;
  GBytes *body;       /* (owned) (nullable) */
  ScepGatePass *pass; /* (owned) (nullable): while the server is asked */
} Exchange;

static void
exchange_free (Exchange *exchange)
{
  g_clear_pointer (&exchange->step, scep_step_free);
  g_clear_pointer (&exchange->body, g_bytes_unref);
  g_clear_pointer (&exchange->pass, scep_gate_pass_free);
  g_free (exchange);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Exchange, exchange_free)

static void
on_replied (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Exchange) exchange = user_data;
  ScepEnrollment *self = exchange->step->self;

  if (self->transport != NULL && !scep_gate_keep (self->gate, G_OBJECT (self->transport)))
    g_clear_object (&self->transport);
  /* Whoever is next need not wait for what is made of the reply. */
  g_clear_pointer (&exchange->pass, scep_gate_pass_free);
  exchange->callback (source, result, g_steal_pointer (&exchange->step));
}

static void
send (Exchange *taken)
{
  g_autoptr (Exchange) exchange = taken;
  ScepStep *step = exchange->step;
  ScepHttpRequest request = {
    .url = step->data,
    .body = exchange->body,
    .content_type = exchange->body != NULL ? SCEP_CONTENT_TYPE_PKI_MESSAGE : NULL,
    .max_reply = scep_endpoint_get_max_reply (exchange->operation),
    .total_timeout = exchange->operation == SCEP_OPERATION_GET_CA_CAPS ? CAPABILITIES_TIMEOUT
                                                                       : OPERATION_TIMEOUT,
    .allow_weak_tls = scep_settings_get_policy (step->self->settings) == SCEP_POLICY_LEGACY,
  };
  GError *error = NULL;

  if (ensure_transport (step->self, &error))
    scep_transport_send_async (step->self->transport, &request, step->attempt, on_replied,
                               g_steal_pointer (&exchange));
  else
    scep_enrollment_fail (step->self, SCEP_EVENT_FAILED, error);
}

/* Others have to see that it waits, and until when at the latest; 0 when its turn has come. */
static void
show_turn (ScepEnrollment *self, gint64 time)
{
  self->next_action = time != 0 ? "send" : "";
  self->next_time = time;
  self->hooks.changed (self->hooks.owner);
}

static void
on_turn (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Exchange) exchange = user_data;

  exchange->pass = scep_gate_enter_finish (SCEP_GATE (source), result, NULL);
  if (exchange->pass == NULL || !scep_step_is_current (exchange->step))
    return;
  show_turn (exchange->step->self, 0);
  send (g_steal_pointer (&exchange));
}

/* Its connection would only wait too. */
static void
wait_for_turn (Exchange *exchange, const char *server)
{
  ScepEnrollment *self = exchange->step->self;

  g_clear_object (&self->transport);
  scep_gate_enter_async (self->gate, server, exchange->step->attempt, on_turn, exchange);
  show_turn (self, scep_enrollment_now (self) +
                       (gint64) scep_gate_count_rounds (self->gate, server) * OPERATION_TIMEOUT);
}

/**
 * scep_enrollment_may_send:
 * @n: requests
 *
 * The second line of defence: no profile asks without end, whoever wants it and whatever
 * is wrong with its plans.
 *
 * Returns: whether they may be sent now; else @error is %SCEP_ERROR_BUSY
 */
gboolean
scep_enrollment_may_send (ScepEnrollment *self, guint n, GError **error)
{
  gint64 now = scep_enrollment_now (self);
  g_autoptr (GError) why = NULL;

  if (scep_request_rate_take (&self->rate, now, n))
    return TRUE;
  scep_error_set (&why, SCEP_ERROR_BUSY,
                  _ ("The server was not asked, because the profile %s has sent %d requests within "
                     "a minute, and more are not sent. Wait a minute; if nobody calls for that "
                     "many requests, report it with the journal."),
                  scep_profile_files_get_id (self->files), SCEP_REQUEST_RATE_LIMIT);
  scep_enrollment_say (self, why->message);
  g_propagate_error (error, g_steal_pointer (&why));
  return FALSE;
}

/**
 * scep_enrollment_exchange:
 * @message: (nullable): a pkiMessage, posted where the server has POST
 * @callback: ends it with scep_enrollment_exchange_finish()
 * @step: (transfer full): for @callback
 *
 * Asks the profile's server (RFC 8894 section 4.1), in its turn where many
 * profiles ask the same. A request that cannot even begin fails the attempt.
 */
void
scep_enrollment_exchange (ScepEnrollment *self, ScepOperation operation, GBytes *message,
                          GAsyncReadyCallback callback, ScepStep *step)
{
  g_autoptr (Exchange) exchange = g_new0 (Exchange, 1);
  const char *endpoint = scep_settings_get_string (self->settings, SCEP_SETTING_SERVER_ENDPOINT);
  g_autofree char *server = scep_endpoint_get_host (endpoint);
  gboolean post = scep_enrollment_posts (self, &self->delivery);
  GError *error = NULL;

  exchange->step = step;
  step->operation = operation;
  exchange->callback = callback;
  exchange->operation = operation;
  exchange->body = post && message != NULL ? g_bytes_ref (message) : NULL;
  step->data = make_url (self, operation, message, post, &error);
  step->data_free = g_free;
  if (step->data == NULL || !scep_enrollment_may_send (self, 1, &error)) {
    scep_enrollment_fail (self, SCEP_EVENT_FAILED, error);
    return;
  }
  self->delivery.operation = operation;
  exchange->pass = scep_gate_try_enter (self->gate, server);
  if (exchange->pass != NULL)
    send (g_steal_pointer (&exchange));
  else
    wait_for_turn (g_steal_pointer (&exchange), server);
}

static const char *
get_advice (ScepStep *step)
{
  return scep_endpoint_get_advice (step->operation,
                                   step->self->capabilities != SCEP_CAPABILITY_NONE);
}

/**
 * scep_enrollment_exchange_finish:
 *
 * Returns: (transfer full) (nullable): the body of a reply with status 200
 */
GBytes *
scep_enrollment_exchange_finish (ScepStep *step, GObject *source, GAsyncResult *result,
                                 GError **error)
{
  g_autoptr (ScepHttpReply) reply =
      scep_transport_send_finish (SCEP_TRANSPORT (source), result, error);

  scep_enrollment_note_retry_after (step->self, reply);
  scep_enrollment_note_tls (step->self, reply);
  step->self->delivery.was_sent = scep_transport_was_sent (SCEP_TRANSPORT (source), result);
  step->self->delivery.status = reply != NULL ? scep_http_reply_get_status (reply) : 0;
  step->self->delivery.is_cms =
      reply != NULL && scep_body_is_cms (scep_http_reply_get_body (reply));
  if (reply == NULL || !scep_http_reply_check (reply, step->data, get_advice (step), error))
    return NULL;
  return g_bytes_ref (scep_http_reply_get_body (reply));
}

static void
on_capabilities (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ScepStep) step = user_data;
  ScepEnrollment *self = step->self;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) body = scep_enrollment_exchange_finish (step, source, result, &error);

  if (!scep_step_is_current (step))
    return;
  /* To connect once more for the next request would take as long, and bring the same. */
  if (!self->delivery.was_sent) {
    scep_enrollment_fail (self, SCEP_EVENT_FAILED, g_steal_pointer (&error));
    return;
  }
  scep_enrollment_take_capabilities (self, body, self->delivery.status);
  if (error != NULL)
    g_debug ("No capabilities: %s", error->message);
  self->after_capabilities (self);
}

/**
 * scep_enrollment_ask_capabilities:
 * @then: what goes on with the attempt
 *
 * Asks what the server can (RFC 8894 section 3.5.1), as is necessary at first and
 * after a restart. One that does not say can nothing; one that is not there ends
 * the attempt.
 */
void
scep_enrollment_ask_capabilities (ScepEnrollment *self, void (*then) (ScepEnrollment *self))
{
  self->after_capabilities = then;
  scep_enrollment_exchange (self, SCEP_OPERATION_GET_CA_CAPS, NULL, on_capabilities,
                            scep_step_new (self));
}
