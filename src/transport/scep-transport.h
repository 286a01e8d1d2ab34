/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * ScepTransport:
 *
 * HTTP as the rest needs it: one request, one bounded reply. It knows nothing
 * of SCEP. Connections are reused while the object lives.
 */
#define SCEP_TYPE_TRANSPORT (scep_transport_get_type ())
G_DECLARE_INTERFACE (ScepTransport, scep_transport, SCEP, TRANSPORT, GObject)

/**
 * ScepHttpRequest:
 * @url: absolute, http or https, sent as it stands
 * @body: (nullable): what is posted; %NULL makes it a GET
 * @content_type: (nullable): of @body
 * @max_reply: bytes after which the reply is %SCEP_ERROR_TOO_LARGE
 * @total_timeout: seconds for everything together
 * @refuse_local: not to connect to this machine or its link, whatever name
 *   leads there, see scep_local_address_check(); a request that can go nowhere
 *   else is %SCEP_ERROR_UNSUPPORTED
 * @allow_weak_tls: whether an old version of TLS and a short key may pass, see
 *   scep_http_reply_is_weak()
 *
 * Borrowed for the call of scep_transport_send_async().
 */
typedef struct {
  const char *url;
  GBytes *body;
  const char *content_type;
  gsize max_reply;
  guint total_timeout;
  gboolean refuse_local;
  gboolean allow_weak_tls;
} ScepHttpRequest;

/**
 * ScepHttpReply:
 *
 * Whatever the server answered, with any status: an immutable value.
 */
typedef struct _ScepHttpReply ScepHttpReply;

ScepHttpReply *scep_http_reply_new (guint status, const char *content_type, GBytes *body,
                                    gint64 date, guint retry_after);
void scep_http_reply_free (ScepHttpReply *reply);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScepHttpReply, scep_http_reply_free)

guint scep_http_reply_get_status (ScepHttpReply *reply);
const char *scep_http_reply_get_content_type (ScepHttpReply *reply);
GBytes *scep_http_reply_get_body (ScepHttpReply *reply);
gint64 scep_http_reply_get_date (ScepHttpReply *reply);
guint scep_http_reply_get_retry_after (ScepHttpReply *reply);
gboolean scep_http_reply_is_weak (ScepHttpReply *reply);
gboolean scep_http_reply_check (ScepHttpReply *reply, const char *url, const char *advice,
                                GError **error);

/* How far a request has come. */
typedef enum {
  SCEP_TRANSPORT_PHASE_QUEUED,     /* the thread is busy with other requests */
  SCEP_TRANSPORT_PHASE_CONNECTING, /* to the server, or to the proxy on the way */
  SCEP_TRANSPORT_PHASE_TUNNELING,  /* a proxy is to connect to the server */
  SCEP_TRANSPORT_PHASE_SECURING,
  SCEP_TRANSPORT_PHASE_WAITING,
  SCEP_TRANSPORT_PHASE_READING,
} ScepTransportPhase;

struct _ScepTransportInterface {
  GTypeInterface parent_iface;

  void (*send_async) (ScepTransport *self, const ScepHttpRequest *request,
                      GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
  ScepHttpReply *(*send_finish) (ScepTransport *self, GAsyncResult *result, GError **error);
  ScepTransportPhase (*get_phase) (ScepTransport *self, GAsyncResult *result);
};

void scep_transport_send_async (ScepTransport *self, const ScepHttpRequest *request,
                                GCancellable *cancellable, GAsyncReadyCallback callback,
                                gpointer user_data);
ScepHttpReply *scep_transport_send_finish (ScepTransport *self, GAsyncResult *result,
                                           GError **error);
ScepTransportPhase scep_transport_get_phase (ScepTransport *self, GAsyncResult *result);
gboolean scep_transport_was_sent (ScepTransport *self, GAsyncResult *result);

G_END_DECLS
