/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "service/scep-authority.h"
#include "service/scep-bus-frame.h"
#include "service/scep-export.h"

G_BEGIN_DECLS

/* Bytes of the arguments of one call. */
#define SCEP_DISPATCHER_MAX_ARGUMENTS SCEP_BUS_FRAME_MAX_BODY

/**
 * ScepDispatcher:
 *
 * The one door through which every call and every property write comes in: it
 * asks the access table and the guard, and only then the handler.
 */
#define SCEP_TYPE_DISPATCHER (scep_dispatcher_get_type ())
G_DECLARE_FINAL_TYPE (ScepDispatcher, scep_dispatcher, SCEP, DISPATCHER, GObject)

ScepDispatcher *scep_dispatcher_new (GDBusConnection *connection, ScepAuthority *authority);
ScepExport *scep_dispatcher_export (ScepDispatcher *self, const char *path,
                                    const ScepBusInterface *interface, gpointer object,
                                    GError **error);

G_END_DECLS
