/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-der-string.h"

#include "codec/scep-asn1.h"
#include "codec/scep-cms.h"

#include <string.h>

#define MAX_ARCS 32
#define MAX_ARC_DIGITS 10
#define MAX_BMP_CHARACTER 0xffff

#define TAG_NUMERIC_STRING 0x12
#define TAG_TELETEX_STRING 0x14
#define TAG_VISIBLE_STRING 0x1a
#define TAG_UNIVERSAL_STRING 0x1c

/* The arc before @text's next dot or end; %FALSE where it is none. */
static gboolean
read_arc (const char *text, gsize *digits, guint64 *value)
{
  *digits = strspn (text, "0123456789");
  if (*digits == 0 || *digits > MAX_ARC_DIGITS || (text[0] == '0' && *digits > 1))
    return FALSE;
  *value = g_ascii_strtoull (text, NULL, 10);
  return *value <= G_MAXUINT32;
}

/**
 * scep_oid_is_valid:
 * @oid: for example "1.3.6.1.5.5.7.3.2"
 *
 * Returns: whether it is an OBJECT IDENTIFIER that can be encoded (X.660
 *   section 7.6): two arcs at least, none above 32 bits
 */
gboolean
scep_oid_is_valid (const char *oid)
{
  guint64 root = 0;

  for (guint n = 0; n < MAX_ARCS; n++) {
    guint64 value;
    gsize digits;

    if (!read_arc (oid, &digits, &value))
      return FALSE;
    if (n == 0)
      root = value;
    if ((n == 0 && value > 2) || (n == 1 && root < 2 && value > 39))
      return FALSE;
    oid += digits;
    if (*oid == '\0')
      return n > 0;
    if (*oid++ != '.')
      return FALSE;
  }
  return FALSE;
}

/**
 * scep_text_is_ia5:
 *
 * Returns: whether @text is ASCII without control characters
 */
gboolean
scep_text_is_ia5 (const char *text, gsize length)
{
  for (gsize i = 0; i < length; i++) {
    if (!g_ascii_isprint (text[i]))
      return FALSE;
  }
  return TRUE;
}

/**
 * scep_text_is_printable:
 *
 * Returns: whether @text has characters of a PrintableString only (X.680
 *   section 41.4)
 */
gboolean
scep_text_is_printable (const char *text, gsize length)
{
  for (gsize i = 0; i < length; i++) {
    if (!g_ascii_isalnum (text[i]) && (text[i] == '\0' || strchr (" '()+,-./:=?", text[i]) == NULL))
      return FALSE;
  }
  return TRUE;
}

/**
 * scep_directory_string_encode:
 * @text: UTF-8
 * @length: in bytes
 *
 * Returns: (transfer full): the DER of a DirectoryString (RFC 5280 appendix
 *   A.1): a PrintableString where the characters allow it, otherwise a
 *   UTF8String; zeroed on free, for it may be a secret
 */
GBytes *
scep_directory_string_encode (const char *text, gsize length)
{
  g_autoptr (GBytes) content = g_bytes_new_static (text, length);

  return scep_der_wrap (scep_text_is_printable (text, length) ? SCEP_TAG_PRINTABLE_STRING
                                                              : SCEP_TAG_UTF8_STRING,
                        content);
}

/**
 * scep_bmp_string_encode:
 * @text: UTF-8
 *
 * Returns: (transfer full) (nullable): the DER of a BMPString, or %NULL where
 *   a character lies outside of the Basic Multilingual Plane
 */
GBytes *
scep_bmp_string_encode (const char *text)
{
  g_autoptr (GByteArray) units = g_byte_array_new ();
  g_autoptr (GBytes) content = NULL;

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p)) {
    gunichar c = g_utf8_get_char (p);
    guint8 unit[2] = { (guint8) (c >> 8), (guint8) (c & 0xff) };

    if (c > MAX_BMP_CHARACTER)
      return NULL;
    g_byte_array_append (units, unit, sizeof unit);
  }
  content = g_byte_array_free_to_bytes (g_steal_pointer (&units));
  return scep_der_wrap (SCEP_TAG_BMP_STRING, content);
}

static const char *
get_charset (guint8 tag)
{
  switch (tag) {
  case SCEP_TAG_UTF8_STRING:
  case SCEP_TAG_PRINTABLE_STRING:
  case SCEP_TAG_IA5_STRING:
  case TAG_NUMERIC_STRING:
  case TAG_VISIBLE_STRING:
    return "UTF-8";
  case TAG_TELETEX_STRING:
    /* What certificates really have in it, whatever T.61 says. */
    return "ISO-8859-1";
  case SCEP_TAG_BMP_STRING:
    return "UTF-16BE";
  case TAG_UNIVERSAL_STRING:
    return "UTF-32BE";
  default:
    return NULL;
  }
}

/**
 * scep_der_string_to_utf8:
 * @tlv: an encoded value
 *
 * Returns: (transfer full) (nullable): the text of a character string, or
 *   %NULL where @tlv is something else or holds a NUL
 */
char *
scep_der_string_to_utf8 (GBytes *tlv)
{
  gsize size, length;
  const guint8 *data = g_bytes_get_data (tlv, &size);
  const char *charset = size > 0 ? get_charset (data[0]) : NULL;
  g_autoptr (GBytes) content = charset != NULL ? scep_cms_get_primitive (tlv, data[0]) : NULL;
  g_autofree char *text = NULL;
  const char *octets;
  gsize written;

  if (content == NULL)
    return NULL;
  octets = g_bytes_get_data (content, &length);
  if (length == 0)
    return g_strdup ("");
  text = g_convert (octets, (gssize) length, "UTF-8", charset, NULL, &written, NULL);
  if (text == NULL || !g_utf8_validate (text, (gssize) written, NULL))
    return NULL;
  return g_steal_pointer (&text);
}
