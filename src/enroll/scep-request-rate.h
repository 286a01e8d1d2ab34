/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Requests of a profile within so many seconds; what it needs is far below that. */
#define SCEP_REQUEST_RATE_LIMIT 60
#define SCEP_REQUEST_RATE_PERIOD 60

/**
 * ScepRequestRate:
 *
 * When the last requests of a profile were sent: the second line of defence for
 * the server, whatever the first one lets through. Begins with zeros.
 */
typedef struct {
  gint64 times[SCEP_REQUEST_RATE_LIMIT]; /* Unix seconds, the oldest at next */
  guint next;
} ScepRequestRate;

gboolean scep_request_rate_take (ScepRequestRate *rate, gint64 now, guint n);
