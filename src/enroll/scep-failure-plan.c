/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-failure-plan.h"

#include "enroll/scep-schedule.h"

#define HTTP_OK 200

/* What says nothing of the server's answer. */
static gboolean
is_own_fault (ScepError error)
{
  return error == SCEP_ERROR_STORAGE_FAILED || error == SCEP_ERROR_NO_SUCH_ENTRY ||
         error == SCEP_ERROR_KEYSTORE_NOT_FOUND || error == SCEP_ERROR_KEYSTORE_AMBIGUOUS;
}

/* Whether the CA may have issued a certificate that nobody can use. */
static gboolean
is_issued_in_vain (const ScepFailure *failure)
{
  if (!failure->is_message || is_own_fault (failure->error))
    return FALSE;
  return failure->error == SCEP_ERROR_TOO_LARGE || (failure->status == HTTP_OK && failure->is_cms);
}

/**
 * scep_failure_judge:
 *
 * Returns: what kind of failure it is
 */
ScepOutcome
scep_failure_judge (const ScepFailure *failure)
{
  if (failure->event == SCEP_EVENT_REFUSED || failure->event == SCEP_EVENT_ABANDONED)
    return SCEP_OUTCOME_REFUSED;
  if (failure->event == SCEP_EVENT_BROKEN)
    return SCEP_OUTCOME_FAILED;
  if (is_issued_in_vain (failure))
    return SCEP_OUTCOME_UNUSABLE;
  if (failure->error == SCEP_ERROR_MALFORMED_REPLY && failure->status == HTTP_OK)
    return SCEP_OUTCOME_STRAY;
  return SCEP_OUTCOME_FAILED;
}

/* What a server says that could not open the message, whatever else it may mean. */
static gboolean
may_be_undeciphered (ScepError error)
{
  return error == SCEP_ERROR_BAD_MESSAGE_CHECK || error == SCEP_ERROR_BAD_REQUEST ||
         error == SCEP_ERROR_REJECTED_OTHER;
}

/* The RA or the CA may be another one by now: then no message of ours can be opened, or no
 * answer believed, until somebody looks. */
static gboolean
doubts_ca (const ScepFailure *failure)
{
  if (!failure->is_message || !failure->was_sent || is_own_fault (failure->error))
    return FALSE;
  if (failure->event == SCEP_EVENT_REFUSED)
    return may_be_undeciphered (failure->error);
  return failure->event != SCEP_EVENT_BROKEN && failure->error != SCEP_ERROR_POLL_LIMIT;
}

/* The server has said no, and so that it may be that it could not open the message. Who has signed
 * that the request is pending could: a poll to another would lose it. */
static gboolean
doubts_recipient (const ScepFailure *failure, ScepOutcome outcome)
{
  if (failure->has_pending || !doubts_ca (failure))
    return FALSE;
  return failure->event == SCEP_EVENT_REFUSED || failure->error == SCEP_ERROR_HTTP_STATUS ||
         outcome == SCEP_OUTCOME_STRAY;
}

/* An answer that is of no use makes nobody poll more often than before. */
static gint64
not_before_poll (const ScepFailure *failure, gint64 next)
{
  gint64 end = failure->started + SCEP_SCHEDULE_POLL_LIMIT;
  gint64 poll = next;

  scep_schedule_next_poll (failure->now, failure->interval, failure->polls, failure->started,
                           &poll);
  return MIN (MAX (next, poll), end);
}

/**
 * scep_failure_plan:
 *
 * The one rule above all plans: after a failure, whatever it was and whoever
 * found it, nothing is asked of the server before ConnectRetryInterval is over.
 * What the CA refused, or may have issued in vain, is asked for less and less
 * often, up to once a day; a captive portal is tried up to once an hour.
 *
 * Returns: what comes of it
 */
ScepFailurePlan
scep_failure_plan (const ScepFailure *failure)
{
  ScepOutcome outcome = scep_failure_judge (failure);
  gint64 quiet =
      scep_schedule_after_failure (failure->now, failure->interval, failure->retry_after);
  ScepFailurePlan plan = {
    .quiet = quiet,
    .next = quiet,
    .refusals = failure->refusals,
    .strays = failure->strays,
    .doubts_ca = doubts_ca (failure),
    .doubts_recipient = doubts_recipient (failure, outcome),
  };

  if (outcome == SCEP_OUTCOME_STRAY) {
    plan.strays++;
    plan.next = scep_schedule_after_stray (failure->now, failure->interval, plan.strays);
    plan.quiet = MAX (quiet, plan.next);
  } else if (outcome != SCEP_OUTCOME_FAILED && !failure->is_check) {
    plan.refusals++;
    plan.next = scep_schedule_after_refusal (failure->now, failure->interval, plan.refusals);
  }
  if (failure->has_pending && outcome != SCEP_OUTCOME_FAILED)
    plan.next = not_before_poll (failure, plan.next);
  plan.next = MAX (plan.next, plan.quiet);
  return plan;
}

/**
 * scep_waiting_choose:
 * @time: (out): when it is done, Unix seconds; 0 for nothing
 *
 * Where there is a certificate its CA is looked at in the meantime: it may be
 * what has changed.
 *
 * Returns: the word of the NextAction property, "" for nothing
 */
const char *
scep_waiting_choose (const ScepWaiting *waiting, gint64 *time)
{
  gint64 next = MAX (waiting->next_attempt, waiting->quiet);
  gint64 check = MAX (waiting->check, waiting->quiet);

  if (waiting->next_attempt == 0) {
    *time = waiting->rescue != 0 ? MAX (waiting->rescue, waiting->quiet) : 0;
    return waiting->rescue != 0 ? "renew" : "";
  }
  *time = next;
  if (waiting->is_patient && check < next) {
    *time = check;
    return "check";
  }
  return waiting->is_patient && waiting->was_refused ? "renew" : "retry";
}
