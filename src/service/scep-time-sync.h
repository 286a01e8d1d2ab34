/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "enroll/scep-clock-system.h"

#include <gio/gio.h>

G_BEGIN_DECLS

#define SCEP_TYPE_TIME_SYNC (scep_time_sync_get_type ())
G_DECLARE_FINAL_TYPE (ScepTimeSync, scep_time_sync, SCEP, TIME_SYNC, GObject)

ScepTimeSync *scep_time_sync_new (GDBusConnection *connection, ScepClockSystem *clock);
void scep_time_sync_ask (ScepTimeSync *self);

G_END_DECLS
