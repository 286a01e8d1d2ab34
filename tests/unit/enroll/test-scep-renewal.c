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

/* What is on disk of a transaction tells which way it goes. */
static void
test_way_of (void)
{
  for (guint i = 0; i < SCEP_N_RENEWAL_WAYS; i++)
    g_assert_cmpint (scep_renewal_way_of (scep_renewal_way_get_message_type (i),
                                          scep_renewal_way_is_signed (i),
                                          scep_renewal_way_has_challenge (i)),
                     ==, i);
  g_assert_cmpint (scep_renewal_way_of (SCEP_MESSAGE_PKCS_REQ, FALSE, FALSE), ==,
                   SCEP_RENEWAL_ENROLL);
}

static void
test_may_go_on (void)
{
  static const ScepError answers[] = { SCEP_ERROR_BAD_ALG,         SCEP_ERROR_BAD_MESSAGE_CHECK,
                                       SCEP_ERROR_BAD_REQUEST,     SCEP_ERROR_BAD_CERT_ID,
                                       SCEP_ERROR_REJECTED_OTHER,  SCEP_ERROR_HTTP_STATUS,
                                       SCEP_ERROR_MALFORMED_REPLY, SCEP_ERROR_CERTIFICATE_MISMATCH,
                                       SCEP_ERROR_DECRYPT_FAILED };

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
  g_test_add_func ("/renewal/expired", test_expired);
  g_test_add_func ("/renewal/learned", test_learned);
  g_test_add_func ("/renewal/way-of", test_way_of);
  g_test_add_func ("/renewal/may-go-on", test_may_go_on);
  return g_test_run ();
}
