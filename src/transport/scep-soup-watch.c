/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transport/scep-soup-watch.h"

#include "transport/scep-local-address.h"
#include "transport/scep-soup-message.h"
#include "transport/scep-transport-failure.h"

/* Interim answers (RFC 9110, 15.2). libsoup reads them in one loop, for as long as they come. */
#define MAX_INTERIM 10

struct _ScepSoupWatch {
  gatomicrefcount references;

  /* Never changed. */
  char *where;               /* (owned): for messages */
  ScepProxy *proxy;          /* (owned) (nullable): that the request goes by */
  GCancellable *cancellable; /* (owned): set by anybody */
  gboolean refuse_local;
  gboolean allow_weak_tls;

  gint phase; /* atomic: a ScepTransportPhase */

  /* Of the thread only. */
  SoupMessage *message; /* (unowned) (nullable): while it is on its way */
  GTlsCertificateFlags tls_errors;
  GTlsCertificate *certificate; /* (owned) (nullable): one that is not accepted */
  guint n_interim;
  guint proxy_status;   /* what the proxy refused with, 0 if it did not */
  char *proxy_location; /* (owned) (nullable): where it sends the client instead */
  gboolean takes_basic;
  gboolean local;  /* an address was refused */
  GError *refused; /* (owned) (nullable): why this server is sent nothing */
  gboolean weak_tls;
};

/**
 * scep_soup_watch_new:
 * @request: what is to be sent
 * @where: its URL as people may see it
 * @proxy: (nullable): that it goes by
 * @cancellable: cancelled where it must not go on
 *
 * Returns: (transfer full): a watch that has seen nothing
 */
ScepSoupWatch *
scep_soup_watch_new (const ScepHttpRequest *request, const char *where, ScepProxy *proxy,
                     GCancellable *cancellable)
{
  ScepSoupWatch *self = g_new0 (ScepSoupWatch, 1);

  g_atomic_ref_count_init (&self->references);
  self->where = g_strdup (where);
  self->proxy = proxy != NULL ? scep_proxy_ref (proxy) : NULL;
  self->cancellable = g_object_ref (cancellable);
  self->refuse_local = request->refuse_local;
  self->allow_weak_tls = request->allow_weak_tls;
  return self;
}

static ScepSoupWatch *
scep_soup_watch_ref (ScepSoupWatch *self)
{
  g_atomic_ref_count_inc (&self->references);
  return self;
}

/**
 * scep_soup_watch_unref:
 */
void
scep_soup_watch_unref (ScepSoupWatch *self)
{
  if (!g_atomic_ref_count_dec (&self->references))
    return;
  g_free (self->where);
  g_clear_pointer (&self->proxy, scep_proxy_unref);
  g_object_unref (self->cancellable);
  g_clear_object (&self->certificate);
  g_free (self->proxy_location);
  g_clear_error (&self->refused);
  g_free (self);
}

/**
 * scep_soup_watch_set_phase:
 *
 * In the thread.
 */
void
scep_soup_watch_set_phase (ScepSoupWatch *self, ScepTransportPhase phase)
{
  g_atomic_int_set (&self->phase, (gint) phase);
}

/**
 * scep_soup_watch_get_phase:
 *
 * In any thread.
 *
 * Returns: how far the request has come, as far as is known
 */
ScepTransportPhase
scep_soup_watch_get_phase (ScepSoupWatch *self)
{
  return (ScepTransportPhase) g_atomic_int_get (&self->phase);
}

/**
 * scep_soup_watch_is_weak:
 *
 * Returns: whether the TLS in use passes only because the request lets it
 */
gboolean
scep_soup_watch_is_weak (ScepSoupWatch *self)
{
  return self->weak_tls;
}

static gboolean
is_refused_login (ScepSoupWatch *self, SoupMessage *message)
{
  return self->proxy != NULL &&
         scep_soup_message_refuses_login (message, message != self->message,
                                          scep_proxy_get_authorization (self->proxy) != NULL);
}

static void
keep_refusal (ScepSoupWatch *self, SoupMessage *message)
{
  self->proxy_status = is_refused_login (self, message) ? SOUP_STATUS_PROXY_AUTHENTICATION_REQUIRED
                                                        : soup_message_get_status (message);
  self->takes_basic = scep_soup_message_takes_basic (message);
  g_free (self->proxy_location);
  self->proxy_location = g_strdup (
      soup_message_headers_get_one (soup_message_get_response_headers (message), "Location"));
  /* The request has got no further than to the proxy. */
  scep_soup_watch_set_phase (self, SCEP_TRANSPORT_PHASE_TUNNELING);
}

/* Before its first packet: the address itself is judged, not what a name meant a moment ago. A
 * closed socket cannot connect, and the next address of the name is tried. */
static void
refuse_local (ScepSoupWatch *self, GIOStream *connection)
{
  if (!self->refuse_local || !scep_local_address_check_peer (connection))
    return;
  self->local = TRUE;
  g_socket_close (g_socket_connection_get_socket (G_SOCKET_CONNECTION (connection)), NULL);
}

static void
on_network_event (SoupMessage *message, GSocketClientEvent event, GIOStream *connection,
                  gpointer user_data)
{
  ScepSoupWatch *self = user_data;

  if (event == G_SOCKET_CLIENT_TLS_HANDSHAKING) {
    scep_soup_watch_set_phase (self, SCEP_TRANSPORT_PHASE_SECURING);
    scep_soup_message_offer_http1 (connection);
  } else if (event == G_SOCKET_CLIENT_RESOLVING) {
    scep_soup_watch_set_phase (self, SCEP_TRANSPORT_PHASE_CONNECTING);
  } else if (event == G_SOCKET_CLIENT_PROXY_NEGOTIATING) {
    scep_soup_watch_set_phase (self, SCEP_TRANSPORT_PHASE_TUNNELING);
  } else if (event == G_SOCKET_CLIENT_CONNECTING) {
    refuse_local (self, connection);
  }
}

static void
on_starting (SoupMessage *message, gpointer user_data)
{
  ScepSoupWatch *self = user_data;

  /* On every connection, a new one or not. */
  if (scep_soup_message_check_tls (message, self->where, self->allow_weak_tls, &self->weak_tls,
                                   &self->refused))
    scep_soup_watch_set_phase (self, SCEP_TRANSPORT_PHASE_WAITING);
  else
    g_cancellable_cancel (self->cancellable);
}

static gboolean
on_accept_certificate (SoupMessage *message, GTlsCertificate *certificate,
                       GTlsCertificateFlags errors, gpointer user_data)
{
  ScepSoupWatch *self = user_data;

  self->tls_errors = errors;
  g_set_object (&self->certificate, certificate);
  return FALSE;
}

static void
on_got_informational (SoupMessage *message, gpointer user_data)
{
  ScepSoupWatch *self = user_data;

  if (++self->n_interim > MAX_INTERIM)
    g_cancellable_cancel (self->cancellable);
}

static void
unref_closure (gpointer data, GClosure *closure)
{
  scep_soup_watch_unref (data);
}

/* What a proxy says beside a refusal is not read, for it may not end. */
static void
on_tunnel_headers (SoupMessage *message, gpointer user_data)
{
  ScepSoupWatch *self = user_data;

  if (SOUP_STATUS_IS_SUCCESSFUL (soup_message_get_status (message)))
    return;
  keep_refusal (self, message);
  g_cancellable_cancel (self->cancellable);
}

static void
authorize (ScepSoupWatch *self, SoupMessage *message)
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
  ScepSoupWatch *self = user_data;

  authorize (self, message);
  if (message != self->message) {
    scep_soup_watch_set_phase (self, SCEP_TRANSPORT_PHASE_TUNNELING);
    g_signal_connect_data (message, "got-headers", G_CALLBACK (on_tunnel_headers),
                           scep_soup_watch_ref (self), unref_closure, 0);
  }
  g_signal_connect_data (message, "got-informational", G_CALLBACK (on_got_informational),
                         scep_soup_watch_ref (self), unref_closure, 0);
}

/**
 * scep_soup_watch_begin:
 * @session: that @message is about to be sent with, and nothing else
 *
 * In the thread.
 */
void
scep_soup_watch_begin (ScepSoupWatch *self, SoupSession *session, SoupMessage *message)
{
  self->message = message;
  g_signal_connect (message, "network-event", G_CALLBACK (on_network_event), self);
  g_signal_connect (message, "starting", G_CALLBACK (on_starting), self);
  g_signal_connect (message, "accept-certificate", G_CALLBACK (on_accept_certificate), self);
  g_signal_connect (session, "request-queued", G_CALLBACK (on_request_queued), self);
}

/**
 * scep_soup_watch_end:
 *
 * In the thread. What scep_soup_watch_begin() was told of may go away now.
 */
void
scep_soup_watch_end (ScepSoupWatch *self, SoupSession *session, SoupMessage *message)
{
  self->message = NULL;
  g_signal_handlers_disconnect_by_data (message, self);
  g_signal_handlers_disconnect_by_data (session, self);
}

/**
 * scep_soup_watch_has_refusal:
 *
 * With the headers of an answer, in the thread.
 *
 * Returns: whether it is the proxy's, which refuses the request
 */
gboolean
scep_soup_watch_has_refusal (ScepSoupWatch *self)
{
  if (is_refused_login (self, self->message))
    keep_refusal (self, self->message);
  return self->proxy_status != 0;
}

/**
 * scep_soup_watch_set_error:
 * @cause: (nullable): what GLib or libsoup said; %NULL only where the proxy refused
 *
 * In the thread, once: why the request failed, as scep_transport_failure_set().
 */
void
scep_soup_watch_set_error (ScepSoupWatch *self, GError **error, const GError *cause)
{
  ScepTransportFailure failure = {
    .where = self->where,
    .host = g_uri_get_host (soup_message_get_uri (self->message)),
    .phase = scep_soup_watch_get_phase (self),
    .tls_errors = self->tls_errors,
    .certificate = self->certificate,
    .local = self->local,
    .interim = self->n_interim > MAX_INTERIM,
    .proxy = self->proxy,
    .proxy_status = self->proxy_status,
    .proxy_location = self->proxy_location,
    .proxy_takes_basic = self->takes_basic,
  };

  if (self->refused != NULL)
    g_propagate_error (error, g_steal_pointer (&self->refused));
  else
    scep_transport_failure_set (error, &failure, cause);
}
