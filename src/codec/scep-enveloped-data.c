/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-enveloped-data.h"

#include "base/scep-error.h"

#include "codec/scep-asn1.h"
#include "codec/scep-cms.h"
#include "codec/scep-content-cipher.h"
#include "codec/scep-gcm-parameters.h"
#include "codec/scep-key-wrap.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define CONTENT "encryptedContentInfo."

struct _ScepEnvelopedData {
  GPtrArray *recipients; /* (owned) (element-type ScepAsn1): the KeyTransRecipientInfos */
  ScepCipher cipher;
  GBytes *iv;        /* (owned) */
  GBytes *encrypted; /* (owned) */
  gsize tag_length;  /* 0 where the cipher has none */
  GBytes *tag;       /* (owned) (nullable) */
};

static GBytes *
build_recipient_info (ScepCertificate *recipient, GBytes *key, GError **error)
{
  g_autoptr (GBytes) wrapped = scep_certificate_encrypt (recipient, key, error);
  g_autoptr (ScepAsn1) info = NULL;

  if (wrapped == NULL)
    return NULL;
  info = scep_asn1_create ("KeyTransRecipientInfo");
  scep_asn1_set_string (info, "version", "0");
  scep_cms_set_identifier (info, "rid", recipient);
  scep_cms_set_algorithm (info, "keyEncryptionAlgorithm", SCEP_OID_RSA_ENCRYPTION, NULL);
  scep_asn1_set_bytes (info, "encryptedKey", wrapped);
  return scep_asn1_encode (info);
}

static GBytes *
assemble (GBytes *recipient_info, ScepCipher cipher, GBytes *iv, GBytes *encrypted)
{
  g_autoptr (ScepAsn1) tree = scep_asn1_create ("EnvelopedData");
  g_autoptr (GBytes) parameters = scep_der_wrap (SCEP_TAG_OCTET_STRING, iv);
  g_autoptr (GBytes) der = NULL;

  scep_asn1_set_string (tree, "version", "0");
  scep_asn1_set_absent (tree, "originatorInfo");
  scep_asn1_append (tree, "recipientInfos");
  scep_asn1_set_bytes (tree, "recipientInfos.?LAST", recipient_info);
  scep_asn1_set_string (tree, CONTENT "contentType", SCEP_OID_DATA);
  scep_cms_set_algorithm (tree, CONTENT "contentEncryptionAlgorithm", scep_cipher_get_oid (cipher),
                          parameters);
  scep_asn1_set_bytes (tree, CONTENT "encryptedContent", encrypted);
  scep_asn1_set_absent (tree, "unprotectedAttrs");
  der = scep_asn1_encode (tree);
  return scep_cms_wrap (SCEP_OID_ENVELOPED_DATA, der);
}

/**
 * scep_enveloped_data_build:
 * @recipient: an RSA certificate, the only one that can read it
 * @cipher: one of CBC mode
 * @plain: the messageData
 *
 * Encrypts @plain with a fresh key and that key to @recipient, by RSAES-PKCS1
 * (RFC 5652 section 6.2.1): what every SCEP server reads.
 *
 * Returns: (transfer full) (nullable): the DER of a ContentInfo, or %NULL with
 *   %SCEP_ERROR_UNSUPPORTED
 */
GBytes *
scep_enveloped_data_build (ScepCertificate *recipient, ScepCipher cipher, GBytes *plain,
                           GError **error)
{
  g_autoptr (GBytes) key = scep_content_key_new (cipher);
  g_autoptr (GBytes) iv = scep_random_bytes (scep_cipher_get_iv_size (cipher));
  g_autoptr (GBytes) encrypted = NULL;
  g_autoptr (GBytes) recipient_info = NULL;

  if (!scep_certificate_is_rsa (recipient)) {
    scep_error_set (error, SCEP_ERROR_UNSUPPORTED,
                    _ ("The request cannot be encrypted to “%s”: its key is %s, and only RSA keys "
                       "can receive; give the server an RSA certificate."),
                    scep_certificate_get_subject (recipient),
                    scep_certificate_get_key_type (recipient));
    return NULL;
  }
  encrypted = scep_content_encrypt (cipher, key, iv, plain, error);
  if (encrypted == NULL)
    return NULL;
  recipient_info = build_recipient_info (recipient, key, error);
  if (recipient_info == NULL)
    return NULL;
  return assemble (recipient_info, cipher, iv, encrypted);
}

/**
 * scep_enveloped_data_free:
 * @self: (transfer full) (nullable):
 */
void
scep_enveloped_data_free (ScepEnvelopedData *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->recipients, g_ptr_array_unref);
  g_clear_pointer (&self->iv, g_bytes_unref);
  g_clear_pointer (&self->encrypted, g_bytes_unref);
  g_clear_pointer (&self->tag, g_bytes_unref);
  g_free (self);
}

static gboolean
malformed (GError **error, const char *what)
{
  scep_error_set (error, SCEP_ERROR_MALFORMED_REPLY,
                  _ ("The encrypted part of the server's message cannot be read: %s."), what);
  return FALSE;
}

static gboolean
read_cipher_parameters (ScepEnvelopedData *self, GBytes *parameters, GError **error)
{
  if (scep_cipher_has_tag (self->cipher))
    return (parameters != NULL &&
            scep_gcm_parameters_read (parameters, &self->iv, &self->tag_length)) ||
           malformed (error, _ ("the parameters of its cipher are not a nonce of 12 octets and a "
                                "tag of at least 12"));
  if (parameters != NULL)
    self->iv = scep_cms_get_primitive (parameters, SCEP_TAG_OCTET_STRING);
  if (self->iv == NULL || g_bytes_get_size (self->iv) != scep_cipher_get_iv_size (self->cipher))
    return malformed (error, _ ("its initialisation vector is missing or has the wrong length"));
  return TRUE;
}

static gboolean
read_cipher (ScepEnvelopedData *self, ScepAsn1 *tree, GError **error)
{
  g_autofree char *oid = scep_asn1_get_oid (tree, CONTENT "contentEncryptionAlgorithm.algorithm");
  g_autoptr (GBytes) parameters =
      scep_asn1_get (tree, CONTENT "contentEncryptionAlgorithm.parameters");

  if (oid == NULL || !scep_cipher_from_oid (oid, &self->cipher)) {
    scep_error_set (error, SCEP_ERROR_UNSUPPORTED,
                    _ ("The server encrypted its answer with algorithm %s, which this service does "
                       "not know; set the server to AES-128-CBC or AES-256-CBC."),
                    oid != NULL ? oid : "(none)");
    return FALSE;
  }
  return read_cipher_parameters (self, parameters, error);
}

/* The last octets are the tag of a cipher that has one (RFC 5084 section 1.5). */
static gboolean
read_encrypted (ScepEnvelopedData *self, ScepAsn1 *tree, GError **error)
{
  g_autofree char *type = scep_asn1_get_oid (tree, CONTENT "contentType");
  g_autoptr (GBytes) whole = NULL;
  gsize length;

  if (g_strcmp0 (type, SCEP_OID_DATA) != 0)
    return malformed (error, _ ("what it encrypts is not of type id-data"));
  whole = scep_asn1_get (tree, CONTENT "encryptedContent");
  length = whole != NULL ? g_bytes_get_size (whole) : 0;
  if (length <= self->tag_length ||
      (length - self->tag_length) % scep_cipher_get_block_size (self->cipher) != 0)
    return malformed (error, _ ("the ciphertext is missing or cut off"));
  length -= self->tag_length;
  self->encrypted = g_bytes_new_from_bytes (whole, 0, length);
  if (self->tag_length > 0)
    self->tag = g_bytes_new_from_bytes (whole, length, self->tag_length);
  return TRUE;
}

/* Other kinds of RecipientInfo are tagged by context, and never ours. */
static gboolean
add_recipient (ScepEnvelopedData *self, GBytes *info, GError **error)
{
  const guint8 *data = g_bytes_get_data (info, NULL);
  ScepAsn1 *recipient;

  if (g_bytes_get_size (info) == 0 || data[0] != SCEP_TAG_SEQUENCE)
    return TRUE;
  recipient = scep_asn1_decode ("KeyTransRecipientInfo", info, error);
  if (recipient == NULL)
    return FALSE;
  g_ptr_array_add (self->recipients, recipient);
  return TRUE;
}

static gboolean
read_recipients (ScepEnvelopedData *self, ScepAsn1 *tree, GError **error)
{
  guint count = scep_asn1_count (tree, "recipientInfos");

  if (count > SCEP_CMS_MAX_ELEMENTS)
    return malformed (error, _ ("it has too many recipients"));
  for (guint i = 1; i <= count; i++) {
    g_autofree char *field = g_strdup_printf ("recipientInfos.?%u", i);
    g_autoptr (GBytes) info = scep_asn1_get (tree, field);

    if (info == NULL)
      return malformed (error, _ ("one of its recipients is missing"));
    if (!add_recipient (self, info, error))
      return FALSE;
  }
  return TRUE;
}

/**
 * scep_enveloped_data_parse:
 * @ber: a ContentInfo of type EnvelopedData, BER
 *
 * Returns: (transfer full) (nullable): what can be read without a key, or
 *   %NULL with %SCEP_ERROR_MALFORMED_REPLY or, for an unknown cipher,
 *   %SCEP_ERROR_UNSUPPORTED
 */
ScepEnvelopedData *
scep_enveloped_data_parse (GBytes *ber, GError **error)
{
  g_autoptr (GBytes) content = scep_cms_unwrap (ber, SCEP_OID_ENVELOPED_DATA, error);
  g_autoptr (ScepAsn1) tree = NULL;
  g_autoptr (ScepEnvelopedData) self = NULL;

  if (content == NULL)
    return NULL;
  tree = scep_asn1_decode ("EnvelopedData", content, error);
  if (tree == NULL)
    return NULL;

  self = g_new0 (ScepEnvelopedData, 1);
  self->recipients = g_ptr_array_new_with_free_func ((GDestroyNotify) scep_asn1_free);
  if (!read_cipher (self, tree, error) || !read_encrypted (self, tree, error) ||
      !read_recipients (self, tree, error))
    return NULL;
  return g_steal_pointer (&self);
}

/**
 * scep_enveloped_data_get_cipher:
 *
 * Returns: what encrypts the content
 */
ScepCipher
scep_enveloped_data_get_cipher (ScepEnvelopedData *self)
{
  return self->cipher;
}

/**
 * scep_enveloped_data_get_wrapped_key:
 * @recipient: whose RecipientInfo is looked for; others do not matter
 * @wrap: (out): how the content key is encrypted
 * @wrapped: (out) (transfer full): the encrypted content key
 *
 * Returns: whether there is one; else @error is %SCEP_ERROR_DECRYPT_FAILED
 *   where the content is for somebody else, or %SCEP_ERROR_UNSUPPORTED
 */
gboolean
scep_enveloped_data_get_wrapped_key (ScepEnvelopedData *self, ScepCertificate *recipient,
                                     ScepKeyWrap *wrap, GBytes **wrapped, GError **error)
{
  for (guint i = 0; i < self->recipients->len; i++) {
    ScepAsn1 *info = g_ptr_array_index (self->recipients, i);

    if (!scep_cms_identifier_matches (info, "rid", recipient))
      continue;
    if (!scep_key_wrap_read (info, "keyEncryptionAlgorithm", wrap, error))
      return FALSE;
    *wrapped = scep_asn1_get (info, "encryptedKey");
    return *wrapped != NULL || malformed (error, _ ("the content key is missing"));
  }
  scep_error_set (error, SCEP_ERROR_DECRYPT_FAILED,
                  _ ("The server's answer is encrypted to somebody else: none of its recipients "
                     "(%u) is the certificate with serial number %s that signed the request."),
                  self->recipients->len, scep_certificate_get_serial (recipient));
  return FALSE;
}

/**
 * scep_enveloped_data_decrypt:
 * @content_key: as long as the cipher's key
 * @is_good: (out): as scep_content_decrypt() gives it
 *
 * Returns: (transfer full) (nullable): the plaintext, or garbage where the key
 *   is wrong; %NULL with %SCEP_ERROR_UNSUPPORTED
 */
GBytes *
scep_enveloped_data_decrypt (ScepEnvelopedData *self, GBytes *content_key, gboolean *is_good,
                             GError **error)
{
  return scep_content_decrypt (self->cipher, content_key, self->iv, self->encrypted, self->tag,
                               is_good, error);
}
