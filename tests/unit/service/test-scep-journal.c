/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-journal.h"

#include "enroll/scep-clock-system.h"
#include "service/scep-message-ids.h"

#include <string.h>

/* The fields of the last entry. */
static GHashTable *entry;

static GLogWriterOutput
record_entry (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  g_hash_table_remove_all (entry);
  for (gsize i = 0; i < n_fields; i++) {
    g_assert_cmpint (fields[i].length, ==, -1);
    g_assert_true (
        g_hash_table_insert (entry, g_strdup (fields[i].key), g_strdup (fields[i].value)));
  }
  g_assert_cmpint (level & G_LOG_LEVEL_MASK, ==, G_LOG_LEVEL_MESSAGE);
  return G_LOG_WRITER_HANDLED;
}

static void
expect (const char *field, const char *value)
{
  g_assert_cmpstr (g_hash_table_lookup (entry, field), ==, value);
}

static ScepProfile *
make_profile (void)
{
  g_autoptr (ScepClock) clock = scep_clock_system_new (NULL);
  g_autoptr (ScepKeystoreRegistry) keystores = scep_keystore_registry_new ();
  g_autoptr (ScepWorker) worker = scep_worker_new (1);
  ScepProfileContext context = {
    .clock = clock,
    .keystores = keystores,
    .crypto = worker,
    .storage = worker,
    .vendor_directory = "/nonexistent",
    .configuration_directory = "/nonexistent",
    .state_directory = "/nonexistent",
  };
  ScepProfile *profile = scep_profile_new ("vpn", &context);

  scep_journal_watch (profile);
  return profile;
}

static void
test_failed (void)
{
  g_autoptr (ScepProfile) profile = make_profile ();

  g_signal_emit_by_name (profile, "enrollment-failed", "org.example.Error.Timeout", "It is down.",
                         G_GINT64_CONSTANT (1767225600));
  expect ("MESSAGE_ID", SCEP_MESSAGE_ENROLLMENT_FAILED);
  expect ("PRIORITY", "4");
  expect ("MESSAGE", "Profile vpn: It is down.");
  expect ("SCEP_PROFILE", "vpn");
  expect ("SCEP_ERROR", "org.example.Error.Timeout");
  expect ("SCEP_NEXT_ATTEMPT", "2026-01-01T00:00:00Z");

  g_signal_emit_by_name (profile, "enrollment-failed", "org.example.Error.Timeout", "It is down.",
                         G_GINT64_CONSTANT (0));
  expect ("SCEP_NEXT_ATTEMPT", NULL);
}

/* Every few seconds the same: once a minute is enough. */
static void
test_failed_again (void)
{
  g_autoptr (ScepProfile) profile = make_profile ();
  guint n = 0;

  for (guint i = 0; i < 100; i++) {
    g_hash_table_remove_all (entry);
    g_signal_emit_by_name (profile, "renewal-failed", "org.example.Error.Timeout", "It is down.",
                           G_GINT64_CONSTANT (1767225600) + i);
    n += g_hash_table_size (entry) > 0;
  }
  g_assert_cmpuint (n, >=, 1);
  g_assert_cmpuint (n, <=, 2);
  g_signal_emit_by_name (profile, "renewal-failed", "org.example.Error.Timeout", "It is up.",
                         G_GINT64_CONSTANT (1767225600));
  expect ("MESSAGE", "Profile vpn: It is up.");
}

static void
test_enrolled (void)
{
  g_autoptr (ScepProfile) profile = make_profile ();

  g_signal_emit_by_name (profile, "enrolled", "abcd", "0f", G_GINT64_CONSTANT (1767225600));
  expect ("MESSAGE_ID", SCEP_MESSAGE_ENROLLED);
  expect ("PRIORITY", "5");
  expect ("SCEP_PROFILE", "vpn");
  expect ("SCEP_FINGERPRINT", "abcd");
  expect ("SCEP_SERIAL", "0f");
  expect ("SCEP_NOT_AFTER", "2026-01-01T00:00:00Z");
  g_assert_nonnull (strstr (g_hash_table_lookup (entry, "MESSAGE"), "vpn"));
}

static void
test_expiring (void)
{
  g_autoptr (ScepProfile) profile = make_profile ();

  g_signal_emit_by_name (profile, "certificate-expiring", G_GINT64_CONSTANT (1767225600));
  expect ("MESSAGE_ID", SCEP_MESSAGE_CERTIFICATE_EXPIRING);
  expect ("PRIORITY", "4");
  expect ("SCEP_NOT_AFTER", "2026-01-01T00:00:00Z");
  g_assert_nonnull (strstr (g_hash_table_lookup (entry, "MESSAGE"), "2026-01-01"));
}

static void
test_pending (void)
{
  g_autoptr (ScepProfile) profile = make_profile ();

  g_signal_emit_by_name (profile, "pending", "T1", G_GINT64_CONSTANT (1767225600));
  expect ("MESSAGE_ID", SCEP_MESSAGE_PENDING);
  expect ("SCEP_TRANSACTION_ID", "T1");
  expect ("SCEP_NEXT_ATTEMPT", "2026-01-01T00:00:00Z");
}

static void
test_trust (void)
{
  g_autoptr (ScepProfile) profile = make_profile ();
  const char *const fingerprints[] = { "ab", "cd", NULL };

  g_signal_emit_by_name (profile, "trust-requested", "ab", "CN=CA");
  expect ("MESSAGE_ID", SCEP_MESSAGE_TRUST_REQUESTED);
  expect ("SCEP_FINGERPRINT", "ab");
  expect ("SCEP_SUBJECT", "CN=CA");

  g_signal_emit_by_name (profile, "ca-certificates-changed", fingerprints);
  expect ("MESSAGE_ID", SCEP_MESSAGE_CA_CERTIFICATES_CHANGED);
  expect ("SCEP_FINGERPRINT", "ab cd");

  g_signal_emit_by_name (profile, "ca-rolled-over", "ab", "ef");
  expect ("MESSAGE_ID", SCEP_MESSAGE_CA_ROLLED_OVER);
  expect ("SCEP_OLD_FINGERPRINT", "ab");
  expect ("SCEP_FINGERPRINT", "ef");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  entry = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_log_set_writer_func (record_entry, NULL, NULL);
  g_test_add_func ("/journal/failed", test_failed);
  g_test_add_func ("/journal/failed/again", test_failed_again);
  g_test_add_func ("/journal/enrolled", test_enrolled);
  g_test_add_func ("/journal/expiring", test_expiring);
  g_test_add_func ("/journal/pending", test_pending);
  g_test_add_func ("/journal/trust", test_trust);
  return g_test_run ();
}
