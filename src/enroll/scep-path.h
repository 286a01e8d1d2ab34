/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec/scep-certificate.h"

/*
 * Certification paths (RFC 5280 section 6.1), one step at a time: what is said here
 * of one certificate under the issuers above it does not depend on what else there is.
 */

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
 * ScepPathRules:
 * @policy: which algorithms will do
 * @now: Unix seconds
 *
 * How paths are judged.
 */
typedef struct {
  ScepPolicy policy;
  gint64 now;
} ScepPathRules;

gboolean scep_path_check_anchor (ScepCertificate *anchor, const ScepPathRules *rules,
                                 ScepWarnings *warnings, GError **error);
gboolean scep_path_check_named (ScepCertificate *certificate, const ScepPathRules *rules,
                                ScepWarnings *warnings, GError **error);
gboolean scep_path_check (ScepCertificate *certificate, const ScepChainLink *issuer,
                          ScepDigest digest, const ScepPathRules *rules, ScepWarnings *warnings,
                          GError **error);
