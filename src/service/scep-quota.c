/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-quota.h"

struct _ScepQuota {
  guint max_each;
  guint max_all;
  GMutex mutex;
  GHashTable *taken; /* (owned) (element-type utf8 guint): by whom */
  guint n_taken;     /* by all */
};

struct _ScepQuotaPlaces {
  ScepQuota *quota; /* (owned) */
  char *who;        /* (owned) */
  guint n_places;
};

/**
 * scep_quota_new:
 * @max_each: places for one
 * @max_all: places for all together
 *
 * Returns: (transfer full): a quota of which nothing is taken
 */
ScepQuota *
scep_quota_new (guint max_each, guint max_all)
{
  ScepQuota *self = g_atomic_rc_box_new0 (ScepQuota);

  self->max_each = max_each;
  self->max_all = max_all;
  g_mutex_init (&self->mutex);
  self->taken = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return self;
}

static void
scep_quota_clear (gpointer data)
{
  ScepQuota *self = data;

  g_hash_table_unref (self->taken);
  g_mutex_clear (&self->mutex);
}

void
scep_quota_unref (ScepQuota *self)
{
  g_atomic_rc_box_release_full (self, scep_quota_clear);
}

static guint
taken_by (ScepQuota *self, const char *who)
{
  return GPOINTER_TO_UINT (g_hash_table_lookup (self->taken, who));
}

static gboolean
fits (ScepQuota *self, const char *who, guint n_places)
{
  guint taken = taken_by (self, who);

  if (taken == 0)
    return self->n_taken + n_places <= self->max_all;
  return taken + n_places <= self->max_each && self->n_taken + n_places <= self->max_all / 2;
}

static void
set_taken (ScepQuota *self, const char *who, guint taken)
{
  if (taken == 0)
    g_hash_table_remove (self->taken, who);
  else
    g_hash_table_insert (self->taken, g_strdup (who), GUINT_TO_POINTER (taken));
}

/**
 * scep_quota_take:
 * @who: whose places they become
 * @n_places: how many, at least one
 *
 * Takes places, unless @who or all together have too many. Who has none gets them while any are
 * left, whatever @n_places is; more than one only while half of all are free. So a few who want
 * all there is leave enough for the others.
 *
 * Returns: (transfer full) (nullable): the places, for scep_quota_give_back()
 */
ScepQuotaPlaces *
scep_quota_take (ScepQuota *self, const char *who, guint n_places)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&self->mutex);
  ScepQuotaPlaces *places;

  if (!fits (self, who, n_places))
    return NULL;
  set_taken (self, who, taken_by (self, who) + n_places);
  self->n_taken += n_places;
  places = g_new (ScepQuotaPlaces, 1);
  places->quota = g_atomic_rc_box_acquire (self);
  places->who = g_strdup (who);
  places->n_places = n_places;
  return places;
}

/**
 * scep_quota_give_back:
 * @places: (transfer full): they are free again
 */
void
scep_quota_give_back (ScepQuotaPlaces *places)
{
  ScepQuota *self = places->quota;

  g_mutex_lock (&self->mutex);
  set_taken (self, places->who, taken_by (self, places->who) - places->n_places);
  self->n_taken -= places->n_places;
  g_mutex_unlock (&self->mutex);
  g_free (places->who);
  g_free (places);
  scep_quota_unref (self);
}
