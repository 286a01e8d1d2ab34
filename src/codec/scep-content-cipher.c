/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-content-cipher.h"

#include "base/scep-error.h"
#include "base/scep-secret.h"

#include "codec/scep-gnutls.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define GCM_TAG_LENGTH 16

static gnutls_cipher_algorithm_t
to_gnutls (ScepCipher cipher)
{
  switch (cipher) {
  case SCEP_CIPHER_DES_CBC:
    return GNUTLS_CIPHER_DES_CBC;
  case SCEP_CIPHER_DES3_CBC:
    return GNUTLS_CIPHER_3DES_CBC;
  case SCEP_CIPHER_AES128_CBC:
    return GNUTLS_CIPHER_AES_128_CBC;
  case SCEP_CIPHER_AES192_CBC:
    return GNUTLS_CIPHER_AES_192_CBC;
  case SCEP_CIPHER_AES256_CBC:
    return GNUTLS_CIPHER_AES_256_CBC;
  case SCEP_CIPHER_AES128_GCM:
    return GNUTLS_CIPHER_AES_128_GCM;
  case SCEP_CIPHER_AES192_GCM:
    return GNUTLS_CIPHER_AES_192_GCM;
  case SCEP_CIPHER_AES256_GCM:
    return GNUTLS_CIPHER_AES_256_GCM;
  default:
    g_return_val_if_reached (GNUTLS_CIPHER_UNKNOWN);
  }
}

static gboolean
start (ScepCipher cipher, GBytes *key, GBytes *iv, gnutls_cipher_hd_t *handle, GError **error)
{
  gnutls_datum_t key_datum = scep_datum_borrow (key);
  gnutls_datum_t iv_datum = scep_datum_borrow (iv);
  int rc = gnutls_cipher_init (handle, to_gnutls (cipher), &key_datum, &iv_datum);

  if (rc == GNUTLS_E_SUCCESS)
    return TRUE;
  scep_error_set (
      error, SCEP_ERROR_UNSUPPORTED,
      _ ("%s cannot be used on this machine, perhaps because its crypto policy forbids it: %s"),
      scep_cipher_get_name (cipher), scep_gnutls_describe (rc));
  return FALSE;
}

/**
 * scep_content_key_new:
 *
 * Returns: (transfer full): a random key for @cipher, a secret
 */
GBytes *
scep_content_key_new (ScepCipher cipher)
{
  gsize size = scep_cipher_get_key_size (cipher);
  guint8 *key = g_malloc (size);

  if (gnutls_rnd (GNUTLS_RND_KEY, key, size) != GNUTLS_E_SUCCESS)
    g_error ("The system gives no random numbers");
  return scep_secret_bytes_new_take (key, size);
}

/**
 * scep_content_encrypt:
 * @cipher: one of CBC mode
 * @plain: of any length
 *
 * CBC with the padding of RFC 5652 section 6.3.
 *
 * Returns: (transfer full) (nullable): the ciphertext, or %NULL with
 *   %SCEP_ERROR_UNSUPPORTED
 */
GBytes *
scep_content_encrypt (ScepCipher cipher, GBytes *key, GBytes *iv, GBytes *plain, GError **error)
{
  gsize block = scep_cipher_get_block_size (cipher);
  gsize length = g_bytes_get_size (plain);
  gsize padding = block - length % block;
  g_auto (gnutls_cipher_hd_t) handle = NULL;
  guint8 *buffer;

  g_return_val_if_fail (!scep_cipher_has_tag (cipher), NULL);

  if (!start (cipher, key, iv, &handle, error))
    return NULL;

  buffer = g_malloc (length + padding);
  if (length > 0)
    memcpy (buffer, g_bytes_get_data (plain, NULL), length);
  memset (buffer + length, (int) padding, padding);
  if (gnutls_cipher_encrypt (handle, buffer, length + padding) != GNUTLS_E_SUCCESS) {
    scep_secret_clear (buffer, length + padding);
    g_free (buffer);
    scep_error_set (error, SCEP_ERROR_UNSUPPORTED, _ ("Encrypting the request with %s failed."),
                    scep_cipher_get_name (cipher));
    return NULL;
  }
  return g_bytes_new_take (buffer, length + padding);
}

/* 0xffffffff if a < b, else 0, for numbers below 2^31, without a branch. */
static guint32
mask_less (guint32 a, guint32 b)
{
  return 0 - ((a - b) >> 31);
}

/*
 * The length without padding. Which bytes are wrong, and whether any are, must
 * not show in the time it takes: all of the last block is always read.
 */
static gsize
length_without_padding (const guint8 *plain, gsize length, gsize block, gboolean *is_good)
{
  guint32 padding = plain[length - 1];
  guint32 bad = mask_less (padding, 1) | mask_less ((guint32) block, padding);

  for (guint32 i = 0; i < block; i++)
    bad |= mask_less (i, padding) & (plain[length - 1 - i] ^ padding);

  /* Whatever was wrong has left a bit in the lowest byte. */
  bad = mask_less (0, bad & 0xff);
  *is_good = bad == 0;
  return length - (padding & ~bad);
}

/* RFC 5084 lets a tag be cut. All of what is there is compared, whatever it is. */
static gboolean
tag_is_good (gnutls_cipher_hd_t handle, GBytes *tag)
{
  guint8 actual[GCM_TAG_LENGTH] = { 0 };
  gsize length;
  const guint8 *expected = g_bytes_get_data (tag, &length);

  return gnutls_cipher_tag (handle, actual, sizeof actual) == GNUTLS_E_SUCCESS &&
         gnutls_memcmp (actual, expected, MIN (length, sizeof actual)) == 0;
}

/**
 * scep_content_decrypt:
 * @encrypted: whole blocks, at least one
 * @tag: (nullable): 12 to 16 octets where scep_cipher_has_tag(), else %NULL
 * @is_good: (out): whether the padding, or the tag, was right
 *
 * What is wrong is no error here: the caller goes on with what came out and
 * tells nobody what was wrong, so that nobody can ask a padding oracle.
 *
 * Returns: (transfer full) (nullable): the plaintext, or %NULL with
 *   %SCEP_ERROR_UNSUPPORTED where the machine lacks the cipher
 */
GBytes *
scep_content_decrypt (ScepCipher cipher, GBytes *key, GBytes *iv, GBytes *encrypted, GBytes *tag,
                      gboolean *is_good, GError **error)
{
  gsize block = scep_cipher_get_block_size (cipher);
  gsize length = g_bytes_get_size (encrypted);
  g_auto (gnutls_cipher_hd_t) handle = NULL;
  g_autoptr (GBytes) plain = NULL;
  guint8 *buffer;
  int rc;

  g_return_val_if_fail (length > 0 && length % block == 0, NULL);
  g_return_val_if_fail (scep_cipher_has_tag (cipher) == (tag != NULL), NULL);

  if (!start (cipher, key, iv, &handle, error))
    return NULL;
  buffer = g_memdup2 (g_bytes_get_data (encrypted, NULL), length);
  rc = gnutls_cipher_decrypt (handle, buffer, length);
  plain = scep_secret_bytes_new_take (buffer, length);
  if (tag != NULL)
    *is_good = tag_is_good (handle, tag);
  else
    length = length_without_padding (buffer, length, block, is_good);
  *is_good = *is_good && rc == GNUTLS_E_SUCCESS;
  return g_bytes_new_from_bytes (plain, 0, length);
}
