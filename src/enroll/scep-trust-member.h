/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec/scep-certificate.h"
#include "enroll/scep-trust-record.h"

/**
 * ScepTrustMember:
 * @certificate: (owned):
 * @roles: what it is trusted for
 * @provenance: why
 * @is_upper: whether a CA of its name issued another of the CAs
 *
 * One certificate of a #ScepCaTrust, which fills in what is known of it.
 */
typedef struct {
  ScepCertificate *certificate;
  ScepTrustRoles roles;
  ScepProvenance provenance;
  gboolean is_upper;
} ScepTrustMember;

ScepTrustMember *scep_trust_member_new (ScepCertificate *certificate, ScepProvenance provenance);
void scep_trust_member_free (ScepTrustMember *member);

gboolean scep_trust_member_is_ca (const ScepTrustMember *member);
gboolean scep_trust_member_is_current (const ScepTrustMember *member);
