/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-clock.h"

G_DEFINE_INTERFACE (ScepClock, scep_clock, G_TYPE_OBJECT)

static void
scep_clock_default_init (ScepClockInterface *iface)
{
}

/**
 * scep_clock_now:
 *
 * Returns: Unix seconds
 */
gint64
scep_clock_now (ScepClock *self)
{
  return SCEP_CLOCK_GET_IFACE (self)->now (self);
}

/**
 * scep_clock_call_at:
 * @time: Unix seconds; what has passed is due at once, though never within
 *   this call
 * @func: called once
 *
 * The deadline is one of the wall clock: when somebody sets the clock, @func
 * is called at once, for what was planned may make no sense any more.
 *
 * Returns: what scep_clock_cancel() takes, never 0
 */
guint
scep_clock_call_at (ScepClock *self, gint64 time, ScepClockFunc func, gpointer user_data)
{
  return SCEP_CLOCK_GET_IFACE (self)->call_at (self, time, func, user_data);
}

/**
 * scep_clock_cancel:
 * @id: a deadline that has not come yet
 */
void
scep_clock_cancel (ScepClock *self, guint id)
{
  SCEP_CLOCK_GET_IFACE (self)->cancel (self, id);
}

/**
 * scep_clock_check:
 *
 * Whether the time can be believed. Nobody tells when that changes, unless the
 * clock is set: who got %FALSE asks again.
 *
 * Returns: %FALSE with %SCEP_ERROR_CLOCK_IMPLAUSIBLE, and what to do about it
 */
gboolean
scep_clock_check (ScepClock *self, GError **error)
{
  return SCEP_CLOCK_GET_IFACE (self)->check (self, error);
}

/**
 * scep_clock_clear:
 * @id: (inout): a deadline, or 0 for none; 0 afterwards
 */
void
scep_clock_clear (ScepClock *self, guint *id)
{
  if (*id != 0)
    scep_clock_cancel (self, *id);
  *id = 0;
}
