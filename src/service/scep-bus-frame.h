/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Bytes at the start of every message, which tell how long the rest is. */
#define SCEP_BUS_FRAME_FIXED 16
/* Bytes of the body of one message to this service, so of the arguments of one call. GDBus takes
 * up to ninety times as much while it reads it. */
#define SCEP_BUS_FRAME_MAX_BODY (512 * 1024)
/* By how many bytes emptying makes a header longer. */
#define SCEP_BUS_FRAME_MARK 8
/* The header field of an emptied message: how many bytes its body had, of type u. The
 * specification does not know the number, and says that such fields are ignored. */
#define SCEP_BUS_FRAME_FIELD_EMPTIED 138
/* Descriptors of one message: no method of this service takes more than one. */
#define SCEP_BUS_FRAME_MAX_FDS 1

/**
 * ScepBusFrame:
 * @header: bytes from the first one to the body, padding included
 * @body: bytes of the body
 * @big_endian: the order of the bytes in its numbers
 *
 * What the first bytes of a D-Bus message say.
 */
typedef struct {
  gsize header;
  gsize body;
  gboolean big_endian;
} ScepBusFrame;

gboolean scep_bus_frame_measure (const guint8 *fixed, ScepBusFrame *frame);
gboolean scep_bus_frame_has_plain_header (const guint8 *header, const ScepBusFrame *frame);
guint scep_bus_frame_limit_fds (guint8 *header, const ScepBusFrame *frame, guint n_fds);
gsize scep_bus_frame_empty (guint8 *header, const ScepBusFrame *frame);

G_END_DECLS
