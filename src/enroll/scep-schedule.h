/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Seconds. */
#define SCEP_SCHEDULE_MAX_REFUSAL_DELAY (24 * 60 * 60)
#define SCEP_SCHEDULE_MAX_POLL_DELAY (60 * 60)
#define SCEP_SCHEDULE_MAX_STRAY_DELAY (60 * 60)
#define SCEP_SCHEDULE_POLL_LIMIT (7 * 24 * 60 * 60)

gint64 scep_schedule_after_refusal (gint64 now, guint retry_interval, guint refusals);
gint64 scep_schedule_after_stray (gint64 now, guint retry_interval, guint strays);
gint64 scep_schedule_after_failure (gint64 now, guint retry_interval, guint retry_after);
gboolean scep_schedule_next_poll (gint64 now, guint retry_interval, guint poll_count,
                                  gint64 started, gint64 *next_poll);
gint64 scep_schedule_renewal (gint64 not_before, gint64 not_after, guint threshold);
gint64 scep_schedule_replacement (gint64 renewal, gint64 not_after, gint64 installed,
                                  guint retry_interval);
gint64 scep_schedule_next_check (gint64 now, gint64 last_check, guint check_interval);

gint64 scep_schedule_early_check (gint64 check, gint64 wanted, gint64 last_check,
                                  guint retry_interval);

guint32 scep_schedule_make_lot (const char *machine, const char *profile, const char *purpose);
gint64 scep_schedule_spread (guint32 lot, gint64 window);
gint64 scep_schedule_spread_renewal (gint64 renewal, gint64 not_before, gint64 not_after,
                                     guint32 lot);
guint scep_schedule_spread_check (guint check_interval, guint32 lot);
gint64 scep_schedule_after_return (gint64 now, gint64 planned, guint retry_interval, guint32 lot);
