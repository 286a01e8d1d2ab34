/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec/scep-certificate.h"

#include <openssl/evp.h>
#include <openssl/x509v3.h>

/*
 * Certificates and requests with whatever a test needs in them, made by
 * OpenSSL. Every fault ends the test program.
 */

/**
 * TestCertificateSpec:
 * @name: the common name
 * @subject: (nullable): instead, such as "/C=DE/O=Example/CN=host"
 * @serial: 0 makes it 1
 * @rsa_bits: 0 makes an EC key
 * @ca: basicConstraints CA:TRUE
 * @constraints: (nullable): instead, as OpenSSL writes it
 * @key_usage: (nullable): as OpenSSL writes it
 * @extended_key_usage: (nullable): as OpenSSL writes it
 * @alt_names: (nullable): as OpenSSL writes it
 * @not_before: Unix seconds
 * @not_after: Unix seconds
 * @short_time: notAfter without seconds
 * @sha1: signed with SHA-1
 * @md5: signed with MD5
 * @sha224: signed with SHA-224
 * @pss: signed with RSASSA-PSS
 * @version_1: without any extension
 * @key_id: (nullable): subjectKeyIdentifier, hexadecimal
 * @issuer_key_id: (nullable): octets of the authorityKeyIdentifier, as text
 * @extensions: (nullable): more of them, lines of OpenSSL's configuration file and
 *   behind them the sections that they name
 */
typedef struct {
  const char *name;
  const char *subject;
  long serial;
  unsigned int rsa_bits;
  gboolean ca;
  const char *constraints;
  const char *key_usage;
  const char *extended_key_usage;
  const char *alt_names;
  gint64 not_before;
  gint64 not_after;
  gboolean short_time;
  gboolean sha1;
  gboolean md5;
  gboolean sha224;
  gboolean pss;
  gboolean version_1;
  const char *key_id;
  const char *issuer_key_id;
  const char *extensions;
} TestCertificateSpec;

typedef struct {
  X509 *x509;
  EVP_PKEY *key;
  ScepCertificate *certificate;
} TestCertificate;

TestCertificate *test_certificate_new (const TestCertificateSpec *spec, TestCertificate *issuer,
                                       EVP_PKEY *key);
void test_certificate_free (TestCertificate *certificate);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestCertificate, test_certificate_free)

GBytes *test_csr_new (const char *name, const char *alt_names, EVP_PKEY *key);
EVP_PKEY *test_key_new (unsigned int rsa_bits);
