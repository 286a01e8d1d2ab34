/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "certificate-factory.h"

#include "openssl-time.h"

#include <openssl/rsa.h>
#include <string.h>

EVP_PKEY *
test_key_new (unsigned int rsa_bits)
{
  EVP_PKEY *key =
      rsa_bits > 0 ? EVP_RSA_gen (rsa_bits) : EVP_PKEY_Q_keygen (NULL, NULL, "EC", "P-256");

  g_assert_nonnull (key);
  return key;
}

static X509_NAME *
name_new (const char *text)
{
  X509_NAME *name = X509_NAME_new ();

  g_assert_true (X509_NAME_add_entry_by_txt (name, "CN", MBSTRING_UTF8,
                                             (const unsigned char *) text, -1, -1, 0));
  return name;
}

static X509_NAME *
subject_new (const char *text)
{
  g_auto (GStrv) parts = g_strsplit (text, "/", -1);
  X509_NAME *name = X509_NAME_new ();

  for (guint i = 0; parts[i] != NULL; i++) {
    char *value = strchr (parts[i], '=');

    if (value == NULL)
      continue;
    *value++ = '\0';
    g_assert_true (X509_NAME_add_entry_by_txt (name, parts[i], MBSTRING_UTF8,
                                               (const unsigned char *) value, -1, -1, 0));
  }
  return name;
}

/* As "openssl x509 -extfile" reads them. */
static void
add_configured (X509 *x509, X509 *issuer, const char *lines)
{
  g_autofree char *text = g_strconcat ("[extensions]\n", lines, "\n", NULL);
  BIO *bio = BIO_new_mem_buf (text, -1);
  CONF *configuration = NCONF_new (NULL);
  X509V3_CTX context;
  long line = 0;

  g_assert_cmpint (NCONF_load_bio (configuration, bio, &line), >, 0);
  X509V3_set_ctx (&context, issuer, x509, NULL, NULL, 0);
  X509V3_set_nconf (&context, configuration);
  g_assert_true (X509V3_EXT_add_nconf (configuration, &context, "extensions", x509));
  NCONF_free (configuration);
  BIO_free (bio);
}

static void
add_extension (X509 *x509, int nid, const char *value)
{
  X509_EXTENSION *extension;

  if (value == NULL)
    return;
  extension = X509V3_EXT_conf_nid (NULL, NULL, nid, value);
  g_assert_nonnull (extension);
  g_assert_true (X509_add_ext (x509, extension, -1));
  X509_EXTENSION_free (extension);
}

static void
add_issuer_key_id (X509 *x509, const char *octets)
{
  AUTHORITY_KEYID *id = AUTHORITY_KEYID_new ();

  id->keyid = ASN1_OCTET_STRING_new ();
  g_assert_true (ASN1_STRING_set (id->keyid, octets, -1));
  g_assert_true (X509_add1_ext_i2d (x509, NID_authority_key_identifier, id, 0, 0));
  AUTHORITY_KEYID_free (id);
}

static const EVP_MD *
choose_digest (const TestCertificateSpec *spec)
{
  if (spec->md5)
    return EVP_md5 ();
  if (spec->sha224)
    return EVP_sha224 ();
  return spec->sha1 ? EVP_sha1 () : EVP_sha256 ();
}

static void
sign (X509 *x509, EVP_PKEY *key, const TestCertificateSpec *spec)
{
  EVP_MD_CTX *context = EVP_MD_CTX_new ();
  EVP_PKEY_CTX *parameters;

  g_assert_true (EVP_DigestSignInit (context, &parameters, choose_digest (spec), NULL, key));
  if (spec->pss)
    g_assert_cmpint (EVP_PKEY_CTX_set_rsa_padding (parameters, RSA_PKCS1_PSS_PADDING), >, 0);
  g_assert_cmpint (X509_sign_ctx (x509, context), >, 0);
  EVP_MD_CTX_free (context);
}

static ScepCertificate *
convert (X509 *x509)
{
  unsigned char *der = NULL;
  int length = i2d_X509 (x509, &der);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  ScepCertificate *certificate;

  g_assert_cmpint (length, >, 0);
  bytes = g_bytes_new (der, (gsize) length);
  OPENSSL_free (der);
  certificate = scep_certificate_new (bytes, &error);
  g_assert_no_error (error);
  return certificate;
}

/* @issuer: NULL signs itself; @key: NULL makes a new one */
TestCertificate *
test_certificate_new (const TestCertificateSpec *spec, TestCertificate *issuer, EVP_PKEY *key)
{
  TestCertificate *self = g_new0 (TestCertificate, 1);
  X509_NAME *name = spec->subject != NULL ? subject_new (spec->subject) : name_new (spec->name);
  X509_NAME *issuer_name = issuer != NULL ? X509_get_subject_name (issuer->x509) : name;

  self->x509 = X509_new ();
  self->key = key != NULL ? key : test_key_new (spec->rsa_bits);
  if (key != NULL)
    EVP_PKEY_up_ref (key);
  X509_set_version (self->x509, spec->version_1 ? X509_VERSION_1 : X509_VERSION_3);
  ASN1_INTEGER_set (X509_get_serialNumber (self->x509), spec->serial > 0 ? spec->serial : 1);
  X509_set_subject_name (self->x509, name);
  X509_set_issuer_name (self->x509, issuer_name);
  test_time_set (X509_getm_notBefore (self->x509), spec->not_before);
  test_time_set (X509_getm_notAfter (self->x509), spec->not_after);
  if (spec->short_time)
    g_assert_true (ASN1_STRING_set (X509_getm_notAfter (self->x509), "4912312359Z", -1));
  X509_set_pubkey (self->x509, self->key);
  if (spec->constraints != NULL)
    add_extension (self->x509, NID_basic_constraints, spec->constraints);
  else if (spec->ca)
    add_extension (self->x509, NID_basic_constraints, "critical,CA:TRUE");
  add_extension (self->x509, NID_key_usage, spec->key_usage);
  add_extension (self->x509, NID_ext_key_usage, spec->extended_key_usage);
  add_extension (self->x509, NID_subject_alt_name, spec->alt_names);
  add_extension (self->x509, NID_subject_key_identifier, spec->key_id);
  if (spec->issuer_key_id != NULL)
    add_issuer_key_id (self->x509, spec->issuer_key_id);
  if (spec->extensions != NULL)
    add_configured (self->x509, issuer != NULL ? issuer->x509 : self->x509, spec->extensions);
  sign (self->x509, issuer != NULL ? issuer->key : self->key, spec);
  X509_NAME_free (name);
  self->certificate = convert (self->x509);
  return self;
}

void
test_certificate_free (TestCertificate *certificate)
{
  if (certificate == NULL)
    return;
  X509_free (certificate->x509);
  EVP_PKEY_free (certificate->key);
  g_object_unref (certificate->certificate);
  g_free (certificate);
}

GBytes *
test_csr_new (const char *name, const char *alt_names, EVP_PKEY *key)
{
  X509_REQ *request = X509_REQ_new ();
  X509_NAME *subject = name_new (name);
  unsigned char *der = NULL;
  GBytes *bytes;
  int length;

  X509_REQ_set_subject_name (request, subject);
  X509_REQ_set_pubkey (request, key);
  if (alt_names != NULL) {
    STACK_OF (X509_EXTENSION) *extensions = sk_X509_EXTENSION_new_null ();

    sk_X509_EXTENSION_push (extensions,
                            X509V3_EXT_conf_nid (NULL, NULL, NID_subject_alt_name, alt_names));
    X509_REQ_add_extensions (request, extensions);
    sk_X509_EXTENSION_pop_free (extensions, X509_EXTENSION_free);
  }
  g_assert_cmpint (X509_REQ_sign (request, key, EVP_sha256 ()), >, 0);
  length = i2d_X509_REQ (request, &der);
  g_assert_cmpint (length, >, 0);
  bytes = g_bytes_new (der, (gsize) length);
  OPENSSL_free (der);
  X509_NAME_free (subject);
  X509_REQ_free (request);
  return bytes;
}
