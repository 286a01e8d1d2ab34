/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-bus-frame.h"

#include <string.h>

/* The D-Bus specification, "Message Format". */
#define MAX_FIELDS (64U * 1024 * 1024)
#define MAX_MESSAGE (128U * 1024 * 1024)
#define OFFSET_TYPE 1
#define OFFSET_BODY_LENGTH 4
#define OFFSET_FIELDS_LENGTH 12
#define TYPE_SIGNAL 4
#define FIELD_SIGNATURE 8
#define FIELD_UNIX_FDS 9
/* What these two become where they are hidden: as unknown as the mark. */
#define UNKNOWN 128
/* From the number of a field to its value: behind the type, which is one letter. */
#define VALUE 4

/* A place in the fields of a header; behind the end where they make no sense. */
typedef struct {
  const guint8 *bytes;
  gsize offset;
  gsize end;
  gboolean big_endian;
} Walk;

static guint32
get_number (const guint8 *bytes, gboolean big_endian)
{
  guint32 number;

  memcpy (&number, bytes, sizeof number);
  return big_endian ? GUINT32_FROM_BE (number) : GUINT32_FROM_LE (number);
}

static void
put_number (guint8 *bytes, guint32 number, gboolean big_endian)
{
  number = big_endian ? GUINT32_TO_BE (number) : GUINT32_TO_LE (number);
  memcpy (bytes, &number, sizeof number);
}

static gsize
align (gsize offset, gsize to)
{
  return (offset + to - 1) & ~(to - 1);
}

/**
 * scep_bus_frame_measure:
 * @fixed: the first %SCEP_BUS_FRAME_FIXED bytes of a message
 * @frame: (out)
 *
 * Returns: %FALSE where these bytes do not begin a message of D-Bus
 */
gboolean
scep_bus_frame_measure (const guint8 *fixed, ScepBusFrame *frame)
{
  guint32 fields, body;

  if (fixed[0] != 'l' && fixed[0] != 'B')
    return FALSE;
  frame->big_endian = fixed[0] == 'B';
  fields = get_number (fixed + OFFSET_FIELDS_LENGTH, frame->big_endian);
  body = get_number (fixed + OFFSET_BODY_LENGTH, frame->big_endian);
  if (fields > MAX_FIELDS || body > MAX_MESSAGE)
    return FALSE;
  frame->header = align ((gsize) SCEP_BUS_FRAME_FIXED + fields, 8);
  frame->body = body;
  return frame->header + frame->body <= MAX_MESSAGE;
}

static gboolean
skip (Walk *walk, gsize alignment, gsize size)
{
  gsize begin = align (walk->offset, alignment);

  if (begin > walk->end || size > walk->end - begin)
    return FALSE;
  walk->offset = begin + size;
  return TRUE;
}

/* A text with the NUL behind it; @walk is then at its end. */
static gboolean
skip_text (Walk *walk, gboolean is_signature)
{
  gsize size_of_length = is_signature ? 1 : sizeof (guint32);
  gsize length;

  if (!skip (walk, size_of_length, size_of_length))
    return FALSE;
  length = is_signature ? walk->bytes[walk->offset - 1]
                        : get_number (walk->bytes + walk->offset - 4, walk->big_endian);
  return skip (walk, 1, length + 1);
}

/* No field that D-Bus knows is a container, and this one, of a few bytes, could become large. */
static gboolean
skip_value (Walk *walk, char type)
{
  switch (type) {
  case 'y':
    return skip (walk, 1, 1);
  case 'n':
  case 'q':
    return skip (walk, 2, 2);
  case 'b':
  case 'i':
  case 'u':
  case 'h':
    return skip (walk, 4, 4);
  case 'd':
  case 't':
  case 'x':
    return skip (walk, 8, 8);
  case 'o':
  case 's':
    return skip_text (walk, FALSE);
  case 'g':
    return skip_text (walk, TRUE);
  default:
    return FALSE;
  }
}

/* Goes over one field; @code: (out): where its number is. */
static gboolean
skip_field (Walk *walk, gsize *code)
{
  const guint8 *type;

  /* Its number, and a type of one letter: length, letter, NUL. */
  if (!skip (walk, 8, 4))
    return FALSE;
  *code = walk->offset - 4;
  type = walk->bytes + walk->offset - 3;
  return type[0] == 1 && type[2] == '\0' && skip_value (walk, (char) type[1]);
}

static Walk
begin_walk (const guint8 *header, const ScepBusFrame *frame)
{
  gsize fields = get_number (header + OFFSET_FIELDS_LENGTH, frame->big_endian);

  return (Walk){ header, SCEP_BUS_FRAME_FIXED, SCEP_BUS_FRAME_FIXED + fields, frame->big_endian };
}

/**
 * scep_bus_frame_has_plain_header:
 * @header: the bytes of the message up to the body
 * @frame: what scep_bus_frame_measure() said of it
 *
 * Returns: whether each header field is one number or text, as all are that D-Bus
 *   knows
 */
gboolean
scep_bus_frame_has_plain_header (const guint8 *header, const ScepBusFrame *frame)
{
  Walk walk = begin_walk (header, frame);
  gsize code;

  while (walk.offset < walk.end)
    if (!skip_field (&walk, &code))
      return FALSE;
  return TRUE;
}

/* Whether the field at @code, a signature, has a descriptor in it. */
static gboolean
has_handle (const guint8 *header, gsize code)
{
  return header[code] == FIELD_SIGNATURE && header[code + 2] == 'g' &&
         memchr (header + code + VALUE + 1, 'h', header[code + VALUE]) != NULL;
}

static guint
count_needed (const guint8 *header, const ScepBusFrame *frame)
{
  Walk walk = begin_walk (header, frame);
  gsize code;

  if (header[OFFSET_TYPE] == TYPE_SIGNAL)
    return 0;
  while (walk.offset < walk.end && skip_field (&walk, &code))
    if (has_handle (header, code))
      return SCEP_BUS_FRAME_MAX_FDS;
  return 0;
}

/**
 * scep_bus_frame_limit_fds:
 * @header: the bytes of the message up to the body; plain
 * @frame: what scep_bus_frame_measure() said of it
 * @n_fds: how many descriptors came with it
 *
 * Makes a header say that the message has only the descriptors that it can need: none where its
 * signature has no `h`, and none in a signal, else %SCEP_BUS_FRAME_MAX_FDS, the first ones.
 *
 * Returns: how many of them the message keeps
 */
guint
scep_bus_frame_limit_fds (guint8 *header, const ScepBusFrame *frame, guint n_fds)
{
  guint kept = MIN (n_fds, count_needed (header, frame));
  Walk walk = begin_walk (header, frame);
  gsize code;

  while (walk.offset < walk.end && skip_field (&walk, &code)) {
    if (header[code] != FIELD_UNIX_FDS)
      continue;
    if (kept > 0 && header[code + 2] == 'u')
      put_number (header + code + VALUE, kept, frame->big_endian);
    else
      header[code] |= UNKNOWN;
  }
  return kept;
}

/**
 * scep_bus_frame_empty:
 * @header: the bytes of the message up to the body, with room for
 *   %SCEP_BUS_FRAME_MARK more; plain
 * @frame: what scep_bus_frame_measure() said of it
 *
 * Makes of a header that of the same message without a body and descriptors, and
 * adds the field %SCEP_BUS_FRAME_FIELD_EMPTIED.
 *
 * Returns: bytes of the header, which is all of the message
 */
gsize
scep_bus_frame_empty (guint8 *header, const ScepBusFrame *frame)
{
  Walk walk = begin_walk (header, frame);
  guint8 mark[SCEP_BUS_FRAME_MARK] = { SCEP_BUS_FRAME_FIELD_EMPTIED, 1, 'u', '\0' };
  gsize size = frame->header + SCEP_BUS_FRAME_MARK;
  gsize code;

  while (walk.offset < walk.end && skip_field (&walk, &code))
    if (header[code] == FIELD_SIGNATURE || header[code] == FIELD_UNIX_FDS)
      header[code] |= UNKNOWN;
  put_number (mark + 4, (guint32) frame->body, frame->big_endian);
  memcpy (header + frame->header, mark, sizeof mark);
  put_number (header + OFFSET_FIELDS_LENGTH, (guint32) (size - SCEP_BUS_FRAME_FIXED),
              frame->big_endian);
  put_number (header + OFFSET_BODY_LENGTH, 0, frame->big_endian);
  return size;
}
