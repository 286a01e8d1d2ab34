/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-error.h"

#include <gio/gio.h>

/* The names are a contract with every caller on the bus: written out once more. */
static const char *const contract[] = {
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
G_STATIC_ASSERT (G_N_ELEMENTS (contract) == SCEP_ERROR_N_CODES);

static void
test_unknown (void)
{
  static const char *const unknown[] = {
    "", "failed", "Failed ", "BadAlgo", "org.example.SCEPEnrollment.Error.Failed", NULL,
  };
  ScepError code = SCEP_ERROR_BUSY;

  for (guint i = 0; i < G_N_ELEMENTS (unknown); i++) {
    g_assert_false (scep_error_from_name (unknown[i], &code));
    g_assert_cmpint (code, ==, SCEP_ERROR_BUSY);
  }
  g_test_expect_message ("scep-base", G_LOG_LEVEL_CRITICAL, "*SCEP_ERROR_N_CODES*");
  g_assert_cmpstr (scep_error_get_name (SCEP_ERROR_N_CODES), ==, "Failed");
  g_test_assert_expected_messages ();
}

static void
test_names (void)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < SCEP_ERROR_N_CODES; i++) {
    ScepError code = SCEP_ERROR_N_CODES;

    g_assert_cmpstr (scep_error_get_name ((ScepError) i), ==, contract[i]);
    g_assert_true (g_hash_table_add (seen, (gpointer) contract[i]));
    g_assert_true (scep_error_from_name (contract[i], &code));
    g_assert_cmpint (code, ==, i);
  }
}

static void
test_set (void)
{
  g_autoptr (GError) error = NULL;

  scep_error_set (NULL, SCEP_ERROR_BUSY, "%s", "nobody listens");
  scep_error_set (&error, SCEP_ERROR_TOO_LARGE, "%s sent %d bytes. 100%% of them.", "It", 3);
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_TOO_LARGE);
  g_assert_cmpstr (error->message, ==, "It sent 3 bytes. 100% of them.");
  g_assert_cmpstr (g_quark_to_string (SCEP_ERROR), ==, "scep-error-quark");
}

static void
test_refuse (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (scep_error_refuse (NULL, "%s", "nobody listens"));
  g_assert_null (scep_error_refuse (&error, "“%s” is no number below %d.", "ten", 10));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_INVALID_SETTING);
  g_assert_cmpstr (error->message, ==, "“ten” is no number below 10.");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/error/unknown", test_unknown);
  g_test_add_func ("/error/names", test_names);
  g_test_add_func ("/error/set", test_set);
  g_test_add_func ("/error/refuse", test_refuse);
  return g_test_run ();
}
