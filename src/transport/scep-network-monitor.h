/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "transport/scep-network.h"

G_BEGIN_DECLS

#define SCEP_TYPE_NETWORK_MONITOR (scep_network_monitor_get_type ())
G_DECLARE_FINAL_TYPE (ScepNetworkMonitor, scep_network_monitor, SCEP, NETWORK_MONITOR, GObject)

ScepNetwork *scep_network_monitor_new (void);

G_END_DECLS
