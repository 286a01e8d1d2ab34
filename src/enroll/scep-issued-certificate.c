/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-issued-certificate.h"

#include "base/scep-error.h"
#include "codec/scep-csr.h"
#include "codec/scep-name.h"
#include "enroll/scep-chain.h"

#include <glib/gi18n-lib.h>
#include <string.h>

static gboolean
refuse (GError **error, ScepError code, const char *subject, const char *what)
{
  scep_error_set (error, code, _ ("The CA said yes, but its certificate for “%s” is of no use: %s"),
                  subject, what);
  return FALSE;
}

/* Serial numbers are unique to a CA only, and a rollover brings another. */
static gboolean
has_same_number (ScepCertificate *a, ScepCertificate *b)
{
  return strcmp (scep_certificate_get_serial (a), scep_certificate_get_serial (b)) == 0 &&
         scep_name_equal (scep_certificate_get_issuer_der (a), scep_certificate_get_issuer_der (b));
}

static gboolean
is_same_certificate (ScepCertificate *a, ScepCertificate *b)
{
  return has_same_number (a, b) &&
         scep_certificate_has_public_key (a, scep_certificate_get_spki (b));
}

static gboolean
has_old (GPtrArray *certificates, ScepCertificate *old)
{
  for (guint i = 0; old != NULL && i < certificates->len; i++) {
    if (is_same_certificate (g_ptr_array_index (certificates, i), old))
      return TRUE;
  }
  return FALSE;
}

static void
report_none (GPtrArray *certificates, ScepCertificate *old, GError **error)
{
  if (certificates->len == 0)
    scep_error_set (error, SCEP_ERROR_CERTIFICATE_MISMATCH,
                    _ ("The CA said yes, but sent no certificate with its answer; look at the CA's "
                       "log, it may have issued one"));
  else if (has_old (certificates, old))
    scep_error_set (error, SCEP_ERROR_CERTIFICATE_MISMATCH,
                    _ ("The CA said yes, but sent the old certificate once more instead of one for "
                       "the new key; check how the CA handles renewals"));
  else
    scep_error_set (error, SCEP_ERROR_CERTIFICATE_MISMATCH,
                    _ ("The CA said yes, but none of the certificates it sent (%u) is for the "
                       "requested key; look at the CA's log"),
                    certificates->len);
}

/* The certificate of the key we asked for: never the first that comes. */
static ScepCertificate *
find_issued (GPtrArray *certificates, GBytes *spki, ScepCertificate *old, GError **error)
{
  ScepCertificate *issued = NULL;

  for (guint i = 0; i < certificates->len; i++) {
    ScepCertificate *certificate = g_ptr_array_index (certificates, i);

    if (!scep_certificate_has_public_key (certificate, spki))
      continue;
    if (issued != NULL && !scep_certificate_equal (issued, certificate)) {
      scep_error_set (error, SCEP_ERROR_CERTIFICATE_MISMATCH,
                      _ ("The CA said yes and sent more than one certificate for the requested "
                         "key; look at the CA's log"));
      return NULL;
    }
    issued = certificate;
  }
  if (issued == NULL)
    report_none (certificates, old, error);
  return issued;
}

/* A number stands for one certificate: to revoke one would be to revoke both. */
static gboolean
check_number (ScepCertificate *issued, ScepCertificate *old, GError **error)
{
  const char *subject = scep_certificate_get_subject (issued);
  g_autofree char *what = NULL;

  if (old == NULL || !has_same_number (issued, old))
    return TRUE;
  if (is_same_certificate (issued, old))
    return refuse (error, SCEP_ERROR_CERTIFICATE_MISMATCH, subject,
                   _ ("it is the old one once more; check how the CA handles renewals"));
  what = g_strdup_printf (_ ("it has the serial number %s of the certificate that it renews, but "
                             "another key. A CA must use a serial number once only; tell the CA's "
                             "operator"),
                          scep_certificate_get_serial (issued));
  return refuse (error, SCEP_ERROR_CERTIFICATE_MISMATCH, subject, what);
}

static gboolean
check_content (ScepCertificate *issued, const ScepIssuedQuestion *question, ScepWarnings *warnings,
               GError **error)
{
  const char *subject = scep_certificate_get_subject (issued);

  if (scep_certificate_is_ca (issued))
    return refuse (
        error, SCEP_ERROR_CERTIFICATE_MISMATCH, subject,
        _ ("it is that of a CA, which was not asked for; check the CA's certificate profile"));
  if (!check_number (issued, question->old, error))
    return FALSE;
  if (scep_certificate_get_not_after (issued) <= question->now)
    return refuse (error, SCEP_ERROR_CERTIFICATE_MISMATCH, subject,
                   _ ("it has expired already; check the clocks of the CA and of this machine"));
  if (scep_certificate_get_not_before (issued) > question->now + SCEP_ISSUED_MAX_AHEAD)
    return refuse (error, SCEP_ERROR_CERTIFICATE_MISMATCH, subject,
                   _ ("it begins more than ten minutes ahead; check the clocks of the CA and of "
                      "this machine"));
  if (scep_certificate_get_not_before (issued) > question->now)
    *warnings |= SCEP_WARNING_CLOCK;
  if (scep_certificate_is_rsa (issued) &&
      scep_policy_check_own_key (question->policy, scep_certificate_get_key_bits (issued)) ==
          SCEP_VERDICT_WARNED)
    *warnings |= SCEP_WARNING_WEAK_KEY;
  return TRUE;
}

/* (transfer full) (nullable): subject and, in @alt_names, the SANs that are wanted */
static GBytes *
get_wanted (const ScepIssuedQuestion *question, char ***alt_names, GError **error)
{
  if (question->names != NULL) {
    *alt_names = g_strdupv ((char **) question->names + 1);
    return scep_name_parse (question->names[0], error);
  }
  *alt_names = scep_csr_get_alt_names (question->csr, error);
  return *alt_names != NULL ? scep_csr_get_subject (question->csr, error) : NULL;
}

static gboolean
compare_names (ScepCertificate *issued, const ScepIssuedQuestion *question, ScepWarnings *warnings,
               GError **error)
{
  g_auto (GStrv) wanted = NULL;
  g_auto (GStrv) given = NULL;
  g_autoptr (GBytes) subject = get_wanted (question, &wanted, error);

  if (subject == NULL)
    return FALSE;
  given = scep_certificate_dup_subject_alt_names (issued);
  if (!scep_name_equal (subject, scep_certificate_get_subject_der (issued)) ||
      !scep_alt_names_equal ((const char *const *) wanted, (const char *const *) given))
    *warnings |= SCEP_WARNING_SUBJECT_CHANGED;
  return TRUE;
}

/* In the words of the Warnings property: people search for them. */
static void
judge_extensions (ScepCertificate *issued, ScepWarnings *warnings, GStrvBuilder *details)
{
  const char *unreadable = scep_certificate_get_unreadable_extension (issued);
  const char *const *unknown = scep_certificate_get_unknown_critical (issued);

  if (unreadable != NULL) {
    g_autofree char *detail = g_strconcat ("unreadable-extension ", unreadable, NULL);

    *warnings |= SCEP_WARNING_UNREADABLE_EXTENSION;
    g_strv_builder_add (details, detail);
  }
  for (guint i = 0; unknown[i] != NULL; i++) {
    g_autofree char *detail = g_strconcat ("critical-extension ", unknown[i], NULL);

    *warnings |= SCEP_WARNING_CRITICAL_EXTENSION;
    g_strv_builder_add (details, detail);
  }
}

static void
judge_form (ScepCertificate *issued, ScepWarnings *warnings, GStrvBuilder *details)
{
  const char *malformed = scep_certificate_find_malformed (issued);
  g_autofree char *detail = NULL;

  if (malformed == NULL)
    return;
  *warnings |= SCEP_WARNING_MALFORMED;
  detail = g_strconcat ("malformed-certificate ", malformed, NULL);
  g_strv_builder_add (details, detail);
}

/* Whatever verifies the path will do the same, and refuse it. */
static void
judge_names (ScepCertificate *issued, ScepCertificate *ca, ScepWarnings *warnings,
             GStrvBuilder *details)
{
  g_autofree char *name = scep_certificate_find_forbidden_name (issued, ca);
  g_autofree char *detail = NULL;

  if (name == NULL)
    name = scep_certificate_find_forbidden_host (issued, ca);
  if (name == NULL || (*warnings & SCEP_WARNING_NAME_CONSTRAINTS) != 0)
    return;
  *warnings |= SCEP_WARNING_NAME_CONSTRAINTS;
  detail = g_strconcat ("name-constraints ", name, NULL);
  g_strv_builder_add (details, detail);
}

/**
 * scep_issued_certificate_judge:
 * @chain: (element-type ScepCertificate): as scep_issued_certificate_check() returns
 *   it, the issued certificate first
 * @anchor: what it chains to
 * @details: (out) (optional) (transfer full): what the warnings are about, such as
 *   "critical-extension 1.2.3.4"
 *
 * What is wrong with a certificate that is used all the same, since the CA has
 * issued it: others may refuse it. It depends on nothing but the certificates, so
 * that it can be asked again after a restart.
 *
 * Returns: of %SCEP_WARNING_MALFORMED, %SCEP_WARNING_CRITICAL_EXTENSION,
 *   %SCEP_WARNING_UNREADABLE_EXTENSION and %SCEP_WARNING_NAME_CONSTRAINTS
 */
ScepWarnings
scep_issued_certificate_judge (GPtrArray *chain, ScepCertificate *anchor, char ***details)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  ScepCertificate *issued = g_ptr_array_index (chain, 0);
  ScepWarnings warnings = SCEP_WARNING_NONE;

  judge_form (issued, &warnings, builder);
  judge_extensions (issued, &warnings, builder);
  for (guint i = 1; i < chain->len; i++)
    judge_names (issued, g_ptr_array_index (chain, i), &warnings, builder);
  judge_names (issued, anchor, &warnings, builder);
  if (details != NULL)
    *details = g_strv_builder_end (builder);
  return warnings;
}

/* The CA certificates that we have, and those that came along. */
static GPtrArray *
list_cas (GPtrArray *certificates, ScepCaTrust *trust)
{
  GPtrArray *known = scep_ca_trust_get_certificates (trust);
  GPtrArray *cas = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < known->len; i++)
    g_ptr_array_add (cas, g_object_ref (g_ptr_array_index (known, i)));
  for (guint i = 0; i < certificates->len; i++) {
    ScepCertificate *certificate = g_ptr_array_index (certificates, i);

    if (scep_certificate_is_ca (certificate))
      g_ptr_array_add (cas, g_object_ref (certificate));
  }
  return cas;
}

static ScepChainLink *
find_issuer (ScepCertificate *issued, ScepChains *chains, ScepDigest *digest)
{
  for (guint i = 0; i < chains->links->len; i++) {
    ScepChainLink *link = g_ptr_array_index (chains->links, i);

    if (scep_chain_link_is_ca (link) && scep_certificate_names_issuer (issued, link->certificate) &&
        scep_certificate_is_issued_by (issued, link->certificate, digest, NULL))
      return link;
  }
  return NULL;
}

/* Leaf first, no root. */
static GPtrArray *
list_chain (ScepCertificate *issued, ScepChainLink *issuer)
{
  GPtrArray *chain = g_ptr_array_new_with_free_func (g_object_unref);

  g_ptr_array_add (chain, g_object_ref (issued));
  for (ScepChainLink *link = issuer; link != NULL; link = link->issuer) {
    if (link->issuer != NULL || !scep_certificate_is_self_issued (link->certificate))
      g_ptr_array_add (chain, g_object_ref (link->certificate));
  }
  return chain;
}

static GPtrArray *
build_chain_to (ScepCertificate *anchor, ScepCertificate *issued, GPtrArray *cas,
                const ScepIssuedQuestion *question, ScepWarnings *warnings, GError **error)
{
  g_autoptr (ScepChains) chains =
      scep_chains_build (anchor, cas, question->policy, question->now, error);
  const char *subject = scep_certificate_get_subject (issued);
  g_autoptr (GPtrArray) chain = NULL;
  ScepChainLink *issuer;
  ScepDigest digest = SCEP_DIGEST_SHA256;
  ScepVerdict verdict;

  if (chains == NULL)
    return NULL;
  issuer = find_issuer (issued, chains, &digest);
  if (issuer == NULL && chains->refused_ca != NULL) {
    g_propagate_error (error, g_steal_pointer (&chains->refused_ca));
    return NULL;
  }
  if (issuer == NULL) {
    scep_error_set (
        error, SCEP_ERROR_UNTRUSTED_CA,
        _ ("The CA said yes, but its certificate for “%s” was issued by “%s”, which does not chain "
           "to the trusted CA “%s”; have the server send the CA between them"),
        subject, scep_certificate_get_issuer (issued), scep_certificate_get_subject (anchor));
    return NULL;
  }
  verdict = scep_policy_check_certificate_digest (question->policy, digest);
  if (verdict == SCEP_VERDICT_REFUSED) {
    refuse (error, SCEP_ERROR_WEAK_ALGORITHM, subject,
            _ ("it is signed with an algorithm that AlgorithmPolicy refuses; have the CA use "
               "SHA-256, or set “legacy”"));
    return NULL;
  }
  if (verdict == SCEP_VERDICT_WARNED)
    *warnings |= SCEP_WARNING_WEAK_CERTIFICATE;
  chain = list_chain (issued, issuer);
  *warnings |= scep_issued_certificate_judge (chain, anchor, NULL);
  return g_steal_pointer (&chain);
}

/* After a rollover a request may still be answered by the CA before. */
static GPtrArray *
build_chain (ScepCertificate *issued, GPtrArray *certificates, const ScepIssuedQuestion *question,
             ScepWarnings *warnings, GError **error)
{
  g_autoptr (GPtrArray) cas = list_cas (certificates, question->trust);
  g_autoptr (GPtrArray) anchors = scep_ca_trust_list_anchors (question->trust);
  g_autoptr (GError) why = NULL;

  for (guint i = 0; i < anchors->len; i++) {
    GPtrArray *chain = build_chain_to (g_ptr_array_index (anchors, i), issued, cas, question,
                                       warnings, why == NULL ? &why : NULL);

    if (chain != NULL)
      return chain;
  }
  g_propagate_error (error, g_steal_pointer (&why));
  return NULL;
}

/**
 * scep_issued_certificate_check:
 * @certificates: (element-type ScepCertificate): what the SUCCESS held, in any
 *   order
 * @question: what was asked
 * @warnings: (inout): words to say are added
 *
 * Nothing of the reply is installed but the certificate of the requested key
 * and CA certificates that chain to the anchor (RFC 8894 section 3.3.2.1).
 *
 * Returns: (transfer full) (element-type ScepCertificate) (nullable): the
 *   chain, leaf first, without a self-signed root, or %NULL with
 *   %SCEP_ERROR_CERTIFICATE_MISMATCH, %SCEP_ERROR_UNTRUSTED_CA or
 *   %SCEP_ERROR_WEAK_ALGORITHM
 */
GPtrArray *
scep_issued_certificate_check (GPtrArray *certificates, const ScepIssuedQuestion *question,
                               ScepWarnings *warnings, GError **error)
{
  g_autoptr (GBytes) spki = scep_csr_get_spki (question->csr, error);
  g_autoptr (GPtrArray) chain = NULL;
  ScepWarnings found = SCEP_WARNING_NONE;
  ScepCertificate *issued;

  if (spki == NULL)
    return NULL;
  issued = find_issued (certificates, spki, question->old, error);
  if (issued == NULL || !check_content (issued, question, &found, error))
    return NULL;
  chain = build_chain (issued, certificates, question, &found, error);
  if (chain == NULL)
    return NULL;
  if (!compare_names (issued, question, &found, error))
    return NULL;
  *warnings |= found;
  return g_steal_pointer (&chain);
}
