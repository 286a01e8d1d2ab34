/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec/scep-certificate.h"

/**
 * ScepAskedQuestion:
 * @issuer: DER Name of the CA, as it was asked for
 * @serial: DER INTEGER, as it was asked for
 * @cas: (element-type ScepCertificate): certificates that are trusted
 * @policy: which algorithms will do
 * @host: who sent them, for messages
 *
 * How the certificates of the answer to a GetCert are to be judged. All borrowed
 * for the call.
 */
typedef struct {
  GBytes *issuer;
  GBytes *serial;
  GPtrArray *cas;
  ScepPolicy policy;
  const char *host;
} ScepAskedQuestion;

ScepCertificate *scep_asked_certificate_find (GPtrArray *certificates,
                                              const ScepAskedQuestion *question, GError **error);
