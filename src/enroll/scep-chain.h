/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "enroll/scep-path.h"

/*
 * What one bundle may cost, whoever made it: nobody is trusted yet when it comes. A
 * certificate is verified once with each issuer that its name fits, and never with the
 * key of somebody who does not chain to the anchor.
 */

/* How many signatures are verified before the bundle is refused. */
#define SCEP_CHAIN_MAX_VERIFICATIONS 256

/* How many certificates may stand above one. Longer chains are a loop that somebody built. */
#define SCEP_CHAIN_MAX_DEPTH 8

/* How many ways from the anchor to one CA are looked at: the shortest ones. */
#define SCEP_CHAIN_MAX_PATHS 8

/**
 * ScepChainRefusal:
 * @certificate: one that names a trusted CA as its issuer
 * @reason: the first thing that is wrong with it
 * @is_signed: the trusted CA did sign it
 * @is_grave: it may have been meant to be used: it is signed, or by nobody else who is
 *   in the bundle
 *
 * A certificate that was left out.
 */
typedef struct {
  ScepCertificate *certificate;
  GError *reason;
  gboolean is_signed;
  gboolean is_grave;
} ScepChainRefusal;

/**
 * ScepChains:
 * @links: (element-type ScepChainLink): everything that chains to the anchor, each
 *   certificate once and by its shortest way; the anchor comes first, an issuer
 *   before what it issued
 * @paths: (element-type ScepChainLink): beside them, other ways to the same
 * @refusals: (element-type ScepChainRefusal): what names one of @links as its issuer
 *   and was left out
 * @refused_ca: (nullable): why the first CA certificate was left out that may have
 *   been meant to be used
 * @refused_leaf: (nullable): the same for the first that is no CA
 * @ignored: certificates that do not chain to the anchor, or were left out
 * @warnings: what the policy has to say
 */
typedef struct {
  GPtrArray *links;
  GPtrArray *paths;
  GPtrArray *refusals;
  GError *refused_ca;
  GError *refused_leaf;
  guint ignored;
  ScepWarnings warnings;
} ScepChains;

ScepChains *scep_chains_build (ScepCertificate *anchor, GPtrArray *certificates, ScepPolicy policy,
                               gint64 now, GError **error);
void scep_chains_free (ScepChains *chains);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScepChains, scep_chains_free)

const ScepChainLink *scep_chains_lookup (ScepChains *chains, const char *fingerprint);
const GError *scep_chains_get_reason (ScepChains *chains, const char *fingerprint);
gboolean scep_chains_has_lower (ScepChains *chains, ScepCertificate *ca);
gboolean scep_chain_link_is_ca (const ScepChainLink *link);
gboolean scep_chain_is_same_ca (ScepCertificate *a, ScepCertificate *b);
gint scep_chain_compare_age (ScepCertificate *a, ScepCertificate *b);
