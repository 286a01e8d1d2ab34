/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-certificate-extensions.h"

/**
 * scep_certificate_get_key_id:
 *
 * Returns: (transfer none) (nullable): the SubjectKeyIdentifier extension
 */
GBytes *
scep_certificate_get_key_id (ScepCertificate *self)
{
  return scep_certificate_get_extensions (self)->key_id;
}

/**
 * scep_certificate_get_authority_key_id:
 *
 * Returns: (transfer none) (nullable): the key identifier in the
 *   AuthorityKeyIdentifier extension
 */
GBytes *
scep_certificate_get_authority_key_id (ScepCertificate *self)
{
  return scep_certificate_get_extensions (self)->authority_key_id;
}

/**
 * scep_certificate_is_ca:
 *
 * Returns: whether its basic constraints say CA:TRUE
 */
gboolean
scep_certificate_is_ca (ScepCertificate *self)
{
  return scep_certificate_get_extensions (self)->is_ca;
}

/**
 * scep_certificate_has_basic_constraints:
 *
 * Returns: whether it says at all whether it is a CA
 */
gboolean
scep_certificate_has_basic_constraints (ScepCertificate *self)
{
  return scep_certificate_get_extensions (self)->has_basic_constraints;
}

/**
 * scep_certificate_get_path_length:
 *
 * Returns: how many CA certificates, self-issued ones not counted, may follow
 *   this one in a chain (RFC 5280 section 4.2.1.9), -1 for any number
 */
gint
scep_certificate_get_path_length (ScepCertificate *self)
{
  return scep_certificate_get_extensions (self)->path_length;
}

/**
 * scep_certificate_get_key_usage:
 * @usage: (out): bits of GnuTLS, GNUTLS_KEY_DIGITAL_SIGNATURE and the like
 *
 * Returns: whether there is such an extension
 */
gboolean
scep_certificate_get_key_usage (ScepCertificate *self, guint *usage)
{
  *usage = scep_certificate_get_extensions (self)->key_usage;
  return scep_certificate_get_extensions (self)->has_key_usage;
}

/**
 * scep_certificate_has_extended_key_usage:
 *
 * Returns: whether the extension names @oid itself
 */
gboolean
scep_certificate_has_extended_key_usage (ScepCertificate *self, const char *oid)
{
  return g_strv_contains (
      (const char *const *) scep_certificate_get_extensions (self)->extended_key_usage->pdata, oid);
}

/**
 * scep_certificate_get_unreadable_extension:
 *
 * One that is malformed is not one that is absent: nothing that it may have
 * forbidden is known.
 *
 * Returns: (transfer none) (nullable): the first extension that cannot be read,
 *   as RFC 5280 names it
 */
const char *
scep_certificate_get_unreadable_extension (ScepCertificate *self)
{
  return scep_certificate_get_extensions (self)->unreadable;
}

/**
 * scep_certificate_get_unknown_critical:
 *
 * Returns: (transfer none): OIDs of extensions that this service does not know
 *   and that whoever does not know them must not ignore (RFC 5280 section 4.2)
 */
const char *const *
scep_certificate_get_unknown_critical (ScepCertificate *self)
{
  return (const char *const *) scep_certificate_get_extensions (self)->unknown_critical->pdata;
}
