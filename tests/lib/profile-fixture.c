/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "profile-fixture.h"

#include "base/scep-error.h"
#include "base/scep-names.h"
#include "base/scep-text.h"
#include "codec/scep-pki-message.h"
#include "keystore/scep-keystore-keyfile.h"
#include "openssl-scep.h"
#include "openssl-time.h"
#include "storage/scep-storage.h"

#include <string.h>

#define OID_SENDER_NONCE "2.16.840.1.113733.1.9.5"
#define OID_TRANSACTION_ID "2.16.840.1.113733.1.9.7"
#define OID_MESSAGE_TYPE "2.16.840.1.113733.1.9.2"
#define ENDPOINT "http://ca.example/scep"
#define LONG_WAIT 60000

/* A factory is told nothing but the certificates. */
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

/* (nullable): the DER of the subjectAltName among @extensions */
static ASN1_OCTET_STRING *
get_alt_names (const STACK_OF (X509_EXTENSION) * extensions)
{
  int index = X509v3_get_ext_by_NID (extensions, NID_subject_alt_name, -1);

  return index >= 0 ? X509_EXTENSION_get_data (X509v3_get_ext (extensions, index)) : NULL;
}

/* Byte for byte. */
static gboolean
has_same_names (X509_REQ *csr, X509 *signer)
{
  STACK_OF (X509_EXTENSION) *asked = X509_REQ_get_extensions (csr);
  ASN1_OCTET_STRING *wanted = get_alt_names (X509_get0_extensions (signer));
  ASN1_OCTET_STRING *given = get_alt_names (asked);
  const unsigned char *subject, *signed_subject;
  gsize length, signed_length;
  gboolean is_same;

  X509_NAME_get0_der (X509_REQ_get_subject_name (csr), &subject, &length);
  X509_NAME_get0_der (X509_get_subject_name (signer), &signed_subject, &signed_length);
  is_same = length == signed_length && memcmp (subject, signed_subject, length) == 0 &&
            (wanted == NULL || given == NULL ? wanted == given
                                             : ASN1_OCTET_STRING_cmp (wanted, given) == 0);
  sk_X509_EXTENSION_pop_free (asked, X509_EXTENSION_free);
  return is_same;
}

/* What a request is, in a word. */
static void
note_request (ProfileFixture *fixture, const char *type, X509 *signer)
{
  gsize length;
  const unsigned char *data = g_bytes_get_data (fixture->csr, &length);
  X509_REQ *csr = d2i_X509_REQ (NULL, &data, (long) length);
  gboolean own = X509_NAME_cmp (X509_get_issuer_name (signer), X509_get_subject_name (signer)) == 0;

  if (fixture->requests->len > 0)
    g_string_append_c (fixture->requests, ' ');
  g_string_append (fixture->requests, type);
  if (!own)
    g_string_append_c (fixture->requests, 's');
  if (X509_REQ_get_attr_by_NID (csr, NID_pkcs9_challengePassword, -1) >= 0)
    g_string_append_c (fixture->requests, 'c');
  if (!own && fixture->issued_subject != NULL && has_same_names (csr, signer))
    g_string_append_c (fixture->requests, 'n');
  X509_REQ_free (csr);
}

/* Whether the last request is one of these words. */
static gboolean
is_among (ProfileFixture *fixture, const char *list)
{
  const char *word = strrchr (fixture->requests->str, ' ');
  g_auto (GStrv) words = g_strsplit (list, " ", -1);

  word = word != NULL ? word + 1 : fixture->requests->str;
  return g_strv_contains ((const char *const *) words, word);
}

static gboolean
is_accepted (ProfileFixture *fixture)
{
  return fixture->accepts == NULL || is_among (fixture, fixture->accepts);
}

static gboolean
is_choked_on (ProfileFixture *fixture)
{
  return fixture->chokes_on != NULL && is_among (fixture, fixture->chokes_on);
}

static void
add_extension (X509 *certificate, int nid, const char *value)
{
  X509_EXTENSION *extension = X509V3_EXT_conf_nid (NULL, NULL, nid, value);

  g_assert_nonnull (extension);
  X509_add_ext (certificate, extension, -1);
  X509_EXTENSION_free (extension);
}

static void
add_crl_url (X509 *certificate, const char *url)
{
  g_autofree char *value = g_strconcat ("URI:", url, NULL);

  add_extension (certificate, NID_crl_distribution_points, value);
}

static void
add_unknown (X509 *certificate, const char *oid)
{
  ASN1_OBJECT *object = OBJ_txt2obj (oid, 1);
  ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new ();
  X509_EXTENSION *extension;

  ASN1_OCTET_STRING_set (value, (const guchar *) "\x05", 2);
  extension = X509_EXTENSION_create_by_OBJ (NULL, object, 1, value);
  X509_add_ext (certificate, extension, -1);
  X509_EXTENSION_free (extension);
  ASN1_OCTET_STRING_free (value);
  ASN1_OBJECT_free (object);
}

/* X509_sign() writes the key anew. */
static void
drop_key_parameters (X509 *certificate)
{
  X509_ALGOR *algorithm;

  X509_PUBKEY_get0_param (NULL, NULL, NULL, &algorithm, X509_get_X509_PUBKEY (certificate));
  X509_ALGOR_set0 (algorithm, OBJ_nid2obj (NID_rsaEncryption), V_ASN1_UNDEF, NULL);
}

static X509 *
issue (ProfileFixture *fixture)
{
  gsize length;
  const unsigned char *data = g_bytes_get_data (fixture->csr, &length);
  X509_REQ *csr = d2i_X509_REQ (NULL, &data, (long) length);
  X509 *certificate = X509_new ();
  TestCertificate *issuer = fixture->issuer != NULL ? fixture->issuer : fixture->ca;
  gint64 now = scep_clock_now (SCEP_CLOCK (fixture->clock));

  g_assert_nonnull (csr);
  X509_set_version (certificate, 2);
  ASN1_INTEGER_set (X509_get_serialNumber (certificate), 76 + fixture->n_requests);
  X509_set_subject_name (certificate, fixture->issued_subject != NULL
                                          ? fixture->issued_subject
                                          : X509_REQ_get_subject_name (csr));
  if (fixture->issued_names != NULL)
    add_extension (certificate, NID_subject_alt_name, fixture->issued_names);
  X509_set_issuer_name (certificate, X509_get_subject_name (issuer->x509));
  test_time_set (X509_getm_notBefore (certificate),
                 now - (fixture->dated_back != 0 ? fixture->dated_back : 60));
  test_time_set (X509_getm_notAfter (certificate),
                 now + (fixture->valid_for != 0 ? fixture->valid_for : 1000000));
  X509_set_pubkey (certificate, X509_REQ_get0_pubkey (csr));
  if (fixture->no_key_parameters)
    drop_key_parameters (certificate);
  if (fixture->extension != NULL)
    add_unknown (certificate, fixture->extension);
  if (fixture->crl_url != NULL)
    add_crl_url (certificate, fixture->crl_url);
  g_assert_cmpint (X509_sign (certificate, issuer->key, EVP_sha256 ()), >, 0);
  X509_REQ_free (csr);
  return certificate;
}

static GBytes *
answer (ProfileFixture *fixture, GBytes *message)
{
  TestCertificate *issuer = fixture->issuer != NULL ? fixture->issuer : fixture->ca;
  TestIdentity ca = { fixture->ca->x509, fixture->ca->key };
  TestIdentity signer = { issuer->x509, issuer->key };
  CMS_ContentInfo *cms = NULL;
  g_autoptr (GBytes) plain = test_request_try (message, &ca, &cms);
  CMS_SignerInfo *info = sk_CMS_SignerInfo_value (CMS_get0_SignerInfos (cms), 0);
  g_autoptr (GBytes) nonce = get_attribute (info, OID_SENDER_NONCE);
  g_autofree char *id = get_text (info, OID_TRANSACTION_ID);
  g_autofree char *type = get_text (info, OID_MESSAGE_TYPE);
  STACK_OF (X509) *certificates = CMS_get1_certs (cms);
  TestIdentity device = { sk_X509_value (certificates, 0), NULL };
  g_autoptr (TestIdentity) stranger = NULL;
  X509 *issued = NULL;
  ProfileFixtureMood mood = fixture->mood;
  GBytes *built;
  TestReply reply = {
    .signer = &signer,
    .transaction_id = id,
    .message_type = "3",
    .recipient_nonce = nonce,
    .cipher = EVP_aes_128_cbc (),
    .digest = EVP_sha256 (),
  };

  fixture->was_sealed = plain == NULL;
  if (plain == NULL) {
    fixture->n_sealed++;
    mood = MOOD_REFUSE;
  } else if (g_str_equal (type, "19") || g_str_equal (type, "17")) {
    g_clear_pointer (&fixture->csr, g_bytes_unref);
    fixture->csr = g_bytes_ref (plain);
    fixture->n_requests++;
    g_free (fixture->transaction_id);
    fixture->transaction_id = g_strdup (id);
    note_request (fixture, type, device.certificate);
    if (!is_accepted (fixture))
      mood = MOOD_REFUSE;
    else if (fixture->delays)
      mood = MOOD_DELAY;
  } else if (g_str_equal (type, "22")) {
    fixture->n_crl_requests++;
    reply.plain = fixture->crl_answer;
  } else if (g_str_equal (type, "21")) {
    g_clear_pointer (&fixture->asked, g_bytes_unref);
    fixture->asked = g_bytes_ref (plain);
    reply.plain = fixture->certificate_answer;
  } else {
    g_assert_cmpstr (type, ==, "20");
    /* Of a request that never arrived. */
    if (g_strcmp0 (id, fixture->transaction_id) != 0)
      mood = MOOD_REFUSE;
    fixture->n_polls++;
  }
  if (mood == MOOD_OTHER_ID)
    reply.transaction_id = "another";
  if (mood == MOOD_OTHER_NONCE) {
    g_bytes_unref (nonce);
    nonce = scep_random_bytes (SCEP_NONCE_SIZE);
    reply.recipient_nonce = nonce;
  }
  if (mood == MOOD_HOLLOW) {
    reply.pki_status = "0";
  } else if (mood != MOOD_DELAY && mood != MOOD_REFUSE) {
    issued = mood == MOOD_OLD ? X509_dup (device.certificate) : issue (fixture);
    reply.pki_status = "0";
    reply.recipient = &device;
    reply.issued = issued;
  } else if (mood == MOOD_REFUSE) {
    reply.pki_status = "2";
    reply.fail_info = fixture->fail_info != NULL ? fixture->fail_info : "2";
    if (plain == NULL)
      reply.fail_info = "1";
  } else {
    reply.pki_status = "3";
  }
  if (mood == MOOD_STRANGER) {
    stranger = test_identity_new ("Stranger", NULL, 1, 2048);
    reply.signer = stranger;
  }
  built = test_reply_build (&reply);
  X509_free (issued);
  sk_X509_pop_free (certificates, X509_free);
  CMS_ContentInfo_free (cms);
  return built;
}

/* What was sent as a message, in whichever way. */
static GBytes *
get_message (const ScepFakeRequest *request)
{
  const char *base64 = strstr (request->url, "&message=");
  g_autofree char *text = NULL;
  gsize length;
  guchar *data;

  if (request->body != NULL)
    return g_bytes_ref (request->body);
  text = g_uri_unescape_string (base64 + strlen ("&message="), NULL);
  data = g_base64_decode (text, &length);
  return g_bytes_new_take (data, length);
}

static ScepHttpReply *
serve (const ScepFakeRequest *request, gpointer user_data, GError **error)
{
  ProfileFixture *fixture = user_data;
  g_autoptr (GBytes) body = NULL;

  if (fixture->mood == MOOD_VANISH) {
    scep_error_set (error, SCEP_ERROR_SERVER_UNREACHABLE, "Nobody there.");
    return NULL;
  }
  if (fixture->mood == MOOD_BUSY)
    return scep_http_reply_new (503, NULL, NULL, 0, fixture->retry_after);
  if (g_strcmp0 (request->url, fixture->crl_url) == 0) {
    if (fixture->crl == NULL)
      return scep_http_reply_new (404, NULL, NULL, 0, 0);
    body = g_bytes_ref (fixture->crl);
  } else if (strstr (request->url, "GetCACaps") != NULL) {
    const char *capabilities = fixture->capabilities != NULL ? fixture->capabilities
                                                             : "SCEPStandard\nPOST\nAES\nSHA-256\n";

    body = g_bytes_new (capabilities, strlen (capabilities));
  } else if (strstr (request->url, "GetCACert") != NULL) {
    fixture->n_bootstraps++;
    if (fixture->wants_identifier && strstr (request->url, "&message=") == NULL) {
      body = g_bytes_new_static ("no", 2);
      return scep_http_reply_new (404, "text/plain", body, 0, 0);
    }
    body = g_bytes_ref (fixture->ca_certificates != NULL
                            ? fixture->ca_certificates
                            : scep_certificate_get_der (fixture->ca->certificate));
  } else if (strstr (request->url, "GetNextCACert") != NULL) {
    fixture->n_next_ca++;
    if (fixture->next_ca == NULL)
      return scep_http_reply_new (404, "text/plain", NULL, 0, 0);
    body = g_bytes_ref (fixture->next_ca);
  } else if (fixture->no_post && request->body != NULL) {
    body = g_bytes_new_static ("", 0);
  } else {
    g_autoptr (GBytes) message = get_message (request);

    body = answer (fixture, message);
    if (fixture->mood == MOOD_BREAK || fixture->mood == MOOD_FAULT) {
      g_clear_pointer (&body, g_bytes_unref);
      body = g_bytes_new_static ("<html>", 6);
    }
  }
  if (strstr (request->url, "PKIOperation") != NULL &&
      (fixture->mood == MOOD_FAULT || is_choked_on (fixture) ||
       (fixture->was_sealed && fixture->faults_sealed)))
    return scep_http_reply_new (fixture->fault != 0 ? fixture->fault : 500, "text/plain", body, 0,
                                0);
  return reply_with (body);
}

static void
on_failed (ScepProfile *profile, const char *error, const char *message, gint64 next,
           ProfileFixture *fixture)
{
  g_assert_true (g_str_has_prefix (error, SCEP_ERROR_PREFIX));
  fixture->n_failures++;
}

static void
on_renewal_failed (ScepProfile *profile, const char *error, const char *message, gint64 next,
                   ProfileFixture *fixture)
{
  on_failed (profile, error, message, next, fixture);
  fixture->n_renewal_failures++;
}

static void
on_weakened (ScepProfile *profile, const char *missing, ProfileFixture *fixture)
{
  fixture->n_weakened++;
}

static ScepKeystore *
open_keystore (ProfileFixture *fixture, const char *id)
{
  g_autofree char *keys = g_build_filename (fixture->directory, "keystores", id, NULL);
  ScepWorker *storage =
      fixture->keystore_storage != NULL ? fixture->keystore_storage : fixture->storage;
  ScepKeystore *keystore = scep_keystore_keyfile_new (id, id, keys, fixture->crypto, storage);

  scep_keystore_registry_add (fixture->keystores, keystore);
  return keystore;
}

/* The chain in the file of the enrolled entry. */
static char *
read_enrolled (ProfileFixture *fixture, const char *keystore)
{
  g_autofree char *alias =
      scep_alias_for_profile (SCEP_ALIAS_ENROLLED, scep_profile_get_id (fixture->profile));
  g_autofree char *name = g_strconcat (alias, ".keyfile", NULL);
  g_autofree char *path = g_build_filename (fixture->directory, "keystores", keystore, name, NULL);
  g_autoptr (GKeyFile) file = g_key_file_new ();

  g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, NULL);
  return g_key_file_get_string (file, "Entry", "Chain", NULL);
}

/* What a signal tells is on disk and in the properties already, and the next may begin. */
static void
check_installed (ScepProfile *profile, const char *fingerprint, ProfileFixture *fixture)
{
  ScepStatus *status = scep_profile_get_status (profile);
  g_autofree char *chain = scep_profile_dup_certificate_chain (profile);
  g_autofree char *here = read_enrolled (fixture, SCEP_DEFAULT_ID);
  g_autofree char *there = read_enrolled (fixture, "other");

  g_assert_cmpstr (status->fingerprint, ==, fingerprint);
  g_assert_cmpstr (status->transaction_id, ==, "");
  g_assert_cmpstr (status->state, ==, "enrolled");
  g_assert_true (g_strcmp0 (here, chain) == 0 || g_strcmp0 (there, chain) == 0);
}

static void
on_enrolled (ScepProfile *profile, const char *fingerprint, const char *serial, gint64 not_after,
             ProfileFixture *fixture)
{
  check_installed (profile, fingerprint, fixture);
  fixture->n_enrolled++;
}

static void
on_renewed (ScepProfile *profile, const char *old_fingerprint, const char *new_fingerprint,
            gint64 not_after, ProfileFixture *fixture)
{
  g_assert_cmpstr (old_fingerprint, !=, new_fingerprint);
  check_installed (profile, new_fingerprint, fixture);
  fixture->n_renewed++;
}

static void
on_rolled_over (ScepProfile *profile, const char *old_fingerprint, const char *new_fingerprint,
                ProfileFixture *fixture)
{
  const char *const *known =
      (const char *const *) scep_profile_get_status (profile)->ca_fingerprints;

  g_assert_cmpstr (old_fingerprint, !=, new_fingerprint);
  g_assert_true (g_strv_contains (known, new_fingerprint));
  fixture->n_rolled_over++;
}

void
profile_fixture_open (ProfileFixture *fixture)
{
  ScepProfileContext context = { 0 };
  const char *id = fixture->id != NULL ? fixture->id : SCEP_DEFAULT_ID;

  fixture->keystores = scep_keystore_registry_new ();
  fixture->keystore = open_keystore (fixture, SCEP_DEFAULT_ID);
  fixture->other_keystore = open_keystore (fixture, "other");
  context.clock = SCEP_CLOCK (fixture->clock);
  context.network = SCEP_NETWORK (fixture->network);
  context.keystores = fixture->keystores;
  context.transport_factory = make_transport;
  context.gate = fixture->gate;
  context.crypto = fixture->crypto;
  context.storage = fixture->storage;
  context.templates = fixture->templates;
  context.vendor_directory = "/nonexistent";
  context.configuration_directory =
      fixture->configuration != NULL ? fixture->configuration : "/nonexistent";
  context.state_directory = fixture->directory;
  fixture->profile = scep_profile_new (id, &context);
  fixture->context = context;
  g_signal_connect (fixture->profile, "enrollment-failed", G_CALLBACK (on_failed), fixture);
  g_signal_connect (fixture->profile, "capabilities-weakened", G_CALLBACK (on_weakened), fixture);
  g_signal_connect (fixture->profile, "renewal-failed", G_CALLBACK (on_renewal_failed), fixture);
  g_signal_connect (fixture->profile, "enrolled", G_CALLBACK (on_enrolled), fixture);
  g_signal_connect (fixture->profile, "renewed", G_CALLBACK (on_renewed), fixture);
  g_signal_connect (fixture->profile, "ca-rolled-over", G_CALLBACK (on_rolled_over), fixture);
  scep_profile_load (fixture->profile);
  scep_profile_start (fixture->profile);
}

static void
do_nothing (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  g_task_return_boolean (task, TRUE);
}

/* What was given to the disk is on it, and whoever waits for that knows. */
static void
settle (ProfileFixture *fixture)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, NULL, NULL);

  scep_worker_run (fixture->storage, task, do_nothing);
  while (!g_task_get_completed (task))
    g_main_context_iteration (NULL, TRUE);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

/* Whatever can go on without the clock has done so. */
void
profile_fixture_settle (ProfileFixture *fixture)
{
  for (int i = 0; i < 5; i++)
    settle (fixture);
}

/* As a process that ends: what is under way is finished or lost. */
void
profile_fixture_close (ProfileFixture *fixture)
{
  scep_profile_stop (fixture->profile);
  profile_fixture_settle (fixture);
  g_clear_object (&fixture->profile);
  g_clear_object (&fixture->keystore);
  g_clear_object (&fixture->other_keystore);
  g_clear_object (&fixture->keystores);
}

void
profile_fixture_set_up (ProfileFixture *fixture, gconstpointer data)
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
  fixture->network = scep_network_fake_new ();
  fixture->crypto = scep_worker_new (2);
  fixture->requests = g_string_new (NULL);
  fixture->storage = scep_worker_new (1);
  fixture->ca = test_certificate_new (&spec, NULL, NULL);
  transport = scep_transport_fake_new ();
  fixture->transport = transport;
  scep_transport_fake_set_handler (transport, serve, fixture);
  profile_fixture_open (fixture);
}

void
profile_fixture_tear_down (ProfileFixture *fixture, gconstpointer data)
{
  profile_fixture_close (fixture);
  g_object_unref (fixture->clock);
  g_object_unref (fixture->network);
  g_object_unref (fixture->crypto);
  g_object_unref (fixture->storage);
  g_clear_object (&transport);
  test_certificate_free (fixture->ca);
  g_clear_pointer (&fixture->csr, g_bytes_unref);
  g_clear_pointer (&fixture->issued_subject, X509_NAME_free);
  g_clear_pointer (&fixture->ca_certificates, g_bytes_unref);
  g_clear_pointer (&fixture->next_ca, g_bytes_unref);
  g_clear_pointer (&fixture->crl, g_bytes_unref);
  g_clear_pointer (&fixture->crl_answer, g_bytes_unref);
  g_clear_pointer (&fixture->certificate_answer, g_bytes_unref);
  g_clear_pointer (&fixture->asked, g_bytes_unref);
  g_free (fixture->transaction_id);
  g_string_free (fixture->requests, TRUE);
  g_assert_true (scep_storage_remove_directory (fixture->directory, NULL));
  g_free (fixture->directory);
}

static gboolean
on_too_long (gpointer user_data)
{
  g_error ("What the test waits for did not happen.");
  return G_SOURCE_REMOVE;
}

void
profile_fixture_wait_state (ProfileFixture *fixture, const char *state)
{
  guint alarm = g_timeout_add (LONG_WAIT, on_too_long, NULL);

  while (!g_str_equal (scep_profile_get_status (fixture->profile)->state, state))
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (alarm);
}

void
profile_fixture_wait_counter (guint *counter, guint value)
{
  guint alarm = g_timeout_add (LONG_WAIT, on_too_long, NULL);

  while (*counter < value)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (alarm);
}

void
profile_fixture_store_result (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

gboolean
profile_fixture_wait_change (ProfileFixture *fixture, GAsyncResult **result, GError **error)
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

  if (g_str_equal (text, "true") || g_str_equal (text, "false")) {
    g_value_init (value, G_TYPE_BOOLEAN);
    g_value_set_boolean (value, g_str_equal (text, "true"));
  } else if (g_ascii_isdigit (text[0]) && strlen (text) < 10) {
    g_value_init (value, G_TYPE_UINT);
    g_value_set_uint (value, (guint) g_ascii_strtoull (text, NULL, 10));
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

void
profile_fixture_configure (ProfileFixture *fixture, const char *name, ...)
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
  scep_profile_configure_async (fixture->profile, values, profile_fixture_store_result, &result);
  g_assert_true (profile_fixture_wait_change (fixture, &result, &error));
  g_assert_no_error (error);
}

void
profile_fixture_begin (ProfileFixture *fixture, const char *fingerprint)
{
  profile_fixture_configure (fixture, "ServerEndpoint", ENDPOINT, "SubjectDN", "CN=device",
                             "ChallengePassword", "secret", "CARootFingerprint", fingerprint,
                             "Enabled", "true", NULL);
}

const char *
profile_fixture_get_pin (ProfileFixture *fixture)
{
  return scep_certificate_get_fingerprint (fixture->ca->certificate);
}

void
profile_fixture_assert_error (ProfileFixture *fixture, ScepError code)
{
  g_autofree char *name = g_strconcat (SCEP_ERROR_PREFIX, scep_error_get_name (code), NULL);

  g_assert_cmpstr (scep_profile_get_status (fixture->profile)->last_error, ==, name);
}
