/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-ca-generation.h"

#include "base/scep-error.h"
#include "certificate-factory.h"

#include <string.h>

#define NOW G_GINT64_CONSTANT (1800000000)
#define YEAR (365 * 86400)

/* Two generations of a CA with an issuing CA below the root, and a client of the first. */
static TestCertificate *root, *issuing, *next_root, *next_issuing, *cross, *client;
static ScepSettings *settings;

static TestCertificate *
make (const char *name, long serial, gint64 from, gint64 to, TestCertificate *issuer, EVP_PKEY *key)
{
  TestCertificateSpec spec = {
    .name = name,
    .serial = serial,
    .rsa_bits = 2048,
    .ca = TRUE,
    .not_before = NOW + from,
    .not_after = NOW + to,
  };

  return test_certificate_new (&spec, issuer, key);
}

static void
set_up (void)
{
  TestCertificateSpec device = {
    .name = "client", .serial = 50, .rsa_bits = 2048, .not_before = NOW, .not_after = NOW + YEAR
  };

  root = make ("Root", 1, -YEAR, 2 * YEAR, NULL, NULL);
  issuing = make ("Issuing", 2, -YEAR, 2 * YEAR, root, NULL);
  next_root = make ("Root", 3, -60, 4 * YEAR, NULL, NULL);
  next_issuing = make ("Issuing", 4, -90, 3 * YEAR, next_root, NULL);
  cross = make ("Root", 5, -60, 2 * YEAR, root, next_root->key);
  client = test_certificate_new (&device, issuing, NULL);
  settings = scep_settings_new_default ();
}

static void
tear_down (void)
{
  TestCertificate *all[] = { root, issuing, next_root, next_issuing, cross, client };

  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    test_certificate_free (all[i]);
  g_object_unref (settings);
}

static GPtrArray *
list (TestCertificate *a, TestCertificate *b, TestCertificate *c)
{
  TestCertificate *all[] = { a, b, c };
  GPtrArray *found = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < G_N_ELEMENTS (all); i++) {
    if (all[i] != NULL)
      g_ptr_array_add (found, g_object_ref (all[i]->certificate));
  }
  return found;
}

static ScepCaTrustQuestion
ask (gint64 now)
{
  ScepCaTrustQuestion question = {
    .pin = scep_certificate_get_fingerprint (root->certificate),
    .policy = SCEP_POLICY_DEFAULT,
    .now = now,
    .host = "ca",
  };

  return question;
}

static ScepCaTrust *
judge_first (void)
{
  g_autoptr (GPtrArray) bundle = list (issuing, root, NULL);
  g_autoptr (ScepCaHeritage) nothing = g_new0 (ScepCaHeritage, 1);
  ScepCaTrustQuestion question = ask (NOW);
  g_autoptr (GError) error = NULL;
  ScepCaTrust *trust = scep_ca_generation_judge (bundle, &question, nothing, &error);

  g_assert_no_error (error);
  return trust;
}

static ScepCaTrust *
expect (ScepCaTrust *trust, TestCertificate *a, TestCertificate *b, TestCertificate *c)
{
  g_autoptr (GPtrArray) next = list (a, b, c);
  g_autoptr (GError) error = NULL;
  ScepCaTrust *expecting =
      scep_ca_generation_expect (trust, next, SCEP_POLICY_DEFAULT, NOW, &error);

  g_assert_no_error (error);
  return expecting;
}

static void
assert_unexpected (ScepCaTrust *trust, TestCertificate *next, ScepError code)
{
  g_autoptr (GPtrArray) certificates = list (next, NULL, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (scep_ca_generation_expect (trust, certificates, SCEP_POLICY_DEFAULT, NOW, &error));
  g_assert_error (error, SCEP_ERROR, (int) code);
}

static ScepCaHeritage *
inherit (ScepCaTrust *trust)
{
  ScepCaHeritage *heritage = g_new0 (ScepCaHeritage, 1);

  heritage->record = scep_ca_trust_make_record (trust, settings);
  heritage->certificates = g_ptr_array_ref (scep_ca_trust_get_certificates (trust));
  heritage->follow = TRUE;
  return heritage;
}

static gboolean
has_role (ScepCaTrust *trust, TestCertificate *certificate, ScepTrustRoles roles)
{
  g_autoptr (ScepTrustRecord) record = scep_ca_trust_make_record (trust, settings);
  const ScepTrustEntry *entry = scep_trust_record_lookup (
      record, scep_certificate_get_fingerprint (certificate->certificate));

  return entry != NULL && entry->roles == roles;
}

static gboolean
is_absent (ScepCaTrust *trust, TestCertificate *certificate)
{
  return has_role (trust, certificate, 0) ||
         !g_ptr_array_find_with_equal_func (scep_ca_trust_get_certificates (trust),
                                            certificate->certificate,
                                            (GEqualFunc) scep_certificate_equal, NULL);
}

static void
test_unexpected (void)
{
  g_autoptr (ScepCaTrust) trust = judge_first ();
  g_autoptr (ScepCaTrust) expecting = expect (trust, next_root, NULL, NULL);
  g_autoptr (TestCertificate) earlier = make ("Root", 6, 0, 3 * YEAR, NULL, NULL);
  g_autoptr (TestCertificate) late = make ("Root", 7, 3 * YEAR, 9 * YEAR, NULL, NULL);
  g_autoptr (TestCertificate) over = make ("Root", 8, -YEAR, -1, NULL, NULL);
  g_autoptr (TestCertificate) same_end = make ("Root", 9, 0, 4 * YEAR, NULL, NULL);
  g_autoptr (TestCertificate) after = make ("Root", 10, 2 * YEAR + 601, 9 * YEAR, NULL, NULL);
  TestCertificateSpec spec = {
    .name = "Weak", .rsa_bits = 1024, .ca = TRUE, .not_before = NOW, .not_after = NOW + 9 * YEAR
  };
  g_autoptr (TestCertificate) weak = test_certificate_new (&spec, NULL, NULL);

  assert_unexpected (expecting, earlier, SCEP_ERROR_UNTRUSTED_CA);
  assert_unexpected (expecting, same_end, SCEP_ERROR_UNTRUSTED_CA);
  assert_unexpected (trust, late, SCEP_ERROR_UNTRUSTED_CA);
  assert_unexpected (trust, after, SCEP_ERROR_UNTRUSTED_CA);
  assert_unexpected (trust, over, SCEP_ERROR_UNTRUSTED_CA);
  assert_unexpected (trust, weak, SCEP_ERROR_WEAK_ALGORITHM);
}

/* CAs that vouch for each other have nobody above them. */
static void
test_vouching_for_each_other (void)
{
  g_autoptr (ScepCaTrust) trust = judge_first ();
  g_autoptr (TestCertificate) own = make ("East", 6, -60, 4 * YEAR, NULL, NULL);
  g_autoptr (TestCertificate) west = make ("West", 7, -60, 4 * YEAR, own, NULL);
  g_autoptr (TestCertificate) east = make ("East", 8, -60, 3 * YEAR, west, own->key);
  g_autoptr (ScepCaTrust) expecting = expect (trust, east, west, NULL);

  g_assert_true (has_role (expecting, west, SCEP_TRUST_PENDING));
  g_assert_true (has_role (expecting, east, SCEP_TRUST_PENDING));
}

static void
test_expected (void)
{
  g_autoptr (ScepCaTrust) trust = judge_first ();
  g_autoptr (ScepCaTrust) same = expect (trust, root, issuing, client);
  g_autoptr (ScepCaTrust) one = expect (trust, next_root, NULL, NULL);
  g_autoptr (ScepCaTrust) again = expect (one, next_root, next_issuing, NULL);
  g_autoptr (TestCertificate) later = make ("Root", 6, 0, 5 * YEAR, NULL, NULL);
  g_autoptr (ScepCaTrust) replaced = expect (again, later, NULL, NULL);
  g_autoptr (TestCertificate) last = make ("Root", 7, 2 * YEAR + 600, 9 * YEAR, NULL, NULL);
  g_autoptr (ScepCaTrust) in_time = expect (trust, last, NULL, NULL);

  g_autoptr (GPtrArray) anchors = scep_ca_trust_list_anchors (one);

  g_assert_true (same == trust);
  /* What is announced issues nothing yet. */
  g_assert_cmpuint (anchors->len, ==, 1);
  g_assert_true (g_ptr_array_index (anchors, 0) == root->certificate);
  g_assert_true (has_role (one, next_root, SCEP_TRUST_PENDING));
  g_assert_true (has_role (one, root, SCEP_TRUST_ANCHOR));
  g_assert_true (has_role (again, next_issuing, SCEP_TRUST_PENDING));
  g_assert_cmpuint (scep_ca_trust_get_signers (again)->len, ==, 1);
  g_assert_true (has_role (in_time, last, SCEP_TRUST_PENDING));
  g_assert_true (has_role (replaced, later, SCEP_TRUST_PENDING));
  g_assert_true (is_absent (replaced, next_root));
  g_assert_cmpint (scep_ca_generation_get_end (trust), ==, NOW + 2 * YEAR);
}

/* Before the server uses it, and where nobody follows. */
static void
test_not_yet (void)
{
  g_autoptr (ScepCaTrust) trust = judge_first ();
  g_autoptr (ScepCaTrust) expecting = expect (trust, next_root, next_issuing, NULL);
  g_autoptr (ScepCaHeritage) heritage = inherit (expecting);
  g_autoptr (GPtrArray) old = list (issuing, root, NULL);
  g_autoptr (GPtrArray) new = list (next_issuing, next_root, NULL);
  ScepCaTrustQuestion question = ask (NOW);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCaTrust) kept = scep_ca_generation_judge (old, &question, heritage, &error);

  g_assert_no_error (error);
  g_assert_true (has_role (kept, root, SCEP_TRUST_ANCHOR));
  g_assert_true (has_role (kept, next_root, SCEP_TRUST_PENDING));
  heritage->follow = FALSE;
  g_assert_null (scep_ca_generation_judge (new, &question, heritage, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_FINGERPRINT_MISMATCH);
}

static void
check_restored (ScepCaTrust *trust, gint64 now, guint n_signers)
{
  g_autoptr (ScepTrustRecord) record = scep_ca_trust_make_record (trust, settings);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCaTrust) restored = scep_ca_trust_restore (
      record, scep_ca_trust_get_certificates (trust), SCEP_POLICY_DEFAULT, now, &error);

  g_assert_no_error (error);
  g_assert_true (scep_certificate_equal (scep_ca_trust_get_anchor (restored),
                                         scep_ca_trust_get_anchor (trust)));
  g_assert_cmpuint (scep_ca_trust_get_signers (restored)->len, ==, n_signers);
}

static void
test_shown (void)
{
  g_autoptr (ScepCaTrust) trust = judge_first ();
  g_autoptr (ScepCaTrust) expecting = expect (trust, next_root, next_issuing, cross);
  g_autoptr (ScepCaHeritage) heritage = inherit (expecting);
  g_autoptr (GPtrArray) bundle = list (next_issuing, cross, next_root);
  ScepCaTrustQuestion question = ask (NOW);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCaTrust) bare = NULL;
  g_autoptr (ScepCaTrust) both = NULL;

  bare = scep_ca_generation_judge (bundle, &question, heritage, &error);
  g_assert_no_error (error);
  g_assert_true (has_role (bare, next_root, SCEP_TRUST_ANCHOR));
  g_assert_true (is_absent (bare, root));

  heritage->enrolled = g_object_ref (client->certificate);
  both = scep_ca_generation_judge (bundle, &question, heritage, &error);
  g_assert_no_error (error);
  g_assert_true (has_role (both, next_issuing, SCEP_TRUST_ISSUING | SCEP_TRUST_RA_ENCRYPT));
  g_assert_true (has_role (both, root, SCEP_TRUST_PREVIOUS));
  g_assert_true (
      has_role (both, issuing, SCEP_TRUST_PREVIOUS | SCEP_TRUST_ISSUING | SCEP_TRUST_RA_ENCRYPT));
  g_assert_true (
      scep_certificate_equal (scep_ca_trust_get_recipient (both), next_issuing->certificate));
  check_restored (both, NOW, 2);
  check_restored (both, NOW + 2 * YEAR, 2);
  check_restored (both, NOW + 2 * YEAR + 1, 1);
}

/* Both what was and what is to come are kept up to the last second of their time. */
static void
test_kept_until_end (void)
{
  g_autoptr (ScepCaTrust) trust = judge_first ();
  g_autoptr (TestCertificate) brief = make ("Issuing", 8, -90, YEAR, next_root, NULL);
  g_autoptr (ScepCaTrust) expecting = expect (trust, next_root, brief, NULL);
  g_autoptr (ScepCaHeritage) before = inherit (expecting);
  g_autoptr (GPtrArray) old = list (issuing, root, NULL);
  g_autoptr (GPtrArray) new = list (next_issuing, next_root, NULL);
  g_autoptr (ScepCaHeritage) after = NULL;
  ScepCaTrustQuestion question = ask (NOW);
  ScepCaTrustQuestion followed = question;
  g_autoptr (ScepCaTrust) both = NULL;

  before->enrolled = g_object_ref (client->certificate);
  both = scep_ca_generation_judge (new, &question, before, NULL);
  after = inherit (both);
  after->enrolled = g_object_ref (client->certificate);
  followed.pin = NULL;
  followed.anchor = next_root->certificate;
  followed.pin_provenance = SCEP_PROVENANCE_ROLLOVER;
  for (gint64 late = 0; late < 2; late++) {
    g_autoptr (ScepCaTrust) coming = NULL;
    g_autoptr (ScepCaTrust) gone = NULL;

    question.now = NOW + YEAR + late;
    coming = scep_ca_generation_judge (old, &question, before, NULL);
    g_assert_true (has_role (coming, next_root, SCEP_TRUST_PENDING));
    g_assert_true (is_absent (coming, brief) == (late == 1));
    followed.now = NOW + 2 * YEAR + late;
    gone = scep_ca_generation_judge (new, &followed, after, NULL);
    g_assert_true (has_role (gone, next_root, SCEP_TRUST_ANCHOR));
    g_assert_true (is_absent (gone, root) == (late == 1));
  }
}

/* Only the root was announced; below it the server has an issuing CA that nobody knows. */
static void
test_ended (void)
{
  g_autoptr (ScepCaTrust) trust = judge_first ();
  g_autoptr (ScepCaTrust) expecting = expect (trust, next_root, NULL, NULL);
  g_autoptr (ScepCaHeritage) heritage = inherit (expecting);
  g_autoptr (GPtrArray) unknown = list (next_issuing, NULL, NULL);
  g_autoptr (GPtrArray) old = list (issuing, root, NULL);
  ScepCaTrustQuestion early = ask (NOW);
  ScepCaTrustQuestion last = ask (NOW + 2 * YEAR);
  ScepCaTrustQuestion late = ask (NOW + 2 * YEAR + 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCaTrust) followed = NULL;

  g_assert_null (scep_ca_generation_judge (unknown, &early, heritage, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_FINGERPRINT_MISMATCH);
  g_clear_error (&error);
  g_assert_null (scep_ca_generation_judge (unknown, &last, heritage, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_FINGERPRINT_MISMATCH);
  g_clear_error (&error);
  g_assert_null (scep_ca_generation_judge (old, &late, heritage, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_UNTRUSTED_CA);
  g_clear_error (&error);
  heritage->follow = FALSE;
  g_assert_null (scep_ca_generation_judge (unknown, &late, heritage, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_FINGERPRINT_MISMATCH);
  g_clear_error (&error);
  heritage->follow = TRUE;
  followed = scep_ca_generation_judge (unknown, &late, heritage, &error);
  g_assert_no_error (error);
  g_assert_true (has_role (followed, next_root, SCEP_TRUST_ANCHOR));
  g_assert_true (is_absent (followed, root));
}

/* A new certificate for the same key: everything old chains to it, but it is not in use yet. */
static void
test_same_key (void)
{
  g_autoptr (ScepCaTrust) trust = judge_first ();
  g_autoptr (TestCertificate) again = make ("Root", 9, -10, 5 * YEAR, NULL, root->key);
  g_autoptr (ScepCaTrust) expecting = expect (trust, again, NULL, NULL);
  g_autoptr (ScepCaHeritage) heritage = inherit (expecting);
  g_autoptr (GPtrArray) old = list (issuing, root, NULL);
  g_autoptr (GPtrArray) new = list (issuing, again, NULL);
  ScepCaTrustQuestion question = ask (NOW);
  g_autoptr (ScepCaTrust) before = scep_ca_generation_judge (old, &question, heritage, NULL);
  g_autoptr (ScepCaTrust) after = scep_ca_generation_judge (new, &question, heritage, NULL);

  g_assert_true (has_role (before, root, SCEP_TRUST_ANCHOR));
  g_assert_true (has_role (before, again, SCEP_TRUST_PENDING));
  g_assert_true (has_role (after, again, SCEP_TRUST_ANCHOR));
  g_assert_true (has_role (after, issuing, SCEP_TRUST_ISSUING | SCEP_TRUST_RA_ENCRYPT));
}

static void
check_renewed (ScepCaTrust *trust, TestCertificate *anchor)
{
  g_assert_nonnull (trust);
  g_assert_true (has_role (trust, anchor, SCEP_TRUST_ANCHOR));
  g_assert_true (has_role (trust, issuing, SCEP_TRUST_ISSUING | SCEP_TRUST_RA_ENCRYPT));
  g_assert_cmpuint (scep_ca_trust_get_signers (trust)->len, ==, 1);
}

/* What Microsoft's CA does: nobody announces it, and the setting still pins the one before. It is
 * followed though nobody wants a rollover, and though the one before is over. */
static void
test_renewed (void)
{
  g_autoptr (ScepCaTrust) trust = judge_first ();
  g_autoptr (ScepCaHeritage) heritage = inherit (trust);
  g_autoptr (ScepCaHeritage) nothing = g_new0 (ScepCaHeritage, 1);
  g_autoptr (TestCertificate) again = make ("Root", 9, -10, 5 * YEAR, NULL, root->key);
  g_autoptr (TestCertificate) below = make ("Issuing", 10, -10, 5 * YEAR, again, issuing->key);
  g_autoptr (GPtrArray) bundle = list (issuing, again, NULL);
  g_autoptr (GPtrArray) both = list (root, issuing, again);
  g_autoptr (GPtrArray) late = list (below, again, NULL);
  ScepCaTrustQuestion question = ask (NOW);
  ScepCaTrustQuestion given = question;
  g_autoptr (GError) error = NULL;

  heritage->follow = FALSE;
  heritage->enrolled = g_object_ref (client->certificate);
  given.pin = NULL;
  given.anchor = root->certificate;
  g_assert_null (scep_ca_generation_judge (bundle, &question, nothing, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_FINGERPRINT_MISMATCH);
  g_assert_nonnull (strstr (error->message, "renewed its certificate"));
  for (guint i = 0; i < 4; i++) {
    g_autoptr (ScepCaTrust) found = scep_ca_generation_judge (
        i < 2 ? bundle : both, i % 2 == 0 ? &question : &given, heritage, NULL);

    check_renewed (found, again);
    g_assert_true (is_absent (found, root) == (i < 2));
    check_restored (found, NOW, 1);
  }
  given.now = question.now = NOW + 3 * YEAR;
  for (guint i = 0; i < 2; i++) {
    g_autoptr (ScepCaTrust) found =
        scep_ca_generation_judge (late, i == 0 ? &question : &given, heritage, NULL);

    g_assert_true (has_role (found, again, SCEP_TRUST_ANCHOR));
  }
}

/* What does not last longer, has another key, is signed by another or begins later is none. */
static void
test_not_renewed (void)
{
  g_autoptr (ScepCaTrust) trust = judge_first ();
  g_autoptr (ScepCaHeritage) heritage = inherit (trust);
  g_autoptr (TestCertificate) same = make ("Root", 9, -10, 2 * YEAR, NULL, root->key);
  g_autoptr (TestCertificate) early = make ("Root", 10, 601, 5 * YEAR, NULL, root->key);
  g_autoptr (TestCertificate) other_name = make ("Other", 11, -10, 5 * YEAR, NULL, root->key);
  g_autoptr (TestCertificate) by_other = make ("Root", 12, -10, 5 * YEAR, next_root, root->key);
  TestCertificate *cases[] = { same, early, other_name, by_other, next_root };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GPtrArray) bundle = list (issuing, cases[i], NULL);
    ScepCaTrustQuestion question = ask (NOW);
    g_autoptr (GError) error = NULL;

    g_assert_null (scep_ca_generation_judge (bundle, &question, heritage, &error));
    g_assert_error (error, SCEP_ERROR, SCEP_ERROR_FINGERPRINT_MISMATCH);
  }
}

/* A server that was set back shows the one before: it is the same CA. */
static void
test_renewed_and_back (void)
{
  g_autoptr (ScepCaTrust) trust = judge_first ();
  g_autoptr (ScepCaHeritage) heritage = inherit (trust);
  g_autoptr (TestCertificate) again = make ("Root", 9, -10, 5 * YEAR, NULL, root->key);
  g_autoptr (GPtrArray) renewed = list (issuing, again, NULL);
  g_autoptr (GPtrArray) old = list (issuing, root, NULL);
  g_autoptr (GPtrArray) alone = list (root, NULL, NULL);
  ScepCaTrustQuestion question = ask (NOW);
  g_autoptr (ScepCaTrust) found = scep_ca_generation_judge (renewed, &question, heritage, NULL);
  g_autoptr (ScepCaHeritage) later = inherit (found);
  ScepCaTrustQuestion followed = question;
  g_autoptr (ScepCaTrust) back = NULL;
  g_autoptr (ScepCaTrust) bare = NULL;

  followed.pin = NULL;
  followed.anchor = again->certificate;
  followed.pin_provenance = SCEP_PROVENANCE_ROLLOVER;
  back = scep_ca_generation_judge (old, &followed, later, NULL);
  check_renewed (back, again);
  bare = scep_ca_generation_judge (alone, &followed, later, NULL);
  g_assert_nonnull (bare);
}

/* Without an announcement, by way of the old root's certificate for the new root's key. */
static void
test_cross_signed (void)
{
  g_autoptr (ScepCaTrust) trust = judge_first ();
  g_autoptr (ScepCaHeritage) heritage = inherit (trust);
  g_autoptr (GPtrArray) bundle = list (next_root, cross, next_issuing);
  ScepCaTrustQuestion question = ask (NOW);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCaTrust) found = NULL;

  g_ptr_array_add (bundle, g_object_ref (root->certificate));
  found = scep_ca_generation_judge (bundle, &question, heritage, &error);
  g_assert_no_error (error);
  g_assert_true (has_role (found, root, SCEP_TRUST_ANCHOR));
  g_assert_true (has_role (found, next_issuing, SCEP_TRUST_ISSUING | SCEP_TRUST_RA_ENCRYPT));

  /* The new root may issue by itself. */
  g_ptr_array_remove (bundle, next_issuing->certificate);
  scep_ca_trust_unref (found);
  found = scep_ca_generation_judge (bundle, &question, heritage, &error);
  g_assert_no_error (error);
  g_assert_true (scep_certificate_has_public_key (
      scep_ca_trust_get_issuing_ca (found), scep_certificate_get_spki (next_root->certificate)));
}

/* A request that went to an RA may be answered by it; another RA pin ends that. */
/* A root that does not say that it is a CA is kept for what it issued, and nothing longer. */
static void
test_old_root (void)
{
  TestCertificateSpec spec = { .name = "Old",
                               .serial = 20,
                               .rsa_bits = 2048,
                               .version_1 = TRUE,
                               .not_before = NOW - YEAR,
                               .not_after = NOW + 2 * YEAR };
  TestCertificateSpec device = {
    .name = "client", .serial = 51, .rsa_bits = 2048, .not_before = NOW, .not_after = NOW + YEAR
  };
  g_autoptr (TestCertificate) old = test_certificate_new (&spec, NULL, NULL);
  g_autoptr (TestCertificate) issued = test_certificate_new (&device, old, NULL);
  g_autoptr (ScepCaHeritage) nothing = g_new0 (ScepCaHeritage, 1);
  g_autoptr (GPtrArray) first = list (old, NULL, NULL);
  g_autoptr (GPtrArray) later = list (next_root, NULL, NULL);
  ScepCaTrustQuestion question = ask (NOW);
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCaTrust) trust = NULL;
  g_autoptr (ScepCaTrust) expecting = NULL;
  g_autoptr (ScepCaHeritage) heritage = NULL;
  g_autoptr (ScepCaTrust) both = NULL;

  question.pin = scep_certificate_get_fingerprint (old->certificate);
  trust = scep_ca_generation_judge (first, &question, nothing, &error);
  g_assert_no_error (error);
  expecting = expect (trust, next_root, NULL, NULL);
  heritage = inherit (expecting);
  heritage->enrolled = g_object_ref (issued->certificate);
  both = scep_ca_generation_judge (later, &question, heritage, &error);
  g_assert_no_error (error);
  g_assert_true (
      has_role (both, old, SCEP_TRUST_PREVIOUS | SCEP_TRUST_ISSUING | SCEP_TRUST_RA_ENCRYPT));
  check_restored (both, NOW, 2);
}

static void
test_previous_ra (void)
{
  TestCertificateSpec spec = {
    .name = "RA",
    .serial = 20,
    .rsa_bits = 2048,
    .extended_key_usage = "1.3.6.1.5.5.7.3.28",
    .not_before = NOW,
    .not_after = NOW + YEAR,
  };
  g_autoptr (TestCertificate) ra = test_certificate_new (&spec, issuing, NULL);
  g_autoptr (GPtrArray) with = list (issuing, root, ra);
  g_autoptr (GPtrArray) without = list (issuing, root, NULL);
  g_autoptr (ScepCaHeritage) nothing = g_new0 (ScepCaHeritage, 1);
  g_autoptr (ScepCaHeritage) heritage = NULL;
  ScepCaTrustQuestion question = ask (NOW);
  g_autoptr (ScepCaTrust) first = scep_ca_generation_judge (with, &question, nothing, NULL);
  g_autoptr (ScepCaTrust) gone = NULL;
  g_autoptr (ScepCaTrust) kept = NULL;

  heritage = inherit (first);
  gone = scep_ca_generation_judge (without, &question, heritage, NULL);
  g_assert_true (is_absent (gone, ra));
  heritage->in_flight = TRUE;
  kept = scep_ca_generation_judge (without, &question, heritage, NULL);
  g_assert_true (
      has_role (kept, ra, SCEP_TRUST_PREVIOUS | SCEP_TRUST_RA_SIGN | SCEP_TRUST_RA_ENCRYPT));
  check_restored (kept, NOW, 2);
  scep_ca_trust_unref (kept);
  question.ra_pin = scep_certificate_get_fingerprint (issuing->certificate);
  kept = scep_ca_generation_judge (without, &question, heritage, NULL);
  g_assert_true (is_absent (kept, ra));
}

int
main (int argc, char **argv)
{
  int rc;

  g_test_init (&argc, &argv, NULL);
  set_up ();
  g_test_add_func ("/ca-generation/unexpected", test_unexpected);
  g_test_add_func ("/ca-generation/vouching-for-each-other", test_vouching_for_each_other);
  g_test_add_func ("/ca-generation/expected", test_expected);
  g_test_add_func ("/ca-generation/not-yet", test_not_yet);
  g_test_add_func ("/ca-generation/shown", test_shown);
  g_test_add_func ("/ca-generation/kept-until-end", test_kept_until_end);
  g_test_add_func ("/ca-generation/ended", test_ended);
  g_test_add_func ("/ca-generation/same-key", test_same_key);
  g_test_add_func ("/ca-generation/renewed", test_renewed);
  g_test_add_func ("/ca-generation/not-renewed", test_not_renewed);
  g_test_add_func ("/ca-generation/renewed-and-back", test_renewed_and_back);
  g_test_add_func ("/ca-generation/cross-signed", test_cross_signed);
  g_test_add_func ("/ca-generation/previous-ra", test_previous_ra);
  g_test_add_func ("/ca-generation/old-root", test_old_root);
  rc = g_test_run ();
  tear_down ();
  return rc;
}
