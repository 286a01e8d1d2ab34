/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* No file of ours comes near it; one that is larger is not ours. */
#define SCEP_STORAGE_MAX_KEY_FILE (1024 * 1024)

gboolean scep_storage_fail (GError **error, int saved_errno, const char *format, ...)
    G_GNUC_PRINTF (3, 4);
gboolean scep_storage_sync_directory (const char *directory, GError **error);
gboolean scep_storage_sync_parent (const char *path, GError **error);
