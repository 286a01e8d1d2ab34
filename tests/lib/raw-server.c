/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "raw-server.h"

#include <string.h>

static void
keep (RawServer *server, char **where, const char *head)
{
  g_mutex_lock (&server->lock);
  g_free (*where);
  *where = g_strdup (head);
  g_mutex_unlock (&server->lock);
}

/* (transfer full) (nullable): the head of the next request, whose body was skipped */
static char *
read_request (GDataInputStream *input)
{
  g_autoptr (GString) head = g_string_new (NULL);
  gsize to_skip = 0;

  for (;;) {
    g_autofree char *line = g_data_input_stream_read_line (input, NULL, NULL, NULL);

    if (line == NULL)
      return NULL;
    if (g_ascii_strncasecmp (line, "content-length:", 15) == 0)
      to_skip = (gsize) g_ascii_strtoull (line + 15, NULL, 10);
    if (*line == '\0' || *line == '\r')
      break;
    g_string_append_printf (head, "%s\n", line);
  }
  while (to_skip > 0) {
    gssize n = g_input_stream_skip (G_INPUT_STREAM (input), to_skip, NULL, NULL);

    if (n <= 0)
      return NULL;
    to_skip -= (gsize) n;
  }
  return g_string_free (g_steal_pointer (&head), FALSE);
}

/* As fast as a network card: what is read of it is the client's own choice. */
static void
repeat (GOutputStream *output, const char *bytes, gsize length)
{
  g_autoptr (GByteArray) many = g_byte_array_new ();

  while (many->len < 65536)
    g_byte_array_append (many, (const guint8 *) bytes, (guint) length);
  while (g_output_stream_write_all (output, many->data, many->len, NULL, NULL, NULL))
    ;
}

static void
trickle (GOutputStream *output)
{
  while (g_output_stream_write_all (output, "x", 1, NULL, NULL, NULL))
    g_usleep (20000);
}

/* Returns: whether another request may follow */
static gboolean
answer (RawServer *server, GOutputStream *output, const char *bytes)
{
  if (!g_output_stream_write_all (output, bytes, strlen (bytes), NULL, NULL, NULL))
    return FALSE;
  if (server->endless != NULL)
    repeat (output, server->endless, strlen (server->endless));
  if (server->flood)
    repeat (output, "", 1);
  if (server->trickle)
    trickle (output);
  return !server->flood && !server->trickle && !server->close_after && server->endless == NULL;
}

static GIOStream *
secure (RawServer *server, GIOStream *stream)
{
  GIOStream *secured = g_tls_server_connection_new (stream, server->certificate, NULL);

  g_object_unref (stream);
  return secured;
}

static GDataInputStream *
open_input (GIOStream *stream)
{
  GDataInputStream *input = g_data_input_stream_new (g_io_stream_get_input_stream (stream));

  g_filter_input_stream_set_close_base_stream (G_FILTER_INPUT_STREAM (input), FALSE);
  g_data_input_stream_set_newline_type (input, G_DATA_STREAM_NEWLINE_TYPE_CR_LF);
  return input;
}

/* A proxy that is its own server, as far as a client can see. */
static gboolean
make_tunnel (RawServer *server, GIOStream *stream)
{
  g_autoptr (GDataInputStream) input = open_input (stream);
  g_autofree char *head = read_request (input);

  if (head == NULL)
    return FALSE;
  keep (server, &server->last_tunnel, head);
  g_atomic_int_inc (&server->n_requests);
  return answer (server, g_io_stream_get_output_stream (stream), server->tunnel);
}

static void
serve (RawServer *server, GIOStream *stream)
{
  g_autoptr (GDataInputStream) input = open_input (stream);

  for (;;) {
    g_autofree char *head = read_request (input);

    if (head == NULL)
      return;
    keep (server, &server->last, head);
    g_atomic_int_inc (&server->n_requests);
    if (!answer (server, g_io_stream_get_output_stream (stream), server->answer))
      return;
  }
}

static void
take_hello (RawServer *server, GIOStream *stream)
{
  GBytes *hello =
      g_input_stream_read_bytes (g_io_stream_get_input_stream (stream), 16384, NULL, NULL);

  g_mutex_lock (&server->lock);
  g_clear_pointer (&server->hello, g_bytes_unref);
  server->hello = hello;
  g_mutex_unlock (&server->lock);
}

static gboolean
on_run (GThreadedSocketService *service, GSocketConnection *connection, GObject *source,
        gpointer user_data)
{
  RawServer *server = user_data;
  g_autoptr (GIOStream) stream = g_object_ref (G_IO_STREAM (connection));

  g_atomic_int_inc (&server->n_connections);
  if (server->tunnel == NULL || make_tunnel (server, stream)) {
    if (server->takes_hello) {
      take_hello (server, stream);
      return TRUE;
    }
    if (server->certificate != NULL)
      stream = secure (server, g_steal_pointer (&stream));
    serve (server, stream);
  }
  g_io_stream_close (stream, NULL, NULL);
  return TRUE;
}

/* (transfer full): a server on a port of 127.0.0.1 that the kernel chose, already there */
RawServer *
raw_server_new (const char *answer)
{
  RawServer *server = g_new0 (RawServer, 1);

  server->service = g_threaded_socket_service_new (10);
  server->answer = g_strdup (answer);
  g_mutex_init (&server->lock);
  g_signal_connect (server->service, "run", G_CALLBACK (on_run), server);
  server->port =
      g_socket_listener_add_any_inet_port (G_SOCKET_LISTENER (server->service), NULL, NULL);
  server->url = raw_server_make_url (server, "http");
  return server;
}

/* (transfer full): a SCEP request to it */
char *
raw_server_make_url (RawServer *server, const char *scheme)
{
  return g_strdup_printf ("%s://127.0.0.1:%u/scep?operation=X&message=a%%2Bb%%3D", scheme,
                          server->port);
}

/* The threads of its connections may outlive a test: they end with the program. */
void
raw_server_free (RawServer *server)
{
  g_socket_service_stop (server->service);
  g_socket_listener_close (G_SOCKET_LISTENER (server->service));
}
