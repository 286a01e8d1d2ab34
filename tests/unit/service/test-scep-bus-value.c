/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-error.h"
#include "service/scep-bus-value.h"

static GHashTable *
read_dict (const char *text, GError **error)
{
  g_autoptr (GVariant) dict = g_variant_ref_sink (g_variant_new_parsed (text));

  return scep_bus_values_from_dict (dict, error);
}

static void
test_refused (void)
{
  static const char *const bad[] = {
    "{'Unheard': <'x'>}",         "{'enabled': <true>}",
    "{'State': <'enrolled'>}",    "{'Enabled': <'true'>}",
    "{'Enabled': <uint32 1>}",    "{'RSAKeyLength': <2048>}",
    "{'RSAKeyLength': <'2048'>}", "{'SubjectDN': <['CN=a']>}",
    "{'SubjectDN': <b'CN=a'>}",   "{'SubjectAltNames': <'DNS:a'>}",
    "{'KeyUsage': <[1, 2]>}",     "{'SubjectDN': <'CN=a'>, 'Enabled': <<true>>}",
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;

    g_test_message ("%s", bad[i]);
    g_assert_null (read_dict (bad[i], &error));
    g_assert_error (error, SCEP_ERROR, SCEP_ERROR_INVALID_SETTING);
  }
}

/* The one that is wrong is named; what it holds is not repeated. */
static void
test_message (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (read_dict ("{'ChallengePassword': <['hidden-word']>}", &error));
  g_assert_nonnull (strstr (error->message, "ChallengePassword"));
  g_assert_null (strstr (error->message, "hidden-word"));
}

static void
test_every_type (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GHashTable) values =
      read_dict ("{'Enabled': <true>, 'RSAKeyLength': <uint32 4096>, 'SubjectDN': <'CN=a'>, "
                 "'SubjectAltNames': <['DNS:a', 'DNS:b']>, 'ChallengePassword': <'secret'>}",
                 &error);
  GBytes *challenge;
  char **names;

  g_assert_no_error (error);
  g_assert_cmpuint (g_hash_table_size (values), ==, 5);
  g_assert_true (g_value_get_boolean (g_hash_table_lookup (values, "Enabled")));
  g_assert_cmpuint (g_value_get_uint (g_hash_table_lookup (values, "RSAKeyLength")), ==, 4096);
  g_assert_cmpstr (g_value_get_string (g_hash_table_lookup (values, "SubjectDN")), ==, "CN=a");
  names = g_value_get_boxed (g_hash_table_lookup (values, "SubjectAltNames"));
  g_assert_cmpuint (g_strv_length (names), ==, 2);
  g_assert_cmpstr (names[1], ==, "DNS:b");
  challenge = g_value_get_boxed (g_hash_table_lookup (values, "ChallengePassword"));
  g_assert_cmpmem (g_bytes_get_data (challenge, NULL), g_bytes_get_size (challenge), "secret", 6);
}

/* Every setting can be shown with the type its property has, but the challenge. */
static void
test_defaults (void)
{
  static const char *const types[] = { "b", "u", "s", "as" };
  g_autoptr (ScepSettings) settings = scep_settings_new_default ();

  for (guint i = 0; i < SCEP_N_SETTINGS; i++) {
    g_autoptr (GVariant) value = NULL;

    if (i == SCEP_SETTING_CHALLENGE_PASSWORD)
      continue;
    value = g_variant_ref_sink (scep_bus_value_from_setting (settings, (ScepSettingId) i));
    g_assert_true (
        g_strv_contains ((const char *const[]){ types[0], types[1], types[2], types[3], NULL },
                         g_variant_get_type_string (value)));
  }
}

static void
test_options (void)
{
  g_autoptr (GVariant) given =
      g_variant_ref_sink (g_variant_new_parsed ("{'SubjectDN': <'CN=a'>, 'Unheard': <1>}"));
  g_auto (GVariantDict) options = G_VARIANT_DICT_INIT (given);
  g_autoptr (GVariant) value = NULL;
  g_autoptr (GVariant) absent = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_false (scep_bus_option (&options, "SubjectDN", "u", &value, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_INVALID_SETTING);
  g_clear_error (&error);
  g_assert_true (scep_bus_option (&options, "SubjectDN", "s", &value, &error));
  g_assert_cmpstr (g_variant_get_string (value, NULL), ==, "CN=a");
  g_assert_true (scep_bus_option (&options, "RSAKeyLength", "u", &absent, &error));
  g_assert_null (absent);
  g_assert_false (scep_bus_options_end (&options, "SubjectDN", &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_INVALID_SETTING);
  g_assert_nonnull (strstr (error->message, "Unheard"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bus-value/refused", test_refused);
  g_test_add_func ("/bus-value/message", test_message);
  g_test_add_func ("/bus-value/every-type", test_every_type);
  g_test_add_func ("/bus-value/defaults", test_defaults);
  g_test_add_func ("/bus-value/options", test_options);
  return g_test_run ();
}
