/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-ca-generation.h"

#include "base/scep-error.h"
#include "enroll/scep-ca-trust-private.h"
#include "enroll/scep-chain.h"

#include <glib/gi18n-lib.h>

/**
 * scep_ca_heritage_free:
 * @heritage: (transfer full) (nullable):
 */
void
scep_ca_heritage_free (ScepCaHeritage *heritage)
{
  if (heritage == NULL)
    return;
  g_clear_pointer (&heritage->record, scep_trust_record_unref);
  g_clear_pointer (&heritage->certificates, g_ptr_array_unref);
  g_clear_object (&heritage->enrolled);
  g_free (heritage);
}

static ScepCertificate *
find_with_role (const ScepCaHeritage *heritage, ScepTrustRoles role)
{
  GPtrArray *entries = scep_trust_record_get_entries (heritage->record);

  for (guint i = 0; i < entries->len; i++) {
    const ScepTrustEntry *entry = g_ptr_array_index (entries, i);

    if ((entry->roles & role) != 0 && (entry->roles & SCEP_TRUST_PREVIOUS) == 0)
      return scep_ca_bundle_lookup (heritage->certificates, entry->fingerprint);
  }
  return NULL;
}

static GPtrArray *
list_pending (const ScepCaHeritage *heritage)
{
  GPtrArray *pending = g_ptr_array_new ();
  GPtrArray *entries =
      heritage->record != NULL ? scep_trust_record_get_entries (heritage->record) : NULL;

  for (guint i = 0; entries != NULL && i < entries->len; i++) {
    const ScepTrustEntry *entry = g_ptr_array_index (entries, i);
    ScepCertificate *certificate =
        scep_ca_bundle_lookup (heritage->certificates, entry->fingerprint);

    if (entry->roles == SCEP_TRUST_PENDING && certificate != NULL)
      g_ptr_array_add (pending, certificate);
  }
  return pending;
}

static gboolean
shows (GPtrArray *bundle, GPtrArray *pending)
{
  for (guint i = 0; i < pending->len; i++) {
    if (scep_ca_bundle_lookup (
            bundle, scep_certificate_get_fingerprint (g_ptr_array_index (pending, i))) != NULL)
      return TRUE;
  }
  return FALSE;
}

static gboolean
has_ended (const ScepCaHeritage *heritage, gint64 now)
{
  ScepCertificate *anchor = find_with_role (heritage, SCEP_TRUST_ANCHOR);
  ScepCertificate *issuing = find_with_role (heritage, SCEP_TRUST_ISSUING);

  return (anchor != NULL && scep_certificate_get_not_after (anchor) < now) ||
         (issuing != NULL && scep_certificate_get_not_after (issuing) < now);
}

/* The root among them, rather than the same key's certificate by the CA before; where all vouch for
 * each other there is none above the others, and the newest stands for it. */
static ScepCertificate *
find_top (GPtrArray *certificates)
{
  ScepCertificate *top = NULL;

  for (guint i = 0; i < certificates->len; i++) {
    ScepCertificate *certificate = g_ptr_array_index (certificates, i);

    if (scep_certificate_is_ca (certificate) && scep_certificate_is_self_issued (certificate) &&
        (top == NULL ||
         scep_certificate_get_not_after (certificate) > scep_certificate_get_not_after (top)))
      top = certificate;
  }
  return top != NULL ? top : scep_ca_bundle_find_shown (certificates);
}

/* The next CA becomes the anchor, unless it stands below the present one. */
static ScepCaTrust *
activate (GPtrArray *bundle, GPtrArray *pending, const ScepCaTrustQuestion *question,
          const ScepCaHeritage *heritage, GError **error)
{
  ScepCertificate *anchor = find_with_role (heritage, SCEP_TRUST_ANCHOR);
  ScepCertificate *top = find_top (pending);
  ScepCaTrustQuestion next = *question;
  ScepDigest digest;

  if (anchor == NULL || scep_certificate_is_self_issued (top) ||
      !scep_certificate_is_issued_by (top, anchor, &digest, NULL)) {
    next.pin = NULL;
    next.anchor = top;
    next.pin_provenance = SCEP_PROVENANCE_ROLLOVER;
  }
  return scep_ca_trust_evaluate (bundle, &next, error);
}

static gboolean
is_renewal (ScepCertificate *certificate, ScepCertificate *anchor, gint64 now)
{
  ScepDigest digest;

  return scep_certificate_get_not_after (certificate) > scep_certificate_get_not_after (anchor) &&
         scep_certificate_get_not_before (certificate) <= now + SCEP_CHAIN_MAX_AHEAD &&
         scep_chain_is_same_ca (certificate, anchor) &&
         scep_certificate_is_issued_by (certificate, certificate, &digest, NULL);
}

/* The anchor with a new certificate for the same key: nobody else is trusted than before. */
static ScepCertificate *
find_renewed_anchor (GPtrArray *bundle, const ScepCaHeritage *heritage, gint64 now)
{
  ScepCertificate *held =
      heritage->record != NULL ? find_with_role (heritage, SCEP_TRUST_ANCHOR) : NULL;
  ScepCertificate *renewed = NULL;

  for (guint i = 0; held != NULL && i < bundle->len; i++) {
    ScepCertificate *certificate = g_ptr_array_index (bundle, i);

    if (is_renewal (certificate, held, now) &&
        (renewed == NULL || scep_chain_compare_age (certificate, renewed) < 0))
      renewed = certificate;
  }
  return renewed;
}

static gboolean
is_member (ScepCaTrust *trust, const char *fingerprint)
{
  return scep_ca_bundle_lookup (trust->certificates, fingerprint) != NULL;
}

static gboolean
is_issued_within (ScepCertificate *certificate, ScepCaTrust *trust)
{
  for (guint i = 0; i < trust->members->len; i++) {
    const ScepTrustMember *member = g_ptr_array_index (trust->members, i);
    ScepDigest digest;

    if (scep_trust_member_is_ca (member) &&
        scep_certificate_is_issued_by (certificate, member->certificate, &digest, NULL))
      return TRUE;
  }
  return FALSE;
}

/* A CA is needed by what it issued; an RA by a request that was sent to it. */
static gboolean
is_needed (ScepCertificate *certificate, ScepTrustRoles roles, const ScepCaTrustQuestion *question,
           const ScepCaHeritage *heritage, gboolean issued_before)
{
  if (scep_certificate_get_not_after (certificate) < question->now)
    return FALSE;
  /* An old root does not say that it is a CA. */
  if (scep_certificate_is_ca (certificate) ||
      (roles & (SCEP_TRUST_ANCHOR | SCEP_TRUST_ISSUING)) != 0)
    return issued_before || heritage->in_flight;
  return heritage->in_flight &&
         (question->ra_pin == NULL ||
          g_str_equal (question->ra_pin, scep_certificate_get_fingerprint (certificate)));
}

/* What was trusted and is not shown any more is kept while something depends on it. */
static void
inherit (ScepCaTrust *trust, const ScepCaTrustQuestion *question, const ScepCaHeritage *heritage,
         gboolean keep_pending)
{
  GPtrArray *entries = scep_trust_record_get_entries (heritage->record);
  gboolean issued_before =
      heritage->enrolled != NULL && !is_issued_within (heritage->enrolled, trust);
  guint n_current = trust->certificates->len;

  for (guint i = 0; i < entries->len; i++) {
    const ScepTrustEntry *entry = g_ptr_array_index (entries, i);
    ScepCertificate *certificate =
        scep_ca_bundle_lookup (heritage->certificates, entry->fingerprint);
    ScepTrustRoles roles =
        (entry->roles & ~(ScepTrustRoles) SCEP_TRUST_ANCHOR) | SCEP_TRUST_PREVIOUS;

    if (certificate == NULL || is_member (trust, entry->fingerprint))
      continue;
    if (entry->roles == SCEP_TRUST_PENDING) {
      if (!keep_pending || scep_certificate_get_not_after (certificate) < question->now)
        continue;
      roles = SCEP_TRUST_PENDING;
    } else if (!is_needed (certificate, entry->roles, question, heritage, issued_before)) {
      continue;
    }
    scep_ca_trust_add (trust, certificate, entry->provenance)->roles = roles;
  }
  scep_ca_trust_index_from (trust, n_current);
}

/**
 * scep_ca_generation_judge:
 * @bundle: (element-type ScepCertificate): a GetCACert reply, in any order
 * @question: whom to trust
 * @heritage: what was trusted so far
 *
 * As scep_ca_trust_evaluate(), over a change of the CA: the next CA, announced
 * by the current one, becomes the current one as soon as the server uses it or
 * the current one's time is over (RFC 8894 section 4.7), and what the one
 * before signed is believed as long as something depends on it. The order of
 * the members says which is which: the present ones come first. A self-signed certificate
 * of the anchor that is held, of its name and its key, which lasts longer than that is
 * the anchor renewed, whatever the setting pins.
 *
 * Returns: (transfer full) (nullable): the trust, or %NULL with an error of
 *   scep_ca_trust_evaluate()
 */
ScepCaTrust *
scep_ca_generation_judge (GPtrArray *bundle, const ScepCaTrustQuestion *question,
                          const ScepCaHeritage *heritage, GError **error)
{
  g_autoptr (GPtrArray) pending = list_pending (heritage);
  ScepCertificate *renewed = find_renewed_anchor (bundle, heritage, question->now);
  gboolean is_shown = heritage->follow && shows (bundle, pending);
  ScepCaTrustQuestion present = *question;
  g_autoptr (ScepCaTrust) trust = NULL;
  g_autoptr (GError) why = NULL;
  gboolean activated = FALSE;

  if (is_shown || (heritage->follow && pending->len > 0 && has_ended (heritage, question->now))) {
    trust = activate (bundle, pending, question, heritage, &why);
    activated = trust != NULL;
  }
  if (renewed != NULL) {
    present.pin = NULL;
    present.anchor = renewed;
    present.pin_provenance = SCEP_PROVENANCE_ROLLOVER;
  }
  if (trust == NULL)
    trust = scep_ca_trust_evaluate (bundle, &present, is_shown ? NULL : error);
  if (trust == NULL) {
    if (is_shown)
      g_propagate_error (error, g_steal_pointer (&why));
    return NULL;
  }
  if (heritage->record != NULL)
    inherit (trust, question, heritage, !activated);
  return g_steal_pointer (&trust);
}

/* Everything of @trust but a next CA. */
static ScepCaTrust *
copy_without_pending (ScepCaTrust *trust)
{
  ScepCaTrust *copy = scep_ca_trust_new_empty ();

  for (guint i = 0; i < trust->members->len; i++) {
    const ScepTrustMember *member = g_ptr_array_index (trust->members, i);

    if (member->roles != SCEP_TRUST_PENDING) {
      ScepTrustMember *again = scep_ca_trust_add (copy, member->certificate, member->provenance);

      again->roles = member->roles;
      again->is_upper = member->is_upper;
    }
  }
  copy->warnings = trust->warnings;
  scep_ca_trust_index_from (copy, 0);
  return copy;
}

static GPtrArray *
list_new (ScepCaTrust *trust, GPtrArray *next)
{
  GPtrArray *found = g_ptr_array_new ();

  for (guint i = 0; i < next->len; i++) {
    ScepCertificate *certificate = g_ptr_array_index (next, i);

    if (scep_certificate_is_ca (certificate) &&
        !is_member (trust, scep_certificate_get_fingerprint (certificate)))
      g_ptr_array_add (found, certificate);
  }
  return found;
}

/* The end of the next CA that is known already; 0 if @top is of it, or there is none. */
static gint64
get_known_end (ScepCaTrust *trust, ScepCertificate *top)
{
  gint64 end = 0;

  for (guint i = 0; i < trust->members->len; i++) {
    const ScepTrustMember *member = g_ptr_array_index (trust->members, i);

    if (member->roles != SCEP_TRUST_PENDING)
      continue;
    if (scep_certificate_equal (member->certificate, top))
      return 0;
    end = MAX (end, scep_certificate_get_not_after (member->certificate));
  }
  return end;
}

static gboolean
check_times (ScepCaTrust *trust, ScepCertificate *top, GError **error)
{
  const char *subject = scep_certificate_get_subject (top);

  if (scep_certificate_get_not_after (top) <= get_known_end (trust, top)) {
    scep_error_set (error, SCEP_ERROR_UNTRUSTED_CA,
                    _ ("The next CA “%s” that the server announces ends no later than the one that "
                       "it announced before; it may be an old announcement that somebody replayed"),
                    subject);
    return FALSE;
  }
  if (scep_certificate_get_not_before (top) >
      scep_ca_generation_get_end (trust) + SCEP_CHAIN_MAX_AHEAD) {
    scep_error_set (error, SCEP_ERROR_UNTRUSTED_CA,
                    _ ("The next CA “%s” that the server announces begins only after the end of "
                       "the current one; tell the CA's operator"),
                    subject);
    return FALSE;
  }
  return TRUE;
}

/* A next CA may begin later: it is judged by the time when all of it is valid. */
static gint64
get_begin (GPtrArray *certificates, gint64 now)
{
  for (guint i = 0; i < certificates->len; i++)
    now = MAX (now, scep_certificate_get_not_before (g_ptr_array_index (certificates, i)));
  return now;
}

/**
 * scep_ca_generation_expect:
 * @next: (element-type ScepCertificate): of scep_next_ca_verify()
 * @policy: which algorithms will do
 * @now: Unix seconds
 *
 * Adds a next CA, which is not trusted before it is the current one. It
 * replaces one that was announced before and ends earlier.
 *
 * Returns: (transfer full) (nullable): @trust with the next CA pending, or
 *   @trust itself if all of it is trusted already; %NULL with
 *   %SCEP_ERROR_UNTRUSTED_CA or %SCEP_ERROR_WEAK_ALGORITHM if the next CA will
 *   not do
 */
ScepCaTrust *
scep_ca_generation_expect (ScepCaTrust *trust, GPtrArray *next, ScepPolicy policy, gint64 now,
                           GError **error)
{
  g_autoptr (ScepCaTrust) expecting = copy_without_pending (trust);
  g_autoptr (GPtrArray) fresh = list_new (expecting, next);
  g_autoptr (ScepChains) chains = NULL;
  ScepCertificate *top;
  guint n_current = expecting->certificates->len;

  if (fresh->len == 0)
    return scep_ca_trust_ref (trust);
  top = find_top (fresh);
  if (!check_times (trust, top, error))
    return NULL;
  chains = scep_chains_build (top, fresh, policy, get_begin (fresh, now), error);
  if (chains == NULL)
    return NULL;
  for (guint i = 0; i < chains->links->len; i++) {
    const ScepChainLink *link = g_ptr_array_index (chains->links, i);

    scep_ca_trust_add (expecting, link->certificate, SCEP_PROVENANCE_ROLLOVER)->roles =
        SCEP_TRUST_PENDING;
  }
  scep_ca_trust_index_from (expecting, n_current);
  return g_steal_pointer (&expecting);
}

/**
 * scep_ca_generation_get_end:
 *
 * Returns: when the current CA cannot be used any more, Unix seconds
 */
gint64
scep_ca_generation_get_end (ScepCaTrust *trust)
{
  return MIN (scep_certificate_get_not_after (trust->anchor),
              scep_certificate_get_not_after (trust->issuing_ca));
}
