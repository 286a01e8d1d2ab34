/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-renewal.h"

#include "base/scep-error.h"

static const struct {
  const char *name;
  ScepMessageType type;
  gboolean is_signed; /* with the certificate there is */
  gboolean has_challenge;
} ways[] = {
  [SCEP_RENEWAL_SIGNED] = { "renewal", SCEP_MESSAGE_RENEWAL_REQ, TRUE, FALSE },
  [SCEP_RENEWAL_SIGNED_CHALLENGE] = { "renewal-challenge", SCEP_MESSAGE_RENEWAL_REQ, TRUE, TRUE },
  [SCEP_RENEWAL_PKCS] = { "pkcs", SCEP_MESSAGE_PKCS_REQ, TRUE, FALSE },
  [SCEP_RENEWAL_PKCS_CHALLENGE] = { "pkcs-challenge", SCEP_MESSAGE_PKCS_REQ, TRUE, TRUE },
  [SCEP_RENEWAL_ENROLL] = { "enroll", SCEP_MESSAGE_PKCS_REQ, FALSE, TRUE },
};
G_STATIC_ASSERT (G_N_ELEMENTS (ways) == SCEP_N_RENEWAL_WAYS);

/**
 * scep_renewal_way_get_name:
 *
 * Returns: (transfer none): a word for the history
 */
const char *
scep_renewal_way_get_name (ScepRenewalWay way)
{
  return ways[way].name;
}

/**
 * scep_renewal_way_get_message_type:
 *
 * Returns: what begins it (RFC 8894 section 3.2.1.2)
 */
ScepMessageType
scep_renewal_way_get_message_type (ScepRenewalWay way)
{
  return ways[way].type;
}

/**
 * scep_renewal_way_is_signed:
 *
 * Returns: whether the certificate there is signs the messages, so that its
 *   key opens the reply (RFC 8894 section 2.3); else a self-signed one does
 */
gboolean
scep_renewal_way_is_signed (ScepRenewalWay way)
{
  return ways[way].is_signed;
}

/**
 * scep_renewal_way_has_challenge:
 *
 * Returns: whether the request carries the challenge, where there is one
 */
gboolean
scep_renewal_way_has_challenge (ScepRenewalWay way)
{
  return ways[way].has_challenge;
}

/**
 * scep_renewal_way_of:
 * @type: what began the transaction
 * @is_signed: whether the certificate there was signs its messages
 * @has_challenge: whether the request carries the challenge
 *
 * Returns: the way that the transaction goes
 */
ScepRenewalWay
scep_renewal_way_of (ScepMessageType type, gboolean is_signed, gboolean has_challenge)
{
  if (!is_signed)
    return SCEP_RENEWAL_ENROLL;
  if (type == SCEP_MESSAGE_RENEWAL_REQ)
    return has_challenge ? SCEP_RENEWAL_SIGNED_CHALLENGE : SCEP_RENEWAL_SIGNED;
  return has_challenge ? SCEP_RENEWAL_PKCS_CHALLENGE : SCEP_RENEWAL_PKCS;
}

static gboolean
is_open (const ScepRenewalQuestion *question, ScepRenewalWay way)
{
  gboolean always =
      question->sends_challenge == SCEP_RENEWAL_CHALLENGE_ALWAYS && question->has_challenge;
  gboolean never = question->sends_challenge == SCEP_RENEWAL_CHALLENGE_NEVER;

  if (ways[way].type == SCEP_MESSAGE_RENEWAL_REQ && !question->can_renew)
    return FALSE;
  /* With an expired certificate it is no renewal any more. */
  if (way == SCEP_RENEWAL_ENROLL)
    return question->expired || (question->has_challenge && !never);
  if (way == SCEP_RENEWAL_PKCS_CHALLENGE)
    return always;
  return ways[way].has_challenge ? question->has_challenge && !never : !always;
}

/* Some CAs refuse what an expired certificate signs, others lock the device out for it. */
static gboolean
is_first (const ScepRenewalQuestion *question, ScepRenewalWay way)
{
  if (question->expired)
    return way == SCEP_RENEWAL_ENROLL && question->has_challenge;
  return g_strcmp0 (question->learned, ways[way].name) == 0;
}

/**
 * scep_renewal_list_ways:
 * @question: what there is to choose from
 * @list: (out): the ways to be tried in one attempt, the first first
 *
 * RenewalReq where the server says that it knows it, else PKCSReq signed with
 * the certificate there is, at last PKCSReq with the challenge; what worked the
 * last time comes before all of them. RFC 8894 section 2.4 would leave the
 * challenge out, but there are servers that want it.
 *
 * Returns: how many there are, at least one
 */
guint
scep_renewal_list_ways (const ScepRenewalQuestion *question,
                        ScepRenewalWay list[SCEP_N_RENEWAL_WAYS])
{
  guint n = 0;

  for (guint first = 0; first < 2; first++) {
    for (guint way = 0; way < SCEP_N_RENEWAL_WAYS; way++) {
      if (is_open (question, way) && is_first (question, way) == (first == 0))
        list[n++] = way;
    }
  }
  return n;
}

/**
 * scep_renewal_may_go_on:
 * @error: what came of one way
 *
 * Returns: whether another way may do better: the server answered, and what it
 *   answered is about the request
 */
gboolean
scep_renewal_may_go_on (const GError *error)
{
  switch ((guint) error->code) {
  case SCEP_ERROR_BAD_ALG:
  case SCEP_ERROR_BAD_MESSAGE_CHECK:
  case SCEP_ERROR_BAD_REQUEST:
  case SCEP_ERROR_BAD_CERT_ID:
  case SCEP_ERROR_REJECTED_OTHER:
  case SCEP_ERROR_HTTP_STATUS:
  case SCEP_ERROR_MALFORMED_REPLY:
  case SCEP_ERROR_CERTIFICATE_MISMATCH:
  case SCEP_ERROR_DECRYPT_FAILED:
    return error->domain == SCEP_ERROR;
  default:
    return FALSE;
  }
}
