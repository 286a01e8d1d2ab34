/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-failure-plan.h"

#define NOW G_GINT64_CONSTANT (1700000000)
#define INTERVAL 60
#define HOUR (60 * 60)
#define DAY (24 * HOUR)

static const ScepFailure plain = {
  .event = SCEP_EVENT_FAILED,
  .error = SCEP_ERROR_SERVER_UNREACHABLE,
  .now = NOW,
  .interval = INTERVAL,
};

/* Of a message that was answered with success. */
static const ScepFailure answered = {
  .event = SCEP_EVENT_FAILED,
  .error = SCEP_ERROR_MALFORMED_REPLY,
  .is_message = TRUE,
  .was_sent = TRUE,
  .status = 200,
  .is_cms = TRUE,
  .now = NOW,
  .interval = INTERVAL,
};

static const ScepEvent events[] = { SCEP_EVENT_FAILED, SCEP_EVENT_REFUSED, SCEP_EVENT_ABANDONED,
                                    SCEP_EVENT_BROKEN };
static const guint statuses[] = { 0, 200, 302, 404, 429, 500, 503 };
static const guint counts[] = { 0, 1, 5, 1000, G_MAXUINT - 1 };

static void
assert_rule (const ScepFailure *failure)
{
  ScepFailurePlan plan = scep_failure_plan (failure);

  g_assert_cmpint (plan.quiet, >=, NOW + INTERVAL);
  g_assert_cmpint (plan.next, >=, plan.quiet);
  g_assert_cmpint (plan.quiet, <=, NOW + HOUR);
  g_assert_cmpint (plan.next, <=, NOW + DAY);
  g_assert_cmpuint (plan.refusals, >=, failure->refusals);
  g_assert_cmpuint (plan.strays, >=, failure->strays);
  /* One reason at a time. */
  g_assert_cmpuint (plan.refusals - failure->refusals + plan.strays - failure->strays, <=, 1);
}

static void
vary_counts (ScepFailure failure)
{
  for (guint i = 0; i < G_N_ELEMENTS (counts); i++) {
    failure.refusals = failure.strays = failure.polls = counts[i];
    failure.retry_after = counts[i];
    for (guint days = 0; days < 7; days++) {
      failure.started = NOW - days * DAY;
      assert_rule (&failure);
    }
  }
}

static void
vary_answer (ScepFailure failure)
{
  for (guint status = 0; status < G_N_ELEMENTS (statuses); status++) {
    failure.status = statuses[status];
    for (guint bits = 0; bits < 32; bits++) {
      failure.is_message = (bits & 1) != 0;
      failure.was_sent = (bits & 2) != 0;
      failure.is_cms = (bits & 4) != 0;
      failure.is_check = (bits & 8) != 0;
      failure.has_pending = (bits & 16) != 0;
      vary_counts (failure);
    }
  }
}

/* Every error of every step, whatever state it is met in. */
static void
test_rule (void)
{
  for (guint event = 0; event < G_N_ELEMENTS (events); event++) {
    for (guint error = 0; error < SCEP_ERROR_N_CODES; error++) {
      ScepFailure failure = plain;

      failure.event = events[event];
      failure.error = error;
      vary_answer (failure);
    }
  }
}

/* Whatever a profile has and waits for, it waits until the server may be asked. */
static void
test_waiting_rule (void)
{
  static const gint64 times[] = { 0, NOW - DAY, NOW, NOW + 1, NOW + INTERVAL, NOW + DAY };
  guint n = G_N_ELEMENTS (times);

  for (guint i = 0; i < n * n * n * 4; i++) {
    ScepWaiting waiting = {
      .quiet = NOW + INTERVAL,
      .next_attempt = times[i % n],
      .check = times[i / n % n],
      .rescue = times[i / n / n % n],
      .is_patient = i / n / n / n % 2 == 0,
      .was_refused = i / n / n / n / 2 == 0,
    };
    gint64 time;
    const char *action = scep_waiting_choose (&waiting, &time);

    if (action[0] == '\0')
      g_assert_cmpint (time, ==, 0);
    else
      g_assert_cmpint (time, >=, waiting.quiet);
  }
}

static void
test_waiting (void)
{
  static const struct {
    ScepWaiting waiting;
    const char *action;
    gint64 time;
  } cases[] = {
    { { 0, NOW + 60, NOW, 0, FALSE, FALSE }, "retry", NOW + 60 },
    { { 0, NOW + 60, NOW, 0, FALSE, TRUE }, "retry", NOW + 60 },
    { { 0, NOW + 60, NOW + 90, 0, TRUE, TRUE }, "renew", NOW + 60 },
    { { 0, NOW + 60, NOW + 90, 0, TRUE, FALSE }, "retry", NOW + 60 },
    { { 0, NOW + 60, NOW + 30, 0, TRUE, TRUE }, "check", NOW + 30 },
    { { NOW + 60, NOW + 60, NOW, 0, TRUE, FALSE }, "retry", NOW + 60 },
    { { NOW + 60, NOW + 90, NOW, 0, TRUE, FALSE }, "check", NOW + 60 },
    { { NOW + 60, 0, NOW, 0, TRUE, FALSE }, "", 0 },
    { { NOW + 60, 0, NOW, NOW + 30, TRUE, FALSE }, "renew", NOW + 60 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    gint64 time;

    g_assert_cmpstr (scep_waiting_choose (&cases[i].waiting, &time), ==, cases[i].action);
    g_assert_cmpint (time, ==, cases[i].time);
  }
}

static ScepFailure
with (const ScepFailure *base, ScepEvent event, ScepError error)
{
  ScepFailure failure = *base;

  failure.event = event;
  failure.error = error;
  return failure;
}

static void
test_judge (void)
{
  ScepFailure failure = plain;

  g_assert_cmpint (scep_failure_judge (&failure), ==, SCEP_OUTCOME_FAILED);
  failure = with (&answered, SCEP_EVENT_REFUSED, SCEP_ERROR_BAD_REQUEST);
  g_assert_cmpint (scep_failure_judge (&failure), ==, SCEP_OUTCOME_REFUSED);
  failure = with (&answered, SCEP_EVENT_ABANDONED, SCEP_ERROR_DECRYPT_FAILED);
  g_assert_cmpint (scep_failure_judge (&failure), ==, SCEP_OUTCOME_REFUSED);
  failure = with (&answered, SCEP_EVENT_BROKEN, SCEP_ERROR_STORAGE_FAILED);
  g_assert_cmpint (scep_failure_judge (&failure), ==, SCEP_OUTCOME_FAILED);
  failure = with (&answered, SCEP_EVENT_FAILED, SCEP_ERROR_STORAGE_FAILED);
  g_assert_cmpint (scep_failure_judge (&failure), ==, SCEP_OUTCOME_FAILED);
  failure = with (&answered, SCEP_EVENT_FAILED, SCEP_ERROR_SIGNATURE_INVALID);
  g_assert_cmpint (scep_failure_judge (&failure), ==, SCEP_OUTCOME_UNUSABLE);
  failure = with (&answered, SCEP_EVENT_FAILED, SCEP_ERROR_MALFORMED_REPLY);
  g_assert_cmpint (scep_failure_judge (&failure), ==, SCEP_OUTCOME_UNUSABLE);
  failure.is_cms = FALSE;
  g_assert_cmpint (scep_failure_judge (&failure), ==, SCEP_OUTCOME_STRAY);
  failure.is_message = FALSE;
  g_assert_cmpint (scep_failure_judge (&failure), ==, SCEP_OUTCOME_STRAY);
  failure.status = 404;
  g_assert_cmpint (scep_failure_judge (&failure), ==, SCEP_OUTCOME_FAILED);
  /* More than anybody reads: it may have been a certificate all the same. */
  failure = with (&answered, SCEP_EVENT_FAILED, SCEP_ERROR_TOO_LARGE);
  failure.status = 0;
  g_assert_cmpint (scep_failure_judge (&failure), ==, SCEP_OUTCOME_UNUSABLE);
  failure.is_message = FALSE;
  g_assert_cmpint (scep_failure_judge (&failure), ==, SCEP_OUTCOME_FAILED);
}

static void
assert_doubts (ScepFailure failure, gboolean doubts)
{
  g_assert_cmpint (scep_failure_plan (&failure).doubts_ca, ==, doubts);
}

/* What may come of a message that was encrypted to yesterday's RA. */
static void
test_doubts (void)
{
  ScepFailure failure = answered;

  assert_doubts (plain, FALSE);
  assert_doubts (with (&answered, SCEP_EVENT_REFUSED, SCEP_ERROR_BAD_MESSAGE_CHECK), TRUE);
  assert_doubts (with (&answered, SCEP_EVENT_REFUSED, SCEP_ERROR_BAD_REQUEST), TRUE);
  assert_doubts (with (&answered, SCEP_EVENT_REFUSED, SCEP_ERROR_REJECTED_OTHER), TRUE);
  assert_doubts (with (&answered, SCEP_EVENT_REFUSED, SCEP_ERROR_BAD_TIME), FALSE);
  assert_doubts (with (&answered, SCEP_EVENT_REFUSED, SCEP_ERROR_BAD_CERT_ID), FALSE);
  assert_doubts (with (&answered, SCEP_EVENT_REFUSED, SCEP_ERROR_BAD_ALG), FALSE);
  assert_doubts (with (&answered, SCEP_EVENT_ABANDONED, SCEP_ERROR_DECRYPT_FAILED), TRUE);
  assert_doubts (with (&answered, SCEP_EVENT_ABANDONED, SCEP_ERROR_POLL_LIMIT), FALSE);
  assert_doubts (with (&answered, SCEP_EVENT_FAILED, SCEP_ERROR_UNTRUSTED_CA), TRUE);
  assert_doubts (with (&answered, SCEP_EVENT_FAILED, SCEP_ERROR_STORAGE_FAILED), FALSE);
  assert_doubts (with (&answered, SCEP_EVENT_BROKEN, SCEP_ERROR_FAILED), FALSE);
  failure = with (&answered, SCEP_EVENT_FAILED, SCEP_ERROR_HTTP_STATUS);
  for (guint i = 0; i < G_N_ELEMENTS (statuses); i++) {
    failure.status = statuses[i];
    assert_doubts (failure, TRUE);
  }
  failure.was_sent = FALSE;
  assert_doubts (failure, FALSE);
}

static void
assert_doubts_recipient (ScepFailure failure, gboolean doubts)
{
  g_assert_cmpint (scep_failure_plan (&failure).doubts_recipient, ==, doubts);
}

/* It answered, and may not have been able to open the message. */
static void
test_doubts_recipient (void)
{
  ScepFailure failure = with (&answered, SCEP_EVENT_FAILED, SCEP_ERROR_HTTP_STATUS);

  assert_doubts_recipient (plain, FALSE);
  assert_doubts_recipient (with (&answered, SCEP_EVENT_REFUSED, SCEP_ERROR_BAD_TIME), FALSE);
  assert_doubts_recipient (with (&answered, SCEP_EVENT_FAILED, SCEP_ERROR_UNTRUSTED_CA), FALSE);
  assert_doubts_recipient (with (&answered, SCEP_EVENT_FAILED, SCEP_ERROR_TIMEOUT), FALSE);
  assert_doubts_recipient (with (&answered, SCEP_EVENT_ABANDONED, SCEP_ERROR_DECRYPT_FAILED),
                           FALSE);
  assert_doubts_recipient (with (&answered, SCEP_EVENT_REFUSED, SCEP_ERROR_BAD_MESSAGE_CHECK),
                           TRUE);
  assert_doubts_recipient (with (&answered, SCEP_EVENT_REFUSED, SCEP_ERROR_BAD_REQUEST), TRUE);
  failure.status = 500;
  assert_doubts_recipient (failure, TRUE);
  failure.has_pending = TRUE;
  assert_doubts_recipient (failure, FALSE);
  failure.has_pending = FALSE;
  failure.is_message = FALSE;
  assert_doubts_recipient (failure, FALSE);
  failure = with (&answered, SCEP_EVENT_FAILED, SCEP_ERROR_MALFORMED_REPLY);
  assert_doubts_recipient (failure, FALSE);
  failure.is_cms = FALSE;
  assert_doubts_recipient (failure, TRUE);
}

static void
assert_next (const ScepFailure *failure, gint64 quiet, gint64 next)
{
  ScepFailurePlan plan = scep_failure_plan (failure);

  g_assert_cmpint (plan.quiet - NOW, ==, quiet);
  g_assert_cmpint (plan.next - NOW, ==, next);
}

static void
test_delays (void)
{
  ScepFailure failure = plain;

  failure.refusals = failure.strays = 9;
  assert_next (&failure, INTERVAL, INTERVAL);
  failure.retry_after = 300;
  assert_next (&failure, 300, 300);

  failure = answered;
  assert_next (&failure, INTERVAL, INTERVAL);
  failure.refusals = 3;
  assert_next (&failure, INTERVAL, 8 * INTERVAL);
  failure.refusals = 30;
  assert_next (&failure, INTERVAL, DAY);
  /* No certificate can have been issued. */
  failure.is_check = TRUE;
  assert_next (&failure, INTERVAL, INTERVAL);

  failure = answered;
  failure.is_cms = FALSE;
  failure.strays = 3;
  assert_next (&failure, 8 * INTERVAL, 8 * INTERVAL);
  failure.strays = 30;
  assert_next (&failure, HOUR, HOUR);
}

/* An unusable answer to a poll makes nobody poll more often, and does not end the seven days. */
static void
test_polls (void)
{
  ScepFailure failure = answered;

  failure.has_pending = TRUE;
  failure.started = NOW - 1;
  failure.polls = 2;
  assert_next (&failure, INTERVAL, 135);
  failure.refusals = 5;
  assert_next (&failure, INTERVAL, 32 * INTERVAL);
  failure.started = NOW - 7 * DAY + 100;
  assert_next (&failure, INTERVAL, 100);
  failure.started = NOW - 7 * DAY + 10;
  assert_next (&failure, INTERVAL, INTERVAL);
  /* One that did not get there is tried again soon. */
  failure = plain;
  failure.has_pending = TRUE;
  failure.started = NOW - 1;
  failure.polls = 20;
  assert_next (&failure, INTERVAL, INTERVAL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/failure-plan/rule", test_rule);
  g_test_add_func ("/failure-plan/waiting/rule", test_waiting_rule);
  g_test_add_func ("/failure-plan/waiting", test_waiting);
  g_test_add_func ("/failure-plan/judge", test_judge);
  g_test_add_func ("/failure-plan/doubts", test_doubts);
  g_test_add_func ("/failure-plan/doubts-recipient", test_doubts_recipient);
  g_test_add_func ("/failure-plan/delays", test_delays);
  g_test_add_func ("/failure-plan/polls", test_polls);
  return g_test_run ();
}
