/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* memmem() */
#define _GNU_SOURCE

#include "openssl-scep.h"

#include <openssl/bio.h>
#include <openssl/pkcs7.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#define OID_MESSAGE_TYPE "2.16.840.1.113733.1.9.2"
#define OID_PKI_STATUS "2.16.840.1.113733.1.9.3"
#define OID_FAIL_INFO "2.16.840.1.113733.1.9.4"
#define OID_RECIPIENT_NONCE "2.16.840.1.113733.1.9.6"
#define OID_TRANSACTION_ID "2.16.840.1.113733.1.9.7"
#define OID_FAIL_INFO_TEXT "1.3.6.1.5.5.7.24.1"
#define OID_FAIL_INFO_TEXT_OLD "1.3.6.1.5.5.7.24"
#define OID_HRESULT "1.3.6.1.4.1.311.21.33"

static GBytes *
bio_to_bytes (BIO *bio)
{
  char *data;
  long length = BIO_get_mem_data (bio, &data);

  return g_bytes_new (data, (gsize) length);
}

static BIO *
bio_from_bytes (GBytes *bytes)
{
  gsize length;
  gconstpointer data = g_bytes_get_data (bytes, &length);

  return BIO_new_mem_buf (length > 0 ? data : "", (int) length);
}

/**
 * test_degenerate_build:
 *
 * Returns: (transfer full): a SignedData without content and signers
 */
GBytes *
test_degenerate_build (X509 *const *certificates, guint n_certificates)
{
  PKCS7 *message = PKCS7_new ();
  unsigned char *der = NULL;
  GBytes *bytes;
  int length;

  PKCS7_set_type (message, NID_pkcs7_signed);
  PKCS7_content_new (message, NID_pkcs7_data);
  PKCS7_set_detached (message, 1);
  for (guint i = 0; i < n_certificates; i++)
    PKCS7_add_certificate (message, certificates[i]);
  length = i2d_PKCS7 (message, &der);
  g_assert_cmpint (length, >, 0);
  bytes = g_bytes_new (der, (gsize) length);
  OPENSSL_free (der);
  PKCS7_free (message);
  return bytes;
}

static void
add_recipient (CMS_ContentInfo *cms, TestIdentity *recipient, TestReplyFlags flags)
{
  CMS_RecipientInfo *info = CMS_add1_recipient_cert (cms, recipient->certificate, CMS_KEY_PARAM);
  EVP_PKEY_CTX *context = CMS_RecipientInfo_get0_pkey_ctx (info);

  g_assert_nonnull (context);
  if ((flags & (TEST_REPLY_OAEP | TEST_REPLY_OAEP_SHA256)) != 0)
    g_assert_cmpint (EVP_PKEY_CTX_set_rsa_padding (context, RSA_PKCS1_OAEP_PADDING), ==, 1);
  if ((flags & TEST_REPLY_OAEP_SHA256) != 0)
    g_assert_cmpint (EVP_PKEY_CTX_set_rsa_oaep_md (context, EVP_sha256 ()), ==, 1);
}

/* Takes the last block away, which is all padding. */
static void
drop_padding (CMS_ContentInfo *cms, const TestReply *reply)
{
  ASN1_OCTET_STRING *encrypted = *CMS_get0_content (cms);
  int length = ASN1_STRING_length (encrypted) - EVP_CIPHER_get_block_size (reply->cipher);
  g_autofree guint8 *kept = g_memdup2 (ASN1_STRING_get0_data (encrypted), (gsize) length);

  g_assert_cmpint (ASN1_STRING_set (encrypted, kept, length), ==, 1);
}

static GBytes *
build_by_hand (const TestReply *reply, GBytes *plain)
{
  gsize length;
  unsigned char *envelope;
  GBytes *bytes;

  reply->by_hand->recipient = reply->recipient->certificate;
  envelope = envelope_build (reply->by_hand, g_bytes_get_data (plain, NULL),
                             g_bytes_get_size (plain), &length);
  bytes = g_bytes_new (envelope, length);
  free (envelope);
  return bytes;
}

static GBytes *
build_by_cms (const TestReply *reply, GBytes *plain)
{
  unsigned int ber = (reply->flags & TEST_REPLY_BER) != 0 ? CMS_STREAM : 0;
  unsigned int flags = CMS_BINARY | CMS_PARTIAL | ber;
  CMS_ContentInfo *cms = CMS_encrypt (NULL, NULL, reply->cipher, flags);
  BIO *in = bio_from_bytes (plain);
  BIO *out = BIO_new (BIO_s_mem ());
  GBytes *envelope;

  g_assert_nonnull (cms);
  if (reply->first_recipient != NULL)
    add_recipient (cms, reply->first_recipient, TEST_REPLY_PLAIN);
  add_recipient (cms, reply->recipient, reply->flags);
  if (ber == 0)
    g_assert_cmpint (CMS_final (cms, in, NULL, flags), ==, 1);
  if ((reply->flags & TEST_REPLY_NO_PADDING) != 0)
    drop_padding (cms, reply);
  g_assert_cmpint (i2d_CMS_bio_stream (out, cms, in, (int) (ber | CMS_BINARY)), ==, 1);
  envelope = bio_to_bytes (out);
  BIO_free (in);
  BIO_free (out);
  CMS_ContentInfo_free (cms);
  return envelope;
}

static void
add_text (CMS_SignerInfo *info, const char *oid, int type, const char *text)
{
  if (text == NULL)
    return;
  g_assert_cmpint (CMS_signed_add1_attr_by_txt (info, oid, type, text, (int) strlen (text)), ==, 1);
}

static void
add_two_values (CMS_SignerInfo *info, const char *oid, const char *text)
{
  ASN1_OBJECT *object = OBJ_txt2obj (oid, 1);
  X509_ATTRIBUTE *attribute = X509_ATTRIBUTE_create_by_OBJ (NULL, object, V_ASN1_PRINTABLESTRING,
                                                            text, (int) strlen (text));

  g_assert_cmpint (X509_ATTRIBUTE_set1_data (attribute, V_ASN1_PRINTABLESTRING, "other", 5), ==, 1);
  g_assert_cmpint (CMS_signed_add1_attr (info, attribute), ==, 1);
  X509_ATTRIBUTE_free (attribute);
  ASN1_OBJECT_free (object);
}

static void
add_nul (CMS_SignerInfo *info, const char *oid, const char *text)
{
  g_autofree char *longer = g_strconcat (text, "?x", NULL);
  gsize length = strlen (longer);

  longer[length - 2] = '\0';
  g_assert_cmpint (
      CMS_signed_add1_attr_by_txt (info, oid, V_ASN1_PRINTABLESTRING, longer, (int) length), ==, 1);
}

static void
add_many (CMS_SignerInfo *info)
{
  for (guint i = 0; i < 65; i++) {
    g_autofree char *oid = g_strdup_printf ("1.3.6.1.4.1.32473.%u", i);

    add_text (info, oid, V_ASN1_PRINTABLESTRING, "x");
  }
}

static void
add_odd (CMS_SignerInfo *info)
{
  ASN1_OBJECT *object = OBJ_txt2obj ("1.3.6.1.4.1.32473.100", 1);
  X509_ATTRIBUTE *none = X509_ATTRIBUTE_create_by_OBJ (NULL, object, 0, NULL, 0);

  g_assert_cmpint (CMS_signed_add1_attr (info, none), ==, 1);
  add_two_values (info, "1.3.6.1.4.1.32473.101", "x");
  X509_ATTRIBUTE_free (none);
  ASN1_OBJECT_free (object);
}

static void
add_attributes (CMS_SignerInfo *info, const TestReply *reply)
{
  if ((reply->flags & TEST_REPLY_MANY_ATTRIBUTES) != 0)
    add_many (info);
  if ((reply->flags & TEST_REPLY_ODD_ATTRIBUTES) != 0)
    add_odd (info);
  add_text (info, OID_MESSAGE_TYPE, V_ASN1_PRINTABLESTRING, reply->message_type);
  if ((reply->flags & TEST_REPLY_UNSIGNED_STATUS) == 0)
    add_text (info, OID_PKI_STATUS, V_ASN1_PRINTABLESTRING, reply->pki_status);
  else
    g_assert_cmpint (CMS_unsigned_add1_attr_by_txt (info, OID_PKI_STATUS, V_ASN1_PRINTABLESTRING,
                                                    reply->pki_status,
                                                    (int) strlen (reply->pki_status)),
                     ==, 1);
  add_text (info, OID_FAIL_INFO, V_ASN1_PRINTABLESTRING, reply->fail_info);
  add_text (info, OID_FAIL_INFO_TEXT, V_ASN1_UTF8STRING, reply->fail_info_text);
  add_text (info, OID_FAIL_INFO_TEXT_OLD, V_ASN1_PRINTABLESTRING, reply->fail_info_text_old);
  add_text (info, OID_HRESULT, V_ASN1_PRINTABLESTRING, reply->hresult);
  if ((reply->flags & TEST_REPLY_NUL) != 0)
    add_nul (info, OID_TRANSACTION_ID, reply->transaction_id);
  else if ((reply->flags & TEST_REPLY_TWO_VALUES) != 0)
    add_two_values (info, OID_TRANSACTION_ID, reply->transaction_id);
  else
    add_text (info, OID_TRANSACTION_ID, V_ASN1_PRINTABLESTRING, reply->transaction_id);
  if ((reply->flags & TEST_REPLY_DUPLICATE) != 0)
    add_text (info, OID_TRANSACTION_ID, V_ASN1_PRINTABLESTRING, reply->transaction_id);
  if (reply->recipient_nonce != NULL)
    g_assert_cmpint (CMS_signed_add1_attr_by_txt (info, OID_RECIPIENT_NONCE, V_ASN1_OCTET_STRING,
                                                  g_bytes_get_data (reply->recipient_nonce, NULL),
                                                  (int) g_bytes_get_size (reply->recipient_nonce)),
                     ==, 1);
}

static CMS_SignerInfo *
add_signer (CMS_ContentInfo *cms, const TestReply *reply)
{
  unsigned int flags = CMS_NOSMIMECAP | CMS_PARTIAL;
  CMS_SignerInfo *info;

  if ((reply->flags & TEST_REPLY_NO_CERTIFICATES) != 0)
    flags |= CMS_NOCERTS;
  if ((reply->flags & TEST_REPLY_KEY_ID) != 0)
    flags |= CMS_USE_KEYID;
  if ((reply->flags & TEST_REPLY_NO_ATTRIBUTES) != 0)
    flags |= CMS_NOATTR;
  info =
      CMS_add1_signer (cms, reply->signer->certificate, reply->signer->key, reply->digest, flags);
  g_assert_nonnull (info);
  if ((reply->flags & TEST_REPLY_NO_ATTRIBUTES) == 0)
    add_attributes (info, reply);
  return info;
}

/* The signature does not cover the names of the algorithms. */
static void
rename_algorithms (CMS_SignerInfo *info, TestReplyFlags flags)
{
  X509_ALGOR *digest, *signature;

  CMS_SignerInfo_get0_algs (info, NULL, NULL, &digest, &signature);
  if ((flags & TEST_REPLY_NAMES_DIGEST) != 0)
    X509_ALGOR_set0 (signature, OBJ_nid2obj (NID_sha256WithRSAEncryption), V_ASN1_NULL, NULL);
  if ((flags & TEST_REPLY_NAMES_OTHER_DIGEST) != 0)
    X509_ALGOR_set0 (signature, OBJ_nid2obj (NID_sha512WithRSAEncryption), V_ASN1_NULL, NULL);
  if ((flags & TEST_REPLY_SIGNATURE_PARAMETERS) != 0)
    X509_ALGOR_set0 (signature, OBJ_nid2obj (NID_rsaEncryption), V_ASN1_INTEGER,
                     ASN1_INTEGER_new ());
  if ((flags & TEST_REPLY_DIGEST_PARAMETERS) != 0)
    X509_ALGOR_set0 (digest, OBJ_nid2obj (NID_sha256), V_ASN1_INTEGER, ASN1_INTEGER_new ());
  if ((flags & TEST_REPLY_NO_PARAMETERS) != 0) {
    X509_ALGOR_set0 (signature, OBJ_nid2obj (NID_rsaEncryption), V_ASN1_UNDEF, NULL);
    X509_ALGOR_set0 (digest, OBJ_nid2obj (EVP_MD_get_type (EVP_sha256 ())), V_ASN1_UNDEF, NULL);
  }
}

/* The attributes, each encoded, from the last to the first. */
static GByteArray *
reversed_attributes (CMS_SignerInfo *info, GByteArray *forward)
{
  GByteArray *reversed = g_byte_array_new ();

  for (int i = 0; i < CMS_signed_get_attr_count (info); i++) {
    unsigned char *der = NULL;
    int length = i2d_X509_ATTRIBUTE (CMS_signed_get_attr (info, i), &der);

    g_byte_array_append (forward, der, (guint) length);
    g_byte_array_prepend (reversed, der, (guint) length);
    OPENSSL_free (der);
  }
  return reversed;
}

static void
replace (guint8 *message, gsize size, gconstpointer from, gconstpointer to, gsize length)
{
  guint8 *place = memmem (message, size, from, length);

  g_assert_nonnull (place);
  memcpy (place, to, length);
}

/* Reverses the attributes of the encoded @message, and may sign them as they then stand. */
static void
unsort (GByteArray *message, const TestReply *reply)
{
  const unsigned char *p = message->data;
  CMS_ContentInfo *cms = d2i_CMS_ContentInfo (NULL, &p, (long) message->len);
  CMS_SignerInfo *info = sk_CMS_SignerInfo_value (CMS_get0_SignerInfos (cms), 0);
  g_autoptr (GByteArray) forward = g_byte_array_new ();
  g_autoptr (GByteArray) reversed = reversed_attributes (info, forward);
  g_autoptr (GByteArray) signed_data = g_byte_array_new ();
  g_autoptr (GBytes) signed_bytes = NULL;
  g_autoptr (GBytes) signature = NULL;
  ASN1_OCTET_STRING *old = CMS_SignerInfo_get0_signature (info);
  guint8 header[] = { 0x31, 0x81, (guint8) forward->len };

  g_assert_cmpuint (forward->len, >=, 128);
  g_assert_cmpuint (forward->len, <, 256);
  g_byte_array_append (signed_data, header, sizeof header);
  g_byte_array_append (signed_data, reversed->data, reversed->len);
  signed_bytes = g_bytes_new (signed_data->data, signed_data->len);
  signature = test_identity_sign (reply->signer, reply->digest, signed_bytes);
  replace (message->data, message->len, forward->data, reversed->data, forward->len);
  if ((reply->flags & TEST_REPLY_UNSORTED) != 0)
    replace (message->data, message->len, ASN1_STRING_get0_data (old),
             g_bytes_get_data (signature, NULL), g_bytes_get_size (signature));
  CMS_ContentInfo_free (cms);
}

static GBytes *
build_envelope (const TestReply *reply)
{
  g_autoptr (GBytes) plain =
      reply->plain != NULL ? g_bytes_ref (reply->plain) : test_degenerate_build (&reply->issued, 1);

  return reply->by_hand != NULL ? build_by_hand (reply, plain) : build_by_cms (reply, plain);
}

static GBytes *
build_content (const TestReply *reply)
{
  if ((reply->flags & TEST_REPLY_EMPTY_CONTENT) != 0)
    return g_bytes_new ("", 0);
  if ((reply->flags & TEST_REPLY_DUMMY_CONTENT) != 0)
    return g_bytes_new ("", 1);
  return reply->recipient != NULL ? build_envelope (reply) : NULL;
}

/* The name of the content's type stands first, and the signature covers only its copy. */
static void
rename_content_type (GByteArray *message, TestReplyFlags flags)
{
  static const guint8 data[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01 };
  static const guint8 enveloped[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x03 };

  if ((flags & TEST_REPLY_OTHER_TYPE) != 0)
    replace (message->data, message->len, data, enveloped, sizeof data);
  if ((flags & TEST_REPLY_OTHER_TYPE_ATTRIBUTE) != 0)
    replace (message->data, message->len, enveloped, data, sizeof data);
}

static GBytes *
finish (BIO *out, const TestReply *reply, GBytes *content)
{
  g_autoptr (GByteArray) message = g_byte_array_new ();
  char *data;
  long length = BIO_get_mem_data (out, &data);

  g_byte_array_append (message, (const guint8 *) data, (guint) length);
  rename_content_type (message, reply->flags);
  if ((reply->flags & (TEST_REPLY_UNSORTED | TEST_REPLY_SENT_UNSORTED)) != 0)
    unsort (message, reply);
  if ((reply->flags & TEST_REPLY_TAMPERED) != 0) {
    gsize size = g_bytes_get_size (content);
    g_autofree guint8 *changed = g_memdup2 (g_bytes_get_data (content, NULL), size);

    changed[size - 1] ^= 1;
    replace (message->data, message->len, g_bytes_get_data (content, NULL), changed, size);
  }
  if ((reply->flags & TEST_REPLY_TRAILING_NEWLINE) != 0)
    g_byte_array_append (message, (const guint8 *) "\r\n", 2);
  return g_byte_array_free_to_bytes (g_steal_pointer (&message));
}

static gint
compare_encodings (gconstpointer a, gconstpointer b)
{
  return g_bytes_compare (*(GBytes *const *) a, *(GBytes *const *) b);
}

/* The attributes as DER has them, RFC 5652 section 5.4. */
static GBytes *
encode_attributes (CMS_SignerInfo *info)
{
  g_autoptr (GPtrArray) sorted = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  GByteArray *set = g_byte_array_new ();
  guint8 header[] = { 0x31, 0x81, 0 };

  for (int i = 0; i < CMS_signed_get_attr_count (info); i++) {
    unsigned char *der = NULL;
    int length = i2d_X509_ATTRIBUTE (CMS_signed_get_attr (info, i), &der);

    g_ptr_array_add (sorted, g_bytes_new (der, (gsize) length));
    OPENSSL_free (der);
  }
  g_ptr_array_sort (sorted, compare_encodings);
  g_byte_array_append (set, header, sizeof header);
  for (guint i = 0; i < sorted->len; i++) {
    gsize length;
    gconstpointer der = g_bytes_get_data (g_ptr_array_index (sorted, i), &length);

    g_byte_array_append (set, der, (guint) length);
  }
  g_assert_cmpuint (set->len, >=, 128 + sizeof header);
  g_assert_cmpuint (set->len, <, 256 + sizeof header);
  set->data[2] = (guint8) (set->len - sizeof header);
  return g_byte_array_free_to_bytes (set);
}

/* Without the attribute @nid, and with a signature over those that are left. */
static void
remove_attribute (CMS_SignerInfo *info, int nid, const TestReply *reply)
{
  g_autoptr (GBytes) set = NULL;
  g_autoptr (GBytes) signature = NULL;

  X509_ATTRIBUTE_free (CMS_signed_delete_attr (info, CMS_signed_get_attr_by_NID (info, nid, -1)));
  set = encode_attributes (info);
  signature = test_identity_sign (reply->signer, reply->digest, set);
  g_assert_cmpint (ASN1_STRING_set (CMS_SignerInfo_get0_signature (info),
                                    g_bytes_get_data (signature, NULL),
                                    (int) g_bytes_get_size (signature)),
                   ==, 1);
}

/**
 * test_reply_build:
 *
 * Returns: (transfer full): a CertRep
 */
GBytes *
test_reply_build (const TestReply *reply)
{
  g_autoptr (GBytes) content = build_content (reply);
  unsigned int ber = (reply->flags & TEST_REPLY_BER) != 0 && content != NULL ? CMS_STREAM : 0;
  unsigned int flags = CMS_BINARY | CMS_PARTIAL | ber | (content == NULL ? CMS_DETACHED : 0);
  CMS_ContentInfo *cms = CMS_sign (NULL, NULL, NULL, NULL, flags);
  BIO *in = content != NULL ? bio_from_bytes (content) : BIO_new (BIO_s_mem ());
  BIO *out = BIO_new (BIO_s_mem ());
  TestReply again = *reply;
  CMS_SignerInfo *info;
  GBytes *message;

  /* OpenSSL takes a certificate once. */
  again.flags |= TEST_REPLY_NO_CERTIFICATES;
  g_assert_nonnull (cms);
  if ((reply->flags & (TEST_REPLY_OTHER_TYPE_ATTRIBUTE | TEST_REPLY_ENVELOPED_TYPE)) != 0)
    CMS_set1_eContentType (cms, OBJ_nid2obj (NID_pkcs7_enveloped));
  if ((reply->flags & TEST_REPLY_NESTED_TYPE) != 0)
    CMS_set1_eContentType (cms, OBJ_nid2obj (NID_pkcs7_signed));
  info = add_signer (cms, reply);
  if ((reply->flags & TEST_REPLY_TWO_SIGNERS) != 0)
    add_signer (cms, &again);
  if (ber == 0)
    g_assert_cmpint (CMS_final (cms, in, NULL, flags), ==, 1);
  if ((reply->flags & TEST_REPLY_NO_TYPE_ATTRIBUTE) != 0)
    remove_attribute (info, NID_pkcs9_contentType, reply);
  if ((reply->flags & TEST_REPLY_NO_DIGEST_ATTRIBUTE) != 0)
    remove_attribute (info, NID_pkcs9_messageDigest, reply);
  rename_algorithms (info, reply->flags);
  g_assert_cmpint (i2d_CMS_bio_stream (out, cms, in, (int) (ber | CMS_BINARY)), ==, 1);
  message = finish (out, reply, content);
  BIO_free (in);
  BIO_free (out);
  CMS_ContentInfo_free (cms);
  return message;
}

/**
 * test_request_try:
 * @message: a pkiMessage
 * @signed_data: (out): the SignedData, verified
 *
 * Verifies and decrypts a request, as a server does.
 *
 * Returns: (transfer full) (nullable): the message data; %NULL if it is not encrypted to
 *   @recipient
 */
GBytes *
test_request_try (GBytes *message, TestIdentity *recipient, CMS_ContentInfo **signed_data)
{
  BIO *in = bio_from_bytes (message);
  BIO *content = BIO_new (BIO_s_mem ());
  BIO *plain = BIO_new (BIO_s_mem ());
  CMS_ContentInfo *enveloped;
  GBytes *bytes = NULL;

  *signed_data = d2i_CMS_bio (in, NULL);
  g_assert_nonnull (*signed_data);
  g_assert_cmpint (
      CMS_verify (*signed_data, NULL, NULL, NULL, content, CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY),
      ==, 1);
  enveloped = d2i_CMS_bio (content, NULL);
  g_assert_nonnull (enveloped);
  if (CMS_decrypt (enveloped, recipient->key, recipient->certificate, NULL, plain, CMS_BINARY) == 1)
    bytes = bio_to_bytes (plain);
  CMS_ContentInfo_free (enveloped);
  BIO_free (in);
  BIO_free (content);
  BIO_free (plain);
  return bytes;
}

/**
 * test_request_open:
 *
 * Returns: (transfer full): what test_request_try() returns of a message to @recipient
 */
GBytes *
test_request_open (GBytes *message, TestIdentity *recipient, CMS_ContentInfo **signed_data)
{
  GBytes *bytes = test_request_try (message, recipient, signed_data);

  g_assert_nonnull (bytes);
  return bytes;
}
