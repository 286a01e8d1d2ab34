/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/scep-worker.h"
#include "keystore/scep-keystore.h"

G_BEGIN_DECLS

#define SCEP_TYPE_KEYSTORE_KEYFILE (scep_keystore_keyfile_get_type ())
G_DECLARE_FINAL_TYPE (ScepKeystoreKeyfile, scep_keystore_keyfile, SCEP, KEYSTORE_KEYFILE, GObject)

ScepKeystore *scep_keystore_keyfile_new (const char *id, const char *service_pid,
                                         const char *directory, ScepWorker *crypto,
                                         ScepWorker *storage);
void scep_keystore_keyfile_set_service_pid (ScepKeystoreKeyfile *self, const char *service_pid);

G_END_DECLS
