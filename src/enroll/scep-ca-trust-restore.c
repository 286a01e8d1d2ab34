/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-error.h"
#include "enroll/scep-ca-trust-private.h"

#include <glib/gi18n-lib.h>

#define NEEDED_ROLES (SCEP_TRUST_ISSUING | SCEP_TRUST_RA_SIGN | SCEP_TRUST_RA_ENCRYPT)

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

/* An RA that is pinned may be of another hierarchy. */
static gboolean
is_restorable (ScepChains *chains, const ScepTrustEntry *entry, ScepCertificate *certificate,
               const ScepPathRules *rules)
{
  ScepWarnings warnings = SCEP_WARNING_NONE;

  if (scep_chains_lookup (chains, entry->fingerprint) != NULL)
    return TRUE;
  return entry->provenance == SCEP_PROVENANCE_RA_PIN &&
         scep_path_check_named (certificate, rules, &warnings, NULL);
}

/* Returns: the roles that somebody has to have */
static ScepTrustRoles
restore_members (ScepCaTrust *trust, ScepTrustRecord *record, ScepChains *chains,
                 GPtrArray *trusted, const ScepPathRules *rules)
{
  GPtrArray *entries = scep_trust_record_get_entries (record);
  ScepTrustRoles needed = SCEP_TRUST_ISSUING | SCEP_TRUST_RA_ENCRYPT;

  for (guint i = 0; i < entries->len; i++) {
    const ScepTrustEntry *entry = g_ptr_array_index (entries, i);
    ScepCertificate *certificate = scep_ca_bundle_lookup (trusted, entry->fingerprint);

    if ((entry->roles & (SCEP_TRUST_PREVIOUS | SCEP_TRUST_PENDING)) != 0)
      continue;
    needed |= entry->roles & NEEDED_ROLES;
    if (certificate != NULL && is_restorable (chains, entry, certificate, rules))
      scep_ca_trust_add (trust, certificate, entry->provenance)->roles = entry->roles;
  }
  scep_ca_roles_find_upper (trust, chains);
  return needed;
}

/* Of two RAs one may go; but what the keystore has lost it is asked for. */
static gboolean
is_complete (ScepCaTrust *trust, ScepTrustRecord *record, GPtrArray *trusted, ScepTrustRoles needed)
{
  GPtrArray *entries = scep_trust_record_get_entries (record);

  for (guint i = 0; i < trust->members->len; i++)
    needed &= ~((const ScepTrustMember *) g_ptr_array_index (trust->members, i))->roles;
  for (guint i = 0; i < entries->len; i++) {
    const ScepTrustEntry *entry = g_ptr_array_index (entries, i);

    if ((entry->roles & NEEDED_ROLES) != 0 && (entry->roles & SCEP_TRUST_PREVIOUS) == 0 &&
        scep_ca_bundle_lookup (trusted, entry->fingerprint) == NULL)
      return FALSE;
  }
  return needed == 0;
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
  ScepPathRules rules = { .policy = policy, .now = now };
  ScepTrustRoles needed;

  if (anchor == NULL) {
    scep_error_set (error, SCEP_ERROR_NO_SUCH_ENTRY,
                    _ ("The keystore lacks the CA certificate that the trust record names as "
                       "anchor; the CA will be asked for its certificates again"));
    return NULL;
  }
  chains = scep_chains_build (anchor, trusted, policy, now, error);
  if (chains == NULL)
    return NULL;

  needed = restore_members (trust, record, chains, trusted, &rules);
  if (!is_complete (trust, record, trusted, needed)) {
    report_incomplete (chains, error);
    return NULL;
  }
  restore_previous (trust, record, certificates, policy, now);
  scep_ca_trust_index_from (trust, 0);
  /* What the keystore holds beside them is not what the server sent. */
  trust->warnings = chains->warnings & ~(guint) SCEP_WARNING_IGNORED_CERTIFICATES;
  if (scep_trust_record_has_ignored (record))
    trust->warnings |= SCEP_WARNING_IGNORED_CERTIFICATES;
  return g_steal_pointer (&trust);
}
