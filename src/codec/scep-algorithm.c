/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-algorithm.h"

#include "base/scep-secret.h"
#include "base/scep-text.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

#define MIN_RSA_BITS 2048

static const struct {
  const char *name;
  const char *oid;
  const char *rsa_oid;
  gnutls_digest_algorithm_t gnutls;
} digests[] = {
  [SCEP_DIGEST_MD5] = { "MD5", "1.2.840.113549.2.5", "1.2.840.113549.1.1.4", GNUTLS_DIG_MD5 },
  [SCEP_DIGEST_SHA1] = { "SHA-1", "1.3.14.3.2.26", "1.2.840.113549.1.1.5", GNUTLS_DIG_SHA1 },
  [SCEP_DIGEST_SHA256] = { "SHA-256", "2.16.840.1.101.3.4.2.1", "1.2.840.113549.1.1.11",
                           GNUTLS_DIG_SHA256 },
  [SCEP_DIGEST_SHA384] = { "SHA-384", "2.16.840.1.101.3.4.2.2", "1.2.840.113549.1.1.12",
                           GNUTLS_DIG_SHA384 },
  [SCEP_DIGEST_SHA512] = { "SHA-512", "2.16.840.1.101.3.4.2.3", "1.2.840.113549.1.1.13",
                           GNUTLS_DIG_SHA512 },
};

static const struct {
  const char *name;
  const char *oid;
  gsize key_size;
  gsize block_size; /* the ciphertext has whole blocks; 1 where it is as long as the plaintext */
  gsize iv_size;
} ciphers[] = {
  [SCEP_CIPHER_DES_CBC] = { "DES", "1.3.14.3.2.7", 8, 8, 8 },
  [SCEP_CIPHER_DES3_CBC] = { "3DES", "1.2.840.113549.3.7", 24, 8, 8 },
  [SCEP_CIPHER_AES128_CBC] = { "AES-128", "2.16.840.1.101.3.4.1.2", 16, 16, 16 },
  [SCEP_CIPHER_AES192_CBC] = { "AES-192", "2.16.840.1.101.3.4.1.22", 24, 16, 16 },
  [SCEP_CIPHER_AES256_CBC] = { "AES-256", "2.16.840.1.101.3.4.1.42", 32, 16, 16 },
  [SCEP_CIPHER_AES128_GCM] = { "AES-128-GCM", "2.16.840.1.101.3.4.1.6", 16, 1, 12 },
  [SCEP_CIPHER_AES192_GCM] = { "AES-192-GCM", "2.16.840.1.101.3.4.1.26", 24, 1, 12 },
  [SCEP_CIPHER_AES256_GCM] = { "AES-256-GCM", "2.16.840.1.101.3.4.1.46", 32, 1, 12 },
};

static const char *const policies[] = {
  [SCEP_POLICY_STRICT] = "strict",
  [SCEP_POLICY_DEFAULT] = "default",
  [SCEP_POLICY_LEGACY] = "legacy",
};

/** scep_digest_get_oid: the digest's OBJECT IDENTIFIER, with dots */
const char *
scep_digest_get_oid (ScepDigest digest)
{
  return digests[digest].oid;
}

/** scep_digest_get_name: the digest's name for people */
const char *
scep_digest_get_name (ScepDigest digest)
{
  return digests[digest].name;
}

/**
 * scep_digest_from_oid:
 *
 * Returns: whether @oid is a digest that is known, which does not make it good
 */
gboolean
scep_digest_from_oid (const char *oid, ScepDigest *digest)
{
  for (guint i = 0; i < G_N_ELEMENTS (digests); i++) {
    if (strcmp (digests[i].oid, oid) == 0) {
      *digest = (ScepDigest) i;
      return TRUE;
    }
  }
  return FALSE;
}

/**
 * scep_digest_compute:
 *
 * Returns: (transfer full) (nullable): the digest of @data, or %NULL where the
 *   system's cryptography policy forbids it
 */
GBytes *
scep_digest_compute (ScepDigest digest, GBytes *data)
{
  gsize length;
  gconstpointer octets = g_bytes_get_data (data, &length);
  gsize size = gnutls_hash_get_len (digests[digest].gnutls);
  g_autofree guint8 *value = g_malloc0 (size);

  if (gnutls_hash_fast (digests[digest].gnutls, octets, length, value) < 0)
    return NULL;
  return g_bytes_new_take (g_steal_pointer (&value), size);
}

/**
 * scep_sha256_hex:
 *
 * Returns: (transfer full): the SHA-256 of @data, in lower-case hexadecimal
 */
char *
scep_sha256_hex (GBytes *data)
{
  gsize length;
  const guint8 *octets = g_bytes_get_data (data, &length);

  return g_compute_checksum_for_data (G_CHECKSUM_SHA256, octets, length);
}

/** scep_cipher_get_oid: the cipher's OBJECT IDENTIFIER, with dots */
const char *
scep_cipher_get_oid (ScepCipher cipher)
{
  return ciphers[cipher].oid;
}

/** scep_cipher_get_name: the cipher's name for people */
const char *
scep_cipher_get_name (ScepCipher cipher)
{
  return ciphers[cipher].name;
}

/**
 * scep_cipher_from_oid:
 *
 * Returns: whether @oid is a cipher that is known, which does not make it good
 */
gboolean
scep_cipher_from_oid (const char *oid, ScepCipher *cipher)
{
  for (guint i = 0; i < G_N_ELEMENTS (ciphers); i++) {
    if (strcmp (ciphers[i].oid, oid) == 0) {
      *cipher = (ScepCipher) i;
      return TRUE;
    }
  }
  return FALSE;
}

/** scep_cipher_get_key_size: in bytes */
gsize
scep_cipher_get_key_size (ScepCipher cipher)
{
  return ciphers[cipher].key_size;
}

/** scep_cipher_get_block_size: in bytes; the ciphertext has whole blocks of these */
gsize
scep_cipher_get_block_size (ScepCipher cipher)
{
  return ciphers[cipher].block_size;
}

/** scep_cipher_get_iv_size: in bytes */
gsize
scep_cipher_get_iv_size (ScepCipher cipher)
{
  return ciphers[cipher].iv_size;
}

/** scep_cipher_has_tag: whether it authenticates, as GCM does, and needs no padding */
gboolean
scep_cipher_has_tag (ScepCipher cipher)
{
  return cipher >= SCEP_CIPHER_AES128_GCM;
}

/** scep_signature_get_rsa_oid: of PKCS#1 v1.5 with @digest */
const char *
scep_signature_get_rsa_oid (ScepDigest digest)
{
  return digests[digest].rsa_oid;
}

/** scep_policy_to_string: the word of the AlgorithmPolicy setting */
const char *
scep_policy_to_string (ScepPolicy policy)
{
  return policies[policy];
}

/** scep_policy_from_string: whether @word is a policy */
gboolean
scep_policy_from_string (const char *word, ScepPolicy *policy)
{
  for (guint i = 0; i < G_N_ELEMENTS (policies); i++) {
    if (strcmp (policies[i], word) == 0) {
      *policy = (ScepPolicy) i;
      return TRUE;
    }
  }
  return FALSE;
}

/** scep_policy_check_reply_digest: may @digest sign a reply? */
ScepVerdict
scep_policy_check_reply_digest (ScepPolicy policy, ScepDigest digest)
{
  if (digest == SCEP_DIGEST_MD5)
    return SCEP_VERDICT_REFUSED;
  if (digest != SCEP_DIGEST_SHA1)
    return SCEP_VERDICT_ALLOWED;
  return policy == SCEP_POLICY_STRICT ? SCEP_VERDICT_REFUSED : SCEP_VERDICT_WARNED;
}

/** scep_policy_check_reply_cipher: may @cipher enclose a reply? */
ScepVerdict
scep_policy_check_reply_cipher (ScepPolicy policy, ScepCipher cipher)
{
  switch (cipher) {
  case SCEP_CIPHER_DES_CBC:
  /* RFC 5084 allows GCM in an AuthEnvelopedData only, and a reply is none. */
  case SCEP_CIPHER_AES128_GCM:
  case SCEP_CIPHER_AES192_GCM:
  case SCEP_CIPHER_AES256_GCM:
    return policy == SCEP_POLICY_STRICT ? SCEP_VERDICT_REFUSED : SCEP_VERDICT_WARNED;
  case SCEP_CIPHER_DES3_CBC:
    return policy == SCEP_POLICY_STRICT ? SCEP_VERDICT_REFUSED : SCEP_VERDICT_ALLOWED;
  case SCEP_CIPHER_AES128_CBC:
  case SCEP_CIPHER_AES192_CBC:
  case SCEP_CIPHER_AES256_CBC:
  default:
    return SCEP_VERDICT_ALLOWED;
  }
}

/** scep_policy_check_certificate_digest: on a certificate but the anchor */
ScepVerdict
scep_policy_check_certificate_digest (ScepPolicy policy, ScepDigest digest)
{
  if (digest == SCEP_DIGEST_MD5)
    return SCEP_VERDICT_REFUSED;
  if (digest != SCEP_DIGEST_SHA1)
    return SCEP_VERDICT_ALLOWED;
  return policy == SCEP_POLICY_LEGACY ? SCEP_VERDICT_WARNED : SCEP_VERDICT_REFUSED;
}

/** scep_policy_check_ca_key: of a CA, RA or intermediate certificate */
ScepVerdict
scep_policy_check_ca_key (ScepPolicy policy, guint rsa_bits)
{
  if (rsa_bits >= MIN_RSA_BITS)
    return SCEP_VERDICT_ALLOWED;
  return policy == SCEP_POLICY_LEGACY ? SCEP_VERDICT_WARNED : SCEP_VERDICT_REFUSED;
}

/** scep_policy_check_own_key: of the key that is to be certified */
ScepVerdict
scep_policy_check_own_key (ScepPolicy policy, guint rsa_bits)
{
  if (rsa_bits >= MIN_RSA_BITS)
    return SCEP_VERDICT_ALLOWED;
  return policy == SCEP_POLICY_STRICT ? SCEP_VERDICT_REFUSED : SCEP_VERDICT_WARNED;
}

/**
 * scep_random_bytes:
 *
 * Returns: (transfer full): @length bytes fit for a key, zeroed on free
 */
GBytes *
scep_random_bytes (gsize length)
{
  guint8 *data = g_malloc (length);

  if (gnutls_rnd (GNUTLS_RND_KEY, data, length) < 0)
    g_error ("The system has no random numbers");
  return scep_secret_bytes_new_take (data, length);
}
