/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-renewal.h"

#include "base/scep-error.h"

static void
assert_ways (const ScepRenewalQuestion *question, const char *expected)
{
  ScepRenewalWay ways[SCEP_N_RENEWAL_WAYS];
  guint n = scep_renewal_list_ways (question, ways);
  g_autoptr (GString) found = g_string_new (NULL);

  for (guint i = 0; i < n; i++)
    g_string_append_printf (found, "%s%s", i > 0 ? " " : "", scep_renewal_way_get_name (ways[i]));
  g_assert_cmpstr (found->str, ==, expected);
}

static void
test_order (void)
{
  assert_ways (&(ScepRenewalQuestion){ 0 }, "pkcs");
  assert_ways (&(ScepRenewalQuestion){ .can_renew = TRUE }, "renewal pkcs");
  assert_ways (&(ScepRenewalQuestion){ .has_challenge = TRUE }, "pkcs enroll");
  assert_ways (&(ScepRenewalQuestion){ .can_renew = TRUE, .has_challenge = TRUE },
               "renewal renewal-challenge pkcs enroll");
}

static void
test_challenge (void)
{
  assert_ways (&(ScepRenewalQuestion){ .can_renew = TRUE,
                                       .has_challenge = TRUE,
                                       .sends_challenge = SCEP_RENEWAL_CHALLENGE_NEVER },
               "renewal pkcs");
  assert_ways (&(ScepRenewalQuestion){ .can_renew = TRUE,
                                       .has_challenge = TRUE,
                                       .sends_challenge = SCEP_RENEWAL_CHALLENGE_ALWAYS },
               "renewal-challenge pkcs-challenge enroll");
  assert_ways (
      &(ScepRenewalQuestion){ .can_renew = TRUE, .sends_challenge = SCEP_RENEWAL_CHALLENGE_ALWAYS },
      "renewal pkcs");
}

/* The very names of the certificate, where the CA has given it others than it was asked for. */
static void
test_other_names (void)
{
  ScepRenewalQuestion question = { .has_other_names = TRUE };

  assert_ways (&question, "pkcs pkcs-same-names");
  question.can_renew = question.has_challenge = TRUE;
  assert_ways (&question,
               "renewal renewal-challenge pkcs renewal-same-names pkcs-same-names enroll");
  question.sends_challenge = SCEP_RENEWAL_CHALLENGE_ALWAYS;
  assert_ways (&question,
               "renewal-challenge pkcs-challenge renewal-same-names pkcs-same-names enroll");
  question.sends_challenge = SCEP_RENEWAL_CHALLENGE_NEVER;
  question.learned = "pkcs-same-names";
  assert_ways (&question, "pkcs-same-names renewal pkcs renewal-same-names");
}

static void
test_expired (void)
{
  assert_ways (&(ScepRenewalQuestion){ .can_renew = TRUE, .expired = TRUE }, "renewal pkcs enroll");
  assert_ways (
      &(ScepRenewalQuestion){
          .can_renew = TRUE, .has_challenge = TRUE, .expired = TRUE, .learned = "renewal" },
      "enroll renewal renewal-challenge pkcs");
  assert_ways (&(ScepRenewalQuestion){ .has_challenge = TRUE,
                                       .sends_challenge = SCEP_RENEWAL_CHALLENGE_NEVER,
                                       .expired = TRUE },
               "enroll pkcs");
}

static void
test_learned (void)
{
  assert_ways (&(ScepRenewalQuestion){ .can_renew = TRUE, .learned = "unheard of" },
               "renewal pkcs");
  assert_ways (&(ScepRenewalQuestion){ .has_challenge = TRUE, .learned = "renewal" },
               "pkcs enroll");
  assert_ways (
      &(ScepRenewalQuestion){ .can_renew = TRUE, .has_challenge = TRUE, .learned = "pkcs" },
      "pkcs renewal renewal-challenge enroll");
}

static void
assert_after (const char *text, const char *learned, const char *expected)
{
  ScepRenewalRecord record;

  scep_renewal_record_read (&record, text);
  assert_ways (
      &(ScepRenewalQuestion){
          .can_renew = TRUE, .has_challenge = TRUE, .learned = learned, .record = &record },
      expected);
}

/* Only two signed refusals make a stronger way come after a weaker one that worked. */
static void
test_refused (void)
{
  static const char *const order = "renewal renewal-challenge pkcs enroll";

  assert_after (NULL, "enroll", order);
  assert_after ("renewal=1 renewal-challenge=1 pkcs=1", "enroll", order);
  assert_after ("renewal=2 renewal-challenge=2 pkcs=1", "enroll",
                "pkcs enroll renewal renewal-challenge");
  assert_after ("renewal=2 renewal-challenge=2 pkcs=2", "enroll",
                "enroll renewal renewal-challenge pkcs");
  assert_after ("renewal=1", "renewal-challenge", order);
  assert_after ("renewal=2", "renewal-challenge", "renewal-challenge renewal pkcs enroll");
  /* As strong as the first. */
  assert_after (NULL, "pkcs", "pkcs renewal renewal-challenge enroll");
  assert_after ("renewal=1 renewal-challenge=1", "pkcs", order);
  assert_after ("renewal=2 renewal-challenge=2", "pkcs", "pkcs renewal renewal-challenge enroll");
  /* Refused, and nothing has worked. */
  assert_after ("renewal=2 renewal-challenge=2 pkcs=2 enroll=2", NULL, order);
}

/* What once worked is tried again, however often it was refused since. */
static void
test_worked_once (void)
{
  assert_after ("renewal=worked renewal-challenge=2 pkcs=2", "enroll",
                "renewal enroll renewal-challenge pkcs");
  assert_after ("renewal=2 renewal-challenge=2 pkcs=worked", "enroll",
                "pkcs enroll renewal renewal-challenge");
  assert_after ("renewal=worked pkcs=worked", "pkcs", "renewal pkcs renewal-challenge enroll");
}

/* Of two that are as strong, the other gets its turn where one is not answered. */
static void
test_unanswered (void)
{
  ScepRenewalRecord record;
  ScepRenewalQuestion question = { .can_renew = TRUE,
                                   .has_challenge = TRUE,
                                   .record = &record,
                                   .unanswered = SCEP_MESSAGE_RENEWAL_REQ };

  scep_renewal_record_read (&record, NULL);
  assert_ways (&question, "pkcs renewal renewal-challenge enroll");
  question.has_other_names = TRUE;
  assert_ways (&question,
               "pkcs pkcs-same-names renewal renewal-challenge renewal-same-names enroll");
  question.has_other_names = FALSE;
  question.unanswered = SCEP_MESSAGE_PKCS_REQ;
  assert_ways (&question, "renewal renewal-challenge pkcs enroll");
  question.learned = "pkcs";
  assert_ways (&question, "renewal pkcs renewal-challenge enroll");
  question.unanswered = 0;
  assert_ways (&question, "pkcs renewal renewal-challenge enroll");
  /* Nothing is as strong, and nothing weaker goes before it. */
  question.learned = NULL;
  question.can_renew = FALSE;
  question.unanswered = SCEP_MESSAGE_PKCS_REQ;
  assert_ways (&question, "pkcs enroll");
}

static void
assert_record (const char *text, const char *expected)
{
  ScepRenewalRecord record;
  g_autofree char *written = NULL;

  scep_renewal_record_read (&record, text);
  written = scep_renewal_record_write (&record);
  g_assert_cmpstr (written, ==, expected);
}

static void
test_record (void)
{
  ScepRenewalRecord record;
  g_autofree char *written = NULL;

  assert_record (NULL, "");
  assert_record ("", "");
  assert_record ("pkcs=1 renewal=worked", "renewal=worked pkcs=1");
  assert_record ("renewal renewal=x renewal=-1 renewal=99999999999 =1 unheard=2 pkcs", "");
  scep_renewal_record_read (&record, "renewal=1 pkcs=worked");
  scep_renewal_record_note_refused (&record, SCEP_RENEWAL_SIGNED);
  scep_renewal_record_note_refused (&record, SCEP_RENEWAL_PKCS);
  scep_renewal_record_note_refused (&record, SCEP_RENEWAL_ENROLL);
  written = scep_renewal_record_write (&record);
  g_assert_cmpstr (written, ==, "renewal=2 pkcs=worked enroll=1");
  for (guint i = 0; i < 300; i++)
    scep_renewal_record_note_refused (&record, SCEP_RENEWAL_SIGNED);
  scep_renewal_record_note_worked (&record, SCEP_RENEWAL_ENROLL);
  g_free (written);
  written = scep_renewal_record_write (&record);
  g_assert_cmpstr (written, ==, "renewal=2 pkcs=worked enroll=worked");
}

/* What is on disk of a transaction tells which way it goes. */
static void
test_way_of (void)
{
  for (guint i = 0; i < SCEP_N_RENEWAL_WAYS; i++)
    g_assert_cmpint (scep_renewal_way_of (
                         scep_renewal_way_get_message_type (i), scep_renewal_way_is_signed (i),
                         scep_renewal_way_has_challenge (i), scep_renewal_way_has_same_names (i)),
                     ==, i);
  g_assert_cmpint (scep_renewal_way_of (SCEP_MESSAGE_PKCS_REQ, FALSE, FALSE, FALSE), ==,
                   SCEP_RENEWAL_ENROLL);
  g_assert_cmpint (scep_renewal_way_of (SCEP_MESSAGE_PKCS_REQ, TRUE, TRUE, TRUE), ==,
                   SCEP_RENEWAL_PKCS_SAME);
}

static void
test_may_go_on (void)
{
  /* What is not signed is nobody's judgement. */
  static const ScepError answers[] = { SCEP_ERROR_BAD_ALG,        SCEP_ERROR_BAD_MESSAGE_CHECK,
                                       SCEP_ERROR_BAD_REQUEST,    SCEP_ERROR_BAD_CERT_ID,
                                       SCEP_ERROR_REJECTED_OTHER, SCEP_ERROR_CERTIFICATE_MISMATCH };

  for (guint code = 0; code < SCEP_ERROR_N_CODES; code++) {
    g_autoptr (GError) error = g_error_new_literal (SCEP_ERROR, (int) code, "");
    gboolean expected = FALSE;

    for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
      expected = expected || answers[i] == code;
    g_assert_cmpint (scep_renewal_may_go_on (error), ==, expected);
    error->domain = G_FILE_ERROR;
    g_assert_false (scep_renewal_may_go_on (error));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/renewal/order", test_order);
  g_test_add_func ("/renewal/challenge", test_challenge);
  g_test_add_func ("/renewal/other-names", test_other_names);
  g_test_add_func ("/renewal/expired", test_expired);
  g_test_add_func ("/renewal/learned", test_learned);
  g_test_add_func ("/renewal/refused", test_refused);
  g_test_add_func ("/renewal/worked-once", test_worked_once);
  g_test_add_func ("/renewal/unanswered", test_unanswered);
  g_test_add_func ("/renewal/record", test_record);
  g_test_add_func ("/renewal/way-of", test_way_of);
  g_test_add_func ("/renewal/may-go-on", test_may_go_on);
  return g_test_run ();
}
