/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transport/scep-transport-thread.h"

#include <glib/gi18n-lib.h>

/* Seconds: after which a thread that does not return to its loop is given up, and how long the
 * process waits at its end for what is still to be let go. */
#define PATIENCE 90
#define FAREWELL 1
#define LAST_TURNS 100

struct _ScepTransportThread {
  gatomicrefcount references;
  GMainContext *context; /* (owned) */
  GMainLoop *loop;       /* (owned) */
  gint busy_since;       /* atomic: seconds of the monotonic clock, 0 while it sleeps */
  GMutex lock;
  GCond condition;
  gboolean closed; /* takes nothing any more, but from itself */
  gboolean ended;
};

/* Of the whole process, and of the main thread only. */
static ScepTransportThread *current;
static guint patience = PATIENCE;

/* Set in the threads themselves: GLib's poll function has no data of its own. */
static GPrivate own = G_PRIVATE_INIT (NULL);

static gint
get_seconds (void)
{
  return (gint) (g_get_monotonic_time () / G_USEC_PER_SEC) + 1;
}

/* Between two sleeps the thread is with a library. */
static gint
poll_as_usual (GPollFD *fds, guint n_fds, gint timeout)
{
  ScepTransportThread *self = g_private_get (&own);
  gint n_ready;

  g_atomic_int_set (&self->busy_since, 0);
  n_ready = g_poll (fds, n_fds, timeout);
  g_atomic_int_set (&self->busy_since, get_seconds ());
  return n_ready;
}

static gpointer
run (gpointer user_data)
{
  g_autoptr (ScepTransportThread) self = user_data;

  g_private_set (&own, self);
  g_main_context_push_thread_default (self->context);
  g_main_loop_run (self->loop);
  g_mutex_lock (&self->lock);
  self->closed = TRUE;
  g_mutex_unlock (&self->lock);
  /* Connections are closed here, where they were used. */
  for (guint i = 0; i < LAST_TURNS && g_main_context_iteration (self->context, FALSE); i++)
    ;
  g_main_context_pop_thread_default (self->context);
  g_mutex_lock (&self->lock);
  self->ended = TRUE;
  g_cond_signal (&self->condition);
  g_mutex_unlock (&self->lock);
  return NULL;
}

static ScepTransportThread *
thread_new (void)
{
  ScepTransportThread *self = g_new0 (ScepTransportThread, 1);

  g_atomic_ref_count_init (&self->references);
  self->context = g_main_context_new ();
  self->loop = g_main_loop_new (self->context, FALSE);
  g_mutex_init (&self->lock);
  g_cond_init (&self->condition);
  g_main_context_set_poll_func (self->context, poll_as_usual);
  /* Nobody joins it: it may never end. */
  g_thread_unref (g_thread_new ("scep-transport", run, scep_transport_thread_ref (self)));
  return self;
}

ScepTransportThread *
scep_transport_thread_ref (ScepTransportThread *self)
{
  g_atomic_ref_count_inc (&self->references);
  return self;
}

void
scep_transport_thread_unref (ScepTransportThread *self)
{
  if (!g_atomic_ref_count_dec (&self->references))
    return;
  g_main_loop_unref (self->loop);
  g_main_context_unref (self->context);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->condition);
  g_free (self);
}

/* In the context of a thread that has ended, a source and what it holds would keep each other. */
static void
attach (ScepTransportThread *self, GSource *source)
{
  g_mutex_lock (&self->lock);
  if (!self->closed || g_private_get (&own) == self)
    g_source_attach (source, self->context);
  g_mutex_unlock (&self->lock);
}

static gboolean
is_stuck (ScepTransportThread *self)
{
  gint busy_since = g_atomic_int_get (&self->busy_since);

  return busy_since != 0 && get_seconds () - busy_since >= (gint) patience;
}

static gboolean
on_quit (gpointer user_data)
{
  ScepTransportThread *self = user_data;

  g_main_loop_quit (self->loop);
  return G_SOURCE_REMOVE;
}

static void
tell_to_end (ScepTransportThread *self)
{
  scep_transport_thread_run (self, on_quit, scep_transport_thread_ref (self),
                             (GDestroyNotify) scep_transport_thread_unref);
}

/**
 * scep_transport_thread_get:
 *
 * There is one, from the first call on. One that has not come back to its loop
 * for 90 s is left to itself, and ends when it does come back; another one takes
 * its place, which has as long: so that happens less than once a minute.
 *
 * Returns: (transfer full): the thread that requests are sent from now
 */
ScepTransportThread *
scep_transport_thread_get (void)
{
  if (current != NULL && is_stuck (current)) {
    g_warning (g_dngettext (GETTEXT_PACKAGE,
                            "The thread that talks to servers has not answered for %u second; "
                            "another one takes its place.",
                            "The thread that talks to servers has not answered for %u seconds; "
                            "another one takes its place.",
                            patience),
               patience);
    tell_to_end (current);
    g_clear_pointer (&current, scep_transport_thread_unref);
  }
  if (current == NULL)
    current = thread_new ();
  return scep_transport_thread_ref (current);
}

/**
 * scep_transport_thread_run:
 * @func: called once in the thread, never in this one
 * @notify: called in the thread, too
 *
 * What is given to one thread is done in the order in which it was given. One that
 * has ended does nothing more: only @notify is called, before this returns.
 */
void
scep_transport_thread_run (ScepTransportThread *self, GSourceFunc func, gpointer user_data,
                           GDestroyNotify notify)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, func, user_data, notify);
  attach (self, source);
}

/**
 * scep_transport_thread_finish:
 *
 * Ends the thread: for the end of the process, whose libraries must not be in
 * use any more. One that does not answer is waited for only a moment.
 */
void
scep_transport_thread_finish (void)
{
  gint64 end = g_get_monotonic_time () + FAREWELL * G_TIME_SPAN_SECOND;
  gboolean waits = TRUE;

  if (current == NULL)
    return;
  tell_to_end (current);
  g_mutex_lock (&current->lock);
  while (!current->ended && waits)
    waits = g_cond_wait_until (&current->condition, &current->lock, end);
  g_mutex_unlock (&current->lock);
  g_clear_pointer (&current, scep_transport_thread_unref);
}

/* Returns: whether it does something, or is about to */
gboolean
scep_transport_thread_is_busy (ScepTransportThread *self)
{
  return g_atomic_int_get (&self->busy_since) != 0;
}

/* Seconds; 0 gives up every thread that is not asleep. */
void
scep_transport_thread_set_patience (guint seconds)
{
  patience = seconds;
}
