/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-csr.h"

#include "base/scep-error.h"

#include "codec/scep-asn1.h"
#include "codec/scep-cms.h"
#include "codec/scep-extension.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define SERIAL_LENGTH 16
#define KEY_ID_LENGTH 20
#define FIRST_UTC_YEAR 1950
#define FIRST_GENERALIZED_YEAR 2050

/* A Time, RFC 5280 section 4.1.2.5. */
static gboolean
set_time (ScepAsn1 *node, const char *field, gint64 seconds, GError **error)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (seconds);
  g_autofree char *shown = g_strdup_printf ("%" G_GINT64_FORMAT, seconds);
  gboolean is_short;
  g_autofree char *text = NULL;
  g_autoptr (GBytes) content = NULL;
  g_autoptr (GBytes) der = NULL;

  if (time == NULL || g_date_time_get_year (time) < FIRST_UTC_YEAR) {
    scep_error_set (error, SCEP_ERROR_CLOCK_IMPLAUSIBLE,
                    /* TRANSLATORS: seconds since 1970 */
                    _ ("A certificate to sign the request with cannot be made for the time %s; set "
                       "the clock of this machine."),
                    shown);
    return FALSE;
  }
  is_short = g_date_time_get_year (time) < FIRST_GENERALIZED_YEAR;
  text = g_date_time_format (time, is_short ? "%y%m%d%H%M%SZ" : "%Y%m%d%H%M%SZ");
  content = g_bytes_new_static (text, strlen (text));
  der = scep_der_wrap (is_short ? SCEP_TAG_UTC_TIME : SCEP_TAG_GENERALIZED_TIME, content);
  scep_asn1_set_bytes (node, field, der);
  return TRUE;
}

/* Positive and of full length, so that nobody stumbles over leading zeros. */
static void
set_serial (ScepAsn1 *node)
{
  g_autoptr (GBytes) random = scep_random_bytes (SERIAL_LENGTH);
  guint8 serial[SERIAL_LENGTH];

  memcpy (serial, g_bytes_get_data (random, NULL), SERIAL_LENGTH);
  serial[0] = (guint8) ((serial[0] & 0x7f) | 0x40);
  scep_asn1_set (node, "serialNumber", serial, SERIAL_LENGTH);
}

/* RFC 7093 section 2, method 1. */
static GBytes *
make_key_id (GBytes *spki, GError **error)
{
  g_autoptr (ScepAsn1) node = scep_asn1_decode ("SubjectPublicKeyInfo", spki, error);
  g_autoptr (GBytes) key = node != NULL ? scep_asn1_get (node, "subjectPublicKey") : NULL;
  g_autoptr (GBytes) digest = NULL;
  g_autoptr (GBytes) id = NULL;

  if (key == NULL)
    return NULL;
  digest = scep_digest_compute (SCEP_DIGEST_SHA256, key);
  if (digest == NULL) {
    scep_error_set (error, SCEP_ERROR_FAILED,
                    _ ("This system's cryptography policy forbids SHA-256, which SCEP needs."));
    return NULL;
  }
  id = g_bytes_new_from_bytes (digest, 0, KEY_ID_LENGTH);
  return scep_der_wrap (SCEP_TAG_OCTET_STRING, id);
}

/**
 * scep_signer_certificate_build_tbs:
 * @subject: DER Name, of the request
 * @spki: DER SubjectPublicKeyInfo, of the request
 * @not_before: in Unix seconds
 * @not_after: in Unix seconds
 *
 * Makes the self-signed certificate that a first request is signed with (RFC
 * 8894 section 2.3), of version 3, with a random serial number and the issuer
 * byte for byte the subject. It is to be signed by its own RSA key with
 * SHA-256 and given to scep_signed_assemble().
 *
 * Returns: (transfer full): the DER of a TBSCertificate (RFC 5280), or %NULL
 *   with %SCEP_ERROR_CLOCK_IMPLAUSIBLE, %SCEP_ERROR_MALFORMED_REPLY where
 *   @spki is none, or %SCEP_ERROR_FAILED
 */
GBytes *
scep_signer_certificate_build_tbs (GBytes *subject, GBytes *spki, gint64 not_before,
                                   gint64 not_after, GError **error)
{
  static const char *const usages[] = { "digitalSignature", "keyEncipherment", NULL };
  g_autoptr (ScepAsn1) tbs = scep_asn1_create ("TBSCertificate");
  g_autoptr (GBytes) key_id = make_key_id (spki, error);

  if (key_id == NULL)
    return NULL;
  scep_asn1_set_string (tbs, "version", "2");
  set_serial (tbs);
  scep_cms_set_algorithm (tbs, "signature", scep_signature_get_rsa_oid (SCEP_DIGEST_SHA256), NULL);
  scep_asn1_set_bytes (tbs, "issuer", subject);
  if (!set_time (tbs, "validity.notBefore", not_before, error) ||
      !set_time (tbs, "validity.notAfter", not_after, error))
    return NULL;
  scep_asn1_set_bytes (tbs, "subject", subject);
  scep_asn1_set_bytes (tbs, "subjectPublicKeyInfo", spki);
  scep_asn1_set_absent (tbs, "issuerUniqueID");
  scep_asn1_set_absent (tbs, "subjectUniqueID");
  scep_extension_add (tbs, "extensions", SCEP_OID_SUBJECT_KEY_IDENTIFIER, FALSE, key_id);
  if (!scep_extension_add_key_usage (tbs, "extensions", usages, error))
    return NULL;
  return scep_asn1_encode (tbs);
}
