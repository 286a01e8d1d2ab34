/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-hresult.h"

#include <glib/gi18n-lib.h>

typedef struct {
  guint32 value;
  const char *name;   /* as winerror.h and Microsoft's documents spell it */
  const char *advice; /* what it means here, and what to do */
} HResult;

/* What NDES and the CA behind it are known to refuse a request with. */
static const HResult hresults[] = {
  { 0x80070005, "E_ACCESSDENIED",
    N_ ("the account that NDES runs as must be permitted to enroll for the certificate template") },
  { 0x80070057, "E_INVALIDARG",
    N_ ("NDES can make nothing of the request: check the path in ServerEndpoint, and set a fresh "
        "ChallengePassword from its administrator's page") },
  { 0x800706ba, "RPC_S_SERVER_UNAVAILABLE",
    N_ ("NDES does not reach its CA: the CA's service must run, and NDES be able to connect to "
        "it") },
  { 0x80092013, "CRYPT_E_REVOCATION_OFFLINE",
    N_ ("the CA cannot check for revocation: a CRL is not to be had or has expired there") },
  { 0x8009310b, "CRYPT_E_ASN1_BADTAG",
    N_ ("NDES could not decode the request; see the events of NDES") },
  { 0x80094001, "CERTSRV_E_BAD_REQUESTSUBJECT",
    N_ ("the CA finds the subject invalid or too long; check SubjectDN") },
  { 0x80094006, "CERTSRV_E_SERVER_SUSPENDED",
    N_ ("the CA's service is paused; its operator must resume it") },
  { 0x80094011, "CERTSRV_E_ENROLL_DENIED",
    N_ ("the account that NDES runs as may not request certificates from the CA; the CA's operator "
        "must permit that") },
  { 0x80094012, "CERTSRV_E_TEMPLATE_DENIED",
    N_ ("the account that NDES runs as must be permitted to enroll for the certificate template") },
  { 0x80094014, "CERTSRV_E_ADMIN_DENIED_REQUEST",
    N_ ("the CA's operator denied the request; ask there") },
  { 0x80094800, "CERTSRV_E_UNSUPPORTED_CERT_TYPE",
    N_ ("the CA does not issue that certificate template; check CertificateTemplate, and which "
        "templates the CA and NDES are set to") },
  { 0x80094801, "CERTSRV_E_NO_CERT_TYPE",
    N_ ("the CA misses the certificate template; set CertificateTemplate, or the template in the "
        "registry of NDES") },
  { 0x80094802, "CERTSRV_E_TEMPLATE_CONFLICT",
    N_ ("NDES is set to another certificate template than CertificateTemplate asks for; set both "
        "to the same one") },
  { 0x80094803, "CERTSRV_E_SUBJECT_ALT_NAME_REQUIRED",
    N_ ("the certificate template demands a subject alternative name; set SubjectAltNames") },
  { 0x80094809, "CERTSRV_E_SIGNATURE_POLICY_REQUIRED",
    N_ ("the certificate template demands a further signature; NDES cannot be used with it") },
  { 0x8009480d, "CERTSRV_E_SUBJECT_UPN_REQUIRED",
    N_ ("the certificate template demands a UPN; add one to SubjectAltNames") },
  { 0x8009480f, "CERTSRV_E_SUBJECT_DNS_REQUIRED",
    N_ ("the certificate template demands a DNS name; add one to SubjectAltNames") },
  { 0x80094811, "CERTSRV_E_KEY_LENGTH",
    N_ ("the key is shorter than the certificate template demands; raise RSAKeyLength") },
  { 0x80094812, "CERTSRV_E_SUBJECT_EMAIL_REQUIRED",
    N_ ("the certificate template demands an e-mail address; add one to SubjectAltNames") },
};

static const HResult *
find (guint32 value)
{
  for (guint i = 0; i < G_N_ELEMENTS (hresults); i++) {
    if (hresults[i].value == value)
      return &hresults[i];
  }
  return NULL;
}

/**
 * scep_hresult_describe:
 * @decimal: an HRESULT as NDES sends it, a decimal number with or without sign
 *
 * Returns: (transfer full) (nullable): a sentence with a blank before it that
 *   names the error and, where it is a known one, says what to do; %NULL if
 *   @decimal is no HRESULT
 */
char *
scep_hresult_describe (const char *decimal)
{
  const HResult *known;
  gint64 value;

  if (!g_ascii_string_to_signed (decimal, 10, G_MININT32, G_MAXUINT32, &value, NULL))
    return NULL;
  known = find ((guint32) value);
  if (known == NULL)
    return g_strdup_printf (_ (" (Windows error 0x%08X)"), (guint32) value);
  /* TRANSLATORS: the number and the name of the error, and what it means */
  return g_strdup_printf (_ (" Windows error 0x%08X (%s): %s."), (guint32) value, known->name,
                          _ (known->advice));
}
