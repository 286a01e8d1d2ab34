/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec/scep-algorithm.h"
#include "codec/scep-certificate.h"

/* No CA has more certificates between its next root and its next issuing CA. */
#define SCEP_NEXT_CA_MAX_CERTIFICATES 8

GPtrArray *scep_next_ca_verify (GBytes *ber, ScepCertificate *ca, ScepPolicy policy,
                                GError **error);
ScepCertificate *scep_next_ca_find_signer (GBytes *ber, GPtrArray *candidates, ScepPolicy policy);
