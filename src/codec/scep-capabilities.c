/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-capabilities.h"

#include <string.h>

static const struct {
  ScepCapabilities capability;
  const char *keyword;
} keywords[] = {
  { SCEP_CAPABILITY_AES, "AES" },
  { SCEP_CAPABILITY_DES3, "DES3" },
  { SCEP_CAPABILITY_GET_NEXT_CA_CERT, "GetNextCACert" },
  { SCEP_CAPABILITY_POST, "POSTPKIOperation" },
  { SCEP_CAPABILITY_RENEWAL, "Renewal" },
  { SCEP_CAPABILITY_SHA1, "SHA-1" },
  { SCEP_CAPABILITY_SHA256, "SHA-256" },
  { SCEP_CAPABILITY_SHA512, "SHA-512" },
  { SCEP_CAPABILITY_STANDARD, "SCEPStandard" },
};

/* The whole token must match: neither a prefix nor a word of the same length does. */
static ScepCapabilities
capability_from_token (const char *token, gsize length)
{
  for (guint i = 0; i < G_N_ELEMENTS (keywords); i++) {
    if (strlen (keywords[i].keyword) == length &&
        g_ascii_strncasecmp (keywords[i].keyword, token, length) == 0)
      return keywords[i].capability;
  }
  return SCEP_CAPABILITY_NONE;
}

static gboolean
is_line_end (char c)
{
  return c == '\r' || c == '\n';
}

static ScepCapabilities
capability_from_line (const char *line, gsize length)
{
  while (length > 0 && g_ascii_isspace (line[0])) {
    line++;
    length--;
  }
  while (length > 0 && g_ascii_isspace (line[length - 1]))
    length--;
  return capability_from_token (line, length);
}

/**
 * scep_capabilities_parse:
 * @body: what the server answered to GetCACaps, whatever it is
 *
 * Reads the keywords (RFC 8894 section 3.5.2), one a line. Lines may end in
 * any way, case does not matter, unknown words are skipped. A body that is no
 * list of capabilities holds none: that is no error.
 *
 * Returns: the capabilities
 */
ScepCapabilities
scep_capabilities_parse (GBytes *body)
{
  ScepCapabilities found = SCEP_CAPABILITY_NONE;
  gsize length;
  const char *text = g_bytes_get_data (body, &length);
  gsize start = 0;

  if (length >= 3 && memcmp (text, "\xef\xbb\xbf", 3) == 0)
    start = 3;
  while (start < length) {
    gsize end = start;

    while (end < length && !is_line_end (text[end]))
      end++;
    found |= capability_from_line (text + start, end - start);
    start = end + 1;
  }
  return found;
}

/**
 * scep_capabilities_to_strv:
 *
 * Returns: (transfer full): the keywords in the RFC's spelling
 */
char **
scep_capabilities_to_strv (ScepCapabilities capabilities)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; i < G_N_ELEMENTS (keywords); i++) {
    if ((capabilities & keywords[i].capability) != 0)
      g_strv_builder_add (builder, keywords[i].keyword);
  }
  return g_strv_builder_end (builder);
}

/**
 * scep_capabilities_from_strv:
 * @words: (nullable): keywords, as scep_capabilities_to_strv() wrote them
 *
 * Returns: the capabilities; unknown words are skipped
 */
ScepCapabilities
scep_capabilities_from_strv (const char *const *words)
{
  ScepCapabilities found = SCEP_CAPABILITY_NONE;

  for (gsize i = 0; words != NULL && words[i] != NULL; i++)
    found |= capability_from_token (words[i], strlen (words[i]));
  return found;
}
