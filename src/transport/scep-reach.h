/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

gboolean scep_reach_has_address (void);
gboolean scep_reach_is_near (const char *host, const char *hosts);
gboolean scep_reach_check (const char *url);

G_END_DECLS
