/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-error.h"
#include "openssl-next-ca.h"
#include "profile-fixture.h"

#define DAY (24 * 60 * 60)

/* A root with two issuing CAs below it: the server is one of them, and does not say which. */
typedef struct {
  ProfileFixture base;
  TestCertificate *root;
  TestCertificate *newer;
  TestCertificate *older;
} Fixture;

static TestCertificate *
make_ca (Fixture *f, const char *name, long serial, gint age, TestCertificate *issuer)
{
  gint64 now = scep_clock_now (SCEP_CLOCK (f->base.clock));
  TestCertificateSpec spec = { .name = name,
                               .serial = serial,
                               .rsa_bits = 2048,
                               .ca = TRUE,
                               .key_usage = issuer == NULL ? "keyCertSign" : NULL,
                               .not_before = now - age * DAY,
                               .not_after = now + 1000 * DAY };

  return test_certificate_new (&spec, issuer, NULL);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  X509 *all[3];

  profile_fixture_set_up (&f->base, data);
  f->root = make_ca (f, "Root", 20, 9, NULL);
  f->older = make_ca (f, "Older", 21, 8, f->root);
  f->newer = make_ca (f, "Newer", 22, 7, f->root);
  all[0] = f->older->x509;
  all[1] = f->root->x509;
  all[2] = f->newer->x509;
  f->base.ca_certificates = test_degenerate_build (all, 3);
  test_certificate_free (f->base.ca);
  f->base.ca = f->older;
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  profile_fixture_tear_down (&f->base, data);
  test_certificate_free (f->root);
  test_certificate_free (f->base.ca == f->older ? f->newer : f->older);
}

static void
begin (Fixture *f)
{
  profile_fixture_begin (&f->base, scep_certificate_get_fingerprint (f->root->certificate));
}

/* The server signs that it cannot open the message. */
static void
test_refused (Fixture *f, gconstpointer data)
{
  begin (f);
  profile_fixture_wait_counter (&f->base.n_failures, 1);
  profile_fixture_assert_error (&f->base, SCEP_ERROR_BAD_MESSAGE_CHECK);
  g_assert_cmpuint (f->base.n_sealed, ==, 1);
  scep_clock_fake_advance (f->base.clock, 2 * PROFILE_FIXTURE_RETRY);
  profile_fixture_wait_state (&f->base, "enrolled");
  g_assert_cmpuint (f->base.n_sealed, ==, 1);
  g_assert_cmpuint (f->base.n_requests, ==, 1);
}

/* It knows no better than an error of HTTP; what was found out is remembered. */
static void
test_faulted (Fixture *f, gconstpointer data)
{
  f->base.faults_sealed = TRUE;
  begin (f);
  profile_fixture_wait_counter (&f->base.n_failures, 1);
  profile_fixture_assert_error (&f->base, SCEP_ERROR_HTTP_STATUS);
  profile_fixture_close (&f->base);
  profile_fixture_open (&f->base);
  scep_clock_fake_advance (f->base.clock, 2 * PROFILE_FIXTURE_RETRY);
  profile_fixture_wait_state (&f->base, "enrolled");
  g_assert_cmpuint (f->base.n_sealed, ==, 1);
  profile_fixture_close (&f->base);
  profile_fixture_open (&f->base);
  profile_fixture_wait_state (&f->base, "enrolled");
  g_assert_true (scep_profile_renew (f->base.profile, NULL));
  profile_fixture_wait_counter (&f->base.n_renewed, 1);
  g_assert_cmpuint (f->base.n_sealed, ==, 1);
}

/* Who has signed that a request is pending has opened it, whatever comes of a poll. */
static void
test_pending (Fixture *f, gconstpointer data)
{
  f->base.mood = MOOD_DELAY;
  begin (f);
  profile_fixture_wait_counter (&f->base.n_failures, 1);
  scep_clock_fake_advance (f->base.clock, 2 * PROFILE_FIXTURE_RETRY);
  profile_fixture_wait_state (&f->base, "pending");
  f->base.mood = MOOD_FAULT;
  scep_clock_fake_advance (f->base.clock, 2 * PROFILE_FIXTURE_RETRY);
  profile_fixture_wait_counter (&f->base.n_failures, 2);
  profile_fixture_settle (&f->base);
  f->base.mood = MOOD_ISSUE;
  scep_clock_fake_advance (f->base.clock, 4 * PROFILE_FIXTURE_RETRY);
  profile_fixture_wait_state (&f->base, "enrolled");
  g_assert_cmpuint (f->base.n_sealed, ==, 1);
  g_assert_cmpuint (f->base.n_requests, ==, 1);
}

/* Nobody can open anything: each is tried in turn. */
static void
test_in_turn (Fixture *f, gconstpointer data)
{
  TestCertificate *other = make_ca (f, "Other", 30, 1, NULL);

  f->base.ca = other;
  f->base.faults_sealed = TRUE;
  begin (f);
  for (guint i = 1; i <= 3; i++) {
    profile_fixture_wait_counter (&f->base.n_failures, i);
    g_assert_cmpuint (f->base.n_sealed, ==, i);
    f->base.ca = i == 2 ? f->newer : other;
    scep_clock_fake_advance (f->base.clock, 2 * PROFILE_FIXTURE_RETRY);
    if (i == 2)
      break;
  }
  profile_fixture_wait_state (&f->base, "enrolled");
  g_assert_cmpuint (f->base.n_sealed, ==, 2);
  f->base.ca = f->older;
  test_certificate_free (other);
}

#define ADD(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/recipient/refused", test_refused);
  ADD ("/recipient/faulted", test_faulted);
  ADD ("/recipient/pending", test_pending);
  ADD ("/recipient/in-turn", test_in_turn);
  return g_test_run ();
}
