/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What other implementations sent. The recorded messages are not part of the
 * project: SCEP_VECTORS names their folder.
 */

#include "codec-fixture.h"

#include "codec/scep-cms.h"
#include "codec/scep-csr.h"
#include "codec/scep-enveloped-data.h"
#include "codec/scep-name.h"
#include "codec/scep-private-key.h"
#include "codec/scep-signed-data.h"

#include <openssl/pem.h>
#include <string.h>

static GBytes *
load (const char *name)
{
  g_autofree char *path = g_build_filename (g_getenv ("SCEP_VECTORS"), name, NULL);
  g_autoptr (GError) error = NULL;
  char *contents = NULL;
  gsize length;

  g_file_get_contents (path, &contents, &length, &error);
  g_assert_no_error (error);
  return g_bytes_new_take (contents, length);
}

static CMS_ContentInfo *
parse_cms (GBytes *message)
{
  const unsigned char *p = g_bytes_get_data (message, NULL);
  CMS_ContentInfo *cms = d2i_CMS_ContentInfo (NULL, &p, (long) g_bytes_get_size (message));

  g_assert_nonnull (cms);
  return cms;
}

/* The certificates in a message: whom it claims to be from. */
static GPtrArray *
get_certificates (GBytes *message)
{
  CMS_ContentInfo *cms = parse_cms (message);
  STACK_OF (X509) *found = CMS_get1_certs (cms);
  GPtrArray *certificates = g_ptr_array_new_with_free_func (g_object_unref);

  for (int i = 0; i < sk_X509_num (found); i++) {
    TestIdentity identity = { .certificate = sk_X509_value (found, i) };

    g_ptr_array_add (certificates, codec_fixture_read (&identity));
  }
  sk_X509_pop_free (found, X509_free);
  CMS_ContentInfo_free (cms);
  return certificates;
}

/* A signed attribute, read by OpenSSL. */
static GBytes *
get_attribute (GBytes *message, const char *oid, int type)
{
  CMS_ContentInfo *cms = parse_cms (message);
  CMS_SignerInfo *signer = sk_CMS_SignerInfo_value (CMS_get0_SignerInfos (cms), 0);
  ASN1_OBJECT *object = OBJ_txt2obj (oid, 1);
  ASN1_STRING *value = CMS_signed_get0_data_by_OBJ (signer, object, -3, type);
  GBytes *bytes;

  g_assert_nonnull (value);
  bytes = g_bytes_new (ASN1_STRING_get0_data (value), (gsize) ASN1_STRING_length (value));
  ASN1_OBJECT_free (object);
  CMS_ContentInfo_free (cms);
  return bytes;
}

/* Reads a reply as the device that asked for it. */
static ScepCertRep *
verify_reply (GBytes *message, GPtrArray *signers, ScepPolicy policy, GError **error)
{
  g_autoptr (GBytes) id = get_attribute (message, SCEP_OID_TRANSACTION_ID, V_ASN1_PRINTABLESTRING);
  g_autoptr (GBytes) nonce = get_attribute (message, SCEP_OID_RECIPIENT_NONCE, V_ASN1_OCTET_STRING);
  g_autofree char *text = g_strndup (g_bytes_get_data (id, NULL), g_bytes_get_size (id));
  ScepCertRepExpectation expectation = {
    .signers = signers,
    .policy = policy,
    .transaction_id = text,
    .nonce = nonce,
  };

  return scep_cert_rep_verify (message, &expectation, error);
}

/* The signature stands at the end. */
static void
assert_changed_is_refused (GBytes *message, GPtrArray *signers)
{
  gsize size;
  const guint8 *bytes = g_bytes_get_data (message, &size);
  guint8 *copy = g_memdup2 (bytes, size);
  g_autoptr (GBytes) changed = g_bytes_new_take (copy, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepSignedData) signed_data = NULL;

  copy[size - 1] ^= 1;
  signed_data = scep_signed_data_parse (changed, &error);
  g_assert_no_error (error);
  g_assert_false (scep_signed_data_verify (signed_data, signers, SCEP_POLICY_LEGACY, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_SIGNATURE_INVALID);
}

static ScepSignedData *
verify_message (GBytes *message)
{
  g_autoptr (GPtrArray) signers = get_certificates (message);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepSignedData) signed_data = scep_signed_data_parse (message, &error);

  g_assert_no_error (error);
  scep_signed_data_verify (signed_data, signers, SCEP_POLICY_LEGACY, &error);
  g_assert_no_error (error);
  assert_changed_is_refused (message, signers);
  return g_steal_pointer (&signed_data);
}

static void
assert_text (ScepSignedData *message, const char *oid, const char *expected)
{
  g_autoptr (GBytes) value =
      scep_signed_data_get_attribute (message, oid, SCEP_TAG_PRINTABLE_STRING);

  g_assert_nonnull (value);
  g_assert_cmpmem (g_bytes_get_data (value, NULL), g_bytes_get_size (value), expected,
                   strlen (expected));
}

static void
test_rfc_csr (void)
{
  g_autoptr (GBytes) csr = load ("rfc8894-sample-req0.der");
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) subject = scep_csr_get_subject (csr, &error);
  g_autoptr (GBytes) spki = scep_csr_get_spki (csr, &error);
  g_autofree char *hash = NULL;
  g_autofree char *name = NULL;

  g_assert_no_error (error);
  g_assert_nonnull (subject);
  name = scep_name_to_string (subject, &error);
  g_assert_no_error (error);
  g_assert_nonnull (strstr (name, "O=Dave's Wetaburgers"));
  hash = scep_public_key_get_hash (spki);
  g_assert_cmpuint (strlen (hash), ==, 64);
}

static void
test_rfc_envelope (void)
{
  g_autoptr (GBytes) message = load ("rfc8894-sample-req1.der");
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepEnvelopedData) envelope = scep_enveloped_data_parse (message, &error);

  g_assert_no_error (error);
  g_assert_cmpint (scep_enveloped_data_get_cipher (envelope), ==, SCEP_CIPHER_AES128_CBC);
}

static void
test_rfc_request (void)
{
  g_autoptr (GBytes) message = load ("rfc8894-sample-req2.der");
  g_autoptr (GBytes) envelope = load ("rfc8894-sample-req1.der");
  g_autoptr (ScepSignedData) signed_data = verify_message (message);

  assert_text (signed_data, SCEP_OID_TRANSACTION_ID, "7XXEY-ERLPU-2JDR9");
  assert_text (signed_data, SCEP_OID_MESSAGE_TYPE, "19");
  g_assert_true (g_bytes_equal (scep_signed_data_get_content (signed_data), envelope));
}

static void
test_apple_request (void)
{
  g_autoptr (GBytes) message = load ("apple-pkcsreq-3des.der");
  g_autoptr (ScepSignedData) signed_data = verify_message (message);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepEnvelopedData) envelope = NULL;

  assert_text (signed_data, SCEP_OID_MESSAGE_TYPE, "19");
  g_assert_true (scep_signed_data_get_warnings (signed_data) & SCEP_WARNING_LEGACY_REPLY);
  envelope = scep_enveloped_data_parse (scep_signed_data_get_content (signed_data), &error);
  g_assert_no_error (error);
  g_assert_cmpint (scep_enveloped_data_get_cipher (envelope), ==, SCEP_CIPHER_DES3_CBC);
}

static void
assert_not_for (ScepCertRep *rep, ScepCertificate *recipient)
{
  g_autoptr (GBytes) wrapped = NULL;
  g_autoptr (GError) error = NULL;
  ScepKeyWrap wrap;
  gsize key_length;

  g_assert_false (
      scep_cert_rep_get_wrapped_key (rep, recipient, &wrap, &wrapped, &key_length, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_DECRYPT_FAILED);
}

/*
 * The issued certificate comes first, in the clear: it signed nothing. The
 * client's nonce had eight bytes, so that this is no reply to one of ours.
 */
static void
test_smallstep_success (void)
{
  g_autoptr (GBytes) message = load ("smallstep-certrep-des-constructed.der");
  g_autoptr (GPtrArray) signers = get_certificates (message);
  g_autoptr (ScepSignedData) signed_data = verify_message (message);
  ScepCertificate *signer = scep_signed_data_get_signer (signed_data);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepEnvelopedData) envelope = NULL;
  g_autoptr (GBytes) wrapped = NULL;
  ScepKeyWrap wrap;

  assert_text (signed_data, SCEP_OID_MESSAGE_TYPE, "3");
  assert_text (signed_data, SCEP_OID_PKI_STATUS, "0");
  g_assert_cmpint (scep_signed_data_get_warnings (signed_data), ==, SCEP_WARNING_LEGACY_REPLY);
  g_assert_true (scep_certificate_is_self_issued (signer));

  envelope = scep_enveloped_data_parse (scep_signed_data_get_content (signed_data), &error);
  g_assert_no_error (error);
  g_assert_cmpint (scep_enveloped_data_get_cipher (envelope), ==, SCEP_CIPHER_DES_CBC);
  g_assert_false (scep_enveloped_data_get_wrapped_key (envelope, g_ptr_array_index (signers, 0),
                                                       &wrap, &wrapped, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_DECRYPT_FAILED);
}

static void
test_smallstep_strict (void)
{
  g_autoptr (GBytes) message = load ("smallstep-certrep-des-constructed.der");
  g_autoptr (GPtrArray) signers = get_certificates (message);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepSignedData) signed_data = scep_signed_data_parse (message, &error);

  g_assert_no_error (error);
  g_assert_false (scep_signed_data_verify (signed_data, signers, SCEP_POLICY_STRICT, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_WEAK_ALGORITHM);
}

static GPtrArray *
load_pem_certificates (const char *name)
{
  g_autoptr (GBytes) pem = load (name);
  g_autofree char *text = g_strndup (g_bytes_get_data (pem, NULL), g_bytes_get_size (pem));
  g_autoptr (GError) error = NULL;
  GPtrArray *certificates = scep_certificate_list_from_pem (text, &error);

  g_assert_no_error (error);
  return certificates;
}

/* A certificate that bears a name from a message, with another key. */
static TestIdentity *
make_named_identity (const char *issuer_name, X509_NAME *issuer, const ASN1_INTEGER *serial)
{
  TestIdentity *identity = test_identity_new (issuer_name, NULL, 1, 2048);

  X509_set_issuer_name (identity->certificate, issuer);
  X509_set_serialNumber (identity->certificate, (ASN1_INTEGER *) serial);
  g_assert_cmpint (X509_sign (identity->certificate, identity->key, EVP_sha256 ()), >, 0);
  return identity;
}

static TestIdentity *
make_recipient (GBytes *message)
{
  CMS_ContentInfo *cms = parse_cms (message);
  ASN1_OCTET_STRING **content = CMS_get0_content (cms);
  const unsigned char *p = ASN1_STRING_get0_data (*content);
  CMS_ContentInfo *envelope = d2i_CMS_ContentInfo (NULL, &p, ASN1_STRING_length (*content));
  CMS_RecipientInfo *info = sk_CMS_RecipientInfo_value (CMS_get0_RecipientInfos (envelope), 0);
  X509_NAME *issuer = NULL;
  ASN1_INTEGER *serial = NULL;
  TestIdentity *identity;

  g_assert_cmpint (CMS_RecipientInfo_ktri_get0_signer_id (info, NULL, &issuer, &serial), ==, 1);
  identity = make_named_identity ("device", issuer, serial);
  CMS_ContentInfo_free (envelope);
  CMS_ContentInfo_free (cms);
  return identity;
}

static void
test_ndes_success (void)
{
  g_autoptr (GBytes) message = load ("ndes-success-oaep-no-certs.der");
  g_autoptr (GPtrArray) signers = load_pem_certificates ("ndes-ca2.pem");
  g_autoptr (TestIdentity) device = make_recipient (message);
  g_autoptr (ScepCertificate) own = codec_fixture_read (device);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCertRep) rep = verify_reply (message, signers, SCEP_POLICY_DEFAULT, &error);
  g_autoptr (GBytes) wrapped = NULL;
  ScepKeyWrap wrap;
  gsize key_length;

  g_assert_no_error (error);
  g_assert_cmpint (scep_cert_rep_get_status (rep), ==, SCEP_PKI_STATUS_SUCCESS);
  g_assert_cmpint (scep_cert_rep_get_warnings (rep), ==, SCEP_WARNING_LEGACY_REPLY);
  assert_not_for (rep, g_ptr_array_index (signers, 0));
  scep_cert_rep_get_wrapped_key (rep, own, &wrap, &wrapped, &key_length, &error);
  g_assert_no_error (error);
  g_assert_true (wrap.is_oaep);
  g_assert_cmpint (wrap.hash, ==, SCEP_DIGEST_SHA1);
  g_assert_cmpint (wrap.mask, ==, SCEP_DIGEST_SHA1);
  assert_changed_is_refused (message, signers);
}

static GBytes *
load_pem_message (const char *name)
{
  g_autoptr (GBytes) pem = load (name);
  BIO *in = BIO_new_mem_buf (g_bytes_get_data (pem, NULL), (int) g_bytes_get_size (pem));
  unsigned char *der = NULL;
  long length;
  GBytes *message;

  g_assert_cmpint (PEM_bytes_read_bio (&der, &length, NULL, PEM_STRING_PKCS7, in, NULL, NULL), ==,
                   1);
  message = g_bytes_new (der, (gsize) length);
  OPENSSL_free (der);
  BIO_free (in);
  return message;
}

/*
 * Its signer's certificate is not known. All but the signature is right, down
 * to the digest of the one byte that stands where there should be nothing.
 */
static void
test_ndes_failure (void)
{
  g_autoptr (GBytes) message = load_pem_message ("ndes-failure-hresult.pem");
  CMS_ContentInfo *cms = parse_cms (message);
  X509_NAME *issuer = NULL;
  ASN1_INTEGER *serial = NULL;
  g_autoptr (TestIdentity) namesake = NULL;
  g_autoptr (GPtrArray) signers = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GError) error = NULL;

  g_assert_null (verify_reply (message, signers, SCEP_POLICY_DEFAULT, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_UNTRUSTED_CA);
  g_assert_nonnull (strstr (error->message, "CN=SRV2012-CA"));
  g_clear_error (&error);

  CMS_SignerInfo_get0_signer_id (sk_CMS_SignerInfo_value (CMS_get0_SignerInfos (cms), 0), NULL,
                                 &issuer, &serial);
  namesake = make_named_identity ("RA", issuer, serial);
  CMS_ContentInfo_free (cms);
  g_ptr_array_add (signers, codec_fixture_read (namesake));
  g_assert_null (verify_reply (message, signers, SCEP_POLICY_DEFAULT, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_SIGNATURE_INVALID);
  g_assert_nonnull (strstr (error->message, "key"));
}

/* XiPKI 6: content and attribute are of type id-envelopedData, in BER. */
static void
test_xipki_success (void)
{
  g_autoptr (GBytes) message = load ("xipki-certrep-content-type-enveloped.der");
  g_autoptr (GPtrArray) signers = load_pem_certificates ("xipki-ca.pem");
  g_autoptr (TestIdentity) device = NULL;
  g_autoptr (ScepCertificate) own = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCertRep) rep = verify_reply (message, signers, SCEP_POLICY_STRICT, &error);
  g_autoptr (GBytes) wrapped = NULL;
  ScepKeyWrap wrap;
  gsize key_length;

  g_assert_no_error (error);
  g_assert_cmpint (scep_cert_rep_get_status (rep), ==, SCEP_PKI_STATUS_SUCCESS);
  g_assert_cmpint (scep_cert_rep_get_warnings (rep), ==, SCEP_WARNING_LEGACY_REPLY);
  assert_not_for (rep, g_ptr_array_index (signers, 0));
  device = make_recipient (message);
  own = codec_fixture_read (device);
  scep_cert_rep_get_wrapped_key (rep, own, &wrap, &wrapped, &key_length, &error);
  g_assert_no_error (error);
  g_assert_false (wrap.is_oaep);
}

/* step-ca 0.19: the text stands under an OID that is one arc short. */
static void
test_step_failure (void)
{
  g_autoptr (GBytes) message = load ("stepca-failure-text-old-oid.der");
  g_autoptr (GPtrArray) signers = get_certificates (message);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCertRep) rep = verify_reply (message, signers, SCEP_POLICY_DEFAULT, &error);
  g_autoptr (GError) failure = NULL;

  g_assert_no_error (error);
  failure = scep_cert_rep_get_failure (rep);
  g_assert_error (failure, SCEP_ERROR, SCEP_ERROR_BAD_REQUEST);
  g_assert_nonnull (strstr (failure->message, "The server says: “wrong password provided”."));
  assert_changed_is_refused (message, signers);
}

/* OpenSSL cannot read the message: that it is for "x" and 5 was read by eye. */
static ScepCertificate *
make_smallstep_recipient (void)
{
  X509_NAME *issuer = X509_NAME_new ();
  ASN1_INTEGER *serial = ASN1_INTEGER_new ();
  g_autoptr (TestIdentity) identity = NULL;

  X509_NAME_add_entry_by_txt (issuer, "CN", MBSTRING_ASC, (const guint8 *) "x", 1, -1, 0);
  ASN1_INTEGER_set (serial, 5);
  identity = make_named_identity ("device", issuer, serial);
  X509_NAME_free (issuer);
  ASN1_INTEGER_free (serial);
  return codec_fixture_read (identity);
}

/* Of smallstep/pkcs7: AES-256-GCM, and a key by OAEP with SHA-256 of which MGF1 is not told. */
static void
test_smallstep_gcm (void)
{
  g_autoptr (GBytes) message = load ("smallstep-enveloped-oaep256-gcm.der");
  g_autoptr (GBytes) pem = load ("smallstep-enveloped-key.pem");
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) pkcs8 = scep_private_key_from_pem (pem, &error);
  g_autoptr (ScepEnvelopedData) envelope = scep_enveloped_data_parse (message, &error);
  g_autoptr (ScepCertificate) recipient = make_smallstep_recipient ();
  g_autoptr (GBytes) wrapped = NULL;
  g_autoptr (GBytes) key = NULL;
  g_autoptr (GBytes) plain = NULL;
  gboolean is_good = FALSE;
  ScepKeyWrap wrap;

  g_assert_no_error (error);
  g_assert_cmpint (scep_enveloped_data_get_cipher (envelope), ==, SCEP_CIPHER_AES256_GCM);
  scep_enveloped_data_get_wrapped_key (envelope, recipient, &wrap, &wrapped, &error);
  g_assert_no_error (error);
  g_assert_cmpint (wrap.hash, ==, SCEP_DIGEST_SHA256);
  g_assert_true (wrap.mask_is_doubtful);
  key = scep_private_key_unwrap (pkcs8, wrap, wrapped, 32, &error);
  plain = scep_enveloped_data_decrypt (envelope, key, &is_good, &error);
  g_assert_no_error (error);
  g_assert_true (is_good);
  g_assert_cmpmem (g_bytes_get_data (plain, NULL), g_bytes_get_size (plain), "hello", 5);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/vectors/rfc/csr", test_rfc_csr);
  g_test_add_func ("/vectors/rfc/envelope", test_rfc_envelope);
  g_test_add_func ("/vectors/rfc/request", test_rfc_request);
  g_test_add_func ("/vectors/apple/request", test_apple_request);
  g_test_add_func ("/vectors/smallstep/strict", test_smallstep_strict);
  g_test_add_func ("/vectors/smallstep/success", test_smallstep_success);
  g_test_add_func ("/vectors/smallstep/gcm", test_smallstep_gcm);
  g_test_add_func ("/vectors/xipki/success", test_xipki_success);
  g_test_add_func ("/vectors/step/failure", test_step_failure);
  g_test_add_func ("/vectors/ndes/success", test_ndes_success);
  g_test_add_func ("/vectors/ndes/failure", test_ndes_failure);
  return g_test_run ();
}
