/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SCHED_IDLE */
#define _GNU_SOURCE

#include "base/scep-worker.h"

#include <sched.h>

/**
 * ScepWorker:
 *
 * A thread pool of its own for work that would starve GTask's shared pool,
 * where the resolver runs. With one thread it is a queue: work is done in the
 * order in which it was given.
 */
struct _ScepWorker {
  GObject parent_instance;

  GThreadPool *pool;       /* (owned) (nullable): NULL once it is finished */
  GThreadPool *low;        /* (owned) (nullable): threads of its own, of low priority */
  GThreadPool *background; /* (owned) (nullable): the same, for long work */
  guint n_threads;
};

typedef struct {
  GTask *task; /* (owned) */
  GTaskThreadFunc func;
} Job;

/* Set in the pool's threads, which must not wait for themselves. */
static GPrivate in_pool = G_PRIVATE_INIT (NULL);

G_DEFINE_FINAL_TYPE (ScepWorker, scep_worker, G_TYPE_OBJECT)

static void
run_job (gpointer data, gpointer user_data)
{
  g_autofree Job *job = data;
  g_autoptr (GTask) task = job->task;

  g_private_set (&in_pool, GINT_TO_POINTER (TRUE));
  if (g_task_return_error_if_cancelled (task))
    return;
  job->func (task, g_task_get_source_object (task), g_task_get_task_data (task),
             g_task_get_cancellable (task));
}

/* On Linux the policy is the thread's own. A thread that is only nice keeps the core for its
 * slice, milliseconds, before the main loop has its turn; this one is interrupted at once.
 * GLib may hand over a thread that another pool is done with, so each job looks. */
static void
run_low_job (gpointer data, gpointer user_data)
{
  static const struct sched_param no_priority = { 0 };

  if (sched_getscheduler (0) != SCHED_IDLE && sched_setscheduler (0, SCHED_IDLE, &no_priority) != 0)
    g_debug ("Long work keeps the priority of everything else");
  run_job (data, user_data);
}

static void
end_pool (GThreadPool **pool)
{
  gboolean wait = g_private_get (&in_pool) == NULL;

  if (*pool != NULL)
    g_thread_pool_free (g_steal_pointer (pool), FALSE, wait);
}

static void
scep_worker_finalize (GObject *object)
{
  scep_worker_finish (SCEP_WORKER (object));
  G_OBJECT_CLASS (scep_worker_parent_class)->finalize (object);
}

static void
scep_worker_class_init (ScepWorkerClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = scep_worker_finalize;
}

static void
scep_worker_init (ScepWorker *self)
{
}

/**
 * scep_worker_new:
 * @n_threads: how many jobs may run at once
 *
 * Threads start when there is work and end when there is none.
 *
 * Returns: (transfer full): a pool
 */
ScepWorker *
scep_worker_new (guint n_threads)
{
  ScepWorker *self = g_object_new (SCEP_TYPE_WORKER, NULL);

  self->n_threads = n_threads;
  self->pool = g_thread_pool_new (run_job, self, (gint) n_threads, FALSE, NULL);
  return self;
}

/**
 * scep_worker_finish:
 *
 * Waits until all work that was given is done. What is given later is not
 * begun: its task ends in G_IO_ERROR_CLOSED.
 */
void
scep_worker_finish (ScepWorker *self)
{
  end_pool (&self->background);
  end_pool (&self->low);
  end_pool (&self->pool);
}

static gboolean
refuse_if_finished (ScepWorker *self, GTask *task)
{
  if (self->pool != NULL)
    return FALSE;
  g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CLOSED, "The service is ending");
  return TRUE;
}

static Job *
job_new (GTask *task, GTaskThreadFunc func)
{
  Job *job = g_new (Job, 1);

  job->task = g_object_ref (task);
  job->func = func;
  return job;
}

/**
 * scep_worker_run:
 * @task: what @func returns to; its task data must not change any more
 *
 * g_task_run_in_thread() on this pool: @func runs in a thread, the task's
 * callback in the main context that made the task. A task that was cancelled
 * before its turn is not run.
 */
void
scep_worker_run (ScepWorker *self, GTask *task, GTaskThreadFunc func)
{
  if (!refuse_if_finished (self, task))
    g_thread_pool_push (self->pool, job_new (task, func), NULL);
}

/* Exclusive: no other pool wants a thread of that priority. */
static void
push_low (ScepWorker *self, GThreadPool **pool, GTask *task, GTaskThreadFunc func)
{
  if (refuse_if_finished (self, task))
    return;
  if (*pool == NULL)
    *pool = g_thread_pool_new (run_low_job, self, MAX (1, (gint) self->n_threads - 1), TRUE, NULL);
  g_thread_pool_push (*pool, job_new (task, func), NULL);
}

/**
 * scep_worker_run_low:
 * @task: what @func returns to; its task data must not change any more
 *
 * scep_worker_run() for what keeps a core busy for longer than the main loop
 * may wait. Threads of its own do it, at the lowest priority there is, so that the
 * main loop goes on where every core calculates. There is one less of them than of
 * the others, but at least one: a core on which nothing long runs is the only one
 * where nothing ever waits for the scheduler's next tick. They start with the first
 * such work, and sleep without a timeout in between.
 */
void
scep_worker_run_low (ScepWorker *self, GTask *task, GTaskThreadFunc func)
{
  push_low (self, &self->low, task, func);
}

/**
 * scep_worker_run_background:
 * @task: what @func returns to; its task data must not change any more
 *
 * scep_worker_run_low() for what takes seconds: in threads of its own again, so
 * that nothing shorter waits for it.
 */
void
scep_worker_run_background (ScepWorker *self, GTask *task, GTaskThreadFunc func)
{
  push_low (self, &self->background, task, func);
}
