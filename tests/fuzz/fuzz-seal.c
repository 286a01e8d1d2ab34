/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz-seal.h"

#include "codec/scep-cms.h"
#include "codec/scep-content-cipher.h"
#include "codec/scep-private-key.h"

#include "fuzz-der.h"
#include "fuzz.h"

#define TAG_BIT_STRING 0x03
#define TAG_CONTEXT_0 0xa0
#define TAG_CONTEXT_1 0xa1

/* Signing is what takes the time. */
#define MAX_SIGNATURES 4

/* The octets are read once; the program ends with them. */
static GBytes *
get_key (const char *name)
{
  static GHashTable *keys;
  GBytes *key;

  if (keys == NULL)
    keys = g_hash_table_new (g_str_hash, g_str_equal);
  key = g_hash_table_lookup (keys, name);
  if (key == NULL) {
    key = fuzz_read_identity (name);
    g_hash_table_insert (keys, (gpointer) name, key);
  }
  return key;
}

/* In a ContentInfo. */
static FuzzDer *
get_content (const FuzzDer *info)
{
  return fuzz_der_child (fuzz_der_child (info, 1), 0);
}

static ScepDigest
read_digest (const FuzzDer *algorithm)
{
  g_autofree char *oid = fuzz_der_dup_oid (algorithm);
  ScepDigest digest = SCEP_DIGEST_SHA256;

  if (oid == NULL || scep_digest_from_oid (oid, &digest))
    return digest;
  for (digest = SCEP_DIGEST_SHA1; digest <= SCEP_DIGEST_SHA512; digest++) {
    if (g_strcmp0 (scep_signature_get_rsa_oid (digest), oid) == 0)
      return digest;
  }
  return SCEP_DIGEST_SHA256;
}

/* The messageDigest of the content among the signed attributes. */
static void
fill_in_digest (FuzzDer *attributes, const FuzzDer *octets, ScepDigest digest)
{
  g_autoptr (GBytes) content =
      octets != NULL ? fuzz_der_encode_content (octets) : g_bytes_new_static ("", 0);
  g_autoptr (GBytes) value = scep_digest_compute (digest, content);

  for (guint i = 0; value != NULL && fuzz_der_child (attributes, i) != NULL; i++) {
    FuzzDer *attribute = fuzz_der_child (attributes, i);
    FuzzDer *old = fuzz_der_child (fuzz_der_child (attribute, 1), 0);
    g_autofree char *oid = fuzz_der_dup_oid (attribute);

    if (old != NULL && g_strcmp0 (oid, SCEP_OID_MESSAGE_DIGEST) == 0)
      fuzz_der_set_content (old, value);
  }
}

static GBytes *
sign_as_set (const FuzzDer *attributes, ScepDigest digest, GBytes *key)
{
  g_autoptr (GBytes) content = fuzz_der_encode_content (attributes);
  g_autoptr (GBytes) set = scep_der_wrap (SCEP_TAG_SET, content);

  return scep_private_key_sign (key, digest, set, NULL);
}

/* Signs a ContentInfo of type SignedData. */
static void
sign_message (FuzzDer *info, GBytes *key)
{
  FuzzDer *message = get_content (info);
  FuzzDer *octets = fuzz_der_child (fuzz_der_child (fuzz_der_child (message, 2), 1), 0);
  FuzzDer *signer = fuzz_der_child (fuzz_der_last (message), 0);
  FuzzDer *attributes = fuzz_der_find (signer, TAG_CONTEXT_0);
  FuzzDer *signature = fuzz_der_find (signer, SCEP_TAG_OCTET_STRING);
  ScepDigest digest = read_digest (fuzz_der_child (signer, 2));
  g_autoptr (GBytes) value = NULL;

  if (attributes == NULL || signature == NULL)
    return;
  fill_in_digest (attributes, octets, digest);
  value = sign_as_set (attributes, digest, key);
  if (value != NULL)
    fuzz_der_set_content (signature, value);
}

/* Signs a Certificate or a CertificateList. */
static void
sign_signed (FuzzDer *self, GBytes *key)
{
  static const guint8 no_unused_bits = 0;
  const FuzzDer *tbs = fuzz_der_child (self, 0);
  FuzzDer *signature = fuzz_der_child (self, 2);
  g_autoptr (GBytes) signed_bytes = NULL;
  g_autoptr (GBytes) value = NULL;
  g_autoptr (GByteArray) bits = g_byte_array_new ();
  g_autoptr (GBytes) content = NULL;

  if (tbs == NULL || signature == NULL || signature->tag != TAG_BIT_STRING)
    return;
  signed_bytes = fuzz_der_encode (tbs);
  value = scep_private_key_sign (key, read_digest (fuzz_der_child (self, 1)), signed_bytes, NULL);
  if (value == NULL)
    return;
  g_byte_array_append (bits, &no_unused_bits, 1);
  g_byte_array_append (bits, g_bytes_get_data (value, NULL), (guint) g_bytes_get_size (value));
  content = g_byte_array_free_to_bytes (g_steal_pointer (&bits));
  fuzz_der_set_content (signature, content);
}

/* The certificates ([0]) or CRLs ([1]) of a ContentInfo of type SignedData, or @self alone. */
static void
sign_all (FuzzDer *self, guint8 tag)
{
  FuzzDer *list = fuzz_der_find (get_content (self), tag);

  if (list == NULL)
    sign_signed (self, get_key ("ca-key.der"));
  for (guint i = 0; i < MAX_SIGNATURES && fuzz_der_child (list, i) != NULL; i++)
    sign_signed (fuzz_der_child (list, i), get_key ("ca-key.der"));
}

static ScepCertificate *
get_device (void)
{
  static ScepCertificate *device;

  if (device == NULL)
    device = fuzz_read_certificate ("device.der");
  return device;
}

static void
encrypt (FuzzDer *wrapped, FuzzDer *algorithm, FuzzDer *encrypted)
{
  g_autofree char *oid = fuzz_der_dup_oid (algorithm);
  FuzzDer *parameters = fuzz_der_child (algorithm, 1);
  g_autoptr (GBytes) key = fuzz_der_encode_content (wrapped);
  g_autoptr (GBytes) plain = fuzz_der_encode_content (encrypted);
  g_autoptr (GBytes) iv = NULL;
  g_autoptr (GBytes) new_key = NULL;
  g_autoptr (GBytes) new_content = NULL;
  ScepCipher cipher;

  /* GCM goes in unsealed: its tag would have to be made. */
  if (oid == NULL || parameters == NULL || !scep_cipher_from_oid (oid, &cipher) ||
      scep_cipher_has_tag (cipher))
    return;
  iv = fuzz_der_encode_content (parameters);
  if (g_bytes_get_size (key) != scep_cipher_get_key_size (cipher) ||
      g_bytes_get_size (iv) != scep_cipher_get_iv_size (cipher))
    return;
  new_key = scep_certificate_encrypt (get_device (), key, NULL);
  new_content = scep_content_encrypt (cipher, key, iv, plain, NULL);
  if (new_key == NULL || new_content == NULL)
    return;
  fuzz_der_set_content (wrapped, new_key);
  fuzz_der_set_content (encrypted, new_content);
}

/* Encrypts what an EnvelopedData has in clear, key and content. */
static void
seal_envelope (FuzzDer *info)
{
  const FuzzDer *envelope = get_content (info);
  const FuzzDer *recipient = fuzz_der_child (fuzz_der_find (envelope, SCEP_TAG_SET), 0);
  const FuzzDer *content = fuzz_der_find (envelope, SCEP_TAG_SEQUENCE);
  FuzzDer *wrapped = fuzz_der_last (recipient);
  FuzzDer *encrypted = fuzz_der_child (content, 2);

  if (wrapped == NULL || encrypted == NULL)
    return;
  if (fuzz_der_child (encrypted, 0) != NULL) {
    sign_all (fuzz_der_child (encrypted, 0), TAG_CONTEXT_0);
    sign_all (fuzz_der_child (encrypted, 0), TAG_CONTEXT_1);
  }
  encrypt (wrapped, fuzz_der_child (content, 1), encrypted);
}

/**
 * fuzz_seal_envelope:
 * @message: an EnvelopedData, the key and the content in clear
 *
 * Returns: (transfer full) (nullable): both encrypted to the device
 */
GBytes *
fuzz_seal_envelope (GBytes *message)
{
  g_autoptr (FuzzDer) root = fuzz_der_parse (message);

  if (root == NULL)
    return NULL;
  seal_envelope (root);
  return fuzz_der_encode (root);
}

/**
 * fuzz_seal_reply:
 * @message: a CertRep, its envelope as fuzz_seal_envelope() takes it
 *
 * Returns: (transfer full) (nullable): encrypted to the device, signed by the RA
 */
GBytes *
fuzz_seal_reply (GBytes *message)
{
  g_autoptr (FuzzDer) root = fuzz_der_parse (message);
  FuzzDer *octets;

  if (root == NULL)
    return NULL;
  octets = fuzz_der_child (fuzz_der_child (fuzz_der_child (get_content (root), 2), 1), 0);
  if (fuzz_der_child (octets, 0) != NULL)
    seal_envelope (fuzz_der_child (octets, 0));
  sign_message (root, get_key ("ra-key.der"));
  return fuzz_der_encode (root);
}

/**
 * fuzz_seal_next_ca:
 * @message: an answer to GetNextCACert
 *
 * Returns: (transfer full) (nullable): signed by the CA
 */
GBytes *
fuzz_seal_next_ca (GBytes *message)
{
  g_autoptr (FuzzDer) root = fuzz_der_parse (message);

  if (root == NULL)
    return NULL;
  sign_message (root, get_key ("ca-key.der"));
  return fuzz_der_encode (root);
}

static GBytes *
seal_all (GBytes *der, guint8 tag)
{
  g_autoptr (FuzzDer) root = fuzz_der_parse (der);

  if (root == NULL)
    return NULL;
  sign_all (root, tag);
  return fuzz_der_encode (root);
}

/**
 * fuzz_seal_crl:
 * @der: a CRL, or a degenerate SignedData with some
 *
 * Returns: (transfer full) (nullable): signed by the CA
 */
GBytes *
fuzz_seal_crl (GBytes *der)
{
  return seal_all (der, TAG_CONTEXT_1);
}

/**
 * fuzz_seal_certificates:
 * @der: a certificate, or a degenerate SignedData with some
 *
 * Returns: (transfer full) (nullable): signed by the CA
 */
GBytes *
fuzz_seal_certificates (GBytes *der)
{
  return seal_all (der, TAG_CONTEXT_0);
}
