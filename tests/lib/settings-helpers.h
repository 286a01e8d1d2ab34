/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "enroll/scep-settings.h"

/* Layers of settings, made the ways a program and an administrator make them. */

ScepSettingsLayer *test_layer_from_text (ScepLayerKind kind, const char *keys);
ScepSettingsLayer *test_layer_try_text (ScepLayerKind kind, const char *keys, GError **error);
ScepSettingsLayer *test_layer_reread (ScepSettingsLayer *layer, ScepLayerKind kind);
ScepSettingsLayer *test_layer_with_value (ScepSettingId id, const GValue *value, GError **error);
ScepSettingsLayer *test_layer_with_string (ScepSettingId id, const char *value, GError **error);
ScepSettingsLayer *test_layer_with_strv (ScepSettingId id, const char *const *value,
                                         GError **error);
ScepSettingsLayer *test_layer_with_uint (ScepSettingId id, guint value, GError **error);

char *test_ca_pem_new (guint rsa_bits, gboolean ca);
