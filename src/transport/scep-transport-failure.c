/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transport/scep-transport-failure.h"

#include "base/scep-error.h"
#include "base/scep-text.h"
#include "transport/scep-proxy-failure.h"
#include "transport/scep-tls-failure.h"

#include <glib/gi18n-lib.h>
#include <libsoup/soup.h>

static const char *
phase_text (ScepTransportPhase phase)
{
  switch (phase) {
  case SCEP_TRANSPORT_PHASE_CONNECTING:
  case SCEP_TRANSPORT_PHASE_TUNNELING:
    return _ ("No connection to it came about; check the network, the firewall and the port.");
  case SCEP_TRANSPORT_PHASE_SECURING:
    return _ ("It took the connection but did not finish the TLS handshake.");
  case SCEP_TRANSPORT_PHASE_WAITING:
    return _ ("It took the request but did not answer.");
  case SCEP_TRANSPORT_PHASE_READING:
    return _ ("It began to answer but did not finish.");
  case SCEP_TRANSPORT_PHASE_QUEUED:
  default:
    g_return_val_if_reached ("");
  }
}

static void
set_timeout (GError **error, const ScepTransportFailure *failure)
{
  if (failure->deadline > 0)
    scep_error_set (
        error, SCEP_ERROR_TIMEOUT,
        g_dngettext (GETTEXT_PACKAGE, "The SCEP server at %s was not done within %u second. %s",
                     "The SCEP server at %s was not done within %u seconds. %s", failure->deadline),
        failure->where, failure->deadline, phase_text (failure->phase));
  else
    scep_error_set (error, SCEP_ERROR_TIMEOUT, _ ("The SCEP server at %s was not done in time. %s"),
                    failure->where, phase_text (failure->phase));
}

/* The thread did not come to it. */
static void
set_not_sent (GError **error, const ScepTransportFailure *failure)
{
  scep_error_set (
      error, SCEP_ERROR_TIMEOUT,
      g_dngettext (GETTEXT_PACKAGE,
                   "The request to the SCEP server at %s was not sent within %u second, because "
                   "another request kept the service busy. If this happens again, look in the "
                   "journal for another server that does not finish its answers.",
                   "The request to the SCEP server at %s was not sent within %u seconds, because "
                   "another request kept the service busy. If this happens again, look in the "
                   "journal for another server that does not finish its answers.",
                   failure->deadline),
      failure->where, failure->deadline);
}

static void
set_local (GError **error, const ScepTransportFailure *failure)
{
  scep_error_set (
      error, SCEP_ERROR_UNSUPPORTED,
      _ ("The name %s leads to this machine or to a link-local address, so %s is not fetched."),
      failure->host, failure->where);
}

static void
set_unreachable (GError **error, const ScepTransportFailure *failure, const GError *cause)
{
  g_autofree char *detail = scep_text_clause (cause->message);

  if (cause->domain == G_RESOLVER_ERROR)
    scep_error_set (error, SCEP_ERROR_SERVER_UNREACHABLE,
                    _ ("The name %s of the SCEP server could not be looked up: %s. Check "
                       "ServerEndpoint and the name service."),
                    failure->host, detail);
  else if (g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED))
    scep_error_set (error, SCEP_ERROR_SERVER_UNREACHABLE,
                    _ ("The connection to the SCEP server at %s was refused: nothing listens "
                       "there. Check the port in ServerEndpoint and whether the server runs."),
                    failure->where);
  else if (failure->phase >= SCEP_TRANSPORT_PHASE_WAITING)
    scep_error_set (error, SCEP_ERROR_SERVER_UNREACHABLE,
                    failure->phase == SCEP_TRANSPORT_PHASE_READING
                        ? _ ("The SCEP server at %s closed the connection in the middle of its "
                             "answer: %s. Look into its log.")
                        : _ ("The SCEP server at %s closed the connection without an answer: %s. "
                             "Look into its log."),
                    failure->where, detail);
  else
    scep_error_set (error, SCEP_ERROR_SERVER_UNREACHABLE,
                    _ ("The SCEP server at %s cannot be reached: %s. Check the network and "
                       "ServerEndpoint."),
                    failure->where, detail);
}

static void
set_no_http (GError **error, const ScepTransportFailure *failure, const GError *cause)
{
  g_autofree char *detail = scep_text_clause (cause->message);

  scep_error_set (error, SCEP_ERROR_MALFORMED_REPLY,
                  _ ("What answers at %s does not speak HTTP properly: %s. Check ServerEndpoint."),
                  failure->where, detail);
}

static void
set_no_answer (GError **error, const ScepTransportFailure *failure)
{
  scep_error_set (error, SCEP_ERROR_MALFORMED_REPLY,
                  _ ("The SCEP server at %s, or a proxy before it, sends interim answers (HTTP "
                     "status 1xx) without end and no other. Look into its log."),
                  failure->where);
}

static gboolean
is_no_http (const GError *cause)
{
  return g_error_matches (cause, SOUP_SESSION_ERROR, SOUP_SESSION_ERROR_PARSING) ||
         g_error_matches (cause, SOUP_SESSION_ERROR, SOUP_SESSION_ERROR_ENCODING) ||
         g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
}

/* Unless somebody gave it up, or something wrong was said. */
static gboolean
is_of_proxy (const ScepTransportFailure *failure, const GError *cause)
{
  if (failure->proxy_status != 0)
    return TRUE;
  return scep_proxy_failure_blames (failure) && !is_no_http (cause) &&
         (failure->deadline > 0 || !g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_CANCELLED));
}

/**
 * scep_transport_failure_set:
 * @cause: what GLib or libsoup said
 *
 * Says in the project's words and codes why a request failed. A request
 * without a deadline that was cancelled is %SCEP_ERROR_CANCELLED.
 */
void
scep_transport_failure_set (GError **error, const ScepTransportFailure *failure,
                            const GError *cause)
{
  if (failure->local && failure->phase == SCEP_TRANSPORT_PHASE_CONNECTING &&
      !g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    set_local (error, failure);
  else if (failure->phase == SCEP_TRANSPORT_PHASE_QUEUED && failure->deadline > 0)
    set_not_sent (error, failure);
  else if (failure->interim)
    set_no_answer (error, failure);
  else if (is_of_proxy (failure, cause))
    scep_proxy_failure_set (error, failure, cause);
  else if (failure->deadline > 0 || g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    set_timeout (error, failure);
  else if (g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    scep_error_set (error, SCEP_ERROR_CANCELLED,
                    _ ("The request to the SCEP server at %s was cancelled."), failure->where);
  else if (cause->domain == G_TLS_ERROR || failure->tls_errors != 0 ||
           failure->phase == SCEP_TRANSPORT_PHASE_SECURING)
    scep_tls_failure_set (error, failure, cause);
  else if (is_no_http (cause))
    set_no_http (error, failure, cause);
  else
    set_unreachable (error, failure, cause);
}
