/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-ca-findings.h"

#include "enroll/scep-ca-trust-private.h"

#include <glib/gi18n-lib.h>

static void
finding_free (gpointer data)
{
  ScepCaFinding *finding = data;

  g_clear_object (&finding->certificate);
  g_clear_pointer (&finding->text, g_free);
  g_free (finding);
}

static const ScepTrustMember *
find_member (ScepCaTrust *trust, ScepCertificate *certificate)
{
  for (guint i = 0; trust != NULL && i < trust->members->len; i++) {
    const ScepTrustMember *member = g_ptr_array_index (trust->members, i);

    if (scep_trust_member_is_current (member) &&
        scep_certificate_equal (member->certificate, certificate))
      return member;
  }
  return NULL;
}

static gboolean
is_other_of_same_ca (ScepCaTrust *trust, ScepCertificate *certificate)
{
  return scep_chain_is_same_ca (certificate, trust->anchor) ||
         scep_chain_is_same_ca (certificate, trust->issuing_ca);
}

static char *
describe_roles (ScepCaTrust *trust, const ScepTrustMember *member)
{
  ScepCertificate *certificate = member->certificate;
  g_autoptr (GPtrArray) words = g_ptr_array_new ();
  g_autoptr (GPtrArray) recipients = scep_ca_trust_list_recipients (trust);

  if (certificate == trust->anchor)
    g_ptr_array_add (words, (gpointer) _ ("trusted root"));
  if (certificate == trust->issuing_ca)
    g_ptr_array_add (words, (gpointer) _ ("issues certificates"));
  if (g_ptr_array_find (trust->signers, certificate, NULL))
    g_ptr_array_add (words, (gpointer) _ ("signs replies"));
  if (certificate == trust->recipient)
    g_ptr_array_add (words, (gpointer) _ ("decrypts requests"));
  else if (g_ptr_array_find (recipients, certificate, NULL))
    g_ptr_array_add (words, (gpointer) _ ("may decrypt requests"));
  if (words->len == 0 && is_other_of_same_ca (trust, certificate))
    g_ptr_array_add (words, (gpointer) _ ("another certificate of the same CA"));
  else if (words->len == 0)
    g_ptr_array_add (words, (gpointer) _ ("intermediate CA"));
  g_ptr_array_add (words, NULL);
  return g_strjoinv (", ", (char **) words->pdata);
}

/* Below an anchor that is known. */
static char *
describe_unused (ScepChains *chains, ScepCertificate *certificate, gboolean *is_fault)
{
  const char *fingerprint = scep_certificate_get_fingerprint (certificate);
  const ScepChainLink *anchor = g_ptr_array_index (chains->links, 0);
  const ScepChainLink *link = scep_chains_lookup (chains, fingerprint);
  const GError *reason = scep_chains_get_reason (chains, fingerprint);

  *is_fault = reason != NULL;
  if (reason != NULL)
    return g_strdup (reason->message);
  if (link == NULL)
    return g_strdup_printf (_ ("not used: it was not issued by “%s”, nor by a CA below it"),
                            scep_certificate_get_subject (anchor->certificate));
  if (scep_chain_link_is_ca (link))
    return g_strdup_printf (_ ("a CA that “%s” vouches for"),
                            scep_certificate_get_subject (anchor->certificate));
  return g_strdup (_ ("not used: the CA issued it, but nothing says that it is an RA, for which "
                      "RACertificateFingerprint would do"));
}

static ScepChains *
build_chains (GPtrArray *bundle, const ScepCaTrustQuestion *question, ScepCaTrust *trust)
{
  ScepCertificate *anchor = question->anchor;

  if (trust != NULL)
    anchor = trust->anchor;
  else if (anchor == NULL && question->pin != NULL)
    anchor = scep_ca_bundle_lookup (bundle, question->pin);
  return anchor != NULL ? scep_chains_build (anchor, bundle, question->policy, question->now, NULL)
                        : NULL;
}

/**
 * scep_ca_findings_list:
 * @bundle: (element-type ScepCertificate): a GetCACert reply
 * @question: whom to trust
 * @trust: (nullable): what scep_ca_trust_evaluate() made of it
 *
 * Says of every certificate what it is for, or why it is for nothing.
 *
 * Returns: (transfer full) (element-type ScepCaFinding): in the order of @bundle
 */
GPtrArray *
scep_ca_findings_list (GPtrArray *bundle, const ScepCaTrustQuestion *question, ScepCaTrust *trust)
{
  GPtrArray *findings = g_ptr_array_new_with_free_func (finding_free);
  g_autoptr (ScepChains) chains = build_chains (bundle, question, trust);

  for (guint i = 0; i < bundle->len; i++) {
    ScepCertificate *certificate = g_ptr_array_index (bundle, i);
    const ScepTrustMember *member = find_member (trust, certificate);
    ScepCaFinding *finding = g_new0 (ScepCaFinding, 1);

    finding->certificate = g_object_ref (certificate);
    if (member != NULL)
      finding->text = describe_roles (trust, member);
    else if (chains != NULL)
      finding->text = describe_unused (chains, certificate, &finding->is_fault);
    else
      finding->text = g_strdup (scep_certificate_is_ca (certificate) ? _ ("a CA, not trusted")
                                                                     : _ ("no CA, not trusted"));
    g_ptr_array_add (findings, finding);
  }
  return findings;
}
