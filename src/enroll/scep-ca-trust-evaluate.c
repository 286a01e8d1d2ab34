/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-error.h"
#include "enroll/scep-ca-trust-private.h"
#include "enroll/scep-chain.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* Microsoft's Certificate Request Agent, and RFC 6402's registration authority. */
#define OID_REQUEST_AGENT "1.3.6.1.4.1.311.20.2.1"
#define OID_CMC_RA "1.3.6.1.5.5.7.3.28"

static ScepCertificate *
find_pinned (GPtrArray *bundle, const ScepCaTrustQuestion *question, GError **error)
{
  ScepCertificate *pinned = scep_ca_bundle_lookup (bundle, question->pin);

  if (pinned != NULL && scep_certificate_may_be_anchor (pinned))
    return pinned;
  if (pinned != NULL)
    scep_error_set (error, SCEP_ERROR_UNTRUSTED_CA,
                    _ ("The configured fingerprint %s is that of “%s”, which the SCEP server at %s "
                       "uses but which is no CA certificate; put it into RACertificateFingerprint, "
                       "and the CA's own fingerprint into CARootFingerprint"),
                    question->pin, scep_certificate_get_subject (pinned), question->host);
  else
    scep_error_set (
        error, SCEP_ERROR_FINGERPRINT_MISMATCH,
        _ ("The SCEP server at %s answered, but its CA certificate has fingerprint %s, not the "
           "configured %s; the CA may have renewed its certificate: compare both with what the "
           "CA's operator publishes"),
        question->host, scep_certificate_get_fingerprint (scep_ca_bundle_find_shown (bundle)),
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

static ScepProvenance
get_ca_provenance (const ScepChainLink *link, const ScepCaTrustQuestion *question)
{
  if (link->issuer != NULL)
    return SCEP_PROVENANCE_CHAIN;
  if (question->pin_provenance == SCEP_PROVENANCE_ROLLOVER)
    return SCEP_PROVENANCE_ROLLOVER;
  return question->anchor != NULL ? SCEP_PROVENANCE_CERTIFICATE : question->pin_provenance;
}

/* An RA that is pinned may be of another hierarchy: it stands for itself. */
static gboolean
add_foreign_ra (ScepCaTrust *trust, ScepChains *chains, GPtrArray *bundle,
                const ScepCaTrustQuestion *question, GError **error)
{
  ScepPathRules rules = { .policy = question->policy, .now = question->now };
  ScepCertificate *pinned = scep_ca_bundle_lookup (bundle, question->ra_pin);
  const GError *reason = scep_chains_get_reason (chains, question->ra_pin);

  if (reason != NULL) {
    g_propagate_error (error, g_error_copy (reason));
    return FALSE;
  }
  if (pinned != NULL) {
    if (!scep_path_check_named (pinned, &rules, &trust->warnings, error))
      return FALSE;
    scep_ca_trust_add (trust, pinned, SCEP_PROVENANCE_RA_PIN);
    return TRUE;
  }
  scep_error_set (error, SCEP_ERROR_FINGERPRINT_MISMATCH,
                  _ ("The SCEP server at %s sent no RA certificate with the fingerprint that "
                     "RACertificateFingerprint names, %s; ask the CA's operator for the present "
                     "one"),
                  question->host, question->ra_pin);
  return FALSE;
}

/* Returns: (transfer none) (nullable): the first leaf that nothing proves */
static ScepCertificate *
add_members (ScepCaTrust *trust, ScepChains *chains, const ScepCaTrustQuestion *question)
{
  ScepCertificate *unproven = NULL;

  for (guint i = 0; i < chains->links->len; i++) {
    ScepChainLink *link = g_ptr_array_index (chains->links, i);
    ScepProvenance provenance;

    if (scep_chain_link_is_ca (link))
      scep_ca_trust_add (trust, link->certificate, get_ca_provenance (link, question))->roles =
          link->issuer == NULL ? SCEP_TRUST_ANCHOR : SCEP_TRUST_INTERMEDIATE;
    else if (is_proven_ra (link->certificate, question, &provenance))
      scep_ca_trust_add (trust, link->certificate, provenance);
    else
      unproven = unproven != NULL ? unproven : link->certificate;
  }
  return unproven;
}

/* Whether there is a CA below the anchor, or an RA. */
static gboolean
has_member (ScepCaTrust *trust, gboolean is_ca)
{
  for (guint i = 0; i < trust->members->len; i++) {
    const ScepTrustMember *member = g_ptr_array_index (trust->members, i);

    if (scep_trust_member_is_ca (member) == is_ca && (member->roles & SCEP_TRUST_ANCHOR) == 0)
      return TRUE;
  }
  return FALSE;
}

/* What was left out must not have been what it takes. Another generation of the CA is not: the one
 * that is there does its work. */
static gboolean
check_refusals (ScepCaTrust *trust, ScepChains *chains, GError **error)
{
  for (guint i = 0; i < chains->refusals->len; i++) {
    const ScepChainRefusal *refusal = g_ptr_array_index (chains->refusals, i);
    gboolean is_ca = scep_certificate_is_ca (refusal->certificate);

    if (refusal->is_grave && !has_member (trust, is_ca) &&
        !(is_ca && scep_certificate_is_self_issued (refusal->certificate))) {
      g_propagate_error (error, g_error_copy (refusal->reason));
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
check_ras (ScepCaTrust *trust, ScepCertificate *unproven, const ScepCaTrustQuestion *question,
           GError **error)
{
  if (unproven == NULL || has_member (trust, FALSE))
    return TRUE;
  scep_error_set (error, SCEP_ERROR_UNTRUSTED_CA,
                  _ ("The SCEP server at %s wants to be spoken to through the RA certificate “%s”, "
                     "but any client of this CA could claim that; if its fingerprint is right, set "
                     "RACertificateFingerprint to %s"),
                  question->host, scep_certificate_get_subject (unproven),
                  scep_certificate_get_fingerprint (unproven));
  return FALSE;
}

static void
set_no_recipient (ScepChains *chains, const char *host, GError **error)
{
  const ScepChainRefusal *refusal =
      chains->refusals->len > 0 ? g_ptr_array_index (chains->refusals, 0) : NULL;

  if (refusal != NULL)
    g_propagate_error (error, g_error_copy (refusal->reason));
  else
    scep_error_set (error, SCEP_ERROR_UNSUPPORTED,
                    _ ("The SCEP server at %s has no certificate with an RSA key, so no request "
                       "can be encrypted to it; have it use an RA with an RSA key"),
                    host);
}

/* The server may have been restored from before the rollover, or somebody answers in its place. */
static void
set_gone_back (GPtrArray *bundle, ScepCertificate *followed, const char *host, GError **error)
{
  ScepCertificate *shown = scep_ca_bundle_find_shown (bundle);

  scep_error_set (
      error, SCEP_ERROR_UNTRUSTED_CA,
      _ ("The SCEP server at %s shows “%s” with fingerprint %s, and no certificate of the CA with "
         "fingerprint %s, to which this profile went over in a rollover. Ask the CA's operator; if "
         "the CA that is shown is right, clear CARootFingerprint and accept it"),
      host, scep_certificate_get_subject (shown), scep_certificate_get_fingerprint (shown),
      scep_certificate_get_fingerprint (followed));
}

/* By this or another of its certificates. */
static gboolean
shows (GPtrArray *bundle, ScepCertificate *ca)
{
  for (guint i = 0; i < bundle->len; i++) {
    if (scep_chain_is_same_ca (g_ptr_array_index (bundle, i), ca))
      return TRUE;
  }
  return FALSE;
}

/* With an anchor of our own, the server must show that it knows that CA. */
static gboolean
check_related (GPtrArray *bundle, ScepChains *chains, const ScepCaTrustQuestion *question,
               GError **error)
{
  ScepCertificate *anchor = ((ScepChainLink *) g_ptr_array_index (chains->links, 0))->certificate;

  if (chains->links->len > 1 || chains->refused_ca != NULL || chains->refused_leaf != NULL ||
      shows (bundle, anchor))
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
  trust->warnings = chains->warnings;
  unproven = add_members (trust, chains, question);
  if (question->ra_pin != NULL && question->ra_pin[0] != '\0' &&
      scep_chains_lookup (chains, question->ra_pin) == NULL &&
      !add_foreign_ra (trust, chains, bundle, question, error))
    return NULL;
  if (!check_refusals (trust, chains, error) || !check_ras (trust, unproven, question, error))
    return NULL;
  if (!scep_ca_roles_assign (trust, chains, question->ra_pin)) {
    set_no_recipient (chains, question->host, error);
    return NULL;
  }
  if (unproven != NULL)
    trust->warnings |= SCEP_WARNING_IGNORED_CERTIFICATES;
  scep_ca_trust_index_from (trust, 0);
  return g_steal_pointer (&trust);
}
