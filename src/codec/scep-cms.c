/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-cms.h"

#include "base/scep-error.h"
#include "base/scep-text.h"

#include "codec/scep-name.h"

#include <glib/gi18n-lib.h>
#include <string.h>

static const guint8 der_null[] = { 0x05, 0x00 };

static char *
subfield (const char *field, const char *name)
{
  return *field == '\0' ? g_strdup (name) : g_strconcat (field, ".", name, NULL);
}

/**
 * scep_cms_unwrap:
 * @ber: a ContentInfo (RFC 5652 section 3), BER, and what
 *   scep_ber_check_trailing() lets follow it
 * @content_type: the OID that it must have
 *
 * Returns: (transfer full) (nullable): the content as scep_ber_to_der() writes it, or %NULL with
 *   %SCEP_ERROR_MALFORMED_REPLY
 */
GBytes *
scep_cms_unwrap (GBytes *ber, const char *content_type, GError **error)
{
  g_autoptr (GBytes) stripped = scep_ber_strip (ber, error);
  g_autoptr (GBytes) der = stripped != NULL ? scep_ber_to_der (stripped, error) : NULL;
  g_autoptr (ScepAsn1) info = NULL;
  g_autoptr (GBytes) content = NULL;
  g_autofree char *oid = NULL;

  if (der == NULL)
    return NULL;
  info = scep_asn1_decode ("ContentInfo", der, error);
  if (info == NULL)
    return NULL;
  oid = scep_asn1_get_oid (info, "contentType");
  content = scep_asn1_get (info, "content");
  if (g_strcmp0 (oid, content_type) != 0 || content == NULL) {
    scep_error_set (error, SCEP_ERROR_MALFORMED_REPLY,
                    _ ("The server sent a CMS message of type %s where %s is due."), oid,
                    content_type);
    return NULL;
  }
  return g_steal_pointer (&content);
}

/**
 * scep_cms_wrap:
 * @content: DER of type @content_type
 *
 * Returns: (transfer full): the DER of a ContentInfo
 */
GBytes *
scep_cms_wrap (const char *content_type, GBytes *content)
{
  g_autoptr (ScepAsn1) info = scep_asn1_create ("ContentInfo");

  scep_asn1_set_string (info, "contentType", content_type);
  scep_asn1_set_bytes (info, "content", content);
  return scep_asn1_encode (info);
}

/* Where the value of a definite-length TLV begins and how long it is. */
static gboolean
read_header (const guint8 *data, gsize size, gsize *offset, gsize *length)
{
  gsize n_octets;

  if (size < 2)
    return FALSE;
  *offset = 2;
  *length = data[1];
  if (data[1] < 0x80)
    return TRUE;

  n_octets = data[1] & 0x7f;
  if (n_octets == 0 || n_octets > 4 || size < 2 + n_octets)
    return FALSE;
  *length = 0;
  for (gsize i = 0; i < n_octets; i++)
    *length = *length << 8 | data[2 + i];
  *offset += n_octets;
  return TRUE;
}

/**
 * scep_cms_get_primitive:
 * @tlv: an encoded value
 * @tag: the tag it must have
 *
 * Returns: (transfer full) (nullable): its content, or %NULL where it is
 *   something else
 */
GBytes *
scep_cms_get_primitive (GBytes *tlv, guint8 tag)
{
  gsize size, offset, length;
  const guint8 *data = g_bytes_get_data (tlv, &size);

  if (size < 2 || data[0] != tag || !read_header (data, size, &offset, &length))
    return NULL;
  if (length != size - offset)
    return NULL;
  return g_bytes_new_from_bytes (tlv, offset, length);
}

static gboolean
issuer_and_serial_match (ScepAsn1 *node, const char *field, ScepCertificate *certificate)
{
  g_autofree char *issuer_field = subfield (field, "issuerAndSerialNumber.issuer");
  g_autofree char *serial_field = subfield (field, "issuerAndSerialNumber.serialNumber");
  g_autoptr (GBytes) issuer = scep_asn1_get (node, issuer_field);
  g_autoptr (GBytes) serial = scep_asn1_get (node, serial_field);
  g_autoptr (GBytes) own_serial = NULL;

  own_serial =
      scep_cms_get_primitive (scep_certificate_get_serial_der (certificate), SCEP_TAG_INTEGER);
  if (issuer == NULL || serial == NULL || own_serial == NULL)
    return FALSE;
  return g_bytes_equal (serial, own_serial) &&
         scep_name_equal (issuer, scep_certificate_get_issuer_der (certificate));
}

/**
 * scep_cms_identifier_matches:
 * @field: of @node: a SignerIdentifier or RecipientIdentifier
 *
 * Returns: whether it names @certificate, by issuer and serial number or by
 *   subject key identifier
 */
gboolean
scep_cms_identifier_matches (ScepAsn1 *node, const char *field, ScepCertificate *certificate)
{
  g_autofree char *choice = scep_asn1_get_choice (node, field);
  g_autofree char *key_id_field = subfield (field, "subjectKeyIdentifier");
  g_autoptr (GBytes) key_id = NULL;
  GBytes *own_key_id = scep_certificate_get_key_id (certificate);

  if (g_strcmp0 (choice, "issuerAndSerialNumber") == 0)
    return issuer_and_serial_match (node, field, certificate);

  key_id = scep_asn1_get (node, key_id_field);
  return key_id != NULL && own_key_id != NULL && g_bytes_equal (key_id, own_key_id);
}

/**
 * scep_cms_describe_identifier:
 * @field: of @node: a SignerIdentifier or RecipientIdentifier
 *
 * Returns: (transfer full): who is meant, for a message
 */
char *
scep_cms_describe_identifier (ScepAsn1 *node, const char *field)
{
  g_autofree char *issuer_field = subfield (field, "issuerAndSerialNumber.issuer");
  g_autofree char *serial_field = subfield (field, "issuerAndSerialNumber.serialNumber");
  g_autoptr (GBytes) issuer = scep_asn1_get (node, issuer_field);
  g_autoptr (GBytes) serial = scep_asn1_get (node, serial_field);
  g_autofree char *name = issuer != NULL ? scep_name_to_string (issuer, NULL) : NULL;
  g_autofree char *shown = name != NULL ? scep_text_printable (name, -1) : NULL;
  g_autofree char *hex = NULL;

  if (issuer == NULL || serial == NULL)
    return g_strdup (_ ("a certificate named by its key identifier"));
  hex = scep_hex_encode (g_bytes_get_data (serial, NULL), MIN (g_bytes_get_size (serial), 20));
  return g_strdup_printf (_ ("the certificate with serial number %s of issuer “%s”"), hex,
                          shown != NULL ? shown : "?");
}

/**
 * scep_cms_parameters_are_null:
 * @parameters: (nullable): of an AlgorithmIdentifier
 *
 * Implementations differ on whether "none" is NULL or absent.
 *
 * Returns: whether there are none
 */
gboolean
scep_cms_parameters_are_null (GBytes *parameters)
{
  return parameters == NULL ||
         (g_bytes_get_size (parameters) == sizeof der_null &&
          memcmp (g_bytes_get_data (parameters, NULL), der_null, sizeof der_null) == 0);
}

/**
 * scep_cms_set_algorithm:
 * @field: of @node: an AlgorithmIdentifier
 * @parameters: (nullable): their DER, or %NULL for an ASN.1 NULL
 */
void
scep_cms_set_algorithm (ScepAsn1 *node, const char *field, const char *oid, GBytes *parameters)
{
  g_autofree char *oid_field = subfield (field, "algorithm");
  g_autofree char *parameters_field = subfield (field, "parameters");

  scep_asn1_set_string (node, oid_field, oid);
  if (parameters != NULL)
    scep_asn1_set_bytes (node, parameters_field, parameters);
  else
    scep_asn1_set (node, parameters_field, der_null, sizeof der_null);
}

/**
 * scep_cms_set_identifier:
 * @field: of @node: a SignerIdentifier or RecipientIdentifier
 *
 * Names @certificate by the bytes of its issuer and serial number: what is
 * encoded anew some servers do not find.
 */
void
scep_cms_set_identifier (ScepAsn1 *node, const char *field, ScepCertificate *certificate)
{
  g_autofree char *issuer_field = subfield (field, "issuerAndSerialNumber.issuer");
  g_autofree char *serial_field = subfield (field, "issuerAndSerialNumber.serialNumber");
  g_autoptr (GBytes) serial =
      scep_cms_get_primitive (scep_certificate_get_serial_der (certificate), SCEP_TAG_INTEGER);

  scep_asn1_set_string (node, field, "issuerAndSerialNumber");
  scep_asn1_set_bytes (node, issuer_field, scep_certificate_get_issuer_der (certificate));
  scep_asn1_set_bytes (node, serial_field, serial);
}
