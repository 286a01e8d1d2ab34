/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "responder.h"

#include <openssl/pkcs7.h>
#include <openssl/x509v3.h>
#include <time.h>

#define DAY (24L * 3600)

static void
add_entries (X509_CRL *crl, long count)
{
  ASN1_TIME *when = X509_gmtime_adj (NULL, -DAY);

  for (long i = 0; i < count; i++) {
    X509_REVOKED *revoked = X509_REVOKED_new ();
    ASN1_INTEGER *serial = ASN1_INTEGER_new ();

    ASN1_INTEGER_set (serial, 1000 + i);
    X509_REVOKED_set_serialNumber (revoked, serial);
    X509_REVOKED_set_revocationDate (revoked, when);
    X509_CRL_add0_revoked (crl, revoked);
    ASN1_INTEGER_free (serial);
  }
  ASN1_TIME_free (when);
}

static void
set_times (X509_CRL *crl)
{
  ASN1_TIME *this_update = X509_gmtime_adj (NULL, modes_number ("crl.this-update", -60));
  ASN1_TIME *next_update = X509_gmtime_adj (NULL, modes_number ("crl.next-update", 7 * DAY));

  X509_CRL_set1_lastUpdate (crl, this_update);
  X509_CRL_set1_nextUpdate (crl, next_update);
  ASN1_TIME_free (this_update);
  ASN1_TIME_free (next_update);
}

/* crl.number=N, crl.entries=N, crl.this-update=S, crl.next-update=S (from now), crl.key=other */
static X509_CRL *
make_crl (Responder *self)
{
  X509_CRL *crl = X509_CRL_new ();
  ASN1_INTEGER *number = ASN1_INTEGER_new ();

  X509_CRL_set_version (crl, X509_CRL_VERSION_2);
  X509_CRL_set_issuer_name (crl, X509_get_subject_name (self->ca.cert));
  set_times (crl);
  add_entries (crl, modes_number ("crl.entries", 1));
  ASN1_INTEGER_set (number, modes_number ("crl.number", 1));
  X509_CRL_add1_ext_i2d (crl, NID_crl_number, number, 0, 0);
  X509_CRL_sort (crl);
  X509_CRL_sign (crl, modes_is ("crl.key", "other") ? self->other.key : self->ca.key,
                 EVP_sha256 ());
  ASN1_INTEGER_free (number);
  return crl;
}

/* The CRL as a distribution point has it; data from OpenSSL. */
Bytes
crl_file (Responder *self)
{
  X509_CRL *crl = make_crl (self);
  Bytes bytes = { NULL, 0 };

  bytes.length = (size_t) i2d_X509_CRL (crl, &bytes.data);
  X509_CRL_free (crl);
  return bytes;
}

/* A degenerate SignedData (RFC 8894, 4.6.1) with crl.count=N of them; data from OpenSSL. */
Bytes
crl_only (Responder *self)
{
  X509_CRL *crl = make_crl (self);
  PKCS7 *message = PKCS7_new ();
  Bytes bytes = { NULL, 0 };

  PKCS7_set_type (message, NID_pkcs7_signed);
  PKCS7_content_new (message, NID_pkcs7_data);
  PKCS7_set_detached (message, 1);
  for (long i = modes_number ("crl.count", 1); i > 0; i--)
    PKCS7_add_crl (message, crl);
  bytes.length = (size_t) i2d_PKCS7 (message, &bytes.data);
  PKCS7_free (message);
  X509_CRL_free (crl);
  return bytes;
}
