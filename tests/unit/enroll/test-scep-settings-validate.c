/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-error.h"
#include "certificate-factory.h"
#include "enroll/scep-settings.h"
#include "settings-helpers.h"

#include <string.h>

/* Every refusal begins with the name of the setting, so that people find it. */
static void
assert_refused (gpointer layer, const GError *error, ScepSettingId id, const char *says)
{
  g_autofree char *prefix = g_strconcat (scep_setting_info (id)->name, ": ", NULL);

  g_assert_null (layer);
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_INVALID_SETTING);
  if (!g_str_has_prefix (error->message, prefix) || strstr (error->message, says) == NULL)
    g_error ("“%s” does not begin with “%s” or lacks “%s”", error->message, prefix, says);
}

/* In printable characters: the output is for a program to read. */
static void
announce (ScepSettingId id, const char *value)
{
  g_autofree char *shown = g_strescape (value, NULL);

  g_test_message ("%s=%.80s", scep_setting_info (id)->name, shown);
}

static void
string_refused (ScepSettingId id, const char *value, const char *says)
{
  g_autoptr (GError) error = NULL;
  ScepSettingsLayer *layer = test_layer_with_string (id, value, &error);

  announce (id, value);
  assert_refused (layer, error, id, says);
}

static void
item_refused (ScepSettingId id, const char *item, const char *says)
{
  const char *const items[] = { item, NULL };
  g_autoptr (GError) error = NULL;
  ScepSettingsLayer *layer = test_layer_with_strv (id, items, &error);

  announce (id, item);
  assert_refused (layer, error, id, says);
}

static void
uint_refused (ScepSettingId id, guint number, const char *says)
{
  g_autoptr (GError) error = NULL;
  ScepSettingsLayer *layer = test_layer_with_uint (id, number, &error);

  g_test_message ("%s=%u", scep_setting_info (id)->name, number);
  assert_refused (layer, error, id, says);
}

static void
text_refused (ScepLayerKind kind, const char *keys, ScepSettingId id, const char *says)
{
  g_autoptr (GError) error = NULL;
  ScepSettingsLayer *layer = test_layer_try_text (kind, keys, &error);

  g_test_message ("%s", keys);
  assert_refused (layer, error, id, says);
}

static void
test_strings (void)
{
  static const struct {
    ScepSettingId id;
    const char *value;
    const char *says;
  } rows[] = {
    { SCEP_SETTING_KEYSTORE_SERVICE_TARGET, "", "" },
    { SCEP_SETTING_KEYSTORE_SERVICE_TARGET, "(id=a", "" },
    { SCEP_SETTING_KEYSTORE_SERVICE_TARGET, "(id:caseExactMatch:=a)", "" },
    { SCEP_SETTING_SERVER_ENDPOINT, "ca.example.org", "" },
    { SCEP_SETTING_SERVER_ENDPOINT, "ftp://ca.example.org/", "http://" },
    { SCEP_SETTING_SERVER_ENDPOINT, "http://joe:pw@ca.example.org/", "user name" },
    { SCEP_SETTING_SERVER_ENDPOINT, "http://ca.example.org/#x", "fragment" },
    { SCEP_SETTING_SERVER_ENDPOINT, "http:///scep", "" },
    { SCEP_SETTING_CA_ROOT_VERIFICATION_METHOD, "none", "fingerprint, certificate" },
    { SCEP_SETTING_CA_ROOT_VERIFICATION_METHOD, "", "fingerprint, certificate" },
    { SCEP_SETTING_CA_ROOT_CERTIFICATE, "not PEM", "PEM" },
    { SCEP_SETTING_CA_ROOT_CERTIFICATE,
      "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n", "" },
    { SCEP_SETTING_CA_ROOT_CERTIFICATE,
      "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", "" },
    { SCEP_SETTING_CA_ROOT_FINGERPRINT, "d41d8cd98f00b204e9800998ecf8427e", "SHA-256" },
    { SCEP_SETTING_CA_ROOT_FINGERPRINT, "sha256:zz", "SHA-256" },
    { SCEP_SETTING_RA_CERTIFICATE_FINGERPRINT, "12", "SHA-256" },
    { SCEP_SETTING_SUBJECT_DN, "nonsense", "" },
    { SCEP_SETTING_SUBJECT_DN, "CN=a,,O=b", "" },
    { SCEP_SETTING_SUBJECT_DN, "CN=${nobody}", "${hostname}" },
    { SCEP_SETTING_SUBJECT_DN, "CN=${hostname", "}" },
    { SCEP_SETTING_ALGORITHM_POLICY, "Strict", "strict, default, legacy" },
    { SCEP_SETTING_RENEWAL_SENDS_CHALLENGE, "sometimes", "auto, always, never" },
    { SCEP_SETTING_SUBJECT_CHANGE, "ignore", "keep, reenroll, warn" },
    { SCEP_SETTING_TLS_CA_CERTIFICATES, "/etc/ssl/ca.pem", "PEM" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    string_refused (rows[i].id, rows[i].value, rows[i].says);
}

/* One that does not say what it is. */
static void
accepts_old_root (void)
{
  g_autoptr (TestCertificate) root = test_certificate_new (
      &(TestCertificateSpec){ .name = "Root", .rsa_bits = 2048, .version_1 = TRUE }, NULL, NULL);
  g_autoptr (GPtrArray) list = g_ptr_array_new ();
  g_autofree char *pem = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepSettingsLayer) layer = NULL;

  g_ptr_array_add (list, root->certificate);
  pem = scep_certificate_list_to_pem (list);
  layer = test_layer_with_string (SCEP_SETTING_CA_ROOT_CERTIFICATE, pem, &error);
  g_assert_no_error (error);
}

static void
test_certificates (void)
{
  g_autofree char *ca = test_ca_pem_new (2048, TRUE);
  g_autofree char *leaf = test_ca_pem_new (2048, FALSE);
  g_autofree char *two = g_strconcat (ca, ca, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepSettingsLayer) many = NULL;

  accepts_old_root ();
  string_refused (SCEP_SETTING_CA_ROOT_CERTIFICATE, two, "exactly one");
  string_refused (SCEP_SETTING_CA_ROOT_CERTIFICATE, leaf, "not the certificate of a CA");
  many = test_layer_with_string (SCEP_SETTING_TLS_CA_CERTIFICATES, two, &error);
  g_assert_no_error (error);
}

static void
test_items (void)
{
  item_refused (SCEP_SETTING_SUBJECT_ALT_NAMES, "host.example.org", "DNS:");
  item_refused (SCEP_SETTING_SUBJECT_ALT_NAMES, "DNS:", "");
  item_refused (SCEP_SETTING_SUBJECT_ALT_NAMES, "", "");
  item_refused (SCEP_SETTING_SUBJECT_ALT_NAMES, "IP:300.1.1.1", "");
  item_refused (SCEP_SETTING_SUBJECT_ALT_NAMES, "DNS:${nobody}", "${hostname}");
  item_refused (SCEP_SETTING_SUBJECT_ALT_NAMES, "DNS:a\nb", "control character");
  item_refused (SCEP_SETTING_KEY_USAGE, "everything", "digitalSignature");
  item_refused (SCEP_SETTING_KEY_USAGE, "", "digitalSignature");
  item_refused (SCEP_SETTING_EXTENDED_KEY_USAGE, "everything", "clientAuth");
  item_refused (SCEP_SETTING_EXTENDED_KEY_USAGE, "1.2.", "OID");
}

static void
test_numbers (void)
{
  uint_refused (SCEP_SETTING_RSA_KEY_LENGTH, 1023, "2048");
  uint_refused (SCEP_SETTING_RSA_KEY_LENGTH, 2560, "2048");
  uint_refused (SCEP_SETTING_RSA_KEY_LENGTH, 16384, "2048");
  for (guint i = 0; i < SCEP_N_SETTINGS; i++) {
    const ScepSettingInfo *info = scep_setting_info ((ScepSettingId) i);
    g_autoptr (ScepSettingsLayer) least = NULL;
    g_autoptr (ScepSettingsLayer) most = NULL;
    g_autoptr (GError) error = NULL;

    if (info->type != SCEP_SETTING_TYPE_UINT)
      continue;
    uint_refused ((ScepSettingId) i, info->minimum - 1, "");
    uint_refused ((ScepSettingId) i, info->maximum + 1, "");
    uint_refused ((ScepSettingId) i, 0, "");
    uint_refused ((ScepSettingId) i, G_MAXUINT, "");
    least = test_layer_with_uint ((ScepSettingId) i, info->minimum, &error);
    g_assert_no_error (error);
    most = test_layer_with_uint ((ScepSettingId) i, info->maximum, &error);
    g_assert_no_error (error);
  }
}

static void
test_wrong_type (void)
{
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_DOUBLE);
  for (guint i = 0; i < SCEP_N_SETTINGS; i++) {
    g_autoptr (GError) error = NULL;
    ScepSettingsLayer *layer = test_layer_with_value ((ScepSettingId) i, &value, &error);

    assert_refused (layer, error, (ScepSettingId) i, "must be");
  }
}

static void
check_string_limits (ScepSettingId id)
{
  const ScepSettingInfo *info = scep_setting_info (id);
  g_autofree char *long_text = g_strnfill (info->maximum + 1, 'a');

  string_refused (id, long_text, "longer than");
  string_refused (id, "\xff\xfe", "UTF-8");
  string_refused (id, "a\x1b[2J", "control character");
  if (id != SCEP_SETTING_CA_ROOT_CERTIFICATE && id != SCEP_SETTING_TLS_CA_CERTIFICATES)
    string_refused (id, "a\nb", "control character");
}

static void
check_list_limits (ScepSettingId id)
{
  static const char *const good[SCEP_N_SETTINGS] = {
    [SCEP_SETTING_SUBJECT_ALT_NAMES] = "DNS:a.example",
    [SCEP_SETTING_KEY_USAGE] = "cRLSign",
    [SCEP_SETTING_EXTENDED_KEY_USAGE] = "1.2.3",
  };
  g_autofree char *long_item = g_strnfill (1025, 'a');
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) items = NULL;
  g_autoptr (GError) error = NULL;
  ScepSettingsLayer *layer;

  item_refused (id, long_item, "longer than");
  item_refused (id, "\xff", "UTF-8");
  for (guint i = 0; i <= scep_setting_info (id)->maximum; i++)
    g_strv_builder_add (builder, good[id]);
  items = g_strv_builder_end (builder);
  layer = test_layer_with_strv (id, (const char *const *) items, &error);
  assert_refused (layer, error, id, "more than 64");
}

static void
test_limits (void)
{
  for (guint i = 0; i < SCEP_N_SETTINGS; i++) {
    ScepSettingType type = scep_setting_info ((ScepSettingId) i)->type;

    if (type == SCEP_SETTING_TYPE_STRING)
      check_string_limits ((ScepSettingId) i);
    else if (type == SCEP_SETTING_TYPE_STRV)
      check_list_limits ((ScepSettingId) i);
  }
}

/* No message may carry the secret, or a part of it. */
static void
challenge_refused (ScepSettingsLayer *layer, const GError *error, const char *says)
{
  assert_refused (layer, error, SCEP_SETTING_CHALLENGE_PASSWORD, says);
  g_assert_null (strstr (error->message, "fish"));
}

static void
test_challenge (void)
{
  static const char *const bad[] = { "fish\n", "fish\x01", "fish\xff" };
  g_autoptr (GBytes) zero = g_bytes_new_static ("fish\0x", 6);
  g_autoptr (ScepSettingsLayer) empty = scep_settings_layer_new (SCEP_LAYER_BUS);
  g_autoptr (GError) error = NULL;
  ScepSettingsLayer *layer;

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) local = NULL;

    layer = test_layer_with_string (SCEP_SETTING_CHALLENGE_PASSWORD, bad[i], &local);
    challenge_refused (layer, local, "");
  }
  layer = scep_settings_layer_set_challenge (empty, zero, &error);
  challenge_refused (layer, error, "zero byte");
  g_clear_error (&error);
  layer = test_layer_try_text (SCEP_LAYER_BUS, "ChallengePassword=fish\\x\n", &error);
  challenge_refused (layer, error, "valid text");
  g_clear_error (&error);
  layer = test_layer_try_text (SCEP_LAYER_FILE, "ChallengePassword=fish\n", &error);
  challenge_refused (layer, error, "ChallengePasswordFile");
}

static void
test_file (void)
{
  g_autoptr (GError) error = NULL;

  text_refused (SCEP_LAYER_FILE, "Enabled=maybe\n", SCEP_SETTING_ENABLED, "true or false");
  text_refused (SCEP_LAYER_FILE, "Enabled=\n", SCEP_SETTING_ENABLED, "true or false");
  text_refused (SCEP_LAYER_BUS, "RSAKeyLength=-2048\n", SCEP_SETTING_RSA_KEY_LENGTH, "number");
  text_refused (SCEP_LAYER_BUS, "RSAKeyLength=4294969344\n", SCEP_SETTING_RSA_KEY_LENGTH, "number");
  text_refused (SCEP_LAYER_BUS, "RSAKeyLength=2048 bits\n", SCEP_SETTING_RSA_KEY_LENGTH, "number");
  text_refused (SCEP_LAYER_BUS, "RSAKeyLength=1000\n", SCEP_SETTING_RSA_KEY_LENGTH, "2048");
  text_refused (SCEP_LAYER_BUS, "SubjectDN=CN=a\\x\n", SCEP_SETTING_SUBJECT_DN, "valid text");
  text_refused (SCEP_LAYER_BUS, "SubjectAltNames=DNS:a\\x\n", SCEP_SETTING_SUBJECT_ALT_NAMES,
                "valid text");
  g_assert_null (test_layer_try_text (SCEP_LAYER_FILE, "ChallengePasswordFile=secret\n", &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_INVALID_SETTING);
  g_assert_nonnull (strstr (error->message, "ChallengePasswordFile: "));
}

/* One bad value, and nothing of the rest is taken. */
static void
test_all_or_nothing (void)
{
  static const char *const names[] = { "Enabled", "Nonsense", NULL };
  g_autoptr (ScepSettingsLayer) before = test_layer_from_text (SCEP_LAYER_BUS, "Enabled=false\n");
  g_autoptr (GHashTable) changes = g_hash_table_new (g_str_hash, g_str_equal);
  g_auto (GValue) truth = G_VALUE_INIT;
  g_autoptr (ScepSettings) settings = NULL;
  g_autoptr (GError) error = NULL;

  g_value_init (&truth, G_TYPE_BOOLEAN);
  g_value_set_boolean (&truth, TRUE);
  g_hash_table_insert (changes, (gpointer) "Enabled", &truth);
  g_hash_table_insert (changes, (gpointer) "CARollover", &truth);
  g_hash_table_insert (changes, (gpointer) "Nonsense", &truth);
  g_assert_null (scep_settings_layer_apply (before, changes, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_INVALID_SETTING);
  g_assert_true (g_str_has_prefix (error->message, "Nonsense: "));
  g_clear_error (&error);
  g_assert_null (scep_settings_layer_reset (before, names, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_INVALID_SETTING);
  g_assert_true (g_str_has_prefix (error->message, "Nonsense: "));
  g_clear_error (&error);

  settings = scep_settings_new_layered (NULL, NULL, before, &error);
  g_assert_no_error (error);
  g_assert_false (scep_settings_get_boolean (settings, SCEP_SETTING_ENABLED));
  g_assert_false (scep_settings_layer_has (before, SCEP_SETTING_CA_ROLLOVER));
}

static void
together (ScepSettingsLayer *lower, const char *policy, const char *names)
{
  g_autofree char *line = g_strconcat ("AlgorithmPolicy=", policy, "\n", NULL);
  g_autoptr (ScepSettingsLayer) upper = test_layer_from_text (SCEP_LAYER_BUS, line);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepSettings) settings = scep_settings_new_layered (lower, NULL, upper, &error);

  if (names == NULL) {
    g_assert_no_error (error);
    return;
  }
  g_assert_null (settings);
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_INVALID_SETTING);
  g_assert_true (g_str_has_prefix (error->message, names));
  g_assert_nonnull (strstr (error->message, policy));
}

/* Each is fine in its own layer; it is the whole that is not. */
static void
test_together (void)
{
  g_autofree char *pem = test_ca_pem_new (1024, TRUE);
  g_autoptr (ScepSettingsLayer) small =
      test_layer_from_text (SCEP_LAYER_FILE, "RSAKeyLength=1024\n");
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepSettingsLayer) weak =
      test_layer_with_string (SCEP_SETTING_CA_ROOT_CERTIFICATE, pem, &error);

  g_assert_no_error (error);
  together (small, "strict", "RSAKeyLength: ");
  together (small, "default", NULL);
  together (small, "legacy", NULL);
  together (weak, "strict", "CARootCertificate: ");
  together (weak, "default", "CARootCertificate: ");
  together (weak, "legacy", NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/settings-validate/strings", test_strings);
  g_test_add_func ("/settings-validate/certificates", test_certificates);
  g_test_add_func ("/settings-validate/items", test_items);
  g_test_add_func ("/settings-validate/numbers", test_numbers);
  g_test_add_func ("/settings-validate/wrong-type", test_wrong_type);
  g_test_add_func ("/settings-validate/limits", test_limits);
  g_test_add_func ("/settings-validate/challenge", test_challenge);
  g_test_add_func ("/settings-validate/file", test_file);
  g_test_add_func ("/settings-validate/all-or-nothing", test_all_or_nothing);
  g_test_add_func ("/settings-validate/together", test_together);
  return g_test_run ();
}
