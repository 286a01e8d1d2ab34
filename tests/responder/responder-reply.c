/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "openssl-envelope.h"
#include "responder-message.h"

#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#define NONCE_LENGTH 16

/* DER, or BER of indefinite length. */
static Bytes
encode (CMS_ContentInfo *cms, Bytes content, bool ber)
{
  BIO *in =
      BIO_new_mem_buf (content.length > 0 ? content.data : (const void *) "", (int) content.length);
  BIO *out = BIO_new (BIO_s_mem ());
  bool streamed = ber && content.length > 0;
  Bytes bytes;

  if (streamed)
    i2d_CMS_bio_stream (out, cms, in, CMS_STREAM | CMS_BINARY);
  else if (CMS_final (cms, in, NULL, CMS_BINARY))
    i2d_CMS_bio (out, cms);
  BIO_free (in);
  CMS_ContentInfo_free (cms);
  bytes = take_bio (out);
  return ber && !streamed ? make_indefinite (bytes) : bytes;
}

/* Says rsaEncryption (…1.1.1) where the key is wrapped by RSAES-OAEP (…1.1.7). */
static void
mislabel (Bytes sealed)
{
  static const unsigned char oaep[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 7 };
  unsigned char *found = memmem (sealed.data, sealed.length, oaep, sizeof oaep);

  if (found == NULL)
    abort ();
  found[sizeof oaep - 1] = 1;
  /* Its parameters, an empty SEQUENCE, become NULL. */
  found[sizeof oaep] = V_ASN1_NULL;
}

static void
add_password_recipient (CMS_ContentInfo *cms, const char *password)
{
  unsigned char *copy = (unsigned char *) OPENSSL_strdup (password);

  if (CMS_add0_recipient_password (cms, -1, -1, NID_undef, copy, -1, NULL) == NULL)
    abort ();
}

static const EVP_MD *
get_digest (const char *key, const char *fallback)
{
  char *name = modes_get (key);
  const EVP_MD *digest = EVP_get_digestbyname (name != NULL ? name : fallback);

  free (name);
  return digest;
}

/*
 * envelope.hand=1: put together without OpenSSL's CMS; envelope.oaep-hash=NAME,
 * envelope.oaep-mask=NAME, envelope.oaep-mask-untold=1; envelope.gcm=primitive or nested,
 * envelope.tag=N, envelope.tag-untold=1, envelope.tag-wrong=1; envelope.originator=empty or
 * certificate
 */
static Bytes
seal_by_hand (Message *message, Bytes content)
{
  char *name = modes_get ("envelope.cipher");
  EnvelopeSpec spec = {
    .recipient = message->signer,
    .cipher = EVP_get_cipherbyname (name != NULL ? name : "aes-128-cbc"),
    .gcm_form = modes_is ("envelope.gcm", "primitive") ? ENVELOPE_GCM_PRIMITIVE
                : modes_is ("envelope.gcm", "nested")  ? ENVELOPE_GCM_NESTED
                                                       : ENVELOPE_GCM_PLAIN,
    .nonce_length = 12,
    .tag_length = (int) modes_number ("envelope.tag", 16),
    .tag_length_untold = modes_on ("envelope.tag-untold"),
    .tag_wrong = modes_on ("envelope.tag-wrong"),
    .mask_untold = modes_on ("envelope.oaep-mask-untold"),
    .originator = modes_is ("envelope.originator", "empty") ? ENVELOPE_ORIGINATOR_EMPTY
                  : modes_is ("envelope.originator", "certificate")
                      ? ENVELOPE_ORIGINATOR_CERTIFICATE
                      : ENVELOPE_ORIGINATOR_NONE,
  };
  Bytes sealed;

  if (modes_on ("envelope.oaep-hash")) {
    spec.hash = get_digest ("envelope.oaep-hash", NULL);
    spec.mask = get_digest ("envelope.oaep-mask", EVP_MD_get0_name (spec.hash));
  }
  free (name);
  sealed.data = envelope_build (&spec, content.data, content.length, &sealed.length);
  return sealed;
}

/*
 * envelope.cipher=NAME, envelope.oaep=1, envelope.mislabeled=1, envelope.ber=1,
 * envelope.recipient=other or password, envelope.extra=1
 */
static Bytes
seal_by_cms (Responder *self, Message *message, Bytes content)
{
  char *name = modes_get ("envelope.cipher");
  const EVP_CIPHER *cipher = EVP_get_cipherbyname (name != NULL ? name : "aes-128-cbc");
  X509 *to = modes_is ("envelope.recipient", "other") ? self->other.cert : message->signer;
  CMS_ContentInfo *cms = CMS_encrypt (NULL, NULL, cipher, CMS_BINARY | CMS_PARTIAL | CMS_STREAM);
  CMS_RecipientInfo *info = NULL;
  bool mislabeled = modes_on ("envelope.mislabeled");
  Bytes sealed;

  if (modes_on ("envelope.extra"))
    CMS_add1_recipient_cert (cms, self->other.cert, 0);
  if (modes_is ("envelope.recipient", "password"))
    add_password_recipient (cms, self->challenge);
  else
    info = CMS_add1_recipient_cert (cms, to, CMS_KEY_PARAM);
  if (info != NULL && (modes_on ("envelope.oaep") || mislabeled))
    EVP_PKEY_CTX_set_rsa_padding (CMS_RecipientInfo_get0_pkey_ctx (info), RSA_PKCS1_OAEP_PADDING);
  free (name);
  sealed = encode (cms, content, modes_on ("envelope.ber"));
  if (mislabeled)
    mislabel (sealed);
  return sealed;
}

static Bytes
seal (Responder *self, Message *message, Bytes content)
{
  return modes_on ("envelope.hand") ? seal_by_hand (message, content)
                                    : seal_by_cms (self, message, content);
}

/* issue.none=1, issue.chain=1, issue.extra=1, and what ca_issue() knows */
Bytes
issue (Responder *self, Message *message)
{
  STACK_OF (X509) *certs = sk_X509_new_null ();
  X509 *cert = ca_issue (self, message->csr);
  Bytes plain;
  Bytes sealed;

  if (modes_on ("issue.extra"))
    sk_X509_push (certs, self->other.cert);
  if (!modes_on ("issue.none"))
    sk_X509_push (certs, cert);
  if (modes_on ("issue.chain"))
    sk_X509_push (certs, self->ca.cert);
  plain = certs_only (certs);
  if (modes_on ("issue.malformed"))
    ca_malform (self, cert, plain);
  sealed = seal (self, message, plain);
  OPENSSL_free (plain.data);
  message->issued = cert;
  keep_certificate (cert);
  sk_X509_free (certs);
  return sealed;
}

/* Takes @plain, which is OpenSSL's. */
static Bytes
give (Responder *self, Message *message, Bytes plain)
{
  Bytes sealed = seal (self, message, plain);

  OPENSSL_free (plain.data);
  return sealed;
}

/* What a GetCRL gets, see crl_only() */
Bytes
give_crl (Responder *self, Message *message)
{
  return give (self, message, crl_only (self));
}

/* What a GetCert gets, see certificate_only() */
Bytes
give_certificate (Responder *self, Message *message)
{
  return give (self, message, certificate_only (self, message));
}

static void
add_attribute (CMS_SignerInfo *info, const char *oid, int type, const void *data, size_t length)
{
  CMS_signed_add1_attr_by_txt (info, oid, type, data, (int) length);
}

/* nonce=wrong, missing or prefix; nonce.sender=echo or missing; txid=wrong, missing or prefix */
static void
add_echoes (CMS_SignerInfo *info, Message *message)
{
  unsigned char nonce[NONCE_LENGTH];
  size_t length = strlen (message->transaction);

  RAND_bytes (nonce, sizeof nonce);
  if (modes_is ("nonce.sender", "echo"))
    add_attribute (info, OID_SENDER_NONCE, V_ASN1_OCTET_STRING, message->nonce.data,
                   message->nonce.length);
  else if (!modes_is ("nonce.sender", "missing"))
    add_attribute (info, OID_SENDER_NONCE, V_ASN1_OCTET_STRING, nonce, sizeof nonce);
  RAND_bytes (nonce, sizeof nonce);
  if (modes_is ("nonce", "wrong"))
    add_attribute (info, OID_RECIPIENT_NONCE, V_ASN1_OCTET_STRING, nonce, sizeof nonce);
  else if (!modes_is ("nonce", "missing"))
    add_attribute (info, OID_RECIPIENT_NONCE, V_ASN1_OCTET_STRING, message->nonce.data,
                   message->nonce.length - (modes_is ("nonce", "prefix") ? 1 : 0));
  if (modes_is ("txid", "wrong"))
    add_attribute (info, OID_TRANSACTION_ID, V_ASN1_PRINTABLESTRING, "NOBODYS", 7);
  else if (!modes_is ("txid", "missing"))
    add_attribute (info, OID_TRANSACTION_ID, V_ASN1_PRINTABLESTRING, message->transaction,
                   length - (modes_is ("txid", "prefix") ? 1 : 0));
}

/* sign.key=other (its own certificate) or forged (the signer's issuer and serial) */
static CMS_SignerInfo *
add_signer (Responder *self, CMS_ContentInfo *cms)
{
  char *name = modes_get ("sign.digest");
  const EVP_MD *digest = EVP_get_digestbyname (name != NULL ? name : "sha256");
  unsigned int flags = CMS_BINARY | CMS_NOSMIMECAP | (modes_on ("sign.nocerts") ? CMS_NOCERTS : 0);
  CMS_SignerInfo *info;

  free (name);
  if (modes_is ("sign.key", "forged")) {
    X509 *forged = ca_forge (self->sign.cert, self->other.key);

    info = CMS_add1_signer (cms, forged, self->other.key, digest, flags);
    X509_free (forged);
  } else if (modes_is ("sign.key", "other")) {
    info = CMS_add1_signer (cms, self->other.cert, self->other.key, digest, flags);
  } else {
    info = CMS_add1_signer (cms, self->sign.cert, self->sign.key, digest, flags);
  }
  return info;
}

/* A printable string, whatever the RFC says of the attribute. */
static void
add_text (CMS_SignerInfo *info, const char *oid, int type, const char *text)
{
  add_attribute (info, oid, type, text, strlen (text));
}

/*
 * fail.info=TEXT, fail.text=TEXT, fail.text-type=printable, fail.text-oid=old,
 * sign.request-status=TEXT, sign.hresult=N
 */
static void
add_words (CMS_SignerInfo *info, const char *status, const char *fail_info)
{
  char *text = modes_get ("fail.text");
  char *issued = modes_get ("sign.request-status");
  char *hresult = modes_get ("sign.hresult");
  bool printable = modes_is ("fail.text-type", "printable");

  add_text (info, OID_MESSAGE_TYPE, V_ASN1_PRINTABLESTRING, "3");
  add_text (info, OID_STATUS, V_ASN1_PRINTABLESTRING, status);
  if (*status == '2' && strcmp (fail_info, "none") != 0)
    add_text (info, OID_FAIL_INFO, V_ASN1_PRINTABLESTRING, fail_info);
  if (*status == '2' && text != NULL)
    add_text (info, modes_is ("fail.text-oid", "old") ? OID_FAIL_INFO_TEXT_OLD : OID_FAIL_INFO_TEXT,
              printable ? V_ASN1_PRINTABLESTRING : V_ASN1_UTF8STRING, text);
  if (issued != NULL)
    add_text (info, OID_REQUEST_STATUS, V_ASN1_UTF8STRING, issued);
  if (hresult != NULL)
    add_text (info, OID_HRESULT, V_ASN1_PRINTABLESTRING, hresult);
  free (text);
  free (issued);
  free (hresult);
}

/* sign.attributes=odd: one that nobody knows has no value, another two */
static void
add_odd_attributes (CMS_SignerInfo *info)
{
  ASN1_OBJECT *first = OBJ_txt2obj ("1.3.6.1.4.1.32473.1", 1);
  ASN1_OBJECT *second = OBJ_txt2obj ("1.3.6.1.4.1.32473.2", 1);
  X509_ATTRIBUTE *none = X509_ATTRIBUTE_create_by_OBJ (NULL, first, 0, NULL, 0);
  X509_ATTRIBUTE *two = X509_ATTRIBUTE_create_by_OBJ (NULL, second, V_ASN1_UTF8STRING, "a", 1);

  if (!X509_ATTRIBUTE_set1_data (two, V_ASN1_UTF8STRING, "b", 1) ||
      !CMS_signed_add1_attr (info, none) || !CMS_signed_add1_attr (info, two))
    abort ();
  X509_ATTRIBUTE_free (none);
  X509_ATTRIBUTE_free (two);
  ASN1_OBJECT_free (first);
  ASN1_OBJECT_free (second);
}

/* content=zero (a byte of it), dummy or absent: what a message without content has as one */
static Bytes
fill_in (Bytes content, bool *absent)
{
  static unsigned char zero[] = "";
  static unsigned char dummy[] = "dummy";

  if (content.length > 0)
    return content;
  *absent = modes_is ("content", "absent");
  if (modes_is ("content", "zero"))
    return (Bytes){ zero, 1 };
  return modes_is ("content", "dummy") ? (Bytes){ dummy, 5 } : content;
}

/* As Go's libraries write it: an algorithm without parameters, not even NULL. */
static void
drop_parameters (CMS_SignerInfo *info)
{
  X509_ALGOR *algorithms[2];

  CMS_SignerInfo_get0_algs (info, NULL, NULL, &algorithms[0], &algorithms[1]);
  for (int i = 0; i < 2; i++) {
    const ASN1_OBJECT *object;

    X509_ALGOR_get0 (&object, NULL, NULL, algorithms[i]);
    X509_ALGOR_set0 (algorithms[i], OBJ_dup (object), V_ASN1_UNDEF, NULL);
  }
}

/*
 * sign.extra=1, sign.issued=1 (the issued certificate, in clear), sign.ber=1, sign.nocerts=1,
 * sign.digest=NAME, sign.no-parameters=1, sign.type=enveloped
 */
Bytes
sign (Responder *self, Message *message, const char *status, const char *fail_info, Bytes content)
{
  bool absent = false;
  Bytes filled = fill_in (content, &absent);
  CMS_ContentInfo *cms = CMS_sign (
      NULL, NULL, NULL, NULL, CMS_BINARY | CMS_PARTIAL | CMS_STREAM | (absent ? CMS_DETACHED : 0));
  CMS_SignerInfo *info = add_signer (self, cms);

  if (info == NULL)
    abort ();
  if (modes_is ("sign.type", "enveloped"))
    CMS_set1_eContentType (cms, OBJ_nid2obj (NID_pkcs7_enveloped));
  if (modes_is ("sign.attributes", "odd"))
    add_odd_attributes (info);
  if (modes_on ("sign.extra"))
    CMS_add1_cert (cms, self->other.cert);
  if (modes_on ("sign.issued") && message->issued != NULL)
    CMS_add1_cert (cms, message->issued);
  add_words (info, status, fail_info);
  add_echoes (info, message);
  if (modes_on ("sign.no-parameters"))
    drop_parameters (info);
  return encode (cms, filled, modes_on ("sign.ber"));
}

/* What @word promises instead of a certificate that was asked for: old, ca, other-key. */
Bytes
issue_wrongly (Responder *self, Message *message, const char *word)
{
  STACK_OF (X509) *certs = sk_X509_new_null ();
  Bytes plain;
  Bytes sealed;

  if (strcmp (word, "other-key") == 0) {
    X509_REQ_set_pubkey (message->csr, self->other.key);
    sk_X509_free (certs);
    return issue (self, message);
  }
  sk_X509_push (certs, strcmp (word, "ca") == 0 ? self->ca.cert : message->signer);
  plain = certs_only (certs);
  sealed = seal (self, message, plain);
  OPENSSL_free (plain.data);
  sk_X509_free (certs);
  return sealed;
}
