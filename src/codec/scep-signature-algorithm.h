/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec/scep-algorithm.h"
#include "codec/scep-gnutls.h"

/**
 * ScepSignatureAlgorithm:
 * @sign: as GnuTLS names it
 * @digest: of what is signed
 * @is_pss: whether it is RSASSA-PSS
 * @salt_length: of RSASSA-PSS, in octets
 *
 * The signatureAlgorithm of a certificate or a CRL (RFC 5280 section 4.1.1.2); for
 * the codec only.
 */
typedef struct {
  gnutls_sign_algorithm_t sign;
  ScepDigest digest;
  gboolean is_pss;
  guint salt_length;
} ScepSignatureAlgorithm;

gboolean scep_signature_algorithm_read (GBytes *identifier, ScepSignatureAlgorithm *algorithm,
                                        char **name);
gboolean scep_signature_algorithm_verify (const ScepSignatureAlgorithm *algorithm, GBytes *spki,
                                          GBytes *data, GBytes *signature);
