/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-enrollment-private.h"

#include "enroll/scep-schedule.h"

#include <glib/gi18n-lib.h>

#define TOO_MANY_REQUESTS 429
#define SERVICE_UNAVAILABLE 503

/**
 * scep_enrollment_get_lot:
 * @purpose: see scep_schedule_make_lot()
 *
 * Returns: what this profile of this machine draws
 */
guint32
scep_enrollment_get_lot (ScepEnrollment *self, const char *purpose)
{
  return scep_schedule_make_lot (self->machine_id, scep_profile_files_get_id (self->files),
                                 purpose);
}

/**
 * scep_enrollment_get_threshold:
 *
 * Returns: when @certificate is due by its age, on this machine, Unix seconds
 */
gint64
scep_enrollment_get_threshold (ScepEnrollment *self, ScepCertificate *certificate)
{
  gint64 not_before = scep_certificate_get_not_before (certificate);
  gint64 not_after = scep_certificate_get_not_after (certificate);
  gint64 renewal = scep_schedule_renewal (
      not_before, not_after,
      scep_settings_get_uint (self->settings, SCEP_SETTING_RENEWAL_THRESHOLD));

  return scep_schedule_spread_renewal (renewal, not_before, not_after,
                                       scep_enrollment_get_lot (self, "renewal"));
}

/**
 * scep_enrollment_get_check_interval:
 *
 * Returns: seconds between two checks, on this machine
 */
guint
scep_enrollment_get_check_interval (ScepEnrollment *self)
{
  return scep_schedule_spread_check (
      scep_settings_get_uint (self->settings, SCEP_SETTING_CERTIFICATE_CHECK_INTERVAL),
      scep_enrollment_get_lot (self, "check"));
}

/**
 * scep_enrollment_note_retry_after:
 * @reply: (nullable): the server's last answer, if there was one
 *
 * Remembers how much patience a server asks for that has too much to do
 * (RFC 9110 section 10.2.3, RFC 6585 section 4).
 */
void
scep_enrollment_note_retry_after (ScepEnrollment *self, ScepHttpReply *reply)
{
  guint status = reply != NULL ? scep_http_reply_get_status (reply) : 0;
  guint seconds = 0;
  g_autofree char *text = NULL;

  if (status == TOO_MANY_REQUESTS || status == SERVICE_UNAVAILABLE)
    seconds = scep_http_reply_get_retry_after (reply);
  seconds = MIN (seconds, (guint) SCEP_SCHEDULE_MAX_POLL_DELAY);
  if (seconds > 0)
    text = g_strdup_printf ("%u", seconds);
  scep_history_learn (self->history, SCEP_LEARNED_PROFILE, SCEP_LEARNED_RETRY_AFTER, text);
}

/**
 * scep_enrollment_get_retry_after:
 *
 * Returns: seconds that the server asked to be left alone, 0 if it did not
 */
guint
scep_enrollment_get_retry_after (ScepEnrollment *self)
{
  const char *text =
      scep_history_get_learned (self->history, SCEP_LEARNED_PROFILE, SCEP_LEARNED_RETRY_AFTER);
  guint64 seconds = 0;

  if (text != NULL)
    g_ascii_string_to_unsigned (text, 10, 0, SCEP_SCHEDULE_MAX_POLL_DELAY, &seconds, NULL);
  return (guint) seconds;
}

/**
 * scep_enrollment_doubt_clock:
 * @error: why
 *
 * Nothing has failed: it is only too early. Another look comes after
 * ConnectRetryInterval, and when somebody sets the clock.
 */
void
scep_enrollment_doubt_clock (ScepEnrollment *self, const GError *error)
{
  guint interval = scep_settings_get_uint (self->settings, SCEP_SETTING_CONNECT_RETRY_INTERVAL);

  if (!self->clock_doubted)
    scep_enrollment_say (self, error->message);
  self->clock_doubted = TRUE;
  self->faulty = TRUE;
  scep_history_set_error (self->history, error);
  scep_enrollment_plan (self, "retry", scep_enrollment_now (self) + interval);
  scep_enrollment_move (self, SCEP_EVENT_BROKEN);
}

/**
 * scep_enrollment_clock_will_do:
 *
 * With a clock that cannot be believed nothing is sent, no transaction is given
 * up and no challenge is used: what is due is put off until it can be, and
 * that is looked at after each ConnectRetryInterval and when somebody sets it.
 *
 * Returns: whether the clock can be believed
 */
gboolean
scep_enrollment_clock_will_do (ScepEnrollment *self)
{
  g_autoptr (GError) error = NULL;
  gboolean good = scep_clock_check (self->clock, &error);

  if (!good)
    scep_enrollment_doubt_clock (self, error);
  self->clock_doubted = !good;
  return good;
}
