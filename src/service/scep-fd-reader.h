/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Threads that read at once, those included that were given up: of one user and of all. */
#define SCEP_FD_READER_MAX_PER_USER 4
#define SCEP_FD_READER_MAX_TOTAL 16

/**
 * ScepFdReader:
 *
 * Reads descriptors of callers, each in a thread of its own for which nobody ever waits: what a
 * descriptor leads to may answer never.
 */
#define SCEP_TYPE_FD_READER (scep_fd_reader_get_type ())
G_DECLARE_FINAL_TYPE (ScepFdReader, scep_fd_reader, SCEP, FD_READER, GObject)

ScepFdReader *scep_fd_reader_new (void);
void scep_fd_reader_read_async (ScepFdReader *self, guint32 user, int fd, gsize max_size,
                                guint timeout_ms, GAsyncReadyCallback callback, gpointer user_data);
GBytes *scep_fd_reader_read_finish (ScepFdReader *self, GAsyncResult *result, GError **error);

G_END_DECLS
