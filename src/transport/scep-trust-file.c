/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transport/scep-trust-file.h"

#include "base/scep-error.h"
#include "base/scep-text.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

struct _ScepTrustFile {
  int fd; /* (owned): the path below is read again with each connection */
  char path[32];
};

/* A file descriptor, or -1 with errno. */
static int
create (const char *pem)
{
  gsize length = strlen (pem);
  int fd = memfd_create ("scep-tls-trust", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  int saved;

  if (fd < 0)
    return -1;
  if (ftruncate (fd, (off_t) length) == 0 && pwrite (fd, pem, length, 0) == (gssize) length &&
      fcntl (fd, F_ADD_SEALS, SEALS) == 0)
    return fd;
  saved = errno;
  close (fd);
  errno = saved;
  return -1;
}

/**
 * scep_trust_file_new:
 * @pem: one certificate or more
 *
 * GTlsFileDatabase wants a file name. A sealed memory file has one, needs no
 * place in the file system, and cannot be exchanged by anybody.
 *
 * Errors: %SCEP_ERROR_INVALID_SETTING, %SCEP_ERROR_FAILED
 *
 * Returns: (transfer full): the file, or %NULL with @error set
 */
ScepTrustFile *
scep_trust_file_new (const char *pem, GError **error)
{
  g_autoptr (GTlsCertificate) first = g_tls_certificate_new_from_pem (pem, -1, NULL);
  ScepTrustFile *self;
  int fd;

  if (first == NULL) {
    scep_error_set (error, SCEP_ERROR_INVALID_SETTING,
                    _ ("TLSCACertificates holds no certificate that can be read. Give the "
                       "certificates of the authority as PEM."));
    return NULL;
  }
  fd = create (pem);
  if (fd < 0) {
    scep_error_set (error, SCEP_ERROR_FAILED,
                    _ ("Could not make a file in memory for TLSCACertificates: %s."),
                    g_strerror (errno));
    return NULL;
  }
  self = g_new0 (ScepTrustFile, 1);
  self->fd = fd;
  g_snprintf (self->path, sizeof self->path, "/proc/self/fd/%d", fd);
  return self;
}

/**
 * scep_trust_file_open:
 * @self: (transfer full): goes with the database
 *
 * Errors: %SCEP_ERROR_INVALID_SETTING
 *
 * Returns: (transfer full): a database that trusts these certificates and no
 *   other
 */
GTlsDatabase *
scep_trust_file_open (ScepTrustFile *self, GError **error)
{
  g_autoptr (GError) cause = NULL;
  GTlsDatabase *database = g_tls_file_database_new (self->path, &cause);
  g_autofree char *detail = NULL;

  if (database != NULL) {
    g_object_set_data_full (G_OBJECT (database), "scep-trust-file", self,
                            (GDestroyNotify) scep_trust_file_free);
    return database;
  }
  scep_trust_file_free (self);
  detail = scep_text_printable (cause->message, -1);
  scep_error_set (
      error, SCEP_ERROR_INVALID_SETTING,
      _ ("TLSCACertificates cannot be used: %s. Give the certificates of the authority as PEM."),
      detail);
  return NULL;
}

/**
 * scep_trust_file_free:
 */
void
scep_trust_file_free (ScepTrustFile *self)
{
  close (self->fd);
  g_free (self);
}
