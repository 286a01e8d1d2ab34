/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "certificate-factory.h"

#include <string.h>

#define NOW G_GINT64_CONSTANT (1760000000)
#define FROM .not_before = NOW - 86400, .not_after = NOW + 86400

static TestCertificate *ca, *plain;

static guint8 *
find (guint8 *data, gsize size, const char *what, gsize length)
{
  for (gsize i = 0; i + length <= size; i++) {
    if (memcmp (data + i, what, length) == 0)
      return data + i;
  }
  g_assert_not_reached ();
}

/* What OpenSSL itself would not write: @was once replaced by @now, which is as long, and signed. */
static GBytes *
change (const char *was, const char *now, gsize length)
{
  gsize size, signature = (gsize) EVP_PKEY_get_size (ca->key);
  const guint8 *data = g_bytes_get_data (scep_certificate_get_der (plain->certificate), &size);
  guint8 *der = g_memdup2 (data, size);
  guint8 *tbs = der + 4;
  EVP_MD_CTX *context = EVP_MD_CTX_new ();

  memcpy (find (der, size, was, length), now, length);
  g_assert_cmpint (EVP_DigestSignInit (context, NULL, EVP_sha256 (), NULL, ca->key), ==, 1);
  g_assert_cmpint (EVP_DigestSign (context, der + size - signature, &signature, tbs,
                                   4 + ((gsize) tbs[2] << 8 | tbs[3])),
                   ==, 1);
  EVP_MD_CTX_free (context);
  return g_bytes_new_take (der, size);
}

/* Whether OpenSSL reads it and verifies it. */
static gboolean
openssl_verifies (GBytes *der)
{
  gsize size;
  const guchar *data = g_bytes_get_data (der, &size);
  X509 *x509 = d2i_X509 (NULL, &data, (long) size);
  X509_STORE *store = X509_STORE_new ();
  X509_STORE_CTX *context = X509_STORE_CTX_new ();
  gboolean verifies = FALSE;

  X509_STORE_add_cert (store, ca->x509);
  X509_STORE_CTX_init (context, store, x509, NULL);
  X509_VERIFY_PARAM_set_time (X509_STORE_CTX_get0_param (context), (time_t) NOW);
  if (x509 != NULL)
    verifies = X509_verify_cert (context) == 1;
  X509_STORE_CTX_free (context);
  X509_STORE_free (store);
  X509_free (x509);
  return verifies;
}

/* Both of us agree: @field is at fault, or %NULL for none. */
static void
check (GBytes *der, const char *field)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ScepCertificate) certificate = scep_certificate_new (der, &error);
  const char *malformed;

  g_assert_no_error (error);
  malformed = scep_certificate_find_malformed (certificate);
  g_assert_cmpint (openssl_verifies (der), ==, field == NULL);
  g_assert_cmpint (malformed != NULL, ==, field != NULL);
  if (field != NULL)
    g_assert_true (g_str_has_prefix (malformed, field));
}

static void
check_change (const char *was, const char *now, gsize length, const char *field)
{
  g_autoptr (GBytes) der = change (was, now, length);

  check (der, field);
}

#define SERIAL "\x02\x04\x11\x22\x33\x44"

static void
test_good (void)
{
  check_change ("host", "Host", 4, NULL);
  check_change (SERIAL, "\x02\x04\x00\xa2\x33\x44", 6, NULL);
}

static void
test_serial (void)
{
  check_change (SERIAL, "\x02\x04\x00\x11\x22\x33", 6, "serialNumber");
  check_change (SERIAL, "\x02\x04\xff\xa2\x22\x33", 6, "serialNumber");
}

static void
test_text (void)
{
  check_change ("host", "h\xf6st", 4, "subject");
  check_change ("\x0c\x04host", "\x0c\x04\xed\xa0\x80t", 6, "subject");
}

/* UTCTime without its seconds. */
static void
test_time (void)
{
  g_autoptr (TestCertificate) odd = test_certificate_new (
      &(TestCertificateSpec){ .name = "host", .rsa_bits = 2048, .short_time = TRUE, FROM }, ca,
      NULL);

  check (scep_certificate_get_der (odd->certificate), "notAfter");
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  ca = test_certificate_new (
      &(TestCertificateSpec){ .name = "CA", .rsa_bits = 2048, .ca = TRUE, FROM }, NULL, NULL);
  plain = test_certificate_new (
      &(TestCertificateSpec){ .name = "host", .serial = 0x11223344, .rsa_bits = 2048, FROM }, ca,
      NULL);
  g_test_add_func ("/certificate-form/good", test_good);
  g_test_add_func ("/certificate-form/serial", test_serial);
  g_test_add_func ("/certificate-form/text", test_text);
  g_test_add_func ("/certificate-form/time", test_time);
  status = g_test_run ();
  test_certificate_free (ca);
  test_certificate_free (plain);
  return status;
}
