/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-error.h"

static const char *const names[] = {
  [SCEP_ERROR_FAILED] = "Failed",
  [SCEP_ERROR_INVALID_SETTING] = "InvalidSetting",
  [SCEP_ERROR_NOT_CONFIGURED] = "NotConfigured",
  [SCEP_ERROR_DISABLED] = "Disabled",
  [SCEP_ERROR_BUSY] = "Busy",
  [SCEP_ERROR_CANCELLED] = "Cancelled",
  [SCEP_ERROR_SERVER_UNREACHABLE] = "ServerUnreachable",
  [SCEP_ERROR_TIMEOUT] = "Timeout",
  [SCEP_ERROR_TLS_FAILED] = "TlsFailed",
  [SCEP_ERROR_HTTP_STATUS] = "HttpStatus",
  [SCEP_ERROR_MALFORMED_REPLY] = "MalformedReply",
  [SCEP_ERROR_TOO_LARGE] = "TooLarge",
  [SCEP_ERROR_UNTRUSTED_CA] = "UntrustedCA",
  [SCEP_ERROR_FINGERPRINT_MISMATCH] = "FingerprintMismatch",
  [SCEP_ERROR_WEAK_ALGORITHM] = "WeakAlgorithm",
  [SCEP_ERROR_SIGNATURE_INVALID] = "SignatureInvalid",
  [SCEP_ERROR_DECRYPT_FAILED] = "DecryptFailed",
  [SCEP_ERROR_NONCE_MISMATCH] = "NonceMismatch",
  [SCEP_ERROR_TRANSACTION_MISMATCH] = "TransactionMismatch",
  [SCEP_ERROR_CERTIFICATE_MISMATCH] = "CertificateMismatch",
  [SCEP_ERROR_BAD_ALG] = "BadAlg",
  [SCEP_ERROR_BAD_MESSAGE_CHECK] = "BadMessageCheck",
  [SCEP_ERROR_BAD_REQUEST] = "BadRequest",
  [SCEP_ERROR_BAD_TIME] = "BadTime",
  [SCEP_ERROR_BAD_CERT_ID] = "BadCertId",
  [SCEP_ERROR_REJECTED_OTHER] = "RejectedOther",
  [SCEP_ERROR_POLL_LIMIT] = "PollLimit",
  [SCEP_ERROR_UNSUPPORTED] = "Unsupported",
  [SCEP_ERROR_CLOCK_IMPLAUSIBLE] = "ClockImplausible",
  [SCEP_ERROR_KEYSTORE_NOT_FOUND] = "KeystoreNotFound",
  [SCEP_ERROR_KEYSTORE_AMBIGUOUS] = "KeystoreAmbiguous",
  [SCEP_ERROR_STORAGE_FAILED] = "StorageFailed",
  [SCEP_ERROR_NO_SUCH_ENTRY] = "NoSuchEntry",
  [SCEP_ERROR_ENTRY_EXISTS] = "EntryExists",
  [SCEP_ERROR_INVALID_ENTRY] = "InvalidEntry",
  [SCEP_ERROR_NO_SUCH_PROFILE] = "NoSuchProfile",
  [SCEP_ERROR_PROFILE_EXISTS] = "ProfileExists",
};
G_STATIC_ASSERT (G_N_ELEMENTS (names) == SCEP_ERROR_N_CODES);

/* clang-format off */
G_DEFINE_QUARK (scep-error-quark, scep_error)
/* clang-format on */

/**
 * scep_error_get_name:
 *
 * Returns: (transfer none): the last part of the bus name of @code, for
 *   example "NonceMismatch"
 */
const char *
scep_error_get_name (ScepError code)
{
  g_return_val_if_fail ((guint) code < SCEP_ERROR_N_CODES, names[SCEP_ERROR_FAILED]);
  return names[code];
}

/**
 * scep_error_from_name:
 * @name: what scep_error_get_name() gave, perhaps to a newer version
 * @code: (out): the code, unchanged where the name is unknown
 *
 * Returns: whether @name is known
 */
gboolean
scep_error_from_name (const char *name, ScepError *code)
{
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    if (g_strcmp0 (names[i], name) == 0) {
      *code = (ScepError) i;
      return TRUE;
    }
  }
  return FALSE;
}

/**
 * scep_error_set:
 *
 * g_set_error() that cannot be given a foreign domain. @format is written for
 * the person who reads it: what was being done, with whom, what came back and
 * what to do.
 */
void
scep_error_set (GError **error, ScepError code, const char *format, ...)
{
  va_list args;

  if (error == NULL)
    return;

  va_start (args, format);
  g_propagate_error (error, g_error_new_valist (SCEP_ERROR, code, format, args));
  va_end (args);
}

/**
 * scep_error_refuse:
 *
 * scep_error_set() with %SCEP_ERROR_INVALID_SETTING, for who brings a value into its
 * normal form.
 *
 * Returns: (nullable): %NULL instead of that form
 */
char *
scep_error_refuse (GError **error, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_propagate_error (error,
                     g_error_new_valist (SCEP_ERROR, SCEP_ERROR_INVALID_SETTING, format, args));
  va_end (args);
  return NULL;
}
