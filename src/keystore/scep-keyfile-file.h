/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/scep-worker.h"
#include "keystore/scep-keystore-entry.h"

/*
 * The files of the keyfile backend, one entry each. These functions block; the
 * objects that they are given do not change.
 */

/* What a directory held when it was read. */
typedef struct {
  GHashTable *entries;    /* (element-type utf8 ScepKeystoreEntry) */
  GHashTable *unreadable; /* (element-type utf8 GError): those an error hides */
} ScepKeyfileContents;

char *scep_keyfile_file_path (const char *directory, const char *alias);
gboolean scep_keyfile_file_write (const char *directory, ScepKeystoreEntry *entry, GError **error);
ScepKeystoreEntry *scep_keyfile_file_parse (GKeyFile *file, const char *alias, ScepWorker *crypto,
                                            GError **error);
gboolean scep_keyfile_file_load_all (const char *directory, ScepWorker *crypto,
                                     ScepKeyfileContents *contents, GError **error);
gboolean scep_keyfile_file_probe (const char *directory, GError **error);
