/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs under valgrind: what an attacker must not learn is declared undefined, and
 * valgrind tells of every branch and every address that depends on it.
 */
#include "codec/scep-content-cipher.c"
#include "codec/scep-oaep.c"

#include <valgrind/memcheck.h>

static void
test_padding (void)
{
  guint8 plain[32];
  gboolean is_good;
  gsize length;

  for (guint padding = 0; padding <= 17; padding++) {
    memset (plain, (int) padding, sizeof plain);
    (void) VALGRIND_MAKE_MEM_UNDEFINED (plain, sizeof plain);
    length = length_without_padding (plain, sizeof plain, 16, &is_good);
    (void) VALGRIND_MAKE_MEM_DEFINED (&length, sizeof length);
    (void) VALGRIND_MAKE_MEM_DEFINED (&is_good, sizeof is_good);
    g_assert_true (is_good == (padding >= 1 && padding <= 16));
    g_assert_cmpuint (length, ==, sizeof plain - (is_good ? padding : 0));
  }
}

static const ScepDigest hashes[] = { SCEP_DIGEST_SHA1, SCEP_DIGEST_SHA256, SCEP_DIGEST_SHA384,
                                     SCEP_DIGEST_SHA512 };

/* What was sent is no message; neither that nor which of the hashes is right may show. */
static void
check_oaep (ScepKeyWrap wrap)
{
  guint8 encoded[256];
  guint8 key[16];

  memset (encoded, 7, sizeof encoded);
  memset (key, 1, sizeof key);
  (void) VALGRIND_MAKE_MEM_UNDEFINED (encoded, sizeof encoded);
  (void) VALGRIND_MAKE_MEM_UNDEFINED (key, sizeof key);
  take_either (&wrap, encoded, sizeof encoded, key, sizeof key);
  (void) VALGRIND_MAKE_MEM_DEFINED (key, sizeof key);
  for (gsize i = 0; i < sizeof key; i++)
    g_assert_cmpuint (key[i], ==, 1);
}

static void
test_oaep (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (hashes); i++) {
    for (guint j = 0; j < G_N_ELEMENTS (hashes); j++)
      check_oaep (SCEP_KEY_WRAP_OAEP (hashes[i], hashes[j]));
  }
}

static void
test_oaep_doubtful_mask (void)
{
  for (guint i = 1; i < G_N_ELEMENTS (hashes); i++) {
    ScepKeyWrap wrap = SCEP_KEY_WRAP_OAEP (hashes[i], SCEP_DIGEST_SHA1);

    wrap.mask_is_doubtful = TRUE;
    check_oaep (wrap);
  }
}

/* A tag that was made of what is secret is compared as a whole. */
static void
test_tag (void)
{
  const ScepCipher cipher = SCEP_CIPHER_AES128_GCM;
  g_autoptr (GBytes) key = scep_random_bytes (scep_cipher_get_key_size (cipher));
  g_autoptr (GBytes) nonce = scep_random_bytes (scep_cipher_get_iv_size (cipher));
  g_autoptr (GBytes) tag = scep_random_bytes (GCM_TAG_LENGTH);
  g_auto (gnutls_cipher_hd_t) handle = NULL;
  gboolean is_good;

  g_assert_true (start (cipher, key, nonce, &handle, NULL));
  (void) VALGRIND_MAKE_MEM_UNDEFINED (g_bytes_get_data (tag, NULL), g_bytes_get_size (tag));
  is_good = tag_is_good (handle, tag);
  (void) VALGRIND_MAKE_MEM_DEFINED (&is_good, sizeof is_good);
  (void) VALGRIND_MAKE_MEM_DEFINED (g_bytes_get_data (tag, NULL), g_bytes_get_size (tag));
  g_assert_false (is_good);
}

int
main (int argc, char *argv[])
{
  /* Elsewhere it would see nothing. */
  g_assert_true (RUNNING_ON_VALGRIND);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/constant-time/padding", test_padding);
  g_test_add_func ("/constant-time/oaep", test_oaep);
  g_test_add_func ("/constant-time/oaep/doubtful-mask", test_oaep_doubtful_mask);
  g_test_add_func ("/constant-time/tag", test_tag);
  return g_test_run ();
}
