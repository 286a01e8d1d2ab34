/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec/scep-algorithm.h"
#include "codec/scep-certificate.h"
#include "codec/scep-crl.h"
#include "codec/scep-pki-message.h"

/* RFC 8894 section 3.2.1.3. */
typedef enum {
  SCEP_PKI_STATUS_SUCCESS = 0,
  SCEP_PKI_STATUS_FAILURE = 2,
  SCEP_PKI_STATUS_PENDING = 3,
} ScepPkiStatus;

/**
 * ScepCertRepExpectation:
 * @signers: (element-type ScepCertificate): who may sign: certificates that
 *   are authenticated already
 * @policy: which algorithms are believed
 * @transaction_id: of the request
 * @nonce: the request's senderNonce
 */
typedef struct {
  GPtrArray *signers;
  ScepPolicy policy;
  const char *transaction_id;
  GBytes *nonce;
} ScepCertRepExpectation;

/**
 * ScepCertRep:
 *
 * A CertRep (RFC 8894 section 3.3.2) that is believed: its signature, its
 * transactionID, its messageType and its recipientNonce were verified, in that
 * order, before there was an object. There is no unverified one.
 */
typedef struct _ScepCertRep ScepCertRep;

ScepCertRep *scep_cert_rep_verify (GBytes *ber, const ScepCertRepExpectation *expectation,
                                   GError **error);
void scep_cert_rep_free (ScepCertRep *rep);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScepCertRep, scep_cert_rep_free)

ScepPkiStatus scep_cert_rep_get_status (ScepCertRep *rep);
ScepWarnings scep_cert_rep_get_warnings (ScepCertRep *rep);
ScepCertificate *scep_cert_rep_get_signer (ScepCertRep *rep);
GError *scep_cert_rep_get_failure (ScepCertRep *rep);
const char *scep_cert_rep_get_words (ScepCertRep *rep);

gboolean scep_cert_rep_get_wrapped_key (ScepCertRep *rep, ScepCertificate *recipient,
                                        ScepKeyWrap *wrap, GBytes **wrapped, gsize *key_length,
                                        GError **error);
gboolean scep_cert_rep_open (ScepCertRep *rep, GBytes *content_key, GPtrArray **certificates,
                             GPtrArray **crls, GError **error);
ScepCrl *scep_cert_rep_open_crl (ScepCertRep *rep, GBytes *content_key, GError **error);
