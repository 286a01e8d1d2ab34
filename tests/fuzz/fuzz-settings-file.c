/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-settings.h"

#include "fuzz.h"

static void
make_settings (ScepSettingsLayer *configuration, ScepSettingsLayer *bus)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepSettings) settings = scep_settings_new_layered (NULL, configuration, bus, &error);
  g_auto (GStrv) missing = NULL;

  g_assert_true ((settings == NULL) == (error != NULL));
  if (settings != NULL)
    missing = scep_settings_get_missing (settings);
}

/* What was read is valid and normal: written and read again it stays as it is. */
static void
write_and_read (ScepLayerKind kind, ScepSettingsLayer *layer)
{
  g_autoptr (GKeyFile) file = scep_settings_layer_to_key_file (layer);
  g_autofree char *text = g_key_file_to_data (file, NULL, NULL);
  g_autoptr (GKeyFile) read = g_key_file_new ();
  g_autoptr (GKeyFile) rewritten = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepSettingsLayer) again = NULL;
  g_autofree char *text_again = NULL;

  g_key_file_load_from_data (read, text, (gsize) -1, G_KEY_FILE_KEEP_COMMENTS, &error);
  g_assert_no_error (error);
  again = scep_settings_layer_new_from_key_file (kind, read, &error);
  g_assert_no_error (error);
  rewritten = scep_settings_layer_to_key_file (again);
  text_again = g_key_file_to_data (rewritten, NULL, NULL);
  g_assert_cmpstr (text, ==, text_again);
}

static ScepSettingsLayer *
read_layer (ScepLayerKind kind, GKeyFile *file)
{
  g_autoptr (GError) error = NULL;
  ScepSettingsLayer *layer = scep_settings_layer_new_from_key_file (kind, file, &error);
  g_auto (GStrv) unknown = NULL;

  g_assert_true ((layer == NULL) == (error != NULL));
  if (layer == NULL)
    return NULL;
  unknown = scep_settings_layer_list_unknown (layer);
  write_and_read (kind, layer);
  return layer;
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GBytes) contents = g_bytes_new_static (data, size);
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (ScepSettingsLayer) configuration = NULL;
  g_autoptr (ScepSettingsLayer) bus = NULL;

  if (!fuzz_is_key_file (data, size) ||
      !g_key_file_load_from_bytes (file, contents, G_KEY_FILE_KEEP_COMMENTS, NULL))
    return 0;
  configuration = read_layer (SCEP_LAYER_FILE, file);
  bus = read_layer (SCEP_LAYER_BUS, file);
  make_settings (configuration, NULL);
  make_settings (configuration, bus);
  return 0;
}
