/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transport/scep-transport.h"

G_DEFINE_INTERFACE (ScepTransport, scep_transport, G_TYPE_OBJECT)

static void
scep_transport_default_init (ScepTransportInterface *iface)
{
}

/**
 * scep_transport_send_async:
 * @request: copied before the call returns
 *
 * Sends one request and reads its whole reply. The callback is never called
 * before this function has returned.
 */
void
scep_transport_send_async (ScepTransport *self, const ScepHttpRequest *request,
                           GCancellable *cancellable, GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_return_if_fail (SCEP_IS_TRANSPORT (self));
  g_return_if_fail (request != NULL && request->url != NULL);

  SCEP_TRANSPORT_GET_IFACE (self)->send_async (self, request, cancellable, callback, user_data);
}

/**
 * scep_transport_send_finish:
 *
 * A reply with any HTTP status is a reply, redirections included: see
 * scep_http_reply_check().
 *
 * Errors: %SCEP_ERROR_CANCELLED, %SCEP_ERROR_SERVER_UNREACHABLE (name, network,
 * refused, connection lost), %SCEP_ERROR_TIMEOUT, %SCEP_ERROR_TLS_FAILED,
 * %SCEP_ERROR_TOO_LARGE, %SCEP_ERROR_MALFORMED_REPLY (no HTTP, or encoded
 * content), %SCEP_ERROR_INVALID_SETTING (no http or https URL).
 *
 * Returns: (transfer full): the reply, or %NULL with @error set
 */
ScepHttpReply *
scep_transport_send_finish (ScepTransport *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (SCEP_IS_TRANSPORT (self), NULL);

  return SCEP_TRANSPORT_GET_IFACE (self)->send_finish (self, result, error);
}

/**
 * scep_transport_get_phase:
 * @result: of a request that has ended, with a reply or an error
 *
 * Returns: how far it came
 */
ScepTransportPhase
scep_transport_get_phase (ScepTransport *self, GAsyncResult *result)
{
  g_return_val_if_fail (SCEP_IS_TRANSPORT (self), SCEP_TRANSPORT_PHASE_CONNECTING);

  return SCEP_TRANSPORT_GET_IFACE (self)->get_phase (self, result);
}

/**
 * scep_transport_was_sent:
 * @result: of a request that has ended, with a reply or an error
 *
 * Returns: whether there was a connection that the request could go out on;
 *   %FALSE where the next one would get no further: no such name, no network,
 *   nobody there, no TLS
 */
gboolean
scep_transport_was_sent (ScepTransport *self, GAsyncResult *result)
{
  return scep_transport_get_phase (self, result) >= SCEP_TRANSPORT_PHASE_WAITING;
}
