/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec/scep-certificate.h"
#include "enroll/scep-trust-record.h"

/* More certificates than any CA needs are not looked at. */
#define SCEP_CA_TRUST_MAX_CERTIFICATES 64

/**
 * ScepCaTrustQuestion:
 * @pin: (nullable): fingerprint of the CA certificate that is the anchor
 * @pin_provenance: %SCEP_PROVENANCE_FINGERPRINT or %SCEP_PROVENANCE_ACCEPTED;
 *   %SCEP_PROVENANCE_ROLLOVER of an anchor that the CA before announced
 * @anchor: (nullable): the anchor itself, instead of @pin
 * @ra_pin: (nullable): fingerprint of a certificate that is an RA
 * @tls: whether TLS authenticated the server that sent the certificates
 * @policy: which algorithms will do
 * @now: Unix seconds
 * @host: who sent them, for messages
 *
 * How a GetCACert reply is to be judged. Exactly one of @pin and @anchor is
 * given. All borrowed for the call.
 */
typedef struct {
  const char *pin;
  ScepProvenance pin_provenance;
  ScepCertificate *anchor;
  const char *ra_pin;
  gboolean tls;
  ScepPolicy policy;
  gint64 now;
  const char *host;
} ScepCaTrustQuestion;

/**
 * ScepCaTrust:
 *
 * Certificates of a CA that are authenticated, each with its roles: an
 * immutable, reference-counted value. There is none that is not.
 */
typedef struct _ScepCaTrust ScepCaTrust;

ScepCaTrust *scep_ca_trust_evaluate (GPtrArray *bundle, const ScepCaTrustQuestion *question,
                                     GError **error);
ScepCaTrust *scep_ca_trust_restore (ScepTrustRecord *record, GPtrArray *certificates,
                                    ScepPolicy policy, gint64 now, GError **error);
ScepCaTrust *scep_ca_trust_ref (ScepCaTrust *trust);
void scep_ca_trust_unref (ScepCaTrust *trust);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScepCaTrust, scep_ca_trust_unref)

ScepCertificate *scep_ca_trust_get_anchor (ScepCaTrust *trust);
ScepCertificate *scep_ca_trust_get_issuing_ca (ScepCaTrust *trust);
ScepCertificate *scep_ca_trust_get_recipient (ScepCaTrust *trust);
GPtrArray *scep_ca_trust_list_recipients (ScepCaTrust *trust);
ScepCertificate *scep_ca_trust_get_issuer_behind (ScepCaTrust *trust, ScepCertificate *recipient);
GPtrArray *scep_ca_trust_get_signers (ScepCaTrust *trust);
GPtrArray *scep_ca_trust_get_certificates (ScepCaTrust *trust);
GPtrArray *scep_ca_trust_list_anchors (ScepCaTrust *trust);
ScepWarnings scep_ca_trust_get_warnings (ScepCaTrust *trust);
ScepTrustRecord *scep_ca_trust_make_record (ScepCaTrust *trust, ScepSettings *settings);

ScepCertificate *scep_ca_trust_find_offered (GPtrArray *bundle, const char *host, GError **error);
