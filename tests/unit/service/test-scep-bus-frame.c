/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The headers here are written and read by GDBus. */
#include "service/scep-bus-frame.h"

#include <gio/gio.h>
#include <gio/gunixfdlist.h>

#define EMPTIED ((GDBusMessageHeaderField) SCEP_BUS_FRAME_FIELD_EMPTIED)
/* A number that D-Bus gives no meaning. */
#define STRANGE ((GDBusMessageHeaderField) 77)

static const GDBusMessageByteOrder orders[] = { G_DBUS_MESSAGE_BYTE_ORDER_LITTLE_ENDIAN,
                                                G_DBUS_MESSAGE_BYTE_ORDER_BIG_ENDIAN };

/* @path: object paths of some lengths end at every distance from the next multiple of 8. */
static GDBusMessage *
new_call (const char *path, gsize length, GDBusMessageByteOrder order)
{
  GDBusMessage *message = g_dbus_message_new_method_call (":1.7", path, "org.example.I", "Member");
  g_autofree char *text = g_strnfill (length, 'x');
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();

  g_dbus_message_set_byte_order (message, order);
  g_dbus_message_set_serial (message, 0x01020304);
  g_dbus_message_set_sender (message, ":1.99");
  g_dbus_message_set_body (message, g_variant_new ("(sh)", text, 0));
  g_assert_cmpint (g_unix_fd_list_append (fds, 0, NULL), ==, 0);
  g_dbus_message_set_unix_fd_list (message, fds);
  return message;
}

/* With room for the mark. */
static guint8 *
encode (GDBusMessage *message, gsize *length)
{
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *blob =
      g_dbus_message_to_blob (message, length, G_DBUS_CAPABILITY_FLAGS_UNIX_FD_PASSING, &error);
  guint8 *bytes = g_malloc0 (*length + SCEP_BUS_FRAME_MARK);

  g_assert_no_error (error);
  memcpy (bytes, blob, *length);
  return bytes;
}

static GDBusMessage *
decode (guint8 *bytes, gsize length)
{
  g_autoptr (GError) error = NULL;
  GDBusMessage *message =
      g_dbus_message_new_from_blob (bytes, length, G_DBUS_CAPABILITY_FLAGS_UNIX_FD_PASSING, &error);

  g_assert_no_error (error);
  return message;
}

static void
expect_emptied (guint8 *bytes, gsize length, const char *path, gsize body)
{
  g_autoptr (GDBusMessage) message = decode (bytes, length);
  GVariant *mark = g_dbus_message_get_header (message, EMPTIED);

  g_assert_null (g_dbus_message_get_body (message));
  g_assert_cmpstr (g_dbus_message_get_signature (message), ==, "");
  g_assert_cmpuint (g_dbus_message_get_num_unix_fds (message), ==, 0);
  g_assert_cmpstr (g_dbus_message_get_path (message), ==, path);
  g_assert_cmpstr (g_dbus_message_get_interface (message), ==, "org.example.I");
  g_assert_cmpstr (g_dbus_message_get_member (message), ==, "Member");
  g_assert_cmpstr (g_dbus_message_get_sender (message), ==, ":1.99");
  g_assert_cmpuint (g_dbus_message_get_serial (message), ==, 0x01020304);
  g_assert_true (g_variant_is_of_type (mark, G_VARIANT_TYPE_UINT32));
  g_assert_cmpuint (g_variant_get_uint32 (mark), ==, body);
}

static void
check_call (const char *path, gsize length, GDBusMessageByteOrder order)
{
  g_autoptr (GDBusMessage) message = new_call (path, length, order);
  gsize size;
  g_autofree guint8 *bytes = encode (message, &size);
  ScepBusFrame frame;
  gsize header;

  g_assert_true (scep_bus_frame_measure (bytes, &frame));
  g_assert_cmpuint (frame.header + frame.body, ==, size);
  /* The length of the text, the text, its NUL, the index of the descriptor. */
  g_assert_cmpuint (frame.body, ==, ((4 + length + 1 + 3) & ~(gsize) 3) + 4);
  g_assert_true (scep_bus_frame_has_plain_header (bytes, &frame));
  header = scep_bus_frame_empty (bytes, &frame);
  g_assert_cmpuint (header, ==, frame.header + SCEP_BUS_FRAME_MARK);
  expect_emptied (bytes, header, path, frame.body);
}

static void
test_empty (void)
{
  static const char *const paths[] = { "/a",     "/ab",     "/abc",     "/abcd",
                                       "/abcde", "/abcdef", "/abcdefg", "/abcdefgh" };

  for (guint i = 0; i < G_N_ELEMENTS (orders); i++) {
    for (guint j = 0; j < G_N_ELEMENTS (paths); j++) {
      check_call (paths[j], 0, orders[i]);
      check_call (paths[j], 100000, orders[i]);
    }
  }
}

/* What has no body stays a message, whatever it is. */
static void
test_without_body (void)
{
  g_autoptr (GDBusMessage) message = g_dbus_message_new_signal ("/a", "org.example.I", "Member");
  gsize size;
  g_autofree guint8 *bytes = NULL;
  ScepBusFrame frame;

  g_dbus_message_set_serial (message, 0x01020304);
  g_dbus_message_set_sender (message, ":1.99");
  bytes = encode (message, &size);
  g_assert_true (scep_bus_frame_measure (bytes, &frame));
  g_assert_cmpuint (frame.header, ==, size);
  g_assert_cmpuint (frame.body, ==, 0);
  expect_emptied (bytes, scep_bus_frame_empty (bytes, &frame), "/a", 0);
}

/* Returns: (transfer full): what becomes of a message with @body */
static GDBusMessage *
limit_fds (GDBusMessageType type, const char *body, guint n_fds, guint *kept,
           GDBusMessageByteOrder order)
{
  g_autoptr (GDBusMessage) message = new_call ("/abc", 3, order);
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();
  gsize size;
  g_autofree guint8 *bytes = NULL;
  ScepBusFrame frame;

  g_dbus_message_set_body (message, g_variant_new_parsed (body));
  for (guint i = 0; i < n_fds; i++)
    g_unix_fd_list_append (fds, 0, NULL);
  g_dbus_message_set_unix_fd_list (message, fds);
  bytes = encode (message, &size);
  bytes[1] = (guint8) type;
  g_assert_true (scep_bus_frame_measure (bytes, &frame));
  *kept = scep_bus_frame_limit_fds (bytes, &frame, n_fds);
  g_assert_true (scep_bus_frame_has_plain_header (bytes, &frame));
  return decode (bytes, size);
}

static void
test_limit_fds (void)
{
  static const struct {
    const char *body;
    GDBusMessageType type;
    guint n_fds, kept;
  } rows[] = {
    { "('text',)", G_DBUS_MESSAGE_TYPE_METHOD_CALL, 16, 0 },
    { "('h',)", G_DBUS_MESSAGE_TYPE_METHOD_CALL, 1, 0 },
    { "(handle 0,)", G_DBUS_MESSAGE_TYPE_SIGNAL, 1, 0 },
    { "(handle 0,)", G_DBUS_MESSAGE_TYPE_METHOD_CALL, 16, 1 },
    { "(handle 0,)", G_DBUS_MESSAGE_TYPE_METHOD_CALL, 1, 1 },
    { "(handle 0,)", G_DBUS_MESSAGE_TYPE_METHOD_CALL, 0, 0 },
    { "('text', handle 0)", G_DBUS_MESSAGE_TYPE_METHOD_CALL, 2, 1 },
    { "([handle 0, handle 1],)", G_DBUS_MESSAGE_TYPE_METHOD_CALL, 2, 1 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (orders); i++) {
    for (guint j = 0; j < G_N_ELEMENTS (rows); j++) {
      guint kept;
      g_autoptr (GDBusMessage) message =
          limit_fds (rows[j].type, rows[j].body, rows[j].n_fds, &kept, orders[i]);

      g_assert_cmpuint (kept, ==, rows[j].kept);
      g_assert_cmpuint (g_dbus_message_get_num_unix_fds (message), ==, rows[j].kept);
      g_assert_cmpstr (g_dbus_message_get_member (message), ==, "Member");
    }
  }
}

static gboolean
is_plain (GVariant *value, GDBusMessageByteOrder order)
{
  g_autoptr (GDBusMessage) message = new_call ("/a", 3, order);
  gsize size;
  g_autofree guint8 *bytes = NULL;
  ScepBusFrame frame;

  g_dbus_message_set_header (message, STRANGE, value);
  bytes = encode (message, &size);
  g_assert_true (scep_bus_frame_measure (bytes, &frame));
  return scep_bus_frame_has_plain_header (bytes, &frame);
}

static void
test_plain_header (void)
{
  static const char *const containers[] = { "[<byte 1>]", "<byte 1>", "@ay []", "{'a': 1}",
                                            "('a', 1)" };
  static const char *const plain[] = { "byte 1",        "int16 -1", "uint16 1", "true",
                                       "int32 -1",      "uint32 1", "handle 1", "1.5",
                                       "int64 -1",      "uint64 1", "'text'",   "objectpath '/a'",
                                       "signature 'g'", "''" };

  for (guint i = 0; i < G_N_ELEMENTS (orders); i++) {
    for (guint j = 0; j < G_N_ELEMENTS (containers); j++)
      g_assert_false (is_plain (g_variant_new_parsed (containers[j]), orders[i]));
    for (guint j = 0; j < G_N_ELEMENTS (plain); j++)
      g_assert_true (is_plain (g_variant_new_parsed (plain[j]), orders[i]));
  }
}

/* Every header that ends in the midst of a field. */
static void
test_cut_header (void)
{
  g_autoptr (GDBusMessage) message = new_call ("/abc", 3, orders[0]);
  gsize size, whole = 0;
  g_autofree guint8 *bytes = encode (message, &size);
  guint fields = bytes[12] | (guint) bytes[13] << 8;
  ScepBusFrame frame;

  for (guint cut = 1; cut < fields; cut++) {
    g_autofree guint8 *copy = g_memdup2 (bytes, SCEP_BUS_FRAME_FIXED + ((cut + 7) & ~7U));

    copy[12] = (guint8) cut;
    copy[13] = (guint8) (cut >> 8);
    g_assert_true (scep_bus_frame_measure (copy, &frame));
    if (scep_bus_frame_has_plain_header (copy, &frame))
      whole++;
  }
  /* Of 7 fields the last one is whole only with all bytes. Behind the first 6 there may be
   * padding, which begins the next field. */
  g_assert_cmpuint (whole, ==, 6);
}

static void
put (guint8 *bytes, guint32 number, gboolean big_endian)
{
  number = big_endian ? GUINT32_TO_BE (number) : GUINT32_TO_LE (number);
  memcpy (bytes, &number, sizeof number);
}

static gboolean
measure (char order, guint32 fields, guint32 body, ScepBusFrame *frame)
{
  guint8 fixed[SCEP_BUS_FRAME_FIXED] = { (guint8) order, 1, 0, 1 };

  put (fixed + 4, body, order == 'B');
  put (fixed + 12, fields, order == 'B');
  return scep_bus_frame_measure (fixed, frame);
}

static void
test_measure (void)
{
  const guint32 mib = 1024 * 1024;
  ScepBusFrame frame;

  for (const char *order = "lB"; *order != '\0'; order++) {
    g_assert_false (measure (*order, 64 * mib + 1, 0, &frame));
    g_assert_false (measure (*order, G_MAXUINT32, 0, &frame));
    g_assert_false (measure (*order, 0, 128 * mib - 15, &frame));
    g_assert_false (measure (*order, 0, 128 * mib + 1, &frame));
    g_assert_false (measure (*order, 0, G_MAXUINT32, &frame));
    g_assert_false (measure (*order, G_MAXUINT32, G_MAXUINT32, &frame));
    g_assert_false (measure (*order, 1, 128 * mib - 16, &frame));
    g_assert_true (measure (*order, 0, 128 * mib - 16, &frame));
    g_assert_cmpuint (frame.body, ==, 128 * mib - 16);
    g_assert_true (measure (*order, 64 * mib, 0, &frame));
    g_assert_cmpuint (frame.header, ==, 64 * mib + 16);
    g_assert_true (measure (*order, 9, 7, &frame));
    g_assert_cmpuint (frame.header, ==, 32);
    g_assert_cmpuint (frame.body, ==, 7);
  }
  g_assert_false (measure ('b', 0, 0, &frame));
  g_assert_false (measure ('A', 0, 0, &frame));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bus-frame/measure", test_measure);
  g_test_add_func ("/bus-frame/plain-header", test_plain_header);
  g_test_add_func ("/bus-frame/cut-header", test_cut_header);
  g_test_add_func ("/bus-frame/limit-fds", test_limit_fds);
  g_test_add_func ("/bus-frame/empty", test_empty);
  g_test_add_func ("/bus-frame/without-body", test_without_body);
  return g_test_run ();
}
