/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-expiry.h"

#define DAY (24 * 60 * 60)

/* No certificate is told of in the first two thirds of its life. */
#define LIFETIME_SHARE 3

/* Days before the end: once, then weekly, then daily. */
static const guint stages[] = { 60, 53, 46, 39, 32, 25, 18, 11, 7, 6, 5, 4, 3, 2, 1 };
G_STATIC_ASSERT (G_N_ELEMENTS (stages) == SCEP_EXPIRY_N_STAGES);

/* @days of a certificate that lives long enough for so many; less of others. */
static gint64
scale (gint64 not_before, gint64 not_after, guint days)
{
  gint64 lead = MIN ((gint64) stages[0] * DAY, MAX (not_after - not_before, 0) / LIFETIME_SHARE);

  return lead * days / stages[0];
}

static gint64
get_begin (gint64 not_before, gint64 not_after, guint stage)
{
  return not_after - scale (not_before, not_after, stages[stage - 1]);
}

/**
 * scep_expiry_get_stage:
 * @not_before: of the certificate, Unix seconds
 * @not_after: of the certificate, Unix seconds
 * @now: Unix seconds
 *
 * The end of a certificate is told of 60 days ahead, then each week, and in
 * the last week each day. Where that is more than a third of its lifetime, the
 * third takes the place of the 60 days, and weeks and days shrink alike: one
 * of 90 days is told of 30 days ahead, then each 3.5 days, then each 12 hours.
 *
 * Returns: how many of these moments have come, up to %SCEP_EXPIRY_N_STAGES;
 *   0 for none yet
 */
guint
scep_expiry_get_stage (gint64 not_before, gint64 not_after, gint64 now)
{
  guint stage = 0;

  while (stage < SCEP_EXPIRY_N_STAGES && now >= get_begin (not_before, not_after, stage + 1))
    stage++;
  return stage;
}

/**
 * scep_expiry_get_next:
 * @not_before: of the certificate, Unix seconds
 * @not_after: of the certificate, Unix seconds
 * @told: the last stage that was told of, 0 for none
 * @renewal: when the certificate is going to be renewed, Unix seconds, 0 if
 *   nobody is going to
 *
 * A renewal on schedule is nothing to be told of, but one that is a (scaled)
 * day late is.
 *
 * Returns: when to tell the next time, Unix seconds, perhaps past; 0 for never
 */
gint64
scep_expiry_get_next (gint64 not_before, gint64 not_after, guint told, gint64 renewal)
{
  gint64 late = renewal + scale (not_before, not_after, 1);
  gint64 next;

  if (told >= SCEP_EXPIRY_N_STAGES)
    return 0;
  next = get_begin (not_before, not_after, told + 1);
  return renewal > 0 && late < not_after ? MAX (next, late) : next;
}
