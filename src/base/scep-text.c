/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-text.h"

#include "base/scep-names.h"

#include <string.h>

#define FINGERPRINT_DIGITS 64
#define MAX_ID_LENGTH 64
#define MAX_ALIAS_LENGTH 128

/* Code points that are shown as nothing, though they are letters or marks (Unicode's
 * Default_Ignorable_Code_Point that g_unichar_isprint() takes for printable). */
static gboolean
is_blank (gunichar c)
{
  static const struct {
    gunichar first;
    gunichar last;
  } ranges[] = {
    { 0x034f, 0x034f }, /* combining grapheme joiner */
    { 0x115f, 0x1160 }, /* Hangul fillers */
    { 0x17b4, 0x17b5 }, /* Khmer inherent vowels */
    { 0x180b, 0x180f }, /* Mongolian variation selectors */
    { 0x3164, 0x3164 }, /* Hangul filler */
    { 0xfe00, 0xfe0f }, /* variation selectors */
    { 0xffa0, 0xffa0 }, /* halfwidth Hangul filler */
    { 0xe0100, 0xe01ef },
  };

  for (guint i = 0; i < G_N_ELEMENTS (ranges); i++) {
    if (c >= ranges[i].first && c <= ranges[i].last)
      return TRUE;
  }
  return FALSE;
}

/**
 * scep_text_is_visible:
 *
 * Returns: whether everybody sees @c, or a blank, and within the line: it is
 *   assigned by Unicode, and no control, formatting, separating or private
 *   character, and none that is shown as nothing
 */
gboolean
scep_text_is_visible (gunichar c)
{
  GUnicodeType type = g_unichar_type (c);

  return g_unichar_isprint (c) && !is_blank (c) && type != G_UNICODE_LINE_SEPARATOR &&
         type != G_UNICODE_PARAGRAPH_SEPARATOR && type != G_UNICODE_PRIVATE_USE;
}

/**
 * scep_text_is_all_visible:
 * @text: UTF-8
 *
 * Returns: whether scep_text_is_visible() holds for all of it
 */
gboolean
scep_text_is_all_visible (const char *text)
{
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p)) {
    if (!scep_text_is_visible (g_utf8_get_char (p)))
      return FALSE;
  }
  return TRUE;
}

/**
 * scep_text_printable:
 * @text: bytes of a server, in any encoding
 * @length: their number, or -1 for a terminated string
 *
 * Text that can stand in a message, a log or a terminal: valid UTF-8, no
 * control or formatting characters, one line, at most %SCEP_TEXT_MAX_SHOWN
 * characters.
 *
 * Returns: (transfer full): the text
 */
char *
scep_text_printable (const char *text, gssize length)
{
  gsize bytes = length < 0 ? strlen (text) : (gsize) length;
  /* No UTF-8 character is longer than 6 bytes: the rest would be cut anyway. */
  gsize considered = MIN (bytes, (gsize) SCEP_TEXT_MAX_SHOWN * 6 + 6);
  g_autofree char *valid = g_utf8_make_valid (text, (gssize) considered);
  GString *shown = g_string_new (NULL);
  glong count = 0;

  for (const char *p = valid; *p != '\0' && count < SCEP_TEXT_MAX_SHOWN; p = g_utf8_next_char (p)) {
    gunichar c = g_utf8_get_char (p);

    if (g_unichar_isspace (c))
      c = ' ';
    else if (!scep_text_is_visible (c))
      c = '?';
    g_string_append_unichar (shown, c);
    count++;
  }
  return g_strstrip (g_string_free (shown, FALSE));
}

/**
 * scep_text_time:
 * @time: Unix seconds
 *
 * Returns: (transfer full): @time for people, to the minute, in UTC
 */
char *
scep_text_time (gint64 time)
{
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_utc (time);

  return date != NULL ? g_date_time_format (date, "%Y-%m-%d %H:%M UTC") : g_strdup ("?");
}

/**
 * scep_hex_encode:
 *
 * Returns: (transfer full): lower-case hexadecimal digits
 */
char *
scep_hex_encode (gconstpointer data, gsize length)
{
  static const char digits[] = "0123456789abcdef";
  const guint8 *bytes = data;
  char *hex = g_malloc (2 * length + 1);

  for (gsize i = 0; i < length; i++) {
    hex[2 * i] = digits[bytes[i] >> 4];
    hex[2 * i + 1] = digits[bytes[i] & 0xf];
  }
  hex[2 * length] = '\0';
  return hex;
}

/**
 * scep_text_clause:
 * @text: a sentence or less, of a library or a server
 *
 * Returns: (transfer full): as scep_text_printable(), without the full stop at its
 *   end: a part of a sentence
 */
char *
scep_text_clause (const char *text)
{
  char *clause = scep_text_printable (text, -1);
  gsize length = strlen (clause);

  while (length > 0 && (clause[length - 1] == '.' || clause[length - 1] == ' '))
    clause[--length] = '\0';
  return clause;
}

/**
 * scep_hex_normalize:
 * @text: hexadecimal digits as people and tools write them
 *
 * Accepts upper case, colons and blanks.
 *
 * Returns: (transfer full) (nullable): the digits in lower case, or %NULL if
 *   there is anything else in @text
 */
char *
scep_hex_normalize (const char *text)
{
  GString *digits = g_string_new (NULL);

  for (const char *p = text; *p != '\0'; p++) {
    if (g_ascii_isxdigit (*p))
      g_string_append_c (digits, g_ascii_tolower (*p));
    else if (*p != ':' && !g_ascii_isspace (*p))
      return g_string_free (digits, TRUE);
  }
  return g_string_free (digits, FALSE);
}

/**
 * scep_fingerprint_normalize:
 * @text: a SHA-256 fingerprint as people and tools write it
 *
 * Accepts what scep_hex_normalize() accepts.
 *
 * Returns: (transfer full) (nullable): 64 lower-case hexadecimal digits, or
 *   %NULL if @text is no SHA-256 fingerprint
 */
char *
scep_fingerprint_normalize (const char *text)
{
  g_autofree char *digits = scep_hex_normalize (text);

  if (digits == NULL || strlen (digits) != FINGERPRINT_DIGITS)
    return NULL;
  return g_steal_pointer (&digits);
}

/**
 * scep_id_is_valid:
 *
 * Returns: whether @id can name a profile or a keystore, and so be a file
 *   name and an element of an object path
 */
gboolean
scep_id_is_valid (const char *id)
{
  if (!g_ascii_islower (id[0]) || strlen (id) > MAX_ID_LENGTH)
    return FALSE;
  return strspn (id, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen (id);
}

/**
 * scep_alias_is_valid:
 *
 * Returns: whether @alias can name a keystore entry, and so be a file name
 */
gboolean
scep_alias_is_valid (const char *alias)
{
  if (!g_ascii_isalnum (alias[0]) || strlen (alias) > MAX_ALIAS_LENGTH)
    return FALSE;
  for (const char *p = alias; *p != '\0'; p++) {
    if (!g_ascii_isalnum (*p) && *p != '_' && *p != '@' && *p != '-')
      return FALSE;
  }
  return TRUE;
}

/**
 * scep_alias_is_reserved:
 *
 * Returns: whether @alias belongs to the service, so that callers on the bus
 *   may neither write nor delete it
 */
gboolean
scep_alias_is_reserved (const char *alias)
{
  return g_str_has_prefix (alias, "scep-") || g_str_has_prefix (alias, "sce-");
}

/**
 * scep_alias_for_profile:
 *
 * Returns: (transfer full): @alias as the profile @profile_id spells it
 */
char *
scep_alias_for_profile (const char *alias, const char *profile_id)
{
  if (strcmp (profile_id, SCEP_DEFAULT_ID) == 0)
    return g_strdup (alias);
  return g_strconcat (alias, "@", profile_id, NULL);
}
