/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "raw-server.h"
#include "transport-fixture.h"
#include "transport/scep-http-reply-private.h"
#include "transport/scep-transport-soup-private.h"
#include "transport/scep-transport-thread.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TRANSPORT_OK "HTTP/1.1 200 OK\r\n"
#define CAP 4096

static void
test_no_url (void)
{
  transport_assert_fails ("ftp://127.0.0.1/", 5, SCEP_ERROR_INVALID_SETTING, "ServerEndpoint");
  transport_assert_fails ("nonsense", 5, SCEP_ERROR_INVALID_SETTING, "ServerEndpoint");
  g_assert_false (transport_was_sent);
}

static void
test_no_name (void)
{
  transport_assert_fails ("http://no-such-host.invalid/", 20, SCEP_ERROR_SERVER_UNREACHABLE,
                          "looked up");
  g_assert_false (transport_was_sent);
}

static void
test_refused (void)
{
  RawServer *server = raw_server_new ("");

  raw_server_free (server);
  transport_assert_fails (server->url, 5, SCEP_ERROR_SERVER_UNREACHABLE, "refused");
  g_assert_false (transport_was_sent);
}

static void
test_not_http (void)
{
  g_autoptr (RawServer) server = raw_server_new ("SSH-2.0-OpenSSH\r\n\r\n");

  server->close_after = TRUE;
  transport_assert_fails (server->url, 5, SCEP_ERROR_MALFORMED_REPLY, "HTTP");
}

static void
test_closed (void)
{
  g_autoptr (RawServer) server = raw_server_new ("");
  g_autoptr (RawServer) halfway = raw_server_new (TRANSPORT_OK "Content-Length: 10\r\n\r\nabc");

  server->close_after = halfway->close_after = TRUE;
  transport_assert_fails (server->url, 5, SCEP_ERROR_SERVER_UNREACHABLE, "without an answer");
  g_assert_true (transport_was_sent);
  transport_assert_fails (halfway->url, 5, SCEP_ERROR_SERVER_UNREACHABLE, "middle");
  g_assert_true (transport_was_sent);
}

static void
test_silent (void)
{
  g_autoptr (RawServer) server = raw_server_new ("");
  g_autoptr (ScepTransport) transport = scep_transport_soup_new (NULL, NULL);
  g_autoptr (ScepHttpReply) reply = NULL;
  g_autoptr (GError) error = NULL;

  transport_assert_fails (server->url, 1, SCEP_ERROR_TIMEOUT, "did not answer");
  g_assert_true (transport_was_sent);
  scep_transport_soup_set_limits (SCEP_TRANSPORT_SOUP (transport), 1, 10);
  reply = transport_get (transport, server->url, 60, &error);
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_TIMEOUT);
}

static void
test_trickle (void)
{
  g_autoptr (RawServer) server = raw_server_new (TRANSPORT_OK "Content-Length: 4000\r\n\r\n");

  server->trickle = TRUE;
  transport_assert_fails (server->url, 1, SCEP_ERROR_TIMEOUT, "did not finish");
}

static void
test_too_large (void)
{
  g_autoptr (RawServer) announced =
      raw_server_new (TRANSPORT_OK "Content-Length: 10737418240\r\n\r\n");
  g_autoptr (RawServer) endless = raw_server_new (TRANSPORT_OK "\r\n");
  g_autoptr (RawServer) headers = raw_server_new (TRANSPORT_OK "X: ");

  g_autoptr (RawServer) silent = raw_server_new (TRANSPORT_OK "Content-Length: 4097\r\n\r\n");

  announced->flood = endless->flood = headers->flood = TRUE;
  /* Nobody waits for what is not going to be taken. */
  transport_assert_fails (silent->url, 5, SCEP_ERROR_TOO_LARGE, "4096");
  transport_assert_fails (announced->url, 20, SCEP_ERROR_TOO_LARGE, "4096");
  transport_assert_fails (endless->url, 20, SCEP_ERROR_TOO_LARGE, "4096");
  transport_assert_fails (headers->url, 20, SCEP_ERROR_SERVER_UNREACHABLE, "Header too big");
}

/* Exactly as much as is taken, announced and not. */
static void
test_whole_limit (void)
{
  g_autofree char *body = g_strnfill (TRANSPORT_CAP, 'x');
  g_autofree char *announced =
      g_strconcat (TRANSPORT_OK "Content-Length: 4096\r\n\r\n", body, NULL);
  g_autofree char *unannounced = g_strconcat (TRANSPORT_OK "\r\n", body, NULL);
  const char *answers[] = { announced, unannounced };

  for (guint i = 0; i < G_N_ELEMENTS (answers); i++) {
    g_autoptr (RawServer) server = raw_server_new (answers[i]);
    g_autoptr (ScepTransport) transport = scep_transport_soup_new (NULL, NULL);
    g_autoptr (ScepHttpReply) reply = NULL;
    g_autoptr (GError) error = NULL;

    server->close_after = TRUE;
    reply = transport_get (transport, server->url, 20, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (g_bytes_get_size (scep_http_reply_get_body (reply)), ==, TRANSPORT_CAP);
  }
}

static void
test_refusal_is_cut (void)
{
  g_autoptr (RawServer) server =
      raw_server_new ("HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 10737418240\r\n\r\n");
  g_autoptr (ScepTransport) transport = scep_transport_soup_new (NULL, NULL);
  g_autoptr (ScepHttpReply) reply = NULL;
  g_autoptr (GError) error = NULL;

  server->flood = TRUE;
  reply = transport_get (transport, server->url, 20, &error);
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
    g_autoptr (RawServer) server = raw_server_new (answer);
    g_autoptr (ScepTransport) transport = scep_transport_soup_new (NULL, NULL);
    g_autoptr (ScepHttpReply) reply = transport_get (transport, server->url, 20, NULL);

    g_assert_cmpuint (scep_http_reply_get_retry_after (reply), ==, rows[i].seconds);
    g_assert_cmpint (scep_http_reply_get_date (reply), ==, 784111777);
  }
}

static void
test_encoded (void)
{
  g_autoptr (RawServer) server =
      raw_server_new (TRANSPORT_OK "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x8b");

  transport_assert_fails (server->url, 5, SCEP_ERROR_MALFORMED_REPLY, "gzip");
}

/* What is in the header, and is no coding. */
static void
test_not_encoded (void)
{
  static const char *const values[] = { "Identity", "", " ", "utf-8", "ISO-8859-1" };

  for (guint i = 0; i < G_N_ELEMENTS (values); i++) {
    g_autofree char *answer = g_strdup_printf (
        TRANSPORT_OK "Content-Encoding: %s\r\nContent-Length: 1\r\n\r\nx", values[i]);
    g_autoptr (RawServer) server = raw_server_new (answer);
    g_autoptr (ScepTransport) transport = scep_transport_soup_new (NULL, NULL);
    g_autoptr (GError) error = NULL;
    g_autoptr (ScepHttpReply) reply = transport_get (transport, server->url, 5, &error);

    g_assert_no_error (error);
  }
}

static void
test_redirect (void)
{
  g_autoptr (RawServer) target = raw_server_new (TRANSPORT_OK "Content-Length: 1\r\n\r\nx");
  g_autofree char *answer = g_strdup_printf (
      "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n", target->url);
  g_autoptr (RawServer) server = raw_server_new (answer);
  g_autoptr (ScepTransport) transport = scep_transport_soup_new (NULL, NULL);
  g_autoptr (ScepHttpReply) reply = transport_get (transport, server->url, 5, NULL);
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
  g_autoptr (RawServer) server = raw_server_new (TRANSPORT_OK "Content-Length: 3\r\n\r\nabc");
  g_autoptr (ScepTransport) transport = scep_transport_soup_new (NULL, NULL);
  g_autoptr (GBytes) body = g_bytes_new_static ("12345", 5);

  scep_transport_soup_set_limits (SCEP_TRANSPORT_SOUP (transport), 5, 1);
  for (guint i = 0; i < 4; i++) {
    g_autoptr (GError) error = NULL;
    ScepHttpRequest request = { .url = server->url,
                                .body = i % 2 ? body : NULL,
                                .content_type = "application/x-pki-message",
                                .max_reply = TRANSPORT_CAP,
                                .total_timeout = 5 };
    g_autoptr (ScepHttpReply) reply = transport_send (transport, &request, &error);

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
    g_usleep (1000);
}

static void
test_cancelled (void)
{
  g_autoptr (RawServer) server = raw_server_new ("");
  g_autoptr (ScepTransport) transport = scep_transport_soup_new (NULL, NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  ScepHttpRequest request = { .url = server->url, .max_reply = TRANSPORT_CAP, .total_timeout = 20 };

  for (guint early = 0; early < 2; early++) {
    g_autoptr (GAsyncResult) result = NULL;
    g_autoptr (GError) error = NULL;

    scep_transport_send_async (transport, &request, cancellable, transport_keep_result, &result);
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
  g_autoptr (RawServer) server = raw_server_new (TRANSPORT_OK "Content-Length: 1\r\n\r\nx");
  g_autoptr (ScepTransport) transport = scep_transport_soup_new (NULL, NULL);
  g_autofree char *url = g_strconcat ("http://localhost", strrchr (server->url, ':'), NULL);
  g_autoptr (ScepHttpReply) refused = NULL;
  g_autoptr (ScepHttpReply) reply = NULL;
  g_autoptr (GError) error = NULL;
  ScepHttpRequest request = {
    .url = url, .max_reply = TRANSPORT_CAP, .total_timeout = 20, .refuse_local = TRUE
  };

  refused = transport_send (transport, &request, &error);
  g_assert_null (refused);
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_UNSUPPORTED);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, "localhost leads to this machine"));
  g_assert_cmpint (g_atomic_int_get (&server->n_connections), ==, 0);

  request.refuse_local = FALSE;
  reply = transport_send (transport, &request, NULL);
  g_assert_nonnull (reply);
  g_assert_cmpint (g_atomic_int_get (&server->n_connections), ==, 1);
}

/* The proxy is here, and what is asked of it is its own affair. */
static void
test_local_proxy (void)
{
  if (g_test_subprocess ()) {
    g_autoptr (RawServer) proxy = raw_server_new (TRANSPORT_OK "Content-Length: 1\r\n\r\nx");
    g_autoptr (ScepTransport) transport = NULL;
    g_autoptr (ScepHttpReply) reply = NULL;
    g_autofree char *setting = g_strndup (proxy->url, strcspn (proxy->url + 7, "/") + 7);
    ScepHttpRequest request = { .url = "http://ca.invalid/ca.crl",
                                .max_reply = TRANSPORT_CAP,
                                .total_timeout = 5,
                                .refuse_local = TRUE };

    g_setenv ("http_proxy", setting, TRUE);
    g_unsetenv ("no_proxy");
    transport = scep_transport_soup_new (NULL, NULL);
    reply = transport_send (transport, &request, NULL);
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
    g_autoptr (RawServer) proxy = raw_server_new (TRANSPORT_OK "Content-Length: 1\r\n\r\nx");
    g_autoptr (ScepTransport) transport = NULL;
    g_autoptr (ScepHttpReply) reply = NULL;
    g_autofree char *setting = g_strndup (proxy->url, strcspn (proxy->url + 7, "/") + 7);

    g_setenv ("http_proxy", setting, TRUE);
    g_unsetenv ("no_proxy");
    transport = scep_transport_soup_new (NULL, NULL);
    reply = transport_get (transport, "http://ca.invalid/scep", 5, NULL);
    g_assert_nonnull (reply);
    g_assert_true (g_str_has_prefix (proxy->last, "GET http://ca.invalid/scep HTTP/1.1"));
    return;
  }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
}

static ScepHttpReply *
send_tls (const char *server_pem, const char *trusted, GError **error)
{
  g_autoptr (RawServer) server = raw_server_new (TRANSPORT_OK "Content-Length: 1\r\n\r\nx");
  g_autoptr (ScepTransport) transport = scep_transport_soup_new (trusted, error);
  g_autofree char *url = g_strconcat ("https", server->url + 4, NULL);

  g_assert_nonnull (transport);
  server->certificate = g_tls_certificate_new_from_pem (server_pem, -1, NULL);
  g_assert_nonnull (server->certificate);
  return transport_get (transport, url, 10, error);
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
  g_autofree char *good = transport_make_certificate (TRUE, now - 60, now + 3600);
  g_autofree char *other = transport_make_certificate (FALSE, now - 60, now + 3600);
  g_autofree char *expired = transport_make_certificate (TRUE, now - 3600, now - 60);
  g_autofree char *future = transport_make_certificate (TRUE, now + 3600, now + 7200);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepHttpReply) reply = NULL;

  assert_tls_fails (good, NULL, "self-signed");
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
  g_autoptr (RawServer) server = raw_server_new ("HTTP/1.1 400 Bad\r\n\r\n");
  g_autofree char *url = g_strconcat ("https", server->url + 4, NULL);

  server->close_after = TRUE;
  g_free (server->answer);
  server->answer = g_strdup ("HTTP/1.1 400 Bad\r\n\r\n");
  transport_assert_fails (url, 2, SCEP_ERROR_TIMEOUT, "TLS handshake");
  g_assert_false (transport_was_sent);
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
  g_autofree char *pem = transport_make_certificate (TRUE, now - 60, now + 3600);
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
