/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec/scep-certificate.h"
#include "codec/scep-pki-message.h"

typedef enum {
  SCEP_TRANSACTION_SENT,    /* perhaps sent; never a signed answer */
  SCEP_TRANSACTION_PENDING, /* the CA said so, signed */
} ScepTransactionPhase;

/**
 * ScepTransactionSpec:
 * @id: the transactionID
 * @type: %SCEP_MESSAGE_PKCS_REQ or %SCEP_MESSAGE_RENEWAL_REQ
 * @key_hash: scep_public_key_get_hash() of the key to be certified
 * @signer: the certificate that signs every message of the transaction
 * @csr: PKCS#10, a secret: it holds the challenge
 * @opener_hash: scep_public_key_get_hash() of the key that opens the reply
 * @uses_challenge: whether @csr holds one
 * @started: Unix seconds of the first request
 * @names: (nullable): scep_names_join() of the names that are wanted
 * @has_same_names: whether @csr has those of the certificate there is instead
 *
 * All borrowed for the call of scep_transaction_new().
 */
typedef struct {
  const char *id;
  ScepMessageType type;
  const char *key_hash;
  ScepCertificate *signer;
  GBytes *csr;
  const char *opener_hash;
  gboolean uses_challenge;
  gint64 started;
  const char *names;
  gboolean has_same_names;
} ScepTransactionSpec;

/**
 * ScepTransaction:
 *
 * A request in flight, with all that is needed to go on with it after a
 * restart: an immutable, reference-counted value.
 */
typedef struct _ScepTransaction ScepTransaction;

ScepTransaction *scep_transaction_new (const ScepTransactionSpec *spec);
ScepTransaction *scep_transaction_with_poll (ScepTransaction *transaction,
                                             ScepTransactionPhase phase, guint poll_count,
                                             gint64 next_poll);
ScepTransaction *scep_transaction_ref (ScepTransaction *transaction);
void scep_transaction_unref (ScepTransaction *transaction);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScepTransaction, scep_transaction_unref)

const char *scep_transaction_get_id (ScepTransaction *transaction);
ScepMessageType scep_transaction_get_message_type (ScepTransaction *transaction);
const char *scep_transaction_get_key_hash (ScepTransaction *transaction);
ScepCertificate *scep_transaction_get_signer (ScepTransaction *transaction);
GBytes *scep_transaction_get_csr (ScepTransaction *transaction);
const char *scep_transaction_get_opener_hash (ScepTransaction *transaction);
gboolean scep_transaction_uses_challenge (ScepTransaction *transaction);
gint64 scep_transaction_get_started (ScepTransaction *transaction);
const char *scep_transaction_get_names (ScepTransaction *transaction);
gboolean scep_transaction_has_same_names (ScepTransaction *transaction);
ScepTransactionPhase scep_transaction_get_phase (ScepTransaction *transaction);
guint scep_transaction_get_poll_count (ScepTransaction *transaction);
gint64 scep_transaction_get_next_poll (ScepTransaction *transaction);

ScepTransaction *scep_transaction_load (GKeyFile *key_file, GError **error);
void scep_transaction_store (ScepTransaction *transaction, GKeyFile *key_file);
