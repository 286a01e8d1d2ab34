/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "enroll/scep-profile-files.h"

/**
 * ScepSaved:
 * @record: (nullable): whom the profile trusts
 * @transaction: (nullable): what is in flight
 * @history: (nullable): what happened; %NULL where it begins anew
 * @reset_pending: whether a Reset was interrupted
 *
 * What the last run of the driver left on disk. All of it is owned.
 */
typedef struct {
  ScepTrustRecord *record;
  ScepTransaction *transaction;
  ScepHistory *history;
  gboolean reset_pending;
} ScepSaved;

ScepSaved *scep_saved_read (ScepProfileFiles *files, GError **error);
void scep_saved_free (ScepSaved *saved);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScepSaved, scep_saved_free)
