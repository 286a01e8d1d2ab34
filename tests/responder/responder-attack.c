/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "responder.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* What somebody on the way has kept. */
static Bytes recorded;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static Bytes
copy (Bytes bytes)
{
  Bytes result = { malloc (bytes.length + 1), bytes.length };

  memcpy (result.data, bytes.data, bytes.length);
  return result;
}

/*
 * attack.record=1 keeps each genuine answer to a message, the last one stays; attack.replay=1
 * gives it in place of the answer that is due.
 */
static void
replay (Bytes *answer)
{
  pthread_mutex_lock (&lock);
  if (modes_on ("attack.record")) {
    free (recorded.data);
    recorded = copy (*answer);
  } else if (modes_on ("attack.replay") && recorded.data != NULL) {
    free (answer->data);
    *answer = copy (recorded);
  }
  pthread_mutex_unlock (&lock);
}

/* attack.flip=N changes one bit, N bytes before the end */
static void
flip (Bytes *answer)
{
  size_t place = (size_t) modes_number ("attack.flip", 0);

  if (place > 0 && place <= answer->length)
    answer->data[answer->length - place] ^= 1;
}

/* attack.cut=N leaves N bytes */
static void
cut (Bytes *answer)
{
  size_t length = (size_t) modes_number ("attack.cut", 0);

  if (length > 0 && length < answer->length)
    answer->length = length;
}

/* attack.deep=1: elements within elements, without an end to them */
static void
nest (Bytes *answer)
{
  if (!modes_on ("attack.deep"))
    return;
  free (answer->data);
  answer->length = 100000;
  answer->data = malloc (answer->length + 1);
  for (size_t i = 0; i < answer->length; i++)
    answer->data[i] = i % 2 == 0 ? 0x30 : 0x80;
}

/* What becomes of a genuine answer to a message on its way. */
void
attack_answer (Bytes *answer)
{
  if (answer->length == 0)
    return;
  replay (answer);
  flip (answer);
  cut (answer);
  nest (answer);
}

/*
 * A client of the CA, with a key that somebody else has: attack.impostor=1 puts it into the
 * answer to GetCACert, as if it were an RA.
 */
X509 *
attack_impostor (Responder *self)
{
  static X509 *impostor;

  pthread_mutex_lock (&lock);
  if (impostor == NULL) {
    X509_REQ *csr = X509_REQ_new ();
    X509_NAME *name = X509_NAME_new ();

    X509_NAME_add_entry_by_txt (name, "CN", MBSTRING_UTF8, (const unsigned char *) "Test RA", -1,
                                -1, 0);
    X509_REQ_set_subject_name (csr, name);
    X509_REQ_set_pubkey (csr, self->other.key);
    impostor = ca_issue (self, csr);
    X509_NAME_free (name);
    X509_REQ_free (csr);
  }
  pthread_mutex_unlock (&lock);
  return impostor;
}
