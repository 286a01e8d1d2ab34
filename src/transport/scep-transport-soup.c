/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-error.h"
#include "transport/scep-http-reply-private.h"
#include "transport/scep-local-address.h"
#include "transport/scep-proxy.h"
#include "transport/scep-soup-message.h"
#include "transport/scep-transport-failure.h"
#include "transport/scep-transport-soup-private.h"
#include "transport/scep-trust-file.h"

#include <glib/gi18n-lib.h>
#include <libsoup/soup.h>

/* Seconds: without a byte in either direction, and with nothing to do. */
#define IO_TIMEOUT 30
#define KEEP_ALIVE 10
/* What is read of a reply that is no success, for people only. */
#define MAX_REFUSAL 4096
#define CHUNK 16384

/**
 * ScepTransportSoup:
 *
 * HTTP by libsoup. The session, and with it every connection and timer, goes
 * when nothing has happened for a while: a service at rest does not wake up.
 */
struct _ScepTransportSoup {
  GObject parent_instance;

  SoupSession *session;       /* (owned) (nullable): while there is something to do */
  GTlsDatabase *tls_database; /* (owned) (nullable): instead of the system's */
  ScepTrustFile *trust_file;  /* (owned) (nullable): what tls_database reads */
  GSource *expiry;            /* (owned) (nullable): drops the session */
  guint n_active;
  guint io_timeout;
  guint keep_alive;
};

/* One request: the task data of its GTask. */
typedef struct {
  SoupMessage *message;      /* (owned) */
  GInputStream *stream;      /* (owned) (nullable) */
  GByteArray *body;          /* (owned) */
  GCancellable *cancellable; /* (owned): the caller's or the deadline's */
  GSource *deadline;         /* (owned) (nullable) */
  GSource *cancel_watch;     /* (owned) (nullable) */
  char *where;               /* (owned): for messages */
  gsize max_reply;
  guint total_timeout;
  gboolean expired;
  gboolean refuse_local;
  gboolean local; /* an address was refused */
  ScepTransportPhase phase;
  GTlsCertificateFlags tls_errors;
  guint8 chunk[CHUNK];
} Operation;

static void scep_transport_soup_iface_init (ScepTransportInterface *iface);
static void read_chunk (GTask *task);

G_DEFINE_FINAL_TYPE_WITH_CODE (ScepTransportSoup, scep_transport_soup, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (SCEP_TYPE_TRANSPORT,
                                                      scep_transport_soup_iface_init))

static void
clear_source (GSource **source)
{
  if (*source != NULL)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
operation_free (Operation *operation)
{
  clear_source (&operation->deadline);
  clear_source (&operation->cancel_watch);
  g_clear_object (&operation->message);
  g_clear_object (&operation->stream);
  g_clear_object (&operation->cancellable);
  g_byte_array_unref (operation->body);
  g_free (operation->where);
  g_free (operation);
}

static gboolean
on_expiry (gpointer user_data)
{
  ScepTransportSoup *self = user_data;

  clear_source (&self->expiry);
  g_clear_object (&self->session);
  return G_SOURCE_REMOVE;
}

static SoupSession *
ensure_session (ScepTransportSoup *self)
{
  g_autoptr (GProxyResolver) proxies = NULL;

  clear_source (&self->expiry);
  if (self->session != NULL)
    return self->session;
  proxies = scep_proxy_resolver_new ();
  /* No idle timeout of libsoup's: dropping the session does that. */
  self->session =
      soup_session_new_with_options ("timeout", self->io_timeout, "idle-timeout", 0, "user-agent",
                                     "scep-enrollment", "proxy-resolver", proxies, NULL);
  soup_session_remove_feature_by_type (self->session, SOUP_TYPE_CONTENT_DECODER);
  if (self->tls_database != NULL)
    soup_session_set_tls_database (self->session, self->tls_database);
  return self->session;
}

/* After this nothing of the request goes on; the task is still to be returned. */
static void
end_operation (GTask *task)
{
  ScepTransportSoup *self = g_task_get_source_object (task);
  Operation *operation = g_task_get_task_data (task);

  clear_source (&operation->deadline);
  clear_source (&operation->cancel_watch);
  g_signal_handlers_disconnect_by_data (operation->message, operation);
  g_cancellable_cancel (operation->cancellable);
  if (--self->n_active > 0)
    return;
  self->expiry = g_timeout_source_new_seconds (self->keep_alive);
  g_source_set_callback (self->expiry, on_expiry, self, NULL);
  g_source_attach (self->expiry, g_task_get_context (task));
}

static void
return_cause (GTask *task, const GError *cause)
{
  Operation *operation = g_task_get_task_data (task);
  GError *error = NULL;
  ScepTransportFailure failure = {
    .where = operation->where,
    .host = g_uri_get_host (soup_message_get_uri (operation->message)),
    .phase = operation->phase,
    .deadline = operation->expired ? operation->total_timeout : 0,
    .tls_errors = operation->tls_errors,
    .local = operation->local,
  };

  scep_transport_failure_set (&error, &failure, cause);
  end_operation (task);
  g_task_return_error (task, error);
}

static void
return_too_large (GTask *task)
{
  Operation *operation = g_task_get_task_data (task);
  GError *error = NULL;

  scep_error_set (&error, SCEP_ERROR_TOO_LARGE,
                  _ ("The answer of the SCEP server at %s is larger than the %zu bytes that such "
                     "an answer may have. Check whether ServerEndpoint names a SCEP server."),
                  operation->where, operation->max_reply);
  end_operation (task);
  g_task_return_error (task, error);
}

static void
return_reply (GTask *task)
{
  Operation *operation = g_task_get_task_data (task);
  ScepHttpReply *reply = scep_soup_message_make_reply (operation->message, operation->body);

  end_operation (task);
  g_task_return_pointer (task, reply, (GDestroyNotify) scep_http_reply_free);
}

static gboolean
is_success (Operation *operation)
{
  return soup_message_get_status (operation->message) == SOUP_STATUS_OK;
}

static void
on_chunk (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Operation *operation = g_task_get_task_data (task);
  g_autoptr (GError) cause = NULL;
  gssize length = g_input_stream_read_finish (G_INPUT_STREAM (source), result, &cause);

  if (length < 0) {
    return_cause (task, cause);
  } else if (length == 0) {
    return_reply (task);
  } else if (operation->body->len + (gsize) length > operation->max_reply &&
             is_success (operation)) {
    return_too_large (task);
  } else {
    g_byte_array_append (operation->body, operation->chunk, (guint) length);
    if (!is_success (operation) && operation->body->len >= MAX_REFUSAL)
      return_reply (task);
    else
      read_chunk (task);
  }
}

static void
read_chunk (GTask *task)
{
  Operation *operation = g_task_get_task_data (task);

  g_input_stream_read_async (operation->stream, operation->chunk, CHUNK, G_PRIORITY_DEFAULT,
                             operation->cancellable, on_chunk, g_object_ref (task));
}

static void
on_sent (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Operation *operation = g_task_get_task_data (task);
  g_autoptr (GError) cause = NULL;
  GError *error = NULL;
  SoupMessageHeaders *headers = soup_message_get_response_headers (operation->message);

  operation->stream = soup_session_send_finish (SOUP_SESSION (source), result, &cause);
  if (operation->stream == NULL) {
    return_cause (task, cause);
  } else if (!scep_soup_message_check_encoding (operation->message, operation->where, &error)) {
    end_operation (task);
    g_task_return_error (task, error);
  } else if (is_success (operation) &&
             soup_message_headers_get_content_length (headers) > (goffset) operation->max_reply) {
    return_too_large (task);
  } else {
    operation->phase = SCEP_TRANSPORT_PHASE_READING;
    read_chunk (task);
  }
}

/* Before its first packet: the address itself is judged, not what a name meant a moment ago. A
 * closed socket cannot connect, and the next address of the name is tried. */
static void
refuse_local (Operation *operation, GIOStream *connection)
{
  if (!operation->refuse_local || !scep_local_address_check_peer (connection))
    return;
  operation->local = TRUE;
  g_socket_close (g_socket_connection_get_socket (G_SOCKET_CONNECTION (connection)), NULL);
}

static void
on_network_event (SoupMessage *message, GSocketClientEvent event, GIOStream *connection,
                  gpointer user_data)
{
  Operation *operation = user_data;

  if (event == G_SOCKET_CLIENT_TLS_HANDSHAKING)
    operation->phase = SCEP_TRANSPORT_PHASE_SECURING;
  else if (event == G_SOCKET_CLIENT_RESOLVING)
    operation->phase = SCEP_TRANSPORT_PHASE_CONNECTING;
  else if (event == G_SOCKET_CLIENT_CONNECTING)
    refuse_local (operation, connection);
}

static void
on_starting (SoupMessage *message, gpointer user_data)
{
  Operation *operation = user_data;

  operation->phase = SCEP_TRANSPORT_PHASE_WAITING;
}

static gboolean
on_accept_certificate (SoupMessage *message, GTlsCertificate *certificate,
                       GTlsCertificateFlags errors, gpointer user_data)
{
  Operation *operation = user_data;

  operation->tls_errors = errors;
  return FALSE;
}

static gboolean
on_deadline (gpointer user_data)
{
  Operation *operation = user_data;

  operation->expired = TRUE;
  g_cancellable_cancel (operation->cancellable);
  return G_SOURCE_REMOVE;
}

static gboolean
on_cancelled (GCancellable *cancellable, gpointer user_data)
{
  Operation *operation = user_data;

  g_cancellable_cancel (operation->cancellable);
  return G_SOURCE_REMOVE;
}

/* The caller's wish arrives as a source: never in the middle of g_cancellable_cancel(). */
static void
watch (GTask *task, GCancellable *cancellable)
{
  Operation *operation = g_task_get_task_data (task);

  operation->deadline = g_timeout_source_new_seconds (operation->total_timeout);
  g_source_set_callback (operation->deadline, on_deadline, operation, NULL);
  g_source_attach (operation->deadline, g_task_get_context (task));
  if (cancellable == NULL)
    return;
  operation->cancel_watch = g_cancellable_source_new (cancellable);
  g_source_set_callback (operation->cancel_watch, G_SOURCE_FUNC (on_cancelled), operation, NULL);
  g_source_attach (operation->cancel_watch, g_task_get_context (task));
}

static Operation *
operation_new (const ScepHttpRequest *request, SoupMessage *message)
{
  Operation *operation = g_new0 (Operation, 1);

  operation->message = g_object_ref (message);
  operation->body = g_byte_array_new ();
  operation->cancellable = g_cancellable_new ();
  operation->where = scep_http_describe_url (request->url);
  operation->max_reply = request->max_reply;
  operation->refuse_local = request->refuse_local;
  operation->total_timeout = MAX (request->total_timeout, 1);
  g_signal_connect (message, "network-event", G_CALLBACK (on_network_event), operation);
  g_signal_connect (message, "starting", G_CALLBACK (on_starting), operation);
  g_signal_connect (message, "accept-certificate", G_CALLBACK (on_accept_certificate), operation);
  return operation;
}

static void
scep_transport_soup_send_async (ScepTransport *transport, const ScepHttpRequest *request,
                                GCancellable *cancellable, GAsyncReadyCallback callback,
                                gpointer user_data)
{
  ScepTransportSoup *self = SCEP_TRANSPORT_SOUP (transport);
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autoptr (SoupMessage) message = NULL;
  GError *error = NULL;
  Operation *operation;

  g_task_set_source_tag (task, scep_transport_soup_send_async);
  /* Cancellation has an error code of ours, set by ourselves. */
  g_task_set_check_cancellable (task, FALSE);
  message = scep_soup_message_new (request, &error);
  if (message != NULL && g_cancellable_is_cancelled (cancellable))
    scep_error_set (&error, SCEP_ERROR_CANCELLED,
                    _ ("The request was cancelled before it was sent."));
  if (error != NULL) {
    g_task_return_error (task, error);
    return;
  }
  operation = operation_new (request, message);
  g_task_set_task_data (task, operation, (GDestroyNotify) operation_free);
  watch (task, cancellable);
  self->n_active++;
  soup_session_send_async (ensure_session (self), message, G_PRIORITY_DEFAULT,
                           operation->cancellable, on_sent, g_steal_pointer (&task));
}

static ScepHttpReply *
scep_transport_soup_send_finish (ScepTransport *transport, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, transport), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

static gboolean
scep_transport_soup_was_sent (ScepTransport *transport, GAsyncResult *result)
{
  Operation *operation = g_task_get_task_data (G_TASK (result));

  return operation != NULL && operation->phase >= SCEP_TRANSPORT_PHASE_WAITING;
}

static void
scep_transport_soup_dispose (GObject *object)
{
  ScepTransportSoup *self = SCEP_TRANSPORT_SOUP (object);

  clear_source (&self->expiry);
  g_clear_object (&self->session);
  g_clear_object (&self->tls_database);
  g_clear_pointer (&self->trust_file, scep_trust_file_free);
  G_OBJECT_CLASS (scep_transport_soup_parent_class)->dispose (object);
}

static void
scep_transport_soup_class_init (ScepTransportSoupClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = scep_transport_soup_dispose;
}

static void
scep_transport_soup_iface_init (ScepTransportInterface *iface)
{
  iface->send_async = scep_transport_soup_send_async;
  iface->send_finish = scep_transport_soup_send_finish;
  iface->was_sent = scep_transport_soup_was_sent;
}

static void
scep_transport_soup_init (ScepTransportSoup *self)
{
  self->io_timeout = IO_TIMEOUT;
  self->keep_alive = KEEP_ALIVE;
}

/* Seconds: of silence on a connection, and of an unused session's life. */
void
scep_transport_soup_set_limits (ScepTransportSoup *self, guint io_timeout, guint keep_alive)
{
  self->io_timeout = io_timeout;
  self->keep_alive = keep_alive;
}

/* Returns: whether there is neither a connection nor a timer. */
gboolean
scep_transport_soup_is_idle (ScepTransportSoup *self)
{
  return self->session == NULL && self->expiry == NULL;
}

/**
 * scep_transport_soup_new:
 * @tls_ca_certificates: (nullable): PEM, what https servers are trusted by
 *   instead of the system's authorities; %NULL or "" for the latter
 *
 * Proxies come from the environment, see scep_proxy_resolver_new().
 *
 * Errors: %SCEP_ERROR_INVALID_SETTING if there is no certificate in the PEM,
 * %SCEP_ERROR_FAILED if the system has no room or no TLS.
 *
 * Returns: (transfer full): a transport, or %NULL with @error set
 */
ScepTransport *
scep_transport_soup_new (const char *tls_ca_certificates, GError **error)
{
  g_autoptr (ScepTransportSoup) self = g_object_new (SCEP_TYPE_TRANSPORT_SOUP, NULL);

  if (tls_ca_certificates != NULL && *tls_ca_certificates != '\0') {
    self->trust_file = scep_trust_file_new (tls_ca_certificates, error);
    if (self->trust_file == NULL)
      return NULL;
    self->tls_database = scep_trust_file_open (self->trust_file, error);
    if (self->tls_database == NULL)
      return NULL;
  }
  return SCEP_TRANSPORT (g_steal_pointer (&self));
}
