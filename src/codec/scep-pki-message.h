/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec/scep-algorithm.h"
#include "codec/scep-certificate.h"

/* RFC 8894 section 3.2.1.2. */
typedef enum {
  SCEP_MESSAGE_CERT_REP = 3,
  SCEP_MESSAGE_RENEWAL_REQ = 17,
  SCEP_MESSAGE_PKCS_REQ = 19,
  SCEP_MESSAGE_CERT_POLL = 20,
  SCEP_MESSAGE_GET_CERT = 21,
  SCEP_MESSAGE_GET_CRL = 22,
} ScepMessageType;

#define SCEP_NONCE_SIZE 16

/**
 * ScepPkiMessageSpec:
 * @type: what is asked
 * @transaction_id: PrintableString
 * @sender_nonce: %SCEP_NONCE_SIZE fresh random bytes
 * @signer: the certificate whose key signs, sent along (section 2.3)
 * @recipient: the CA's or RA's certificate that the content is encrypted to
 * @cipher: of the content
 * @digest: of the signature
 * @signing_time: Unix seconds
 * @message_data: the CSR, or scep_issuer_and_subject() and the like; a secret
 *
 * A request (RFC 8894 section 3). All borrowed for the call.
 */
typedef struct {
  ScepMessageType type;
  const char *transaction_id;
  GBytes *sender_nonce;
  ScepCertificate *signer;
  ScepCertificate *recipient;
  ScepCipher cipher;
  ScepDigest digest;
  gint64 signing_time;
  GBytes *message_data;
} ScepPkiMessageSpec;

/**
 * ScepPkiMessageDraft:
 *
 * A pkiMessage that lacks its signature. The codec never sees a private key:
 * the draft says what is to be signed, a key handle signs it, and the
 * signature completes the message.
 */
typedef struct _ScepPkiMessageDraft ScepPkiMessageDraft;

ScepPkiMessageDraft *scep_pki_message_draft_new (const ScepPkiMessageSpec *spec, GError **error);
void scep_pki_message_draft_free (ScepPkiMessageDraft *draft);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScepPkiMessageDraft, scep_pki_message_draft_free)

GBytes *scep_pki_message_draft_get_tbs (ScepPkiMessageDraft *draft);
GBytes *scep_pki_message_draft_assemble (ScepPkiMessageDraft *draft, GBytes *signature);

char *scep_transaction_id_new (void);
GBytes *scep_issuer_and_subject (ScepCertificate *issuing_ca, GBytes *subject);
GBytes *scep_issuer_and_serial (GBytes *issuer, GBytes *serial);
