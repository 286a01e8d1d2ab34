/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "enroll/scep-profile.h"
#include "service/scep-bus-object-manager.h"

G_BEGIN_DECLS

/**
 * ScepBusManager:
 *
 * org.example.SCEPEnrollment.Manager: all profiles, as they come and go.
 */
#define SCEP_TYPE_BUS_MANAGER (scep_bus_manager_get_type ())
G_DECLARE_FINAL_TYPE (ScepBusManager, scep_bus_manager, SCEP, BUS_MANAGER, GObject)

ScepBusManager *scep_bus_manager_new (ScepDispatcher *dispatcher,
                                      ScepBusObjectManager *object_manager,
                                      const ScepProfileContext *context, ScepWorker *reader,
                                      GError **error);
gboolean scep_bus_manager_load (ScepBusManager *self, GError **error);
void scep_bus_manager_start (ScepBusManager *self);
void scep_bus_manager_reload (ScepBusManager *self);
void scep_bus_manager_stop (ScepBusManager *self);
char *scep_bus_manager_describe (ScepBusManager *self);

G_END_DECLS
