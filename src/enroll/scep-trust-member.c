/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-trust-member.h"

#define CA_ROLES (SCEP_TRUST_ANCHOR | SCEP_TRUST_INTERMEDIATE | SCEP_TRUST_ISSUING)

/**
 * scep_trust_member_new:
 *
 * Returns: (transfer full): a member without any role
 */
ScepTrustMember *
scep_trust_member_new (ScepCertificate *certificate, ScepProvenance provenance)
{
  ScepTrustMember *member = g_new0 (ScepTrustMember, 1);

  member->certificate = g_object_ref (certificate);
  member->provenance = provenance;
  return member;
}

/**
 * scep_trust_member_free:
 * @member: (transfer full):
 */
void
scep_trust_member_free (ScepTrustMember *member)
{
  g_object_unref (member->certificate);
  g_free (member);
}

/**
 * scep_trust_member_is_ca:
 *
 * An anchor before has no other role than that it was one.
 *
 * Returns: whether it is trusted as a CA
 */
gboolean
scep_trust_member_is_ca (const ScepTrustMember *member)
{
  return (member->roles & CA_ROLES) != 0 || ((member->roles & SCEP_TRUST_PREVIOUS) != 0 &&
                                             scep_certificate_is_ca (member->certificate));
}

/**
 * scep_trust_member_is_current:
 *
 * Returns: whether it is neither of the CA before nor of the next one
 */
gboolean
scep_trust_member_is_current (const ScepTrustMember *member)
{
  return (member->roles & (SCEP_TRUST_PREVIOUS | SCEP_TRUST_PENDING)) == 0;
}
