/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-error.h"
#include "enroll/scep-ca-trust-private.h"
#include "enroll/scep-chain.h"

#include <glib/gi18n-lib.h>
#include <string.h>

static void
member_free (gpointer data)
{
  scep_trust_member_free (data);
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
  ScepTrustMember *member = scep_trust_member_new (certificate, provenance);

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
 * Returns: (transfer none): whom requests are encrypted to first; its key is RSA
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
 *   replies: the issuing CA, and the RA where there is one; of several CAs each that
 *   may be written to
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

    if ((member->roles & SCEP_TRUST_PREVIOUS) != 0 && scep_trust_member_is_ca (member))
      g_ptr_array_add (anchors, member->certificate);
  }
  return anchors;
}

static gboolean
may_sign (const ScepTrustMember *member)
{
  return (member->roles & (SCEP_TRUST_RA_SIGN | SCEP_TRUST_ISSUING)) != 0 ||
         ((member->roles & SCEP_TRUST_RA_ENCRYPT) != 0 && scep_trust_member_is_ca (member));
}

/* Fills in what the roles of the members from number @first on say. */
void
scep_ca_trust_index_from (ScepCaTrust *trust, guint first)
{
  g_autoptr (GPtrArray) recipients = NULL;

  for (guint i = first; i < trust->members->len; i++) {
    ScepTrustMember *member = g_ptr_array_index (trust->members, i);

    g_ptr_array_add (trust->certificates, g_object_ref (member->certificate));
    if (may_sign (member))
      g_ptr_array_add (trust->signers, g_object_ref (member->certificate));
    if ((member->roles & SCEP_TRUST_PREVIOUS) != 0)
      continue;
    if ((member->roles & SCEP_TRUST_ANCHOR) != 0)
      trust->anchor = member->certificate;
    if ((member->roles & SCEP_TRUST_ISSUING) != 0)
      trust->issuing_ca = member->certificate;
  }
  recipients = scep_ca_trust_list_recipients (trust);
  trust->recipient = recipients->len > 0 ? g_ptr_array_index (recipients, 0) : NULL;
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

/* Old roots do not say that they are CAs. */
static gboolean
looks_like_ca (ScepCertificate *certificate)
{
  return scep_certificate_is_ca (certificate) ||
         (scep_certificate_is_self_issued (certificate) &&
          !scep_certificate_has_basic_constraints (certificate));
}

/* Of two generations, the one that the other signed. */
static gboolean
names_other_key (ScepCertificate *certificate)
{
  GBytes *own = scep_certificate_get_key_id (certificate);
  GBytes *named = scep_certificate_get_authority_key_id (certificate);

  return own != NULL && named != NULL && !g_bytes_equal (own, named);
}

/* By names only: what is offered is for a person to judge, and nobody's key is to be worked with
 * before. */
static gboolean
has_issuer (GPtrArray *bundle, ScepCertificate *certificate)
{
  if (scep_certificate_is_self_issued (certificate) && !names_other_key (certificate))
    return FALSE;
  for (guint i = 0; i < bundle->len; i++) {
    ScepCertificate *other = g_ptr_array_index (bundle, i);

    if (other != certificate && looks_like_ca (other) &&
        scep_certificate_names_issuer (certificate, other))
      return TRUE;
  }
  return FALSE;
}

/* One that says that it is a CA; of several the one that lasts: the new root of a CA between two. */
static gboolean
is_more_offered (ScepCertificate *certificate, ScepCertificate *best)
{
  gboolean is_ca = scep_certificate_is_ca (certificate);
  gint64 end = scep_certificate_get_not_after (certificate);

  if (best == NULL || is_ca != scep_certificate_is_ca (best))
    return best == NULL || is_ca;
  if (end != scep_certificate_get_not_after (best))
    return end > scep_certificate_get_not_after (best);
  return scep_chain_compare_age (certificate, best) < 0;
}

static ScepCertificate *
find_topmost (GPtrArray *bundle)
{
  ScepCertificate *topmost = NULL;

  for (guint i = 0; i < bundle->len; i++) {
    ScepCertificate *certificate = g_ptr_array_index (bundle, i);

    if (looks_like_ca (certificate) && !has_issuer (bundle, certificate) &&
        is_more_offered (certificate, topmost))
      topmost = certificate;
  }
  return topmost;
}

/* What a person is told of a bundle that nothing is known of: its topmost CA, or anything. */
ScepCertificate *
scep_ca_bundle_find_shown (GPtrArray *bundle)
{
  ScepCertificate *shown = find_topmost (bundle);

  if (shown != NULL)
    return shown;
  shown = g_ptr_array_index (bundle, 0);
  for (guint i = 1; i < bundle->len; i++) {
    if (scep_chain_compare_age (g_ptr_array_index (bundle, i), shown) < 0)
      shown = g_ptr_array_index (bundle, i);
  }
  return shown;
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
  topmost = find_topmost (bundle);
  if (topmost != NULL)
    return g_object_ref (topmost);
  scep_error_set (error, SCEP_ERROR_UNTRUSTED_CA,
                  _ ("The SCEP server at %s sent no certificate of a CA; set CARootCertificate and "
                     "the method “certificate”, or have the server send its CA certificate"),
                  host);
  return NULL;
}
