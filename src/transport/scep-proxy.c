/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transport/scep-proxy.h"

#include <string.h>

/*
 * GLib's own resolver asks libproxy, which reads the settings of desktops, starts a thread for each
 * connection and looks into /etc/services: nothing of that is a service's business.
 */

/* Returns: (nullable): of http_proxy and the like, in small letters or capital ones */
static const char *
get_variable (const char *name)
{
  g_autofree char *capitals = g_ascii_strup (name, -1);
  const char *value = g_getenv (name);

  if (value == NULL || value[0] == '\0')
    value = g_getenv (capitals);
  return value != NULL && value[0] != '\0' ? value : NULL;
}

/* Returns: (transfer full) (nullable): "proxy:3128" means HTTP */
static char *
get_proxy (const char *name)
{
  const char *value = get_variable (name);

  if (value == NULL || strstr (value, "://") != NULL)
    return g_strdup (value);
  return g_strconcat ("http://", value, NULL);
}

/* Returns: (transfer full): the hosts of no_proxy */
static char **
get_exceptions (void)
{
  const char *value = get_variable ("no_proxy");
  g_auto (GStrv) words = g_strsplit_set (value != NULL ? value : "", ", ", -1);
  g_autoptr (GStrvBuilder) hosts = g_strv_builder_new ();

  for (char **word = words; *word != NULL; word++) {
    if ((*word)[0] != '\0')
      g_strv_builder_add (hosts, *word);
  }
  return g_strv_builder_end (hosts);
}

static void
set_proxy (GSimpleProxyResolver *resolver, const char *scheme, const char *variable)
{
  g_autofree char *proxy = get_proxy (variable);

  if (proxy != NULL)
    g_simple_proxy_resolver_set_uri_proxy (resolver, scheme, proxy);
}

/**
 * scep_proxy_resolver_new:
 *
 * What the environment says now: http_proxy, https_proxy, all_proxy for both,
 * and the hosts of no_proxy, where “*” is every host.
 *
 * Returns: (transfer full): a resolver that asks nobody
 */
GProxyResolver *
scep_proxy_resolver_new (void)
{
  g_auto (GStrv) exceptions = get_exceptions ();
  g_autofree char *for_all = NULL;
  GProxyResolver *resolver;

  if (g_strv_contains ((const char *const *) exceptions, "*"))
    return g_simple_proxy_resolver_new (NULL, NULL);
  for_all = get_proxy ("all_proxy");
  resolver = g_simple_proxy_resolver_new (for_all, exceptions);
  set_proxy (G_SIMPLE_PROXY_RESOLVER (resolver), "http", "http_proxy");
  set_proxy (G_SIMPLE_PROXY_RESOLVER (resolver), "https", "https_proxy");
  return resolver;
}

/**
 * scep_proxy_is_set:
 *
 * Returns: whether the environment names a proxy, for whatever URL
 */
gboolean
scep_proxy_is_set (void)
{
  return get_variable ("http_proxy") != NULL || get_variable ("https_proxy") != NULL ||
         get_variable ("all_proxy") != NULL;
}
