/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-bus-history.h"

#include "enroll/scep-history.h"

#include <string.h>

/* Details that are no plain text; all of them are kept as text. */
static const struct {
  const char *name;
  const char *type;
} types[] = {
  { SCEP_DETAIL_COUNT, "u" },      { SCEP_DETAIL_FINGERPRINTS, "as" },
  { SCEP_DETAIL_FIRST_TIME, "t" }, { SCEP_DETAIL_NOT_AFTER, "t" },
  { SCEP_DETAIL_SETTINGS, "as" },
};

static const char *
get_type (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (types); i++) {
    if (g_str_equal (types[i].name, name))
      return types[i].type;
  }
  return "s";
}

static GVariant *
list_to_variant (const char *text)
{
  g_auto (GStrv) words = g_strsplit (text, ";", -1);

  return g_variant_new_strv ((const char *const *) words, -1);
}

/* (nullable): a number that is none is left out. */
static GVariant *
detail_to_variant (const char *name, const char *text)
{
  const char *type = get_type (name);
  guint64 max = g_str_equal (type, "u") ? G_MAXUINT32 : G_MAXUINT64;
  guint64 number = 0;

  if (g_str_equal (type, "s"))
    return g_variant_new_string (text);
  if (g_str_equal (type, "as"))
    return list_to_variant (text);
  if (!g_ascii_string_to_unsigned (text, 10, 0, max, &number, NULL))
    return NULL;
  return g_str_equal (type, "u") ? g_variant_new_uint32 ((guint32) number)
                                 : g_variant_new_uint64 (number);
}

static GVariant *
details_to_variant (GHashTable *details)
{
  g_autoptr (GList) names = g_list_sort (g_hash_table_get_keys (details), (GCompareFunc) strcmp);
  g_autoptr (GVariantBuilder) builder = g_variant_builder_new (G_VARIANT_TYPE_VARDICT);

  for (GList *l = names; l != NULL; l = l->next) {
    GVariant *value = detail_to_variant (l->data, g_hash_table_lookup (details, l->data));

    if (value != NULL)
      g_variant_builder_add (builder, "{sv}", l->data, value);
  }
  return g_variant_builder_end (builder);
}

/**
 * scep_bus_history_to_variant:
 * @events: (element-type ScepHistoryEvent): oldest first
 *
 * Returns: (transfer floating): a(tsa{sv}): time in Unix seconds, kind and
 *   details of each event
 */
GVariant *
scep_bus_history_to_variant (GPtrArray *events)
{
  g_autoptr (GVariantBuilder) builder = g_variant_builder_new (G_VARIANT_TYPE ("a(tsa{sv})"));

  for (guint i = 0; i < events->len; i++) {
    const ScepHistoryEvent *event = g_ptr_array_index (events, i);

    g_variant_builder_add (builder, "(ts@a{sv})", (guint64) MAX (0, event->time), event->kind,
                           details_to_variant (event->details));
  }
  return g_variant_builder_end (builder);
}
