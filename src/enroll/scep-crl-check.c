/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-crl-check.h"

#include "base/scep-error.h"
#include "base/scep-text.h"
#include "transport/scep-local-address.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* A CRL that does not say when the next one comes is good for so long, in seconds. */
#define MAX_AGE (31 * 24 * 60 * 60)

#define URI_FLAGS (G_URI_FLAGS_ENCODED | G_URI_FLAGS_HAS_PASSWORD)

static gboolean
check_signed_by (ScepCrl *crl, ScepCertificate *signer, ScepPolicy policy, GError **error)
{
  ScepDigest digest;
  guint usage;

  if (!scep_crl_is_issued_by (crl, signer, &digest, error))
    return FALSE;
  if (scep_certificate_get_key_usage (signer, &usage) && (usage & GNUTLS_KEY_CRL_SIGN) == 0) {
    scep_error_set (
        error, SCEP_ERROR_UNTRUSTED_CA,
        _ ("The CRL is signed by “%s”, whose certificate does not allow it to sign CRLs."),
        scep_certificate_get_subject (signer));
    return FALSE;
  }
  if (scep_policy_check_certificate_digest (policy, digest) == SCEP_VERDICT_REFUSED) {
    scep_error_set (error, SCEP_ERROR_WEAK_ALGORITHM,
                    _ ("The CRL of “%s” is signed with %s, which AlgorithmPolicy “%s” refuses."),
                    scep_crl_get_issuer (crl), scep_digest_get_name (digest),
                    scep_policy_to_string (policy));
    return FALSE;
  }
  return TRUE;
}

/* A certificate that says so itself: of one without keyUsage only the name would be known. */
static gboolean
is_crl_signer (ScepCertificate *certificate)
{
  guint usage;

  return scep_certificate_is_ca (certificate) &&
         scep_certificate_get_key_usage (certificate, &usage) && (usage & GNUTLS_KEY_CRL_SIGN) != 0;
}

/* After a rollover the CA's other key signs for what this one issued. Another CA does not,
 * however much it is trusted: its CRL says nothing of this one's certificates. */
static gboolean
check_signature (ScepCrl *crl, ScepCertificate *issuer, const ScepCrlQuestion *question,
                 GError **error)
{
  g_autoptr (GError) why = NULL;

  if (check_signed_by (crl, issuer, question->policy, &why))
    return TRUE;
  for (guint i = 0; scep_crl_names_issuer (crl, issuer) && i < question->cas->len; i++) {
    ScepCertificate *other = g_ptr_array_index (question->cas, i);

    if (is_crl_signer (other) && check_signed_by (crl, other, question->policy, NULL))
      return TRUE;
  }
  g_propagate_error (error, g_steal_pointer (&why));
  return FALSE;
}

/* @early: it begins later than now; else it ended before */
static gboolean
refuse_date (ScepCrl *crl, gboolean early, gint64 seconds, GError **error)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (seconds);
  g_autofree char *text = g_date_time_format (time, "%F %T UTC");

  scep_error_set (error, SCEP_ERROR_MALFORMED_REPLY,
                  early ? _ ("The CRL of “%s” begins only at %s; check that the CA publishes CRLs, "
                             "and this machine's clock.")
                        : _ ("The CRL of “%s” was to be replaced by %s; check that the CA "
                             "publishes CRLs, and this machine's clock."),
                  scep_crl_get_issuer (crl), text);
  return FALSE;
}

static gboolean
check_dates (ScepCrl *crl, gint64 now, GError **error)
{
  gint64 this_update = scep_crl_get_this_update (crl);
  gint64 next_update = scep_crl_get_next_update (crl);

  if (this_update > now + SCEP_CRL_MAX_AHEAD)
    return refuse_date (crl, TRUE, this_update, error);
  if (next_update == 0)
    next_update = this_update + MAX_AGE;
  if (next_update + SCEP_CRL_MAX_AHEAD < now)
    return refuse_date (crl, FALSE, next_update, error);
  return TRUE;
}

/* An older one may be played back by somebody who wants a revocation forgotten. */
static gboolean
check_order (ScepCrl *crl, ScepCertificate *issuer, const ScepCrlSeen *seen, GError **error)
{
  const char *number = scep_crl_get_number (crl);
  gboolean older;

  if (g_strcmp0 (seen->issuer, scep_certificate_get_fingerprint (issuer)) != 0)
    return TRUE;
  older = scep_crl_get_this_update (crl) < seen->this_update;
  if (seen->number != NULL)
    older = older || number == NULL || scep_crl_number_compare (number, seen->number) < 0;
  if (!older)
    return TRUE;
  scep_error_set (
      error, SCEP_ERROR_MALFORMED_REPLY,
      _ ("The CRL of “%s” is older than one that was seen before; somebody may have replayed it."),
      scep_crl_get_issuer (crl));
  return FALSE;
}

/**
 * scep_crl_check:
 *
 * Whether the CRL is believed and covers the certificate (RFC 5280 section
 * 6.3.3): made by the CA that issued it, for one of its distribution points, in time,
 * and not older than the last one. Slow: for a worker.
 *
 * Returns: whether that is so; else @error is %SCEP_ERROR_UNTRUSTED_CA,
 *   %SCEP_ERROR_CERTIFICATE_MISMATCH, %SCEP_ERROR_SIGNATURE_INVALID,
 *   %SCEP_ERROR_WEAK_ALGORITHM or %SCEP_ERROR_MALFORMED_REPLY
 */
gboolean
scep_crl_check (ScepCrl *crl, const ScepCrlQuestion *question, GError **error)
{
  ScepDigest digest;
  ScepCertificate *issuer =
      scep_certificate_find_issuer (question->certificate, question->cas, &digest);

  if (issuer == NULL) {
    scep_error_set (error, SCEP_ERROR_UNTRUSTED_CA,
                    _ ("The certificate was issued by “%s”, which is not among the CA certificates "
                       "that are trusted now; its CRL cannot be verified."),
                    scep_certificate_get_issuer (question->certificate));
    return FALSE;
  }
  return check_signature (crl, issuer, question, error) &&
         scep_crl_covers (crl, question->certificate, error) &&
         check_dates (crl, question->now, error) &&
         check_order (crl, issuer, &question->seen, error);
}

static gboolean
refuse_url (const char *url, const char *why, GError **error)
{
  g_autofree char *shown = scep_text_printable (url, -1);

  scep_error_set (error, SCEP_ERROR_UNSUPPORTED,
                  _ ("The certificate says that its CRL is at %s, which is not asked: %s."), shown,
                  why);
  return FALSE;
}

/* Where the SCEP server is, somebody has configured that. */
static gboolean
is_trusted_place (GUri *uri, GUri *server)
{
  const char *host = server != NULL ? g_uri_get_host (server) : NULL;

  return host != NULL && (scep_local_address_check_host (host) ||
                          g_ascii_strcasecmp (host, g_uri_get_host (uri)) == 0);
}

/**
 * scep_crl_url_check:
 * @url: a distribution point of a certificate
 * @endpoint: the ServerEndpoint setting
 * @refuse_local: (out): whether a name in it must not lead to this machine or
 *   its link, see #ScepHttpRequest
 *
 * A certificate is not to send this machine anywhere: http and https only, no
 * user name, and neither this machine nor its link unless the SCEP server is
 * there too.
 *
 * Returns: whether @url may be asked, else @error is %SCEP_ERROR_UNSUPPORTED
 */
gboolean
scep_crl_url_check (const char *url, const char *endpoint, gboolean *refuse_local, GError **error)
{
  g_autoptr (GUri) uri = g_uri_parse (url, URI_FLAGS, NULL);
  g_autoptr (GUri) server = g_uri_parse (endpoint, URI_FLAGS, NULL);

  if (uri == NULL || g_uri_get_host (uri) == NULL || g_uri_get_host (uri)[0] == '\0')
    return refuse_url (_ ("a place that is no URL"), _ ("nobody could ask there"), error);
  if (g_uri_get_userinfo (uri) != NULL)
    return refuse_url (g_uri_get_host (uri), _ ("the URL has a user name in it"), error);
  if (strcmp (g_uri_get_scheme (uri), "http") != 0 && strcmp (g_uri_get_scheme (uri), "https") != 0)
    return refuse_url (url, _ ("it is neither http nor https"), error);
  *refuse_local = !is_trusted_place (uri, server);
  if (*refuse_local && scep_local_address_check_host (g_uri_get_host (uri)))
    return refuse_url (url, _ ("it leads to this machine or to a link-local address"), error);
  return TRUE;
}
