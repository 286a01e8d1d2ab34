/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-profile-files.h"

#include "base/scep-error.h"
#include "base/scep-secret.h"
#include "storage/scep-storage.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define CREDENTIAL_PREFIX "scep-enrollment.challenge."

struct _ScepProfileFiles {
  GObject parent_instance;

  char *id;             /* (owned) */
  char *layer_files[2]; /* (owned): vendor, configuration */
  char *unknown[2];     /* (owned) (nullable): what was said about them */
  char *parent;         /* (owned): "profiles" of the state directory */
  char *directory;      /* (owned) */
  char *credential;     /* (owned) (nullable) */
  ScepWorker *storage;  /* (owned) */
  gboolean gone;        /* the profile is being deleted: nothing is written */
};

typedef struct {
  char *parent;    /* (owned) */
  char *directory; /* (owned) */
  char *path;      /* (owned) */
  GBytes *bytes;   /* (owned) (nullable): NULL removes the file */
} Write;

G_DEFINE_FINAL_TYPE (ScepProfileFiles, scep_profile_files, G_TYPE_OBJECT)

static void
write_free (gpointer data)
{
  Write *job = data;

  g_free (job->parent);
  g_free (job->directory);
  g_free (job->path);
  g_clear_pointer (&job->bytes, g_bytes_unref);
  g_free (job);
}

static void
scep_profile_files_finalize (GObject *object)
{
  ScepProfileFiles *self = SCEP_PROFILE_FILES (object);

  g_free (self->id);
  g_free (self->layer_files[0]);
  g_free (self->layer_files[1]);
  g_free (self->unknown[0]);
  g_free (self->unknown[1]);
  g_free (self->parent);
  g_free (self->directory);
  g_free (self->credential);
  g_clear_object (&self->storage);
  G_OBJECT_CLASS (scep_profile_files_parent_class)->finalize (object);
}

static void
scep_profile_files_class_init (ScepProfileFilesClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = scep_profile_files_finalize;
}

static void
scep_profile_files_init (ScepProfileFiles *self)
{
}

/**
 * scep_profile_files_new:
 * @id: of the profile, valid
 *
 * Returns: (transfer full): its files; nothing is touched yet
 */
ScepProfileFiles *
scep_profile_files_new (const char *id, const ScepProfileContext *context)
{
  ScepProfileFiles *self = g_object_new (SCEP_TYPE_PROFILE_FILES, NULL);
  g_autofree char *file = g_strconcat (id, ".conf", NULL);
  g_autofree char *credential = g_strconcat (CREDENTIAL_PREFIX, id, NULL);

  self->id = g_strdup (id);
  self->layer_files[0] = g_build_filename (context->vendor_directory, "profiles", file, NULL);
  self->layer_files[1] =
      g_build_filename (context->configuration_directory, "profiles", file, NULL);
  self->parent = g_build_filename (context->state_directory, "profiles", NULL);
  self->directory = g_build_filename (self->parent, id, NULL);
  if (context->credential_directory != NULL)
    self->credential = g_build_filename (context->credential_directory, credential, NULL);
  self->storage = g_object_ref (context->storage);
  return self;
}

/**
 * scep_profile_files_get_id:
 *
 * Returns: (transfer none): the profile's id
 */
const char *
scep_profile_files_get_id (ScepProfileFiles *self)
{
  return self->id;
}

/**
 * scep_profile_files_get_path:
 *
 * Returns: (transfer full): where the file @name of the profile is
 */
char *
scep_profile_files_get_path (ScepProfileFiles *self, const char *name)
{
  return g_build_filename (self->directory, name, NULL);
}

/**
 * scep_profile_files_prepare:
 *
 * Clears away what an interrupted write left. What stays is on disk: the service
 * has synced the folders of all profiles before it reads them. Blocks.
 *
 * Returns: %FALSE with %SCEP_ERROR_STORAGE_FAILED
 */
gboolean
scep_profile_files_prepare (ScepProfileFiles *self, GError **error)
{
  if (!g_file_test (self->directory, G_FILE_TEST_IS_DIR))
    return TRUE;
  return scep_storage_remove_temporaries (self->directory, error);
}

/**
 * scep_profile_files_is_defined_by_file:
 *
 * Returns: whether a file that the service does not own makes the profile
 */
gboolean
scep_profile_files_is_defined_by_file (ScepProfileFiles *self)
{
  return g_file_test (self->layer_files[0], G_FILE_TEST_EXISTS) ||
         g_file_test (self->layer_files[1], G_FILE_TEST_EXISTS);
}

/* Once for each file, and again where it has changed: it is read more than once. */
static void
report_unknown (ScepProfileFiles *self, guint layer, ScepSettingsLayer *settings)
{
  g_auto (GStrv) names = scep_settings_layer_list_unknown (settings);
  g_autofree char *text = g_strjoinv (", ", names);

  if (g_strcmp0 (text, self->unknown[layer]) == 0)
    return;
  if (*text != '\0')
    g_message (
        _ ("The file %s has keys that mean nothing to this version: %s. Check their spelling."),
        self->layer_files[layer], text);
  g_free (self->unknown[layer]);
  self->unknown[layer] = g_steal_pointer (&text);
}

static void
explain_refusal (const char *path, GError **error)
{
  g_autofree char *what = NULL;

  if (error == NULL || *error == NULL)
    return;
  what = g_strdup ((*error)->message);
  g_clear_error (error);
  scep_error_set (error, SCEP_ERROR_INVALID_SETTING,
                  _ ("In the file %s: %s; the profile does nothing until that is corrected and the "
                     "service told to reload"),
                  path, what);
}

static char *
list_files (ScepProfileFiles *self)
{
  g_autofree char *own = scep_profile_files_get_path (self, SCEP_FILE_SETTINGS);
  const char *const paths[] = { self->layer_files[0], self->layer_files[1], own };
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) there = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++) {
    if (g_file_test (paths[i], G_FILE_TEST_EXISTS))
      g_strv_builder_add (builder, paths[i]);
  }
  there = g_strv_builder_end (builder);
  return g_strjoinv (", ", there);
}

/**
 * scep_profile_files_explain_settings:
 * @error: (inout): why the settings of all layers together are refused
 *
 * Adds which files they come from; what could not be read names its file.
 */
void
scep_profile_files_explain_settings (ScepProfileFiles *self, GError **error)
{
  g_autofree char *paths = NULL;

  if (error == NULL || !g_error_matches (*error, SCEP_ERROR, SCEP_ERROR_INVALID_SETTING))
    return;
  paths = list_files (self);
  explain_refusal (paths, error);
}

/**
 * scep_profile_files_load_layer:
 * @layer: 0 for the vendor's, 1 for the configuration, 2 for the bus
 * @settings: (out) (transfer full) (nullable): %NULL where there is no file
 *
 * Returns: %FALSE with %SCEP_ERROR_STORAGE_FAILED, or
 *   %SCEP_ERROR_INVALID_SETTING for what it holds
 */
gboolean
scep_profile_files_load_layer (ScepProfileFiles *self, guint layer, ScepSettingsLayer **settings,
                               GError **error)
{
  g_autofree char *own = scep_profile_files_get_path (self, SCEP_FILE_SETTINGS);
  const char *path = layer < 2 ? self->layer_files[layer] : own;
  g_autoptr (GKeyFile) key_file = NULL;
  ScepLoadResult result = layer < 2 ? scep_storage_read_provided_key_file (path, &key_file, error)
                                    : scep_storage_read_key_file (path, FALSE, &key_file, error);

  *settings = NULL;
  if (result == SCEP_LOAD_ABSENT)
    return TRUE;
  if (result != SCEP_LOAD_OK)
    return FALSE;

  *settings = scep_settings_layer_new_from_key_file (layer < 2 ? SCEP_LAYER_FILE : SCEP_LAYER_BUS,
                                                     key_file, error);
  if (*settings == NULL)
    explain_refusal (path, error);
  else if (layer < 2)
    report_unknown (self, layer, *settings);
  return *settings != NULL;
}

/**
 * scep_profile_files_load_challenge:
 * @file: (nullable): the file that the settings name; else the credential
 *
 * Blocks. A credential may be absent, a file that is named may not.
 *
 * Returns: (transfer full) (nullable): the challenge; %NULL without an error
 *   if there is none, else with %SCEP_ERROR_STORAGE_FAILED
 */
GBytes *
scep_profile_files_load_challenge (ScepProfileFiles *self, const char *file, GError **error)
{
  gboolean named = file != NULL && file[0] != '\0';
  const char *path = named ? file : self->credential;
  g_autoptr (GBytes) bytes = NULL;

  if (path == NULL || (!named && !g_file_test (path, G_FILE_TEST_EXISTS)))
    return NULL;
  bytes = scep_storage_read_provided (path, SCEP_MAX_CHALLENGE, error);
  if (bytes == NULL && named)
    g_prefix_error (error, "ChallengePasswordFile: ");
  return bytes != NULL ? scep_secret_without_newline (bytes) : NULL;
}

/**
 * scep_profile_files_read:
 * @set_aside: whether a file that cannot be parsed is moved away
 * @key_file: (out) (transfer full) (nullable): %NULL where there is none
 *
 * Returns: %FALSE with %SCEP_ERROR_STORAGE_FAILED
 */
gboolean
scep_profile_files_read (ScepProfileFiles *self, const char *name, gboolean set_aside,
                         GKeyFile **key_file, GError **error)
{
  g_autofree char *path = scep_profile_files_get_path (self, name);

  return scep_storage_read_key_file (path, set_aside, key_file, error) != SCEP_LOAD_FAILED;
}

/**
 * scep_profile_files_run:
 *
 * Runs @func in the worker that writes the files, in its turn.
 */
void
scep_profile_files_run (ScepProfileFiles *self, GTask *task, GTaskThreadFunc func)
{
  scep_worker_run (self->storage, task, func);
}

static gboolean
do_write (Write *job, GError **error)
{
  if (job->bytes == NULL) {
    if (!g_file_test (job->path, G_FILE_TEST_EXISTS))
      return TRUE;
    return scep_storage_remove (job->path, error);
  }
  if (scep_storage_make_directory (job->parent, error) &&
      scep_storage_make_directory (job->directory, error) &&
      scep_storage_write (job->path, job->bytes, error))
    return TRUE;
  /* A folder without its first file is no profile; one with other files stays. */
  if (scep_storage_is_blank_directory (job->directory))
    scep_storage_remove_directory (job->directory, NULL);
  return FALSE;
}

static void
write_in_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  GError *error = NULL;

  if (do_write (task_data, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/**
 * scep_profile_files_write_async:
 * @contents: (nullable): %NULL removes the file
 *
 * Done when it is on disk. What was begun earlier is done earlier.
 */
void
scep_profile_files_write_async (ScepProfileFiles *self, const char *name, GKeyFile *contents,
                                GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  Write *job;

  if (self->gone) {
    g_task_return_new_error (task, SCEP_ERROR, SCEP_ERROR_NO_SUCH_PROFILE,
                             _ ("The profile %s has been deleted."), self->id);
    return;
  }
  job = g_new0 (Write, 1);
  job->parent = g_strdup (self->parent);
  job->directory = g_strdup (self->directory);
  job->path = scep_profile_files_get_path (self, name);
  if (contents != NULL)
    job->bytes = scep_storage_key_file_to_bytes (contents);
  g_task_set_source_tag (task, scep_profile_files_write_async);
  g_task_set_task_data (task, job, write_free);
  scep_worker_run (self->storage, task, write_in_thread);
}

static void
delete_in_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  ScepProfileFiles *self = source;
  g_autofree char *name = g_strconcat (SCEP_DIRECTORY_DELETED_PREFIX, self->id, NULL);
  g_autofree char *away = g_build_filename (self->parent, name, NULL);
  GError *error = NULL;

  if (!g_file_test (self->directory, G_FILE_TEST_EXISTS) ||
      (scep_storage_remove_directory (away, &error) &&
       scep_storage_rename (self->directory, away, &error)))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/**
 * scep_profile_files_delete_async:
 *
 * Renames the profile's folder away: from then on there is no such profile,
 * and nothing is written for it any more.
 */
void
scep_profile_files_delete_async (ScepProfileFiles *self, GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  self->gone = TRUE;
  g_task_set_source_tag (task, scep_profile_files_delete_async);
  scep_worker_run (self->storage, task, delete_in_thread);
}

static void
erase_in_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  ScepProfileFiles *self = source;
  g_autofree char *name = g_strconcat (SCEP_DIRECTORY_DELETED_PREFIX, self->id, NULL);
  g_autofree char *away = g_build_filename (self->parent, name, NULL);
  g_autoptr (GError) error = NULL;

  if (!scep_storage_remove_directory (away, &error))
    g_message (_ ("The files of the deleted profile %s are still there: %s"), self->id,
               error->message);
  g_task_return_boolean (task, TRUE);
}

/**
 * scep_profile_files_erase:
 *
 * Erases the folder that was renamed away. The next start does what fails.
 */
void
scep_profile_files_erase (ScepProfileFiles *self)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, NULL, NULL);

  g_task_set_source_tag (task, scep_profile_files_erase);
  scep_worker_run (self->storage, task, erase_in_thread);
}

/**
 * scep_profile_files_keep:
 *
 * The folder is still there after all: writing goes on.
 */
void
scep_profile_files_keep (ScepProfileFiles *self)
{
  self->gone = FALSE;
}

/**
 * scep_profile_files_finish:
 *
 * Returns: %FALSE with %SCEP_ERROR_STORAGE_FAILED
 */
gboolean
scep_profile_files_finish (ScepProfileFiles *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
