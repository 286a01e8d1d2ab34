/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-profile-private.h"

#include "base/scep-error.h"
#include "base/scep-names.h"

/* Changes of one profile are made one after the other, each of them on top of
 * what the one before left on disk. */
typedef struct _ScepChange ScepChange;

typedef ScepSettingsLayer *(*MakeLayer) (ScepSettingsLayer *bus, ScepChange *change,
                                         GError **error);

struct _ScepChange {
  GTask *task; /* (owned) */
  MakeLayer make;
  GHashTable *values; /* (owned) (nullable) */
  char **names;       /* (owned) (nullable) */
  GBytes *challenge;  /* (owned) (nullable) */

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

static gboolean
is_another_challenge (ScepSettings *before, ScepSettings *after)
{
  GBytes *a = scep_settings_get_challenge (before);
  GBytes *b = scep_settings_get_challenge (after);

  if (a == NULL || b == NULL)
    return a != b;
  return !g_bytes_equal (a, b);
}

static void
apply (ScepProfile *self, ScepChange *change)
{
  g_auto (GStrv) changed = scep_settings_list_changed (self->settings, change->settings);

  if (is_another_challenge (self->settings, change->settings))
    scep_enrollment_challenge_changed (self->enrollment);
  g_set_object (&self->layers[SCEP_LAYER_INDEX_BUS], change->layer);
  g_set_object (&self->settings, change->settings);
  if (changed[0] != NULL)
    g_signal_emit_by_name (self, "settings-changed", changed);
  scep_enrollment_set_settings (self->enrollment, change->settings);
  if (self->status != NULL) {
    g_autoptr (ScepStatus) old = g_steal_pointer (&self->status);

    if (!scep_status_equal (old, scep_profile_get_status (self)))
      g_signal_emit_by_name (self, "status-changed");
  }
}

static void
on_layer_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ScepProfile) self = user_data;
  GError *error = NULL;

  if (scep_profile_files_finish (SCEP_PROFILE_FILES (source), result, &error))
    apply (self, g_queue_peek_head (&self->changes));
  end_change (self, error);
}

static void
run_next (ScepProfile *self)
{
  ScepChange *change = g_queue_peek_head (&self->changes);
  g_autoptr (ScepSettingsLayer) empty = scep_settings_layer_new (SCEP_LAYER_BUS);
  g_autoptr (GKeyFile) key_file = NULL;
  GError *error = NULL;

  if (change == NULL)
    return;
  if (self->broken != NULL) {
    end_change (self,
                g_error_new (SCEP_ERROR, SCEP_ERROR_STORAGE_FAILED, "%s", self->broken->message));
    return;
  }
  change->layer = change->make (
      self->layers[SCEP_LAYER_INDEX_BUS] != NULL ? self->layers[SCEP_LAYER_INDEX_BUS] : empty,
      change, &error);
  if (change->layer != NULL)
    change->settings = scep_profile_combine (self, change->layer, &error);
  if (change->settings == NULL) {
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
change_new (ScepProfile *self, MakeLayer make, GCancellable *cancellable,
            GAsyncReadyCallback callback, gpointer user_data)
{
  ScepChange *change = g_new0 (ScepChange, 1);

  /* Once begun it is done: a reply that is not wanted any more undoes nothing. */
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
 * Makes the profile exist on disk. The same as scep_profile_configure_async()
 * otherwise.
 */
void
scep_profile_create_async (ScepProfile *self, GHashTable *values, GCancellable *cancellable,
                           GAsyncReadyCallback callback, gpointer user_data)
{
  scep_profile_configure_async (self, values, cancellable, callback, user_data);
}

/**
 * scep_profile_configure_async:
 * @values: (element-type utf8 GValue): new values by the name of the setting
 *
 * All of it or nothing: one validation, one write. Fails with
 * %SCEP_ERROR_INVALID_SETTING, the setting named, or %SCEP_ERROR_STORAGE_FAILED.
 */
void
scep_profile_configure_async (ScepProfile *self, GHashTable *values, GCancellable *cancellable,
                              GAsyncReadyCallback callback, gpointer user_data)
{
  ScepChange *change = change_new (self, make_configured, cancellable, callback, user_data);

  change->values = g_hash_table_ref (values);
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
                                   GCancellable *cancellable, GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  ScepChange *change = change_new (self, make_reset, cancellable, callback, user_data);

  change->names = g_strdupv ((char **) names);
  push_change (self, change);
}

/**
 * scep_profile_set_challenge_async:
 * @challenge: a secret; an empty one clears it
 *
 * Fails as scep_profile_configure_async().
 */
void
scep_profile_set_challenge_async (ScepProfile *self, GBytes *challenge, GCancellable *cancellable,
                                  GAsyncReadyCallback callback, gpointer user_data)
{
  ScepChange *change = change_new (self, make_with_challenge, cancellable, callback, user_data);

  change->challenge = g_bytes_ref (challenge);
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
  g_autoptr (GBytes) nothing = g_bytes_new (NULL, 0);

  scep_profile_set_challenge_async (self, nothing, NULL, NULL, NULL);
}

/**
 * scep_profile_accept_ca_async:
 * @fingerprint: of the CA that is offered, as people write it
 *
 * Fails with %SCEP_ERROR_FINGERPRINT_MISMATCH, %SCEP_ERROR_NOT_CONFIGURED where
 * nothing is offered, or as a bootstrap does.
 */
void
scep_profile_accept_ca_async (ScepProfile *self, const char *fingerprint, GCancellable *cancellable,
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
scep_profile_cancel_async (ScepProfile *self, GCancellable *cancellable,
                           GAsyncReadyCallback callback, gpointer user_data)
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
scep_profile_reset_async (ScepProfile *self, GCancellable *cancellable,
                          GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, scep_profile_reset_async);
  scep_enrollment_reset (self->enrollment, task);
}

static void
on_folder_gone (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  ScepProfile *self = g_task_get_source_object (task);
  GError *error = NULL;

  if (!scep_profile_files_finish (SCEP_PROFILE_FILES (source), result, &error)) {
    g_task_return_error (task, error);
    return;
  }
  scep_enrollment_purge (self->keystores, self->id);
  scep_profile_files_erase (self->files);
  g_task_return_boolean (task, TRUE);
}

/**
 * scep_profile_remove_async:
 *
 * Deletes the profile with all it has. Fails with %SCEP_ERROR_UNSUPPORTED for
 * the default profile and for one that a file defines.
 */
void
scep_profile_remove_async (ScepProfile *self, GCancellable *cancellable,
                           GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, scep_profile_remove_async);
  if (g_str_equal (self->id, SCEP_DEFAULT_ID) ||
      scep_profile_files_is_defined_by_file (self->files)) {
    g_task_return_new_error (task, SCEP_ERROR, SCEP_ERROR_UNSUPPORTED,
                             "The profile %s cannot be deleted: %s.", self->id,
                             g_str_equal (self->id, SCEP_DEFAULT_ID)
                                 ? "it is the default one, which always exists"
                                 : "a configuration file defines it, which has to go first");
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
