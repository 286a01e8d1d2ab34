/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-csr.h"

#include "base/scep-error.h"
#include "base/scep-secret.h"

#include "codec/scep-asn1.h"
#include "codec/scep-cms.h"
#include "codec/scep-der-string.h"
#include "codec/scep-extension.h"
#include "codec/scep-gnutls.h"
#include "codec/scep-name.h"
#include "codec/scep-private-key.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define OID_CHALLENGE_PASSWORD "1.2.840.113549.1.9.7"
#define OID_EXTENSION_REQUEST "1.2.840.113549.1.9.14"
#define OID_ECDSA_SHA256 "1.2.840.10045.4.3.2"

#define INFO "certificationRequestInfo."

static void
add_attribute (ScepAsn1 *info, const char *oid, GBytes *value)
{
  scep_asn1_append (info, "attributes");
  scep_asn1_set_string (info, "attributes.?LAST.type", oid);
  scep_asn1_append (info, "attributes.?LAST.values");
  scep_asn1_set_bytes (info, "attributes.?LAST.values.?LAST", value);
}

static gboolean
add_challenge (ScepAsn1 *info, GBytes *challenge, GError **error)
{
  g_autoptr (GBytes) value = NULL;
  gsize length;
  const char *text = g_bytes_get_data (challenge, &length);

  if (length == 0)
    return TRUE;
  if (!g_utf8_validate (text, (gssize) length, NULL)) {
    scep_error_set (error, SCEP_ERROR_INVALID_SETTING,
                    _ ("the challenge password is not UTF-8 text, so that no request can carry it; "
                       "set it anew"));
    return FALSE;
  }
  value = scep_directory_string_encode (text, length);
  add_attribute (info, OID_CHALLENGE_PASSWORD, value);
  return TRUE;
}

static gboolean
add_alt_names (ScepAsn1 *extensions, const ScepCsrSpec *spec, GError **error)
{
  if (spec->alt_names_der == NULL)
    return scep_extension_add_alt_names (extensions, "", spec->alt_names, error);
  scep_extension_add (extensions, "", SCEP_OID_SUBJECT_ALT_NAME, FALSE, spec->alt_names_der);
  return TRUE;
}

/**
 * scep_csr_build_tbs:
 *
 * Returns: (transfer full): the DER of a CertificationRequestInfo (RFC 2986
 *   section 4.1), a secret where it has a challenge, that is to be signed and
 *   given to scep_signed_assemble(); or %NULL with %SCEP_ERROR_INVALID_SETTING
 */
GBytes *
scep_csr_build_tbs (const ScepCsrSpec *spec, GError **error)
{
  g_autoptr (ScepAsn1) info = scep_asn1_create ("CertificationRequestInfo");
  g_autoptr (ScepAsn1) extensions = scep_asn1_create ("Extensions");
  g_autoptr (GBytes) request = NULL;

  scep_asn1_set_string (info, "version", "0");
  scep_asn1_set_bytes (info, "subject", spec->subject);
  scep_asn1_set_bytes (info, "subjectPKInfo", spec->spki);
  if (spec->challenge != NULL && !add_challenge (info, spec->challenge, error))
    return NULL;
  if (!add_alt_names (extensions, spec, error) ||
      !scep_extension_add_key_usage (extensions, "", spec->key_usage, error) ||
      !scep_extension_add_extended_key_usage (extensions, "", spec->extended_key_usage, error) ||
      !scep_extension_add_template (extensions, "", spec->template_name, error))
    return NULL;
  if (scep_asn1_count (extensions, "") > 0) {
    request = scep_asn1_encode (extensions);
    add_attribute (info, OID_EXTENSION_REQUEST, request);
  }
  return scep_asn1_encode (info);
}

/**
 * scep_csr_to_pem:
 * @csr: DER of a CertificationRequest
 *
 * Returns: (transfer full): its PEM
 */
char *
scep_csr_to_pem (GBytes *csr)
{
  gnutls_datum_t der = scep_datum_borrow (csr);
  g_auto (ScepDatum) pem = { NULL, 0 };

  if (gnutls_pem_base64_encode2 ("CERTIFICATE REQUEST", &der, &pem) < 0)
    g_error ("There is no memory for a certificate request");
  return g_strndup ((const char *) pem.data, pem.size);
}

/* Nothing that is not optional is missing in what could be decoded. */
static GBytes *
get_field (GBytes *csr, const char *field, GError **error)
{
  g_autoptr (ScepAsn1) node = scep_asn1_decode ("CertificationRequest", csr, error);

  return node != NULL ? scep_asn1_get (node, field) : NULL;
}

/**
 * scep_csr_get_subject:
 * @csr: DER of a CertificationRequest
 *
 * Returns: (transfer full): the DER of the subject's Name, or %NULL with
 *   %SCEP_ERROR_MALFORMED_REPLY
 */
GBytes *
scep_csr_get_subject (GBytes *csr, GError **error)
{
  return get_field (csr, INFO "subject", error);
}

/**
 * scep_csr_get_spki:
 * @csr: DER of a CertificationRequest
 *
 * Returns: (transfer full): the DER SubjectPublicKeyInfo, or %NULL with
 *   %SCEP_ERROR_MALFORMED_REPLY
 */
GBytes *
scep_csr_get_spki (GBytes *csr, GError **error)
{
  return get_field (csr, INFO "subjectPKInfo", error);
}

/* (nullable): the DER of the Extensions that are asked for */
static GBytes *
get_extension_request (ScepAsn1 *node)
{
  guint n_attributes = scep_asn1_count (node, INFO "attributes");

  for (guint i = 1; i <= n_attributes; i++) {
    g_autofree char *type_field = g_strdup_printf (INFO "attributes.?%u.type", i);
    g_autofree char *value_field = g_strdup_printf (INFO "attributes.?%u.values.?1", i);
    g_autofree char *oid = scep_asn1_get_oid (node, type_field);

    if (g_strcmp0 (oid, OID_EXTENSION_REQUEST) == 0)
      return scep_asn1_get (node, value_field);
  }
  return NULL;
}

/**
 * scep_csr_get_alt_names:
 * @csr: DER of a CertificationRequest
 *
 * Returns: (transfer full): the subject alternative names that are asked for,
 *   as scep_alt_names_decode() has them, an empty list where there are none;
 *   or %NULL with %SCEP_ERROR_MALFORMED_REPLY
 */
char **
scep_csr_get_alt_names (GBytes *csr, GError **error)
{
  g_autoptr (ScepAsn1) node = scep_asn1_decode ("CertificationRequest", csr, error);
  g_autoptr (GBytes) request = NULL;
  g_autoptr (ScepAsn1) extensions = NULL;
  g_autoptr (GBytes) names = NULL;

  if (node == NULL)
    return NULL;
  request = get_extension_request (node);
  if (request == NULL)
    return g_new0 (char *, 1);
  extensions = scep_asn1_decode ("Extensions", request, error);
  if (extensions == NULL)
    return NULL;
  names = scep_extension_find (extensions, SCEP_OID_SUBJECT_ALT_NAME);
  return names != NULL ? scep_alt_names_decode (names, error) : g_new0 (char *, 1);
}

static GBytes *
join (GBytes *const *parts, guint n_parts)
{
  gsize length = 0, at = 0;
  guint8 *data;

  for (guint i = 0; i < n_parts; i++)
    length += g_bytes_get_size (parts[i]);
  data = g_malloc (length);
  for (guint i = 0; i < n_parts; i++) {
    memcpy (data + at, g_bytes_get_data (parts[i], NULL), g_bytes_get_size (parts[i]));
    at += g_bytes_get_size (parts[i]);
  }
  return scep_secret_bytes_new_take (data, length);
}

/* By hand: libtasn1 copies what it encodes and frees that as it is, and @tbs may hold a
 * challenge. */
static GBytes *
assemble (GBytes *tbs, ScepAsn1 *algorithm, GBytes *signature)
{
  static const guint8 unused_bits = 0;
  g_autoptr (GBytes) first = g_bytes_new_static (&unused_bits, 1);
  GBytes *bit_parts[] = { first, signature };
  g_autoptr (GBytes) bits = join (bit_parts, G_N_ELEMENTS (bit_parts));
  g_autoptr (GBytes) algorithm_der = scep_asn1_encode (algorithm);
  g_autoptr (GBytes) signature_der = scep_der_wrap (SCEP_TAG_BIT_STRING, bits);
  GBytes *parts[] = { tbs, algorithm_der, signature_der };
  g_autoptr (GBytes) content = join (parts, G_N_ELEMENTS (parts));

  return scep_der_wrap (SCEP_TAG_SEQUENCE, content);
}

/**
 * scep_signed_assemble:
 * @tbs: DER that was signed
 * @digest: what it was signed with, together with RSA
 * @signature: of @tbs
 *
 * Returns: (transfer full): the DER of a CertificationRequest or a Certificate,
 *   zeroed on free
 */
GBytes *
scep_signed_assemble (GBytes *tbs, ScepDigest digest, GBytes *signature)
{
  g_autoptr (ScepAsn1) algorithm = scep_asn1_create ("AlgorithmIdentifier");

  scep_cms_set_algorithm (algorithm, "", scep_signature_get_rsa_oid (digest), NULL);
  return assemble (tbs, algorithm, signature);
}

static gboolean
is_elliptic (GBytes *spki, const char **type)
{
  guint bits;

  *type = "unknown";
  return scep_public_key_describe (spki, type, &bits) && g_str_equal (*type, "EC");
}

/**
 * scep_csr_check_key:
 * @spki: of a key that is to sign a request
 *
 * Returns: whether scep_csr_assemble() knows how it signs, else %FALSE with
 *   %SCEP_ERROR_UNSUPPORTED
 */
gboolean
scep_csr_check_key (GBytes *spki, GError **error)
{
  const char *type;

  if (is_elliptic (spki, &type) || g_str_equal (type, "RSA"))
    return TRUE;
  scep_error_set (error, SCEP_ERROR_UNSUPPORTED,
                  _ ("A request can be signed with an RSA or an EC key only, and this one is of "
                     "the type %s. Use another key, or make the request where the key came from."),
                  type);
  return FALSE;
}

/**
 * scep_csr_assemble:
 * @tbs: of scep_csr_build_tbs()
 * @spki: of the key that signed it with SHA-256: RSA, or an elliptic curve
 *   (RFC 5758 section 3.2)
 * @signature: of @tbs
 *
 * Returns: (transfer full): the DER of the request, zeroed on free
 */
GBytes *
scep_csr_assemble (GBytes *tbs, GBytes *spki, GBytes *signature)
{
  g_autoptr (ScepAsn1) algorithm = NULL;
  const char *type;

  if (!is_elliptic (spki, &type))
    return scep_signed_assemble (tbs, SCEP_DIGEST_SHA256, signature);
  algorithm = scep_asn1_create ("AlgorithmIdentifier");
  scep_asn1_set_string (algorithm, "algorithm", OID_ECDSA_SHA256);
  scep_asn1_set_absent (algorithm, "parameters");
  return assemble (tbs, algorithm, signature);
}
