/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "raw-server.h"
#include "transport-fixture.h"
#include "transport/scep-soup-client.h"
#include "transport/scep-soup-exchange.h"
#include "transport/scep-transport-soup.h"
#include "transport/scep-transport-thread.h"
#include "warning-count.h"

#include <string.h>

/* Something that does not return late it is let go. */
typedef struct {
  GMutex lock;
  GCond condition;
  gboolean reached;
  gboolean released;
  gboolean freed;
  GThread *thread;
  ScepSoupClient *client; /* (nullable): to have a session */
} Obstacle;

static gboolean
on_run (gpointer user_data)
{
  Obstacle *obstacle = user_data;

  g_mutex_lock (&obstacle->lock);
  obstacle->thread = g_thread_self ();
  if (obstacle->client != NULL)
    scep_soup_client_give_session (obstacle->client,
                                   scep_soup_client_take_session (obstacle->client));
  obstacle->reached = TRUE;
  g_cond_broadcast (&obstacle->condition);
  while (!obstacle->released)
    g_cond_wait (&obstacle->condition, &obstacle->lock);
  g_mutex_unlock (&obstacle->lock);
  return G_SOURCE_REMOVE;
}

static void
on_freed (gpointer user_data)
{
  Obstacle *obstacle = user_data;

  g_mutex_lock (&obstacle->lock);
  obstacle->freed = TRUE;
  g_cond_broadcast (&obstacle->condition);
  g_mutex_unlock (&obstacle->lock);
}

static void
wait_for (Obstacle *obstacle, const gboolean *flag)
{
  g_mutex_lock (&obstacle->lock);
  while (!*flag)
    g_cond_wait (&obstacle->condition, &obstacle->lock);
  g_mutex_unlock (&obstacle->lock);
}

static void
put_up (Obstacle *obstacle, ScepTransportThread *thread)
{
  g_mutex_init (&obstacle->lock);
  g_cond_init (&obstacle->condition);
  scep_transport_thread_run (thread, on_run, obstacle, on_freed);
  wait_for (obstacle, &obstacle->reached);
}

static void
release (Obstacle *obstacle)
{
  g_mutex_lock (&obstacle->lock);
  obstacle->released = TRUE;
  g_cond_broadcast (&obstacle->condition);
  g_mutex_unlock (&obstacle->lock);
}

static gboolean
is_gone (GWeakRef *weak)
{
  g_autoptr (GObject) object = g_weak_ref_get (weak);

  return object == NULL;
}

static void
test_elsewhere (void)
{
  g_autoptr (ScepTransportThread) thread = scep_transport_thread_get ();
  g_autoptr (ScepTransportThread) again = scep_transport_thread_get ();
  Obstacle obstacle = { .released = TRUE };

  g_assert_true (thread == again);
  put_up (&obstacle, thread);
  wait_for (&obstacle, &obstacle.freed);
  g_assert_true (obstacle.thread != g_thread_self ());
  scep_transport_thread_finish ();
}

/* Busy is not stuck. */
static void
test_patience (void)
{
  g_autoptr (ScepTransportThread) thread = scep_transport_thread_get ();
  g_autoptr (ScepTransportThread) again = NULL;
  Obstacle obstacle = { 0 };

  put_up (&obstacle, thread);
  again = scep_transport_thread_get ();
  g_assert_true (thread == again);
  release (&obstacle);
  wait_for (&obstacle, &obstacle.freed);
  scep_transport_thread_finish ();
}

/* What was given to a thread that was given up is done when it comes back, and then it ends. */
static void
test_replaced (void)
{
  g_autoptr (ScepTransportThread) thread = scep_transport_thread_get ();
  g_autoptr (ScepTransportThread) other = NULL;
  Obstacle obstacle = { 0 };
  Obstacle too_late = { .released = TRUE };
  Obstacle after = { .released = TRUE };

  put_up (&obstacle, thread);
  scep_transport_thread_set_patience (0);
  other = scep_transport_thread_get ();
  g_assert_cmpuint (test_warnings_take (), ==, 1);
  scep_transport_thread_set_patience (90);
  g_assert_true (thread != other);
  put_up (&after, other);
  wait_for (&after, &after.freed);
  release (&obstacle);
  wait_for (&obstacle, &obstacle.freed);
  /* It may be too late to be called, never too late to be freed. */
  g_mutex_init (&too_late.lock);
  g_cond_init (&too_late.condition);
  scep_transport_thread_run (thread, on_run, &too_late, on_freed);
  g_clear_pointer (&thread, scep_transport_thread_unref);
  wait_for (&too_late, &too_late.freed);
  scep_transport_thread_finish ();
}

/* Sleeping is not stuck, however long. */
static void
test_asleep (void)
{
  g_autoptr (ScepTransportThread) thread = scep_transport_thread_get ();
  g_autoptr (ScepTransportThread) again = NULL;
  Obstacle obstacle = { .released = TRUE };

  put_up (&obstacle, thread);
  wait_for (&obstacle, &obstacle.freed);
  while (scep_transport_thread_is_busy (thread))
    g_usleep (1000);
  scep_transport_thread_set_patience (0);
  again = scep_transport_thread_get ();
  g_assert_cmpuint (test_warnings_take (), ==, 0);
  scep_transport_thread_set_patience (90);
  g_assert_true (thread == again);
  scep_transport_thread_finish ();
}

/* The process ends even if the thread does not. */
static void
test_farewell (void)
{
  g_autoptr (ScepTransportThread) thread = scep_transport_thread_get ();
  Obstacle obstacle = { 0 };
  gint64 start = g_get_monotonic_time ();

  put_up (&obstacle, thread);
  scep_transport_thread_finish ();
  g_assert_cmpint (g_get_monotonic_time () - start, <, 20 * G_TIME_SPAN_SECOND);
  release (&obstacle);
  wait_for (&obstacle, &obstacle.freed);
}

/* A request that the thread does not get to has its deadline all the same, and the next thread
 * serves the next one. */
static void
test_requests (void)
{
  g_autoptr (RawServer) server = raw_server_new (TRANSPORT_OK "Content-Length: 1\r\n\r\nx");
  g_autoptr (ScepTransport) transport = scep_transport_soup_new (NULL, NULL);
  g_autoptr (ScepTransportThread) thread = scep_transport_thread_get ();
  g_autoptr (ScepHttpReply) late = NULL;
  g_autoptr (ScepHttpReply) reply = NULL;
  g_autoptr (GError) error = NULL;
  Obstacle obstacle = { 0 };

  put_up (&obstacle, thread);
  late = transport_get (transport, server->url, 1, &error);
  g_assert_null (late);
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_TIMEOUT);
  g_assert_nonnull (strstr (error->message, "another server"));
  g_assert_false (transport_was_sent);
  g_clear_error (&error);

  scep_transport_thread_set_patience (0);
  reply = transport_get (transport, server->url, 20, &error);
  g_assert_cmpuint (test_warnings_take (), ==, 1);
  scep_transport_thread_set_patience (90);
  g_assert_no_error (error);
  g_assert_nonnull (reply);
  release (&obstacle);
  wait_for (&obstacle, &obstacle.freed);
  g_assert_cmpint (g_atomic_int_get (&server->n_requests), ==, 1);
  g_clear_object (&transport);
  scep_transport_thread_finish ();
}

/* A connection that was kept for the next request goes with the last who could use it, though the
 * thread that was to close it has ended. */
static void
test_ended (void)
{
  g_autoptr (GProxyResolver) proxies = g_simple_proxy_resolver_new (NULL, NULL);
  g_autoptr (ScepTransportThread) thread = scep_transport_thread_get ();
  ScepSoupClient *client = scep_soup_client_new (thread, NULL, proxies, 30, 60);
  Obstacle obstacle = { .client = client, .released = TRUE };
  GWeakRef weak;

  g_weak_ref_init (&weak, proxies);
  g_clear_object (&proxies);
  put_up (&obstacle, thread);
  scep_transport_thread_finish ();
  g_clear_pointer (&thread, scep_transport_thread_unref);
  scep_soup_client_close (client);
  scep_soup_client_unref (client);
  for (guint i = 0; i < 20000 && !is_gone (&weak); i++)
    g_usleep (1000);
  g_assert_true (is_gone (&weak));
  g_weak_ref_clear (&weak);
}

/* What is given to a thread that has ended comes back as one that nobody began. */
static void
test_never_begun (void)
{
  g_autoptr (GProxyResolver) proxies = g_simple_proxy_resolver_new (NULL, NULL);
  g_autoptr (ScepTransportThread) thread = scep_transport_thread_get ();
  g_autoptr (ScepSoupClient) client = scep_soup_client_new (thread, NULL, proxies, 30, 60);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GTask) task = g_task_new (NULL, NULL, transport_keep_result, &result);
  g_autoptr (GError) error = NULL;
  ScepHttpRequest request = { .url = "http://127.0.0.1:1/", .max_reply = 1, .total_timeout = 1 };
  ScepSoupExchange *exchange;

  scep_transport_thread_finish ();
  exchange = scep_soup_exchange_start (client, &request, NULL, task);
  g_assert_cmpint (scep_soup_exchange_get_phase (exchange), ==, SCEP_TRANSPORT_PHASE_QUEUED);
  scep_soup_exchange_abort (exchange);
  scep_soup_exchange_unref (exchange);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_null (g_task_propagate_pointer (G_TASK (result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  test_warnings_count ();
  g_test_add_func ("/transport-thread/elsewhere", test_elsewhere);
  g_test_add_func ("/transport-thread/patience", test_patience);
  g_test_add_func ("/transport-thread/replaced", test_replaced);
  g_test_add_func ("/transport-thread/asleep", test_asleep);
  g_test_add_func ("/transport-thread/farewell", test_farewell);
  g_test_add_func ("/transport-thread/requests", test_requests);
  g_test_add_func ("/transport-thread/ended", test_ended);
  g_test_add_func ("/transport-thread/never-begun", test_never_begun);
  return g_test_run ();
}
