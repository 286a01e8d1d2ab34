/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-transaction.h"

#include "base/scep-error.h"
#include "base/scep-secret.h"
#include "certificate-factory.h"
#include "record-helpers.h"

#include <string.h>

#define GROUP "Transaction"
#define HASH_A "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define HASH_B "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define STARTED G_GINT64_CONSTANT (1760000000)

static TestCertificate *signer;
static GKeyFile *good;

static gpointer
load (GKeyFile *key_file, GError **error)
{
  return scep_transaction_load (key_file, error);
}

static ScepTransaction *
transaction_new (ScepMessageType type)
{
  g_autoptr (GBytes) csr = scep_secret_bytes_new ("a request \0 with bytes", 22);

  return scep_transaction_new (&(ScepTransactionSpec){ .id = "2f7a",
                                                       .type = type,
                                                       .key_hash = HASH_A,
                                                       .signer = signer->certificate,
                                                       .csr = csr,
                                                       .opener_hash = HASH_B,
                                                       .uses_challenge = TRUE,
                                                       .started = STARTED,
                                                       .names = "CN=host\nDNS:host",
                                                       .has_same_names = TRUE });
}

static void
setup (void)
{
  g_autoptr (ScepTransaction) transaction = NULL;

  signer = test_certificate_new (&(TestCertificateSpec){ .name = "host",
                                                         .not_before = STARTED - 86400,
                                                         .not_after = STARTED + 86400 },
                                 NULL, NULL);
  good = g_key_file_new ();
  transaction = transaction_new (SCEP_MESSAGE_PKCS_REQ);
  scep_transaction_store (transaction, good);
}

static void
test_missing_key (void)
{
  g_auto (GStrv) keys = g_key_file_get_keys (good, GROUP, NULL, NULL);
  g_autoptr (GKeyFile) empty = g_key_file_new ();
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (g_strv_length (keys), ==, 13);
  for (guint i = 0; keys[i] != NULL; i++) {
    /* An older file has none. */
    if (!g_str_equal (keys[i], "Names") && !g_str_equal (keys[i], "SameNames"))
      test_record_refused_without (good, GROUP, keys[i], load);
  }
  g_assert_null (scep_transaction_load (empty, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_STORAGE_FAILED);
}

static void
test_odd_value (void)
{
  static const struct {
    const char *key;
    const char *value;
  } rows[] = {
    { "TransactionID", "" },
    { "TransactionID", "größe" },
    { "TransactionID", "bad\\escape" },
    { "MessageType", "CertPoll" },
    { "MessageType", "" },
    { "RequestKey", "0011" },
    { "RequestKey", "" },
    { "OpenerKey", "not hex" },
    { "Signer", "" },
    { "Signer", "-----BEGIN CERTIFICATE-----\\nMAA=\\n-----END CERTIFICATE-----\\n" },
    { "Request", "" },
    { "Request", "====" },
    { "Request", "YWJ" },
    { "Request", "YW Jj" },
    { "Request", "!!!!" },
    { "UsesChallenge", "perhaps" },
    { "Names", "bad\\escape" },
    { "SameNames", "perhaps" },
    { "Started", "yesterday" },
    { "Started", "-1" },
    { "Started", "99999999999999999999" },
    { "Phase", "done" },
    { "PollCount", "4294967296" },
    { "PollCount", "1.5" },
    { "NextPoll", "" },
  };
  g_autofree char *long_id = g_strnfill (129, 'a');

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    test_record_refused_with (good, GROUP, rows[i].key, rows[i].value, load);
  test_record_refused_with (good, GROUP, "TransactionID", long_id, load);
}

static void
unref (gpointer transaction)
{
  scep_transaction_unref (transaction);
}

static void
test_cut_off (void)
{
  test_record_cut_off (good, load, unref);
}

/* No fault in the file may bring the request, which holds the challenge, into a message. */
static void
test_keeps_secret (void)
{
  g_autoptr (GKeyFile) bad = test_record_reread (good);
  g_autofree char *secret = g_key_file_get_string (bad, GROUP, "Request", NULL);
  g_autofree char *odd = g_strconcat (secret, "?", NULL);
  g_autoptr (GError) error = NULL;

  g_key_file_set_string (bad, GROUP, "Request", odd);
  g_assert_null (scep_transaction_load (bad, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_STORAGE_FAILED);
  g_assert_null (strstr (error->message, secret));
}

static void
check_round_trip (ScepMessageType type)
{
  g_autoptr (ScepTransaction) first = transaction_new (type);
  g_autoptr (ScepTransaction) before =
      scep_transaction_with_poll (first, SCEP_TRANSACTION_PENDING, 7, STARTED + 60);
  g_autoptr (GKeyFile) written = g_key_file_new ();
  g_autoptr (GKeyFile) read = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepTransaction) after = NULL;

  g_assert_cmpint (scep_transaction_get_phase (first), ==, SCEP_TRANSACTION_SENT);
  g_assert_cmpuint (scep_transaction_get_poll_count (first), ==, 0);
  scep_transaction_store (before, written);
  read = test_record_reread (written);
  after = scep_transaction_load (read, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (scep_transaction_get_id (after), ==, "2f7a");
  g_assert_cmpint (scep_transaction_get_message_type (after), ==, type);
  g_assert_cmpstr (scep_transaction_get_key_hash (after), ==, HASH_A);
  g_assert_cmpstr (scep_transaction_get_opener_hash (after), ==, HASH_B);
  g_assert_true (scep_certificate_equal (scep_transaction_get_signer (after), signer->certificate));
  g_assert_true (
      g_bytes_equal (scep_transaction_get_csr (after), scep_transaction_get_csr (first)));
  g_assert_true (scep_transaction_uses_challenge (after));
  g_assert_cmpint (scep_transaction_get_started (after), ==, STARTED);
  g_assert_cmpint (scep_transaction_get_phase (after), ==, SCEP_TRANSACTION_PENDING);
  g_assert_cmpuint (scep_transaction_get_poll_count (after), ==, 7);
  g_assert_cmpint (scep_transaction_get_next_poll (after), ==, STARTED + 60);
  g_assert_cmpstr (scep_transaction_get_names (after), ==, "CN=host\nDNS:host");
  g_assert_true (scep_transaction_has_same_names (after));
}

static void
test_round_trip (void)
{
  check_round_trip (SCEP_MESSAGE_PKCS_REQ);
  check_round_trip (SCEP_MESSAGE_RENEWAL_REQ);
}

static void
test_unknown (void)
{
  g_autoptr (GKeyFile) key_file = test_record_reread (good);
  g_autoptr (ScepTransaction) transaction = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *kept = NULL;

  g_key_file_set_string (key_file, GROUP, "Later", "a");
  g_key_file_remove_key (key_file, GROUP, "Names", NULL);
  g_key_file_remove_key (key_file, GROUP, "SameNames", NULL);
  transaction = scep_transaction_load (key_file, &error);
  g_assert_no_error (error);
  g_assert_null (scep_transaction_get_names (transaction));
  g_assert_false (scep_transaction_has_same_names (transaction));
  scep_transaction_store (transaction, key_file);
  kept = g_key_file_get_string (key_file, GROUP, "Later", NULL);
  g_assert_cmpstr (kept, ==, "a");
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  setup ();
  g_test_add_func ("/transaction/missing-key", test_missing_key);
  g_test_add_func ("/transaction/odd-value", test_odd_value);
  g_test_add_func ("/transaction/cut-off", test_cut_off);
  g_test_add_func ("/transaction/keeps-secret", test_keeps_secret);
  g_test_add_func ("/transaction/round-trip", test_round_trip);
  g_test_add_func ("/transaction/unknown", test_unknown);
  result = g_test_run ();
  test_certificate_free (signer);
  g_key_file_unref (good);
  return result;
}
