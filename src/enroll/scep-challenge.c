/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-enrollment-private.h"

#include "base/scep-names.h"

#include <string.h>

/*
 * A one-time challenge is not sent again once the CA has judged it. It is
 * remembered as a salted digest, so that another one is known for what it is
 * wherever it comes from: the bus, a file or a credential.
 */

#define SALT_SIZE 16

static char *
make_mark (const char *salt, GBytes *challenge)
{
  gsize length;
  const guchar *data = g_bytes_get_data (challenge, &length);
  g_autofree char *digest = g_compute_hmac_for_data (G_CHECKSUM_SHA256, (const guchar *) salt,
                                                     strlen (salt), data, length);

  return g_strconcat (salt, ":", digest, NULL);
}

static gboolean
is_marked (const char *mark, GBytes *challenge)
{
  g_auto (GStrv) parts = g_strsplit (mark, ":", 2);
  g_autofree char *expected = NULL;

  if (parts[0] == NULL)
    return FALSE;
  expected = make_mark (parts[0], challenge);
  return g_str_equal (expected, mark);
}

static const char *
get_mark (ScepEnrollment *self, const char *name)
{
  return scep_history_get_learned (self->history, SCEP_LEARNED_PROFILE, name);
}

static gboolean
is_one_time (ScepEnrollment *self)
{
  return scep_settings_get_boolean (self->settings, SCEP_SETTING_CHALLENGE_PASSWORD_ONE_TIME);
}

/**
 * scep_enrollment_challenge_is_used:
 * @challenge: what a request that is being made holds
 *
 * Remembers which one it is until the CA answers.
 */
void
scep_enrollment_challenge_is_used (ScepEnrollment *self, GBytes *challenge)
{
  g_autoptr (GBytes) random = scep_random_bytes (SALT_SIZE);
  g_autofree char *salt = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, random);
  g_autofree char *mark = NULL;

  if (!is_one_time (self))
    return;
  mark = make_mark (salt, challenge);
  scep_history_learn (self->history, SCEP_LEARNED_PROFILE, SCEP_LEARNED_SENT, mark);
  scep_enrollment_save_history (self);
}

/**
 * scep_enrollment_spend_challenge:
 *
 * The CA has given a signed answer to the transaction.
 */
void
scep_enrollment_spend_challenge (ScepEnrollment *self)
{
  const char *sent = get_mark (self, SCEP_LEARNED_SENT);
  g_autofree char *mark = g_strdup (sent);

  if (mark == NULL || !is_one_time (self) || !scep_transaction_uses_challenge (self->transaction))
    return;
  scep_history_learn (self->history, SCEP_LEARNED_PROFILE, SCEP_LEARNED_SPENT, mark);
  scep_history_learn (self->history, SCEP_LEARNED_PROFILE, SCEP_LEARNED_SENT, NULL);
  scep_enrollment_save_history (self);
}

/**
 * scep_enrollment_challenge_is_spent:
 *
 * Returns: whether there is none that may still be sent, though there was one
 */
gboolean
scep_enrollment_challenge_is_spent (ScepEnrollment *self)
{
  const char *mark = get_mark (self, SCEP_LEARNED_SPENT);
  GBytes *challenge = scep_settings_get_challenge (self->settings);

  if (mark == NULL || !is_one_time (self))
    return FALSE;
  return challenge == NULL || is_marked (mark, challenge);
}

/**
 * scep_enrollment_lacks_challenge:
 *
 * Returns: whether a request is wanted that nobody gave another challenge for
 */
gboolean
scep_enrollment_lacks_challenge (ScepEnrollment *self)
{
  g_autoptr (ScepKeystoreEntry) enrolled = NULL;

  if (self->transaction != NULL || !scep_enrollment_challenge_is_spent (self))
    return FALSE;
  enrolled = scep_enrollment_lookup (self, SCEP_ALIAS_ENROLLED);
  return enrolled == NULL || scep_enrollment_has_mark (self, SCEP_LEARNED_ENROLL);
}

/**
 * scep_enrollment_challenge_renewed:
 *
 * Somebody set a challenge, perhaps the same, or said that there is none: what
 * was sent before does not count any more.
 */
void
scep_enrollment_challenge_renewed (ScepEnrollment *self)
{
  if (get_mark (self, SCEP_LEARNED_SPENT) == NULL)
    return;
  scep_history_learn (self->history, SCEP_LEARNED_PROFILE, SCEP_LEARNED_SPENT, NULL);
  scep_enrollment_wait_no_more (self);
  scep_enrollment_save_history (self);
}
