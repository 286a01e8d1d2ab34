/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-next-ca.h"

#include "base/scep-error.h"

#include "codec/scep-body.h"
#include "codec/scep-ca-bundle.h"
#include "codec/scep-cms.h"
#include "codec/scep-signed-data.h"

#include <glib/gi18n-lib.h>

static ScepSignedData *
verify_signature (GBytes *ber, ScepCertificate *ca, ScepPolicy policy, GError **error)
{
  g_autoptr (ScepSignedData) message = scep_signed_data_parse_nested (ber, error);
  g_autoptr (GPtrArray) signers = g_ptr_array_new ();

  if (message == NULL)
    return NULL;
  g_ptr_array_add (signers, ca);
  if (!scep_signed_data_verify (message, signers, policy, error))
    return NULL;
  /* What a CertRep may have, this may not: it decides whom to trust for years. */
  if (policy != SCEP_POLICY_LEGACY &&
      (scep_signed_data_get_warnings (message) & SCEP_WARNING_LEGACY_REPLY) != 0) {
    scep_error_set (error, SCEP_ERROR_WEAK_ALGORITHM,
                    _ ("The server's next CA certificate is announced with a SHA-1 signature, "
                       "which AlgorithmPolicy “%s” refuses there; set the server to SHA-256."),
                    scep_policy_to_string (policy));
    return NULL;
  }
  return g_steal_pointer (&message);
}

/* Whether the outermost element begins with an INTEGER: the version of a SignedData. */
static gboolean
is_bare_signed_data (GBytes *der)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (der, &size);
  gsize header = 2;

  if (size > 2 && data[1] > 0x80)
    header += data[1] & 0x7f;
  return size > header && data[0] == SCEP_TAG_SEQUENCE && data[header] == SCEP_TAG_INTEGER;
}

/* RFC 5652 puts a SignedData inside without the ContentInfo around it; servers put it with. */
static GPtrArray *
read_content (ScepSignedData *message, GError **error)
{
  GBytes *content = scep_signed_data_get_content (message);
  g_autoptr (GBytes) info = NULL;

  if (content == NULL || g_bytes_get_size (content) == 0) {
    scep_error_set (error, SCEP_ERROR_MALFORMED_REPLY,
                    _ ("The server's announcement of its next CA certificate is signed, but the "
                       "certificate is not part of what is signed, so nobody vouches for it."));
    return NULL;
  }
  if (!is_bare_signed_data (content))
    return scep_ca_bundle_parse (content, error);
  info = scep_cms_wrap (SCEP_OID_SIGNED_DATA, content);
  return scep_ca_bundle_parse (info, error);
}

static gboolean
is_newer (ScepCertificate *certificate, ScepCertificate *ca)
{
  return scep_certificate_is_ca (certificate) &&
         scep_certificate_get_not_after (certificate) > scep_certificate_get_not_after (ca);
}

static gboolean
check_newer (GPtrArray *certificates, ScepCertificate *ca, GError **error)
{
  for (guint i = 0; i < certificates->len; i++) {
    if (is_newer (g_ptr_array_index (certificates, i), ca))
      return TRUE;
  }
  scep_error_set (
      error, SCEP_ERROR_UNTRUSTED_CA,
      _ ("The server announces a next CA, but none of the certificates is that of a CA that lasts "
         "longer than “%s” does; it may be an old announcement that somebody replayed."),
      scep_certificate_get_subject (ca));
  return FALSE;
}

/**
 * scep_next_ca_verify:
 * @ber: what the server answered to GetNextCACert
 * @ca: the current CA, whose key must have signed it: nobody else's, and no
 *   certificate of the message, will do
 * @policy: which algorithms are believed; SHA-1 in #SCEP_POLICY_LEGACY only
 *
 * Verifies the announcement of a CA rollover (RFC 8894 section 4.7.1) and reads
 * the certificates in its signed content; those that stand around it are not
 * looked at. At least one of them is a CA's that lasts longer than @ca.
 *
 * Returns: (transfer full) (element-type ScepCertificate) (nullable): in no
 *   order, or %NULL with %SCEP_ERROR_MALFORMED_REPLY, %SCEP_ERROR_TOO_LARGE,
 *   %SCEP_ERROR_WEAK_ALGORITHM, %SCEP_ERROR_UNSUPPORTED,
 *   %SCEP_ERROR_UNTRUSTED_CA or %SCEP_ERROR_SIGNATURE_INVALID
 */
GPtrArray *
scep_next_ca_verify (GBytes *ber, ScepCertificate *ca, ScepPolicy policy, GError **error)
{
  g_autoptr (ScepSignedData) message = NULL;
  g_autoptr (GPtrArray) certificates = NULL;

  if (!scep_body_check_der (ber, _ ("its next CA certificate"), error))
    return NULL;
  message = verify_signature (ber, ca, policy, error);
  if (message == NULL)
    return NULL;
  certificates = read_content (message, error);
  if (certificates == NULL || !check_newer (certificates, ca, error))
    return NULL;
  if (certificates->len > SCEP_NEXT_CA_MAX_CERTIFICATES) {
    scep_error_set (
        error, SCEP_ERROR_TOO_LARGE,
        _ ("The server announces %u certificates as its next CA; more than %d are not taken."),
        certificates->len, SCEP_NEXT_CA_MAX_CERTIFICATES);
    return NULL;
  }
  return g_steal_pointer (&certificates);
}

/**
 * scep_next_ca_find_signer:
 * @ber: what the server answered to GetNextCACert
 * @candidates: (element-type ScepCertificate): of those who may not sign it
 *
 * For the words of a refusal.
 *
 * Returns: (transfer none) (nullable): which of @candidates signed it, whose owner
 *   lives on
 */
ScepCertificate *
scep_next_ca_find_signer (GBytes *ber, GPtrArray *candidates, ScepPolicy policy)
{
  g_autoptr (ScepSignedData) message = scep_signed_data_parse_nested (ber, NULL);

  if (message == NULL || !scep_signed_data_verify (message, candidates, policy, NULL))
    return NULL;
  return scep_signed_data_get_signer (message);
}
