/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "openssl-scep.h"

/*
 * A reply to GetNextCACert made by OpenSSL.
 * @signer: whose signature it has
 * @content: (nullable): what is signed
 * @outer: (nullable): a certificate that is sent along, unsigned
 * @nested: the type of the content is id-signedData
 * @flags: TEST_REPLY_BER, TEST_REPLY_NO_CERTIFICATES, TEST_REPLY_NO_ATTRIBUTES
 */
typedef struct {
  TestIdentity *signer;
  const EVP_MD *digest;
  GBytes *content;
  X509 *outer;
  gboolean nested;
  TestReplyFlags flags;
} TestNextCa;

GBytes *test_next_ca_build (const TestNextCa *next);
