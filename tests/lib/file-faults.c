/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "file-faults.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NOBODY 65534

static GMutex mutex;
static GString *calls; /* (nullable): one call a line, while they are recorded */
static const char *failing_call;
static guint failing_in;
static int failing_errno;

/* The last part of a name; unfinished files, whose names are random, as TMP. */
static void
append_name (const char *path)
{
  g_autofree char *name = g_path_get_basename (path);

  g_string_append_c (calls, ' ');
  g_string_append (calls, g_str_has_prefix (name, ".tmp-") ? "TMP" : name);
}

static gboolean
is_to_fail (const char *call)
{
  if (failing_call == NULL || strcmp (failing_call, call) != 0 || --failing_in > 0)
    return FALSE;
  failing_call = NULL;
  errno = failing_errno;
  return TRUE;
}

/* Returns whether the call is to fail, errno set. */
static gboolean
note (const char *call, const char *path, const char *other)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&mutex);

  if (calls != NULL) {
    g_string_append (calls, call);
    append_name (path);
    if (other != NULL)
      append_name (other);
    g_string_append_c (calls, '\n');
  }
  return is_to_fail (call);
}

/* What is read and written besides files, to wake a thread for one, does not count. */
static gboolean
is_file_to_fail (const char *call, int fd)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&mutex);
  struct stat info;

  if (failing_call == NULL || fstat (fd, &info) != 0 || !S_ISREG (info.st_mode))
    return FALSE;
  return is_to_fail (call);
}

static gboolean
note_descriptor (const char *call, int fd)
{
  g_autofree char *link = g_strdup_printf ("/proc/self/fd/%d", fd);
  char path[4096] = "";

  if (readlink (link, path, sizeof path - 1) < 0)
    return FALSE;
  return note (call, path, NULL);
}

ssize_t
read (int fd, void *data, size_t length)
{
  return is_file_to_fail ("read", fd) ? -1 : syscall (SYS_read, fd, data, length);
}

ssize_t
write (int fd, const void *data, size_t length)
{
  return is_file_to_fail ("write", fd) ? -1 : syscall (SYS_write, fd, data, length);
}

int
fsync (int fd)
{
  return note_descriptor ("fsync", fd) ? -1 : (int) syscall (SYS_fsync, fd);
}

int
syncfs (int fd)
{
  return note_descriptor ("syncfs", fd) ? -1 : (int) syscall (SYS_syncfs, fd);
}

int
rename (const char *from, const char *to)
{
  if (note ("rename", from, to))
    return -1;
  return (int) syscall (SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int
renameat2 (int from_fd, const char *from, int to_fd, const char *to, unsigned int flags)
{
  if (note ("exchange", from, to))
    return -1;
  return (int) syscall (SYS_renameat2, from_fd, from, to_fd, to, flags);
}

int
linkat (int from_fd, const char *from, int to_fd, const char *to, int flags)
{
  if (note ("link", from, to))
    return -1;
  return (int) syscall (SYS_linkat, from_fd, from, to_fd, to, flags);
}

int
unlink (const char *path)
{
  return note ("unlink", path, NULL) ? -1 : (int) syscall (SYS_unlinkat, AT_FDCWD, path, 0);
}

int
unlinkat (int fd, const char *path, int flags)
{
  return note ("unlink", path, NULL) ? -1 : (int) syscall (SYS_unlinkat, fd, path, flags);
}

int
rmdir (const char *path)
{
  return note ("rmdir", path, NULL) ? -1
                                    : (int) syscall (SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR);
}

int
mkdir (const char *path, mode_t mode)
{
  return note ("mkdir", path, NULL) ? -1 : (int) syscall (SYS_mkdirat, AT_FDCWD, path, mode);
}

/**
 * test_calls_record:
 *
 * Writes down the calls from here on.
 */
void
test_calls_record (void)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&mutex);

  g_assert_null (calls);
  calls = g_string_new (NULL);
}

/**
 * test_calls_take:
 *
 * Returns: (transfer full): the calls since test_calls_record(), one a line
 */
char *
test_calls_take (void)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&mutex);
  GString *taken = g_steal_pointer (&calls);

  return g_string_free (taken, FALSE);
}

/**
 * test_calls_fail:
 * @call: "fsync", "syncfs", "rename", "exchange", "link", "unlink", "rmdir" or "mkdir";
 *   "read" and "write" too, which are not written down
 * @nth: which one from here on, 1 being the next
 * @fault: its errno
 *
 * Makes one call fail without doing anything.
 */
void
test_calls_fail (const char *call, guint nth, int fault)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&mutex);

  g_assert_null (failing_call);
  failing_call = call;
  failing_in = nth;
  failing_errno = fault;
}

/**
 * test_file_size_limit:
 *
 * No file may be written beyond @bytes until test_file_size_unlimited().
 */
void
test_file_size_limit (guint64 bytes)
{
  struct rlimit limit;

  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  limit.rlim_cur = bytes;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
}

void
test_file_size_unlimited (void)
{
  struct rlimit limit;

  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  limit.rlim_cur = limit.rlim_max;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
}

static void
write_map (const char *path, const char *text)
{
  int fd = open (path, O_WRONLY | O_CLOEXEC);

  if (fd < 0)
    return;
  g_assert_cmpint (write (fd, text, strlen (text)), ==, (gssize) strlen (text));
  close (fd);
}

/**
 * test_have_mounts:
 *
 * Gives the program a mount namespace of its own, where there is permission or
 * a user namespace can be had. Call it before there are threads.
 *
 * Returns: whether test_mount_small() can be used
 */
gboolean
test_have_mounts (void)
{
  g_autofree char *uids = g_strdup_printf ("0 %u 1", geteuid ());
  g_autofree char *gids = g_strdup_printf ("0 %u 1", getegid ());

  if (geteuid () == 0) {
    if (unshare (CLONE_NEWNS) != 0)
      return FALSE;
  } else {
    if (unshare (CLONE_NEWUSER | CLONE_NEWNS) != 0)
      return FALSE;
    write_map ("/proc/self/setgroups", "deny");
    write_map ("/proc/self/uid_map", uids);
    write_map ("/proc/self/gid_map", gids);
  }
  return mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

/**
 * test_mount_small:
 * @options: for example "size=64k"
 *
 * Puts an empty file system of its own on @directory.
 */
void
test_mount_small (const char *directory, const char *options)
{
  g_assert_cmpint (mount ("tmpfs", directory, "tmpfs", 0, options), ==, 0);
}

void
test_mount_read_only (const char *directory)
{
  g_assert_cmpint (mount (NULL, directory, NULL, MS_REMOUNT | MS_RDONLY, NULL), ==, 0);
}

void
test_unmount (const char *directory)
{
  g_assert_cmpint (umount2 (directory, MNT_DETACH), ==, 0);
}

/* Root of a user namespace cannot become anybody else, but it can do without
 * what makes it root for files. */
static void
override_permissions (gboolean allowed)
{
  struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
  struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
  guint32 mask = 1U << CAP_DAC_OVERRIDE | 1U << CAP_DAC_READ_SEARCH;

  g_assert_cmpint (syscall (SYS_capget, &header, sets), ==, 0);
  if (allowed)
    sets[0].effective |= sets[0].permitted & mask;
  else
    sets[0].effective &= ~mask;
  g_assert_cmpint (syscall (SYS_capset, &header, sets), ==, 0);
}

/**
 * test_become_nobody:
 * @directory: where the program still may search
 *
 * Until test_become_self() permissions count: root becomes nobody. Elsewhere
 * than in the calling thread this may have no effect.
 */
void
test_become_nobody (const char *directory)
{
  if (geteuid () != 0)
    return;
  g_assert_cmpint (chmod (directory, 0555), ==, 0);
  if (seteuid (NOBODY) != 0)
    override_permissions (FALSE);
}

void
test_become_self (void)
{
  if (getuid () != geteuid ())
    g_assert_cmpint (seteuid (getuid ()), ==, 0);
  else
    override_permissions (TRUE);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/**
 * test_list_directory:
 *
 * Returns: (transfer full): the names in @directory, sorted, with blanks
 *   between them
 */
char *
test_list_directory (const char *directory)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const char *name;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, compare_names);
  g_ptr_array_add (names, NULL);
  return g_strjoinv (" ", (char **) names->pdata);
}
