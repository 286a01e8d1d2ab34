/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/scep-error.h"

#include <gio/gio.h>

#define SCEP_BUS_ERROR_INTERACTIVE "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired"
#define SCEP_BUS_ERROR_ACCESS_DENIED "org.freedesktop.DBus.Error.AccessDenied"
#define SCEP_BUS_ERROR_LIMITS_EXCEEDED "org.freedesktop.DBus.Error.LimitsExceeded"

void scep_bus_error_register (void);
void scep_bus_return_error (GDBusMethodInvocation *invocation, const GError *error);
void scep_bus_return_code (GDBusMethodInvocation *invocation, ScepError code, const char *format,
                           ...) G_GNUC_PRINTF (3, 4);
