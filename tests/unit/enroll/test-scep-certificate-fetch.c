/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-error.h"
#include "codec/scep-serial.h"
#include "openssl-scep.h"
#include "profile-fixture.h"

#include <openssl/pem.h>
#include <string.h>

/* What the fixture's CA gives the first certificate. */
#define SERIAL "4D"

static void
enroll (ProfileFixture *fixture)
{
  profile_fixture_begin (fixture, profile_fixture_get_pin (fixture));
  profile_fixture_wait_state (fixture, "enrolled");
}

/* The server has @certificate for those who ask. */
static void
publish (ProfileFixture *fixture, X509 *certificate)
{
  g_clear_pointer (&fixture->certificate_answer, g_bytes_unref);
  fixture->certificate_answer = test_degenerate_build (&certificate, certificate != NULL ? 1 : 0);
}

static void
publish_own (ProfileFixture *fixture)
{
  g_autofree char *pem = scep_profile_dup_certificate_chain (fixture->profile);
  BIO *bio = BIO_new_mem_buf (pem, -1);
  X509 *certificate = PEM_read_bio_X509 (bio, NULL, NULL, NULL);

  publish (fixture, certificate);
  X509_free (certificate);
  BIO_free (bio);
}

static ScepCertificate *
finish (ProfileFixture *fixture, GAsyncResult **result, GError **error)
{
  g_autoptr (GAsyncResult) owned = NULL;

  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
  owned = g_steal_pointer (result);
  return scep_profile_get_certificate_finish (fixture->profile, owned, error);
}

static void
begin (ProfileFixture *fixture, GAsyncResult **result)
{
  g_autoptr (GBytes) serial = scep_serial_parse (SERIAL);

  scep_profile_get_certificate_async (fixture->profile, serial, profile_fixture_store_result,
                                      result);
}

static void
assert_refused (ProfileFixture *fixture, ScepError code, const char *saying)
{
  g_autoptr (GError) error = NULL;
  GAsyncResult *result = NULL;

  begin (fixture, &result);
  g_assert_null (finish (fixture, &result, &error));
  g_assert_error (error, SCEP_ERROR, (int) code);
  g_assert_nonnull (strstr (error->message, saying));
}

static void
assert_gets (ProfileFixture *fixture)
{
  g_autoptr (ScepCertificate) certificate = NULL;
  g_autoptr (GError) error = NULL;
  GAsyncResult *result = NULL;

  begin (fixture, &result);
  certificate = finish (fixture, &result, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (scep_certificate_get_fingerprint (certificate), ==,
                   scep_profile_get_status (fixture->profile)->fingerprint);
}

static void
test_not_now (ProfileFixture *fixture, gconstpointer data)
{
  assert_refused (fixture, SCEP_ERROR_DISABLED, "Set Enabled to true");
  fixture->mood = MOOD_VANISH;
  profile_fixture_begin (fixture, profile_fixture_get_pin (fixture));
  assert_refused (fixture, SCEP_ERROR_NOT_CONFIGURED, "Enroll first");
}

/* One that does not know the question is told from one that has a bad day. */
static void
test_unsupported (ProfileFixture *fixture, gconstpointer data)
{
  static const guint unknown[] = { 400, 404, 405, 500, 501 };
  static const guint faults[] = { 401, 403, 429, 502, 503 };

  enroll (fixture);
  fixture->mood = MOOD_REFUSE;
  assert_refused (fixture, SCEP_ERROR_UNSUPPORTED, "badRequest");
  fixture->mood = MOOD_FAULT;
  for (guint i = 0; i < G_N_ELEMENTS (unknown); i++) {
    g_autofree char *status = g_strdup_printf ("%u", unknown[i]);

    fixture->fault = unknown[i];
    assert_refused (fixture, SCEP_ERROR_UNSUPPORTED, status);
  }
  for (guint i = 0; i < G_N_ELEMENTS (faults); i++) {
    fixture->fault = faults[i];
    assert_refused (fixture, SCEP_ERROR_HTTP_STATUS, "SCEP server");
  }
  fixture->mood = MOOD_ISSUE;
  profile_fixture_configure (fixture, "AlgorithmPolicy", "strict", NULL);
  fixture->no_post = TRUE;
  assert_refused (fixture, SCEP_ERROR_UNSUPPORTED, "sent nothing");
}

static void
test_server_refuses (ProfileFixture *fixture, gconstpointer data)
{
  enroll (fixture);
  publish_own (fixture);
  fixture->mood = MOOD_REFUSE;
  fixture->fail_info = "4";
  assert_refused (fixture, SCEP_ERROR_BAD_CERT_ID, "4d");
  fixture->fail_info = "0";
  assert_refused (fixture, SCEP_ERROR_BAD_ALG, "gives no certificate");
  fixture->mood = MOOD_DELAY;
  assert_refused (fixture, SCEP_ERROR_MALFORMED_REPLY, "wait");
  fixture->mood = MOOD_OTHER_NONCE;
  assert_refused (fixture, SCEP_ERROR_NONCE_MISMATCH, "nonce");
  fixture->mood = MOOD_OTHER_ID;
  assert_refused (fixture, SCEP_ERROR_TRANSACTION_MISMATCH, "another");
  fixture->mood = MOOD_STRANGER;
  assert_refused (fixture, SCEP_ERROR_UNTRUSTED_CA, "Stranger");
  fixture->mood = MOOD_BREAK;
  assert_refused (fixture, SCEP_ERROR_MALFORMED_REPLY, "");
  fixture->mood = MOOD_VANISH;
  assert_refused (fixture, SCEP_ERROR_SERVER_UNREACHABLE, "");
  g_assert_cmpstr (scep_profile_get_status (fixture->profile)->state, ==, "enrolled");
}

static void
test_other_certificate (ProfileFixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) crl = g_bytes_new_static ("no list of certificates", 23);

  enroll (fixture);
  publish (fixture, NULL);
  assert_refused (fixture, SCEP_ERROR_CERTIFICATE_MISMATCH, "holds none");
  publish (fixture, fixture->ca->x509);
  assert_refused (fixture, SCEP_ERROR_CERTIFICATE_MISMATCH, "another one");
  g_bytes_unref (fixture->certificate_answer);
  fixture->certificate_answer = g_bytes_ref (crl);
  assert_refused (fixture, SCEP_ERROR_DECRYPT_FAILED, "");
}

/* The name of the CA and the number, as typed. */
static void
test_get (ProfileFixture *fixture, gconstpointer data)
{
  static const guint8 serial[] = { 0x02, 0x01, 0x4d };
  GBytes *issuer = scep_certificate_get_subject_der (fixture->ca->certificate);
  const guint8 *asked;
  gsize length;

  enroll (fixture);
  publish_own (fixture);
  assert_gets (fixture);
  assert_gets (fixture);
  asked = g_bytes_get_data (fixture->asked, &length);
  g_assert_cmpuint (length, ==, 2 + g_bytes_get_size (issuer) + sizeof serial);
  g_assert_cmpmem (asked + 2, g_bytes_get_size (issuer), g_bytes_get_data (issuer, NULL),
                   g_bytes_get_size (issuer));
  g_assert_cmpmem (asked + length - sizeof serial, sizeof serial, serial, sizeof serial);
}

/* A profile has one query at a time, whatever it asks for. */
static void
test_busy (ProfileFixture *fixture, gconstpointer data)
{
  GAsyncResult *crl = NULL;
  GAsyncResult *result = NULL;
  g_autoptr (GAsyncResult) owned = NULL;
  g_autoptr (GError) error = NULL;

  enroll (fixture);
  publish_own (fixture);
  scep_transport_fake_hold (fixture->transport, TRUE);
  scep_profile_get_crl_async (fixture->profile, profile_fixture_store_result, &crl);
  assert_refused (fixture, SCEP_ERROR_BUSY, "already");
  scep_profile_stop (fixture->profile);
  while (crl == NULL)
    g_main_context_iteration (NULL, TRUE);
  owned = crl;
  g_assert_null (scep_profile_get_crl_finish (fixture->profile, owned, NULL));
  scep_transport_fake_hold (fixture->transport, FALSE);
  begin (fixture, &result);
  scep_profile_stop (fixture->profile);
  g_assert_null (finish (fixture, &result, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_CANCELLED);
  assert_gets (fixture);
}

#define add(path, function)                                                                        \
  g_test_add (path, ProfileFixture, NULL, profile_fixture_set_up, function,                        \
              profile_fixture_tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  add ("/certificate-fetch/not-now", test_not_now);
  add ("/certificate-fetch/unsupported", test_unsupported);
  add ("/certificate-fetch/server-refuses", test_server_refuses);
  add ("/certificate-fetch/other-certificate", test_other_certificate);
  add ("/certificate-fetch/get", test_get);
  add ("/certificate-fetch/busy", test_busy);
  return g_test_run ();
}
