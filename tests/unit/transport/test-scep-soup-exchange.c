/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a server, or a proxy, does that a library does not expect. */
#include "raw-server.h"
#include "transport-fixture.h"
#include "transport/scep-transport-soup.h"
#include "transport/scep-transport-thread.h"

#include <string.h>

#define CONNECTED "HTTP/1.1 200 Connected\r\n\r\n"
#define CONTINUE "HTTP/1.1 100 Continue\r\n\r\n"

/* Milliseconds: far above what a busy machine makes of a turn of the main loop. */
#define MAX_STANDSTILL 500

/* Seconds: nobody waits as long for what is known at once. */
#define LONG 60

/* What every https request to a name goes by; it is its own server. */
static RawServer *proxy;

/* Whom https requests here trust. */
static char *pem;

static void
begin (RawServer *server, const char *answer)
{
  g_free (server->answer);
  server->answer = g_strdup (answer);
  server->tunnel = NULL;
  server->endless = NULL;
  server->close_after = FALSE;
  server->takes_hello = FALSE;
  server->flood = FALSE;
  g_atomic_int_set (&server->n_requests, 0);
}

static GTlsCertificate *
get_certificate (void)
{
  return g_tls_certificate_new_from_pem (pem, -1, NULL);
}

static ScepHttpReply *
get (const char *url, guint timeout, GError **error)
{
  g_autoptr (ScepTransport) transport =
      scep_transport_soup_new (strstr (pem, "-----BEGIN CERTIFICATE"), NULL);

  return transport_get (transport, url, timeout, error);
}

static void
assert_fails (const char *url, ScepError code, const char *word)
{
  g_autoptr (GError) error = NULL;
  gint64 start = g_get_monotonic_time ();
  g_autoptr (ScepHttpReply) reply = get (url, LONG, &error);

  g_assert_null (reply);
  g_assert_error (error, SCEP_ERROR, (int) code);
  g_test_message ("%s", error->message);
  g_test_message ("the main loop stood still for %u ms", transport_standstill);
  g_assert_nonnull (strstr (error->message, word));
  g_assert_cmpint (g_get_monotonic_time () - start, <, LONG / 2 * G_TIME_SPAN_SECOND);
  g_assert_cmpuint (transport_standstill, <, MAX_STANDSTILL);
}

/* RFC 9110, 15.2: some of them may come before the answer. */
static void
test_interim_some (void)
{
  g_autoptr (RawServer) server =
      raw_server_new (CONTINUE "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" TRANSPORT_OK
                               "Content-Length: 1\r\n\r\nx");
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepHttpReply) reply = get (server->url, LONG, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (scep_http_reply_get_status (reply), ==, 200);
  g_assert_cmpuint (g_bytes_get_size (scep_http_reply_get_body (reply)), ==, 1);
}

/* Without end, as fast as they can be read. */
static void
test_interim_endless (void)
{
  static const char *const answers[] = { CONTINUE, "HTTP/1.1 102 Processing\r\n\r\n",
                                         "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n",
                                         "HTTP/1.1 199 \r\n\r\n" };

  for (guint i = 0; i < G_N_ELEMENTS (answers); i++) {
    g_autoptr (RawServer) server = raw_server_new (answers[i]);

    server->endless = answers[i];
    assert_fails (server->url, SCEP_ERROR_MALFORMED_REPLY, "1xx");
    g_assert_cmpint (g_atomic_int_get (&server->n_requests), ==, 1);
  }
}

/* More than are read, but not without end: GnuTLS's side of GLib leaks the error of a server that
 * nobody listens to any more. */
static void
test_interim_in_tls (void)
{
  g_autoptr (GString) many = g_string_new (NULL);
  g_autoptr (RawServer) server = NULL;
  g_autofree char *url = NULL;

  for (guint i = 0; i < 200; i++)
    g_string_append (many, CONTINUE);
  server = raw_server_new (many->str);
  url = raw_server_make_url (server, "https");
  server->certificate = get_certificate ();
  assert_fails (url, SCEP_ERROR_MALFORMED_REPLY, "1xx");
}

static void
test_interim_of_proxy (void)
{
  begin (proxy, TRANSPORT_OK);
  proxy->tunnel = CONTINUE;
  proxy->endless = CONTINUE;
  assert_fails ("https://ca.invalid/scep", SCEP_ERROR_MALFORMED_REPLY, "1xx");
  g_assert_cmpint (g_atomic_int_get (&proxy->n_requests), ==, 1);
}

static gboolean
contains (const char *bytes, gsize length, const char *part, gsize part_length)
{
  for (gsize i = 0; i + part_length <= length; i++) {
    if (memcmp (bytes + i, part, part_length) == 0)
      return TRUE;
  }
  return FALSE;
}

/* RFC 7301, 3.1: of the extension 16, a list of one name. */
static void
assert_offers_http1 (RawServer *server)
{
  static const char list[] = "\x00\x10\x00\x0b\x00\x09\x08http/1.1";
  gsize length;
  const char *hello = g_bytes_get_data (server->hello, &length);

  g_assert_cmpuint (length, >, 100);
  g_assert_cmpint (hello[0], ==, 22);
  g_assert_true (contains (hello, length, list, sizeof list - 1));
}

static void
test_alpn (void)
{
  g_autoptr (RawServer) server = raw_server_new ("");
  g_autofree char *url = raw_server_make_url (server, "https");

  server->takes_hello = TRUE;
  assert_fails (url, SCEP_ERROR_TLS_FAILED, "");
  assert_offers_http1 (server);
}

static void
test_alpn_in_tunnel (void)
{
  begin (proxy, "");
  proxy->tunnel = CONNECTED;
  proxy->takes_hello = TRUE;
  assert_fails ("https://ca.invalid/scep", SCEP_ERROR_TLS_FAILED, "");
  assert_offers_http1 (proxy);
}

/* What came is not what was announced, however the connection was to end. */
static void
test_cut (void)
{
  static const char *const answers[] = {
    TRANSPORT_OK "Content-Length: 10\r\n\r\nabc",
    TRANSPORT_OK "Content-Length: 10\r\nConnection: close\r\n\r\nabc",
    "HTTP/1.0 200 OK\r\nContent-Length: 10\r\n\r\nabc",
    TRANSPORT_OK "Transfer-Encoding: chunked\r\n\r\na\r\nabc",
    TRANSPORT_OK "Content-Length: 10\r\n\r\n",
    TRANSPORT_OK "Content-Length: 10\r\nConnection: close\r\n\r\n",
  };

  for (guint i = 0; i < 2 * G_N_ELEMENTS (answers); i++) {
    g_autoptr (RawServer) server = raw_server_new (answers[i / 2]);
    g_autofree char *url = raw_server_make_url (server, i % 2 ? "https" : "http");

    g_test_message ("%s by %s", answers[i / 2], url);
    server->close_after = TRUE;
    server->certificate = i % 2 ? get_certificate () : NULL;
    assert_fails (url, SCEP_ERROR_SERVER_UNREACHABLE, "middle of its answer");
  }
}

/* RFC 7617, of "user:p@ss". */
#define AUTHORIZATION "Proxy-Authorization: Basic dXNlcjpwQHNz"

/* Sent at once, to the proxy only. */
static void
test_password_in_tunnel (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepHttpReply) reply = NULL;

  begin (proxy, TRANSPORT_OK "Content-Length: 1\r\n\r\nx");
  proxy->tunnel = CONNECTED;
  proxy->certificate = get_certificate ();
  reply = get ("https://127.0.0.2/scep", LONG, &error);
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_TLS_FAILED);
  g_assert_nonnull (strstr (proxy->last_tunnel, AUTHORIZATION));
  g_clear_object (&proxy->certificate);
}

static void
test_password_by_http (void)
{
  g_autoptr (RawServer) direct = raw_server_new (TRANSPORT_OK "Content-Length: 1\r\n\r\nx");
  g_autoptr (ScepHttpReply) reply = NULL;
  g_autoptr (ScepHttpReply) other = NULL;

  begin (proxy, TRANSPORT_OK "Content-Length: 1\r\n\r\nx");
  reply = get ("http://ca.invalid/scep?operation=X", LONG, NULL);
  g_assert_nonnull (reply);
  g_assert_cmpint (g_atomic_int_get (&proxy->n_requests), ==, 1);
  g_assert_true (g_str_has_prefix (proxy->last, "GET http://ca.invalid/scep?operation=X HTTP"));
  g_assert_nonnull (strstr (proxy->last, AUTHORIZATION));
  other = get (direct->url, LONG, NULL);
  g_assert_nonnull (other);
  g_assert_null (strstr (direct->last, "Proxy-Authorization"));
}

/* How a proxy says no, and what is told. Each is asked once. */
static const struct {
  const char *answer;
  const char *word;
} refusals[] = {
  { "HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n",
    "refused the user name or password in https_proxy" },
  { "HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"x\"\r\nConnection: close\r\n\r\n",
    "refused the user name or password in https_proxy" },
  { "HTTP/1.1 407 No\r\nProxy-Authenticate: Negotiate, Basic realm=\"x\"\r\n\r\n",
    "refused the user name or password in https_proxy" },
  { "HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n", "refused the user name or password" },
  { "HTTP/1.1 407 No\r\nProxy-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n", "login of a kind" },
};

static const struct {
  const char *answer;
  const char *word;
} refused_tunnels[] = {
  { "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", "HTTP status 403" },
  { "HTTP/1.1 502 Nobody\r\nConnection: close\r\n\r\n", "HTTP status 502" },
  { "HTTP/1.1 302 Login\r\nLocation: http://portal/\r\nContent-Length: 0\r\n\r\n",
    "HTTP status 302" },
};

static void
assert_proxy_refuses (const char *url, const char *word)
{
  g_autofree char *name = g_strdup_printf ("proxy 127.0.0.1:%u", proxy->port);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepHttpReply) reply = NULL;

  assert_fails (url, SCEP_ERROR_SERVER_UNREACHABLE, word);
  g_assert_false (transport_was_sent);
  g_assert_cmpint (g_atomic_int_get (&proxy->n_requests), ==, 1);
  reply = get (url, LONG, &error);
  g_assert_nonnull (strstr (error->message, name));
  g_assert_null (strstr (error->message, "p@ss"));
  g_assert_null (strstr (error->message, "p%40ss"));
}

static void
test_password_refused (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (refusals); i++) {
    begin (proxy, "");
    proxy->tunnel = refusals[i].answer;
    proxy->close_after = i % 2;
    /* Those without a length say the rest of it for ever. */
    proxy->flood = strstr (proxy->tunnel, "Length") == NULL;
    assert_proxy_refuses ("https://ca.invalid/scep", refusals[i].word);
  }
  for (guint i = 0; i < G_N_ELEMENTS (refusals); i++) {
    gboolean is_login = strstr (refusals[i].word, "refused") != NULL;

    begin (proxy, refusals[i].answer);
    proxy->close_after = TRUE;
    assert_proxy_refuses ("http://ca.invalid/scep",
                          is_login ? "password in http_proxy" : refusals[i].word);
  }
}

static void
test_tunnel_refused (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (refused_tunnels); i++) {
    begin (proxy, "");
    proxy->tunnel = refused_tunnels[i].answer;
    proxy->flood = strstr (proxy->tunnel, "Length") == NULL;
    assert_proxy_refuses ("https://ca.invalid/scep", refused_tunnels[i].word);
  }
}

/* A server that says the same is no proxy, nor is one behind a proxy that wants a login itself. */
static void
test_not_of_proxy (void)
{
  g_autoptr (RawServer) server = raw_server_new (refusals[0].answer);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepHttpReply) reply = get (server->url, LONG, &error);
  g_autoptr (ScepHttpReply) behind = NULL;

  begin (proxy, "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"x\"\r\n"
                "Content-Length: 0\r\n\r\n");
  behind = get ("http://ca.invalid/scep", LONG, NULL);
  g_assert_nonnull (behind);
  g_assert_cmpuint (scep_http_reply_get_status (behind), ==, 401);
  g_assert_cmpint (g_atomic_int_get (&proxy->n_requests), ==, 1);

  g_assert_no_error (error);
  g_assert_cmpuint (scep_http_reply_get_status (reply), ==, 407);
  g_assert_cmpint (g_atomic_int_get (&server->n_requests), ==, 1);
}

/* GLib would log the whole value, which would be the end of the subprocess. */
static void
test_password_unreadable (void)
{
  if (!g_test_subprocess ()) {
    g_test_trap_subprocess (NULL, 0, 0);
    g_test_trap_assert_passed ();
    return;
  }
  g_setenv ("http_proxy", "socks5://user:wo%rd@127.0.0.1:1", TRUE);
  assert_fails ("http://ca.invalid/scep", SCEP_ERROR_SERVER_UNREACHABLE, "http_proxy");
}

static void
test_password_missing (void)
{
  g_autofree char *wanted = g_strdup_printf ("http://USER:PASSWORD@127.0.0.1:%u", proxy->port);

  if (!g_test_subprocess ()) {
    g_test_trap_subprocess (NULL, 0, 0);
    g_test_trap_assert_passed ();
    return;
  }
  begin (proxy, refusals[0].answer);
  proxy->tunnel = refusals[0].answer;
  assert_proxy_refuses ("https://ca.invalid/scep", wanted);
  g_assert_null (strstr (proxy->last_tunnel, "Proxy-Authorization"));
}

/* In a subprocess without user name and password. */
static void
set_environment (void)
{
  const char *user = g_test_subprocess () ? "" : "user:p%40ss@";
  g_autofree char *setting = g_strdup_printf ("http://%s127.0.0.1:%u", user, proxy->port);

  g_setenv ("http_proxy", setting, TRUE);
  g_setenv ("https_proxy", setting, TRUE);
  g_setenv ("no_proxy", "127.0.0.1", TRUE);
}

int
main (int argc, char **argv)
{
  time_t now = time (NULL);
  int status;

  g_test_init (&argc, &argv, NULL);
  pem = transport_make_certificate (TRUE, now - 60, now + 3600);
  proxy = raw_server_new ("");
  set_environment ();
  g_test_add_func ("/soup-exchange/interim/some", test_interim_some);
  g_test_add_func ("/soup-exchange/interim/endless", test_interim_endless);
  g_test_add_func ("/soup-exchange/interim/in-tls", test_interim_in_tls);
  g_test_add_func ("/soup-exchange/interim/of-proxy", test_interim_of_proxy);
  g_test_add_func ("/soup-exchange/alpn", test_alpn);
  g_test_add_func ("/soup-exchange/alpn/in-tunnel", test_alpn_in_tunnel);
  g_test_add_func ("/soup-exchange/cut", test_cut);
  g_test_add_func ("/soup-exchange/proxy/password-in-tunnel", test_password_in_tunnel);
  g_test_add_func ("/soup-exchange/proxy/password-by-http", test_password_by_http);
  g_test_add_func ("/soup-exchange/proxy/password-refused", test_password_refused);
  g_test_add_func ("/soup-exchange/proxy/password-missing", test_password_missing);
  g_test_add_func ("/soup-exchange/proxy/password-unreadable", test_password_unreadable);
  g_test_add_func ("/soup-exchange/proxy/tunnel-refused", test_tunnel_refused);
  g_test_add_func ("/soup-exchange/proxy/not-of-proxy", test_not_of_proxy);
  status = g_test_run ();
  scep_transport_thread_finish ();
  raw_server_free (proxy);
  g_free (pem);
  return status;
}
