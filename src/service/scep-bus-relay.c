/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-bus-relay.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Microseconds. */
#define FULL_PAUSE 1000

/* Descriptors beside the bytes. */
typedef union {
  char bytes[CMSG_SPACE (sizeof (int) * SCEP_BUS_RELAY_MAX_FDS)];
  struct cmsghdr alignment;
} Control;

/* All but the first @kept. */
static void
close_fds (ScepBusRelay *self, guint kept)
{
  while (self->n_fds > kept)
    close (self->fds[--self->n_fds]);
}

static void
take_fds (ScepBusRelay *self, struct cmsghdr *header)
{
  gsize count = (header->cmsg_len - CMSG_LEN (0)) / sizeof (int);

  for (gsize i = 0; i < count; i++) {
    int fd;

    memcpy (&fd, CMSG_DATA (header) + i * sizeof fd, sizeof fd);
    if (self->n_fds < SCEP_BUS_RELAY_MAX_FDS)
      self->fds[self->n_fds++] = fd;
    else
      close (fd);
  }
}

/* Never more than @size: the descriptors of the next message come with its first byte. */
static gboolean
receive (ScepBusRelay *self, guint8 *bytes, gsize size)
{
  while (size > 0) {
    Control control;
    struct iovec part = { bytes, size };
    struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control
    };
    gssize length = recvmsg (self->from, &message, MSG_CMSG_CLOEXEC);

    if (length < 0 && errno == EINTR)
      continue;
    if (length <= 0)
      return FALSE;
    for (struct cmsghdr *i = CMSG_FIRSTHDR (&message); i != NULL; i = CMSG_NXTHDR (&message, i))
      if (i->cmsg_level == SOL_SOCKET && i->cmsg_type == SCM_RIGHTS)
        take_fds (self, i);
    bytes += length;
    size -= (gsize) length;
  }
  return TRUE;
}

static gssize
send_some (ScepBusRelay *self, const guint8 *bytes, gsize size)
{
  Control control = { { 0 } };
  struct iovec part = { (guint8 *) bytes, size };
  struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
  gsize length = self->n_fds * sizeof (int);

  if (self->n_fds > 0) {
    message.msg_control = &control;
    message.msg_controllen = CMSG_SPACE (length);
    *CMSG_FIRSTHDR (&message) = (struct cmsghdr){ .cmsg_len = CMSG_LEN (length),
                                                  .cmsg_level = SOL_SOCKET,
                                                  .cmsg_type = SCM_RIGHTS };
    memcpy (CMSG_DATA (CMSG_FIRSTHDR (&message)), self->fds, length);
  }
  return sendmsg (self->to, &message, MSG_NOSIGNAL);
}

/* Nothing tells when the kernel takes descriptors again: when the receiver has read some. */
static gboolean
may_try_again (ScepBusRelay *self)
{
  if (errno == EINTR)
    return TRUE;
  if (errno == ETOOMANYREFS)
    g_usleep (FULL_PAUSE);
  else if (errno != EAGAIN)
    return FALSE;
  return !g_atomic_int_get (self->stopping);
}

static gboolean
send_all (ScepBusRelay *self, const guint8 *bytes, gsize size)
{
  while (size > 0) {
    gssize length = send_some (self, bytes, size);

    if (length < 0 && may_try_again (self))
      continue;
    if (length < 0)
      return FALSE;
    close_fds (self, 0);
    bytes += length;
    size -= (gsize) length;
  }
  return TRUE;
}

/**
 * scep_bus_relay_pass_line:
 * @is_begin: (out): whether messages follow
 *
 * Passes one line of those with which a connection begins (D-Bus specification,
 * "Authentication Protocol").
 *
 * Returns: %FALSE when either side has ended
 */
gboolean
scep_bus_relay_pass_line (ScepBusRelay *self, gboolean *is_begin)
{
  gsize length = 0;

  do {
    if (length == sizeof self->buffer || !receive (self, self->buffer + length, 1))
      return FALSE;
  } while (self->buffer[length++] != '\n');
  *is_begin = length >= 5 && memcmp (self->buffer, "BEGIN", 5) == 0;
  return send_all (self, self->buffer, length);
}

/* Passes @size bytes, of which the first @have are in the buffer. */
static gboolean
pass (ScepBusRelay *self, gsize have, gsize size)
{
  do {
    gsize part = MIN (size, sizeof self->buffer);

    if (!receive (self, self->buffer + have, part - have) || !send_all (self, self->buffer, part))
      return FALSE;
    have = 0;
    size -= part;
  } while (size > 0);
  return TRUE;
}

/* Reads @size bytes, with which nothing is done; the header stays in the buffer. */
static gboolean
discard (ScepBusRelay *self, gsize size)
{
  const gsize used = SCEP_BUS_RELAY_MAX_HEADER + SCEP_BUS_FRAME_MARK;

  while (size > 0) {
    gsize part = MIN (size, sizeof self->buffer - used);

    if (!receive (self, self->buffer + used, part))
      return FALSE;
    size -= part;
  }
  close_fds (self, 0);
  return TRUE;
}

/* Whoever sends such messages sends many. */
static gboolean
drop (ScepBusRelay *self, gsize size)
{
  if (!self->told)
    g_message (_ ("A message from the bus was thrown away unanswered: its header is not like that "
                  "of any program that keeps to D-Bus. Further ones are not reported."));
  self->told = TRUE;
  return discard (self, size);
}

/* Of a message @size bytes long, the first %SCEP_BUS_FRAME_FIXED are in the buffer. */
static gboolean
guard (ScepBusRelay *self, const ScepBusFrame *frame, gsize size)
{
  gboolean fits = frame->body <= self->max_body;
  gsize have = fits ? MIN (size, sizeof self->buffer) : frame->header;

  if (frame->header > SCEP_BUS_RELAY_MAX_HEADER)
    return drop (self, size - SCEP_BUS_FRAME_FIXED);
  if (!receive (self, self->buffer + SCEP_BUS_FRAME_FIXED, have - SCEP_BUS_FRAME_FIXED))
    return FALSE;
  if (!scep_bus_frame_has_plain_header (self->buffer, frame))
    return drop (self, size - have);
  if (fits) {
    close_fds (self, scep_bus_frame_limit_fds (self->buffer, frame, self->n_fds));
    return pass (self, have, size);
  }
  return discard (self, frame->body) &&
         send_all (self, self->buffer, scep_bus_frame_empty (self->buffer, frame));
}

static gboolean
pass_message (ScepBusRelay *self)
{
  ScepBusFrame frame;
  gsize size;

  if (!receive (self, self->buffer, SCEP_BUS_FRAME_FIXED) ||
      !scep_bus_frame_measure (self->buffer, &frame))
    return FALSE;
  size = frame.header + frame.body;
  return self->max_body == G_MAXSIZE ? pass (self, SCEP_BUS_FRAME_FIXED, size)
                                     : guard (self, &frame, size);
}

/**
 * scep_bus_relay_run:
 *
 * Passes messages, each with its descriptors, until either side has ended. Unless everything
 * passes unseen, one whose body is too long passes without it, see scep_bus_frame_empty(), and
 * descriptors that are not needed are closed, see scep_bus_frame_limit_fds().
 */
void
scep_bus_relay_run (ScepBusRelay *self)
{
  while (pass_message (self))
    ;
  close_fds (self, 0);
}
