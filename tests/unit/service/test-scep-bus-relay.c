/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The messages here are written and read by GDBus. */
#include "service/scep-bus-relay.h"

#include <gio/gio.h>
#include <gio/gunixfdlist.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define EMPTIED ((GDBusMessageHeaderField) SCEP_BUS_FRAME_FIELD_EMPTIED)
#define STRANGE ((GDBusMessageHeaderField) 77)
#define MAX_BODY 1000
/* Longer than the relay's buffer, and less than waits in a socket for its reader. */
#define LONG 100000
/* The bus lets so many through with one message. */
#define MAX_FDS 16

/* Two pairs of sockets with the relay between them. What it does not end with waits in them,
 * so that a test sends, runs the relay to its end and looks at what came. */
typedef struct {
  int sender;
  int receiver;
  gint stopping;
  ScepBusRelay relay;
} Fixture;

static void
new_pair (int *outside, int *inside)
{
  int pair[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
  *outside = pair[0];
  *inside = pair[1];
}

static void
set_up (Fixture *f, gconstpointer data)
{
  new_pair (&f->sender, &f->relay.from);
  new_pair (&f->receiver, &f->relay.to);
  f->relay.max_body = MAX_BODY;
  f->relay.stopping = &f->stopping;
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  close (f->sender);
  close (f->receiver);
  close (f->relay.from);
  close (f->relay.to);
}

/* @length: of a text with which the body is 5 bytes longer */
static GDBusMessage *
new_signal (const char *member, gsize length)
{
  GDBusMessage *message = g_dbus_message_new_signal ("/a", "org.example.I", member);
  g_autofree char *text = g_strnfill (length, 'x');

  g_dbus_message_set_serial (message, 1);
  g_dbus_message_set_body (message, g_variant_new ("(s)", text));
  return message;
}

/* A call that needs one descriptor: its body is as that of new_signal(), and a number more. */
static GDBusMessage *
new_call (const char *member, gsize length)
{
  GDBusMessage *message = g_dbus_message_new_method_call (NULL, "/a", "org.example.I", member);
  g_autofree char *text = g_strnfill (length, 'x');

  g_dbus_message_set_serial (message, 1);
  g_dbus_message_set_body (message, g_variant_new ("(sh)", text, 0));
  return message;
}

/* @fds: go with the first byte */
static void
send_bytes_with (Fixture *f, const void *bytes, gsize size, const int *fds, gsize n_fds)
{
  union {
    char bytes[CMSG_SPACE (MAX_FDS * sizeof (int))];
    struct cmsghdr header;
  } control = { { 0 } };
  struct iovec part = { (void *) bytes, size };
  struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

  if (n_fds > 0) {
    message.msg_control = &control;
    message.msg_controllen = CMSG_SPACE (n_fds * sizeof *fds);
    control.header = (struct cmsghdr){ CMSG_LEN (n_fds * sizeof *fds), SOL_SOCKET, SCM_RIGHTS };
    memcpy (CMSG_DATA (&control.header), fds, n_fds * sizeof *fds);
  }
  g_assert_cmpint (sendmsg (f->sender, &message, MSG_NOSIGNAL), ==, (gssize) size);
}

/* @fd: goes with the first byte, or -1 */
static void
send_bytes (Fixture *f, const void *bytes, gsize size, int fd)
{
  send_bytes_with (f, bytes, size, &fd, fd >= 0 ? 1 : 0);
}

static GBytes *
encode (GDBusMessage *message)
{
  g_autoptr (GError) error = NULL;
  gsize size;
  guchar *blob =
      g_dbus_message_to_blob (message, &size, G_DBUS_CAPABILITY_FLAGS_UNIX_FD_PASSING, &error);

  g_assert_no_error (error);
  return g_bytes_new_take (blob, size);
}

/* Takes @message. */
static void
send_message (Fixture *f, GDBusMessage *message, int fd)
{
  g_autoptr (GDBusMessage) taken = message;
  g_autoptr (GBytes) blob = encode (taken);

  send_bytes (f, g_bytes_get_data (blob, NULL), g_bytes_get_size (blob), fd);
}

static void
run (Fixture *f)
{
  shutdown (f->sender, SHUT_WR);
  scep_bus_relay_run (&f->relay);
  shutdown (f->relay.to, SHUT_WR);
}

/* Reads @size bytes and the descriptor that came with them, else -1. */
static int
receive_bytes (Fixture *f, guint8 *bytes, gsize size)
{
  int fd = -1;

  while (size > 0) {
    union {
      char bytes[CMSG_SPACE (sizeof (int))];
      struct cmsghdr header;
    } control;
    struct iovec part = { bytes, size };
    struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control
    };
    gssize length = recvmsg (f->receiver, &message, 0);

    g_assert_cmpint (length, >, 0);
    if (message.msg_controllen > 0) {
      g_assert_cmpint (fd, ==, -1);
      memcpy (&fd, CMSG_DATA (&control.header), sizeof fd);
    }
    bytes += length;
    size -= (gsize) length;
  }
  return fd;
}

/* Reads as GDBus does: the first bytes, then no more than the rest of the message. */
static GDBusMessage *
receive_message (Fixture *f, int *fd)
{
  guint8 fixed[SCEP_BUS_FRAME_FIXED];
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *blob = NULL;
  GDBusMessage *message;
  gssize size;

  *fd = receive_bytes (f, fixed, sizeof fixed);
  size = g_dbus_message_bytes_needed (fixed, sizeof fixed, &error);
  g_assert_no_error (error);
  blob = g_malloc ((gsize) size);
  memcpy (blob, fixed, sizeof fixed);
  g_assert_cmpint (receive_bytes (f, blob + sizeof fixed, (gsize) size - sizeof fixed), ==, -1);
  message = g_dbus_message_new_from_blob (blob, (gsize) size,
                                          G_DBUS_CAPABILITY_FLAGS_UNIX_FD_PASSING, &error);
  g_assert_no_error (error);
  return message;
}

static void
expect_end (Fixture *f)
{
  guint8 byte;

  g_assert_cmpint (recv (f->receiver, &byte, 1, 0), ==, 0);
}

/* A message as new_signal() made it, without a descriptor. */
static void
expect_whole (Fixture *f, const char *member, gsize length)
{
  int fd;
  g_autoptr (GDBusMessage) message = receive_message (f, &fd);
  const char *text;

  g_assert_cmpint (fd, ==, -1);
  g_assert_cmpstr (g_dbus_message_get_member (message), ==, member);
  g_assert_null (g_dbus_message_get_header (message, EMPTIED));
  g_variant_get (g_dbus_message_get_body (message), "(&s)", &text);
  g_assert_cmpuint (strlen (text), ==, length);
  g_assert_cmpuint (strspn (text, "x"), ==, length);
}

static void
expect_emptied (Fixture *f, const char *member, guint body)
{
  int fd;
  g_autoptr (GDBusMessage) message = receive_message (f, &fd);

  g_assert_cmpint (fd, ==, -1);
  g_assert_cmpstr (g_dbus_message_get_member (message), ==, member);
  g_assert_null (g_dbus_message_get_body (message));
  g_assert_cmpuint (g_variant_get_uint32 (g_dbus_message_get_header (message, EMPTIED)), ==, body);
}

/* Of a pipe whose writing end was sent and is nowhere else open. */
static void
expect_closed (int reading)
{
  char byte;

  g_assert_cmpint (read (reading, &byte, 1), ==, 0);
  close (reading);
}

static int
new_pipe (int *reading)
{
  int pair[2];

  g_assert_cmpint (pipe (pair), ==, 0);
  *reading = pair[0];
  return pair[1];
}

static void
test_long_body (Fixture *f, gconstpointer data)
{
  int reading, writing = new_pipe (&reading);

  send_message (f, new_signal ("Long", LONG), writing);
  close (writing);
  send_message (f, new_signal ("Limit", MAX_BODY - 5), -1);
  send_message (f, new_signal ("Above", MAX_BODY - 4), -1);
  send_message (f, new_signal ("Short", 3), -1);
  run (f);
  expect_emptied (f, "Long", LONG + 5);
  expect_whole (f, "Limit", MAX_BODY - 5);
  expect_emptied (f, "Above", MAX_BODY + 1);
  expect_whole (f, "Short", 3);
  expect_end (f);
  expect_closed (reading);
}

static void
send_strange (Fixture *f, gsize length, int fd)
{
  g_autoptr (GDBusMessage) message = new_signal ("Strange", length);

  g_dbus_message_set_header (message, STRANGE, g_variant_new_parsed ("[<byte 1>]"));
  send_message (f, g_steal_pointer (&message), fd);
}

static void
send_long_header (Fixture *f, gsize length)
{
  g_autoptr (GDBusMessage) message = new_signal ("Name", 3);
  g_autofree char *name = g_strnfill (length, 'x');
  g_autofree char *path = g_strconcat ("/", name, NULL);

  g_dbus_message_set_path (message, path);
  send_message (f, g_steal_pointer (&message), -1);
}

static GLogWriterOutput
count_messages (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  guint *count = user_data;

  if (level == G_LOG_LEVEL_MESSAGE)
    ++*count;
  return G_LOG_WRITER_HANDLED;
}

/* They are not worth an answer, nor a line each. */
static void
test_header (Fixture *f, gconstpointer data)
{
  int reading, writing = new_pipe (&reading);
  static guint count;

  g_log_set_writer_func (count_messages, &count, NULL);
  send_strange (f, 2 * MAX_BODY, writing);
  close (writing);
  send_strange (f, 3, -1);
  send_long_header (f, SCEP_BUS_RELAY_MAX_HEADER);
  send_message (f, new_signal ("Short", 3), -1);
  run (f);
  expect_whole (f, "Short", 3);
  expect_end (f);
  expect_closed (reading);
  g_assert_cmpuint (count, ==, 1);
}

static void
expect_descriptor (Fixture *f, const char *member, int sent)
{
  struct stat a, b;
  int fd;
  g_autoptr (GDBusMessage) message = receive_message (f, &fd);

  g_assert_cmpstr (g_dbus_message_get_member (message), ==, member);
  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (fstat (fd, &a), ==, 0);
  g_assert_cmpint (fstat (sent, &b), ==, 0);
  g_assert_cmpuint (a.st_ino, ==, b.st_ino);
  close (fd);
  close (sent);
}

/* Each with its own, also where the bytes come at once. */
static void
test_descriptors (Fixture *f, gconstpointer data)
{
  int reading, writing = new_pipe (&reading);
  int one = dup (f->sender);

  send_message (f, new_signal ("None", 3), -1);
  send_message (f, new_call ("One", 3), one);
  send_message (f, new_signal ("Again", 3), -1);
  send_message (f, new_call ("Other", 900), writing);
  send_message (f, new_signal ("Last", 3), -1);
  run (f);
  expect_whole (f, "None", 3);
  expect_descriptor (f, "One", one);
  expect_whole (f, "Again", 3);
  expect_descriptor (f, "Other", writing);
  expect_whole (f, "Last", 3);
  expect_end (f);
  expect_closed (reading);
}

/* @fds: as many as the bus lets through with one message, which says so */
static void
send_with_many (Fixture *f, GDBusMessage *taken, const int *fds)
{
  g_autoptr (GDBusMessage) message = taken;
  g_autoptr (GBytes) blob = NULL;
  g_autoptr (GUnixFDList) list = g_unix_fd_list_new ();

  for (guint i = 0; i < MAX_FDS; i++)
    g_unix_fd_list_append (list, fds[i], NULL);
  g_dbus_message_set_unix_fd_list (message, list);
  blob = encode (message);
  send_bytes_with (f, g_bytes_get_data (blob, NULL), g_bytes_get_size (blob), fds, MAX_FDS);
}

static void
expect_without_descriptors (Fixture *f, const char *member)
{
  int fd;
  g_autoptr (GDBusMessage) message = receive_message (f, &fd);

  g_assert_cmpint (fd, ==, -1);
  g_assert_cmpstr (g_dbus_message_get_member (message), ==, member);
  g_assert_cmpuint (g_dbus_message_get_num_unix_fds (message), ==, 0);
}

/* Those that a message cannot need are let go before anybody waits with them. */
static void
test_needless_descriptors (Fixture *f, gconstpointer data)
{
  g_autoptr (GDBusMessage) signal = new_signal ("Signal", 3);
  GDBusMessage *call = new_call ("Text", 3);
  int reading, writing = new_pipe (&reading);
  int wanted_end, wanted = new_pipe (&wanted_end);
  int fds[MAX_FDS] = { wanted };

  for (guint i = 1; i < MAX_FDS; i++)
    fds[i] = writing;
  g_dbus_message_set_body (call, g_variant_new ("(s)", "none"));
  send_with_many (f, call, fds);
  send_with_many (f, new_call ("Descriptor", 3), fds);
  g_dbus_message_set_body (signal, g_variant_new ("(h)", 0));
  send_with_many (f, g_steal_pointer (&signal), fds);
  close (writing);
  run (f);
  expect_without_descriptors (f, "Text");
  expect_descriptor (f, "Descriptor", wanted);
  expect_without_descriptors (f, "Signal");
  expect_end (f);
  expect_closed (reading);
  expect_closed (wanted_end);
}

/* What this process sends is its own affair. */
static void
test_unseen (Fixture *f, gconstpointer data)
{
  int fd;

  f->relay.max_body = G_MAXSIZE;
  send_message (f, new_signal ("Long", LONG), -1);
  send_strange (f, 2 * MAX_BODY, -1);
  send_long_header (f, 2 * SCEP_BUS_RELAY_MAX_HEADER);
  send_message (f, new_signal ("Short", 3), -1);
  run (f);
  expect_whole (f, "Long", LONG);
  expect_whole (f, "Strange", 2 * MAX_BODY);
  g_object_unref (receive_message (f, &fd));
  expect_whole (f, "Short", 3);
  expect_end (f);
}

static void
test_long_passes (Fixture *f, gconstpointer data)
{
  f->relay.max_body = LONG + 5;
  send_message (f, new_signal ("Long", LONG), -1);
  send_message (f, new_signal ("Short", 3), -1);
  run (f);
  expect_whole (f, "Long", LONG);
  expect_whole (f, "Short", 3);
  expect_end (f);
}

static void
test_no_message (Fixture *f, gconstpointer data)
{
  send_message (f, new_signal ("Short", 3), -1);
  send_bytes (f, "HTTP/1.1 400 Bad Request\r\n", 26, -1);
  run (f);
  expect_whole (f, "Short", 3);
  expect_end (f);
}

/* Ends in the midst of a message, at every byte of it. */
static void
test_cut (Fixture *f, gconstpointer data)
{
  g_autoptr (GDBusMessage) message = new_signal ("Short", 3);
  g_autoptr (GBytes) blob = encode (message);

  for (gsize size = 1; size < g_bytes_get_size (blob); size++) {
    int reading, writing = new_pipe (&reading);

    send_bytes (f, g_bytes_get_data (blob, NULL), size, writing);
    close (writing);
    run (f);
    expect_end (f);
    expect_closed (reading);
    tear_down (f, NULL);
    set_up (f, NULL);
  }
}

static void
test_receiver_gone (Fixture *f, gconstpointer data)
{
  int reading, writing = new_pipe (&reading);

  shutdown (f->receiver, SHUT_RD);
  send_message (f, new_signal ("Short", 3), writing);
  close (writing);
  run (f);
  expect_closed (reading);
}

/* Nobody reads, and nobody waits any longer. */
static void
test_stopping (Fixture *f, gconstpointer data)
{
  const struct timeval soon = { .tv_usec = 1000 };
  const int small = 1;

  setsockopt (f->relay.to, SOL_SOCKET, SO_SNDTIMEO, &soon, sizeof soon);
  setsockopt (f->relay.to, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
  f->relay.max_body = G_MAXSIZE;
  f->stopping = TRUE;
  send_message (f, new_signal ("Long", LONG), -1);
  run (f);
}

static void
expect_line (Fixture *f, const char *line, gboolean begins)
{
  gboolean is_begin;
  guint8 bytes[100];

  g_assert_true (scep_bus_relay_pass_line (&f->relay, &is_begin));
  g_assert_cmpint (is_begin, ==, begins);
  g_assert_cmpint (recv (f->receiver, bytes, sizeof bytes, 0), ==, (gssize) strlen (line));
  g_assert_cmpmem (bytes, strlen (line), line, strlen (line));
}

/* All at once: what follows is left to whom it belongs. */
static void
test_lines (Fixture *f, gconstpointer data)
{
  static const char lines[] = "AUTH EXTERNAL 30\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n";
  gboolean ignored;

  send_bytes (f, lines, strlen (lines), -1);
  send_message (f, new_signal ("Short", 3), -1);
  expect_line (f, "AUTH EXTERNAL 30\r\n", FALSE);
  expect_line (f, "NEGOTIATE_UNIX_FD\r\n", FALSE);
  expect_line (f, "BEGIN\r\n", TRUE);
  run (f);
  expect_whole (f, "Short", 3);
  expect_end (f);
  g_assert_false (scep_bus_relay_pass_line (&f->relay, &ignored));
}

static void
test_endless_line (Fixture *f, gconstpointer data)
{
  g_autofree char *line = g_strnfill (LONG, 'x');
  gboolean ignored;

  send_bytes (f, line, LONG, -1);
  g_assert_false (scep_bus_relay_pass_line (&f->relay, &ignored));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)
  ADD ("/bus-relay/long-body", test_long_body);
  ADD ("/bus-relay/descriptors", test_descriptors);
  ADD ("/bus-relay/needless-descriptors", test_needless_descriptors);
  ADD ("/bus-relay/unseen", test_unseen);
  ADD ("/bus-relay/long-passes", test_long_passes);
  ADD ("/bus-relay/no-message", test_no_message);
  ADD ("/bus-relay/cut", test_cut);
  ADD ("/bus-relay/receiver-gone", test_receiver_gone);
  ADD ("/bus-relay/stopping", test_stopping);
  ADD ("/bus-relay/lines", test_lines);
  ADD ("/bus-relay/endless-line", test_endless_line);
  /* The last one: it changes how messages are written. */
  ADD ("/bus-relay/header", test_header);
  return g_test_run ();
}
