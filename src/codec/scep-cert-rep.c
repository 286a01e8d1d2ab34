/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-cert-rep.h"

#include "base/scep-error.h"
#include "base/scep-text.h"

#include "codec/scep-body.h"
#include "codec/scep-ca-bundle.h"
#include "codec/scep-cms.h"
#include "codec/scep-enveloped-data.h"
#include "codec/scep-fail-info.h"
#include "codec/scep-signed-data.h"

#include <glib/gi18n-lib.h>
#include <string.h>

struct _ScepCertRep {
  ScepPkiStatus status;
  ScepWarnings warnings;
  ScepCertificate *signer;     /* (owned) */
  GError *failure;             /* (owned) (nullable) */
  char *words;                 /* (owned) (nullable): of the failure */
  ScepEnvelopedData *envelope; /* (owned) (nullable) */
};

/**
 * scep_cert_rep_free:
 * @rep: (transfer full) (nullable):
 */
void
scep_cert_rep_free (ScepCertRep *rep)
{
  if (rep == NULL)
    return;
  g_clear_object (&rep->signer);
  g_clear_error (&rep->failure);
  g_free (rep->words);
  g_clear_pointer (&rep->envelope, scep_enveloped_data_free);
  g_free (rep);
}

/* %NULL unless the attribute is a PrintableString without NUL. */
static char *
dup_printable (ScepSignedData *message, const char *oid)
{
  g_autoptr (GBytes) value =
      scep_signed_data_get_attribute (message, oid, SCEP_TAG_PRINTABLE_STRING);
  gsize length;
  const char *data;

  if (value == NULL)
    return NULL;
  data = g_bytes_get_data (value, &length);
  if (length == 0 || memchr (data, '\0', length) != NULL)
    return NULL;
  return g_strndup (data, length);
}

static gboolean
check_transaction_id (ScepSignedData *message, const char *expected, GError **error)
{
  g_autofree char *actual = dup_printable (message, SCEP_OID_TRANSACTION_ID);
  g_autofree char *shown = NULL;

  if (g_strcmp0 (actual, expected) == 0)
    return TRUE;
  shown = actual != NULL ? scep_text_printable (actual, -1) : g_strdup (_ ("(none)"));
  scep_error_set (error, SCEP_ERROR_TRANSACTION_MISMATCH,
                  _ ("The server's answer is for transaction %s, not for %s: it may be late, or "
                     "meant for somebody else."),
                  shown, expected);
  return FALSE;
}

static gboolean
check_message_type (ScepSignedData *message, GError **error)
{
  g_autofree char *type = dup_printable (message, SCEP_OID_MESSAGE_TYPE);
  g_autofree char *shown = NULL;

  if (g_strcmp0 (type, "3") == 0)
    return TRUE;
  shown = type != NULL ? scep_text_printable (type, -1) : g_strdup (_ ("(none)"));
  scep_error_set (
      error, SCEP_ERROR_MALFORMED_REPLY,
      _ ("The server answered with a SCEP message of type %s where type 3, a CertRep, is due."),
      shown);
  return FALSE;
}

static gboolean
check_nonce (ScepSignedData *message, GBytes *expected, GError **error)
{
  g_autoptr (GBytes) actual =
      scep_signed_data_get_attribute (message, SCEP_OID_RECIPIENT_NONCE, SCEP_TAG_OCTET_STRING);

  if (actual != NULL && g_bytes_equal (actual, expected))
    return TRUE;
  scep_error_set (error, SCEP_ERROR_NONCE_MISMATCH, "%s",
                  actual == NULL
                      ? _ ("The server's answer does not repeat the nonce of the request: it "
                           "answers another request, or somebody replayed an old answer.")
                      : _ ("The server's answer has another nonce than the request: it answers "
                           "another request, or somebody replayed an old answer."));
  return FALSE;
}

static gboolean
read_status (ScepSignedData *message, ScepPkiStatus *status, GError **error)
{
  g_autofree char *text = dup_printable (message, SCEP_OID_PKI_STATUS);
  g_autofree char *shown = NULL;

  if (g_strcmp0 (text, "0") == 0) {
    *status = SCEP_PKI_STATUS_SUCCESS;
  } else if (g_strcmp0 (text, "2") == 0) {
    *status = SCEP_PKI_STATUS_FAILURE;
  } else if (g_strcmp0 (text, "3") == 0) {
    *status = SCEP_PKI_STATUS_PENDING;
  } else {
    shown = text != NULL ? scep_text_printable (text, -1) : g_strdup (_ ("(none)"));
    scep_error_set (error, SCEP_ERROR_MALFORMED_REPLY,
                    _ ("The server's answer has the pkiStatus %s, which SCEP does not know."),
                    shown);
    return FALSE;
  }
  return TRUE;
}

static gboolean
check_cipher (ScepCertRep *rep, ScepPolicy policy, GError **error)
{
  ScepCipher cipher = scep_enveloped_data_get_cipher (rep->envelope);
  ScepVerdict verdict = scep_policy_check_reply_cipher (policy, cipher);

  if (verdict == SCEP_VERDICT_REFUSED) {
    scep_error_set (error, SCEP_ERROR_WEAK_ALGORITHM,
                    _ ("The server encrypted its answer with %s, which AlgorithmPolicy “%s” "
                       "refuses; set the server to AES-128-CBC or AES-256-CBC."),
                    scep_cipher_get_name (cipher), scep_policy_to_string (policy));
    return FALSE;
  }
  if (verdict == SCEP_VERDICT_WARNED)
    rep->warnings |= SCEP_WARNING_LEGACY_REPLY;
  return TRUE;
}

static gboolean
read_envelope (ScepCertRep *rep, ScepSignedData *message, ScepPolicy policy, GError **error)
{
  GBytes *content = scep_signed_data_get_content (message);

  if (content == NULL || g_bytes_get_size (content) == 0) {
    scep_error_set (error, SCEP_ERROR_MALFORMED_REPLY,
                    _ ("The server says that the request succeeded, but its answer holds nothing; "
                       "look at the server's log."));
    return FALSE;
  }
  rep->envelope = scep_enveloped_data_parse (content, error);
  return rep->envelope != NULL && check_cipher (rep, policy, error);
}

/* What a FAILURE or a PENDING carries is not looked at: some servers send a filler. */
static ScepCertRep *
cert_rep_new (ScepSignedData *message, ScepPolicy policy, GError **error)
{
  g_autoptr (ScepCertRep) rep = g_new0 (ScepCertRep, 1);

  rep->signer = g_object_ref (scep_signed_data_get_signer (message));
  rep->warnings = scep_signed_data_get_warnings (message);
  if (!read_status (message, &rep->status, error))
    return NULL;
  if (rep->status == SCEP_PKI_STATUS_FAILURE) {
    rep->failure = scep_fail_info_read (message);
    rep->words = scep_fail_info_describe_words (message);
  }
  if (rep->status == SCEP_PKI_STATUS_SUCCESS && !read_envelope (rep, message, policy, error))
    return NULL;
  return g_steal_pointer (&rep);
}

/**
 * scep_cert_rep_verify:
 * @ber: what the server answered
 * @expectation: what it must fit
 *
 * Reads a reply and believes it, or not (RFC 8894 sections 3.2 and 3.3.2):
 * first the signature, then transactionID, messageType and recipientNonce,
 * then the status. Nothing is decrypted. An answer that is not believed says
 * nothing about the request: it may be somebody else's.
 *
 * Returns: (transfer full) (nullable): the reply, or %NULL with
 *   %SCEP_ERROR_MALFORMED_REPLY, %SCEP_ERROR_WEAK_ALGORITHM,
 *   %SCEP_ERROR_UNSUPPORTED, %SCEP_ERROR_UNTRUSTED_CA,
 *   %SCEP_ERROR_SIGNATURE_INVALID, %SCEP_ERROR_TRANSACTION_MISMATCH or
 *   %SCEP_ERROR_NONCE_MISMATCH
 */
ScepCertRep *
scep_cert_rep_verify (GBytes *ber, const ScepCertRepExpectation *expectation, GError **error)
{
  g_autoptr (ScepSignedData) message = NULL;

  g_return_val_if_fail (g_bytes_get_size (expectation->nonce) == SCEP_NONCE_SIZE, NULL);

  if (!scep_body_check_der (ber, _ ("a SCEP message"), error))
    return NULL;
  message = scep_signed_data_parse (ber, error);
  if (message == NULL ||
      !scep_signed_data_verify (message, expectation->signers, expectation->policy, error))
    return NULL;
  if (!check_transaction_id (message, expectation->transaction_id, error) ||
      !check_message_type (message, error) || !check_nonce (message, expectation->nonce, error))
    return NULL;
  return cert_rep_new (message, expectation->policy, error);
}

/**
 * scep_cert_rep_get_status:
 *
 * Returns: the pkiStatus
 */
ScepPkiStatus
scep_cert_rep_get_status (ScepCertRep *rep)
{
  return rep->status;
}

/**
 * scep_cert_rep_get_warnings:
 *
 * Returns: what the policy let pass with a warning
 */
ScepWarnings
scep_cert_rep_get_warnings (ScepCertRep *rep)
{
  return rep->warnings;
}

/**
 * scep_cert_rep_get_signer:
 *
 * Returns: (transfer none): which of the expected signers signed
 */
ScepCertificate *
scep_cert_rep_get_signer (ScepCertRep *rep)
{
  return rep->signer;
}

/**
 * scep_cert_rep_get_failure:
 *
 * Returns: (transfer full) (nullable): why the CA refused, from
 *   %SCEP_ERROR_BAD_ALG to %SCEP_ERROR_REJECTED_OTHER; %NULL unless the status
 *   is FAILURE
 */
GError *
scep_cert_rep_get_failure (ScepCertRep *rep)
{
  return rep->failure != NULL ? g_error_copy (rep->failure) : NULL;
}

/**
 * scep_cert_rep_get_words:
 *
 * Returns: (transfer none): what the server says beside the reason of a FAILURE,
 *   see scep_fail_info_describe_words(); it is part of scep_cert_rep_get_failure()
 */
const char *
scep_cert_rep_get_words (ScepCertRep *rep)
{
  return rep->words != NULL ? rep->words : "";
}

/**
 * scep_cert_rep_get_wrapped_key:
 * @recipient: the certificate that signed the request (RFC 8894 section 2.3)
 * @wrap: (out): how the key is encrypted
 * @wrapped: (out) (transfer full): the encrypted content key, for
 *   scep_private_key_unwrap() or its like
 * @key_length: (out): how many bytes the content key must have
 *
 * Of a SUCCESS only.
 *
 * Returns: whether there is a content key for @recipient; else @error is
 *   %SCEP_ERROR_DECRYPT_FAILED where it is for somebody else, or
 *   %SCEP_ERROR_UNSUPPORTED
 */
gboolean
scep_cert_rep_get_wrapped_key (ScepCertRep *rep, ScepCertificate *recipient, ScepKeyWrap *wrap,
                               GBytes **wrapped, gsize *key_length, GError **error)
{
  g_return_val_if_fail (rep->envelope != NULL, FALSE);

  *key_length = scep_cipher_get_key_size (scep_enveloped_data_get_cipher (rep->envelope));
  return scep_enveloped_data_get_wrapped_key (rep->envelope, recipient, wrap, wrapped, error);
}

/* The same words for whatever goes wrong before there is a list. */
static void
cannot_open (GError **error)
{
  scep_error_set (
      error, SCEP_ERROR_DECRYPT_FAILED,
      _ ("The server's answer is genuine, but what is encrypted in it cannot be read: it "
         "is encrypted for another key, or in another way than it says, or is not a "
         "list of certificates. The server's log may say which."));
}

/**
 * scep_cert_rep_open:
 * @content_key: the unwrapped content key, of the length that
 *   scep_cert_rep_get_wrapped_key() told; a random one where unwrapping failed
 * @certificates: (out) (optional) (transfer full) (element-type ScepCertificate):
 * @crls: (out) (optional) (transfer full) (element-type GBytes):
 *
 * Decrypts the content of a SUCCESS and reads it. Whatever goes wrong is told
 * in the same words: a wrong key, wrong padding and wrong content are not to be
 * told apart. Once there is a list the key was right, and a certificate that
 * cannot be read is named.
 *
 * Returns: whether it could be opened; else @error is
 *   %SCEP_ERROR_DECRYPT_FAILED, %SCEP_ERROR_MALFORMED_REPLY for a certificate, or
 *   %SCEP_ERROR_UNSUPPORTED where this machine lacks the cipher
 */
gboolean
scep_cert_rep_open (ScepCertRep *rep, GBytes *content_key, GPtrArray **certificates,
                    GPtrArray **crls, GError **error)
{
  g_autoptr (GBytes) plain = NULL;
  g_autoptr (GPtrArray) found_certificates = NULL;
  g_autoptr (GPtrArray) unreadable = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) found_crls = NULL;
  gboolean is_good = FALSE;
  gboolean is_list;

  g_return_val_if_fail (rep->envelope != NULL, FALSE);

  plain = scep_enveloped_data_decrypt (rep->envelope, content_key, &is_good, error);
  if (plain == NULL)
    return FALSE;
  is_list = scep_degenerate_read (plain, &found_certificates, unreadable, &found_crls, NULL);
  if (!is_list || !is_good) {
    cannot_open (error);
    return FALSE;
  }
  if (unreadable->len > 0) {
    scep_error_set (error, SCEP_ERROR_MALFORMED_REPLY,
                    _ ("The server's answer was decrypted, but a certificate in it cannot be used. "
                       "%s"),
                    (const char *) g_ptr_array_index (unreadable, 0));
    return FALSE;
  }
  if (certificates != NULL)
    *certificates = g_steal_pointer (&found_certificates);
  if (crls != NULL)
    *crls = g_steal_pointer (&found_crls);
  return TRUE;
}

/**
 * scep_cert_rep_open_crl:
 * @content_key: as for scep_cert_rep_open()
 *
 * As scep_cert_rep_open(), of the answer to a GetCRL, which holds one CRL
 * (RFC 8894 section 4.6.1). It is not verified.
 *
 * Returns: (transfer full) (nullable): the CRL, or %NULL with
 *   %SCEP_ERROR_DECRYPT_FAILED or %SCEP_ERROR_UNSUPPORTED
 */
ScepCrl *
scep_cert_rep_open_crl (ScepCertRep *rep, GBytes *content_key, GError **error)
{
  g_autoptr (GBytes) plain = NULL;
  g_autoptr (ScepCrl) crl = NULL;
  gboolean is_good = FALSE;

  g_return_val_if_fail (rep->envelope != NULL, NULL);

  plain = scep_enveloped_data_decrypt (rep->envelope, content_key, &is_good, error);
  if (plain == NULL)
    return NULL;
  crl = scep_crl_new_from_degenerate (plain, NULL);
  if (crl == NULL || !is_good) {
    cannot_open (error);
    return NULL;
  }
  return g_steal_pointer (&crl);
}
