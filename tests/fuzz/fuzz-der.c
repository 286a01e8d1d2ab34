/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz-der.h"

#include <libtasn1.h>

#define TAG_OID 0x06
#define TAG_OCTET_STRING 0x04
#define TAG_SEQUENCE 0x30
#define TAG_CONTEXT_0 0x80
#define TAG_CONSTRUCTED 0x20

#define MAX_DEPTH 24
#define MAX_OID_LENGTH 128

static FuzzDer *
der_new (guint8 tag)
{
  FuzzDer *self = g_new0 (FuzzDer, 1);

  self->tag = tag;
  return self;
}

void
fuzz_der_free (FuzzDer *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->children, g_ptr_array_unref);
  g_clear_pointer (&self->content, g_bytes_unref);
  g_free (self);
}

/* Where the content of the first element begins and ends; tags are of one octet. */
static gboolean
read_header (const guint8 *data, gsize size, gsize *begin, gsize *end)
{
  gsize length;
  gsize n_octets = 0;

  if (size < 2 || data[1] == 0x80)
    return FALSE;
  length = data[1];
  if (data[1] > 0x80) {
    n_octets = data[1] & 0x7f;
    if (n_octets > 4 || size < 2 + n_octets)
      return FALSE;
    length = 0;
    for (gsize i = 0; i < n_octets; i++)
      length = length << 8 | data[2 + i];
  }
  *begin = 2 + n_octets;
  *end = *begin + length;
  return length <= size - *begin;
}

static FuzzDer *parse_element (GBytes *der, guint depth, gsize *used);

/* %NULL unless @content is elements from its first octet to its last. */
static GPtrArray *
parse_children (GBytes *content, guint depth)
{
  g_autoptr (GPtrArray) children = g_ptr_array_new_with_free_func ((GDestroyNotify) fuzz_der_free);
  gsize size = g_bytes_get_size (content);
  gsize used;

  for (gsize position = 0; position < size; position += used) {
    g_autoptr (GBytes) rest = g_bytes_new_from_bytes (content, position, size - position);
    FuzzDer *child = parse_element (rest, depth, &used);

    if (child == NULL)
      return NULL;
    g_ptr_array_add (children, child);
  }
  return g_steal_pointer (&children);
}

static gboolean
may_have_children (guint8 tag, GBytes *content)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (content, &size);

  if ((tag & TAG_CONSTRUCTED) != 0)
    return TRUE;
  return (tag == TAG_OCTET_STRING || tag == TAG_CONTEXT_0) && size > 2 && data[0] == TAG_SEQUENCE;
}

static FuzzDer *
parse_element (GBytes *der, guint depth, gsize *used)
{
  gsize size, begin;
  const guint8 *data = g_bytes_get_data (der, &size);
  FuzzDer *self;

  if (!read_header (data, size, &begin, used))
    return NULL;
  self = der_new (data[0]);
  self->content = g_bytes_new_from_bytes (der, begin, *used - begin);
  if (depth < MAX_DEPTH && may_have_children (self->tag, self->content))
    self->children = parse_children (self->content, depth + 1);
  if (self->children != NULL)
    g_clear_pointer (&self->content, g_bytes_unref);
  return self;
}

/**
 * fuzz_der_parse:
 * @der: one element; what follows it is lost
 *
 * Returns: (transfer full) (nullable): the element
 */
FuzzDer *
fuzz_der_parse (GBytes *der)
{
  gsize used;

  return parse_element (der, 0, &used);
}

/**
 * fuzz_der_copy:
 *
 * Returns: (transfer full): the same once more
 */
FuzzDer *
fuzz_der_copy (const FuzzDer *self)
{
  FuzzDer *copy = der_new (self->tag);

  if (self->content != NULL)
    copy->content = g_bytes_ref (self->content);
  if (self->children != NULL)
    copy->children = g_ptr_array_new_with_free_func ((GDestroyNotify) fuzz_der_free);
  for (guint i = 0; self->children != NULL && i < self->children->len; i++)
    g_ptr_array_add (copy->children, fuzz_der_copy (g_ptr_array_index (self->children, i)));
  return copy;
}

static void
append (GByteArray *array, GBytes *bytes)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  g_byte_array_append (array, data, (guint) size);
}

/**
 * fuzz_der_encode_content:
 *
 * Returns: (transfer full): what stands behind tag and length
 */
GBytes *
fuzz_der_encode_content (const FuzzDer *self)
{
  g_autoptr (GByteArray) content = g_byte_array_new ();

  if (self->children == NULL)
    return g_bytes_ref (self->content);
  for (guint i = 0; i < self->children->len; i++) {
    g_autoptr (GBytes) child = fuzz_der_encode (g_ptr_array_index (self->children, i));

    append (content, child);
  }
  return g_byte_array_free_to_bytes (g_steal_pointer (&content));
}

/**
 * fuzz_der_encode:
 *
 * Returns: (transfer full): the element
 */
GBytes *
fuzz_der_encode (const FuzzDer *self)
{
  g_autoptr (GBytes) content = fuzz_der_encode_content (self);
  g_autoptr (GByteArray) der = g_byte_array_new ();
  guint8 octets[ASN1_MAX_LENGTH_SIZE];
  int n_octets = 0;

  asn1_length_der (g_bytes_get_size (content), octets, &n_octets);
  g_byte_array_append (der, &self->tag, 1);
  g_byte_array_append (der, octets, (guint) n_octets);
  append (der, content);
  return g_byte_array_free_to_bytes (g_steal_pointer (&der));
}

/**
 * fuzz_der_set_content:
 *
 * Puts octets in the place of what is in @self.
 */
void
fuzz_der_set_content (FuzzDer *self, GBytes *content)
{
  g_bytes_ref (content);
  g_clear_pointer (&self->content, g_bytes_unref);
  g_clear_pointer (&self->children, g_ptr_array_unref);
  self->content = content;
}

/**
 * fuzz_der_child:
 * @self: (nullable):
 * @number: from 0 on
 *
 * Returns: (transfer none) (nullable): one of its children
 */
FuzzDer *
fuzz_der_child (const FuzzDer *self, guint number)
{
  if (self == NULL || self->children == NULL || number >= self->children->len)
    return NULL;
  return g_ptr_array_index (self->children, number);
}

/**
 * fuzz_der_last:
 * @self: (nullable):
 *
 * Returns: (transfer none) (nullable): its last child
 */
FuzzDer *
fuzz_der_last (const FuzzDer *self)
{
  if (self == NULL || self->children == NULL)
    return NULL;
  return fuzz_der_child (self, self->children->len - 1);
}

/**
 * fuzz_der_find:
 * @self: (nullable):
 *
 * Returns: (transfer none) (nullable): its first child with @tag
 */
FuzzDer *
fuzz_der_find (const FuzzDer *self, guint8 tag)
{
  for (guint i = 0; fuzz_der_child (self, i) != NULL; i++) {
    if (fuzz_der_child (self, i)->tag == tag)
      return fuzz_der_child (self, i);
  }
  return NULL;
}

/**
 * fuzz_der_dup_oid:
 * @self: (nullable): an AlgorithmIdentifier, an Attribute
 *
 * Returns: (transfer full) (nullable): the OBJECT IDENTIFIER that it begins with
 */
char *
fuzz_der_dup_oid (const FuzzDer *self)
{
  const FuzzDer *type = fuzz_der_child (self, 0);
  g_autoptr (GBytes) der = NULL;
  char oid[MAX_OID_LENGTH];
  gsize size;
  const guint8 *data;
  int used;

  if (type == NULL || type->tag != TAG_OID || type->content == NULL)
    return NULL;
  data = g_bytes_get_data (type->content, &size);
  der = fuzz_der_encode (type);
  data = g_bytes_get_data (der, &size);
  /* With the length in front, without the tag. */
  if (asn1_get_object_id_der (data + 1, (int) size - 1, &used, oid, sizeof oid) != ASN1_SUCCESS)
    return NULL;
  return g_strdup (oid);
}
