/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transport/scep-soup-exchange.h"

#include "base/scep-error.h"
#include "transport/scep-http-reply-private.h"
#include "transport/scep-proxy-failure.h"
#include "transport/scep-soup-message.h"
#include "transport/scep-soup-watch.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* What is read of a reply that is no success, for people only. */
#define MAX_REFUSAL 4096
#define CHUNK 16384

struct _ScepSoupExchange {
  gatomicrefcount references;

  /* Never changed. */
  ScepSoupClient *client;  /* (owned) */
  ScepHttpRequest request; /* (owned): its own copies */
  ScepProxy *proxy;        /* (owned) (nullable): that it goes by */
  char *where;             /* (owned): for messages */
  ScepSoupWatch *watch;    /* (owned) */

  gint given_up; /* atomic */

  /* Of the thread only. */
  GTask *task;               /* (owned) (nullable): until it was returned to */
  SoupSession *session;      /* (owned) (nullable) */
  SoupMessage *message;      /* (owned) (nullable) */
  GInputStream *stream;      /* (owned) (nullable) */
  GByteArray *body;          /* (owned) */
  GCancellable *cancellable; /* (owned): set by anybody */
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
  scep_soup_watch_unref (self->watch);
  g_byte_array_unref (self->body);
  g_object_unref (self->cancellable);
  g_free (self);
}

/* Nothing goes on after this. Returns: (transfer full): what is to be returned to */
static GTask *
end (ScepSoupExchange *self, gboolean well)
{
  if (self->session != NULL)
    scep_soup_watch_end (self->watch, self->session, self->message);
  g_clear_object (&self->stream);
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->message);
  if (self->session != NULL) {
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
  GError *error = NULL;

  scep_soup_watch_set_error (self->watch, &error, cause);
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
  scep_http_reply_set_weak (reply, scep_soup_watch_is_weak (self->watch));
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
  if (stream == NULL || scep_soup_watch_has_refusal (self->watch)) {
    return_cause (self, cause);
  } else if (!scep_soup_message_check_encoding (self->message, self->where, &error)) {
    return_error (self, error);
  } else if (is_success (self) && soup_message_headers_get_content_length (headers) >
                                      (goffset) self->request.max_reply) {
    return_too_large (self);
  } else {
    scep_soup_watch_set_phase (self->watch, SCEP_TRANSPORT_PHASE_READING);
    self->stream = g_steal_pointer (&stream);
    read_chunk (self);
  }
}

static gboolean
on_start (gpointer user_data)
{
  ScepSoupExchange *self = user_data;
  GError *error = NULL;

  if (g_atomic_int_get (&self->given_up))
    return G_SOURCE_REMOVE;
  scep_soup_watch_set_phase (self->watch, SCEP_TRANSPORT_PHASE_CONNECTING);
  if (self->proxy != NULL && !scep_proxy_is_usable (self->proxy))
    scep_proxy_failure_set_unusable (&error, self->proxy);
  else
    self->message = scep_soup_message_new (&self->request, &error);
  if (self->message == NULL) {
    return_error (self, error);
    return G_SOURCE_REMOVE;
  }
  self->session = scep_soup_client_take_session (self->client);
  scep_soup_watch_begin (self->watch, self->session, self->message);
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
  self->watch = scep_soup_watch_new (request, self->where, proxy, self->cancellable);
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
  return scep_soup_watch_get_phase (self->watch);
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
