/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec/scep-algorithm.h"
#include "codec/scep-certificate.h"

/**
 * ScepSignedData:
 *
 * A SignedData with one signer (RFC 5652 section 5), as a pkiMessage and a
 * GetNextCACert reply are; for the codec only. Its content and its attributes
 * are given out after scep_signed_data_verify() succeeded, never before.
 */
typedef struct _ScepSignedData ScepSignedData;

ScepSignedData *scep_signed_data_parse (GBytes *ber, GError **error);
ScepSignedData *scep_signed_data_parse_nested (GBytes *ber, GError **error);
void scep_signed_data_free (ScepSignedData *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScepSignedData, scep_signed_data_free)

gboolean scep_signed_data_verify (ScepSignedData *self, GPtrArray *signers, ScepPolicy policy,
                                  GError **error);

ScepCertificate *scep_signed_data_get_signer (ScepSignedData *self);
ScepWarnings scep_signed_data_get_warnings (ScepSignedData *self);
GBytes *scep_signed_data_get_content (ScepSignedData *self);
GBytes *scep_signed_data_get_attribute (ScepSignedData *self, const char *oid, guint8 tag);
