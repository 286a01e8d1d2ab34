/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-profile-private.h"

#include "base/scep-error.h"
#include "base/scep-names.h"
#include "enroll/scep-enrollment-event.h"
#include "enroll/scep-purge.h"

#include <glib/gi18n-lib.h>

/* Changes of one profile are made one after the other, each of them on top of
 * what the one before left on disk. */
typedef struct _ScepChange ScepChange;

typedef ScepSettingsLayer *(*MakeLayer) (ScepSettingsLayer *bus, ScepChange *change,
                                         GError **error);

struct _ScepChange {
  GTask *task;        /* (owned) */
  MakeLayer make;     /* (nullable): NULL reads the files again */
  GHashTable *values; /* (owned) (nullable) */
  char **names;       /* (owned) (nullable) */
  GBytes *challenge;  /* (owned) (nullable) */
  gboolean renews_challenge;
  gboolean with_state; /* trust, transaction and history are read, too */

  ScepSettingsLayer *layer; /* (owned) (nullable): what is being written */
  ScepSettings *settings;   /* (owned) (nullable): what it makes effective */
};

/**
 * scep_change_free:
 * @data: (transfer full): a change
 */
void
scep_change_free (gpointer data)
{
  ScepChange *change = data;

  g_clear_object (&change->task);
  g_clear_pointer (&change->values, g_hash_table_unref);
  g_strfreev (change->names);
  g_clear_pointer (&change->challenge, g_bytes_unref);
  g_clear_object (&change->layer);
  g_clear_object (&change->settings);
  g_free (change);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScepChange, scep_change_free)

static void run_next (ScepProfile *self);

static void
end_change (ScepProfile *self, GError *error)
{
  g_autoptr (ScepChange) change = g_queue_pop_head (&self->changes);

  if (error != NULL)
    g_task_return_error (change->task, error);
  else
    g_task_return_boolean (change->task, TRUE);
  run_next (self);
}

static void
apply (ScepProfile *self, ScepSettings *settings)
{
  g_auto (GStrv) changed = scep_settings_list_changed (self->settings, settings);

  g_set_object (&self->settings, settings);
  if (changed[0] != NULL)
    g_signal_emit_by_name (self, "settings-changed", changed);
  scep_enrollment_set_settings (self->enrollment, settings);
  scep_profile_update_status (self);
}

static void
on_layer_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ScepProfile) self = user_data;
  ScepChange *change = g_queue_peek_head (&self->changes);
  GError *error = NULL;

  if (scep_profile_files_finish (SCEP_PROFILE_FILES (source), result, &error)) {
    if (change->renews_challenge)
      scep_enrollment_challenge_renewed (self->enrollment);
    g_set_object (&self->layers[SCEP_LAYER_INDEX_BUS], change->layer);
    if (change->names != NULL)
      scep_enrollment_note_settings_reset (self->enrollment, change->names);
    apply (self, change->settings);
  }
  end_change (self, error);
}

static void
on_files_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ScepProfile) self = user_data;
  GError *error = NULL;
  g_autoptr (ScepLoaded) loaded = scep_profile_read_finish (result, &error);

  if (loaded == NULL) {
    scep_profile_set_broken (self, error);
    scep_profile_update_status (self);
  } else {
    scep_profile_take_settings (self, loaded);
    scep_profile_take_state (self, loaded);
    apply (self, loaded->settings);
    error = g_steal_pointer (&loaded->saved_error);
  }
  end_change (self, error);
}

static gboolean
prepare (ScepProfile *self, ScepChange *change, GError **error)
{
  g_autoptr (ScepSettingsLayer) empty = scep_settings_layer_new (SCEP_LAYER_BUS);
  ScepSettingsLayer *bus = self->layers[SCEP_LAYER_INDEX_BUS];
  ScepSettingsLayer *layers[] = { self->layers[0], self->layers[1], NULL };

  if (self->broken != NULL) {
    scep_error_set (error, SCEP_ERROR_STORAGE_FAILED, "%s", self->broken->message);
    return FALSE;
  }
  change->layer = change->make (bus != NULL ? bus : empty, change, error);
  if (change->layer == NULL)
    return FALSE;
  layers[SCEP_LAYER_INDEX_BUS] = change->layer;
  change->settings = scep_profile_combine (layers, self->challenge, self->challenge_error, error);
  return change->settings != NULL;
}

static void
run_next (ScepProfile *self)
{
  ScepChange *change = g_queue_peek_head (&self->changes);
  g_autoptr (GKeyFile) key_file = NULL;
  GError *error = NULL;

  if (change == NULL)
    return;
  if (change->make == NULL) {
    scep_profile_read_async (self->files, change->with_state || self->broken != NULL, on_files_read,
                             g_object_ref (self));
    return;
  }
  if (!prepare (self, change, &error)) {
    end_change (self, error);
    return;
  }
  key_file = scep_settings_layer_to_key_file (change->layer);
  scep_profile_files_write_async (self->files, SCEP_FILE_SETTINGS, key_file, on_layer_written,
                                  g_object_ref (self));
}

static void
push_change (ScepProfile *self, ScepChange *change)
{
  g_queue_push_tail (&self->changes, change);
  if (g_queue_get_length (&self->changes) == 1)
    run_next (self);
}

static ScepChange *
change_new (ScepProfile *self, MakeLayer make, GAsyncReadyCallback callback, gpointer user_data)
{
  ScepChange *change = g_new0 (ScepChange, 1);

  change->task = g_task_new (self, NULL, callback, user_data);
  g_task_set_source_tag (change->task, push_change);
  change->make = make;
  return change;
}

static ScepSettingsLayer *
make_configured (ScepSettingsLayer *bus, ScepChange *change, GError **error)
{
  return scep_settings_layer_apply (bus, change->values, error);
}

static ScepSettingsLayer *
make_reset (ScepSettingsLayer *bus, ScepChange *change, GError **error)
{
  return scep_settings_layer_reset (bus, (const char *const *) change->names, error);
}

static ScepSettingsLayer *
make_with_challenge (ScepSettingsLayer *bus, ScepChange *change, GError **error)
{
  return scep_settings_layer_set_challenge (bus, change->challenge, error);
}

/**
 * scep_profile_create_async:
 * @values: (element-type utf8 GValue): its first settings, perhaps none
 *
 * Makes the profile exist on disk, over what files and credentials say already.
 * The same as scep_profile_configure_async() otherwise.
 */
void
scep_profile_create_async (ScepProfile *self, GHashTable *values, GAsyncReadyCallback callback,
                           gpointer user_data)
{
  scep_profile_reload_async (self, NULL, NULL);
  scep_profile_configure_async (self, values, callback, user_data);
}

/**
 * scep_profile_configure_async:
 * @values: (element-type utf8 GValue): new values by the name of the setting
 *
 * All of it or nothing: one validation, one write. Fails with
 * %SCEP_ERROR_INVALID_SETTING, the setting named, or %SCEP_ERROR_STORAGE_FAILED.
 */
void
scep_profile_configure_async (ScepProfile *self, GHashTable *values, GAsyncReadyCallback callback,
                              gpointer user_data)
{
  ScepChange *change = change_new (self, make_configured, callback, user_data);

  change->values = g_hash_table_ref (values);
  change->renews_challenge =
      g_hash_table_contains (values, scep_setting_info (SCEP_SETTING_CHALLENGE_PASSWORD)->name);
  push_change (self, change);
}

/**
 * scep_profile_reset_settings_async:
 * @names: of settings
 *
 * Returns them to the layer below. Fails as scep_profile_configure_async().
 */
void
scep_profile_reset_settings_async (ScepProfile *self, const char *const *names,
                                   GAsyncReadyCallback callback, gpointer user_data)
{
  ScepChange *change = change_new (self, make_reset, callback, user_data);

  change->names = g_strdupv ((char **) names);
  change->renews_challenge =
      g_strv_contains (names, scep_setting_info (SCEP_SETTING_CHALLENGE_PASSWORD)->name);
  push_change (self, change);
}

/**
 * scep_profile_set_challenge_async:
 * @challenge: a secret; an empty one clears it
 *
 * Fails as scep_profile_configure_async().
 */
void
scep_profile_set_challenge_async (ScepProfile *self, GBytes *challenge,
                                  GAsyncReadyCallback callback, gpointer user_data)
{
  ScepChange *change = change_new (self, make_with_challenge, callback, user_data);

  change->challenge = g_bytes_ref (challenge);
  change->renews_challenge = TRUE;
  push_change (self, change);
}

/**
 * scep_profile_forget_challenge:
 *
 * The one-time challenge did its work and goes from the disk.
 */
void
scep_profile_forget_challenge (ScepProfile *self)
{
  ScepChange *change = change_new (self, make_with_challenge, NULL, NULL);

  change->challenge = g_bytes_new (NULL, 0);
  push_change (self, change);
}

/**
 * scep_profile_load_async:
 *
 * scep_profile_load() of a profile that appears while the main loop runs. Fails with what
 * could not be read; the profile then does nothing, and says so in its status.
 */
void
scep_profile_load_async (ScepProfile *self, GAsyncReadyCallback callback, gpointer user_data)
{
  ScepChange *change = change_new (self, NULL, callback, user_data);

  change->with_state = TRUE;
  push_change (self, change);
}

/**
 * scep_profile_reload_async:
 *
 * Reads the files of all layers again, and where the profile could not be read
 * all the rest too. Done when it counts; a profile that cannot be read does
 * nothing from then on, and says so.
 */
void
scep_profile_reload_async (ScepProfile *self, GAsyncReadyCallback callback, gpointer user_data)
{
  push_change (self, change_new (self, NULL, callback, user_data));
}

/**
 * scep_profile_accept_ca_async:
 * @fingerprint: of the CA that is offered, as people write it
 *
 * Fails with %SCEP_ERROR_FINGERPRINT_MISMATCH, %SCEP_ERROR_NOT_CONFIGURED where
 * nothing is offered, or as a bootstrap does.
 */
void
scep_profile_accept_ca_async (ScepProfile *self, const char *fingerprint,
                              GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, scep_profile_accept_ca_async);
  scep_enrollment_accept_ca (self->enrollment, fingerprint, task);
}

/**
 * scep_profile_cancel_async:
 *
 * The transaction and its key go.
 */
void
scep_profile_cancel_async (ScepProfile *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, scep_profile_cancel_async);
  scep_enrollment_cancel (self->enrollment, task);
}

/**
 * scep_profile_reset_async:
 *
 * Forgets key, certificate and CA certificates, keeps the settings.
 */
void
scep_profile_reset_async (ScepProfile *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, scep_profile_reset_async);
  scep_enrollment_reset (self->enrollment, task);
}

/**
 * scep_profile_switch_back_async:
 *
 * Makes the generation before the present certificate the present one again.
 * Errors: %SCEP_ERROR_BUSY, %SCEP_ERROR_NOT_CONFIGURED where there is none,
 * %SCEP_ERROR_INVALID_ENTRY where it has expired, %SCEP_ERROR_STORAGE_FAILED.
 */
void
scep_profile_switch_back_async (ScepProfile *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, scep_profile_switch_back_async);
  scep_enrollment_switch_back (self->enrollment, task);
}

static void
on_purged (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  ScepProfile *self = g_task_get_source_object (task);
  GError *error = NULL;

  /* While the folder is there, the next start, or another call, tries again. */
  if (!scep_purge_finish (result, &error)) {
    g_task_return_error (task, error);
    return;
  }
  scep_profile_files_erase (self->files);
  g_task_return_boolean (task, TRUE);
}

static void
on_folder_gone (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  ScepProfile *self = g_task_get_source_object (task);
  GError *error = NULL;

  if (scep_profile_files_finish (SCEP_PROFILE_FILES (source), result, &error)) {
    scep_purge_async (self->keystores, self->id, on_purged, g_steal_pointer (&task));
    return;
  }
  scep_profile_files_keep (self->files);
  scep_enrollment_start (self->enrollment);
  g_task_return_error (task, error);
}

/**
 * scep_profile_remove_async:
 *
 * Deletes the profile with all it has: its folder is renamed away, then its
 * keys go, then it is done; the next start finishes what is interrupted. Fails with %SCEP_ERROR_UNSUPPORTED for
 * the default profile and for one that a file defines.
 */
void
scep_profile_remove_async (ScepProfile *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, scep_profile_remove_async);
  if (g_str_equal (self->id, SCEP_DEFAULT_ID) ||
      scep_profile_files_is_defined_by_file (self->files)) {
    g_task_return_new_error (task, SCEP_ERROR, SCEP_ERROR_UNSUPPORTED,
                             _ ("The profile %s cannot be deleted: %s."), self->id,
                             g_str_equal (self->id, SCEP_DEFAULT_ID)
                                 ? _ ("it is the default one, which always exists")
                                 : _ ("a configuration file defines it, which has to go first"));
    return;
  }
  scep_enrollment_stop (self->enrollment);
  scep_profile_files_delete_async (self->files, on_folder_gone, g_steal_pointer (&task));
}

/**
 * scep_profile_change_finish:
 *
 * Returns: whether the change is on disk
 */
gboolean
scep_profile_change_finish (ScepProfile *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
