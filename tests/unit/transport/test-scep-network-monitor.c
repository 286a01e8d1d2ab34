/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE
#include "transport/scep-network-monitor.h"

#include <gio/gio.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static void
count (gpointer user_data)
{
  (*(guint *) user_data)++;
}

/* ip link set lo up, which brings addresses and routes with it. */
static gboolean
raise_loopback (void)
{
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct ifreq request = { 0 };
  gboolean raised;

  memcpy (request.ifr_name, "lo", sizeof "lo");
  g_assert_cmpint (ioctl (fd, SIOCGIFFLAGS, &request), ==, 0);
  request.ifr_flags |= IFF_UP;
  raised = ioctl (fd, SIOCSIFFLAGS, &request) == 0;
  close (fd);
  return raised;
}

static guint
count_descriptors (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

/* What GLib's modules open stays open. */
static void
load_extensions (void)
{
  g_proxy_resolver_get_default ();
}

static void
test_change (void)
{
  g_autoptr (ScepNetwork) network = scep_network_monitor_new ();
  guint called = 0;
  guint id;

  if (unshare (CLONE_NEWNET) < 0) {
    g_test_skip ("needs the right to create network namespaces");
    return;
  }
  id = scep_network_watch (network, count, &called);
  g_assert_cmpuint (id, !=, 0);
  if (!raise_loopback ()) {
    scep_network_clear (network, &id);
    g_test_skip ("needs the right to change the network");
    return;
  }
  while (called == 0)
    g_main_context_iteration (NULL, TRUE);
  /* That is all there is. */
  g_assert_false (scep_network_may_reach (network, "http://192.0.2.1/scep"));
  g_assert_false (scep_network_may_reach (network, "https://ca.example:8443/scep"));
  g_assert_true (scep_network_may_reach (network, "http://127.0.0.1:8080/scep"));
  g_assert_true (scep_network_may_reach (network, "http://[::1]/scep"));
  scep_network_clear (network, &id);
  g_assert_cmpuint (id, ==, 0);
}

/* What nobody watches costs nothing. */
static void
test_unwatched (void)
{
  g_autoptr (ScepNetwork) network = scep_network_monitor_new ();
  guint before = count_descriptors ();
  guint called = 0;
  guint first = scep_network_watch (network, count, &called);
  guint second = scep_network_watch (network, count, &called);

  g_assert_cmpuint (first, !=, second);
  g_assert_cmpuint (count_descriptors (), >, before);
  scep_network_clear (network, &first);
  g_assert_cmpuint (count_descriptors (), >, before);
  scep_network_clear (network, &second);
  g_assert_cmpuint (count_descriptors (), ==, before);
  scep_network_clear (network, &second);
  g_assert_cmpuint (called, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  load_extensions ();
  g_test_add_func ("/network-monitor/unwatched", test_unwatched);
  g_test_add_func ("/network-monitor/change", test_change);
  return g_test_run ();
}
