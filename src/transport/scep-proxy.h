/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

GProxyResolver *scep_proxy_resolver_new (void);
gboolean scep_proxy_is_set (void);
