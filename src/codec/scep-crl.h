/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec/scep-certificate.h"

/* A larger CRL is not read. */
#define SCEP_CRL_MAX_SIZE (16 * 1024 * 1024)

/**
 * ScepCrl:
 *
 * A complete X.509 CRL (RFC 5280 section 5) that may cover end entities: an
 * immutable value. Nothing of it is believed before scep_crl_is_issued_by().
 */
typedef struct _ScepCrl ScepCrl;

ScepCrl *scep_crl_new (GBytes *der, GError **error);
ScepCrl *scep_crl_new_from_degenerate (GBytes *der, GError **error);
void scep_crl_free (ScepCrl *crl);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScepCrl, scep_crl_free)

GBytes *scep_crl_get_der (ScepCrl *crl);
const char *scep_crl_get_issuer (ScepCrl *crl);
gint64 scep_crl_get_this_update (ScepCrl *crl);
gint64 scep_crl_get_next_update (ScepCrl *crl);
const char *scep_crl_get_number (ScepCrl *crl);
guint scep_crl_get_n_entries (ScepCrl *crl);
gboolean scep_crl_names_issuer (ScepCrl *crl, ScepCertificate *issuer);
gboolean scep_crl_is_issued_by (ScepCrl *crl, ScepCertificate *issuer, ScepDigest *digest,
                                GError **error);
gboolean scep_crl_covers (ScepCrl *crl, ScepCertificate *certificate, GError **error);

int scep_crl_number_compare (const char *a, const char *b);
