/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec/scep-pki-message.h"
#include "enroll/scep-settings.h"

/* How a certificate may be asked for where there is one already. */
typedef enum {
  SCEP_RENEWAL_SIGNED,           /* RenewalReq */
  SCEP_RENEWAL_SIGNED_CHALLENGE, /* RenewalReq with the challenge */
  SCEP_RENEWAL_PKCS,             /* PKCSReq signed with the certificate there is */
  SCEP_RENEWAL_PKCS_CHALLENGE,   /* the same with the challenge */
  SCEP_RENEWAL_SIGNED_SAME,      /* RenewalReq for the very names of the certificate */
  SCEP_RENEWAL_PKCS_SAME,        /* PKCSReq, signed, for the very names of the certificate */
  SCEP_RENEWAL_ENROLL,           /* as a first enrollment */
  SCEP_N_RENEWAL_WAYS            /*< skip >*/
} ScepRenewalWay;

/**
 * ScepRenewalRecord:
 * @refusals: how often the CA has refused the way with a signed answer
 * @worked: whether the way has brought a certificate once
 *
 * What is known of each way with a CA.
 */
typedef struct {
  guint8 refusals[SCEP_N_RENEWAL_WAYS];
  gboolean worked[SCEP_N_RENEWAL_WAYS];
} ScepRenewalRecord;

/**
 * ScepRenewalQuestion:
 * @can_renew: whether the server's capabilities have the word Renewal
 * @has_challenge: whether there is a challenge that may be sent
 * @sends_challenge: the RenewalSendsChallenge setting
 * @expired: whether the certificate there is has expired
 * @has_other_names: whether its names are others, or written otherwise, than
 *   those that are asked for
 * @learned: (nullable): scep_renewal_way_get_name() of what worked last
 * @record: (nullable): what is known of the ways
 * @unanswered: what the server answers with something that it has not signed,
 *   time and again, 0 for none
 */
typedef struct {
  gboolean can_renew;
  gboolean has_challenge;
  ScepRenewalChallenge sends_challenge;
  gboolean expired;
  gboolean has_other_names;
  const char *learned;
  const ScepRenewalRecord *record;
  ScepMessageType unanswered;
} ScepRenewalQuestion;

const char *scep_renewal_way_get_name (ScepRenewalWay way);
ScepMessageType scep_renewal_way_get_message_type (ScepRenewalWay way);
gboolean scep_renewal_way_is_signed (ScepRenewalWay way);
gboolean scep_renewal_way_has_challenge (ScepRenewalWay way);
gboolean scep_renewal_way_has_same_names (ScepRenewalWay way);
ScepRenewalWay scep_renewal_way_of (ScepMessageType type, gboolean is_signed,
                                    gboolean has_challenge, gboolean has_same_names);

void scep_renewal_record_read (ScepRenewalRecord *record, const char *text);
char *scep_renewal_record_write (const ScepRenewalRecord *record);
void scep_renewal_record_note_refused (ScepRenewalRecord *record, ScepRenewalWay way);
void scep_renewal_record_note_worked (ScepRenewalRecord *record, ScepRenewalWay way);

guint scep_renewal_list_ways (const ScepRenewalQuestion *question,
                              ScepRenewalWay list[SCEP_N_RENEWAL_WAYS]);
gboolean scep_renewal_may_go_on (const GError *error);
