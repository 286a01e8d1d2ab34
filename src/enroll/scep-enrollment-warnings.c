/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-enrollment-private.h"

#include "base/scep-names.h"
#include "enroll/scep-issued-certificate.h"
#include "enroll/scep-rollover.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/*
 * What is odd about the last reply is remembered until the next, and what is odd
 * about a certificate as long as it, or the one after it, is installed.
 */

/* Beside the fingerprints of certificates. */
#define REPLY "reply"

/* What was looked at, and is not odd. */
#define NOTHING "none"

static const struct {
  ScepWarnings warning;
  const char *word;
} warning_words[] = {
  { SCEP_WARNING_LEGACY_REPLY, "legacy-reply" },
  { SCEP_WARNING_WEAK_KEY, "weak-key" },
  { SCEP_WARNING_WEAK_CERTIFICATE, "weak-certificate" },
  { SCEP_WARNING_SUBJECT_CHANGED, "subject-changed" },
  { SCEP_WARNING_CLOCK, "clock" },
  { SCEP_WARNING_IGNORED_CERTIFICATES, "ignored-certificates" },
  { SCEP_WARNING_CAPABILITIES, "capabilities-weakened" },
  { SCEP_WARNING_WEAK_TLS, "weak-tls" },
  { SCEP_WARNING_CRITICAL_EXTENSION, "critical-extension" },
  { SCEP_WARNING_UNREADABLE_EXTENSION, "unreadable-extension" },
  { SCEP_WARNING_NAME_CONSTRAINTS, "name-constraints" },
  { SCEP_WARNING_MALFORMED, "malformed-certificate" },
};

static void
add_words (ScepWarnings warnings, GStrvBuilder *builder)
{
  for (guint i = 0; i < G_N_ELEMENTS (warning_words); i++) {
    if ((warnings & warning_words[i].warning) != 0)
      g_strv_builder_add (builder, warning_words[i].word);
  }
}

/* Saved with the history; the caller does that. */
static void
remember (ScepEnrollment *self, const char *of, ScepWarnings warnings)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) words = NULL;
  g_autofree char *text = NULL;

  add_words (warnings, builder);
  words = g_strv_builder_end (builder);
  text = g_strjoinv (" ", words);
  scep_history_learn (self->history, SCEP_LEARNED_WARNINGS, of, text[0] != '\0' ? text : NOTHING);
}

static ScepWarnings
recall (ScepEnrollment *self, const char *of)
{
  const char *text = scep_history_get_learned (self->history, SCEP_LEARNED_WARNINGS, of);
  g_auto (GStrv) words = g_strsplit (text != NULL ? text : "", " ", -1);
  ScepWarnings warnings = SCEP_WARNING_NONE;

  for (guint i = 0; i < G_N_ELEMENTS (warning_words); i++) {
    if (g_strv_contains ((const char *const *) words, warning_words[i].word))
      warnings |= warning_words[i].warning;
  }
  return warnings;
}

static const char *
get_fingerprint (ScepKeystoreEntry *entry)
{
  ScepCertificate *certificate = entry != NULL ? scep_keystore_entry_get_certificate (entry) : NULL;

  return certificate != NULL ? scep_certificate_get_fingerprint (certificate) : REPLY;
}

/**
 * scep_enrollment_remember_reply:
 * @warnings: of a reply that is believed
 */
void
scep_enrollment_remember_reply (ScepEnrollment *self, ScepWarnings warnings)
{
  remember (self, REPLY, warnings);
}

/**
 * scep_enrollment_remember_warnings:
 * @certificate: that is to be installed
 * @warnings: what is odd about it
 */
void
scep_enrollment_remember_warnings (ScepEnrollment *self, ScepCertificate *certificate,
                                   ScepWarnings warnings)
{
  remember (self, scep_certificate_get_fingerprint (certificate), warnings);
}

static ScepCertificate *
get_anchor (ScepEnrollment *self, GPtrArray *chain)
{
  return self->trust != NULL ? scep_ca_trust_get_anchor (self->trust)
                             : g_ptr_array_index (chain, chain->len - 1);
}

/**
 * scep_enrollment_judge_installed:
 * @enrolled: (nullable): the entry with the certificate
 *
 * Looks at a certificate of which nothing is remembered: an earlier version
 * installed it, or one that did not get any further.
 */
void
scep_enrollment_judge_installed (ScepEnrollment *self, ScepKeystoreEntry *enrolled)
{
  const char *of = get_fingerprint (enrolled);
  GPtrArray *chain = enrolled != NULL ? scep_keystore_entry_get_chain (enrolled) : NULL;
  ScepWarnings warnings;

  if (chain == NULL || chain->len == 0 ||
      scep_history_get_learned (self->history, SCEP_LEARNED_WARNINGS, of) != NULL)
    return;
  warnings = scep_issued_certificate_judge (chain, get_anchor (self, chain), NULL);
  remember (self, of, warnings);
  if (warnings != SCEP_WARNING_NONE)
    self->hooks.changed (self->hooks.owner);
}

/**
 * scep_enrollment_forget_warnings:
 *
 * Forgets those of certificates that are neither installed nor may be again.
 */
void
scep_enrollment_forget_warnings (ScepEnrollment *self)
{
  g_autoptr (ScepKeystoreEntry) enrolled = scep_enrollment_lookup (self, SCEP_ALIAS_ENROLLED);
  g_autoptr (ScepKeystoreEntry) previous = scep_enrollment_lookup (self, SCEP_ALIAS_PREVIOUS);
  const char *const kept[] = { REPLY, get_fingerprint (enrolled), get_fingerprint (previous),
                               NULL };

  scep_history_forget_others (self->history, SCEP_LEARNED_WARNINGS, kept);
}

static ScepWarnings
collect (ScepEnrollment *self)
{
  g_autoptr (ScepKeystoreEntry) enrolled = scep_enrollment_lookup (self, SCEP_ALIAS_ENROLLED);
  g_autoptr (ScepKeystoreEntry) held = scep_enrollment_get_held (self);
  ScepWarnings warnings = recall (self, REPLY) | recall (self, get_fingerprint (enrolled)) |
                          recall (self, get_fingerprint (held)) |
                          scep_enrollment_get_server_warnings (self);

  if (self->trust != NULL)
    warnings |= scep_ca_trust_get_warnings (self->trust);
  if (scep_policy_check_own_key (
          scep_settings_get_policy (self->settings),
          scep_settings_get_uint (self->settings, SCEP_SETTING_RSA_KEY_LENGTH)) ==
      SCEP_VERDICT_WARNED)
    warnings |= SCEP_WARNING_WEAK_KEY;
  return warnings;
}

/**
 * scep_enrollment_list_warnings:
 *
 * Returns: (transfer full): stable words
 */
char **
scep_enrollment_list_warnings (ScepEnrollment *self)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  add_words (collect (self), builder);
  if (scep_enrollment_misses_next_ca (self))
    g_strv_builder_add (builder, "ca-rollover");
  if (scep_enrollment_has_mark (self, SCEP_LEARNED_NEXT_REFUSED))
    g_strv_builder_add (builder, "next-ca-refused");
  if (scep_enrollment_is_outdated (self))
    g_strv_builder_add (builder, "subject-outdated");
  return g_strv_builder_end (builder);
}

/**
 * scep_enrollment_describe_installed:
 * @chain: (element-type ScepCertificate): what was installed
 *
 * Returns: (transfer full) (nullable): why other programs may refuse it, a
 *   sentence for people
 */
char *
scep_enrollment_describe_installed (ScepEnrollment *self, GPtrArray *chain)
{
  g_auto (GStrv) details = NULL;
  g_autofree char *list = NULL;

  scep_issued_certificate_judge (chain, get_anchor (self, chain), &details);
  if (details[0] == NULL)
    return NULL;
  list = g_strjoinv ("; ", details);
  return g_strdup_printf (_ ("The certificate that the CA issued is installed, but programs that "
                             "verify it may refuse it (%s). Ask the CA's operator to correct the "
                             "certificate profile, then enroll again."),
                          list);
}
