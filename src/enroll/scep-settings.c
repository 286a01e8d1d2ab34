/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-settings.h"

#include "enroll/scep-settings-private.h"

#include <string.h>

struct _ScepSettings {
  GObject parent_instance;

  GValue values[SCEP_N_SETTINGS];
  gboolean challenge_decided; /* a layer says what it is, or that there is none */
  GBytes *challenge;          /* (owned) (nullable): a secret */
  char *challenge_file;       /* (owned) (nullable) */
};

G_DEFINE_FINAL_TYPE (ScepSettings, scep_settings, G_TYPE_OBJECT)

static void
scep_settings_finalize (GObject *object)
{
  ScepSettings *self = SCEP_SETTINGS (object);

  for (guint i = 0; i < SCEP_N_SETTINGS; i++)
    g_value_unset (&self->values[i]);
  g_clear_pointer (&self->challenge, g_bytes_unref);
  g_clear_pointer (&self->challenge_file, g_free);
  G_OBJECT_CLASS (scep_settings_parent_class)->finalize (object);
}

static void
scep_settings_class_init (ScepSettingsClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = scep_settings_finalize;
}

static void
set_default (GValue *value, ScepSettingId id)
{
  const ScepSettingInfo *info = scep_setting_info (id);

  g_value_init (value, scep_setting_get_gtype (id));
  switch (info->type) {
  case SCEP_SETTING_TYPE_BOOLEAN:
    g_value_set_boolean (value, info->default_number != 0);
    return;
  case SCEP_SETTING_TYPE_UINT:
    g_value_set_uint (value, info->default_number);
    return;
  case SCEP_SETTING_TYPE_STRV:
    g_value_take_boxed (value, g_new0 (char *, 1));
    return;
  case SCEP_SETTING_TYPE_STRING:
  default:
    g_value_set_static_string (value, info->default_string);
  }
}

static void
scep_settings_init (ScepSettings *self)
{
  for (guint i = 0; i < SCEP_N_SETTINGS; i++)
    set_default (&self->values[i], (ScepSettingId) i);
}

/**
 * scep_settings_new_default:
 *
 * Returns: (transfer full): what holds where nobody has said anything
 */
ScepSettings *
scep_settings_new_default (void)
{
  return g_object_new (SCEP_TYPE_SETTINGS, NULL);
}

static void
lay_over (ScepSettings *self, ScepSettingsLayer *layer)
{
  if (layer == NULL)
    return;
  for (guint i = 0; i < SCEP_N_SETTINGS; i++) {
    if (G_IS_VALUE (&layer->values[i]))
      g_value_copy (&layer->values[i], &self->values[i]);
  }
  if (layer->challenge_file != NULL) {
    g_free (self->challenge_file);
    self->challenge_file = g_strdup (layer->challenge_file);
  }
  if (layer->has_challenge) {
    self->challenge_decided = TRUE;
    self->challenge = layer->challenge != NULL ? g_bytes_ref (layer->challenge) : NULL;
    g_clear_pointer (&self->challenge_file, g_free);
  }
}

/**
 * scep_settings_new_layered:
 * @vendor: (nullable): the lowest layer
 * @configuration: (nullable): the middle one
 * @bus: (nullable): the one that wins
 *
 * Checks what one setting alone cannot tell.
 *
 * Returns: (transfer full) (nullable): the effective settings, or %NULL with
 *   %SCEP_ERROR_INVALID_SETTING
 */
ScepSettings *
scep_settings_new_layered (ScepSettingsLayer *vendor, ScepSettingsLayer *configuration,
                           ScepSettingsLayer *bus, GError **error)
{
  g_autoptr (ScepSettings) self = scep_settings_new_default ();

  lay_over (self, vendor);
  lay_over (self, configuration);
  lay_over (self, bus);
  if (!scep_settings_check_together (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

/**
 * scep_settings_get_value:
 *
 * Returns: (transfer none): the value; "" for the challenge, always
 */
const GValue *
scep_settings_get_value (ScepSettings *self, ScepSettingId id)
{
  g_assert ((guint) id < SCEP_N_SETTINGS);
  return &self->values[id];
}

/**
 * scep_settings_get_string:
 *
 * Returns: (transfer none): the value of a string setting, never %NULL
 */
const char *
scep_settings_get_string (ScepSettings *self, ScepSettingId id)
{
  return g_value_get_string (scep_settings_get_value (self, id));
}

/**
 * scep_settings_get_boolean:
 *
 * Returns: the value of a boolean setting
 */
gboolean
scep_settings_get_boolean (ScepSettings *self, ScepSettingId id)
{
  return g_value_get_boolean (scep_settings_get_value (self, id));
}

/**
 * scep_settings_get_uint:
 *
 * Returns: the value of a number setting, in the unit of its property
 */
guint
scep_settings_get_uint (ScepSettings *self, ScepSettingId id)
{
  return g_value_get_uint (scep_settings_get_value (self, id));
}

/**
 * scep_settings_get_strv:
 *
 * Returns: (transfer none): the value of a list setting, never %NULL
 */
const char *const *
scep_settings_get_strv (ScepSettings *self, ScepSettingId id)
{
  return g_value_get_boxed (scep_settings_get_value (self, id));
}

/**
 * scep_settings_get_policy:
 *
 * Returns: the AlgorithmPolicy setting
 */
ScepPolicy
scep_settings_get_policy (ScepSettings *self)
{
  ScepPolicy policy = SCEP_POLICY_DEFAULT;

  scep_policy_from_string (scep_settings_get_string (self, SCEP_SETTING_ALGORITHM_POLICY), &policy);
  return policy;
}

/**
 * scep_settings_get_verification_method:
 *
 * Returns: the CARootVerificationMethod setting
 */
ScepVerificationMethod
scep_settings_get_verification_method (ScepSettings *self)
{
  const char *word = scep_settings_get_string (self, SCEP_SETTING_CA_ROOT_VERIFICATION_METHOD);

  return strcmp (word, "certificate") == 0 ? SCEP_VERIFY_CERTIFICATE : SCEP_VERIFY_FINGERPRINT;
}

/**
 * scep_settings_get_renewal_challenge:
 *
 * Returns: the RenewalSendsChallenge setting
 */
ScepRenewalChallenge
scep_settings_get_renewal_challenge (ScepSettings *self)
{
  const char *word = scep_settings_get_string (self, SCEP_SETTING_RENEWAL_SENDS_CHALLENGE);

  if (strcmp (word, "always") == 0)
    return SCEP_RENEWAL_CHALLENGE_ALWAYS;
  if (strcmp (word, "never") == 0)
    return SCEP_RENEWAL_CHALLENGE_NEVER;
  return SCEP_RENEWAL_CHALLENGE_AUTO;
}

/**
 * scep_settings_get_subject_change:
 *
 * Returns: the SubjectChange setting
 */
ScepSubjectChange
scep_settings_get_subject_change (ScepSettings *self)
{
  const char *word = scep_settings_get_string (self, SCEP_SETTING_SUBJECT_CHANGE);

  if (strcmp (word, "keep") == 0)
    return SCEP_SUBJECT_CHANGE_KEEP;
  if (strcmp (word, "reenroll") == 0)
    return SCEP_SUBJECT_CHANGE_REENROLL;
  return SCEP_SUBJECT_CHANGE_WARN;
}

/**
 * scep_settings_get_challenge:
 *
 * Returns: (transfer none) (nullable): the challenge, a secret; %NULL for none
 */
GBytes *
scep_settings_get_challenge (ScepSettings *self)
{
  return self->challenge;
}

/**
 * scep_settings_get_challenge_file:
 *
 * Returns: (transfer none) (nullable): the file that holds the challenge,
 *   where scep_settings_wants_challenge()
 */
const char *
scep_settings_get_challenge_file (ScepSettings *self)
{
  return self->challenge_file;
}

/**
 * scep_settings_wants_challenge:
 *
 * Returns: whether a file or a credential may supply the challenge, because
 *   nothing was said about it over the bus
 */
gboolean
scep_settings_wants_challenge (ScepSettings *self)
{
  return !self->challenge_decided;
}

/**
 * scep_settings_with_challenge:
 * @challenge: a secret, from a file or a credential
 *
 * Returns: (transfer full) (nullable): the same settings with that challenge,
 *   or %NULL with %SCEP_ERROR_INVALID_SETTING
 */
ScepSettings *
scep_settings_with_challenge (ScepSettings *self, GBytes *challenge, GError **error)
{
  g_autoptr (ScepSettings) copy = NULL;
  g_autoptr (GBytes) normalized = scep_setting_normalize_challenge (challenge, error);

  if (normalized == NULL)
    return NULL;

  copy = scep_settings_new_default ();
  for (guint i = 0; i < SCEP_N_SETTINGS; i++)
    g_value_copy (&self->values[i], &copy->values[i]);
  copy->challenge_file = g_strdup (self->challenge_file);
  copy->challenge_decided = TRUE;
  if (g_bytes_get_size (normalized) > 0)
    copy->challenge = g_steal_pointer (&normalized);
  return g_steal_pointer (&copy);
}

static gboolean
is_empty (ScepSettings *self, ScepSettingId id)
{
  return scep_settings_get_string (self, id)[0] == '\0';
}

/**
 * scep_settings_get_missing:
 *
 * A request needs a server, a name, and with the method "certificate" the
 * certificate. No fingerprint is needed: AcceptCA can take its place.
 *
 * Returns: (transfer full): names of settings without which nothing can begin
 */
char **
scep_settings_get_missing (ScepSettings *self)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  if (is_empty (self, SCEP_SETTING_SERVER_ENDPOINT))
    g_strv_builder_add (builder, scep_setting_info (SCEP_SETTING_SERVER_ENDPOINT)->name);
  if (scep_settings_get_verification_method (self) == SCEP_VERIFY_CERTIFICATE &&
      is_empty (self, SCEP_SETTING_CA_ROOT_CERTIFICATE))
    g_strv_builder_add (builder, scep_setting_info (SCEP_SETTING_CA_ROOT_CERTIFICATE)->name);
  if (is_empty (self, SCEP_SETTING_SUBJECT_DN) &&
      scep_settings_get_strv (self, SCEP_SETTING_SUBJECT_ALT_NAMES)[0] == NULL)
    g_strv_builder_add (builder, scep_setting_info (SCEP_SETTING_SUBJECT_DN)->name);
  return g_strv_builder_end (builder);
}

static gboolean
same_challenge (GBytes *a, GBytes *b)
{
  if (a == NULL || b == NULL)
    return a == b;
  return g_bytes_equal (a, b);
}

/**
 * scep_settings_same:
 *
 * Returns: whether the setting has the same effective value in both
 */
gboolean
scep_settings_same (ScepSettings *a, ScepSettings *b, ScepSettingId id)
{
  if (id == SCEP_SETTING_CHALLENGE_PASSWORD)
    return same_challenge (a->challenge, b->challenge);
  switch (scep_setting_info (id)->type) {
  case SCEP_SETTING_TYPE_BOOLEAN:
    return scep_settings_get_boolean (a, id) == scep_settings_get_boolean (b, id);
  case SCEP_SETTING_TYPE_UINT:
    return scep_settings_get_uint (a, id) == scep_settings_get_uint (b, id);
  case SCEP_SETTING_TYPE_STRV:
    return g_strv_equal (scep_settings_get_strv (a, id), scep_settings_get_strv (b, id));
  case SCEP_SETTING_TYPE_STRING:
  default:
    return strcmp (scep_settings_get_string (a, id), scep_settings_get_string (b, id)) == 0;
  }
}

/**
 * scep_settings_list_changed:
 *
 * Returns: (transfer full): names of settings with another effective value in
 *   @after; the challenge is never among them
 */
char **
scep_settings_list_changed (ScepSettings *before, ScepSettings *after)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; i < SCEP_N_SETTINGS; i++) {
    ScepSettingId id = (ScepSettingId) i;

    if (id != SCEP_SETTING_CHALLENGE_PASSWORD && !scep_settings_same (before, after, id))
      g_strv_builder_add (builder, scep_setting_info (id)->name);
  }
  return g_strv_builder_end (builder);
}
