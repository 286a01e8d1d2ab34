/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-signature-algorithm.h"

#include "codec/scep-asn1.h"
#include "codec/scep-cms.h"
#include "codec/scep-der.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define OID_RSASSA_PSS "1.2.840.113549.1.1.10"
#define OID_MGF1 "1.2.840.113549.1.1.8"

/* Fields of RSASSA-PSS-params (RFC 4055 section 3.1), and what they are where they are absent. */
#define TAG_HASH 0xa0
#define TAG_MASK 0xa1
#define TAG_SALT_LENGTH 0xa2
#define TAG_TRAILER 0xa3
#define DEFAULT_SALT_LENGTH 20
#define DEFAULT_TRAILER 1
#define MAX_SALT_LENGTH 1024

/* What RSASSA-PSS is used with. */
typedef struct {
  char *hash; /* (owned): OID */
  char *mask; /* (owned): OID */
  guint salt_length;
  guint trailer;
} PssParameters;

static void
pss_parameters_clear (PssParameters *parameters)
{
  g_free (parameters->hash);
  g_free (parameters->mask);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (PssParameters, pss_parameters_clear)

/* The algorithms that people know by a name, and this service does not support. */
static const struct {
  const char *oid;
  const char *name;
} unsupported[] = {
  { "1.2.840.113549.1.1.2", "MD2" },    { "1.2.840.113549.1.1.14", "SHA-224" },
  { "1.2.840.10045.4.3.1", "SHA-224" }, { "2.16.840.1.101.3.4.2.4", "SHA-224" },
  { "1.2.840.10040.4.3", "DSA" },       { "2.16.840.1.101.3.4.3.2", "DSA" },
};

static const char *
get_name (const char *oid)
{
  ScepDigest digest;

  for (guint i = 0; i < G_N_ELEMENTS (unsupported); i++) {
    if (strcmp (oid, unsupported[i].oid) == 0)
      return unsupported[i].name;
  }
  return scep_digest_from_oid (oid, &digest) ? scep_digest_get_name (digest) : oid;
}

/* (transfer full) (nullable): the OID of an AlgorithmIdentifier */
static char *
read_identifier (GBytes *identifier, GBytes **parameters)
{
  g_autoptr (ScepAsn1) tree =
      identifier != NULL ? scep_asn1_decode ("AlgorithmIdentifier", identifier, NULL) : NULL;

  if (tree == NULL)
    return NULL;
  if (parameters != NULL)
    *parameters = scep_asn1_get (tree, "parameters");
  return scep_asn1_get_oid (tree, "algorithm");
}

/* An explicitly tagged field: its one element. */
static GBytes *
take_field (ScepDerReader *fields, guint8 tag, guint8 inner)
{
  ScepDerReader field;
  g_autoptr (GBytes) element = NULL;

  if (!scep_der_reader_enter (fields, tag, &field))
    return NULL;
  element = scep_der_reader_take (&field, inner);
  return scep_der_reader_is_at_end (&field) ? g_steal_pointer (&element) : NULL;
}

static gboolean
read_hash (ScepDerReader *fields, PssParameters *parameters)
{
  g_autoptr (GBytes) identifier = NULL;

  if (scep_der_reader_peek (fields) != TAG_HASH) {
    parameters->hash = g_strdup (scep_digest_get_oid (SCEP_DIGEST_SHA1));
    return TRUE;
  }
  identifier = take_field (fields, TAG_HASH, SCEP_TAG_SEQUENCE);
  parameters->hash = read_identifier (identifier, NULL);
  return parameters->hash != NULL;
}

static gboolean
read_mask (ScepDerReader *fields, PssParameters *parameters)
{
  g_autoptr (GBytes) identifier = NULL;
  g_autoptr (GBytes) hash = NULL;
  g_autofree char *oid = NULL;

  if (scep_der_reader_peek (fields) != TAG_MASK) {
    parameters->mask = g_strdup (scep_digest_get_oid (SCEP_DIGEST_SHA1));
    return TRUE;
  }
  identifier = take_field (fields, TAG_MASK, SCEP_TAG_SEQUENCE);
  oid = read_identifier (identifier, &hash);
  if (g_strcmp0 (oid, OID_MGF1) == 0)
    parameters->mask = read_identifier (hash, NULL);
  return parameters->mask != NULL;
}

static gboolean
read_number (ScepDerReader *fields, guint8 tag, guint *number)
{
  g_autoptr (GBytes) element = NULL;
  g_autoptr (GBytes) content = NULL;
  gsize length;
  const guint8 *octets;

  if (scep_der_reader_peek (fields) != tag)
    return TRUE;
  element = take_field (fields, tag, SCEP_TAG_INTEGER);
  content = element != NULL ? scep_cms_get_primitive (element, SCEP_TAG_INTEGER) : NULL;
  if (content == NULL)
    return FALSE;
  octets = g_bytes_get_data (content, &length);
  if (length == 0 || length > 2 || (octets[0] & 0x80) != 0)
    return FALSE;
  *number = length == 1 ? octets[0] : (guint) octets[0] << 8 | octets[1];
  return TRUE;
}

static gboolean
read_parameters (GBytes *der, PssParameters *parameters)
{
  ScepDerReader whole;
  ScepDerReader fields;

  parameters->salt_length = DEFAULT_SALT_LENGTH;
  parameters->trailer = DEFAULT_TRAILER;
  if (der == NULL)
    return FALSE;
  scep_der_reader_init (&whole, der);
  return scep_der_reader_enter (&whole, SCEP_TAG_SEQUENCE, &fields) &&
         scep_der_reader_is_at_end (&whole) && read_hash (&fields, parameters) &&
         read_mask (&fields, parameters) &&
         read_number (&fields, TAG_SALT_LENGTH, &parameters->salt_length) &&
         read_number (&fields, TAG_TRAILER, &parameters->trailer) &&
         scep_der_reader_is_at_end (&fields) && parameters->salt_length <= MAX_SALT_LENGTH &&
         parameters->trailer == DEFAULT_TRAILER;
}

/* GnuTLS knows it with SHA-2 only, and with one hash for both. */
static gnutls_sign_algorithm_t
get_pss_sign (ScepDigest digest)
{
  switch (digest) {
  case SCEP_DIGEST_SHA256:
    return GNUTLS_SIGN_RSA_PSS_SHA256;
  case SCEP_DIGEST_SHA384:
    return GNUTLS_SIGN_RSA_PSS_SHA384;
  case SCEP_DIGEST_SHA512:
    return GNUTLS_SIGN_RSA_PSS_SHA512;
  case SCEP_DIGEST_MD5:
  case SCEP_DIGEST_SHA1:
  default:
    return GNUTLS_SIGN_UNKNOWN;
  }
}

static gboolean
read_pss (GBytes *der, ScepSignatureAlgorithm *algorithm, char **name)
{
  g_auto (PssParameters) parameters = { .hash = NULL };

  if (!read_parameters (der, &parameters)) {
    *name = g_strdup (_ ("RSASSA-PSS with parameters that cannot be read"));
    return FALSE;
  }
  algorithm->is_pss = TRUE;
  algorithm->salt_length = parameters.salt_length;
  algorithm->sign = GNUTLS_SIGN_UNKNOWN;
  if (scep_digest_from_oid (parameters.hash, &algorithm->digest) &&
      strcmp (parameters.hash, parameters.mask) == 0)
    algorithm->sign = get_pss_sign (algorithm->digest);
  /* TRANSLATORS: two hashes */
  if (algorithm->sign == GNUTLS_SIGN_UNKNOWN)
    *name = g_strdup_printf (_ ("RSASSA-PSS with %s and MGF1 with %s"), get_name (parameters.hash),
                             get_name (parameters.mask));
  return algorithm->sign != GNUTLS_SIGN_UNKNOWN;
}

static gboolean
digest_from_gnutls (gnutls_digest_algorithm_t algorithm, ScepDigest *digest)
{
  static const struct {
    gnutls_digest_algorithm_t algorithm;
    ScepDigest digest;
  } known[] = {
    { GNUTLS_DIG_MD5, SCEP_DIGEST_MD5 },       { GNUTLS_DIG_SHA1, SCEP_DIGEST_SHA1 },
    { GNUTLS_DIG_SHA256, SCEP_DIGEST_SHA256 }, { GNUTLS_DIG_SHA384, SCEP_DIGEST_SHA384 },
    { GNUTLS_DIG_SHA512, SCEP_DIGEST_SHA512 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (known); i++) {
    if (known[i].algorithm == algorithm) {
      *digest = known[i].digest;
      return TRUE;
    }
  }
  return FALSE;
}

/**
 * scep_signature_algorithm_read:
 * @identifier: an AlgorithmIdentifier
 * @algorithm: (out):
 * @name: (out) (transfer full): where it is not supported, what people call it, else
 *   %NULL
 *
 * Whether its digest is strong enough is for the caller to say.
 *
 * Returns: whether signatures of this kind can be verified
 */
gboolean
scep_signature_algorithm_read (GBytes *identifier, ScepSignatureAlgorithm *algorithm, char **name)
{
  g_autoptr (GBytes) parameters = NULL;
  g_autofree char *oid = read_identifier (identifier, &parameters);

  *algorithm = (ScepSignatureAlgorithm){ .sign = GNUTLS_SIGN_UNKNOWN };
  *name = NULL;
  if (g_strcmp0 (oid, OID_RSASSA_PSS) == 0)
    return read_pss (parameters, algorithm, name);
  if (oid != NULL)
    algorithm->sign = gnutls_oid_to_sign (oid);
  if (algorithm->sign != GNUTLS_SIGN_UNKNOWN &&
      digest_from_gnutls (gnutls_sign_get_hash_algorithm (algorithm->sign), &algorithm->digest))
    return TRUE;
  *name = g_strdup (oid != NULL ? get_name (oid) : "?");
  return FALSE;
}

static gboolean
set_salt_length (gnutls_pubkey_t key, const ScepSignatureAlgorithm *algorithm)
{
  gnutls_x509_spki_t spki = NULL;
  int rc;

  if (gnutls_x509_spki_init (&spki) < 0)
    return FALSE;
  gnutls_x509_spki_set_rsa_pss_params (spki, gnutls_sign_get_hash_algorithm (algorithm->sign),
                                       algorithm->salt_length);
  rc = gnutls_pubkey_set_spki (key, spki, 0);
  gnutls_x509_spki_deinit (spki);
  return rc >= 0;
}

/**
 * scep_signature_algorithm_verify:
 * @spki: DER SubjectPublicKeyInfo
 * @data: what was signed
 *
 * Returns: whether the key made @signature over @data
 */
gboolean
scep_signature_algorithm_verify (const ScepSignatureAlgorithm *algorithm, GBytes *spki,
                                 GBytes *data, GBytes *signature)
{
  g_auto (gnutls_pubkey_t) key = NULL;
  gnutls_datum_t der = scep_datum_borrow (spki);
  gnutls_datum_t signed_data = scep_datum_borrow (data);
  gnutls_datum_t value = scep_datum_borrow (signature);

  gnutls_pubkey_init (&key);
  if (gnutls_pubkey_import (key, &der, GNUTLS_X509_FMT_DER) < 0)
    return FALSE;
  if (algorithm->is_pss && !set_salt_length (key, algorithm))
    return FALSE;
  /* What may be signed with what is decided by ScepPolicy, not by GnuTLS. */
  return gnutls_pubkey_verify_data2 (key, algorithm->sign, GNUTLS_VERIFY_ALLOW_BROKEN, &signed_data,
                                     &value) >= 0;
}
