/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-certificate.h"

#include "base/scep-error.h"

#include "codec/scep-asn1.h"
#include "codec/scep-gnutls.h"
#include "codec/scep-signature-algorithm.h"

#include <glib/gi18n-lib.h>
#include <string.h>

static gnutls_digest_algorithm_t
digest_to_gnutls (ScepDigest digest)
{
  switch (digest) {
  case SCEP_DIGEST_SHA1:
    return GNUTLS_DIG_SHA1;
  case SCEP_DIGEST_SHA256:
    return GNUTLS_DIG_SHA256;
  case SCEP_DIGEST_SHA384:
    return GNUTLS_DIG_SHA384;
  case SCEP_DIGEST_SHA512:
    return GNUTLS_DIG_SHA512;
  case SCEP_DIGEST_MD5:
  default:
    return GNUTLS_DIG_UNKNOWN;
  }
}

static gboolean
import_public_key (GBytes *spki, gnutls_pubkey_t *key)
{
  gnutls_datum_t der = scep_datum_borrow (spki);

  gnutls_pubkey_init (key);
  return gnutls_pubkey_import (*key, &der, GNUTLS_X509_FMT_DER) >= 0;
}

/* What may be signed with what is decided by ScepPolicy, not by GnuTLS. */
static gboolean
verify (GBytes *spki, gnutls_sign_algorithm_t algorithm, GBytes *data, GBytes *signature)
{
  g_auto (gnutls_pubkey_t) key = NULL;
  gnutls_datum_t signed_data = scep_datum_borrow (data);
  gnutls_datum_t value = scep_datum_borrow (signature);

  return import_public_key (spki, &key) &&
         gnutls_pubkey_verify_data2 (key, algorithm, GNUTLS_VERIFY_ALLOW_BROKEN, &signed_data,
                                     &value) >= 0;
}

/* Two keys of one name are told apart by the key identifiers, where both are there. */
static gboolean
check_names_issuer (ScepCertificate *self, ScepCertificate *issuer, GError **error)
{
  GBytes *named = scep_certificate_get_authority_key_id (self);
  GBytes *own = scep_certificate_get_key_id (issuer);
  gboolean is_name = scep_certificate_names_issuer (self, issuer);

  if (is_name && (named == NULL || own == NULL || g_bytes_equal (named, own)))
    return TRUE;
  if (!is_name)
    scep_error_set (error, SCEP_ERROR_UNTRUSTED_CA,
                    _ ("The certificate “%s” was issued by “%s”, not by “%s”"),
                    scep_certificate_get_subject (self), scep_certificate_get_issuer (self),
                    scep_certificate_get_subject (issuer));
  else
    scep_error_set (error, SCEP_ERROR_UNTRUSTED_CA,
                    _ ("The certificate “%s” names “%s” as its issuer, but with another key: its "
                       "authorityKeyIdentifier is not the subjectKeyIdentifier of that "
                       "certificate; ask the CA's operator for the certificate that fits"),
                    scep_certificate_get_subject (self), scep_certificate_get_subject (issuer));
  return FALSE;
}

/* RFC 5639 section 4.1: GnuTLS does not know these curves, and says no more than that. The OID of
 * the curve is one of the first things in the key. */
static gboolean
is_brainpool (GBytes *spki)
{
  static const guint8 curves[] = { 0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01 };
  gsize length;
  const guint8 *octets = g_bytes_get_data (spki, &length);

  for (gsize i = 0; i + sizeof curves <= MIN (length, 64); i++) {
    if (memcmp (octets + i, curves, sizeof curves) == 0)
      return TRUE;
  }
  return FALSE;
}

/* What cannot be verified is no bad signature: the person who has to replace it is to know by what. */
static gboolean
check_is_supported (ScepCertificate *self, ScepCertificate *issuer, GError **error)
{
  const char *what = NULL;
  g_auto (gnutls_pubkey_t) key = NULL;

  if (!import_public_key (scep_certificate_get_spki (issuer), &key))
    what = is_brainpool (scep_certificate_get_spki (issuer))
               ? _ ("a brainpool key")
               : _ ("a key of a kind that it does not know");
  if (what == NULL)
    return TRUE;
  scep_error_set (error, SCEP_ERROR_UNSUPPORTED,
                  _ ("The certificate “%s” is signed by “%s” with %s, which this service does not "
                     "support; have the CA use an RSA key, or one on the curve P-256 or P-384"),
                  scep_certificate_get_subject (self), scep_certificate_get_subject (issuer), what);
  return FALSE;
}

static gboolean
verify_issued_by (ScepCertificate *self, ScepCertificate *issuer, ScepDigest *digest,
                  GError **error)
{
  g_autoptr (ScepAsn1) tree = scep_asn1_decode ("Signed", scep_certificate_get_der (self), error);
  g_autoptr (GBytes) tbs = tree != NULL ? scep_asn1_get (tree, "tbs") : NULL;
  g_autoptr (GBytes) identifier =
      tree != NULL ? scep_asn1_get_raw (tree, "signatureAlgorithm", scep_certificate_get_der (self))
                   : NULL;
  g_autoptr (GBytes) signature = tree != NULL ? scep_asn1_get (tree, "signature") : NULL;
  g_autofree char *name = NULL;
  ScepSignatureAlgorithm algorithm;

  if (tree == NULL)
    return FALSE;
  if (!scep_signature_algorithm_read (identifier, &algorithm, &name)) {
    scep_error_set (error, SCEP_ERROR_UNSUPPORTED,
                    _ ("The certificate “%s” is signed with %s, which this service does not "
                       "support; have the CA sign it with SHA-256"),
                    scep_certificate_get_subject (self), name);
    return FALSE;
  }
  *digest = algorithm.digest;
  if (tbs != NULL && signature != NULL &&
      scep_signature_algorithm_verify (&algorithm, scep_certificate_get_spki (issuer), tbs,
                                       signature))
    return TRUE;
  scep_error_set (error, SCEP_ERROR_SIGNATURE_INVALID,
                  _ ("The certificate “%s” names “%s” as its issuer, but is not signed by it"),
                  scep_certificate_get_subject (self), scep_certificate_get_subject (issuer));
  return FALSE;
}

/**
 * scep_certificate_is_issued_by:
 * @issuer: perhaps the issuer
 * @digest: (out): the digest of the signature
 *
 * Compares the names, the key identifiers where both are there, and verifies
 * the signature. Whether @issuer may issue, and whether @digest is strong
 * enough, is for the caller to say.
 *
 * Returns: whether @issuer signed this certificate; else @error is
 *   %SCEP_ERROR_UNTRUSTED_CA, %SCEP_ERROR_UNSUPPORTED, which names the
 *   algorithm or the kind of key, or %SCEP_ERROR_SIGNATURE_INVALID
 */
gboolean
scep_certificate_is_issued_by (ScepCertificate *self, ScepCertificate *issuer, ScepDigest *digest,
                               GError **error)
{
  return check_names_issuer (self, issuer, error) && check_is_supported (self, issuer, error) &&
         verify_issued_by (self, issuer, digest, error);
}

/**
 * scep_certificate_may_be_anchor:
 *
 * An anchor is a name and a key (RFC 5280 section 6.1.1 (d)): old roots do not say that
 * they are CAs, but they sign themselves. What else is wrong with it is not said here.
 *
 * Returns: whether paths may begin there
 */
gboolean
scep_certificate_may_be_anchor (ScepCertificate *self)
{
  ScepDigest digest;

  if (scep_certificate_is_ca (self))
    return TRUE;
  return (!scep_certificate_has_basic_constraints (self) ||
          scep_certificate_get_unreadable_extension (self) != NULL) &&
         scep_certificate_is_issued_by (self, self, &digest, NULL);
}

/**
 * scep_certificate_find_issuer:
 * @cas: (element-type ScepCertificate): perhaps with others among them
 * @digest: (out): the digest of the signature
 *
 * Returns: (transfer none) (nullable): the CA that issued this certificate
 */
ScepCertificate *
scep_certificate_find_issuer (ScepCertificate *self, GPtrArray *cas, ScepDigest *digest)
{
  for (guint i = 0; i < cas->len; i++) {
    ScepCertificate *ca = g_ptr_array_index (cas, i);

    if (scep_certificate_is_issued_by (self, ca, digest, NULL) &&
        scep_certificate_may_be_anchor (ca))
      return ca;
  }
  return NULL;
}

/**
 * scep_certificate_verify_signature:
 * @digest: the digest that was signed
 * @signed_data: what was signed
 * @signature: RSASSA-PKCS1-v1_5, or ECDSA for an EC key
 *
 * Returns: whether the certificate's key made @signature; else @error is
 *   %SCEP_ERROR_SIGNATURE_INVALID
 */
gboolean
scep_certificate_verify_signature (ScepCertificate *self, ScepDigest digest, GBytes *signed_data,
                                   GBytes *signature, GError **error)
{
  gnutls_pk_algorithm_t kind = scep_certificate_is_rsa (self) ? GNUTLS_PK_RSA : GNUTLS_PK_EC;
  gnutls_sign_algorithm_t algorithm = gnutls_pk_to_sign (kind, digest_to_gnutls (digest));

  if (algorithm != GNUTLS_SIGN_UNKNOWN &&
      verify (scep_certificate_get_spki (self), algorithm, signed_data, signature))
    return TRUE;
  scep_error_set (error, SCEP_ERROR_SIGNATURE_INVALID,
                  _ ("The signature was not made with the key of “%s”"),
                  scep_certificate_get_subject (self));
  return FALSE;
}

/**
 * scep_certificate_verify_signed:
 * @algorithm: AlgorithmIdentifier of the signature, as "Signed" structures have it
 * @tbs: what was signed
 * @digest: (out): the digest of the signature
 *
 * Of a CA, for what it signed. Whether @digest is strong enough is for the
 * caller to say.
 *
 * Returns: whether the certificate's key made @signature; else @error is
 *   %SCEP_ERROR_UNSUPPORTED, which names the algorithm, or
 *   %SCEP_ERROR_SIGNATURE_INVALID
 */
gboolean
scep_certificate_verify_signed (ScepCertificate *self, GBytes *algorithm, GBytes *tbs,
                                GBytes *signature, ScepDigest *digest, GError **error)
{
  ScepSignatureAlgorithm with;
  g_autofree char *name = NULL;

  if (!scep_signature_algorithm_read (algorithm, &with, &name)) {
    scep_error_set (error, SCEP_ERROR_UNSUPPORTED,
                    _ ("What “%s” signed is signed with %s, which this service does not support; "
                       "have the CA sign with SHA-256 and RSA, for example."),
                    scep_certificate_get_subject (self), name);
    return FALSE;
  }
  *digest = with.digest;
  if (scep_signature_algorithm_verify (&with, scep_certificate_get_spki (self), tbs, signature))
    return TRUE;
  scep_error_set (error, SCEP_ERROR_SIGNATURE_INVALID,
                  _ ("The signature was not made with the key of “%s”."),
                  scep_certificate_get_subject (self));
  return FALSE;
}

/**
 * scep_certificate_encrypt:
 * @plain: a secret, short: a content-encryption key
 *
 * RSAES-PKCS1-v1_5 for the certificate's key (RFC 8894 section 3.1).
 *
 * Returns: (transfer full) (nullable): the ciphertext, or %NULL with
 *   %SCEP_ERROR_UNSUPPORTED
 */
GBytes *
scep_certificate_encrypt (ScepCertificate *self, GBytes *plain, GError **error)
{
  g_auto (gnutls_pubkey_t) key = NULL;
  g_auto (ScepDatum) wrapped = { NULL, 0 };
  gnutls_datum_t input = scep_datum_borrow (plain);
  int rc = GNUTLS_E_UNSUPPORTED_SIGNATURE_ALGORITHM;

  if (scep_certificate_is_rsa (self) && import_public_key (scep_certificate_get_spki (self), &key))
    rc = gnutls_pubkey_encrypt_data (key, 0, &input, &wrapped);
  if (rc < 0) {
    scep_error_set (error, SCEP_ERROR_UNSUPPORTED,
                    _ ("Nothing can be encrypted for “%s”, whose key is %s: %s"),
                    scep_certificate_get_subject (self), scep_certificate_get_key_type (self),
                    scep_gnutls_describe (rc));
    return NULL;
  }
  return g_bytes_new (wrapped.data, wrapped.size);
}

/* (nullable): the key as GnuTLS writes it, with the parameters of RFC 3279 section 2.3 */
static GBytes *
canonical_spki (GBytes *spki)
{
  g_auto (gnutls_pubkey_t) key = NULL;
  g_auto (ScepDatum) der = { NULL, 0 };

  if (!import_public_key (spki, &key) || gnutls_pubkey_export2 (key, GNUTLS_X509_FMT_DER, &der) < 0)
    return NULL;
  return g_bytes_new (der.data, der.size);
}

/**
 * scep_public_key_equal:
 *
 * Returns: whether both are the same key, whatever they say about its
 *   algorithm's parameters
 */
gboolean
scep_public_key_equal (GBytes *spki_a, GBytes *spki_b)
{
  g_autoptr (GBytes) a = NULL;
  g_autoptr (GBytes) b = NULL;

  if (g_bytes_equal (spki_a, spki_b))
    return TRUE;
  a = canonical_spki (spki_a);
  b = canonical_spki (spki_b);
  return a != NULL && b != NULL && g_bytes_equal (a, b);
}

/**
 * scep_public_key_get_hash:
 *
 * Tells keys apart: it is the same for all that scep_public_key_equal() says is
 * the same.
 *
 * Returns: (transfer full): SHA-256 of the SubjectPublicKeyInfo with the
 *   parameters that are due, of a key of unknown kind as it is; lower-case
 *   hexadecimal digits
 */
char *
scep_public_key_get_hash (GBytes *spki)
{
  g_autoptr (GBytes) canonical = canonical_spki (spki);

  return scep_sha256_hex (canonical != NULL ? canonical : spki);
}
