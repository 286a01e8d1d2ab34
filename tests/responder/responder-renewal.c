/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "responder.h"

#include <stdlib.h>
#include <string.h>

/* Who signed a request: ours, expired (ours once), self or other. */
const char *
describe_signer (Responder *self, X509 *signer)
{
  if (ca_has_issued (self, signer))
    return X509_cmp_current_time (X509_get0_notAfter (signer)) > 0 ? "ours" : "expired";
  return X509_verify (signer, X509_get0_pubkey (signer)) == 1 ? "self" : "other";
}

static ASN1_OCTET_STRING *
get_alt_names (const STACK_OF (X509_EXTENSION) * extensions)
{
  int index = X509v3_get_ext_by_NID (extensions, NID_subject_alt_name, -1);

  return index >= 0 ? X509_EXTENSION_get_data (X509v3_get_ext (extensions, index)) : NULL;
}

/* Whether a request is for the very names of its signer, byte for byte. */
static bool
has_same_names (X509_REQ *csr, X509 *signer)
{
  STACK_OF (X509_EXTENSION) *extensions = X509_REQ_get_extensions (csr);
  ASN1_OCTET_STRING *asked = get_alt_names (extensions);
  ASN1_OCTET_STRING *given = get_alt_names (X509_get0_extensions (signer));
  const unsigned char *asked_der, *given_der;
  size_t asked_length, given_length;
  bool same;

  X509_NAME_get0_der (X509_REQ_get_subject_name (csr), &asked_der, &asked_length);
  X509_NAME_get0_der (X509_get_subject_name (signer), &given_der, &given_length);
  same =
      asked_length == given_length && memcmp (asked_der, given_der, asked_length) == 0 &&
      (asked == NULL || given == NULL ? asked == given : ASN1_OCTET_STRING_cmp (asked, given) == 0);
  sk_X509_EXTENSION_pop_free (extensions, X509_EXTENSION_free);
  return same;
}

/*
 * renewal.17=, renewal.19= (a PKCSReq that a certificate of ours signed), renewal.self= (any
 * other PKCSReq): refuse, error, html, empty, old, ca, other-key, or challenge (refused without
 * it). Without a mode a valid certificate of ours is enough, and others need the challenge.
 * renewal.names=same: and what ours signs is refused unless it is for the names of that.
 *
 * Returns what the request gets instead of its certificate, owned: a failInfo or one of those
 * words; NULL for the certificate.
 */
char *
decide_renewal (Responder *self, const char *type, X509_REQ *csr, X509 *signer, bool challenge_ok)
{
  const char *by = describe_signer (self, signer);
  bool is_ours = strcmp (by, "ours") == 0;
  const char *kind = strcmp (type, "17") == 0 ? "17" : is_ours ? "19" : "self";
  char key[32];
  char *mode;

  snprintf (key, sizeof key, "renewal.%s", kind);
  mode = modes_get (key);
  if (mode != NULL && strcmp (mode, "challenge") != 0) {
    if (strcmp (mode, "refuse") != 0)
      return mode;
    free (mode);
    return strdup ("2");
  }
  if (is_ours && modes_is ("renewal.names", "same") && !has_same_names (csr, signer)) {
    free (mode);
    return strdup ("2");
  }
  is_ours = is_ours && mode == NULL;
  free (mode);
  /* RFC 8894, 3.3.1.2: only a certificate that is still good can ask for its successor. */
  if (strcmp (kind, "17") == 0 && strcmp (by, "ours") != 0)
    return strdup ("1");
  return is_ours || challenge_ok ? NULL : strdup ("2");
}
