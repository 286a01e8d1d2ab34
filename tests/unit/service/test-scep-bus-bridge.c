/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "private-bus.h"
#include "service/scep-bus-bridge.h"
#include "service/scep-bus-error.h"
#include "service/scep-bus-frame.h"
#include "service/scep-bus-intake.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define VARIABLE "DBUS_SYSTEM_BUS_ADDRESS"
#define OBJECT "/bridge"
#define INTERFACE "org.example.Bridge"
/* As long as all certificates that Debian trusts, as one PEM text. */
#define BUNDLE (220 * 1024)
/* More than waits in one socket for its reader, and less than in two. */
#define LAST_WORDS 300000
#define TOO_LONG (SCEP_BUS_FRAME_MAX_BODY + 1)

static const char xml[] =
    "<node><interface name='" INTERFACE "'>"
    "<method name='Take'><arg type='s' direction='in'/><arg type='u' direction='out'/></method>"
    "<method name='Give'><arg type='u' direction='in'/><arg type='s' direction='out'/></method>"
    "<method name='Keep'><arg type='s' direction='in'/></method>"
    "<method name='Swap'><arg type='h' direction='in'/><arg type='h' direction='out'/></method>"
    "</interface></node>";

/* The server of the bus is behind the bridge, as is everything in the service. */
typedef struct {
  PrivateBus bus;
  ScepBusBridge *bridge;
  GDBusNodeInfo *info;
  guint n_taken;
  ino_t swapped;
  GPtrArray *signals; /* (element-type utf8): what they said */
  GPtrArray *kept;    /* (element-type GDBusMethodInvocation): calls not answered yet */
  gboolean closed;
} Fixture;

static char *
new_text (gsize length)
{
  return g_strnfill (length, 'x');
}

static void
swap (Fixture *f, GDBusMethodInvocation *invocation)
{
  GDBusMessage *message = g_dbus_method_invocation_get_message (invocation);
  GUnixFDList *fds = g_dbus_message_get_unix_fd_list (message);
  g_autoptr (GUnixFDList) answer = g_unix_fd_list_new ();
  struct stat status;

  g_assert_cmpint (g_unix_fd_list_get_length (fds), ==, 1);
  g_assert_cmpint (fstat (g_unix_fd_list_peek_fds (fds, NULL)[0], &status), ==, 0);
  f->swapped = status.st_ino;
  g_unix_fd_list_append (answer, 0, NULL);
  g_dbus_method_invocation_return_value_with_unix_fd_list (invocation, g_variant_new ("(h)", 0),
                                                           answer);
}

static void
on_call (GDBusConnection *connection, const char *sender, const char *path, const char *interface,
         const char *method, GVariant *parameters, GDBusMethodInvocation *invocation,
         gpointer user_data)
{
  Fixture *f = user_data;

  f->n_taken++;
  if (g_str_equal (method, "Take")) {
    const char *text;

    g_variant_get (parameters, "(&s)", &text);
    g_dbus_method_invocation_return_value (invocation,
                                           g_variant_new ("(u)", (guint32) strlen (text)));
  } else if (g_str_equal (method, "Give")) {
    guint32 length;
    g_autofree char *text = NULL;

    g_variant_get (parameters, "(u)", &length);
    text = new_text (length);
    g_dbus_method_invocation_return_value (invocation, g_variant_new ("(s)", text));
  } else if (g_str_equal (method, "Keep")) {
    g_ptr_array_add (f->kept, invocation);
  } else {
    swap (f, invocation);
  }
}

static void
on_signal (GDBusConnection *connection, const char *sender, const char *path, const char *interface,
           const char *signal, GVariant *parameters, gpointer user_data)
{
  Fixture *f = user_data;
  char *text;

  g_variant_get (parameters, "(s)", &text);
  g_ptr_array_add (f->signals, text);
}

static void
on_closed (GDBusConnection *connection, gboolean vanished, GError *error, gpointer user_data)
{
  Fixture *f = user_data;

  f->closed = TRUE;
}

static void
serve (Fixture *f, GDBusConnection *connection)
{
  static const GDBusInterfaceVTable vtable = { .method_call = on_call };
  g_autoptr (GError) error = NULL;

  g_dbus_connection_register_object (connection, OBJECT, f->info->interfaces[0], &vtable, f, NULL,
                                     &error);
  g_assert_no_error (error);
}

static void
new_bridge (Fixture *f)
{
  g_autoptr (GError) error = NULL;

  private_bus_up (&f->bus);
  g_setenv (VARIABLE, g_test_dbus_get_bus_address (f->bus.bus), TRUE);
  f->bridge = scep_bus_bridge_new (&error);
  g_assert_no_error (error);
}

/* As g_bus_get_sync(), but a new one for every test. */
static GDBusConnection *
connect_own (void)
{
  g_autoptr (GError) error = NULL;
  GDBusConnection *connection =
      g_dbus_connection_new_for_address_sync (g_getenv (VARIABLE),
                                              G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                  G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                              NULL, NULL, &error);

  g_assert_no_error (error);
  return connection;
}

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  new_bridge (f);
  g_dbus_connection_close_sync (f->bus.server, NULL, NULL);
  g_object_unref (f->bus.server);
  f->bus.server = connect_own ();
  scep_bus_intake_attach (f->bus.server);
  g_signal_connect (f->bus.server, "closed", G_CALLBACK (on_closed), f);
  f->signals = g_ptr_array_new_with_free_func (g_free);
  f->kept = g_ptr_array_new ();
  f->info = g_dbus_node_info_new_for_xml (xml, &error);
  g_assert_no_error (error);
  serve (f, f->bus.server);
  serve (f, f->bus.caller);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_signal_handlers_disconnect_by_data (f->bus.server, f);
  private_bus_down (&f->bus);
  g_clear_pointer (&f->bridge, scep_bus_bridge_free);
  g_dbus_node_info_unref (f->info);
  g_ptr_array_unref (f->signals);
  g_ptr_array_unref (f->kept);
}

static BusCall *
begin_take (Fixture *f, gsize length)
{
  g_autofree char *text = new_text (length);

  return bus_call_begin (&f->bus, NULL, OBJECT, INTERFACE, "Take", g_variant_new ("(s)", text),
                         G_DBUS_CALL_FLAGS_NONE, NULL);
}

static void
expect_taken (Fixture *f, gsize length)
{
  g_autoptr (BusCall) call = begin_take (f, length);
  guint32 taken;

  bus_call_wait (call);
  g_assert_no_error (call->local);
  g_variant_get (call->reply, "(u)", &taken);
  g_assert_cmpuint (taken, ==, length);
}

static void
test_long_call (Fixture *f, gconstpointer data)
{
  g_autoptr (BusCall) call = begin_take (f, TOO_LONG);

  bus_call_wait (call);
  g_assert_cmpstr (call->error, ==, SCEP_BUS_ERROR_LIMITS_EXCEEDED);
  g_assert_nonnull (strstr (call->local->message, "524294"));
  g_assert_nonnull (strstr (call->local->message, "524288"));
  g_assert_cmpuint (f->n_taken, ==, 0);
  /* The length of the text and its NUL belong to the body. */
  expect_taken (f, SCEP_BUS_FRAME_MAX_BODY - 5);
  expect_taken (f, BUNDLE);
  expect_taken (f, 0);
}

/* As long as a call may be. */
static BusCall *
begin_keep (Fixture *f)
{
  g_autofree char *text = new_text (SCEP_BUS_FRAME_MAX_BODY - 5);

  return bus_call_begin (&f->bus, NULL, OBJECT, INTERFACE, "Keep", g_variant_new ("(s)", text),
                         G_DBUS_CALL_FLAGS_NONE, NULL);
}

static void
expect_answer (BusCall *taken, const char *error)
{
  g_autoptr (BusCall) call = taken;

  bus_call_wait (call);
  g_assert_cmpstr (call->error, ==, error);
}

/* What is more than may wait is answered at once, and what was answered leaves its place. */
static void
test_much_waits (Fixture *f, gconstpointer data)
{
  BusCall *calls[SCEP_BUS_INTAKE_MAX_BYTES / SCEP_BUS_FRAME_MAX_BODY];

  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    calls[i] = begin_keep (f);
  expect_answer (begin_keep (f), SCEP_BUS_ERROR_LIMITS_EXCEEDED);
  wait_until (f->kept->len == G_N_ELEMENTS (calls));
  for (guint i = 0; i < G_N_ELEMENTS (calls); i++) {
    g_dbus_method_invocation_return_value (g_ptr_array_index (f->kept, i), NULL);
    expect_answer (calls[i], NULL);
  }
  expect_taken (f, 3);
}

static GDBusMessage *
count_errors (GDBusConnection *connection, GDBusMessage *message, gboolean incoming,
              gpointer user_data)
{
  gint *count = user_data;

  if (incoming && g_dbus_message_get_message_type (message) == G_DBUS_MESSAGE_TYPE_ERROR)
    g_atomic_int_inc (count);
  return message;
}

/* Who wants no answer gets none. */
static void
test_long_call_without_reply (Fixture *f, gconstpointer data)
{
  g_autoptr (GDBusMessage) message = g_dbus_message_new_method_call (
      g_dbus_connection_get_unique_name (f->bus.server), OBJECT, INTERFACE, "Take");
  g_autofree char *text = new_text (TOO_LONG);
  gint count = 0;
  guint filter = g_dbus_connection_add_filter (f->bus.caller, count_errors, &count, NULL);

  g_dbus_message_set_body (message, g_variant_new ("(s)", text));
  g_dbus_message_set_flags (message, G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED);
  g_dbus_connection_send_message (f->bus.caller, message, G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL,
                                  NULL);
  expect_taken (f, 3);
  g_assert_cmpint (g_atomic_int_get (&count), ==, 0);
  g_assert_cmpuint (f->n_taken, ==, 1);
  g_dbus_connection_remove_filter (f->bus.caller, filter);
}

static void
emit (Fixture *f, GDBusConnection *from, GDBusConnection *to, gsize length)
{
  g_autofree char *text = new_text (length);

  g_dbus_connection_emit_signal (from, g_dbus_connection_get_unique_name (to), OBJECT, INTERFACE,
                                 "Said", g_variant_new ("(s)", text), NULL);
}

/* Anybody may send one to anybody. */
static void
test_long_signal (Fixture *f, gconstpointer data)
{
  g_dbus_connection_signal_subscribe (f->bus.server, NULL, INTERFACE, NULL, NULL, NULL,
                                      G_DBUS_SIGNAL_FLAGS_NO_MATCH_RULE, on_signal, f, NULL);
  emit (f, f->bus.caller, f->bus.server, TOO_LONG);
  emit (f, f->bus.caller, f->bus.server, BUNDLE);
  emit (f, f->bus.caller, f->bus.server, 3);
  wait_until (f->signals->len > 0 &&
              strlen (g_ptr_array_index (f->signals, f->signals->len - 1)) == 3);
  g_assert_cmpuint (f->signals->len, ==, 2);
  g_assert_cmpuint (strlen (g_ptr_array_index (f->signals, 0)), ==, BUNDLE);
}

static void
on_given (GObject *source, GAsyncResult *result, gpointer user_data)
{
  BusCall *call = user_data;

  call->reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &call->local);
  call->done = TRUE;
}

static BusCall *
give (Fixture *f, GDBusConnection *from, GDBusConnection *to, guint32 length)
{
  BusCall *call = g_new0 (BusCall, 1);

  g_dbus_connection_call (from, g_dbus_connection_get_unique_name (to), OBJECT, INTERFACE, "Give",
                          g_variant_new ("(u)", length), NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL,
                          on_given, call);
  bus_call_wait (call);
  return call;
}

/* Whoever asked in this process has an answer. */
static void
test_long_reply (Fixture *f, gconstpointer data)
{
  g_autoptr (BusCall) refused = give (f, f->bus.server, f->bus.caller, TOO_LONG);
  g_autoptr (BusCall) given = give (f, f->bus.server, f->bus.caller, BUNDLE);

  g_assert_error (refused->local, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED);
  g_assert_nonnull (
      strstr (refused->local->message, g_dbus_connection_get_unique_name (f->bus.caller)));
  g_assert_nonnull (strstr (refused->local->message, "524294"));
  g_assert_no_error (given->local);
  g_assert_cmpuint (g_variant_get_size (given->reply), >=, BUNDLE);
}

/* What this process says may be as long as it likes. */
static void
test_long_answer (Fixture *f, gconstpointer data)
{
  g_autoptr (BusCall) given = give (f, f->bus.caller, f->bus.server, 4 * TOO_LONG);

  g_assert_no_error (given->local);
  g_assert_cmpuint (g_variant_get_size (given->reply), >=, 4 * TOO_LONG);
}

static void
test_descriptors (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < 10; i++) {
    g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();
    g_autoptr (BusCall) between = begin_take (f, 3);
    g_autoptr (BusCall) call = NULL;
    struct stat status;
    int pair[2];

    g_assert_cmpint (pipe (pair), ==, 0);
    g_assert_cmpint (fstat (pair[0], &status), ==, 0);
    g_unix_fd_list_append (fds, pair[0], NULL);
    call = bus_call_begin (&f->bus, NULL, OBJECT, INTERFACE, "Swap", g_variant_new ("(h)", 0),
                           G_DBUS_CALL_FLAGS_NONE, fds);
    bus_call_wait (call);
    g_assert_no_error (call->local);
    g_assert_cmpuint (f->swapped, ==, status.st_ino);
    close (pair[0]);
    close (pair[1]);
  }
}

/* As they come, whoever would be there first. */
static void
test_order (Fixture *f, gconstpointer data)
{
  g_autoptr (GPtrArray) calls = g_ptr_array_new_with_free_func ((GDestroyNotify) bus_call_free);

  for (guint i = 0; i < 20; i++)
    g_ptr_array_add (calls, begin_take (f, i % 2 == 0 ? TOO_LONG : i));
  for (guint i = 0; i < calls->len; i++) {
    BusCall *call = g_ptr_array_index (calls, i);
    guint32 taken;

    bus_call_wait (call);
    if (i % 2 == 0) {
      g_assert_cmpstr (call->error, ==, SCEP_BUS_ERROR_LIMITS_EXCEEDED);
    } else {
      g_variant_get (call->reply, "(u)", &taken);
      g_assert_cmpuint (taken, ==, i);
    }
  }
}

static void
test_bus_closes (Fixture *f, gconstpointer data)
{
  g_test_dbus_stop (f->bus.bus);
  wait_until (f->closed);
}

/* One who connects to where this process connects, by the address in the environment. */
static int
connect_raw (int flags)
{
  struct sockaddr_un name = { .sun_family = AF_UNIX };
  const char *address = g_getenv (VARIABLE) + strlen ("unix:abstract=");
  socklen_t size =
      (socklen_t) (G_STRUCT_OFFSET (struct sockaddr_un, sun_path) + 1 + strlen (address));
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

  memcpy (name.sun_path + 1, address, strlen (address));
  if (connect (fd, (struct sockaddr *) &name, size) == 0)
    return fd;
  close (fd);
  return -1;
}

static void
end_bridge (Fixture *f)
{
  g_clear_pointer (&f->bridge, scep_bus_bridge_free);
  private_bus_down (&f->bus);
}

/* Another process is turned away, and does not take the place of this one. */
static void
test_stranger (Fixture *f, gconstpointer data)
{
  g_autoptr (GDBusConnection) connection = NULL;
  int status;
  pid_t child;

  new_bridge (f);
  child = fork ();
  if (child == 0) {
    int fd = connect_raw (0);
    char byte;

    _exit (fd >= 0 && read (fd, &byte, 1) == 0 ? 0 : 1);
  }
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_cmpint (status, ==, 0);
  connection = connect_own ();
  g_dbus_connection_close_sync (connection, NULL, NULL);
  end_bridge (f);
}

/* However many strangers there are, GLib, which does not wait for a place in the queue, gets one. */
static void
test_crowd (Fixture *f, gconstpointer data)
{
  g_autoptr (GDBusConnection) connection = NULL;
  int status;
  pid_t child;

  new_bridge (f);
  child = fork ();
  if (child == 0) {
    guint n_refused = 0;

    for (guint i = 0; i < 500; i++)
      n_refused += connect_raw (SOCK_NONBLOCK) < 0;
    _exit (n_refused == 0 ? 0 : 1);
  }
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_cmpint (status, ==, 0);
  connection = connect_own ();
  g_dbus_connection_close_sync (connection, NULL, NULL);
  end_bridge (f);
}

/* The name of the first one is nobody else's, and nobody waits there. */
static void
test_second (Fixture *f, gconstpointer data)
{
  g_assert_cmpint (connect_raw (0), ==, -1);
}

static void
test_unused (Fixture *f, gconstpointer data)
{
  new_bridge (f);
  end_bridge (f);
}

/* Says nothing, or too little. */
static void
test_silent (Fixture *f, gconstpointer data)
{
  static const char *const lines[] = { "", "AUTH", "BEGIN\r\n", "BEGIN\r\nl" };

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++) {
    int fd;

    new_bridge (f);
    fd = connect_raw (0);
    g_assert_cmpint (fd, >=, 0);
    g_assert_cmpint (write (fd, lines[i], strlen (lines[i])), ==, (gssize) strlen (lines[i]));
    end_bridge (f);
    close (fd);
  }
}

/* A bus that does not read until it is told. */
static int
listen_as_bus (const char *path)
{
  struct sockaddr_un name = { .sun_family = AF_UNIX };
  g_autofree char *address = g_strconcat ("unix:path=", path, NULL);
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_strlcpy (name.sun_path, path, sizeof name.sun_path);
  g_assert_cmpint (bind (fd, (struct sockaddr *) &name, sizeof name), ==, 0);
  g_assert_cmpint (listen (fd, 1), ==, 0);
  g_setenv (VARIABLE, address, TRUE);
  return fd;
}

static gpointer
free_bridge (gpointer data)
{
  scep_bus_bridge_free (data);
  return NULL;
}

static gsize
read_all (int fd)
{
  char bytes[4096];
  gsize total = 0;
  gssize length;

  while ((length = read (fd, bytes, sizeof bytes)) > 0)
    total += (gsize) length;
  return total;
}

/* The last words of a process are heard, also where the bus is slow. */
static void
test_free_passes_on (void)
{
  g_autofree char *folder = g_dir_make_tmp ("bridge-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "bus", NULL);
  int listener = listen_as_bus (path);
  ScepBusBridge *bridge = scep_bus_bridge_new (NULL);
  int bus = accept (listener, NULL, NULL);
  int own = connect_raw (0);
  g_autoptr (GDBusMessage) message = g_dbus_message_new_signal ("/a", "a.b", "C");
  g_autofree char *text = new_text (LAST_WORDS);
  g_autofree guchar *blob = NULL;
  GThread *thread;
  gsize size;

  g_dbus_message_set_serial (message, 1);
  g_dbus_message_set_body (message, g_variant_new ("(s)", text));
  blob = g_dbus_message_to_blob (message, &size, G_DBUS_CAPABILITY_FLAGS_NONE, NULL);
  g_assert_cmpint (write (own, "BEGIN\r\n", 7), ==, 7);
  g_assert_cmpint (write (own, blob, size), ==, (gssize) size);
  thread = g_thread_new ("free", free_bridge, bridge);
  /* Until it may not say any more. */
  while (send (own, "", 0, MSG_NOSIGNAL) == 0)
    g_thread_yield ();
  g_assert_cmpuint (read_all (bus), ==, 7 + size);
  g_thread_join (thread);
  close (own);
  close (bus);
  close (listener);
  g_assert_cmpint (unlink (path), ==, 0);
  g_assert_cmpint (rmdir (folder), ==, 0);
}

/* What GDBus would have said, so that one knows it. */
static void
test_no_bus (void)
{
  static const char *const addresses[] = { "unix:path=/nonexistent/bus", "nonsense",
                                           "unix:abstract=", "unknown:a=b" };

  for (guint i = 0; i < G_N_ELEMENTS (addresses); i++) {
    g_autoptr (GError) direct = NULL;
    g_autoptr (GError) error = NULL;

    g_setenv (VARIABLE, addresses[i], TRUE);
    g_assert_null (g_bus_get_sync (G_BUS_TYPE_SYSTEM, NULL, &direct));
    g_assert_null (scep_bus_bridge_new (&error));
    g_assert_error (error, direct->domain, direct->code);
    g_assert_cmpstr (error->message, ==, direct->message);
  }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)
#define ADD_BARE(path, function) g_test_add (path, Fixture, NULL, NULL, function, NULL)
  g_test_add_func ("/bus-bridge/no-bus", test_no_bus);
  g_test_add_func ("/bus-bridge/free-passes-on", test_free_passes_on);
  ADD_BARE ("/bus-bridge/unused", test_unused);
  ADD_BARE ("/bus-bridge/silent", test_silent);
  ADD_BARE ("/bus-bridge/stranger", test_stranger);
  ADD_BARE ("/bus-bridge/crowd", test_crowd);
  ADD ("/bus-bridge/second", test_second);
  ADD ("/bus-bridge/long-call", test_long_call);
  ADD ("/bus-bridge/much-waits", test_much_waits);
  ADD ("/bus-bridge/long-call-without-reply", test_long_call_without_reply);
  ADD ("/bus-bridge/long-signal", test_long_signal);
  ADD ("/bus-bridge/long-reply", test_long_reply);
  ADD ("/bus-bridge/long-answer", test_long_answer);
  ADD ("/bus-bridge/descriptors", test_descriptors);
  ADD ("/bus-bridge/order", test_order);
  ADD ("/bus-bridge/bus-closes", test_bus_closes);
  return g_test_run ();
}
