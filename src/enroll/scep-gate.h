/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Requests that are sent to one server at once. */
#define SCEP_GATE_WIDTH 16

/**
 * ScepGate:
 *
 * What stands before the servers: so many requests go to one of them at once,
 * the others wait in the order in which they came. A profile has one request at
 * a time, and one query beside it, so this is fair between profiles. Belongs
 * to the main loop.
 */
#define SCEP_TYPE_GATE (scep_gate_get_type ())
G_DECLARE_FINAL_TYPE (ScepGate, scep_gate, SCEP, GATE, GObject)

/**
 * ScepGatePass:
 *
 * The right to ask a server; the next one gets it when it is freed.
 */
typedef struct _ScepGatePass ScepGatePass;

void scep_gate_pass_free (ScepGatePass *pass);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScepGatePass, scep_gate_pass_free)

ScepGate *scep_gate_new (guint width);
ScepGatePass *scep_gate_try_enter (ScepGate *self, const char *server);
void scep_gate_enter_async (ScepGate *self, const char *server, GCancellable *cancellable,
                            GAsyncReadyCallback callback, gpointer user_data);
ScepGatePass *scep_gate_enter_finish (ScepGate *self, GAsyncResult *result, GError **error);
guint scep_gate_count_rounds (ScepGate *self, const char *server);
gboolean scep_gate_keep (ScepGate *self, GObject *connection);

G_END_DECLS
