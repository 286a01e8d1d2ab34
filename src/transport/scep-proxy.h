/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * ScepProxy:
 *
 * The proxy that a request goes by, as the environment names it: an immutable
 * value.
 */
typedef struct _ScepProxy ScepProxy;

ScepProxy *scep_proxy_find (const char *url);
ScepProxy *scep_proxy_ref (ScepProxy *self);
void scep_proxy_unref (ScepProxy *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScepProxy, scep_proxy_unref)

gboolean scep_proxy_is_usable (ScepProxy *self);
const char *scep_proxy_get_name (ScepProxy *self);
const char *scep_proxy_get_variable (ScepProxy *self);
const char *scep_proxy_get_authorization (ScepProxy *self);

GProxyResolver *scep_proxy_resolver_new (void);
gboolean scep_proxy_is_set (void);

G_END_DECLS
