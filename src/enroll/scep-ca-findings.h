/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "enroll/scep-ca-trust.h"

/**
 * ScepCaFinding:
 * @certificate: one of a GetCACert reply
 * @text: what it is for, or why it is for nothing: without a full stop
 * @is_fault: something is wrong with it, so that it is not used
 *
 * What a person is told of a certificate.
 */
typedef struct {
  ScepCertificate *certificate;
  char *text;
  gboolean is_fault;
} ScepCaFinding;

GPtrArray *scep_ca_findings_list (GPtrArray *bundle, const ScepCaTrustQuestion *question,
                                  ScepCaTrust *trust);
