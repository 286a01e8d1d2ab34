/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is refused is in test-scep-bus-bridge.c, where there is a bus to answer it. */
#include "service/scep-bus-frame.h"
#include "service/scep-bus-intake.h"

#define EMPTIED ((GDBusMessageHeaderField) SCEP_BUS_FRAME_FIELD_EMPTIED)

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
  message = scep_bus_intake (NULL, g_steal_pointer (&message));
  g_assert_true (is_block (g_dbus_message_get_body (message)));
  g_assert_cmpuint (g_variant_n_children (g_dbus_message_get_body (message)), ==, 1);
}

static void
test_no_body (void)
{
  GDBusMessage *message = new_signal ();
  g_autoptr (GDBusMessage) taken = scep_bus_intake (NULL, message);

  g_assert_true (taken == message);
}

/* The number means nothing if it is not what the bridge writes there. */
static void
test_other_field (void)
{
  GDBusMessage *message = new_signal ();
  g_autoptr (GDBusMessage) taken = NULL;

  g_dbus_message_set_header (message, EMPTIED, g_variant_new_string ("long"));
  taken = scep_bus_intake (NULL, message);
  g_assert_true (taken == message);
}

/* Nobody waits for an answer to it. */
static void
test_long_signal (void)
{
  GDBusMessage *message = new_signal ();

  g_dbus_message_set_header (message, EMPTIED, g_variant_new_uint32 (1000000));
  g_assert_null (scep_bus_intake (NULL, message));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bus-intake/long-signal", test_long_signal);
  g_test_add_func ("/bus-intake/block", test_block);
  g_test_add_func ("/bus-intake/no-body", test_no_body);
  g_test_add_func ("/bus-intake/other-field", test_other_field);
  return g_test_run ();
}
