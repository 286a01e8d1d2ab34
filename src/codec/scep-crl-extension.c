/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-crl-private.h"

#include "base/scep-error.h"

#include "codec/scep-asn1.h"
#include "codec/scep-cms.h"
#include "codec/scep-der.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define OID_CRL_NUMBER "2.5.29.20"
#define OID_DELTA_CRL_INDICATOR "2.5.29.27"
#define OID_ISSUING_DISTRIBUTION_POINT "2.5.29.28"
#define OID_AUTHORITY_KEY_IDENTIFIER "2.5.29.35"
#define MAX_EXTENSIONS 64

#define TAG_BOOLEAN 0x01

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

/* That it covers end entities does not matter; for which of them, scep_crl_covers () finds out. */
static gboolean
check_distribution_point (ScepCrl *self, GBytes *value, GError **error)
{
  ScepDerReader whole;
  ScepDerReader fields;
  ScepDerReader field;

  scep_der_reader_init (&whole, value);
  if (!scep_der_reader_enter (&whole, SCEP_TAG_SEQUENCE, &fields))
    return scep_crl_refuse (error, _ ("its distribution point cannot be read"));
  while (!scep_der_reader_is_at_end (&fields)) {
    guint8 tag = scep_der_reader_peek (&fields);

    if (tag != TAG_DISTRIBUTION_POINT && tag != TAG_ONLY_USER_CERTIFICATES)
      return refuse_part (error, _ ("it does not cover every certificate of its kind"));
    if (!scep_der_reader_enter (&fields, tag, &field))
      return scep_crl_refuse (error, _ ("its distribution point cannot be read"));
    if (tag == TAG_DISTRIBUTION_POINT && self->distribution_point == NULL)
      self->distribution_point =
          g_bytes_new_from_bytes (value, field.position, field.end - field.position);
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
    return check_distribution_point (self, value, error);
  if (critical && !g_str_equal (oid, OID_AUTHORITY_KEY_IDENTIFIER))
    return refuse_part (error, _ ("it has a critical extension that this service does not know"));
  return TRUE;
}

/* reasonCode, holdInstructionCode and invalidityDate (RFC 5280 section 5.3): whatever they say, the
 * certificate is revoked. */
static gboolean
is_known_entry_extension (const ScepDerReader *oid)
{
  static const guint8 known[][3] = { { 0x55, 0x1d, 21 }, { 0x55, 0x1d, 23 }, { 0x55, 0x1d, 24 } };
  const guint8 *data = g_bytes_get_data (oid->source, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (known); i++) {
    if (oid->end - oid->position == sizeof known[i] &&
        memcmp (data + oid->position, known[i], sizeof known[i]) == 0)
      return TRUE;
  }
  return FALSE;
}

static gboolean
check_entry_extension (ScepDerReader *extension, GError **error)
{
  ScepDerReader oid;
  ScepDerReader boolean;
  gboolean critical = FALSE;

  if (!scep_der_reader_enter (extension, SCEP_TAG_OID, &oid))
    return scep_crl_refuse (error, _ ("one of its entries is malformed"));
  if (scep_der_reader_enter (extension, TAG_BOOLEAN, &boolean)) {
    const guint8 *data = g_bytes_get_data (boolean.source, NULL);

    if (scep_der_reader_is_at_end (&boolean))
      return scep_crl_refuse (error, _ ("one of its entries is malformed"));
    critical = data[boolean.position] != 0;
  }
  if (!scep_der_reader_skip (extension, SCEP_TAG_OCTET_STRING) ||
      !scep_der_reader_is_at_end (extension))
    return scep_crl_refuse (error, _ ("one of its entries is malformed"));
  if (critical && !is_known_entry_extension (&oid))
    return refuse_part (
        error, _ ("one of its entries has a critical extension that this service does not know"));
  return TRUE;
}

/**
 * scep_crl_check_entry_extensions:
 * @entry: behind the revocation date
 *
 * One that must not be ignored may say that the entry is about a certificate of
 * another CA (RFC 5280 section 5.3.3).
 *
 * Returns: whether there is none, else @error is set
 */
gboolean
scep_crl_check_entry_extensions (ScepDerReader *entry, GError **error)
{
  ScepDerReader extensions;
  ScepDerReader extension;

  if (scep_der_reader_is_at_end (entry))
    return TRUE;
  if (!scep_der_reader_enter (entry, SCEP_TAG_SEQUENCE, &extensions) ||
      !scep_der_reader_is_at_end (entry))
    return scep_crl_refuse (error, _ ("one of its entries is malformed"));
  while (!scep_der_reader_is_at_end (&extensions)) {
    if (!scep_der_reader_enter (&extensions, SCEP_TAG_SEQUENCE, &extension))
      return scep_crl_refuse (error, _ ("one of its entries is malformed"));
    if (!check_entry_extension (&extension, error))
      return FALSE;
  }
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
