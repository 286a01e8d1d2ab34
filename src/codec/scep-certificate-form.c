/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-certificate.h"

#include "codec/scep-asn1.h"
#include "codec/scep-cms.h"
#include "codec/scep-der-string.h"
#include "codec/scep-der-time.h"
#include "codec/scep-name-private.h"

#define TBS "tbsCertificate."

#define TAG_UNIVERSAL_STRING 0x1c

static guint8
get_octet (GBytes *bytes, gsize index)
{
  gsize length;
  const guint8 *data = g_bytes_get_data (bytes, &length);

  return index < length ? data[index] : 0;
}

/* DER has no octet that only repeats the sign (X.690 section 8.3.2). */
static gboolean
is_minimal (GBytes *integer)
{
  guint8 first = get_octet (integer, 0);
  gboolean is_negative = (get_octet (integer, 1) & 0x80) != 0;

  return g_bytes_get_size (integer) < 2 ||
         ((first != 0x00 || is_negative) && (first != 0xff || !is_negative));
}

/* Seconds are due, and Z alone (RFC 5280 section 4.1.2.5). */
static gboolean
is_time (GBytes *tlv)
{
  guint8 tag = get_octet (tlv, 0);
  g_autoptr (GBytes) content = scep_cms_get_primitive (tlv, tag);
  gsize length = 0;
  const char *text = content != NULL ? g_bytes_get_data (content, &length) : NULL;
  gint64 seconds;

  return text != NULL && scep_der_time_parse (tag, text, length, &seconds);
}

static gboolean
is_text (GBytes *value)
{
  guint8 tag = get_octet (value, 0);
  g_autofree char *text = NULL;

  if (tag != SCEP_TAG_UTF8_STRING && tag != SCEP_TAG_BMP_STRING && tag != TAG_UNIVERSAL_STRING)
    return TRUE;
  text = scep_der_string_to_utf8 (value);
  return text != NULL || g_bytes_get_size (value) == 2;
}

static gboolean
has_text (GBytes *der)
{
  g_autoptr (ScepAsn1) name = scep_name_decode (der, NULL);
  guint n_rdns = name != NULL ? scep_asn1_count (name, "") : 0;

  for (guint rdn = 1; rdn <= n_rdns; rdn++) {
    guint n_attributes = scep_name_count_attributes (name, rdn);

    for (guint i = 1; i <= n_attributes; i++) {
      g_autofree char *oid = NULL;
      g_autoptr (GBytes) value = NULL;

      if (scep_name_get_attribute (name, rdn, i, &oid, &value) && !is_text (value))
        return FALSE;
    }
  }
  return TRUE;
}

/**
 * scep_certificate_find_malformed:
 *
 * Finds what is not written as DER and RFC 5280 want it and can be understood all
 * the same. OpenSSL does not read or does not verify such a certificate, and with
 * it whoever uses OpenSSL.
 *
 * Returns: (transfer none) (nullable): which field, and why, in English
 */
const char *
scep_certificate_find_malformed (ScepCertificate *self)
{
  g_autoptr (ScepAsn1) tree =
      scep_asn1_decode ("Certificate", scep_certificate_get_der (self), NULL);
  g_autoptr (GBytes) serial = tree != NULL ? scep_asn1_get (tree, TBS "serialNumber") : NULL;
  g_autoptr (GBytes) begin = tree != NULL ? scep_asn1_get (tree, TBS "validity.notBefore") : NULL;
  g_autoptr (GBytes) end = tree != NULL ? scep_asn1_get (tree, TBS "validity.notAfter") : NULL;

  if (serial != NULL && !is_minimal (serial))
    return "serialNumber: superfluous leading octets";
  if (begin != NULL && !is_time (begin))
    return "notBefore: not written as YYMMDDHHMMSSZ or YYYYMMDDHHMMSSZ";
  if (end != NULL && !is_time (end))
    return "notAfter: not written as YYMMDDHHMMSSZ or YYYYMMDDHHMMSSZ";
  if (!has_text (scep_certificate_get_subject_der (self)))
    return "subject: text that is not of its encoding, such as invalid UTF-8";
  if (!has_text (scep_certificate_get_issuer_der (self)))
    return "issuer: text that is not of its encoding, such as invalid UTF-8";
  return NULL;
}
