/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

GVariant *scep_ctl_value_parse (const char *name, const char *text, GError **error);
gboolean scep_ctl_settings_parse (char **assignments, GVariantDict *settings, GError **error);
