/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* For so many seconds after its start a machine may wait for its time servers. */
#define SCEP_CLOCK_MAX_WAIT (60 * 60)

/**
 * ScepSynchronization:
 * @SCEP_SYNCHRONIZATION_UNKNOWN: nobody on this machine can say it
 * @SCEP_SYNCHRONIZATION_NO: no time server has been heard yet, or the answer is not there yet
 * @SCEP_SYNCHRONIZATION_YES: a time server sets the clock
 */
typedef enum {
  SCEP_SYNCHRONIZATION_UNKNOWN,
  SCEP_SYNCHRONIZATION_NO,
  SCEP_SYNCHRONIZATION_YES,
} ScepSynchronization;

/**
 * ScepClockFacts:
 * @now: what the clock shows, Unix seconds
 * @earliest: when this program was made, Unix seconds
 * @uptime: how long ago the machine was started, seconds
 * @synchronization: what the system knows of it
 * @run_directory: where services leave what is true until the next start
 *
 * What is known of a clock. All borrowed for the call.
 */
typedef struct {
  gint64 now;
  gint64 earliest;
  gint64 uptime;
  ScepSynchronization synchronization;
  const char *run_directory;
} ScepClockFacts;

gboolean scep_clock_judge (const ScepClockFacts *facts, GError **error);
