/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scep-transport-fake.h"

/* What was pushed: a reply or an error. */
typedef struct {
  ScepHttpReply *reply; /* (owned) (nullable) */
  GError *error;        /* (owned) (nullable) */
} Step;

struct _ScepTransportFake {
  GObject parent_instance;

  GPtrArray *requests; /* (owned): of ScepFakeRequest */
  GQueue steps;        /* (owned): of Step */
  GQueue waiting;      /* (owned): of GTask, while held */
  ScepFakeHandler handler;
  gpointer handler_data;
  gboolean held;
  gboolean closes;
};

static void scep_transport_fake_iface_init (ScepTransportInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (ScepTransportFake, scep_transport_fake, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (SCEP_TYPE_TRANSPORT,
                                                      scep_transport_fake_iface_init))

static void
request_free (gpointer data)
{
  ScepFakeRequest *request = data;

  g_free (request->url);
  g_free (request->content_type);
  g_clear_pointer (&request->body, g_bytes_unref);
  g_free (request);
}

static void
step_free (gpointer data)
{
  Step *step = data;

  g_clear_pointer (&step->reply, scep_http_reply_free);
  g_clear_error (&step->error);
  g_free (step);
}

static ScepHttpReply *
answer (ScepTransportFake *self, const ScepFakeRequest *request, GError **error)
{
  Step *step = g_queue_pop_head (&self->steps);
  ScepHttpReply *reply;

  if (step == NULL && self->handler != NULL)
    return self->handler (request, self->handler_data, error);
  if (step == NULL) {
    scep_error_set (error, SCEP_ERROR_SERVER_UNREACHABLE, "The test planned no reply to %s.",
                    request->url);
    return NULL;
  }
  reply = g_steal_pointer (&step->reply);
  if (step->error != NULL)
    g_propagate_error (error, g_steal_pointer (&step->error));
  step_free (step);
  return reply;
}

/* @error: (nullable): how the request ended */
static ScepTransportPhase
find_phase (ScepTransportFake *self, const GError *error)
{
  if (error == NULL)
    return SCEP_TRANSPORT_PHASE_READING;
  if (error->code == SCEP_ERROR_TLS_FAILED)
    return SCEP_TRANSPORT_PHASE_SECURING;
  if (error->code == SCEP_ERROR_SERVER_UNREACHABLE && !self->closes)
    return SCEP_TRANSPORT_PHASE_CONNECTING;
  return SCEP_TRANSPORT_PHASE_WAITING;
}

static gboolean
complete (gpointer user_data)
{
  GTask *task = user_data;
  ScepTransportFake *self = g_task_get_source_object (task);
  ScepHttpReply *reply = NULL;
  GError *error = NULL;

  if (g_task_get_completed (task))
    return G_SOURCE_REMOVE;
  if (g_cancellable_is_cancelled (g_task_get_cancellable (task))) {
    scep_error_set (&error, SCEP_ERROR_CANCELLED, "The request was cancelled.");
  } else if (self->held) {
    g_queue_push_tail (&self->waiting, g_object_ref (task));
    return G_SOURCE_REMOVE;
  } else {
    ScepFakeRequest *request = g_task_get_task_data (task);

    reply = answer (self, request, &error);
    request->phase = find_phase (self, error);
  }
  if (reply != NULL)
    g_task_return_pointer (task, reply, (GDestroyNotify) scep_http_reply_free);
  else
    g_task_return_error (task, error);
  return G_SOURCE_REMOVE;
}

static void
complete_later (GTask *task)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_callback (source, complete, g_object_ref (task), g_object_unref);
  g_source_attach (source, g_task_get_context (task));
}

static gboolean
on_cancelled (GCancellable *cancellable, gpointer user_data)
{
  GTask *task = user_data;
  ScepTransportFake *self = g_task_get_source_object (task);

  if (g_queue_remove (&self->waiting, task))
    g_object_unref (task);
  complete (task);
  return G_SOURCE_REMOVE;
}

static void
unref_source (gpointer data, GClosure *closure)
{
  g_source_unref (data);
}

/* Gone with the task: the source is destroyed when the reply is there. */
static void
watch_cancellation (GTask *task, GCancellable *cancellable)
{
  g_autoptr (GSource) source = g_cancellable_source_new (cancellable);

  g_source_set_callback (source, G_SOURCE_FUNC (on_cancelled), g_object_ref (task), g_object_unref);
  g_source_attach (source, g_task_get_context (task));
  g_signal_connect_data (task, "notify::completed", G_CALLBACK (g_source_destroy),
                         g_source_ref (source), unref_source, G_CONNECT_SWAPPED);
}

static void
scep_transport_fake_send_async (ScepTransport *transport, const ScepHttpRequest *request,
                                GCancellable *cancellable, GAsyncReadyCallback callback,
                                gpointer user_data)
{
  ScepTransportFake *self = SCEP_TRANSPORT_FAKE (transport);
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  ScepFakeRequest *copy = g_new0 (ScepFakeRequest, 1);

  copy->url = g_strdup (request->url);
  copy->body = request->body != NULL ? g_bytes_ref (request->body) : NULL;
  copy->content_type = g_strdup (request->content_type);
  copy->max_reply = request->max_reply;
  copy->total_timeout = request->total_timeout;
  copy->refuse_local = request->refuse_local;
  g_ptr_array_add (self->requests, copy);
  g_task_set_check_cancellable (task, FALSE);
  g_task_set_task_data (task, copy, NULL);
  if (cancellable != NULL)
    watch_cancellation (task, cancellable);
  complete_later (task);
}

static ScepHttpReply *
scep_transport_fake_send_finish (ScepTransport *transport, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, transport), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

static ScepTransportPhase
scep_transport_fake_get_phase (ScepTransport *transport, GAsyncResult *result)
{
  const ScepFakeRequest *request = g_task_get_task_data (G_TASK (result));

  return request->phase;
}

static void
scep_transport_fake_finalize (GObject *object)
{
  ScepTransportFake *self = SCEP_TRANSPORT_FAKE (object);

  g_ptr_array_unref (self->requests);
  g_queue_clear_full (&self->steps, step_free);
  G_OBJECT_CLASS (scep_transport_fake_parent_class)->finalize (object);
}

static void
scep_transport_fake_class_init (ScepTransportFakeClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = scep_transport_fake_finalize;
}

static void
scep_transport_fake_iface_init (ScepTransportInterface *iface)
{
  iface->send_async = scep_transport_fake_send_async;
  iface->send_finish = scep_transport_fake_send_finish;
  iface->get_phase = scep_transport_fake_get_phase;
}

static void
scep_transport_fake_init (ScepTransportFake *self)
{
  self->requests = g_ptr_array_new_with_free_func (request_free);
}

/* Returns: (transfer full): a server that nobody has told anything yet: it cannot be reached. */
ScepTransportFake *
scep_transport_fake_new (void)
{
  return g_object_new (SCEP_TYPE_TRANSPORT_FAKE, NULL);
}

/* @handler answers what no pushed step answers. */
void
scep_transport_fake_set_handler (ScepTransportFake *self, ScepFakeHandler handler,
                                 gpointer user_data)
{
  self->handler = handler;
  self->handler_data = user_data;
}

/* The answer to the next request that has none yet. */
void
scep_transport_fake_push_reply (ScepTransportFake *self, guint status, const char *content_type,
                                GBytes *body)
{
  Step *step = g_new0 (Step, 1);

  step->reply = scep_http_reply_new (status, content_type, body, 0, 0);
  g_queue_push_tail (&self->steps, step);
}

/* The same, with a failure. */
void
scep_transport_fake_push_error (ScepTransportFake *self, ScepError code)
{
  Step *step = g_new0 (Step, 1);

  scep_error_set (&step->error, code, "The test wants %s here.", scep_error_get_name (code));
  g_queue_push_tail (&self->steps, step);
}

/* While held, requests are taken and not answered; releasing answers all of them. */
void
scep_transport_fake_hold (ScepTransportFake *self, gboolean held)
{
  self->held = held;
  while (!held && !g_queue_is_empty (&self->waiting)) {
    g_autoptr (GTask) task = g_queue_pop_head (&self->waiting);

    complete_later (task);
  }
}

/* Whoever cannot be reached was there, and closed the connection. */
void
scep_transport_fake_close (ScepTransportFake *self, gboolean closes)
{
  self->closes = closes;
}

/* Returns: how many requests have come so far */
guint
scep_transport_fake_get_n_requests (ScepTransportFake *self)
{
  return self->requests->len;
}

/* Returns: (transfer none): the request that came as number @index, from 0 */
const ScepFakeRequest *
scep_transport_fake_get_request (ScepTransportFake *self, guint index)
{
  g_assert_cmpuint (index, <, self->requests->len);
  return g_ptr_array_index (self->requests, index);
}
