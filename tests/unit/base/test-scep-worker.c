/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SCHED_IDLE */
#define _GNU_SOURCE

#include "base/scep-worker.h"

#include <sched.h>

/* What the jobs of a test share. */
typedef struct {
  GMutex mutex;
  GCond cond;
  gboolean open;  /* a closed gate holds the first job back */
  guint running;  /* jobs that are at the gate now */
  GString *order; /* what ran */
  GThread *main;
  guint n_finished; /* callbacks */
  GError *error;    /* of the last one */
} Gate;

typedef struct {
  Gate *gate;
  char name;
} Job;

static void
set_up (Gate *gate, gconstpointer data)
{
  g_mutex_init (&gate->mutex);
  g_cond_init (&gate->cond);
  gate->order = g_string_new (NULL);
  gate->main = g_thread_self ();
}

static void
tear_down (Gate *gate, gconstpointer data)
{
  g_clear_error (&gate->error);
  g_string_free (gate->order, TRUE);
  g_cond_clear (&gate->cond);
  g_mutex_clear (&gate->mutex);
}

static void
write_down (Gate *gate, char name)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&gate->mutex);

  g_string_append_c (gate->order, name);
}

/* The gate may be gone as soon as the task has returned. */
static void
run (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  Job *job = task_data;

  g_assert_true (g_thread_self () != job->gate->main);
  write_down (job->gate, job->name);
  g_task_return_boolean (task, TRUE);
}

/* Waits until the gate opens. */
static void
run_at_gate (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  Job *job = task_data;

  g_mutex_lock (&job->gate->mutex);
  job->gate->running++;
  g_cond_broadcast (&job->gate->cond);
  while (!job->gate->open)
    g_cond_wait (&job->gate->cond, &job->gate->mutex);
  g_mutex_unlock (&job->gate->mutex);
  run (task, source, task_data, cancellable);
}

static void
on_finished (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Gate *gate = user_data;

  g_assert_true (g_thread_self () == gate->main);
  g_clear_error (&gate->error);
  g_task_propagate_boolean (G_TASK (result), &gate->error);
  gate->n_finished++;
}

static void
push (ScepWorker *worker, Gate *gate, char name, GCancellable *cancellable, GTaskThreadFunc func)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, on_finished, gate);
  Job *job = g_new (Job, 1);

  job->gate = gate;
  job->name = name;
  g_task_set_task_data (task, job, g_free);
  scep_worker_run (worker, task, func);
}

static void
wait_at_gate (Gate *gate, guint running)
{
  g_mutex_lock (&gate->mutex);
  while (gate->running < running)
    g_cond_wait (&gate->cond, &gate->mutex);
  g_mutex_unlock (&gate->mutex);
}

static void
open_gate (Gate *gate)
{
  g_mutex_lock (&gate->mutex);
  gate->open = TRUE;
  g_cond_broadcast (&gate->cond);
  g_mutex_unlock (&gate->mutex);
}

static void
wait_finished (Gate *gate, guint count)
{
  while (gate->n_finished < count)
    g_main_context_iteration (NULL, TRUE);
}

static void
test_cancel (Gate *gate, gconstpointer data)
{
  g_autoptr (ScepWorker) worker = scep_worker_new (1);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  push (worker, gate, 'a', NULL, run_at_gate);
  push (worker, gate, 'b', cancellable, run);
  g_cancellable_cancel (cancellable);
  open_gate (gate);
  wait_finished (gate, 2);
  g_assert_cmpstr (gate->order->str, ==, "a");
  g_assert_error (gate->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  push (worker, gate, 'c', NULL, run);
  wait_finished (gate, 3);
  g_assert_no_error (gate->error);
  g_assert_cmpstr (gate->order->str, ==, "ac");
}

static void
test_order (Gate *gate, gconstpointer data)
{
  g_autoptr (ScepWorker) worker = scep_worker_new (1);

  push (worker, gate, 'a', NULL, run_at_gate);
  for (char name = 'b'; name <= 'z'; name++)
    push (worker, gate, name, NULL, run);
  wait_at_gate (gate, 1);
  open_gate (gate);
  wait_finished (gate, 26);
  g_assert_cmpstr (gate->order->str, ==, "abcdefghijklmnopqrstuvwxyz");
}

/* Neither of the two ends before both have begun. */
static void
test_parallel (Gate *gate, gconstpointer data)
{
  g_autoptr (ScepWorker) worker = scep_worker_new (2);

  push (worker, gate, 'a', NULL, run_at_gate);
  push (worker, gate, 'b', NULL, run_at_gate);
  wait_at_gate (gate, 2);
  open_gate (gate);
  wait_finished (gate, 2);
  g_assert_cmpuint (gate->order->len, ==, 2);
}

/* Work that was accepted is done although it holds the worker, as a write does its owner. */
static void
test_finish (Gate *gate, gconstpointer data)
{
  g_autoptr (ScepWorker) worker = scep_worker_new (1);

  push (worker, gate, 'a', NULL, run_at_gate);
  push (worker, gate, 'b', NULL, run);
  wait_at_gate (gate, 1);
  open_gate (gate);
  scep_worker_finish (worker);
  g_assert_cmpstr (gate->order->str, ==, "ab");
  wait_finished (gate, 2);

  push (worker, gate, 'c', NULL, run);
  wait_finished (gate, 3);
  g_assert_error (gate->error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_assert_cmpstr (gate->order->str, ==, "ab");
}

/* Work that was accepted is done before the worker is gone. */
static void
test_finalize (Gate *gate, gconstpointer data)
{
  ScepWorker *worker = scep_worker_new (1);

  push (worker, gate, 'a', NULL, run_at_gate);
  push (worker, gate, 'b', NULL, run);
  push (worker, gate, 'c', NULL, run);
  wait_at_gate (gate, 1);
  open_gate (gate);
  g_object_unref (worker);
  g_assert_cmpstr (gate->order->str, ==, "abc");
  wait_finished (gate, 3);
}

static void
tell_policy (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  Job *job = task_data;

  write_down (job->gate, sched_getscheduler (0) == SCHED_IDLE ? 'l' : 'n');
  g_task_return_boolean (task, TRUE);
}

typedef void (*RunFunc) (ScepWorker *worker, GTask *task, GTaskThreadFunc func);

static void
push_by (RunFunc run_func, ScepWorker *worker, Gate *gate, char name, GTaskThreadFunc func)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, on_finished, gate);
  Job *job = g_new (Job, 1);

  job->gate = gate;
  job->name = name;
  g_task_set_task_data (task, job, g_free);
  run_func (worker, task, func);
}

/* What is longer gives way, and is not waited for by what is shorter. */
static void
test_low (Gate *gate, gconstpointer data)
{
  g_autoptr (ScepWorker) worker = scep_worker_new (1);

  push_by (scep_worker_run_background, worker, gate, 'z', run_at_gate);
  push_by (scep_worker_run_background, worker, gate, 'y', tell_policy);
  wait_at_gate (gate, 1);
  push_by (scep_worker_run_low, worker, gate, 'x', tell_policy);
  wait_finished (gate, 1);
  push_by (scep_worker_run_low, worker, gate, 'w', run_at_gate);
  wait_at_gate (gate, 2);
  push (worker, gate, 'a', NULL, tell_policy);
  wait_finished (gate, 2);
  g_assert_cmpstr (gate->order->str, ==, "ln");
  open_gate (gate);
  wait_finished (gate, 5);
  g_assert_no_error (gate->error);
}

/* Where there is more than one thread, what is long leaves one out. */
static void
test_low_leaves_one (Gate *gate, gconstpointer data)
{
  g_autoptr (ScepWorker) worker = scep_worker_new (3);

  for (guint i = 0; i < 3; i++)
    push_by (scep_worker_run_low, worker, gate, 'z', run_at_gate);
  wait_at_gate (gate, 2);
  /* A third would be here by now. */
  for (guint i = 1; i <= 20; i++) {
    push (worker, gate, 'a', NULL, run);
    wait_finished (gate, i);
  }
  g_mutex_lock (&gate->mutex);
  g_assert_cmpuint (gate->running, ==, 2);
  g_mutex_unlock (&gate->mutex);
  open_gate (gate);
  wait_finished (gate, 23);
}

typedef struct {
  Gate *gate;
  ScepWorker *last; /* (owned) */
  gboolean gone;
} LastReference;

static void
on_worker_gone (gpointer user_data, GObject *where)
{
  LastReference *reference = user_data;

  g_assert_true (g_thread_self () != reference->gate->main);
  reference->gone = TRUE;
}

static void
drop_last_reference (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  LastReference *reference = task_data;

  wait_at_gate (reference->gate, 1);
  g_object_weak_ref (G_OBJECT (reference->last), on_worker_gone, reference);
  g_object_unref (reference->last);
  g_assert_true (reference->gone);
  g_task_return_boolean (task, TRUE);
}

/* A worker that ends in its own thread does not wait for itself, and still
 * does what is left. */
static void
test_last_reference (Gate *gate, gconstpointer data)
{
  LastReference reference = { gate, scep_worker_new (1), FALSE };
  g_autoptr (GTask) task = g_task_new (NULL, NULL, on_finished, gate);

  g_task_set_task_data (task, &reference, NULL);
  scep_worker_run (reference.last, task, drop_last_reference);
  push (reference.last, gate, 'b', NULL, run);
  push (reference.last, gate, 'c', NULL, run);
  g_mutex_lock (&gate->mutex);
  gate->running = 1;
  g_cond_broadcast (&gate->cond);
  g_mutex_unlock (&gate->mutex);
  wait_finished (gate, 3);
  g_assert_no_error (gate->error);
  g_assert_true (reference.gone);
  g_assert_cmpstr (gate->order->str, ==, "bc");
}

#define ADD(path, func) g_test_add ("/worker/" path, Gate, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("cancel", test_cancel);
  ADD ("order", test_order);
  ADD ("parallel", test_parallel);
  ADD ("low", test_low);
  ADD ("low-leaves-one", test_low_leaves_one);
  ADD ("finish", test_finish);
  ADD ("finalize", test_finalize);
  ADD ("last-reference", test_last_reference);
  return g_test_run ();
}
