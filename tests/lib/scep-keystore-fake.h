/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "keystore/scep-keystore.h"

G_BEGIN_DECLS

/**
 * ScepKeystoreFake:
 *
 * A keystore in memory. It decides as the keyfile backend does; what it is
 * asked for is done at the call, its callback comes from the main loop.
 */
#define SCEP_TYPE_KEYSTORE_FAKE (scep_keystore_fake_get_type ())
G_DECLARE_FINAL_TYPE (ScepKeystoreFake, scep_keystore_fake, SCEP, KEYSTORE_FAKE, GObject)

ScepKeystoreFake *scep_keystore_fake_new (GBytes *pkcs8);
void scep_keystore_fake_set_next_key (ScepKeystoreFake *self, GBytes *pkcs8);
void scep_keystore_fake_fail_next_write (ScepKeystoreFake *self, GError *error);
void scep_keystore_fake_fail_reads (ScepKeystoreFake *self, GError *error);

ScepKey *scep_key_fake_new (GBytes *pkcs8);

G_END_DECLS
