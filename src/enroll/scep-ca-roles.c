/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-ca-trust-private.h"

#define KU_SIGN GNUTLS_KEY_DIGITAL_SIGNATURE
#define KU_ENCRYPT (GNUTLS_KEY_KEY_ENCIPHERMENT | GNUTLS_KEY_DATA_ENCIPHERMENT)

/* To whom requests are encrypted: of the first of these that there are, all. A CA below which
 * there is another one is written to when nobody else is left. */
typedef enum {
  RECEIVER_RA,
  RECEIVER_CA,
  RECEIVER_UNUSUAL_RA, /* its key usage says something else, which refuses nobody */
  RECEIVER_UNUSUAL_CA,
  RECEIVER_UPPER_CA,
  RECEIVER_UNUSUAL_UPPER_CA,
  N_RECEIVERS, /* none */
} Receiver;

static gboolean
may (ScepCertificate *certificate, guint usages)
{
  guint usage;

  return !scep_certificate_get_key_usage (certificate, &usage) || (usage & usages) != 0;
}

static gboolean
is_self_signed (ScepCertificate *certificate)
{
  ScepDigest digest;

  return scep_certificate_is_issued_by (certificate, certificate, &digest, NULL);
}

/* Of several certificates of one CA the server has rather its own than what another signed. */
static gboolean
stands_for (ScepCertificate *certificate, ScepCertificate *other)
{
  gboolean is_own = is_self_signed (certificate);

  if (is_own != is_self_signed (other))
    return is_own;
  return scep_chain_compare_age (certificate, other) < 0;
}

/* The CA certificate that stands for @certificate: itself, or another one of the same CA. */
static ScepTrustMember *
find_representative (ScepCaTrust *trust, ScepCertificate *certificate)
{
  ScepTrustMember *best = NULL;

  for (guint i = 0; i < trust->members->len; i++) {
    ScepTrustMember *member = g_ptr_array_index (trust->members, i);

    if (scep_trust_member_is_current (member) && scep_trust_member_is_ca (member) &&
        scep_chain_is_same_ca (member->certificate, certificate) &&
        (best == NULL || stands_for (member->certificate, best->certificate)))
      best = member;
  }
  return best;
}

static Receiver
classify (ScepCaTrust *trust, const ScepTrustMember *member)
{
  gboolean may_encrypt = may (member->certificate, KU_ENCRYPT);

  if (!scep_trust_member_is_current (member) || !scep_certificate_is_rsa (member->certificate))
    return N_RECEIVERS;
  if (!scep_trust_member_is_ca (member))
    return may_encrypt ? RECEIVER_RA : RECEIVER_UNUSUAL_RA;
  if (find_representative (trust, member->certificate) != member)
    return N_RECEIVERS;
  if (member->is_upper)
    return may_encrypt ? RECEIVER_UPPER_CA : RECEIVER_UNUSUAL_UPPER_CA;
  return may_encrypt ? RECEIVER_CA : RECEIVER_UNUSUAL_CA;
}

static gboolean
may_receive (const ScepTrustMember *member)
{
  return (member->roles & SCEP_TRUST_RA_ENCRYPT) != 0;
}

/* What a person named before what the CA's own extension says, before what only TLS vouches for. */
static guint
rank_provenance (const ScepTrustMember *member)
{
  if (member->provenance == SCEP_PROVENANCE_RA_PIN)
    return 0;
  return member->provenance == SCEP_PROVENANCE_TLS ? 2 : 1;
}

static gint
compare_receivers (gconstpointer a, gconstpointer b, gpointer user_data)
{
  const ScepTrustMember *one = *(const ScepTrustMember *const *) a;
  const ScepTrustMember *other = *(const ScepTrustMember *const *) b;
  Receiver kinds[] = { classify (user_data, one), classify (user_data, other) };

  if (may_receive (one) != may_receive (other))
    return may_receive (one) ? -1 : 1;
  if (rank_provenance (one) != rank_provenance (other) && kinds[0] == kinds[1])
    return rank_provenance (one) < rank_provenance (other) ? -1 : 1;
  if (kinds[0] != kinds[1])
    return kinds[0] < kinds[1] ? -1 : 1;
  return scep_chain_compare_age (one->certificate, other->certificate);
}

static GPtrArray *
list_receivers (ScepCaTrust *trust)
{
  GPtrArray *found = g_ptr_array_new ();

  for (guint i = 0; i < trust->members->len; i++) {
    ScepTrustMember *member = g_ptr_array_index (trust->members, i);
    Receiver kind = classify (trust, member);

    if ((may_receive (member) && scep_trust_member_is_current (member)) || kind == RECEIVER_CA ||
        kind == RECEIVER_UPPER_CA)
      g_ptr_array_add (found, member);
  }
  g_ptr_array_sort_with_data (found, compare_receivers, trust);
  return found;
}

/**
 * scep_ca_trust_list_recipients:
 *
 * A CA of two generations, or of several issuing CAs, does not say which of its keys
 * the server has (RFC 8894 section 2.2): where one turns out to be wrong the next one
 * is tried.
 *
 * Returns: (transfer container) (element-type ScepCertificate): whom requests may be
 *   encrypted to, in the order in which they are tried, never empty; the first one is
 *   scep_ca_trust_get_recipient()
 */
GPtrArray *
scep_ca_trust_list_recipients (ScepCaTrust *trust)
{
  GPtrArray *receivers = list_receivers (trust);

  for (guint i = 0; i < receivers->len; i++)
    receivers->pdata[i] = ((ScepTrustMember *) receivers->pdata[i])->certificate;
  return receivers;
}

/**
 * scep_ca_trust_get_issuer_behind:
 * @recipient: of scep_ca_trust_list_recipients()
 *
 * Returns: (transfer none): the CA that issues what is asked for there: @recipient itself
 *   unless it is an RA
 */
ScepCertificate *
scep_ca_trust_get_issuer_behind (ScepCaTrust *trust, ScepCertificate *recipient)
{
  for (guint i = 0; i < trust->members->len; i++) {
    const ScepTrustMember *member = g_ptr_array_index (trust->members, i);

    if (member->certificate == recipient && scep_trust_member_is_ca (member))
      return recipient;
  }
  return trust->issuing_ca;
}

/* Key usage selects among several RA certificates; it never refuses the only one. */
static void
give_sign_role (ScepCaTrust *trust)
{
  gboolean somebody = FALSE;

  for (guint pass = 0; pass < 2 && !somebody; pass++) {
    for (guint i = 0; i < trust->members->len; i++) {
      ScepTrustMember *member = g_ptr_array_index (trust->members, i);

      if (scep_trust_member_is_ca (member) || (pass == 0 && !may (member->certificate, KU_SIGN)))
        continue;
      member->roles |= SCEP_TRUST_RA_SIGN;
      somebody = TRUE;
    }
  }
}

static gboolean
is_named (const ScepTrustMember *member, const char *ra_pin)
{
  return g_strcmp0 (scep_certificate_get_fingerprint (member->certificate), ra_pin) == 0;
}

/* Returns: %FALSE if there is nobody to encrypt to */
static gboolean
give_encrypt_role (ScepCaTrust *trust, const char *ra_pin)
{
  Receiver best = N_RECEIVERS;

  for (guint i = 0; i < trust->members->len; i++) {
    ScepTrustMember *member = g_ptr_array_index (trust->members, i);

    /* A CA that is named as its own RA. */
    if (is_named (member, ra_pin) && scep_trust_member_is_ca (member) &&
        scep_certificate_is_rsa (member->certificate)) {
      member->roles |= SCEP_TRUST_RA_ENCRYPT;
      return TRUE;
    }
    best = MIN (best, classify (trust, member));
  }
  for (guint i = 0; i < trust->members->len; i++) {
    ScepTrustMember *member = g_ptr_array_index (trust->members, i);

    if (best < N_RECEIVERS && classify (trust, member) == best)
      member->roles |= SCEP_TRUST_RA_ENCRYPT;
  }
  return best < N_RECEIVERS;
}

static gboolean
is_better_issuer (const ScepTrustMember *member, const ScepTrustMember *best)
{
  if (best == NULL || member->is_upper != best->is_upper)
    return best == NULL || best->is_upper;
  return scep_chain_compare_age (member->certificate, best->certificate) < 0;
}

/* The CA that is written to, or the one that issued the RA, unless that issues CAs, else the
 * newest. */
static ScepTrustMember *
find_issuing (ScepCaTrust *trust, ScepChains *chains)
{
  g_autoptr (GPtrArray) receivers = list_receivers (trust);
  ScepTrustMember *first = g_ptr_array_index (receivers, 0);
  const ScepChainLink *link =
      scep_chains_lookup (chains, scep_certificate_get_fingerprint (first->certificate));
  ScepTrustMember *best = NULL;

  if (scep_trust_member_is_ca (first))
    return first;
  best = link != NULL ? find_representative (trust, link->issuer->certificate) : NULL;
  if (best != NULL && !best->is_upper)
    return best;
  for (guint i = 0; i < trust->members->len; i++) {
    ScepTrustMember *member = g_ptr_array_index (trust->members, i);

    if (scep_trust_member_is_ca (member) &&
        find_representative (trust, member->certificate) == member &&
        is_better_issuer (member, best))
      best = member;
  }
  return best;
}

/* Whoever names an RA means that one: no other beside it, if it can do all the work. */
static void
prefer_pinned (ScepCaTrust *trust)
{
  const ScepTrustMember *pinned = NULL;

  for (guint i = 0; i < trust->members->len; i++) {
    const ScepTrustMember *member = g_ptr_array_index (trust->members, i);

    if (!scep_trust_member_is_ca (member) && member->provenance == SCEP_PROVENANCE_RA_PIN)
      pinned = member;
  }
  if (pinned == NULL || !scep_certificate_is_rsa (pinned->certificate) ||
      !may (pinned->certificate, KU_SIGN) || !may (pinned->certificate, KU_ENCRYPT))
    return;
  for (guint i = trust->members->len; i > 0; i--) {
    const ScepTrustMember *member = g_ptr_array_index (trust->members, i - 1);

    if (!scep_trust_member_is_ca (member) && member != pinned)
      g_ptr_array_remove_index (trust->members, i - 1);
  }
}

/* An RA that is neither to sign nor to be written to is of no use. */
static void
drop_idle (ScepCaTrust *trust)
{
  for (guint i = trust->members->len; i > 0; i--) {
    const ScepTrustMember *member = g_ptr_array_index (trust->members, i - 1);

    if (member->roles == 0)
      g_ptr_array_remove_index (trust->members, i - 1);
  }
}

void
scep_ca_roles_find_upper (ScepCaTrust *trust, ScepChains *chains)
{
  for (guint i = 0; i < trust->members->len; i++) {
    ScepTrustMember *member = g_ptr_array_index (trust->members, i);

    member->is_upper = scep_trust_member_is_current (member) && scep_trust_member_is_ca (member) &&
                       scep_chains_has_lower (chains, member->certificate);
  }
}

/* The members have ANCHOR and INTERMEDIATE, which says that they are CAs. Returns: %FALSE if there
 * is nobody to encrypt to */
gboolean
scep_ca_roles_assign (ScepCaTrust *trust, ScepChains *chains, const char *ra_pin)
{
  ScepTrustMember *issuing;

  scep_ca_roles_find_upper (trust, chains);
  prefer_pinned (trust);
  give_sign_role (trust);
  if (!give_encrypt_role (trust, ra_pin))
    return FALSE;
  issuing = find_issuing (trust, chains);
  issuing->roles |= SCEP_TRUST_ISSUING;
  issuing->roles &= ~(guint) SCEP_TRUST_INTERMEDIATE;
  drop_idle (trust);
  return TRUE;
}
