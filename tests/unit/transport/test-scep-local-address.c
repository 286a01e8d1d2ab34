/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* unshare() */
#define _GNU_SOURCE

#include "transport/scep-local-address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define OWN "198.51.100.7"

/* In a network of this process alone. */
static gboolean
take_address (const char *text)
{
  struct ifreq request = { .ifr_name = "lo:1" };
  struct sockaddr_in address = { .sin_family = AF_INET };
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  gboolean done;

  inet_aton (text, &address.sin_addr);
  memcpy (&request.ifr_addr, &address, sizeof address);
  done = fd >= 0 && ioctl (fd, SIOCSIFADDR, &request) == 0;
  close (fd);
  return done;
}

static void
test_own (void)
{
  static const char *const own[] = { OWN, "::ffff:" OWN, "64:ff9b::" OWN };

  if (unshare (CLONE_NEWUSER | CLONE_NEWNET) < 0) {
    g_test_skip ("needs: a kernel that lets users have namespaces");
    return;
  }
  for (guint i = 0; i < G_N_ELEMENTS (own); i++)
    g_assert_false (scep_local_address_check_host (own[i]));
  g_assert_true (take_address (OWN));
  for (guint i = 0; i < G_N_ELEMENTS (own); i++)
    g_assert_true (scep_local_address_check_host (own[i]));
  g_assert_false (scep_local_address_check_host ("198.51.100.8"));
  g_assert_false (scep_local_address_check_host ("2001:db8::7"));
}

static void
test_others (void)
{
  static const char *const local[] = {
    "127.0.0.1",    "127.1",           "0x7f000001",   "::1",           "localhost",
    "a.localhost.", "169.254.169.254", "fe80::1",      "0.0.0.0",       "::",
    "255.1.1.1",    "224.0.0.1",       "fe80::1%eth0", "168.63.129.16",
  };
  static const char *const elsewhere[] = { "10.255.255.7", "203.0.113.9", "ca.example",
                                           "2001:db8::1" };

  for (guint i = 0; i < G_N_ELEMENTS (local); i++)
    g_assert_true (scep_local_address_check_host (local[i]));
  for (guint i = 0; i < G_N_ELEMENTS (elsewhere); i++)
    g_assert_false (scep_local_address_check_host (elsewhere[i]));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  /* First, while there is one thread only. */
  g_test_add_func ("/local-address/own", test_own);
  g_test_add_func ("/local-address/others", test_others);
  return g_test_run ();
}
