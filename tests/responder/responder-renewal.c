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

/*
 * renewal.17=, renewal.19= (a PKCSReq that a certificate of ours signed), renewal.self= (any
 * other PKCSReq): refuse, error, html, empty, old, ca, other-key, or challenge (refused without
 * it). Without a mode a valid certificate of ours is enough, and others need the challenge.
 *
 * Returns what the request gets instead of its certificate, owned: a failInfo or one of those
 * words; NULL for the certificate.
 */
char *
decide_renewal (Responder *self, const char *type, X509 *signer, bool challenge_ok)
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
  is_ours = is_ours && mode == NULL;
  free (mode);
  /* RFC 8894, 3.3.1.2: only a certificate that is still good can ask for its successor. */
  if (strcmp (kind, "17") == 0 && strcmp (by, "ours") != 0)
    return strdup ("1");
  return is_ours || challenge_ok ? NULL : strdup ("2");
}
