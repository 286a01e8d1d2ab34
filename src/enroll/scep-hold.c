/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-enrollment-private.h"

#include "base/scep-names.h"

/*
 * A renewed certificate that is not valid yet, for clocks differ, joins its key
 * in the keystore and takes the place of the old one when its time comes.
 */

/**
 * scep_enrollment_get_held:
 *
 * Returns: (transfer full) (nullable): the entry of a certificate that waits for
 *   its notBefore
 */
ScepKeystoreEntry *
scep_enrollment_get_held (ScepEnrollment *self)
{
  g_autoptr (ScepKeystoreEntry) entry =
      self->transaction != NULL ? scep_enrollment_lookup (self, SCEP_ALIAS_REQUEST) : NULL;

  if (entry == NULL || scep_keystore_entry_get_kind (entry) != SCEP_ENTRY_PRIVATE_KEY_ENTRY ||
      !scep_enrollment_entry_has_key (entry, scep_transaction_get_key_hash (self->transaction)))
    return NULL;
  return g_steal_pointer (&entry);
}

/**
 * scep_enrollment_holds_certificate:
 *
 * Returns: whether a renewed certificate waits for its notBefore
 */
gboolean
scep_enrollment_holds_certificate (ScepEnrollment *self)
{
  g_autoptr (ScepKeystoreEntry) held = scep_enrollment_get_held (self);

  return held != NULL;
}

static void
on_held (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ScepStep) step = user_data;
  GError *error = NULL;
  gboolean written = scep_keystore_write_finish (SCEP_KEYSTORE (source), result, &error);

  if (!scep_step_is_current (step))
    g_clear_error (&error);
  else if (!written)
    scep_enrollment_fail (step->self, SCEP_EVENT_BROKEN, error);
  else {
    g_clear_object (&step->self->attempt);
    scep_enrollment_evaluate (step->self, FALSE);
  }
}

/**
 * scep_enrollment_hold_certificate:
 * @chain: (element-type ScepCertificate): what the CA issued, leaf first
 *
 * Keeps it on disk until it is valid; the old certificate is in use until then.
 */
void
scep_enrollment_hold_certificate (ScepEnrollment *self, GPtrArray *chain)
{
  g_autofree char *request = scep_enrollment_alias (self, SCEP_ALIAS_REQUEST);

  scep_keystore_import_certificate_async (self->keystore, request, chain, TRUE, self->attempt,
                                          on_held, scep_step_new (self));
}

/**
 * scep_enrollment_await_validity:
 *
 * Installs the certificate that is held, or plans to.
 */
void
scep_enrollment_await_validity (ScepEnrollment *self)
{
  g_autoptr (ScepKeystoreEntry) held = scep_enrollment_get_held (self);
  gint64 start = scep_certificate_get_not_before (scep_keystore_entry_get_certificate (held));

  if (start > scep_enrollment_now (self)) {
    g_clear_object (&self->transport);
    scep_enrollment_move (self, SCEP_EVENT_ENROLLED);
    scep_enrollment_plan (self, "renew", start);
    self->hooks.changed (self->hooks.owner);
    return;
  }
  scep_enrollment_begin (self);
  scep_enrollment_move (self, SCEP_EVENT_RENEW);
  scep_enrollment_promote (self, scep_keystore_entry_get_chain (held));
}
