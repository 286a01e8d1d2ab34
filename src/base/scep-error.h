/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * ScepError:
 *
 * Everything that can go wrong and reach a person. Each code has a name, see
 * scep_error_get_name(); the bus error is %SCEP_ERROR_PREFIX followed by it.
 */
typedef enum {
  SCEP_ERROR_FAILED,
  SCEP_ERROR_INVALID_SETTING,
  SCEP_ERROR_NOT_CONFIGURED,
  SCEP_ERROR_DISABLED,
  SCEP_ERROR_BUSY,
  SCEP_ERROR_CANCELLED,
  SCEP_ERROR_SERVER_UNREACHABLE,
  SCEP_ERROR_TIMEOUT,
  SCEP_ERROR_TLS_FAILED,
  SCEP_ERROR_HTTP_STATUS,
  SCEP_ERROR_MALFORMED_REPLY,
  SCEP_ERROR_TOO_LARGE,
  SCEP_ERROR_UNTRUSTED_CA,
  SCEP_ERROR_FINGERPRINT_MISMATCH,
  SCEP_ERROR_WEAK_ALGORITHM,
  SCEP_ERROR_SIGNATURE_INVALID,
  SCEP_ERROR_DECRYPT_FAILED,
  SCEP_ERROR_NONCE_MISMATCH,
  SCEP_ERROR_TRANSACTION_MISMATCH,
  SCEP_ERROR_CERTIFICATE_MISMATCH,
  SCEP_ERROR_BAD_ALG,
  SCEP_ERROR_BAD_MESSAGE_CHECK,
  SCEP_ERROR_BAD_REQUEST,
  SCEP_ERROR_BAD_TIME,
  SCEP_ERROR_BAD_CERT_ID,
  SCEP_ERROR_REJECTED_OTHER,
  SCEP_ERROR_POLL_LIMIT,
  SCEP_ERROR_UNSUPPORTED,
  SCEP_ERROR_CLOCK_IMPLAUSIBLE,
  SCEP_ERROR_KEYSTORE_NOT_FOUND,
  SCEP_ERROR_KEYSTORE_AMBIGUOUS,
  SCEP_ERROR_STORAGE_FAILED,
  SCEP_ERROR_NO_SUCH_ENTRY,
  SCEP_ERROR_ENTRY_EXISTS,
  SCEP_ERROR_INVALID_ENTRY,
  SCEP_ERROR_NO_SUCH_PROFILE,
  SCEP_ERROR_PROFILE_EXISTS,
  SCEP_ERROR_N_CODES /*< skip >*/
} ScepError;

/**
 * SCEP_ERROR:
 *
 * The project's one error domain.
 */
#define SCEP_ERROR (scep_error_quark ())
GQuark scep_error_quark (void);

const char *scep_error_get_name (ScepError code);
gboolean scep_error_from_name (const char *name, ScepError *code);
void scep_error_set (GError **error, ScepError code, const char *format, ...) G_GNUC_PRINTF (3, 4);
char *scep_error_refuse (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);
