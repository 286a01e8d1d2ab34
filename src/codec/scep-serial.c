/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The serial number of a certificate (RFC 5280 section 4.1.2.2). */
#include "codec/scep-serial.h"

#include "base/scep-text.h"

#include "codec/scep-asn1.h"
#include "codec/scep-cms.h"

#include <string.h>

#define MAX_OCTETS 20

/**
 * scep_serial_parse:
 * @text: hexadecimal digits as people and tools write them, of 1 to 20 octets
 *
 * Accepts what scep_fingerprint_normalize() accepts: upper case, colons and
 * blanks. The number is not negative; zero octets before it are of no account.
 *
 * Returns: (transfer full) (nullable): DER INTEGER, or %NULL if @text is no
 *   serial number
 */
GBytes *
scep_serial_parse (const char *text)
{
  g_autofree char *digits = scep_hex_normalize (text);
  gsize length = digits != NULL ? strlen (digits) / 2 : 0;
  /* One more before them, for the sign. */
  guint8 octets[1 + MAX_OCTETS] = { 0 };
  gsize first = 1;
  g_autoptr (GBytes) content = NULL;

  if (length == 0 || length > MAX_OCTETS || strlen (digits) != 2 * length)
    return NULL;
  for (gsize i = 0; i < length; i++)
    octets[1 + i] = (guint8) (g_ascii_xdigit_value (digits[2 * i]) << 4 |
                              g_ascii_xdigit_value (digits[2 * i + 1]));
  while (first < length && octets[first] == 0)
    first++;
  if ((octets[first] & 0x80) != 0)
    first--;
  content = g_bytes_new (octets + first, length + 1 - first);
  return scep_der_wrap (SCEP_TAG_INTEGER, content);
}

/**
 * scep_serial_to_string:
 * @serial: DER INTEGER
 *
 * Returns: (transfer full): lower-case hexadecimal digits, without the sign
 *   octet
 */
char *
scep_serial_to_string (GBytes *serial)
{
  g_autoptr (GBytes) content = scep_cms_get_primitive (serial, SCEP_TAG_INTEGER);
  gsize length;
  const guint8 *octets = g_bytes_get_data (content, &length);
  gsize sign = length > 1 && octets[0] == 0 ? 1 : 0;

  return scep_hex_encode (octets + sign, length - sign);
}
