/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "responder.h"

#include <openssl/pkcs7.h>

#define OID_MESSAGE_TYPE "2.16.840.1.113733.1.9.2"
#define OID_STATUS "2.16.840.1.113733.1.9.3"
#define OID_FAIL_INFO "2.16.840.1.113733.1.9.4"
#define OID_SENDER_NONCE "2.16.840.1.113733.1.9.5"
#define OID_RECIPIENT_NONCE "2.16.840.1.113733.1.9.6"
#define OID_TRANSACTION_ID "2.16.840.1.113733.1.9.7"
#define OID_FAIL_INFO_TEXT "1.3.6.1.5.5.7.24.1"
#define OID_FAIL_INFO_TEXT_OLD "1.3.6.1.5.5.7.24"
/* Microsoft's words about a request, and their number of an error. */
#define OID_REQUEST_STATUS "1.3.6.1.4.1.311.21.38"
#define OID_HRESULT "1.3.6.1.4.1.311.21.33"

/* A request, opened. */
typedef struct {
  CMS_ContentInfo *cms;      /* owned */
  CMS_ContentInfo *envelope; /* owned */
  X509 *signer;              /* of cms */
  char *type;                /* owned */
  char *transaction;         /* owned */
  Bytes nonce;               /* of cms */
  Bytes content;             /* owned: decrypted */
  X509_REQ *csr;             /* owned; of this message or, for a poll, of the first */
  const char *digest;
  const char *cipher;
  const char *challenge; /* none, right or wrong */
  X509 *issued;          /* owned; in answer to it, or NULL */
} Message;

/* responder-reply.c */
Bytes issue (Responder *self, Message *message);
Bytes issue_wrongly (Responder *self, Message *message, const char *word);
Bytes give_crl (Responder *self, Message *message);
Bytes give_certificate (Responder *self, Message *message);
Bytes sign (Responder *self, Message *message, const char *status, const char *fail_info,
            Bytes content);

/* responder-certificate.c */
void keep_certificate (X509 *cert);
PKCS7_ISSUER_AND_SERIAL *read_question (Message *message);
bool has_certificate (Message *message);
Bytes certificate_only (Responder *self, Message *message);

/* responder-message.c */
Bytes take_bio (BIO *bio);
