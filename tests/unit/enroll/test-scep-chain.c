/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-chain.h"

#include "base/scep-error.h"
#include "certificate-factory.h"

#include <string.h>

#define NOW G_GINT64_CONSTANT (1760000000)
#define FROM .not_before = NOW - 86400, .not_after = NOW + 86400

static TestCertificate *root;

/* @bits: 0 for an EC key, which is quick */
static TestCertificate *
ca_new (const char *name, TestCertificate *issuer, guint bits)
{
  return test_certificate_new (
      &(TestCertificateSpec){ .name = name, .rsa_bits = bits, .ca = TRUE, FROM }, issuer, NULL);
}

static GPtrArray *
list_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) g_object_unref);
}

static void
add (GPtrArray *list, TestCertificate *certificate)
{
  g_ptr_array_add (list, g_object_ref (certificate->certificate));
}

static ScepChains *
build (TestCertificate *anchor, GPtrArray *list)
{
  g_autoptr (GError) error = NULL;
  ScepChains *chains =
      scep_chains_build (anchor->certificate, list, SCEP_POLICY_DEFAULT, NOW, &error);

  g_assert_no_error (error);
  return chains;
}

static gboolean
contains (ScepChains *chains, TestCertificate *certificate)
{
  for (guint i = 0; i < chains->links->len; i++) {
    const ScepChainLink *link = g_ptr_array_index (chains->links, i);

    if (link->certificate == certificate->certificate)
      return TRUE;
  }
  return FALSE;
}

static void
anchor_refused (const TestCertificateSpec *spec, ScepPolicy policy, ScepError code)
{
  g_autoptr (TestCertificate) anchor = test_certificate_new (spec, NULL, NULL);
  g_autoptr (GPtrArray) nothing = list_new ();
  g_autoptr (GError) error = NULL;

  g_assert_null (scep_chains_build (anchor->certificate, nothing, policy, NOW, &error));
  g_assert_error (error, SCEP_ERROR, (gint) code);
}

static void
test_anchor (void)
{
  TestCertificateSpec old = {
    .name = "Old", .ca = TRUE, .not_before = NOW - 100, .not_after = NOW - 1
  };
  TestCertificateSpec early = {
    .name = "Early", .ca = TRUE, .not_before = NOW + 601, .not_after = NOW + 9000
  };
  TestCertificateSpec weak = { .name = "Weak", .rsa_bits = 1024, .ca = TRUE, FROM };
  TestCertificateSpec sha1 = { .name = "SHA-1", .ca = TRUE, .sha1 = TRUE, FROM };
  g_autoptr (TestCertificate) anchor = test_certificate_new (&sha1, NULL, NULL);
  g_autoptr (GPtrArray) nothing = list_new ();
  g_autoptr (ScepChains) chains = NULL;

  anchor_refused (&old, SCEP_POLICY_LEGACY, SCEP_ERROR_UNTRUSTED_CA);
  anchor_refused (&early, SCEP_POLICY_LEGACY, SCEP_ERROR_CLOCK_IMPLAUSIBLE);
  anchor_refused (&weak, SCEP_POLICY_STRICT, SCEP_ERROR_WEAK_ALGORITHM);
  anchor_refused (&weak, SCEP_POLICY_DEFAULT, SCEP_ERROR_WEAK_ALGORITHM);
  /* Nobody relies on the signature of the anchor itself. */
  chains = build (anchor, nothing);
  g_assert_cmpint (chains->warnings, ==, SCEP_WARNING_NONE);
}

/* Its last second counts, and the clocks may differ by ten minutes. */
static void
test_anchor_in_time (void)
{
  TestCertificateSpec last = {
    .name = "Last", .ca = TRUE, .not_before = NOW - 100, .not_after = NOW
  };
  TestCertificateSpec first = {
    .name = "First", .ca = TRUE, .not_before = NOW + 600, .not_after = NOW + 9000
  };
  g_autoptr (TestCertificate) ends = test_certificate_new (&last, NULL, NULL);
  g_autoptr (TestCertificate) begins = test_certificate_new (&first, NULL, NULL);
  g_autoptr (GPtrArray) nothing = list_new ();
  g_autoptr (ScepChains) with_end = build (ends, nothing);
  g_autoptr (ScepChains) with_begin = build (begins, nothing);

  g_assert_true (contains (with_end, ends));
  g_assert_true (contains (with_begin, begins));
}

static void
check_left_out (const TestCertificateSpec *spec, ScepError code)
{
  g_autoptr (TestCertificate) bad = test_certificate_new (spec, root, NULL);
  g_autoptr (GPtrArray) list = list_new ();
  g_autoptr (ScepChains) chains = NULL;
  const GError *reason;

  add (list, bad);
  chains = build (root, list);
  reason = spec->ca ? chains->refused_ca : chains->refused_leaf;
  g_assert_false (contains (chains, bad));
  g_assert_error (reason, SCEP_ERROR, (gint) code);
  g_assert_null (spec->ca ? chains->refused_leaf : chains->refused_ca);
  g_assert_cmpuint (chains->ignored, ==, 1);
  g_assert_cmpint (chains->warnings, ==, SCEP_WARNING_IGNORED_CERTIFICATES);
}

static void
test_left_out (void)
{
  for (guint ca = 0; ca < 2; ca++) {
    TestCertificateSpec old = {
      .name = "Old", .ca = ca != 0, .not_before = NOW - 100, .not_after = NOW - 1
    };
    TestCertificateSpec weak = { .name = "Weak", .rsa_bits = 1024, .ca = ca != 0, FROM };
    TestCertificateSpec sha1 = { .name = "SHA-1", .ca = ca != 0, .sha1 = TRUE, FROM };

    check_left_out (&old, SCEP_ERROR_UNTRUSTED_CA);
    check_left_out (&weak, SCEP_ERROR_WEAK_ALGORITHM);
    check_left_out (&sha1, SCEP_ERROR_WEAK_ALGORITHM);
  }
}

static void
test_legacy (void)
{
  TestCertificateSpec sha1 = { .name = "SHA-1", .ca = TRUE, .sha1 = TRUE, FROM };
  TestCertificateSpec weak = { .name = "Weak", .rsa_bits = 1024, FROM };
  g_autoptr (TestCertificate) ca = test_certificate_new (&sha1, root, NULL);
  g_autoptr (TestCertificate) leaf = test_certificate_new (&weak, ca, NULL);
  g_autoptr (GPtrArray) list = list_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepChains) chains = NULL;

  add (list, leaf);
  add (list, ca);
  chains = scep_chains_build (root->certificate, list, SCEP_POLICY_LEGACY, NOW, &error);
  g_assert_no_error (error);
  g_assert_true (contains (chains, leaf));
  g_assert_cmpint (chains->warnings, ==, SCEP_WARNING_WEAK_KEY | SCEP_WARNING_WEAK_CERTIFICATE);
}

/* The names alone prove nothing, and only a CA issues. */
static void
test_forged (void)
{
  TestCertificateSpec plain = { .name = "host", FROM };
  g_autoptr (TestCertificate) namesake = ca_new ("Root", NULL, 0);
  g_autoptr (TestCertificate) forged = test_certificate_new (&plain, namesake, NULL);
  g_autoptr (TestCertificate) device = test_certificate_new (&plain, root, NULL);
  g_autoptr (TestCertificate) below = ca_new ("Below", device, 0);
  g_autoptr (GPtrArray) list = list_new ();
  g_autoptr (ScepChains) chains = NULL;

  add (list, namesake);
  add (list, forged);
  add (list, below);
  add (list, device);
  add (list, device);
  chains = build (root, list);
  g_assert_cmpuint (chains->links->len, ==, 2);
  g_assert_true (contains (chains, device));
  g_assert_cmpuint (chains->ignored, ==, 3);
  g_assert_null (chains->refused_ca);
}

/* A new key of the same CA stands in its place, not below it. */
static void
test_self_issued (void)
{
  g_autoptr (TestCertificate) old = test_certificate_new (
      &(TestCertificateSpec){ .name = "CA", .constraints = "critical,CA:TRUE,pathlen:0", FROM },
      NULL, NULL);
  g_autoptr (TestCertificate) renewed = ca_new ("CA", old, 0);
  g_autoptr (TestCertificate) excess = ca_new ("Excess", renewed, 0);
  g_autoptr (GPtrArray) list = list_new ();
  g_autoptr (ScepChains) chains = NULL;

  add (list, excess);
  add (list, renewed);
  chains = build (old, list);
  g_assert_true (contains (chains, renewed));
  g_assert_false (contains (chains, excess));
  g_assert_error (chains->refused_ca, SCEP_ERROR, SCEP_ERROR_UNTRUSTED_CA);
  g_assert_false (scep_chains_has_lower (chains, old->certificate));
  g_assert_false (scep_chains_has_lower (chains, renewed->certificate));
}

/* Nor does it count for what stands below it. */
static void
test_below_self_issued (void)
{
  g_autoptr (TestCertificate) old = test_certificate_new (
      &(TestCertificateSpec){ .name = "CA", .constraints = "critical,CA:TRUE,pathlen:1", FROM },
      NULL, NULL);
  g_autoptr (TestCertificate) renewed = ca_new ("CA", old, 0);
  g_autoptr (TestCertificate) lower = ca_new ("Lower", renewed, 0);
  g_autoptr (TestCertificate) excess = ca_new ("Excess", lower, 0);
  g_autoptr (GPtrArray) list = list_new ();
  g_autoptr (ScepChains) chains = NULL;

  add (list, excess);
  add (list, lower);
  add (list, renewed);
  chains = build (old, list);
  g_assert_true (contains (chains, lower));
  g_assert_false (contains (chains, excess));
  /* Both generations stand above it. */
  g_assert_true (scep_chains_has_lower (chains, old->certificate));
  g_assert_true (scep_chains_has_lower (chains, renewed->certificate));
  g_assert_false (scep_chains_has_lower (chains, lower->certificate));
}

static void
test_depth (void)
{
  g_autoptr (GPtrArray) cas =
      g_ptr_array_new_with_free_func ((GDestroyNotify) test_certificate_free);
  g_autoptr (GPtrArray) list = list_new ();
  g_autoptr (ScepChains) chains = NULL;
  TestCertificate *issuer = root;

  for (guint i = 0; i < 12; i++) {
    g_autofree char *name = g_strdup_printf ("Level %u", i);

    issuer = ca_new (name, issuer, 0);
    g_ptr_array_add (cas, issuer);
    add (list, issuer);
  }
  chains = build (root, list);
  g_assert_cmpuint (chains->links->len, ==, 9);
  g_assert_cmpuint (chains->ignored, ==, 4);
}

/* Many of one name make much work of every CA of that name; it ends somewhere. */
static void
test_too_much_work (void)
{
  g_autoptr (TestCertificate) anchor = ca_new ("Same", NULL, 0);
  g_autoptr (GPtrArray) list = list_new ();
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 60; i++) {
    g_autoptr (TestCertificate) certificate = ca_new ("Same", i < 6 ? anchor : NULL, 0);

    add (list, certificate);
  }
  g_assert_null (scep_chains_build (anchor->certificate, list, SCEP_POLICY_DEFAULT, NOW, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_MALFORMED_REPLY);
}

/* A whole list of clients is no more work than one signature each. */
static void
test_as_much_as_there_may_be (void)
{
  g_autoptr (TestCertificate) device = NULL;
  g_autoptr (GPtrArray) list = list_new ();
  g_autoptr (ScepChains) chains = NULL;
  EVP_PKEY *key = test_key_new (0);

  for (guint i = 0; i < SCEP_CHAIN_MAX_VERIFICATIONS; i++) {
    g_autoptr (TestCertificate) certificate = test_certificate_new (
        &(TestCertificateSpec){ .name = "host", .serial = (long) i + 1, FROM }, root, key);

    add (list, certificate);
  }
  chains = build (root, list);
  g_assert_cmpuint (chains->links->len, ==, SCEP_CHAIN_MAX_VERIFICATIONS + 1);
  device = test_certificate_new (&(TestCertificateSpec){ .name = "host", .serial = 9999, FROM },
                                 root, key);
  add (list, device);
  g_assert_null (scep_chains_build (root->certificate, list, SCEP_POLICY_DEFAULT, NOW, NULL));
  EVP_PKEY_free (key);
}

/* Two certificates of each CA, one below the other: there are 2^8 ways down, and few are gone. */
static void
test_many_paths (void)
{
  g_autoptr (GPtrArray) cas =
      g_ptr_array_new_with_free_func ((GDestroyNotify) test_certificate_free);
  g_autoptr (GPtrArray) list = list_new ();
  g_autoptr (ScepChains) chains = NULL;
  TestCertificate *issuer = root;

  for (guint level = 0; level < SCEP_CHAIN_MAX_DEPTH; level++) {
    g_autofree char *name = g_strdup_printf ("Level %u", level);
    TestCertificate *twins[2] = { NULL, NULL };

    for (guint i = 0; i < 2; i++) {
      twins[i] = test_certificate_new (
          &(TestCertificateSpec){ .name = name, .serial = (long) i + 1, .ca = TRUE, FROM }, issuer,
          i == 0 ? NULL : twins[0]->key);
      g_ptr_array_add (cas, twins[i]);
      add (list, twins[i]);
    }
    issuer = twins[0];
  }
  chains = build (root, list);
  g_assert_cmpuint (chains->links->len, ==, 1 + 2 * SCEP_CHAIN_MAX_DEPTH);
  g_assert_cmpuint (chains->ignored, ==, 0);
  g_assert_cmpuint (chains->paths->len, <=, 2 * SCEP_CHAIN_MAX_DEPTH * SCEP_CHAIN_MAX_PATHS);
}

static const ScepChainRefusal *
get_only_refusal (ScepChains *chains)
{
  g_assert_cmpuint (chains->refusals->len, ==, 1);
  return g_ptr_array_index (chains->refusals, 0);
}

/* The reason is that of the issuer that came nearest, and none where another one says yes. */
static void
test_reason (void)
{
  TestCertificateSpec narrow = { .name = "Middle", .constraints = "CA:TRUE,pathlen:0", FROM };
  g_autoptr (TestCertificate) other = ca_new ("Middle", root, 0);
  g_autoptr (TestCertificate) bad = test_certificate_new (&narrow, root, NULL);
  g_autoptr (TestCertificate) good = test_certificate_new (
      &(TestCertificateSpec){ .name = "Middle", .serial = 2, .ca = TRUE, FROM }, root, bad->key);
  g_autoptr (TestCertificate) lower = ca_new ("Lower", bad, 0);
  g_autoptr (GPtrArray) list = list_new ();
  g_autoptr (ScepChains) without = NULL;
  g_autoptr (ScepChains) with = NULL;

  add (list, lower);
  add (list, other);
  add (list, bad);
  without = build (root, list);
  g_assert_true (get_only_refusal (without)->is_signed);
  g_assert_nonnull (strstr (get_only_refusal (without)->reason->message, "pathLenConstraint"));
  g_assert_true (
      scep_chains_get_reason (without, scep_certificate_get_fingerprint (lower->certificate)) ==
      get_only_refusal (without)->reason);
  add (list, good);
  with = build (root, list);
  g_assert_cmpuint (with->refusals->len, ==, 0);
  g_assert_null (with->refused_ca);
  g_assert_nonnull (
      scep_chains_lookup (with, scep_certificate_get_fingerprint (lower->certificate)));
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  root = ca_new ("Root", NULL, 2048);
  g_test_add_func ("/chain/anchor", test_anchor);
  g_test_add_func ("/chain/anchor/in-time", test_anchor_in_time);
  g_test_add_func ("/chain/left-out", test_left_out);
  g_test_add_func ("/chain/legacy", test_legacy);
  g_test_add_func ("/chain/forged", test_forged);
  g_test_add_func ("/chain/self-issued", test_self_issued);
  g_test_add_func ("/chain/below-self-issued", test_below_self_issued);
  g_test_add_func ("/chain/depth", test_depth);
  g_test_add_func ("/chain/too-much-work", test_too_much_work);
  g_test_add_func ("/chain/as-much-as-there-may-be", test_as_much_as_there_may_be);
  g_test_add_func ("/chain/many-paths", test_many_paths);
  g_test_add_func ("/chain/reason", test_reason);
  result = g_test_run ();
  test_certificate_free (root);
  return result;
}
