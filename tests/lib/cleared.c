/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* memmem(); some programs that use it are compiled with it */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "cleared.h"
#include "fortified.h"

#include <string.h>

static GMutex lock;
static GPtrArray *blocks; /* (nullable) (element-type GBytes): what was zeroed, as it was before */

void
explicit_bzero (void *data, size_t length)
{
  volatile guint8 *bytes = data;

  g_mutex_lock (&lock);
  if (blocks != NULL)
    g_ptr_array_add (blocks, g_bytes_new (data, length));
  for (size_t i = 0; i < length; i++)
    bytes[i] = 0;
  g_mutex_unlock (&lock);
}

TEST_FORTIFIED_EXPLICIT_BZERO

/**
 * test_cleared_begin:
 *
 * From here on it counts.
 */
void
test_cleared_begin (void)
{
  g_mutex_lock (&lock);
  g_clear_pointer (&blocks, g_ptr_array_unref);
  blocks = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_mutex_unlock (&lock);
}

/**
 * test_cleared_count:
 *
 * Returns: how many of the blocks that were zeroed since test_cleared_begin() had @data in them
 */
guint
test_cleared_count (gconstpointer data, gsize length)
{
  guint n = 0;

  g_mutex_lock (&lock);
  for (guint i = 0; i < blocks->len; i++) {
    gsize size;
    gconstpointer block = g_bytes_get_data (g_ptr_array_index (blocks, i), &size);

    n += size >= length && memmem (block, size, data, length) != NULL ? 1 : 0;
  }
  g_mutex_unlock (&lock);
  return n;
}
