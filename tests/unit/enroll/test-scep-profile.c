/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-error.h"
#include "base/scep-names.h"
#include "certificate-factory.h"
#include "enroll/scep-profile.h"
#include "keystore/scep-keystore-keyfile.h"
#include "openssl-scep.h"
#include "scep-clock-fake.h"
#include "scep-transport-fake.h"
#include "storage/scep-storage.h"

#include <glib/gstdio.h>
#include <string.h>

#define OID_SENDER_NONCE "2.16.840.1.113733.1.9.5"
#define OID_TRANSACTION_ID "2.16.840.1.113733.1.9.7"
#define OID_MESSAGE_TYPE "2.16.840.1.113733.1.9.2"
#define ENDPOINT "http://ca.example/scep"
#define RETRY 60
#define LONG_WAIT 60000

/* What the server does with a message. */
typedef enum {
  ISSUE,
  DELAY,
  REFUSE,
  BREAK,
  VANISH
} Mood;

typedef struct {
  char *directory;
  ScepClockFake *clock;
  ScepWorker *crypto;
  ScepWorker *storage;
  ScepKeystoreRegistry *keystores;
  ScepKeystore *keystore;
  ScepProfile *profile;
  TestCertificate *ca;
  Mood mood;
  GBytes *csr; /* of the last PKCSReq */
  char *transaction_id;
  guint n_requests; /* PKCSReq */
  guint n_polls;
  guint n_failures; /* signals */
} Fixture;

static ScepTransportFake *transport;

static ScepTransport *
make_transport (const char *tls_ca_certificates, GError **error)
{
  return SCEP_TRANSPORT (g_object_ref (transport));
}

static ScepHttpReply *
reply_with (GBytes *body)
{
  return scep_http_reply_new (200, "application/octet-stream", body, 0, 0);
}

static GBytes *
get_attribute (CMS_SignerInfo *info, const char *oid)
{
  g_autoptr (GBytes) none = NULL;
  ASN1_OBJECT *object = OBJ_txt2obj (oid, 1);
  int index = CMS_signed_get_attr_by_OBJ (info, object, -1);
  X509_ATTRIBUTE *attribute = CMS_signed_get_attr (info, index);
  ASN1_TYPE *value = X509_ATTRIBUTE_get0_type (attribute, 0);

  ASN1_OBJECT_free (object);
  return g_bytes_new (ASN1_STRING_get0_data (value->value.asn1_string),
                      (gsize) ASN1_STRING_length (value->value.asn1_string));
}

static char *
get_text (CMS_SignerInfo *info, const char *oid)
{
  g_autoptr (GBytes) bytes = get_attribute (info, oid);

  return g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
}

static X509 *
issue (Fixture *fixture)
{
  gsize length;
  const unsigned char *data = g_bytes_get_data (fixture->csr, &length);
  X509_REQ *csr = d2i_X509_REQ (NULL, &data, (long) length);
  X509 *certificate = X509_new ();
  gint64 now = scep_clock_now (SCEP_CLOCK (fixture->clock));

  g_assert_nonnull (csr);
  X509_set_version (certificate, 2);
  ASN1_INTEGER_set (X509_get_serialNumber (certificate), 77);
  X509_set_subject_name (certificate, X509_REQ_get_subject_name (csr));
  X509_set_issuer_name (certificate, X509_get_subject_name (fixture->ca->x509));
  ASN1_TIME_set (X509_getm_notBefore (certificate), now - 60);
  ASN1_TIME_set (X509_getm_notAfter (certificate), now + 1000000);
  X509_set_pubkey (certificate, X509_REQ_get0_pubkey (csr));
  g_assert_cmpint (X509_sign (certificate, fixture->ca->key, EVP_sha256 ()), >, 0);
  X509_REQ_free (csr);
  return certificate;
}

static GBytes *
answer (Fixture *fixture, GBytes *message)
{
  TestIdentity ca = { fixture->ca->x509, fixture->ca->key };
  CMS_ContentInfo *cms = NULL;
  g_autoptr (GBytes) plain = test_request_open (message, &ca, &cms);
  CMS_SignerInfo *info = sk_CMS_SignerInfo_value (CMS_get0_SignerInfos (cms), 0);
  g_autoptr (GBytes) nonce = get_attribute (info, OID_SENDER_NONCE);
  g_autofree char *id = get_text (info, OID_TRANSACTION_ID);
  g_autofree char *type = get_text (info, OID_MESSAGE_TYPE);
  STACK_OF (X509) *certificates = CMS_get1_certs (cms);
  TestIdentity device = { sk_X509_value (certificates, 0), NULL };
  X509 *issued = NULL;
  GBytes *built;
  TestReply reply = {
    .signer = &ca,
    .transaction_id = id,
    .message_type = "3",
    .recipient_nonce = nonce,
    .cipher = EVP_aes_128_cbc (),
    .digest = EVP_sha256 (),
  };

  if (g_str_equal (type, "19")) {
    g_clear_pointer (&fixture->csr, g_bytes_unref);
    fixture->csr = g_bytes_ref (plain);
    fixture->n_requests++;
    g_free (fixture->transaction_id);
    fixture->transaction_id = g_strdup (id);
  } else {
    g_assert_cmpstr (type, ==, "20");
    g_assert_cmpstr (id, ==, fixture->transaction_id);
    fixture->n_polls++;
  }
  if (fixture->mood == ISSUE) {
    issued = issue (fixture);
    reply.pki_status = "0";
    reply.recipient = &device;
    reply.issued = issued;
  } else if (fixture->mood == REFUSE) {
    reply.pki_status = "2";
    reply.fail_info = "2";
  } else {
    reply.pki_status = "3";
  }
  built = test_reply_build (&reply);
  X509_free (issued);
  sk_X509_pop_free (certificates, X509_free);
  CMS_ContentInfo_free (cms);
  return built;
}

static ScepHttpReply *
serve (const ScepFakeRequest *request, gpointer user_data, GError **error)
{
  Fixture *fixture = user_data;
  g_autoptr (GBytes) body = NULL;

  if (fixture->mood == VANISH) {
    scep_error_set (error, SCEP_ERROR_SERVER_UNREACHABLE, "Nobody there.");
    return NULL;
  }
  if (strstr (request->url, "GetCACaps") != NULL)
    body = g_bytes_new_static ("SCEPStandard\nPOST\nAES\nSHA-256\n", 30);
  else if (strstr (request->url, "GetCACert") != NULL)
    body = g_bytes_ref (scep_certificate_get_der (fixture->ca->certificate));
  else {
    body = answer (fixture, request->body);
    if (fixture->mood == BREAK) {
      g_clear_pointer (&body, g_bytes_unref);
      body = g_bytes_new_static ("<html>", 6);
    }
  }
  return reply_with (body);
}

static void
on_failed (ScepProfile *profile, const char *error, const char *message, gint64 next,
           Fixture *fixture)
{
  g_assert_true (g_str_has_prefix (error, SCEP_ERROR_PREFIX));
  fixture->n_failures++;
}

static void
open_profile (Fixture *fixture)
{
  g_autofree char *keys = g_build_filename (fixture->directory, "keystores", "default", NULL);
  ScepProfileContext context = { 0 };

  fixture->keystores = scep_keystore_registry_new ();
  fixture->keystore = scep_keystore_keyfile_new (SCEP_DEFAULT_ID, SCEP_DEFAULT_ID, keys,
                                                 fixture->crypto, fixture->storage);
  scep_keystore_registry_add (fixture->keystores, fixture->keystore);
  context.clock = SCEP_CLOCK (fixture->clock);
  context.keystores = fixture->keystores;
  context.transport_factory = make_transport;
  context.crypto = fixture->crypto;
  context.storage = fixture->storage;
  context.vendor_directory = "/nonexistent";
  context.configuration_directory = "/nonexistent";
  context.state_directory = fixture->directory;
  fixture->profile = scep_profile_new (SCEP_DEFAULT_ID, &context);
  g_signal_connect (fixture->profile, "enrollment-failed", G_CALLBACK (on_failed), fixture);
  scep_profile_load (fixture->profile);
  scep_profile_start (fixture->profile);
}

static void
close_profile (Fixture *fixture)
{
  scep_profile_stop (fixture->profile);
  /* As a process that ends: what is under way is finished or lost. */
  for (int i = 0; i < 20; i++) {
    while (g_main_context_iteration (NULL, FALSE))
      ;
    g_usleep (1000);
  }
  g_clear_object (&fixture->profile);
  g_clear_object (&fixture->keystore);
  g_clear_object (&fixture->keystores);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  TestCertificateSpec spec = {
    .name = "Test CA",
    .rsa_bits = 2048,
    .ca = TRUE,
    .not_before = now - 1000,
    .not_after = now + 100000000,
  };

  fixture->directory = g_dir_make_tmp ("scep-profile-XXXXXX", NULL);
  fixture->clock = scep_clock_fake_new (now);
  fixture->crypto = scep_worker_new (2);
  fixture->storage = scep_worker_new (1);
  fixture->ca = test_certificate_new (&spec, NULL, NULL);
  transport = scep_transport_fake_new ();
  scep_transport_fake_set_handler (transport, serve, fixture);
  open_profile (fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  close_profile (fixture);
  g_object_unref (fixture->clock);
  g_object_unref (fixture->crypto);
  g_object_unref (fixture->storage);
  g_clear_object (&transport);
  test_certificate_free (fixture->ca);
  g_clear_pointer (&fixture->csr, g_bytes_unref);
  g_free (fixture->transaction_id);
  g_assert_true (scep_storage_remove_directory (fixture->directory, NULL));
  g_free (fixture->directory);
}

static gboolean
on_too_long (gpointer user_data)
{
  g_error ("What the test waits for did not happen.");
  return G_SOURCE_REMOVE;
}

static void
wait_for_state (Fixture *fixture, const char *state)
{
  guint alarm = g_timeout_add (LONG_WAIT, on_too_long, NULL);

  while (!g_str_equal (scep_profile_get_status (fixture->profile)->state, state))
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (alarm);
}

static void
wait_for_counter (guint *counter, guint value)
{
  guint alarm = g_timeout_add (LONG_WAIT, on_too_long, NULL);

  while (*counter < value)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (alarm);
}

static void
store_result (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static gboolean
wait_for_change (Fixture *fixture, GAsyncResult **result, GError **error)
{
  g_autoptr (GAsyncResult) owned = NULL;

  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
  owned = g_steal_pointer (result);
  return scep_profile_change_finish (fixture->profile, owned, error);
}

static void
put (GHashTable *values, const char *name, const char *text)
{
  GValue *value = g_new0 (GValue, 1);

  if (g_str_equal (name, "Enabled")) {
    g_value_init (value, G_TYPE_BOOLEAN);
    g_value_set_boolean (value, g_str_equal (text, "true"));
  } else {
    g_value_init (value, G_TYPE_STRING);
    g_value_set_string (value, text);
  }
  g_hash_table_insert (values, g_strdup (name), value);
}

static void
free_value (gpointer data)
{
  g_value_unset (data);
  g_free (data);
}

static void G_GNUC_NULL_TERMINATED
configure (Fixture *fixture, const char *name, ...)
{
  g_autoptr (GHashTable) values =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, free_value);
  g_autoptr (GError) error = NULL;
  GAsyncResult *result = NULL;
  va_list args;

  va_start (args, name);
  for (; name != NULL; name = va_arg (args, const char *))
    put (values, name, va_arg (args, const char *));
  va_end (args);
  scep_profile_configure_async (fixture->profile, values, NULL, store_result, &result);
  g_assert_true (wait_for_change (fixture, &result, &error));
  g_assert_no_error (error);
}

static void
begin (Fixture *fixture, const char *fingerprint)
{
  configure (fixture, "ServerEndpoint", ENDPOINT, "SubjectDN", "CN=device", "ChallengePassword",
             "secret", "CARootFingerprint", fingerprint, "Enabled", "true", NULL);
}

static const char *
right_fingerprint (Fixture *fixture)
{
  return scep_certificate_get_fingerprint (fixture->ca->certificate);
}

static void
assert_error (Fixture *fixture, ScepError code)
{
  g_autofree char *name = g_strconcat (SCEP_ERROR_PREFIX, scep_error_get_name (code), NULL);

  g_assert_cmpstr (scep_profile_get_status (fixture->profile)->last_error, ==, name);
}

static void
test_wrong_fingerprint (Fixture *fixture, gconstpointer data)
{
  begin (fixture, "0000000000000000000000000000000000000000000000000000000000000000");
  wait_for_state (fixture, "waiting");
  assert_error (fixture, SCEP_ERROR_FINGERPRINT_MISMATCH);
  g_assert_cmpuint (scep_transport_fake_get_n_requests (transport), ==, 2);
  g_assert_cmpuint (fixture->n_requests, ==, 0);
}

static void
test_accept (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  GAsyncResult *result = NULL;

  begin (fixture, "");
  wait_for_state (fixture, "awaiting-trust");
  g_assert_cmpuint (scep_transport_fake_get_n_requests (transport), ==, 2);
  g_assert_cmpstr (scep_profile_get_status (fixture->profile)->missing_settings[0], ==,
                   "CARootFingerprint");
  scep_profile_accept_ca_async (fixture->profile, "abcd", NULL, store_result, &result);
  g_assert_false (wait_for_change (fixture, &result, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_FINGERPRINT_MISMATCH);
  g_clear_error (&error);
  scep_profile_accept_ca_async (fixture->profile, right_fingerprint (fixture), NULL, store_result,
                                &result);
  g_assert_true (wait_for_change (fixture, &result, &error));
  g_assert_no_error (error);
  wait_for_state (fixture, "enrolled");
}

static void
test_success (Fixture *fixture, gconstpointer data)
{
  g_autofree char *pem = NULL;
  ScepStatus *status;

  begin (fixture, right_fingerprint (fixture));
  wait_for_state (fixture, "enrolled");
  status = scep_profile_get_status (fixture->profile);
  g_assert_cmpstr (status->subject, ==, "CN=device");
  g_assert_cmpstr (status->serial, ==, "4d");
  g_assert_cmpstr (status->last_error, ==, "");
  g_assert_cmpstr (status->transaction_id, ==, "");
  g_assert_cmpstr (status->next_action, !=, "");
  pem = scep_profile_dup_certificate_chain (fixture->profile);
  g_assert_nonnull (strstr (pem, "BEGIN CERTIFICATE"));
  g_assert_cmpuint (fixture->n_requests, ==, 1);

  close_profile (fixture);
  open_profile (fixture);
  g_assert_cmpstr (scep_profile_get_status (fixture->profile)->state, ==, "enrolled");
  g_assert_cmpuint (fixture->n_requests, ==, 1);
}

static void
test_pending (Fixture *fixture, gconstpointer data)
{
  g_autofree char *id = NULL;

  fixture->mood = DELAY;
  begin (fixture, right_fingerprint (fixture));
  wait_for_state (fixture, "pending");
  id = g_strdup (fixture->transaction_id);
  scep_clock_fake_advance (fixture->clock, RETRY - 1);
  g_assert_cmpuint (fixture->n_polls, ==, 0);
  scep_clock_fake_advance (fixture->clock, 1);
  wait_for_counter (&fixture->n_polls, 1);

  close_profile (fixture);
  open_profile (fixture);
  g_assert_cmpstr (scep_profile_get_status (fixture->profile)->state, ==, "pending");
  g_assert_cmpstr (scep_profile_get_status (fixture->profile)->transaction_id, ==, id);
  fixture->mood = ISSUE;
  scep_clock_fake_advance (fixture->clock, 2 * RETRY);
  wait_for_state (fixture, "enrolled");
  g_assert_cmpuint (fixture->n_requests, ==, 1);
}

static void
test_unsigned_keeps_pending (Fixture *fixture, gconstpointer data)
{
  fixture->mood = DELAY;
  begin (fixture, right_fingerprint (fixture));
  wait_for_state (fixture, "pending");
  fixture->mood = BREAK;
  scep_clock_fake_advance (fixture->clock, RETRY);
  wait_for_counter (&fixture->n_failures, 1);
  g_assert_cmpstr (scep_profile_get_status (fixture->profile)->state, ==, "pending");
  fixture->mood = ISSUE;
  scep_clock_fake_advance (fixture->clock, RETRY);
  wait_for_state (fixture, "enrolled");
  g_assert_cmpuint (fixture->n_requests, ==, 1);
}

static void
test_refusal (Fixture *fixture, gconstpointer data)
{
  gint64 now = scep_clock_now (SCEP_CLOCK (fixture->clock));

  fixture->mood = REFUSE;
  begin (fixture, right_fingerprint (fixture));
  wait_for_state (fixture, "rejected");
  assert_error (fixture, SCEP_ERROR_BAD_REQUEST);
  g_assert_cmpint (scep_profile_get_status (fixture->profile)->next_action_time, ==, now + RETRY);
  scep_clock_fake_advance (fixture->clock, RETRY);
  wait_for_counter (&fixture->n_failures, 2);
  g_assert_cmpint (scep_profile_get_status (fixture->profile)->next_action_time, ==,
                   now + RETRY + 2 * RETRY);

  close_profile (fixture);
  open_profile (fixture);
  g_assert_cmpstr (scep_profile_get_status (fixture->profile)->state, ==, "rejected");
  g_assert_cmpint (scep_profile_get_status (fixture->profile)->next_action_time, ==,
                   now + RETRY + 2 * RETRY);
}

static void
test_unreachable (Fixture *fixture, gconstpointer data)
{
  gint64 now = scep_clock_now (SCEP_CLOCK (fixture->clock));

  fixture->mood = VANISH;
  begin (fixture, right_fingerprint (fixture));
  wait_for_state (fixture, "waiting");
  assert_error (fixture, SCEP_ERROR_SERVER_UNREACHABLE);
  scep_clock_fake_advance (fixture->clock, RETRY);
  wait_for_counter (&fixture->n_failures, 2);
  g_assert_cmpint (scep_profile_get_status (fixture->profile)->next_action_time, ==,
                   now + 2 * RETRY);
}

/* The answer to a request of the last run is lost: asked for once, then given up. */
static void
test_sent_without_answer (Fixture *fixture, gconstpointer data)
{
  begin (fixture, right_fingerprint (fixture));
  scep_transport_fake_hold (transport, FALSE);
  while (fixture->transaction_id == NULL) {
    if (scep_profile_get_status (fixture->profile)->transaction_id[0] != '\0')
      scep_transport_fake_hold (transport, TRUE);
    if (scep_transport_fake_get_n_requests (transport) > 2)
      break;
    g_main_context_iteration (NULL, TRUE);
  }
  g_assert_cmpstr (scep_profile_get_status (fixture->profile)->transaction_id, !=, "");
  close_profile (fixture);
  g_assert_cmpuint (fixture->n_polls, ==, 0);

  g_free (fixture->transaction_id);
  fixture->transaction_id = NULL;
  scep_transport_fake_hold (transport, FALSE);
  fixture->mood = VANISH;
  open_profile (fixture);
  wait_for_counter (&fixture->n_failures, 1);
  g_assert_cmpstr (scep_profile_get_status (fixture->profile)->transaction_id, ==, "");
  fixture->mood = ISSUE;
  fixture->n_requests = 0;
  scep_clock_fake_advance (fixture->clock, RETRY);
  wait_for_state (fixture, "enrolled");
  g_assert_cmpuint (fixture->n_requests, ==, 1);
}

/* What cannot be written is not sent. */
static void
test_storage_failure (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path =
      g_build_filename (fixture->directory, "profiles", "default", "transaction.keyfile", NULL);

  configure (fixture, "SubjectDN", "CN=device", NULL);
  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
  begin (fixture, right_fingerprint (fixture));
  wait_for_state (fixture, "waiting");
  assert_error (fixture, SCEP_ERROR_STORAGE_FAILED);
  g_assert_cmpuint (fixture->n_requests, ==, 0);
  g_assert_cmpint (g_rmdir (path), ==, 0);
  scep_clock_fake_advance (fixture->clock, RETRY);
  wait_for_state (fixture, "enrolled");
}

static void
test_cancel_and_disable (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  GAsyncResult *result = NULL;

  fixture->mood = DELAY;
  begin (fixture, right_fingerprint (fixture));
  wait_for_state (fixture, "pending");
  g_assert_false (scep_profile_enroll (fixture->profile, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_BUSY);
  g_clear_error (&error);

  configure (fixture, "Enabled", "false", NULL);
  g_assert_cmpstr (scep_profile_get_status (fixture->profile)->state, ==, "disabled");
  g_assert_cmpint (scep_clock_fake_get_next (fixture->clock), ==, 0);
  configure (fixture, "Enabled", "true", NULL);
  g_assert_cmpstr (scep_profile_get_status (fixture->profile)->state, ==, "pending");

  scep_profile_cancel_async (fixture->profile, NULL, store_result, &result);
  g_assert_true (wait_for_change (fixture, &result, &error));
  assert_error (fixture, SCEP_ERROR_CANCELLED);
  g_assert_cmpstr (scep_profile_get_status (fixture->profile)->transaction_id, ==, "");
  fixture->mood = ISSUE;
  scep_clock_fake_advance (fixture->clock, RETRY);
  wait_for_state (fixture, "enrolled");
  g_assert_cmpuint (fixture->n_requests, ==, 2);
}

static void
test_endpoint_change (Fixture *fixture, gconstpointer data)
{
  begin (fixture, right_fingerprint (fixture));
  wait_for_state (fixture, "enrolled");
  fixture->mood = VANISH;
  configure (fixture, "ServerEndpoint", "http://other.example/scep", NULL);
  wait_for_state (fixture, "waiting");
  /* What there is stays until there is something better. */
  g_assert_cmpstr (scep_profile_get_status (fixture->profile)->fingerprint, !=, "");
  fixture->mood = ISSUE;
  scep_clock_fake_advance (fixture->clock, RETRY);
  wait_for_state (fixture, "enrolled");
  g_assert_cmpuint (fixture->n_requests, ==, 2);
}

static void
test_reset (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  GAsyncResult *result = NULL;

  begin (fixture, right_fingerprint (fixture));
  wait_for_state (fixture, "enrolled");
  configure (fixture, "Enabled", "false", NULL);
  scep_profile_reset_async (fixture->profile, NULL, store_result, &result);
  g_assert_true (wait_for_change (fixture, &result, &error));
  g_assert_cmpstr (scep_profile_get_status (fixture->profile)->fingerprint, ==, "");
  g_assert_cmpstr (scep_profile_get_status (fixture->profile)->state, ==, "disabled");
}

#define ADD(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/profile/wrong-fingerprint", test_wrong_fingerprint);
  ADD ("/profile/accept", test_accept);
  ADD ("/profile/success", test_success);
  ADD ("/profile/pending", test_pending);
  ADD ("/profile/unsigned-keeps-pending", test_unsigned_keeps_pending);
  ADD ("/profile/refusal", test_refusal);
  ADD ("/profile/unreachable", test_unreachable);
  ADD ("/profile/sent-without-answer", test_sent_without_answer);
  ADD ("/profile/storage-failure", test_storage_failure);
  ADD ("/profile/cancel-and-disable", test_cancel_and_disable);
  ADD ("/profile/endpoint-change", test_endpoint_change);
  ADD ("/profile/reset", test_reset);
  return g_test_run ();
}
