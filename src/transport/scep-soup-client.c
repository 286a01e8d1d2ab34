/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transport/scep-soup-client.h"

/*
 * A session serves one request at a time, so that what it does beside the request, as asking a
 * proxy for a tunnel, is known to belong to it, and so that it can go with a request that failed.
 * The last one that did not fail is kept for a while, with its connection.
 */
struct _ScepSoupClient {
  gatomicrefcount references;
  ScepTransportThread *thread; /* (owned) */
  GTlsDatabase *tls_database;  /* (owned) (nullable): instead of the system's */
  GProxyResolver *proxies;     /* (owned) */
  guint io_timeout;
  guint keep_alive;
  gint n_sessions; /* atomic */

  /* Of the thread only. */
  SoupSession *session; /* (owned) (nullable): nobody uses it */
  GSource *expiry;      /* (owned) (nullable): drops it */
  gboolean closed;
};

/**
 * scep_soup_client_new:
 * @thread: where its sessions are
 * @tls_database: (nullable): whom to trust instead of the system's authorities
 * @proxies: by which way servers are reached
 * @io_timeout: seconds without a byte in either direction
 * @keep_alive: seconds that an unused session is kept for
 *
 * Returns: (transfer full): a client without connections
 */
ScepSoupClient *
scep_soup_client_new (ScepTransportThread *thread, GTlsDatabase *tls_database,
                      GProxyResolver *proxies, guint io_timeout, guint keep_alive)
{
  ScepSoupClient *self = g_new0 (ScepSoupClient, 1);

  g_atomic_ref_count_init (&self->references);
  self->thread = scep_transport_thread_ref (thread);
  self->tls_database = tls_database != NULL ? g_object_ref (tls_database) : NULL;
  self->proxies = g_object_ref (proxies);
  self->io_timeout = io_timeout;
  self->keep_alive = keep_alive;
  return self;
}

ScepSoupClient *
scep_soup_client_ref (ScepSoupClient *self)
{
  g_atomic_ref_count_inc (&self->references);
  return self;
}

static void
stop_expiry (ScepSoupClient *self)
{
  if (self->expiry != NULL)
    g_source_destroy (self->expiry);
  g_clear_pointer (&self->expiry, g_source_unref);
}

static void
close_session (SoupSession *session)
{
  soup_session_abort (session);
  g_object_unref (session);
}

void
scep_soup_client_unref (ScepSoupClient *self)
{
  if (!g_atomic_ref_count_dec (&self->references))
    return;
  stop_expiry (self);
  /* The thread has ended before it could. */
  g_clear_pointer (&self->session, close_session);
  g_clear_object (&self->tls_database);
  g_object_unref (self->proxies);
  scep_transport_thread_unref (self->thread);
  g_free (self);
}

ScepTransportThread *
scep_soup_client_get_thread (ScepSoupClient *self)
{
  return self->thread;
}

static void
forget_session (ScepSoupClient *self)
{
  stop_expiry (self);
  if (self->session != NULL)
    scep_soup_client_drop_session (self, g_steal_pointer (&self->session));
}

static gboolean
on_expiry (gpointer user_data)
{
  forget_session (user_data);
  return G_SOURCE_REMOVE;
}

static gboolean
on_close (gpointer user_data)
{
  ScepSoupClient *self = user_data;

  self->closed = TRUE;
  forget_session (self);
  return G_SOURCE_REMOVE;
}

/**
 * scep_soup_client_close:
 *
 * Nobody is going to send anything with it. To be called from outside the thread.
 */
void
scep_soup_client_close (ScepSoupClient *self)
{
  scep_transport_thread_run (self->thread, on_close, scep_soup_client_ref (self),
                             (GDestroyNotify) scep_soup_client_unref);
}

/**
 * scep_soup_client_is_idle:
 *
 * Returns: whether there is neither a connection nor a timer
 */
gboolean
scep_soup_client_is_idle (ScepSoupClient *self)
{
  return g_atomic_int_get (&self->n_sessions) == 0;
}

/**
 * scep_soup_client_take_session:
 *
 * In the thread.
 *
 * Returns: (transfer full): a session that nobody else uses
 */
SoupSession *
scep_soup_client_take_session (ScepSoupClient *self)
{
  SoupSession *session;

  stop_expiry (self);
  if (self->session != NULL)
    return g_steal_pointer (&self->session);
  g_atomic_int_inc (&self->n_sessions);
  /* No idle timeout of libsoup's: dropping the session does that. */
  session =
      soup_session_new_with_options ("timeout", self->io_timeout, "idle-timeout", 0, "user-agent",
                                     "scep-enrollment", "proxy-resolver", self->proxies, NULL);
  soup_session_remove_feature_by_type (session, SOUP_TYPE_CONTENT_DECODER);
  /* It answers a 407 with the same password again, and again. */
  soup_session_remove_feature_by_type (session, SOUP_TYPE_AUTH_MANAGER);
  if (self->tls_database != NULL)
    soup_session_set_tls_database (session, self->tls_database);
  return session;
}

/**
 * scep_soup_client_give_session:
 * @session: (transfer full): taken before, with a request that ended well
 *
 * In the thread.
 */
void
scep_soup_client_give_session (ScepSoupClient *self, SoupSession *session)
{
  forget_session (self);
  if (self->closed) {
    scep_soup_client_drop_session (self, session);
    return;
  }
  self->session = session;
  self->expiry = g_timeout_source_new_seconds (self->keep_alive);
  g_source_set_callback (self->expiry, on_expiry, self, NULL);
  g_source_attach (self->expiry, g_main_context_get_thread_default ());
}

/* A session and whose it was. */
typedef struct {
  ScepSoupClient *client; /* (owned) */
  SoupSession *session;   /* (owned) */
} Dropped;

static void
dropped_free (gpointer data)
{
  Dropped *dropped = data;

  close_session (dropped->session);
  g_atomic_int_add (&dropped->client->n_sessions, -1);
  scep_soup_client_unref (dropped->client);
  g_free (dropped);
}

static gboolean
on_drop (gpointer user_data)
{
  return G_SOURCE_REMOVE;
}

/**
 * scep_soup_client_drop_session:
 * @session: (transfer full): taken before
 *
 * In the thread. Whatever it still does comes to nothing, and not before the
 * library, which perhaps calls this, has returned.
 */
void
scep_soup_client_drop_session (ScepSoupClient *self, SoupSession *session)
{
  Dropped *dropped = g_new (Dropped, 1);

  dropped->client = scep_soup_client_ref (self);
  dropped->session = session;
  scep_transport_thread_run (self->thread, on_drop, dropped, dropped_free);
}
