/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-enrollment-private.h"

/*
 * To whom messages are encrypted. Where there are several, the server does not say which
 * of them it is: it is found out by trying, and what was found is remembered.
 */

static guint
find (GPtrArray *candidates, const char *fingerprint)
{
  for (guint i = 0; fingerprint != NULL && i < candidates->len; i++) {
    if (g_str_equal (scep_certificate_get_fingerprint (g_ptr_array_index (candidates, i)),
                     fingerprint))
      return i;
  }
  return 0;
}

static guint
find_current (ScepEnrollment *self, GPtrArray *candidates)
{
  return find (candidates, scep_history_get_learned (self->history, SCEP_LEARNED_PROFILE,
                                                     SCEP_LEARNED_RECIPIENT));
}

/**
 * scep_enrollment_get_recipient:
 *
 * Returns: (transfer none): whom the next message is encrypted to; its key is RSA
 */
ScepCertificate *
scep_enrollment_get_recipient (ScepEnrollment *self, ScepCaTrust *trust)
{
  g_autoptr (GPtrArray) candidates = scep_ca_trust_list_recipients (trust);

  return g_ptr_array_index (candidates, find_current (self, candidates));
}

/**
 * scep_enrollment_get_issuer:
 *
 * Returns: (transfer none): the CA that issues where scep_enrollment_get_recipient()
 *   receives: that one, if it is a CA
 */
ScepCertificate *
scep_enrollment_get_issuer (ScepEnrollment *self, ScepCaTrust *trust)
{
  return scep_ca_trust_get_issuer_behind (trust, scep_enrollment_get_recipient (self, trust));
}

/**
 * scep_enrollment_list_signers:
 *
 * Returns: (transfer full) (element-type ScepCertificate): who may sign the answer
 */
GPtrArray *
scep_enrollment_list_signers (ScepEnrollment *self, ScepCaTrust *trust)
{
  GPtrArray *known = scep_ca_trust_get_signers (trust);
  ScepCertificate *issuer = scep_enrollment_get_issuer (self, trust);
  GPtrArray *signers = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < known->len; i++)
    g_ptr_array_add (signers, g_object_ref (g_ptr_array_index (known, i)));
  if (!g_ptr_array_find (known, issuer, NULL))
    g_ptr_array_add (signers, g_object_ref (issuer));
  return signers;
}

/**
 * scep_enrollment_doubt_recipient:
 *
 * The server may not have been able to open the last message: the next one is encrypted
 * to the next of those who may receive. The history is not saved by this.
 */
void
scep_enrollment_doubt_recipient (ScepEnrollment *self)
{
  g_autoptr (GPtrArray) candidates = NULL;
  guint next;

  if (self->trust == NULL)
    return;
  candidates = scep_ca_trust_list_recipients (self->trust);
  if (candidates->len < 2)
    return;
  next = (find_current (self, candidates) + 1) % candidates->len;
  scep_history_learn (self->history, SCEP_LEARNED_PROFILE, SCEP_LEARNED_RECIPIENT,
                      scep_certificate_get_fingerprint (g_ptr_array_index (candidates, next)));
}
