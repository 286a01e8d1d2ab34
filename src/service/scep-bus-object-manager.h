/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "service/scep-dispatcher.h"

G_BEGIN_DECLS

/**
 * ScepBusObjectManager:
 *
 * org.freedesktop.DBus.ObjectManager of SCEP_PATH: tells of the objects below.
 *
 * Signal: "answered" (): somebody has asked for all of them, which takes much
 * memory for a moment.
 */
#define SCEP_TYPE_BUS_OBJECT_MANAGER (scep_bus_object_manager_get_type ())
G_DECLARE_FINAL_TYPE (ScepBusObjectManager, scep_bus_object_manager, SCEP, BUS_OBJECT_MANAGER,
                      GObject)

ScepBusObjectManager *scep_bus_object_manager_new (ScepDispatcher *dispatcher,
                                                   GDBusConnection *connection, GError **error);
void scep_bus_object_manager_announce (ScepBusObjectManager *self);
void scep_bus_object_manager_add (ScepBusObjectManager *self, ScepExport *export);
void scep_bus_object_manager_remove (ScepBusObjectManager *self, ScepExport *export);

G_END_DECLS
