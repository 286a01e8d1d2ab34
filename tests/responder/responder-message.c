/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "responder-message.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* What has been asked for and not been answered in the end. */
typedef struct Transaction {
  struct Transaction *next;
  char *id;
  X509_REQ *csr;
} Transaction;

static Transaction *transactions;
static pthread_mutex_t transactions_lock = PTHREAD_MUTEX_INITIALIZER;

static ASN1_STRING *
get_attribute (CMS_SignerInfo *info, const char *oid, int type)
{
  ASN1_OBJECT *object = OBJ_txt2obj (oid, 1);
  ASN1_STRING *value = CMS_signed_get0_data_by_OBJ (info, object, -3, type);

  ASN1_OBJECT_free (object);
  return value;
}

static char *
get_text (CMS_SignerInfo *info, const char *oid)
{
  ASN1_STRING *value = get_attribute (info, oid, V_ASN1_PRINTABLESTRING);

  if (value == NULL)
    return strdup ("");
  return strndup ((const char *) ASN1_STRING_get0_data (value),
                  (size_t) ASN1_STRING_length (value));
}

Bytes
take_bio (BIO *bio)
{
  char *data;
  long length = BIO_get_mem_data (bio, &data);
  Bytes bytes = { malloc ((size_t) length + 1), (size_t) length };

  if (length > 0)
    memcpy (bytes.data, data, (size_t) length);
  BIO_free (bio);
  return bytes;
}

static void
message_clear (Message *self)
{
  CMS_ContentInfo_free (self->cms);
  CMS_ContentInfo_free (self->envelope);
  X509_REQ_free (self->csr);
  X509_free (self->issued);
  free (self->type);
  free (self->transaction);
  free (self->content.data);
}

static const char *
cipher_name (CMS_ContentInfo *envelope)
{
  /* Not to be had from CMS: the first of these OIDs in the bytes is it. */
  static const struct {
    const char *name;
    unsigned char oid[11];
    size_t length;
  } ciphers[] = {
    { "aes-128-cbc", { 0x06, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 2 }, 11 },
    { "aes-192-cbc", { 0x06, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 22 }, 11 },
    { "aes-256-cbc", { 0x06, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 42 }, 11 },
    { "des-ede3-cbc", { 0x06, 8, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 3, 7 }, 10 },
    { "des-cbc", { 0x06, 5, 0x2b, 0x0e, 3, 2, 7 }, 7 },
  };
  unsigned char *der = NULL;
  int length = i2d_CMS_ContentInfo (envelope, &der);
  const char *name = "unknown";

  for (size_t i = 0; length > 0 && i < sizeof ciphers / sizeof *ciphers; i++) {
    if (memmem (der, (size_t) length, ciphers[i].oid, ciphers[i].length) != NULL)
      name = ciphers[i].name;
  }
  OPENSSL_free (der);
  return name;
}

static bool
decrypt (Responder *self, Message *message, BIO *sealed)
{
  BIO *plain = BIO_new (BIO_s_mem ());

  message->envelope = d2i_CMS_bio (sealed, NULL);
  if (message->envelope == NULL ||
      !CMS_decrypt (message->envelope, self->decrypt.key, self->decrypt.cert, NULL, plain, 0)) {
    BIO_free (plain);
    return false;
  }
  message->cipher = cipher_name (message->envelope);
  message->content = take_bio (plain);
  return true;
}

static void
read_signer (Message *message, CMS_SignerInfo *info)
{
  ASN1_STRING *nonce = get_attribute (info, OID_SENDER_NONCE, V_ASN1_OCTET_STRING);
  X509_ALGOR *digest;
  const ASN1_OBJECT *object;

  message->type = get_text (info, OID_MESSAGE_TYPE);
  message->transaction = get_text (info, OID_TRANSACTION_ID);
  if (nonce != NULL) {
    message->nonce.data = (unsigned char *) ASN1_STRING_get0_data (nonce);
    message->nonce.length = (size_t) ASN1_STRING_length (nonce);
  }
  CMS_SignerInfo_get0_algs (info, NULL, &message->signer, &digest, NULL);
  X509_ALGOR_get0 (&object, NULL, NULL, digest);
  message->digest = OBJ_nid2sn (OBJ_obj2nid (object));
}

static const char *
check_challenge (Responder *self, X509_REQ *csr)
{
  int i = X509_REQ_get_attr_by_NID (csr, NID_pkcs9_challengePassword, -1);
  ASN1_TYPE *value = i >= 0 ? X509_ATTRIBUTE_get0_type (X509_REQ_get_attr (csr, i), 0) : NULL;
  ASN1_STRING *text = value != NULL ? value->value.asn1_string : NULL;

  if (text == NULL)
    return "none";
  return self->challenge != NULL &&
                 (size_t) ASN1_STRING_length (text) == strlen (self->challenge) &&
                 memcmp (ASN1_STRING_get0_data (text), self->challenge, strlen (self->challenge)) ==
                     0
             ? "right"
             : "wrong";
}

static bool
is_challenge_ok (Responder *self, Message *message)
{
  return self->challenge == NULL || strcmp (message->challenge, "right") == 0;
}

static bool
open_message (Responder *self, Bytes bytes, Message *message)
{
  BIO *in = BIO_new_mem_buf (bytes.data, (int) bytes.length);
  BIO *sealed = BIO_new (BIO_s_mem ());
  const unsigned char *p;
  bool ok;

  message->cms = d2i_CMS_bio (in, NULL);
  ok = message->cms != NULL &&
       CMS_verify (message->cms, NULL, NULL, NULL, sealed, CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY);
  if (ok) {
    read_signer (message, sk_CMS_SignerInfo_value (CMS_get0_SignerInfos (message->cms), 0));
    ok = message->signer != NULL && decrypt (self, message, sealed);
  }
  BIO_free (in);
  BIO_free (sealed);
  if (!ok || (strcmp (message->type, "19") != 0 && strcmp (message->type, "17") != 0))
    return ok;
  p = message->content.data;
  message->csr = d2i_X509_REQ (NULL, &p, (long) message->content.length);
  message->challenge = message->csr != NULL ? check_challenge (self, message->csr) : "none";
  return message->csr != NULL &&
         X509_REQ_verify (message->csr, X509_REQ_get0_pubkey (message->csr)) == 1;
}

void
print_json (FILE *file, const char *key, const char *text)
{
  fprintf (file, ", \"%s\": \"", key);
  for (const unsigned char *p = (const unsigned char *) (text != NULL ? text : ""); *p; p++) {
    if (*p < 0x20 || *p == '"' || *p == '\\')
      fprintf (file, "\\u%04x", *p);
    else
      fputc (*p, file);
  }
  fputc ('"', file);
}

/* Lower-case hexadecimal, owned. */
static char *
describe_serial (X509 *cert)
{
  BIGNUM *number = ASN1_INTEGER_to_BN (X509_get0_serialNumber (cert), NULL);
  char *hex = BN_bn2hex (number);

  for (char *p = hex; *p != '\0'; p++)
    *p = (char) (*p >= 'A' && *p <= 'F' ? *p - 'A' + 'a' : *p);
  BN_free (number);
  return hex;
}

static void
print_hex (FILE *file, const char *key, Bytes bytes)
{
  char text[129] = "";

  for (size_t i = 0; i < bytes.length && 2 * i + 2 < sizeof text; i++)
    snprintf (text + 2 * i, 3, "%02x", bytes.data[i]);
  print_json (file, key, text);
}

/* The beginning of the SHA-256 of the key that a certificate is asked for. */
static void
print_key (FILE *file, X509_REQ *csr)
{
  unsigned char *der = NULL;
  int length = i2d_X509_PUBKEY (X509_REQ_get_X509_PUBKEY (csr), &der);
  unsigned char digest[EVP_MAX_MD_SIZE];

  EVP_Digest (der, (size_t) length, digest, NULL, EVP_sha256 (), NULL);
  print_hex (file, "key", (Bytes){ digest, 8 });
  OPENSSL_free (der);
}

static void
log_message (Responder *self, const char *method, Message *message)
{
  char *serial = message->signer != NULL ? describe_serial (message->signer) : NULL;
  const char *by = message->signer != NULL ? describe_signer (self, message->signer) : "none";
  BIO *name = BIO_new (BIO_s_mem ());
  Bytes subject;

  if (message->csr != NULL)
    X509_NAME_print_ex (name, X509_REQ_get_subject_name (message->csr), 0, XN_FLAG_RFC2253);
  subject = take_bio (name);
  subject.data[subject.length] = '\0';
  flockfile (self->log);
  fprintf (self->log, "{\"method\": \"%s\", \"operation\": \"PKIOperation\"", method);
  print_json (self->log, "messageType", message->type);
  print_json (self->log, "transactionID", message->transaction);
  print_hex (self->log, "nonce", message->nonce);
  print_json (self->log, "signerSerial", serial);
  print_json (self->log, "subject", (const char *) subject.data);
  print_json (self->log, "cipher", message->cipher);
  print_json (self->log, "digest", message->digest);
  print_json (self->log, "signer", by);
  print_json (self->log, "challenge", message->challenge);
  if (message->csr != NULL)
    print_key (self->log, message->csr);
  fprintf (self->log, ", \"challengeOk\": %s}\n",
           message->csr != NULL && is_challenge_ok (self, message) ? "true" : "false");
  fflush (self->log);
  funlockfile (self->log);
  free (subject.data);
  OPENSSL_free (serial);
}

/* Remembers the request of a new transaction, finds that of an old one. */
static bool
follow_transaction (Message *message)
{
  Transaction *found;

  pthread_mutex_lock (&transactions_lock);
  for (found = transactions; found != NULL; found = found->next) {
    if (strcmp (found->id, message->transaction) == 0)
      break;
  }
  if (found == NULL && message->csr != NULL) {
    found = calloc (1, sizeof *found);
    found->id = strdup (message->transaction);
    found->next = transactions;
    transactions = found;
  }
  if (found != NULL && message->csr != NULL) {
    X509_REQ_free (found->csr);
    found->csr = X509_REQ_dup (message->csr);
  } else if (found != NULL) {
    message->csr = X509_REQ_dup (found->csr);
  }
  pthread_mutex_unlock (&transactions_lock);
  return found != NULL;
}

/* Whether a GetCRL names the CA itself, not its RA (RFC 8894, 4.6). */
static bool
names_ca (Responder *self, Message *message)
{
  PKCS7_ISSUER_AND_SERIAL *name = read_question (message);
  bool named =
      name != NULL && X509_NAME_cmp (name->issuer, X509_get_subject_name (self->ca.cert)) == 0;

  PKCS7_ISSUER_AND_SERIAL_free (name);
  return named;
}

/* want.cipher=NAME: any other is badAlg; fault.TYPE=error, html or empty. Owned; NULL for none. */
static char *
decide_by_form (Message *message)
{
  char *cipher = modes_get ("want.cipher");
  bool is_wanted = cipher == NULL || strcmp (cipher, message->cipher) == 0;
  char key[32];

  free (cipher);
  if (!is_wanted)
    return strdup ("0");
  snprintf (key, sizeof key, "fault.%.8s", message->type);
  return modes_get (key);
}

/*
 * pending=N (-1: for ever), fail.info=0…4, another number or none; fail.times=N limits it
 *
 * Returns issue, pending, a failInfo, or what decide_renewal() says; owned.
 */
static char *
decide (Responder *self, Message *message)
{
  bool is_poll = strcmp (message->type, "20") == 0;
  char *word = modes_get ("fail.info");

  if (word != NULL && (modes_number ("fail.times", -1) == -1 || modes_take ("fail.times")))
    return word;
  free (word);
  word = decide_by_form (message);
  if (word != NULL)
    return word;
  if (strcmp (message->type, "22") == 0)
    return strdup (names_ca (self, message) ? "issue" : "4");
  if (strcmp (message->type, "21") == 0)
    return strdup (has_certificate (message) ? "issue" : "4");
  if (!follow_transaction (message) || message->csr == NULL)
    return strdup ("4");
  word = is_poll ? NULL
                 : decide_renewal (self, message->type, message->csr, message->signer,
                                   is_challenge_ok (self, message));
  if (word != NULL)
    return word;
  return strdup (modes_take ("pending") ? "pending" : "issue");
}

/* status=TEXT makes a SUCCESS call itself something else */
static Bytes
answer_as (Responder *self, Message *message, const char *word)
{
  static const Bytes nothing = { NULL, 0 };
  bool is_wrong = strcmp (word, "issue") != 0;
  char *status;
  Bytes sealed;
  Bytes reply;

  if (strcmp (word, "pending") == 0)
    return sign (self, message, "3", "", nothing);
  if (strspn (word, "0123456789") == strlen (word) || strcmp (word, "none") == 0)
    return sign (self, message, "2", word, nothing);
  status = modes_get ("status");
  if (strcmp (message->type, "22") == 0)
    sealed = give_crl (self, message);
  else if (strcmp (message->type, "21") == 0)
    sealed = give_certificate (self, message);
  else
    sealed = is_wrong ? issue_wrongly (self, message, word) : issue (self, message);
  reply = sign (self, message, status != NULL ? status : "0", "", sealed);
  free (sealed.data);
  free (status);
  return reply;
}

/*
 * A reply; no bytes where there is none, and then @fault says what HTTP answers: error, html or
 * empty, owned; NULL where the request could not be read.
 */
Bytes
answer_message (Responder *self, const char *method, Bytes request, char **fault)
{
  Message message = { .cms = NULL, .challenge = "none" };
  bool readable = open_message (self, request, &message);
  Bytes reply = { NULL, 0 };
  char *word;

  *fault = NULL;
  log_message (self, method, &message);
  if (!readable) {
    fprintf (stderr, "scep-responder: cannot read %zu bytes of %s\n", request.length, method);
    ERR_print_errors_fp (stderr);
    message_clear (&message);
    return reply;
  }
  word = decide (self, &message);
  if (strcmp (word, "error") == 0 || strcmp (word, "html") == 0 || strcmp (word, "empty") == 0) {
    *fault = word;
  } else {
    reply = answer_as (self, &message, word);
    attack_answer (&reply);
    free (word);
  }
  message_clear (&message);
  return reply;
}
