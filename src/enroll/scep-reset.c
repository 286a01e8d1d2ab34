/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-enrollment-private.h"

#include "base/scep-error.h"
#include "base/scep-names.h"
#include "enroll/scep-enrollment-event.h"
#include "enroll/scep-schedule.h"

#include <glib/gi18n-lib.h>

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
on_key_removed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (!scep_keystore_write_finish (SCEP_KEYSTORE (source), result, &error) &&
      g_error_matches (error, SCEP_ERROR, SCEP_ERROR_NO_SUCH_ENTRY))
    g_clear_error (&error);
  return_to_task (task, error);
}

/* Whose key goes when the transaction is gone. */
typedef struct {
  ScepKeystore *keystore; /* (owned) (nullable) */
  char *alias;            /* (owned) */
} Doomed;

static void
doomed_free (gpointer data)
{
  Doomed *doomed = data;

  g_clear_object (&doomed->keystore);
  g_free (doomed->alias);
  g_free (doomed);
}

static void
on_cancelled (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Doomed *doomed = g_task_get_task_data (task);
  GError *error = NULL;

  if (!scep_profile_files_finish (SCEP_PROFILE_FILES (source), result, &error) ||
      doomed->keystore == NULL)
    return_to_task (task, error);
  else
    scep_keystore_remove_async (doomed->keystore, doomed->alias, NULL, on_key_removed,
                                g_steal_pointer (&task));
}

static void
plan_after_cancel (ScepEnrollment *self)
{
  gint64 next = scep_schedule_after_failure (
      scep_enrollment_now (self),
      scep_settings_get_uint (self->settings, SCEP_SETTING_CONNECT_RETRY_INTERVAL), 0);
  g_autoptr (GError) error = NULL;

  scep_error_set (&error, SCEP_ERROR_CANCELLED, _ ("The request was cancelled."));
  scep_history_set_error (self->history, error);
  scep_history_set_next_attempt (self->history, next);
  scep_enrollment_set_quiet (self, next);
  scep_enrollment_note (self, SCEP_EVENT_KIND_CANCELLED);
  scep_enrollment_save_history (self);
  if (self->state != SCEP_STATE_DISABLED && self->state != SCEP_STATE_INCOMPLETE) {
    scep_enrollment_plan (self, "retry", next);
    scep_enrollment_move (self, SCEP_EVENT_ABANDONED);
  }
}

/**
 * scep_enrollment_cancel:
 * @task: returns a boolean when the transaction and its key are gone from the
 *   disk; its task data is taken
 */
void
scep_enrollment_cancel (ScepEnrollment *self, GTask *task)
{
  gboolean active = self->attempt != NULL || self->transaction != NULL;
  Doomed *doomed;

  if (!active || self->reset_pending || self->broken != NULL) {
    g_task_return_boolean (task, TRUE);
    return;
  }
  scep_enrollment_abort (self);
  g_clear_object (&self->transport);
  scep_enrollment_set_transaction (self, NULL);
  self->key_doomed = TRUE;
  doomed = g_new0 (Doomed, 1);
  g_set_object (&doomed->keystore, self->keystore);
  doomed->alias = scep_enrollment_alias (self, SCEP_ALIAS_REQUEST);
  g_task_set_task_data (task, doomed, doomed_free);
  scep_enrollment_save_transaction (self, on_cancelled, g_object_ref (task));
  plan_after_cancel (self);
  /* Where it needs another challenge now, the next look says so. */
  if (self->started && scep_enrollment_lacks_challenge (self))
    scep_enrollment_evaluate (self, FALSE);
  self->hooks.changed (self->hooks.owner);
}

static GTask *
steal_task (ScepStep *step)
{
  step->data_free = NULL;
  return g_steal_pointer (&step->data);
}

/* The intention is on disk: the next look, or the next start, tries again. */
static void
give_up (ScepStep *step, GError *error)
{
  g_autoptr (GTask) task = steal_task (step);

  if (scep_step_is_current (step)) {
    g_clear_object (&step->self->attempt);
    scep_enrollment_stay_faulty (step->self, error);
  }
  return_to_task (task, error);
}

static void
on_reset_finished (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ScepStep) step = user_data;
  ScepEnrollment *self = step->self;
  g_autoptr (GTask) task = NULL;
  GError *error = NULL;

  if (!scep_profile_files_finish (SCEP_PROFILE_FILES (source), result, &error)) {
    give_up (step, error);
    return;
  }
  task = steal_task (step);
  if (scep_step_is_current (step)) {
    g_clear_object (&self->attempt);
    self->reset_pending = FALSE;
    scep_enrollment_evaluate (self, FALSE);
    self->hooks.changed (self->hooks.owner);
  }
  return_to_task (task, NULL);
}

/* What was learned goes, but not which challenge the CA has had. */
static void
forget_history (ScepEnrollment *self)
{
  g_autofree char *spent =
      g_strdup (scep_history_get_learned (self->history, SCEP_LEARNED_PROFILE, SCEP_LEARNED_SPENT));

  scep_history_forget (self->history);
  scep_enrollment_note (self, SCEP_EVENT_KIND_RESET);
  scep_history_learn (self->history, SCEP_LEARNED_PROFILE, SCEP_LEARNED_SPENT, spent);
  scep_enrollment_save_history (self);
}

static void
on_trust_removed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ScepStep) step = user_data;
  ScepEnrollment *self = step->self;
  GError *error = NULL;

  if (!scep_profile_files_finish (SCEP_PROFILE_FILES (source), result, &error)) {
    give_up (step, error);
    return;
  }
  g_clear_pointer (&self->record, scep_trust_record_unref);
  g_clear_pointer (&self->trust, scep_ca_trust_unref);
  forget_history (self);
  scep_profile_files_write_async (self->files, SCEP_FILE_RESET, NULL, on_reset_finished,
                                  g_steal_pointer (&step));
}

static void remove_next (ScepStep *step);

static void
on_entry_removed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ScepStep) step = user_data;
  GError *error = NULL;

  if (scep_keystore_write_finish (SCEP_KEYSTORE (source), result, &error) ||
      g_error_matches (error, SCEP_ERROR, SCEP_ERROR_NO_SUCH_ENTRY)) {
    g_clear_error (&error);
    remove_next (g_steal_pointer (&step));
  } else {
    give_up (step, error);
  }
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

  if (alias != NULL)
    scep_keystore_remove_async (self->keystore, alias, NULL, on_entry_removed, step);
  else
    scep_profile_files_write_async (self->files, SCEP_FILE_TRUST, NULL, on_trust_removed, step);
}

static void
on_transaction_removed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ScepStep) step = user_data;
  GError *error = NULL;

  if (scep_profile_files_finish (SCEP_PROFILE_FILES (source), result, &error))
    remove_next (g_steal_pointer (&step));
  else
    give_up (step, error);
}

static void
on_intention_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ScepStep) step = user_data;
  ScepEnrollment *self = step->self;
  GError *error = NULL;

  if (scep_profile_files_finish (SCEP_PROFILE_FILES (source), result, &error)) {
    scep_enrollment_set_transaction (self, NULL);
    scep_enrollment_save_transaction (self, on_transaction_removed, g_steal_pointer (&step));
    return;
  }
  /* Nobody was promised anything if it was asked for just now. */
  if (step->data != NULL)
    self->reset_pending = FALSE;
  give_up (step, error);
}

static void
begin_reset (ScepEnrollment *self, GTask *task)
{
  g_autoptr (GKeyFile) intention = g_key_file_new ();
  ScepStep *step;

  scep_enrollment_interrupt (self);
  g_clear_object (&self->transport);
  g_clear_pointer (&self->offered, g_free);
  g_clear_pointer (&self->bundle, g_ptr_array_unref);
  self->reset_pending = TRUE;
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
 * scep_enrollment_reset:
 * @task: (nullable): returns a boolean when key, certificate and CA
 *   certificates are gone; %NULL to go on with what was interrupted
 *
 * The intention is written first, so that an interrupted Reset is finished by
 * the next start. Where the keystore cannot be read, nothing is begun.
 */
void
scep_enrollment_reset (ScepEnrollment *self, GTask *task)
{
  GError *error = NULL;

  if (self->broken != NULL)
    error = g_error_copy (self->broken);
  else if (self->reset_pending && self->attempt != NULL)
    scep_error_set (&error, SCEP_ERROR_BUSY, _ ("The profile %s is being reset already."),
                    scep_profile_files_get_id (self->files));
  else
    scep_enrollment_select_keystore (self, &error);
  if (error == NULL) {
    begin_reset (self, task);
    return;
  }
  if (task == NULL)
    scep_enrollment_stay_faulty (self, error);
  return_to_task (task, error);
}
