/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "enroll/scep-profile.h"
#include "service/scep-bus-object-manager.h"
#include "service/scep-fd-reader.h"

G_BEGIN_DECLS

/**
 * ScepBusKeystores:
 *
 * All keystores, on the bus and where profiles select from, as the files that
 * describe them come, change and go.
 */
#define SCEP_TYPE_BUS_KEYSTORES (scep_bus_keystores_get_type ())
G_DECLARE_FINAL_TYPE (ScepBusKeystores, scep_bus_keystores, SCEP, BUS_KEYSTORES, GObject)

ScepBusKeystores *scep_bus_keystores_new (ScepDispatcher *dispatcher,
                                          ScepBusObjectManager *object_manager,
                                          const ScepProfileContext *context, ScepFdReader *reader);
gboolean scep_bus_keystores_load (ScepBusKeystores *self, GError **error);

/* For a reload, see scep-reload.h: what is new comes, then what is gone goes. */
void scep_bus_keystores_reload_async (ScepBusKeystores *self, GAsyncReadyCallback callback,
                                      gpointer user_data);
void scep_bus_keystores_reload_finish (ScepBusKeystores *self, GAsyncResult *result,
                                       GPtrArray *faults);
void scep_bus_keystores_remove_gone (ScepBusKeystores *self, GPtrArray *profiles,
                                     GPtrArray *faults);

G_END_DECLS
