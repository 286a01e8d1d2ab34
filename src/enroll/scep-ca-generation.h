/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "enroll/scep-ca-trust.h"

/**
 * ScepCaHeritage:
 * @record: (nullable): what is trusted so far; %NULL where the settings are
 *   others by now
 * @certificates: (element-type ScepCertificate): what the keystore holds
 * @enrolled: (nullable): the client's certificate
 * @in_flight: there is a request that the CA before may answer
 * @follow: the next CA may become the current one
 *
 * What a new judgement of the CA builds on. All of it is owned.
 */
typedef struct {
  ScepTrustRecord *record;
  GPtrArray *certificates;
  ScepCertificate *enrolled;
  gboolean in_flight;
  gboolean follow;
} ScepCaHeritage;

void scep_ca_heritage_free (ScepCaHeritage *heritage);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScepCaHeritage, scep_ca_heritage_free)

ScepCaTrust *scep_ca_generation_judge (GPtrArray *bundle, const ScepCaTrustQuestion *question,
                                       const ScepCaHeritage *heritage, GError **error);
ScepCaTrust *scep_ca_generation_expect (ScepCaTrust *trust, GPtrArray *next, ScepPolicy policy,
                                        gint64 now, GError **error);
gint64 scep_ca_generation_get_end (ScepCaTrust *trust);
