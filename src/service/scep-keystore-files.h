/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/scep-worker.h"
#include "keystore/scep-keystore-registry.h"

void scep_keystore_files_load (ScepKeystoreRegistry *registry, const char *vendor,
                               const char *configuration, const char *state, ScepWorker *crypto,
                               ScepWorker *storage);
