/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "enroll/scep-clock.h"

G_BEGIN_DECLS

#define SCEP_TYPE_CLOCK_SYSTEM (scep_clock_system_get_type ())
G_DECLARE_FINAL_TYPE (ScepClockSystem, scep_clock_system, SCEP, CLOCK_SYSTEM, GObject)

ScepClock *scep_clock_system_new (GError **error);

G_END_DECLS
