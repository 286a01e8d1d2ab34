/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-der-time.h"

#include "codec/scep-cms.h"

/* Of "MMDDHHMMSSZ". */
#define REST_LENGTH 11

static gint
read_digits (const char *text, gsize length)
{
  gint value = 0;

  for (gsize i = 0; i < length; i++)
    value = value * 10 + (text[i] - '0');
  return value;
}

/**
 * scep_der_time_parse:
 * @tag: UTCTime or GeneralizedTime
 * @text: "YYMMDDHHMMSSZ" or "YYYYMMDDHHMMSSZ"
 * @seconds: (out): Unix seconds, whatever the size of time_t is
 *
 * Returns: whether that is what it is
 */
gboolean
scep_der_time_parse (guint8 tag, const char *text, gsize length, gint64 *seconds)
{
  gsize year_digits = tag == SCEP_TAG_UTC_TIME ? 2 : 4;
  const char *rest = text + year_digits;
  g_autoptr (GDateTime) time = NULL;
  gint year;

  if ((tag != SCEP_TAG_UTC_TIME && tag != SCEP_TAG_GENERALIZED_TIME) ||
      length != year_digits + REST_LENGTH || text[length - 1] != 'Z')
    return FALSE;
  for (gsize i = 0; i < length - 1; i++) {
    if (!g_ascii_isdigit (text[i]))
      return FALSE;
  }
  year = read_digits (text, year_digits);
  if (year_digits == 2)
    year += year < 50 ? 2000 : 1900;
  time = g_date_time_new_utc (year, read_digits (rest, 2), read_digits (rest + 2, 2),
                              read_digits (rest + 4, 2), read_digits (rest + 6, 2),
                              (gdouble) read_digits (rest + 8, 2));
  if (time == NULL)
    return FALSE;
  *seconds = g_date_time_to_unix (time);
  return TRUE;
}

/**
 * scep_der_time_get:
 * @field: of @node: an encoded Time
 * @by_gnutls: what GnuTLS reads: other forms, too, but it cuts what a time_t of
 *   32 bits cannot hold
 *
 * Returns: Unix seconds, @by_gnutls where scep_der_time_parse() cannot read it
 */
gint64
scep_der_time_get (ScepAsn1 *node, const char *field, gint64 by_gnutls)
{
  g_autoptr (GBytes) tlv = scep_asn1_get (node, field);
  gsize size = 0;
  const guint8 *data = tlv != NULL ? g_bytes_get_data (tlv, &size) : NULL;
  g_autoptr (GBytes) content = size > 0 ? scep_cms_get_primitive (tlv, data[0]) : NULL;
  gsize length = 0;
  const char *text = content != NULL ? g_bytes_get_data (content, &length) : NULL;
  gint64 seconds;

  if (text != NULL && scep_der_time_parse (data[0], text, length, &seconds))
    return seconds;
  return by_gnutls;
}
