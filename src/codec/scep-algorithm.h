/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* The algorithms of SCEP (RFC 8894 section 2.9), one table a kind. */

typedef enum {
  SCEP_DIGEST_MD5, /* recognised, never used */
  SCEP_DIGEST_SHA1,
  SCEP_DIGEST_SHA256,
  SCEP_DIGEST_SHA384,
  SCEP_DIGEST_SHA512,
} ScepDigest;

typedef enum {
  SCEP_CIPHER_DES_CBC, /* on receipt only */
  SCEP_CIPHER_DES3_CBC,
  SCEP_CIPHER_AES128_CBC,
  SCEP_CIPHER_AES192_CBC,
  SCEP_CIPHER_AES256_CBC,
  SCEP_CIPHER_AES128_GCM, /* on receipt only */
  SCEP_CIPHER_AES192_GCM, /* on receipt only */
  SCEP_CIPHER_AES256_GCM, /* on receipt only */
} ScepCipher;

/**
 * ScepKeyWrap:
 * @is_oaep: RSAES-OAEP, else RSAES-PKCS1-v1_5, which has no more to it
 * @hash: of OAEP
 * @mask: the hash of its MGF1
 * @mask_is_doubtful: MGF1 may use @hash in place of @mask: the sender did not say
 *
 * How the content-encryption key is wrapped for an RSA recipient (RFC 8017
 * section 7).
 */
typedef struct {
  gboolean is_oaep;
  ScepDigest hash;
  ScepDigest mask;
  gboolean mask_is_doubtful;
} ScepKeyWrap;

#define SCEP_KEY_WRAP_PKCS1_V15 ((ScepKeyWrap){ .is_oaep = FALSE })
#define SCEP_KEY_WRAP_OAEP(h, m) ((ScepKeyWrap){ .is_oaep = TRUE, .hash = (h), .mask = (m) })

/* The AlgorithmPolicy setting. */
typedef enum {
  SCEP_POLICY_STRICT,
  SCEP_POLICY_DEFAULT,
  SCEP_POLICY_LEGACY,
} ScepPolicy;

typedef enum {
  SCEP_VERDICT_ALLOWED,
  SCEP_VERDICT_WARNED,
  SCEP_VERDICT_REFUSED,
} ScepVerdict;

/* What was met while reading and is worth a word in the Warnings property. */
typedef enum {
  SCEP_WARNING_NONE = 0,
  SCEP_WARNING_LEGACY_REPLY = 1 << 0,         /* DES, SHA-1 or AES-GCM in a reply */
  SCEP_WARNING_WEAK_KEY = 1 << 1,             /* RSA below 2048 bits */
  SCEP_WARNING_WEAK_CERTIFICATE = 1 << 2,     /* SHA-1 on a certificate but the anchor */
  SCEP_WARNING_SUBJECT_CHANGED = 1 << 3,      /* the CA issued another subject or SAN */
  SCEP_WARNING_CLOCK = 1 << 4,                /* notBefore lies ahead */
  SCEP_WARNING_IGNORED_CERTIFICATES = 1 << 5, /* above the anchor, or no chain to it */
  SCEP_WARNING_CAPABILITIES = 1 << 6,         /* the server lists less than before */
  SCEP_WARNING_CRITICAL_EXTENSION = 1 << 7,   /* in the own certificate, unknown */
  SCEP_WARNING_UNREADABLE_EXTENSION = 1 << 8, /* in the own certificate */
  SCEP_WARNING_NAME_CONSTRAINTS = 1 << 9,     /* that the own certificate violates */
  SCEP_WARNING_MALFORMED = 1 << 10,           /* the own certificate is not written as it should */
  SCEP_WARNING_WEAK_TLS = 1 << 11,            /* an old version or a short key */
} ScepWarnings;

const char *scep_digest_get_oid (ScepDigest digest);
const char *scep_digest_get_name (ScepDigest digest);
gboolean scep_digest_from_oid (const char *oid, ScepDigest *digest);
GBytes *scep_digest_compute (ScepDigest digest, GBytes *data);
char *scep_sha256_hex (GBytes *data);

const char *scep_cipher_get_oid (ScepCipher cipher);
const char *scep_cipher_get_name (ScepCipher cipher);
gboolean scep_cipher_from_oid (const char *oid, ScepCipher *cipher);
gsize scep_cipher_get_key_size (ScepCipher cipher);
gsize scep_cipher_get_block_size (ScepCipher cipher);
gsize scep_cipher_get_iv_size (ScepCipher cipher);
gboolean scep_cipher_has_tag (ScepCipher cipher);

const char *scep_signature_get_rsa_oid (ScepDigest digest);

const char *scep_policy_to_string (ScepPolicy policy);
gboolean scep_policy_from_string (const char *word, ScepPolicy *policy);
ScepVerdict scep_policy_check_reply_digest (ScepPolicy policy, ScepDigest digest);
ScepVerdict scep_policy_check_reply_cipher (ScepPolicy policy, ScepCipher cipher);
ScepVerdict scep_policy_check_certificate_digest (ScepPolicy policy, ScepDigest digest);
ScepVerdict scep_policy_check_ca_key (ScepPolicy policy, guint rsa_bits);
ScepVerdict scep_policy_check_own_key (ScepPolicy policy, guint rsa_bits);

GBytes *scep_random_bytes (gsize length);
