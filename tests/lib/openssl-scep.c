/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* memmem() */
#define _GNU_SOURCE

#include "openssl-scep.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/pkcs7.h>
#include <openssl/provider.h>
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
#define OID_HRESULT "1.3.6.1.4.1.311.21.33"

static OSSL_PROVIDER *providers[2];

/* Before OpenSSL's own end, or it leaks them. */
static void
unload_providers (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (providers); i++)
    OSSL_PROVIDER_unload (providers[i]);
}

/* Single DES lives in a provider of its own. */
static void
load_providers (void)
{
  static gsize loaded = 0;

  if (g_once_init_enter (&loaded)) {
    providers[0] = OSSL_PROVIDER_load (NULL, "default");
    providers[1] = OSSL_PROVIDER_load (NULL, "legacy");
    g_assert_nonnull (providers[0]);
    g_assert_nonnull (providers[1]);
    atexit (unload_providers);
    g_once_init_leave (&loaded, 1);
  }
}

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

static void
add_extension (X509 *certificate, X509 *issuer, int nid, const char *value)
{
  X509V3_CTX context;
  X509_EXTENSION *extension;

  X509V3_set_ctx (&context, issuer, certificate, NULL, NULL, 0);
  extension = X509V3_EXT_conf_nid (NULL, &context, nid, value);
  g_assert_nonnull (extension);
  X509_add_ext (certificate, extension, -1);
  X509_EXTENSION_free (extension);
}

static TestIdentity *
identity_new (const char *name, TestIdentity *issuer, long serial, EVP_PKEY *key)
{
  TestIdentity *self = g_new0 (TestIdentity, 1);
  X509 *certificate = X509_new ();
  X509_NAME *subject = X509_get_subject_name (certificate);
  X509 *issuing = issuer != NULL ? issuer->certificate : certificate;

  g_assert_nonnull (key);
  self->key = key;
  self->certificate = certificate;
  X509_set_version (certificate, X509_VERSION_3);
  ASN1_INTEGER_set (X509_get_serialNumber (certificate), serial);
  X509_gmtime_adj (X509_getm_notBefore (certificate), -3600);
  X509_gmtime_adj (X509_getm_notAfter (certificate), 365 * 86400);
  X509_NAME_add_entry_by_txt (subject, "CN", MBSTRING_UTF8, (const unsigned char *) name, -1, -1,
                              0);
  X509_set_issuer_name (certificate, X509_get_subject_name (issuing));
  X509_set_pubkey (certificate, self->key);
  add_extension (certificate, issuing, NID_basic_constraints,
                 issuer == NULL ? "critical,CA:TRUE" : "CA:FALSE");
  add_extension (certificate, issuing, NID_subject_key_identifier, "hash");
  g_assert_cmpint (X509_sign (certificate, issuer != NULL ? issuer->key : self->key, EVP_sha256 ()),
                   >, 0);
  return self;
}

/**
 * test_identity_new:
 * @issuer: (nullable): who signs; %NULL makes a CA that signs itself
 *
 * Returns: (transfer full): an RSA key with a certificate valid now
 */
TestIdentity *
test_identity_new (const char *name, TestIdentity *issuer, long serial, unsigned int bits)
{
  load_providers ();
  return identity_new (name, issuer, serial, EVP_RSA_gen (bits));
}

/**
 * test_identity_new_ec:
 *
 * Returns: (transfer full): a P-256 key with a certificate that signs itself
 */
TestIdentity *
test_identity_new_ec (const char *name)
{
  load_providers ();
  return identity_new (name, NULL, 1, EVP_EC_gen ("P-256"));
}

void
test_identity_free (TestIdentity *identity)
{
  X509_free (identity->certificate);
  EVP_PKEY_free (identity->key);
  g_free (identity);
}

/**
 * test_identity_get_der:
 *
 * Returns: (transfer full): the certificate
 */
GBytes *
test_identity_get_der (TestIdentity *identity)
{
  unsigned char *der = NULL;
  int length = i2d_X509 (identity->certificate, &der);
  GBytes *bytes;

  g_assert_cmpint (length, >, 0);
  bytes = g_bytes_new (der, (gsize) length);
  OPENSSL_free (der);
  return bytes;
}

/**
 * test_identity_sign:
 *
 * Returns: (transfer full): an RSASSA-PKCS1 signature over @data
 */
GBytes *
test_identity_sign (TestIdentity *identity, const EVP_MD *digest, GBytes *data)
{
  EVP_MD_CTX *context = EVP_MD_CTX_new ();
  gsize length = (gsize) EVP_PKEY_get_size (identity->key);
  guint8 *signature = g_malloc (length);

  g_assert_cmpint (EVP_DigestSignInit (context, NULL, digest, NULL, identity->key), ==, 1);
  g_assert_cmpint (EVP_DigestSign (context, signature, &length, g_bytes_get_data (data, NULL),
                                   g_bytes_get_size (data)),
                   ==, 1);
  EVP_MD_CTX_free (context);
  return g_bytes_new_take (signature, length);
}

/**
 * test_identity_unwrap:
 * @rsa_padding: RSA_PKCS1_PADDING or RSA_PKCS1_OAEP_PADDING
 *
 * Returns: (transfer full): what @wrapped holds
 */
GBytes *
test_identity_unwrap (TestIdentity *identity, int rsa_padding, GBytes *wrapped)
{
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new (identity->key, NULL);
  gsize length = (gsize) EVP_PKEY_get_size (identity->key);
  guint8 *plain = g_malloc (length);

  g_assert_cmpint (EVP_PKEY_decrypt_init (context), ==, 1);
  g_assert_cmpint (EVP_PKEY_CTX_set_rsa_padding (context, rsa_padding), ==, 1);
  g_assert_cmpint (EVP_PKEY_decrypt (context, plain, &length, g_bytes_get_data (wrapped, NULL),
                                     g_bytes_get_size (wrapped)),
                   ==, 1);
  EVP_PKEY_CTX_free (context);
  return g_bytes_new_take (plain, length);
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

static GBytes *
build_envelope (const TestReply *reply)
{
  g_autoptr (GBytes) plain =
      reply->plain != NULL ? g_bytes_ref (reply->plain) : test_degenerate_build (&reply->issued, 1);
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
add_attributes (CMS_SignerInfo *info, const TestReply *reply)
{
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
  add_text (info, OID_HRESULT, V_ASN1_PRINTABLESTRING, reply->hresult);
  if ((reply->flags & TEST_REPLY_TWO_VALUES) != 0)
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

/* Reverses the attributes of the encoded @message and signs them as they then stand. */
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
  replace (message->data, message->len, ASN1_STRING_get0_data (old),
           g_bytes_get_data (signature, NULL), g_bytes_get_size (signature));
  CMS_ContentInfo_free (cms);
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
  if ((reply->flags & TEST_REPLY_UNSORTED) != 0)
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
  if ((reply->flags & TEST_REPLY_OTHER_TYPE_ATTRIBUTE) != 0)
    CMS_set1_eContentType (cms, OBJ_nid2obj (NID_pkcs7_enveloped));
  info = add_signer (cms, reply);
  if ((reply->flags & TEST_REPLY_TWO_SIGNERS) != 0)
    add_signer (cms, &again);
  if (ber == 0)
    g_assert_cmpint (CMS_final (cms, in, NULL, flags), ==, 1);
  rename_algorithms (info, reply->flags);
  g_assert_cmpint (i2d_CMS_bio_stream (out, cms, in, (int) (ber | CMS_BINARY)), ==, 1);
  message = finish (out, reply, content);
  BIO_free (in);
  BIO_free (out);
  CMS_ContentInfo_free (cms);
  return message;
}

/**
 * test_request_open:
 * @message: a pkiMessage
 * @signed_data: (out): the SignedData, verified
 *
 * Verifies and decrypts a request, as a server does.
 *
 * Returns: (transfer full): the message data
 */
GBytes *
test_request_open (GBytes *message, TestIdentity *recipient, CMS_ContentInfo **signed_data)
{
  BIO *in = bio_from_bytes (message);
  BIO *content = BIO_new (BIO_s_mem ());
  BIO *plain = BIO_new (BIO_s_mem ());
  CMS_ContentInfo *enveloped;
  GBytes *bytes;

  *signed_data = d2i_CMS_bio (in, NULL);
  g_assert_nonnull (*signed_data);
  g_assert_cmpint (
      CMS_verify (*signed_data, NULL, NULL, NULL, content, CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY),
      ==, 1);
  enveloped = d2i_CMS_bio (content, NULL);
  g_assert_nonnull (enveloped);
  g_assert_cmpint (
      CMS_decrypt (enveloped, recipient->key, recipient->certificate, NULL, plain, CMS_BINARY), ==,
      1);
  bytes = bio_to_bytes (plain);
  CMS_ContentInfo_free (enveloped);
  BIO_free (in);
  BIO_free (content);
  BIO_free (plain);
  return bytes;
}
