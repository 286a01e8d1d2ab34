/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-rollover.h"

#include "base/scep-error.h"
#include "base/scep-names.h"
#include "openssl-next-ca.h"
#include "profile-fixture.h"

#include <string.h>

#define DAY (24 * 60 * 60)
#define CAPABILITIES "SCEPStandard\nRenewal\nGetNextCACert\n"

/* A profile with a certificate, and a second CA, named like the first. */
typedef struct {
  ProfileFixture base;
  TestCertificate *first;
  TestCertificate *second;
  TestCertificate *stranger;
  guint n_busy; /* how often the status said that nothing is planned */
} Fixture;

static ScepStatus *
get_status (Fixture *f)
{
  return scep_profile_get_status (f->base.profile);
}

static gint64
get_now (Fixture *f)
{
  return scep_clock_now (SCEP_CLOCK (f->base.clock));
}

/* Keys take long to make: one set serves the whole program. */
static EVP_PKEY *
get_key (guint number)
{
  static EVP_PKEY *keys[2];

  if (keys[number] == NULL)
    keys[number] = test_key_new (2048);
  return keys[number];
}

static TestCertificate *
make_ca (Fixture *f, const char *name, long serial, gint64 not_after, TestCertificate *issuer,
         EVP_PKEY *key)
{
  TestCertificateSpec spec = {
    .name = name,
    .serial = serial,
    .rsa_bits = 2048,
    .ca = TRUE,
    .not_before = get_now (f) - 1000,
    .not_after = not_after,
  };

  return test_certificate_new (&spec, issuer, key);
}

static void
on_status_changed (ScepProfile *profile, Fixture *f)
{
  if (scep_profile_get_status (profile)->next_action[0] == '\0')
    f->n_busy++;
}

static void
watch (Fixture *f)
{
  g_signal_connect (f->base.profile, "status-changed", G_CALLBACK (on_status_changed), f);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  gint64 end;

  profile_fixture_set_up (&f->base, data);
  watch (f);
  f->base.capabilities = CAPABILITIES;
  f->first = f->base.ca;
  end = scep_certificate_get_not_after (f->first->certificate);
  f->second = make_ca (f, "Test CA", 2, end + 1000 * DAY, NULL, get_key (0));
  f->stranger = make_ca (f, "Test CA", 1, end + 1000 * DAY, NULL, get_key (1));
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  profile_fixture_tear_down (&f->base, data);
  if (f->first != f->base.ca)
    test_certificate_free (f->first);
  if (f->second != f->base.ca)
    test_certificate_free (f->second);
  test_certificate_free (f->stranger);
}

static void
announce (Fixture *f, TestCertificate *signer, TestCertificate *next)
{
  g_autoptr (GBytes) content = test_degenerate_build (&next->x509, 1);
  TestIdentity identity = { signer->x509, signer->key };
  TestNextCa reply = { .signer = &identity, .digest = EVP_sha256 (), .content = content };

  g_clear_pointer (&f->base.next_ca, g_bytes_unref);
  f->base.next_ca = test_next_ca_build (&reply);
}

static void
wait_rest (Fixture *f)
{
  profile_fixture_wait_state (&f->base, "enrolled");
  while (get_status (f)->next_action[0] == '\0')
    g_main_context_iteration (NULL, TRUE);
}

static void
enroll (Fixture *f)
{
  profile_fixture_begin (&f->base, profile_fixture_get_pin (&f->base));
  wait_rest (f);
}

/* When the trust is on disk there is no plan; then there is one for what is next. */
static void
check (Fixture *f)
{
  g_autoptr (GError) error = NULL;
  guint before = f->n_busy;

  scep_profile_check (f->base.profile, &error);
  g_assert_no_error (error);
  profile_fixture_wait_counter (&f->n_busy, before + 1);
  wait_rest (f);
}

static void
restart (Fixture *f)
{
  profile_fixture_close (&f->base);
  profile_fixture_open (&f->base);
  watch (f);
}

static char *
read_record (Fixture *f)
{
  g_autofree char *path =
      g_build_filename (f->base.directory, "profiles", SCEP_DEFAULT_ID, "trust.keyfile", NULL);
  char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  return text;
}

static gboolean
record_says (Fixture *f, const char *word)
{
  g_autofree char *text = read_record (f);

  return strstr (text, word) != NULL;
}

static guint
count_ca_entries (Fixture *f)
{
  g_autoptr (GPtrArray) all = scep_keystore_list (f->base.keystore, NULL);
  guint count = 0;

  for (guint i = 0; i < all->len; i++)
    count += g_str_has_prefix (scep_keystore_entry_get_alias (g_ptr_array_index (all, i)),
                               SCEP_ALIAS_CA_PREFIX);
  return count;
}

/* What is superfluous goes last. */
static void
wait_ca_entries (Fixture *f, guint count)
{
  while (count_ca_entries (f) != count)
    g_main_context_iteration (NULL, TRUE);
}

/* The server uses its next CA, and has no other one. */
static void
switch_ca (Fixture *f)
{
  f->base.ca = f->second;
  g_clear_pointer (&f->base.next_ca, g_bytes_unref);
}

static gboolean
warns (Fixture *f, const char *word)
{
  return g_strv_contains ((const char *const *) get_status (f)->warnings, word);
}

static gboolean
trusts (Fixture *f, TestCertificate *ca)
{
  return g_strv_contains ((const char *const *) get_status (f)->ca_fingerprints,
                          scep_certificate_get_fingerprint (ca->certificate));
}

static void
assert_certified_by (Fixture *f, TestCertificate *ca)
{
  g_autofree char *pem = scep_profile_dup_certificate_chain (f->base.profile);
  g_autoptr (GPtrArray) chain = scep_certificate_list_from_pem (pem, NULL);
  g_autoptr (GError) error = NULL;
  ScepDigest digest;

  scep_certificate_is_issued_by (g_ptr_array_index (chain, 0), ca->certificate, &digest, &error);
  g_assert_no_error (error);
}

static void
assert_only_first (Fixture *f)
{
  g_assert_cmpuint (count_ca_entries (f), ==, 1);
  g_assert_false (record_says (f, "pending"));
  g_assert_true (trusts (f, f->first));
  g_assert_false (trusts (f, f->second));
  g_assert_cmpuint (f->base.n_rolled_over, ==, 0);
  g_assert_cmpuint (f->base.n_requests, ==, 1);
}

static void
assert_second (Fixture *f)
{
  g_assert_true (trusts (f, f->second));
  g_assert_true (record_says (f, "rollover"));
  g_assert_false (record_says (f, "pending"));
  g_assert_cmpuint (f->base.n_rolled_over, ==, 1);
  g_assert_cmpstr (scep_settings_get_string (scep_profile_get_settings (f->base.profile),
                                             SCEP_SETTING_CA_ROOT_FINGERPRINT),
                   ==, scep_certificate_get_fingerprint (f->first->certificate));
}

/* Servers advertise the keyword without having a next CA. */
static void
test_none (Fixture *f, gconstpointer data)
{
  enroll (f);
  check (f);
  f->base.next_ca = g_bytes_new_static ("", 0);
  check (f);
  g_assert_cmpuint (f->base.n_next_ca, ==, 2);
  g_assert_cmpstr (get_status (f)->last_error, ==, "");
  g_assert_cmpuint (g_strv_length (get_status (f)->warnings), ==, 0);
  assert_only_first (f);
  f->base.capabilities = "SCEPStandard\n";
  check (f);
  g_assert_cmpuint (f->base.n_next_ca, ==, 2);
}

static void
test_forged (Fixture *f, gconstpointer data)
{
  enroll (f);
  /* The issuer and serial number are those of the CA. */
  announce (f, f->stranger, f->second);
  check (f);
  g_assert_true (warns (f, "next-ca-refused"));
  g_assert_cmpstr (get_status (f)->last_error, ==, "");
  assert_only_first (f);
  announce (f, f->first, f->first);
  check (f);
  g_assert_true (warns (f, "next-ca-refused"));
  assert_only_first (f);

  restart (f);
  wait_rest (f);
  g_assert_true (warns (f, "next-ca-refused"));
  announce (f, f->first, f->second);
  check (f);
  g_assert_false (warns (f, "next-ca-refused"));
  g_assert_true (record_says (f, "pending"));
}

/* What is pending is not trusted: a server that is the next CA's alone gets nothing. */
static void
test_pending (Fixture *f, gconstpointer data)
{
  enroll (f);
  announce (f, f->first, f->second);
  check (f);
  g_assert_true (record_says (f, "pending"));
  g_assert_cmpuint (count_ca_entries (f), ==, 2);
  g_assert_false (trusts (f, f->second));
  restart (f);
  wait_rest (f);
  g_assert_true (record_says (f, "pending"));
  /* It stays when the server does not tell it any more. */
  g_clear_pointer (&f->base.next_ca, g_bytes_unref);
  check (f);
  g_assert_true (record_says (f, "pending"));
  g_assert_cmpuint (count_ca_entries (f), ==, 2);
  g_assert_cmpuint (f->base.n_rolled_over, ==, 0);
  g_assert_cmpuint (f->base.n_requests, ==, 1);
  g_assert_true (scep_profile_enroll (f->base.profile, NULL));
  profile_fixture_wait_counter (&f->base.n_enrolled, 2);
  assert_certified_by (f, f->first);
}

static gboolean
has_event (Fixture *f, const char *kind)
{
  g_autoptr (GPtrArray) events = scep_profile_dup_history (f->base.profile);

  for (guint i = 0; i < events->len; i++) {
    ScepHistoryEvent *event = g_ptr_array_index (events, i);

    if (g_str_equal (event->kind, kind))
      return TRUE;
  }
  return FALSE;
}

/* The CA has a new certificate for its key, and tells nobody: it is the same CA. */
static void
test_renewed (Fixture *f, gconstpointer data)
{
  gint64 end = scep_certificate_get_not_after (f->first->certificate);
  g_autoptr (TestCertificate) renewed =
      make_ca (f, "Test CA", 7, end + 1000 * DAY, NULL, f->first->key);

  enroll (f);
  f->base.ca = renewed;
  check (f);
  g_assert_cmpstr (get_status (f)->last_error, ==, "");
  g_assert_true (trusts (f, renewed));
  g_assert_false (trusts (f, f->first));
  g_assert_true (has_event (f, "ca-renewed"));
  g_assert_false (has_event (f, "ca-rolled-over"));
  g_assert_cmpuint (f->base.n_rolled_over, ==, 0);
  g_assert_cmpuint (f->base.n_requests, ==, 1);
  restart (f);
  wait_rest (f);
  check (f);
  g_assert_true (trusts (f, renewed));
  g_assert_true (scep_profile_enroll (f->base.profile, NULL));
  profile_fixture_wait_counter (&f->base.n_enrolled, 2);
  assert_certified_by (f, renewed);
  f->base.ca = f->first;
}

/* The second CA is announced, takes over, and has certified the machine. */
static void
roll_over (Fixture *f)
{
  enroll (f);
  announce (f, f->first, f->second);
  check (f);
  switch_ca (f);
  check (f);
  profile_fixture_wait_counter (&f->base.n_renewed, 1);
  wait_rest (f);
}

static void
test_switch (Fixture *f, gconstpointer data)
{
  roll_over (f);
  assert_second (f);
  assert_certified_by (f, f->second);
  /* The challenge is for the first certificate. */
  g_assert_cmpstr (f->base.requests->str, ==, "19c 17s");
  g_assert_true (has_event (f, "ca-rolled-over"));
  g_assert_false (trusts (f, f->stranger));

  /* Nothing needs the old CA any more. */
  check (f);
  assert_second (f);
  g_assert_false (trusts (f, f->first));
  wait_ca_entries (f, 1);
  g_assert_cmpuint (f->base.n_renewed, ==, 1);
}

static void
wait_error (Fixture *f, ScepError code)
{
  while (get_status (f)->last_error[0] == '\0')
    g_main_context_iteration (NULL, TRUE);
  profile_fixture_assert_error (&f->base, code);
}

/* Between the rollover and the renewal, and after it. */
static void
test_restart (Fixture *f, gconstpointer data)
{
  enroll (f);
  announce (f, f->first, f->second);
  check (f);
  restart (f);
  wait_rest (f);
  switch_ca (f);
  f->base.mood = MOOD_FAULT;
  g_assert_true (scep_profile_check (f->base.profile, NULL));
  profile_fixture_wait_counter (&f->base.n_renewal_failures, 1);
  assert_second (f);
  g_assert_true (trusts (f, f->first));
  assert_certified_by (f, f->first);

  restart (f);
  g_assert_true (trusts (f, f->first));
  f->base.mood = MOOD_ISSUE;
  scep_clock_fake_advance (f->base.clock, PROFILE_FIXTURE_RETRY);
  profile_fixture_wait_counter (&f->base.n_renewed, 1);
  wait_rest (f);
  assert_certified_by (f, f->second);

  restart (f);
  wait_rest (f);
  check (f);
  assert_second (f);
  g_assert_cmpstr (get_status (f)->last_error, ==, "");
  g_assert_false (trusts (f, f->first));
  /* As a bootstrap, and not only as a check. */
  profile_fixture_configure (&f->base, "RACertificateFingerprint",
                             scep_certificate_get_fingerprint (f->second->certificate), NULL);
  profile_fixture_configure (&f->base, "RACertificateFingerprint", "", NULL);
  wait_rest (f);
  assert_second (f);
  g_assert_cmpuint (f->base.n_renewed, ==, 1);
}

static void
use_short_first (Fixture *f, gint64 lifetime)
{
  test_certificate_free (f->first);
  f->first = make_ca (f, "Test CA", 3, get_now (f) + lifetime, NULL, NULL);
  f->base.ca = f->first;
}

static void
test_end (Fixture *f, gconstpointer data)
{
  gint64 end = get_now (f) + DAY / 2;

  use_short_first (f, DAY / 2);
  enroll (f);
  g_assert_cmpint (get_status (f)->next_action_time, ==, get_now (f) + DAY);
  announce (f, f->first, f->second);
  check (f);
  g_assert_cmpstr (get_status (f)->next_action, ==, "check");
  g_assert_cmpint (get_status (f)->next_action_time, ==, end + 1);

  /* The server is late: the certificate stays, and the server is asked again. */
  scep_clock_fake_advance (f->base.clock, DAY / 2 + 1);
  wait_error (f, SCEP_ERROR_UNTRUSTED_CA);
  g_assert_cmpuint (f->base.n_rolled_over, ==, 0);
  assert_certified_by (f, f->first);
  restart (f);
  switch_ca (f);
  scep_clock_fake_advance (f->base.clock, PROFILE_FIXTURE_RETRY);
  profile_fixture_wait_counter (&f->base.n_renewed, 1);
  wait_rest (f);
  assert_second (f);
  assert_certified_by (f, f->second);
}

static void
test_not_followed (Fixture *f, gconstpointer data)
{
  enroll (f);
  profile_fixture_configure (&f->base, "CARollover", "false", NULL);
  announce (f, f->first, f->second);
  check (f);
  g_assert_true (warns (f, "ca-rollover"));
  assert_only_first (f);

  f->base.ca = f->second;
  g_assert_true (scep_profile_check (f->base.profile, NULL));
  wait_error (f, SCEP_ERROR_FINGERPRINT_MISMATCH);
  g_assert_cmpstr (get_status (f)->state, ==, "enrolled");
  g_assert_cmpstr (get_status (f)->next_action, ==, "check");
  assert_only_first (f);
  assert_certified_by (f, f->first);
}

/* What became known before somebody switched it off is not followed either. */
static void
test_switched_off (Fixture *f, gconstpointer data)
{
  enroll (f);
  announce (f, f->first, f->second);
  check (f);
  g_assert_false (warns (f, "ca-rollover"));
  profile_fixture_configure (&f->base, "CARollover", "false", NULL);
  g_assert_true (warns (f, "ca-rollover"));
  f->base.ca = f->second;
  g_assert_true (scep_profile_check (f->base.profile, NULL));
  wait_error (f, SCEP_ERROR_FINGERPRINT_MISMATCH);
  g_assert_cmpuint (f->base.n_rolled_over, ==, 0);

  profile_fixture_configure (&f->base, "CARollover", "true", NULL);
  check (f);
  profile_fixture_wait_counter (&f->base.n_renewed, 1);
  assert_second (f);
}

/* A CA that changes without a word is not followed, and nothing is lost by it. */
static void
test_unannounced (Fixture *f, gconstpointer data)
{
  enroll (f);
  f->base.ca = f->second;
  g_assert_true (scep_profile_check (f->base.profile, NULL));
  wait_error (f, SCEP_ERROR_FINGERPRINT_MISMATCH);
  assert_only_first (f);
  f->base.ca = f->first;
  check (f);
  g_assert_cmpstr (get_status (f)->last_error, ==, "");
  assert_only_first (f);
}

static void
assert_told (Fixture *f, const char *word)
{
  g_assert_nonnull (strstr (get_status (f)->last_error_message, word));
}

/*
 * A server that was restored from before the rollover: nothing is lost, and whoever reads it learns
 * which CA is meant and how to go back to it.
 */
static void
test_gone_back (Fixture *f, gconstpointer data)
{
  roll_over (f);
  check (f);
  g_assert_false (trusts (f, f->first));

  f->base.ca = f->first;
  g_assert_true (scep_profile_check (f->base.profile, NULL));
  wait_error (f, SCEP_ERROR_UNTRUSTED_CA);
  assert_told (f, scep_certificate_get_fingerprint (f->first->certificate));
  assert_told (f, scep_certificate_get_fingerprint (f->second->certificate));
  assert_told (f, "clear CARootFingerprint and accept it");
  g_assert_cmpstr (get_status (f)->state, ==, "enrolled");
  assert_second (f);
  assert_certified_by (f, f->second);
  f->base.ca = f->second;
  check (f);
  g_assert_cmpstr (get_status (f)->last_error, ==, "");
  assert_second (f);
}

/* It is gone back to by whoever says so, and only then. */
static void
test_going_back (Fixture *f, gconstpointer data)
{
  GAsyncResult *result = NULL;

  roll_over (f);

  f->base.ca = f->first;
  profile_fixture_configure (&f->base, "CARootFingerprint", "", NULL);
  profile_fixture_wait_state (&f->base, "awaiting-trust");
  g_assert_cmpuint (f->base.n_requests, ==, 2);
  assert_certified_by (f, f->second);
  scep_profile_accept_ca_async (f->base.profile,
                                scep_certificate_get_fingerprint (f->first->certificate),
                                profile_fixture_store_result, &result);
  g_assert_true (profile_fixture_wait_change (&f->base, &result, NULL));
  profile_fixture_wait_counter (&f->base.n_enrolled, 2);
  assert_certified_by (f, f->first);
}

static void
wait_pending (Fixture *f)
{
  f->base.mood = MOOD_DELAY;
  g_assert_true (scep_profile_enroll (f->base.profile, NULL));
  profile_fixture_wait_state (&f->base, "pending");
}

/* The request was sent to the old CA; the new one answers the poll. */
static void
test_while_pending (Fixture *f, gconstpointer data)
{
  enroll (f);
  announce (f, f->first, f->second);
  check (f);
  wait_pending (f);
  restart (f);
  profile_fixture_wait_state (&f->base, "pending");

  /* It finds out by an answer that it cannot make sense of; then the old CA answers once more. */
  f->base.ca_certificates = g_bytes_ref (scep_certificate_get_der (f->second->certificate));
  f->base.issuer = f->second;
  scep_clock_fake_advance (f->base.clock, PROFILE_FIXTURE_RETRY);
  profile_fixture_wait_counter (&f->base.n_failures, 1);
  profile_fixture_assert_error (&f->base, SCEP_ERROR_UNTRUSTED_CA);
  f->base.ca = f->second;
  f->base.issuer = f->first;
  f->base.mood = MOOD_ISSUE;
  scep_clock_fake_advance (f->base.clock, 2 * PROFILE_FIXTURE_RETRY);
  profile_fixture_wait_counter (&f->base.n_enrolled, 2);
  assert_second (f);
  assert_certified_by (f, f->first);
  f->base.issuer = NULL;
}

static GBytes *
list (TestCertificate *a, TestCertificate *b)
{
  X509 *both[] = { a->x509, b->x509 };

  return test_degenerate_build (both, 2);
}

/* Anybody with a certificate of the CA could be that RA. */
static void
test_unproven_ra (Fixture *f, gconstpointer data)
{
  TestCertificateSpec spec = {
    .name = "RA",
    .serial = 8,
    .rsa_bits = 2048,
    .not_before = get_now (f) - 1000,
    .not_after = get_now (f) + 100 * DAY,
  };
  g_autoptr (TestCertificate) ra = test_certificate_new (&spec, f->first, NULL);

  enroll (f);
  f->base.ca_certificates = list (f->first, ra);
  g_assert_true (scep_profile_check (f->base.profile, NULL));
  wait_error (f, SCEP_ERROR_UNTRUSTED_CA);
  assert_only_first (f);
  restart (f);
  wait_rest (f);
  g_assert_true (scep_profile_enroll (f->base.profile, NULL));
  profile_fixture_wait_counter (&f->base.n_enrolled, 2);
}

/* A new issuing CA below the same root needs no announcement. */
static void
test_intermediate (Fixture *f, gconstpointer data)
{
  gint64 end = scep_certificate_get_not_after (f->first->certificate);
  TestCertificate *root = f->first;
  TestCertificate *one = make_ca (f, "Issuing", 10, end - DAY, root, NULL);
  TestCertificate *two = make_ca (f, "Issuing", 11, end, root, NULL);

  f->base.ca = one;
  f->base.ca_certificates = list (one, root);
  profile_fixture_begin (&f->base, scep_certificate_get_fingerprint (root->certificate));
  wait_rest (f);
  f->base.ca = two;
  g_bytes_unref (f->base.ca_certificates);
  f->base.ca_certificates = list (root, two);
  check (f);
  g_assert_true (trusts (f, two));
  g_assert_true (trusts (f, one));
  g_assert_cmpuint (f->base.n_rolled_over, ==, 0);
  g_assert_cmpuint (f->base.n_requests, ==, 1);

  restart (f);
  wait_rest (f);
  g_assert_true (scep_profile_renew (f->base.profile, NULL));
  profile_fixture_wait_counter (&f->base.n_renewed, 1);
  assert_certified_by (f, two);
  wait_rest (f);
  check (f);
  g_assert_false (trusts (f, one));
  wait_ca_entries (f, 2);
  f->base.ca = root;
  test_certificate_free (one);
  test_certificate_free (two);
}

#define ADD(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/rollover/none", test_none);
  ADD ("/rollover/forged", test_forged);
  ADD ("/rollover/pending", test_pending);
  ADD ("/rollover/switch", test_switch);
  ADD ("/rollover/restart", test_restart);
  ADD ("/rollover/end", test_end);
  ADD ("/rollover/not-followed", test_not_followed);
  ADD ("/rollover/switched-off", test_switched_off);
  ADD ("/rollover/unannounced", test_unannounced);
  ADD ("/rollover/gone-back", test_gone_back);
  ADD ("/rollover/going-back", test_going_back);
  ADD ("/rollover/while-pending", test_while_pending);
  ADD ("/rollover/unproven-ra", test_unproven_ra);
  ADD ("/rollover/intermediate", test_intermediate);
  ADD ("/rollover/renewed", test_renewed);
  return g_test_run ();
}
