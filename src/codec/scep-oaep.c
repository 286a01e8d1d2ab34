/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-oaep.h"

#include "base/scep-secret.h"
#include "codec/scep-gnutls.h"

#include <nettle/nettle-meta.h>
#include <nettle/rsa.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>
#include <string.h>

/* Large enough for each of the hashes. */
typedef union {
  struct sha1_ctx sha1;
  struct sha256_ctx sha256;
  struct sha512_ctx sha512;
} HashContext;

/* The hash of OAEP, and that of its MGF1. */
typedef struct {
  const struct nettle_hash *hash;
  const struct nettle_hash *mask;
} Oaep;

static const struct nettle_hash *
get_hash (ScepDigest digest)
{
  switch (digest) {
  case SCEP_DIGEST_SHA1:
    return &nettle_sha1;
  case SCEP_DIGEST_SHA256:
    return &nettle_sha256;
  case SCEP_DIGEST_SHA384:
    return &nettle_sha384;
  case SCEP_DIGEST_SHA512:
    return &nettle_sha512;
  case SCEP_DIGEST_MD5:
  default:
    g_return_val_if_reached (&nettle_sha256);
  }
}

static void
random_func (void *context, size_t length, uint8_t *data)
{
  if (gnutls_rnd (GNUTLS_RND_NONCE, data, length) < 0)
    g_error ("The system has no random numbers");
}

static void
import (mpz_t number, const gnutls_datum_t *datum)
{
  nettle_mpz_set_str_256_u (number, datum->size, datum->data);
}

/* GMP does not, and neither does Nettle. */
static void
wipe (mpz_t number)
{
  gsize n_limbs = mpz_size (number);

  /* No more limbs than there are: they would move, and stay where they were. */
  if (n_limbs > 0)
    scep_secret_clear (mpz_limbs_modify (number, (mp_size_t) n_limbs),
                       n_limbs * sizeof (mp_limb_t));
}

static void
clear_private_key (struct rsa_private_key *key)
{
  wipe (key->d);
  wipe (key->p);
  wipe (key->q);
  wipe (key->a);
  wipe (key->b);
  wipe (key->c);
  rsa_private_key_clear (key);
}

static gboolean
load_key (gnutls_privkey_t key, struct rsa_public_key *public_key,
          struct rsa_private_key *private_key)
{
  g_auto (ScepDatum) m = { NULL, 0 };
  g_auto (ScepDatum) e = { NULL, 0 };
  g_auto (ScepDatum) d = { NULL, 0 };
  g_auto (ScepDatum) p = { NULL, 0 };
  g_auto (ScepDatum) q = { NULL, 0 };
  g_auto (ScepDatum) u = { NULL, 0 };
  g_auto (ScepDatum) e1 = { NULL, 0 };
  g_auto (ScepDatum) e2 = { NULL, 0 };

  if (gnutls_privkey_export_rsa_raw (key, &m, &e, &d, &p, &q, &u, &e1, &e2) < 0)
    return FALSE;
  import (public_key->n, &m);
  import (public_key->e, &e);
  import (private_key->d, &d);
  import (private_key->p, &p);
  import (private_key->q, &q);
  import (private_key->c, &u);
  import (private_key->a, &e1);
  import (private_key->b, &e2);
  return rsa_public_key_prepare (public_key) != 0 && rsa_private_key_prepare (private_key) != 0;
}

/* XORs MGF1 of @seed (RFC 8017 section B.2.1) over @data. */
static void
mask (const struct nettle_hash *hash, guint8 *data, gsize length, const guint8 *seed,
      gsize seed_length)
{
  guint8 block[SHA512_DIGEST_SIZE];
  HashContext context;

  for (gsize i = 0; i < length; i++) {
    if (i % hash->digest_size == 0) {
      guint32 counter = GUINT32_TO_BE ((guint32) (i / hash->digest_size));

      hash->init (&context);
      hash->update (&context, seed_length, seed);
      hash->update (&context, sizeof counter, (const guint8 *) &counter);
      hash->digest (&context, hash->digest_size, block);
    }
    data[i] ^= block[i % hash->digest_size];
  }
  scep_secret_clear (block, sizeof block);
  scep_secret_clear (&context, sizeof context);
}

/* lHash of RFC 8017 section 7.1: of a label that is empty. */
static void
hash_empty_label (const struct nettle_hash *hash, guint8 *digest)
{
  HashContext context;

  hash->init (&context);
  hash->digest (&context, hash->digest_size, digest);
}

/* 0xff where @value is 0, else 0, without a branch. */
static guint8
mask_if_zero (guint value)
{
  return (guint8) ((((guint64) value - 1) >> 32) & 0xff);
}

/*
 * 0xff where @encoded (of @length) is EME-OAEP of a message with the length
 * @key_length, else 0. Since that length is known, so is the place of the 01
 * that ends the padding, and the time depends on nothing secret (Manger's
 * attack, RFC 8017 section 7.1.2 note).
 */
static guint8
unmask_and_check (const Oaep *oaep, guint8 *encoded, gsize length, gsize key_length)
{
  const gsize digest_size = oaep->hash->digest_size;
  guint8 *seed = encoded + 1;
  guint8 *block = seed + digest_size;
  gsize block_length = length - 1 - digest_size;
  gsize separator = block_length - key_length - 1;
  guint fault = encoded[0];
  guint8 empty_hash[SHA512_DIGEST_SIZE];

  hash_empty_label (oaep->hash, empty_hash);
  mask (oaep->mask, seed, digest_size, block, block_length);
  mask (oaep->mask, block, block_length, seed, digest_size);
  for (gsize i = 0; i < digest_size; i++)
    fault |= (guint) (block[i] ^ empty_hash[i]);
  for (gsize i = digest_size; i < separator; i++)
    fault |= block[i];
  fault |= (guint) (block[separator] ^ 1);
  return mask_if_zero (fault);
}

/* Replaces @key by the message in @encoded (of @length), where there is one. Nobody can tell. */
static void
take_message (const Oaep *oaep, const guint8 *encoded, gsize length, guint8 *key, gsize key_length)
{
  guint8 *copy = g_memdup2 (encoded, length);
  guint8 good = unmask_and_check (oaep, copy, length, key_length);

  for (gsize i = 0; i < key_length; i++)
    key[i] = (guint8) ((copy[length - key_length + i] & good) | (key[i] & ~good));
  scep_secret_clear (copy, length);
  g_free (copy);
}

/* Where the sender did not name the hash of MGF1, both are looked at, whichever is right. */
static void
take_either (const ScepKeyWrap *wrap, const guint8 *encoded, gsize length, guint8 *key,
             gsize key_length)
{
  const struct nettle_hash *hash = get_hash (wrap->hash);
  const Oaep told = { hash, get_hash (wrap->mask) };
  const Oaep other = { hash, hash };

  take_message (&told, encoded, length, key, key_length);
  if (wrap->mask_is_doubtful)
    take_message (&other, encoded, length, key, key_length);
}

/* The RSA operation: @wrapped to the power of d, as bytes of the modulus' length. */
static guint8 *
decrypt_raw (const struct rsa_public_key *public_key, const struct rsa_private_key *private_key,
             GBytes *wrapped)
{
  g_autofree guint8 *encoded = g_malloc0 (public_key->size);
  gsize length;
  const guint8 *data = g_bytes_get_data (wrapped, &length);
  gboolean done = FALSE;
  mpz_t number;

  nettle_mpz_init_set_str_256_u (number, length, data);
  if (length == public_key->size && mpz_cmp (number, public_key->n) < 0 &&
      rsa_compute_root_tr (public_key, private_key, NULL, random_func, number, number) != 0) {
    nettle_mpz_get_str_256 (public_key->size, encoded, number);
    done = TRUE;
  }
  wipe (number);
  mpz_clear (number);
  return done ? g_steal_pointer (&encoded) : NULL;
}

static GBytes *
unwrap (const struct rsa_public_key *public_key, const struct rsa_private_key *private_key,
        const ScepKeyWrap *wrap, GBytes *wrapped, GBytes *fallback)
{
  gsize key_length;
  const guint8 *random = g_bytes_get_data (fallback, &key_length);
  gsize size = public_key->size;
  guint8 *encoded;
  guint8 *key;

  if (size < key_length + 2 * get_hash (wrap->hash)->digest_size + 2)
    return g_bytes_ref (fallback);
  encoded = decrypt_raw (public_key, private_key, wrapped);
  if (encoded == NULL)
    return g_bytes_ref (fallback);
  key = g_memdup2 (random, key_length);
  take_either (wrap, encoded, size, key, key_length);
  scep_secret_clear (encoded, size);
  g_free (encoded);
  return scep_secret_bytes_new_take (key, key_length);
}

/**
 * scep_oaep_unwrap:
 * @wrap: RSAES-OAEP (RFC 8017 section 7.1) with its hashes, and no label
 * @wrapped: the encrypted key
 * @fallback: random bytes, as many as the content's key has
 *
 * GnuTLS lacks it. Every fault gives @fallback.
 *
 * Returns: (transfer full): the content's key or @fallback
 */
GBytes *
scep_oaep_unwrap (gnutls_privkey_t key, const ScepKeyWrap *wrap, GBytes *wrapped, GBytes *fallback)
{
  struct rsa_public_key public_key;
  struct rsa_private_key private_key;
  GBytes *result;

  rsa_public_key_init (&public_key);
  rsa_private_key_init (&private_key);
  if (load_key (key, &public_key, &private_key))
    result = unwrap (&public_key, &private_key, wrap, wrapped, fallback);
  else
    result = g_bytes_ref (fallback);
  clear_private_key (&private_key);
  rsa_public_key_clear (&public_key);
  return result;
}
