/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "service/scep-bus-manager.h"

void scep_reload_async (ScepBusManager *manager, GAsyncReadyCallback callback, gpointer user_data);
void scep_reload_finish (ScepBusManager *manager, GAsyncResult *result);
