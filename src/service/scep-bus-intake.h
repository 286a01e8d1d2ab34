/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What may wait to be answered: calls of one connection, which are more than the bus itself lets
 * wait, and of all; bytes of their arguments, of one connection and of all. */
#define SCEP_BUS_INTAKE_MAX_CALLS 192
#define SCEP_BUS_INTAKE_MAX_ALL_CALLS 4096
#define SCEP_BUS_INTAKE_MAX_BYTES (1024 * 1024)
#define SCEP_BUS_INTAKE_MAX_ALL_BYTES (16 * 1024 * 1024)
/* Calls of one connection that wait with a descriptor. Of all, so many that half of what the
 * process may have open is left. */
#define SCEP_BUS_INTAKE_MAX_DESCRIPTORS 16

/**
 * ScepBusIntake:
 *
 * What messages go through before the main loop has to do with them. It keeps few of them
 * waiting, whoever sends them.
 */
typedef struct _ScepBusIntake ScepBusIntake;

ScepBusIntake *scep_bus_intake_new (void);
void scep_bus_intake_free (ScepBusIntake *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScepBusIntake, scep_bus_intake_free)

GDBusMessage *scep_bus_intake_take (ScepBusIntake *self, GDBusConnection *connection,
                                    GDBusMessage *message);
guint scep_bus_intake_attach (GDBusConnection *connection);

G_END_DECLS
