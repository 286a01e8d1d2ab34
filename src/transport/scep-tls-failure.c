/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transport/scep-tls-failure.h"

#include "base/scep-error.h"
#include "base/scep-text.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* GnuTLS verifies no longer chain. */
#define MAX_CHAIN 16

/* Worst first: what makes the others irrelevant. */
static const struct {
  GTlsCertificateFlags flag;
  const char *text;
} tls_reasons[] = {
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

/* What a certificate says of itself, for messages. */
static char *
get_name (GTlsCertificate *certificate, gboolean issuer)
{
  g_autofree char *name = issuer ? g_tls_certificate_get_issuer_name (certificate)
                                 : g_tls_certificate_get_subject_name (certificate);

  return scep_text_printable (name != NULL ? name : "", -1);
}

/* The last of the chain that the server sent, and the number of all. */
static GTlsCertificate *
find_top (GTlsCertificate *certificate, guint *length)
{
  *length = 1;
  for (GTlsCertificate *next = g_tls_certificate_get_issuer (certificate); next != NULL;
       next = g_tls_certificate_get_issuer (certificate)) {
    certificate = next;
    (*length)++;
  }
  return certificate;
}

/* Nobody who is trusted vouches for it: what is missing, as far as that can be seen. */
static void
set_unknown_ca (GError **error, const ScepTransportFailure *failure)
{
  guint length;
  GTlsCertificate *top = find_top (failure->certificate, &length);
  g_autofree char *issuer = get_name (top, TRUE);
  g_autofree char *subject = get_name (top, FALSE);

  if (length == 1 && g_str_equal (issuer, subject))
    scep_error_set (error, SCEP_ERROR_TLS_FAILED,
                    _ ("The TLS certificate of the SCEP server at %s is not accepted: it is "
                       "self-signed. If it is the right one, set TLSCACertificates to it."),
                    failure->where);
  else if (g_str_equal (issuer, subject))
    scep_error_set (error, SCEP_ERROR_TLS_FAILED,
                    _ ("The TLS certificate of the SCEP server at %s is not accepted: it was not "
                       "issued by a trusted authority, but by “%s”. If that is the right one, set "
                       "TLSCACertificates to its certificate."),
                    failure->where, issuer);
  else
    scep_error_set (error, SCEP_ERROR_TLS_FAILED,
                    _ ("The TLS certificate of the SCEP server at %s is not accepted: “%s”, who "
                       "issued it, is not trusted here, and the server did not send the "
                       "certificate of that authority. Let the server send its whole chain, or "
                       "set TLSCACertificates to that authority."),
                    failure->where, issuer);
}

static void
set_not_accepted (GError **error, const ScepTransportFailure *failure)
{
  guint length;

  find_top (failure->certificate, &length);
  if (length > MAX_CHAIN) {
    scep_error_set (
        error, SCEP_ERROR_TLS_FAILED,
        _ ("The TLS certificate of the SCEP server at %s is not accepted: its chain has "
           "%u certificates, and no more than %u are verified. Let the server send "
           "only those that it needs."),
        failure->where, length, MAX_CHAIN);
    return;
  }
  if (failure->tls_errors & G_TLS_CERTIFICATE_UNKNOWN_CA) {
    set_unknown_ca (error, failure);
    return;
  }
  for (guint i = 0; i < G_N_ELEMENTS (tls_reasons); i++) {
    if (failure->tls_errors & tls_reasons[i].flag) {
      scep_error_set (error, SCEP_ERROR_TLS_FAILED,
                      _ ("The TLS certificate of the SCEP server at %s is not accepted: %s."),
                      failure->where, _ (tls_reasons[i].text));
      return;
    }
  }
  g_return_if_reached ();
}

/* What GLib tells in words only. */
static gboolean
is_alert (const GError *cause)
{
  return strstr (cause->message, " alert ") != NULL || strstr (cause->message, "alert:") != NULL;
}

static void
set_no_connection (GError **error, const ScepTransportFailure *failure, const GError *cause)
{
  g_autofree char *detail = scep_text_clause (cause->message);

  if (g_error_matches (cause, G_TLS_ERROR, G_TLS_ERROR_CERTIFICATE_REQUIRED))
    scep_error_set (error, SCEP_ERROR_TLS_FAILED,
                    _ ("The SCEP server at %s demands a TLS client certificate, and none is "
                       "offered. Let it take requests at this path without one: SCEP "
                       "authenticates its messages itself."),
                    failure->where);
  else if (is_alert (cause))
    scep_error_set (error, SCEP_ERROR_TLS_FAILED,
                    _ ("The SCEP server at %s speaks TLS, but ended it with an alert: %s. Look for "
                       "it in the server's log: it may want another TLS version than 1.2 and 1.3, "
                       "other algorithms, another name, or a client certificate, which is not "
                       "offered."),
                    failure->where, detail);
  else if (g_error_matches (cause, G_TLS_ERROR, G_TLS_ERROR_NOT_TLS))
    scep_error_set (error, SCEP_ERROR_TLS_FAILED,
                    _ ("What answers at %s does not speak TLS. Check the port in ServerEndpoint, "
                       "or use http."),
                    failure->where);
  else
    scep_error_set (error, SCEP_ERROR_TLS_FAILED,
                    _ ("No TLS connection to the SCEP server at %s: %s. Check whether the port "
                       "speaks TLS at all."),
                    failure->where, detail);
}

/**
 * scep_tls_failure_set:
 * @failure: with @certificate if a certificate is not accepted
 * @cause: what GLib said
 *
 * Errors: %SCEP_ERROR_TLS_FAILED
 */
void
scep_tls_failure_set (GError **error, const ScepTransportFailure *failure, const GError *cause)
{
  if (failure->certificate != NULL && failure->tls_errors != 0)
    set_not_accepted (error, failure);
  else
    set_no_connection (error, failure, cause);
}
