/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-name.h"

#include "base/scep-text.h"

#include "codec/scep-der-string.h"
#include "codec/scep-name-private.h"

#include <string.h>

/* As text is compared: without case, with single spaces; anything else as it is. */
static char *
canonicalize_value (GBytes *value)
{
  g_autofree char *text = scep_der_string_to_utf8 (value);
  g_autofree char *normal = NULL;
  g_autofree char *folded = NULL;
  g_auto (GStrv) words = NULL;
  g_autoptr (GString) joined = g_string_new ("text:");

  if (text == NULL)
    return scep_hex_encode (g_bytes_get_data (value, NULL), g_bytes_get_size (value));
  normal = g_utf8_normalize (text, -1, G_NORMALIZE_NFKC);
  folded = g_utf8_casefold (normal, -1);
  words = g_strsplit (folded, " ", -1);
  for (guint i = 0; words[i] != NULL; i++) {
    if (words[i][0] != '\0')
      g_string_append_printf (joined, " %s", words[i]);
  }
  return g_string_free (g_steal_pointer (&joined), FALSE);
}

static int
compare_strings (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* Hexadecimal keeps the values apart from what stands between them. */
static void
append_canonical_rdn (GString *string, ScepAsn1 *name, guint rdn)
{
  g_autoptr (GPtrArray) items = g_ptr_array_new_with_free_func (g_free);
  guint n_attributes = scep_name_count_attributes (name, rdn);

  for (guint i = 1; i <= n_attributes; i++) {
    g_autofree char *oid = NULL;
    g_autoptr (GBytes) value = NULL;
    g_autofree char *canonical = NULL;
    g_autofree char *hex = NULL;

    if (!scep_name_get_attribute (name, rdn, i, &oid, &value))
      continue;
    canonical = canonicalize_value (value);
    hex = scep_hex_encode (canonical, strlen (canonical));
    g_ptr_array_add (items, g_strdup_printf ("%s=%s", oid, hex));
  }
  g_ptr_array_sort (items, compare_strings);
  for (guint i = 0; i < items->len; i++)
    g_string_append_printf (string, "+%s", (const char *) g_ptr_array_index (items, i));
  g_string_append_c (string, ',');
}

/**
 * scep_name_canonicalize:
 * @der: a Name
 *
 * Returns: (transfer full) (nullable): the same for all that scep_name_equal() finds
 *   equal, and the beginning of the same for what stands below it in the
 *   directory; %NULL where it cannot be read
 */
char *
scep_name_canonicalize (GBytes *der)
{
  g_autoptr (ScepAsn1) name = scep_name_decode (der, NULL);
  g_autoptr (GString) string = g_string_new (NULL);
  guint n_rdns;

  if (name == NULL)
    return NULL;
  n_rdns = scep_asn1_count (name, "");
  for (guint rdn = 1; rdn <= n_rdns; rdn++)
    append_canonical_rdn (string, name, rdn);
  return g_string_free (g_steal_pointer (&string), FALSE);
}

/**
 * scep_name_equal:
 *
 * Compares as RFC 5280 section 7.1 says: neither the type of a string nor case
 * nor the number of spaces makes a difference.
 *
 * Returns: whether two Names are the same; one that cannot be read is equal
 *   only to the same bytes
 */
gboolean
scep_name_equal (GBytes *der_a, GBytes *der_b)
{
  g_autofree char *a = NULL;
  g_autofree char *b = NULL;

  if (g_bytes_equal (der_a, der_b))
    return TRUE;
  a = scep_name_canonicalize (der_a);
  b = scep_name_canonicalize (der_b);
  return a != NULL && b != NULL && strcmp (a, b) == 0;
}

static char *
read_value (GBytes *value)
{
  g_autofree char *text = scep_der_string_to_utf8 (value);
  g_autofree char *hex = NULL;

  if (text != NULL)
    return g_steal_pointer (&text);
  hex = scep_hex_encode (g_bytes_get_data (value, NULL), g_bytes_get_size (value));
  return g_strconcat ("#", hex, NULL);
}

/**
 * scep_name_dup_values:
 * @der: a Name
 * @oid: of an attribute
 *
 * Returns: (transfer full): its values in the Name as text; of one that is none "#"
 *   and the hexadecimal digits of its DER
 */
char **
scep_name_dup_values (GBytes *der, const char *oid)
{
  g_autoptr (ScepAsn1) name = scep_name_decode (der, NULL);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  guint n_rdns = name != NULL ? scep_asn1_count (name, "") : 0;

  for (guint rdn = 1; rdn <= n_rdns; rdn++) {
    guint n_attributes = scep_name_count_attributes (name, rdn);

    for (guint i = 1; i <= n_attributes; i++) {
      g_autofree char *type = NULL;
      g_autoptr (GBytes) value = NULL;
      g_autofree char *text = NULL;

      if (!scep_name_get_attribute (name, rdn, i, &type, &value) || !g_str_equal (type, oid))
        continue;
      text = read_value (value);
      g_strv_builder_add (builder, text);
    }
  }
  return g_strv_builder_end (builder);
}
