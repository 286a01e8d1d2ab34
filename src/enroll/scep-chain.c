/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-chain.h"

#include "base/scep-error.h"
#include "codec/scep-name.h"

#include <glib/gi18n-lib.h>

/* Longer chains are a loop that somebody built. */
#define MAX_DEPTH 8

/**
 * scep_chains_free:
 * @chains: (transfer full) (nullable):
 */
void
scep_chains_free (ScepChains *chains)
{
  if (chains == NULL)
    return;
  g_ptr_array_unref (chains->links);
  g_clear_error (&chains->refused_ca);
  g_clear_error (&chains->refused_leaf);
  g_free (chains);
}

static void
link_free (gpointer data)
{
  ScepChainLink *link = data;

  g_clear_object (&link->certificate);
  g_free (link);
}

static void
add_link (ScepChains *chains, ScepCertificate *certificate, ScepChainLink *issuer)
{
  ScepChainLink *link = g_new (ScepChainLink, 1);

  link->certificate = g_object_ref (certificate);
  link->issuer = issuer;
  g_ptr_array_add (chains->links, link);
}

static void
remember_refusal (ScepChains *chains, ScepCertificate *certificate, GError *reason)
{
  GError **place =
      scep_certificate_is_ca (certificate) ? &chains->refused_ca : &chains->refused_leaf;

  chains->ignored++;
  if (*place == NULL)
    *place = reason;
  else
    g_error_free (reason);
}

/* A certificate with a good signature of a trusted CA: may it be used? */
static void
judge (ScepChains *chains, ScepCertificate *certificate, ScepChainLink *issuer, ScepDigest digest,
       const ScepPathRules *rules)
{
  GError *reason = NULL;

  if (scep_path_check (certificate, issuer, digest, rules, &chains->warnings, &reason))
    add_link (chains, certificate, issuer);
  else
    remember_refusal (chains, certificate, reason);
}

static gboolean
name_fits (ScepCertificate *certificate, ScepCertificate *issuer)
{
  return scep_name_equal (scep_certificate_get_issuer_der (certificate),
                          scep_certificate_get_subject_der (issuer));
}

/* Takes what @issuer issued out of @open. */
static gboolean
visit (ScepChains *chains, ScepChainLink *issuer, GPtrArray *open, const ScepPathRules *rules,
       guint *verifications)
{
  for (guint i = 0; i < open->len;) {
    ScepCertificate *certificate = g_ptr_array_index (open, i);
    g_autoptr (ScepCertificate) kept = NULL;
    ScepDigest digest;

    if (!name_fits (certificate, issuer->certificate)) {
      i++;
      continue;
    }
    if (++*verifications > SCEP_CHAIN_MAX_VERIFICATIONS)
      return FALSE;
    if (!scep_certificate_is_issued_by (certificate, issuer->certificate, &digest, NULL)) {
      i++;
      continue;
    }
    kept = g_object_ref (certificate);
    g_ptr_array_remove_index (open, i);
    judge (chains, kept, issuer, digest, rules);
  }
  return TRUE;
}

static gboolean
contains (GPtrArray *certificates, ScepCertificate *certificate)
{
  for (guint i = 0; i < certificates->len; i++) {
    if (scep_certificate_equal (g_ptr_array_index (certificates, i), certificate))
      return TRUE;
  }
  return FALSE;
}

/* Everything but the anchor, each certificate once. */
static GPtrArray *
list_open (ScepCertificate *anchor, GPtrArray *certificates)
{
  GPtrArray *open = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < certificates->len; i++) {
    ScepCertificate *certificate = g_ptr_array_index (certificates, i);

    if (!scep_certificate_equal (certificate, anchor) && !contains (open, certificate))
      g_ptr_array_add (open, g_object_ref (certificate));
  }
  return open;
}

/**
 * scep_chains_build:
 * @anchor: a CA certificate that is authenticated
 * @certificates: (element-type ScepCertificate): in any order
 * @policy: which algorithms will do
 * @now: Unix seconds
 *
 * Finds what chains to the anchor, by name and signature, through CA
 * certificates only and within their path lengths. The anchor's own signature is not looked at.
 *
 * Returns: (transfer full) (nullable): the chains, or %NULL with
 *   %SCEP_ERROR_UNTRUSTED_CA or %SCEP_ERROR_WEAK_ALGORITHM if the anchor
 *   itself will not do, %SCEP_ERROR_CLOCK_IMPLAUSIBLE if it is not valid yet,
 *   %SCEP_ERROR_MALFORMED_REPLY if it is too much work
 */
ScepChains *
scep_chains_build (ScepCertificate *anchor, GPtrArray *certificates, ScepPolicy policy, gint64 now,
                   GError **error)
{
  g_autoptr (ScepChains) chains = g_new0 (ScepChains, 1);
  g_autoptr (GPtrArray) open = list_open (anchor, certificates);
  ScepPathRules rules = { policy, now };
  guint verifications = 0;

  chains->links = g_ptr_array_new_with_free_func (link_free);
  if (!scep_path_check_anchor (anchor, &rules, &chains->warnings, error))
    return NULL;

  add_link (chains, anchor, NULL);
  for (guint i = 0; i < chains->links->len; i++) {
    ScepChainLink *link = g_ptr_array_index (chains->links, i);

    if (!scep_certificate_is_ca (link->certificate) ||
        scep_chain_link_get_depth (link) >= MAX_DEPTH)
      continue;
    if (!visit (chains, link, open, &rules, &verifications)) {
      scep_error_set (
          error, SCEP_ERROR_MALFORMED_REPLY,
          _ ("The SCEP server sent so many certificates of the same name that verifying them was "
             "given up; this is no CA's usual answer, check the server"));
      return NULL;
    }
  }
  chains->ignored += open->len;
  if (chains->ignored > 0)
    chains->warnings |= SCEP_WARNING_IGNORED_CERTIFICATES;
  return g_steal_pointer (&chains);
}

/**
 * scep_chain_issues:
 *
 * Returns: whether @issuer issued another CA certificate of @chains
 */
gboolean
scep_chain_issues (ScepChains *chains, ScepChainLink *issuer)
{
  for (guint i = 0; i < chains->links->len; i++) {
    ScepChainLink *link = g_ptr_array_index (chains->links, i);

    if (link->issuer == issuer && scep_certificate_is_ca (link->certificate))
      return TRUE;
  }
  return FALSE;
}
