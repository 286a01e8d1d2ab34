/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-certificate-extensions.h"
#include "codec/scep-name.h"

/**
 * scep_certificate_get_subject_alt_names_der:
 *
 * Returns: (transfer none) (nullable): the GeneralNames as they were received
 */
GBytes *
scep_certificate_get_subject_alt_names_der (ScepCertificate *self)
{
  return scep_certificate_get_extensions (self)->alt_names;
}

/**
 * scep_certificate_dup_subject_alt_names:
 *
 * Returns: (transfer full): values as in the SubjectAltNames setting; kinds of
 *   names that it does not know are left out
 */
char **
scep_certificate_dup_subject_alt_names (ScepCertificate *self)
{
  GBytes *alt_names = scep_certificate_get_extensions (self)->alt_names;
  char **names = alt_names != NULL ? scep_alt_names_decode (alt_names, NULL) : NULL;

  return names != NULL ? names : g_new0 (char *, 1);
}

/**
 * scep_certificate_find_forbidden_name:
 * @ca: a CA above it
 *
 * Applies the name constraints of @ca, if it has any (RFC 5280 section 4.2.1.10).
 * That self-issued intermediates are exempt is for the caller to know.
 *
 * Returns: (transfer full) (nullable): the first name of the certificate that
 *   @ca does not let anybody below it have, for people; %NULL where there is none
 */
char *
scep_certificate_find_forbidden_name (ScepCertificate *self, ScepCertificate *ca)
{
  const ScepNameConstraints *constraints = scep_certificate_get_extensions (ca)->name_constraints;

  if (constraints == NULL)
    return NULL;
  return scep_name_constraints_find_forbidden (constraints, scep_certificate_get_subject_der (self),
                                               scep_certificate_get_extensions (self)->alt_names);
}

/**
 * scep_certificate_find_forbidden_host:
 * @ca: a CA above it
 *
 * As scep_certificate_find_forbidden_name(), of the certificate at the end of a path, for
 * what OpenSSL and those who use it find wrong beside: a commonName that is the name of a
 * host, where there is no other.
 *
 * Returns: (transfer full) (nullable): that name, for people; %NULL where there is none
 */
char *
scep_certificate_find_forbidden_host (ScepCertificate *self, ScepCertificate *ca)
{
  const ScepNameConstraints *constraints = scep_certificate_get_extensions (ca)->name_constraints;

  if (constraints == NULL)
    return NULL;
  return scep_name_constraints_find_forbidden_host (
      constraints, scep_certificate_get_subject_der (self),
      scep_certificate_get_extensions (self)->alt_names);
}
