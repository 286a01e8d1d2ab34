/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-private-key.h"

#include "base/scep-secret.h"
#include "codec/scep-gnutls.h"
#include "codec/scep-oaep.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* Anything. */
#define TRIAL "a trial"

static gnutls_privkey_t
import_key (GBytes *pkcs8, GError **error)
{
  g_auto (gnutls_x509_privkey_t) x509 = NULL;
  g_auto (gnutls_privkey_t) key = NULL;
  gnutls_datum_t data = scep_datum_borrow (pkcs8);
  int rc;

  gnutls_x509_privkey_init (&x509);
  gnutls_privkey_init (&key);
  rc = gnutls_x509_privkey_import_pkcs8 (x509, &data, GNUTLS_X509_FMT_DER, NULL, GNUTLS_PKCS_PLAIN);
  if (rc >= 0)
    rc = gnutls_privkey_import_x509 (key, x509, GNUTLS_PRIVKEY_IMPORT_COPY);
  if (!scep_gnutls_check (rc, SCEP_ERROR_INVALID_ENTRY, _ ("The private key cannot be read"),
                          error))
    return NULL;
  return g_steal_pointer (&key);
}

static GBytes *
export_key (gnutls_x509_privkey_t key, gnutls_x509_crt_fmt_t format, GError **error)
{
  g_auto (ScepDatum) data = { NULL, 0 };
  int rc = gnutls_x509_privkey_export2_pkcs8 (key, format, NULL, GNUTLS_PKCS_PLAIN, &data);

  if (!scep_gnutls_check (rc, SCEP_ERROR_FAILED, _ ("The private key cannot be written"), error))
    return NULL;
  return scep_secret_bytes_new (data.data, data.size);
}

/**
 * scep_private_key_generate:
 * @rsa_bits: the length of the modulus
 *
 * Returns: (transfer full): a new RSA key, or %NULL with %SCEP_ERROR_FAILED
 */
GBytes *
scep_private_key_generate (guint rsa_bits, GError **error)
{
  g_auto (gnutls_x509_privkey_t) key = NULL;
  int rc;

  gnutls_x509_privkey_init (&key);
  rc = gnutls_x509_privkey_generate (key, GNUTLS_PK_RSA, rsa_bits, 0);
  if (!scep_gnutls_check (rc, SCEP_ERROR_FAILED, _ ("An RSA key cannot be made"), error))
    return NULL;
  return export_key (key, GNUTLS_X509_FMT_DER, error);
}

/**
 * scep_private_key_from_pem:
 * @pem: one unencrypted private key, PKCS#8 or the older forms
 *
 * Returns: (transfer full): the key, or %NULL with %SCEP_ERROR_INVALID_ENTRY
 */
GBytes *
scep_private_key_from_pem (GBytes *pem, GError **error)
{
  g_auto (gnutls_x509_privkey_t) key = NULL;
  gnutls_datum_t data = scep_datum_borrow (pem);
  int rc;

  gnutls_x509_privkey_init (&key);
  rc = gnutls_x509_privkey_import2 (key, &data, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN);
  if (!scep_gnutls_check (rc, SCEP_ERROR_INVALID_ENTRY,
                          _ ("The data holds no unencrypted private key in PEM"), error))
    return NULL;
  return export_key (key, GNUTLS_X509_FMT_DER, error);
}

/**
 * scep_private_key_to_pem:
 *
 * Returns: (transfer full): the PKCS#8 PEM, a secret, or %NULL with
 *   %SCEP_ERROR_INVALID_ENTRY
 */
GBytes *
scep_private_key_to_pem (GBytes *pkcs8, GError **error)
{
  g_auto (gnutls_x509_privkey_t) key = NULL;
  gnutls_datum_t data = scep_datum_borrow (pkcs8);
  int rc;

  gnutls_x509_privkey_init (&key);
  rc = gnutls_x509_privkey_import_pkcs8 (key, &data, GNUTLS_X509_FMT_DER, NULL, GNUTLS_PKCS_PLAIN);
  if (!scep_gnutls_check (rc, SCEP_ERROR_INVALID_ENTRY, _ ("The private key cannot be read"),
                          error))
    return NULL;
  return export_key (key, GNUTLS_X509_FMT_PEM, error);
}

/**
 * scep_private_key_get_spki:
 *
 * Returns: (transfer full): the DER SubjectPublicKeyInfo, or %NULL with
 *   %SCEP_ERROR_INVALID_ENTRY
 */
GBytes *
scep_private_key_get_spki (GBytes *pkcs8, GError **error)
{
  g_auto (gnutls_privkey_t) key = import_key (pkcs8, error);
  g_auto (gnutls_pubkey_t) public_key = NULL;
  g_auto (ScepDatum) spki = { NULL, 0 };
  int rc;

  if (key == NULL)
    return NULL;
  gnutls_pubkey_init (&public_key);
  rc = gnutls_pubkey_import_privkey (public_key, key, 0, 0);
  if (rc >= 0)
    rc = gnutls_pubkey_export2 (public_key, GNUTLS_X509_FMT_DER, &spki);
  if (!scep_gnutls_check (rc, SCEP_ERROR_INVALID_ENTRY,
                          _ ("No public key can be derived from the private key"), error))
    return NULL;
  return g_bytes_new (spki.data, spki.size);
}

/**
 * scep_public_key_describe:
 * @type: (out) (transfer none): "RSA", "EC" and so on
 * @bits: (out): its length
 *
 * Returns: whether @spki can be read
 */
gboolean
scep_public_key_describe (GBytes *spki, const char **type, guint *bits)
{
  g_auto (gnutls_pubkey_t) key = NULL;
  gnutls_datum_t data = scep_datum_borrow (spki);
  int algorithm;

  gnutls_pubkey_init (&key);
  if (gnutls_pubkey_import (key, &data, GNUTLS_X509_FMT_DER) < 0)
    return FALSE;
  algorithm = gnutls_pubkey_get_pk_algorithm (key, bits);
  *type =
      algorithm == GNUTLS_PK_ECDSA ? "EC" : gnutls_pk_get_name ((gnutls_pk_algorithm_t) algorithm);
  return TRUE;
}

static gnutls_digest_algorithm_t
get_hash (ScepDigest digest)
{
  switch (digest) {
  case SCEP_DIGEST_SHA1:
    return GNUTLS_DIG_SHA1;
  case SCEP_DIGEST_SHA384:
    return GNUTLS_DIG_SHA384;
  case SCEP_DIGEST_SHA512:
    return GNUTLS_DIG_SHA512;
  case SCEP_DIGEST_SHA256:
    return GNUTLS_DIG_SHA256;
  case SCEP_DIGEST_MD5:
  default:
    return GNUTLS_DIG_UNKNOWN;
  }
}

/**
 * scep_private_key_sign:
 *
 * Signs with PKCS#1 v1.5, or ECDSA where the key is one of an elliptic curve.
 *
 * Returns: (transfer full): the signature of @data, or %NULL with
 *   %SCEP_ERROR_INVALID_ENTRY or %SCEP_ERROR_FAILED
 */
GBytes *
scep_private_key_sign (GBytes *pkcs8, ScepDigest digest, GBytes *data, GError **error)
{
  g_auto (gnutls_privkey_t) key = import_key (pkcs8, error);
  g_auto (ScepDatum) signature = { NULL, 0 };
  gnutls_datum_t input = scep_datum_borrow (data);
  int rc;

  if (key == NULL)
    return NULL;
  rc = gnutls_privkey_sign_data (key, get_hash (digest), 0, &input, &signature);
  if (!scep_gnutls_check (rc, SCEP_ERROR_FAILED, _ ("The private key cannot sign"), error))
    return NULL;
  return g_bytes_new (signature.data, signature.size);
}

/**
 * scep_private_key_unwrap:
 * @wrapped: a content-encryption key, encrypted to this RSA key
 * @key_length: the length that the content's cipher needs, in bytes
 *
 * Rejects implicitly (RFC 3218): where @wrapped is no key of that length the
 * result is a random one, and the content does not decrypt. Nobody learns
 * which of the two went wrong.
 *
 * Returns: (transfer full): a secret of @key_length, or %NULL with
 *   %SCEP_ERROR_INVALID_ENTRY where the private key itself cannot be used
 */
GBytes *
scep_private_key_unwrap (GBytes *pkcs8, ScepKeyWrap wrap, GBytes *wrapped, gsize key_length,
                         GError **error)
{
  g_auto (gnutls_privkey_t) key = import_key (pkcs8, error);
  g_autoptr (GBytes) fallback = NULL;
  gnutls_datum_t input = scep_datum_borrow (wrapped);
  guint8 *plain;

  if (key == NULL)
    return NULL;
  if (gnutls_privkey_get_pk_algorithm (key, NULL) != GNUTLS_PK_RSA) {
    scep_error_set (error, SCEP_ERROR_INVALID_ENTRY,
                    _ ("The reply is encrypted to a key that is not RSA and cannot decrypt."));
    return NULL;
  }
  fallback = scep_random_bytes (key_length);
  if (wrap.is_oaep)
    return scep_oaep_unwrap (key, &wrap, wrapped, fallback);
  plain = g_memdup2 (g_bytes_get_data (fallback, NULL), key_length);
  /* The random bytes stay where this fails, and that it did must not show. */
  (void) gnutls_privkey_decrypt_data2 (key, 0, &input, plain, key_length);
  return scep_secret_bytes_new_take (plain, key_length);
}

static gboolean
try_to_sign (gnutls_privkey_t key, gnutls_pubkey_t public_key)
{
  g_auto (ScepDatum) signature = { NULL, 0 };
  gnutls_datum_t text = { (unsigned char *) TRIAL, sizeof TRIAL };
  gnutls_pk_algorithm_t algorithm =
      (gnutls_pk_algorithm_t) gnutls_privkey_get_pk_algorithm (key, NULL);

  return gnutls_privkey_sign_data (key, GNUTLS_DIG_SHA256, 0, &text, &signature) >= 0 &&
         gnutls_pubkey_verify_data2 (public_key, gnutls_pk_to_sign (algorithm, GNUTLS_DIG_SHA256),
                                     GNUTLS_VERIFY_ALLOW_BROKEN, &text, &signature) >= 0;
}

static gboolean
try_to_decrypt (gnutls_privkey_t key, gnutls_pubkey_t public_key)
{
  g_auto (ScepDatum) wrapped = { NULL, 0 };
  g_auto (ScepDatum) plain = { NULL, 0 };
  gnutls_datum_t text = { (unsigned char *) TRIAL, sizeof TRIAL };

  return gnutls_pubkey_encrypt_data (public_key, 0, &text, &wrapped) >= 0 &&
         gnutls_privkey_decrypt_data (key, 0, &wrapped, &plain) >= 0 &&
         plain.size == sizeof TRIAL && memcmp (plain.data, TRIAL, sizeof TRIAL) == 0;
}

/* GnuTLS makes anew what can be computed, and passes over further primes; others who
 * are given the key may not. */
static gboolean
is_as_computed (gnutls_privkey_t key, GBytes *pkcs8)
{
  g_auto (ScepDatum) m = { NULL, 0 };
  g_auto (ScepDatum) e = { NULL, 0 };
  g_auto (ScepDatum) d = { NULL, 0 };
  g_auto (ScepDatum) p = { NULL, 0 };
  g_auto (ScepDatum) q = { NULL, 0 };
  g_auto (gnutls_x509_privkey_t) again = NULL;
  g_autoptr (GBytes) der = NULL;

  gnutls_x509_privkey_init (&again);
  if (gnutls_privkey_export_rsa_raw (key, &m, &e, &d, &p, &q, NULL, NULL, NULL) < 0 ||
      gnutls_x509_privkey_import_rsa_raw2 (again, &m, &e, &d, &p, &q, NULL, NULL, NULL) < 0)
    return FALSE;
  der = export_key (again, GNUTLS_X509_FMT_DER, NULL);
  return der != NULL && g_bytes_equal (der, pkcs8);
}

/* A kind of key that neither signs nor decrypts here is of no concern. */
static gboolean
works (gnutls_privkey_t key, GBytes *pkcs8)
{
  g_auto (gnutls_pubkey_t) public_key = NULL;
  int algorithm = gnutls_privkey_get_pk_algorithm (key, NULL);

  if (algorithm != GNUTLS_PK_RSA && algorithm != GNUTLS_PK_ECDSA)
    return TRUE;
  gnutls_pubkey_init (&public_key);
  return gnutls_privkey_verify_params (key) >= 0 &&
         gnutls_pubkey_import_privkey (public_key, key, 0, 0) >= 0 &&
         try_to_sign (key, public_key) &&
         (algorithm != GNUTLS_PK_RSA ||
          (try_to_decrypt (key, public_key) && is_as_computed (key, pkcs8)));
}

/**
 * scep_private_key_try:
 * @pkcs8: from elsewhere
 *
 * Makes a trial signature and, with RSA, a trial decryption, so that a key of
 * which the parts do not agree, or with more than two primes (RFC 8017 section
 * 3.2), is found out before anything depends on it.
 *
 * Returns: whether it works, else with %SCEP_ERROR_INVALID_ENTRY
 */
gboolean
scep_private_key_try (GBytes *pkcs8, GError **error)
{
  g_auto (gnutls_privkey_t) key = import_key (pkcs8, error);

  if (key == NULL)
    return FALSE;
  if (works (key, pkcs8))
    return TRUE;
  scep_error_set (error, SCEP_ERROR_INVALID_ENTRY,
                  _ ("The private key does not work: a signature that was made with it on trial "
                     "is wrong. Its parts do not fit together, or it has more than two primes, "
                     "which this service does not know. Use another key."));
  return FALSE;
}
