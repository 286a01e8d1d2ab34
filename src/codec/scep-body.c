/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-body.h"

#include "base/scep-error.h"
#include "base/scep-text.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* Enough of a body to recognise it by. */
#define CONSIDERED 512

static gboolean
contains_ignoring_case (const char *text, const char *word)
{
  g_autofree char *lower = g_ascii_strdown (text, -1);

  return strstr (lower, word) != NULL;
}

static gboolean
is_text (const char *data, gsize length)
{
  for (gsize i = 0; i < length; i++) {
    guchar c = (guchar) data[i];

    if (c < 0x20 && c != '\t' && c != '\r' && c != '\n')
      return FALSE;
  }
  return TRUE;
}

static char *
describe (const char *data, gsize length)
{
  gsize considered = MIN (length, CONSIDERED);
  g_autofree char *start = g_strndup (data, considered);
  g_autofree char *shown = scep_text_printable (data, (gssize) considered);

  if (strstr (start, "-----BEGIN ") != NULL)
    return g_strdup (_ ("PEM text where binary DER is due"));
  if (contains_ignoring_case (start, "<html") || contains_ignoring_case (start, "<!doctype") ||
      contains_ignoring_case (start, "<?xml"))
    return g_strdup_printf (_ ("a web page (“%s”)"), shown);
  if (is_text (data, considered))
    return g_strdup_printf (_ ("text (“%s”)"), shown);
  return g_strdup (_ ("bytes of an unknown format"));
}

/**
 * scep_body_check_der:
 * @body: what a server sent
 * @wanted: what it should be, for the message
 *
 * Tells a body that can be ASN.1 from the pages and texts that servers and
 * proxies send in its place. The content decides, not the Content-Type.
 *
 * Returns: whether @body begins like a SEQUENCE; else %SCEP_ERROR_MALFORMED_REPLY
 *   says what came
 */
gboolean
scep_body_check_der (GBytes *body, const char *wanted, GError **error)
{
  gsize length;
  const char *data = g_bytes_get_data (body, &length);
  g_autofree char *what = NULL;

  if (length == 0) {
    /* TRANSLATORS: what was wanted, such as "its CA certificates" */
    scep_error_set (error, SCEP_ERROR_MALFORMED_REPLY,
                    _ ("The server sent an empty answer instead of %s; check the server's log and "
                       "the path in ServerEndpoint."),
                    wanted);
    return FALSE;
  }
  if ((guchar) data[0] == 0x30 && !(length > 1 && is_text (data, MIN (length, CONSIDERED))))
    return TRUE;

  what = describe (data, length);
  /* TRANSLATORS: what came, such as "a web page", and what was wanted, such as
   * "its CA certificates" */
  scep_error_set (
      error, SCEP_ERROR_MALFORMED_REPLY,
      _ ("The server sent %s instead of %s; check that ServerEndpoint names a SCEP server."), what,
      wanted);
  return FALSE;
}

/**
 * scep_body_is_cms:
 * @body: what a server sent
 *
 * Only looks at how it begins: as a ContentInfo (RFC 5652 section 3) of one of the
 * types of PKCS #7, whose length may be indefinite. Whether it can be read is
 * another question.
 *
 * Returns: whether @body is a CMS message
 */
gboolean
scep_body_is_cms (GBytes *body)
{
  /* The OID of every type of PKCS #7 begins with 1.2.840.113549.1.7. */
  static const guint8 oid[] = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07 };
  gsize length;
  const guint8 *data = g_bytes_get_data (body, &length);
  gsize header = 2;

  if (length < header || data[0] != 0x30)
    return FALSE;
  if (data[1] > 0x80)
    header += data[1] & 0x7f;
  return length >= header + sizeof oid && memcmp (data + header, oid, sizeof oid) == 0;
}
