/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/**
 * ScepCtlExit:
 *
 * The exit status, as --help documents it; also the codes of %SCEP_CTL_ERROR.
 */
typedef enum {
  SCEP_CTL_EXIT_OK = 0,
  SCEP_CTL_EXIT_FAILED = 1,
  SCEP_CTL_EXIT_USAGE = 2,
  SCEP_CTL_EXIT_DENIED = 3,
  SCEP_CTL_EXIT_NOT_RUNNING = 4,
  SCEP_CTL_EXIT_TIMED_OUT = 5,
  SCEP_CTL_EXIT_NOT_READY = 6,
} ScepCtlExit;

#define SCEP_CTL_ERROR (scep_ctl_error_quark ())
GQuark scep_ctl_error_quark (void);

void scep_ctl_error_set (GError **error, ScepCtlExit exit, const char *format, ...)
    G_GNUC_PRINTF (3, 4);
ScepCtlExit scep_ctl_error_get_exit (const GError *error);
char *scep_ctl_error_get_sentence (const GError *error);
