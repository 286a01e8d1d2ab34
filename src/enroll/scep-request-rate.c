/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-request-rate.h"

/* A time in the future was read from another clock. */
static gboolean
is_recent (gint64 time, gint64 now)
{
  return time != 0 && time <= now && now - time < SCEP_REQUEST_RATE_PERIOD;
}

/**
 * scep_request_rate_take:
 * @now: Unix seconds
 * @n: requests that are to be sent now, at most %SCEP_REQUEST_RATE_LIMIT
 *
 * Returns: whether they may be; then they count
 */
gboolean
scep_request_rate_take (ScepRequestRate *rate, gint64 now, guint n)
{
  guint last = (rate->next + n - 1) % SCEP_REQUEST_RATE_LIMIT;

  if (is_recent (rate->times[last], now))
    return FALSE;
  for (guint i = 0; i < n; i++) {
    rate->times[rate->next] = now;
    rate->next = (rate->next + 1) % SCEP_REQUEST_RATE_LIMIT;
  }
  return TRUE;
}
