/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-error.h"
#include "transport/scep-http-reply-private.h"
#include "transport/scep-proxy.h"
#include "transport/scep-soup-exchange.h"
#include "transport/scep-transport-failure.h"
#include "transport/scep-transport-soup-private.h"
#include "transport/scep-trust-file.h"

#include <glib/gi18n-lib.h>

/* Seconds: without a byte in either direction, and with nothing to do. */
#define IO_TIMEOUT 30
#define KEEP_ALIVE 10

/**
 * ScepTransportSoup:
 *
 * HTTP by libsoup, in the thread of all transports. The connections, and every
 * timer, go when nothing has happened for a while: a service at rest does not
 * wake up. A deadline is the caller's own timer: it does not ask the library.
 */
struct _ScepTransportSoup {
  GObject parent_instance;

  GTlsDatabase *tls_database; /* (owned) (nullable): instead of the system's */
  ScepSoupClient *client;     /* (owned) (nullable): of the thread that was in use last */
  guint io_timeout;
  guint keep_alive;
};

/* One request: the task data of its GTask. */
typedef struct {
  ScepSoupExchange *exchange; /* (owned) (nullable): until it is given up */
  GSource *deadline;          /* (owned) (nullable) */
  GSource *cancel_watch;      /* (owned) (nullable) */
  guint total_timeout;
  ScepTransportPhase phase; /* when it ended */
} Operation;

static void scep_transport_soup_iface_init (ScepTransportInterface *iface);

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
  g_clear_pointer (&operation->exchange, scep_soup_exchange_unref);
  g_free (operation);
}

static void
close_client (ScepTransportSoup *self)
{
  if (self->client != NULL)
    scep_soup_client_close (self->client);
  g_clear_pointer (&self->client, scep_soup_client_unref);
}

/* One for each thread: nothing of a thread that was given up is used any more. */
static ScepSoupClient *
ensure_client (ScepTransportSoup *self)
{
  g_autoptr (ScepTransportThread) thread = scep_transport_thread_get ();

  if (self->client != NULL && scep_soup_client_get_thread (self->client) != thread)
    close_client (self);
  if (self->client == NULL) {
    g_autoptr (GProxyResolver) proxies = scep_proxy_resolver_new ();

    self->client = scep_soup_client_new (thread, self->tls_database, proxies, self->io_timeout,
                                         self->keep_alive);
  }
  return self->client;
}

/* The task is still to be returned to. */
static void
end_operation (Operation *operation)
{
  clear_source (&operation->deadline);
  clear_source (&operation->cancel_watch);
  operation->phase = scep_soup_exchange_get_phase (operation->exchange);
}

/* Whatever the thread is doing. */
static void
give_up (GTask *task, gboolean expired)
{
  Operation *operation = g_task_get_task_data (task);
  g_autoptr (GError) cause = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "Given up");
  GError *error = NULL;
  ScepTransportFailure failure = {
    .where = scep_soup_exchange_get_where (operation->exchange),
    .proxy = scep_soup_exchange_get_proxy (operation->exchange),
    .deadline = expired ? operation->total_timeout : 0,
  };

  end_operation (operation);
  failure.phase = operation->phase;
  scep_soup_exchange_abort (operation->exchange);
  scep_transport_failure_set (&error, &failure, cause);
  /* It holds the task in its turn, and a thread that has ended lets go of neither. */
  g_clear_pointer (&operation->exchange, scep_soup_exchange_unref);
  g_task_return_error (task, error);
}

static gboolean
on_deadline (gpointer user_data)
{
  g_autoptr (GTask) task = g_object_ref (user_data);

  give_up (task, TRUE);
  return G_SOURCE_REMOVE;
}

static gboolean
on_cancelled (GCancellable *cancellable, gpointer user_data)
{
  g_autoptr (GTask) task = g_object_ref (user_data);

  give_up (task, FALSE);
  return G_SOURCE_REMOVE;
}

/* The sources live as long as the task has not been returned to. The caller's wish arrives as a
 * source: never in the middle of g_cancellable_cancel(). */
static void
watch (GTask *task, GCancellable *cancellable)
{
  Operation *operation = g_task_get_task_data (task);

  operation->deadline = g_timeout_source_new_seconds (operation->total_timeout);
  g_source_set_callback (operation->deadline, on_deadline, task, NULL);
  g_source_attach (operation->deadline, g_task_get_context (task));
  if (cancellable == NULL)
    return;
  operation->cancel_watch = g_cancellable_source_new (cancellable);
  g_source_set_callback (operation->cancel_watch, G_SOURCE_FUNC (on_cancelled), task, NULL);
  g_source_attach (operation->cancel_watch, g_task_get_context (task));
}

/* What the thread made of it, perhaps long after nobody waits for it any more. */
static void
on_exchanged (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepHttpReply) reply = g_task_propagate_pointer (G_TASK (result), &error);
  Operation *operation = g_task_get_task_data (task);

  if (operation->deadline == NULL)
    return;
  end_operation (operation);
  if (reply != NULL)
    g_task_return_pointer (task, g_steal_pointer (&reply), (GDestroyNotify) scep_http_reply_free);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

static void
scep_transport_soup_send_async (ScepTransport *transport, const ScepHttpRequest *request,
                                GCancellable *cancellable, GAsyncReadyCallback callback,
                                gpointer user_data)
{
  ScepTransportSoup *self = SCEP_TRANSPORT_SOUP (transport);
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autoptr (GTask) exchanging = NULL;
  g_autoptr (ScepProxy) proxy = NULL;
  Operation *operation;

  g_task_set_source_tag (task, scep_transport_soup_send_async);
  /* Cancellation has an error code of ours, set by ourselves. */
  g_task_set_check_cancellable (task, FALSE);
  if (g_cancellable_is_cancelled (cancellable)) {
    GError *error = NULL;

    scep_error_set (&error, SCEP_ERROR_CANCELLED,
                    _ ("The request was cancelled before it was sent."));
    g_task_return_error (task, error);
    return;
  }
  exchanging = g_task_new (NULL, NULL, on_exchanged, g_object_ref (task));
  proxy = scep_proxy_find (request->url);
  operation = g_new0 (Operation, 1);
  operation->total_timeout = MAX (request->total_timeout, 1);
  g_task_set_task_data (task, operation, (GDestroyNotify) operation_free);
  watch (task, cancellable);
  operation->exchange = scep_soup_exchange_start (ensure_client (self), request, proxy, exchanging);
}

static ScepHttpReply *
scep_transport_soup_send_finish (ScepTransport *transport, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, transport), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

static ScepTransportPhase
scep_transport_soup_get_phase (ScepTransport *transport, GAsyncResult *result)
{
  Operation *operation = g_task_get_task_data (G_TASK (result));

  return operation != NULL ? operation->phase : SCEP_TRANSPORT_PHASE_CONNECTING;
}

static void
scep_transport_soup_dispose (GObject *object)
{
  ScepTransportSoup *self = SCEP_TRANSPORT_SOUP (object);

  close_client (self);
  g_clear_object (&self->tls_database);
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
  iface->get_phase = scep_transport_soup_get_phase;
}

static void
scep_transport_soup_init (ScepTransportSoup *self)
{
  self->io_timeout = IO_TIMEOUT;
  self->keep_alive = KEEP_ALIVE;
}

/* Seconds: of silence on a connection, and of an unused connection's life. */
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
  return self->client == NULL || scep_soup_client_is_idle (self->client);
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
    ScepTrustFile *file = scep_trust_file_new (tls_ca_certificates, error);

    if (file == NULL)
      return NULL;
    self->tls_database = scep_trust_file_open (file, error);
    if (self->tls_database == NULL)
      return NULL;
  }
  return SCEP_TRANSPORT (g_steal_pointer (&self));
}
