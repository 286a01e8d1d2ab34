/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

gboolean scep_local_address_check (GInetAddress *address);
gboolean scep_local_address_check_host (const char *host);
gboolean scep_local_address_check_peer (GIOStream *connection);
