/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec/scep-certificate.h"
#include "enroll/scep-ca-trust.h"

/* How far ahead a notBefore may lie. */
#define SCEP_ISSUED_MAX_AHEAD (10 * 60)

/**
 * ScepIssuedQuestion:
 * @csr: what was asked for, DER
 * @names: (nullable): instead of the names in @csr, those that are wanted: the
 *   subject, then the SANs
 * @old: (nullable): the certificate that is to be renewed
 * @trust: the CA
 * @policy: which algorithms will do
 * @now: Unix seconds
 *
 * How the certificates of a SUCCESS are to be judged. All borrowed for the
 * call.
 */
typedef struct {
  GBytes *csr;
  const char *const *names;
  ScepCertificate *old;
  ScepCaTrust *trust;
  ScepPolicy policy;
  gint64 now;
} ScepIssuedQuestion;

GPtrArray *scep_issued_certificate_check (GPtrArray *certificates,
                                          const ScepIssuedQuestion *question,
                                          ScepWarnings *warnings, GError **error);
ScepWarnings scep_issued_certificate_judge (GPtrArray *chain, ScepCertificate *anchor,
                                            char ***details);
