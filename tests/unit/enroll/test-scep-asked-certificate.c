/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-asked-certificate.h"

#include "base/scep-error.h"
#include "certificate-factory.h"
#include "codec/scep-serial.h"

#include <string.h>

#define NOW G_GINT64_CONSTANT (1760000000)
#define FROM .not_before = NOW - 86400, .not_after = NOW + 86400
#define CA(text) .name = text, .rsa_bits = 2048, .ca = TRUE, FROM

/* All but "other_ca" have the name of "ca": it followed on "previous", and nobody trusts "impostor". */
static TestCertificate *ca, *previous, *impostor, *other_ca;

static TestCertificate *
make (const TestCertificateSpec *spec, TestCertificate *issuer)
{
  return test_certificate_new (spec, issuer, NULL);
}

static TestCertificate *
make_device (long serial, TestCertificate *issuer)
{
  return make (&(TestCertificateSpec){ .name = "device", .serial = serial, FROM }, issuer);
}

/* Asks for 0x4d of the CA; @answer ends with %NULL. */
static ScepCertificate *
find (TestCertificate *const *answer, ScepPolicy policy, GError **error)
{
  g_autoptr (GPtrArray) certificates = g_ptr_array_new ();
  g_autoptr (GPtrArray) cas = g_ptr_array_new ();
  g_autoptr (GBytes) serial = scep_serial_parse ("4d");
  ScepAskedQuestion question = {
    .issuer = scep_certificate_get_subject_der (ca->certificate),
    .serial = serial,
    .cas = cas,
    .policy = policy,
    .host = "ca.example",
  };

  for (guint i = 0; answer[i] != NULL; i++)
    g_ptr_array_add (certificates, answer[i]->certificate);
  g_ptr_array_add (cas, other_ca->certificate);
  g_ptr_array_add (cas, ca->certificate);
  g_ptr_array_add (cas, previous->certificate);
  return scep_asked_certificate_find (certificates, &question, error);
}

/* Takes @answer. */
static void
assert_refused (TestCertificate *answer, ScepPolicy policy, ScepError code, const char *saying)
{
  TestCertificate *const answers[] = { answer, NULL };
  g_autoptr (TestCertificate) owned = answer;
  g_autoptr (GError) error = NULL;

  g_assert_null (find (answers, policy, &error));
  g_assert_error (error, SCEP_ERROR, (gint) code);
  g_assert_nonnull (strstr (error->message, saying));
}

static void
test_none (void)
{
  assert_refused (NULL, SCEP_POLICY_DEFAULT, SCEP_ERROR_CERTIFICATE_MISMATCH, "4d");
}

static void
test_other (void)
{
  assert_refused (make_device (0x4e, ca), SCEP_POLICY_DEFAULT, SCEP_ERROR_CERTIFICATE_MISMATCH,
                  "4e");
  assert_refused (make_device (0x4d, other_ca), SCEP_POLICY_DEFAULT,
                  SCEP_ERROR_CERTIFICATE_MISMATCH, "Other CA");
}

static void
test_not_signed (void)
{
  assert_refused (make_device (0x4d, impostor), SCEP_POLICY_DEFAULT, SCEP_ERROR_SIGNATURE_INVALID,
                  "Test CA");
}

static void
test_weak (void)
{
  TestCertificateSpec spec = { .name = "device", .serial = 0x4d, .sha1 = TRUE, FROM };

  assert_refused (make (&spec, ca), SCEP_POLICY_DEFAULT, SCEP_ERROR_WEAK_ALGORITHM,
                  "AlgorithmPolicy");
}

/* Others in the answer are passed over, and it may have expired. */
static void
test_found (void)
{
  TestCertificateSpec spec = { .name = "device", .serial = 0x4d, .not_before = 1, .not_after = 2 };
  g_autoptr (TestCertificate) asked = make (&spec, ca);
  g_autoptr (TestCertificate) another = make_device (0x4e, ca);
  TestCertificate *const answer[] = { ca, another, asked, NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCertificate) found = find (answer, SCEP_POLICY_STRICT, &error);

  g_assert_no_error (error);
  g_assert_true (scep_certificate_equal (found, asked->certificate));
}

/* What was issued before a rollover. */
static void
test_previous (void)
{
  g_autoptr (TestCertificate) asked = make_device (0x4d, previous);
  TestCertificate *const answer[] = { asked, NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCertificate) found = find (answer, SCEP_POLICY_DEFAULT, &error);

  g_assert_no_error (error);
  g_assert_true (scep_certificate_equal (found, asked->certificate));
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  ca = make (&(TestCertificateSpec){ CA ("Test CA") }, NULL);
  previous = make (&(TestCertificateSpec){ CA ("Test CA") }, NULL);
  impostor = make (&(TestCertificateSpec){ CA ("Test CA") }, NULL);
  other_ca = make (&(TestCertificateSpec){ CA ("Other CA") }, NULL);
  g_test_add_func ("/asked-certificate/none", test_none);
  g_test_add_func ("/asked-certificate/other", test_other);
  g_test_add_func ("/asked-certificate/not-signed", test_not_signed);
  g_test_add_func ("/asked-certificate/weak", test_weak);
  g_test_add_func ("/asked-certificate/found", test_found);
  g_test_add_func ("/asked-certificate/previous", test_previous);
  result = g_test_run ();
  test_certificate_free (ca);
  test_certificate_free (previous);
  test_certificate_free (impostor);
  test_certificate_free (other_ca);
  return result;
}
