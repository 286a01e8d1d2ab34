/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-enrollment-private.h"

#include "base/scep-error.h"
#include "base/scep-names.h"
#include "enroll/scep-enrollment-event.h"
#include "enroll/scep-issued-certificate.h"
#include "enroll/scep-names-asked.h"

#include <glib/gi18n-lib.h>

/* Opening and judging in a worker: everything it reads is its own. */
typedef struct {
  ScepCertRep *rep;     /* (owned) */
  GBytes *key;          /* (owned): of the content */
  GBytes *csr;          /* (owned) */
  char **names;         /* (owned) (nullable): what is wanted instead of those in it */
  ScepCertificate *old; /* (owned) (nullable) */
  ScepCaTrust *trust;   /* (owned) */
  ScepPolicy policy;
  gint64 now;
  ScepWarnings warnings;
} Opening;

static void
opening_free (gpointer data)
{
  Opening *opening = data;

  scep_cert_rep_free (opening->rep);
  g_clear_pointer (&opening->key, g_bytes_unref);
  g_clear_pointer (&opening->csr, g_bytes_unref);
  g_strfreev (opening->names);
  g_clear_object (&opening->old);
  g_clear_pointer (&opening->trust, scep_ca_trust_unref);
  g_free (opening);
}

static void
free_rep (gpointer data)
{
  scep_cert_rep_free (data);
}

/* What is installed, and whom to tell of it: the attempt may have been given up since. */
struct _ScepInstallation {
  ScepKeystore *keystore;       /* (owned) */
  GPtrArray *chain;             /* (owned) */
  char *old;                    /* (owned) (nullable): fingerprint of what it renews */
  ScepTransaction *transaction; /* (owned) (nullable): of this run */
};

static ScepInstallation *
installation_new (ScepEnrollment *self, GPtrArray *chain)
{
  ScepInstallation *installation = g_new0 (ScepInstallation, 1);
  g_autoptr (GPtrArray) old = scep_enrollment_get_chain (self);

  installation->keystore = g_object_ref (self->keystore);
  installation->chain = g_ptr_array_ref (chain);
  installation->transaction = scep_transaction_ref (self->transaction);
  if (scep_enrollment_is_renewing (self))
    installation->old = g_strdup (scep_certificate_get_fingerprint (g_ptr_array_index (old, 0)));
  return installation;
}

static void
installation_free (gpointer data)
{
  ScepInstallation *installation = data;

  g_object_unref (installation->keystore);
  g_ptr_array_unref (installation->chain);
  g_clear_pointer (&installation->transaction, scep_transaction_unref);
  g_free (installation->old);
  g_free (installation);
}

static ScepCertificate *
get_installed (const ScepInstallation *installation)
{
  return g_ptr_array_index (installation->chain, 0);
}

static void
announce (ScepEnrollment *self, const ScepInstallation *installation)
{
  ScepCertificate *certificate = get_installed (installation);
  const char *fingerprint = scep_certificate_get_fingerprint (certificate);
  gint64 not_after = scep_certificate_get_not_after (certificate);

  self->hooks.changed (self->hooks.owner);
  if (installation->old != NULL)
    g_signal_emit_by_name (self->hooks.owner, "renewed", installation->old, fingerprint, not_after);
  else
    g_signal_emit_by_name (self->hooks.owner, "enrolled", fingerprint,
                           scep_certificate_get_serial (certificate), not_after);
}

/**
 * scep_enrollment_tell_installed:
 *
 * Tells of what was installed, if nobody has yet.
 */
void
scep_enrollment_tell_installed (ScepEnrollment *self)
{
  ScepInstallation *installation = g_steal_pointer (&self->untold);

  if (installation == NULL)
    return;
  announce (self, installation);
  installation_free (installation);
}

/**
 * scep_enrollment_tell_before_next:
 *
 * The same, before the next request changes the state.
 */
void
scep_enrollment_tell_before_next (ScepEnrollment *self)
{
  if (self->untold == NULL)
    return;
  scep_history_set_error (self->history, NULL);
  scep_enrollment_move (self, SCEP_EVENT_ENROLLED);
  scep_enrollment_tell_installed (self);
}

/* scep_enrollment_evaluate() tells. Takes the installation. */
static void
keep_untold (ScepEnrollment *self, ScepInstallation *installation)
{
  scep_enrollment_tell_installed (self);
  self->untold = installation;
}

static void
end_transaction (ScepEnrollment *self, const ScepInstallation *installation)
{
  g_autofree char *odd = scep_enrollment_describe_installed (self, installation->chain);

  if (odd != NULL)
    g_message (_ ("Profile %s: %s"), scep_profile_files_get_id (self->files), odd);
  scep_enrollment_note_installed (self, get_installed (installation), installation->old, odd);
  scep_enrollment_settle (self);
  scep_enrollment_drop_transaction (self);
}

/* What is on disk is told at once: what is not needed any more goes after that, and where it does
 * not get so far the next start sees that the key of the request is the enrolled one. Takes the
 * installation, as does finish_late(). */
static void
finish_install (ScepEnrollment *self, ScepInstallation *installation)
{
  if (installation->old != NULL)
    scep_enrollment_learn_way (self);
  end_transaction (self, installation);
  scep_enrollment_remove_surplus (self);
  keep_untold (self, installation);
  if (!scep_enrollment_keeps_keystore (self))
    scep_enrollment_tell_before_next (self);
  scep_enrollment_succeed (self);
}

/* What an earlier run installed when it did not get any further. */
static ScepInstallation *
installation_of_earlier_run (ScepEnrollment *self)
{
  ScepInstallation *installation = g_new0 (ScepInstallation, 1);
  g_autoptr (ScepKeystoreEntry) previous = scep_enrollment_lookup (self, SCEP_ALIAS_PREVIOUS);
  ScepCertificate *old = previous != NULL ? scep_keystore_entry_get_certificate (previous) : NULL;

  installation->keystore = g_object_ref (self->keystore);
  installation->chain = scep_enrollment_get_chain (self);
  if (old != NULL && !scep_enrollment_has_mark (self, SCEP_LEARNED_ENROLL))
    installation->old = g_strdup (scep_certificate_get_fingerprint (old));
  return installation;
}

/**
 * scep_enrollment_take_installed:
 *
 * The transaction that an earlier run left is the enrolled entry's: it ends
 * here, and is told of when the state is known.
 */
void
scep_enrollment_take_installed (ScepEnrollment *self)
{
  ScepInstallation *installation = installation_of_earlier_run (self);

  end_transaction (self, installation);
  keep_untold (self, installation);
  scep_enrollment_save_history (self);
}

static void
free_chain (gpointer data)
{
  g_ptr_array_unref (data);
}

/* Other settings may have given a request up, too: what they are about is still to come. */
static gboolean
was_cancelled (ScepEnrollment *self)
{
  return g_strcmp0 (scep_history_get_error (self->history),
                    scep_error_get_name (SCEP_ERROR_CANCELLED)) == 0;
}

/* Whether an installation that was given up too late is the one in flight, or was until a Cancel. */
static gboolean
is_still_wanted (ScepEnrollment *self, const ScepInstallation *installation)
{
  g_autofree char *hash =
      scep_public_key_get_hash (scep_certificate_get_spki (get_installed (installation)));

  if (self->transaction == NULL)
    return was_cancelled (self);
  return g_str_equal (scep_transaction_get_key_hash (self->transaction), hash);
}

/* It is in the keystore: nobody can take that back. A profile that has moved to another keystore
 * has not got it, and goes on there; of one that was stopped the next start tells. */
static void
finish_late (ScepEnrollment *self, ScepInstallation *installation)
{
  if (!self->started || self->keystore != installation->keystore) {
    installation_free (installation);
    return;
  }
  scep_enrollment_interrupt (self);
  if (is_still_wanted (self, installation)) {
    scep_enrollment_set_transaction (self, installation->transaction);
    finish_install (self, installation);
  } else {
    keep_untold (self, installation);
    scep_enrollment_evaluate (self, FALSE);
  }
}

static void
on_promoted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ScepStep) step = user_data;
  GError *error = NULL;
  gboolean promoted = scep_keystore_write_finish (SCEP_KEYSTORE (source), result, &error);

  if (promoted && scep_step_is_current (step)) {
    step->data_free = NULL;
    finish_install (step->self, step->data);
  } else if (promoted && !step->self->reset_pending) {
    step->data_free = NULL;
    finish_late (step->self, step->data);
  } else if (!promoted && scep_step_is_current (step)) {
    scep_enrollment_fail (step->self, SCEP_EVENT_BROKEN, error);
  } else {
    g_clear_error (&error);
  }
}

/**
 * scep_enrollment_promote:
 * @chain: (element-type ScepCertificate): what the CA issued, leaf first
 *
 * Makes it and the request key the enrolled entry, by one rename. The entry
 * before it is kept as the previous generation.
 */
void
scep_enrollment_promote (ScepEnrollment *self, GPtrArray *chain)
{
  g_autofree char *request = scep_enrollment_alias (self, SCEP_ALIAS_REQUEST);
  g_autofree char *enrolled = scep_enrollment_alias (self, SCEP_ALIAS_ENROLLED);
  g_autofree char *previous = scep_enrollment_alias (self, SCEP_ALIAS_PREVIOUS);
  ScepStep *step = scep_step_new (self);

  step->data = installation_new (self, chain);
  step->data_free = installation_free;
  scep_keystore_promote_async (self->keystore, request, chain, enrolled, previous, self->attempt,
                               on_promoted, step);
}

/* The old certificate is good until the new one is. */
static gboolean
must_hold (ScepEnrollment *self, GPtrArray *chain)
{
  return scep_enrollment_is_renewing (self) &&
         scep_certificate_get_not_before (g_ptr_array_index (chain, 0)) >
             scep_enrollment_now (self);
}

/* It may be told of after a restart. */
static void
hold (ScepEnrollment *self, GPtrArray *chain)
{
  scep_enrollment_save_history (self);
  scep_enrollment_hold_certificate (self, chain);
}

static void
on_opened (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ScepStep) step = user_data;
  Opening *opening = g_task_get_task_data (G_TASK (result));
  GError *error = NULL;
  g_autoptr (GPtrArray) chain = g_task_propagate_pointer (G_TASK (result), &error);

  if (!scep_step_is_current (step)) {
    g_clear_error (&error);
    return;
  }
  if (chain == NULL) {
    scep_enrollment_fail_answer (step->self, SCEP_EVENT_ABANDONED, error);
    return;
  }
  scep_enrollment_remember_warnings (step->self, g_ptr_array_index (chain, 0), opening->warnings);
  if (must_hold (step->self, chain))
    hold (step->self, chain);
  else
    scep_enrollment_promote (step->self, chain);
}

static void
open_in_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  Opening *opening = task_data;
  ScepIssuedQuestion question = {
    .csr = opening->csr,
    .names = (const char *const *) opening->names,
    .old = opening->old,
    .trust = opening->trust,
    .policy = opening->policy,
    .now = opening->now,
  };
  g_autoptr (GPtrArray) certificates = NULL;
  g_autoptr (GPtrArray) crls = NULL;
  GPtrArray *chain = NULL;
  GError *error = NULL;

  if (scep_cert_rep_open (opening->rep, opening->key, &certificates, &crls, &error))
    chain = scep_issued_certificate_check (certificates, &question, &opening->warnings, &error);
  if (chain != NULL)
    g_task_return_pointer (task, chain, free_chain);
  else
    g_task_return_error (task, error);
}

/* Takes @rep. */
static Opening *
opening_new (ScepEnrollment *self, ScepCertRep *rep, GBytes *key)
{
  ScepTransaction *transaction = self->transaction;
  const char *names = scep_transaction_get_names (transaction);
  g_autoptr (GPtrArray) old = scep_enrollment_get_chain (self);
  Opening *opening = g_new0 (Opening, 1);

  opening->rep = rep;
  opening->key = g_bytes_ref (key);
  opening->csr = g_bytes_ref (scep_transaction_get_csr (transaction));
  if (scep_transaction_has_same_names (transaction) && names != NULL)
    opening->names = scep_names_split (names);
  if (old != NULL)
    opening->old = g_object_ref (g_ptr_array_index (old, 0));
  opening->trust = scep_ca_trust_ref (self->trust);
  opening->policy = scep_settings_get_policy (self->settings);
  opening->now = scep_enrollment_now (self);
  return opening;
}

static void
on_unwrapped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ScepStep) step = user_data;
  ScepEnrollment *self = step->self;
  GError *error = NULL;
  g_autoptr (GBytes) key = scep_key_unwrap_finish (SCEP_KEY (source), result, &error);
  g_autoptr (GTask) task = NULL;
  Opening *opening;

  if (!scep_step_is_current (step)) {
    g_clear_error (&error);
    return;
  }
  if (key == NULL) {
    scep_enrollment_fail_answer (self, SCEP_EVENT_ABANDONED, error);
    return;
  }
  opening = opening_new (self, g_steal_pointer (&step->data), key);
  step->data_free = NULL;
  task = g_task_new (NULL, self->attempt, on_opened, scep_step_new (self));
  g_task_set_source_tag (task, scep_enrollment_install);
  g_task_set_task_data (task, opening, opening_free);
  scep_worker_run (self->crypto, task, open_in_thread);
}

/**
 * scep_enrollment_install:
 * @rep: (transfer full): a SUCCESS that is believed
 *
 * Opens it with the key that signed the request, judges what is in it, and makes key and chain
 * the enrolled entry by one rename. What cannot be used ends the transaction as
 * any signed answer does.
 */
void
scep_enrollment_install (ScepEnrollment *self, ScepCertRep *rep)
{
  g_autoptr (ScepKeystoreEntry) entry = scep_enrollment_find_opener (self);
  g_autoptr (ScepStep) step = scep_step_new (self);
  g_autoptr (GBytes) wrapped = NULL;
  ScepKey *key = entry != NULL ? scep_keystore_entry_get_key (entry) : NULL;
  ScepKeyWrap wrap;
  gsize key_length;
  GError *error = NULL;

  step->data = rep;
  step->data_free = free_rep;
  if (!scep_cert_rep_get_wrapped_key (rep, scep_transaction_get_signer (self->transaction), &wrap,
                                      &wrapped, &key_length, &error)) {
    scep_enrollment_fail_answer (self, SCEP_EVENT_ABANDONED, error);
    return;
  }
  /* The message was signed with it a moment ago. */
  g_return_if_fail (key != NULL);
  scep_key_unwrap_async (key, wrap, wrapped, key_length, self->attempt, on_unwrapped,
                         g_steal_pointer (&step));
}
