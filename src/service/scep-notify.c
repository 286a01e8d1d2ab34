/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-notify.h"

#include <systemd/sd-daemon.h>

/**
 * scep_notify_ready:
 * @status: a line for people
 *
 * Tells the service manager that callers can be served.
 */
void
scep_notify_ready (const char *status)
{
  sd_notifyf (0, "READY=1\nSTATUS=%s", status);
}

/**
 * scep_notify_status:
 * @status: a line for people
 *
 * Tells the service manager what `systemctl status` shows.
 */
void
scep_notify_status (const char *status)
{
  sd_notifyf (0, "STATUS=%s", status);
}

/**
 * scep_notify_reloading:
 *
 * Tells the service manager that files are read again; scep_notify_ready()
 * follows.
 */
void
scep_notify_reloading (void)
{
  sd_notifyf (0, "RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT, g_get_monotonic_time ());
}

/**
 * scep_notify_stopping:
 *
 * Tells the service manager that the end is wanted.
 */
void
scep_notify_stopping (void)
{
  sd_notify (0, "STOPPING=1");
}

static gboolean
on_tick (gpointer user_data)
{
  sd_notify (0, "WATCHDOG=1");
  return G_SOURCE_CONTINUE;
}

/**
 * scep_notify_watchdog_start:
 *
 * Feeds the watchdog of systemd, if there is one, from the main loop: so it
 * is the loop that is watched.
 *
 * Returns: the source, 0 for none
 */
guint
scep_notify_watchdog_start (void)
{
  guint64 usec = 0;

  if (sd_watchdog_enabled (0, &usec) <= 0)
    return 0;
  return g_timeout_add ((guint) CLAMP (usec / 2000, 1, G_MAXINT), on_tick, NULL);
}
