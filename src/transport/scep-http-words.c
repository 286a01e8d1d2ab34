/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-text.h"
#include "transport/scep-http-reply-private.h"

#include <string.h>

/* To g_utf8_get_char_validated(): the beginning of a character. */
#define CUT_OFF ((gunichar) -2)

/* What is between these is not for people. */
static const struct {
  const char *begin;
  const char *end;
} hidden[] = {
  { "<!--", "-->" },
  { "<style", "</style" },
  { "<script", "</script" },
};

/* Where the markup that begins at @text is over; what is cut off is so at the end. */
static const char *
skip_markup (const char *text)
{
  const char *end = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (hidden) && text != NULL; i++) {
    if (g_str_has_prefix (text, hidden[i].begin))
      text = strstr (text + strlen (hidden[i].begin), hidden[i].end);
  }
  if (text != NULL)
    end = strchr (text, '>');
  return end != NULL ? end + 1 : NULL;
}

static void
append_words (GString *words, const char *text, gsize length)
{
  for (gsize i = 0; i < length; i++) {
    gboolean is_space = g_ascii_isspace (text[i]);

    if (!is_space)
      g_string_append_c (words, text[i]);
    else if (words->len > 0 && words->str[words->len - 1] != ' ')
      g_string_append_c (words, ' ');
  }
}

/**
 * scep_http_words_of_page:
 * @page: HTML, or what a server takes for it
 * @length: bytes of it
 *
 * Error pages begin with much that says nothing. This is no parser: a page that
 * is not well-formed loses words at worst.
 *
 * Returns: (transfer full): what a person would see, not made printable
 */
char *
scep_http_words_of_page (const char *page, gsize length)
{
  g_autofree char *text = g_strndup (page, length);
  g_autofree char *lower = g_ascii_strdown (text, -1);
  GString *words = g_string_new (NULL);
  const char *p = lower;

  while (p != NULL && *p != '\0') {
    gsize run = strcspn (p, "<");

    append_words (words, text + (p - lower), run);
    p += run;
    if (*p == '\0')
      break;
    append_words (words, " ", 1);
    p = skip_markup (p);
  }
  return g_strstrip (g_string_free (words, FALSE));
}

static gboolean
is_said_to_be_text (const char *content_type)
{
  return g_ascii_strncasecmp (content_type, "text/", strlen ("text/")) == 0 ||
         strstr (content_type, "json") != NULL || strstr (content_type, "xml") != NULL;
}

static gboolean
looks_like_text (const char *data, gsize length)
{
  const char *end;

  if (!g_utf8_validate (data, (gssize) length, &end) &&
      g_utf8_get_char_validated (end, data + length - end) != CUT_OFF)
    return FALSE;
  for (const char *p = data; p < end; p++) {
    if (g_ascii_iscntrl (*p) && !g_ascii_isspace (*p))
      return FALSE;
  }
  return TRUE;
}

static gboolean
is_page (const char *data, gsize length, const char *content_type)
{
  g_autofree char *begin = NULL;

  if (content_type != NULL)
    return strstr (content_type, "html") != NULL;
  begin = g_strstrip (g_strndup (data, length));
  return begin[0] == '<';
}

/**
 * scep_http_words_of_body:
 * @body: of a reply that is no success
 * @content_type: (nullable): as the server wrote it; what has none may be text too
 *
 * Returns: (transfer full) (nullable): what the server says, printable, or %NULL
 *   where that is nothing for people
 */
char *
scep_http_words_of_body (GBytes *body, const char *content_type)
{
  gsize length;
  const char *data = g_bytes_get_data (body, &length);
  g_autofree char *words = NULL;
  g_autofree char *shown = NULL;

  if (length == 0 ||
      !(content_type != NULL ? is_said_to_be_text (content_type) : looks_like_text (data, length)))
    return NULL;
  if (is_page (data, length, content_type))
    words = scep_http_words_of_page (data, length);
  shown =
      words != NULL ? scep_text_printable (words, -1) : scep_text_printable (data, (gssize) length);
  return *shown != '\0' ? g_steal_pointer (&shown) : NULL;
}
