/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-path.h"

#include "base/scep-error.h"
#include "base/scep-text.h"

#include <glib/gi18n-lib.h>

/**
 * scep_chain_link_get_depth:
 *
 * Returns: how many issuers there are up to the anchor, 0 for the anchor itself
 */
guint
scep_chain_link_get_depth (const ScepChainLink *link)
{
  guint depth = 0;

  for (; link->issuer != NULL; link = link->issuer)
    depth++;
  return depth;
}

static gboolean
check_begin (ScepCertificate *certificate, gint64 now, GError **error)
{
  gint64 begin = scep_certificate_get_not_before (certificate);
  g_autofree char *when = NULL;
  g_autofree char *shown = NULL;

  if (begin <= now + SCEP_CHAIN_MAX_AHEAD)
    return TRUE;
  when = scep_text_time (begin);
  shown = scep_text_time (now);
  scep_error_set (error, SCEP_ERROR_CLOCK_IMPLAUSIBLE,
                  _ ("The certificate “%s” of the CA is not valid before %s, but the clock of this "
                     "machine shows %s; set the clock, or if it is right, ask the CA's operator"),
                  scep_certificate_get_subject (certificate), when, shown);
  return FALSE;
}

static gboolean
check_validity (ScepCertificate *certificate, gint64 now, GError **error)
{
  gint64 end = scep_certificate_get_not_after (certificate);
  g_autofree char *when = NULL;

  if (end >= now)
    return check_begin (certificate, now, error);
  when = scep_text_time (end);
  scep_error_set (error, SCEP_ERROR_UNTRUSTED_CA,
                  _ ("The certificate “%s” of the CA expired on %s; renew it on the server, or "
                     "check the clock of this machine"),
                  scep_certificate_get_subject (certificate), when);
  return FALSE;
}

/* An anchor may issue whatever its certificate does not say (RFC 5280 section 6.1.4 (k)). */
static gboolean
check_issuer (ScepCertificate *certificate, const ScepChainLink *issuer, GError **error)
{
  if (issuer->issuer == NULL || scep_certificate_is_ca (issuer->certificate))
    return TRUE;
  scep_error_set (error, SCEP_ERROR_UNTRUSTED_CA,
                  _ ("The certificate “%s” was issued by “%s”, whose own certificate is not that "
                     "of a CA; ask the CA's operator"),
                  scep_certificate_get_subject (certificate),
                  scep_certificate_get_subject (issuer->certificate));
  return FALSE;
}

/* RFC 5280 section 4.2.1.9: a CA may say how many CAs there can be below it. */
static gboolean
check_path_length (ScepCertificate *certificate, const ScepChainLink *issuer, GError **error)
{
  gint below = scep_certificate_is_self_issued (certificate) ? 0 : 1;

  if (!scep_certificate_is_ca (certificate))
    return TRUE;
  for (const ScepChainLink *link = issuer; link != NULL; link = link->issuer) {
    gint limit = scep_certificate_get_path_length (link->certificate);

    if (limit >= 0 && below > limit) {
      scep_error_set (error, SCEP_ERROR_UNTRUSTED_CA,
                      _ ("“%s” says that it is a CA, but stands below “%s”, which allows no more "
                         "than %d CAs below itself (pathLenConstraint); ask the CA's operator"),
                      scep_certificate_get_subject (certificate),
                      scep_certificate_get_subject (link->certificate), limit);
      return FALSE;
    }
    if (!scep_certificate_is_self_issued (link->certificate))
      below++;
  }
  return TRUE;
}

/* What is not understood may forbid just what it is used for (RFC 5280 section 4.2). */
static gboolean
check_extensions (ScepCertificate *certificate, GError **error)
{
  const char *unreadable = scep_certificate_get_unreadable_extension (certificate);
  const char *unknown = scep_certificate_get_unknown_critical (certificate)[0];

  if (unreadable != NULL)
    scep_error_set (error, SCEP_ERROR_UNTRUSTED_CA,
                    _ ("The extension %s of the CA's certificate “%s” cannot be read; ask the CA's "
                       "operator for a correct certificate"),
                    unreadable, scep_certificate_get_subject (certificate));
  else if (unknown != NULL)
    scep_error_set (error, SCEP_ERROR_UNTRUSTED_CA,
                    _ ("The CA's certificate “%s” has the critical extension %s, which this "
                       "service does not know and therefore must not ignore; ask the CA's operator "
                       "for a certificate without it"),
                    scep_certificate_get_subject (certificate), unknown);
  return unreadable == NULL && unknown == NULL;
}

/* Section 4.2.1.3: who says what the key is for must say that it signs certificates. */
static gboolean
check_key_usage (ScepCertificate *certificate, GError **error)
{
  guint usage;

  if (!scep_certificate_get_key_usage (certificate, &usage) ||
      (usage & GNUTLS_KEY_KEY_CERT_SIGN) != 0)
    return TRUE;
  scep_error_set (error, SCEP_ERROR_UNTRUSTED_CA,
                  _ ("“%s” says that it is a CA, but the keyUsage of its certificate does not "
                     "allow it to sign certificates (keyCertSign); ask the CA's operator for a "
                     "correct certificate"),
                  scep_certificate_get_subject (certificate));
  return FALSE;
}

/* RFC 5280 section 6.1.3 (b) and (c): every CA above has its say. */
static gboolean
check_names (ScepCertificate *certificate, const ScepChainLink *issuer, GError **error)
{
  gboolean is_exempt =
      scep_certificate_is_ca (certificate) && scep_certificate_is_self_issued (certificate);

  for (const ScepChainLink *link = is_exempt ? NULL : issuer; link != NULL; link = link->issuer) {
    g_autofree char *name = scep_certificate_find_forbidden_name (certificate, link->certificate);

    if (name == NULL)
      continue;
    scep_error_set (error, SCEP_ERROR_UNTRUSTED_CA,
                    _ ("The certificate “%s” of the CA has the name “%s”, which the CA “%s” above "
                       "it must not give (nameConstraints); ask the CA's operator for a correct "
                       "certificate"),
                    scep_certificate_get_subject (certificate), name,
                    scep_certificate_get_subject (link->certificate));
    return FALSE;
  }
  return TRUE;
}

static gboolean
check_key (ScepCertificate *certificate, ScepPolicy policy, ScepWarnings *warnings, GError **error)
{
  guint bits = scep_certificate_get_key_bits (certificate);
  ScepVerdict verdict;

  if (!scep_certificate_is_rsa (certificate))
    return TRUE;
  verdict = scep_policy_check_ca_key (policy, bits);
  if (verdict == SCEP_VERDICT_WARNED)
    *warnings |= SCEP_WARNING_WEAK_KEY;
  if (verdict != SCEP_VERDICT_REFUSED)
    return TRUE;
  scep_error_set (error, SCEP_ERROR_WEAK_ALGORITHM,
                  _ ("The certificate “%s” of the CA has an RSA key of only %u bits, which "
                     "AlgorithmPolicy “%s” refuses; replace it on the server, or set “legacy”"),
                  scep_certificate_get_subject (certificate), bits, scep_policy_to_string (policy));
  return FALSE;
}

static gboolean
check_digest (ScepCertificate *certificate, ScepDigest digest, ScepPolicy policy,
              ScepWarnings *warnings, GError **error)
{
  ScepVerdict verdict = scep_policy_check_certificate_digest (policy, digest);

  if (verdict == SCEP_VERDICT_WARNED)
    *warnings |= SCEP_WARNING_WEAK_CERTIFICATE;
  if (verdict != SCEP_VERDICT_REFUSED)
    return TRUE;
  scep_error_set (error, SCEP_ERROR_WEAK_ALGORITHM,
                  _ ("The certificate “%s” of the CA is signed with %s, which AlgorithmPolicy “%s” "
                     "refuses; replace it on the server, or set “legacy”"),
                  scep_certificate_get_subject (certificate), scep_digest_get_name (digest),
                  scep_policy_to_string (policy));
  return FALSE;
}

/* Old roots do not say that they are CAs; that is another thing than saying that they are none. */
static gboolean
check_is_no_leaf (ScepCertificate *anchor, GError **error)
{
  if (scep_certificate_is_ca (anchor) || !scep_certificate_has_basic_constraints (anchor))
    return TRUE;
  scep_error_set (error, SCEP_ERROR_UNTRUSTED_CA,
                  _ ("“%s” says that it is not the certificate of a CA (basicConstraints); give "
                     "the CA's own"),
                  scep_certificate_get_subject (anchor));
  return FALSE;
}

/**
 * scep_path_check_anchor:
 * @anchor: a CA certificate that is authenticated
 * @warnings: (inout): words to say are added, unless it is refused
 *
 * Whether paths may begin there (RFC 5280 section 6.1.1 (d)). Its signature is not
 * looked at.
 *
 * Returns: whether that is so; else @error is %SCEP_ERROR_UNTRUSTED_CA,
 *   %SCEP_ERROR_WEAK_ALGORITHM, or %SCEP_ERROR_CLOCK_IMPLAUSIBLE if it is not
 *   valid yet
 */
gboolean
scep_path_check_anchor (ScepCertificate *anchor, const ScepPathRules *rules, ScepWarnings *warnings,
                        GError **error)
{
  return check_validity (anchor, rules->now, error) && check_extensions (anchor, error) &&
         check_is_no_leaf (anchor, error) && check_key_usage (anchor, error) &&
         check_key (anchor, rules->policy, warnings, error);
}

/**
 * scep_path_check_named:
 * @certificate: an RA whose fingerprint somebody has named
 * @warnings: (inout): words to say are added, unless it is refused
 *
 * Whether it may be used though it stands in no path. Its signature is not looked at.
 *
 * Returns: whether that is so; else @error is as of scep_path_check_anchor()
 */
gboolean
scep_path_check_named (ScepCertificate *certificate, const ScepPathRules *rules,
                       ScepWarnings *warnings, GError **error)
{
  return check_validity (certificate, rules->now, error) && check_extensions (certificate, error) &&
         check_key (certificate, rules->policy, warnings, error);
}

/**
 * scep_path_check:
 * @certificate: issued by @issuer: scep_certificate_is_issued_by() has said so
 * @issuer: the path above, up to the anchor, all of which was judged before
 * @digest: of the signature
 * @warnings: (inout): words to say are added, unless it is refused
 *
 * Whether @certificate may stand in a path at this place (RFC 5280 section 6.1.3 and
 * 6.1.4): as an intermediate or issuing CA if it is one, else as an RA.
 *
 * Returns: whether that is so; else @error is %SCEP_ERROR_UNTRUSTED_CA,
 *   %SCEP_ERROR_WEAK_ALGORITHM, or %SCEP_ERROR_CLOCK_IMPLAUSIBLE if it is not
 *   valid yet
 */
gboolean
scep_path_check (ScepCertificate *certificate, const ScepChainLink *issuer, ScepDigest digest,
                 const ScepPathRules *rules, ScepWarnings *warnings, GError **error)
{
  ScepWarnings found = SCEP_WARNING_NONE;

  if (!check_issuer (certificate, issuer, error) ||
      !check_validity (certificate, rules->now, error) || !check_extensions (certificate, error) ||
      (scep_certificate_is_ca (certificate) && !check_key_usage (certificate, error)) ||
      !check_path_length (certificate, issuer, error) ||
      !check_names (certificate, issuer, error) ||
      !check_key (certificate, rules->policy, &found, error) ||
      !check_digest (certificate, digest, rules->policy, &found, error))
    return FALSE;
  *warnings |= found;
  return TRUE;
}
