/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-error.h"
#include "profile-fixture.h"

#include <string.h>

static ScepStatus *
get_status (ProfileFixture *fixture)
{
  return scep_profile_get_status (fixture->profile);
}

static void
enroll (ProfileFixture *fixture)
{
  profile_fixture_begin (fixture, profile_fixture_get_pin (fixture));
  profile_fixture_wait_state (fixture, "enrolled");
}

/* A word for each request since @first: what was asked, and how. */
static char *
list_requests (ProfileFixture *fixture, guint first)
{
  GString *list = g_string_new (NULL);

  for (guint i = first; i < scep_transport_fake_get_n_requests (fixture->transport); i++) {
    const ScepFakeRequest *request = scep_transport_fake_get_request (fixture->transport, i);
    gboolean has_message = strstr (request->url, "&message=") != NULL;

    if (i > first)
      g_string_append_c (list, ' ');
    if (strstr (request->url, "GetCACaps") != NULL)
      g_string_append (list, "caps");
    else if (strstr (request->url, "GetCACert") != NULL)
      g_string_append (list, has_message ? "ca=" : "ca");
    else
      g_string_append (list, request->body != NULL ? "post" : "get");
  }
  return g_string_free (list, FALSE);
}

static void
assert_requests (ProfileFixture *fixture, guint first, const char *expected)
{
  g_autofree char *list = list_requests (fixture, first);

  g_assert_cmpstr (list, ==, expected);
}

static void
assert_renewal (ProfileFixture *fixture, const char *expected)
{
  guint first = scep_transport_fake_get_n_requests (fixture->transport);
  guint renewed = fixture->n_renewed;

  g_assert_true (scep_profile_renew (fixture->profile, NULL));
  profile_fixture_wait_counter (&fixture->n_renewed, renewed + 1);
  assert_requests (fixture, first, expected);
}

static gboolean
is_weakened (ProfileFixture *fixture)
{
  return g_strv_contains ((const char *const *) get_status (fixture)->warnings,
                          "capabilities-weakened");
}

/* Checks, and waits until that is over. */
static void
check (ProfileFixture *fixture)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (scep_profile_check (fixture->profile, NULL));
  while (!scep_profile_renew (fixture->profile, &error)) {
    g_assert_error (error, SCEP_ERROR, SCEP_ERROR_BUSY);
    g_clear_error (&error);
    g_main_context_iteration (NULL, TRUE);
  }
  profile_fixture_wait_counter (&fixture->n_renewed, fixture->n_renewed + 1);
}

/* The server has no CRL: how it is asked for one, @expected tells. */
static void
assert_query (ProfileFixture *fixture, const char *expected)
{
  guint first = scep_transport_fake_get_n_requests (fixture->transport);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  scep_profile_get_crl_async (fixture->profile, profile_fixture_store_result, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_null (scep_profile_get_crl_finish (fixture->profile, result, &error));
  assert_requests (fixture, first, expected);
}

static void
assert_listed (ProfileFixture *fixture, const char *expected)
{
  g_autofree char *list = g_strjoinv (" ", get_status (fixture)->capabilities);

  g_assert_cmpstr (list, ==, expected);
}

/* What the server said the last time is shown until it says something else. */
static void
test_listed (ProfileFixture *fixture, gconstpointer data)
{
  fixture->capabilities = "SCEPStandard\nRenewal\n";
  enroll (fixture);
  assert_listed (fixture, "Renewal SCEPStandard");
  profile_fixture_close (fixture);
  profile_fixture_open (fixture);
  assert_listed (fixture, "Renewal SCEPStandard");
  fixture->capabilities = "SCEPStandard\n";
  check (fixture);
  assert_listed (fixture, "SCEPStandard");
  profile_fixture_close (fixture);
  profile_fixture_open (fixture);
  assert_listed (fixture, "SCEPStandard");
}

/* The policy forbids to look for another way. */
static void
test_strict (ProfileFixture *fixture, gconstpointer data)
{
  fixture->no_post = TRUE;
  profile_fixture_configure (fixture, "AlgorithmPolicy", "strict", NULL);
  profile_fixture_begin (fixture, profile_fixture_get_pin (fixture));
  profile_fixture_wait_state (fixture, "waiting");
  profile_fixture_assert_error (fixture, SCEP_ERROR_MALFORMED_REPLY);
  assert_requests (fixture, 0, "caps ca post");
}

/* One that answers a POST with nothing is asked by GET, and from then on at once. */
static void
test_get (ProfileFixture *fixture, gconstpointer data)
{
  fixture->no_post = TRUE;
  enroll (fixture);
  assert_requests (fixture, 0, "caps ca post get");
  assert_renewal (fixture, "get");
  profile_fixture_close (fixture);
  profile_fixture_open (fixture);
  assert_renewal (fixture, "caps get");
}

/* Nor does what was learned under another policy allow it. */
static void
test_strict_later (ProfileFixture *fixture, gconstpointer data)
{
  guint first;

  fixture->no_post = TRUE;
  enroll (fixture);
  assert_renewal (fixture, "get");
  profile_fixture_configure (fixture, "AlgorithmPolicy", "strict", NULL);
  profile_fixture_wait_state (fixture, "enrolled");
  first = scep_transport_fake_get_n_requests (fixture->transport);
  g_assert_true (scep_profile_renew (fixture->profile, NULL));
  profile_fixture_wait_counter (&fixture->n_renewal_failures, 1);
  assert_requests (fixture, first, "caps post");
}

/* Who breaks POST on the way makes nobody use GET for ever, and not in secret. */
static void
test_post_broken (ProfileFixture *fixture, gconstpointer data)
{
  enroll (fixture);
  assert_requests (fixture, 0, "caps ca post");
  fixture->no_post = TRUE;
  assert_renewal (fixture, "post get");
  g_assert_true (is_weakened (fixture));
  g_assert_cmpuint (fixture->n_weakened, ==, 1);
  profile_fixture_close (fixture);
  profile_fixture_open (fixture);
  g_assert_true (is_weakened (fixture));
  assert_renewal (fixture, "caps post get");
  g_assert_cmpuint (fixture->n_weakened, ==, 1);

  fixture->no_post = FALSE;
  assert_renewal (fixture, "post");
  g_assert_false (is_weakened (fixture));
}

static void
test_identifier (ProfileFixture *fixture, gconstpointer data)
{
  guint first;

  fixture->wants_identifier = TRUE;
  enroll (fixture);
  assert_requests (fixture, 0, "caps ca ca= post");
  first = scep_transport_fake_get_n_requests (fixture->transport);
  check (fixture);
  assert_requests (fixture, first, "caps ca= post");
}

/* What is configured is not second-guessed. */
static void
test_configured_identifier (ProfileFixture *fixture, gconstpointer data)
{
  profile_fixture_configure (fixture, "CAIdentifier", "site", NULL);
  enroll (fixture);
  assert_requests (fixture, 0, "caps ca= post");
}

/* A query beside the attempt knows what the attempts learned. */
static void
test_query (ProfileFixture *fixture, gconstpointer data)
{
  fixture->no_post = TRUE;
  enroll (fixture);
  assert_query (fixture, "get");
  profile_fixture_close (fixture);
  profile_fixture_open (fixture);
  assert_query (fixture, "caps get");
  assert_query (fixture, "get");
}

/* What a query learns is known to the attempts, and by the next process. */
static void
test_query_learns (ProfileFixture *fixture, gconstpointer data)
{
  enroll (fixture);
  assert_query (fixture, "post");
  fixture->no_post = TRUE;
  assert_query (fixture, "post get");
  g_assert_true (is_weakened (fixture));
  g_assert_cmpuint (fixture->n_weakened, ==, 1);
  profile_fixture_close (fixture);
  profile_fixture_open (fixture);
  g_assert_true (is_weakened (fixture));
  fixture->no_post = FALSE;
  assert_query (fixture, "caps post");
  g_assert_false (is_weakened (fixture));

  profile_fixture_configure (fixture, "AlgorithmPolicy", "strict", NULL);
  fixture->no_post = TRUE;
  assert_query (fixture, "caps post");
}

/* It leaves the attempt alone that goes on at the same time. */
static void
test_query_beside_attempt (ProfileFixture *fixture, gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  enroll (fixture);
  fixture->no_post = TRUE;
  scep_transport_fake_hold (fixture->transport, TRUE);
  g_assert_true (scep_profile_renew (fixture->profile, NULL));
  scep_profile_get_crl_async (fixture->profile, profile_fixture_store_result, &result);
  scep_transport_fake_hold (fixture->transport, FALSE);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  profile_fixture_wait_counter (&fixture->n_renewed, 1);
  g_assert_null (scep_profile_get_crl_finish (fixture->profile, result, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_DECRYPT_FAILED);
  g_assert_cmpuint (fixture->n_weakened, ==, 1);
}

/* It belongs to the endpoint. */
static void
test_forgotten (ProfileFixture *fixture, gconstpointer data)
{
  guint first;

  fixture->no_post = TRUE;
  fixture->wants_identifier = TRUE;
  enroll (fixture);
  fixture->no_post = FALSE;
  fixture->wants_identifier = FALSE;
  first = scep_transport_fake_get_n_requests (fixture->transport);
  profile_fixture_configure (fixture, "ServerEndpoint", "http://other.example/scep", NULL);
  profile_fixture_wait_counter (&fixture->n_enrolled, 2);
  assert_requests (fixture, first, "caps ca post");
}

/* A list that has become shorter is told once, and weakens nothing. */
static void
test_weakened (ProfileFixture *fixture, gconstpointer data)
{
  fixture->capabilities = "SCEPStandard\nRenewal\n";
  enroll (fixture);
  g_assert_false (is_weakened (fixture));
  fixture->capabilities = "Renewal\nDES3\n";
  check (fixture);
  g_assert_true (is_weakened (fixture));
  check (fixture);
  g_assert_cmpuint (fixture->n_weakened, ==, 1);
  profile_fixture_close (fixture);
  profile_fixture_open (fixture);
  g_assert_true (is_weakened (fixture));
  assert_renewal (fixture, "caps post");
  g_assert_cmpuint (fixture->n_weakened, ==, 1);

  fixture->capabilities = "AES\nSHA-512\nPOSTPKIOperation\n";
  check (fixture);
  g_assert_false (is_weakened (fixture));
}

/* Nothing at all is less, too. */
static void
test_weakened_to_nothing (ProfileFixture *fixture, gconstpointer data)
{
  fixture->capabilities = "SCEPStandard\nRenewal\n";
  enroll (fixture);
  fixture->capabilities = "";
  check (fixture);
  g_assert_true (is_weakened (fixture));
  g_assert_cmpuint (fixture->n_weakened, ==, 1);
  assert_renewal (fixture, "post");
}

/* A query that asks first hears of it as well. */
static void
test_query_weakened (ProfileFixture *fixture, gconstpointer data)
{
  fixture->capabilities = "SCEPStandard\nRenewal\n";
  enroll (fixture);
  profile_fixture_close (fixture);
  profile_fixture_open (fixture);
  fixture->capabilities = "";
  assert_query (fixture, "caps post");
  g_assert_true (is_weakened (fixture));
  g_assert_cmpuint (fixture->n_weakened, ==, 1);
  assert_query (fixture, "post");
}

/* A server that has never listed anything has become no weaker. */
static void
test_never_listed (ProfileFixture *fixture, gconstpointer data)
{
  fixture->capabilities = "";
  enroll (fixture);
  check (fixture);
  g_assert_false (is_weakened (fixture));
  g_assert_cmpuint (fixture->n_weakened, ==, 0);
}

#define ADD(path, function)                                                                        \
  g_test_add (path, ProfileFixture, NULL, profile_fixture_set_up, function,                        \
              profile_fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/server-memory/listed", test_listed);
  ADD ("/server-memory/strict", test_strict);
  ADD ("/server-memory/get", test_get);
  ADD ("/server-memory/strict-later", test_strict_later);
  ADD ("/server-memory/post-broken", test_post_broken);
  ADD ("/server-memory/identifier", test_identifier);
  ADD ("/server-memory/configured-identifier", test_configured_identifier);
  ADD ("/server-memory/forgotten", test_forgotten);
  ADD ("/server-memory/query", test_query);
  ADD ("/server-memory/query/learns", test_query_learns);
  ADD ("/server-memory/query/beside-attempt", test_query_beside_attempt);
  ADD ("/server-memory/query/weakened", test_query_weakened);
  ADD ("/server-memory/weakened", test_weakened);
  ADD ("/server-memory/weakened-to-nothing", test_weakened_to_nothing);
  ADD ("/server-memory/never-listed", test_never_listed);
  return g_test_run ();
}
