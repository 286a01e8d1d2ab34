/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Preloaded into a daemon: every timeout of GLib's ends FASTER times sooner. What day it is stays
 * as it is. */
#include <dlfcn.h>
#include <poll.h>
#include <signal.h>
#include <time.h>

#define FASTER 20
#define SECOND 1000000000LL

#define NEXT(name) ((__typeof__ (&name)) dlsym (RTLD_NEXT, #name))

int
clock_gettime (clockid_t id, struct timespec *now)
{
  int result = NEXT (clock_gettime) (id, now);
  long long fast;

  if (result != 0 || id != CLOCK_MONOTONIC)
    return result;
  fast = (now->tv_sec * SECOND + now->tv_nsec) * FASTER;
  now->tv_sec = fast / SECOND;
  now->tv_nsec = fast % SECOND;
  return 0;
}

int
poll (struct pollfd *fds, nfds_t n, int timeout)
{
  return NEXT (poll) (fds, n, timeout > 0 ? timeout / FASTER + 1 : timeout);
}

int
ppoll (struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask)
{
  struct timespec sooner;
  long long span;

  if (timeout == NULL)
    return NEXT (ppoll) (fds, n, NULL, mask);
  span = (timeout->tv_sec * SECOND + timeout->tv_nsec) / FASTER;
  sooner.tv_sec = span / SECOND;
  sooner.tv_nsec = span % SECOND;
  return NEXT (ppoll) (fds, n, &sooner, mask);
}
