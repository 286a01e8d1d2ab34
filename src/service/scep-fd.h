/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/scep-worker.h"

#include <gio/gunixfdlist.h>

int scep_fd_from_call (GDBusMethodInvocation *invocation, guint index, GError **error);
void scep_fd_read_async (ScepWorker *worker, int fd, gsize max_size, guint timeout_ms,
                         GAsyncReadyCallback callback, gpointer user_data);
GBytes *scep_fd_read_finish (GAsyncResult *result, GError **error);
int scep_fd_new_sealed (const char *name, GBytes *contents, GError **error);
