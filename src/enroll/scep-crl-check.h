/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec/scep-crl.h"

/**
 * ScepCrlSeen:
 * @issuer: (nullable): fingerprint of the CA whose CRL was seen last
 * @number: (nullable): its cRLNumber, as scep_crl_get_number() writes it
 * @this_update: Unix seconds
 *
 * What is remembered of the last CRL, so that an older one is noticed.
 */
typedef struct {
  const char *issuer;
  const char *number;
  gint64 this_update;
} ScepCrlSeen;

/**
 * ScepCrlQuestion:
 * @certificate: what the CRL has to cover
 * @cas: (element-type ScepCertificate): certificates that are trusted
 * @policy: which algorithms will do
 * @now: Unix seconds
 * @seen: the last one
 *
 * How a CRL is to be judged. All borrowed for the call.
 */
typedef struct {
  ScepCertificate *certificate;
  GPtrArray *cas;
  ScepPolicy policy;
  gint64 now;
  ScepCrlSeen seen;
} ScepCrlQuestion;

/* How far clocks may differ, in seconds. */
#define SCEP_CRL_MAX_AHEAD (10 * 60)

gboolean scep_crl_check (ScepCrl *crl, const ScepCrlQuestion *question, GError **error);
gboolean scep_crl_url_check (const char *url, const char *endpoint, gboolean *refuse_local,
                             GError **error);
