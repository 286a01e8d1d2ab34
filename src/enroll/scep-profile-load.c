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
  g_clear_pointer (&loaded->challenge, g_bytes_unref);
  g_clear_error (&loaded->challenge_error);
  g_clear_object (&loaded->settings);
  g_clear_pointer (&loaded->saved, scep_saved_free);
  g_clear_error (&loaded->saved_error);
  g_free (loaded);
}

/**
 * scep_profile_combine:
 * @layers: (array fixed-size=3): of the vendor, the configuration and the bus
 * @challenge: (nullable): of a file or a credential, which speaks where nobody
 *   said anything over the bus
 * @challenge_error: (nullable): why it could not be read
 *
 * Returns: (transfer full) (nullable): the effective settings
 */
ScepSettings *
scep_profile_combine (ScepSettingsLayer *const *layers, GBytes *challenge,
                      const GError *challenge_error, GError **error)
{
  g_autoptr (ScepSettings) settings =
      scep_settings_new_layered (layers[0], layers[1], layers[SCEP_LAYER_INDEX_BUS], error);

  if (settings == NULL || !scep_settings_wants_challenge (settings))
    return g_steal_pointer (&settings);
  if (challenge_error != NULL) {
    g_propagate_error (error, g_error_copy (challenge_error));
    return NULL;
  }
  if (challenge == NULL || g_bytes_get_size (challenge) == 0)
    return g_steal_pointer (&settings);
  return scep_settings_with_challenge (settings, challenge, error);
}

/* Read also where the bus says something else, which may go. */
static void
read_challenge (ScepProfileFiles *files, ScepLoaded *loaded)
{
  g_autoptr (ScepSettings) settings =
      scep_settings_new_layered (loaded->layers[0], loaded->layers[1], NULL, NULL);

  if (settings != NULL)
    loaded->challenge = scep_profile_files_load_challenge (
        files, scep_settings_get_challenge_file (settings), &loaded->challenge_error);
}

/**
 * scep_profile_read:
 * @with_state: whether to read trust, transaction and history as well
 *
 * Reads all layers of the settings. Blocks; touches nothing but the files.
 *
 * Returns: (transfer full) (nullable): %NULL with an error where the settings
 *   cannot be read; of the rest it says so itself
 */
ScepLoaded *
scep_profile_read (ScepProfileFiles *files, gboolean with_state, GError **error)
{
  g_autoptr (ScepLoaded) loaded = g_new0 (ScepLoaded, 1);

  for (guint i = 0; i < G_N_ELEMENTS (loaded->layers); i++) {
    if (!scep_profile_files_load_layer (files, i, &loaded->layers[i], error))
      return NULL;
  }
  read_challenge (files, loaded);
  loaded->settings =
      scep_profile_combine (loaded->layers, loaded->challenge, loaded->challenge_error, error);
  if (loaded->settings == NULL) {
    scep_profile_files_explain_settings (files, error);
    return NULL;
  }
  if (with_state)
    loaded->saved = scep_saved_read (files, &loaded->saved_error);
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

/* The settings cannot be read, but perhaps the rest can. */
static void
show_held (ScepProfile *self)
{
  g_autoptr (ScepSaved) saved = scep_saved_read (self->files, NULL);

  if (saved == NULL)
    return;
  scep_enrollment_take_saved (self->enrollment, saved);
  scep_enrollment_find_holder (self->enrollment);
}

/**
 * scep_profile_load:
 *
 * Reads settings, trust and what is in flight. Blocks: call it before the main
 * loop runs. A profile that cannot be read exists, does nothing, and says so
 * in its status, with what it has got; it is read again at its next retry.
 */
void
scep_profile_load (ScepProfile *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepLoaded) loaded = scep_profile_read (self->files, TRUE, &error);

  if (loaded == NULL) {
    show_held (self);
    scep_profile_set_broken (self, error);
    scep_profile_update_status (self);
    return;
  }
  scep_profile_take_settings (self, loaded);
  g_set_object (&self->settings, loaded->settings);
  scep_enrollment_set_settings (self->enrollment, loaded->settings);
  scep_profile_take_state (self, loaded);
  scep_profile_update_status (self);
}

/**
 * scep_profile_take_settings:
 * @loaded: what was read
 *
 * From here on these are the layers of the settings.
 */
void
scep_profile_take_settings (ScepProfile *self, ScepLoaded *loaded)
{
  g_clear_error (&self->broken);
  for (guint i = 0; i < G_N_ELEMENTS (self->layers); i++)
    g_set_object (&self->layers[i], loaded->layers[i]);
  g_clear_pointer (&self->challenge, g_bytes_unref);
  self->challenge = g_steal_pointer (&loaded->challenge);
  g_clear_error (&self->challenge_error);
  self->challenge_error = g_steal_pointer (&loaded->challenge_error);
}

/**
 * scep_profile_take_state:
 * @loaded: what was read
 *
 * Trust, transaction and history, or why they cannot be read: what is in the
 * keystore can be used all the same.
 */
void
scep_profile_take_state (ScepProfile *self, ScepLoaded *loaded)
{
  if (loaded->saved != NULL)
    scep_enrollment_take_saved (self->enrollment, loaded->saved);
  /* What it has got is told before it does anything, and where it cannot do anything. */
  scep_enrollment_find_keystore (self->enrollment, loaded->settings);
  if (loaded->saved_error != NULL)
    scep_profile_set_broken (self, loaded->saved_error);
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
  g_clear_error (&self->broken);
  self->broken = g_error_copy (error);
  scep_enrollment_set_broken (self->enrollment, error);
}
