/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-bus-bridge.h"

#include "service/scep-bus-relay.h"

#include <errno.h>
#include <glib-unix.h>
#include <glib/gi18n-lib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define VARIABLE "DBUS_SYSTEM_BUS_ADDRESS"
/* Seconds until a thread that cannot send looks whether it is to end. */
#define SEND_TIMEOUT 2
/* Bytes that may wait for GDBus. Less, and a burst of messages with descriptors would wait in
 * the bus, which then refuses everybody's calls. Each message there may hold one, of which the
 * kernel allows a process no more on their way than it may have open. */
#define SEND_BUFFER (128 * 1024)

struct _ScepBusBridge {
  GIOStream *bus; /* (owned) (nullable): until it is connected */
  int listener;   /* where this process connects, or -1 */
  gint inner;     /* the connection of this process, or -1: atomic */
  int outer;      /* of @bus */
  gint open;      /* messages pass: atomic */
  gint stopping;  /* atomic */
  ScepBusRelay up;
  ScepBusRelay down;
  GThread *up_thread;   /* (owned) (nullable) */
  GThread *down_thread; /* (owned) (nullable): of @up_thread, until that ends */
};

static gboolean
fail (GError **error)
{
  g_set_error (error, G_IO_ERROR, (gint) g_io_error_from_errno (errno),
               _ ("The service cannot make sockets for its connection to the bus: %s"),
               g_strerror (errno));
  return FALSE;
}

/*
 * Everything in this process that speaks to the system bus looks for it in the environment, GLib's
 * network monitor and polkit's library too. The kernel chooses a name that is in no file system,
 * which may be read-only. Strangers who find it wait in the queue with the own connection: it is
 * refused where that is full.
 */
static gboolean
begin_listening (ScepBusBridge *self, GError **error)
{
  struct sockaddr_un name = { .sun_family = AF_UNIX };
  socklen_t size = sizeof name;
  g_autofree char *address = NULL;

  self->listener = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (self->listener < 0 ||
      bind (self->listener, (struct sockaddr *) &name, sizeof name.sun_family) < 0 ||
      listen (self->listener, SOMAXCONN) < 0 ||
      getsockname (self->listener, (struct sockaddr *) &name, &size) < 0)
    return fail (error);
  address = g_strdup_printf ("unix:abstract=%.*s",
                             (int) (size - G_STRUCT_OFFSET (struct sockaddr_un, sun_path) - 1),
                             name.sun_path + 1);
  g_setenv (VARIABLE, address, TRUE);
  return TRUE;
}

static gboolean
connect_bus (ScepBusBridge *self, const char *address, GError **error)
{
  const struct timeval timeout = { .tv_sec = SEND_TIMEOUT };

  self->bus = g_dbus_address_get_stream_sync (address, NULL, NULL, error);
  if (self->bus == NULL)
    return FALSE;
  self->outer = g_socket_get_fd (g_socket_connection_get_socket (G_SOCKET_CONNECTION (self->bus)));
  if (!g_unix_set_fd_nonblocking (self->outer, FALSE, error))
    return FALSE;
  if (setsockopt (self->outer, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout) < 0)
    return fail (error);
  return TRUE;
}

/* Anybody on this machine can connect. */
static gboolean
is_own (int fd)
{
  struct ucred peer;
  socklen_t size = sizeof peer;

  return getsockopt (fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.pid == getpid ();
}

/*
 * The one connection of this process. Its name stays taken, by a socket where nobody can
 * connect any more: nobody else gets to be the bus for this process.
 */
static int
accept_own (ScepBusBridge *self)
{
  const struct timeval timeout = { .tv_sec = SEND_TIMEOUT };
  const int buffer = SEND_BUFFER;
  int fd;

  do {
    fd = accept4 (self->listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0 && is_own (fd))
      break;
    if (fd >= 0)
      close (fd);
  } while (fd >= 0 || errno == EINTR || errno == ECONNABORTED);
  shutdown (self->listener, SHUT_RDWR);
  if (fd >= 0) {
    setsockopt (fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    setsockopt (fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
  }
  return fd;
}

/* Whoever connects says one line, and the bus answers it by one, until messages begin. */
static gboolean
shake_hands (ScepBusBridge *self)
{
  gboolean begun = FALSE;
  gboolean ignored;

  while (scep_bus_relay_pass_line (&self->up, &begun) && !begun)
    if (!scep_bus_relay_pass_line (&self->down, &ignored))
      return FALSE;
  return begun;
}

/* When one direction has ended, so does the other. */
static void
run (ScepBusBridge *self, ScepBusRelay *relay)
{
  scep_bus_relay_run (relay);
  shutdown (self->outer, SHUT_RDWR);
  shutdown (self->inner, SHUT_RDWR);
}

static gpointer
run_down (gpointer data)
{
  ScepBusBridge *self = data;

  run (self, &self->down);
  return NULL;
}

static gpointer
run_up (gpointer data)
{
  ScepBusBridge *self = data;
  int inner = accept_own (self);

  if (inner < 0)
    return NULL;
  g_atomic_int_set (&self->inner, inner);
  self->up.from = self->down.to = inner;
  if (!g_atomic_int_get (&self->stopping) && shake_hands (self)) {
    self->down_thread = g_thread_new ("bus-down", run_down, self);
    g_atomic_int_set (&self->open, TRUE);
    run (self, &self->up);
  }
  shutdown (inner, SHUT_RDWR);
  return NULL;
}

/**
 * scep_bus_bridge_new:
 *
 * Connects to the system bus and lets every later g_bus_get() of this process reach
 * it through the bridge, by setting DBUS_SYSTEM_BUS_ADDRESS: to be called before there
 * is a thread that reads the environment. There can be one such connection.
 *
 * Returns: (transfer full) (nullable): the bridge, or %NULL with a GIO error
 */
ScepBusBridge *
scep_bus_bridge_new (GError **error)
{
  g_autoptr (ScepBusBridge) self = g_new0 (ScepBusBridge, 1);
  g_autofree char *address = NULL;

  self->listener = self->inner = self->outer = -1;
  address = g_dbus_address_get_for_bus_sync (G_BUS_TYPE_SYSTEM, NULL, error);
  if (address == NULL || !begin_listening (self, error) || !connect_bus (self, address, error))
    return NULL;
  self->up.to = self->down.from = self->outer;
  self->up.max_body = G_MAXSIZE;
  self->down.max_body = SCEP_BUS_FRAME_MAX_BODY;
  self->up.stopping = self->down.stopping = &self->stopping;
  self->up_thread = g_thread_new ("bus-up", run_up, self);
  return g_steal_pointer (&self);
}

/* What this process has written still gets to the bus. */
static void
stop (ScepBusBridge *self)
{
  int inner;

  g_atomic_int_set (&self->stopping, TRUE);
  shutdown (self->listener, SHUT_RDWR);
  inner = g_atomic_int_get (&self->inner);
  if (inner >= 0)
    shutdown (inner, SHUT_RD);
  if (!g_atomic_int_get (&self->open))
    shutdown (self->outer, SHUT_RDWR);
  g_thread_join (self->up_thread);
  if (self->down_thread != NULL)
    g_thread_join (self->down_thread);
}

/**
 * scep_bus_bridge_free:
 *
 * Closes the connection to the bus and waits for the bridge's threads, at most some
 * seconds where the bus does not read.
 */
void
scep_bus_bridge_free (ScepBusBridge *self)
{
  if (self->up_thread != NULL)
    stop (self);
  if (self->inner >= 0)
    close (self->inner);
  if (self->listener >= 0)
    close (self->listener);
  g_clear_object (&self->bus);
  g_free (self);
}
