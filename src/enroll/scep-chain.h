/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec/scep-certificate.h"

/* How many signatures of strangers are verified before we give up. */
#define SCEP_CHAIN_MAX_VERIFICATIONS 256

/* How far ahead a notBefore may lie: clocks differ. */
#define SCEP_CHAIN_MAX_AHEAD (10 * 60)

/**
 * ScepChainLink:
 * @certificate: one certificate
 * @issuer: (nullable): the link that issued it; %NULL for the anchor
 *
 * A certificate that chains to the anchor.
 */
typedef struct _ScepChainLink ScepChainLink;
struct _ScepChainLink {
  ScepCertificate *certificate;
  ScepChainLink *issuer;
};

guint scep_chain_link_get_depth (const ScepChainLink *link);

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
