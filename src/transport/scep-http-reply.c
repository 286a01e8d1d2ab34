/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-error.h"
#include "base/scep-text.h"
#include "transport/scep-http-reply-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define STATUS_OK 200

struct _ScepHttpReply {
  guint status;
  char *content_type; /* (owned) (nullable) */
  char *location;     /* (owned) (nullable) */
  ScepProxy *proxy;   /* (owned) (nullable): that it came through */
  GBytes *body;       /* (owned) */
  gint64 date;
  guint retry_after;
  gboolean is_weak;
};

/**
 * scep_http_reply_new:
 * @status: HTTP status
 * @content_type: (nullable): as the server wrote it, a hint at best
 * @body: (nullable): what came
 * @date: the server's clock in Unix seconds, 0 if it did not say
 * @retry_after: seconds to wait before the next request, 0 if it did not say
 *
 * Returns: (transfer full): a reply
 */
ScepHttpReply *
scep_http_reply_new (guint status, const char *content_type, GBytes *body, gint64 date,
                     guint retry_after)
{
  ScepHttpReply *reply = g_new0 (ScepHttpReply, 1);

  reply->status = status;
  reply->content_type = g_strdup (content_type);
  reply->body = body != NULL ? g_bytes_ref (body) : g_bytes_new (NULL, 0);
  reply->date = date;
  reply->retry_after = retry_after;
  return reply;
}

/* Called before anybody else has seen @reply. */
void
scep_http_reply_set_location (ScepHttpReply *reply, const char *location)
{
  g_free (reply->location);
  reply->location = g_strdup (location);
}

/* Called before anybody else has seen @reply. @proxy: one that may have answered itself */
void
scep_http_reply_set_proxy (ScepHttpReply *reply, ScepProxy *proxy)
{
  g_clear_pointer (&reply->proxy, scep_proxy_unref);
  reply->proxy = scep_proxy_ref (proxy);
}

/* Called before anybody else has seen @reply. */
void
scep_http_reply_set_weak (ScepHttpReply *reply, gboolean is_weak)
{
  reply->is_weak = is_weak;
}

/**
 * scep_http_reply_free:
 */
void
scep_http_reply_free (ScepHttpReply *reply)
{
  g_free (reply->content_type);
  g_free (reply->location);
  g_clear_pointer (&reply->proxy, scep_proxy_unref);
  g_bytes_unref (reply->body);
  g_free (reply);
}

/**
 * scep_http_reply_get_status:
 *
 * Returns: the HTTP status
 */
guint
scep_http_reply_get_status (ScepHttpReply *reply)
{
  return reply->status;
}

/**
 * scep_http_reply_get_content_type:
 *
 * Returns: (transfer none) (nullable): the Content-Type, a hint at best
 */
const char *
scep_http_reply_get_content_type (ScepHttpReply *reply)
{
  return reply->content_type;
}

/**
 * scep_http_reply_get_body:
 *
 * With a status other than 200 this may be only the beginning, enough to be
 * shown to people.
 *
 * Returns: (transfer none): the body, perhaps empty
 */
GBytes *
scep_http_reply_get_body (ScepHttpReply *reply)
{
  return reply->body;
}

/**
 * scep_http_reply_get_date:
 *
 * Returns: the server's clock in Unix seconds, unauthenticated; 0 if unknown
 */
gint64
scep_http_reply_get_date (ScepHttpReply *reply)
{
  return reply->date;
}

/**
 * scep_http_reply_get_retry_after:
 *
 * Returns: the seconds the server asks to be left alone, 0 if it does not
 */
guint
scep_http_reply_get_retry_after (ScepHttpReply *reply)
{
  return reply->retry_after;
}

/**
 * scep_http_reply_is_weak:
 *
 * Returns: whether the TLS that it came by passed only because @allow_weak_tls of
 *   the request let it
 */
gboolean
scep_http_reply_is_weak (ScepHttpReply *reply)
{
  return reply->is_weak;
}

/* The URL as a message may show it: a query can hold a whole request, and is long besides. */
char *
scep_http_describe_url (const char *url)
{
  return scep_text_printable (url, (gssize) strcspn (url, "?#"));
}

/* The parameters that a request has of its own. */
static gboolean
is_of_request (const char *parameter)
{
  return g_str_has_prefix (parameter, "operation=") || g_str_has_prefix (parameter, "message=");
}

/**
 * scep_http_describe_target:
 * @url: what was asked for
 * @location: where the server sends the client, perhaps relative to @url
 *
 * Returns: (transfer full): the address as ServerEndpoint could have it: absolute,
 *   and without what belongs to the one request
 */
char *
scep_http_describe_target (const char *url, const char *location)
{
  g_autofree char *absolute =
      g_uri_resolve_relative (url, location, G_URI_FLAGS_ENCODED | G_URI_FLAGS_PARSE_RELAXED, NULL);
  const char *target = absolute != NULL ? absolute : location;
  const char *query = target + strcspn (target, "?#");
  g_autoptr (GString) text = g_string_new_len (target, query - target);
  g_autofree char *asked = g_strndup (query, strcspn (query, "#"));
  g_auto (GStrv) parameters = g_strsplit (asked[0] == '?' ? asked + 1 : "", "&", -1);
  const char *separator = "?";

  for (guint i = 0; parameters[i] != NULL; i++) {
    if (is_of_request (parameters[i]))
      continue;
    g_string_append_printf (text, "%s%s", separator, parameters[i]);
    separator = "&";
  }
  return scep_text_printable (text->str, -1);
}

static void
set_redirected (ScepHttpReply *reply, const char *url, GError **error)
{
  g_autofree char *where = scep_http_describe_url (url);
  g_autofree char *target = scep_http_describe_target (url, reply->location);

  if (reply->proxy != NULL) {
    scep_error_set (error, SCEP_ERROR_HTTP_STATUS,
                    _ ("Through the proxy %s, which %s names, a request for %s was answered with "
                       "HTTP status %u, which sends the client on to %s. Log in there if it is a "
                       "portal; if it is the right place of the SCEP server, set ServerEndpoint to "
                       "it."),
                    scep_proxy_get_name (reply->proxy), scep_proxy_get_variable (reply->proxy),
                    where, reply->status, target);
    return;
  }
  scep_error_set (
      error, SCEP_ERROR_HTTP_STATUS,
      _ ("The SCEP server at %s answered with HTTP status %u and sends the client on to %s. "
         "Redirections are not followed; if that is the right place, set ServerEndpoint to it."),
      where, reply->status, target);
}

static void
set_refused (ScepHttpReply *reply, const char *where, const char *advice, GError **error)
{
  g_autofree char *words = scep_http_words_of_body (reply->body, reply->content_type);
  const char *hint = scep_http_advise (reply->status, words, advice);

  if (words != NULL)
    scep_error_set (error, SCEP_ERROR_HTTP_STATUS,
                    _ ("The SCEP server at %s answered with HTTP status %u, saying “%s”; %s."),
                    where, reply->status, words, hint);
  else
    scep_error_set (error, SCEP_ERROR_HTTP_STATUS,
                    _ ("The SCEP server at %s answered with HTTP status %u; %s."), where,
                    reply->status, hint);
}

/**
 * scep_http_reply_check:
 * @url: what was asked for, for the message
 * @advice: (nullable): what to do about a refusal that does not say what is wrong,
 *   a clause; %NULL where the path may be
 *
 * Whether there is anything to parse: status 200 and a body (RFC 8894, 4.1).
 *
 * Errors: %SCEP_ERROR_HTTP_STATUS for every status but 200, with the server's
 * own words or where it redirects to; %SCEP_ERROR_MALFORMED_REPLY for an empty
 * body.
 *
 * Returns: whether that is so
 */
gboolean
scep_http_reply_check (ScepHttpReply *reply, const char *url, const char *advice, GError **error)
{
  g_autofree char *where = scep_http_describe_url (url);

  if (reply->status == STATUS_OK && g_bytes_get_size (reply->body) > 0)
    return TRUE;
  if (reply->status == STATUS_OK)
    scep_error_set (error, SCEP_ERROR_MALFORMED_REPLY,
                    _ ("The SCEP server at %s answered with success but sent nothing. The reason "
                       "is in the server's log."),
                    where);
  else if (reply->status / 100 == 3 && reply->location != NULL)
    set_redirected (reply, url, error);
  else
    set_refused (reply, where, advice, error);
  return FALSE;
}
