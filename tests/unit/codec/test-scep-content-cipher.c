/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-content-cipher.h"

#include "base/scep-error.h"
#include "cleared.h"

#include <gnutls/crypto.h>
#include <string.h>

#define BLOCK 16

static const ScepCipher ciphers[] = { SCEP_CIPHER_DES_CBC, SCEP_CIPHER_DES3_CBC,
                                      SCEP_CIPHER_AES128_CBC, SCEP_CIPHER_AES192_CBC,
                                      SCEP_CIPHER_AES256_CBC };

/* Encrypts a block as it stands, without adding padding. */
static GBytes *
encrypt_raw (GBytes *key, GBytes *iv, const guint8 *block)
{
  gnutls_datum_t key_datum = { (void *) g_bytes_get_data (key, NULL), 16 };
  gnutls_datum_t iv_datum = { (void *) g_bytes_get_data (iv, NULL), BLOCK };
  gnutls_cipher_hd_t handle;
  guint8 *buffer = g_memdup2 (block, BLOCK);

  g_assert_cmpint (gnutls_cipher_init (&handle, GNUTLS_CIPHER_AES_128_CBC, &key_datum, &iv_datum),
                   ==, 0);
  g_assert_cmpint (gnutls_cipher_encrypt (handle, buffer, BLOCK), ==, 0);
  gnutls_cipher_deinit (handle);
  return g_bytes_new_take (buffer, BLOCK);
}

static void
assert_padding (const guint8 *block, gboolean is_good, gsize length)
{
  g_autoptr (GBytes) key = scep_content_key_new (SCEP_CIPHER_AES128_CBC);
  g_autoptr (GBytes) iv = scep_random_bytes (BLOCK);
  g_autoptr (GBytes) encrypted = encrypt_raw (key, iv, block);
  g_autoptr (GError) error = NULL;
  gboolean found = !is_good;
  g_autoptr (GBytes) plain =
      scep_content_decrypt (SCEP_CIPHER_AES128_CBC, key, iv, encrypted, NULL, &found, &error);

  g_assert_no_error (error);
  g_assert_cmpint (found, ==, is_good);
  g_assert_cmpmem (g_bytes_get_data (plain, NULL), g_bytes_get_size (plain), block, length);
}

/* Every last byte: the padding is good if, and only if, all of it is there. */
static void
test_every_padding (void)
{
  for (guint last = 0; last < 256; last++) {
    guint8 block[BLOCK];

    memset (block, 'x', sizeof block);
    block[BLOCK - 1] = (guint8) last;
    assert_padding (block, last == 1, last == 1 ? BLOCK - 1 : BLOCK);
    if (last == 0 || last > BLOCK)
      continue;
    memset (block + BLOCK - last, (int) last, last);
    assert_padding (block, TRUE, BLOCK - last);
  }
}

/* One bit of one byte of the padding is wrong. */
static void
test_every_wrong_bit (void)
{
  for (guint padding = 2; padding <= BLOCK; padding++) {
    for (guint place = 2; place <= padding; place++) {
      guint8 block[BLOCK];

      memset (block, 'x', sizeof block);
      memset (block + BLOCK - padding, (int) padding, padding);
      block[BLOCK - place] ^= (guint8) (1 << (place + padding) % 8);
      assert_padding (block, FALSE, BLOCK);
    }
  }
}

static void
assert_round_trip (ScepCipher cipher, gsize length)
{
  gsize block = scep_cipher_get_block_size (cipher);
  g_autoptr (GBytes) key = scep_content_key_new (cipher);
  g_autoptr (GBytes) iv = scep_random_bytes (block);
  g_autoptr (GBytes) plain = scep_random_bytes (length);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) encrypted = scep_content_encrypt (cipher, key, iv, plain, &error);
  g_autoptr (GBytes) decrypted = NULL;
  gboolean padding_is_good = FALSE;

  g_assert_no_error (error);
  g_assert_cmpuint (g_bytes_get_size (encrypted), ==, (length / block + 1) * block);
  decrypted = scep_content_decrypt (cipher, key, iv, encrypted, NULL, &padding_is_good, &error);
  g_assert_no_error (error);
  g_assert_true (padding_is_good);
  g_assert_true (g_bytes_equal (decrypted, plain));
}

static void
test_round_trip (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (ciphers); i++) {
    for (gsize length = 1; length <= 33; length++)
      assert_round_trip (ciphers[i], length);
    assert_round_trip (ciphers[i], 10000);
  }
}

static void
test_empty (void)
{
  g_autoptr (GBytes) empty = g_bytes_new_static ("", 0);
  g_autoptr (GBytes) key = scep_content_key_new (SCEP_CIPHER_AES128_CBC);
  g_autoptr (GBytes) iv = scep_random_bytes (BLOCK);
  g_autoptr (GBytes) encrypted =
      scep_content_encrypt (SCEP_CIPHER_AES128_CBC, key, iv, empty, NULL);
  gboolean padding_is_good = FALSE;
  g_autoptr (GBytes) decrypted = scep_content_decrypt (SCEP_CIPHER_AES128_CBC, key, iv, encrypted,
                                                       NULL, &padding_is_good, NULL);

  g_assert_cmpuint (g_bytes_get_size (encrypted), ==, BLOCK);
  g_assert_true (padding_is_good);
  g_assert_cmpuint (g_bytes_get_size (decrypted), ==, 0);
}

/* RFC 3602 section 4, case 2: 32 bytes, here with a block of padding behind them. */
static void
test_known_answer (void)
{
  static const guint8 key_octets[] = { 0xc2, 0x86, 0x69, 0x6d, 0x88, 0x7c, 0x9a, 0xa0,
                                       0x61, 0x1b, 0xbb, 0x3e, 0x20, 0x25, 0xa4, 0x5a };
  static const guint8 iv_octets[] = { 0x56, 0x2e, 0x17, 0x99, 0x6d, 0x09, 0x3d, 0x28,
                                      0xdd, 0xb3, 0xba, 0x69, 0x5a, 0x2e, 0x6f, 0x58 };
  static const guint8 expected[] = { 0xd2, 0x96, 0xcd, 0x94, 0xc2, 0xcc, 0xcf, 0x8a,
                                     0x3a, 0x86, 0x30, 0x28, 0xb5, 0xe1, 0xdc, 0x0a,
                                     0x75, 0x86, 0x60, 0x2d, 0x25, 0x3c, 0xff, 0xf9,
                                     0x1b, 0x82, 0x66, 0xbe, 0xa6, 0xd6, 0x1a, 0xb1 };
  guint8 plain_octets[32];
  g_autoptr (GBytes) key = g_bytes_new_static (key_octets, sizeof key_octets);
  g_autoptr (GBytes) iv = g_bytes_new_static (iv_octets, sizeof iv_octets);
  g_autoptr (GBytes) plain = NULL;
  g_autoptr (GBytes) encrypted = NULL;

  for (guint8 i = 0; i < sizeof plain_octets; i++)
    plain_octets[i] = i;
  plain = g_bytes_new (plain_octets, sizeof plain_octets);
  encrypted = scep_content_encrypt (SCEP_CIPHER_AES128_CBC, key, iv, plain, NULL);
  g_assert_cmpuint (g_bytes_get_size (encrypted), ==, 48);
  g_assert_cmpmem (g_bytes_get_data (encrypted, NULL), 32, expected, 32);
}

/* Test case 3 of the GCM specification, and 15 of it. */
static const guint8 gcm_key[] = { 0xfe, 0xff, 0xe9, 0x92, 0x86, 0x65, 0x73, 0x1c,
                                  0x6d, 0x6a, 0x8f, 0x94, 0x67, 0x30, 0x83, 0x08 };
static const guint8 gcm_nonce[] = { 0xca, 0xfe, 0xba, 0xbe, 0xfa, 0xce,
                                    0xdb, 0xad, 0xde, 0xca, 0xf8, 0x88 };
static const guint8 gcm_plain[] = {
  0xd9, 0x31, 0x32, 0x25, 0xf8, 0x84, 0x06, 0xe5, 0xa5, 0x59, 0x09, 0xc5, 0xaf, 0xf5, 0x26, 0x9a,
  0x86, 0xa7, 0xa9, 0x53, 0x15, 0x34, 0xf7, 0xda, 0x2e, 0x4c, 0x30, 0x3d, 0x8a, 0x31, 0x8a, 0x72,
  0x1c, 0x3c, 0x0c, 0x95, 0x95, 0x68, 0x09, 0x53, 0x2f, 0xcf, 0x0e, 0x24, 0x49, 0xa6, 0xb5, 0x25,
  0xb1, 0x6a, 0xed, 0xf5, 0xaa, 0x0d, 0xe6, 0x57, 0xba, 0x63, 0x7b, 0x39, 0x1a, 0xaf, 0xd2, 0x55
};
static const guint8 gcm_encrypted[] = {
  0x42, 0x83, 0x1e, 0xc2, 0x21, 0x77, 0x74, 0x24, 0x4b, 0x72, 0x21, 0xb7, 0x84, 0xd0, 0xd4, 0x9c,
  0xe3, 0xaa, 0x21, 0x2f, 0x2c, 0x02, 0xa4, 0xe0, 0x35, 0xc1, 0x7e, 0x23, 0x29, 0xac, 0xa1, 0x2e,
  0x21, 0xd5, 0x14, 0xb2, 0x54, 0x66, 0x93, 0x1c, 0x7d, 0x8f, 0x6a, 0x5a, 0xac, 0x84, 0xaa, 0x05,
  0x1b, 0xa3, 0x0b, 0x39, 0x6a, 0x0a, 0xac, 0x97, 0x3d, 0x58, 0xe0, 0x91, 0x47, 0x3f, 0x59, 0x85
};
static const guint8 gcm_tag[] = { 0x4d, 0x5c, 0x2a, 0xf3, 0x27, 0xcd, 0x64, 0xa6,
                                  0x2c, 0xf3, 0x5a, 0xbd, 0x2b, 0xa6, 0xfa, 0xb4 };
static const guint8 gcm256_encrypted[] = { 0x52, 0x2d, 0xc1, 0xf0, 0x99, 0x56, 0x7d, 0x07,
                                           0xf4, 0x7f, 0x37, 0xa3, 0x2a, 0x84, 0x42, 0x7d };

static gboolean
decrypt_gcm (const guint8 *tag, gsize tag_length)
{
  g_autoptr (GBytes) key = g_bytes_new_static (gcm_key, sizeof gcm_key);
  g_autoptr (GBytes) nonce = g_bytes_new_static (gcm_nonce, sizeof gcm_nonce);
  g_autoptr (GBytes) encrypted = g_bytes_new_static (gcm_encrypted, sizeof gcm_encrypted);
  g_autoptr (GBytes) tag_bytes = g_bytes_new (tag, tag_length);
  g_autoptr (GError) error = NULL;
  gboolean is_good = FALSE;
  g_autoptr (GBytes) plain = scep_content_decrypt (SCEP_CIPHER_AES128_GCM, key, nonce, encrypted,
                                                   tag_bytes, &is_good, &error);

  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (plain, NULL), g_bytes_get_size (plain), gcm_plain,
                   sizeof gcm_plain);
  return is_good;
}

static void
test_gcm (void)
{
  guint8 twice[2 * sizeof gcm_key];
  g_autoptr (GBytes) key = NULL;
  g_autoptr (GBytes) nonce = g_bytes_new_static (gcm_nonce, sizeof gcm_nonce);
  g_autoptr (GBytes) encrypted = g_bytes_new_static (gcm256_encrypted, sizeof gcm256_encrypted);
  g_autoptr (GBytes) tag = g_bytes_new_static (gcm_tag, sizeof gcm_tag);
  g_autoptr (GBytes) plain = NULL;
  gboolean is_good = TRUE;

  g_assert_true (decrypt_gcm (gcm_tag, sizeof gcm_tag));
  memcpy (twice, gcm_key, sizeof gcm_key);
  memcpy (twice + sizeof gcm_key, gcm_key, sizeof gcm_key);
  key = g_bytes_new (twice, sizeof twice);
  plain = scep_content_decrypt (SCEP_CIPHER_AES256_GCM, key, nonce, encrypted, tag, &is_good, NULL);
  g_assert_cmpmem (g_bytes_get_data (plain, NULL), g_bytes_get_size (plain), gcm_plain, 16);
  g_assert_false (is_good);
}

/* A tag is good if, and only if, each of its octets is; it may be cut. */
static void
test_gcm_tag (void)
{
  for (gsize length = 12; length <= sizeof gcm_tag; length++) {
    for (gsize i = 0; i < length; i++) {
      guint8 tag[sizeof gcm_tag];

      memcpy (tag, gcm_tag, sizeof tag);
      tag[i] ^= (guint8) (1 << (i + length) % 8);
      g_assert_false (decrypt_gcm (tag, length));
    }
    g_assert_true (decrypt_gcm (gcm_tag, length));
  }
}

static void
test_keys (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (ciphers); i++) {
    g_autoptr (GBytes) first = scep_content_key_new (ciphers[i]);
    g_autoptr (GBytes) second = scep_content_key_new (ciphers[i]);

    g_assert_cmpuint (g_bytes_get_size (first), ==, scep_cipher_get_key_size (ciphers[i]));
    g_assert_false (g_bytes_equal (first, second));
  }
}

/* Neither the key nor what was decrypted is left when nobody has it any more. */
static void
test_secrets (void)
{
  static const char text[] = "a certificate, and who asked for it";
  g_autoptr (GBytes) iv = scep_random_bytes (BLOCK);
  g_autoptr (GBytes) message = g_bytes_new_static (text, sizeof text);
  GBytes *key = scep_content_key_new (SCEP_CIPHER_AES128_CBC);
  g_autofree guint8 *copy = g_memdup2 (g_bytes_get_data (key, NULL), 16);
  g_autoptr (GBytes) encrypted =
      scep_content_encrypt (SCEP_CIPHER_AES128_CBC, key, iv, message, NULL);
  gboolean is_good;
  GBytes *plain =
      scep_content_decrypt (SCEP_CIPHER_AES128_CBC, key, iv, encrypted, NULL, &is_good, NULL);

  test_cleared_begin ();
  g_bytes_unref (key);
  g_assert_cmpuint (test_cleared_count (copy, 16), ==, 1);
  g_bytes_unref (plain);
  g_assert_cmpuint (test_cleared_count (text, sizeof text), ==, 1);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/content-cipher/every-padding", test_every_padding);
  g_test_add_func ("/content-cipher/every-wrong-bit", test_every_wrong_bit);
  g_test_add_func ("/content-cipher/round-trip", test_round_trip);
  g_test_add_func ("/content-cipher/empty", test_empty);
  g_test_add_func ("/content-cipher/known-answer", test_known_answer);
  g_test_add_func ("/content-cipher/gcm", test_gcm);
  g_test_add_func ("/content-cipher/gcm/tag", test_gcm_tag);
  g_test_add_func ("/content-cipher/keys", test_keys);
  g_test_add_func ("/content-cipher/secrets", test_secrets);
  return g_test_run ();
}
