/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-bus-value.h"

#include "base/scep-error.h"
#include "base/scep-secret.h"
#include "base/scep-text.h"

#include <glib/gi18n-lib.h>
#include <string.h>

static const char *const bus_types[] = {
  [SCEP_SETTING_TYPE_STRING] = "s",
  [SCEP_SETTING_TYPE_BOOLEAN] = "b",
  [SCEP_SETTING_TYPE_UINT] = "u",
  [SCEP_SETTING_TYPE_STRV] = "as",
};

/**
 * scep_bus_value_from_setting:
 *
 * Returns: (transfer floating): the value as the bus shows it
 */
GVariant *
scep_bus_value_from_setting (ScepSettings *settings, ScepSettingId id)
{
  switch (scep_setting_info (id)->type) {
  case SCEP_SETTING_TYPE_BOOLEAN:
    return g_variant_new_boolean (scep_settings_get_boolean (settings, id));
  case SCEP_SETTING_TYPE_UINT:
    return g_variant_new_uint32 (scep_settings_get_uint (settings, id));
  case SCEP_SETTING_TYPE_STRV:
    return g_variant_new_strv (scep_settings_get_strv (settings, id), -1);
  case SCEP_SETTING_TYPE_STRING:
  default:
    return g_variant_new_string (scep_settings_get_string (settings, id));
  }
}

static void
value_free (gpointer data)
{
  GValue *value = data;

  g_value_unset (value);
  g_free (value);
}

/**
 * scep_bus_values_new:
 *
 * Returns: (transfer full) (element-type utf8 GValue): an empty set of settings
 */
GHashTable *
scep_bus_values_new (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, value_free);
}

static void
set_value (GValue *value, ScepSettingId id, GVariant *variant)
{
  gsize length;
  const char *text;

  if (id == SCEP_SETTING_CHALLENGE_PASSWORD) {
    text = g_variant_get_string (variant, &length);
    g_value_init (value, G_TYPE_BYTES);
    g_value_take_boxed (value, scep_secret_bytes_new (text, length));
    return;
  }
  g_value_init (value, scep_setting_get_gtype (id));
  switch (scep_setting_info (id)->type) {
  case SCEP_SETTING_TYPE_BOOLEAN:
    g_value_set_boolean (value, g_variant_get_boolean (variant));
    break;
  case SCEP_SETTING_TYPE_UINT:
    g_value_set_uint (value, g_variant_get_uint32 (variant));
    break;
  case SCEP_SETTING_TYPE_STRV:
    g_value_take_boxed (value, g_variant_dup_strv (variant, NULL));
    break;
  case SCEP_SETTING_TYPE_STRING:
  default:
    g_value_set_string (value, g_variant_get_string (variant, NULL));
    break;
  }
}

/**
 * scep_bus_values_add:
 * @name: of a property
 * @variant: its value, of any type
 *
 * Returns: whether there is such a setting and @variant has its type; else
 *   %SCEP_ERROR_INVALID_SETTING
 */
gboolean
scep_bus_values_add (GHashTable *values, const char *name, GVariant *variant, GError **error)
{
  ScepSettingId id = SCEP_N_SETTINGS;
  const char *type;
  GValue *value;

  if (!scep_setting_from_name (name, &id)) {
    g_autofree char *shown = scep_text_printable (name, -1);

    scep_error_set (error, SCEP_ERROR_INVALID_SETTING,
                    _ ("There is no setting “%s”; nothing was changed."), shown);
    return FALSE;
  }
  type = bus_types[scep_setting_info (id)->type];
  if (!g_variant_is_of_type (variant, G_VARIANT_TYPE (type))) {
    scep_error_set (error, SCEP_ERROR_INVALID_SETTING,
                    _ ("%s was given as D-Bus type “%s” but is of type “%s”; nothing was changed."),
                    name, g_variant_get_type_string (variant), type);
    return FALSE;
  }
  value = g_new0 (GValue, 1);
  set_value (value, id, variant);
  g_hash_table_replace (values, g_strdup (name), value);
  return TRUE;
}

/**
 * scep_bus_values_from_dict:
 * @settings: a{sv}
 *
 * Returns: (transfer full) (nullable) (element-type utf8 GValue): the settings,
 *   or %NULL with %SCEP_ERROR_INVALID_SETTING
 */
GHashTable *
scep_bus_values_from_dict (GVariant *settings, GError **error)
{
  g_autoptr (GHashTable) values = scep_bus_values_new ();

  for (gsize i = 0; i < g_variant_n_children (settings); i++) {
    const char *name;
    g_autoptr (GVariant) value = NULL;

    g_variant_get_child (settings, i, "{&sv}", &name, &value);
    if (!scep_bus_values_add (values, name, value, error))
      return NULL;
  }
  return g_steal_pointer (&values);
}

/**
 * scep_bus_option:
 * @options: of a call; the option is taken out
 * @type: D-Bus type of the option
 * @value: (out) (transfer full) (nullable): its value, %NULL where it is not given
 *
 * Returns: %FALSE with %SCEP_ERROR_INVALID_SETTING where it has another type
 */
gboolean
scep_bus_option (GVariantDict *options, const char *name, const char *type, GVariant **value,
                 GError **error)
{
  g_autoptr (GVariant) found = g_variant_dict_lookup_value (options, name, NULL);

  *value = NULL;
  if (found == NULL)
    return TRUE;
  if (!g_variant_is_of_type (found, G_VARIANT_TYPE (type))) {
    scep_error_set (error, SCEP_ERROR_INVALID_SETTING,
                    _ ("The option %s was given as D-Bus type “%s” but is of type “%s”."), name,
                    g_variant_get_type_string (found), type);
    return FALSE;
  }
  g_variant_dict_remove (options, name);
  *value = g_steal_pointer (&found);
  return TRUE;
}

/**
 * scep_bus_options_end:
 * @known: the options there are, for the message
 *
 * Returns: %FALSE with %SCEP_ERROR_INVALID_SETTING where options are left that
 *   nobody took out
 */
gboolean
scep_bus_options_end (GVariantDict *options, const char *known, GError **error)
{
  g_autoptr (GVariant) rest = g_variant_ref_sink (g_variant_dict_end (options));
  const char *name;
  g_autofree char *shown = NULL;

  if (g_variant_n_children (rest) == 0)
    return TRUE;
  g_variant_get_child (rest, 0, "{&sv}", &name, NULL);
  shown = scep_text_printable (name, -1);
  scep_error_set (error, SCEP_ERROR_INVALID_SETTING,
                  _ ("There is no option “%s” for this call; known are: %s."), shown, known);
  return FALSE;
}
