/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "keystore/scep-target-filter.h"

#include "base/scep-error.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define MAX_LENGTH 1024
#define MAX_DEPTH 16

typedef enum {
  FILTER_AND,
  FILTER_OR,
  FILTER_NOT,
  FILTER_EQUAL,
  FILTER_PRESENT,
  FILTER_SUBSTRINGS,
  FILTER_AT_LEAST,
  FILTER_AT_MOST,
  FILTER_ABOUT,
} FilterKind;

struct _ScepTargetFilter {
  FilterKind kind;
  GPtrArray *children; /* (element-type ScepTargetFilter): of &, | and ! */
  char *attribute;     /* of the others */
  GPtrArray *parts;    /* (element-type utf8): the value, cut at its asterisks */
};

typedef struct {
  const char *text;
  const char *at;
} Parser;

static ScepTargetFilter *parse_filter (Parser *parser, guint depth, GError **error);

static gboolean
fail (Parser *parser, const char *expected, GError **error)
{
  /* TRANSLATORS: the text, what is wrong with it ("… was expected") and where */
  scep_error_set (error, SCEP_ERROR_INVALID_SETTING,
                  _ ("The keystore target “%s” is no OSGi filter: %s at character %u. Write it "
                     "like “(kura.service.pid=default)”."),
                  parser->text, expected, (guint) (parser->at - parser->text) + 1);
  return FALSE;
}

static void
skip_blanks (Parser *parser)
{
  while (g_ascii_isspace (*parser->at))
    parser->at++;
}

static gboolean
expect (Parser *parser, char wanted, const char *expected, GError **error)
{
  skip_blanks (parser);
  if (*parser->at != wanted)
    return fail (parser, expected, error);
  parser->at++;
  return TRUE;
}

/**
 * scep_target_filter_free:
 * @filter: (transfer full) (nullable):
 */
void
scep_target_filter_free (ScepTargetFilter *filter)
{
  if (filter == NULL)
    return;
  g_clear_pointer (&filter->children, g_ptr_array_unref);
  g_clear_pointer (&filter->parts, g_ptr_array_unref);
  g_free (filter->attribute);
  g_free (filter);
}

static ScepTargetFilter *
parse_list (Parser *parser, FilterKind kind, guint depth, GError **error)
{
  g_autoptr (ScepTargetFilter) filter = g_new0 (ScepTargetFilter, 1);

  filter->kind = kind;
  filter->children = g_ptr_array_new_with_free_func ((GDestroyNotify) scep_target_filter_free);
  parser->at++;
  do {
    ScepTargetFilter *child = parse_filter (parser, depth + 1, error);

    if (child == NULL)
      return NULL;
    g_ptr_array_add (filter->children, child);
    skip_blanks (parser);
  } while (kind != FILTER_NOT && *parser->at == '(');
  return g_steal_pointer (&filter);
}

/* One character after a backslash: two hex digits, or one that means itself. */
static gboolean
parse_escape (Parser *parser, GString *value, GError **error)
{
  int high = g_ascii_xdigit_value (parser->at[1]);
  int low = high < 0 ? -1 : g_ascii_xdigit_value (parser->at[2]);

  if (high == 0 && low == 0)
    return fail (parser, _ ("a NUL character (\\00), which no value can have,"), error);
  if (low >= 0) {
    g_string_append_c (value, (char) (high * 16 + low));
    parser->at += 3;
    return TRUE;
  }
  if (parser->at[1] == '\0' || strchr ("*()\\", parser->at[1]) == NULL)
    return fail (
        parser,
        _ ("an escape that is neither \\ and two hexadecimal digits nor one of \\* \\( \\) \\\\"),
        error);
  g_string_append_c (value, parser->at[1]);
  parser->at += 2;
  return TRUE;
}

static GPtrArray *
parse_value (Parser *parser, gboolean substrings, GError **error)
{
  g_autoptr (GPtrArray) parts = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GString) value = g_string_new (NULL);

  while (*parser->at != ')' && *parser->at != '\0') {
    if (*parser->at == '\\') {
      if (!parse_escape (parser, value, error))
        return NULL;
    } else if (*parser->at == '(' || (*parser->at == '*' && !substrings)) {
      fail (parser, _ ("a character that must be written with a \\ before it"), error);
      return NULL;
    } else if (*parser->at == '*') {
      g_ptr_array_add (parts, g_strdup (value->str));
      g_string_truncate (value, 0);
      parser->at++;
    } else {
      g_string_append_c (value, *parser->at++);
    }
  }
  g_ptr_array_add (parts, g_strdup (value->str));
  return g_steal_pointer (&parts);
}

static gboolean
parse_operator (Parser *parser, FilterKind *kind, GError **error)
{
  static const struct {
    const char *text;
    FilterKind kind;
  } operators[] = {
    { ">=", FILTER_AT_LEAST },
    { "<=", FILTER_AT_MOST },
    { "~=", FILTER_ABOUT },
    { "=", FILTER_EQUAL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (operators); i++) {
    if (g_str_has_prefix (parser->at, operators[i].text)) {
      parser->at += strlen (operators[i].text);
      *kind = operators[i].kind;
      return TRUE;
    }
  }
  if (*parser->at == ':')
    return fail (parser, _ ("an extensible match, which is not supported,"), error);
  return fail (parser, _ ("one of = ~= >= <= was expected"), error);
}

static ScepTargetFilter *
parse_comparison (Parser *parser, GError **error)
{
  g_autoptr (ScepTargetFilter) filter = g_new0 (ScepTargetFilter, 1);
  const char *start = parser->at;

  while (g_ascii_isalnum (*parser->at) || (*parser->at != '\0' && strchr ("._-;", *parser->at)))
    parser->at++;
  filter->attribute = g_strndup (start, (gsize) (parser->at - start));
  skip_blanks (parser);
  if (parser->at == start && *parser->at != ':') {
    fail (parser, _ ("an attribute's name was expected"), error);
    return NULL;
  }
  if (!parse_operator (parser, &filter->kind, error))
    return NULL;
  filter->parts = parse_value (parser, filter->kind == FILTER_EQUAL, error);
  if (filter->parts == NULL)
    return NULL;
  if (filter->parts->len > 1)
    filter->kind = FILTER_SUBSTRINGS;
  if (filter->parts->len == 2 && strcmp (filter->parts->pdata[0], "") == 0 &&
      strcmp (filter->parts->pdata[1], "") == 0)
    filter->kind = FILTER_PRESENT;
  return g_steal_pointer (&filter);
}

static ScepTargetFilter *
parse_filter (Parser *parser, guint depth, GError **error)
{
  g_autoptr (ScepTargetFilter) filter = NULL;

  if (!expect (parser, '(', _ ("“(” was expected"), error))
    return NULL;
  if (depth > MAX_DEPTH) {
    fail (parser, _ ("more nesting than is allowed"), error);
    return NULL;
  }
  skip_blanks (parser);
  if (*parser->at == '&')
    filter = parse_list (parser, FILTER_AND, depth, error);
  else if (*parser->at == '|')
    filter = parse_list (parser, FILTER_OR, depth, error);
  else if (*parser->at == '!')
    filter = parse_list (parser, FILTER_NOT, depth, error);
  else
    filter = parse_comparison (parser, error);
  if (filter == NULL || !expect (parser, ')', _ ("“)” was expected"), error))
    return NULL;
  return g_steal_pointer (&filter);
}

/**
 * scep_target_filter_parse:
 * @text: the value of KeystoreServiceTarget, at most 1024 bytes and 16 levels
 *
 * Returns: (transfer full): the filter, or %NULL with
 *   %SCEP_ERROR_INVALID_SETTING naming what is wrong and where
 */
ScepTargetFilter *
scep_target_filter_parse (const char *text, GError **error)
{
  Parser parser = { text, text };
  g_autoptr (ScepTargetFilter) filter = NULL;

  if (strlen (text) > MAX_LENGTH) {
    scep_error_set (error, SCEP_ERROR_INVALID_SETTING,
                    _ ("The keystore target is longer than %d bytes. Name the keystore by its "
                       "kura.service.pid alone."),
                    MAX_LENGTH);
    return NULL;
  }
  filter = parse_filter (&parser, 1, error);
  if (filter == NULL)
    return NULL;
  skip_blanks (&parser);
  if (*parser.at != '\0') {
    fail (&parser, _ ("something after the closing “)”"), error);
    return NULL;
  }
  return g_steal_pointer (&filter);
}

static const char *
get_attribute (const ScepTargetAttributes *attributes, const char *name)
{
  if (g_ascii_strcasecmp (name, "kura.service.pid") == 0 ||
      g_ascii_strcasecmp (name, "service.pid") == 0)
    return attributes->service_pid;
  if (g_ascii_strcasecmp (name, "id") == 0)
    return attributes->id;
  if (g_ascii_strcasecmp (name, "backend") == 0)
    return attributes->backend;
  return NULL;
}

static gboolean
match_substrings (GPtrArray *parts, const char *value)
{
  const char *last = parts->pdata[parts->len - 1];

  if (!g_str_has_prefix (value, parts->pdata[0]))
    return FALSE;
  value += strlen (parts->pdata[0]);
  for (guint i = 1; i + 1 < parts->len; i++) {
    const char *found = strstr (value, parts->pdata[i]);

    if (found == NULL)
      return FALSE;
    value = found + strlen (parts->pdata[i]);
  }
  return g_str_has_suffix (value, last);
}

/* OSGi leaves "about" to the implementation: case and blanks do not count. */
static gboolean
match_about (const char *a, const char *b)
{
  for (;;) {
    while (g_ascii_isspace (*a))
      a++;
    while (g_ascii_isspace (*b))
      b++;
    if (g_ascii_tolower (*a) != g_ascii_tolower (*b))
      return FALSE;
    if (*a == '\0')
      return TRUE;
    a++;
    b++;
  }
}

static gboolean
match_children (const ScepTargetFilter *filter, const ScepTargetAttributes *attributes)
{
  gboolean wanted = filter->kind == FILTER_OR;

  for (guint i = 0; i < filter->children->len; i++) {
    if (scep_target_filter_match (filter->children->pdata[i], attributes) == wanted)
      return wanted;
  }
  return !wanted;
}

static gboolean
match_comparison (const ScepTargetFilter *filter, const char *value)
{
  const char *asked = filter->parts->pdata[0];

  if (filter->kind == FILTER_SUBSTRINGS)
    return match_substrings (filter->parts, value);
  if (filter->kind == FILTER_AT_LEAST)
    return strcmp (value, asked) >= 0;
  if (filter->kind == FILTER_AT_MOST)
    return strcmp (value, asked) <= 0;
  if (filter->kind == FILTER_ABOUT)
    return match_about (value, asked);
  return filter->kind == FILTER_PRESENT || strcmp (value, asked) == 0;
}

/**
 * scep_target_filter_match:
 *
 * Attribute names match in any case, values exactly; one that a keystore does
 * not have matches nothing.
 *
 * Returns: whether the filter selects a keystore of these attributes
 */
gboolean
scep_target_filter_match (const ScepTargetFilter *filter, const ScepTargetAttributes *attributes)
{
  const char *value;

  if (filter->kind == FILTER_AND || filter->kind == FILTER_OR)
    return match_children (filter, attributes);
  if (filter->kind == FILTER_NOT)
    return !scep_target_filter_match (filter->children->pdata[0], attributes);
  value = get_attribute (attributes, filter->attribute);
  return value != NULL && match_comparison (filter, value);
}
