/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * ScepTransportThread:
 *
 * A thread with a main context, where what a library makes of a server's bytes
 * may take as long as it likes: the main loop does not wait for it.
 */
typedef struct _ScepTransportThread ScepTransportThread;

ScepTransportThread *scep_transport_thread_get (void);
ScepTransportThread *scep_transport_thread_ref (ScepTransportThread *self);
void scep_transport_thread_unref (ScepTransportThread *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScepTransportThread, scep_transport_thread_unref)

void scep_transport_thread_run (ScepTransportThread *self, GSourceFunc func, gpointer user_data,
                                GDestroyNotify notify);
void scep_transport_thread_finish (void);

/* For tests, which cannot wait as long. */
gboolean scep_transport_thread_is_busy (ScepTransportThread *self);
void scep_transport_thread_set_patience (guint seconds);

G_END_DECLS
