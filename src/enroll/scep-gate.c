/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-gate.h"

struct _ScepGate {
  GObject parent_instance;

  guint width;
  GHashTable *servers; /* (owned) (element-type utf8 Server): those that somebody asks */
  GHashTable *kept;    /* (owned) (element-type GObject): connections, none of them owned */
};

/* One server. */
typedef struct {
  guint n_inside;
  GQueue waiting; /* (element-type GTask) */
} Server;

struct _ScepGatePass {
  ScepGate *gate; /* (owned) */
  char *server;   /* (owned) */
};

/* Who waits: the data of the task. */
typedef struct {
  char *server;  /* (owned) */
  GList *link;   /* (unowned) (nullable): in the queue */
  gulong signal; /* of the task's cancellable, 0 for none */
} Waiter;

G_DEFINE_FINAL_TYPE (ScepGate, scep_gate, G_TYPE_OBJECT)

static void
server_free (gpointer data)
{
  Server *server = data;

  g_queue_clear_full (&server->waiting, g_object_unref);
  g_free (server);
}

static void
waiter_free (gpointer data)
{
  Waiter *waiter = data;

  g_free (waiter->server);
  g_free (waiter);
}

static void
on_connection_gone (gpointer data, GObject *connection)
{
  g_hash_table_remove (SCEP_GATE (data)->kept, connection);
}

static void
scep_gate_finalize (GObject *object)
{
  ScepGate *self = SCEP_GATE (object);
  GHashTableIter iter;
  gpointer connection;

  g_hash_table_iter_init (&iter, self->kept);
  while (g_hash_table_iter_next (&iter, &connection, NULL))
    g_object_weak_unref (connection, on_connection_gone, self);
  g_hash_table_unref (self->kept);
  g_hash_table_unref (self->servers);
  G_OBJECT_CLASS (scep_gate_parent_class)->finalize (object);
}

static void
scep_gate_class_init (ScepGateClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = scep_gate_finalize;
}

static void
scep_gate_init (ScepGate *self)
{
  self->servers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, server_free);
  self->kept = g_hash_table_new (NULL, NULL);
}

/**
 * scep_gate_new:
 * @width: how many requests go to one server at once, at least one
 *
 * Returns: (transfer full): a gate that nobody has entered
 */
ScepGate *
scep_gate_new (guint width)
{
  ScepGate *self = g_object_new (SCEP_TYPE_GATE, NULL);

  self->width = width;
  return self;
}

static Server *
ensure_server (ScepGate *self, const char *name)
{
  Server *server = g_hash_table_lookup (self->servers, name);

  if (server == NULL) {
    server = g_new0 (Server, 1);
    g_queue_init (&server->waiting);
    g_hash_table_insert (self->servers, g_strdup (name), server);
  }
  return server;
}

static ScepGatePass *
pass_new (ScepGate *self, const char *server)
{
  ScepGatePass *pass = g_new (ScepGatePass, 1);

  pass->gate = g_object_ref (self);
  pass->server = g_strdup (server);
  return pass;
}

/**
 * scep_gate_try_enter:
 * @server: its name; gates of different names have nothing to do with each other
 *
 * Returns: (transfer full) (nullable): the right to ask @server now, %NULL where
 *   it has to be waited for
 */
ScepGatePass *
scep_gate_try_enter (ScepGate *self, const char *server)
{
  Server *found = ensure_server (self, server);

  if (found->n_inside >= self->width)
    return NULL;
  found->n_inside++;
  return pass_new (self, server);
}

static void
leave_queue (GTask *task)
{
  Waiter *waiter = g_task_get_task_data (task);

  waiter->link = NULL;
  g_clear_signal_handler (&waiter->signal, g_task_get_cancellable (task));
}

static void
on_cancelled (GCancellable *cancellable, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Waiter *waiter = g_task_get_task_data (task);
  ScepGate *self = g_task_get_source_object (task);
  Server *server = g_hash_table_lookup (self->servers, waiter->server);

  g_queue_delete_link (&server->waiting, waiter->link);
  leave_queue (task);
  g_task_return_error_if_cancelled (task);
}

/**
 * scep_gate_enter_async:
 * @server: see scep_gate_try_enter()
 * @cancellable: (nullable): takes who waits out of the queue
 *
 * Waits for its turn; ends in scep_gate_enter_finish().
 */
void
scep_gate_enter_async (ScepGate *self, const char *server, GCancellable *cancellable,
                       GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  Server *found = ensure_server (self, server);
  ScepGatePass *pass;
  Waiter *waiter;

  g_task_set_source_tag (task, scep_gate_enter_async);
  if (g_task_return_error_if_cancelled (task))
    return;
  pass = scep_gate_try_enter (self, server);
  if (pass != NULL) {
    g_task_return_pointer (task, pass, (GDestroyNotify) scep_gate_pass_free);
    return;
  }
  waiter = g_new0 (Waiter, 1);
  waiter->server = g_strdup (server);
  g_task_set_task_data (task, waiter, waiter_free);
  if (cancellable != NULL)
    waiter->signal = g_signal_connect (cancellable, "cancelled", G_CALLBACK (on_cancelled), task);
  g_queue_push_tail (&found->waiting, g_steal_pointer (&task));
  waiter->link = found->waiting.tail;
}

/**
 * scep_gate_enter_finish:
 *
 * Returns: (transfer full) (nullable): the right to ask, or %NULL with
 *   %G_IO_ERROR_CANCELLED
 */
ScepGatePass *
scep_gate_enter_finish (ScepGate *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * scep_gate_count_rounds:
 *
 * Returns: after how many requests of the slowest kind it is the turn of who
 *   came to @server last, at the latest; 0 where nobody waits
 */
guint
scep_gate_count_rounds (ScepGate *self, const char *server)
{
  Server *found = g_hash_table_lookup (self->servers, server);
  guint waiting = found != NULL ? g_queue_get_length (&found->waiting) : 0;

  return (waiting + self->width - 1) / self->width;
}

/**
 * scep_gate_keep:
 * @connection: over which a reply came
 *
 * As many connections may stay open between two requests as requests go to one
 * server; a thousand would be too many for most servers, and for this process.
 *
 * Returns: whether this one may
 */
gboolean
scep_gate_keep (ScepGate *self, GObject *connection)
{
  if (g_hash_table_contains (self->kept, connection))
    return TRUE;
  if (g_hash_table_size (self->kept) >= self->width)
    return FALSE;
  g_hash_table_add (self->kept, connection);
  g_object_weak_ref (connection, on_connection_gone, self);
  return TRUE;
}

/**
 * scep_gate_pass_free:
 * @pass: (transfer full) (nullable):
 *
 * Leaves: it is the turn of who has waited longest.
 */
void
scep_gate_pass_free (ScepGatePass *pass)
{
  Server *server;

  if (pass == NULL)
    return;
  server = g_hash_table_lookup (pass->gate->servers, pass->server);
  if (!g_queue_is_empty (&server->waiting)) {
    g_autoptr (GTask) task = g_queue_pop_head (&server->waiting);

    leave_queue (task);
    g_task_return_pointer (task, pass, (GDestroyNotify) scep_gate_pass_free);
    return;
  }
  if (--server->n_inside == 0)
    g_hash_table_remove (pass->gate->servers, pass->server);
  g_object_unref (pass->gate);
  g_free (pass->server);
  g_free (pass);
}
