/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-schedule.h"

/* Renewals are spread over this share of the lifetime, checks over this share
 * of their interval, in percent. */
#define RENEWAL_SPREAD_PERCENT 10
#define CHECK_SPREAD_PERCENT 10

/* And renewals over no more than this: whoever runs a fleet wants to see soon
 * that it renews. */
#define MAX_RENEWAL_SPREAD (7 * 24 * 60 * 60)

/* Seconds over which attempts are spread when the network changes, and between
 * an attempt and one that a change brings forward: some networks change all
 * the time. */
#define NETWORK_SPREAD 8
#define NETWORK_PAUSE 15

/* @times in a row. */
static gint64
double_up (guint retry_interval, guint times, gint64 limit)
{
  gint64 delay = retry_interval;

  limit = MAX (delay, limit);
  for (guint i = 1; i < times && delay < limit; i++)
    delay *= 2;
  return MIN (delay, limit);
}

/**
 * scep_schedule_after_refusal:
 * @now: Unix seconds
 * @retry_interval: ConnectRetryInterval, seconds
 * @refusals: signed refusals and unusable answers in a row, this one included,
 *   so at least 1
 *
 * The interval doubles with every refusal, up to a day, or to the interval
 * itself where that is longer.
 *
 * Returns: when to try again, Unix seconds
 */
gint64
scep_schedule_after_refusal (gint64 now, guint retry_interval, guint refusals)
{
  return now + double_up (retry_interval, refusals, SCEP_SCHEDULE_MAX_REFUSAL_DELAY);
}

/**
 * scep_schedule_after_stray:
 * @now: Unix seconds
 * @retry_interval: ConnectRetryInterval, seconds
 * @strays: answers in a row that are no CMS, this one included, so at least 1
 *
 * The interval doubles with each, up to an hour, or to the interval itself
 * where that is longer.
 *
 * Returns: when to try again, Unix seconds
 */
gint64
scep_schedule_after_stray (gint64 now, guint retry_interval, guint strays)
{
  return now + double_up (retry_interval, strays, SCEP_SCHEDULE_MAX_STRAY_DELAY);
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
 * scep_schedule_early_check:
 * @check: scep_schedule_next_check()
 * @wanted: when there is a reason to check earlier, Unix seconds
 * @last_check: Unix seconds, 0 for never
 * @retry_interval: ConnectRetryInterval, seconds
 *
 * A reason that the last check did not do away with is none to check without a
 * pause.
 *
 * Returns: when to check, Unix seconds, not after @check
 */
gint64
scep_schedule_early_check (gint64 check, gint64 wanted, gint64 last_check, guint retry_interval)
{
  return MIN (check, MAX (wanted, last_check + retry_interval));
}

/**
 * scep_schedule_make_lot:
 * @machine: (nullable): a word that no other machine has; %NULL for none
 * @profile: id of the profile
 * @purpose: what it is for: two things of one profile are not in step
 *
 * Machines that came from one disk and profiles of one machine would do the
 * same at the same second. What they draw here is not random, so that nothing
 * moves with a restart.
 *
 * Returns: a number that is spread evenly over machines, profiles and
 *   purposes; 0 without a machine
 */
guint32
scep_schedule_make_lot (const char *machine, const char *profile, const char *purpose)
{
  g_autofree char *text = NULL;
  g_autofree char *digest = NULL;

  if (machine == NULL)
    return 0;
  text = g_strjoin ("\n", machine, profile, purpose, NULL);
  digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);
  digest[8] = '\0';
  return (guint32) g_ascii_strtoull (digest, NULL, 16);
}

/**
 * scep_schedule_spread:
 * @lot: scep_schedule_make_lot()
 * @window: seconds
 *
 * Returns: the share of @window that @lot stands for: at least 0, less than
 *   @window, and 0 for none
 */
gint64
scep_schedule_spread (guint32 lot, gint64 window)
{
  gint64 high = MAX (window, 0) >> 32;
  gint64 low = MAX (window, 0) & G_MAXUINT32;

  return high * lot + (gint64) (((guint64) low * lot) >> 32);
}

/**
 * scep_schedule_spread_renewal:
 * @renewal: scep_schedule_renewal() of the certificate
 * @not_before: of the certificate, Unix seconds
 * @not_after: of the certificate, Unix seconds
 * @lot: scep_schedule_make_lot()
 *
 * Spreads the renewals of a fleet over a tenth of the lifetime, at most a
 * week, and never past half of what is left of the certificate at @renewal.
 *
 * Returns: Unix seconds, not before @renewal
 */
gint64
scep_schedule_spread_renewal (gint64 renewal, gint64 not_before, gint64 not_after, guint32 lot)
{
  gint64 window = (not_after - not_before) / (100 / RENEWAL_SPREAD_PERCENT);

  window = MIN (window, MAX_RENEWAL_SPREAD);
  return renewal + scep_schedule_spread (lot, MIN (window, (not_after - renewal) / 2));
}

/**
 * scep_schedule_spread_check:
 * @check_interval: CertificateCheckInterval, seconds
 * @lot: scep_schedule_make_lot()
 *
 * Checks that began together drift apart, because each machine has a rhythm of
 * its own.
 *
 * Returns: seconds: up to a tenth less than @check_interval, never more
 */
guint
scep_schedule_spread_check (guint check_interval, guint32 lot)
{
  return check_interval -
         (guint) scep_schedule_spread (lot, check_interval / (100 / CHECK_SPREAD_PERCENT));
}

/**
 * scep_schedule_after_return:
 * @now: when the network changed, Unix seconds
 * @planned: when to try again, after an attempt that did not reach the server,
 *   Unix seconds
 * @retry_interval: ConnectRetryInterval, seconds
 * @lot: scep_schedule_make_lot()
 *
 * The profiles of a machine do not all begin at once, and none begins a
 * quarter of a minute after its last attempt or sooner.
 *
 * Returns: when to try instead, Unix seconds, never after @planned
 */
gint64
scep_schedule_after_return (gint64 now, gint64 planned, guint retry_interval, guint32 lot)
{
  gint64 earliest = MAX (now + 1, planned - retry_interval + NETWORK_PAUSE);

  return MIN (planned, earliest + scep_schedule_spread (lot, NETWORK_SPREAD));
}
