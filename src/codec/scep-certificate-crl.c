/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-certificate.h"

#include "codec/scep-gnutls.h"

#include <string.h>

#define MAX_POINTS 16
#define MAX_URL 2048

static gboolean
is_http (const char *url)
{
  return g_ascii_strncasecmp (url, "http://", 7) == 0 ||
         g_ascii_strncasecmp (url, "https://", 8) == 0;
}

/**
 * scep_certificate_dup_crl_urls:
 *
 * Where the CRL that covers the certificate is to be found: its distribution
 * points (RFC 5280 section 4.2.1.13) that are http or https and hold revocations
 * of every reason. Whether one of them may be asked is for the caller to say.
 *
 * Returns: (transfer full): at most 16 URLs
 */
char **
scep_certificate_dup_crl_urls (ScepCertificate *self)
{
  g_auto (gnutls_x509_crt_t) handle = NULL;
  g_autoptr (GStrvBuilder) urls = g_strv_builder_new ();
  gnutls_datum_t der = scep_datum_borrow (scep_certificate_get_der (self));
  int rc = 0;

  gnutls_x509_crt_init (&handle);
  if (gnutls_x509_crt_import (handle, &der, GNUTLS_X509_FMT_DER) < 0)
    return g_strv_builder_end (urls);
  for (guint i = 0; i < MAX_POINTS && rc != GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE; i++) {
    char url[MAX_URL + 1] = "";
    size_t length = MAX_URL;
    unsigned int reasons = 0;

    rc = gnutls_x509_crt_get_crl_dist_points (handle, i, url, &length, &reasons, NULL);
    if (rc == GNUTLS_SAN_URI && reasons == 0 && strlen (url) == length && is_http (url))
      g_strv_builder_add (urls, url);
  }
  return g_strv_builder_end (urls);
}
