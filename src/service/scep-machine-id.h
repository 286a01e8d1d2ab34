/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#define SCEP_MACHINE_ID_PATH "/etc/machine-id"

char *scep_machine_id_find (const char *path);
char *scep_machine_id_read (const char *path);
