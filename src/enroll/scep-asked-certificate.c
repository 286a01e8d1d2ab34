/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-asked-certificate.h"

#include "base/scep-error.h"
#include "codec/scep-name.h"
#include "codec/scep-serial.h"

#include <glib/gi18n-lib.h>

static gboolean
is_asked (ScepCertificate *certificate, const ScepAskedQuestion *question)
{
  return g_bytes_equal (scep_certificate_get_serial_der (certificate), question->serial) &&
         scep_name_equal (scep_certificate_get_issuer_der (certificate), question->issuer);
}

static void
report_other (GPtrArray *certificates, const ScepAskedQuestion *question, GError **error)
{
  g_autofree char *serial = scep_serial_to_string (question->serial);

  if (certificates->len == 0)
    scep_error_set (
        error, SCEP_ERROR_CERTIFICATE_MISMATCH,
        _ ("The SCEP server at %s says that it has the certificate with serial number %s, "
           "but its answer holds none; look at the server's log."),
        question->host, serial);
  else
    scep_error_set (
        error, SCEP_ERROR_CERTIFICATE_MISMATCH,
        _ ("The SCEP server at %s was asked for the certificate with serial number %s and sent "
           "another one, with serial number %s issued by “%s”; it is refused. Look at the server's "
           "log."),
        question->host, serial, scep_certificate_get_serial (g_ptr_array_index (certificates, 0)),
        scep_certificate_get_issuer (g_ptr_array_index (certificates, 0)));
}

static gboolean
check_issuer (ScepCertificate *asked, const ScepAskedQuestion *question, GError **error)
{
  ScepDigest digest;

  if (scep_certificate_find_issuer (asked, question->cas, &digest) == NULL) {
    scep_error_set (
        error, SCEP_ERROR_SIGNATURE_INVALID,
        _ ("The SCEP server at %s sent a certificate with serial number %s that names “%s” as its "
           "issuer, but none of the CA certificates that are trusted now signed it; it is "
           "refused."),
        question->host, scep_certificate_get_serial (asked), scep_certificate_get_issuer (asked));
    return FALSE;
  }
  if (scep_policy_check_certificate_digest (question->policy, digest) == SCEP_VERDICT_REFUSED) {
    scep_error_set (error, SCEP_ERROR_WEAK_ALGORITHM,
                    _ ("The certificate with serial number %s is signed with %s, which "
                       "AlgorithmPolicy “%s” refuses."),
                    scep_certificate_get_serial (asked), scep_digest_get_name (digest),
                    scep_policy_to_string (question->policy));
    return FALSE;
  }
  return TRUE;
}

/**
 * scep_asked_certificate_find:
 * @certificates: (element-type ScepCertificate): what the answer to a GetCert
 *   held, in any order
 *
 * Takes the certificate that was asked for and nothing else of the answer
 * (RFC 8894 section 4.5): serial number and issuer are those of the question,
 * and a CA that is trusted signed it. Slow: for a worker.
 *
 * Returns: (transfer full) (nullable): the certificate, or %NULL with
 *   %SCEP_ERROR_CERTIFICATE_MISMATCH, %SCEP_ERROR_SIGNATURE_INVALID or
 *   %SCEP_ERROR_WEAK_ALGORITHM
 */
ScepCertificate *
scep_asked_certificate_find (GPtrArray *certificates, const ScepAskedQuestion *question,
                             GError **error)
{
  for (guint i = 0; i < certificates->len; i++) {
    ScepCertificate *certificate = g_ptr_array_index (certificates, i);

    if (is_asked (certificate, question))
      return check_issuer (certificate, question, error) ? g_object_ref (certificate) : NULL;
  }
  report_other (certificates, question, error);
  return NULL;
}
