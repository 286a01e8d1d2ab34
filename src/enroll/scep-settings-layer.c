/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-error.h"
#include "base/scep-secret.h"
#include "base/scep-text.h"
#include "enroll/scep-settings-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

G_DEFINE_FINAL_TYPE (ScepSettingsLayer, scep_settings_layer, G_TYPE_OBJECT)

static void
scep_settings_layer_finalize (GObject *object)
{
  ScepSettingsLayer *self = SCEP_SETTINGS_LAYER (object);

  for (guint i = 0; i < SCEP_N_SETTINGS; i++)
    scep_settings_layer_clear (self, (ScepSettingId) i);
  g_clear_pointer (&self->challenge_file, g_free);
  g_clear_pointer (&self->unknown, g_key_file_unref);
  G_OBJECT_CLASS (scep_settings_layer_parent_class)->finalize (object);
}

static void
scep_settings_layer_class_init (ScepSettingsLayerClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = scep_settings_layer_finalize;
}

static void
scep_settings_layer_init (ScepSettingsLayer *self)
{
  self->unknown = g_key_file_new ();
}

/**
 * scep_settings_layer_new:
 *
 * Returns: (transfer full): a layer that says nothing
 */
ScepSettingsLayer *
scep_settings_layer_new (ScepLayerKind kind)
{
  ScepSettingsLayer *self = g_object_new (SCEP_TYPE_SETTINGS_LAYER, NULL);

  self->kind = kind;
  return self;
}

/* The copy is to be changed before anybody sees it. */
ScepSettingsLayer *
scep_settings_layer_copy (ScepSettingsLayer *self)
{
  ScepSettingsLayer *copy = scep_settings_layer_new (self->kind);

  for (guint i = 0; i < SCEP_N_SETTINGS; i++) {
    if (!G_IS_VALUE (&self->values[i]))
      continue;
    g_value_init (&copy->values[i], G_VALUE_TYPE (&self->values[i]));
    g_value_copy (&self->values[i], &copy->values[i]);
  }
  copy->has_challenge = self->has_challenge;
  copy->challenge = self->challenge != NULL ? g_bytes_ref (self->challenge) : NULL;
  copy->challenge_file = g_strdup (self->challenge_file);
  /* Nobody changes it after it was read. */
  g_key_file_unref (copy->unknown);
  copy->unknown = g_key_file_ref (self->unknown);
  return copy;
}

void
scep_settings_layer_clear (ScepSettingsLayer *self, ScepSettingId id)
{
  if (id == SCEP_SETTING_CHALLENGE_PASSWORD) {
    self->has_challenge = FALSE;
    g_clear_pointer (&self->challenge, g_bytes_unref);
  } else if (G_IS_VALUE (&self->values[id])) {
    g_value_unset (&self->values[id]);
  }
}

/* @challenge: (transfer full): normalised; empty says that there is none */
void
scep_settings_layer_take_challenge (ScepSettingsLayer *self, GBytes *challenge)
{
  g_autoptr (GBytes) taken = challenge;

  scep_settings_layer_clear (self, SCEP_SETTING_CHALLENGE_PASSWORD);
  self->has_challenge = TRUE;
  if (g_bytes_get_size (taken) > 0)
    self->challenge = g_steal_pointer (&taken);
}

static gboolean
take_challenge_value (ScepSettingsLayer *self, const GValue *value, GError **error)
{
  g_autoptr (GBytes) challenge = NULL;
  GBytes *normalized;

  if (G_VALUE_HOLDS (value, G_TYPE_BYTES)) {
    challenge = g_value_dup_boxed (value);
  } else if (G_VALUE_HOLDS_STRING (value)) {
    const char *text = g_value_get_string (value);

    challenge = scep_secret_bytes_new (text, text != NULL ? strlen (text) : 0);
  }
  if (challenge == NULL) {
    scep_error_set (error, SCEP_ERROR_INVALID_SETTING,
                    _ ("ChallengePassword: it must be a string"));
    return FALSE;
  }
  normalized = scep_setting_normalize_challenge (challenge, error);
  if (normalized == NULL)
    return FALSE;
  scep_settings_layer_take_challenge (self, normalized);
  return TRUE;
}

/* Only on a layer that nobody has seen yet. */
gboolean
scep_settings_layer_take_value (ScepSettingsLayer *self, ScepSettingId id, const GValue *value,
                                GError **error)
{
  g_auto (GValue) normalized = G_VALUE_INIT;

  if (id == SCEP_SETTING_CHALLENGE_PASSWORD)
    return take_challenge_value (self, value, error);
  if (!scep_setting_normalize (id, value, &normalized, error))
    return FALSE;

  scep_settings_layer_clear (self, id);
  g_value_init (&self->values[id], scep_setting_get_gtype (id));
  g_value_copy (&normalized, &self->values[id]);
  return TRUE;
}

static gboolean
find_setting (const char *name, ScepSettingId *id, GError **error)
{
  g_autofree char *shown = NULL;

  if (scep_setting_from_name (name, id))
    return TRUE;
  shown = scep_text_printable (name, -1);
  scep_error_set (error, SCEP_ERROR_INVALID_SETTING,
                  _ ("%s: there is no setting of this name; names are spelled like the properties, "
                     "for example ServerEndpoint"),
                  shown);
  return FALSE;
}

/**
 * scep_settings_layer_apply:
 * @changes: (element-type utf8 GValue): new values by the name of the setting;
 *   the challenge as a string or, better, as the secret #GBytes it is
 *
 * All of it or nothing. What depends on other layers is checked by
 * scep_settings_new_layered().
 *
 * Returns: (transfer full) (nullable): the layer with the changes, or %NULL
 *   with %SCEP_ERROR_INVALID_SETTING, which names the setting
 */
ScepSettingsLayer *
scep_settings_layer_apply (ScepSettingsLayer *self, GHashTable *changes, GError **error)
{
  g_autoptr (ScepSettingsLayer) changed = scep_settings_layer_copy (self);
  GHashTableIter iter;
  gpointer name, value;

  g_hash_table_iter_init (&iter, changes);
  while (g_hash_table_iter_next (&iter, &name, &value)) {
    ScepSettingId id;

    if (!find_setting (name, &id, error) ||
        !scep_settings_layer_take_value (changed, id, value, error))
      return NULL;
  }
  return g_steal_pointer (&changed);
}

/**
 * scep_settings_layer_reset:
 * @names: settings that the layer is to say nothing about any more
 *
 * Returns: (transfer full) (nullable): the layer without them, or %NULL with
 *   %SCEP_ERROR_INVALID_SETTING for a name that is none
 */
ScepSettingsLayer *
scep_settings_layer_reset (ScepSettingsLayer *self, const char *const *names, GError **error)
{
  g_autoptr (ScepSettingsLayer) changed = scep_settings_layer_copy (self);

  for (guint i = 0; names[i] != NULL; i++) {
    ScepSettingId id;

    if (!find_setting (names[i], &id, error))
      return NULL;
    scep_settings_layer_clear (changed, id);
  }
  return g_steal_pointer (&changed);
}

/**
 * scep_settings_layer_set_challenge:
 * @challenge: (nullable): a secret; %NULL or empty says that there is none,
 *   whatever a file or a credential holds
 *
 * Returns: (transfer full) (nullable): the layer with it, or %NULL with
 *   %SCEP_ERROR_INVALID_SETTING
 */
ScepSettingsLayer *
scep_settings_layer_set_challenge (ScepSettingsLayer *self, GBytes *challenge, GError **error)
{
  g_autoptr (ScepSettingsLayer) changed = scep_settings_layer_copy (self);
  g_autoptr (GBytes) none = g_bytes_new_static ("", 0);
  GBytes *normalized =
      scep_setting_normalize_challenge (challenge != NULL ? challenge : none, error);

  if (normalized == NULL)
    return NULL;
  scep_settings_layer_take_challenge (changed, normalized);
  return g_steal_pointer (&changed);
}

/**
 * scep_settings_layer_has:
 *
 * Returns: whether the layer says something about the setting
 */
gboolean
scep_settings_layer_has (ScepSettingsLayer *self, ScepSettingId id)
{
  if (id == SCEP_SETTING_CHALLENGE_PASSWORD)
    return self->has_challenge || self->challenge_file != NULL;
  return G_IS_VALUE (&self->values[id]);
}
