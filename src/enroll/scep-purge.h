/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "keystore/scep-keystore-registry.h"

void scep_purge_async (ScepKeystoreRegistry *keystores, const char *id,
                       GAsyncReadyCallback callback, gpointer user_data);
gboolean scep_purge_finish (GAsyncResult *result, GError **error);
