/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transport/scep-proxy.h"

#include "base/scep-secret.h"
#include "base/scep-text.h"

#include <libsoup/soup.h>
#include <string.h>

/*
 * GLib's own resolver asks libproxy, which reads the settings of desktops, starts a thread for each
 * connection and looks into /etc/services: nothing of that is a service's business.
 */

#define DIRECT "direct://"

struct _ScepProxy {
  gatomicrefcount references;
  char *name;     /* (owned): host and port, for people */
  char *variable; /* (owned): that names it */
  gboolean is_usable;
  ScepSecretString *authorization; /* (owned) (nullable) */
};

/* (transfer full) (nullable): how it is spelled where it is set: in small letters or in capital
 * ones */
static char *
find_variable (const char *name)
{
  g_autofree char *capitals = g_ascii_strup (name, -1);
  const char *spellings[] = { name, capitals };

  for (guint i = 0; i < G_N_ELEMENTS (spellings); i++) {
    const char *value = g_getenv (spellings[i]);

    if (value != NULL && value[0] != '\0')
      return g_strdup (spellings[i]);
  }
  return NULL;
}

/* (nullable): its value */
static const char *
get_variable (const char *name)
{
  g_autofree char *spelled = find_variable (name);

  return spelled != NULL ? g_getenv (spelled) : NULL;
}

/* Where user name and password begin and end in the URL of an HTTP proxy, for they are sent by
 * ourselves: libsoup waits to be refused first. Returns: whether there are any */
static gboolean
find_user_info (const char *url, gsize *begin, gsize *end)
{
  const char *prefix = "http://";
  gsize length;
  const char *at;

  if (g_ascii_strncasecmp (url, prefix, strlen (prefix)) != 0)
    return FALSE;
  *begin = strlen (prefix);
  length = strcspn (url + *begin, "/?#");
  at = g_strrstr_len (url + *begin, (gssize) length, "@");
  if (at == NULL)
    return FALSE;
  *end = (gsize) (at - url);
  return TRUE;
}

/* (transfer full): the same without them */
static char *
remove_user_info (const char *url)
{
  gsize begin;
  gsize end;

  if (!find_user_info (url, &begin, &end))
    return g_strdup (url);
  return g_strdup_printf ("%.*s%s", (int) begin, url, url + end + 1);
}

/* RFC 7617. The value of Proxy-Authorization, or %NULL. */
static ScepSecretString *
make_authorization (const char *url)
{
  gsize begin;
  gsize end;
  g_autoptr (ScepSecretString) plain = NULL;
  g_autoptr (ScepSecretString) encoded = NULL;

  if (!find_user_info (url, &begin, &end))
    return NULL;
  plain = g_uri_unescape_segment (url + begin, url + end, NULL);
  /* What is no escape is meant as it stands. */
  if (plain == NULL)
    plain = g_strndup (url + begin, end - begin);
  if (strchr (plain, ':') == NULL) {
    ScepSecretString *without_password = plain;

    plain = g_strconcat (without_password, ":", NULL);
    scep_secret_string_free (without_password);
  }
  encoded = g_base64_encode ((const guchar *) plain, strlen (plain));
  return g_strconcat ("Basic ", encoded, NULL);
}

/* (transfer full) (nullable): "proxy:3128" means HTTP */
static ScepSecretString *
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

/* (transfer full) (nullable): what libsoup and GLib get to know of it */
static char *
get_shown_proxy (const char *name)
{
  g_autoptr (ScepSecretString) proxy = get_proxy (name);

  return proxy != NULL ? remove_user_info (proxy) : NULL;
}

static void
set_proxy (GSimpleProxyResolver *resolver, const char *scheme, const char *variable)
{
  g_autofree char *proxy = get_shown_proxy (variable);

  if (proxy != NULL)
    g_simple_proxy_resolver_set_uri_proxy (resolver, scheme, proxy);
}

/**
 * scep_proxy_resolver_new:
 *
 * What the environment says now: http_proxy, https_proxy, all_proxy for both,
 * and the hosts of no_proxy, where “*” is every host. User name and password of
 * an HTTP proxy are left out, see scep_proxy_get_authorization().
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
  for_all = get_shown_proxy ("all_proxy");
  resolver = g_simple_proxy_resolver_new (for_all, exceptions);
  set_proxy (G_SIMPLE_PROXY_RESOLVER (resolver), "http", "http_proxy");
  set_proxy (G_SIMPLE_PROXY_RESOLVER (resolver), "https", "https_proxy");
  return resolver;
}

/* (transfer full) (nullable): the variable that counts for @url */
static char *
choose_variable (const char *url)
{
  g_autofree char *scheme = g_uri_parse_scheme (url);
  g_autofree char *name = g_strdup_printf ("%s_proxy", scheme != NULL ? scheme : "all");
  char *own = find_variable (name);

  return own != NULL ? own : find_variable ("all_proxy");
}

/* (transfer full): host and port of a URL, for people */
static char *
make_name (const char *url)
{
  const char *authority = strstr (url, "://") + strlen ("://");
  gsize length = strcspn (authority, "/?#");
  const char *at = g_strrstr_len (authority, (gssize) length, "@");
  const char *host = at != NULL ? at + 1 : authority;

  return scep_text_printable (host, (gssize) length - (host - authority));
}

/* A password that was not escaped ends the host where it has one of "/?#", and looks like a port. */
static gboolean
has_at_behind_host (const char *url)
{
  const char *authority = strstr (url, "://") + strlen ("://");

  return strchr (authority + strcspn (authority, "/?#"), '@') != NULL;
}

/* What GLib and libsoup speak to a proxy. GLib logs a URL that it cannot read, as a whole: so both
 * must be able to. @url: without user name and password where they are sent by ourselves */
static gboolean
is_usable (const char *url)
{
  static const char *const schemes[] = { "http",    "https",  "socks", "socks4",
                                         "socks4a", "socks5", NULL };
  g_autoptr (GUri) uri = g_uri_parse (url, SOUP_HTTP_URI_FLAGS, NULL);
  g_autoptr (GSocketConnectable) address = g_network_address_parse_uri (url, 1, NULL);

  return uri != NULL && address != NULL && !has_at_behind_host (url) &&
         g_strv_contains (schemes, g_uri_get_scheme (uri)) && g_uri_get_host (uri)[0] != '\0';
}

/**
 * scep_proxy_find:
 * @url: where a request is to go
 *
 * Returns: (transfer full) (nullable): by which proxy it does, as
 *   scep_proxy_resolver_new() has it; %NULL for none
 */
ScepProxy *
scep_proxy_find (const char *url)
{
  g_autoptr (GProxyResolver) resolver = scep_proxy_resolver_new ();
  g_auto (GStrv) found = g_proxy_resolver_lookup (resolver, url, NULL, NULL);
  g_autofree char *variable = choose_variable (url);
  g_autoptr (ScepSecretString) proxy = NULL;
  ScepProxy *self;

  if (found == NULL || found[0] == NULL || g_str_equal (found[0], DIRECT) || variable == NULL)
    return NULL;
  proxy = get_proxy (variable);
  self = g_new0 (ScepProxy, 1);
  g_atomic_ref_count_init (&self->references);
  self->is_usable = is_usable (found[0]);
  self->name = make_name (found[0]);
  self->variable = g_steal_pointer (&variable);
  self->authorization = make_authorization (proxy);
  return self;
}

ScepProxy *
scep_proxy_ref (ScepProxy *self)
{
  g_atomic_ref_count_inc (&self->references);
  return self;
}

void
scep_proxy_unref (ScepProxy *self)
{
  if (!g_atomic_ref_count_dec (&self->references))
    return;
  g_free (self->name);
  g_free (self->variable);
  g_clear_pointer (&self->authorization, scep_secret_string_free);
  g_free (self);
}

/**
 * scep_proxy_is_usable:
 *
 * Returns: whether the variable's value is one that a proxy can have
 */
gboolean
scep_proxy_is_usable (ScepProxy *self)
{
  return self->is_usable;
}

/**
 * scep_proxy_get_name:
 *
 * Returns: (transfer none): its host and port, for people
 */
const char *
scep_proxy_get_name (ScepProxy *self)
{
  return self->name;
}

/**
 * scep_proxy_get_variable:
 *
 * Returns: (transfer none): the variable of the environment that names it
 */
const char *
scep_proxy_get_variable (ScepProxy *self)
{
  return self->variable;
}

/**
 * scep_proxy_get_authorization:
 *
 * Returns: (transfer none) (nullable): the value of Proxy-Authorization, a secret;
 *   %NULL where the variable has no user name
 */
const char *
scep_proxy_get_authorization (ScepProxy *self)
{
  return self->authorization;
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
