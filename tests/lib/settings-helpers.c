/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "settings-helpers.h"

#include "certificate-factory.h"

/* @keys: what stands below [Profile] */
ScepSettingsLayer *
test_layer_try_text (ScepLayerKind kind, const char *keys, GError **error)
{
  g_autofree char *text = g_strconcat ("[Profile]\n", keys, NULL);
  g_autoptr (GKeyFile) key_file = g_key_file_new ();
  g_autoptr (GError) local = NULL;

  g_key_file_load_from_data (key_file, text, (gsize) -1, G_KEY_FILE_NONE, &local);
  g_assert_no_error (local);
  return scep_settings_layer_new_from_key_file (kind, key_file, error);
}

ScepSettingsLayer *
test_layer_from_text (ScepLayerKind kind, const char *keys)
{
  g_autoptr (GError) error = NULL;
  ScepSettingsLayer *layer = test_layer_try_text (kind, keys, &error);

  g_assert_no_error (error);
  return layer;
}

/* Through the text that is on the disk. */
ScepSettingsLayer *
test_layer_reread (ScepSettingsLayer *layer, ScepLayerKind kind)
{
  g_autoptr (GKeyFile) written = scep_settings_layer_to_key_file (layer);
  g_autoptr (GKeyFile) read = g_key_file_new ();
  g_autofree char *text = g_key_file_to_data (written, NULL, NULL);
  g_autoptr (GError) error = NULL;
  ScepSettingsLayer *again;

  g_key_file_load_from_data (read, text, (gsize) -1, G_KEY_FILE_NONE, &error);
  g_assert_no_error (error);
  again = scep_settings_layer_new_from_key_file (kind, read, &error);
  g_assert_no_error (error);
  return again;
}

ScepSettingsLayer *
test_layer_with_value (ScepSettingId id, const GValue *value, GError **error)
{
  g_autoptr (ScepSettingsLayer) empty = scep_settings_layer_new (SCEP_LAYER_BUS);
  g_autoptr (GHashTable) changes = g_hash_table_new (g_str_hash, g_str_equal);

  g_hash_table_insert (changes, (gpointer) scep_setting_info (id)->name, (gpointer) value);
  return scep_settings_layer_apply (empty, changes, error);
}

ScepSettingsLayer *
test_layer_with_string (ScepSettingId id, const char *value, GError **error)
{
  g_auto (GValue) holder = G_VALUE_INIT;

  g_value_init (&holder, G_TYPE_STRING);
  g_value_set_string (&holder, value);
  return test_layer_with_value (id, &holder, error);
}

ScepSettingsLayer *
test_layer_with_strv (ScepSettingId id, const char *const *value, GError **error)
{
  g_auto (GValue) holder = G_VALUE_INIT;

  g_value_init (&holder, G_TYPE_STRV);
  g_value_set_boxed (&holder, value);
  return test_layer_with_value (id, &holder, error);
}

ScepSettingsLayer *
test_layer_with_uint (ScepSettingId id, guint value, GError **error)
{
  g_auto (GValue) holder = G_VALUE_INIT;

  g_value_init (&holder, G_TYPE_UINT);
  g_value_set_uint (&holder, value);
  return test_layer_with_value (id, &holder, error);
}

/* Returns: (transfer full): PEM of a self-signed certificate */
char *
test_ca_pem_new (guint rsa_bits, gboolean ca)
{
  g_autoptr (TestCertificate) certificate =
      test_certificate_new (&(TestCertificateSpec){ .name = "A CA",
                                                    .rsa_bits = rsa_bits,
                                                    .constraints = ca ? "CA:TRUE" : "CA:FALSE",
                                                    .not_before = 1700000000,
                                                    .not_after = 1800000000 },
                            NULL, NULL);
  g_autoptr (GPtrArray) list = g_ptr_array_new ();

  g_ptr_array_add (list, certificate->certificate);
  return scep_certificate_list_to_pem (list);
}
