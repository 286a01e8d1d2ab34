/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "openssl-envelope.h"

#include <gio/gio.h>
#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

/*
 * A SCEP server's messages made and read by OpenSSL's CMS, so that they share
 * no code with what is tested. Every fault ends the test program.
 */

/* A key and a certificate of it. */
typedef struct {
  X509 *certificate;
  EVP_PKEY *key;
} TestIdentity;

TestIdentity *test_identity_new (const char *name, TestIdentity *issuer, long serial,
                                 unsigned int bits);
TestIdentity *test_identity_new_ec (const char *name);
void test_identity_free (TestIdentity *identity);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestIdentity, test_identity_free)

GBytes *test_identity_get_der (TestIdentity *identity);
GBytes *test_identity_sign (TestIdentity *identity, const EVP_MD *digest, GBytes *data);
GBytes *test_identity_unwrap (TestIdentity *identity, int rsa_padding, GBytes *wrapped);

typedef enum {
  TEST_REPLY_PLAIN = 0,
  TEST_REPLY_BER = 1 << 0,             /* indefinite lengths, strings in pieces */
  TEST_REPLY_NO_CERTIFICATES = 1 << 1, /* as NDES and Dogtag */
  TEST_REPLY_KEY_ID = 1 << 2,          /* the signer by subject key identifier */
  TEST_REPLY_NO_ATTRIBUTES = 1 << 3,   /* signs the content itself */
  TEST_REPLY_TWO_SIGNERS = 1 << 4,
  TEST_REPLY_TWO_VALUES = 1 << 5,         /* of the transactionID */
  TEST_REPLY_DUPLICATE = 1 << 6,          /* two transactionID attributes */
  TEST_REPLY_UNSORTED = 1 << 7,           /* attributes signed in the order sent */
  TEST_REPLY_NAMES_DIGEST = 1 << 8,       /* sha256WithRSAEncryption in SignerInfo */
  TEST_REPLY_NAMES_OTHER_DIGEST = 1 << 9, /* and a digest that does not fit it */
  TEST_REPLY_NO_PARAMETERS = 1 << 10,     /* as step-ca */
  TEST_REPLY_OAEP = 1 << 11,              /* as NDES */
  TEST_REPLY_OAEP_SHA256 = 1 << 12,
  TEST_REPLY_EMPTY_CONTENT = 1 << 13, /* as EJBCA: an empty OCTET STRING */
  TEST_REPLY_DUMMY_CONTENT = 1 << 14, /* as NDES: one zero byte */
  TEST_REPLY_TAMPERED = 1 << 15,      /* one bit of the content changed */
  TEST_REPLY_TRAILING_NEWLINE = 1 << 16,
  TEST_REPLY_UNSIGNED_STATUS = 1 << 17,      /* pkiStatus among the unsigned attributes */
  TEST_REPLY_OTHER_TYPE = 1 << 18,           /* as if it were EnvelopedData */
  TEST_REPLY_OTHER_TYPE_ATTRIBUTE = 1 << 19, /* only the signature says so */
  TEST_REPLY_SENT_UNSORTED = 1 << 20,        /* attributes signed in order, and sent in none */
  TEST_REPLY_NO_TYPE_ATTRIBUTE = 1 << 21,
  TEST_REPLY_NO_DIGEST_ATTRIBUTE = 1 << 22,
  TEST_REPLY_NUL = 1 << 23,         /* and something behind it, in the transactionID */
  TEST_REPLY_NO_PADDING = 1 << 24,  /* behind the content, which has whole blocks */
  TEST_REPLY_NESTED_TYPE = 1 << 25, /* as if it were SignedData, and signed as that */
  TEST_REPLY_SIGNATURE_PARAMETERS = 1 << 26,
  TEST_REPLY_DIGEST_PARAMETERS = 1 << 27,
  TEST_REPLY_MANY_ATTRIBUTES = 1 << 28, /* 65 more */
  TEST_REPLY_ENVELOPED_TYPE = 1 << 29,  /* as if it were EnvelopedData, and signed as that */
  TEST_REPLY_ODD_ATTRIBUTES = 1 << 30,  /* nobody knows them: one has no value, one has two */
} TestReplyFlags;

/* Text that is NULL leaves its attribute out. */
typedef struct {
  TestIdentity *signer;
  TestIdentity *recipient;       /* NULL for none */
  TestIdentity *first_recipient; /* NULL for none */
  X509 *issued;
  GBytes *plain; /* what is encrypted, NULL for a degenerate SignedData with @issued */
  const char *transaction_id;
  const char *message_type;
  const char *pki_status;
  const char *fail_info;
  const char *fail_info_text;
  const char *hresult;
  GBytes *recipient_nonce;
  const EVP_CIPHER *cipher;
  const EVP_MD *digest;
  TestReplyFlags flags;
  const char *fail_info_text_old; /* under the OID of step-ca before 2024 */
  EnvelopeSpec *by_hand;          /* the envelope, for @recipient; NULL: by OpenSSL's CMS */
} TestReply;

GBytes *test_reply_build (const TestReply *reply);
GBytes *test_degenerate_build (X509 *const *certificates, guint n_certificates);

GBytes *test_request_try (GBytes *message, TestIdentity *recipient, CMS_ContentInfo **signed_data);
GBytes *test_request_open (GBytes *message, TestIdentity *recipient, CMS_ContentInfo **signed_data);
