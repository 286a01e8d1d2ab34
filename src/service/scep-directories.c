/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-directories.h"

#include "base/scep-error.h"
#include "storage/scep-storage.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is in the state directory is written as this version says. */
#define STATE_VERSION 1
#define MAX_VERSION_FILE 64

/* systemd may name several directories; the first is ours. */
static char *
from_environment (const char *variable, const char *fallback)
{
  const char *value = g_getenv (variable);
  const char *end;

  if (value == NULL || value[0] == '\0')
    return g_strdup (fallback);
  end = strchr (value, ':');
  return end == NULL ? g_strdup (value) : g_strndup (value, (gsize) (end - value));
}

/**
 * scep_directories_new:
 *
 * Returns: (transfer full): the directories systemd names, or those compiled in
 */
ScepDirectories *
scep_directories_new (void)
{
  ScepDirectories *self = g_new0 (ScepDirectories, 1);

  self->state = from_environment ("STATE_DIRECTORY", SCEP_STATE_DIRECTORY);
  self->configuration = from_environment ("CONFIGURATION_DIRECTORY", SCEP_CONFIGURATION_DIRECTORY);
  self->vendor = g_strdup (SCEP_VENDOR_DIRECTORY);
  self->credentials = from_environment ("CREDENTIALS_DIRECTORY", NULL);
  self->lock_fd = -1;
  return self;
}

/**
 * scep_directories_free:
 *
 * Frees the names and gives the lock back.
 */
void
scep_directories_free (ScepDirectories *self)
{
  if (self->lock_fd >= 0)
    close (self->lock_fd);
  g_free (self->state);
  g_free (self->configuration);
  g_free (self->vendor);
  g_free (self->credentials);
  g_free (self);
}

static gboolean
lock (ScepDirectories *self, GError **error)
{
  self->lock_fd = open (self->state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (self->lock_fd < 0) {
    scep_error_set (error, SCEP_ERROR_STORAGE_FAILED,
                    _ ("The state directory %s cannot be opened: %s."), self->state,
                    g_strerror (errno));
    return FALSE;
  }
  if (flock (self->lock_fd, LOCK_EX | LOCK_NB) < 0) {
    scep_error_set (error, SCEP_ERROR_STORAGE_FAILED,
                    _ ("Another instance of the service works on %s; stop it first."), self->state);
    return FALSE;
  }
  return TRUE;
}

static gboolean
check_version (const char *path, GBytes *contents, GError **error)
{
  gsize size;
  const char *data = g_bytes_get_data (contents, &size);
  g_autofree char *text = g_strndup (data, size);
  guint64 version = 0;

  if (!g_ascii_string_to_unsigned (g_strstrip (text), 10, 1, G_MAXUINT, &version, NULL)) {
    scep_error_set (error, SCEP_ERROR_STORAGE_FAILED,
                    _ ("%s does not hold a version number; restore it from a backup."), path);
    return FALSE;
  }
  if (version > STATE_VERSION) {
    scep_error_set (error, SCEP_ERROR_STORAGE_FAILED,
                    _ ("%s says %u, but this program knows version %d only; install the newer "
                       "program that wrote it."),
                    path, (guint) version, STATE_VERSION);
    return FALSE;
  }
  return TRUE;
}

static gboolean
claim_version (ScepDirectories *self, GError **error)
{
  g_autofree char *path = g_build_filename (self->state, "version", NULL);
  g_autofree char *text = g_strdup_printf ("%d\n", STATE_VERSION);
  g_autoptr (GBytes) contents = NULL;

  if (access (path, F_OK) == 0) {
    contents = scep_storage_read (path, MAX_VERSION_FILE, error);
    return contents != NULL && check_version (path, contents, error);
  }
  contents = g_bytes_new (text, strlen (text));
  return scep_storage_write (path, contents, error);
}

static gboolean
make_below (ScepDirectories *self, const char *name,
            gboolean (*take_over) (const char *directory, GError **error), GError **error)
{
  g_autofree char *path = g_build_filename (self->state, name, NULL);

  return scep_storage_make_directory (path, error) && take_over (path, error);
}

/**
 * scep_directories_prepare:
 *
 * Makes the state directory ready and takes it for this process. What is in the
 * folders of profiles is on disk then; a keystore, which may be on another
 * medium, sees to its own.
 *
 * Returns: whether it is; else %SCEP_ERROR_STORAGE_FAILED
 */
gboolean
scep_directories_prepare (ScepDirectories *self, GError **error)
{
  if (g_mkdir_with_parents (self->state, 0700) < 0) {
    scep_error_set (error, SCEP_ERROR_STORAGE_FAILED,
                    _ ("The state directory %s cannot be made: %s."), self->state,
                    g_strerror (errno));
    return FALSE;
  }
  return lock (self, error) && scep_storage_take_over (self->state, error) &&
         claim_version (self, error) &&
         make_below (self, "profiles", scep_storage_take_over_tree, error) &&
         make_below (self, "keystores", scep_storage_take_over, error);
}
