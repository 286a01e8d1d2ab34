/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec/scep-algorithm.h"
#include "codec/scep-certificate.h"

/**
 * ScepEnvelopedData:
 *
 * An EnvelopedData (RFC 5652 section 6), the pkcsPKIEnvelope of RFC 8894
 * section 3.2.2; for the codec only. It is opened after the signature around
 * it was verified, never before.
 */
typedef struct _ScepEnvelopedData ScepEnvelopedData;

GBytes *scep_enveloped_data_build (ScepCertificate *recipient, ScepCipher cipher, GBytes *plain,
                                   GError **error);

ScepEnvelopedData *scep_enveloped_data_parse (GBytes *ber, GError **error);
void scep_enveloped_data_free (ScepEnvelopedData *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScepEnvelopedData, scep_enveloped_data_free)

ScepCipher scep_enveloped_data_get_cipher (ScepEnvelopedData *self);
gboolean scep_enveloped_data_get_wrapped_key (ScepEnvelopedData *self, ScepCertificate *recipient,
                                              ScepKeyWrap *wrap, GBytes **wrapped, GError **error);
GBytes *scep_enveloped_data_decrypt (ScepEnvelopedData *self, GBytes *content_key,
                                     gboolean *is_good, GError **error);
