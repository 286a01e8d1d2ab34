/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec/scep-algorithm.h"
#include "codec/scep-certificate.h"

/**
 * ScepCsrSpec:
 * @subject: DER Name
 * @spki: DER SubjectPublicKeyInfo of the key that is to be certified
 * @alt_names: (nullable): SubjectAltNames values
 * @alt_names_der: (nullable): instead of them, DER GeneralNames
 * @challenge: (nullable): the challengePassword, UTF-8, a secret
 * @key_usage: (nullable): RFC 5280 names
 * @extended_key_usage: (nullable): RFC 5280 names or OIDs
 * @template_name: (nullable): Microsoft certificate template name
 *
 * What a PKCS#10 request asks for (RFC 2986, RFC 8894 section 2.4). All
 * borrowed for the call.
 */
typedef struct {
  GBytes *subject;
  GBytes *spki;
  const char *const *alt_names;
  GBytes *alt_names_der;
  GBytes *challenge;
  const char *const *key_usage;
  const char *const *extended_key_usage;
  const char *template_name;
} ScepCsrSpec;

GBytes *scep_csr_build_tbs (const ScepCsrSpec *spec, GError **error);
char *scep_csr_to_pem (GBytes *csr);
GBytes *scep_csr_get_subject (GBytes *csr, GError **error);
GBytes *scep_csr_get_spki (GBytes *csr, GError **error);
char **scep_csr_get_alt_names (GBytes *csr, GError **error);

GBytes *scep_signer_certificate_build_tbs (GBytes *subject, GBytes *spki, gint64 not_before,
                                           gint64 not_after, GError **error);

gboolean scep_csr_check_key (GBytes *spki, GError **error);
GBytes *scep_csr_assemble (GBytes *tbs, GBytes *spki, GBytes *signature);
GBytes *scep_signed_assemble (GBytes *tbs, ScepDigest digest, GBytes *signature);
