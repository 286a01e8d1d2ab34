/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What goes wrong with a proxy is named as the proxy's, with the variable that names it. */
#include "transport/scep-proxy-failure.h"

#include "base/scep-error.h"
#include "base/scep-text.h"
#include "transport/scep-http-reply-private.h"

#include <glib/gi18n-lib.h>
#include <libsoup/soup.h>

/**
 * scep_proxy_failure_blames:
 *
 * Returns: whether the proxy is what failed: nobody got beyond it, or all that was
 *   heard came from it
 */
gboolean
scep_proxy_failure_blames (const ScepTransportFailure *failure)
{
  return failure->proxy != NULL && (failure->phase < SCEP_TRANSPORT_PHASE_SECURING ||
                                    g_str_has_prefix (failure->where, "http:"));
}

static void
set_timeout (GError **error, const ScepTransportFailure *failure)
{
  const char *name = scep_proxy_get_name (failure->proxy);
  const char *variable = scep_proxy_get_variable (failure->proxy);

  if (failure->phase == SCEP_TRANSPORT_PHASE_CONNECTING)
    scep_error_set (error, SCEP_ERROR_TIMEOUT,
                    _ ("The proxy %s, which %s names, accepted no connection in time. Check the "
                       "network, and whether the proxy runs."),
                    name, variable);
  else if (failure->phase == SCEP_TRANSPORT_PHASE_TUNNELING)
    scep_error_set (error, SCEP_ERROR_TIMEOUT,
                    _ ("The proxy %s, which %s names, made no connection to %s in time. Look into "
                       "its log."),
                    name, variable, failure->where);
  else
    scep_error_set (error, SCEP_ERROR_TIMEOUT,
                    _ ("The proxy %s, which %s names, brought no whole answer of %s in time. Look "
                       "into its log, and into that of the server."),
                    name, variable, failure->where);
}

static void
set_unreachable (GError **error, const ScepTransportFailure *failure, const GError *cause)
{
  const char *name = scep_proxy_get_name (failure->proxy);
  const char *variable = scep_proxy_get_variable (failure->proxy);
  g_autofree char *detail = scep_text_clause (cause->message);

  if (cause->domain == G_RESOLVER_ERROR)
    scep_error_set (
        error, SCEP_ERROR_SERVER_UNREACHABLE,
        _ ("The name of the proxy %s, which %s names, could not be looked up: %s. Check "
           "the variable and the name service."),
        name, variable, detail);
  else if (g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED))
    scep_error_set (error, SCEP_ERROR_SERVER_UNREACHABLE,
                    _ ("The connection to the proxy %s, which %s names, was refused: nothing "
                       "listens there. Check the variable, and whether the proxy runs."),
                    name, variable);
  else if (failure->phase == SCEP_TRANSPORT_PHASE_CONNECTING)
    scep_error_set (error, SCEP_ERROR_SERVER_UNREACHABLE,
                    _ ("The proxy %s, which %s names, cannot be reached: %s. Check the network and "
                       "the variable."),
                    name, variable, detail);
  else
    scep_error_set (error, SCEP_ERROR_SERVER_UNREACHABLE,
                    _ ("The proxy %s, which %s names, closed the connection when it was asked for "
                       "%s: %s. Look into its log."),
                    name, variable, failure->where, detail);
}

static void
set_login (GError **error, const ScepTransportFailure *failure, gboolean takes_basic)
{
  const char *name = scep_proxy_get_name (failure->proxy);
  const char *variable = scep_proxy_get_variable (failure->proxy);

  if (!takes_basic)
    scep_error_set (error, SCEP_ERROR_SERVER_UNREACHABLE,
                    _ ("The proxy %s, which %s names, wants a login of a kind that the service "
                       "does not have: it sends a user name and a password (Basic). Let the proxy "
                       "take these, or admit this machine without."),
                    name, variable);
  else if (scep_proxy_get_authorization (failure->proxy) != NULL)
    scep_error_set (error, SCEP_ERROR_SERVER_UNREACHABLE,
                    _ ("The proxy %s refused the user name or password in %s. Correct them there."),
                    name, variable);
  else
    scep_error_set (error, SCEP_ERROR_SERVER_UNREACHABLE,
                    _ ("The proxy %s wants a user name and a password. Set %s to "
                       "http://USER:PASSWORD@%s."),
                    name, variable, name);
}

/* The proxy answered what the server was to answer. */
static void
set_refused (GError **error, const ScepTransportFailure *failure)
{
  const char *name = scep_proxy_get_name (failure->proxy);
  const char *variable = scep_proxy_get_variable (failure->proxy);
  g_autofree char *target = NULL;

  if (failure->proxy_status == SOUP_STATUS_PROXY_AUTHENTICATION_REQUIRED) {
    set_login (error, failure, failure->proxy_takes_basic);
  } else if (failure->proxy_status / 100 == 3 && failure->proxy_location != NULL) {
    target = scep_http_describe_target (failure->where, failure->proxy_location);
    scep_error_set (error, SCEP_ERROR_SERVER_UNREACHABLE,
                    _ ("The proxy %s, which %s names, sends the client on to %s instead of "
                       "connecting to %s (HTTP status %u). Log in there if it is a portal, or use "
                       "another proxy."),
                    name, variable, target, failure->where, failure->proxy_status);
  } else if (failure->proxy_status >= 500) {
    scep_error_set (error, SCEP_ERROR_SERVER_UNREACHABLE,
                    _ ("The proxy %s, which %s names, could not connect to %s (HTTP status %u). "
                       "Check ServerEndpoint, and whether the server runs; the proxy's log has the "
                       "reason."),
                    name, variable, failure->where, failure->proxy_status);
  } else {
    scep_error_set (error, SCEP_ERROR_SERVER_UNREACHABLE,
                    _ ("The proxy %s, which %s names, refused to connect to %s (HTTP status %u). "
                       "Let it admit this machine to that host and port, or write the host into "
                       "no_proxy."),
                    name, variable, failure->where, failure->proxy_status);
  }
}

/* GLib's own words about a proxy that is not asked by HTTP. */
static gboolean
is_login (const GError *cause)
{
  return g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_PROXY_AUTH_FAILED) ||
         g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_PROXY_NEED_AUTH);
}

/**
 * scep_proxy_failure_set:
 * @failure: one that scep_proxy_failure_blames()
 * @cause: (nullable): what GLib or libsoup said; %NULL only where the proxy refused
 *
 * Errors: %SCEP_ERROR_TIMEOUT, %SCEP_ERROR_SERVER_UNREACHABLE
 */
void
scep_proxy_failure_set (GError **error, const ScepTransportFailure *failure, const GError *cause)
{
  if (failure->proxy_status != 0)
    set_refused (error, failure);
  else if (is_login (cause))
    set_login (error, failure, TRUE);
  else if (failure->deadline > 0 || g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    set_timeout (error, failure);
  else
    set_unreachable (error, failure, cause);
}

/**
 * scep_proxy_failure_set_unusable:
 *
 * The value is not shown: it may hold a password.
 *
 * Errors: %SCEP_ERROR_SERVER_UNREACHABLE
 */
void
scep_proxy_failure_set_unusable (GError **error, ScepProxy *proxy)
{
  scep_error_set (error, SCEP_ERROR_SERVER_UNREACHABLE,
                  _ ("The value of the variable %s is not a proxy that the service can use. Write "
                     "it like http://proxy.example:3128, or leave the variable out."),
                  scep_proxy_get_variable (proxy));
}
