/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transport/scep-http-reply-private.h"

#include <string.h>

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
