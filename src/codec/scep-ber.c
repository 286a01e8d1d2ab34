/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-ber.h"

#include "base/scep-error.h"

#include <glib/gi18n-lib.h>
#include <libtasn1.h>

#define MAX_DEPTH 32
#define MAX_ELEMENTS 10000
#define MAX_OID_ARCS 64
#define MAX_TAG_OCTETS 4
#define MAX_LENGTH_OCTETS 4
#define MAX_TRAILING 4

#define TAG_END_OF_CONTENTS 0x00
#define TAG_CONSTRUCTED 0x20
#define TAG_OCTET_STRING 0x04
#define TAG_OID 0x06
#define TAG_UTF8_STRING 0x0c
#define TAG_PRINTABLE_STRING 0x13
#define TAG_IA5_STRING 0x16

/* The tag and length octets of one BER element. */
typedef struct {
  guint8 tag; /* the first tag octet */
  gsize tag_length;
  gsize header_length;
  gsize content_length; /* 0 where indefinite */
  gboolean constructed;
  gboolean indefinite;
} BerHeader;

/* Moves @position behind the tag. */
static gboolean
read_tag (const guint8 *data, gsize length, gsize *position)
{
  gsize p = *position;

  if (p >= length)
    return FALSE;
  if ((data[p++] & 0x1f) == 0x1f) {
    gsize last = p + MAX_TAG_OCTETS;

    while (p < length && p < last && (data[p] & 0x80) != 0)
      p++;
    if (p >= length || p >= last)
      return FALSE;
    p++;
  }
  *position = p;
  return TRUE;
}

static gboolean
read_header (const guint8 *data, gsize length, BerHeader *header)
{
  gsize p = 0;
  gsize content = 0;

  if (!read_tag (data, length, &p) || p >= length)
    return FALSE;
  header->tag_length = p;
  header->tag = data[0];
  header->constructed = (data[0] & TAG_CONSTRUCTED) != 0;
  header->indefinite = data[p] == 0x80;
  if ((data[p] & 0x80) == 0) {
    content = data[p++];
  } else {
    gsize n_octets = data[p++] & 0x7f;

    if (n_octets > MAX_LENGTH_OCTETS || n_octets > length - p)
      return FALSE;
    for (gsize i = 0; i < n_octets; i++)
      content = content << 8 | data[p++];
  }
  header->header_length = p;
  header->content_length = content;
  return content <= length - p && (header->constructed || !header->indefinite);
}

static gboolean
is_end_of_contents (const guint8 *data, gsize length)
{
  return length >= 2 && data[0] == 0 && data[1] == 0;
}

static gboolean
has_few_arcs (const guint8 *data, gsize length)
{
  guint arcs = 1;

  for (gsize i = 0; i < length; i++)
    arcs += (data[i] & 0x80) == 0 ? 1 : 0;
  return arcs <= MAX_OID_ARCS;
}

/* The elements that a walk through BER is inside of. */
typedef struct {
  gsize end[MAX_DEPTH + 1]; /* of a definite one, of an indefinite one's parent */
  gboolean indefinite[MAX_DEPTH + 1];
  guint depth;
  guint n_elements;
} BerWalk;

/* Leaves what ends at @position. */
static gboolean
walk_leave (BerWalk *walk, const guint8 *data, gsize *position)
{
  while (walk->depth > 0) {
    gsize end = walk->end[walk->depth];

    if (walk->indefinite[walk->depth]) {
      if (!is_end_of_contents (data + *position, end - *position))
        return *position < end;
      *position += 2;
    } else if (*position < end) {
      return TRUE;
    }
    walk->depth--;
  }
  return TRUE;
}

static const char *
walk_enter (BerWalk *walk, const guint8 *data, gsize *position)
{
  gsize end = walk->end[walk->depth];
  const guint8 *element = data + *position;
  BerHeader header;

  if (!read_header (element, end - *position, &header))
    return _ ("one of its lengths is wrong");
  if (++walk->n_elements > MAX_ELEMENTS)
    return _ ("it has too many elements");
  /* A parser may take it for an element, and what follows for what it is not. */
  if (header.tag == TAG_END_OF_CONTENTS)
    return _ ("it has an end where nothing began");
  *position += header.header_length;
  if (!header.constructed) {
    if (header.tag == TAG_OID && !has_few_arcs (data + *position, header.content_length))
      return _ ("it has an object identifier that is too long");
    *position += header.content_length;
    return NULL;
  }
  if (walk->depth == MAX_DEPTH)
    return _ ("it has too many levels");
  walk->depth++;
  walk->indefinite[walk->depth] = header.indefinite;
  walk->end[walk->depth] = header.indefinite ? end : *position + header.content_length;
  return NULL;
}

/**
 * scep_ber_measure:
 * @used: (out): the length of the first element of @ber
 *
 * As scep_ber_check_limits().
 *
 * Returns: whether a parser may read it, otherwise with
 *   %SCEP_ERROR_MALFORMED_REPLY
 */
gboolean
scep_ber_measure (GBytes *ber, gsize *used, GError **error)
{
  BerWalk walk = { 0 };
  gsize length;
  const guint8 *data = g_bytes_get_data (ber, &length);
  gsize position = 0;

  walk.end[0] = length;
  do {
    const char *fault = _ ("it has no data");

    if (length > 0 && length <= G_MAXINT / 8)
      fault = walk_enter (&walk, data, &position);
    if (fault == NULL && !walk_leave (&walk, data, &position))
      fault = _ ("it has no end");
    if (fault != NULL) {
      scep_error_set (error, SCEP_ERROR_MALFORMED_REPLY,
                      _ ("The data is not ASN.1 that can be read: %s."), fault);
      return FALSE;
    }
  } while (walk.depth > 0);
  *used = position;
  return TRUE;
}

/**
 * scep_ber_check_limits:
 * @ber: anything that was received
 *
 * Walks through the first element of @ber, without recursion and without
 * memory: at most 32 levels, 10000 elements and 64 arcs of an OBJECT
 * IDENTIFIER, and every length within its parent. What follows the element is
 * not looked at.
 *
 * Returns: whether a parser may read it, otherwise with
 *   %SCEP_ERROR_MALFORMED_REPLY
 */
gboolean
scep_ber_check_limits (GBytes *ber, GError **error)
{
  gsize used;

  return scep_ber_measure (ber, &used, error);
}

/**
 * scep_ber_check_trailing:
 * @data: what follows the one element of an answer
 *
 * The one rule for every answer: a line end, or up to four zeros, as some
 * servers send them, do no harm.
 *
 * Returns: whether it may be dropped, otherwise with
 *   %SCEP_ERROR_MALFORMED_REPLY
 */
gboolean
scep_ber_check_trailing (const guint8 *data, gsize length, GError **error)
{
  gboolean is_padding = length <= MAX_TRAILING;

  for (gsize i = 0; is_padding && i < length; i++)
    is_padding = data[i] == 0 || data[i] == '\r' || data[i] == '\n';
  if (is_padding)
    return TRUE;
  scep_error_set (error, SCEP_ERROR_MALFORMED_REPLY,
                  g_dngettext (GETTEXT_PACKAGE,
                               "The server's answer is followed by %u byte that does not belong "
                               "there.",
                               "The server's answer is followed by %u bytes that do not belong "
                               "there.",
                               length),
                  (guint) length);
  return FALSE;
}

/**
 * scep_ber_strip:
 * @ber: an answer, BER
 *
 * Returns: (transfer full) (nullable): its one element, without what
 *   scep_ber_check_trailing() lets be dropped, or %NULL with
 *   %SCEP_ERROR_MALFORMED_REPLY, as scep_ber_check_limits() too
 */
GBytes *
scep_ber_strip (GBytes *ber, GError **error)
{
  gsize length;
  const guint8 *data = g_bytes_get_data (ber, &length);
  gsize used;

  if (!scep_ber_measure (ber, &used, error) ||
      !scep_ber_check_trailing (data + used, length - used, error))
    return NULL;
  return g_bytes_new_from_bytes (ber, 0, used);
}

/* The type of a string that may come in pieces (X.690 section 8.21), else 0. */
static guint8
get_string_type (guint8 tag)
{
  guint8 type = tag & (guint8) ~TAG_CONSTRUCTED;

  switch (type) {
  case TAG_OCTET_STRING:
  case TAG_UTF8_STRING:
  case TAG_PRINTABLE_STRING:
  case TAG_IA5_STRING:
    return type;
  default:
    return 0;
  }
}

static gsize append_element (GByteArray *der, const guint8 *data, gsize length, guint8 string);

/* As append_element(), without the tag and length. */
static gsize
append_contents (GByteArray *der, const guint8 *data, gsize length, const BerHeader *header,
                 guint8 string)
{
  gsize position = header->header_length;
  gsize end = header->indefinite ? length : position + header->content_length;

  if (!header->constructed) {
    g_byte_array_append (der, data + position, (guint) header->content_length);
    return end;
  }
  while (position < end) {
    gsize used;

    if (header->indefinite && is_end_of_contents (data + position, end - position))
      return position + 2;
    used = append_element (der, data + position, end - position, string);
    if (used == 0)
      return 0;
    position += used;
  }
  return header->indefinite ? 0 : end;
}

/*
 * Appends the element at @data in DER, or as a piece of a @string only its
 * octets. Gives its length in BER, 0 if it is damaged.
 */
static gsize
append_element (GByteArray *der, const guint8 *data, gsize length, guint8 string)
{
  g_autoptr (GByteArray) contents = NULL;
  guint8 octets[ASN1_MAX_LENGTH_SIZE];
  int n_octets = 0;
  BerHeader header;
  guint8 type;
  guint start = der->len;
  gsize used;

  if (!read_header (data, length, &header))
    return 0;
  type = get_string_type (header.tag);
  if (string != 0 && type != TAG_OCTET_STRING && type != string)
    return 0;
  if (string != 0)
    return append_contents (der, data, length, &header, string);

  contents = g_byte_array_new ();
  used = append_contents (contents, data, length, &header, type);
  asn1_length_der (contents->len, octets, &n_octets);
  g_byte_array_append (der, data, (guint) header.tag_length);
  if (type != 0)
    der->data[start] = type;
  g_byte_array_append (der, octets, (guint) n_octets);
  g_byte_array_append (der, contents->data, contents->len);
  return used;
}

/**
 * scep_ber_to_der:
 * @ber: one element, anything behind it
 *
 * Writes BER anew with definite and shortest lengths and with strings in one
 * piece: libtasn1 reads the other forms only in some places. Two things remain
 * as they are: the order in a SET, and a string with a tag of its own
 * ("[0] IMPLICIT OCTET STRING"), which only its reader knows to be one. What
 * follows the element is copied.
 *
 * Returns: (transfer full) (nullable): the same in DER, or %NULL with
 *   %SCEP_ERROR_MALFORMED_REPLY, as scep_ber_check_limits() or for a string
 *   with something else in it
 */
GBytes *
scep_ber_to_der (GBytes *ber, GError **error)
{
  g_autoptr (GByteArray) der = g_byte_array_new ();
  gsize length;
  const guint8 *data = g_bytes_get_data (ber, &length);
  gsize used;

  if (!scep_ber_check_limits (ber, error))
    return NULL;
  used = append_element (der, data, length, FALSE);
  if (used == 0) {
    scep_error_set (error, SCEP_ERROR_MALFORMED_REPLY,
                    _ ("The data is not ASN.1 that can be read: it has a malformed string."));
    return NULL;
  }
  g_byte_array_append (der, data + used, (guint) (length - used));
  return g_byte_array_free_to_bytes (g_steal_pointer (&der));
}
