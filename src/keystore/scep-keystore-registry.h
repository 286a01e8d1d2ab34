/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "keystore/scep-keystore.h"

G_BEGIN_DECLS

/**
 * ScepKeystoreRegistry:
 *
 * All keystores of this machine, and which of them a target filter selects.
 */
#define SCEP_TYPE_KEYSTORE_REGISTRY (scep_keystore_registry_get_type ())
G_DECLARE_FINAL_TYPE (ScepKeystoreRegistry, scep_keystore_registry, SCEP, KEYSTORE_REGISTRY,
                      GObject)

ScepKeystoreRegistry *scep_keystore_registry_new (void);
void scep_keystore_registry_add (ScepKeystoreRegistry *self, ScepKeystore *keystore);
void scep_keystore_registry_remove (ScepKeystoreRegistry *self, ScepKeystore *keystore);
GPtrArray *scep_keystore_registry_list (ScepKeystoreRegistry *self);
ScepKeystore *scep_keystore_registry_find (ScepKeystoreRegistry *self, const char *target,
                                           GError **error);

G_END_DECLS
