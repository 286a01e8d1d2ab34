/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-clock-judge.h"

#include "base/scep-error.h"
#include "base/scep-text.h"

#include <glib/gi18n-lib.h>

/* What tells that a service is there that synchronises the clock. The folder of
 * chronyd is open to nobody else. */
static const struct {
  const char *path;
  const char *name;
} services[] = {
  { "chrony", "chronyd" },
  { "chronyd.pid", "chronyd" },
  { "ntpd.pid", "ntpd" },
};

static gboolean
exists (const ScepClockFacts *facts, const char *name)
{
  g_autofree char *path = g_build_filename (facts->run_directory, name, NULL);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

/* Whom the machine waits for; %NULL where it does not, or no longer. */
static const char *
find_awaited (const ScepClockFacts *facts)
{
  gboolean known = facts->synchronization != SCEP_SYNCHRONIZATION_UNKNOWN;

  if (facts->synchronization == SCEP_SYNCHRONIZATION_YES)
    return NULL;
  if (exists (facts, "systemd/timesync"))
    return exists (facts, "systemd/timesync/synchronized") ? NULL : "systemd-timesyncd";
  for (guint i = 0; known && i < G_N_ELEMENTS (services); i++) {
    if (exists (facts, services[i].path))
      return services[i].name;
  }
  return NULL;
}

/**
 * scep_clock_judge:
 *
 * A clock cannot be believed that shows a time before this program was made,
 * nor one that a service of this machine is going to synchronise and has not
 * yet. The latter only for the first hour after the start: in a plant without
 * a time server the clock is as good as it gets, and the machine must not stay
 * without its certificate.
 *
 * Returns: %FALSE with %SCEP_ERROR_CLOCK_IMPLAUSIBLE
 */
gboolean
scep_clock_judge (const ScepClockFacts *facts, GError **error)
{
  const char *awaited = facts->uptime < SCEP_CLOCK_MAX_WAIT ? find_awaited (facts) : NULL;
  g_autofree char *shown = scep_text_time (facts->now);

  if (facts->now < facts->earliest) {
    scep_error_set (error, SCEP_ERROR_CLOCK_IMPLAUSIBLE,
                    _ ("The clock of this machine shows %s, a time before this program was made, "
                       "so no certificate can be judged. Set the clock."),
                    shown);
    return FALSE;
  }
  if (awaited != NULL) {
    scep_error_set (error, SCEP_ERROR_CLOCK_IMPLAUSIBLE,
                    _ ("The clock of this machine shows %s, and %s has not synchronised it yet, so "
                       "no certificate can be judged. It is waited for until one hour after the "
                       "start of the machine; check whether %s reaches a time server."),
                    shown, awaited, awaited);
    return FALSE;
  }
  return TRUE;
}
