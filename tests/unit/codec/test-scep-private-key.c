/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-private-key.h"

#include "base/scep-error.h"
#include "base/scep-secret.h"
#include "cleared.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#define KEY "0123456789abcdef"
#define KEY_LENGTH 16

#define OAEP_SHA1 SCEP_KEY_WRAP_OAEP (SCEP_DIGEST_SHA1, SCEP_DIGEST_SHA1)

static GBytes *pkcs8;
static EVP_PKEY *public_key;

/* Hashes that the codec and OpenSSL have names for. */
typedef struct {
  ScepDigest digest;
  const EVP_MD *md;
} Hash;

static Hash
get_hash (guint i)
{
  const Hash hashes[] = {
    { SCEP_DIGEST_SHA1, EVP_sha1 () },
    { SCEP_DIGEST_SHA256, EVP_sha256 () },
    { SCEP_DIGEST_SHA384, EVP_sha384 () },
    { SCEP_DIGEST_SHA512, EVP_sha512 () },
  };

  return hashes[i];
}

#define N_HASHES 4

/* By PKCS#1 v1.5 where there is no @hash, else by OAEP. */
static GBytes *
wrap_with (const EVP_MD *hash, const EVP_MD *mgf, const char *plain)
{
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new (public_key, NULL);
  guint8 data[1024];
  gsize length = sizeof data;

  g_assert_cmpint (EVP_PKEY_encrypt_init (context), ==, 1);
  g_assert_cmpint (EVP_PKEY_CTX_set_rsa_padding (context, hash != NULL ? RSA_PKCS1_OAEP_PADDING
                                                                       : RSA_PKCS1_PADDING),
                   ==, 1);
  if (hash != NULL) {
    g_assert_cmpint (EVP_PKEY_CTX_set_rsa_oaep_md (context, hash), ==, 1);
    g_assert_cmpint (EVP_PKEY_CTX_set_rsa_mgf1_md (context, mgf), ==, 1);
  }
  g_assert_cmpint (
      EVP_PKEY_encrypt (context, data, &length, (const guint8 *) plain, strlen (plain)), ==, 1);
  EVP_PKEY_CTX_free (context);
  return g_bytes_new (data, length);
}

static GBytes *
wrap (int padding, const char *plain)
{
  return padding == RSA_PKCS1_PADDING ? wrap_with (NULL, NULL, plain)
                                      : wrap_with (EVP_sha1 (), EVP_sha1 (), plain);
}

static GBytes *
unwrap (ScepKeyWrap kind, GBytes *wrapped)
{
  g_autoptr (GError) error = NULL;
  GBytes *key = scep_private_key_unwrap (pkcs8, kind, wrapped, KEY_LENGTH, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (g_bytes_get_size (key), ==, KEY_LENGTH);
  return key;
}

/* A fault gives random bytes, other ones each time, and no error. */
static void
assert_rejected (ScepKeyWrap kind, GBytes *wrapped)
{
  g_autoptr (GBytes) first = unwrap (kind, wrapped);
  g_autoptr (GBytes) second = unwrap (kind, wrapped);

  g_assert_false (g_bytes_equal (first, second));
  g_assert_true (memcmp (g_bytes_get_data (first, NULL), KEY, KEY_LENGTH) != 0);
}

static void
check_wrap (ScepKeyWrap kind, int padding, int other_padding)
{
  g_autoptr (GBytes) good = wrap (padding, KEY);
  g_autoptr (GBytes) longer = wrap (padding, KEY "x");
  g_autoptr (GBytes) shorter = wrap (padding, "0123456789abcde");
  g_autoptr (GBytes) other = wrap (other_padding, KEY);
  g_autoptr (GBytes) part = g_bytes_new_from_bytes (good, 0, 100);
  g_autoptr (GBytes) empty = g_bytes_new (NULL, 0);
  g_autofree guint8 *ones = g_malloc (256);
  g_autoptr (GBytes) huge = NULL;
  g_autoptr (GBytes) key = NULL;

  memset (ones, 0xff, 256);
  huge = g_bytes_new (ones, 256);
  assert_rejected (kind, longer);
  assert_rejected (kind, shorter);
  assert_rejected (kind, other);
  assert_rejected (kind, part);
  assert_rejected (kind, empty);
  assert_rejected (kind, huge);
  key = unwrap (kind, good);
  g_assert_cmpmem (g_bytes_get_data (key, NULL), KEY_LENGTH, KEY, KEY_LENGTH);
}

static void
test_pkcs1 (void)
{
  check_wrap (SCEP_KEY_WRAP_PKCS1_V15, RSA_PKCS1_PADDING, RSA_PKCS1_OAEP_PADDING);
}

static void
test_oaep (void)
{
  check_wrap (OAEP_SHA1, RSA_PKCS1_OAEP_PADDING, RSA_PKCS1_PADDING);
}

/* What may be wrong with an encoded message of RFC 8017 section 7.1.1. */
typedef enum {
  OAEP_GOOD,
  OAEP_FIRST_BYTE,    /* which has to be 0 */
  OAEP_LABEL,         /* of which the hash stands in it */
  OAEP_ZEROS,         /* between hash and message */
  OAEP_NO_ZEROS,      /* none of them is 0 */
  OAEP_SEPARATOR,     /* the 1 before the message */
  OAEP_EARLY_MESSAGE, /* a longer message, with the same end */
  N_OAEP,
} OaepFault;

/* XORs MGF1 with @md of @seed, RFC 8017 section B.2.1, over @data. */
static void
mask_with (const EVP_MD *md, guint8 *data, gsize length, const guint8 *seed, gsize seed_length)
{
  g_autofree guint8 *input = g_malloc0 (seed_length + 4);
  gsize size = (gsize) EVP_MD_get_size (md);
  guint8 hash[EVP_MAX_MD_SIZE];

  memcpy (input, seed, seed_length);
  for (gsize i = 0; i < length; i++) {
    input[seed_length + 3] = (guint8) (i / size);
    if (i % size == 0)
      g_assert_cmpint (EVP_Digest (input, seed_length + 4, hash, NULL, md, NULL), ==, 1);
    data[i] ^= hash[i % size];
  }
}

/* EME-OAEP of KEY, for a key of 256 bytes. */
static void
encode_oaep (const EVP_MD *md, OaepFault fault, guint32 seed_number, guint8 *encoded)
{
  const gsize size = (gsize) EVP_MD_get_size (md);
  guint8 *seed = encoded + 1;
  guint8 *block = seed + size;
  const gsize length = 256 - 1 - size;
  guint8 *separator = block + length - KEY_LENGTH - 1;

  memset (encoded, 0, 256);
  memcpy (seed, &seed_number, sizeof seed_number);
  g_assert_cmpint (EVP_Digest ("label", fault == OAEP_LABEL ? 5 : 0, block, NULL, md, NULL), ==, 1);
  memcpy (separator + 1, KEY, KEY_LENGTH);
  *separator = fault == OAEP_SEPARATOR ? 3 : 1;
  if (fault == OAEP_ZEROS)
    block[size] = 0x80;
  if (fault == OAEP_NO_ZEROS)
    memset (block + size, 2, (gsize) (separator - block) - size);
  if (fault == OAEP_EARLY_MESSAGE)
    separator[-1] = 1;
  mask_with (md, block, length, seed, size);
  mask_with (md, seed, size, block, length);
  encoded[0] = fault == OAEP_FIRST_BYTE ? 1 : 0;
}

static GBytes *
wrap_encoded (const guint8 *encoded)
{
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new (public_key, NULL);
  guint8 data[256];
  gsize length = sizeof data;

  g_assert_cmpint (EVP_PKEY_encrypt_init (context), ==, 1);
  g_assert_cmpint (EVP_PKEY_CTX_set_rsa_padding (context, RSA_NO_PADDING), ==, 1);
  g_assert_cmpint (EVP_PKEY_encrypt (context, data, &length, encoded, 256), ==, 1);
  EVP_PKEY_CTX_free (context);
  return g_bytes_new (data, length);
}

static void
assert_opens (ScepKeyWrap kind, GBytes *wrapped)
{
  g_autoptr (GBytes) key = unwrap (kind, wrapped);

  g_assert_cmpmem (g_bytes_get_data (key, NULL), KEY_LENGTH, KEY, KEY_LENGTH);
}

static void
check_faults (Hash hash, gboolean is_doubtful)
{
  ScepKeyWrap kind = SCEP_KEY_WRAP_OAEP (hash.digest, hash.digest);
  g_autoptr (GBytes) good = NULL;
  guint8 encoded[256];

  if (is_doubtful)
    kind.mask = SCEP_DIGEST_SHA1;
  kind.mask_is_doubtful = is_doubtful;
  for (OaepFault fault = OAEP_FIRST_BYTE; fault < N_OAEP; fault++) {
    g_autoptr (GBytes) wrapped = NULL;

    encode_oaep (hash.md, fault, 7, encoded);
    wrapped = wrap_encoded (encoded);
    assert_rejected (kind, wrapped);
  }
  encode_oaep (hash.md, OAEP_GOOD, 7, encoded);
  good = wrap_encoded (encoded);
  assert_opens (kind, good);
}

/* Manger's attack wants to know of the first byte alone, others of the rest. */
static void
test_oaep_faults (void)
{
  for (guint i = 0; i < N_HASHES; i++) {
    check_faults (get_hash (i), FALSE);
    check_faults (get_hash (i), TRUE);
  }
}

/* Every hash with every one of MGF1, and with no other. */
static void
test_oaep_sha2 (void)
{
  for (guint i = 0; i < N_HASHES * N_HASHES; i++) {
    Hash hash = get_hash (i / N_HASHES);
    Hash mgf = get_hash (i % N_HASHES);
    Hash other = get_hash ((i + 1) % N_HASHES);
    Hash other_hash = get_hash ((i / N_HASHES + 1) % N_HASHES);
    g_autoptr (GBytes) wrapped = wrap_with (hash.md, mgf.md, KEY);

    assert_rejected (SCEP_KEY_WRAP_OAEP (hash.digest, other.digest), wrapped);
    assert_rejected (SCEP_KEY_WRAP_OAEP (other_hash.digest, mgf.digest), wrapped);
    assert_rejected (SCEP_KEY_WRAP_PKCS1_V15, wrapped);
    assert_opens (SCEP_KEY_WRAP_OAEP (hash.digest, mgf.digest), wrapped);
  }
}

/* Where nothing is told of MGF1, it may use SHA-1 or the other hash, and no third. */
static void
test_oaep_doubtful_mask (void)
{
  for (guint i = 1; i < N_HASHES; i++) {
    Hash hash = get_hash (i);
    Hash third = get_hash (i + 1 < N_HASHES ? i + 1 : 1);
    ScepKeyWrap kind = SCEP_KEY_WRAP_OAEP (hash.digest, SCEP_DIGEST_SHA1);
    g_autoptr (GBytes) by_rfc = wrap_with (hash.md, EVP_sha1 (), KEY);
    g_autoptr (GBytes) by_habit = wrap_with (hash.md, hash.md, KEY);
    g_autoptr (GBytes) by_nobody = wrap_with (hash.md, third.md, KEY);

    assert_rejected (kind, by_habit);
    kind.mask_is_doubtful = TRUE;
    assert_rejected (kind, by_nobody);
    assert_opens (kind, by_rfc);
    assert_opens (kind, by_habit);
  }
}

/* What does not fit into the key is nothing, whatever was sent. */
static void
test_oaep_small_key (void)
{
  g_autoptr (GBytes) small = scep_private_key_generate (1024, NULL);
  g_autofree guint8 *zeros = g_malloc0 (128);
  g_autoptr (GBytes) wrapped = g_bytes_new (zeros, 128);
  g_autoptr (GBytes) first = NULL;
  g_autoptr (GBytes) second = NULL;
  ScepKeyWrap kind = SCEP_KEY_WRAP_OAEP (SCEP_DIGEST_SHA512, SCEP_DIGEST_SHA512);

  first = scep_private_key_unwrap (small, kind, wrapped, KEY_LENGTH, NULL);
  second = scep_private_key_unwrap (small, kind, wrapped, KEY_LENGTH, NULL);
  g_assert_cmpuint (g_bytes_get_size (first), ==, KEY_LENGTH);
  g_assert_false (g_bytes_equal (first, second));
}

static GBytes *
bytes_of_number (const BIGNUM *number, gsize length)
{
  guint8 *bytes = g_malloc (length);

  g_assert_cmpint (BN_bn2binpad (number, bytes, (int) length), ==, (int) length);
  return g_bytes_new_take (bytes, length);
}

/* A good message that is the same modulo @modulus, and no longer than it, when @modulus is added. */
static GBytes *
wrap_small (BIGNUM *modulus, BIGNUM *number)
{
  for (guint32 seed = 0;; seed++) {
    guint8 encoded[256];
    g_autoptr (GBytes) good = NULL;

    encode_oaep (EVP_sha1 (), OAEP_GOOD, seed, encoded);
    good = wrap_encoded (encoded);
    BN_bin2bn (g_bytes_get_data (good, NULL), 256, number);
    BN_add (number, number, modulus);
    if (BN_num_bytes (number) <= 256)
      return g_steal_pointer (&good);
  }
}

/* A number has one form only: as long as the modulus, and smaller. */
static void
test_oaep_number (void)
{
  BIGNUM *modulus = NULL;
  BIGNUM *number = BN_new ();
  g_autoptr (GBytes) good = NULL;
  g_autoptr (GBytes) larger = NULL;
  g_autoptr (GBytes) longer = NULL;
  g_autoptr (GBytes) key = NULL;

  g_assert_cmpint (EVP_PKEY_get_bn_param (public_key, "n", &modulus), ==, 1);
  good = wrap_small (modulus, number);
  larger = bytes_of_number (number, 256);
  BN_sub (number, number, modulus);
  longer = bytes_of_number (number, 257);
  assert_rejected (OAEP_SHA1, larger);
  assert_rejected (OAEP_SHA1, longer);
  key = unwrap (OAEP_SHA1, good);
  g_assert_cmpmem (g_bytes_get_data (key, NULL), KEY_LENGTH, KEY, KEY_LENGTH);
  BN_free (number);
  BN_free (modulus);
}

static void
test_bad_key (void)
{
  g_autoptr (GBytes) nonsense = g_bytes_new_static ("nonsense", 8);
  g_autoptr (GError) error_a = NULL;
  g_autoptr (GError) error_b = NULL;

  g_assert_null (scep_private_key_from_pem (nonsense, &error_a));
  g_assert_error (error_a, SCEP_ERROR, SCEP_ERROR_INVALID_ENTRY);
  g_assert_null (scep_private_key_get_spki (nonsense, &error_b));
  g_assert_error (error_b, SCEP_ERROR, SCEP_ERROR_INVALID_ENTRY);
}

static GBytes *
to_pem (EVP_PKEY *key)
{
  BIO *out = BIO_new (BIO_s_mem ());
  char *text;
  long length;
  GBytes *pem;

  g_assert_cmpint (PEM_write_bio_PrivateKey (out, key, NULL, NULL, 0, NULL, NULL), ==, 1);
  length = BIO_get_mem_data (out, &text);
  pem = g_bytes_new (text, (gsize) length);
  BIO_free (out);
  return pem;
}

/* Whether it is not read at all, or does not work when it is tried. */
static void
assert_unusable (EVP_PKEY *key)
{
  g_autoptr (GBytes) pem = to_pem (key);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) imported = scep_private_key_from_pem (pem, &error);

  if (imported != NULL)
    g_assert_false (scep_private_key_try (imported, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_INVALID_ENTRY);
}

static EVP_PKEY *
generate_rsa (int n_primes)
{
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_id (EVP_PKEY_RSA, NULL);
  EVP_PKEY *key = NULL;

  g_assert_cmpint (EVP_PKEY_keygen_init (context), ==, 1);
  g_assert_cmpint (EVP_PKEY_CTX_set_rsa_keygen_bits (context, 2048), ==, 1);
  g_assert_cmpint (EVP_PKEY_CTX_set_rsa_keygen_primes (context, n_primes), ==, 1);
  g_assert_cmpint (EVP_PKEY_keygen (context, &key), ==, 1);
  EVP_PKEY_CTX_free (context);
  return key;
}

static void
test_multi_prime (void)
{
  EVP_PKEY *key = generate_rsa (3);

  assert_unusable (key);
  EVP_PKEY_free (key);
}

static const char *const rsa_parts[] = {
  OSSL_PKEY_PARAM_RSA_N,         OSSL_PKEY_PARAM_RSA_E,
  OSSL_PKEY_PARAM_RSA_D,         OSSL_PKEY_PARAM_RSA_FACTOR1,
  OSSL_PKEY_PARAM_RSA_FACTOR2,   OSSL_PKEY_PARAM_RSA_EXPONENT1,
  OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
};

/* The same key, with 2 added to one of its parts. */
static EVP_PKEY *
change_part (EVP_PKEY *key, guint changed)
{
  OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new ();
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name (NULL, "RSA", NULL);
  BIGNUM *parts[G_N_ELEMENTS (rsa_parts)] = { NULL };
  OSSL_PARAM *params;
  EVP_PKEY *copy = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (rsa_parts); i++) {
    g_assert_cmpint (EVP_PKEY_get_bn_param (key, rsa_parts[i], &parts[i]), ==, 1);
    if (i == changed)
      BN_add_word (parts[i], 2);
    g_assert_cmpint (OSSL_PARAM_BLD_push_BN (builder, rsa_parts[i], parts[i]), ==, 1);
  }
  params = OSSL_PARAM_BLD_to_param (builder);
  g_assert_cmpint (EVP_PKEY_fromdata_init (context), ==, 1);
  g_assert_cmpint (EVP_PKEY_fromdata (context, &copy, EVP_PKEY_KEYPAIR, params), ==, 1);
  for (guint i = 0; i < G_N_ELEMENTS (rsa_parts); i++)
    BN_free (parts[i]);
  OSSL_PARAM_free (params);
  OSSL_PARAM_BLD_free (builder);
  EVP_PKEY_CTX_free (context);
  return copy;
}

static void
test_inconsistent (void)
{
  EVP_PKEY *key = generate_rsa (2);

  for (guint i = 0; i < G_N_ELEMENTS (rsa_parts); i++) {
    EVP_PKEY *changed = change_part (key, i);

    g_test_message ("%s", rsa_parts[i]);
    assert_unusable (changed);
    EVP_PKEY_free (changed);
  }
  EVP_PKEY_free (key);
}

/* As Go makes them: which of the primes is the first does not matter. */
static EVP_PKEY *
swap_primes (EVP_PKEY *key)
{
  static const guint order[] = { 0, 1, 2, 4, 3, 6, 5 };
  OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new ();
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name (NULL, "RSA", NULL);
  BN_CTX *work = BN_CTX_new ();
  BIGNUM *parts[G_N_ELEMENTS (rsa_parts)] = { NULL };
  OSSL_PARAM *params;
  EVP_PKEY *copy = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (order); i++)
    g_assert_cmpint (EVP_PKEY_get_bn_param (key, rsa_parts[order[i]], &parts[i]), ==, 1);
  parts[7] = BN_mod_inverse (NULL, parts[4], parts[3], work);
  for (guint i = 0; i < G_N_ELEMENTS (rsa_parts); i++)
    OSSL_PARAM_BLD_push_BN (builder, rsa_parts[i], parts[i]);
  params = OSSL_PARAM_BLD_to_param (builder);
  EVP_PKEY_fromdata_init (context);
  g_assert_cmpint (EVP_PKEY_fromdata (context, &copy, EVP_PKEY_KEYPAIR, params), ==, 1);
  for (guint i = 0; i < G_N_ELEMENTS (rsa_parts); i++)
    BN_free (parts[i]);
  OSSL_PARAM_free (params);
  OSSL_PARAM_BLD_free (builder);
  EVP_PKEY_CTX_free (context);
  BN_CTX_free (work);
  EVP_PKEY_free (key);
  return copy;
}

static void
assert_works (EVP_PKEY *key)
{
  g_autoptr (GBytes) pem = to_pem (key);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) imported = scep_private_key_from_pem (pem, &error);

  g_assert_no_error (error);
  g_assert_true (scep_private_key_try (imported, &error));
  g_assert_no_error (error);
  EVP_PKEY_free (key);
}

static void
test_try (void)
{
  EVP_PKEY *ed25519 = NULL;
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_id (EVP_PKEY_ED25519, NULL);

  g_assert_cmpint (EVP_PKEY_keygen_init (context), ==, 1);
  g_assert_cmpint (EVP_PKEY_keygen (context, &ed25519), ==, 1);
  EVP_PKEY_CTX_free (context);
  assert_works (ed25519);
  assert_works (EVP_EC_gen ("P-256"));
  assert_works (EVP_EC_gen ("P-521"));
  g_assert_true (scep_private_key_try (pkcs8, NULL));
  assert_works (generate_rsa (2));
  assert_works (swap_primes (generate_rsa (2)));
}

static void
test_pem (void)
{
  g_autoptr (GBytes) pem = scep_private_key_to_pem (pkcs8, NULL);
  g_autoptr (GBytes) back = scep_private_key_from_pem (pem, NULL);
  g_autoptr (GBytes) spki_a = scep_private_key_get_spki (pkcs8, NULL);
  g_autoptr (GBytes) spki_b = scep_private_key_get_spki (back, NULL);
  const char *type = NULL;
  guint bits = 0;

  g_assert_true (g_bytes_equal (spki_a, spki_b));
  g_assert_true (scep_public_key_describe (spki_a, &type, &bits));
  g_assert_cmpstr (type, ==, "RSA");
  g_assert_cmpuint (bits, ==, 2048);
}

/* What was decrypted, and the key itself, are nowhere when nobody has them any more. OAEP has a
 * block in between. */
static void
test_secrets (void)
{
  const struct {
    ScepKeyWrap kind;
    int padding;
    guint n_blocks;
  } rows[] = {
    { SCEP_KEY_WRAP_PKCS1_V15, RSA_PKCS1_PADDING, 1 },
    { OAEP_SHA1, RSA_PKCS1_OAEP_PADDING, 2 },
  };
  g_autoptr (GBytes) pem = scep_private_key_to_pem (pkcs8, NULL);
  g_autofree char *text = g_strndup (g_bytes_get_data (pem, NULL), g_bytes_get_size (pem));
  GBytes *back;

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GBytes) wrapped = wrap (rows[i].padding, KEY);
    GBytes *key;

    test_cleared_begin ();
    key = unwrap (rows[i].kind, wrapped);
    g_assert_cmpuint (test_cleared_count (KEY, KEY_LENGTH), <, rows[i].n_blocks);
    g_bytes_unref (key);
    g_assert_cmpuint (test_cleared_count (KEY, KEY_LENGTH), ==, rows[i].n_blocks);
  }
  back = scep_private_key_from_pem (pem, NULL);
  test_cleared_begin ();
  g_clear_pointer (&pem, g_bytes_unref);
  g_assert_cmpuint (test_cleared_count (text, strlen (text)), ==, 1);
  g_clear_pointer (&back, g_bytes_unref);
  g_assert_cmpuint (test_cleared_count (g_bytes_get_data (pkcs8, NULL), g_bytes_get_size (pkcs8)),
                    ==, 1);
}

static void
test_sign (void)
{
  g_autoptr (GBytes) data = g_bytes_new_static ("data", 4);
  g_autoptr (GBytes) signature = scep_private_key_sign (pkcs8, SCEP_DIGEST_SHA256, data, NULL);
  EVP_MD_CTX *context = EVP_MD_CTX_new ();

  g_assert_cmpint (EVP_DigestVerifyInit (context, NULL, EVP_sha256 (), NULL, public_key), ==, 1);
  g_assert_cmpint (EVP_DigestVerify (context, g_bytes_get_data (signature, NULL),
                                     g_bytes_get_size (signature), (const guint8 *) "data", 4),
                   ==, 1);
  EVP_MD_CTX_free (context);
}

int
main (int argc, char *argv[])
{
  g_autoptr (GBytes) spki = NULL;
  const guint8 *p;
  int status;

  g_test_init (&argc, &argv, NULL);
  pkcs8 = scep_private_key_generate (2048, NULL);
  spki = scep_private_key_get_spki (pkcs8, NULL);
  p = g_bytes_get_data (spki, NULL);
  public_key = d2i_PUBKEY (NULL, &p, (long) g_bytes_get_size (spki));
  g_assert_nonnull (public_key);
  g_test_add_func ("/private-key/bad-key", test_bad_key);
  g_test_add_func ("/private-key/unwrap/pkcs1", test_pkcs1);
  g_test_add_func ("/private-key/unwrap/oaep", test_oaep);
  g_test_add_func ("/private-key/unwrap/oaep/faults", test_oaep_faults);
  g_test_add_func ("/private-key/unwrap/oaep/sha2", test_oaep_sha2);
  g_test_add_func ("/private-key/unwrap/oaep/doubtful-mask", test_oaep_doubtful_mask);
  g_test_add_func ("/private-key/unwrap/oaep/small-key", test_oaep_small_key);
  g_test_add_func ("/private-key/unwrap/oaep/number", test_oaep_number);
  g_test_add_func ("/private-key/multi-prime", test_multi_prime);
  g_test_add_func ("/private-key/inconsistent", test_inconsistent);
  g_test_add_func ("/private-key/try", test_try);
  g_test_add_func ("/private-key/pem", test_pem);
  g_test_add_func ("/private-key/secrets", test_secrets);
  g_test_add_func ("/private-key/sign", test_sign);
  status = g_test_run ();
  EVP_PKEY_free (public_key);
  g_bytes_unref (pkcs8);
  return status;
}
