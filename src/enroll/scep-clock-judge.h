/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* For so many seconds after its start a machine may wait for its time servers. */
#define SCEP_CLOCK_MAX_WAIT (60 * 60)

/**
 * ScepClockFacts:
 * @now: what the clock shows, Unix seconds
 * @earliest: when this program was made, Unix seconds
 * @uptime: how long ago the machine was started, seconds
 * @max_error: how wrong the kernel takes its clock to be at most,
 *   microseconds; -1 where it does not say
 * @run_directory: where services leave what is true until the next start
 *
 * What is known of a clock. All borrowed for the call.
 */
typedef struct {
  gint64 now;
  gint64 earliest;
  gint64 uptime;
  gint64 max_error;
  const char *run_directory;
} ScepClockFacts;

gboolean scep_clock_judge (const ScepClockFacts *facts, GError **error);
