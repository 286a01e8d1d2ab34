/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-certificate.h"
#include "profile-fixture.h"

#include <string.h>

/* An address, so that no name is looked up. */
#define ENDPOINT "http://192.0.2.1/scep"

/* What the server does with the two requests. */
typedef struct {
  ProfileFixture *fixture;
  ScepError caps_error; /* 0 for none */
  guint caps_status;
  const char *caps;
  gint64 clock_ahead; /* of the Date of its answers; G_MAXINT64 for none */
  ScepError ca_error; /* 0 for none */
  guint ca_status;
  const char *ca; /* (nullable): instead of the CA's certificate */
} Server;

static Server
server_new (ProfileFixture *fixture)
{
  return (Server){ .fixture = fixture,
                   .caps_status = 200,
                   .caps = "AES\nSHA-256\nPOSTPKIOperation\n",
                   .ca_status = 200 };
}

static ScepHttpReply *
fail (ScepError code, GError **error)
{
  scep_error_set (error, code, "The fault %d.", (int) code);
  return NULL;
}

static ScepHttpReply *
serve (const ScepFakeRequest *request, gpointer user_data, GError **error)
{
  Server *server = user_data;
  gint64 now = scep_clock_now (SCEP_CLOCK (server->fixture->clock));
  gint64 date = server->clock_ahead == G_MAXINT64 ? 0 : now + server->clock_ahead;
  g_autoptr (GBytes) caps = g_bytes_new_static (server->caps, strlen (server->caps));
  g_autoptr (GBytes) ca =
      server->ca != NULL
          ? g_bytes_new_static (server->ca, strlen (server->ca))
          : g_bytes_ref (scep_certificate_get_der (server->fixture->ca->certificate));

  g_assert_null (request->body);
  g_assert_cmpuint (request->total_timeout, >, 0);
  g_assert_cmpuint (request->total_timeout, <=, 5);
  if (strstr (request->url, "operation=GetCACaps") != NULL)
    return server->caps_error != 0 ? fail (server->caps_error, error)
                                   : scep_http_reply_new (server->caps_status, NULL, caps, date, 0);
  g_assert_nonnull (strstr (request->url, "operation=GetCACert"));
  return server->ca_error != 0 ? fail (server->ca_error, error)
                               : scep_http_reply_new (server->ca_status, NULL, ca, date, 0);
}

static ScepDiagnosis *
finish (ProfileFixture *fixture, GAsyncResult **result)
{
  g_autoptr (GAsyncResult) owned = NULL;
  g_autoptr (GError) error = NULL;
  ScepDiagnosis *diagnosis;

  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
  owned = g_steal_pointer (result);
  diagnosis = scep_profile_diagnose_finish (fixture->profile, owned, &error);
  g_assert_no_error (error);
  return diagnosis;
}

/* Every step with a word that is not "ok": "tls failure, clock warning". */
static char *
summarise (ScepDiagnosis *diagnosis)
{
  GPtrArray *steps = scep_diagnosis_get_steps (diagnosis);
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < steps->len; i++) {
    const ScepDiagnosisStep *step = g_ptr_array_index (steps, i);

    g_assert_cmpstr (step->text, !=, "");
    g_assert_true ((step->hint[0] == '\0') == (step->result == SCEP_DIAGNOSIS_OK));
    if (step->result != SCEP_DIAGNOSIS_OK)
      g_string_append_printf (text, "%s%s %s", text->len > 0 ? ", " : "", step->step,
                              scep_diagnosis_result_to_string (step->result));
  }
  return g_string_free (text, FALSE);
}

static char *
diagnose (Server *server)
{
  GAsyncResult *result = NULL;
  g_autoptr (ScepDiagnosis) diagnosis = NULL;

  scep_transport_fake_set_handler (server->fixture->transport, serve, server);
  scep_profile_diagnose_async (server->fixture->profile, profile_fixture_store_result, &result);
  diagnosis = finish (server->fixture, &result);
  return summarise (diagnosis);
}

static void
assert_finds (Server *server, const char *expected)
{
  g_autofree char *found = diagnose (server);

  g_assert_cmpstr (found, ==, expected);
}

static void
configure (ProfileFixture *fixture, const char *endpoint)
{
  profile_fixture_configure (fixture, "ServerEndpoint", endpoint, "SubjectDN", "CN=device",
                             "ChallengePassword", "secret", "CARootFingerprint",
                             profile_fixture_get_pin (fixture), NULL);
}

/* On a profile that is off; nothing but the two requests is sent. */
static void
test_good (ProfileFixture *fixture, gconstpointer data)
{
  Server server = server_new (fixture);

  configure (fixture, ENDPOINT);
  assert_finds (&server, "");
  g_assert_cmpuint (scep_transport_fake_get_n_requests (fixture->transport), ==, 2);
  profile_fixture_wait_state (fixture, "disabled");
  server.clock_ahead = G_MAXINT64;
  assert_finds (&server, "");
}

static void
test_settings (ProfileFixture *fixture, gconstpointer data)
{
  Server server = server_new (fixture);

  assert_finds (&server, "settings failure, settings warning");
  g_assert_cmpuint (scep_transport_fake_get_n_requests (fixture->transport), ==, 0);
  configure (fixture, ENDPOINT);
  profile_fixture_configure (fixture, "ChallengePassword", "", NULL);
  assert_finds (&server, "settings warning");
  profile_fixture_configure (fixture, "CARootFingerprint", "", NULL);
  assert_finds (&server, "settings warning, fingerprint warning");
}

static void
test_keystore (ProfileFixture *fixture, gconstpointer data)
{
  Server server = server_new (fixture);

  configure (fixture, ENDPOINT);
  profile_fixture_configure (fixture, "KeystoreServiceTarget", "(id=nobody)", NULL);
  assert_finds (&server, "keystore failure");
}

static void
test_connection (ProfileFixture *fixture, gconstpointer data)
{
  Server server = server_new (fixture);

  configure (fixture, "https://192.0.2.1/scep");
  server.caps_error = SCEP_ERROR_TIMEOUT;
  assert_finds (&server, "connection failure");
  server.caps_error = SCEP_ERROR_TLS_FAILED;
  assert_finds (&server, "tls failure");
  server.caps_error = 0;
  assert_finds (&server, "");
}

static void
test_clock (ProfileFixture *fixture, gconstpointer data)
{
  static const struct {
    gint64 ahead;
    const char *found;
  } rows[] = {
    { 60, "" },
    { -60, "" },
    { 61, "clock warning" },
    { -600, "clock warning" },
    { 601, "clock failure" },
    { -86400, "clock failure" },
  };
  Server server = server_new (fixture);

  configure (fixture, ENDPOINT);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    server.clock_ahead = rows[i].ahead;
    assert_finds (&server, rows[i].found);
  }
}

static void
test_capabilities (ProfileFixture *fixture, gconstpointer data)
{
  Server server = server_new (fixture);

  configure (fixture, ENDPOINT);
  server.caps = "DES3\nSHA-1\n";
  assert_finds (&server, "algorithms warning");
  server.caps = "";
  assert_finds (&server, "capabilities warning, algorithms warning");
  server.caps_status = 404;
  assert_finds (&server, "capabilities warning, algorithms warning");
}

static void
test_ca_certificates (ProfileFixture *fixture, gconstpointer data)
{
  Server server = server_new (fixture);

  configure (fixture, ENDPOINT);
  server.ca_error = SCEP_ERROR_TOO_LARGE;
  assert_finds (&server, "ca-certificates failure");
  server.ca_error = 0;
  server.ca_status = 500;
  assert_finds (&server, "ca-certificates failure");
  server.ca_status = 200;
  server.ca = "<html>";
  assert_finds (&server, "ca-certificates failure");
  server.ca = NULL;
  profile_fixture_configure (fixture, "CARootFingerprint",
                             "abababababababababababababababababababababababababababababababab",
                             NULL);
  assert_finds (&server, "fingerprint failure");
}

/* Neither waits for the other, and each has its own steps. */
static void
test_two (ProfileFixture *fixture, gconstpointer data)
{
  Server server = server_new (fixture);
  GAsyncResult *results[2] = { NULL, NULL };

  configure (fixture, ENDPOINT);
  scep_transport_fake_set_handler (fixture->transport, serve, &server);
  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    scep_profile_diagnose_async (fixture->profile, profile_fixture_store_result, &results[i]);
  for (guint i = 0; i < G_N_ELEMENTS (results); i++) {
    g_autoptr (ScepDiagnosis) diagnosis = finish (fixture, &results[i]);
    g_autofree char *found = summarise (diagnosis);

    g_assert_cmpstr (found, ==, "");
    g_assert_cmpuint (scep_diagnosis_get_steps (diagnosis)->len, ==, 10);
  }
  g_assert_cmpuint (scep_transport_fake_get_n_requests (fixture->transport), ==, 4);
}

#define add(path, function)                                                                        \
  g_test_add (path, ProfileFixture, NULL, profile_fixture_set_up, function,                        \
              profile_fixture_tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  add ("/diagnose/good", test_good);
  add ("/diagnose/settings", test_settings);
  add ("/diagnose/keystore", test_keystore);
  add ("/diagnose/connection", test_connection);
  add ("/diagnose/clock", test_clock);
  add ("/diagnose/capabilities", test_capabilities);
  add ("/diagnose/ca-certificates", test_ca_certificates);
  add ("/diagnose/two", test_two);
  return g_test_run ();
}
