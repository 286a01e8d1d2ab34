/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transport/scep-local-address.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>

/* How an IPv4 address is written as one of IPv6: mapped (RFC 4291 section 2.5.5), and behind a
 * translator (RFC 6052). */
static const guint8 embeddings[][12] = {
  { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff },
  { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 },
  { 0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0 },
};

/* Where clouds tell a machine its secrets, beside 169.254.0.0/16. */
static const char *const metadata[] = { "100.100.100.200", "192.0.0.192", "168.63.129.16",
                                        "fd00:ec2::254", "fd20:ce::254" };

/* (transfer full): the IPv4 address that @address stands for, or itself */
static GInetAddress *
unwrap (GInetAddress *address)
{
  const guint8 *bytes = g_inet_address_to_bytes (address);

  if (g_inet_address_get_family (address) != G_SOCKET_FAMILY_IPV6 ||
      g_inet_address_get_is_loopback (address))
    return g_object_ref (address);
  for (guint i = 0; i < G_N_ELEMENTS (embeddings); i++) {
    if (memcmp (bytes, embeddings[i], sizeof embeddings[i]) == 0)
      return g_inet_address_new_from_bytes (bytes + sizeof embeddings[i], G_SOCKET_FAMILY_IPV4);
  }
  return g_object_ref (address);
}

static gboolean
is_metadata (GInetAddress *address)
{
  g_autofree char *text = g_inet_address_to_string (address);

  for (guint i = 0; i < G_N_ELEMENTS (metadata); i++) {
    if (g_str_equal (text, metadata[i]))
      return TRUE;
  }
  return FALSE;
}

static gboolean
is_same (struct sockaddr *native, GInetAddress *address)
{
  g_autoptr (GSocketAddress) socket_address = NULL;
  gsize size;

  if (native == NULL || (native->sa_family != AF_INET && native->sa_family != AF_INET6))
    return FALSE;
  size = native->sa_family == AF_INET ? sizeof (struct sockaddr_in) : sizeof (struct sockaddr_in6);
  socket_address = g_socket_address_new_from_native (native, size);
  return g_inet_address_equal (
      g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (socket_address)), address);
}

/* What listens on this machine for everybody, listens at these. */
static gboolean
is_own (GInetAddress *address)
{
  struct ifaddrs *list = NULL;
  gboolean found = FALSE;

  if (getifaddrs (&list) < 0)
    return FALSE;
  for (struct ifaddrs *item = list; item != NULL && !found; item = item->ifa_next)
    found = is_same (item->ifa_addr, address);
  freeifaddrs (list);
  return found;
}

/* "This network", and everybody on it (RFC 6890). */
static gboolean
is_nobodys (GInetAddress *address)
{
  const guint8 *bytes = g_inet_address_to_bytes (address);

  return g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV4 &&
         (bytes[0] == 0 || bytes[0] >= 240);
}

/**
 * scep_local_address_check:
 *
 * A private network (RFC 1918) is none: the CA of a site is there.
 *
 * Returns: whether @address is this machine, by any of the addresses that it has
 *   now, what only its own link reaches, what tells it secrets, or nobody
 */
gboolean
scep_local_address_check (GInetAddress *address)
{
  g_autoptr (GInetAddress) inner = unwrap (address);

  return g_inet_address_get_is_loopback (inner) || g_inet_address_get_is_link_local (inner) ||
         g_inet_address_get_is_any (inner) || g_inet_address_get_is_multicast (inner) ||
         is_nobodys (inner) || is_metadata (inner) || is_own (inner);
}

/* Resolvers take the old ways of writing an address, too: "127.1" and "0x7f000001". */
static GInetAddress *
parse_address (const char *host)
{
  GInetAddress *address = g_inet_address_new_from_string (host);
  struct in_addr old;

  if (address == NULL && inet_aton (host, &old) != 0)
    address = g_inet_address_new_from_bytes ((const guint8 *) &old, G_SOCKET_FAMILY_IPV4);
  return address;
}

/**
 * scep_local_address_check_host:
 * @host: of a URL, without brackets
 *
 * Nothing is looked up: of another name only the connection tells, see
 * scep_local_address_check_peer().
 *
 * Returns: whether @host is an address that scep_local_address_check() is true
 *   of, or "localhost"
 */
gboolean
scep_local_address_check_host (const char *host)
{
  g_autofree char *lower = g_ascii_strdown (host, -1);
  g_autofree char *bare = NULL;
  g_autoptr (GInetAddress) address = NULL;

  if (g_str_has_suffix (lower, "."))
    lower[strlen (lower) - 1] = '\0';
  if (g_str_equal (lower, "localhost") || g_str_has_suffix (lower, ".localhost"))
    return TRUE;
  /* Without a scope: "fe80::1%eth0". */
  bare = g_strndup (lower, strcspn (lower, "%"));
  address = parse_address (bare);
  return address != NULL && scep_local_address_check (address);
}

/**
 * scep_local_address_check_peer:
 * @connection: with the event %G_SOCKET_CLIENT_CONNECTING
 *
 * A proxy is what somebody configured: where it is does not matter, and whom
 * it connects to is its own affair.
 *
 * Returns: whether scep_local_address_check() is true of where it leads
 */
gboolean
scep_local_address_check_peer (GIOStream *connection)
{
  g_autoptr (GSocketAddress) peer =
      G_IS_SOCKET_CONNECTION (connection)
          ? g_socket_connection_get_remote_address (G_SOCKET_CONNECTION (connection), NULL)
          : NULL;

  if (!G_IS_INET_SOCKET_ADDRESS (peer) || G_IS_PROXY_ADDRESS (peer))
    return FALSE;
  return scep_local_address_check (
      g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (peer)));
}
