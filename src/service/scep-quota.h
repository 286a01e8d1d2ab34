/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * ScepQuota:
 *
 * Places that all share, of which nobody may take the last ones from the others. It may be used
 * by several threads.
 */
typedef struct _ScepQuota ScepQuota;

/* Places that somebody has taken. */
typedef struct _ScepQuotaPlaces ScepQuotaPlaces;

ScepQuota *scep_quota_new (guint max_each, guint max_all);
void scep_quota_unref (ScepQuota *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScepQuota, scep_quota_unref)

ScepQuotaPlaces *scep_quota_take (ScepQuota *self, const char *who, guint n_places);
void scep_quota_give_back (ScepQuotaPlaces *places);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScepQuotaPlaces, scep_quota_give_back)

G_END_DECLS
