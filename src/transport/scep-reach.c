/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transport/scep-reach.h"

#include "transport/scep-local-address.h"
#include "transport/scep-proxy.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

#define HOSTS_FILE "/etc/hosts"

static gboolean
leads_elsewhere (const struct ifaddrs *item)
{
  g_autoptr (GSocketAddress) socket_address = NULL;
  GInetAddress *address;
  gsize size;

  if (item->ifa_addr == NULL || (item->ifa_flags & IFF_UP) == 0 ||
      (item->ifa_flags & IFF_RUNNING) == 0 || (item->ifa_flags & IFF_LOOPBACK) != 0)
    return FALSE;
  if (item->ifa_addr->sa_family == AF_INET)
    size = sizeof (struct sockaddr_in);
  else if (item->ifa_addr->sa_family == AF_INET6)
    size = sizeof (struct sockaddr_in6);
  else
    return FALSE;
  socket_address = g_socket_address_new_from_native (item->ifa_addr, size);
  address = g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (socket_address));
  return !g_inet_address_get_is_loopback (address) && !g_inet_address_get_is_link_local (address);
}

/**
 * scep_reach_has_address:
 *
 * Routes are no matter: a plant may have none but that of its own network.
 *
 * Returns: whether an interface is up and running with an address that others
 *   than its own link know; also where that cannot be found out
 */
gboolean
scep_reach_has_address (void)
{
  struct ifaddrs *list = NULL;
  gboolean found = FALSE;

  if (getifaddrs (&list) < 0)
    return TRUE;
  for (struct ifaddrs *item = list; item != NULL && !found; item = item->ifa_next)
    found = leads_elsewhere (item);
  freeifaddrs (list);
  return found;
}

/* One line of hosts(5): an address and the names it has. */
static gboolean
line_is_near (const char *line, const char *host)
{
  g_autofree char *text = g_strndup (line, strcspn (line, "#"));
  g_auto (GStrv) words = g_strsplit_set (text, " \t\r", -1);
  const char *address = NULL;

  for (guint i = 0; words[i] != NULL; i++) {
    if (words[i][0] == '\0')
      continue;
    if (address == NULL)
      address = words[i];
    else if (g_ascii_strcasecmp (words[i], host) == 0)
      return scep_local_address_check_host (address);
  }
  return FALSE;
}

static gboolean
hosts_say_near (const char *hosts, const char *host)
{
  g_auto (GStrv) lines = g_strsplit (hosts, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++) {
    if (line_is_near (lines[i], host))
      return TRUE;
  }
  return FALSE;
}

/**
 * scep_reach_is_near:
 * @host: of a URL, without brackets
 * @hosts: (nullable): what hosts(5) says
 *
 * Nobody is asked: without a network there is nobody to ask.
 *
 * Returns: whether @host is this machine or on its own link, as far as that can
 *   be told without a name service
 */
gboolean
scep_reach_is_near (const char *host, const char *hosts)
{
  g_autofree char *bare = g_ascii_strdown (host, -1);

  if (g_str_has_suffix (bare, "."))
    bare[strlen (bare) - 1] = '\0';
  /* Multicast DNS (RFC 6762) is of the link. */
  return scep_local_address_check_host (bare) || g_str_has_suffix (bare, ".local") ||
         g_ascii_strcasecmp (bare, g_get_host_name ()) == 0 ||
         (hosts != NULL && hosts_say_near (hosts, bare));
}

/**
 * scep_reach_check:
 * @url: of a server
 *
 * Returns: %FALSE only where it is certain that nothing that is sent could get
 *   to it
 */
gboolean
scep_reach_check (const char *url)
{
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_ENCODED, NULL);
  const char *host = uri != NULL ? g_uri_get_host (uri) : NULL;
  g_autofree char *hosts = NULL;

  /* What costs least is asked first. A proxy on this machine may have a way out that is no
   * network interface, as a tunnel over a modem. */
  if (host == NULL || scep_reach_is_near (host, NULL) || scep_proxy_is_set () ||
      scep_reach_has_address ())
    return TRUE;
  g_file_get_contents (HOSTS_FILE, &hosts, NULL, NULL);
  return hosts != NULL && scep_reach_is_near (host, hosts);
}
