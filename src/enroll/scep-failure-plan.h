/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/scep-error.h"
#include "enroll/scep-state.h"

/**
 * ScepOutcome:
 *
 * What became of an attempt, as far as the next one depends on it.
 */
typedef enum {
  SCEP_OUTCOME_FAILED,   /* a fault on the way, of the server or of this machine */
  SCEP_OUTCOME_STRAY,    /* a success that is no CMS, as of a captive portal */
  SCEP_OUTCOME_REFUSED,  /* signed, or given up for good */
  SCEP_OUTCOME_UNUSABLE, /* CMS in answer to a message: the CA may have issued in vain */
  SCEP_N_OUTCOMES        /*< skip >*/
} ScepOutcome;

/**
 * ScepFailure:
 * @event: %SCEP_EVENT_FAILED, %SCEP_EVENT_REFUSED, %SCEP_EVENT_ABANDONED or
 *   %SCEP_EVENT_BROKEN
 * @error: why
 * @is_message: what was sent last is a pkiMessage
 * @was_sent: it went out at all
 * @status: HTTP, of the answer to it; 0 for none
 * @is_cms: the answer is one
 * @is_check: nobody asked for a certificate
 * @has_pending: a transaction with a signed PENDING lives on
 * @now: Unix seconds
 * @interval: ConnectRetryInterval, seconds
 * @retry_after: what the server asked for, seconds, or 0
 * @refusals: refusals and unusable answers in a row so far
 * @strays: answers in a row so far that are no CMS
 * @polls: of the transaction
 * @started: of the transaction, Unix seconds
 *
 * An attempt that failed.
 */
typedef struct {
  ScepEvent event;
  ScepError error;
  gboolean is_message;
  gboolean was_sent;
  guint status;
  gboolean is_cms;
  gboolean is_check;
  gboolean has_pending;
  gint64 now;
  guint interval;
  guint retry_after;
  guint refusals;
  guint strays;
  guint polls;
  gint64 started;
} ScepFailure;

/**
 * ScepFailurePlan:
 * @quiet: until then nothing is asked of the server, whatever for, Unix seconds
 * @next: when to try the same again, Unix seconds, not before @quiet
 * @refusals: the count with this one
 * @strays: the count with this one
 * @doubts_ca: whether the next attempt begins with GetCACert
 * @doubts_recipient: whether the next attempt takes another one of those who may receive
 *
 * What comes of a #ScepFailure.
 */
typedef struct {
  gint64 quiet;
  gint64 next;
  guint refusals;
  guint strays;
  gboolean doubts_ca;
  gboolean doubts_recipient;
} ScepFailurePlan;

ScepOutcome scep_failure_judge (const ScepFailure *failure);
ScepFailurePlan scep_failure_plan (const ScepFailure *failure);

/**
 * ScepWaiting:
 * @quiet: of the last failure, Unix seconds
 * @next_attempt: when a certificate is asked for, Unix seconds; 0 where only a
 *   person can go on
 * @check: when the CA is looked at anyway, Unix seconds
 * @rescue: when the certificate that there is has to be renewed instead, Unix
 *   seconds, 0 for never
 * @is_patient: there is a certificate that is valid
 * @was_refused: by the CA
 *
 * What a profile without anything to do at once waits for.
 */
typedef struct {
  gint64 quiet;
  gint64 next_attempt;
  gint64 check;
  gint64 rescue;
  gboolean is_patient;
  gboolean was_refused;
} ScepWaiting;

const char *scep_waiting_choose (const ScepWaiting *waiting, gint64 *time);
