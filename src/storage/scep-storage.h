/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/scep-worker.h"

#include <gio/gio.h>

/*
 * Durable files (design: "Files"). Every write is atomic and on disk when it
 * returns: a temporary file of mode 0600 beside the target, synced, renamed,
 * the directory synced. These functions block; run them in a ScepWorker.
 */

#define SCEP_STORAGE_TEMPORARY_PREFIX ".tmp-"

gboolean scep_storage_write (const char *path, GBytes *contents, GError **error);
GBytes *scep_storage_key_file_to_bytes (GKeyFile *key_file);
gboolean scep_storage_write_key_file (const char *path, GKeyFile *key_file, GError **error);
gboolean scep_storage_remove (const char *path, GError **error);
gboolean scep_storage_make_directory (const char *path, GError **error);
gboolean scep_storage_remove_directory (const char *path, GError **error);
gboolean scep_storage_link_over (const char *from, const char *to, GError **error);
gboolean scep_storage_rename (const char *from, const char *to, GError **error);
gboolean scep_storage_exchange (const char *path, const char *other, GError **error);
gboolean scep_storage_remove_temporaries (const char *directory, GError **error);
gboolean scep_storage_take_over (const char *directory, GError **error);
gboolean scep_storage_take_over_tree (const char *directory, GError **error);
gboolean scep_storage_is_blank_directory (const char *path);
gboolean scep_storage_list_ids (const char *directory, const char *suffix, GHashTable *ids,
                                GPtrArray *others, GError **error);

/* What became of a file that was to be read. */
typedef enum {
  SCEP_LOAD_OK,
  SCEP_LOAD_ABSENT,
  SCEP_LOAD_SET_ASIDE, /* a parse error: renamed to "<name>.broken" and warned about */
  SCEP_LOAD_FAILED,    /* the error is set; the file is untouched */
} ScepLoadResult;

ScepLoadResult scep_storage_read_key_file (const char *path, gboolean set_aside,
                                           GKeyFile **key_file, GError **error);
gboolean scep_storage_set_aside (const char *path, const char *why, GError **error);
GBytes *scep_storage_read (const char *path, gsize max_size, GError **error);
ScepLoadResult scep_storage_read_provided_key_file (const char *path, GKeyFile **key_file,
                                                    GError **error);
GBytes *scep_storage_read_provided (const char *path, gsize max_size, GError **error);
