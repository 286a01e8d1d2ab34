/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-endpoint.h"

#include "base/scep-error.h"
#include "base/scep-text.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define DEFAULT_PATH "/cgi-bin/pkiclient.exe"
#define MAX_URL 2048

#define URI_FLAGS (G_URI_FLAGS_ENCODED | G_URI_FLAGS_HAS_PASSWORD)

static const struct {
  const char *name;
  gsize max_reply; /* bytes */
} operations[] = {
  [SCEP_OPERATION_GET_CA_CAPS] = { "GetCACaps", 16 * 1024 },
  [SCEP_OPERATION_GET_CA_CERT] = { "GetCACert", 256 * 1024 },
  [SCEP_OPERATION_GET_NEXT_CA_CERT] = { "GetNextCACert", 256 * 1024 },
  [SCEP_OPERATION_PKI] = { "PKIOperation", 1024 * 1024 },
};

static gboolean
refuse (const char *url, const char *why, GError **error)
{
  g_autofree char *shown = scep_text_printable (url, -1);

  scep_error_set (
      error, SCEP_ERROR_INVALID_SETTING,
      _ ("ServerEndpoint: “%s” cannot be used: %s; write it like http://ca.example.org/scep"),
      shown, why);
  return FALSE;
}

/* The URL is not shown: it holds a password. */
static gboolean
refuse_user_info (GUri *uri, GError **error)
{
  g_autofree char *host = scep_text_printable (g_uri_get_host (uri), -1);

  scep_error_set (error, SCEP_ERROR_INVALID_SETTING,
                  _ ("ServerEndpoint: the URL of %s must not hold a user name or password; leave "
                     "out what is before the “@”"),
                  host);
  return FALSE;
}

/* Only characters that RFC 3986 allows: what is checked is what is sent. */
static gboolean
has_only_url_characters (const char *url)
{
  for (const char *p = url; *p != '\0'; p++) {
    if (!g_ascii_isgraph (*p) || strchr ("\"<>\\^`{|}", *p) != NULL)
      return FALSE;
  }
  return TRUE;
}

/* The name of a parameter: what is before the “=”, decoded. */
static gboolean
is_parameter (const char *text, const char *name)
{
  g_autofree char *decoded = g_uri_unescape_segment (text, text + strcspn (text, "="), NULL);

  return decoded != NULL && g_ascii_strcasecmp (decoded, name) == 0;
}

/* A server that finds two of them takes the first one, or none. */
static gboolean
check_query (GUri *uri, const char *url, GError **error)
{
  const char *query = g_uri_get_query (uri);
  g_auto (GStrv) parameters = g_strsplit (query != NULL ? query : "", "&", -1);

  for (guint i = 0; parameters[i] != NULL; i++) {
    if (is_parameter (parameters[i], "operation"))
      return refuse (
          url, _ ("“operation=” is added by the service with each request; leave it out"), error);
    if (is_parameter (parameters[i], "message"))
      return refuse (url,
                     _ ("“message=” is added by the service with each request; leave it out, and "
                        "set CAIdentifier if it was to name the CA"),
                     error);
  }
  return TRUE;
}

static gboolean
check_uri (GUri *uri, const char *url, GError **error)
{
  if (strcmp (g_uri_get_scheme (uri), "http") != 0 && strcmp (g_uri_get_scheme (uri), "https") != 0)
    return refuse (url, _ ("it begins with neither http:// nor https://"), error);
  if (g_uri_get_userinfo (uri) != NULL)
    return refuse_user_info (uri, error);
  if (g_uri_get_fragment (uri) != NULL)
    return refuse (url, _ ("it must not have a fragment (“#…”)"), error);
  if (g_uri_get_host (uri) == NULL || g_uri_get_host (uri)[0] == '\0')
    return refuse (url, _ ("it names no host"), error);
  if (g_uri_get_port (uri) == 0)
    return refuse (url, _ ("it has port 0"), error);
  return check_query (uri, url, error);
}

/* GLib reads a zone as RFC 6874 has it, and writes it as nobody reads it. */
static char *
join (GUri *uri, const char *path)
{
  const char *host = g_uri_get_host (uri);
  const char *zone = strchr (host, ':') != NULL ? strchr (host, '%') : NULL;
  g_autofree char *escaped = NULL;

  if (zone != NULL)
    escaped = g_strdup_printf ("%.*s%%25%s", (int) (zone - host), host, zone + 1);
  return g_uri_join (URI_FLAGS, g_uri_get_scheme (uri), NULL, escaped != NULL ? escaped : host,
                     g_uri_get_port (uri), path, g_uri_get_query (uri), NULL);
}

static const char *
explain_unreadable (const char *url)
{
  const char *bracket = strchr (url, '[');
  const char *zone = bracket != NULL ? strpbrk (bracket, "%]") : NULL;

  if (zone != NULL && *zone == '%')
    return _ ("the zone of an IPv6 address is written like “[fe80::1%25eth0]”");
  return _ ("it is not a URL");
}

/**
 * scep_endpoint_normalize:
 * @url: as somebody typed it
 *
 * Path, query and the zone of an IPv6 address are kept; an empty path or "/"
 * becomes the RFC's default (RFC 8894 section 4.1).
 *
 * Returns: (transfer full) (nullable): the URL of the server, or %NULL with
 *   %SCEP_ERROR_INVALID_SETTING
 */
char *
scep_endpoint_normalize (const char *url, GError **error)
{
  g_autofree char *trimmed = g_strstrip (g_strdup (url));
  g_autoptr (GUri) uri = NULL;
  const char *path;

  if (strlen (trimmed) > MAX_URL) {
    refuse (trimmed, _ ("it is longer than 2048 characters"), error);
    return NULL;
  }
  if (!has_only_url_characters (trimmed)) {
    refuse (trimmed, _ ("it has a character that no URL can have"), error);
    return NULL;
  }
  uri = g_uri_parse (trimmed, URI_FLAGS, NULL);
  if (uri == NULL) {
    refuse (trimmed, explain_unreadable (trimmed), error);
    return NULL;
  }
  if (!check_uri (uri, trimmed, error))
    return NULL;

  path = g_uri_get_path (uri);
  if (path[0] == '\0' || strcmp (path, "/") == 0)
    path = DEFAULT_PATH;
  return join (uri, path);
}

static char *
append_query (const char *endpoint, ScepOperation operation)
{
  const char *separator = "?";

  if (strchr (endpoint, '?') != NULL)
    separator = g_str_has_suffix (endpoint, "?") || g_str_has_suffix (endpoint, "&") ? "" : "&";
  return g_strconcat (endpoint, separator, "operation=", operations[operation].name, NULL);
}

/**
 * scep_endpoint_get_url:
 * @endpoint: the ServerEndpoint setting
 * @operation: what is asked; a message of %SCEP_OPERATION_PKI is posted there
 * @message: (nullable): the CAIdentifier setting, where it is to be sent; ""
 *   is none
 *
 * Returns: (transfer full): the URL (RFC 8894 section 4.1)
 */
char *
scep_endpoint_get_url (const char *endpoint, ScepOperation operation, const char *message)
{
  g_autofree char *url = append_query (endpoint, operation);
  g_autofree char *escaped = NULL;

  if (message == NULL || message[0] == '\0')
    return g_steal_pointer (&url);
  escaped = g_uri_escape_string (message, NULL, FALSE);
  return g_strconcat (url, "&message=", escaped, NULL);
}

/**
 * scep_endpoint_get_message_url:
 * @endpoint: the ServerEndpoint setting
 * @message: a pkiMessage
 *
 * For servers that know no POST (RFC 8894 section 4.1): base64 with every
 * character escaped that a server could misread.
 *
 * Returns: (transfer full) (nullable): the URL, or %NULL with
 *   %SCEP_ERROR_UNSUPPORTED if it would be too long
 */
char *
scep_endpoint_get_message_url (const char *endpoint, GBytes *message, GError **error)
{
  gsize length;
  gconstpointer data = g_bytes_get_data (message, &length);
  g_autofree char *base64 = g_base64_encode (data, length);
  g_autofree char *url = scep_endpoint_get_url (endpoint, SCEP_OPERATION_PKI, base64);
  g_autofree char *host = NULL;

  if (strlen (url) <= SCEP_ENDPOINT_MAX_GET)
    return g_steal_pointer (&url);

  host = scep_endpoint_get_host (endpoint);
  scep_error_set (error, SCEP_ERROR_UNSUPPORTED,
                  _ ("The SCEP server at %s takes messages only as GET, and this one is too long "
                     "for a URL; enable POSTPKIOperation on the server, or ask for less"),
                  host);
  return NULL;
}

/**
 * scep_endpoint_get_max_reply:
 *
 * Returns: how many bytes a reply to @operation may have
 */
gsize
scep_endpoint_get_max_reply (ScepOperation operation)
{
  return operations[operation].max_reply;
}

/**
 * scep_endpoint_get_host:
 * @endpoint: the ServerEndpoint setting
 *
 * Returns: (transfer full): the server as a message names it: its host, with
 *   the port where it is not the usual one
 */
char *
scep_endpoint_get_host (const char *endpoint)
{
  g_autoptr (GUri) uri = g_uri_parse (endpoint, URI_FLAGS, NULL);
  g_autofree char *host = NULL;

  if (uri == NULL || g_uri_get_host (uri) == NULL)
    return g_strdup (_ ("(no server)"));
  if (strchr (g_uri_get_host (uri), ':') != NULL)
    host = g_strconcat ("[", g_uri_get_host (uri), "]", NULL);
  else
    host = g_strdup (g_uri_get_host (uri));
  if (g_uri_get_port (uri) == -1)
    return g_steal_pointer (&host);
  return g_strdup_printf ("%s:%d", host, g_uri_get_port (uri));
}

/**
 * scep_endpoint_is_https:
 *
 * Returns: whether TLS authenticates the server
 */
gboolean
scep_endpoint_is_https (const char *endpoint)
{
  return g_ascii_strncasecmp (endpoint, "https:", strlen ("https:")) == 0;
}

/**
 * scep_endpoint_get_advice:
 * @listed: whether GetCACaps has brought capabilities from the same endpoint
 *
 * Returns: (nullable): what to do where @operation is refused by a status that does
 *   not say what is wrong, a clause; %NULL where the path may be
 */
const char *
scep_endpoint_get_advice (ScepOperation operation, gboolean listed)
{
  if (!listed || operation == SCEP_OPERATION_GET_CA_CAPS)
    return NULL;
  if (operation == SCEP_OPERATION_PKI)
    return _ ("the path is right, because GetCACaps is answered there: the server refuses the "
              "message itself, and its log has the reason");
  return _ ("the path is right, because GetCACaps is answered there: check CAIdentifier, and look "
            "into the server's log");
}
