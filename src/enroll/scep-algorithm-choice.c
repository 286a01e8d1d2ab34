/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-algorithm-choice.h"

static gboolean
has (ScepCapabilities capabilities, ScepCapabilities wanted)
{
  return (capabilities & wanted) != 0;
}

static ScepDigest
choose_digest (ScepCapabilities capabilities, ScepPolicy policy)
{
  if (has (capabilities, SCEP_CAPABILITY_SHA256 | SCEP_CAPABILITY_STANDARD))
    return SCEP_DIGEST_SHA256;
  if (has (capabilities, SCEP_CAPABILITY_SHA512))
    return SCEP_DIGEST_SHA512;
  return policy == SCEP_POLICY_LEGACY ? SCEP_DIGEST_SHA1 : SCEP_DIGEST_SHA256;
}

static ScepCipher
choose_cipher (ScepCapabilities capabilities, ScepPolicy policy)
{
  if (policy != SCEP_POLICY_LEGACY ||
      has (capabilities, SCEP_CAPABILITY_AES | SCEP_CAPABILITY_STANDARD))
    return SCEP_CIPHER_AES128_CBC;
  return SCEP_CIPHER_DES3_CBC;
}

/**
 * scep_algorithm_choose:
 * @capabilities: of the server, as it lists them; nobody vouches for them
 * @policy: the AlgorithmPolicy setting
 *
 * They may raise the choice, never lower it below the policy: who takes words
 * out of the list on the way gets no weaker message for it (RFC 8894 sections
 * 2.9, 3.5.2 and 7.5).
 *
 * Returns: what to send
 */
ScepAlgorithmChoice
scep_algorithm_choose (ScepCapabilities capabilities, ScepPolicy policy)
{
  gboolean can_post = has (capabilities, SCEP_CAPABILITY_POST | SCEP_CAPABILITY_STANDARD);
  gboolean can_renew = has (capabilities, SCEP_CAPABILITY_RENEWAL);

  return (ScepAlgorithmChoice){
    .cipher = choose_cipher (capabilities, policy),
    .digest = choose_digest (capabilities, policy),
    .post = can_post || policy == SCEP_POLICY_STRICT,
    .renewal_type = can_renew ? SCEP_MESSAGE_RENEWAL_REQ : SCEP_MESSAGE_PKCS_REQ,
  };
}
