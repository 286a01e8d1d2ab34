/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "openssl-envelope.h"

#include <openssl/asn1t.h>
#include <openssl/objects.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#define TAG_INTEGER 0x02
#define TAG_OCTET_STRING 0x04
#define TAG_PRIMITIVE_SEQUENCE 0x10
#define TAG_SEQUENCE 0x30
#define TAG_SET 0x31
#define TAG_IMPLICIT_0 0x80
#define TAG_SMALLSTEP_NONCE 0x84
#define TAG_CONTEXT_0 0xa0
#define TAG_CONTEXT_1 0xa1

/* Encoded elements, which whatever they are put into takes. */
typedef struct {
  unsigned char *data;
  size_t length;
} Der;

static void
must (int ok)
{
  if (ok <= 0)
    abort ();
}

static Der
octets (const void *data, size_t length)
{
  Der der = { malloc (length + 1), length };

  must (der.data != NULL);
  if (length > 0)
    memcpy (der.data, data, length);
  return der;
}

static Der
nothing (void)
{
  return octets ("", 0);
}

static Der
join (Der first, Der second)
{
  first.data = realloc (first.data, first.length + second.length + 1);
  must (first.data != NULL);
  memcpy (first.data + first.length, second.data, second.length);
  first.length += second.length;
  free (second.data);
  return first;
}

static Der
wrap (unsigned char tag, Der content)
{
  unsigned char header[4] = { tag, (unsigned char) content.length };
  size_t length = 2;

  if (content.length > 0xff) {
    header[1] = 0x82;
    header[2] = (unsigned char) (content.length >> 8);
    header[3] = (unsigned char) content.length;
    length = 4;
  } else if (content.length > 0x7f) {
    header[1] = 0x81;
    header[2] = (unsigned char) content.length;
    length = 3;
  }
  must (content.length < 0x10000);
  return join (octets (header, length), content);
}

static Der
small_integer (int value)
{
  unsigned char octet = (unsigned char) value;

  return wrap (TAG_INTEGER, octets (&octet, 1));
}

/* The DER of something of OpenSSL's. */
static Der
encode (const void *value, const ASN1_ITEM *item)
{
  unsigned char *der = NULL;
  int length = ASN1_item_i2d ((ASN1_VALUE *) value, &der, item);
  Der copy;

  must (length);
  copy = octets (der, (size_t) length);
  OPENSSL_free (der);
  return copy;
}

static Der
oid (int nid)
{
  return encode (OBJ_nid2obj (nid), ASN1_ITEM_rptr (ASN1_OBJECT));
}

static Der
algorithm (int nid, Der parameters)
{
  return wrap (TAG_SEQUENCE, join (oid (nid), parameters));
}

/* RSAES-OAEP-params, RFC 4055 section 4.1. */
static Der
oaep_parameters (const EnvelopeSpec *spec)
{
  Der hash = wrap (TAG_CONTEXT_0, algorithm (EVP_MD_get_type (spec->hash), nothing ()));
  Der mask;

  if (spec->mask_untold)
    return wrap (TAG_SEQUENCE, hash);
  mask = algorithm (NID_mgf1, algorithm (EVP_MD_get_type (spec->mask), nothing ()));
  return wrap (TAG_SEQUENCE, join (hash, wrap (TAG_CONTEXT_1, mask)));
}

static Der
wrap_key (const EnvelopeSpec *spec, const unsigned char *key, size_t key_length)
{
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new (X509_get0_pubkey (spec->recipient), NULL);
  unsigned char wrapped[1024];
  size_t length = sizeof wrapped;

  must (EVP_PKEY_encrypt_init (context));
  if (spec->hash != NULL) {
    must (EVP_PKEY_CTX_set_rsa_padding (context, RSA_PKCS1_OAEP_PADDING));
    must (EVP_PKEY_CTX_set_rsa_oaep_md (context, spec->hash));
    must (EVP_PKEY_CTX_set_rsa_mgf1_md (context, spec->mask));
  }
  must (EVP_PKEY_encrypt (context, wrapped, &length, key, key_length));
  EVP_PKEY_CTX_free (context);
  return octets (wrapped, length);
}

static Der
recipient_info (const EnvelopeSpec *spec, const unsigned char *key, size_t key_length)
{
  Der name = encode (X509_get_issuer_name (spec->recipient), ASN1_ITEM_rptr (X509_NAME));
  Der serial = encode (X509_get0_serialNumber (spec->recipient), ASN1_ITEM_rptr (ASN1_INTEGER));
  Der how;

  how = spec->hash != NULL ? algorithm (NID_rsaesOaep, oaep_parameters (spec))
                           : algorithm (NID_rsaEncryption, nothing ());
  return wrap (TAG_SEQUENCE,
               join (join (small_integer (0), wrap (TAG_SEQUENCE, join (name, serial))),
                     join (how, wrap (TAG_OCTET_STRING, wrap_key (spec, key, key_length)))));
}

static bool
is_gcm (const EnvelopeSpec *spec)
{
  return EVP_CIPHER_get_mode (spec->cipher) == EVP_CIPH_GCM_MODE;
}

/* GCMParameters, RFC 5084 section 3.2. */
static Der
cipher_parameters (const EnvelopeSpec *spec, const unsigned char *iv, size_t iv_length)
{
  bool is_smallstep = is_gcm (spec) && spec->gcm_form == ENVELOPE_GCM_PRIMITIVE;
  Der nonce = wrap (is_smallstep ? TAG_SMALLSTEP_NONCE : TAG_OCTET_STRING, octets (iv, iv_length));
  Der parameters;

  if (!is_gcm (spec))
    return nonce;
  parameters =
      wrap (TAG_SEQUENCE,
            join (nonce, spec->tag_length_untold ? nothing () : small_integer (spec->tag_length)));
  if (is_smallstep)
    return wrap (TAG_PRIMITIVE_SEQUENCE, parameters);
  return spec->gcm_form == ENVELOPE_GCM_NESTED ? wrap (TAG_SEQUENCE, parameters) : parameters;
}

static Der
encrypt (const EnvelopeSpec *spec, const unsigned char *key, const unsigned char *iv,
         size_t iv_length, const unsigned char *plain, size_t length)
{
  EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new ();
  unsigned char tag[EVP_MAX_BLOCK_LENGTH];
  Der out = octets (plain, length);
  int n = 0;
  int last = 0;

  out.data = realloc (out.data, length + EVP_MAX_BLOCK_LENGTH);
  must (EVP_EncryptInit_ex (context, spec->cipher, NULL, NULL, NULL));
  if (is_gcm (spec))
    must (EVP_CIPHER_CTX_ctrl (context, EVP_CTRL_AEAD_SET_IVLEN, (int) iv_length, NULL));
  must (EVP_EncryptInit_ex (context, NULL, NULL, key, iv));
  must (EVP_EncryptUpdate (context, out.data, &n, plain, (int) length));
  must (EVP_EncryptFinal_ex (context, out.data + n, &last));
  out.length = (size_t) (n + last);
  if (is_gcm (spec)) {
    must (EVP_CIPHER_CTX_ctrl (context, EVP_CTRL_AEAD_GET_TAG, 16, tag));
    tag[0] ^= spec->tag_wrong ? 1 : 0;
    out = join (out, octets (tag, (size_t) spec->tag_length));
  }
  EVP_CIPHER_CTX_free (context);
  return out;
}

static Der
encrypted_content_info (const EnvelopeSpec *spec, const unsigned char *key,
                        const unsigned char *plain, size_t length)
{
  unsigned char iv[EVP_MAX_IV_LENGTH];
  size_t iv_length = is_gcm (spec) ? (size_t) spec->nonce_length
                                   : (size_t) EVP_CIPHER_get_iv_length (spec->cipher);
  Der how;

  must (RAND_bytes (iv, sizeof iv));
  how = algorithm (EVP_CIPHER_get_type (spec->cipher), cipher_parameters (spec, iv, iv_length));
  return wrap (TAG_SEQUENCE,
               join (join (oid (NID_pkcs7_data), how),
                     wrap (TAG_IMPLICIT_0, encrypt (spec, key, iv, iv_length, plain, length))));
}

/* RFC 5652 section 6.1 lets it be there. */
static Der
originator_info (const EnvelopeSpec *spec)
{
  if (spec->originator == ENVELOPE_ORIGINATOR_NONE)
    return nothing ();
  if (spec->originator == ENVELOPE_ORIGINATOR_EMPTY)
    return wrap (TAG_CONTEXT_0, nothing ());
  return wrap (TAG_CONTEXT_0,
               wrap (TAG_CONTEXT_0, encode (spec->recipient, ASN1_ITEM_rptr (X509))));
}

/**
 * envelope_build:
 * @plain: what is encrypted
 *
 * Returns: a ContentInfo of type EnvelopedData in DER, owned
 */
unsigned char *
envelope_build (const EnvelopeSpec *spec, const unsigned char *plain, size_t length,
                size_t *envelope_length)
{
  unsigned char key[EVP_MAX_KEY_LENGTH];
  size_t key_length = (size_t) EVP_CIPHER_get_key_length (spec->cipher);
  Der recipients;
  Der data;
  Der info;

  must (RAND_bytes (key, sizeof key));
  recipients = wrap (TAG_SET, recipient_info (spec, key, key_length));
  data = join (small_integer (spec->originator == ENVELOPE_ORIGINATOR_NONE ? 0 : 2),
               originator_info (spec));
  data = join (join (data, recipients), encrypted_content_info (spec, key, plain, length));
  info = wrap (TAG_SEQUENCE,
               join (oid (NID_pkcs7_enveloped), wrap (TAG_CONTEXT_0, wrap (TAG_SEQUENCE, data))));
  *envelope_length = info.length;
  return info.data;
}
