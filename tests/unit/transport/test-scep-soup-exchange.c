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

static void
test_interim_in_tls (void)
{
  g_autoptr (RawServer) server = raw_server_new (CONTINUE);
  g_autofree char *url = raw_server_make_url (server, "https");

  server->endless = CONTINUE;
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

int
main (int argc, char **argv)
{
  time_t now = time (NULL);
  g_autofree char *setting = NULL;
  int status;

  g_test_init (&argc, &argv, NULL);
  pem = transport_make_certificate (TRUE, now - 60, now + 3600);
  proxy = raw_server_new ("");
  setting = g_strdup_printf ("http://127.0.0.1:%u", proxy->port);
  g_setenv ("https_proxy", setting, TRUE);
  g_setenv ("no_proxy", "127.0.0.1", TRUE);
  g_test_add_func ("/soup-exchange/interim/some", test_interim_some);
  g_test_add_func ("/soup-exchange/interim/endless", test_interim_endless);
  g_test_add_func ("/soup-exchange/interim/in-tls", test_interim_in_tls);
  g_test_add_func ("/soup-exchange/interim/of-proxy", test_interim_of_proxy);
  g_test_add_func ("/soup-exchange/alpn", test_alpn);
  g_test_add_func ("/soup-exchange/alpn/in-tunnel", test_alpn_in_tunnel);
  g_test_add_func ("/soup-exchange/cut", test_cut);
  status = g_test_run ();
  scep_transport_thread_finish ();
  raw_server_free (proxy);
  g_free (pem);
  return status;
}
