/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

void scep_notify_ready (const char *status);
void scep_notify_status (const char *status);
void scep_notify_reloading (void);
void scep_notify_stopping (void);
guint scep_notify_watchdog_start (void);
