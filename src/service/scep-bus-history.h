/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

GVariant *scep_bus_history_to_variant (GPtrArray *events);
