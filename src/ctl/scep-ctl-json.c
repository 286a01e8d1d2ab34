/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/scep-ctl-json.h"

static void append_value (GString *out, GVariant *value);

static void
append_string (GString *out, const char *text)
{
  g_string_append_c (out, '"');
  for (const char *p = text; *p != '\0'; p++) {
    if (*p == '"' || *p == '\\')
      g_string_append_printf (out, "\\%c", *p);
    else if (*p == '\n')
      g_string_append (out, "\\n");
    else if ((guchar) *p < 0x20 || *p == 0x7f)
      g_string_append_printf (out, "\\u%04x", (guint) (guchar) *p);
    else
      g_string_append_c (out, *p);
  }
  g_string_append_c (out, '"');
}

static gboolean
is_text (GVariant *value)
{
  return g_variant_is_of_type (value, G_VARIANT_TYPE_STRING) ||
         g_variant_is_of_type (value, G_VARIANT_TYPE_OBJECT_PATH) ||
         g_variant_is_of_type (value, G_VARIANT_TYPE_SIGNATURE);
}

static void
append_member (GString *out, GVariant *entry)
{
  g_autoptr (GVariant) key = g_variant_get_child_value (entry, 0);
  g_autoptr (GVariant) value = g_variant_get_child_value (entry, 1);

  append_value (out, key);
  g_string_append (out, ": ");
  append_value (out, value);
}

static void
append_container (GString *out, GVariant *value, gboolean object)
{
  g_string_append_c (out, object ? '{' : '[');
  for (gsize i = 0; i < g_variant_n_children (value); i++) {
    g_autoptr (GVariant) child = g_variant_get_child_value (value, i);

    if (i > 0)
      g_string_append (out, ", ");
    if (object)
      append_member (out, child);
    else
      append_value (out, child);
  }
  g_string_append_c (out, object ? '}' : ']');
}

static void
append_value (GString *out, GVariant *value)
{
  g_autofree char *number = NULL;

  if (is_text (value)) {
    append_string (out, g_variant_get_string (value, NULL));
  } else if (g_variant_is_of_type (value, G_VARIANT_TYPE_VARIANT)) {
    g_autoptr (GVariant) inner = g_variant_get_variant (value);

    append_value (out, inner);
  } else if (g_variant_is_container (value)) {
    append_container (out, value, g_variant_is_of_type (value, G_VARIANT_TYPE_DICTIONARY));
  } else if (g_variant_is_of_type (value, G_VARIANT_TYPE_BYTE)) {
    g_string_append_printf (out, "%u", (guint) g_variant_get_byte (value));
  } else {
    number = g_variant_print (value, FALSE);
    g_string_append (out, number);
  }
}

/**
 * scep_ctl_json:
 * @value: booleans, numbers, text, arrays, tuples and dictionaries with text as key
 *
 * Returns: (transfer full): @value in JSON (RFC 8259), in one line
 */
char *
scep_ctl_json (GVariant *value)
{
  GString *out = g_string_new (NULL);

  append_value (out, value);
  return g_string_free (out, FALSE);
}
