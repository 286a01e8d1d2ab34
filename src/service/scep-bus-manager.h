/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "enroll/scep-profile.h"
#include "service/scep-bus-object-manager.h"
#include "service/scep-fd-reader.h"

G_BEGIN_DECLS

/**
 * ScepBusManager:
 *
 * org.example.SCEPEnrollment.Manager: all profiles, as they come and go.
 *
 * Signals:
 *
 * - "changed" (): scep_bus_manager_describe() may say something else
 * - "started" (): what scep_bus_manager_start() begins is done
 * - "reload" (GDBusMethodInvocation *invocation): somebody who may wants all files to be
 *   read again; the one handler, a #ScepReload, takes the invocation and answers it
 */
#define SCEP_TYPE_BUS_MANAGER (scep_bus_manager_get_type ())
G_DECLARE_FINAL_TYPE (ScepBusManager, scep_bus_manager, SCEP, BUS_MANAGER, GObject)

ScepBusManager *scep_bus_manager_new (ScepDispatcher *dispatcher,
                                      ScepBusObjectManager *object_manager,
                                      const ScepProfileContext *context, ScepFdReader *reader,
                                      GError **error);
gboolean scep_bus_manager_load (ScepBusManager *self, GError **error);
void scep_bus_manager_start (ScepBusManager *self);
void scep_bus_manager_stop (ScepBusManager *self);
char *scep_bus_manager_describe (ScepBusManager *self);

/* For a reload, see scep-reload.h. */
const ScepProfileContext *scep_bus_manager_get_context (ScepBusManager *self);
GPtrArray *scep_bus_manager_list (ScepBusManager *self);
gboolean scep_bus_manager_has (ScepBusManager *self, const char *id);
gboolean scep_bus_manager_is_busy_with (ScepBusManager *self, const char *id);
gboolean scep_bus_manager_add (ScepBusManager *self, ScepProfile *profile, GError **error);
void scep_bus_manager_withdraw (ScepBusManager *self, const char *id);

G_END_DECLS
