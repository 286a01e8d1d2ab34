/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-extension.h"

#include "base/scep-error.h"

#include "codec/scep-cms.h"
#include "codec/scep-der-string.h"
#include "codec/scep-name.h"

#include <glib/gi18n-lib.h>

/**
 * scep_extension_add:
 * @value: the DER of the extension's value, what the OCTET STRING holds
 */
void
scep_extension_add (ScepAsn1 *node, const char *field, const char *oid, gboolean critical,
                    GBytes *value)
{
  const char *dot = *field == '\0' ? "" : ".";
  g_autofree char *id = g_strconcat (field, dot, "?LAST.extnID", NULL);
  g_autofree char *is_critical = g_strconcat (field, dot, "?LAST.critical", NULL);
  g_autofree char *octets = g_strconcat (field, dot, "?LAST.extnValue", NULL);

  scep_asn1_append (node, field);
  scep_asn1_set_string (node, id, oid);
  scep_asn1_set_string (node, is_critical, critical ? "TRUE" : "FALSE");
  scep_asn1_set_bytes (node, octets, value);
}

/**
 * scep_extension_add_alt_names:
 * @alt_names: (nullable): as scep_alt_names_encode() takes them
 *
 * Adds a subjectAltName where there is one at all.
 *
 * Returns: whether all are good, otherwise with %SCEP_ERROR_INVALID_SETTING
 */
gboolean
scep_extension_add_alt_names (ScepAsn1 *node, const char *field, const char *const *alt_names,
                              GError **error)
{
  g_autoptr (GBytes) names = NULL;

  if (alt_names == NULL || alt_names[0] == NULL)
    return TRUE;
  names = scep_alt_names_encode (alt_names, error);
  if (names == NULL)
    return FALSE;
  scep_extension_add (node, field, SCEP_OID_SUBJECT_ALT_NAME, FALSE, names);
  return TRUE;
}

/* @bits: bit n is 1 << n; DER leaves out the zeros behind the last one. */
static GBytes *
encode_key_usage (guint bits)
{
  guint8 octets[3] = { 0 };
  guint last = 0;
  g_autoptr (GBytes) content = NULL;

  for (guint bit = 0; bit < 16; bit++) {
    if ((bits & 1u << bit) == 0)
      continue;
    octets[1 + bit / 8] |= (guint8) (0x80 >> bit % 8);
    last = bit;
  }
  octets[0] = (guint8) (7 - last % 8); /* unused bits of the last octet */
  content = g_bytes_new (octets, 2 + last / 8);
  return scep_der_wrap (SCEP_TAG_BIT_STRING, content);
}

/**
 * scep_extension_add_key_usage:
 * @names: (nullable): as scep_key_usage_from_name() takes them
 *
 * Adds a critical keyUsage where there is one at all.
 *
 * Returns: whether all are known, otherwise with %SCEP_ERROR_INVALID_SETTING
 */
gboolean
scep_extension_add_key_usage (ScepAsn1 *node, const char *field, const char *const *names,
                              GError **error)
{
  g_autoptr (GBytes) value = NULL;
  guint bits = 0;

  if (names == NULL || names[0] == NULL)
    return TRUE;
  for (guint i = 0; names[i] != NULL; i++) {
    guint bit;

    if (!scep_key_usage_from_name (names[i], &bit)) {
      scep_error_set (error, SCEP_ERROR_INVALID_SETTING,
                      _ ("“%s” is no key usage of RFC 5280, such as digitalSignature"), names[i]);
      return FALSE;
    }
    bits |= 1u << bit;
  }
  value = encode_key_usage (bits);
  scep_extension_add (node, field, SCEP_OID_KEY_USAGE, TRUE, value);
  return TRUE;
}

/**
 * scep_extension_add_extended_key_usage:
 * @names: (nullable): as scep_extended_key_usage_to_oid() takes them
 *
 * Adds an extKeyUsage where there is one at all.
 *
 * Returns: whether all are known, otherwise with %SCEP_ERROR_INVALID_SETTING
 */
gboolean
scep_extension_add_extended_key_usage (ScepAsn1 *node, const char *field, const char *const *names,
                                       GError **error)
{
  g_autoptr (ScepAsn1) usages = NULL;
  g_autoptr (GBytes) value = NULL;

  if (names == NULL || names[0] == NULL)
    return TRUE;
  usages = scep_asn1_create ("ExtKeyUsage");
  for (guint i = 0; names[i] != NULL; i++) {
    const char *oid = scep_extended_key_usage_to_oid (names[i]);

    if (oid == NULL) {
      scep_error_set (
          error, SCEP_ERROR_INVALID_SETTING,
          _ ("“%s” is no extended key usage of RFC 5280, such as clientAuth, and no OID"),
          names[i]);
      return FALSE;
    }
    scep_asn1_append (usages, "");
    scep_asn1_set_string (usages, "?LAST", oid);
  }
  value = scep_asn1_encode (usages);
  scep_extension_add (node, field, SCEP_OID_EXTENDED_KEY_USAGE, FALSE, value);
  return TRUE;
}

/**
 * scep_extension_add_template:
 * @template_name: (nullable): of a Microsoft certificate template, UTF-8
 *
 * Adds Microsoft's certificate template name, [MS-WCCE] section 2.2.2.7.7.1,
 * where there is one at all.
 *
 * Returns: whether it can be written, otherwise with
 *   %SCEP_ERROR_INVALID_SETTING
 */
gboolean
scep_extension_add_template (ScepAsn1 *node, const char *field, const char *template_name,
                             GError **error)
{
  g_autoptr (GBytes) value = NULL;

  if (template_name == NULL || *template_name == '\0')
    return TRUE;
  if (g_utf8_validate (template_name, -1, NULL))
    value = scep_bmp_string_encode (template_name);
  if (value == NULL) {
    scep_error_set (error, SCEP_ERROR_INVALID_SETTING,
                    _ ("the certificate template's name has characters that Microsoft's extension "
                       "cannot hold; use the template's short name"));
    return FALSE;
  }
  scep_extension_add (node, field, SCEP_OID_TEMPLATE_NAME, FALSE, value);
  return TRUE;
}

/**
 * scep_extension_find:
 * @extensions: Extensions
 *
 * Returns: (transfer full) (nullable): the DER of the extension's value, or
 *   %NULL where it is absent
 */
GBytes *
scep_extension_find (ScepAsn1 *extensions, const char *oid)
{
  guint n_extensions = scep_asn1_count (extensions, "");

  for (guint i = 1; i <= n_extensions; i++) {
    g_autofree char *id_field = g_strdup_printf ("?%u.extnID", i);
    g_autofree char *value_field = g_strdup_printf ("?%u.extnValue", i);
    g_autofree char *id = scep_asn1_get_oid (extensions, id_field);

    if (g_strcmp0 (id, oid) == 0)
      return scep_asn1_get (extensions, value_field);
  }
  return NULL;
}
