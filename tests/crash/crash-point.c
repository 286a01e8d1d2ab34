/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Preloaded into a daemon: numbers the calls that make names or data below a
 * directory durable, and ends the process with SIGKILL at the entry of one.
 * strace can do that too, but counts for each thread of its own.
 *
 *   CRASH_UNDER  the directory
 *   CRASH_LOG    a file that gets a line for each call: "fsync profiles/x"
 *   CRASH_AT     at which call to end, counted from 1; 0 for none
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static unsigned long counted;

#define NEXT(name) ((__typeof__ (&name)) dlsym (RTLD_NEXT, #name))

/* The part of path below the directory, or NULL. */
static const char *
below (const char *path)
{
  const char *directory = getenv ("CRASH_UNDER");
  size_t length = directory != NULL ? strlen (directory) : 0;

  if (length == 0 || strncmp (path, directory, length) != 0)
    return NULL;
  if (path[length] == '\0')
    return ".";
  return path[length] == '/' ? path + length + 1 : NULL;
}

static void
write_line (const char *call, const char *name)
{
  const char *log = getenv ("CRASH_LOG");
  int fd = log != NULL ? NEXT (open) (log, O_WRONLY | O_APPEND | O_CLOEXEC) : -1;

  if (fd >= 0) {
    dprintf (fd, "%s %s\n", call, name);
    close (fd);
  }
}

static void
reach_path (const char *call, const char *path)
{
  const char *name = path[0] == '/' ? below (path) : NULL;
  const char *at = getenv ("CRASH_AT");

  if (name == NULL)
    return;
  pthread_mutex_lock (&mutex);
  counted++;
  write_line (call, name);
  if (at != NULL && counted == strtoul (at, NULL, 10)) {
    kill (getpid (), SIGKILL);
    for (;;)
      pause ();
  }
  pthread_mutex_unlock (&mutex);
}

/* name: what is appended to the descriptor's own path, or NULL */
static void
reach_fd (const char *call, int fd, const char *name)
{
  char link[64];
  char path[2 * PATH_MAX];
  ssize_t length;

  if (name != NULL && (name[0] == '/' || fd == AT_FDCWD)) {
    reach_path (call, name);
    return;
  }
  snprintf (link, sizeof link, "/proc/self/fd/%d", fd);
  length = readlink (link, path, PATH_MAX - 1);
  if (length <= 0)
    return;
  path[length] = '\0';
  if (name != NULL)
    snprintf (path + length, sizeof path - (size_t) length, "/%s", name);
  reach_path (call, path);
}

static mode_t
mode_argument (int flags, va_list arguments)
{
  return (flags & O_CREAT) != 0 ? va_arg (arguments, mode_t) : 0;
}

int
open (const char *path, int flags, ...)
{
  va_list arguments;
  mode_t mode;

  va_start (arguments, flags);
  mode = mode_argument (flags, arguments);
  va_end (arguments);
  if ((flags & O_CREAT) != 0)
    reach_path ("create", path);
  return NEXT (open) (path, flags, mode);
}

int
openat (int directory, const char *path, int flags, ...)
{
  va_list arguments;
  mode_t mode;

  va_start (arguments, flags);
  mode = mode_argument (flags, arguments);
  va_end (arguments);
  if ((flags & O_CREAT) != 0)
    reach_fd ("create", directory, path);
  return NEXT (openat) (directory, path, flags, mode);
}

int
fsync (int fd)
{
  reach_fd ("fsync", fd, NULL);
  return NEXT (fsync) (fd);
}

int
fdatasync (int fd)
{
  reach_fd ("fsync", fd, NULL);
  return NEXT (fdatasync) (fd);
}

int
syncfs (int fd)
{
  reach_fd ("syncfs", fd, NULL);
  return NEXT (syncfs) (fd);
}

int
renameat2 (int from_fd, const char *from, int to_fd, const char *to, unsigned int flags)
{
  reach_path ("rename", to);
  return NEXT (renameat2) (from_fd, from, to_fd, to, flags);
}

int
rename (const char *from, const char *to)
{
  reach_path ("rename", to);
  return NEXT (rename) (from, to);
}

int
linkat (int from_directory, const char *from, int to_directory, const char *to, int flags)
{
  reach_fd ("link", to_directory, to);
  return NEXT (linkat) (from_directory, from, to_directory, to, flags);
}

int
unlink (const char *path)
{
  reach_path ("unlink", path);
  return NEXT (unlink) (path);
}

int
unlinkat (int directory, const char *path, int flags)
{
  reach_fd ("unlink", directory, path);
  return NEXT (unlinkat) (directory, path, flags);
}

int
mkdir (const char *path, mode_t mode)
{
  reach_path ("mkdir", path);
  return NEXT (mkdir) (path, mode);
}

int
rmdir (const char *path)
{
  reach_path ("unlink", path);
  return NEXT (rmdir) (path);
}
