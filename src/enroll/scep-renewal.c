/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-renewal.h"

#include "base/scep-error.h"

#include <string.h>

/* Signed refusals after which a way is not the first any more. */
#define ENOUGH_REFUSALS 2
#define WORKED "worked"

static const struct {
  const char *name;
  ScepMessageType type;
  gboolean is_signed; /* with the certificate there is */
  gboolean has_challenge;
  gboolean has_same_names; /* as that certificate, byte for byte */
} ways[] = {
  [SCEP_RENEWAL_SIGNED] = { "renewal", SCEP_MESSAGE_RENEWAL_REQ, TRUE, FALSE, FALSE },
  [SCEP_RENEWAL_SIGNED_CHALLENGE] = { "renewal-challenge", SCEP_MESSAGE_RENEWAL_REQ, TRUE, TRUE,
                                      FALSE },
  [SCEP_RENEWAL_PKCS] = { "pkcs", SCEP_MESSAGE_PKCS_REQ, TRUE, FALSE, FALSE },
  [SCEP_RENEWAL_PKCS_CHALLENGE] = { "pkcs-challenge", SCEP_MESSAGE_PKCS_REQ, TRUE, TRUE, FALSE },
  [SCEP_RENEWAL_SIGNED_SAME] = { "renewal-same-names", SCEP_MESSAGE_RENEWAL_REQ, TRUE, FALSE,
                                 TRUE },
  [SCEP_RENEWAL_PKCS_SAME] = { "pkcs-same-names", SCEP_MESSAGE_PKCS_REQ, TRUE, FALSE, TRUE },
  [SCEP_RENEWAL_ENROLL] = { "enroll", SCEP_MESSAGE_PKCS_REQ, FALSE, TRUE, FALSE },
};
G_STATIC_ASSERT (G_N_ELEMENTS (ways) == SCEP_N_RENEWAL_WAYS);

/**
 * scep_renewal_way_get_name:
 *
 * Returns: (transfer none): a word for the history
 */
const char *
scep_renewal_way_get_name (ScepRenewalWay way)
{
  return ways[way].name;
}

/**
 * scep_renewal_way_get_message_type:
 *
 * Returns: what begins it (RFC 8894 section 3.2.1.2)
 */
ScepMessageType
scep_renewal_way_get_message_type (ScepRenewalWay way)
{
  return ways[way].type;
}

/**
 * scep_renewal_way_is_signed:
 *
 * Returns: whether the certificate there is signs the messages, so that its
 *   key opens the reply (RFC 8894 section 2.3); else a self-signed one does
 */
gboolean
scep_renewal_way_is_signed (ScepRenewalWay way)
{
  return ways[way].is_signed;
}

/**
 * scep_renewal_way_has_challenge:
 *
 * Returns: whether the request carries the challenge, where there is one
 */
gboolean
scep_renewal_way_has_challenge (ScepRenewalWay way)
{
  return ways[way].has_challenge;
}

/**
 * scep_renewal_way_has_same_names:
 *
 * Returns: whether the request has subject and alternative names of the
 *   certificate there is, byte for byte: some CAs give others than were asked for,
 *   and want those they gave
 */
gboolean
scep_renewal_way_has_same_names (ScepRenewalWay way)
{
  return ways[way].has_same_names;
}

/**
 * scep_renewal_way_of:
 * @type: what began the transaction
 * @is_signed: whether the certificate there was signs its messages
 * @has_challenge: whether the request carries the challenge
 * @has_same_names: whether it has the names of the certificate there was
 *
 * Returns: the way that the transaction goes
 */
ScepRenewalWay
scep_renewal_way_of (ScepMessageType type, gboolean is_signed, gboolean has_challenge,
                     gboolean has_same_names)
{
  if (!is_signed)
    return SCEP_RENEWAL_ENROLL;
  if (has_same_names)
    return type == SCEP_MESSAGE_RENEWAL_REQ ? SCEP_RENEWAL_SIGNED_SAME : SCEP_RENEWAL_PKCS_SAME;
  if (type == SCEP_MESSAGE_RENEWAL_REQ)
    return has_challenge ? SCEP_RENEWAL_SIGNED_CHALLENGE : SCEP_RENEWAL_SIGNED;
  return has_challenge ? SCEP_RENEWAL_PKCS_CHALLENGE : SCEP_RENEWAL_PKCS;
}

/**
 * scep_renewal_record_read:
 * @record: (out caller-allocates): what it says
 * @text: (nullable): of scep_renewal_record_write(); words that mean nothing
 *   are passed over
 */
void
scep_renewal_record_read (ScepRenewalRecord *record, const char *text)
{
  g_auto (GStrv) words = g_strsplit (text != NULL ? text : "", " ", -1);

  *record = (ScepRenewalRecord){ 0 };
  for (guint i = 0; words[i] != NULL; i++) {
    g_auto (GStrv) parts = g_strsplit (words[i], "=", 2);
    guint64 count = 0;

    for (guint way = 0; g_strv_length (parts) == 2 && way < SCEP_N_RENEWAL_WAYS; way++) {
      if (!g_str_equal (parts[0], ways[way].name))
        continue;
      record->worked[way] = g_str_equal (parts[1], WORKED);
      if (g_ascii_string_to_unsigned (parts[1], 10, 0, ENOUGH_REFUSALS, &count, NULL))
        record->refusals[way] = (guint8) count;
    }
  }
}

/**
 * scep_renewal_record_write:
 *
 * Returns: (transfer full): the record as one line, for a file
 */
char *
scep_renewal_record_write (const ScepRenewalRecord *record)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint way = 0; way < SCEP_N_RENEWAL_WAYS; way++) {
    if (!record->worked[way] && record->refusals[way] == 0)
      continue;
    g_string_append_printf (text, "%s%s=", text->len > 0 ? " " : "", ways[way].name);
    if (record->worked[way])
      g_string_append (text, WORKED);
    else
      g_string_append_printf (text, "%u", record->refusals[way]);
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/**
 * scep_renewal_record_note_refused:
 * @way: that the CA refused with a signed answer
 */
void
scep_renewal_record_note_refused (ScepRenewalRecord *record, ScepRenewalWay way)
{
  if (record->refusals[way] < ENOUGH_REFUSALS)
    record->refusals[way]++;
}

/**
 * scep_renewal_record_note_worked:
 * @way: that has brought a certificate
 */
void
scep_renewal_record_note_worked (ScepRenewalRecord *record, ScepRenewalWay way)
{
  record->worked[way] = TRUE;
}

static gboolean
is_open (const ScepRenewalQuestion *question, ScepRenewalWay way)
{
  gboolean always =
      question->sends_challenge == SCEP_RENEWAL_CHALLENGE_ALWAYS && question->has_challenge;
  gboolean never = question->sends_challenge == SCEP_RENEWAL_CHALLENGE_NEVER;

  if (ways[way].type == SCEP_MESSAGE_RENEWAL_REQ && !question->can_renew)
    return FALSE;
  /* With an expired certificate it is no renewal any more. */
  if (way == SCEP_RENEWAL_ENROLL)
    return question->expired || (question->has_challenge && !never);
  if (ways[way].has_same_names)
    return question->has_other_names;
  if (way == SCEP_RENEWAL_PKCS_CHALLENGE)
    return always;
  return ways[way].has_challenge ? question->has_challenge && !never : !always;
}

/* The certificate authenticates a request; with the challenge, which others may have too, it does
 * so less; without a signature of the certificate not at all. */
static guint
get_weakness (ScepRenewalWay way)
{
  return (ways[way].has_challenge ? 1 : 0) + (ways[way].is_signed ? 0 : 2);
}

static const ScepRenewalRecord *
get_record (const ScepRenewalQuestion *question)
{
  static const ScepRenewalRecord nothing = { 0 };

  return question->record != NULL ? question->record : &nothing;
}

/* Whether @way is to be tried again before @learned, which is after it in the order. */
static gboolean
is_before (const ScepRenewalQuestion *question, ScepRenewalWay way, ScepRenewalWay learned)
{
  const ScepRenewalRecord *record = get_record (question);

  if (record->worked[way])
    return TRUE;
  if (record->refusals[way] >= ENOUGH_REFUSALS)
    return FALSE;
  return record->refusals[way] > 0 || get_weakness (way) < get_weakness (learned);
}

static ScepRenewalWay
find_way (const char *name)
{
  guint way = 0;

  while (way < SCEP_N_RENEWAL_WAYS && g_strcmp0 (ways[way].name, name) != 0)
    way++;
  return way;
}

/* Some CAs refuse what an expired certificate signs, others lock the device out for it. */
static gboolean
is_first (const ScepRenewalQuestion *question, ScepRenewalWay way)
{
  ScepRenewalWay learned = find_way (question->learned);

  if (question->expired)
    return way == SCEP_RENEWAL_ENROLL && question->has_challenge;
  if (learned == SCEP_N_RENEWAL_WAYS || !is_open (question, learned))
    return FALSE;
  return way == learned || (way < learned && is_before (question, way, learned));
}

/* Lets ways that are as strong go before the first, if messages of its type are not answered. */
static void
give_turn (const ScepRenewalQuestion *question, ScepRenewalWay *list, guint n)
{
  guint weakness = get_weakness (list[0]);
  guint n_moved = 0;

  if (ways[list[0]].type != question->unanswered)
    return;
  for (guint i = 1; i < n; i++) {
    ScepRenewalWay way = list[i];

    if (ways[way].type == question->unanswered || get_weakness (way) != weakness)
      continue;
    memmove (list + n_moved + 1, list + n_moved, (i - n_moved) * sizeof *list);
    list[n_moved++] = way;
  }
}

/**
 * scep_renewal_list_ways:
 * @question: what there is to choose from
 * @list: (out): the ways to be tried in one attempt, the first first
 *
 * RenewalReq where the server says that it knows it, else PKCSReq signed with
 * the certificate there is, then the same with the very names of that, at last
 * PKCSReq with the challenge. What worked the
 * last time comes before those that the CA has refused twice and that never
 * worked; nothing else makes a weaker way come before a stronger one, so that
 * neither a fault nor somebody on the way can. RFC 8894 section 2.4 would leave
 * the challenge out, but there are servers that want it.
 *
 * Returns: how many there are, at least one
 */
guint
scep_renewal_list_ways (const ScepRenewalQuestion *question,
                        ScepRenewalWay list[SCEP_N_RENEWAL_WAYS])
{
  guint n = 0;

  for (guint first = 0; first < 2; first++) {
    for (guint way = 0; way < SCEP_N_RENEWAL_WAYS; way++) {
      if (is_open (question, way) && is_first (question, way) == (first == 0))
        list[n++] = way;
    }
  }
  give_turn (question, list, n);
  return n;
}

/**
 * scep_renewal_may_go_on:
 * @error: what came of one way
 *
 * Returns: whether another way may do better: the CA has signed that it does not
 *   want the request, or what it signed is of no use. Anything else, such as an
 *   HTTP status or a web page, may come from whoever stands between, and from a
 *   server that has other troubles.
 */
gboolean
scep_renewal_may_go_on (const GError *error)
{
  switch ((guint) error->code) {
  case SCEP_ERROR_BAD_ALG:
  case SCEP_ERROR_BAD_MESSAGE_CHECK:
  case SCEP_ERROR_BAD_REQUEST:
  case SCEP_ERROR_BAD_CERT_ID:
  case SCEP_ERROR_REJECTED_OTHER:
  case SCEP_ERROR_CERTIFICATE_MISMATCH:
    return error->domain == SCEP_ERROR;
  default:
    return FALSE;
  }
}
