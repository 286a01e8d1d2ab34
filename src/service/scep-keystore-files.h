/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * ScepKeystoreDescription:
 * @id: of the keystore
 * @service_pid: what a target filter knows it by
 * @fault: (nullable): why the file that describes it cannot be used
 *
 * What a file says of a keystore.
 */
typedef struct {
  char *id;          /* (owned) */
  char *service_pid; /* (owned) */
  char *fault;       /* (owned) (nullable) */
} ScepKeystoreDescription;

/**
 * ScepKeystoreDescriptions:
 * @list: (element-type ScepKeystoreDescription): the default keystore first
 * @faults: (element-type utf8): of files and folders that describe none
 * @complete: whether all folders could be seen; else there may be more
 *
 * What all files say. It does not change.
 */
typedef struct {
  GPtrArray *list;
  GPtrArray *faults;
  gboolean complete;
} ScepKeystoreDescriptions;

ScepKeystoreDescriptions *scep_keystore_files_read (const char *vendor, const char *configuration);
void scep_keystore_descriptions_free (ScepKeystoreDescriptions *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScepKeystoreDescriptions, scep_keystore_descriptions_free)

const ScepKeystoreDescription *scep_keystore_descriptions_find (ScepKeystoreDescriptions *self,
                                                                const char *id);

G_END_DECLS
