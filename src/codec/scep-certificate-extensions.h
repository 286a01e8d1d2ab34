/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec/scep-asn1.h"
#include "codec/scep-certificate.h"
#include "codec/scep-name-constraints.h"

/**
 * ScepCertificateExtensions:
 * @key_id: (nullable): subjectKeyIdentifier
 * @authority_key_id: (nullable): the key identifier in authorityKeyIdentifier
 * @alt_names: (nullable): subjectAltName, DER GeneralNames
 * @name_constraints: (nullable):
 * @distribution_points: (nullable): DER CRLDistributionPoints
 * @extended_key_usage: OIDs, empty where there is no extKeyUsage
 * @unknown_critical: OIDs of critical extensions that this service does not know
 * @unreadable: (nullable): the first extension that cannot be read, by name
 * @key_usage: its bits as GnuTLS has them, where @has_key_usage
 * @path_length: of basicConstraints, -1 for any
 *
 * What the extensions of a certificate say (RFC 5280 section 4.2); for the codec
 * only. One that is not there and one that cannot be read are two things: where
 * @unreadable is set, what is said here of that extension is not to be relied on.
 */
typedef struct {
  GBytes *key_id;
  GBytes *authority_key_id;
  GBytes *alt_names;
  ScepNameConstraints *name_constraints;
  GBytes *distribution_points;
  GPtrArray *extended_key_usage;
  GPtrArray *unknown_critical;
  char *unreadable;
  guint key_usage;
  gint path_length;
  gboolean has_key_usage;
  gboolean has_basic_constraints;
  gboolean is_ca;
} ScepCertificateExtensions;

ScepCertificateExtensions *scep_certificate_extensions_read (ScepAsn1 *certificate,
                                                             const char *field);
void scep_certificate_extensions_free (ScepCertificateExtensions *extensions);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScepCertificateExtensions, scep_certificate_extensions_free)

const ScepCertificateExtensions *scep_certificate_get_extensions (ScepCertificate *certificate);
