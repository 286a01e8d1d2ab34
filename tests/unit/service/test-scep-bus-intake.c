/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Refusals are in test-scep-bus-bridge.c, where there is a bus to answer with them. */
#include "service/scep-bus-frame.h"
#include "service/scep-bus-intake.h"

#include <gio/gunixfdlist.h>
#include <sys/resource.h>

#define EMPTIED ((GDBusMessageHeaderField) SCEP_BUS_FRAME_FIELD_EMPTIED)

/* Room for all that can wait of one connection, and one more. */
#define MANY (SCEP_BUS_INTAKE_MAX_CALLS + 1)

static ScepBusIntake *intake;

static GDBusMessage *
new_signal (void)
{
  return g_dbus_message_new_signal ("/a", "org.example.I", "Member");
}

/* Of a body that is one block a part is a new object every time, of others always the same. */
static gboolean
is_block (GVariant *body)
{
  g_autoptr (GVariant) one = g_variant_get_child_value (body, 0);
  g_autoptr (GVariant) again = g_variant_get_child_value (body, 0);

  return one != again;
}

static void
test_block (void)
{
  g_autoptr (GDBusMessage) message = new_signal ();
  GVariantBuilder values;

  g_variant_builder_init (&values, G_VARIANT_TYPE ("av"));
  for (guint i = 0; i < 100; i++)
    g_variant_builder_add (&values, "v", g_variant_new_byte ((guint8) i));
  g_dbus_message_set_body (message, g_variant_new ("(av)", &values));
  g_assert_false (is_block (g_dbus_message_get_body (message)));
  message = scep_bus_intake_take (intake, NULL, g_steal_pointer (&message));
  g_assert_true (is_block (g_dbus_message_get_body (message)));
  g_assert_cmpuint (g_variant_n_children (g_dbus_message_get_body (message)), ==, 1);
}

static void
test_no_body (void)
{
  GDBusMessage *message = new_signal ();
  g_autoptr (GDBusMessage) taken = scep_bus_intake_take (intake, NULL, message);

  g_assert_true (taken == message);
}

/* The number means nothing if it is not what the bridge writes there. */
static void
test_other_field (void)
{
  GDBusMessage *message = new_signal ();
  g_autoptr (GDBusMessage) taken = NULL;

  g_dbus_message_set_header (message, EMPTIED, g_variant_new_string ("long"));
  taken = scep_bus_intake_take (intake, NULL, message);
  g_assert_true (taken == message);
}

/* Nobody waits for an answer to it. */
static void
test_long_signal (void)
{
  GDBusMessage *message = new_signal ();

  g_dbus_message_set_header (message, EMPTIED, g_variant_new_uint32 (1000000));
  g_assert_null (scep_bus_intake_take (intake, NULL, message));
}

/* Returns: (transfer full): a call that wants no answer, of @size bytes of arguments */
static GDBusMessage *
new_call (const char *sender, gsize size)
{
  GDBusMessage *message = g_dbus_message_new_method_call (":1.1", "/a", "org.example.I", "Member");
  g_autofree char *text = g_strnfill (size - 1, 'x');

  g_dbus_message_set_sender (message, sender);
  g_dbus_message_set_flags (message, G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED);
  g_dbus_message_set_body (message, g_variant_new ("(s)", text));
  return message;
}

static GDBusMessage *
with_fd (GDBusMessage *message)
{
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();

  g_assert_cmpint (g_unix_fd_list_append (fds, 0, NULL), ==, 0);
  g_dbus_message_set_unix_fd_list (message, fds);
  return message;
}

/* Takes @message. */
static gboolean
gets_in (GPtrArray *waiting, GDBusMessage *message)
{
  GDBusMessage *taken = scep_bus_intake_take (intake, NULL, message);

  if (taken != NULL)
    g_ptr_array_add (waiting, taken);
  return taken != NULL;
}

static void
expect_room (GPtrArray *waiting, const char *sender, gsize size, guint n)
{
  for (guint i = 0; i < n; i++)
    g_assert_true (gets_in (waiting, new_call (sender, size)));
  g_assert_false (gets_in (waiting, new_call (sender, size)));
}

/* Of one connection; others get in, and so does it when one is answered. */
static void
test_many_calls (void)
{
  g_autoptr (GPtrArray) waiting = g_ptr_array_new_with_free_func (g_object_unref);

  expect_room (waiting, ":1.7", 1, SCEP_BUS_INTAKE_MAX_CALLS);
  g_assert_true (gets_in (waiting, new_call (":1.8", 1)));
  g_ptr_array_remove_index (waiting, 0);
  expect_room (waiting, ":1.7", 1, 1);
}

static void
test_many_bytes (void)
{
  g_autoptr (GPtrArray) waiting = g_ptr_array_new_with_free_func (g_object_unref);

  expect_room (waiting, ":1.7", SCEP_BUS_FRAME_MAX_BODY, 2);
  g_assert_true (gets_in (waiting, new_call (":1.8", SCEP_BUS_FRAME_MAX_BODY)));
  g_ptr_array_remove_index (waiting, 0);
  expect_room (waiting, ":1.7", SCEP_BUS_FRAME_MAX_BODY, 1);
}

static void
test_many_descriptors (void)
{
  g_autoptr (GPtrArray) waiting = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < SCEP_BUS_INTAKE_MAX_DESCRIPTORS; i++)
    g_assert_true (gets_in (waiting, with_fd (new_call (":1.7", 1))));
  g_assert_false (gets_in (waiting, with_fd (new_call (":1.7", 1))));
  g_assert_true (gets_in (waiting, new_call (":1.7", 1)));
  g_assert_true (gets_in (waiting, with_fd (new_call (":1.8", 1))));
}

/* Many connections together leave the process half of the descriptors that it may have. */
static void
test_all_descriptors (void)
{
  g_autoptr (GPtrArray) waiting = g_ptr_array_new_with_free_func (g_object_unref);
  struct rlimit before, limit;
  ScepBusIntake *others = intake;

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &before), ==, 0);
  limit = (struct rlimit){ .rlim_cur = 64, .rlim_max = before.rlim_max };
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  intake = scep_bus_intake_new ();
  for (guint i = 0; i < 32; i++) {
    g_autofree char *sender = g_strdup_printf (":1.%u", i);

    g_assert_true (gets_in (waiting, with_fd (new_call (sender, 1))));
  }
  g_assert_false (gets_in (waiting, with_fd (new_call (":1.99", 1))));
  g_ptr_array_set_size (waiting, 0);
  g_assert_true (gets_in (waiting, with_fd (new_call (":1.99", 1))));
  scep_bus_intake_free (intake);
  intake = others;
  setrlimit (RLIMIT_NOFILE, &before);
}

/* What this process has asked for, and what the bus tells, gets in always. */
static void
test_no_calls (void)
{
  g_autoptr (GPtrArray) waiting = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < MANY; i++) {
    GDBusMessage *reply = g_dbus_message_new ();

    g_dbus_message_set_message_type (reply, G_DBUS_MESSAGE_TYPE_METHOD_RETURN);
    g_assert_true (gets_in (waiting, reply));
    g_assert_true (gets_in (waiting, new_signal ()));
  }
}

int
main (int argc, char *argv[])
{
  int failed;

  g_test_init (&argc, &argv, NULL);
  intake = scep_bus_intake_new ();
  g_test_add_func ("/bus-intake/many-calls", test_many_calls);
  g_test_add_func ("/bus-intake/many-bytes", test_many_bytes);
  g_test_add_func ("/bus-intake/many-descriptors", test_many_descriptors);
  g_test_add_func ("/bus-intake/all-descriptors", test_all_descriptors);
  g_test_add_func ("/bus-intake/no-calls", test_no_calls);
  g_test_add_func ("/bus-intake/long-signal", test_long_signal);
  g_test_add_func ("/bus-intake/block", test_block);
  g_test_add_func ("/bus-intake/no-body", test_no_body);
  g_test_add_func ("/bus-intake/other-field", test_other_field);
  failed = g_test_run ();
  scep_bus_intake_free (intake);
  return failed;
}
