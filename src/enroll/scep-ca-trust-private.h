/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "enroll/scep-ca-trust.h"
#include "enroll/scep-chain.h"
#include "enroll/scep-trust-member.h"

/* What the files that make up ScepCaTrust share. */

struct _ScepCaTrust {
  GPtrArray *members;      /* (element-type ScepTrustMember) (owned): the anchor first */
  GPtrArray *certificates; /* (element-type ScepCertificate) (owned): the same */
  GPtrArray *signers;      /* (element-type ScepCertificate) (owned) */
  ScepCertificate *anchor;
  ScepCertificate *issuing_ca;
  ScepCertificate *recipient;
  ScepWarnings warnings;
};

ScepCaTrust *scep_ca_trust_new_empty (void);
ScepTrustMember *scep_ca_trust_add (ScepCaTrust *trust, ScepCertificate *certificate,
                                    ScepProvenance provenance);
void scep_ca_roles_find_upper (ScepCaTrust *trust, ScepChains *chains);
gboolean scep_ca_roles_assign (ScepCaTrust *trust, ScepChains *chains, const char *ra_pin);
void scep_ca_trust_index_from (ScepCaTrust *trust, guint first);
gboolean scep_ca_bundle_check_size (GPtrArray *bundle, const char *host, GError **error);
ScepCertificate *scep_ca_bundle_find_shown (GPtrArray *bundle);
ScepCertificate *scep_ca_bundle_lookup (GPtrArray *bundle, const char *fingerprint);
