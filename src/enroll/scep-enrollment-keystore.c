/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-enrollment-private.h"

#include "base/scep-error.h"
#include "base/scep-names.h"

static gboolean
can_look_up (ScepEnrollment *self, const char *alias, GError **error)
{
  g_autofree char *own = scep_enrollment_alias (self, alias);
  g_autoptr (GError) why = NULL;
  g_autoptr (ScepKeystoreEntry) entry G_GNUC_UNUSED =
      scep_keystore_lookup (self->keystore, own, &why);

  if (why == NULL || g_error_matches (why, SCEP_ERROR, SCEP_ERROR_NO_SUCH_ENTRY))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&why));
  return FALSE;
}

/* An entry that cannot be read is not one that is not there, and a keystore that cannot be read
 * not an empty one. */
static gboolean
can_read_entries (ScepEnrollment *self, GError **error)
{
  static const char *const aliases[] = { SCEP_ALIAS_ENROLLED, SCEP_ALIAS_REQUEST,
                                         SCEP_ALIAS_PREVIOUS };

  /* Nearly always, and this is asked each time that anything changes. */
  if (scep_keystore_is_readable (self->keystore))
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (aliases); i++) {
    if (!can_look_up (self, aliases[i], error))
      return FALSE;
  }
  for (guint i = 0; i < SCEP_MAX_CA_ENTRIES; i++) {
    g_autofree char *alias = g_strdup_printf (SCEP_ALIAS_CA_PREFIX "%u", i);

    if (!can_look_up (self, alias, error))
      return FALSE;
  }
  return TRUE;
}

/* Keystores may come, go and be renamed while a request is in flight. It ends where its key is,
 * unless the profile itself says otherwise. */
static gboolean
is_bound (ScepEnrollment *self, const char *target)
{
  return self->transaction != NULL && self->keystore != NULL &&
         g_strcmp0 (self->keystore_target, target) == 0;
}

/**
 * scep_enrollment_select_keystore:
 *
 * Goes on with the keystore that the settings select. Where another setting
 * selects another one, a request in flight is left behind with the old one,
 * without its key.
 *
 * Returns: %FALSE where there is none, or none that can be read
 */
gboolean
scep_enrollment_select_keystore (ScepEnrollment *self, GError **error)
{
  const char *target =
      scep_settings_get_string (self->settings, SCEP_SETTING_KEYSTORE_SERVICE_TARGET);
  g_autoptr (ScepKeystore) found = NULL;

  if (is_bound (self, target))
    return can_read_entries (self, error);
  found = scep_keystore_registry_find (self->keystores, target, error);
  if (found == NULL)
    return FALSE;
  if (self->keystore != NULL && self->keystore != found) {
    scep_enrollment_drop_transaction (self);
    self->swept = FALSE;
  }
  g_set_object (&self->keystore, found);
  g_free (self->keystore_target);
  self->keystore_target = g_strdup (target);
  return can_read_entries (self, error);
}

/**
 * scep_enrollment_keeps_keystore:
 *
 * Returns: whether the keystore is the one to go on with when nothing is in flight
 */
gboolean
scep_enrollment_keeps_keystore (ScepEnrollment *self)
{
  g_autoptr (ScepKeystore) found = scep_keystore_registry_find (
      self->keystores,
      scep_settings_get_string (self->settings, SCEP_SETTING_KEYSTORE_SERVICE_TARGET), NULL);

  return found == self->keystore;
}

/**
 * scep_enrollment_uses_keystore:
 *
 * Returns: whether a request or a certificate of this profile is in @keystore,
 *   or is about to be, or may be because it cannot be read
 */
gboolean
scep_enrollment_uses_keystore (ScepEnrollment *self, ScepKeystore *keystore)
{
  g_autoptr (ScepKeystoreEntry) enrolled = NULL;

  if (self->keystore != keystore)
    return FALSE;
  enrolled = scep_enrollment_lookup (self, SCEP_ALIAS_ENROLLED);
  return enrolled != NULL || self->transaction != NULL || self->attempt != NULL ||
         !can_look_up (self, SCEP_ALIAS_ENROLLED, NULL);
}

/**
 * scep_enrollment_keystore_gone:
 * @keystore: one that is defined no more
 *
 * Looks for another one where this one was the profile's.
 */
void
scep_enrollment_keystore_gone (ScepEnrollment *self, ScepKeystore *keystore)
{
  if (self->keystore == keystore)
    scep_enrollment_evaluate (self, FALSE);
}

/**
 * scep_enrollment_find_holder:
 *
 * For a profile whose settings cannot be read. Nobody knows which keystore they
 * select, so it is the one that holds a certificate of the profile, if only one
 * does; what it has got is told all the same, unless a Reset was to take it
 * away.
 */
void
scep_enrollment_find_holder (ScepEnrollment *self)
{
  g_autofree char *alias = scep_enrollment_alias (self, SCEP_ALIAS_ENROLLED);
  GPtrArray *keystores = scep_keystore_registry_list (self->keystores);
  ScepKeystore *holder = NULL;
  guint n_holders = 0;

  for (guint i = 0; i < keystores->len; i++) {
    ScepKeystore *keystore = g_ptr_array_index (keystores, i);
    g_autoptr (ScepKeystoreEntry) entry = scep_keystore_lookup (keystore, alias, NULL);

    if (entry == NULL)
      continue;
    holder = keystore;
    n_holders++;
  }
  if (n_holders == 1 && !self->reset_pending)
    g_set_object (&self->keystore, holder);
}

/**
 * scep_enrollment_entry_has_key:
 * @entry: (nullable):
 * @key_hash: scep_public_key_get_hash()
 *
 * Returns: whether @entry has the private key of @key_hash
 */
gboolean
scep_enrollment_entry_has_key (ScepKeystoreEntry *entry, const char *key_hash)
{
  ScepKey *key = entry != NULL ? scep_keystore_entry_get_key (entry) : NULL;
  g_autofree char *hash = NULL;

  if (key == NULL)
    return FALSE;
  hash = scep_public_key_get_hash (scep_key_get_spki (key));
  return g_str_equal (hash, key_hash);
}
