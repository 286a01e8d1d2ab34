/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-enrollment-private.h"

#include "base/scep-error.h"
#include "base/scep-names.h"
#include "base/scep-text.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/**
 * scep_step_new:
 *
 * Returns: (transfer full): a step of the attempt that is going on
 */
ScepStep *
scep_step_new (ScepEnrollment *self)
{
  ScepStep *step = g_new0 (ScepStep, 1);

  step->self = g_object_ref (self);
  step->attempt = g_object_ref (self->attempt);
  return step;
}

/**
 * scep_step_free:
 * @step: (transfer full):
 */
void
scep_step_free (ScepStep *step)
{
  if (step->data_free != NULL)
    step->data_free (step->data);
  g_object_unref (step->self);
  g_object_unref (step->attempt);
  g_free (step);
}

/**
 * scep_step_is_current:
 *
 * Returns: whether the attempt of this step is still the one that counts
 */
gboolean
scep_step_is_current (ScepStep *step)
{
  return step->self->attempt == step->attempt;
}

/**
 * scep_enrollment_now:
 *
 * Returns: Unix seconds
 */
gint64
scep_enrollment_now (ScepEnrollment *self)
{
  return scep_clock_now (self->clock);
}

/**
 * scep_enrollment_say:
 * @text: what happened, for the journal
 *
 * What goes on happening is said once an hour.
 */
void
scep_enrollment_say (ScepEnrollment *self, const char *text)
{
  const char *id = scep_profile_files_get_id (self->files);

  if (scep_repetition_is_news (self->said, text, scep_enrollment_now (self)))
    g_message (_ ("Profile %s: %s"), id, text);
  else
    g_debug ("Profile %s, again: %s", id, text);
}

/**
 * scep_enrollment_alias:
 *
 * Returns: (transfer full): @alias as this profile spells it
 */
char *
scep_enrollment_alias (ScepEnrollment *self, const char *alias)
{
  return scep_alias_for_profile (alias, scep_profile_files_get_id (self->files));
}

/**
 * scep_enrollment_lookup:
 *
 * Returns: (transfer full) (nullable): the profile's entry @alias
 */
ScepKeystoreEntry *
scep_enrollment_lookup (ScepEnrollment *self, const char *alias)
{
  g_autofree char *own = scep_enrollment_alias (self, alias);

  return self->keystore != NULL ? scep_keystore_lookup (self->keystore, own, NULL) : NULL;
}

/**
 * scep_enrollment_list_ca_entries:
 *
 * Looks up each of them: the keystore may hold those of a thousand profiles.
 *
 * Returns: (transfer full) (element-type ScepKeystoreEntry): the profile's CA
 *   certificates, trusted or not
 */
GPtrArray *
scep_enrollment_list_ca_entries (ScepEnrollment *self)
{
  GPtrArray *found = g_ptr_array_new_with_free_func (g_object_unref);
  ScepKeystoreEntry *entry = NULL;

  for (guint i = 0; i < SCEP_MAX_CA_ENTRIES || entry != NULL; i++) {
    g_autofree char *alias = g_strdup_printf (SCEP_ALIAS_CA_PREFIX "%u", i);

    entry = scep_enrollment_lookup (self, alias);
    if (entry != NULL)
      g_ptr_array_add (found, entry);
  }
  return found;
}

/**
 * scep_enrollment_has_mark:
 *
 * Returns: whether the profile remembers @mark
 */
gboolean
scep_enrollment_has_mark (ScepEnrollment *self, const char *mark)
{
  return g_strcmp0 (scep_history_get_learned (self->history, SCEP_LEARNED_PROFILE, mark), "yes") ==
         0;
}

/**
 * scep_enrollment_set_mark:
 *
 * Remembers it on disk, in the order of all writes of the profile.
 */
void
scep_enrollment_set_mark (ScepEnrollment *self, const char *mark, gboolean set)
{
  if (scep_enrollment_has_mark (self, mark) == set)
    return;
  scep_history_learn (self->history, SCEP_LEARNED_PROFILE, mark, set ? "yes" : "no");
  scep_enrollment_save_history (self);
}

/**
 * scep_enrollment_settle:
 *
 * A certificate was installed: none is wanted any more, unless the request was
 * made with settings that are others now. Whoever would have to give another
 * challenge for that is only told.
 */
void
scep_enrollment_settle (ScepEnrollment *self)
{
  g_autofree char *now = g_strdup_printf ("%" G_GINT64_FORMAT, scep_enrollment_now (self));
  gboolean outdated = scep_enrollment_has_mark (self, SCEP_LEARNED_OUTDATED);
  gboolean spent = scep_enrollment_challenge_is_spent (self);
  gboolean wanted = scep_enrollment_has_mark (self, SCEP_LEARNED_ENROLL) ||
                    scep_enrollment_has_mark (self, SCEP_LEARNED_RENEW);

  scep_history_learn (self->history, SCEP_LEARNED_PROFILE, SCEP_LEARNED_INSTALLED, now);
  scep_history_learn (self->history, SCEP_LEARNED_PROFILE, SCEP_LEARNED_OUTDATED, NULL);
  scep_history_learn (self->history, SCEP_LEARNED_PROFILE, SCEP_LEARNED_ENROLL,
                      outdated && !spent ? "yes" : "no");
  scep_history_learn (self->history, SCEP_LEARNED_PROFILE, SCEP_LEARNED_RENEW, NULL);
  scep_enrollment_keep_names (self);
  scep_enrollment_forget_warnings (self);
  if (outdated || wanted)
    scep_enrollment_save_history (self);
  if (outdated && spent)
    g_message (_ ("Profile %s: the certificate was requested with earlier settings. To have one "
                  "with the present ones, set a ChallengePassword and enroll."),
               scep_profile_files_get_id (self->files));
}

static void
on_saved (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (!scep_profile_files_finish (SCEP_PROFILE_FILES (source), result, &error))
    g_message (_ ("Profile %s: %s"), scep_profile_files_get_id (SCEP_PROFILE_FILES (source)),
               error->message);
}

/**
 * scep_enrollment_save_history:
 *
 * The history is of use, but nothing depends on it: a failure is told and
 * survived.
 */
void
scep_enrollment_save_history (ScepEnrollment *self)
{
  g_autoptr (GKeyFile) key_file = g_key_file_new ();

  scep_history_store (self->history, key_file);
  scep_profile_files_write_async (self->files, SCEP_FILE_HISTORY, key_file, on_saved, NULL);
}

/**
 * scep_enrollment_save_transaction:
 * @callback: (nullable): told when it is on disk, or why not
 *
 * Writes the transaction file, or removes it where there is no transaction.
 */
void
scep_enrollment_save_transaction (ScepEnrollment *self, GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  g_autoptr (GKeyFile) key_file = NULL;

  if (self->transaction != NULL) {
    key_file = g_key_file_new ();
    scep_transaction_store (self->transaction, key_file);
  }
  scep_profile_files_write_async (self->files, SCEP_FILE_TRANSACTION, key_file,
                                  callback != NULL ? callback : on_saved, user_data);
}

/**
 * scep_enrollment_set_transaction:
 * @transaction: (nullable):
 */
void
scep_enrollment_set_transaction (ScepEnrollment *self, ScepTransaction *transaction)
{
  ScepTransaction *old = self->transaction;

  self->transaction = transaction != NULL ? scep_transaction_ref (transaction) : NULL;
  g_clear_pointer (&old, scep_transaction_unref);
}

static void
on_removed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (!scep_keystore_write_finish (SCEP_KEYSTORE (source), result, &error) &&
      !g_error_matches (error, SCEP_ERROR, SCEP_ERROR_NO_SUCH_ENTRY))
    g_message (_ ("An entry of the keystore could not be deleted: %s"), error->message);
}

/**
 * scep_enrollment_remove_alias:
 *
 * Deletes the profile's entry @alias, if there is one.
 */
void
scep_enrollment_remove_alias (ScepEnrollment *self, const char *alias)
{
  g_autofree char *own = scep_enrollment_alias (self, alias);

  if (self->keystore == NULL)
    return;
  /* It may be on its way to the disk: only the keystore knows. */
  if (g_str_equal (alias, SCEP_ALIAS_REQUEST)) {
    scep_enrollment_give_up_key (self);
    self->key_doomed = TRUE;
  }
  scep_keystore_remove_async (self->keystore, own, NULL, on_removed, NULL);
}

/**
 * scep_enrollment_drop_transaction:
 *
 * The transaction file goes, then the request key.
 */
void
scep_enrollment_drop_transaction (ScepEnrollment *self)
{
  if (self->transaction != NULL) {
    scep_enrollment_set_transaction (self, NULL);
    scep_enrollment_save_transaction (self, NULL, NULL);
  }
  scep_enrollment_remove_alias (self, SCEP_ALIAS_REQUEST);
}

/**
 * scep_enrollment_describe:
 * @doing: (nullable): what was being done, to stand before the message
 *
 * Returns: (transfer full): @cause for a person, in the project's domain
 */
GError *
scep_enrollment_describe (ScepEnrollment *self, const GError *cause, const char *doing)
{
  GError *error = NULL;
  ScepError code = cause->domain == SCEP_ERROR ? (ScepError) cause->code : SCEP_ERROR_FAILED;

  if (doing != NULL)
    scep_error_set (&error, code, _ ("%s: %s"), doing, cause->message);
  else
    scep_error_set (&error, code, "%s", cause->message);
  return error;
}

/**
 * scep_enrollment_blame_answer:
 * @host: of the server, with its port
 * @error: (transfer full): what is wrong with its answer
 *
 * Returns: (transfer full): the same, which says whose answer it is
 */
GError *
scep_enrollment_blame_answer (const char *host, GError *error)
{
  g_autofree char *message = g_steal_pointer (&error->message);

  error->message =
      /* TRANSLATORS: the host, then a sentence of its own */
      g_strdup_printf (_ ("The answer of the SCEP server at %s cannot be used: %s"), host, message);
  return error;
}
