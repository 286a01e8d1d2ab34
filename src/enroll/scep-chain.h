/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "enroll/scep-path.h"

/* How many signatures of strangers are verified before we give up. */
#define SCEP_CHAIN_MAX_VERIFICATIONS 256

/**
 * ScepChains:
 * @links: (element-type ScepChainLink): everything that chains to the anchor,
 *   which comes first; an issuer comes before what it issued
 * @refused_ca: (nullable): why the first CA certificate was left out that does
 *   chain to the anchor
 * @refused_leaf: (nullable): the same for the first that is no CA
 * @ignored: certificates that do not chain to the anchor, or were left out
 * @warnings: what the policy has to say
 */
typedef struct {
  GPtrArray *links;
  GError *refused_ca;
  GError *refused_leaf;
  guint ignored;
  ScepWarnings warnings;
} ScepChains;

ScepChains *scep_chains_build (ScepCertificate *anchor, GPtrArray *certificates, ScepPolicy policy,
                               gint64 now, GError **error);
void scep_chains_free (ScepChains *chains);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScepChains, scep_chains_free)

gboolean scep_chain_issues (ScepChains *chains, ScepChainLink *issuer);
