/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/scep-ctl.h"

#include "base/scep-names.h"
#include "base/scep-secret.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixfdlist.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <unistd.h>

/* What the service takes, see ImportKeyPair. */
#define MAX_PEM 65536

#define KEYSTORE_OPTION(id)                                                                        \
  {                                                                                                \
    "keystore", 'k', 0, G_OPTION_ARG_STRING, (id), N_ ("The keystore, “default” if not given"),    \
        N_ ("ID")                                                                                  \
  }

/**
 * scep_ctl_keystore_create:
 *
 * The verb "keystore create".
 */
gboolean
scep_ctl_keystore_create (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv, GError **error)
{
  g_autofree char *id = g_strdup (SCEP_DEFAULT_ID);
  int bits = 0;
  g_autoptr (ScepProxyKeystore) keystore = NULL;
  g_autoptr (GVariant) reply = NULL;
  GVariantDict options = G_VARIANT_DICT_INIT (NULL);
  const GOptionEntry entries[] = {
    KEYSTORE_OPTION (&id),
    { "bits", 'b', 0, G_OPTION_ARG_INT, &bits, N_ ("Length of the RSA key"), N_ ("BITS") },
    G_OPTION_ENTRY_NULL,
  };

  if (!scep_ctl_parse (self, verb, entries, argv, error))
    return FALSE;
  keystore = scep_ctl_get_keystore (self, id, error);
  if (keystore == NULL)
    return FALSE;
  if (bits != 0)
    g_variant_dict_insert (&options, "RSAKeyLength", "u", (guint) bits);
  reply = scep_ctl_call (keystore, "CreateKeyPair",
                         g_variant_new ("(s@a{sv})", **argv, g_variant_dict_end (&options)), error);
  return reply != NULL;
}

static gboolean
print_csr (ScepProxyKeystore *keystore, const char *alias, const char *subject, char **names,
           GError **error)
{
  GVariantDict options = G_VARIANT_DICT_INIT (NULL);
  g_autoptr (GVariant) reply = NULL;
  const char *pem;

  if (subject != NULL)
    g_variant_dict_insert (&options, "SubjectDN", "s", subject);
  if (names != NULL)
    g_variant_dict_insert (&options, "SubjectAltNames", "^as", names);
  reply = scep_ctl_call (keystore, "GetCSR",
                         g_variant_new ("(s@a{sv})", alias, g_variant_dict_end (&options)), error);
  if (reply == NULL)
    return FALSE;
  g_variant_get (reply, "(&s)", &pem);
  g_print ("%s", pem);
  return TRUE;
}

/**
 * scep_ctl_keystore_csr:
 *
 * The verb "keystore csr".
 */
gboolean
scep_ctl_keystore_csr (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv, GError **error)
{
  g_autofree char *id = g_strdup (SCEP_DEFAULT_ID);
  g_autofree char *subject = NULL;
  g_auto (GStrv) names = NULL;
  g_autoptr (ScepProxyKeystore) keystore = NULL;
  const GOptionEntry entries[] = {
    KEYSTORE_OPTION (&id),
    { "subject", 's', 0, G_OPTION_ARG_STRING, &subject, N_ ("Distinguished name (RFC 4514)"),
      N_ ("DN") },
    { "san", 'n', 0, G_OPTION_ARG_STRING_ARRAY, &names,
      N_ ("Subject alternative name, like DNS:host; may be given again"), N_ ("NAME") },
    G_OPTION_ENTRY_NULL,
  };

  if (!scep_ctl_parse (self, verb, entries, argv, error))
    return FALSE;
  keystore = scep_ctl_get_keystore (self, id, error);
  return keystore != NULL && print_csr (keystore, **argv, subject, names, error);
}

static gboolean
copy (int from, int to)
{
  char buffer[4096];
  gssize n;

  while ((n = TEMP_FAILURE_RETRY (read (from, buffer, sizeof buffer))) > 0) {
    for (gssize done = 0; done < n;) {
      gssize written = TEMP_FAILURE_RETRY (write (to, buffer + done, (gsize) (n - done)));

      if (written < 0) {
        scep_secret_clear (buffer, sizeof buffer);
        return FALSE;
      }
      done += written;
    }
  }
  scep_secret_clear (buffer, sizeof buffer);
  return n == 0;
}

/* A private key: a new file that only its owner can read, or standard output. */
static gboolean
write_output (int fd, const char *output, GError **error)
{
  gboolean standard = output == NULL || g_str_equal (output, "-");
  int out = standard ? STDOUT_FILENO
                     : open (output, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  gboolean copied = out >= 0 && copy (fd, out);
  int reason = errno;

  if (!standard && out >= 0 && (fsync (out) != 0 || close (out) != 0) && copied) {
    reason = errno;
    copied = FALSE;
  }
  if (!copied)
    scep_ctl_error_set (error, SCEP_CTL_EXIT_FAILED, _ ("Could not write the key to %s: %s."),
                        standard ? _ ("standard output") : output, g_strerror (reason));
  return copied;
}

static gboolean export(ScepProxyKeystore *keystore, const char *alias, const char *output,
                       GError **error)
{
  g_autoptr (GUnixFDList) fds = NULL;
  g_autoptr (GVariant) reply = scep_ctl_call_with_fd (
      keystore, "ExportKeyPair", g_variant_new ("(s)", alias), -1, &fds, error);
  gboolean written;
  int fd;

  if (reply == NULL)
    return FALSE;
  fd = fds != NULL ? g_unix_fd_list_get (fds, 0, error) : -1;
  if (fd < 0) {
    if (fds == NULL)
      scep_ctl_error_set (error, SCEP_CTL_EXIT_FAILED, _ ("The service's reply holds no file."));
    return FALSE;
  }
  lseek (fd, 0, SEEK_SET);
  written = write_output (fd, output, error);
  close (fd);
  return written;
}

/**
 * scep_ctl_keystore_export:
 *
 * The verb "keystore export". A private key is not printed on a terminal unless
 * that is asked for.
 */
gboolean
scep_ctl_keystore_export (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv, GError **error)
{
  g_autofree char *id = g_strdup (SCEP_DEFAULT_ID);
  g_autofree char *output = NULL;
  g_autoptr (ScepProxyKeystore) keystore = NULL;
  const GOptionEntry entries[] = {
    KEYSTORE_OPTION (&id),
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &output,
      N_ ("The new file to write, “-” is standard output"), N_ ("FILE") },
    G_OPTION_ENTRY_NULL,
  };

  if (!scep_ctl_parse (self, verb, entries, argv, error))
    return FALSE;
  if (output == NULL && isatty (STDOUT_FILENO)) {
    scep_ctl_error_set (error, SCEP_CTL_EXIT_USAGE,
                        _ ("This would show a private key on the terminal; use --output FILE, or "
                           "“--output -” if that is what you want."));
    return FALSE;
  }
  keystore = scep_ctl_get_keystore (self, id, error);
  return keystore != NULL && export(keystore, **argv, output, error);
}

static GBytes *
read_pem (const char *file, GError **error)
{
  int fd = g_str_equal (file, "-") ? STDIN_FILENO : open (file, O_RDONLY | O_CLOEXEC);
  g_autofree char *buffer = g_malloc0 (MAX_PEM + 1);
  gsize length = 0;
  gssize n = fd < 0 ? -1 : 1;
  int reason = errno;

  while (n > 0 && length <= MAX_PEM) {
    n = TEMP_FAILURE_RETRY (read (fd, buffer + length, MAX_PEM + 1 - length));
    reason = errno;
    length += n > 0 ? (gsize) n : 0;
  }
  if (fd > STDIN_FILENO)
    close (fd);
  if (n < 0 || length > MAX_PEM) {
    scep_secret_clear (buffer, MAX_PEM + 1);
    scep_ctl_error_set (error, SCEP_CTL_EXIT_FAILED, _ ("Could not read %s: %s."), file,
                        n < 0 ? g_strerror (reason) : _ ("it is longer than 64 KiB"));
    return NULL;
  }
  return scep_secret_bytes_new_take (g_steal_pointer (&buffer), length);
}

static gboolean
import (ScepProxyKeystore *keystore, const char *alias, GBytes *pem, GError **error)
{
  g_autoptr (ScepSecretString) text = scep_secret_bytes_to_string (pem);
  g_autoptr (GVariant) reply = NULL;
  int fd;

  if (strstr (text, "PRIVATE KEY-----") == NULL) {
    if (!g_utf8_validate (text, -1, NULL)) {
      scep_ctl_error_set (error, SCEP_CTL_EXIT_USAGE, _ ("The file is not PEM text."));
      return FALSE;
    }
    reply =
        scep_ctl_call (keystore, "ImportCertificate", g_variant_new ("(ss)", alias, text), error);
    return reply != NULL;
  }
  fd = scep_ctl_memory_file (pem, error);
  if (fd < 0)
    return FALSE;
  reply = scep_ctl_call_with_fd (keystore, "ImportKeyPair", g_variant_new ("(sh)", alias, 0), fd,
                                 NULL, error);
  close (fd);
  return reply != NULL;
}

/**
 * scep_ctl_keystore_import:
 *
 * The verb "keystore import": what the file holds decides which method it is.
 */
gboolean
scep_ctl_keystore_import (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv, GError **error)
{
  g_autofree char *id = g_strdup (SCEP_DEFAULT_ID);
  g_autoptr (ScepProxyKeystore) keystore = NULL;
  g_autoptr (GBytes) pem = NULL;
  const GOptionEntry entries[] = { KEYSTORE_OPTION (&id), G_OPTION_ENTRY_NULL };

  if (!scep_ctl_parse (self, verb, entries, argv, error))
    return FALSE;
  pem = read_pem ((*argv)[1], error);
  if (pem == NULL)
    return FALSE;
  keystore = scep_ctl_get_keystore (self, id, error);
  return keystore != NULL && import (keystore, **argv, pem, error);
}
