/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-bus-frame.h"

#include "fuzz.h"

#include <string.h>

/* What GDBus reads as it is, it reads without a body too, and nothing of that is left. */
static void
look_at_emptied (guint8 *bytes, gsize size, const ScepBusFrame *before)
{
  g_autoptr (GDBusMessage) message = NULL;
  ScepBusFrame after;

  g_assert_true (scep_bus_frame_measure (bytes, &after));
  g_assert_true (scep_bus_frame_has_plain_header (bytes, &after));
  g_assert_cmpuint (after.header, ==, size);
  g_assert_cmpuint (after.body, ==, 0);
  message = g_dbus_message_new_from_blob (bytes, size, G_DBUS_CAPABILITY_FLAGS_NONE, NULL);
  g_assert_nonnull (message);
  g_assert_null (g_dbus_message_get_body (message));
  g_assert_cmpuint (g_variant_get_uint32 (g_dbus_message_get_header (
                        message, (GDBusMessageHeaderField) SCEP_BUS_FRAME_FIELD_EMPTIED)),
                    ==, before->body);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GDBusMessage) message = NULL;
  g_autofree guint8 *bytes = NULL;
  ScepBusFrame frame;

  if (size < SCEP_BUS_FRAME_FIXED || !scep_bus_frame_measure (data, &frame) || frame.header > size)
    return 0;
  /* Not a byte more than the functions may touch: reading beyond the end shows. */
  bytes = g_malloc (frame.header + SCEP_BUS_FRAME_MARK);
  memcpy (bytes, data, frame.header);
  if (!scep_bus_frame_has_plain_header (bytes, &frame))
    return 0;
  g_assert_cmpuint (scep_bus_frame_limit_fds (bytes, &frame, 16), <=, SCEP_BUS_FRAME_MAX_FDS);
  g_assert_true (scep_bus_frame_has_plain_header (bytes, &frame));
  g_assert_cmpuint (scep_bus_frame_empty (bytes, &frame), ==, frame.header + SCEP_BUS_FRAME_MARK);
  message =
      g_dbus_message_new_from_blob ((guchar *) data, size, G_DBUS_CAPABILITY_FLAGS_NONE, NULL);
  if (message != NULL)
    look_at_emptied (bytes, frame.header + SCEP_BUS_FRAME_MARK, &frame);
  return 0;
}
