/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-crl-check.h"

#include "base/scep-error.h"
#include "certificate-factory.h"
#include "openssl-crl.h"

#define NOW 1790000000
#define DAY (24 * 60 * 60)
#define ENDPOINT "http://ca.example.org/scep"

typedef struct {
  TestCertificate *ca;
  TestCertificate *other; /* with the same name */
  TestCertificate *device;
  GPtrArray *cas;
  TestCrlSpec spec;
  ScepCrlQuestion question;
} Fixture;

static TestCertificate *
make_ca (const char *key_usage)
{
  TestCertificateSpec spec = {
    .name = "Test CA",
    .ca = TRUE,
    .key_usage = key_usage,
    .not_before = NOW - 100 * DAY,
    .not_after = NOW + 100 * DAY,
  };

  return test_certificate_new (&spec, NULL, NULL);
}

static void
use_ca (Fixture *f, const char *key_usage)
{
  TestCertificateSpec spec = { .name = "device", .not_before = NOW - DAY, .not_after = NOW + DAY };

  g_clear_pointer (&f->ca, test_certificate_free);
  g_clear_pointer (&f->device, test_certificate_free);
  g_ptr_array_set_size (f->cas, 0);
  f->ca = make_ca (key_usage);
  f->device = test_certificate_new (&spec, f->ca, NULL);
  g_ptr_array_add (f->cas, g_object_ref (f->other->certificate));
  g_ptr_array_add (f->cas, g_object_ref (f->ca->certificate));
  f->question.certificate = f->device->certificate;
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->other = make_ca (NULL);
  f->cas = g_ptr_array_new_with_free_func (g_object_unref);
  f->spec = (TestCrlSpec){ .this_update = NOW - DAY, .next_update = NOW + DAY, .number = 16 };
  f->question = (ScepCrlQuestion){ .cas = f->cas, .policy = SCEP_POLICY_DEFAULT, .now = NOW };
  use_ca (f, NULL);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  test_certificate_free (f->ca);
  test_certificate_free (f->other);
  test_certificate_free (f->device);
  g_ptr_array_unref (f->cas);
}

static gboolean
check (Fixture *f, TestCertificate *signer, GError **error)
{
  g_autoptr (GBytes) der = test_crl_new (signer->x509, signer->key, &f->spec);
  g_autoptr (GError) read_error = NULL;
  g_autoptr (ScepCrl) crl = scep_crl_new (der, &read_error);

  g_assert_no_error (read_error);
  return scep_crl_check (crl, &f->question, error);
}

static void
assert_refused (Fixture *f, TestCertificate *signer, ScepError code)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (check (f, signer, &error));
  g_assert_error (error, SCEP_ERROR, (int) code);
}

static void
assert_good (Fixture *f)
{
  g_autoptr (GError) error = NULL;

  check (f, f->ca, &error);
  g_assert_no_error (error);
}

static void
test_issuer (Fixture *f, gconstpointer data)
{
  assert_refused (f, f->device, SCEP_ERROR_CERTIFICATE_MISMATCH);
  assert_refused (f, f->other, SCEP_ERROR_SIGNATURE_INVALID);
  g_ptr_array_set_size (f->cas, 1);
  assert_refused (f, f->ca, SCEP_ERROR_UNTRUSTED_CA);
  use_ca (f, "keyCertSign");
  assert_refused (f, f->ca, SCEP_ERROR_UNTRUSTED_CA);
  use_ca (f, "keyCertSign,cRLSign");
  assert_good (f);
}

/* Not even one that issued the certificate is a CA because of that. */
static void
test_no_ca (Fixture *f, gconstpointer data)
{
  TestCertificateSpec ra_spec = {
    .name = "RA", .serial = 3, .not_before = NOW - DAY, .not_after = NOW + DAY
  };
  TestCertificateSpec spec = { .name = "host", .not_before = NOW - DAY, .not_after = NOW + DAY };
  g_autoptr (TestCertificate) ra = test_certificate_new (&ra_spec, f->ca, NULL);
  g_autoptr (TestCertificate) issued = test_certificate_new (&spec, ra, NULL);

  g_ptr_array_add (f->cas, g_object_ref (ra->certificate));
  f->question.certificate = issued->certificate;
  assert_refused (f, ra, SCEP_ERROR_UNTRUSTED_CA);
}

static void
test_digest (Fixture *f, gconstpointer data)
{
  f->spec.sha1 = TRUE;
  assert_refused (f, f->ca, SCEP_ERROR_WEAK_ALGORITHM);
  f->question.policy = SCEP_POLICY_LEGACY;
  assert_good (f);
}

static void
test_dates (Fixture *f, gconstpointer data)
{
  f->spec.this_update = NOW + SCEP_CRL_MAX_AHEAD + 1;
  assert_refused (f, f->ca, SCEP_ERROR_MALFORMED_REPLY);
  f->spec.this_update--;
  assert_good (f);
  f->spec.this_update = NOW - 10 * DAY;
  f->spec.next_update = NOW - SCEP_CRL_MAX_AHEAD - 1;
  assert_refused (f, f->ca, SCEP_ERROR_MALFORMED_REPLY);
  f->spec.next_update++;
  assert_good (f);
  f->spec.next_update = 0;
  assert_good (f);
  f->spec.this_update = NOW - 32 * DAY;
  assert_refused (f, f->ca, SCEP_ERROR_MALFORMED_REPLY);
}

static void
test_order (Fixture *f, gconstpointer data)
{
  f->question.seen = (ScepCrlSeen){
    .issuer = scep_certificate_get_fingerprint (f->ca->certificate),
    .number = "11",
    .this_update = NOW - DAY,
  };
  assert_refused (f, f->ca, SCEP_ERROR_MALFORMED_REPLY);
  f->spec.number = -1;
  assert_refused (f, f->ca, SCEP_ERROR_MALFORMED_REPLY);
  f->spec.number = 17;
  assert_good (f);
  f->question.seen.this_update++;
  assert_refused (f, f->ca, SCEP_ERROR_MALFORMED_REPLY);
  f->question.seen.issuer = scep_certificate_get_fingerprint (f->other->certificate);
  assert_good (f);
}

static void
test_urls (void)
{
  static const struct {
    const char *url;
    const char *endpoint;
    gboolean allowed;
  } rows[] = {
    { "ldap://ca.example.org/cn=x", ENDPOINT, FALSE },
    { "file:///etc/passwd", ENDPOINT, FALSE },
    { "http://", ENDPOINT, FALSE },
    { "not a URL", ENDPOINT, FALSE },
    { "http://user@ca.example.org/x", ENDPOINT, FALSE },
    { "http://user:secret@ca.example.org/x", ENDPOINT, FALSE },
    { "http://localhost/x", ENDPOINT, FALSE },
    { "http://LOCALHOST./x", ENDPOINT, FALSE },
    { "http://a.localhost/x", ENDPOINT, FALSE },
    { "http://127.0.0.1/x", ENDPOINT, FALSE },
    { "http://127.9.9.9:8080/x", ENDPOINT, FALSE },
    { "http://0.0.0.0/x", ENDPOINT, FALSE },
    { "http://169.254.169.254/latest", ENDPOINT, FALSE },
    { "http://[::1]/x", ENDPOINT, FALSE },
    { "http://[::]/x", ENDPOINT, FALSE },
    { "http://[fe80::1]/x", ENDPOINT, FALSE },
    { "http://[fe80::1%25eth0]/x", ENDPOINT, FALSE },
    { "http://[::ffff:127.0.0.1]/x", ENDPOINT, FALSE },
    { "http://[::7f00:1]/x", ENDPOINT, FALSE },
    { "http://[64:ff9b::7f00:1]/x", ENDPOINT, FALSE },
    { "http://[fd00:ec2::254]/latest", ENDPOINT, FALSE },
    { "http://[fd20:ce::254]/latest", ENDPOINT, FALSE },
    { "http://100.100.100.200/latest", ENDPOINT, FALSE },
    { "http://192.0.0.192/latest", ENDPOINT, FALSE },
    { "http://168.63.129.16/latest", ENDPOINT, FALSE },
    { "http://0.1.2.3/x", ENDPOINT, FALSE },
    { "http://240.0.0.1/x", ENDPOINT, FALSE },
    { "http://255.255.255.255/x", ENDPOINT, FALSE },
    { "http://224.0.0.1/x", ENDPOINT, FALSE },
    { "http://127.1/x", ENDPOINT, FALSE },
    { "http://2130706433/x", ENDPOINT, FALSE },
    { "http://127.0.0.1/x", "http://localhost:8080/scep", TRUE },
    { "http://127.0.0.1/x", "http://127.0.0.1:8080/scep", TRUE },
    { "http://crl.example.org/x", "http://127.0.0.1:8080/scep", TRUE },
    { "http://crl.example.org/ca.crl", ENDPOINT, TRUE },
    { "https://192.0.2.7:8443/ca.crl?x=y", ENDPOINT, TRUE },
    { "http://10.1.2.3/ca.crl", ENDPOINT, TRUE },
    { "http://[fd00::7]/ca.crl", ENDPOINT, TRUE },
    { "http://[64:ff9b::c000:207]/ca.crl", ENDPOINT, TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;
    gboolean refuse_local;

    g_test_message ("%s", rows[i].url);
    g_assert_cmpint (scep_crl_url_check (rows[i].url, rows[i].endpoint, &refuse_local, &error), ==,
                     rows[i].allowed);
    if (!rows[i].allowed)
      g_assert_error (error, SCEP_ERROR, SCEP_ERROR_UNSUPPORTED);
    if (error != NULL)
      g_assert_null (g_strrstr (error->message, "secret"));
  }
}

/* What a name means is seen when it is connected to, unless somebody has configured the place. */
static void
test_url_names (void)
{
  static const struct {
    const char *url;
    const char *endpoint;
    gboolean refuse_local;
  } rows[] = {
    { "http://crl.example.org/ca.crl", "http://ca.example.org/scep", TRUE },
    { "http://crl.example.org/ca.crl", "http://crl.example.org.example/scep", TRUE },
    { "http://ca.example.org/ca.crl", "https://CA.example.org:8443/scep", FALSE },
    { "http://crl.example.org/ca.crl", "http://127.0.0.1:8080/scep", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    gboolean refuse_local = !rows[i].refuse_local;

    g_assert_true (scep_crl_url_check (rows[i].url, rows[i].endpoint, &refuse_local, NULL));
    g_assert_cmpint (refuse_local, ==, rows[i].refuse_local);
  }
}

#define add(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  add ("/crl-check/issuer", test_issuer);
  add ("/crl-check/no-ca", test_no_ca);
  add ("/crl-check/digest", test_digest);
  add ("/crl-check/dates", test_dates);
  add ("/crl-check/order", test_order);
  g_test_add_func ("/crl-check/urls", test_urls);
  g_test_add_func ("/crl-check/url-names", test_url_names);
  return g_test_run ();
}
