/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-profile-private.h"

/**
 * scep_loaded_free:
 * @loaded: (transfer full) (nullable):
 */
void
scep_loaded_free (ScepLoaded *loaded)
{
  if (loaded == NULL)
    return;
  for (guint i = 0; i < G_N_ELEMENTS (loaded->layers); i++)
    g_clear_object (&loaded->layers[i]);
  g_clear_object (&loaded->settings);
  g_clear_pointer (&loaded->saved, scep_saved_free);
  g_free (loaded);
}

/* A file or a credential speaks where nobody said anything over the bus. */
static gboolean
add_challenge (ScepProfileFiles *files, ScepSettings **settings, GError **error)
{
  g_autoptr (GBytes) challenge = NULL;
  g_autoptr (GError) failure = NULL;
  ScepSettings *with;

  if (!scep_settings_wants_challenge (*settings))
    return TRUE;
  challenge = scep_profile_files_load_challenge (
      files, scep_settings_get_challenge_file (*settings), &failure);
  if (failure != NULL) {
    g_propagate_error (error, g_steal_pointer (&failure));
    return FALSE;
  }
  if (challenge == NULL || g_bytes_get_size (challenge) == 0)
    return TRUE;
  with = scep_settings_with_challenge (*settings, challenge, error);
  if (with == NULL)
    return FALSE;
  g_object_unref (*settings);
  *settings = with;
  return TRUE;
}

/**
 * scep_profile_combine:
 * @layers: (array fixed-size=3): of the vendor, the configuration and the bus
 *
 * Returns: (transfer full) (nullable): the effective settings
 */
ScepSettings *
scep_profile_combine (ScepProfileFiles *files, ScepSettingsLayer *const *layers, GError **error)
{
  g_autoptr (ScepSettings) settings =
      scep_settings_new_layered (layers[0], layers[1], layers[SCEP_LAYER_INDEX_BUS], error);

  if (settings == NULL || !add_challenge (files, &settings, error))
    return NULL;
  return g_steal_pointer (&settings);
}

/**
 * scep_profile_read:
 * @with_state: whether to read trust, transaction and history as well
 *
 * Reads all layers of the settings. Blocks; touches nothing but the files.
 *
 * Returns: (transfer full) (nullable): %NULL with an error
 */
ScepLoaded *
scep_profile_read (ScepProfileFiles *files, gboolean with_state, GError **error)
{
  g_autoptr (ScepLoaded) loaded = g_new0 (ScepLoaded, 1);

  for (guint i = 0; i < G_N_ELEMENTS (loaded->layers); i++) {
    if (!scep_profile_files_load_layer (files, i, &loaded->layers[i], error))
      return NULL;
  }
  loaded->settings = scep_profile_combine (files, loaded->layers, error);
  if (loaded->settings == NULL)
    return NULL;
  if (with_state) {
    loaded->saved = scep_saved_read (files, error);
    if (loaded->saved == NULL)
      return NULL;
  }
  return g_steal_pointer (&loaded);
}

static void
free_loaded (gpointer data)
{
  scep_loaded_free (data);
}

static void
read_in_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  GError *error = NULL;
  ScepLoaded *loaded = scep_profile_read (source, GPOINTER_TO_INT (task_data), &error);

  if (loaded != NULL)
    g_task_return_pointer (task, loaded, free_loaded);
  else
    g_task_return_error (task, error);
}

/**
 * scep_profile_read_async:
 * @with_state: as of scep_profile_read()
 *
 * scep_profile_read() in the worker of the files, behind all writes.
 */
void
scep_profile_read_async (ScepProfileFiles *files, gboolean with_state, GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (files, NULL, callback, user_data);

  g_task_set_source_tag (task, scep_profile_read_async);
  g_task_set_task_data (task, GINT_TO_POINTER (with_state), NULL);
  scep_profile_files_run (files, task, read_in_thread);
}

/**
 * scep_profile_read_finish:
 *
 * Returns: (transfer full) (nullable): %NULL with an error
 */
ScepLoaded *
scep_profile_read_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * scep_profile_load:
 *
 * Reads settings, trust and what is in flight. Blocks: call it before the main
 * loop runs. A profile that cannot be read exists, does nothing, and says so
 * in its status; it is read again at its next retry.
 */
void
scep_profile_load (ScepProfile *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepLoaded) loaded = scep_profile_read (self->files, TRUE, &error);

  if (loaded == NULL) {
    scep_profile_set_broken (self, error);
    return;
  }
  scep_profile_take_layers (self, loaded);
  g_set_object (&self->settings, loaded->settings);
  scep_enrollment_set_settings (self->enrollment, loaded->settings);
  scep_enrollment_take_saved (self->enrollment, loaded->saved);
}

/**
 * scep_profile_take_layers:
 * @loaded: what was read
 *
 * From here on these are the layers of the settings.
 */
void
scep_profile_take_layers (ScepProfile *self, ScepLoaded *loaded)
{
  g_clear_error (&self->broken);
  for (guint i = 0; i < G_N_ELEMENTS (self->layers); i++)
    g_set_object (&self->layers[i], loaded->layers[i]);
}

/**
 * scep_profile_set_broken:
 * @error: why it cannot be read
 *
 * From here on the profile does nothing but tell, and try to read it again.
 */
void
scep_profile_set_broken (ScepProfile *self, const GError *error)
{
  g_message ("Profile %s does nothing: %s", self->id, error->message);
  g_clear_error (&self->broken);
  self->broken = g_error_copy (error);
  scep_enrollment_set_broken (self->enrollment, error);
}
