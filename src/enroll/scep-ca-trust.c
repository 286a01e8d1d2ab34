/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-error.h"
#include "codec/scep-name.h"
#include "enroll/scep-ca-trust-private.h"
#include "enroll/scep-chain.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define NEEDED_ROLES (SCEP_TRUST_ISSUING | SCEP_TRUST_RA_SIGN | SCEP_TRUST_RA_ENCRYPT)

static void
member_free (gpointer data)
{
  ScepTrustMember *member = data;

  g_clear_object (&member->certificate);
  g_free (member);
}

ScepCaTrust *
scep_ca_trust_new_empty (void)
{
  ScepCaTrust *trust = g_atomic_rc_box_new0 (ScepCaTrust);

  trust->members = g_ptr_array_new_with_free_func (member_free);
  trust->certificates = g_ptr_array_new_with_free_func (g_object_unref);
  trust->signers = g_ptr_array_new_with_free_func (g_object_unref);
  return trust;
}

ScepTrustMember *
scep_ca_trust_add (ScepCaTrust *trust, ScepCertificate *certificate, ScepProvenance provenance)
{
  ScepTrustMember *member = g_new0 (ScepTrustMember, 1);

  member->certificate = g_object_ref (certificate);
  member->provenance = provenance;
  g_ptr_array_add (trust->members, member);
  return member;
}

/**
 * scep_ca_trust_ref:
 *
 * Returns: (transfer full): @trust
 */
ScepCaTrust *
scep_ca_trust_ref (ScepCaTrust *trust)
{
  return g_atomic_rc_box_acquire (trust);
}

static void
trust_clear (gpointer data)
{
  ScepCaTrust *trust = data;

  g_ptr_array_unref (trust->members);
  g_ptr_array_unref (trust->certificates);
  g_ptr_array_unref (trust->signers);
}

/**
 * scep_ca_trust_unref:
 * @trust: (transfer full):
 */
void
scep_ca_trust_unref (ScepCaTrust *trust)
{
  g_atomic_rc_box_release_full (trust, trust_clear);
}

/**
 * scep_ca_trust_get_anchor:
 *
 * Returns: (transfer none): the CA certificate that all others chain to
 */
ScepCertificate *
scep_ca_trust_get_anchor (ScepCaTrust *trust)
{
  return trust->anchor;
}

/**
 * scep_ca_trust_get_issuing_ca:
 *
 * Returns: (transfer none): the CA that signs certificates of clients
 */
ScepCertificate *
scep_ca_trust_get_issuing_ca (ScepCaTrust *trust)
{
  return trust->issuing_ca;
}

/**
 * scep_ca_trust_get_recipient:
 *
 * Returns: (transfer none): whom requests are encrypted to; its key is RSA
 */
ScepCertificate *
scep_ca_trust_get_recipient (ScepCaTrust *trust)
{
  return trust->recipient;
}

/**
 * scep_ca_trust_get_signers:
 *
 * Returns: (transfer none) (element-type ScepCertificate): who may sign
 *   replies: the issuing CA, and the RA where there is one
 */
GPtrArray *
scep_ca_trust_get_signers (ScepCaTrust *trust)
{
  return trust->signers;
}

/**
 * scep_ca_trust_get_certificates:
 *
 * Returns: (transfer none) (element-type ScepCertificate): all of them, in the
 *   order of the trust record, the anchor first
 */
GPtrArray *
scep_ca_trust_get_certificates (ScepCaTrust *trust)
{
  return trust->certificates;
}

/**
 * scep_ca_trust_get_warnings:
 *
 * Returns: what is worth a word
 */
ScepWarnings
scep_ca_trust_get_warnings (ScepCaTrust *trust)
{
  return trust->warnings;
}

/**
 * scep_ca_trust_make_record:
 * @settings: what the trust is made from
 *
 * Returns: (transfer full): what is to be kept of it
 */
ScepTrustRecord *
scep_ca_trust_make_record (ScepCaTrust *trust, ScepSettings *settings)
{
  g_autoptr (GPtrArray) entries =
      g_ptr_array_new_with_free_func ((GDestroyNotify) scep_trust_entry_free);

  for (guint i = 0; i < trust->members->len; i++) {
    const ScepTrustMember *member = g_ptr_array_index (trust->members, i);

    g_ptr_array_add (entries,
                     scep_trust_entry_new (scep_certificate_get_fingerprint (member->certificate),
                                           member->roles, member->provenance));
  }
  return scep_trust_record_new (settings, entries,
                                (trust->warnings & SCEP_WARNING_IGNORED_CERTIFICATES) != 0);
}

/**
 * scep_ca_trust_list_anchors:
 *
 * Returns: (transfer container) (element-type ScepCertificate): the anchor, and
 *   behind it the CA certificates of the generation before, which stand for
 *   themselves
 */
GPtrArray *
scep_ca_trust_list_anchors (ScepCaTrust *trust)
{
  GPtrArray *anchors = g_ptr_array_new ();

  g_ptr_array_add (anchors, trust->anchor);
  for (guint i = 0; i < trust->members->len; i++) {
    ScepTrustMember *member = g_ptr_array_index (trust->members, i);

    if ((member->roles & SCEP_TRUST_PREVIOUS) != 0 && scep_certificate_is_ca (member->certificate))
      g_ptr_array_add (anchors, member->certificate);
  }
  return anchors;
}

/* Fills in what the roles of the members from number @first on say. */
void
scep_ca_trust_index_from (ScepCaTrust *trust, guint first)
{
  for (guint i = first; i < trust->members->len; i++) {
    ScepTrustMember *member = g_ptr_array_index (trust->members, i);

    g_ptr_array_add (trust->certificates, g_object_ref (member->certificate));
    if ((member->roles & (SCEP_TRUST_RA_SIGN | SCEP_TRUST_ISSUING)) != 0)
      g_ptr_array_add (trust->signers, g_object_ref (member->certificate));
    if ((member->roles & SCEP_TRUST_PREVIOUS) != 0)
      continue;
    if ((member->roles & SCEP_TRUST_ANCHOR) != 0)
      trust->anchor = member->certificate;
    if ((member->roles & SCEP_TRUST_ISSUING) != 0)
      trust->issuing_ca = member->certificate;
    if ((member->roles & SCEP_TRUST_RA_ENCRYPT) != 0)
      trust->recipient = member->certificate;
  }
}

gboolean
scep_ca_bundle_check_size (GPtrArray *bundle, const char *host, GError **error)
{
  if (bundle->len == 0) {
    scep_error_set (
        error, SCEP_ERROR_MALFORMED_REPLY,
        _ ("The SCEP server at %s sent no CA certificate; check the URL and the server"), host);
    return FALSE;
  }
  if (bundle->len > SCEP_CA_TRUST_MAX_CERTIFICATES) {
    scep_error_set (error, SCEP_ERROR_TOO_LARGE,
                    _ ("The SCEP server at %s sent %u CA certificates, more than the %d that are "
                       "looked at; check the URL and the server"),
                    host, bundle->len, SCEP_CA_TRUST_MAX_CERTIFICATES);
    return FALSE;
  }
  return TRUE;
}

ScepCertificate *
scep_ca_bundle_lookup (GPtrArray *bundle, const char *fingerprint)
{
  for (guint i = 0; i < bundle->len; i++) {
    ScepCertificate *certificate = g_ptr_array_index (bundle, i);

    if (strcmp (scep_certificate_get_fingerprint (certificate), fingerprint) == 0)
      return certificate;
  }
  return NULL;
}

/* By name only: what is offered is for a person to judge. */
static gboolean
has_issuer (GPtrArray *bundle, ScepCertificate *certificate)
{
  if (scep_certificate_is_self_issued (certificate))
    return FALSE;
  for (guint i = 0; i < bundle->len; i++) {
    ScepCertificate *other = g_ptr_array_index (bundle, i);

    if (other != certificate && scep_certificate_is_ca (other) &&
        scep_name_equal (scep_certificate_get_issuer_der (certificate),
                         scep_certificate_get_subject_der (other)))
      return TRUE;
  }
  return FALSE;
}

ScepCertificate *
scep_ca_bundle_find_topmost (GPtrArray *bundle)
{
  ScepCertificate *topmost = NULL;

  for (guint i = 0; i < bundle->len; i++) {
    ScepCertificate *certificate = g_ptr_array_index (bundle, i);

    if (!scep_certificate_is_ca (certificate) || has_issuer (bundle, certificate))
      continue;
    /* Of several, the one that lasts: the new root of a CA between two. */
    if (topmost == NULL ||
        scep_certificate_get_not_after (certificate) > scep_certificate_get_not_after (topmost))
      topmost = certificate;
  }
  return topmost;
}

/**
 * scep_ca_trust_find_offered:
 * @bundle: (element-type ScepCertificate): a GetCACert reply
 * @host: who sent it, for messages
 *
 * Returns: (transfer full) (nullable): the topmost CA certificate, which
 *   somebody has to accept, or %NULL with %SCEP_ERROR_UNTRUSTED_CA if there is
 *   none, %SCEP_ERROR_MALFORMED_REPLY or %SCEP_ERROR_TOO_LARGE
 */
ScepCertificate *
scep_ca_trust_find_offered (GPtrArray *bundle, const char *host, GError **error)
{
  ScepCertificate *topmost;

  if (!scep_ca_bundle_check_size (bundle, host, error))
    return NULL;
  topmost = scep_ca_bundle_find_topmost (bundle);
  if (topmost != NULL)
    return g_object_ref (topmost);
  scep_error_set (error, SCEP_ERROR_UNTRUSTED_CA,
                  _ ("The SCEP server at %s sent no certificate of a CA; set CARootCertificate and "
                     "the method “certificate”, or have the server send its CA certificate"),
                  host);
  return NULL;
}

static GPtrArray *
select_trusted (ScepTrustRecord *record, GPtrArray *certificates)
{
  GPtrArray *trusted = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < certificates->len; i++) {
    ScepCertificate *certificate = g_ptr_array_index (certificates, i);
    const ScepTrustEntry *entry =
        scep_trust_record_lookup (record, scep_certificate_get_fingerprint (certificate));

    if (entry != NULL && entry->roles != SCEP_TRUST_PENDING &&
        (entry->roles & SCEP_TRUST_PREVIOUS) == 0)
      g_ptr_array_add (trusted, g_object_ref (certificate));
  }
  return trusted;
}

static ScepChainLink *
find_link (ScepChains *chains, const char *fingerprint)
{
  for (guint i = 0; i < chains->links->len; i++) {
    ScepChainLink *link = g_ptr_array_index (chains->links, i);

    if (strcmp (scep_certificate_get_fingerprint (link->certificate), fingerprint) == 0)
      return link;
  }
  return NULL;
}

/* Returns: whether everybody is there whom a request or its reply may need */
static gboolean
restore_members (ScepCaTrust *trust, ScepTrustRecord *record, ScepChains *chains)
{
  GPtrArray *entries = scep_trust_record_get_entries (record);
  gboolean complete = TRUE;

  for (guint i = 0; i < entries->len; i++) {
    const ScepTrustEntry *entry = g_ptr_array_index (entries, i);
    ScepChainLink *link = find_link (chains, entry->fingerprint);

    if ((entry->roles & SCEP_TRUST_PREVIOUS) != 0)
      continue;
    if (link != NULL)
      scep_ca_trust_add (trust, link->certificate, entry->provenance)->roles =
          entry->roles & ~(guint) SCEP_TRUST_PENDING;
    else if ((entry->roles & NEEDED_ROLES) != 0)
      complete = FALSE;
  }
  return complete;
}

/* They do not chain to the anchor of today. One that will not do any more is done without. */
static void
restore_previous (ScepCaTrust *trust, ScepTrustRecord *record, GPtrArray *certificates,
                  ScepPolicy policy, gint64 now)
{
  for (guint i = 0; i < certificates->len; i++) {
    ScepCertificate *certificate = g_ptr_array_index (certificates, i);
    const ScepTrustEntry *entry =
        scep_trust_record_lookup (record, scep_certificate_get_fingerprint (certificate));

    if (entry == NULL || (entry->roles & SCEP_TRUST_PREVIOUS) == 0 ||
        scep_certificate_get_not_after (certificate) < now)
      continue;
    if (!scep_certificate_is_rsa (certificate) ||
        scep_policy_check_ca_key (policy, scep_certificate_get_key_bits (certificate)) !=
            SCEP_VERDICT_REFUSED)
      scep_ca_trust_add (trust, certificate, entry->provenance)->roles = entry->roles;
  }
}

static void
report_incomplete (ScepChains *chains, GError **error)
{
  if (chains->refused_ca != NULL)
    g_propagate_error (error, g_steal_pointer (&chains->refused_ca));
  else if (chains->refused_leaf != NULL)
    g_propagate_error (error, g_steal_pointer (&chains->refused_leaf));
  else
    scep_error_set (error, SCEP_ERROR_NO_SUCH_ENTRY,
                    _ ("The keystore lacks a CA certificate that the trust record names; the CA "
                       "will be asked for its certificates again"));
}

/**
 * scep_ca_trust_restore:
 * @record: what was trusted before
 * @certificates: (element-type ScepCertificate): what the keystore holds; what
 *   the record does not name is not looked at
 * @policy: which algorithms will do
 * @now: Unix seconds
 *
 * Verifies everything again: certificates expire and policies change (RFC 8894
 * section 2.2).
 *
 * Returns: (transfer full) (nullable): the trust, or %NULL with
 *   %SCEP_ERROR_NO_SUCH_ENTRY if the keystore lacks a certificate,
 *   %SCEP_ERROR_UNTRUSTED_CA or %SCEP_ERROR_WEAK_ALGORITHM if one will not do
 *   any more; after any of them a new bootstrap is due
 */
ScepCaTrust *
scep_ca_trust_restore (ScepTrustRecord *record, GPtrArray *certificates, ScepPolicy policy,
                       gint64 now, GError **error)
{
  g_autoptr (ScepCaTrust) trust = scep_ca_trust_new_empty ();
  g_autoptr (GPtrArray) trusted = select_trusted (record, certificates);
  g_autoptr (ScepChains) chains = NULL;
  ScepCertificate *anchor =
      scep_ca_bundle_lookup (trusted, scep_trust_record_get_anchor (record)->fingerprint);
  gboolean complete;

  if (anchor == NULL) {
    scep_error_set (error, SCEP_ERROR_NO_SUCH_ENTRY,
                    _ ("The keystore lacks the CA certificate that the trust record names as "
                       "anchor; the CA will be asked for its certificates again"));
    return NULL;
  }
  chains = scep_chains_build (anchor, trusted, policy, now, error);
  if (chains == NULL)
    return NULL;

  complete = restore_members (trust, record, chains);
  restore_previous (trust, record, certificates, policy, now);
  scep_ca_trust_index_from (trust, 0);
  /* What the keystore holds beside them is not what the server sent. */
  trust->warnings = chains->warnings & ~(guint) SCEP_WARNING_IGNORED_CERTIFICATES;
  if (scep_trust_record_has_ignored (record))
    trust->warnings |= SCEP_WARNING_IGNORED_CERTIFICATES;
  if (!complete || trust->issuing_ca == NULL || trust->recipient == NULL) {
    report_incomplete (chains, error);
    return NULL;
  }
  return g_steal_pointer (&trust);
}
