/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-transaction.h"

#include "base/scep-error.h"
#include "enroll/scep-record-file.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define GROUP "Transaction"
#define KEY_ID "TransactionID"
#define KEY_TYPE "MessageType"
#define KEY_KEY_HASH "RequestKey"
#define KEY_SIGNER "Signer"
#define KEY_CSR "Request"
#define KEY_OPENER_HASH "OpenerKey"
#define KEY_USES_CHALLENGE "UsesChallenge"
#define KEY_STARTED "Started"
#define KEY_NAMES "Names"
#define KEY_SAME_NAMES "SameNames"
#define KEY_PHASE "Phase"
#define KEY_POLL_COUNT "PollCount"
#define KEY_NEXT_POLL "NextPoll"

#define MAX_ID 128

struct _ScepTransaction {
  char *id;
  ScepMessageType type;
  char *key_hash;
  ScepCertificate *signer; /* (owned) */
  GBytes *csr;             /* (owned): a secret */
  char *opener_hash;
  gboolean uses_challenge;
  gint64 started;
  char *names; /* (nullable) */
  gboolean has_same_names;
  ScepTransactionPhase phase;
  guint poll_count;
  gint64 next_poll;
};

static const char *const phase_names[] = {
  [SCEP_TRANSACTION_SENT] = "sent", [SCEP_TRANSACTION_PENDING] = "pending"
};

static const char *const type_names[] = { "PKCSReq", "RenewalReq" };

/**
 * scep_transaction_new:
 *
 * Returns: (transfer full): a transaction of which nothing was sent yet
 */
ScepTransaction *
scep_transaction_new (const ScepTransactionSpec *spec)
{
  ScepTransaction *transaction = g_atomic_rc_box_new0 (ScepTransaction);

  transaction->id = g_strdup (spec->id);
  transaction->type = spec->type;
  transaction->key_hash = g_strdup (spec->key_hash);
  transaction->signer = g_object_ref (spec->signer);
  transaction->csr = g_bytes_ref (spec->csr);
  transaction->opener_hash = g_strdup (spec->opener_hash);
  transaction->uses_challenge = spec->uses_challenge;
  transaction->started = spec->started;
  transaction->names = g_strdup (spec->names);
  transaction->has_same_names = spec->has_same_names;
  transaction->phase = SCEP_TRANSACTION_SENT;
  return transaction;
}

/**
 * scep_transaction_with_poll:
 * @phase: what the CA has said
 * @poll_count: polls made
 * @next_poll: Unix seconds
 *
 * Returns: (transfer full): the same transaction, further on
 */
ScepTransaction *
scep_transaction_with_poll (ScepTransaction *transaction, ScepTransactionPhase phase,
                            guint poll_count, gint64 next_poll)
{
  ScepTransaction *next = scep_transaction_new (&(ScepTransactionSpec){
      .id = transaction->id,
      .type = transaction->type,
      .key_hash = transaction->key_hash,
      .signer = transaction->signer,
      .csr = transaction->csr,
      .opener_hash = transaction->opener_hash,
      .uses_challenge = transaction->uses_challenge,
      .started = transaction->started,
      .names = transaction->names,
      .has_same_names = transaction->has_same_names,
  });

  next->phase = phase;
  next->poll_count = poll_count;
  next->next_poll = next_poll;
  return next;
}

/**
 * scep_transaction_ref:
 *
 * Returns: (transfer full): @transaction
 */
ScepTransaction *
scep_transaction_ref (ScepTransaction *transaction)
{
  return g_atomic_rc_box_acquire (transaction);
}

static void
transaction_clear (gpointer data)
{
  ScepTransaction *transaction = data;

  g_free (transaction->id);
  g_free (transaction->key_hash);
  g_clear_object (&transaction->signer);
  g_clear_pointer (&transaction->csr, g_bytes_unref);
  g_free (transaction->opener_hash);
  g_free (transaction->names);
}

/**
 * scep_transaction_unref:
 * @transaction: (transfer full):
 */
void
scep_transaction_unref (ScepTransaction *transaction)
{
  g_atomic_rc_box_release_full (transaction, transaction_clear);
}

/**
 * scep_transaction_get_id:
 *
 * Returns: (transfer none): the transactionID
 */
const char *
scep_transaction_get_id (ScepTransaction *transaction)
{
  return transaction->id;
}

/**
 * scep_transaction_get_message_type:
 *
 * Returns: what began it
 */
ScepMessageType
scep_transaction_get_message_type (ScepTransaction *transaction)
{
  return transaction->type;
}

/**
 * scep_transaction_get_key_hash:
 *
 * Returns: (transfer none): hash of the public key to be certified
 */
const char *
scep_transaction_get_key_hash (ScepTransaction *transaction)
{
  return transaction->key_hash;
}

/**
 * scep_transaction_get_signer:
 *
 * Returns: (transfer none): the certificate that signs its messages
 */
ScepCertificate *
scep_transaction_get_signer (ScepTransaction *transaction)
{
  return transaction->signer;
}

/**
 * scep_transaction_get_csr:
 *
 * Returns: (transfer none): the request, DER, a secret
 */
GBytes *
scep_transaction_get_csr (ScepTransaction *transaction)
{
  return transaction->csr;
}

/**
 * scep_transaction_get_opener_hash:
 *
 * Returns: (transfer none): hash of the public key whose private key opens the
 *   reply; in a renewal not the one to be certified
 */
const char *
scep_transaction_get_opener_hash (ScepTransaction *transaction)
{
  return transaction->opener_hash;
}

/**
 * scep_transaction_uses_challenge:
 *
 * Returns: whether the request holds a challenge
 */
gboolean
scep_transaction_uses_challenge (ScepTransaction *transaction)
{
  return transaction->uses_challenge;
}

/**
 * scep_transaction_get_started:
 *
 * Returns: when the first request was sent, Unix seconds
 */
gint64
scep_transaction_get_started (ScepTransaction *transaction)
{
  return transaction->started;
}

/**
 * scep_transaction_get_names:
 *
 * Returns: (transfer none) (nullable): scep_names_join() of the names that are
 *   wanted; %NULL where that was not written down
 */
const char *
scep_transaction_get_names (ScepTransaction *transaction)
{
  return transaction->names;
}

/**
 * scep_transaction_has_same_names:
 *
 * Returns: whether the request has the names of the certificate that it is to
 *   renew instead of those that are wanted
 */
gboolean
scep_transaction_has_same_names (ScepTransaction *transaction)
{
  return transaction->has_same_names;
}

/**
 * scep_transaction_get_phase:
 *
 * Returns: what the CA has said so far
 */
ScepTransactionPhase
scep_transaction_get_phase (ScepTransaction *transaction)
{
  return transaction->phase;
}

/**
 * scep_transaction_get_poll_count:
 *
 * Returns: polls made
 */
guint
scep_transaction_get_poll_count (ScepTransaction *transaction)
{
  return transaction->poll_count;
}

/**
 * scep_transaction_get_next_poll:
 *
 * Returns: Unix seconds, 0 if no poll is planned
 */
gint64
scep_transaction_get_next_poll (ScepTransaction *transaction)
{
  return transaction->next_poll;
}

static gboolean
load_identity (ScepTransaction *transaction, GKeyFile *key_file, GError **error)
{
  guint type;

  transaction->id = scep_record_get_string (key_file, GROUP, KEY_ID, error);
  if (transaction->id == NULL)
    return FALSE;
  if (transaction->id[0] == '\0' || strlen (transaction->id) > MAX_ID ||
      !g_str_is_ascii (transaction->id)) {
    scep_error_set (error, SCEP_ERROR_STORAGE_FAILED, _ ("The key “%s” in [%s] cannot be used: %s"),
                    KEY_ID, GROUP, _ ("it is no transaction id"));
    return FALSE;
  }
  if (!scep_record_get_word (key_file, GROUP, KEY_TYPE, type_names, G_N_ELEMENTS (type_names),
                             &type, error))
    return FALSE;
  transaction->type = type == 0 ? SCEP_MESSAGE_PKCS_REQ : SCEP_MESSAGE_RENEWAL_REQ;
  return TRUE;
}

static gboolean
load_keys (ScepTransaction *transaction, GKeyFile *key_file, GError **error)
{
  g_autofree char *pem = NULL;
  g_autoptr (GError) local = NULL;

  transaction->key_hash = scep_record_get_fingerprint (key_file, GROUP, KEY_KEY_HASH, error);
  if (transaction->key_hash == NULL)
    return FALSE;
  transaction->opener_hash = scep_record_get_fingerprint (key_file, GROUP, KEY_OPENER_HASH, error);
  if (transaction->opener_hash == NULL)
    return FALSE;
  pem = scep_record_get_string (key_file, GROUP, KEY_SIGNER, error);
  if (pem == NULL)
    return FALSE;
  transaction->signer = scep_certificate_new_from_pem (pem, &local);
  if (transaction->signer == NULL)
    scep_error_set (error, SCEP_ERROR_STORAGE_FAILED, _ ("The key “%s” in [%s] cannot be used: %s"),
                    KEY_SIGNER, GROUP, local->message);
  return transaction->signer != NULL;
}

/* Earlier versions did not write them down. */
static gboolean
load_names (ScepTransaction *transaction, GKeyFile *key_file, GError **error)
{
  if (g_key_file_has_key (key_file, GROUP, KEY_SAME_NAMES, NULL) &&
      !scep_record_get_boolean (key_file, GROUP, KEY_SAME_NAMES, &transaction->has_same_names,
                                error))
    return FALSE;
  if (!g_key_file_has_key (key_file, GROUP, KEY_NAMES, NULL))
    return TRUE;
  transaction->names = scep_record_get_string (key_file, GROUP, KEY_NAMES, error);
  return transaction->names != NULL;
}

static gboolean
load_progress (ScepTransaction *transaction, GKeyFile *key_file, GError **error)
{
  guint phase;

  if (!scep_record_get_boolean (key_file, GROUP, KEY_USES_CHALLENGE, &transaction->uses_challenge,
                                error) ||
      !scep_record_get_int64 (key_file, GROUP, KEY_STARTED, &transaction->started, error) ||
      !scep_record_get_word (key_file, GROUP, KEY_PHASE, phase_names, G_N_ELEMENTS (phase_names),
                             &phase, error) ||
      !scep_record_get_uint (key_file, GROUP, KEY_POLL_COUNT, &transaction->poll_count, error) ||
      !scep_record_get_int64 (key_file, GROUP, KEY_NEXT_POLL, &transaction->next_poll, error))
    return FALSE;
  transaction->phase = (ScepTransactionPhase) phase;
  return TRUE;
}

/**
 * scep_transaction_load:
 * @key_file: of transaction.keyfile
 *
 * Returns: (transfer full) (nullable): the transaction, or %NULL with
 *   %SCEP_ERROR_STORAGE_FAILED; the message does not name the file
 */
ScepTransaction *
scep_transaction_load (GKeyFile *key_file, GError **error)
{
  g_autoptr (ScepTransaction) transaction = g_atomic_rc_box_new0 (ScepTransaction);

  if (!load_identity (transaction, key_file, error) || !load_keys (transaction, key_file, error) ||
      !load_names (transaction, key_file, error) || !load_progress (transaction, key_file, error))
    return NULL;
  transaction->csr = scep_record_get_secret (key_file, GROUP, KEY_CSR, error);
  if (transaction->csr == NULL)
    return NULL;
  return g_steal_pointer (&transaction);
}

/**
 * scep_transaction_store:
 * @key_file: what was read before, or an empty one; keys that mean nothing
 *   here stay; it holds the challenge afterwards
 */
void
scep_transaction_store (ScepTransaction *transaction, GKeyFile *key_file)
{
  g_autoptr (GPtrArray) signer = g_ptr_array_new ();
  g_autofree char *pem = NULL;
  gboolean renewal = transaction->type == SCEP_MESSAGE_RENEWAL_REQ;

  g_ptr_array_add (signer, transaction->signer);
  pem = scep_certificate_list_to_pem (signer);
  g_key_file_set_string (key_file, GROUP, KEY_ID, transaction->id);
  g_key_file_set_string (key_file, GROUP, KEY_TYPE, type_names[renewal ? 1 : 0]);
  g_key_file_set_string (key_file, GROUP, KEY_KEY_HASH, transaction->key_hash);
  g_key_file_set_string (key_file, GROUP, KEY_SIGNER, pem);
  scep_record_set_secret (key_file, GROUP, KEY_CSR, transaction->csr);
  g_key_file_set_string (key_file, GROUP, KEY_OPENER_HASH, transaction->opener_hash);
  g_key_file_set_boolean (key_file, GROUP, KEY_USES_CHALLENGE, transaction->uses_challenge);
  g_key_file_set_int64 (key_file, GROUP, KEY_STARTED, transaction->started);
  if (transaction->names != NULL)
    g_key_file_set_string (key_file, GROUP, KEY_NAMES, transaction->names);
  else
    g_key_file_remove_key (key_file, GROUP, KEY_NAMES, NULL);
  g_key_file_set_boolean (key_file, GROUP, KEY_SAME_NAMES, transaction->has_same_names);
  g_key_file_set_string (key_file, GROUP, KEY_PHASE, phase_names[transaction->phase]);
  g_key_file_set_uint64 (key_file, GROUP, KEY_POLL_COUNT, transaction->poll_count);
  g_key_file_set_int64 (key_file, GROUP, KEY_NEXT_POLL, transaction->next_poll);
}
