/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

GBytes *scep_serial_parse (const char *text);
char *scep_serial_to_string (GBytes *serial);
