/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-error.h"
#include "base/scep-secret.h"
#include "base/scep-text.h"
#include "enroll/scep-settings-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define GROUP "Profile"
#define KEY_CHALLENGE_FILE "ChallengePasswordFile"

static gboolean
refuse (const char *key, const char *what, GError **error)
{
  scep_error_set (error, SCEP_ERROR_INVALID_SETTING, _ ("%s: in the file, %s"), key, what);
  return FALSE;
}

static gboolean
read_uint (GKeyFile *key_file, const char *key, GValue *value, GError **error)
{
  g_autofree char *text = g_key_file_get_value (key_file, GROUP, key, NULL);
  guint64 number;

  if (text == NULL ||
      !g_ascii_string_to_unsigned (g_strstrip (text), 10, 0, G_MAXUINT, &number, NULL))
    return refuse (key, _ ("it must be a whole number"), error);
  g_value_init (value, G_TYPE_UINT);
  g_value_set_uint (value, (guint) number);
  return TRUE;
}

static gboolean
read_boolean (GKeyFile *key_file, const char *key, GValue *value, GError **error)
{
  g_autoptr (GError) local = NULL;
  gboolean truth = g_key_file_get_boolean (key_file, GROUP, key, &local);

  if (local != NULL)
    return refuse (key, _ ("it must be true or false"), error);
  g_value_init (value, G_TYPE_BOOLEAN);
  g_value_set_boolean (value, truth);
  return TRUE;
}

static gboolean
read_value (GKeyFile *key_file, ScepSettingId id, GValue *value, GError **error)
{
  const ScepSettingInfo *info = scep_setting_info (id);
  g_autoptr (GError) local = NULL;

  if (info->type == SCEP_SETTING_TYPE_UINT)
    return read_uint (key_file, info->name, value, error);
  if (info->type == SCEP_SETTING_TYPE_BOOLEAN)
    return read_boolean (key_file, info->name, value, error);

  g_value_init (value, scep_setting_get_gtype (id));
  if (info->type == SCEP_SETTING_TYPE_STRV)
    g_value_take_boxed (value,
                        g_key_file_get_string_list (key_file, GROUP, info->name, NULL, &local));
  else
    g_value_take_string (value, g_key_file_get_string (key_file, GROUP, info->name, &local));
  /* There can be both, text and an error: an escape that means nothing. */
  if (local != NULL)
    return refuse (
        info->name,
        _ ("it is not valid text (UTF-8, with “\\” only before s, n, t, r, “;” and itself)"),
        error);
  return TRUE;
}

static gboolean
read_challenge (ScepSettingsLayer *self, GKeyFile *key_file, GError **error)
{
  const char *key = scep_setting_info (SCEP_SETTING_CHALLENGE_PASSWORD)->name;
  g_autoptr (ScepSecretString) text = NULL;
  g_autoptr (GError) local = NULL;
  g_autoptr (GBytes) bytes = NULL;
  GBytes *normalized;

  if (self->kind == SCEP_LAYER_FILE)
    return refuse (key,
                   _ ("the password itself is not accepted, because many can read the file; write "
                      "it into a file of its own and name that with ChallengePasswordFile"),
                   error);

  text = g_key_file_get_string (key_file, GROUP, key, &local);
  if (local != NULL)
    return refuse (key, _ ("it is not valid text"), error);
  bytes = scep_secret_bytes_new (text, strlen (text));
  normalized = scep_setting_normalize_challenge (bytes, error);
  if (normalized == NULL)
    return FALSE;
  scep_settings_layer_take_challenge (self, normalized);
  return TRUE;
}

static gboolean
read_setting (ScepSettingsLayer *self, ScepSettingId id, GKeyFile *key_file, GError **error)
{
  g_auto (GValue) value = G_VALUE_INIT;

  if (!g_key_file_has_key (key_file, GROUP, scep_setting_info (id)->name, NULL))
    return TRUE;
  if (id == SCEP_SETTING_CHALLENGE_PASSWORD)
    return read_challenge (self, key_file, error);
  return read_value (key_file, id, &value, error) &&
         scep_settings_layer_take_value (self, id, &value, error);
}

static gboolean
read_challenge_file (ScepSettingsLayer *self, GKeyFile *key_file, GError **error)
{
  g_autoptr (GError) local = NULL;

  if (self->kind != SCEP_LAYER_FILE ||
      !g_key_file_has_key (key_file, GROUP, KEY_CHALLENGE_FILE, NULL))
    return TRUE;
  self->challenge_file = g_key_file_get_string (key_file, GROUP, KEY_CHALLENGE_FILE, &local);
  if (local != NULL || !g_path_is_absolute (self->challenge_file))
    return refuse (KEY_CHALLENGE_FILE, _ ("it must be an absolute path"), error);
  return TRUE;
}

static gboolean
key_is_known (ScepSettingsLayer *self, const char *group, const char *key)
{
  ScepSettingId id;

  if (strcmp (group, GROUP) != 0)
    return FALSE;
  if (scep_setting_from_name (key, &id))
    return TRUE;
  return self->kind == SCEP_LAYER_FILE && strcmp (key, KEY_CHALLENGE_FILE) == 0;
}

/* Key by key: a copy of the whole file would be one more copy of the challenge. */
static void
copy_keys (GKeyFile *from, GKeyFile *to, ScepSettingsLayer *except)
{
  g_auto (GStrv) groups = g_key_file_get_groups (from, NULL);

  for (guint i = 0; groups[i] != NULL; i++) {
    g_auto (GStrv) keys = g_key_file_get_keys (from, groups[i], NULL, NULL);

    for (guint j = 0; keys != NULL && keys[j] != NULL; j++) {
      /* What a newer version wrote may be a secret. */
      g_autoptr (ScepSecretString) value = NULL;

      if (except != NULL && key_is_known (except, groups[i], keys[j]))
        continue;
      value = g_key_file_get_value (from, groups[i], keys[j], NULL);
      g_key_file_set_value (to, groups[i], keys[j], value);
    }
  }
}

/**
 * scep_settings_layer_new_from_key_file:
 * @kind: who wrote the file
 * @key_file: group [Profile]
 *
 * Returns: (transfer full) (nullable): the layer, or %NULL with
 *   %SCEP_ERROR_INVALID_SETTING, which names the setting but not the file
 */
ScepSettingsLayer *
scep_settings_layer_new_from_key_file (ScepLayerKind kind, GKeyFile *key_file, GError **error)
{
  g_autoptr (ScepSettingsLayer) self = scep_settings_layer_new (kind);

  for (guint i = 0; i < SCEP_N_SETTINGS; i++) {
    if (!read_setting (self, (ScepSettingId) i, key_file, error))
      return NULL;
  }
  if (!read_challenge_file (self, key_file, error))
    return NULL;
  copy_keys (key_file, self->unknown, self);
  return g_steal_pointer (&self);
}

static void
write_value (GKeyFile *key_file, const ScepSettingInfo *info, const GValue *value)
{
  switch (info->type) {
  case SCEP_SETTING_TYPE_BOOLEAN:
    g_key_file_set_boolean (key_file, GROUP, info->name, g_value_get_boolean (value));
    return;
  case SCEP_SETTING_TYPE_UINT:
    g_key_file_set_uint64 (key_file, GROUP, info->name, g_value_get_uint (value));
    return;
  case SCEP_SETTING_TYPE_STRV: {
    const char *const *items = g_value_get_boxed (value);

    g_key_file_set_string_list (key_file, GROUP, info->name, items,
                                g_strv_length ((char **) items));
    return;
  }
  case SCEP_SETTING_TYPE_STRING:
  default:
    g_key_file_set_string (key_file, GROUP, info->name, g_value_get_string (value));
  }
}

/**
 * scep_settings_layer_to_key_file:
 *
 * Returns: (transfer full): what scep_settings_layer_new_from_key_file() reads
 *   the layer from; it holds the challenge
 */
GKeyFile *
scep_settings_layer_to_key_file (ScepSettingsLayer *self)
{
  GKeyFile *key_file = g_key_file_new ();

  copy_keys (self->unknown, key_file, NULL);
  for (guint i = 0; i < SCEP_N_SETTINGS; i++) {
    if (G_IS_VALUE (&self->values[i]))
      write_value (key_file, scep_setting_info ((ScepSettingId) i), &self->values[i]);
  }
  if (self->has_challenge) {
    g_autoptr (ScepSecretString) text =
        self->challenge != NULL ? scep_secret_bytes_to_string (self->challenge) : g_strdup ("");

    g_key_file_set_string (key_file, GROUP,
                           scep_setting_info (SCEP_SETTING_CHALLENGE_PASSWORD)->name, text);
  }
  if (self->challenge_file != NULL)
    g_key_file_set_string (key_file, GROUP, KEY_CHALLENGE_FILE, self->challenge_file);
  return key_file;
}

/**
 * scep_settings_layer_list_unknown:
 *
 * Returns: (transfer full): printable names of other groups and of keys in
 *   [Profile] that mean nothing to this version, for a word in the log
 */
char **
scep_settings_layer_list_unknown (ScepSettingsLayer *self)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) keys = g_key_file_get_keys (self->unknown, GROUP, NULL, NULL);
  g_auto (GStrv) groups = g_key_file_get_groups (self->unknown, NULL);

  for (guint i = 0; groups[i] != NULL; i++) {
    g_autofree char *shown = scep_text_printable (groups[i], -1);
    g_autofree char *group = g_strdup_printf ("[%s]", shown);

    if (strcmp (groups[i], GROUP) != 0)
      g_strv_builder_add (builder, group);
  }
  for (guint i = 0; keys != NULL && keys[i] != NULL; i++) {
    g_autofree char *shown = scep_text_printable (keys[i], -1);

    g_strv_builder_add (builder, shown);
  }
  return g_strv_builder_end (builder);
}
