/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "keystore/scep-keyfile-change.h"
#include "keystore/scep-keyfile-file.h"

/* What the files that make up ScepKeystoreKeyfile share. */

struct _ScepKeystoreKeyfile {
  GObject parent_instance;

  char *id;
  char *service_pid;
  char *directory;
  ScepWorker *crypto;
  ScepWorker *storage;

  ScepKeyfileContents contents;
  GError *load_error; /* (nullable): what every operation answers */
  GQueue waiting;     /* (element-type GTask): changes in the order of the calls */
  gboolean writing;
};

gboolean scep_keystore_keyfile_check_alias (ScepKeystoreKeyfile *self, const char *alias,
                                            GError **error);

GTask *scep_keystore_keyfile_new_task (ScepKeystoreKeyfile *self, ScepKeyfileChange *change,
                                       GCancellable *cancellable, GAsyncReadyCallback callback,
                                       gpointer user_data);
gboolean scep_keystore_keyfile_prepare (ScepKeystoreKeyfile *self, ScepKeyfileChange *change,
                                        GError **error);
void scep_keystore_keyfile_submit (ScepKeystoreKeyfile *self, GTask *task);
