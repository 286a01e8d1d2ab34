/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-trust-record.h"

#include "base/scep-error.h"
#include "record-helpers.h"
#include "settings-helpers.h"

#define GROUP "Trust"
#define ANCHOR "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define RA "11112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define NEXT "22112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define STRANGER "33112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static GKeyFile *good;

static gpointer
load (GKeyFile *key_file, GError **error)
{
  return scep_trust_record_load (key_file, error);
}

static ScepSettings *
settings_new (const char *keys)
{
  g_autoptr (ScepSettingsLayer) layer = test_layer_from_text (SCEP_LAYER_BUS, keys);
  g_autoptr (GError) error = NULL;
  ScepSettings *settings = scep_settings_new_layered (NULL, NULL, layer, &error);

  g_assert_no_error (error);
  return settings;
}

static ScepTrustRecord *
record_new (void)
{
  g_autoptr (ScepSettings) settings =
      settings_new ("ServerEndpoint=http://ca.example.org/scep\nCARootFingerprint=" ANCHOR "\n");
  g_autoptr (GPtrArray) entries =
      g_ptr_array_new_with_free_func ((GDestroyNotify) scep_trust_entry_free);

  g_ptr_array_add (entries, scep_trust_entry_new (ANCHOR, SCEP_TRUST_ANCHOR | SCEP_TRUST_ISSUING,
                                                  SCEP_PROVENANCE_FINGERPRINT));
  g_ptr_array_add (entries, scep_trust_entry_new (RA, SCEP_TRUST_RA_SIGN | SCEP_TRUST_RA_ENCRYPT,
                                                  SCEP_PROVENANCE_RA_USAGE));
  g_ptr_array_add (entries,
                   scep_trust_entry_new (NEXT, SCEP_TRUST_PENDING, SCEP_PROVENANCE_ROLLOVER));
  return scep_trust_record_new (settings, entries, TRUE);
}

static void
setup (void)
{
  g_autoptr (ScepTrustRecord) record = record_new ();

  good = g_key_file_new ();
  scep_trust_record_store (record, good);
}

static void
test_missing_key (void)
{
  g_autoptr (GKeyFile) empty = g_key_file_new ();
  g_autoptr (GError) error = NULL;

  g_assert_null (scep_trust_record_load (empty, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_STORAGE_FAILED);
  test_record_refused_without (good, GROUP, "ServerEndpoint", load);
  test_record_refused_without (good, GROUP, "CARootCertificate", load);
  test_record_refused_without (good, GROUP, "CARootFingerprint", load);
  test_record_refused_without (good, "Certificate " RA, "Roles", load);
  test_record_refused_without (good, "Certificate " RA, "Provenance", load);
}

static void
refused_with (const char *group, const char *key, const char *value)
{
  g_autoptr (GKeyFile) bad = test_record_reread (good);
  g_autoptr (GError) error = NULL;

  g_key_file_set_value (bad, group, key, value);
  g_assert_null (scep_trust_record_load (bad, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_STORAGE_FAILED);
}

/* Nothing becomes trusted, or an anchor, by a slip of the pen. */
static void
test_odd_value (void)
{
  refused_with (GROUP, "Certificates", "");
  refused_with (GROUP, "Certificates", RA ";");
  refused_with (GROUP, "Certificates", ANCHOR ";" ANCHOR ";");
  refused_with (GROUP, "Certificates", ANCHOR ";" RA ";" RA ";");
  refused_with (GROUP, "Certificates", ANCHOR ";" STRANGER ";");
  refused_with (GROUP, "Certificates", ANCHOR ";0011;");
  refused_with (GROUP, "ServerEndpoint", "bad\\escape");
  refused_with ("Certificate " ANCHOR, "Roles", "issuing;");
  refused_with ("Certificate " RA, "Roles", "anchor;");
  refused_with ("Certificate " RA, "Roles", "");
  refused_with ("Certificate " RA, "Roles", "emperor;");
  refused_with ("Certificate " RA, "Provenance", "hearsay");
}

static void
unref (gpointer record)
{
  scep_trust_record_unref (record);
}

static void
test_cut_off (void)
{
  test_record_cut_off (good, load, unref);
}

static void
test_round_trip (void)
{
  g_autoptr (GKeyFile) key_file = test_record_reread (good);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepTrustRecord) record = scep_trust_record_load (key_file, &error);
  const ScepTrustEntry *ra;
  g_auto (GStrv) trusted = NULL;

  g_assert_no_error (error);
  ra = scep_trust_record_lookup (record, RA);
  g_assert_cmpuint (scep_trust_record_get_entries (record)->len, ==, 3);
  g_assert_cmpstr (scep_trust_record_get_anchor (record)->fingerprint, ==, ANCHOR);
  g_assert_cmpint (scep_trust_record_get_anchor (record)->roles, ==,
                   SCEP_TRUST_ANCHOR | SCEP_TRUST_ISSUING);
  g_assert_cmpint (ra->roles, ==, SCEP_TRUST_RA_SIGN | SCEP_TRUST_RA_ENCRYPT);
  g_assert_cmpint (ra->provenance, ==, SCEP_PROVENANCE_RA_USAGE);
  g_assert_null (scep_trust_record_lookup (record, STRANGER));
  g_assert_true (scep_trust_record_has_ignored (record));
  trusted = scep_trust_record_dup_fingerprints (record);
  g_assert_cmpuint (g_strv_length (trusted), ==, 2);
  g_assert_cmpstr (trusted[0], ==, ANCHOR);
  g_assert_cmpstr (trusted[1], ==, RA);
}

/* A record from before there was the word says nothing. */
static void
test_without_ignored (void)
{
  g_autoptr (GKeyFile) key_file = test_record_reread (good);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepTrustRecord) record = NULL;

  g_key_file_remove_key (key_file, GROUP, "CertificatesIgnored", &error);
  g_assert_no_error (error);
  record = scep_trust_record_load (key_file, &error);
  g_assert_no_error (error);
  g_assert_false (scep_trust_record_has_ignored (record));
}

/* The three settings that a new bootstrap follows, and no other. */
static void
test_matches (void)
{
  static const char *const others[] = {
    "ServerEndpoint=http://other.example.org/scep\nCARootFingerprint=" ANCHOR "\n",
    "ServerEndpoint=http://ca.example.org/scep\n",
    "ServerEndpoint=http://ca.example.org/scep\nCARootFingerprint=" RA "\n",
  };
  g_autoptr (ScepTrustRecord) record = record_new ();
  g_autofree char *pem = test_ca_pem_new (2048, TRUE);
  g_autoptr (ScepSettings) same = settings_new (
      "ServerEndpoint=http://ca.example.org/scep\nCARootFingerprint=" ANCHOR "\n"
      "CARootVerificationMethod=certificate\nRSAKeyLength=4096\nRACertificateFingerprint=" RA "\n");
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepSettingsLayer) with_certificate =
      test_layer_with_string (SCEP_SETTING_CA_ROOT_CERTIFICATE, pem, &error);
  g_autoptr (ScepSettingsLayer) lower = test_layer_from_text (
      SCEP_LAYER_FILE, "ServerEndpoint=http://ca.example.org/scep\nCARootFingerprint=" ANCHOR "\n");
  g_autoptr (ScepSettings) certificate =
      scep_settings_new_layered (lower, NULL, with_certificate, &error);

  g_assert_no_error (error);
  g_assert_true (scep_trust_record_matches (record, same));
  g_assert_false (scep_trust_record_matches (record, certificate));
  for (guint i = 0; i < G_N_ELEMENTS (others); i++) {
    g_autoptr (ScepSettings) settings = settings_new (others[i]);

    g_assert_false (scep_trust_record_matches (record, settings));
  }
}

/* A rewrite drops what is not trusted any more, and keeps what it does not know. */
static void
test_rewrite (void)
{
  g_autoptr (GKeyFile) key_file = test_record_reread (good);
  g_autoptr (ScepTrustRecord) record = record_new ();
  g_autofree char *later = NULL;
  g_autofree char *comment = NULL;

  g_key_file_set_string (key_file, GROUP, "Later", "a");
  g_key_file_set_string (key_file, "Certificate " RA, "Later", "b");
  g_key_file_set_string (key_file, "Certificate " STRANGER, "Roles", "anchor;");
  scep_trust_record_store (record, key_file);
  later = g_key_file_get_string (key_file, GROUP, "Later", NULL);
  comment = g_key_file_get_string (key_file, "Certificate " RA, "Later", NULL);
  g_assert_cmpstr (later, ==, "a");
  g_assert_cmpstr (comment, ==, "b");
  g_assert_false (g_key_file_has_group (key_file, "Certificate " STRANGER));
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  setup ();
  g_test_add_func ("/trust-record/missing-key", test_missing_key);
  g_test_add_func ("/trust-record/odd-value", test_odd_value);
  g_test_add_func ("/trust-record/cut-off", test_cut_off);
  g_test_add_func ("/trust-record/round-trip", test_round_trip);
  g_test_add_func ("/trust-record/without-ignored", test_without_ignored);
  g_test_add_func ("/trust-record/matches", test_matches);
  g_test_add_func ("/trust-record/rewrite", test_rewrite);
  result = g_test_run ();
  g_key_file_unref (good);
  return result;
}
