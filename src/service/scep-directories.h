/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/**
 * ScepDirectories:
 *
 * Where everything is, and the lock on the state directory.
 */
typedef struct {
  char *state;
  char *configuration;
  char *vendor;
  char *credentials; /* (nullable) */
  int lock_fd;       /* -1 while it is not locked */
} ScepDirectories;

ScepDirectories *scep_directories_new (void);
void scep_directories_free (ScepDirectories *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScepDirectories, scep_directories_free)

gboolean scep_directories_prepare (ScepDirectories *self, GError **error);
