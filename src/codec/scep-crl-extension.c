/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-crl-private.h"

#include "base/scep-error.h"

#include "codec/scep-asn1.h"
#include "codec/scep-cms.h"
#include "codec/scep-der.h"

#include <glib/gi18n-lib.h>

#define OID_CRL_NUMBER "2.5.29.20"
#define OID_DELTA_CRL_INDICATOR "2.5.29.27"
#define OID_ISSUING_DISTRIBUTION_POINT "2.5.29.28"
#define OID_AUTHORITY_KEY_IDENTIFIER "2.5.29.35"
#define MAX_EXTENSIONS 64

/* Fields of an IssuingDistributionPoint (RFC 5280 section 5.2.5). */
#define TAG_DISTRIBUTION_POINT 0xa0
#define TAG_ONLY_USER_CERTIFICATES 0x81

static gboolean
refuse_part (GError **error, const char *what)
{
  scep_error_set (error, SCEP_ERROR_UNSUPPORTED,
                  _ ("The CRL cannot be used: %s; only a CA's complete CRL will do."), what);
  return FALSE;
}

/* Where the CRL is found and that it covers end entities do not matter, all else does. */
static gboolean
check_distribution_point (GBytes *value, GError **error)
{
  ScepDerReader whole;
  ScepDerReader fields;

  scep_der_reader_init (&whole, value);
  if (!scep_der_reader_enter (&whole, SCEP_TAG_SEQUENCE, &fields))
    return scep_crl_refuse (error, _ ("its distribution point cannot be read"));
  while (!scep_der_reader_is_at_end (&fields)) {
    guint8 tag = scep_der_reader_peek (&fields);

    if (tag != TAG_DISTRIBUTION_POINT && tag != TAG_ONLY_USER_CERTIFICATES)
      return refuse_part (error, _ ("it does not cover every certificate of its kind"));
    if (!scep_der_reader_skip (&fields, tag))
      return scep_crl_refuse (error, _ ("its distribution point cannot be read"));
  }
  return TRUE;
}

static gboolean
read_extension (ScepCrl *self, const char *oid, gboolean critical, GBytes *value, GError **error)
{
  if (g_str_equal (oid, OID_CRL_NUMBER))
    return scep_crl_read_number (self, value, error);
  if (g_str_equal (oid, OID_DELTA_CRL_INDICATOR))
    return refuse_part (error, _ ("it holds only what changed since another one"));
  if (g_str_equal (oid, OID_ISSUING_DISTRIBUTION_POINT))
    return check_distribution_point (value, error);
  if (critical && !g_str_equal (oid, OID_AUTHORITY_KEY_IDENTIFIER))
    return refuse_part (error, _ ("it has a critical extension that this service does not know"));
  return TRUE;
}

/**
 * scep_crl_read_extensions:
 * @extensions: DER Extensions
 *
 * Reads those of RFC 5280 section 5.2 that decide whether the CRL will do.
 *
 * Returns: whether it does, else @error is set
 */
gboolean
scep_crl_read_extensions (ScepCrl *self, GBytes *extensions, GError **error)
{
  g_autoptr (ScepAsn1) tree = scep_asn1_decode ("Extensions", extensions, error);
  guint count = tree != NULL ? scep_asn1_count (tree, "") : 0;

  if (tree == NULL)
    return FALSE;
  if (count > MAX_EXTENSIONS)
    return scep_crl_refuse (error, _ ("it has too many extensions"));
  for (guint i = 1; i <= count; i++) {
    g_autofree char *id_field = g_strdup_printf ("?%u.extnID", i);
    g_autofree char *critical_field = g_strdup_printf ("?%u.critical", i);
    g_autofree char *value_field = g_strdup_printf ("?%u.extnValue", i);
    g_autofree char *oid = scep_asn1_get_oid (tree, id_field);
    g_autofree char *critical = scep_asn1_get_choice (tree, critical_field);
    g_autoptr (GBytes) value = scep_asn1_get (tree, value_field);

    if (oid == NULL || value == NULL)
      return scep_crl_refuse (error, _ ("one of its extensions is empty"));
    if (!read_extension (self, oid, g_strcmp0 (critical, "TRUE") == 0, value, error))
      return FALSE;
  }
  return TRUE;
}
