/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-enrollment-private.h"

#include "base/scep-error.h"
#include "base/scep-names.h"
#include "base/scep-text.h"
#include "enroll/scep-schedule.h"

#include <string.h>

/* Ends a GTask, if there is one, with what the files say. */
static void
return_to_task (GTask *task, GError *error)
{
  if (task == NULL)
    g_clear_error (&error);
  else if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

static void
on_cancelled (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  scep_profile_files_finish (SCEP_PROFILE_FILES (source), result, &error);
  return_to_task (task, error);
}

/**
 * scep_enrollment_cancel:
 * @task: returns a boolean when the transaction is gone from the disk
 */
void
scep_enrollment_cancel (ScepEnrollment *self, GTask *task)
{
  gint64 now = scep_enrollment_now (self);
  gint64 next = scep_schedule_after_failure (
      now, scep_settings_get_uint (self->settings, SCEP_SETTING_CONNECT_RETRY_INTERVAL), 0);
  gboolean active = self->attempt != NULL || self->transaction != NULL;
  g_autoptr (GError) error = NULL;

  scep_enrollment_abort (self);
  scep_enrollment_set_transaction (self, NULL);
  scep_enrollment_save_transaction (self, on_cancelled, g_object_ref (task));
  scep_enrollment_drop_transaction (self);
  self->hooks.changed (self->hooks.owner);
  if (!active)
    return;

  scep_error_set (&error, SCEP_ERROR_CANCELLED, "The request was cancelled.");
  scep_history_set_error (self->history, error);
  scep_history_set_next_attempt (self->history, next);
  scep_enrollment_save_history (self);
  if (self->state != SCEP_STATE_DISABLED && self->state != SCEP_STATE_INCOMPLETE) {
    scep_enrollment_plan (self, "retry", next);
    scep_enrollment_move (self, SCEP_EVENT_ABANDONED);
  }
}

static void
on_reset_finished (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ScepStep) step = user_data;
  ScepEnrollment *self = step->self;
  g_autoptr (GTask) task = step->data;
  GError *error = NULL;
  gboolean finished = scep_profile_files_finish (SCEP_PROFILE_FILES (source), result, &error);

  step->data = NULL;
  step->data_free = NULL;
  if (scep_step_is_current (step)) {
    g_clear_object (&self->attempt);
    self->reset_pending = !finished;
    if (finished)
      scep_enrollment_evaluate (self, FALSE);
    self->hooks.changed (self->hooks.owner);
  }
  return_to_task (task, error);
}

static void remove_next (ScepStep *step);

static void
on_entry_removed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ScepStep) step = user_data;
  g_autoptr (GTask) task = NULL;
  GError *error = NULL;

  if (scep_keystore_write_finish (SCEP_KEYSTORE (source), result, &error) ||
      g_error_matches (error, SCEP_ERROR, SCEP_ERROR_NO_SUCH_ENTRY)) {
    g_clear_error (&error);
    remove_next (g_steal_pointer (&step));
    return;
  }
  /* The intention is on disk: the next start, or the next Reset, finishes it. */
  task = g_steal_pointer (&step->data);
  step->data_free = NULL;
  if (scep_step_is_current (step))
    g_clear_object (&step->self->attempt);
  return_to_task (task, error);
}

static char *
find_entry (ScepEnrollment *self)
{
  static const char *const aliases[] = { SCEP_ALIAS_REQUEST, SCEP_ALIAS_ENROLLED,
                                         SCEP_ALIAS_PREVIOUS };
  g_autoptr (GPtrArray) cas = scep_enrollment_list_ca_entries (self);

  for (guint i = 0; i < G_N_ELEMENTS (aliases); i++) {
    g_autoptr (ScepKeystoreEntry) entry = scep_enrollment_lookup (self, aliases[i]);

    if (entry != NULL)
      return scep_enrollment_alias (self, aliases[i]);
  }
  return cas->len > 0 ? g_strdup (scep_keystore_entry_get_alias (g_ptr_array_index (cas, 0)))
                      : NULL;
}

/* One entry after the other, then the files, then the intention itself. */
static void
remove_next (ScepStep *step)
{
  ScepEnrollment *self = step->self;
  g_autofree char *alias = find_entry (self);

  if (alias != NULL) {
    scep_keystore_remove_async (self->keystore, alias, NULL, on_entry_removed, step);
    return;
  }
  g_clear_pointer (&self->record, scep_trust_record_unref);
  g_clear_pointer (&self->trust, scep_ca_trust_unref);
  scep_profile_files_write_async (self->files, SCEP_FILE_TRUST, NULL, NULL, NULL);
  scep_history_forget (self->history);
  scep_history_set_error (self->history, NULL);
  scep_history_set_refusals (self->history, 0);
  scep_history_set_next_attempt (self->history, 0);
  scep_history_set_last_check (self->history, 0);
  scep_enrollment_save_history (self);
  scep_profile_files_write_async (self->files, SCEP_FILE_RESET, NULL, on_reset_finished, step);
}

static void
on_intention_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ScepStep) step = user_data;
  ScepEnrollment *self = step->self;
  GError *error = NULL;

  if (scep_profile_files_finish (SCEP_PROFILE_FILES (source), result, &error)) {
    scep_enrollment_set_transaction (self, NULL);
    scep_enrollment_save_transaction (self, NULL, NULL);
    remove_next (g_steal_pointer (&step));
  } else {
    g_autoptr (GTask) task = g_steal_pointer (&step->data);

    step->data_free = NULL;
    if (scep_step_is_current (step))
      g_clear_object (&self->attempt);
    return_to_task (task, error);
  }
}

/**
 * scep_enrollment_reset:
 * @task: (nullable): returns a boolean when key, certificate and CA
 *   certificates are gone
 *
 * The intention is written first, so that an interrupted Reset is finished by
 * the next start.
 */
void
scep_enrollment_reset (ScepEnrollment *self, GTask *task)
{
  g_autoptr (GKeyFile) intention = g_key_file_new ();
  g_autoptr (ScepKeystore) keystore = NULL;
  ScepStep *step;

  scep_enrollment_abort (self);
  keystore = scep_keystore_registry_find (
      self->keystores,
      scep_settings_get_string (self->settings, SCEP_SETTING_KEYSTORE_SERVICE_TARGET), NULL);
  g_set_object (&self->keystore, keystore);
  g_clear_object (&self->transport);
  g_clear_pointer (&self->offered, g_free);
  g_clear_pointer (&self->bundle, g_ptr_array_unref);
  scep_enrollment_begin (self);
  step = scep_step_new (self);
  if (task != NULL) {
    step->data = g_object_ref (task);
    step->data_free = g_object_unref;
  }
  g_key_file_set_boolean (intention, "Reset", "Wanted", TRUE);
  scep_profile_files_write_async (self->files, SCEP_FILE_RESET, intention, on_intention_written,
                                  step);
}

/**
 * scep_enrollment_purge:
 * @id: of a further profile that is no more
 *
 * Deletes what keystores hold under its aliases.
 */
void
scep_enrollment_purge (ScepKeystoreRegistry *keystores, const char *id)
{
  g_autofree char *suffix = g_strconcat ("@", id, NULL);
  GPtrArray *all = scep_keystore_registry_list (keystores);

  for (guint i = 0; i < all->len; i++) {
    ScepKeystore *keystore = g_ptr_array_index (all, i);
    g_autoptr (GPtrArray) entries = scep_keystore_list (keystore, NULL);

    for (guint j = 0; entries != NULL && j < entries->len; j++) {
      const char *alias = scep_keystore_entry_get_alias (g_ptr_array_index (entries, j));

      if (scep_alias_is_reserved (alias) && g_str_has_suffix (alias, suffix))
        scep_keystore_remove_async (keystore, alias, NULL, NULL, NULL);
    }
  }
}
