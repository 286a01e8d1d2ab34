/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What has to be waited for after a failure, as the history remembers it. */
#include "enroll/scep-enrollment-private.h"

#include "enroll/scep-failure-plan.h"
#include "enroll/scep-schedule.h"

static guint
get_retry_interval (ScepEnrollment *self)
{
  return scep_settings_get_uint (self->settings, SCEP_SETTING_CONNECT_RETRY_INTERVAL);
}

/**
 * scep_enrollment_get_quiet:
 *
 * A time that is further away than any failure puts it was made with another
 * clock.
 *
 * Returns: until when nothing is asked of the server, Unix seconds; 0 if it may
 *   be asked
 */
gint64
scep_enrollment_get_quiet (ScepEnrollment *self)
{
  const char *text =
      scep_history_get_learned (self->history, SCEP_LEARNED_PROFILE, SCEP_LEARNED_QUIET);
  gint64 now = scep_enrollment_now (self);
  gint64 until = text != NULL ? g_ascii_strtoll (text, NULL, 10) : 0;
  gint64 latest = scep_schedule_after_failure (
      now, scep_settings_get_uint (self->settings, SCEP_SETTING_CONNECT_RETRY_INTERVAL),
      SCEP_SCHEDULE_MAX_STRAY_DELAY);

  return until > now && until <= latest ? until : 0;
}

/**
 * scep_enrollment_set_quiet:
 * @until: Unix seconds; 0 for not at all
 *
 * With the rest of the history it is saved.
 */
void
scep_enrollment_set_quiet (ScepEnrollment *self, gint64 until)
{
  g_autofree char *text = until != 0 ? g_strdup_printf ("%" G_GINT64_FORMAT, until) : NULL;

  scep_history_learn (self->history, SCEP_LEARNED_PROFILE, SCEP_LEARNED_QUIET, text);
}

/**
 * scep_enrollment_get_strays:
 *
 * Returns: how many answers in a row were no CMS, as of a captive portal
 */
guint
scep_enrollment_get_strays (ScepEnrollment *self)
{
  const char *text =
      scep_history_get_learned (self->history, SCEP_LEARNED_PROFILE, SCEP_LEARNED_STRAYS);
  guint64 strays = 0;

  if (text != NULL)
    g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT, &strays, NULL);
  return (guint) strays;
}

/**
 * scep_enrollment_set_strays:
 *
 * With the rest of the history it is saved.
 */
void
scep_enrollment_set_strays (ScepEnrollment *self, guint strays)
{
  g_autofree char *text = strays > 0 ? g_strdup_printf ("%u", strays) : NULL;

  scep_history_learn (self->history, SCEP_LEARNED_PROFILE, SCEP_LEARNED_STRAYS, text);
}

/**
 * scep_enrollment_wait_no_more:
 *
 * A person wants to see what comes of it.
 */
void
scep_enrollment_wait_no_more (ScepEnrollment *self)
{
  scep_history_set_next_attempt (self->history, 0);
  scep_enrollment_set_quiet (self, 0);
}

/* What is planned counts only if it can be so far away: else it was planned with another clock. */
static gint64
get_latest (ScepEnrollment *self)
{
  gint64 now = scep_enrollment_now (self);
  guint interval = get_retry_interval (self);
  guint refusals = scep_history_get_refusals (self->history);
  gint64 latest =
      scep_schedule_after_failure (now, interval, scep_enrollment_get_retry_after (self));

  latest =
      MAX (latest, scep_schedule_after_stray (now, interval, scep_enrollment_get_strays (self)));
  return MAX (latest, scep_schedule_after_refusal (now, interval, refusals));
}

/**
 * scep_enrollment_must_wait:
 * @next: when something is to be done, Unix seconds, 0 for at once
 *
 * Returns: whether that time is still to come, and was planned with this clock
 */
gboolean
scep_enrollment_must_wait (ScepEnrollment *self, gint64 next)
{
  return next > scep_enrollment_now (self) && next <= get_latest (self);
}

/**
 * scep_enrollment_plan_attempt:
 *
 * Plans what the history says of the next attempt. Where there is a
 * certificate its CA is looked at all the same: it may be what has changed.
 */
void
scep_enrollment_plan_attempt (ScepEnrollment *self)
{
  ScepWaiting waiting = {
    .quiet = scep_enrollment_get_quiet (self),
    .next_attempt = scep_history_get_next_attempt (self->history),
    .check = self->check_now ? scep_enrollment_now (self) : scep_enrollment_get_next_check (self),
    .rescue = scep_enrollment_get_rescue (self),
    .is_patient = scep_enrollment_is_patient (self),
    .was_refused = scep_enrollment_was_refused (self),
  };
  gint64 time;
  const char *action = scep_waiting_choose (&waiting, &time);

  scep_enrollment_plan (self, action, time);
}
