/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-error.h"
#include "enroll/scep-ca-trust-private.h"
#include "enroll/scep-chain.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* Microsoft's Certificate Request Agent, and RFC 6402's registration authority. */
#define OID_REQUEST_AGENT "1.3.6.1.4.1.311.20.2.1"
#define OID_CMC_RA "1.3.6.1.5.5.7.3.28"

#define KU_SIGN GNUTLS_KEY_DIGITAL_SIGNATURE
#define KU_ENCRYPT (GNUTLS_KEY_KEY_ENCIPHERMENT | GNUTLS_KEY_DATA_ENCIPHERMENT)

static ScepCertificate *
find_pinned (GPtrArray *bundle, const ScepCaTrustQuestion *question, GError **error)
{
  ScepCertificate *pinned = scep_ca_bundle_lookup (bundle, question->pin);
  ScepCertificate *topmost;

  if (pinned != NULL && scep_certificate_is_ca (pinned))
    return pinned;
  if (pinned != NULL) {
    scep_error_set (error, SCEP_ERROR_UNTRUSTED_CA,
                    _ ("The configured fingerprint %s is that of “%s”, which the SCEP server at %s "
                       "uses but which is no CA certificate; put it into RACertificateFingerprint, "
                       "and the CA's own fingerprint into CARootFingerprint"),
                    question->pin, scep_certificate_get_subject (pinned), question->host);
    return NULL;
  }
  topmost = scep_ca_bundle_find_topmost (bundle);
  scep_error_set (
      error, SCEP_ERROR_FINGERPRINT_MISMATCH,
      _ ("The SCEP server at %s answered, but its CA certificate has fingerprint %s, not the "
         "configured %s; compare both with what the CA's operator publishes"),
      question->host,
      scep_certificate_get_fingerprint (topmost != NULL ? topmost : g_ptr_array_index (bundle, 0)),
      question->pin);
  return NULL;
}

/* RFC 8894 says nothing of it: a chain alone makes any client of the CA an RA. */
static gboolean
is_proven_ra (ScepCertificate *certificate, const ScepCaTrustQuestion *question,
              ScepProvenance *provenance)
{
  const char *fingerprint = scep_certificate_get_fingerprint (certificate);

  if (g_strcmp0 (fingerprint, question->ra_pin) == 0)
    *provenance = SCEP_PROVENANCE_RA_PIN;
  else if (scep_certificate_has_extended_key_usage (certificate, OID_REQUEST_AGENT) ||
           scep_certificate_has_extended_key_usage (certificate, OID_CMC_RA))
    *provenance = SCEP_PROVENANCE_RA_USAGE;
  else if (question->tls)
    *provenance = SCEP_PROVENANCE_TLS;
  else
    return FALSE;
  return TRUE;
}

/* A root below its own key's certificate by another CA: it issues nothing that that does not. */
static gboolean
is_copy (const ScepChainLink *link)
{
  return link->issuer != NULL && scep_certificate_is_self_issued (link->certificate) &&
         scep_certificate_has_public_key (link->certificate,
                                          scep_certificate_get_spki (link->issuer->certificate));
}

static gboolean
is_better_issuer (ScepChains *chains, ScepChainLink *link, ScepChainLink *best,
                  const ScepCaTrustQuestion *question)
{
  ScepProvenance unused;

  if (best == NULL)
    return TRUE;
  /* The one that issued the RA, else no copy, else the lower, else the newer of two generations. */
  for (guint i = 0; i < chains->links->len; i++) {
    ScepChainLink *leaf = g_ptr_array_index (chains->links, i);

    if (scep_certificate_is_ca (leaf->certificate) ||
        !is_proven_ra (leaf->certificate, question, &unused))
      continue;
    if (leaf->issuer == best)
      return FALSE;
    if (leaf->issuer == link)
      return TRUE;
  }
  if (is_copy (link) != is_copy (best))
    return is_copy (best);
  if (scep_chain_link_get_depth (link) != scep_chain_link_get_depth (best))
    return scep_chain_link_get_depth (link) > scep_chain_link_get_depth (best);
  return scep_certificate_get_not_before (link->certificate) >
         scep_certificate_get_not_before (best->certificate);
}

static ScepChainLink *
find_issuing (ScepChains *chains, const ScepCaTrustQuestion *question)
{
  ScepChainLink *best = NULL;

  for (guint i = 0; i < chains->links->len; i++) {
    ScepChainLink *link = g_ptr_array_index (chains->links, i);

    if (scep_certificate_is_ca (link->certificate) && !scep_chain_issues (chains, link) &&
        is_better_issuer (chains, link, best, question))
      best = link;
  }
  return best;
}

static gboolean
may (ScepCertificate *certificate, guint usages, gboolean if_unstated)
{
  guint usage;

  if (!scep_certificate_get_key_usage (certificate, &usage))
    return if_unstated;
  return (usage & usages) != 0;
}

static gboolean
is_ra (const ScepTrustMember *member)
{
  return (member->roles & (SCEP_TRUST_ANCHOR | SCEP_TRUST_INTERMEDIATE | SCEP_TRUST_ISSUING)) == 0;
}

/* Key usage selects among several RA certificates; it never refuses the only one. */
static void
give_sign_role (ScepCaTrust *trust)
{
  gboolean somebody = FALSE;

  for (guint pass = 0; pass < 2 && !somebody; pass++) {
    for (guint i = 0; i < trust->members->len; i++) {
      ScepTrustMember *member = g_ptr_array_index (trust->members, i);

      if (!is_ra (member) || (pass == 0 && !may (member->certificate, KU_SIGN, TRUE)))
        continue;
      member->roles |= SCEP_TRUST_RA_SIGN;
      somebody = TRUE;
    }
  }
}

/* The first that fits best: stated usage, unstated usage, any RSA key. */
static ScepTrustMember *
find_recipient (ScepCaTrust *trust)
{
  for (guint pass = 0; pass < 3; pass++) {
    for (guint i = 0; i < trust->members->len; i++) {
      ScepTrustMember *member = g_ptr_array_index (trust->members, i);

      if (!is_ra (member) || !scep_certificate_is_rsa (member->certificate))
        continue;
      if (pass == 2 || may (member->certificate, KU_ENCRYPT, pass == 1))
        return member;
    }
  }
  for (guint i = 0; i < trust->members->len; i++) {
    ScepTrustMember *member = g_ptr_array_index (trust->members, i);

    if ((member->roles & SCEP_TRUST_ISSUING) != 0 && scep_certificate_is_rsa (member->certificate))
      return member;
  }
  return NULL;
}

static ScepProvenance
get_ca_provenance (const ScepChainLink *link, const ScepCaTrustQuestion *question)
{
  if (link->issuer != NULL)
    return SCEP_PROVENANCE_CHAIN;
  if (question->pin_provenance == SCEP_PROVENANCE_ROLLOVER)
    return SCEP_PROVENANCE_ROLLOVER;
  return question->anchor != NULL ? SCEP_PROVENANCE_CERTIFICATE : question->pin_provenance;
}

/* Returns: (transfer none) (nullable): the first leaf that nothing proves */
static ScepCertificate *
add_members (ScepCaTrust *trust, ScepChains *chains, const ScepCaTrustQuestion *question,
             guint *n_ras)
{
  ScepChainLink *issuing = find_issuing (chains, question);
  ScepCertificate *unproven = NULL;

  for (guint i = 0; i < chains->links->len; i++) {
    ScepChainLink *link = g_ptr_array_index (chains->links, i);
    ScepProvenance provenance;

    if (scep_certificate_is_ca (link->certificate)) {
      ScepTrustMember *member =
          scep_ca_trust_add (trust, link->certificate, get_ca_provenance (link, question));

      member->roles = link->issuer == NULL ? SCEP_TRUST_ANCHOR : 0;
      if (link == issuing)
        member->roles |= SCEP_TRUST_ISSUING;
      else if (link->issuer != NULL)
        member->roles |= SCEP_TRUST_INTERMEDIATE;
    } else if (is_proven_ra (link->certificate, question, &provenance)) {
      scep_ca_trust_add (trust, link->certificate, provenance);
      (*n_ras)++;
    } else {
      unproven = unproven != NULL ? unproven : link->certificate;
    }
  }
  return unproven;
}

/* Whoever names an RA means that one: no other beside it, if it can do all the work. */
static void
prefer_pinned (ScepCaTrust *trust)
{
  const ScepTrustMember *pinned = NULL;

  for (guint i = 0; i < trust->members->len; i++) {
    const ScepTrustMember *member = g_ptr_array_index (trust->members, i);

    if (is_ra (member) && member->provenance == SCEP_PROVENANCE_RA_PIN)
      pinned = member;
  }
  if (pinned == NULL || !scep_certificate_is_rsa (pinned->certificate) ||
      !may (pinned->certificate, KU_SIGN, TRUE) || !may (pinned->certificate, KU_ENCRYPT, TRUE))
    return;
  for (guint i = trust->members->len; i > 0; i--) {
    const ScepTrustMember *member = g_ptr_array_index (trust->members, i - 1);

    if (is_ra (member) && member != pinned)
      g_ptr_array_remove_index (trust->members, i - 1);
  }
}

/* What was left out must not have been what it takes. */
static gboolean
check_refusals (ScepChains *chains, guint n_ras, GError **error)
{
  gboolean has_lower_ca = FALSE;

  for (guint i = 1; i < chains->links->len; i++) {
    ScepChainLink *link = g_ptr_array_index (chains->links, i);

    has_lower_ca = has_lower_ca || scep_certificate_is_ca (link->certificate);
  }
  if (chains->refused_ca != NULL && !has_lower_ca) {
    g_propagate_error (error, g_steal_pointer (&chains->refused_ca));
    return FALSE;
  }
  if (chains->refused_leaf != NULL && n_ras == 0) {
    g_propagate_error (error, g_steal_pointer (&chains->refused_leaf));
    return FALSE;
  }
  return TRUE;
}

static gboolean
check_ras (ScepChains *chains, ScepCertificate *unproven, guint n_ras,
           const ScepCaTrustQuestion *question, GError **error)
{
  if (question->ra_pin != NULL && question->ra_pin[0] != '\0') {
    for (guint i = 0; i < chains->links->len; i++) {
      ScepChainLink *link = g_ptr_array_index (chains->links, i);

      if (strcmp (scep_certificate_get_fingerprint (link->certificate), question->ra_pin) == 0)
        return TRUE;
    }
    scep_error_set (
        error, SCEP_ERROR_FINGERPRINT_MISMATCH,
        _ ("The SCEP server at %s sent no valid RA certificate with the fingerprint that "
           "RACertificateFingerprint names, %s; ask the CA's operator for the present one"),
        question->host, question->ra_pin);
    return FALSE;
  }
  if (unproven == NULL || n_ras > 0)
    return TRUE;
  scep_error_set (error, SCEP_ERROR_UNTRUSTED_CA,
                  _ ("The SCEP server at %s wants to be spoken to through the RA certificate “%s”, "
                     "but any client of this CA could claim that; if its fingerprint is right, set "
                     "RACertificateFingerprint to %s"),
                  question->host, scep_certificate_get_subject (unproven),
                  scep_certificate_get_fingerprint (unproven));
  return FALSE;
}

static gboolean
assign_roles (ScepCaTrust *trust, const char *host, GError **error)
{
  ScepTrustMember *recipient;

  prefer_pinned (trust);
  give_sign_role (trust);
  recipient = find_recipient (trust);
  if (recipient == NULL) {
    scep_error_set (error, SCEP_ERROR_UNSUPPORTED,
                    _ ("The SCEP server at %s has no certificate with an RSA key, so no request "
                       "can be encrypted to it; have it use an RA with an RSA key"),
                    host);
    return FALSE;
  }
  recipient->roles |= SCEP_TRUST_RA_ENCRYPT;
  return TRUE;
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

/* The server may have been restored from before the rollover, or somebody answers in its place. */
static void
set_gone_back (GPtrArray *bundle, ScepCertificate *followed, const char *host, GError **error)
{
  ScepCertificate *topmost = scep_ca_bundle_find_topmost (bundle);
  ScepCertificate *shown = topmost != NULL ? topmost : g_ptr_array_index (bundle, 0);

  scep_error_set (
      error, SCEP_ERROR_UNTRUSTED_CA,
      _ ("The SCEP server at %s shows “%s” with fingerprint %s, and no certificate of the CA with "
         "fingerprint %s, to which this profile went over in a rollover. Ask the CA's operator; if "
         "the CA that is shown is right, clear CARootFingerprint and accept it"),
      host, scep_certificate_get_subject (shown), scep_certificate_get_fingerprint (shown),
      scep_certificate_get_fingerprint (followed));
}

/* With an anchor of our own, the server must show that it knows that CA. */
static gboolean
check_related (GPtrArray *bundle, ScepChains *chains, const ScepCaTrustQuestion *question,
               GError **error)
{
  ScepCertificate *anchor = ((ScepChainLink *) g_ptr_array_index (chains->links, 0))->certificate;

  if (chains->links->len > 1 || chains->refused_ca != NULL || chains->refused_leaf != NULL ||
      scep_ca_bundle_lookup (bundle, scep_certificate_get_fingerprint (anchor)) != NULL)
    return TRUE;
  if (question->pin_provenance == SCEP_PROVENANCE_ROLLOVER)
    set_gone_back (bundle, anchor, question->host, error);
  else
    scep_error_set (
        error, SCEP_ERROR_UNTRUSTED_CA,
        _ ("The SCEP server at %s answered, but none of its certificates is CARootCertificate "
           "(“%s”) or was issued by it; check the URL, and that it is the right CA"),
        question->host, scep_certificate_get_subject (anchor));
  return FALSE;
}

/**
 * scep_ca_trust_evaluate:
 * @bundle: (element-type ScepCertificate): a GetCACert reply, in any order
 * @question: whom to trust
 *
 * Authenticates the reply (RFC 8894 section 2.2) and finds out who is who. What
 * stands above the anchor or does not chain to it is left out.
 *
 * Returns: (transfer full) (nullable): the trust, or %NULL with
 *   %SCEP_ERROR_FINGERPRINT_MISMATCH if the pin names nothing of the reply;
 *   %SCEP_ERROR_UNTRUSTED_CA if it names no CA, a needed certificate is not
 *   valid now or nothing proves the RA; %SCEP_ERROR_WEAK_ALGORITHM if the
 *   policy refuses a needed one; %SCEP_ERROR_UNSUPPORTED without an RSA key;
 *   %SCEP_ERROR_MALFORMED_REPLY or %SCEP_ERROR_TOO_LARGE for an empty or
 *   absurd reply
 */
ScepCaTrust *
scep_ca_trust_evaluate (GPtrArray *bundle, const ScepCaTrustQuestion *question, GError **error)
{
  g_autoptr (ScepCaTrust) trust = scep_ca_trust_new_empty ();
  g_autoptr (ScepChains) chains = NULL;
  ScepCertificate *anchor = question->anchor;
  ScepCertificate *unproven;
  guint n_ras = 0;

  if (!scep_ca_bundle_check_size (bundle, question->host, error))
    return NULL;
  if (anchor == NULL)
    anchor = find_pinned (bundle, question, error);
  if (anchor == NULL)
    return NULL;
  chains = scep_chains_build (anchor, bundle, question->policy, question->now, error);
  if (chains == NULL)
    return NULL;

  if (!check_related (bundle, chains, question, error))
    return NULL;
  unproven = add_members (trust, chains, question, &n_ras);
  if (!check_refusals (chains, n_ras, error) ||
      !check_ras (chains, unproven, n_ras, question, error) ||
      !assign_roles (trust, question->host, error))
    return NULL;

  trust->warnings = chains->warnings;
  if (unproven != NULL)
    trust->warnings |= SCEP_WARNING_IGNORED_CERTIFICATES;
  drop_idle (trust);
  scep_ca_trust_index_from (trust, 0);
  return g_steal_pointer (&trust);
}
