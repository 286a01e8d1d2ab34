/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-bus-keystore-entry.h"

#include "base/scep-error.h"
#include "base/scep-text.h"

#include <glib/gi18n-lib.h>

/**
 * scep_bus_keystore_check_alias:
 * @writing: whether an entry is to be written or deleted
 *
 * Returns: whether a caller may use this alias; else %SCEP_ERROR_INVALID_ENTRY
 */
gboolean
scep_bus_keystore_check_alias (const char *alias, gboolean writing, GError **error)
{
  if (!scep_alias_is_valid (alias)) {
    g_autofree char *shown = scep_text_printable (alias, -1);

    scep_error_set (error, SCEP_ERROR_INVALID_ENTRY,
                    _ ("“%s” cannot be an alias: one begins with a letter or digit and goes on "
                       "with letters, digits, “_”, “@” and “-”, at most 128 in all."),
                    shown);
    return FALSE;
  }
  if (writing && scep_alias_is_reserved (alias)) {
    scep_error_set (
        error, SCEP_ERROR_INVALID_ENTRY,
        _ ("The entry %s belongs to the service; Reset and Configure of its profile change it."),
        alias);
    return FALSE;
  }
  return TRUE;
}

static void
add_certificate (GVariantBuilder *builder, ScepCertificate *certificate)
{
  g_variant_builder_add (builder, "{sv}", "Subject",
                         g_variant_new_string (scep_certificate_get_subject (certificate)));
  g_variant_builder_add (builder, "{sv}", "Fingerprint",
                         g_variant_new_string (scep_certificate_get_fingerprint (certificate)));
  g_variant_builder_add (
      builder, "{sv}", "NotAfter",
      g_variant_new_uint64 ((guint64) MAX (0, scep_certificate_get_not_after (certificate))));
}

/**
 * scep_bus_keystore_describe:
 * @with_kind: whether to say what kind of entry it is, too
 *
 * Returns: (transfer floating): a{sv}, the details of an entry
 */
GVariant *
scep_bus_keystore_describe (ScepKeystore *keystore, ScepKeystoreEntry *entry, gboolean with_kind)
{
  GVariantBuilder builder;
  ScepCertificate *certificate = scep_keystore_entry_get_certificate (entry);
  const char *key_type = scep_keystore_entry_get_key_type (entry);
  g_autofree char *uri = g_strconcat ("scep:", scep_keystore_get_id (keystore), "/",
                                      scep_keystore_entry_get_alias (entry), NULL);

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  if (with_kind)
    g_variant_builder_add (
        &builder, "{sv}", "Kind",
        g_variant_new_string (scep_entry_kind_to_string (scep_keystore_entry_get_kind (entry))));
  if (certificate != NULL)
    add_certificate (&builder, certificate);
  if (key_type != NULL)
    g_variant_builder_add (&builder, "{sv}", "KeyType", g_variant_new_string (key_type));
  g_variant_builder_add (&builder, "{sv}", "KeyBits",
                         g_variant_new_uint32 (scep_keystore_entry_get_key_bits (entry)));
  g_variant_builder_add (&builder, "{sv}", "Exportable",
                         g_variant_new_boolean (scep_keystore_entry_is_exportable (entry)));
  g_variant_builder_add (&builder, "{sv}", "Uri", g_variant_new_string (uri));
  return g_variant_builder_end (&builder);
}

/**
 * scep_bus_keystore_list:
 *
 * Returns: (transfer floating) (nullable): a(ssa{sv}), all entries, or %NULL with
 *   an error of the keystore
 */
GVariant *
scep_bus_keystore_list (ScepKeystore *keystore, GError **error)
{
  g_autoptr (GPtrArray) entries = scep_keystore_list (keystore, error);
  GVariantBuilder builder;

  if (entries == NULL)
    return NULL;
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(ssa{sv})"));
  for (guint i = 0; i < entries->len; i++) {
    ScepKeystoreEntry *entry = g_ptr_array_index (entries, i);

    g_variant_builder_add (&builder, "(ss@a{sv})", scep_keystore_entry_get_alias (entry),
                           scep_entry_kind_to_string (scep_keystore_entry_get_kind (entry)),
                           scep_bus_keystore_describe (keystore, entry, FALSE));
  }
  return g_variant_builder_end (&builder);
}
