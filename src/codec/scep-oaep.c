/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-oaep.h"

#include "base/scep-secret.h"
#include "codec/scep-gnutls.h"

#include <nettle/rsa.h>
#include <nettle/sha1.h>
#include <string.h>

/* SHA-1 of the empty label, lHash of RFC 8017 section 7.1. */
static const guint8 empty_hash[SHA1_DIGEST_SIZE] = { 0xda, 0x39, 0xa3, 0xee, 0x5e, 0x6b, 0x4b,
                                                     0x0d, 0x32, 0x55, 0xbf, 0xef, 0x95, 0x60,
                                                     0x18, 0x90, 0xaf, 0xd8, 0x07, 0x09 };

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

/* XORs MGF1-SHA1 of @seed over @data. */
static void
mask (guint8 *data, gsize length, const guint8 *seed, gsize seed_length)
{
  guint8 block[SHA1_DIGEST_SIZE];

  for (gsize i = 0; i < length; i++) {
    if (i % SHA1_DIGEST_SIZE == 0) {
      guint32 counter = GUINT32_TO_BE ((guint32) (i / SHA1_DIGEST_SIZE));
      struct sha1_ctx context;

      sha1_init (&context);
      sha1_update (&context, seed_length, seed);
      sha1_update (&context, sizeof counter, (const guint8 *) &counter);
      sha1_digest (&context, sizeof block, block);
    }
    data[i] ^= block[i % SHA1_DIGEST_SIZE];
  }
  scep_secret_clear (block, sizeof block);
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
unmask_and_check (guint8 *encoded, gsize length, gsize key_length)
{
  guint8 *seed = encoded + 1;
  guint8 *block = seed + SHA1_DIGEST_SIZE;
  gsize block_length = length - 1 - SHA1_DIGEST_SIZE;
  gsize separator = block_length - key_length - 1;
  guint fault = encoded[0];

  mask (seed, SHA1_DIGEST_SIZE, block, block_length);
  mask (block, block_length, seed, SHA1_DIGEST_SIZE);
  for (gsize i = 0; i < SHA1_DIGEST_SIZE; i++)
    fault |= (guint) (block[i] ^ empty_hash[i]);
  for (gsize i = SHA1_DIGEST_SIZE; i < separator; i++)
    fault |= block[i];
  fault |= (guint) (block[separator] ^ 1);
  return mask_if_zero (fault);
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
  scep_secret_clear (mpz_limbs_modify (number, (mp_size_t) mpz_size (number) + 1),
                     mpz_size (number) * sizeof (mp_limb_t));
  mpz_clear (number);
  return done ? g_steal_pointer (&encoded) : NULL;
}

static GBytes *
unwrap (const struct rsa_public_key *public_key, const struct rsa_private_key *private_key,
        GBytes *wrapped, GBytes *fallback)
{
  gsize key_length;
  const guint8 *random = g_bytes_get_data (fallback, &key_length);
  gsize size = public_key->size;
  guint8 *encoded;
  guint8 *key;
  guint8 good;

  if (size < key_length + 2 * SHA1_DIGEST_SIZE + 2)
    return g_bytes_ref (fallback);
  encoded = decrypt_raw (public_key, private_key, wrapped);
  if (encoded == NULL)
    return g_bytes_ref (fallback);
  good = unmask_and_check (encoded, size, key_length);
  key = g_malloc (key_length);
  for (gsize i = 0; i < key_length; i++)
    key[i] = (guint8) ((encoded[size - key_length + i] & good) | (random[i] & ~good));
  scep_secret_clear (encoded, size);
  g_free (encoded);
  return scep_secret_bytes_new_take (key, key_length);
}

/**
 * scep_oaep_sha1_unwrap:
 * @wrapped: RSAES-OAEP with SHA-1, MGF1-SHA1 and no label (RFC 8017)
 * @fallback: random bytes, as many as the content's key has
 *
 * GnuTLS lacks it. Every fault gives @fallback.
 *
 * Returns: (transfer full): the content's key or @fallback
 */
GBytes *
scep_oaep_sha1_unwrap (gnutls_privkey_t key, GBytes *wrapped, GBytes *fallback)
{
  struct rsa_public_key public_key;
  struct rsa_private_key private_key;
  GBytes *result;

  rsa_public_key_init (&public_key);
  rsa_private_key_init (&private_key);
  if (load_key (key, &public_key, &private_key))
    result = unwrap (&public_key, &private_key, wrapped, fallback);
  else
    result = g_bytes_ref (fallback);
  rsa_private_key_clear (&private_key);
  rsa_public_key_clear (&public_key);
  return result;
}
