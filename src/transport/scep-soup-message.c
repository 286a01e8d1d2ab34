/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is said in HTTP: the headers of a request and of its reply. */
#include "transport/scep-soup-message.h"

#include "base/scep-error.h"
#include "base/scep-text.h"
#include "transport/scep-http-reply-private.h"
#include "transport/scep-tls-check.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/**
 * scep_soup_message_new:
 * @request: what is to be sent
 *
 * Returns: (transfer full) (nullable): the message, which follows no redirect
 *   and asks for no encoding, or %NULL with %SCEP_ERROR_INVALID_SETTING where the
 *   URL is none of HTTP
 */
SoupMessage *
scep_soup_message_new (const ScepHttpRequest *request, GError **error)
{
  g_autoptr (GUri) uri = g_uri_parse (request->url, SOUP_HTTP_URI_FLAGS, NULL);
  SoupMessage *message = NULL;
  g_autofree char *where = scep_http_describe_url (request->url);

  if (uri != NULL && (strcmp (g_uri_get_scheme (uri), "http") == 0 ||
                      strcmp (g_uri_get_scheme (uri), "https") == 0))
    message = soup_message_new_from_uri (request->body != NULL ? "POST" : "GET", uri);
  if (message == NULL) {
    scep_error_set (
        error, SCEP_ERROR_INVALID_SETTING,
        _ ("%s is no http or https URL that a SCEP server could have. Check ServerEndpoint."),
        where);
    return NULL;
  }
  soup_message_headers_replace (soup_message_get_request_headers (message), "Accept-Encoding",
                                "identity");
  soup_message_add_flags (message, SOUP_MESSAGE_NO_REDIRECT);
  if (request->body != NULL) {
    /* The same SCEP message twice is one transaction, and libsoup reuses a connection for
     * nothing but idempotent requests. */
    soup_message_add_flags (message, SOUP_MESSAGE_IDEMPOTENT);
    soup_message_set_request_body_from_bytes (message, request->content_type, request->body);
  }
  return message;
}

/* What servers write there although it is a charset, which Content-Type has. */
static gboolean
is_charset (const char *encoding)
{
  return g_ascii_strncasecmp (encoding, "utf", strlen ("utf")) == 0 ||
         g_ascii_strncasecmp (encoding, "iso-8859", strlen ("iso-8859")) == 0 ||
         g_ascii_strncasecmp (encoding, "us-ascii", strlen ("us-ascii")) == 0 ||
         g_ascii_strncasecmp (encoding, "windows-", strlen ("windows-")) == 0;
}

/**
 * scep_soup_message_check_encoding:
 * @where: whom it was sent to, for messages
 *
 * A reply that is compressed although we asked for none can be a decompression
 * bomb. What servers write into the header beside codings changes nothing: a header
 * without a value, and a charset.
 *
 * Returns: whether the reply is not encoded; else %SCEP_ERROR_MALFORMED_REPLY
 */
gboolean
scep_soup_message_check_encoding (SoupMessage *message, const char *where, GError **error)
{
  const char *encoding = soup_message_headers_get_list (soup_message_get_response_headers (message),
                                                        "Content-Encoding");
  g_autofree char *shown = scep_text_printable (encoding != NULL ? encoding : "", -1);

  if (shown[0] == '\0' || g_ascii_strcasecmp (shown, "identity") == 0 || is_charset (shown))
    return TRUE;
  scep_error_set (error, SCEP_ERROR_MALFORMED_REPLY,
                  _ ("The SCEP server at %s encoded its answer (%s) although it was told not to. "
                     "Switch compression off there, or in the proxy between."),
                  where, shown);
  return FALSE;
}

static gint64
parse_http_date (const char *text)
{
  g_autoptr (GDateTime) date = text != NULL ? soup_date_time_new_from_http_string (text) : NULL;

  return date != NULL ? g_date_time_to_unix (date) : 0;
}

/* RFC 9110, 10.2.3: seconds or a date. The server's clock is the measure if it tells it. */
static guint
parse_retry_after (const char *text, gint64 server_now)
{
  guint64 seconds;
  gint64 until;
  gint64 now = server_now != 0 ? server_now : g_get_real_time () / G_USEC_PER_SEC;

  if (text == NULL)
    return 0;
  if (g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT, &seconds, NULL))
    return (guint) seconds;
  until = parse_http_date (text);
  return until > now ? (guint) MIN (until - now, (gint64) G_MAXINT) : 0;
}

/**
 * scep_soup_message_make_reply:
 * @message: with its response headers
 * @body: what came after them
 *
 * Returns: (transfer full): the reply
 */
ScepHttpReply *
scep_soup_message_make_reply (SoupMessage *message, GByteArray *body)
{
  SoupMessageHeaders *headers = soup_message_get_response_headers (message);
  g_autoptr (GBytes) bytes = g_bytes_new (body->data, body->len);
  gint64 date = parse_http_date (soup_message_headers_get_one (headers, "Date"));
  guint retry_after =
      parse_retry_after (soup_message_headers_get_one (headers, "Retry-After"), date);
  ScepHttpReply *reply = scep_http_reply_new (
      soup_message_get_status (message), soup_message_headers_get_one (headers, "Content-Type"),
      bytes, date, retry_after);

  scep_http_reply_set_location (reply, soup_message_headers_get_one (headers, "Location"));
  return reply;
}

/**
 * scep_soup_message_is_for_proxy:
 *
 * Returns: whether the proxy on the way, if there is one, reads the message; what
 *   goes inside of a tunnel is the server's
 */
gboolean
scep_soup_message_is_for_proxy (SoupMessage *message)
{
  return g_str_equal (soup_message_get_method (message), SOUP_METHOD_CONNECT) ||
         g_str_equal (g_uri_get_scheme (soup_message_get_uri (message)), "http");
}

/**
 * scep_soup_message_takes_basic:
 * @message: with the headers of a refusal
 *
 * RFC 9110, 11.7.1: a list of schemes with their parameters. Who asks for nothing
 * is asked for nothing else, either.
 *
 * Returns: whether a user name and a password would do
 */
gboolean
scep_soup_message_takes_basic (SoupMessage *message)
{
  const char *header = soup_message_headers_get_list (soup_message_get_response_headers (message),
                                                      "Proxy-Authenticate");
  g_autofree char *lower = header != NULL ? g_ascii_strdown (header, -1) : NULL;

  return lower == NULL || (g_str_has_prefix (lower, "basic") || strstr (lower, ", basic") != NULL);
}

/**
 * scep_soup_message_refuses_login:
 * @message: that went by a proxy, with the headers of its answer
 * @is_tunnel: it asked for a tunnel
 * @had_login: it had a user name
 *
 * tinyproxy says 401 to a wrong password, as a server would, and 407 to none.
 *
 * Returns: whether it is the proxy that wants another login
 */
gboolean
scep_soup_message_refuses_login (SoupMessage *message, gboolean is_tunnel, gboolean had_login)
{
  const char *server =
      soup_message_headers_get_one (soup_message_get_response_headers (message), "Server");

  if (soup_message_get_status (message) != SOUP_STATUS_UNAUTHORIZED)
    return soup_message_get_status (message) == SOUP_STATUS_PROXY_AUTHENTICATION_REQUIRED;
  return had_login && (is_tunnel || (server != NULL && g_str_has_prefix (server, "tinyproxy")));
}

/**
 * scep_soup_message_offer_http1:
 * @connection: whose TLS handshake is about to begin
 *
 * A single request gains nothing from HTTP/2, whose frames a server has more ways
 * to send without end. What is set here is what TLS offers (RFC 7301).
 */
void
scep_soup_message_offer_http1 (GIOStream *connection)
{
  static const char *const protocols[] = { "http/1.1", NULL };

  g_tls_connection_set_advertised_protocols (G_TLS_CONNECTION (connection), protocols);
}

/**
 * scep_soup_message_check_tls:
 * @message: about to be sent
 * @where: whom it is sent to, for messages
 * @allow_weak: see scep_tls_check()
 * @is_weak: (out): whether that was necessary
 *
 * Returns: whether the server may get it; else @error is %SCEP_ERROR_TLS_FAILED
 */
gboolean
scep_soup_message_check_tls (SoupMessage *message, const char *where, gboolean allow_weak,
                             gboolean *is_weak, GError **error)
{
  ScepTlsQuestion question = {
    .certificate = soup_message_get_tls_peer_certificate (message),
    .version = soup_message_get_tls_protocol_version (message),
    .host = g_uri_get_host (soup_message_get_uri (message)),
    .where = where,
    .allow_weak = allow_weak,
  };

  *is_weak = FALSE;
  return g_str_equal (g_uri_get_scheme (soup_message_get_uri (message)), "http") ||
         scep_tls_check (&question, is_weak, error);
}
