/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transport/scep-soup-exchange.h"

#include "base/scep-error.h"
#include "transport/scep-http-reply-private.h"
#include "transport/scep-local-address.h"
#include "transport/scep-proxy-failure.h"
#include "transport/scep-soup-message.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* What is read of a reply that is no success, for people only. */
#define MAX_REFUSAL 4096
/* Interim answers (RFC 9110, 15.2). libsoup reads them in one loop, for as long as they come. */
#define MAX_INTERIM 10
#define CHUNK 16384

struct _ScepSoupExchange {
  gatomicrefcount references;

  /* Never changed. */
  ScepSoupClient *client;  /* (owned) */
  ScepHttpRequest request; /* (owned): its own copies */
  ScepProxy *proxy;        /* (owned) (nullable): that it goes by */
  char *where;             /* (owned): for messages */

  gint phase;    /* atomic: a ScepTransportPhase */
  gint given_up; /* atomic */

  /* Of the thread only. */
  GTask *task;               /* (owned) (nullable): until it was returned to */
  SoupSession *session;      /* (owned) (nullable) */
  SoupMessage *message;      /* (owned) (nullable) */
  GInputStream *stream;      /* (owned) (nullable) */
  GByteArray *body;          /* (owned) */
  GCancellable *cancellable; /* (owned): set by anybody */
  GTlsCertificateFlags tls_errors;
  GTlsCertificate *certificate; /* (owned) (nullable): one that is not accepted */
  guint n_interim;
  guint proxy_status;   /* what the proxy refused with, 0 if it did not */
  char *proxy_location; /* (owned) (nullable): where it sends the client instead */
  gboolean takes_basic;
  gboolean local;  /* an address was refused */
  GError *refused; /* (owned) (nullable): why this server is sent nothing */
  gboolean weak_tls;
  guint8 chunk[CHUNK];
};

static void read_chunk (ScepSoupExchange *self);

static ScepSoupExchange *
scep_soup_exchange_ref (ScepSoupExchange *self)
{
  g_atomic_ref_count_inc (&self->references);
  return self;
}

static void
return_given_up (GTask *given)
{
  g_autoptr (GTask) task = given;

  g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CANCELLED, "Given up");
}

/**
 * scep_soup_exchange_unref:
 */
void
scep_soup_exchange_unref (ScepSoupExchange *self)
{
  if (!g_atomic_ref_count_dec (&self->references))
    return;
  /* It was never begun: the thread has ended. */
  if (self->task != NULL)
    return_given_up (g_steal_pointer (&self->task));
  scep_soup_client_unref (self->client);
  g_free ((char *) self->request.url);
  g_free ((char *) self->request.content_type);
  g_clear_pointer (&self->request.body, g_bytes_unref);
  g_clear_pointer (&self->proxy, scep_proxy_unref);
  g_free (self->where);
  g_free (self->proxy_location);
  g_clear_object (&self->certificate);
  g_clear_error (&self->refused);
  g_byte_array_unref (self->body);
  g_object_unref (self->cancellable);
  g_free (self);
}

static void
set_phase (ScepSoupExchange *self, ScepTransportPhase phase)
{
  g_atomic_int_set (&self->phase, (gint) phase);
}

/* Nothing goes on after this. Returns: (transfer full): what is to be returned to */
static GTask *
end (ScepSoupExchange *self, gboolean well)
{
  if (self->message != NULL)
    g_signal_handlers_disconnect_by_data (self->message, self);
  g_clear_object (&self->stream);
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->message);
  if (self->session != NULL) {
    g_signal_handlers_disconnect_by_data (self->session, self);
    if (well)
      scep_soup_client_give_session (self->client, g_steal_pointer (&self->session));
    else
      scep_soup_client_drop_session (self->client, g_steal_pointer (&self->session));
  }
  return g_steal_pointer (&self->task);
}

static void
return_error (ScepSoupExchange *self, GError *error)
{
  g_autoptr (GTask) task = end (self, FALSE);

  g_task_return_error (task, error);
}

static void
return_cause (ScepSoupExchange *self, const GError *cause)
{
  GError *error = g_steal_pointer (&self->refused);
  ScepTransportFailure failure = {
    .where = self->where,
    .host = g_uri_get_host (soup_message_get_uri (self->message)),
    .phase = scep_soup_exchange_get_phase (self),
    .tls_errors = self->tls_errors,
    .certificate = self->certificate,
    .local = self->local,
    .interim = self->n_interim > MAX_INTERIM,
    .proxy = self->proxy,
    .proxy_status = self->proxy_status,
    .proxy_location = self->proxy_location,
    .proxy_takes_basic = self->takes_basic,
  };

  if (error == NULL)
    scep_transport_failure_set (&error, &failure, cause);
  return_error (self, error);
}

static void
return_too_large (ScepSoupExchange *self)
{
  GError *error = NULL;

  scep_error_set (&error, SCEP_ERROR_TOO_LARGE,
                  _ ("The answer of the SCEP server at %s is larger than the %zu bytes that such "
                     "an answer may have. Check whether ServerEndpoint names a SCEP server."),
                  self->where, self->request.max_reply);
  return_error (self, error);
}

/* The connection of a reply that was read to its end serves the next request. */
static void
return_reply (ScepSoupExchange *self, gboolean whole)
{
  ScepHttpReply *reply = scep_soup_message_make_reply (self->message, self->body);
  g_autoptr (GTask) task = NULL;

  /* Inside a tunnel it is the server that answers. */
  if (self->proxy != NULL && scep_soup_message_is_for_proxy (self->message))
    scep_http_reply_set_proxy (reply, self->proxy);
  scep_http_reply_set_weak (reply, self->weak_tls);
  task = end (self, whole);

  g_task_return_pointer (task, reply, (GDestroyNotify) scep_http_reply_free);
}

static gboolean
is_success (ScepSoupExchange *self)
{
  return soup_message_get_status (self->message) == SOUP_STATUS_OK;
}

/* Where the connection was to end after the reply, libsoup takes less than was announced. */
static gboolean
is_cut (ScepSoupExchange *self, GError **cause)
{
  SoupMessageHeaders *headers = soup_message_get_response_headers (self->message);
  goffset announced = soup_message_headers_get_content_length (headers);

  if (soup_message_headers_get_encoding (headers) != SOUP_ENCODING_CONTENT_LENGTH ||
      (goffset) self->body->len >= announced)
    return FALSE;
  g_set_error (cause, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT, _ ("%u of %u bytes came"),
               self->body->len, (guint) announced);
  return TRUE;
}

static void
on_chunk (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ScepSoupExchange) self = user_data;
  g_autoptr (GError) cause = NULL;
  gssize length = g_input_stream_read_finish (G_INPUT_STREAM (source), result, &cause);

  if (self->task == NULL)
    return;
  if (length < 0 || (length == 0 && is_success (self) && is_cut (self, &cause))) {
    return_cause (self, cause);
  } else if (length == 0) {
    return_reply (self, TRUE);
  } else if (self->body->len + (gsize) length > self->request.max_reply && is_success (self)) {
    return_too_large (self);
  } else {
    g_byte_array_append (self->body, self->chunk, (guint) length);
    if (!is_success (self) && self->body->len >= MAX_REFUSAL)
      return_reply (self, FALSE);
    else
      read_chunk (self);
  }
}

static void
read_chunk (ScepSoupExchange *self)
{
  g_input_stream_read_async (self->stream, self->chunk, CHUNK, G_PRIORITY_DEFAULT,
                             self->cancellable, on_chunk, scep_soup_exchange_ref (self));
}

static gboolean
is_refused_login (ScepSoupExchange *self, SoupMessage *message)
{
  return self->proxy != NULL &&
         scep_soup_message_refuses_login (message, message != self->message,
                                          scep_proxy_get_authorization (self->proxy) != NULL);
}

static void
keep_refusal (ScepSoupExchange *self, SoupMessage *message)
{
  self->proxy_status = is_refused_login (self, message) ? SOUP_STATUS_PROXY_AUTHENTICATION_REQUIRED
                                                        : soup_message_get_status (message);
  self->takes_basic = scep_soup_message_takes_basic (message);
  g_free (self->proxy_location);
  self->proxy_location = g_strdup (
      soup_message_headers_get_one (soup_message_get_response_headers (message), "Location"));
  /* The request has got no further than to the proxy. */
  set_phase (self, SCEP_TRANSPORT_PHASE_TUNNELING);
}

static void
on_sent (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ScepSoupExchange) self = user_data;
  g_autoptr (GError) cause = NULL;
  g_autoptr (GInputStream) stream =
      soup_session_send_finish (SOUP_SESSION (source), result, &cause);
  GError *error = NULL;
  SoupMessageHeaders *headers;

  if (self->task == NULL)
    return;
  headers = soup_message_get_response_headers (self->message);
  if (stream != NULL && is_refused_login (self, self->message))
    keep_refusal (self, self->message);
  if (stream == NULL || self->proxy_status != 0) {
    return_cause (self, cause);
  } else if (!scep_soup_message_check_encoding (self->message, self->where, &error)) {
    return_error (self, error);
  } else if (is_success (self) && soup_message_headers_get_content_length (headers) >
                                      (goffset) self->request.max_reply) {
    return_too_large (self);
  } else {
    set_phase (self, SCEP_TRANSPORT_PHASE_READING);
    self->stream = g_steal_pointer (&stream);
    read_chunk (self);
  }
}

/* Before its first packet: the address itself is judged, not what a name meant a moment ago. A
 * closed socket cannot connect, and the next address of the name is tried. */
static void
refuse_local (ScepSoupExchange *self, GIOStream *connection)
{
  if (!self->request.refuse_local || !scep_local_address_check_peer (connection))
    return;
  self->local = TRUE;
  g_socket_close (g_socket_connection_get_socket (G_SOCKET_CONNECTION (connection)), NULL);
}

static void
on_network_event (SoupMessage *message, GSocketClientEvent event, GIOStream *connection,
                  gpointer user_data)
{
  ScepSoupExchange *self = user_data;

  if (event == G_SOCKET_CLIENT_TLS_HANDSHAKING) {
    set_phase (self, SCEP_TRANSPORT_PHASE_SECURING);
    scep_soup_message_offer_http1 (connection);
  } else if (event == G_SOCKET_CLIENT_RESOLVING) {
    set_phase (self, SCEP_TRANSPORT_PHASE_CONNECTING);
  } else if (event == G_SOCKET_CLIENT_PROXY_NEGOTIATING) {
    set_phase (self, SCEP_TRANSPORT_PHASE_TUNNELING);
  } else if (event == G_SOCKET_CLIENT_CONNECTING) {
    refuse_local (self, connection);
  }
}

static void
on_starting (SoupMessage *message, gpointer user_data)
{
  ScepSoupExchange *self = user_data;

  /* On every connection, a new one or not. */
  if (scep_soup_message_check_tls (message, self->where, self->request.allow_weak_tls,
                                   &self->weak_tls, &self->refused))
    set_phase (self, SCEP_TRANSPORT_PHASE_WAITING);
  else
    g_cancellable_cancel (self->cancellable);
}

static gboolean
on_accept_certificate (SoupMessage *message, GTlsCertificate *certificate,
                       GTlsCertificateFlags errors, gpointer user_data)
{
  ScepSoupExchange *self = user_data;

  self->tls_errors = errors;
  g_set_object (&self->certificate, certificate);
  return FALSE;
}

static void
on_got_informational (SoupMessage *message, gpointer user_data)
{
  ScepSoupExchange *self = user_data;

  if (++self->n_interim > MAX_INTERIM)
    g_cancellable_cancel (self->cancellable);
}

static void
unref_closure (gpointer data, GClosure *closure)
{
  scep_soup_exchange_unref (data);
}

/* What a proxy says beside a refusal is not read, for it may not end. */
static void
on_tunnel_headers (SoupMessage *message, gpointer user_data)
{
  ScepSoupExchange *self = user_data;

  if (SOUP_STATUS_IS_SUCCESSFUL (soup_message_get_status (message)))
    return;
  keep_refusal (self, message);
  g_cancellable_cancel (self->cancellable);
}

static void
authorize (ScepSoupExchange *self, SoupMessage *message)
{
  const char *authorization =
      self->proxy != NULL ? scep_proxy_get_authorization (self->proxy) : NULL;

  if (authorization != NULL && scep_soup_message_is_for_proxy (message))
    soup_message_headers_replace (soup_message_get_request_headers (message), "Proxy-Authorization",
                                  authorization);
}

/* Beside our message there is the one that asks a proxy for a tunnel. */
static void
on_request_queued (SoupSession *session, SoupMessage *message, gpointer user_data)
{
  ScepSoupExchange *self = user_data;

  authorize (self, message);
  if (message != self->message) {
    set_phase (self, SCEP_TRANSPORT_PHASE_TUNNELING);
    g_signal_connect_data (message, "got-headers", G_CALLBACK (on_tunnel_headers),
                           scep_soup_exchange_ref (self), unref_closure, 0);
  }
  g_signal_connect_data (message, "got-informational", G_CALLBACK (on_got_informational),
                         scep_soup_exchange_ref (self), unref_closure, 0);
}

static gboolean
on_start (gpointer user_data)
{
  ScepSoupExchange *self = user_data;
  GError *error = NULL;

  if (g_atomic_int_get (&self->given_up))
    return G_SOURCE_REMOVE;
  if (self->proxy != NULL && !scep_proxy_is_usable (self->proxy))
    scep_proxy_failure_set_unusable (&error, self->proxy);
  else
    self->message = scep_soup_message_new (&self->request, &error);
  if (self->message == NULL) {
    return_error (self, error);
    return G_SOURCE_REMOVE;
  }
  g_signal_connect (self->message, "network-event", G_CALLBACK (on_network_event), self);
  g_signal_connect (self->message, "starting", G_CALLBACK (on_starting), self);
  g_signal_connect (self->message, "accept-certificate", G_CALLBACK (on_accept_certificate), self);
  self->session = scep_soup_client_take_session (self->client);
  g_signal_connect (self->session, "request-queued", G_CALLBACK (on_request_queued), self);
  soup_session_send_async (self->session, self->message, G_PRIORITY_DEFAULT, self->cancellable,
                           on_sent, scep_soup_exchange_ref (self));
  return G_SOURCE_REMOVE;
}

static gboolean
on_abort (gpointer user_data)
{
  ScepSoupExchange *self = user_data;

  if (self->task != NULL)
    return_given_up (end (self, FALSE));
  return G_SOURCE_REMOVE;
}

static void
run (ScepSoupExchange *self, GSourceFunc func)
{
  scep_transport_thread_run (scep_soup_client_get_thread (self->client), func,
                             scep_soup_exchange_ref (self),
                             (GDestroyNotify) scep_soup_exchange_unref);
}

/**
 * scep_soup_exchange_start:
 * @client: whose connections serve
 * @request: copied
 * @proxy: (nullable): that it goes by
 * @task: returned to once, from the thread: a #ScepHttpReply or an error, see
 *   scep_transport_send_finish(). Its context is not the thread's
 *
 * Returns: (transfer full): the exchange, which has begun
 */
ScepSoupExchange *
scep_soup_exchange_start (ScepSoupClient *client, const ScepHttpRequest *request, ScepProxy *proxy,
                          GTask *task)
{
  ScepSoupExchange *self = g_new0 (ScepSoupExchange, 1);

  g_atomic_ref_count_init (&self->references);
  self->client = scep_soup_client_ref (client);
  self->request = *request;
  self->request.url = g_strdup (request->url);
  self->request.content_type = g_strdup (request->content_type);
  self->request.body = request->body != NULL ? g_bytes_ref (request->body) : NULL;
  self->proxy = proxy != NULL ? scep_proxy_ref (proxy) : NULL;
  self->where = scep_http_describe_url (request->url);
  self->task = g_object_ref (task);
  self->body = g_byte_array_new ();
  self->cancellable = g_cancellable_new ();
  run (self, on_start);
  return self;
}

/**
 * scep_soup_exchange_abort:
 *
 * Ends it, whether or not the library would: nobody waits for it any more. The
 * cancellation comes from outside of the thread, for a library that reads in one
 * loop looks at nothing else.
 */
void
scep_soup_exchange_abort (ScepSoupExchange *self)
{
  g_atomic_int_set (&self->given_up, TRUE);
  g_cancellable_cancel (self->cancellable);
  run (self, on_abort);
}

/**
 * scep_soup_exchange_get_phase:
 *
 * Returns: how far it has come, as far as is known here
 */
ScepTransportPhase
scep_soup_exchange_get_phase (ScepSoupExchange *self)
{
  return (ScepTransportPhase) g_atomic_int_get (&self->phase);
}

/**
 * scep_soup_exchange_get_where:
 *
 * Returns: (transfer none): the URL as people may see it
 */
const char *
scep_soup_exchange_get_where (ScepSoupExchange *self)
{
  return self->where;
}

/**
 * scep_soup_exchange_get_proxy:
 *
 * Returns: (transfer none) (nullable): that it goes by
 */
ScepProxy *
scep_soup_exchange_get_proxy (ScepSoupExchange *self)
{
  return self->proxy;
}
