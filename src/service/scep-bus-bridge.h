/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * ScepBusBridge:
 *
 * Stands between this process and the system bus, so that no message gets to GDBus
 * that would make the process large: anybody may send 32 MiB over the bus, and GDBus
 * has parsed it before anybody can refuse it.
 */
typedef struct _ScepBusBridge ScepBusBridge;

ScepBusBridge *scep_bus_bridge_new (GError **error);
void scep_bus_bridge_free (ScepBusBridge *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScepBusBridge, scep_bus_bridge_free)

G_END_DECLS
