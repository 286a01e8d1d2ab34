/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "responder.h"

#include <openssl/pem.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MIN_LIFETIME (365L * 24 * 3600)

/* The generations of the CA follow each other in a list; only the keys of the first are there
 * from the start. */
static Responder *current;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void
publish (Responder *self)
{
  char *path;
  FILE *file;

  if (asprintf (&path, "%s/ca.crt", self->first->dir) < 0)
    abort ();
  file = fopen (path, "w");
  if (file == NULL)
    abort ();
  for (Responder *each = self; each != NULL; each = each->previous)
    PEM_write_X509 (file, each->root.cert);
  fclose (file);
  free (path);
  print_fingerprint ("CA", self->root.cert);
  print_fingerprint ("ISSUING", self->ca.cert);
  print_fingerprint ("RA", self->decrypt.cert);
  print_fingerprint ("OTHER", self->other.cert);
}

/* With the lock held. */
static Responder *
get_next (Responder *self)
{
  Responder *next = self->next;
  char *dir;

  if (next != NULL)
    return next;
  if (asprintf (&dir, "%s/next", self->dir) < 0)
    abort ();
  mkdir (dir, 0700);
  next = calloc (1, sizeof *next);
  next->first = self->first;
  next->previous = self;
  next->generation = self->generation + 1;
  next->challenge = self->challenge;
  next->log = self->log;
  next->lifetime = self->lifetime > MIN_LIFETIME ? self->lifetime : MIN_LIFETIME;
  if (!ca_open (next, dir, self->ra))
    abort ();
  print_fingerprint ("NEXT-CA", next->root.cert);
  self->next = next;
  return next;
}

/* The first generation, which has been opened. */
void
generations_start (Responder *first)
{
  first->first = first;
  current = first;
  publish (first);
}

/* Who answers now. */
Responder *
generations_current (void)
{
  Responder *now;

  pthread_mutex_lock (&lock);
  now = current;
  pthread_mutex_unlock (&lock);
  return now;
}

/* The same CA with another RA. With the lock held. */
static Responder *
change_ra (Responder *self, long lifetime)
{
  static int n;
  Responder *changed = malloc (sizeof *changed);
  char *dir;

  if (asprintf (&dir, "%s/ra-%d", self->first->dir, ++n) < 0)
    abort ();
  mkdir (dir, 0700);
  *changed = *self;
  changed->dir = dir;
  changed->lifetime = lifetime;
  if (!ca_open_ra (changed))
    abort ();
  publish (changed);
  return changed;
}

/*
 * What a control request asks for: next-ca=… makes the next CA, rollover=N the current one of it,
 * ra.change=S another RA, for so many seconds.
 */
void
generations_control (const char *query)
{
  char *wanted = query_value (query, "rollover");
  char *change = query_value (query, "ra.change");

  pthread_mutex_lock (&lock);
  if (change != NULL)
    current = change_ra (current, strtol (change, NULL, 10));
  if (wanted != NULL) {
    current = current->first;
    for (long n = strtol (wanted, NULL, 10); n > 0; n--)
      current = get_next (current);
    publish (current);
  }
  if (modes_on ("next-ca"))
    get_next (current);
  pthread_mutex_unlock (&lock);
  free (wanted);
  free (change);
}

static Bytes
list_next (Responder *self)
{
  STACK_OF (X509) *certs = sk_X509_new_null ();
  Bytes list;

  sk_X509_push (certs, self->ca.cert);
  if (self->root.cert != self->ca.cert)
    sk_X509_push (certs, self->root.cert);
  list = certs_only (certs);
  sk_X509_free (certs);
  return list;
}

static CMS_SignerInfo *
add_signer (Responder *self, CMS_ContentInfo *cms, const char *mode)
{
  const EVP_MD *digest = strcmp (mode, "sha1") == 0 ? EVP_sha1 () : EVP_sha256 ();
  unsigned int flags = CMS_BINARY | CMS_NOSMIMECAP;
  CMS_SignerInfo *info;
  X509 *forged;

  if (strcmp (mode, "ra") == 0)
    return CMS_add1_signer (cms, self->sign.cert, self->sign.key, digest, flags);
  if (strcmp (mode, "other") == 0)
    return CMS_add1_signer (cms, self->other.cert, self->other.key, digest, flags);
  if (strcmp (mode, "forged") != 0)
    return CMS_add1_signer (cms, self->ca.cert, self->ca.key, digest, flags);
  forged = ca_forge (self->ca.cert, self->other.key);
  info = CMS_add1_signer (cms, forged, self->other.key, digest, flags);
  X509_free (forged);
  return info;
}

static Bytes
announce (Responder *self, Responder *next, const char *mode)
{
  bool outer = strcmp (mode, "outer") == 0;
  bool ber = strcmp (mode, "ber") == 0;
  Bytes list = list_next (strcmp (mode, "old") == 0 ? self : next);
  CMS_ContentInfo *cms = CMS_sign (NULL, NULL, NULL, NULL, CMS_BINARY | CMS_PARTIAL | CMS_STREAM);
  BIO *in = BIO_new_mem_buf (list.data, outer ? 0 : (int) list.length);
  BIO *out = BIO_new (BIO_s_mem ());
  Bytes reply;
  char *data;
  long length;

  if (add_signer (self, cms, mode) == NULL)
    abort ();
  if (outer)
    CMS_add1_cert (cms, next->ca.cert);
  if (ber)
    i2d_CMS_bio_stream (out, cms, in, CMS_STREAM | CMS_BINARY);
  else if (CMS_final (cms, in, NULL, CMS_BINARY))
    i2d_CMS_bio (out, cms);
  length = BIO_get_mem_data (out, &data);
  reply = (Bytes){ malloc ((size_t) length), (size_t) length };
  memcpy (reply.data, data, reply.length);
  OPENSSL_free (list.data);
  BIO_free (in);
  BIO_free (out);
  CMS_ContentInfo_free (cms);
  return reply;
}

/*
 * next-ca=good, ber, sha1, ra, other, forged, outer, old or unsigned; without it there is no
 * next CA. Owned.
 */
Bytes
next_ca_reply (Responder *self)
{
  char *mode = modes_get ("next-ca");
  Bytes reply = { NULL, 0 };

  if (mode != NULL) {
    Responder *next;

    pthread_mutex_lock (&lock);
    next = get_next (self);
    pthread_mutex_unlock (&lock);
    reply = strcmp (mode, "unsigned") == 0 ? list_next (next) : announce (self, next, mode);
  }
  free (mode);
  return reply;
}
