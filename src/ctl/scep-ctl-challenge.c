/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/scep-ctl.h"

#include "base/scep-secret.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

static GBytes *
read_challenge_fd (int fd, const char *from, GError **error)
{
  g_autofree char *buffer = g_malloc0 (SCEP_MAX_CHALLENGE + 1);
  gsize length = 0;
  gssize n = 1;

  while (n > 0 && length <= SCEP_MAX_CHALLENGE) {
    n = TEMP_FAILURE_RETRY (read (fd, buffer + length, SCEP_MAX_CHALLENGE + 1 - length));
    length += n > 0 ? (gsize) n : 0;
    if (n > 0 && isatty (fd) && buffer[length - 1] == '\n')
      break;
  }
  if (n < 0 || length > SCEP_MAX_CHALLENGE) {
    scep_secret_clear (buffer, SCEP_MAX_CHALLENGE + 1);
    /* TRANSLATORS: a file, "the terminal" or "standard input", and why */
    scep_ctl_error_set (error, SCEP_CTL_EXIT_FAILED,
                        _ ("Could not read the challenge password from %s: %s."), from,
                        n < 0 ? g_strerror (errno) : _ ("it is longer than 4096 bytes"));
    return NULL;
  }
  if (length > 0 && buffer[length - 1] == '\n')
    length--;
  if (length == 0) {
    scep_ctl_error_set (error, SCEP_CTL_EXIT_FAILED,
                        /* TRANSLATORS: a file, "the terminal" or "standard input" */
                        _ ("Could not read the challenge password from %s: there is none in it. "
                           "Nothing was changed. To remove the challenge password that is set, "
                           "use “scepctl configure --reset ChallengePassword”."),
                        from);
    return NULL;
  }
  return scep_secret_bytes_new_take (g_steal_pointer (&buffer), length);
}

static GBytes *
ask_challenge (GError **error)
{
  int fd = open ("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
  struct termios before, silent;
  GBytes *challenge;

  if (fd < 0 || tcgetattr (fd, &before) != 0) {
    if (fd >= 0)
      close (fd);
    scep_ctl_error_set (
        error, SCEP_CTL_EXIT_USAGE,
        _ ("There is no terminal to ask for the challenge password on; use --challenge-file."));
    return NULL;
  }
  silent = before;
  silent.c_lflag &= ~(tcflag_t) ECHO;
  tcsetattr (fd, TCSAFLUSH, &silent);
  dprintf (fd, "%s", _ ("Challenge password: "));
  challenge = read_challenge_fd (fd, _ ("the terminal"), error);
  dprintf (fd, "\n");
  tcsetattr (fd, TCSAFLUSH, &before);
  close (fd);
  return challenge;
}

/**
 * scep_ctl_read_challenge:
 * @file: (nullable): a file, or "-" for standard input
 * @ask: ask on the terminal instead
 *
 * Returns: (transfer full): the challenge password without its trailing newline,
 *   in memory that is wiped; %NULL where there is none to be read: a command that failed
 *   has written nothing, and is no wish to remove it
 */
GBytes *
scep_ctl_read_challenge (const char *file, gboolean ask, GError **error)
{
  GBytes *challenge;
  int fd;

  if (ask)
    return ask_challenge (error);
  if (g_str_equal (file, "-"))
    return read_challenge_fd (STDIN_FILENO, _ ("standard input"), error);

  fd = open (file, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    scep_ctl_error_set (error, SCEP_CTL_EXIT_FAILED,
                        _ ("Could not open the challenge file %s: %s."), file, g_strerror (errno));
    return NULL;
  }
  challenge = read_challenge_fd (fd, file, error);
  close (fd);
  return challenge;
}

/**
 * scep_ctl_memory_file:
 *
 * Returns: a descriptor from which @content can be read and which no file
 *   system ever sees, -1 with @error set on failure; close() it
 */
int
scep_ctl_memory_file (GBytes *content, GError **error)
{
  gsize length = 0;
  const char *data = g_bytes_get_data (content, &length);
  int fd = memfd_create ("scepctl", MFD_CLOEXEC);

  if (fd >= 0 && TEMP_FAILURE_RETRY (write (fd, data, length)) == (gssize) length &&
      lseek (fd, 0, SEEK_SET) == 0)
    return fd;

  scep_ctl_error_set (error, SCEP_CTL_EXIT_FAILED, _ ("Could not make a file in memory: %s."),
                      g_strerror (errno));
  if (fd >= 0)
    close (fd);
  return -1;
}
