/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "keystore/scep-keystore.h"

gboolean scep_bus_keystore_check_alias (const char *alias, gboolean writing, GError **error);
GVariant *scep_bus_keystore_describe (ScepKeystore *keystore, ScepKeystoreEntry *entry,
                                      gboolean with_kind);
GVariant *scep_bus_keystore_list (ScepKeystore *keystore, GError **error);
