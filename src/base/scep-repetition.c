/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-repetition.h"

/* Different texts that are remembered; a profile has few things to say. */
#define MAX_TEXTS 16

struct _ScepRepetition {
  gint64 period;
  GHashTable *said; /* (owned) (element-type utf8 gint64): when */
};

/**
 * scep_repetition_new:
 * @period: seconds after which the same is news again
 *
 * Returns: (transfer full): with nothing said yet
 */
ScepRepetition *
scep_repetition_new (gint64 period)
{
  ScepRepetition *self = g_new0 (ScepRepetition, 1);

  self->period = period;
  self->said = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return self;
}

/**
 * scep_repetition_free:
 * @self: (transfer full):
 */
void
scep_repetition_free (ScepRepetition *self)
{
  g_hash_table_unref (self->said);
  g_free (self);
}

/* A time in the future was read from another clock. */
static gboolean
is_recent (ScepRepetition *self, gint64 time, gint64 now)
{
  return time <= now && now - time < self->period;
}

static void
forget_old (ScepRepetition *self, gint64 now)
{
  GHashTableIter iter;
  gpointer time;

  g_hash_table_iter_init (&iter, self->said);
  while (g_hash_table_iter_next (&iter, NULL, &time)) {
    if (!is_recent (self, *(gint64 *) time, now))
      g_hash_table_iter_remove (&iter);
  }
  if (g_hash_table_size (self->said) >= MAX_TEXTS)
    g_hash_table_remove_all (self->said);
}

/**
 * scep_repetition_is_news:
 * @now: seconds
 *
 * Returns: whether @text is to be said, because it was not lately; then it was now
 */
gboolean
scep_repetition_is_news (ScepRepetition *self, const char *text, gint64 now)
{
  gint64 *time = g_hash_table_lookup (self->said, text);

  if (time != NULL && is_recent (self, *time, now))
    return FALSE;
  forget_old (self, now);
  time = g_new (gint64, 1);
  *time = now;
  g_hash_table_insert (self->said, g_strdup (text), time);
  return TRUE;
}
