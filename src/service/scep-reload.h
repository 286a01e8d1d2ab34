/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "service/scep-bus-keystores.h"
#include "service/scep-bus-manager.h"

G_BEGIN_DECLS

/**
 * ScepReload:
 *
 * Reads the vendor presets and the configuration directory again, for whoever
 * asks: one reading after the other, and one for all who ask while another one
 * runs. Calls of Reload on the bus are answered.
 *
 * Signals:
 *
 * - "begun" (): files are being read
 * - "ended" (): no more, before anybody is answered
 */
#define SCEP_TYPE_RELOAD (scep_reload_get_type ())
G_DECLARE_FINAL_TYPE (ScepReload, scep_reload, SCEP, RELOAD, GObject)

ScepReload *scep_reload_new (ScepBusManager *manager, ScepBusKeystores *keystores);
void scep_reload_async (ScepReload *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean scep_reload_finish (ScepReload *self, GAsyncResult *result, GError **error);

G_END_DECLS
