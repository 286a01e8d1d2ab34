/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "enroll/scep-settings.h"

/* What a certificate is trusted for; one may have several roles. */
typedef enum {
  SCEP_TRUST_ANCHOR = 1 << 0,
  SCEP_TRUST_INTERMEDIATE = 1 << 1, /* a CA between the anchor and the issuing CA */
  SCEP_TRUST_ISSUING = 1 << 2,
  SCEP_TRUST_RA_SIGN = 1 << 3,
  SCEP_TRUST_RA_ENCRYPT = 1 << 4,
  SCEP_TRUST_PENDING = 1 << 5,  /* a next CA, not trusted yet */
  SCEP_TRUST_PREVIOUS = 1 << 6, /* of the CA before: what it signed is still believed */
} ScepTrustRoles;

/* Why it is trusted. */
typedef enum {
  SCEP_PROVENANCE_FINGERPRINT, /* CARootFingerprint names it */
  SCEP_PROVENANCE_CERTIFICATE, /* it is CARootCertificate */
  SCEP_PROVENANCE_ACCEPTED,    /* AcceptCA named it */
  SCEP_PROVENANCE_CHAIN,       /* a CA that chains to the anchor */
  SCEP_PROVENANCE_RA_PIN,      /* RACertificateFingerprint names it */
  SCEP_PROVENANCE_RA_USAGE,    /* its extended key usage, given by the CA, makes it an RA */
  SCEP_PROVENANCE_TLS,         /* an RA from a server that TLS authenticated */
  SCEP_PROVENANCE_ROLLOVER,    /* the CA before signed it */
} ScepProvenance;

/**
 * ScepTrustEntry:
 * @fingerprint: SHA-256 of the certificate, 64 lower-case hex digits
 * @roles: what it is trusted for
 * @provenance: why
 */
typedef struct {
  char *fingerprint;
  ScepTrustRoles roles;
  ScepProvenance provenance;
} ScepTrustEntry;

ScepTrustEntry *scep_trust_entry_new (const char *fingerprint, ScepTrustRoles roles,
                                      ScepProvenance provenance);
void scep_trust_entry_free (ScepTrustEntry *entry);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScepTrustEntry, scep_trust_entry_free)

/**
 * ScepTrustRecord:
 *
 * What one profile trusts, and the settings that it was made from: an
 * immutable, reference-counted value. It holds fingerprints; the bytes are in
 * the keystore.
 */
typedef struct _ScepTrustRecord ScepTrustRecord;

ScepTrustRecord *scep_trust_record_new (ScepSettings *settings, GPtrArray *entries,
                                        gboolean ignored);
ScepTrustRecord *scep_trust_record_ref (ScepTrustRecord *record);
void scep_trust_record_unref (ScepTrustRecord *record);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScepTrustRecord, scep_trust_record_unref)

GPtrArray *scep_trust_record_get_entries (ScepTrustRecord *record);
const ScepTrustEntry *scep_trust_record_lookup (ScepTrustRecord *record, const char *fingerprint);
const ScepTrustEntry *scep_trust_record_get_anchor (ScepTrustRecord *record);
gboolean scep_trust_record_has_ignored (ScepTrustRecord *record);
char **scep_trust_record_dup_fingerprints (ScepTrustRecord *record);
gboolean scep_trust_record_matches (ScepTrustRecord *record, ScepSettings *settings);

ScepTrustRecord *scep_trust_record_load (GKeyFile *key_file, GError **error);
void scep_trust_record_store (ScepTrustRecord *record, GKeyFile *key_file);
