/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/scep-worker.h"
#include "keystore/scep-key.h"

G_BEGIN_DECLS

/* The key of the keyfile backend: its bytes stay within this folder. */
#define SCEP_TYPE_KEYFILE_KEY (scep_keyfile_key_get_type ())
G_DECLARE_FINAL_TYPE (ScepKeyfileKey, scep_keyfile_key, SCEP, KEYFILE_KEY, GObject)

ScepKey *scep_keyfile_key_new (GBytes *pkcs8, GBytes *spki, ScepWorker *crypto);
GBytes *scep_keyfile_key_get_pkcs8 (ScepKeyfileKey *self);

G_END_DECLS
