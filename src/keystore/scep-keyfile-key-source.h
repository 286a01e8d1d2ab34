/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/scep-worker.h"
#include "keystore/scep-key.h"

/* Where the keys of the keyfile backend come from: made here, or brought along. */

void scep_keyfile_key_generate_async (ScepWorker *crypto, guint rsa_bits, GCancellable *cancellable,
                                      GAsyncReadyCallback callback, gpointer user_data);
void scep_keyfile_key_import_async (ScepWorker *crypto, GBytes *pem, GCancellable *cancellable,
                                    GAsyncReadyCallback callback, gpointer user_data);
ScepKey *scep_keyfile_key_make_finish (GAsyncResult *result, GPtrArray **chain, GError **error);
