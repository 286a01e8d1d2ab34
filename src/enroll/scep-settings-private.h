/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "enroll/scep-settings.h"

/* What the files that make up ScepSettings share. */

struct _ScepSettingsLayer {
  GObject parent_instance;

  ScepLayerKind kind;
  GValue values[SCEP_N_SETTINGS]; /* zeroed where the layer says nothing */
  gboolean has_challenge;         /* also where it says that there is none */
  GBytes *challenge;              /* (owned) (nullable): a secret */
  char *challenge_file;           /* (owned) (nullable): absolute path */
  GKeyFile *unknown;              /* (owned): what a newer version wrote */
};

ScepSettingsLayer *scep_settings_layer_copy (ScepSettingsLayer *self);
gboolean scep_settings_layer_take_value (ScepSettingsLayer *self, ScepSettingId id,
                                         const GValue *value, GError **error);
void scep_settings_layer_clear (ScepSettingsLayer *self, ScepSettingId id);
void scep_settings_layer_take_challenge (ScepSettingsLayer *self, GBytes *challenge);

gboolean scep_setting_normalize (ScepSettingId id, const GValue *value, GValue *normalized,
                                 GError **error);
GBytes *scep_setting_normalize_challenge (GBytes *challenge, GError **error);
gboolean scep_settings_check_together (ScepSettings *settings, GError **error);
