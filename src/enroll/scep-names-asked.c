/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-names-asked.h"

#include "base/scep-error.h"
#include "base/scep-names.h"
#include "codec/scep-name.h"
#include "enroll/scep-enrollment-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/*
 * What a certificate was requested with is remembered by its key, so that the
 * names of today can be compared with it whichever generation is current, and
 * so that it is renewed with the names that it has.
 */

/**
 * scep_names_join:
 * @names: the subject, then the SANs; %NULL-terminated; no control characters
 *
 * Returns: (transfer full): the same as one text, for a file
 */
char *
scep_names_join (const char *const *names)
{
  return g_strjoinv ("\n", (char **) names);
}

/**
 * scep_names_equal:
 * @a: of scep_names_join()
 * @b: the same
 *
 * Returns: whether both are the same names (RFC 5280 section 7), however they
 *   are spelled and the SANs ordered
 */
gboolean
scep_names_equal (const char *a, const char *b)
{
  g_auto (GStrv) names_a = scep_names_split (a);
  g_auto (GStrv) names_b = scep_names_split (b);
  g_autoptr (GBytes) subject_a = scep_name_parse (names_a[0], NULL);
  g_autoptr (GBytes) subject_b = scep_name_parse (names_b[0], NULL);

  if (g_str_equal (a, b))
    return TRUE;
  return subject_a != NULL && subject_b != NULL && scep_name_equal (subject_a, subject_b) &&
         scep_alt_names_equal ((const char *const *) names_a + 1,
                               (const char *const *) names_b + 1);
}

/**
 * scep_names_split:
 * @text: of scep_names_join()
 *
 * Returns: (transfer full): the subject, always there, then the SANs
 */
char **
scep_names_split (const char *text)
{
  static const char *const empty[] = { "", NULL };

  return text[0] != '\0' ? g_strsplit (text, "\n", -1) : g_strdupv ((char **) empty);
}

/* The profile's own name is known here, the rest to whoever made the context. */
static char *
look_up (ScepTemplateVariable variable, const char *argument, gpointer user_data, GError **error)
{
  ScepEnrollment *self = user_data;

  if (variable == SCEP_TEMPLATE_PROFILE)
    return g_strdup (scep_profile_files_get_id (self->files));
  if (self->templates != NULL)
    return self->templates->lookup (variable, argument, self->templates->user_data, error);
  scep_error_set (error, SCEP_ERROR_NOT_CONFIGURED,
                  _ ("Nothing is known of this machine, so that no variable but ${profile} can "
                     "stand in SubjectDN and SubjectAltNames."));
  return NULL;
}

/**
 * scep_enrollment_expand_names:
 *
 * Returns: (transfer full) (nullable): the subject, then the SANs, as the
 *   settings and this machine say at the moment, or %NULL with
 *   %SCEP_ERROR_NOT_CONFIGURED or %SCEP_ERROR_INVALID_SETTING, the variable
 *   named that has no value
 */
char **
scep_enrollment_expand_names (ScepEnrollment *self, GError **error)
{
  ScepTemplateSource source = { look_up, self };
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autofree char *subject = scep_template_expand_dn (
      scep_settings_get_string (self->settings, SCEP_SETTING_SUBJECT_DN), &source, error);
  g_auto (GStrv) alt_names = NULL;

  if (subject == NULL)
    return NULL;
  alt_names = scep_template_expand_list (
      scep_settings_get_strv (self->settings, SCEP_SETTING_SUBJECT_ALT_NAMES), &source, error);
  if (alt_names == NULL)
    return NULL;
  g_strv_builder_add (builder, subject);
  g_strv_builder_addv (builder, (const char **) alt_names);
  return g_strv_builder_end (builder);
}

/* (nullable): hash of the key of the profile's entry @alias */
static char *
dup_key_hash (ScepKeystoreEntry *entry)
{
  ScepCertificate *certificate = entry != NULL ? scep_keystore_entry_get_certificate (entry) : NULL;

  return certificate != NULL ? scep_public_key_get_hash (scep_certificate_get_spki (certificate))
                             : NULL;
}

/* (nullable): what the certificate of @entry was requested with */
static const char *
get_asked (ScepEnrollment *self, ScepKeystoreEntry *entry)
{
  g_autofree char *hash = dup_key_hash (entry);

  return hash != NULL ? scep_history_get_learned (self->history, SCEP_LEARNED_NAMES, hash) : NULL;
}

/**
 * scep_enrollment_choose_names:
 *
 * Returns: (transfer full) (nullable): the names to ask for: a renewal is for
 *   those of the certificate, so that none fails because the machine was
 *   renamed; errors as of scep_enrollment_expand_names()
 */
char **
scep_enrollment_choose_names (ScepEnrollment *self, GError **error)
{
  g_autoptr (ScepKeystoreEntry) enrolled = scep_enrollment_lookup (self, SCEP_ALIAS_ENROLLED);
  const char *asked = scep_enrollment_is_renewing (self) ? get_asked (self, enrolled) : NULL;

  return asked != NULL ? scep_names_split (asked) : scep_enrollment_expand_names (self, error);
}

static gboolean
is_same (GBytes *a, GBytes *b)
{
  return a == NULL || b == NULL ? a == b : g_bytes_equal (a, b);
}

/**
 * scep_enrollment_has_other_names:
 *
 * Returns: whether the certificate has other names, or has them written
 *   otherwise, than a request for its renewal asks for
 */
gboolean
scep_enrollment_has_other_names (ScepEnrollment *self)
{
  g_autoptr (GPtrArray) chain = scep_enrollment_get_chain (self);
  g_auto (GStrv) names = chain != NULL ? scep_enrollment_choose_names (self, NULL) : NULL;
  g_autoptr (GBytes) subject = names != NULL ? scep_name_parse (names[0], NULL) : NULL;
  g_autoptr (GBytes) alt_names = subject != NULL && names[1] != NULL
                                     ? scep_alt_names_encode ((const char *const *) names + 1, NULL)
                                     : NULL;
  ScepCertificate *certificate = chain != NULL ? g_ptr_array_index (chain, 0) : NULL;

  return subject != NULL &&
         (!is_same (subject, scep_certificate_get_subject_der (certificate)) ||
          !is_same (alt_names, scep_certificate_get_subject_alt_names_der (certificate)));
}

/**
 * scep_enrollment_keep_names:
 *
 * What the transaction has brought is installed: its names are remembered, and
 * those of keys that are gone are not. scep_enrollment_save_history() is the
 * caller's.
 */
void
scep_enrollment_keep_names (ScepEnrollment *self)
{
  g_autoptr (ScepKeystoreEntry) enrolled = scep_enrollment_lookup (self, SCEP_ALIAS_ENROLLED);
  g_autoptr (ScepKeystoreEntry) previous = scep_enrollment_lookup (self, SCEP_ALIAS_PREVIOUS);
  g_autofree char *enrolled_hash = dup_key_hash (enrolled);
  g_autofree char *previous_hash = dup_key_hash (previous);
  const char *hash = scep_transaction_get_key_hash (self->transaction);
  const char *names = scep_transaction_get_names (self->transaction);
  const char *const kept[] = { hash, enrolled_hash != NULL ? enrolled_hash : hash,
                               previous_hash != NULL ? previous_hash : hash, NULL };

  if (names != NULL)
    scep_history_learn (self->history, SCEP_LEARNED_NAMES, hash, names);
  scep_history_forget_others (self->history, SCEP_LEARNED_NAMES, kept);
}

/* Nobody could send the request that is wanted with a challenge that is spent. */
static gboolean
may_reenroll (ScepEnrollment *self)
{
  return scep_settings_get_subject_change (self->settings) == SCEP_SUBJECT_CHANGE_REENROLL &&
         !scep_enrollment_challenge_is_spent (self);
}

static void
tell (ScepEnrollment *self, const char *now)
{
  g_autofree char *list = g_strdelimit (g_strdup (now), "\n", ' ');
  g_autofree char *message =
      may_reenroll (self)
          ? g_strdup_printf (_ ("The certificate was requested with other names than the present "
                                "“%s”. One with these is requested, as SubjectChange says."),
                             list)
          : g_strdup_printf (_ ("The certificate was requested with other names than the present "
                                "“%s”. It is renewed with those it has; Enroll() asks for one "
                                "with the present names."),
                             list);

  g_message (_ ("Profile %s: %s"), scep_profile_files_get_id (self->files), message);
  scep_history_learn (self->history, SCEP_LEARNED_PROFILE, SCEP_LEARNED_OTHER_NAMES, now);
  scep_history_add_event (self->history, scep_enrollment_now (self),
                          SCEP_EVENT_KIND_SUBJECT_OUTDATED, SCEP_DETAIL_MESSAGE, message, NULL);
  scep_enrollment_save_history (self);
}

/* Once for each set of names. */
static void
tell_once (ScepEnrollment *self, const char *now)
{
  const char *told =
      scep_history_get_learned (self->history, SCEP_LEARNED_PROFILE, SCEP_LEARNED_OTHER_NAMES);

  if (self->has_other_names && g_strcmp0 (told, now) != 0) {
    tell (self, now);
  } else if (!self->has_other_names && told != NULL) {
    scep_history_learn (self->history, SCEP_LEARNED_PROFILE, SCEP_LEARNED_OTHER_NAMES, NULL);
    scep_enrollment_save_history (self);
  }
}

/**
 * scep_enrollment_notice_names:
 * @enrolled: (nullable): the entry with the certificate
 *
 * Compares what the certificate was requested with and what would be asked for
 * today, and does what the SubjectChange setting says of a difference. A value
 * that is not known at the moment is no difference.
 */
void
scep_enrollment_notice_names (ScepEnrollment *self, ScepKeystoreEntry *enrolled)
{
  ScepSubjectChange change = scep_settings_get_subject_change (self->settings);
  /* Also without a certificate: what has to be looked up is known when it is asked for. */
  g_auto (GStrv) names = scep_enrollment_expand_names (self, NULL);
  g_autofree char *now = names != NULL ? scep_names_join ((const char *const *) names) : NULL;
  const char *asked = get_asked (self, enrolled);
  gboolean had_other_names = self->has_other_names;

  if (now != NULL)
    self->has_other_names = asked != NULL && !scep_names_equal (asked, now);
  if (self->has_other_names != had_other_names)
    self->hooks.changed (self->hooks.owner);
  if (now == NULL || change == SCEP_SUBJECT_CHANGE_KEEP)
    return;
  tell_once (self, now);
  if (self->has_other_names && self->transaction == NULL && may_reenroll (self))
    scep_enrollment_set_mark (self, SCEP_LEARNED_ENROLL, TRUE);
}

/**
 * scep_enrollment_is_outdated:
 *
 * Returns: whether to warn that the certificate has other names than the
 *   present ones
 */
gboolean
scep_enrollment_is_outdated (ScepEnrollment *self)
{
  return self->has_other_names &&
         scep_settings_get_subject_change (self->settings) != SCEP_SUBJECT_CHANGE_KEEP;
}
