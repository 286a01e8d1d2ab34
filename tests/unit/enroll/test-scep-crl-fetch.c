/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-error.h"
#include "codec/scep-crl.h"
#include "openssl-crl.h"
#include "profile-fixture.h"

#include <string.h>

#define DAY (24 * 60 * 60)
#define URL "http://crl.example/ca.crl"

static TestCrlSpec
make_spec (ProfileFixture *fixture, long number)
{
  gint64 now = scep_clock_now (SCEP_CLOCK (fixture->clock));

  return (TestCrlSpec){
    .this_update = now - DAY + number,
    .next_update = now + DAY,
    .number = number,
    .n_entries = 2,
  };
}

static GBytes *
make_crl (ProfileFixture *fixture, long number)
{
  TestCrlSpec spec = make_spec (fixture, number);

  return test_crl_new (fixture->ca->x509, fixture->ca->key, &spec);
}

/* What the server has, at the distribution point and for those who ask. */
static GBytes *
publish_spec (ProfileFixture *fixture, const TestCrlSpec *spec)
{
  g_autoptr (GBytes) crl = test_crl_new (fixture->ca->x509, fixture->ca->key, spec);

  g_clear_pointer (&fixture->crl_answer, g_bytes_unref);
  g_clear_pointer (&fixture->crl, g_bytes_unref);
  fixture->crl_answer = test_crl_wrap (&crl, 1);
  fixture->crl = g_bytes_ref (crl);
  return g_steal_pointer (&crl);
}

static GBytes *
publish (ProfileFixture *fixture, long number)
{
  TestCrlSpec spec = make_spec (fixture, number);

  return publish_spec (fixture, &spec);
}

static GBytes *
finish (ProfileFixture *fixture, GAsyncResult **result, GError **error)
{
  g_autoptr (GAsyncResult) owned = NULL;

  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
  owned = g_steal_pointer (result);
  return scep_profile_get_crl_finish (fixture->profile, owned, error);
}

static GBytes *
get_crl (ProfileFixture *fixture, GError **error)
{
  GAsyncResult *result = NULL;

  scep_profile_get_crl_async (fixture->profile, profile_fixture_store_result, &result);
  return finish (fixture, &result, error);
}

static void
assert_refused (ProfileFixture *fixture, ScepError code)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) crl = get_crl (fixture, &error);

  g_assert_error (error, SCEP_ERROR, (int) code);
  g_assert_null (crl);
}

static void
assert_gets (ProfileFixture *fixture, GBytes *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) crl = get_crl (fixture, &error);

  g_assert_no_error (error);
  g_assert_true (g_bytes_equal (crl, expected));
}

/* One that lets a single request through. */
static void
use_gate (ProfileFixture *fixture, ScepGate *gate)
{
  profile_fixture_close (fixture);
  fixture->gate = gate;
  profile_fixture_open (fixture);
}

static void
enroll (ProfileFixture *fixture)
{
  profile_fixture_begin (fixture, profile_fixture_get_pin (fixture));
  profile_fixture_wait_state (fixture, "enrolled");
}

static void
test_not_now (ProfileFixture *fixture, gconstpointer data)
{
  assert_refused (fixture, SCEP_ERROR_DISABLED);
  fixture->mood = MOOD_VANISH;
  profile_fixture_begin (fixture, profile_fixture_get_pin (fixture));
  assert_refused (fixture, SCEP_ERROR_NOT_CONFIGURED);
}

static void
test_server_refuses (ProfileFixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) crl = NULL;

  enroll (fixture);
  /* A certificate where a CRL is due. */
  assert_refused (fixture, SCEP_ERROR_DECRYPT_FAILED);
  crl = publish (fixture, 5);
  fixture->mood = MOOD_REFUSE;
  assert_refused (fixture, SCEP_ERROR_UNSUPPORTED);
  fixture->fail_info = "4";
  assert_refused (fixture, SCEP_ERROR_BAD_CERT_ID);
  fixture->mood = MOOD_DELAY;
  assert_refused (fixture, SCEP_ERROR_MALFORMED_REPLY);
  fixture->mood = MOOD_OTHER_NONCE;
  assert_refused (fixture, SCEP_ERROR_NONCE_MISMATCH);
  fixture->mood = MOOD_OTHER_ID;
  assert_refused (fixture, SCEP_ERROR_TRANSACTION_MISMATCH);
  fixture->mood = MOOD_BREAK;
  assert_refused (fixture, SCEP_ERROR_MALFORMED_REPLY);
  fixture->mood = MOOD_FAULT;
  assert_refused (fixture, SCEP_ERROR_UNSUPPORTED);
  fixture->fault = 503;
  assert_refused (fixture, SCEP_ERROR_HTTP_STATUS);
  fixture->mood = MOOD_VANISH;
  assert_refused (fixture, SCEP_ERROR_SERVER_UNREACHABLE);
  fixture->mood = MOOD_ISSUE;
  assert_gets (fixture, crl);
  g_assert_cmpstr (scep_profile_get_status (fixture->profile)->state, ==, "enrolled");
}

/* What the server can is asked in vain, and nothing after it. */
static void
test_nobody_there (ProfileFixture *fixture, gconstpointer data)
{
  guint before;

  enroll (fixture);
  profile_fixture_close (fixture);
  profile_fixture_open (fixture);
  before = scep_transport_fake_get_n_requests (fixture->transport);
  fixture->mood = MOOD_VANISH;
  assert_refused (fixture, SCEP_ERROR_SERVER_UNREACHABLE);
  g_assert_cmpuint (scep_transport_fake_get_n_requests (fixture->transport), ==, before + 1);
}

/* Also by another process, and by the other way. */
static void
test_older (ProfileFixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) newer = NULL;
  g_autoptr (GBytes) older = NULL;

  enroll (fixture);
  newer = publish (fixture, 300);
  assert_gets (fixture, newer);
  assert_gets (fixture, newer);
  older = publish (fixture, 299);
  assert_refused (fixture, SCEP_ERROR_MALFORMED_REPLY);
  profile_fixture_close (fixture);
  profile_fixture_open (fixture);
  assert_refused (fixture, SCEP_ERROR_MALFORMED_REPLY);
}

/* The number alone, or the date alone, tells that a CRL is older, and both are remembered. */
static void
test_older_in_one_way (ProfileFixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) newer = NULL;
  TestCrlSpec spec;

  enroll (fixture);
  newer = publish (fixture, 300);
  assert_gets (fixture, newer);
  for (guint restarts = 0; restarts < 2; restarts++) {
    g_autoptr (GBytes) by_number = NULL;
    g_autoptr (GBytes) by_date = NULL;

    spec = make_spec (fixture, 300);
    spec.number--;
    by_number = publish_spec (fixture, &spec);
    assert_refused (fixture, SCEP_ERROR_MALFORMED_REPLY);
    spec = make_spec (fixture, 300);
    spec.this_update--;
    by_date = publish_spec (fixture, &spec);
    assert_refused (fixture, SCEP_ERROR_MALFORMED_REPLY);
    profile_fixture_close (fixture);
    profile_fixture_open (fixture);
  }
}

/* What a CRL may be signed with is what the profile's AlgorithmPolicy says. */
static void
test_weak (ProfileFixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) crl = NULL;
  TestCrlSpec spec;

  fixture->crl_url = URL;
  enroll (fixture);
  spec = make_spec (fixture, 1);
  spec.sha1 = TRUE;
  crl = publish_spec (fixture, &spec);
  assert_refused (fixture, SCEP_ERROR_WEAK_ALGORITHM);
  profile_fixture_configure (fixture, "AlgorithmPolicy", "legacy", NULL);
  assert_gets (fixture, crl);
}

static void
test_get (ProfileFixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) crl = NULL;

  enroll (fixture);
  crl = publish (fixture, 1);
  assert_gets (fixture, crl);
  g_assert_cmpuint (fixture->n_crl_requests, ==, 1);
  /* Where the SCEP server is, somebody has configured that. */
  for (guint i = 0; i < scep_transport_fake_get_n_requests (fixture->transport); i++)
    g_assert_false (scep_transport_fake_get_request (fixture->transport, i)->refuse_local);
}

static void
test_distribution_point (ProfileFixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) crl = NULL;
  const ScepFakeRequest *request;

  fixture->crl_url = URL;
  enroll (fixture);
  crl = publish (fixture, 1);
  assert_gets (fixture, crl);
  g_assert_cmpuint (fixture->n_crl_requests, ==, 0);
  request = scep_transport_fake_get_request (
      fixture->transport, scep_transport_fake_get_n_requests (fixture->transport) - 1);
  g_assert_cmpstr (request->url, ==, URL);
  g_assert_null (request->body);
  g_assert_cmpuint (request->max_reply, ==, SCEP_CRL_MAX_SIZE);
  g_assert_true (request->refuse_local);
}

static void
test_distribution_point_fails (ProfileFixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) crl = NULL;
  g_autoptr (GError) error = NULL;

  fixture->crl_url = URL;
  enroll (fixture);
  crl = publish (fixture, 7);
  g_clear_pointer (&fixture->crl, g_bytes_unref);
  assert_gets (fixture, crl);
  g_assert_cmpuint (fixture->n_crl_requests, ==, 1);
  fixture->crl = g_bytes_new_static ("<html>", 6);
  assert_gets (fixture, crl);
  g_bytes_unref (fixture->crl);
  fixture->crl = make_crl (fixture, 6);
  assert_gets (fixture, crl);
  g_assert_cmpuint (fixture->n_crl_requests, ==, 3);

  /* Both reasons are told. */
  fixture->mood = MOOD_REFUSE;
  g_assert_null (get_crl (fixture, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_UNSUPPORTED);
  g_assert_nonnull (strstr (error->message, "older"));
  g_assert_nonnull (strstr (error->message, "GetCRL"));

  /* Where it is not found is no setting. */
  g_clear_error (&error);
  g_clear_pointer (&fixture->crl, g_bytes_unref);
  g_assert_null (get_crl (fixture, &error));
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, "ask the CA's operator where its CRL is published"));
  g_assert_null (strstr (error->message, "check the path"));
}

static void
test_distribution_point_is_local (ProfileFixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) crl = NULL;

  fixture->crl_url = "http://127.0.0.1/ca.crl";
  enroll (fixture);
  crl = publish (fixture, 1);
  assert_gets (fixture, crl);
  g_assert_cmpuint (fixture->n_crl_requests, ==, 1);
  for (guint i = 0; i < scep_transport_fake_get_n_requests (fixture->transport); i++)
    g_assert_cmpstr (scep_transport_fake_get_request (fixture->transport, i)->url, !=,
                     fixture->crl_url);
}

static void
test_busy (ProfileFixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) crl = NULL;
  g_autoptr (GBytes) got = NULL;
  g_autoptr (GError) error = NULL;
  GAsyncResult *result = NULL;

  enroll (fixture);
  crl = publish (fixture, 1);
  scep_transport_fake_hold (fixture->transport, TRUE);
  scep_profile_get_crl_async (fixture->profile, profile_fixture_store_result, &result);
  assert_refused (fixture, SCEP_ERROR_BUSY);
  scep_transport_fake_hold (fixture->transport, FALSE);
  got = finish (fixture, &result, &error);
  g_assert_no_error (error);
  g_assert_true (g_bytes_equal (got, crl));
  assert_gets (fixture, crl);
}

/* Nobody asks a server before it is his turn, whichever way: nor is he kept for ever. */
static void
test_turn (ProfileFixture *fixture, gconstpointer data)
{
  static const char *const servers[] = { "crl.example", "ca.example" };
  g_autoptr (GBytes) crl = NULL;
  g_autoptr (ScepGate) gate = scep_gate_new (1);
  guint before;

  use_gate (fixture, gate);
  fixture->crl_url = URL;
  enroll (fixture);
  crl = publish (fixture, 1);
  for (guint i = 0; i < G_N_ELEMENTS (servers); i++) {
    g_autoptr (ScepGatePass) pass = scep_gate_try_enter (fixture->gate, servers[i]);
    g_autoptr (GBytes) got = NULL;
    g_autoptr (GError) error = NULL;
    GAsyncResult *result = NULL;

    g_assert_nonnull (pass);
    before = scep_transport_fake_get_n_requests (fixture->transport);
    scep_profile_get_crl_async (fixture->profile, profile_fixture_store_result, &result);
    while (scep_gate_count_rounds (fixture->gate, servers[i]) == 0)
      g_main_context_iteration (NULL, TRUE);
    g_assert_cmpuint (scep_transport_fake_get_n_requests (fixture->transport), ==, before + i);
    g_clear_pointer (&pass, scep_gate_pass_free);
    got = finish (fixture, &result, &error);
    g_assert_no_error (error);
    g_assert_true (g_bytes_equal (got, crl));
    /* What the distribution point had is gone for the next round. */
    g_clear_pointer (&fixture->crl, g_bytes_unref);
  }
}

static void
test_stopped_in_queue (ProfileFixture *fixture, gconstpointer data)
{
  g_autoptr (ScepGate) gate = scep_gate_new (1);
  g_autoptr (ScepGatePass) pass = NULL;
  g_autoptr (GError) error = NULL;
  GAsyncResult *result = NULL;

  use_gate (fixture, gate);
  enroll (fixture);
  pass = scep_gate_try_enter (fixture->gate, "ca.example");
  scep_profile_get_crl_async (fixture->profile, profile_fixture_store_result, &result);
  scep_profile_stop (fixture->profile);
  g_assert_null (finish (fixture, &result, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_CANCELLED);
  g_assert_cmpuint (scep_gate_count_rounds (fixture->gate, "ca.example"), ==, 0);
}

static void
test_stopped (ProfileFixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) crl = NULL;
  g_autoptr (GError) error = NULL;
  GAsyncResult *result = NULL;

  enroll (fixture);
  crl = publish (fixture, 1);
  scep_transport_fake_hold (fixture->transport, TRUE);
  scep_profile_get_crl_async (fixture->profile, profile_fixture_store_result, &result);
  scep_profile_stop (fixture->profile);
  g_assert_null (finish (fixture, &result, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_CANCELLED);
}

/* What another server would say to it does not count. */
static void
test_moved (ProfileFixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) crl = NULL;
  g_autoptr (GError) error = NULL;
  GAsyncResult *result = NULL;

  enroll (fixture);
  crl = publish (fixture, 1);
  scep_transport_fake_hold (fixture->transport, TRUE);
  scep_profile_get_crl_async (fixture->profile, profile_fixture_store_result, &result);
  profile_fixture_configure (fixture, "ServerEndpoint", "http://other.example/scep", NULL);
  g_assert_null (finish (fixture, &result, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_CANCELLED);
  scep_transport_fake_hold (fixture->transport, FALSE);
  profile_fixture_wait_counter (&fixture->n_enrolled, 2);
}

#define add(path, function)                                                                        \
  g_test_add (path, ProfileFixture, NULL, profile_fixture_set_up, function,                        \
              profile_fixture_tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  add ("/crl-fetch/not-now", test_not_now);
  add ("/crl-fetch/server-refuses", test_server_refuses);
  add ("/crl-fetch/nobody-there", test_nobody_there);
  add ("/crl-fetch/older", test_older);
  add ("/crl-fetch/older/in-one-way", test_older_in_one_way);
  add ("/crl-fetch/weak", test_weak);
  add ("/crl-fetch/get", test_get);
  add ("/crl-fetch/distribution-point", test_distribution_point);
  add ("/crl-fetch/distribution-point/fails", test_distribution_point_fails);
  add ("/crl-fetch/distribution-point/is-local", test_distribution_point_is_local);
  add ("/crl-fetch/busy", test_busy);
  add ("/crl-fetch/turn", test_turn);
  add ("/crl-fetch/stopped", test_stopped);
  add ("/crl-fetch/moved", test_moved);
  add ("/crl-fetch/stopped-in-queue", test_stopped_in_queue);
  return g_test_run ();
}
