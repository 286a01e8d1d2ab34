/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

GDBusMessage *scep_bus_intake (GDBusConnection *connection, GDBusMessage *message);

G_END_DECLS
