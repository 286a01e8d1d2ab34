/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-error.h"
#include "base/scep-names.h"
#include "certificate-factory.h"
#include "service-fixture.h"
#include "service/scep-bus-keystore.h"

#include <openssl/pem.h>

#define OBJECT SCEP_PATH_KEYSTORES "/default"

typedef struct {
  ServiceFixture service;
  ScepBusKeystore *bus_keystore;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  service_fixture_set_up (&f->service, NULL);
  f->bus_keystore =
      scep_bus_keystore_new (f->service.dispatcher, f->service.keystore, f->service.reader, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_clear_object (&f->bus_keystore);
  service_fixture_tear_down (&f->service, NULL);
}

static BusCall *
call (Fixture *f, const char *method, GVariant *parameters)
{
  return service_fixture_call (&f->service, OBJECT, SCEP_INTERFACE_KEYSTORE, method, parameters,
                               -1);
}

static void
expect_error (BusCall *taken, ScepError code)
{
  g_autoptr (BusCall) answered = taken;

  g_assert_error (answered->local, SCEP_ERROR, (gint) code);
}

static void
expect_done (BusCall *taken)
{
  g_autoptr (BusCall) answered = taken;

  g_assert_no_error (answered->local);
}

static void
expect_kind (Fixture *f, const char *kind)
{
  g_autoptr (BusCall) answered = call (f, "GetEntry", g_variant_new ("(s)", "hand-made"));
  g_autoptr (GVariant) details = NULL;
  const char *found = NULL;

  g_assert_no_error (answered->local);
  details = g_variant_get_child_value (answered->reply, 0);
  g_assert_true (g_variant_lookup (details, "Kind", "&s", &found));
  g_assert_cmpstr (found, ==, kind);
}

static X509_REQ *
get_csr (Fixture *f)
{
  g_autoptr (BusCall) answered =
      call (f, "GetCSR", g_variant_new_parsed ("('hand-made', {'SubjectDN': <'CN=by hand'>})"));
  const char *pem;
  BIO *bio;
  X509_REQ *csr;

  g_assert_no_error (answered->local);
  g_variant_get (answered->reply, "(&s)", &pem);
  bio = BIO_new_mem_buf (pem, -1);
  csr = PEM_read_bio_X509_REQ (bio, NULL, NULL, NULL);
  BIO_free (bio);
  g_assert_nonnull (csr);
  return csr;
}

/* What an administrator does with a CA that does not speak SCEP. */
static GVariant *
certify (EVP_PKEY *key)
{
  const TestCertificateSpec ca_spec = {
    .name = "CA", .rsa_bits = 2048, .ca = TRUE, .not_before = 1700000000, .not_after = 1900000000
  };
  const TestCertificateSpec spec = {
    .name = "by hand", .serial = 2, .not_before = 1700000000, .not_after = 1900000000
  };
  g_autoptr (TestCertificate) ca = test_certificate_new (&ca_spec, NULL, NULL);
  g_autoptr (TestCertificate) certificate = NULL;
  g_autoptr (GPtrArray) chain = g_ptr_array_new ();
  g_autofree char *pem = NULL;

  certificate = test_certificate_new (&spec, ca, key);
  g_ptr_array_add (chain, certificate->certificate);
  pem = scep_certificate_list_to_pem (chain);
  return g_variant_new ("(ss)", "hand-made", pem);
}

static void
test_round_trip (Fixture *f, gconstpointer data)
{
  EVP_PKEY *stranger = test_key_new (2048);
  X509_REQ *csr;

  expect_error (call (f, "GetCSR", g_variant_new_parsed ("('hand-made', @a{sv} {})")),
                SCEP_ERROR_NO_SUCH_ENTRY);
  expect_done (call (f, "CreateKeyPair", g_variant_new_parsed ("('hand-made', @a{sv} {})")));
  expect_kind (f, "key-pair");
  expect_error (call (f, "CreateKeyPair", g_variant_new_parsed ("('hand-made', @a{sv} {})")),
                SCEP_ERROR_ENTRY_EXISTS);

  expect_error (call (f, "ImportCertificate", certify (stranger)), SCEP_ERROR_INVALID_ENTRY);
  expect_kind (f, "key-pair");
  csr = get_csr (f);
  g_assert_cmpint (X509_REQ_verify (csr, X509_REQ_get0_pubkey (csr)), ==, 1);
  expect_done (call (f, "ImportCertificate", certify (X509_REQ_get0_pubkey (csr))));
  expect_kind (f, "private-key-entry");
  expect_error (call (f, "ImportCertificate", certify (X509_REQ_get0_pubkey (csr))),
                SCEP_ERROR_ENTRY_EXISTS);
  X509_REQ_free (csr);
  EVP_PKEY_free (stranger);
}

/* What belongs to the service is not changed from outside, and options are known or refused. */
static void
test_refused (Fixture *f, gconstpointer data)
{
  expect_error (call (f, "CreateKeyPair", g_variant_new_parsed ("('scep-x', @a{sv} {})")),
                SCEP_ERROR_INVALID_ENTRY);
  expect_error (call (f, "CreateKeyPair", g_variant_new_parsed ("('../x', @a{sv} {})")),
                SCEP_ERROR_INVALID_ENTRY);
  expect_error (call (f, "DeleteEntry", g_variant_new ("(s)", "sce-request-key-pair")),
                SCEP_ERROR_INVALID_ENTRY);
  expect_error (call (f, "ImportCertificate", g_variant_new ("(ss)", "scep-cacerts_0", "")),
                SCEP_ERROR_INVALID_ENTRY);
  expect_error (call (f, "CreateKeyPair", g_variant_new_parsed ("('a', {'Bits': <uint32 2048>})")),
                SCEP_ERROR_INVALID_SETTING);
  expect_error (
      call (f, "CreateKeyPair", g_variant_new_parsed ("('a', {'RSAKeyLength': <uint32 2049>})")),
      SCEP_ERROR_INVALID_SETTING);
  expect_error (
      call (f, "CreateKeyPair", g_variant_new_parsed ("('a', {'RSAKeyLength': <'2048'>})")),
      SCEP_ERROR_INVALID_SETTING);
  expect_error (call (f, "ImportKeyPair", g_variant_new ("(sh)", "a", 0)),
                SCEP_ERROR_INVALID_SETTING);
  expect_error (call (f, "DeleteEntry", g_variant_new ("(s)", "nobody")), SCEP_ERROR_NO_SUCH_ENTRY);
  expect_error (call (f, "ExportKeyPair", g_variant_new ("(s)", "nobody")),
                SCEP_ERROR_NO_SUCH_ENTRY);
}

#define ADD(name, func) g_test_add ("/bus-keystore/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("refused", test_refused);
  ADD ("round-trip", test_round_trip);
  return g_test_run ();
}
