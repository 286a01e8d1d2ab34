/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How libFuzzer changes DER: one element of it, and the lengths around it fit
 * again. Without this few inputs get past the first length that is wrong.
 */
#include "fuzz-der.h"

#include <string.h>

/* Of libFuzzer; it has no header for them. */
gsize LLVMFuzzerMutate (guint8 *data, gsize size, gsize max_size);
gsize LLVMFuzzerCustomMutator (guint8 *data, gsize size, gsize max_size, guint seed);

#define MAX_GROWTH 64

/* An element and where it stands. */
typedef struct {
  FuzzDer *parent;
  guint number;
} Place;

static void
list_places (FuzzDer *self, GArray *places)
{
  for (guint i = 0; fuzz_der_child (self, i) != NULL; i++) {
    Place place = { self, i };

    g_array_append_val (places, place);
    list_places (fuzz_der_child (self, i), places);
  }
}

static void
mutate_content (FuzzDer *self)
{
  g_autoptr (GBytes) old = fuzz_der_encode_content (self);
  gsize size = g_bytes_get_size (old);
  guint8 *buffer = g_malloc (size + MAX_GROWTH);
  g_autoptr (GBytes) mutated = NULL;

  if (size > 0)
    memcpy (buffer, g_bytes_get_data (old, NULL), size);
  size = LLVMFuzzerMutate (buffer, size, size + MAX_GROWTH);
  mutated = g_bytes_new_take (buffer, size);
  fuzz_der_set_content (self, mutated);
}

static void
mutate_place (const Place *place, const Place *other, guint choice)
{
  GPtrArray *siblings = place->parent->children;
  FuzzDer *self = fuzz_der_child (place->parent, place->number);
  FuzzDer *copy = fuzz_der_copy (fuzz_der_child (other->parent, other->number));

  switch (choice) {
  case 0:
    g_ptr_array_remove_index (siblings, place->number);
    break;
  case 1:
    g_ptr_array_insert (siblings, (gint) place->number, g_steal_pointer (&copy));
    break;
  case 2:
    g_ptr_array_insert (siblings, (gint) place->number, fuzz_der_copy (self));
    break;
  case 3:
    g_ptr_array_remove_index (siblings, place->number);
    g_ptr_array_insert (siblings, (gint) place->number, g_steal_pointer (&copy));
    break;
  case 4:
    LLVMFuzzerMutate (&self->tag, 1, 1);
    break;
  default:
    mutate_content (self);
    break;
  }
  fuzz_der_free (copy);
}

static GBytes *
mutate_tree (GBytes *der, guint seed)
{
  g_autoptr (FuzzDer) root = fuzz_der_parse (der);
  g_autoptr (GArray) places = g_array_new (FALSE, FALSE, sizeof (Place));
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);
  guint place, other;

  if (root != NULL)
    list_places (root, places);
  if (places->len == 0)
    return NULL;
  place = (guint) g_rand_int_range (random, 0, (gint32) places->len);
  other = (guint) g_rand_int_range (random, 0, (gint32) places->len);
  mutate_place (&g_array_index (places, Place, place), &g_array_index (places, Place, other),
                (guint) g_rand_int_range (random, 0, 12));
  return fuzz_der_encode (root);
}

/* libFuzzer calls it in the place of its own mutations; one in eight is still such a one. */
gsize
LLVMFuzzerCustomMutator (guint8 *data, gsize size, gsize max_size, guint seed)
{
  g_autoptr (GBytes) der = g_bytes_new (data, size);
  g_autoptr (GBytes) mutated = seed % 8 != 0 ? mutate_tree (der, seed) : NULL;
  gsize length = mutated != NULL ? g_bytes_get_size (mutated) : 0;

  if (length == 0 || length > max_size)
    return LLVMFuzzerMutate (data, size, max_size);
  memcpy (data, g_bytes_get_data (mutated, NULL), length);
  return length;
}
