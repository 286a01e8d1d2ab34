/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-schedule.h"

/* A delay is spread over this share of itself, in percent. */
#define JITTER_PERCENT 10

/**
 * scep_schedule_after_refusal:
 * @now: Unix seconds
 * @retry_interval: ConnectRetryInterval, seconds
 * @refusals: signed refusals in a row, this one included, so at least 1
 *
 * The interval doubles with every refusal, up to a day, or to the interval
 * itself where that is longer.
 *
 * Returns: when to try again, Unix seconds
 */
gint64
scep_schedule_after_refusal (gint64 now, guint retry_interval, guint refusals)
{
  gint64 delay = retry_interval;
  gint64 limit = MAX ((gint64) retry_interval, SCEP_SCHEDULE_MAX_REFUSAL_DELAY);

  for (guint i = 1; i < refusals && delay < limit; i++)
    delay *= 2;
  return now + MIN (delay, limit);
}

/**
 * scep_schedule_after_failure:
 * @now: Unix seconds
 * @retry_interval: ConnectRetryInterval, seconds
 * @retry_after: what the server asked for, seconds, or 0
 *
 * For attempts that got no signed answer. A server may ask for more patience,
 * up to an hour, never for less.
 *
 * Returns: when to try again, Unix seconds
 */
gint64
scep_schedule_after_failure (gint64 now, guint retry_interval, guint retry_after)
{
  return now + MAX (retry_interval, MIN (retry_after, (guint) SCEP_SCHEDULE_MAX_POLL_DELAY));
}

/**
 * scep_schedule_next_poll:
 * @now: Unix seconds
 * @retry_interval: ConnectRetryInterval, seconds
 * @poll_count: polls already made
 * @started: when the first request was sent, Unix seconds
 * @next_poll: (out): when to poll again, Unix seconds
 *
 * The delay grows by half with every poll, up to an hour, or to the interval
 * itself where that is longer; the last poll is at the end of seven days (RFC
 * 8894 section 2.5.1 leaves all of it to configuration).
 *
 * Returns: %FALSE if those days are over
 */
gboolean
scep_schedule_next_poll (gint64 now, guint retry_interval, guint poll_count, gint64 started,
                         gint64 *next_poll)
{
  gint64 end = started + SCEP_SCHEDULE_POLL_LIMIT;
  gint64 delay = retry_interval;
  gint64 limit = MAX ((gint64) retry_interval, SCEP_SCHEDULE_MAX_POLL_DELAY);

  if (now >= end)
    return FALSE;
  for (guint i = 0; i < poll_count && delay < limit; i++)
    delay += (delay + 1) / 2;
  *next_poll = MIN (now + MIN (delay, limit), end);
  return TRUE;
}

/**
 * scep_schedule_renewal:
 * @not_before: of the certificate, Unix seconds
 * @not_after: of the certificate, Unix seconds
 * @threshold: RenewalThreshold, percent of the lifetime
 *
 * Returns: when the certificate is due, Unix seconds
 */
gint64
scep_schedule_renewal (gint64 not_before, gint64 not_after, guint threshold)
{
  gint64 lifetime = MAX (not_after - not_before, 0);

  /* Divided first: no certificate's lifetime can overflow it. */
  return not_before + lifetime / 100 * threshold + lifetime % 100 * threshold / 100;
}

/**
 * scep_schedule_replacement:
 * @renewal: scep_schedule_renewal() of the certificate
 * @not_after: of the certificate, Unix seconds
 * @installed: when it was installed, Unix seconds, 0 if that is not known
 * @retry_interval: ConnectRetryInterval, seconds
 *
 * A certificate that was due when it came, because the CA dates it back or is
 * near its own end, gets half of what is left to it. No two requests follow
 * each other faster than attempts that fail.
 *
 * Returns: when to ask for another one, Unix seconds
 */
gint64
scep_schedule_replacement (gint64 renewal, gint64 not_after, gint64 installed, guint retry_interval)
{
  gint64 delay = retry_interval;

  if (installed <= 0)
    return renewal;
  if (renewal <= installed)
    delay = MAX (delay, (not_after - installed) / 2);
  return MAX (renewal, installed + delay);
}

/**
 * scep_schedule_next_check:
 * @now: Unix seconds
 * @last_check: Unix seconds, 0 for never
 * @check_interval: CertificateCheckInterval, seconds
 *
 * A check that was missed is due now. A last check in the future was made
 * with another clock and does not count.
 *
 * Returns: when to check, Unix seconds, not before @now
 */
gint64
scep_schedule_next_check (gint64 now, gint64 last_check, guint check_interval)
{
  if (last_check <= 0 || last_check > now)
    return now;
  return MAX (now, last_check + check_interval);
}

/**
 * scep_schedule_jitter:
 * @now: Unix seconds
 * @planned: when something is to happen, Unix seconds
 * @random: any number
 *
 * Spreads what many machines would do at once. Later by up to a tenth of the
 * delay, never earlier.
 *
 * Returns: Unix seconds
 */
gint64
scep_schedule_jitter (gint64 now, gint64 planned, guint32 random)
{
  gint64 range = MAX (planned - now, 0) / (100 / JITTER_PERCENT);

  return planned + (gint64) (random % (guint64) (range + 1));
}
