/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "enroll/scep-clock.h"

G_BEGIN_DECLS

/* A clock whose hands a test turns. */
#define SCEP_TYPE_CLOCK_FAKE (scep_clock_fake_get_type ())
G_DECLARE_FINAL_TYPE (ScepClockFake, scep_clock_fake, SCEP, CLOCK_FAKE, GObject)

ScepClockFake *scep_clock_fake_new (gint64 now);
void scep_clock_fake_set (ScepClockFake *self, gint64 now);
void scep_clock_fake_advance (ScepClockFake *self, gint64 seconds);
void scep_clock_fake_set_doubt (ScepClockFake *self, const char *doubt);
gint64 scep_clock_fake_get_next (ScepClockFake *self);

G_END_DECLS
