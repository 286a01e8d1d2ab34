/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec/scep-algorithm.h"

#include <gio/gio.h>
#include <gnutls/x509.h>

G_BEGIN_DECLS

/**
 * ScepCertificate:
 *
 * An immutable X.509 certificate (RFC 5280). It keeps the DER as received:
 * names and serial numbers are copied from it byte for byte.
 */
#define SCEP_TYPE_CERTIFICATE (scep_certificate_get_type ())
G_DECLARE_FINAL_TYPE (ScepCertificate, scep_certificate, SCEP, CERTIFICATE, GObject)

ScepCertificate *scep_certificate_new (GBytes *der, GError **error);
ScepCertificate *scep_certificate_new_from_pem (const char *pem, GError **error);
GPtrArray *scep_certificate_list_from_pem (const char *pem, GError **error);
char *scep_certificate_list_to_pem (GPtrArray *certificates);

GBytes *scep_certificate_get_der (ScepCertificate *self);
const char *scep_certificate_get_fingerprint (ScepCertificate *self);
const char *scep_certificate_get_subject (ScepCertificate *self);
const char *scep_certificate_get_issuer (ScepCertificate *self);
const char *scep_certificate_get_serial (ScepCertificate *self);
GBytes *scep_certificate_get_subject_der (ScepCertificate *self);
GBytes *scep_certificate_get_issuer_der (ScepCertificate *self);
GBytes *scep_certificate_get_serial_der (ScepCertificate *self);
GBytes *scep_certificate_get_spki (ScepCertificate *self);
GBytes *scep_certificate_get_key_id (ScepCertificate *self);
GBytes *scep_certificate_get_authority_key_id (ScepCertificate *self);
gint64 scep_certificate_get_not_before (ScepCertificate *self);
gint64 scep_certificate_get_not_after (ScepCertificate *self);
GBytes *scep_certificate_get_subject_alt_names_der (ScepCertificate *self);
char **scep_certificate_dup_subject_alt_names (ScepCertificate *self);
char *scep_certificate_find_forbidden_name (ScepCertificate *self, ScepCertificate *ca);
char *scep_certificate_find_forbidden_host (ScepCertificate *self, ScepCertificate *ca);
char **scep_certificate_dup_crl_urls (ScepCertificate *self);

gboolean scep_certificate_is_ca (ScepCertificate *self);
gboolean scep_certificate_has_basic_constraints (ScepCertificate *self);
gint scep_certificate_get_path_length (ScepCertificate *self);
gboolean scep_certificate_is_self_issued (ScepCertificate *self);
gboolean scep_certificate_names_issuer (ScepCertificate *self, ScepCertificate *issuer);
gboolean scep_certificate_has_subject_of (ScepCertificate *self, ScepCertificate *other);
gboolean scep_certificate_is_rsa (ScepCertificate *self);
const char *scep_certificate_get_key_type (ScepCertificate *self);
guint scep_certificate_get_key_bits (ScepCertificate *self);
gboolean scep_certificate_get_key_usage (ScepCertificate *self, guint *usage);
gboolean scep_certificate_has_extended_key_usage (ScepCertificate *self, const char *oid);
const char *scep_certificate_find_malformed (ScepCertificate *self);
const char *scep_certificate_get_unreadable_extension (ScepCertificate *self);
const char *const *scep_certificate_get_unknown_critical (ScepCertificate *self);
gboolean scep_certificate_has_public_key (ScepCertificate *self, GBytes *spki);
gboolean scep_certificate_equal (ScepCertificate *a, ScepCertificate *b);

gboolean scep_certificate_is_issued_by (ScepCertificate *self, ScepCertificate *issuer,
                                        ScepDigest *digest, GError **error);
gboolean scep_certificate_may_be_anchor (ScepCertificate *self);
ScepCertificate *scep_certificate_find_issuer (ScepCertificate *self, GPtrArray *cas,
                                               ScepDigest *digest);
gboolean scep_certificate_verify_signature (ScepCertificate *self, ScepDigest digest,
                                            GBytes *signed_data, GBytes *signature, GError **error);
gboolean scep_certificate_verify_signed (ScepCertificate *self, GBytes *algorithm, GBytes *tbs,
                                         GBytes *signature, ScepDigest *digest, GError **error);
GBytes *scep_certificate_encrypt (ScepCertificate *self, GBytes *plain, GError **error);

gboolean scep_public_key_equal (GBytes *spki_a, GBytes *spki_b);
char *scep_public_key_get_hash (GBytes *spki);

G_END_DECLS
