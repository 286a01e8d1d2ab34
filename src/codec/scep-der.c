/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-der.h"

#define MAX_LENGTH_OCTETS 4

/**
 * scep_der_reader_init:
 *
 * Reads @source from its beginning; it is borrowed.
 */
void
scep_der_reader_init (ScepDerReader *reader, GBytes *source)
{
  *reader = (ScepDerReader){ .source = source, .end = g_bytes_get_size (source) };
}

/**
 * scep_der_reader_is_at_end:
 *
 * Returns: whether there is nothing left
 */
gboolean
scep_der_reader_is_at_end (const ScepDerReader *reader)
{
  return reader->position == reader->end;
}

/**
 * scep_der_reader_peek:
 *
 * Returns: the tag of the next element, 0 at the end
 */
guint8
scep_der_reader_peek (const ScepDerReader *reader)
{
  const guint8 *data = g_bytes_get_data (reader->source, NULL);

  return scep_der_reader_is_at_end (reader) ? 0 : data[reader->position];
}

/**
 * scep_der_reader_enter:
 * @tag: that the next element must have
 * @inside: (out): reads its contents
 *
 * Returns: whether there is such an element; the reader is then behind it, else
 *   where it was
 */
gboolean
scep_der_reader_enter (ScepDerReader *reader, guint8 tag, ScepDerReader *inside)
{
  const guint8 *data = g_bytes_get_data (reader->source, NULL);
  gsize p = reader->position;
  gsize length;

  if (reader->end - p < 2 || data[p] != tag || (tag & 0x1f) == 0x1f)
    return FALSE;
  length = data[p + 1];
  p += 2;
  if ((length & 0x80) != 0) {
    gsize n_octets = length & 0x7f;

    if (n_octets == 0 || n_octets > MAX_LENGTH_OCTETS || n_octets > reader->end - p)
      return FALSE;
    for (length = 0; n_octets > 0; n_octets--)
      length = length << 8 | data[p++];
  }
  if (length > reader->end - p)
    return FALSE;
  *inside = (ScepDerReader){ .source = reader->source, .position = p, .end = p + length };
  reader->position = p + length;
  return TRUE;
}

/**
 * scep_der_reader_skip:
 *
 * Returns: whether there was an element with @tag; the reader is then behind it
 */
gboolean
scep_der_reader_skip (ScepDerReader *reader, guint8 tag)
{
  ScepDerReader inside;

  return scep_der_reader_enter (reader, tag, &inside);
}

/**
 * scep_der_reader_take:
 *
 * Returns: (transfer full) (nullable): the next element as it stands, or %NULL
 *   if it has not @tag
 */
GBytes *
scep_der_reader_take (ScepDerReader *reader, guint8 tag)
{
  gsize start = reader->position;

  if (!scep_der_reader_skip (reader, tag))
    return NULL;
  return g_bytes_new_from_bytes (reader->source, start, reader->position - start);
}

/**
 * scep_der_reader_take_content:
 *
 * Returns: (transfer full) (nullable): the contents of the next element, or
 *   %NULL if it has not @tag
 */
GBytes *
scep_der_reader_take_content (ScepDerReader *reader, guint8 tag)
{
  ScepDerReader inside;

  if (!scep_der_reader_enter (reader, tag, &inside))
    return NULL;
  return g_bytes_new_from_bytes (inside.source, inside.position, inside.end - inside.position);
}
