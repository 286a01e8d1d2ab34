/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "service/scep-bus-frame.h"

G_BEGIN_DECLS

/* Bytes: all known header fields together are shorter by far. */
#define SCEP_BUS_RELAY_MAX_HEADER (16 * 1024)
/* The kernel sends no more descriptors at once. */
#define SCEP_BUS_RELAY_MAX_FDS 253

/**
 * ScepBusRelay:
 * @from: a socket, blocking
 * @to: a socket, blocking; with a timeout for sending, @stopping is looked at then
 * @max_body: bytes of a body that may pass, or %G_MAXSIZE to pass everything unseen
 * @stopping: (nullable): set atomically when waiting for @to is to end
 *
 * One direction of a D-Bus connection. It owns neither socket. Zeroed but for these
 * four it is new.
 */
typedef struct {
  int from;
  int to;
  gsize max_body;
  const gint *stopping;
  /*< private >*/
  gboolean told; /* that something was dropped */
  guint n_fds;
  int fds[SCEP_BUS_RELAY_MAX_FDS]; /* (owned): of the message that is on its way */
  guint8 buffer[2 * SCEP_BUS_RELAY_MAX_HEADER];
} ScepBusRelay;

gboolean scep_bus_relay_pass_line (ScepBusRelay *self, gboolean *is_begin);
void scep_bus_relay_run (ScepBusRelay *self);

G_END_DECLS
