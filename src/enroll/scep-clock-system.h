/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "enroll/scep-clock-judge.h"
#include "enroll/scep-clock.h"

G_BEGIN_DECLS

#define SCEP_TYPE_CLOCK_SYSTEM (scep_clock_system_get_type ())
G_DECLARE_FINAL_TYPE (ScepClockSystem, scep_clock_system, SCEP, CLOCK_SYSTEM, GObject)

/* Asks whether the clock is synchronized; scep_clock_system_set_synchronization() tells it. */
typedef void (*ScepClockAskFunc) (gpointer user_data);

ScepClock *scep_clock_system_new (GError **error);
void scep_clock_system_set_asker (ScepClockSystem *self, ScepClockAskFunc ask, gpointer user_data);
void scep_clock_system_set_synchronization (ScepClockSystem *self,
                                            ScepSynchronization synchronization);

G_END_DECLS
