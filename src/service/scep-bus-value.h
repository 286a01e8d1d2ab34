/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "enroll/scep-settings.h"

#include <gio/gio.h>

GVariant *scep_bus_value_from_setting (ScepSettings *settings, ScepSettingId id);
GHashTable *scep_bus_values_new (void);
gboolean scep_bus_values_add (GHashTable *values, const char *name, GVariant *variant,
                              GError **error);
GHashTable *scep_bus_values_from_dict (GVariant *settings, GError **error);
gboolean scep_bus_option (GVariantDict *options, const char *name, const char *type,
                          GVariant **value, GError **error);
gboolean scep_bus_options_end (GVariantDict *options, const char *known, GError **error);
