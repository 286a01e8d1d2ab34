/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * EnvelopedData put together byte by byte, with OpenSSL's ciphers alone: what
 * servers send and OpenSSL's CMS does not make. Every fault ends the program.
 */

typedef enum {
  ENVELOPE_GCM_PLAIN,     /* the parameters of RFC 5084 */
  ENVELOPE_GCM_PRIMITIVE, /* inside a TLV of tag 0x10, a nonce of tag 0x84: smallstep */
  ENVELOPE_GCM_NESTED,    /* inside a TLV of tag 0x30 */
} EnvelopeGcmForm;

typedef enum {
  ENVELOPE_ORIGINATOR_NONE,
  ENVELOPE_ORIGINATOR_EMPTY,
  ENVELOPE_ORIGINATOR_CERTIFICATE, /* that of the recipient */
} EnvelopeOriginator;

/**
 * EnvelopeSpec:
 * @cipher: of the content, CBC or GCM
 * @hash: of RSAES-OAEP, NULL for RSAES-PKCS1-v1_5
 * @mask: of MGF1
 * @mask_untold: the parameters of OAEP do not name MGF1
 * @tag_length: of GCM, in octets
 * @tag_length_untold: its parameters do not name it
 * @nonce_length: of GCM, in octets
 * @tag_wrong: one bit of the tag is changed
 */
typedef struct {
  X509 *recipient;
  const EVP_CIPHER *cipher;
  const EVP_MD *hash;
  const EVP_MD *mask;
  bool mask_untold;
  EnvelopeGcmForm gcm_form;
  int tag_length;
  bool tag_length_untold;
  int nonce_length;
  bool tag_wrong;
  EnvelopeOriginator originator;
} EnvelopeSpec;

unsigned char *envelope_build (const EnvelopeSpec *spec, const unsigned char *plain, size_t length,
                               size_t *envelope_length);
