/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/**
 * ScepClock:
 *
 * The only source of time above the codec: wall-clock time and deadlines in
 * it, so that a test can be the one who turns the hands.
 */
#define SCEP_TYPE_CLOCK (scep_clock_get_type ())
G_DECLARE_INTERFACE (ScepClock, scep_clock, SCEP, CLOCK, GObject)

/**
 * ScepClockFunc:
 *
 * A deadline has come, or the clock was set and it is to be planned anew.
 * Called once, on the main loop.
 */
typedef void (*ScepClockFunc) (gpointer user_data);

struct _ScepClockInterface {
  GTypeInterface parent_iface;

  gint64 (*now) (ScepClock *self);
  guint (*call_at) (ScepClock *self, gint64 time, ScepClockFunc func, gpointer user_data);
  void (*cancel) (ScepClock *self, guint id);
  gboolean (*check) (ScepClock *self, GError **error);
};

gint64 scep_clock_now (ScepClock *self);
guint scep_clock_call_at (ScepClock *self, gint64 time, ScepClockFunc func, gpointer user_data);
void scep_clock_cancel (ScepClock *self, guint id);
gboolean scep_clock_check (ScepClock *self, GError **error);
void scep_clock_clear (ScepClock *self, guint *id);

G_END_DECLS
