/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-enrollment-private.h"

#include "base/scep-error.h"
#include "base/scep-names.h"
#include "enroll/scep-enrollment-event.h"

#include <glib/gi18n-lib.h>

/* What a switch back needs until it is on disk. */
typedef struct {
  ScepEnrollment *self; /* (owned) */
  GTask *task;          /* (owned) */
} SwitchBack;

static void
switch_back_free (SwitchBack *data)
{
  g_object_unref (data->self);
  g_object_unref (data->task);
  g_free (data);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SwitchBack, switch_back_free)

/* What is current now came just now: it is not renewed at once for being old. */
static void
settle (ScepEnrollment *self)
{
  g_autofree char *now = g_strdup_printf ("%" G_GINT64_FORMAT, scep_enrollment_now (self));

  scep_history_learn (self->history, SCEP_LEARNED_PROFILE, SCEP_LEARNED_INSTALLED, now);
  scep_history_learn (self->history, SCEP_LEARNED_PROFILE, SCEP_LEARNED_RENEW, NULL);
  scep_enrollment_note (self, SCEP_EVENT_KIND_SWITCHED_BACK);
  scep_enrollment_save_history (self);
  scep_enrollment_evaluate (self, FALSE);
  self->hooks.changed (self->hooks.owner);
}

static void
on_exchanged (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SwitchBack) data = user_data;
  GError *error = NULL;

  if (!scep_keystore_write_finish (SCEP_KEYSTORE (source), result, &error)) {
    g_task_return_error (data->task, error);
    return;
  }
  settle (data->self);
  g_task_return_boolean (data->task, TRUE);
}

static gboolean
check_previous (ScepEnrollment *self, GError **error)
{
  g_autoptr (ScepKeystoreEntry) previous = scep_enrollment_lookup (self, SCEP_ALIAS_PREVIOUS);
  g_autoptr (GPtrArray) chain = scep_enrollment_get_chain (self);
  ScepCertificate *certificate =
      previous != NULL ? scep_keystore_entry_get_certificate (previous) : NULL;
  const char *id = scep_profile_files_get_id (self->files);

  if (certificate == NULL || chain == NULL) {
    scep_error_set (error, SCEP_ERROR_NOT_CONFIGURED,
                    _ ("The profile %s has no earlier certificate to switch back to."), id);
    return FALSE;
  }
  if (scep_certificate_get_not_after (certificate) <= scep_enrollment_now (self)) {
    scep_error_set (error, SCEP_ERROR_INVALID_ENTRY,
                    _ ("The earlier certificate of the profile %s has expired, so it is of no use. "
                       "Renew or enroll instead."),
                    id);
    return FALSE;
  }
  return TRUE;
}

static gboolean
may_switch (ScepEnrollment *self, GError **error)
{
  if (self->broken != NULL) {
    g_propagate_error (error, g_error_copy (self->broken));
    return FALSE;
  }
  if (self->attempt != NULL || self->transaction != NULL || self->reset_pending) {
    scep_error_set (error, SCEP_ERROR_BUSY,
                    _ ("The profile %s has a request running. Wait for its end, or cancel it."),
                    scep_profile_files_get_id (self->files));
    return FALSE;
  }
  return check_previous (self, error);
}

/**
 * scep_enrollment_switch_back:
 * @task: returns a boolean when it is on disk, or %SCEP_ERROR_BUSY,
 *   %SCEP_ERROR_NOT_CONFIGURED, %SCEP_ERROR_INVALID_ENTRY or
 *   %SCEP_ERROR_STORAGE_FAILED
 *
 * Exchanges the certificate with the generation before it, keys included. A
 * second call takes it back.
 */
void
scep_enrollment_switch_back (ScepEnrollment *self, GTask *task)
{
  g_autofree char *enrolled = scep_enrollment_alias (self, SCEP_ALIAS_ENROLLED);
  g_autofree char *previous = scep_enrollment_alias (self, SCEP_ALIAS_PREVIOUS);
  SwitchBack *data;
  GError *error = NULL;

  if (!may_switch (self, &error)) {
    g_task_return_error (task, error);
    return;
  }
  data = g_new (SwitchBack, 1);
  data->self = g_object_ref (self);
  data->task = g_object_ref (task);
  scep_keystore_exchange_async (self->keystore, enrolled, previous, NULL, on_exchanged, data);
}
