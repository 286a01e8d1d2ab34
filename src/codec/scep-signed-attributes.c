/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-signed-attributes.h"

#include "base/scep-error.h"

#include "codec/scep-asn1.h"
#include "codec/scep-cms.h"

#include <glib/gi18n-lib.h>

/**
 * scep_signed_message_refuse:
 * @what: the rule that it breaks: "it has …"
 *
 * Returns: %FALSE, and @error is %SCEP_ERROR_MALFORMED_REPLY
 */
gboolean
scep_signed_message_refuse (GError **error, const char *what)
{
  scep_error_set (error, SCEP_ERROR_MALFORMED_REPLY,
                  _ ("The server's signed message breaks the rules of SCEP: %s."), what);
  return FALSE;
}

/* What nobody looks for may be there in any form: it is signed, and ignored. */
static gboolean
is_known (const char *oid)
{
  static const char *const known[] = {
    SCEP_OID_MESSAGE_TYPE,    SCEP_OID_PKI_STATUS,     SCEP_OID_FAIL_INFO,
    SCEP_OID_RECIPIENT_NONCE, SCEP_OID_TRANSACTION_ID, SCEP_OID_FAIL_INFO_TEXT,
    SCEP_OID_CONTENT_TYPE,    SCEP_OID_MESSAGE_DIGEST, NULL,
  };

  return g_strv_contains (known, oid);
}

static gboolean
add_attribute (GHashTable *attributes, ScepAsn1 *tree, guint number, const char *type,
               GError **error)
{
  g_autofree char *values = g_strdup_printf ("?%u.values", number);
  g_autofree char *first = g_strdup_printf ("?%u.values.?1", number);
  g_autoptr (GBytes) value = scep_asn1_get (tree, first);
  gboolean is_single = scep_asn1_count (tree, values) == 1 && value != NULL;

  if (!is_single && !is_known (type))
    return TRUE;
  if (!is_single)
    return scep_signed_message_refuse (error,
                                       _ ("a signed attribute does not have exactly one value"));
  if (!g_hash_table_insert (attributes, g_strdup (type), g_steal_pointer (&value)) &&
      is_known (type))
    return scep_signed_message_refuse (error, _ ("a signed attribute is there twice"));
  return TRUE;
}

static gboolean
add_attributes (GHashTable *attributes, ScepAsn1 *tree, GError **error)
{
  for (guint number = 1;; number++) {
    g_autofree char *field = g_strdup_printf ("?%u.type", number);
    g_autofree char *type = scep_asn1_get_oid (tree, field);

    if (type == NULL)
      return TRUE;
    if (number > SCEP_CMS_MAX_ELEMENTS)
      return scep_signed_message_refuse (error, _ ("it has too many signed attributes"));
    if (!add_attribute (attributes, tree, number, type, error))
      return FALSE;
  }
}

/**
 * scep_signed_attributes_read:
 * @set: SET OF Attribute, as received
 * @der: (out) (transfer full): the same in DER
 *
 * Each attribute of SCEP and CMS that is there has one value and stands once.
 * Others are taken if they are like that, and else ignored.
 *
 * Returns: (transfer full) (nullable) (element-type utf8 GBytes): OID to
 *   encoded value, or %NULL with %SCEP_ERROR_MALFORMED_REPLY
 */
GHashTable *
scep_signed_attributes_read (GBytes *set, GBytes **der, GError **error)
{
  g_autoptr (ScepAsn1) tree = scep_asn1_decode ("Attributes", set, error);
  g_autoptr (GHashTable) attributes = NULL;

  if (tree == NULL)
    return NULL;
  attributes =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_bytes_unref);
  if (!add_attributes (attributes, tree, error))
    return NULL;
  *der = scep_asn1_encode (tree);
  return g_steal_pointer (&attributes);
}

/**
 * scep_signed_attributes_dup_content_type:
 *
 * Returns: (transfer full) (nullable): the OID in the contentType attribute, or
 *   %NULL where there is none (RFC 5652 section 11.1)
 */
char *
scep_signed_attributes_dup_content_type (GHashTable *attributes)
{
  GBytes *value = g_hash_table_lookup (attributes, SCEP_OID_CONTENT_TYPE);
  g_autoptr (ScepAsn1) type = value != NULL ? scep_asn1_decode ("ContentType", value, NULL) : NULL;

  return type != NULL ? scep_asn1_get_oid (type, "") : NULL;
}
