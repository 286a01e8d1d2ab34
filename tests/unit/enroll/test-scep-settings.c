/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-settings.h"

#include "base/scep-error.h"
#include "base/scep-secret.h"
#include "settings-helpers.h"

#include <string.h>

#define FINGERPRINT "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static ScepSettings *
effective (ScepSettingsLayer *bus)
{
  g_autoptr (GError) error = NULL;
  ScepSettings *settings = scep_settings_new_layered (NULL, NULL, bus, &error);

  g_assert_no_error (error);
  return settings;
}

/* What a setting reads as after it was set over the bus. */
static void
becomes (ScepSettingId id, const char *value, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepSettingsLayer) layer = test_layer_with_string (id, value, &error);
  g_autoptr (ScepSettings) settings = NULL;

  g_assert_no_error (error);
  settings = effective (layer);
  g_assert_cmpstr (scep_settings_get_string (settings, id), ==, expected);
}

static void
item_becomes (ScepSettingId id, const char *item, const char *expected)
{
  const char *const items[] = { item, NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepSettingsLayer) layer = test_layer_with_strv (id, items, &error);
  g_autoptr (ScepSettings) settings = NULL;

  g_assert_no_error (error);
  settings = effective (layer);
  g_assert_cmpstr (scep_settings_get_strv (settings, id)[0], ==, expected);
  g_assert_null (scep_settings_get_strv (settings, id)[1]);
}

static void
test_normalized (void)
{
  becomes (SCEP_SETTING_SERVER_ENDPOINT, "http://ca.example.org",
           "http://ca.example.org/cgi-bin/pkiclient.exe");
  becomes (SCEP_SETTING_SERVER_ENDPOINT, "https://ca.example.org:8443/scep/a?b=c",
           "https://ca.example.org:8443/scep/a?b=c");
  becomes (SCEP_SETTING_SERVER_ENDPOINT, "", "");
  becomes (SCEP_SETTING_CA_ROOT_FINGERPRINT,
           "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF "
           "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF",
           FINGERPRINT);
  becomes (SCEP_SETTING_RA_CERTIFICATE_FINGERPRINT,
           "00112233 44556677 8899AABB CCDDEEFF 00112233 44556677 8899AABB CCDDEEFF", FINGERPRINT);
  becomes (SCEP_SETTING_SUBJECT_DN, "CN=${hostname},O=Example\\, Inc.",
           "CN=${hostname},O=Example\\, Inc.");
  becomes (SCEP_SETTING_KEYSTORE_SERVICE_TARGET, "(&(id=a)(!(backend=b)))",
           "(&(id=a)(!(backend=b)))");
  item_becomes (SCEP_SETTING_SUBJECT_ALT_NAMES, "DNS:Host.Example.ORG", "DNS:host.example.org");
  item_becomes (SCEP_SETTING_SUBJECT_ALT_NAMES, "IP:2001:0db8:0:0:0:0:0:1", "IP:2001:db8::1");
  item_becomes (SCEP_SETTING_SUBJECT_ALT_NAMES, "DNS:${fqdn}", "DNS:${fqdn}");
  item_becomes (SCEP_SETTING_EXTENDED_KEY_USAGE, "1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.2");
  item_becomes (SCEP_SETTING_KEY_USAGE, "keyEncipherment", "keyEncipherment");
}

static void
test_words (void)
{
  g_autoptr (ScepSettings) defaults = scep_settings_new_default ();
  g_autoptr (ScepSettingsLayer) layer = test_layer_from_text (
      SCEP_LAYER_BUS, "CARootVerificationMethod=certificate\nAlgorithmPolicy=strict\n"
                      "RenewalSendsChallenge=always\nSubjectChange=reenroll\n");
  g_autoptr (ScepSettings) settings = effective (layer);

  g_assert_cmpint (scep_settings_get_verification_method (defaults), ==, SCEP_VERIFY_FINGERPRINT);
  g_assert_cmpint (scep_settings_get_policy (defaults), ==, SCEP_POLICY_DEFAULT);
  g_assert_cmpint (scep_settings_get_renewal_challenge (defaults), ==, SCEP_RENEWAL_CHALLENGE_AUTO);
  g_assert_cmpint (scep_settings_get_subject_change (defaults), ==, SCEP_SUBJECT_CHANGE_WARN);
  g_assert_cmpint (scep_settings_get_verification_method (settings), ==, SCEP_VERIFY_CERTIFICATE);
  g_assert_cmpint (scep_settings_get_policy (settings), ==, SCEP_POLICY_STRICT);
  g_assert_cmpint (scep_settings_get_renewal_challenge (settings), ==,
                   SCEP_RENEWAL_CHALLENGE_ALWAYS);
  g_assert_cmpint (scep_settings_get_subject_change (settings), ==, SCEP_SUBJECT_CHANGE_REENROLL);
}

/* Each key by itself comes from the highest layer that says something. */
static void
test_layers (void)
{
  g_autoptr (ScepSettingsLayer) vendor = test_layer_from_text (
      SCEP_LAYER_FILE, "SubjectDN=CN=vendor\nRSAKeyLength=3072\nCARollover=false\n"
                       "CAIdentifier=vendor\nSubjectAltNames=DNS:a.example;DNS:b.example;\n");
  g_autoptr (ScepSettingsLayer) configuration =
      test_layer_from_text (SCEP_LAYER_FILE, "RSAKeyLength=4096\nCAIdentifier=site\n");
  g_autoptr (ScepSettingsLayer) bus =
      test_layer_from_text (SCEP_LAYER_BUS, "CAIdentifier=\nSubjectAltNames=\n");
  static const char *const names[] = { "CAIdentifier", NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepSettings) settings =
      scep_settings_new_layered (vendor, configuration, bus, &error);
  g_autoptr (ScepSettingsLayer) reset = NULL;
  g_autoptr (ScepSettings) after = NULL;
  g_auto (GStrv) changed = NULL;

  g_assert_no_error (error);
  g_assert_cmpstr (scep_settings_get_string (settings, SCEP_SETTING_SUBJECT_DN), ==, "CN=vendor");
  g_assert_cmpuint (scep_settings_get_uint (settings, SCEP_SETTING_RSA_KEY_LENGTH), ==, 4096);
  g_assert_false (scep_settings_get_boolean (settings, SCEP_SETTING_CA_ROLLOVER));
  g_assert_cmpstr (scep_settings_get_string (settings, SCEP_SETTING_CA_IDENTIFIER), ==, "");
  g_assert_null (scep_settings_get_strv (settings, SCEP_SETTING_SUBJECT_ALT_NAMES)[0]);
  g_assert_true (scep_settings_get_boolean (settings, SCEP_SETTING_CLIENT_CERTIFICATE_RENEW));
  g_assert_true (scep_settings_layer_has (bus, SCEP_SETTING_CA_IDENTIFIER));
  g_assert_false (scep_settings_layer_has (bus, SCEP_SETTING_SUBJECT_DN));

  reset = scep_settings_layer_reset (bus, names, &error);
  g_assert_no_error (error);
  g_assert_true (scep_settings_layer_has (bus, SCEP_SETTING_CA_IDENTIFIER));
  after = scep_settings_new_layered (vendor, configuration, reset, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (scep_settings_get_string (after, SCEP_SETTING_CA_IDENTIFIER), ==, "site");
  changed = scep_settings_list_changed (settings, after);
  g_assert_cmpuint (g_strv_length (changed), ==, 1);
  g_assert_cmpstr (changed[0], ==, "CAIdentifier");
}

static void
test_missing (void)
{
  g_autoptr (ScepSettings) nothing = scep_settings_new_default ();
  g_autoptr (ScepSettingsLayer) layer = test_layer_from_text (
      SCEP_LAYER_BUS, "ServerEndpoint=http://ca.example.org/scep\nSubjectAltNames=DNS:a.example;\n"
                      "CARootVerificationMethod=certificate\n");
  g_autoptr (ScepSettings) settings = effective (layer);
  g_autoptr (ScepSettingsLayer) whole_layer = test_layer_from_text (
      SCEP_LAYER_BUS, "ServerEndpoint=http://ca.example.org/scep\nSubjectDN=CN=a\n");
  g_autoptr (ScepSettings) whole = effective (whole_layer);
  g_auto (GStrv) all = scep_settings_get_missing (nothing);
  g_auto (GStrv) one = scep_settings_get_missing (settings);
  g_auto (GStrv) none = scep_settings_get_missing (whole);

  g_assert_cmpuint (g_strv_length (all), ==, 2);
  g_assert_cmpstr (all[0], ==, "ServerEndpoint");
  g_assert_cmpstr (all[1], ==, "SubjectDN");
  g_assert_cmpuint (g_strv_length (one), ==, 1);
  g_assert_cmpstr (one[0], ==, "CARootCertificate");
  g_assert_cmpuint (g_strv_length (none), ==, 0);
}

static void
assert_challenge (ScepSettings *settings, const char *expected)
{
  GBytes *challenge = scep_settings_get_challenge (settings);

  g_assert_nonnull (challenge);
  g_assert_cmpmem (g_bytes_get_data (challenge, NULL), g_bytes_get_size (challenge), expected,
                   strlen (expected));
  g_assert_cmpstr (scep_settings_get_string (settings, SCEP_SETTING_CHALLENGE_PASSWORD), ==, "");
}

/* The bus decides, even by saying that there is none; else a file or a credential may. */
static void
test_challenge (void)
{
  g_autoptr (ScepSettingsLayer) file =
      test_layer_from_text (SCEP_LAYER_FILE, "ChallengePasswordFile=/etc/secret\n");
  g_autoptr (ScepSettingsLayer) bus =
      test_layer_from_text (SCEP_LAYER_BUS, "ChallengePassword=tiger\n");
  g_autoptr (ScepSettingsLayer) cleared = NULL;
  g_autoptr (GBytes) secret = g_bytes_new_static ("horse", 5);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepSettings) from_file = scep_settings_new_layered (NULL, file, NULL, &error);
  g_autoptr (ScepSettings) read = scep_settings_with_challenge (from_file, secret, &error);
  g_autoptr (ScepSettings) from_bus = scep_settings_new_layered (NULL, file, bus, &error);
  g_autoptr (ScepSettings) none = NULL;
  g_auto (GStrv) changed = scep_settings_list_changed (from_file, from_bus);

  g_assert_true (scep_settings_wants_challenge (from_file));
  g_assert_null (scep_settings_get_challenge (from_file));
  g_assert_cmpstr (scep_settings_get_challenge_file (from_file), ==, "/etc/secret");
  assert_challenge (read, "horse");
  g_assert_false (scep_settings_wants_challenge (read));

  assert_challenge (from_bus, "tiger");
  g_assert_false (scep_settings_wants_challenge (from_bus));
  g_assert_null (scep_settings_get_challenge_file (from_bus));
  g_assert_false (scep_settings_same (read, from_bus, SCEP_SETTING_CHALLENGE_PASSWORD));
  g_assert_true (scep_settings_same (read, read, SCEP_SETTING_CHALLENGE_PASSWORD));
  g_assert_cmpuint (g_strv_length (changed), ==, 0);

  cleared = scep_settings_layer_set_challenge (bus, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (scep_settings_layer_has (cleared, SCEP_SETTING_CHALLENGE_PASSWORD));
  none = scep_settings_new_layered (NULL, file, cleared, &error);
  g_assert_null (scep_settings_get_challenge (none));
  g_assert_false (scep_settings_wants_challenge (none));
}

/* What is written to the disk is read back, to the letter. */
static void
test_round_trip (void)
{
  static const char *const challenges[] = { " lead and trail ", "semi;colon", "back\\slash\\s\\n",
                                            "größe ☃",          "=[#;",       "" };
  g_autoptr (ScepSettingsLayer) first = test_layer_from_text (
      SCEP_LAYER_BUS, "Enabled=true\nServerEndpoint=http://ca.example.org/a%2Fb?x=1;2\n"
                      "SubjectDN=CN=a\\\\;b,O=Größe\nRSAKeyLength=4096\nConnectRetryInterval=5\n"
                      "SubjectAltNames=DNS:a.example;UPN:a\\\\b;\nKeyUsage=\n"
                      "CARootCertificate=\n");

  for (guint i = 0; i < G_N_ELEMENTS (challenges); i++) {
    g_autoptr (GBytes) challenge = scep_secret_bytes_new (challenges[i], strlen (challenges[i]));
    g_autoptr (GError) error = NULL;
    g_autoptr (ScepSettingsLayer) layer =
        scep_settings_layer_set_challenge (first, challenge, &error);
    g_autoptr (ScepSettingsLayer) again = test_layer_reread (layer, SCEP_LAYER_BUS);
    g_autoptr (ScepSettings) before = effective (layer);
    g_autoptr (ScepSettings) after = effective (again);

    for (guint id = 0; id < SCEP_N_SETTINGS; id++) {
      g_assert_cmpint (scep_settings_layer_has (layer, (ScepSettingId) id), ==,
                       scep_settings_layer_has (again, (ScepSettingId) id));
      g_assert_true (scep_settings_same (before, after, (ScepSettingId) id));
    }
    g_assert_cmpint (scep_settings_wants_challenge (before), ==,
                     scep_settings_wants_challenge (after));
  }
}

static void
test_certificate_round_trip (void)
{
  g_autofree char *pem = test_ca_pem_new (2048, TRUE);
  g_autofree char *with_text = g_strconcat ("subject: a CA\r\n", pem, "\n# the end\n", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepSettingsLayer) layer =
      test_layer_with_string (SCEP_SETTING_CA_ROOT_CERTIFICATE, with_text, &error);
  g_autoptr (ScepSettingsLayer) again = NULL;
  g_autoptr (ScepSettings) settings = NULL;

  g_assert_no_error (error);
  again = test_layer_reread (layer, SCEP_LAYER_BUS);
  settings = effective (again);
  g_assert_cmpstr (scep_settings_get_string (settings, SCEP_SETTING_CA_ROOT_CERTIFICATE), ==, pem);
}

static void
assert_unknown_kept (ScepSettingsLayer *layer)
{
  g_autoptr (GKeyFile) key_file = scep_settings_layer_to_key_file (layer);
  g_autofree char *key = g_key_file_get_value (key_file, "Profile", "Later", NULL);
  g_autofree char *other = g_key_file_get_value (key_file, "Other", "Key", NULL);

  g_assert_cmpstr (key, ==, "a\\sb;");
  g_assert_cmpstr (other, ==, "1");
}

/* A newer version's keys outlive a visit of this one. */
static void
test_unknown (void)
{
  g_autoptr (ScepSettingsLayer) layer = test_layer_from_text (
      SCEP_LAYER_BUS, "Later=a\\sb;\nEnabled=true\n[Other]\nKey=1\nEnabled=maybe\n");
  static const char *const names[] = { "Enabled", NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepSettingsLayer) reset = scep_settings_layer_reset (layer, names, &error);
  g_autoptr (ScepSettingsLayer) changed = NULL;
  g_auto (GStrv) unknown = scep_settings_layer_list_unknown (layer);
  g_auto (GValue) value = G_VALUE_INIT;
  g_autoptr (GHashTable) changes = g_hash_table_new (g_str_hash, g_str_equal);

  g_assert_no_error (error);
  g_assert_cmpuint (g_strv_length (unknown), ==, 2);
  g_assert_cmpstr (unknown[0], ==, "[Other]");
  g_assert_cmpstr (unknown[1], ==, "Later");
  g_value_init (&value, G_TYPE_UINT);
  g_value_set_uint (&value, 4096);
  g_hash_table_insert (changes, (gpointer) "RSAKeyLength", &value);
  changed = scep_settings_layer_apply (reset, changes, &error);
  g_assert_no_error (error);
  assert_unknown_kept (layer);
  assert_unknown_kept (changed);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/settings/normalized", test_normalized);
  g_test_add_func ("/settings/words", test_words);
  g_test_add_func ("/settings/layers", test_layers);
  g_test_add_func ("/settings/missing", test_missing);
  g_test_add_func ("/settings/challenge", test_challenge);
  g_test_add_func ("/settings/round-trip", test_round_trip);
  g_test_add_func ("/settings/certificate-round-trip", test_certificate_round_trip);
  g_test_add_func ("/settings/unknown", test_unknown);
  return g_test_run ();
}
