/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transport/scep-transport-failure.h"

#include "base/scep-error.h"
#include "base/scep-text.h"

#include <glib/gi18n-lib.h>
#include <libsoup/soup.h>

/* Worst first: what makes the others irrelevant. */
static const struct {
  GTlsCertificateFlags flag;
  const char *text;
} tls_reasons[] = {
  { G_TLS_CERTIFICATE_UNKNOWN_CA, N_ ("it was not issued by a trusted authority; set "
                                      "TLSCACertificates to the authority that did") },
  { G_TLS_CERTIFICATE_BAD_IDENTITY,
    N_ ("it is for another name; use the name in the certificate in ServerEndpoint") },
  { G_TLS_CERTIFICATE_EXPIRED, N_ ("it has expired; renew it on the server, or check this clock") },
  { G_TLS_CERTIFICATE_NOT_ACTIVATED,
    N_ ("it is not valid yet; check the clocks of this machine and of the server") },
  { G_TLS_CERTIFICATE_REVOKED, N_ ("it is revoked; the server needs another one") },
  { G_TLS_CERTIFICATE_GENERIC_ERROR,
    N_ ("it could not be verified, perhaps because an authority of the same name has a new key; "
        "check TLSCACertificates") },
  { G_TLS_CERTIFICATE_INSECURE,
    N_ ("it uses an algorithm that is too weak; the server needs another one") },
};

static void
set_tls_failed (GError **error, const ScepTransportFailure *failure, const GError *cause)
{
  g_autofree char *detail = scep_text_printable (cause->message, -1);

  for (guint i = 0; i < G_N_ELEMENTS (tls_reasons); i++) {
    if (failure->tls_errors & tls_reasons[i].flag) {
      scep_error_set (error, SCEP_ERROR_TLS_FAILED,
                      _ ("The TLS certificate of the SCEP server at %s is not accepted: %s."),
                      failure->where, _ (tls_reasons[i].text));
      return;
    }
  }
  scep_error_set (error, SCEP_ERROR_TLS_FAILED,
                  _ ("No TLS connection to the SCEP server at %s: %s. Check whether the port "
                     "speaks TLS at all."),
                  failure->where, detail);
}

static const char *
phase_text (ScepTransportPhase phase)
{
  switch (phase) {
  case SCEP_TRANSPORT_PHASE_CONNECTING:
    return _ ("No connection to it came about; check the network, the firewall and the port.");
  case SCEP_TRANSPORT_PHASE_SECURING:
    return _ ("It took the connection but did not finish the TLS handshake.");
  case SCEP_TRANSPORT_PHASE_WAITING:
    return _ ("It took the request but did not answer.");
  case SCEP_TRANSPORT_PHASE_READING:
    return _ ("It began to answer but did not finish.");
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
  g_autofree char *detail = scep_text_printable (cause->message, -1);

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
                    _ ("The SCEP server at %s cannot be reached: %s. Check the network and, if "
                       "there is one, the proxy."),
                    failure->where, detail);
}

static void
set_no_http (GError **error, const ScepTransportFailure *failure, const GError *cause)
{
  g_autofree char *detail = scep_text_printable (cause->message, -1);

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

static void
set_proxy_login (GError **error, const ScepTransportFailure *failure, gboolean takes_basic)
{
  if (!takes_basic)
    scep_error_set (error, SCEP_ERROR_SERVER_UNREACHABLE,
                    _ ("The proxy %s wants a login of a kind that the service does not have: it "
                       "sends a user name and a password (Basic). Let the proxy take these."),
                    failure->proxy);
  else if (failure->proxy_authorized)
    scep_error_set (error, SCEP_ERROR_SERVER_UNREACHABLE,
                    _ ("The proxy %s refused the user name or password in %s. Correct them there."),
                    failure->proxy, failure->proxy_variable);
  else
    scep_error_set (error, SCEP_ERROR_SERVER_UNREACHABLE,
                    _ ("The proxy %s wants a user name and a password. Set %s to "
                       "http://USER:PASSWORD@%s."),
                    failure->proxy, failure->proxy_variable, failure->proxy);
}

static void
set_proxy_refused (GError **error, const ScepTransportFailure *failure)
{
  if (failure->proxy_status == SOUP_STATUS_PROXY_AUTHENTICATION_REQUIRED)
    set_proxy_login (error, failure, failure->proxy_takes_basic);
  else
    scep_error_set (error, SCEP_ERROR_SERVER_UNREACHABLE,
                    _ ("The proxy %s did not connect to the SCEP server at %s: it answered with "
                       "HTTP status %u. Check %s and what the proxy allows."),
                    failure->proxy, failure->where, failure->proxy_status, failure->proxy_variable);
}

/* GLib's own words about a proxy that is not asked by HTTP. */
static gboolean
is_proxy_login (const ScepTransportFailure *failure, const GError *cause)
{
  return failure->proxy != NULL &&
         (g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_PROXY_AUTH_FAILED) ||
          g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_PROXY_NEED_AUTH));
}

static gboolean
is_no_http (const GError *cause)
{
  return g_error_matches (cause, SOUP_SESSION_ERROR, SOUP_SESSION_ERROR_PARSING) ||
         g_error_matches (cause, SOUP_SESSION_ERROR, SOUP_SESSION_ERROR_ENCODING) ||
         g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
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
  else if (failure->interim)
    set_no_answer (error, failure);
  else if (failure->proxy_status != 0)
    set_proxy_refused (error, failure);
  else if (is_proxy_login (failure, cause))
    set_proxy_login (error, failure, TRUE);
  else if (failure->deadline > 0 || g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    set_timeout (error, failure);
  else if (g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    scep_error_set (error, SCEP_ERROR_CANCELLED,
                    _ ("The request to the SCEP server at %s was cancelled."), failure->where);
  else if (cause->domain == G_TLS_ERROR || failure->tls_errors != 0 ||
           failure->phase == SCEP_TRANSPORT_PHASE_SECURING)
    set_tls_failed (error, failure, cause);
  else if (is_no_http (cause))
    set_no_http (error, failure, cause);
  else
    set_unreachable (error, failure, cause);
}
