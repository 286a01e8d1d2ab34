/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-key-wrap.h"

#include "base/scep-error.h"

#include "codec/scep-cms.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define OID_RSAES_OAEP "1.2.840.113549.1.1.7"
#define OID_MGF1 "1.2.840.113549.1.1.8"
#define OID_P_SPECIFIED "1.2.840.113549.1.1.9"

/* An AlgorithmIdentifier: its OID and its parameters, %NULL where they are absent. */
static void
read_algorithm (ScepAsn1 *node, const char *field, char **oid, GBytes **parameters)
{
  const char *dot = *field == '\0' ? "" : ".";
  g_autofree char *oid_field = g_strconcat (field, dot, "algorithm", NULL);
  g_autofree char *parameters_field = g_strconcat (field, dot, "parameters", NULL);

  *oid = scep_asn1_get_oid (node, oid_field);
  *parameters = scep_asn1_get (node, parameters_field);
}

/* Absent means SHA-1 (RFC 4055 section 4.1). */
static gboolean
read_hash (ScepAsn1 *node, const char *field, ScepDigest *hash)
{
  g_autofree char *oid = NULL;
  g_autoptr (GBytes) parameters = NULL;

  read_algorithm (node, field, &oid, &parameters);
  *hash = SCEP_DIGEST_SHA1;
  if (oid == NULL)
    return TRUE;
  return scep_digest_from_oid (oid, hash) && *hash != SCEP_DIGEST_MD5 &&
         scep_cms_parameters_are_null (parameters);
}

/*
 * RFC 4055 says that a maskGenAlgorithm that is absent is MGF1 with SHA-1.
 * Servers leave it out whose MGF1 uses the hash that they name.
 */
static gboolean
read_mask (ScepAsn1 *params, ScepKeyWrap *wrap)
{
  g_autofree char *oid = NULL;
  g_autoptr (GBytes) parameters = NULL;
  g_autoptr (ScepAsn1) hash = NULL;

  read_algorithm (params, "maskGenFunc", &oid, &parameters);
  wrap->mask = SCEP_DIGEST_SHA1;
  wrap->mask_is_doubtful = oid == NULL && wrap->hash != SCEP_DIGEST_SHA1;
  if (oid == NULL)
    return TRUE;
  if (strcmp (oid, OID_MGF1) != 0 || parameters == NULL)
    return FALSE;
  hash = scep_asn1_decode ("AlgorithmIdentifier", parameters, NULL);
  return hash != NULL && read_hash (hash, "", &wrap->mask);
}

static gboolean
label_is_empty (ScepAsn1 *params)
{
  g_autofree char *oid = NULL;
  g_autoptr (GBytes) parameters = NULL;
  g_autoptr (GBytes) label = NULL;

  read_algorithm (params, "pSourceFunc", &oid, &parameters);
  if (oid == NULL)
    return TRUE;
  if (strcmp (oid, OID_P_SPECIFIED) != 0 || parameters == NULL)
    return FALSE;
  label = scep_cms_get_primitive (parameters, SCEP_TAG_OCTET_STRING);
  return label != NULL && g_bytes_get_size (label) == 0;
}

static gboolean
read_oaep (GBytes *parameters, ScepKeyWrap *wrap)
{
  g_autoptr (ScepAsn1) params = NULL;

  *wrap = SCEP_KEY_WRAP_OAEP (SCEP_DIGEST_SHA1, SCEP_DIGEST_SHA1);
  if (scep_cms_parameters_are_null (parameters))
    return TRUE;
  params = scep_asn1_decode ("RSAES-OAEP-params", parameters, NULL);
  return params != NULL && read_hash (params, "hashFunc", &wrap->hash) &&
         read_mask (params, wrap) && label_is_empty (params);
}

/**
 * scep_key_wrap_read:
 * @field: of @node: an AlgorithmIdentifier
 * @wrap: (out): what it names
 *
 * Knows RSAES-PKCS1-v1_5 and RSAES-OAEP with SHA-1 or SHA-2 and no label
 * (RFC 4055 sections 4.1 and 4.2).
 *
 * Returns: whether it is known, else %FALSE with %SCEP_ERROR_UNSUPPORTED
 */
gboolean
scep_key_wrap_read (ScepAsn1 *node, const char *field, ScepKeyWrap *wrap, GError **error)
{
  g_autofree char *oid = NULL;
  g_autoptr (GBytes) parameters = NULL;

  read_algorithm (node, field, &oid, &parameters);
  if (g_strcmp0 (oid, SCEP_OID_RSA_ENCRYPTION) == 0 && scep_cms_parameters_are_null (parameters)) {
    *wrap = SCEP_KEY_WRAP_PKCS1_V15;
    return TRUE;
  }
  if (g_strcmp0 (oid, OID_RSAES_OAEP) == 0 && read_oaep (parameters, wrap))
    return TRUE;
  scep_error_set (
      error, SCEP_ERROR_UNSUPPORTED,
      _ ("The server encrypted its answer to this machine's key by algorithm %s in a form that "
         "this service does not know; set it to RSA PKCS#1 v1.5, or to RSAES-OAEP with SHA-1 or "
         "SHA-2 and without a label."),
      oid != NULL ? oid : _ ("(none)"));
  return FALSE;
}
