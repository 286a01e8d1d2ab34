/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-enrollment-private.h"

#include "base/scep-error.h"

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

/**
 * scep_enrollment_exchange:
 * @message: (nullable): a pkiMessage, posted where the server has POST
 * @callback: ends it with scep_enrollment_exchange_finish()
 * @step: (transfer full): for @callback
 *
 * Asks the profile's server (RFC 8894 section 4.1). A request that cannot even
 * begin fails the attempt.
 */
void
scep_enrollment_exchange (ScepEnrollment *self, ScepOperation operation, GBytes *message,
                          GAsyncReadyCallback callback, ScepStep *step)
{
  g_autoptr (ScepStep) owned = step;
  gboolean post = scep_enrollment_posts (self);
  GError *error = NULL;
  g_autofree char *url = make_url (self, operation, message, post, &error);
  ScepHttpRequest request = {
    .url = url,
    .body = post ? message : NULL,
    .content_type = message != NULL && post ? SCEP_CONTENT_TYPE_PKI_MESSAGE : NULL,
    .max_reply = scep_endpoint_get_max_reply (operation),
    .total_timeout =
        operation == SCEP_OPERATION_GET_CA_CAPS ? CAPABILITIES_TIMEOUT : OPERATION_TIMEOUT,
  };

  if (url == NULL || !ensure_transport (self, &error)) {
    scep_enrollment_fail (self, SCEP_EVENT_FAILED, error);
    return;
  }
  step->data = g_steal_pointer (&url);
  step->data_free = g_free;
  scep_transport_send_async (self->transport, &request, step->attempt, callback,
                             g_steal_pointer (&owned));
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
  step->self->reply_status = reply != NULL ? scep_http_reply_get_status (reply) : 0;
  if (reply == NULL || !scep_http_reply_check (reply, step->data, error))
    return NULL;
  return g_bytes_ref (scep_http_reply_get_body (reply));
}

static void
on_capabilities (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ScepStep) step = user_data;
  ScepEnrollment *self = step->self;
  g_autoptr (GBytes) body = scep_enrollment_exchange_finish (step, source, result, NULL);

  if (!scep_step_is_current (step))
    return;
  scep_enrollment_take_capabilities (self, body);
  self->after_capabilities (self);
}

/**
 * scep_enrollment_ask_capabilities:
 * @then: what goes on with the attempt
 *
 * Asks what the server can (RFC 8894 section 3.5.1), as is necessary after a
 * restart. One that does not say can nothing.
 */
void
scep_enrollment_ask_capabilities (ScepEnrollment *self, void (*then) (ScepEnrollment *self))
{
  self->after_capabilities = then;
  scep_enrollment_exchange (self, SCEP_OPERATION_GET_CA_CAPS, NULL, on_capabilities,
                            scep_step_new (self));
}
