/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-crl-private.h"

#include "base/scep-error.h"
#include "base/scep-text.h"

#include "codec/scep-certificate-extensions.h"
#include "codec/scep-cms.h"
#include "codec/scep-constrained-name.h"
#include "codec/scep-der.h"
#include "codec/scep-name.h"

#include <glib/gi18n-lib.h>

/* Of a DistributionPoint (RFC 5280 section 4.2.1.13). */
#define TAG_POINT 0xa0

/* Of a DistributionPointName. */
#define TAG_FULL_NAME 0xa0
#define TAG_RELATIVE_NAME 0xa1

/* Names are the same where these are. */
static char *
make_directory_key (GBytes *name)
{
  g_autofree char *canonical = scep_name_canonicalize (name);

  return canonical != NULL ? g_strconcat ("directory:", canonical, NULL) : NULL;
}

static char *
make_key (GBytes *general_name)
{
  g_autoptr (GBytes) directory_name =
      scep_cms_get_primitive (general_name, SCEP_GENERAL_NAME_DIRECTORY);

  if (directory_name != NULL)
    return make_directory_key (directory_name);
  return scep_hex_encode (g_bytes_get_data (general_name, NULL), g_bytes_get_size (general_name));
}

/* A name that is told from the CRL issuer's: one RDN below it. */
static char *
make_relative_key (GBytes *rdn, GBytes *issuer)
{
  g_autoptr (GBytes) above = scep_cms_get_primitive (issuer, SCEP_TAG_SEQUENCE);
  g_autoptr (GBytes) set = scep_der_wrap (SCEP_TAG_SET, rdn);
  g_autoptr (GByteArray) joined = g_byte_array_new ();
  g_autoptr (GBytes) rdns = NULL;
  g_autoptr (GBytes) name = NULL;

  if (above == NULL)
    return NULL;
  g_byte_array_append (joined, g_bytes_get_data (above, NULL), (guint) g_bytes_get_size (above));
  g_byte_array_append (joined, g_bytes_get_data (set, NULL), (guint) g_bytes_get_size (set));
  rdns = g_byte_array_free_to_bytes (g_steal_pointer (&joined));
  name = scep_der_wrap (SCEP_TAG_SEQUENCE, rdns);
  return make_directory_key (name);
}

static void
take_key (GHashTable *keys, char *key)
{
  if (key != NULL)
    g_hash_table_add (keys, key);
}

/* @point: reads a DistributionPointName; %FALSE where it is none. */
static gboolean
add_keys (GHashTable *keys, ScepDerReader *point, GBytes *issuer)
{
  ScepDerReader names;

  if (scep_der_reader_peek (point) == TAG_RELATIVE_NAME) {
    g_autoptr (GBytes) rdn = scep_der_reader_take_content (point, TAG_RELATIVE_NAME);

    if (rdn != NULL)
      take_key (keys, make_relative_key (rdn, issuer));
    return rdn != NULL && scep_der_reader_is_at_end (point);
  }
  if (!scep_der_reader_enter (point, TAG_FULL_NAME, &names) || !scep_der_reader_is_at_end (point) ||
      scep_der_reader_is_at_end (&names))
    return FALSE;
  while (!scep_der_reader_is_at_end (&names)) {
    g_autoptr (GBytes) name = scep_der_reader_take (&names, scep_der_reader_peek (&names));

    if (name == NULL)
      return FALSE;
    take_key (keys, make_key (name));
  }
  return TRUE;
}

/* Points for some reasons, or of another CRL issuer, are none of a CA's complete CRL. */
static void
add_point (GHashTable *keys, ScepDerReader *point, GBytes *issuer)
{
  ScepDerReader name;

  if (scep_der_reader_enter (point, TAG_POINT, &name) && scep_der_reader_is_at_end (point))
    add_keys (keys, &name, issuer);
}

static GHashTable *
list_points (ScepCertificate *certificate)
{
  GHashTable *keys = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GBytes *extension = scep_certificate_get_extensions (certificate)->distribution_points;
  GBytes *issuer = scep_certificate_get_issuer_der (certificate);
  ScepDerReader whole;
  ScepDerReader points;
  ScepDerReader point;

  /* Section 6.3.3: then the CRL is expected under the issuer's name. */
  if (extension == NULL) {
    take_key (keys, make_directory_key (issuer));
    return keys;
  }
  scep_der_reader_init (&whole, extension);
  if (scep_der_reader_enter (&whole, SCEP_TAG_SEQUENCE, &points)) {
    while (scep_der_reader_enter (&points, SCEP_TAG_SEQUENCE, &point))
      add_point (keys, &point, issuer);
  }
  return keys;
}

static gboolean
has_common_key (GHashTable *a, GHashTable *b)
{
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, a);
  while (g_hash_table_iter_next (&iter, &key, NULL)) {
    if (g_hash_table_contains (b, key))
      return TRUE;
  }
  return FALSE;
}

/**
 * scep_crl_covers:
 * @certificate: of the same issuer
 *
 * A CA may have several CRLs, each for its part of the certificates. Where one says
 * for which distribution point it is, that must be one of the certificate's (RFC
 * 5280 section 6.3.3 (b) (2)).
 *
 * Returns: whether it speaks of @certificate; else @error is
 *   %SCEP_ERROR_CERTIFICATE_MISMATCH or %SCEP_ERROR_MALFORMED_REPLY
 */
gboolean
scep_crl_covers (ScepCrl *crl, ScepCertificate *certificate, GError **error)
{
  g_autoptr (GHashTable) own = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GHashTable) wanted = NULL;
  ScepDerReader point;

  if (crl->distribution_point == NULL)
    return TRUE;
  scep_der_reader_init (&point, crl->distribution_point);
  if (!add_keys (own, &point, crl->issuer_der))
    return scep_crl_refuse (error, _ ("its distribution point cannot be read"));
  wanted = list_points (certificate);
  if (has_common_key (own, wanted))
    return TRUE;
  scep_error_set (error, SCEP_ERROR_CERTIFICATE_MISMATCH,
                  _ ("The CRL of “%s” is for another distribution point than those of the "
                     "certificate “%s”, so it does not tell whether that is revoked; have the CA "
                     "publish the CRL for it."),
                  crl->issuer, scep_certificate_get_subject (certificate));
  return FALSE;
}
