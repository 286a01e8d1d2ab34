/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "enroll/scep-history.h"
#include "enroll/scep-profile.h"
#include "enroll/scep-transaction.h"
#include "enroll/scep-trust-record.h"

G_BEGIN_DECLS

/* Names below "profiles/<id>/" of the state directory. */
#define SCEP_FILE_SETTINGS "settings.keyfile"
#define SCEP_FILE_TRUST "trust.keyfile"
#define SCEP_FILE_TRANSACTION "transaction.keyfile"
#define SCEP_FILE_HISTORY "history.keyfile"
#define SCEP_FILE_RESET "reset.keyfile"

#define SCEP_DIRECTORY_DELETED_PREFIX ".deleted-"

/**
 * ScepProfileFiles:
 *
 * The files of one profile: read at once, written in a worker, in order.
 */
#define SCEP_TYPE_PROFILE_FILES (scep_profile_files_get_type ())
G_DECLARE_FINAL_TYPE (ScepProfileFiles, scep_profile_files, SCEP, PROFILE_FILES, GObject)

ScepProfileFiles *scep_profile_files_new (const char *id, const ScepProfileContext *context);

const char *scep_profile_files_get_id (ScepProfileFiles *self);
char *scep_profile_files_get_path (ScepProfileFiles *self, const char *name);
gboolean scep_profile_files_prepare (ScepProfileFiles *self, GError **error);
gboolean scep_profile_files_is_defined_by_file (ScepProfileFiles *self);

gboolean scep_profile_files_load_layer (ScepProfileFiles *self, guint layer,
                                        ScepSettingsLayer **settings, GError **error);
void scep_profile_files_explain_settings (ScepProfileFiles *self, GError **error);
GBytes *scep_profile_files_load_challenge (ScepProfileFiles *self, const char *file,
                                           GError **error);
gboolean scep_profile_files_read (ScepProfileFiles *self, const char *name, gboolean set_aside,
                                  GKeyFile **key_file, GError **error);

void scep_profile_files_run (ScepProfileFiles *self, GTask *task, GTaskThreadFunc func);
void scep_profile_files_write_async (ScepProfileFiles *self, const char *name, GKeyFile *contents,
                                     GAsyncReadyCallback callback, gpointer user_data);
void scep_profile_files_delete_async (ScepProfileFiles *self, GAsyncReadyCallback callback,
                                      gpointer user_data);
void scep_profile_files_keep (ScepProfileFiles *self);
void scep_profile_files_erase (ScepProfileFiles *self);
gboolean scep_profile_files_finish (ScepProfileFiles *self, GAsyncResult *result, GError **error);

G_END_DECLS
