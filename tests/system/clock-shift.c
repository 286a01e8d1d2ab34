/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Preloaded into a program: its wall clock is the machine's plus the seconds in the
 * file CLOCK_SHIFT names. Like the kernel when somebody sets the clock, a change of
 * that file cancels the timer of the wall clock. A machine in a container has no
 * wall clock of its own that could be set.
 *
 * The calls go to the kernel directly: this runs before there is a dlsym.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static atomic_int timer = -1;
static atomic_bool was_set;

static long
get_shift (void)
{
  const char *path = getenv ("CLOCK_SHIFT");
  char text[32] = "";
  int fd = path != NULL ? (int) syscall (SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC) : -1;

  if (fd < 0)
    return 0;
  if (syscall (SYS_read, fd, text, sizeof text - 1) < 0)
    text[0] = '\0';
  syscall (SYS_close, fd);
  return strtol (text, NULL, 10);
}

int
clock_gettime (clockid_t clock, struct timespec *now)
{
  int result = (int) syscall (SYS_clock_gettime, clock, now);

  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
    now->tv_sec += get_shift ();
  return result;
}

time_t
time (time_t *out)
{
  struct timespec now = { 0 };

  clock_gettime (CLOCK_REALTIME, &now);
  if (out != NULL)
    *out = now.tv_sec;
  return now.tv_sec;
}

int
gettimeofday (struct timeval *out, void *zone)
{
  struct timespec now = { 0 };

  clock_gettime (CLOCK_REALTIME, &now);
  out->tv_sec = now.tv_sec;
  out->tv_usec = now.tv_nsec / 1000;
  return 0;
}

/* The timer ends at once, and what reads it learns why. */
static void
cancel_timer (void)
{
  struct itimerspec at_once = { .it_value = { .tv_nsec = 1 } };

  atomic_store (&was_set, 1);
  if (syscall (SYS_timerfd_settime, atomic_load (&timer), 0, &at_once, NULL) < 0)
    atomic_store (&was_set, 0);
}

static void *
watch (void *path)
{
  char events[4096];
  int fd = inotify_init1 (IN_CLOEXEC);

  if (fd < 0 || inotify_add_watch (fd, path, IN_CLOSE_WRITE) < 0)
    abort ();
  while (syscall (SYS_read, fd, events, sizeof events) > 0)
    cancel_timer ();
  return NULL;
}

static void
start_watching (void)
{
  static atomic_flag started = ATOMIC_FLAG_INIT;
  char *path = getenv ("CLOCK_SHIFT");
  pthread_t thread;

  if (path == NULL || atomic_flag_test_and_set (&started))
    return;
  if (pthread_create (&thread, NULL, watch, path) != 0)
    abort ();
}

int
timerfd_create (int clock, int flags)
{
  int fd = (int) syscall (SYS_timerfd_create, clock, flags);

  if (fd >= 0 && clock == CLOCK_REALTIME) {
    atomic_store (&timer, fd);
    start_watching ();
  }
  return fd;
}

int
timerfd_settime (int fd, int flags, const struct itimerspec *when, struct itimerspec *old)
{
  struct itimerspec shifted = *when;

  if (fd == atomic_load (&timer) && (flags & TFD_TIMER_ABSTIME) != 0) {
    shifted.it_value.tv_sec -= get_shift ();
    if (shifted.it_value.tv_sec < 1)
      shifted.it_value.tv_sec = 1;
  }
  return (int) syscall (SYS_timerfd_settime, fd, flags, &shifted, old);
}

ssize_t
read (int fd, void *buffer, size_t size)
{
  ssize_t result = syscall (SYS_read, fd, buffer, size);

  if (result > 0 && fd == atomic_load (&timer) && atomic_exchange (&was_set, 0)) {
    errno = ECANCELED;
    return -1;
  }
  return result;
}
