/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "responder-message.h"

#include <pthread.h>

/* What was issued, and is given to those who ask. */
static STACK_OF (X509) * issued;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void
keep_certificate (X509 *cert)
{
  pthread_mutex_lock (&lock);
  if (issued == NULL)
    issued = sk_X509_new_null ();
  X509_up_ref (cert);
  sk_X509_push (issued, cert);
  pthread_mutex_unlock (&lock);
}

PKCS7_ISSUER_AND_SERIAL *
read_question (Message *message)
{
  const unsigned char *p = message->content.data;

  return d2i_PKCS7_ISSUER_AND_SERIAL (NULL, &p, (long) message->content.length);
}

/* What a GetCert asks for, not owned; NULL where nothing of the kind was issued. */
static X509 *
find_certificate (Message *message)
{
  PKCS7_ISSUER_AND_SERIAL *name = read_question (message);
  X509 *found = NULL;

  pthread_mutex_lock (&lock);
  for (int i = 0; name != NULL && i < sk_X509_num (issued); i++) {
    X509 *cert = sk_X509_value (issued, i);

    if (ASN1_INTEGER_cmp (X509_get0_serialNumber (cert), name->serial) == 0 &&
        X509_NAME_cmp (X509_get_issuer_name (cert), name->issuer) == 0)
      found = cert;
  }
  pthread_mutex_unlock (&lock);
  PKCS7_ISSUER_AND_SERIAL_free (name);
  return found;
}

bool
has_certificate (Message *message)
{
  return find_certificate (message) != NULL;
}

/*
 * The list that a GetCert gets: certificate.none=1, certificate.other=1 (the CA's own),
 * certificate.key=other (signed by a stranger), certificate.extra=1 (the CA's own before it)
 */
Bytes
certificate_only (Responder *self, Message *message)
{
  STACK_OF (X509) *certs = sk_X509_new_null ();
  X509 *asked = X509_dup (find_certificate (message));
  Bytes plain;

  if (modes_is ("certificate.key", "other"))
    X509_sign (asked, self->other.key, EVP_sha256 ());
  if (modes_on ("certificate.other") || modes_on ("certificate.extra"))
    sk_X509_push (certs, self->ca.cert);
  if (!modes_on ("certificate.other") && !modes_on ("certificate.none"))
    sk_X509_push (certs, asked);
  plain = certs_only (certs);
  sk_X509_free (certs);
  X509_free (asked);
  return plain;
}
