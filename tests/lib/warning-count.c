/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "warning-count.h"

static gint n_warnings;

static GLogWriterOutput
count (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  if ((level & G_LOG_LEVEL_MASK) != G_LOG_LEVEL_WARNING)
    return g_log_writer_default (level, fields, n_fields, user_data);
  g_atomic_int_inc (&n_warnings);
  return G_LOG_WRITER_HANDLED;
}

/**
 * test_warnings_count:
 *
 * Call it once, before the first test runs.
 */
void
test_warnings_count (void)
{
  g_log_set_writer_func (count, NULL, NULL);
}

/**
 * test_warnings_take:
 *
 * Returns: how many there were since it was last asked
 */
guint
test_warnings_take (void)
{
  return (guint) g_atomic_int_and ((guint *) &n_warnings, 0);
}
