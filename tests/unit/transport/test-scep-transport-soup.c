/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-error.h"
#include "transport/scep-http-reply-private.h"
#include "transport/scep-transport-soup-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define OK "HTTP/1.1 200 OK\r\n"
#define CAP 4096

/* A raw server: reads one request after the other, answers with the same bytes. */
typedef struct {
  GSocketService *service;      /* (owned) */
  GTlsCertificate *certificate; /* (owned) (nullable) */
  char *answer;                 /* (owned) */
  gboolean flood;
  gboolean trickle;
  gboolean close_after;
  gint n_connections;
  gint n_requests;
  char *last; /* (owned): the request's head */
  GMutex lock;
  char *url; /* (owned) */
} Server;

static gboolean
read_request (Server *server, GDataInputStream *input)
{
  g_autoptr (GString) head = g_string_new (NULL);
  gsize to_skip = 0;

  for (;;) {
    g_autofree char *line = g_data_input_stream_read_line (input, NULL, NULL, NULL);

    if (line == NULL)
      return FALSE;
    if (g_ascii_strncasecmp (line, "content-length:", 15) == 0)
      to_skip = (gsize) g_ascii_strtoull (line + 15, NULL, 10);
    if (*line == '\0' || *line == '\r')
      break;
    g_string_append_printf (head, "%s\n", line);
  }
  while (to_skip > 0) {
    gssize n = g_input_stream_skip (G_INPUT_STREAM (input), to_skip, NULL, NULL);

    if (n <= 0)
      return FALSE;
    to_skip -= (gsize) n;
  }
  g_mutex_lock (&server->lock);
  g_free (server->last);
  server->last = g_strdup (head->str);
  g_mutex_unlock (&server->lock);
  g_atomic_int_inc (&server->n_requests);
  return TRUE;
}

static void
flood (GOutputStream *output)
{
  static const char zeros[65536];

  while (g_output_stream_write_all (output, zeros, sizeof zeros, NULL, NULL, NULL))
    ;
}

static void
trickle (GOutputStream *output)
{
  while (g_output_stream_write_all (output, "x", 1, NULL, NULL, NULL))
    g_usleep (20000);
}

static gboolean
on_run (GThreadedSocketService *service, GSocketConnection *connection, GObject *source,
        gpointer user_data)
{
  Server *server = user_data;
  g_autoptr (GIOStream) stream = g_object_ref (G_IO_STREAM (connection));
  g_autoptr (GDataInputStream) input = NULL;
  GOutputStream *output;

  g_atomic_int_inc (&server->n_connections);
  if (server->certificate != NULL) {
    g_object_unref (stream);
    stream = g_tls_server_connection_new (G_IO_STREAM (connection), server->certificate, NULL);
  }
  input = g_data_input_stream_new (g_io_stream_get_input_stream (stream));
  g_data_input_stream_set_newline_type (input, G_DATA_STREAM_NEWLINE_TYPE_CR_LF);
  output = g_io_stream_get_output_stream (stream);
  while (read_request (server, input)) {
    if (!g_output_stream_write_all (output, server->answer, strlen (server->answer), NULL, NULL,
                                    NULL))
      break;
    if (server->flood)
      flood (output);
    if (server->trickle)
      trickle (output);
    if (server->flood || server->trickle || server->close_after)
      break;
  }
  g_io_stream_close (stream, NULL, NULL);
  return TRUE;
}

static Server *
server_new (const char *answer)
{
  Server *server = g_new0 (Server, 1);
  guint16 port;

  server->service = g_threaded_socket_service_new (10);
  server->answer = g_strdup (answer);
  g_mutex_init (&server->lock);
  g_signal_connect (server->service, "run", G_CALLBACK (on_run), server);
  port = g_socket_listener_add_any_inet_port (G_SOCKET_LISTENER (server->service), NULL, NULL);
  server->url = g_strdup_printf ("http://127.0.0.1:%u/scep?operation=X&message=a%%2Bb%%3D", port);
  return server;
}

/* The threads of its connections may outlive a test: they end with the program. */
static void
server_free (Server *server)
{
  g_socket_service_stop (server->service);
  g_socket_listener_close (G_SOCKET_LISTENER (server->service));
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Server, server_free)

static void
on_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

/* Whether the last request went out. */
static gboolean was_sent;

static ScepHttpReply *
send_request (ScepTransport *transport, const ScepHttpRequest *request, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  scep_transport_send_async (transport, request, NULL, on_done, &result);
  g_assert_null (result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  was_sent = scep_transport_was_sent (transport, result);
  return scep_transport_send_finish (transport, result, error);
}

static ScepHttpReply *
send_to (ScepTransport *transport, const char *url, GBytes *body, guint timeout, GError **error)
{
  ScepHttpRequest request = { .url = url,
                              .body = body,
                              .content_type = "application/x-pki-message",
                              .max_reply = CAP,
                              .total_timeout = timeout };

  return send_request (transport, &request, error);
}

static void
assert_fails (const char *url, guint timeout, ScepError code, const char *word)
{
  g_autoptr (ScepTransport) transport = scep_transport_soup_new (NULL, NULL);
  g_autoptr (ScepHttpReply) reply = NULL;
  g_autoptr (GError) error = NULL;

  reply = send_to (transport, url, NULL, timeout, &error);
  g_assert_null (reply);
  g_assert_error (error, SCEP_ERROR, (int) code);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, word));
  g_assert_null (strstr (error->message, "message="));
}

static void
test_no_url (void)
{
  assert_fails ("ftp://127.0.0.1/", 5, SCEP_ERROR_INVALID_SETTING, "ServerEndpoint");
  assert_fails ("nonsense", 5, SCEP_ERROR_INVALID_SETTING, "ServerEndpoint");
  g_assert_false (was_sent);
}

static void
test_no_name (void)
{
  assert_fails ("http://no-such-host.invalid/", 20, SCEP_ERROR_SERVER_UNREACHABLE, "looked up");
  g_assert_false (was_sent);
}

static void
test_refused (void)
{
  Server *server = server_new ("");

  server_free (server);
  assert_fails (server->url, 5, SCEP_ERROR_SERVER_UNREACHABLE, "refused");
  g_assert_false (was_sent);
}

static void
test_not_http (void)
{
  g_autoptr (Server) server = server_new ("SSH-2.0-OpenSSH\r\n\r\n");

  server->close_after = TRUE;
  assert_fails (server->url, 5, SCEP_ERROR_MALFORMED_REPLY, "HTTP");
}

static void
test_closed (void)
{
  g_autoptr (Server) server = server_new ("");
  g_autoptr (Server) halfway = server_new (OK "Content-Length: 10\r\n\r\nabc");

  server->close_after = halfway->close_after = TRUE;
  assert_fails (server->url, 5, SCEP_ERROR_SERVER_UNREACHABLE, "without an answer");
  g_assert_true (was_sent);
  assert_fails (halfway->url, 5, SCEP_ERROR_SERVER_UNREACHABLE, "middle");
  g_assert_true (was_sent);
}

static void
test_silent (void)
{
  g_autoptr (Server) server = server_new ("");
  g_autoptr (ScepTransport) transport = scep_transport_soup_new (NULL, NULL);
  g_autoptr (ScepHttpReply) reply = NULL;
  g_autoptr (GError) error = NULL;

  assert_fails (server->url, 1, SCEP_ERROR_TIMEOUT, "did not answer");
  g_assert_true (was_sent);
  scep_transport_soup_set_limits (SCEP_TRANSPORT_SOUP (transport), 1, 10);
  reply = send_to (transport, server->url, NULL, 60, &error);
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_TIMEOUT);
}

static void
test_trickle (void)
{
  g_autoptr (Server) server = server_new (OK "Content-Length: 4000\r\n\r\n");

  server->trickle = TRUE;
  assert_fails (server->url, 1, SCEP_ERROR_TIMEOUT, "did not finish");
}

static void
test_too_large (void)
{
  g_autoptr (Server) announced = server_new (OK "Content-Length: 10737418240\r\n\r\n");
  g_autoptr (Server) endless = server_new (OK "\r\n");
  g_autoptr (Server) headers = server_new (OK "X: ");

  g_autoptr (Server) silent = server_new (OK "Content-Length: 4097\r\n\r\n");

  announced->flood = endless->flood = headers->flood = TRUE;
  /* Nobody waits for what is not going to be taken. */
  assert_fails (silent->url, 5, SCEP_ERROR_TOO_LARGE, "4096");
  assert_fails (announced->url, 20, SCEP_ERROR_TOO_LARGE, "4096");
  assert_fails (endless->url, 20, SCEP_ERROR_TOO_LARGE, "4096");
  assert_fails (headers->url, 20, SCEP_ERROR_SERVER_UNREACHABLE, "Header too big");
}

/* Exactly as much as is taken, announced and not. */
static void
test_whole_limit (void)
{
  g_autofree char *body = g_strnfill (CAP, 'x');
  g_autofree char *announced = g_strconcat (OK "Content-Length: 4096\r\n\r\n", body, NULL);
  g_autofree char *unannounced = g_strconcat (OK "\r\n", body, NULL);
  const char *answers[] = { announced, unannounced };

  for (guint i = 0; i < G_N_ELEMENTS (answers); i++) {
    g_autoptr (Server) server = server_new (answers[i]);
    g_autoptr (ScepTransport) transport = scep_transport_soup_new (NULL, NULL);
    g_autoptr (ScepHttpReply) reply = NULL;
    g_autoptr (GError) error = NULL;

    server->close_after = TRUE;
    reply = send_to (transport, server->url, NULL, 20, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (g_bytes_get_size (scep_http_reply_get_body (reply)), ==, CAP);
  }
}

static void
test_refusal_is_cut (void)
{
  g_autoptr (Server) server =
      server_new ("HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 10737418240\r\n\r\n");
  g_autoptr (ScepTransport) transport = scep_transport_soup_new (NULL, NULL);
  g_autoptr (ScepHttpReply) reply = NULL;
  g_autoptr (GError) error = NULL;

  server->flood = TRUE;
  reply = send_to (transport, server->url, NULL, 20, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (scep_http_reply_get_status (reply), ==, 503);
  g_assert_cmpuint (scep_http_reply_get_retry_after (reply), ==, 7);
}

/* The server's clock is the measure, and what is past is now. */
static void
test_retry_after_date (void)
{
  static const struct {
    const char *time;
    guint seconds;
  } rows[] = { { "08:50:37", 60 }, { "08:49:37", 0 }, { "08:49:36", 0 } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *answer = g_strdup_printf ("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n"
                                               "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                                               "Retry-After: Sun, 06 Nov 1994 %s GMT\r\n\r\n",
                                               rows[i].time);
    g_autoptr (Server) server = server_new (answer);
    g_autoptr (ScepTransport) transport = scep_transport_soup_new (NULL, NULL);
    g_autoptr (ScepHttpReply) reply = send_to (transport, server->url, NULL, 20, NULL);

    g_assert_cmpuint (scep_http_reply_get_retry_after (reply), ==, rows[i].seconds);
    g_assert_cmpint (scep_http_reply_get_date (reply), ==, 784111777);
  }
}

static void
test_encoded (void)
{
  g_autoptr (Server) server =
      server_new (OK "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x8b");

  assert_fails (server->url, 5, SCEP_ERROR_MALFORMED_REPLY, "gzip");
}

/* What is in the header, and is no coding. */
static void
test_not_encoded (void)
{
  static const char *const values[] = { "Identity", "", " ", "utf-8", "ISO-8859-1" };

  for (guint i = 0; i < G_N_ELEMENTS (values); i++) {
    g_autofree char *answer =
        g_strdup_printf (OK "Content-Encoding: %s\r\nContent-Length: 1\r\n\r\nx", values[i]);
    g_autoptr (Server) server = server_new (answer);
    g_autoptr (ScepTransport) transport = scep_transport_soup_new (NULL, NULL);
    g_autoptr (GError) error = NULL;
    g_autoptr (ScepHttpReply) reply = send_to (transport, server->url, NULL, 5, &error);

    g_assert_no_error (error);
  }
}

static void
test_redirect (void)
{
  g_autoptr (Server) target = server_new (OK "Content-Length: 1\r\n\r\nx");
  g_autofree char *answer = g_strdup_printf (
      "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n", target->url);
  g_autoptr (Server) server = server_new (answer);
  g_autoptr (ScepTransport) transport = scep_transport_soup_new (NULL, NULL);
  g_autoptr (ScepHttpReply) reply = send_to (transport, server->url, NULL, 5, NULL);
  g_autofree char *shown = scep_http_describe_target (server->url, target->url);
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (scep_http_reply_get_status (reply), ==, 302);
  g_assert_false (scep_http_reply_check (reply, server->url, NULL, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_HTTP_STATUS);
  g_assert_nonnull (strstr (error->message, shown));
  g_assert_cmpint (g_atomic_int_get (&target->n_connections), ==, 0);
}

static void
test_wire_and_reuse (void)
{
  g_autoptr (Server) server = server_new (OK "Content-Length: 3\r\n\r\nabc");
  g_autoptr (ScepTransport) transport = scep_transport_soup_new (NULL, NULL);
  g_autoptr (GBytes) body = g_bytes_new_static ("12345", 5);

  scep_transport_soup_set_limits (SCEP_TRANSPORT_SOUP (transport), 5, 1);
  for (guint i = 0; i < 4; i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (ScepHttpReply) reply =
        send_to (transport, server->url, i % 2 ? body : NULL, 5, &error);

    g_assert_no_error (error);
    g_assert_cmpuint (g_bytes_get_size (scep_http_reply_get_body (reply)), ==, 3);
    g_mutex_lock (&server->lock);
    g_assert_true (
        g_str_has_prefix (server->last, i % 2 ? "POST /scep?operation=X&message=a%2Bb%3D HTTP/1.1"
                                              : "GET /scep?operation=X&message=a%2Bb%3D HTTP/1.1"));
    g_assert_nonnull (strstr (server->last, "Accept-Encoding: identity"));
    g_mutex_unlock (&server->lock);
  }
  g_assert_cmpint (g_atomic_int_get (&server->n_requests), ==, 4);
  g_assert_cmpint (g_atomic_int_get (&server->n_connections), ==, 1);
  while (!scep_transport_soup_is_idle (SCEP_TRANSPORT_SOUP (transport)))
    g_main_context_iteration (NULL, TRUE);
}

static void
test_cancelled (void)
{
  g_autoptr (Server) server = server_new ("");
  g_autoptr (ScepTransport) transport = scep_transport_soup_new (NULL, NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  ScepHttpRequest request = { .url = server->url, .max_reply = CAP, .total_timeout = 20 };

  for (guint early = 0; early < 2; early++) {
    g_autoptr (GAsyncResult) result = NULL;
    g_autoptr (GError) error = NULL;

    scep_transport_send_async (transport, &request, cancellable, on_done, &result);
    while (!early && g_atomic_int_get (&server->n_requests) == 0)
      g_main_context_iteration (NULL, FALSE);
    g_cancellable_cancel (cancellable);
    while (result == NULL)
      g_main_context_iteration (NULL, TRUE);
    g_assert_null (scep_transport_send_finish (transport, result, &error));
    g_assert_error (error, SCEP_ERROR, SCEP_ERROR_CANCELLED);
    g_assert_true ((strstr (error->message, "before it was sent") != NULL) == (early == 1));
  }
}

/* A name that leads here, to a server that is there: it does not see so much as a connection. */
static void
test_local_name (void)
{
  g_autoptr (Server) server = server_new (OK "Content-Length: 1\r\n\r\nx");
  g_autoptr (ScepTransport) transport = scep_transport_soup_new (NULL, NULL);
  g_autofree char *url = g_strconcat ("http://localhost", strrchr (server->url, ':'), NULL);
  g_autoptr (ScepHttpReply) refused = NULL;
  g_autoptr (ScepHttpReply) reply = NULL;
  g_autoptr (GError) error = NULL;
  ScepHttpRequest request = {
    .url = url, .max_reply = CAP, .total_timeout = 20, .refuse_local = TRUE
  };

  refused = send_request (transport, &request, &error);
  g_assert_null (refused);
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_UNSUPPORTED);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, "localhost leads to this machine"));
  g_assert_cmpint (g_atomic_int_get (&server->n_connections), ==, 0);

  request.refuse_local = FALSE;
  reply = send_request (transport, &request, NULL);
  g_assert_nonnull (reply);
  g_assert_cmpint (g_atomic_int_get (&server->n_connections), ==, 1);
}

/* The proxy is here, and what is asked of it is its own affair. */
static void
test_local_proxy (void)
{
  if (g_test_subprocess ()) {
    g_autoptr (Server) proxy = server_new (OK "Content-Length: 1\r\n\r\nx");
    g_autoptr (ScepTransport) transport = NULL;
    g_autoptr (ScepHttpReply) reply = NULL;
    g_autofree char *setting = g_strndup (proxy->url, strcspn (proxy->url + 7, "/") + 7);
    ScepHttpRequest request = {
      .url = "http://ca.invalid/ca.crl", .max_reply = CAP, .total_timeout = 5, .refuse_local = TRUE
    };

    g_setenv ("http_proxy", setting, TRUE);
    g_unsetenv ("no_proxy");
    transport = scep_transport_soup_new (NULL, NULL);
    reply = send_request (transport, &request, NULL);
    g_assert_nonnull (reply);
    return;
  }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
}

static void
test_proxy (void)
{
  if (g_test_subprocess ()) {
    g_autoptr (Server) proxy = server_new (OK "Content-Length: 1\r\n\r\nx");
    g_autoptr (ScepTransport) transport = NULL;
    g_autoptr (ScepHttpReply) reply = NULL;
    g_autofree char *setting = g_strndup (proxy->url, strcspn (proxy->url + 7, "/") + 7);

    g_setenv ("http_proxy", setting, TRUE);
    g_unsetenv ("no_proxy");
    transport = scep_transport_soup_new (NULL, NULL);
    reply = send_to (transport, "http://ca.invalid/scep", NULL, 5, NULL);
    g_assert_nonnull (reply);
    g_assert_true (g_str_has_prefix (proxy->last, "GET http://ca.invalid/scep HTTP/1.1"));
    return;
  }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
}

/* A self-signed certificate with its key, as PEM, for the address 127.0.0.1 or another name. */
static char *
make_certificate (gboolean right_name, time_t from, time_t until)
{
  static const guint8 address[] = { 127, 0, 0, 1 };
  gnutls_x509_privkey_t key;
  gnutls_x509_crt_t certificate;
  gnutls_datum_t key_pem = { NULL, 0 };
  gnutls_datum_t certificate_pem = { NULL, 0 };
  char *pem;

  gnutls_x509_privkey_init (&key);
  gnutls_x509_privkey_generate (key, GNUTLS_PK_EC,
                                GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP256R1), 0);
  gnutls_x509_crt_init (&certificate);
  gnutls_x509_crt_set_version (certificate, 3);
  gnutls_x509_crt_set_serial (certificate, "\x01", 1);
  gnutls_x509_crt_set_dn (certificate, "CN=test", NULL);
  gnutls_x509_crt_set_basic_constraints (certificate, 1, -1);
  if (right_name)
    gnutls_x509_crt_set_subject_alt_name (certificate, GNUTLS_SAN_IPADDRESS, address, 4,
                                          GNUTLS_FSAN_SET);
  gnutls_x509_crt_set_activation_time (certificate, from);
  gnutls_x509_crt_set_expiration_time (certificate, until);
  gnutls_x509_crt_set_key (certificate, key);
  g_assert_cmpint (gnutls_x509_crt_sign2 (certificate, certificate, key, GNUTLS_DIG_SHA256, 0), >=,
                   0);
  gnutls_x509_privkey_export2_pkcs8 (key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &key_pem);
  gnutls_x509_crt_export2 (certificate, GNUTLS_X509_FMT_PEM, &certificate_pem);
  pem = g_strdup_printf ("%s%s", (char *) key_pem.data, (char *) certificate_pem.data);
  gnutls_free (key_pem.data);
  gnutls_free (certificate_pem.data);
  gnutls_x509_crt_deinit (certificate);
  gnutls_x509_privkey_deinit (key);
  return pem;
}

static ScepHttpReply *
send_tls (const char *server_pem, const char *trusted, GError **error)
{
  g_autoptr (Server) server = server_new (OK "Content-Length: 1\r\n\r\nx");
  g_autoptr (ScepTransport) transport = scep_transport_soup_new (trusted, error);
  g_autofree char *url = g_strconcat ("https", server->url + 4, NULL);

  g_assert_nonnull (transport);
  server->certificate = g_tls_certificate_new_from_pem (server_pem, -1, NULL);
  g_assert_nonnull (server->certificate);
  return send_to (transport, url, NULL, 10, error);
}

static void
assert_tls_fails (const char *server_pem, const char *trusted, const char *word)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (send_tls (server_pem, trusted, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_TLS_FAILED);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, word));
}

static void
test_tls (void)
{
  time_t now = time (NULL);
  g_autofree char *good = make_certificate (TRUE, now - 60, now + 3600);
  g_autofree char *other = make_certificate (FALSE, now - 60, now + 3600);
  g_autofree char *expired = make_certificate (TRUE, now - 3600, now - 60);
  g_autofree char *future = make_certificate (TRUE, now + 3600, now + 7200);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepHttpReply) reply = NULL;

  assert_tls_fails (good, NULL, "trusted authority");
  assert_tls_fails (good, other, "could not be verified");
  assert_tls_fails (other, other, "another name");
  assert_tls_fails (expired, expired, "expired");
  assert_tls_fails (future, future, "not valid yet");
  reply = send_tls (good, strstr (good, "-----BEGIN CERTIFICATE"), &error);
  g_assert_no_error (error);
  g_assert_cmpuint (scep_http_reply_get_status (reply), ==, 200);
}

static void
test_no_tls (void)
{
  g_autoptr (Server) server = server_new ("HTTP/1.1 400 Bad\r\n\r\n");
  g_autofree char *url = g_strconcat ("https", server->url + 4, NULL);

  server->close_after = TRUE;
  g_free (server->answer);
  server->answer = g_strdup ("HTTP/1.1 400 Bad\r\n\r\n");
  assert_fails (url, 2, SCEP_ERROR_TIMEOUT, "TLS handshake");
  g_assert_false (was_sent);
}

/* (transfer full) (nullable): the path of the memory file that is trusted */
static char *
find_trust_file (void)
{
  g_autoptr (GDir) directory = g_dir_open ("/proc/self/fd", 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (directory)) != NULL) {
    g_autofree char *path = g_build_filename ("/proc/self/fd", name, NULL);
    g_autofree char *target = g_file_read_link (path, NULL);

    if (target != NULL && g_str_has_prefix (target, "/memfd:scep-tls-trust"))
      return g_steal_pointer (&path);
  }
  return NULL;
}

/* What is trusted is read again with each connection: nobody can write to it, and it goes with
 * the transport. */
static void
test_trust_is_sealed (void)
{
  time_t now = time (NULL);
  g_autofree char *pem = make_certificate (TRUE, now - 60, now + 3600);
  g_autoptr (GError) error = NULL;
  ScepTransport *transport =
      scep_transport_soup_new (strstr (pem, "-----BEGIN CERTIFICATE"), &error);
  g_autofree char *path = find_trust_file ();
  int fd;

  g_assert_no_error (error);
  g_assert_nonnull (path);
  fd = g_open (path, O_RDWR | O_CLOEXEC, 0);
  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (write (fd, "x", 1), ==, -1);
  g_assert_cmpint (errno, ==, EPERM);
  g_assert_cmpint (ftruncate (fd, 0), ==, -1);
  g_assert_cmpint (errno, ==, EPERM);
  g_assert_cmpint (ftruncate (fd, 65536), ==, -1);
  g_assert_cmpint (errno, ==, EPERM);
  close (fd);
  g_object_unref (transport);
  g_clear_pointer (&path, g_free);
  path = find_trust_file ();
  g_assert_null (path);
}

static void
test_bad_pem (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (scep_transport_soup_new ("no certificate", &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_INVALID_SETTING);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/transport-soup/no-url", test_no_url);
  g_test_add_func ("/transport-soup/no-name", test_no_name);
  g_test_add_func ("/transport-soup/refused", test_refused);
  g_test_add_func ("/transport-soup/not-http", test_not_http);
  g_test_add_func ("/transport-soup/closed", test_closed);
  g_test_add_func ("/transport-soup/silent", test_silent);
  g_test_add_func ("/transport-soup/trickle", test_trickle);
  g_test_add_func ("/transport-soup/too-large", test_too_large);
  g_test_add_func ("/transport-soup/whole-limit", test_whole_limit);
  g_test_add_func ("/transport-soup/refusal-is-cut", test_refusal_is_cut);
  g_test_add_func ("/transport-soup/retry-after-date", test_retry_after_date);
  g_test_add_func ("/transport-soup/encoded", test_encoded);
  g_test_add_func ("/transport-soup/not-encoded", test_not_encoded);
  g_test_add_func ("/transport-soup/redirect", test_redirect);
  g_test_add_func ("/transport-soup/wire-and-reuse", test_wire_and_reuse);
  g_test_add_func ("/transport-soup/cancelled", test_cancelled);
  g_test_add_func ("/transport-soup/local/name", test_local_name);
  g_test_add_func ("/transport-soup/local/proxy", test_local_proxy);
  g_test_add_func ("/transport-soup/proxy", test_proxy);
  g_test_add_func ("/transport-soup/tls", test_tls);
  g_test_add_func ("/transport-soup/no-tls", test_no_tls);
  g_test_add_func ("/transport-soup/tls/trust-is-sealed", test_trust_is_sealed);
  g_test_add_func ("/transport-soup/bad-pem", test_bad_pem);
  return g_test_run ();
}
