/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec/scep-asn1.h"
#include "codec/scep-certificate.h"

/* What SignedData and EnvelopedData have in common (RFC 5652); for the codec only. */

#define SCEP_OID_DATA "1.2.840.113549.1.7.1"
#define SCEP_OID_SIGNED_DATA "1.2.840.113549.1.7.2"
#define SCEP_OID_ENVELOPED_DATA "1.2.840.113549.1.7.3"
#define SCEP_OID_RSA_ENCRYPTION "1.2.840.113549.1.1.1"

/* SCEP attributes, RFC 8894 section 3.2.1, and those of CMS, RFC 5652 section 11. */
#define SCEP_OID_MESSAGE_TYPE "2.16.840.1.113733.1.9.2"
#define SCEP_OID_PKI_STATUS "2.16.840.1.113733.1.9.3"
#define SCEP_OID_FAIL_INFO "2.16.840.1.113733.1.9.4"
#define SCEP_OID_SENDER_NONCE "2.16.840.1.113733.1.9.5"
#define SCEP_OID_RECIPIENT_NONCE "2.16.840.1.113733.1.9.6"
#define SCEP_OID_TRANSACTION_ID "2.16.840.1.113733.1.9.7"
#define SCEP_OID_FAIL_INFO_TEXT "1.3.6.1.5.5.7.24.1"
/* Where step-ca had it before 2024. */
#define SCEP_OID_FAIL_INFO_TEXT_OLD "1.3.6.1.5.5.7.24"
#define SCEP_OID_CONTENT_TYPE "1.2.840.113549.1.9.3"
#define SCEP_OID_MESSAGE_DIGEST "1.2.840.113549.1.9.4"
#define SCEP_OID_SIGNING_TIME "1.2.840.113549.1.9.5"

#define SCEP_TAG_INTEGER 0x02
#define SCEP_TAG_BIT_STRING 0x03
#define SCEP_TAG_OCTET_STRING 0x04
#define SCEP_TAG_OID 0x06
#define SCEP_TAG_UTF8_STRING 0x0c
#define SCEP_TAG_PRINTABLE_STRING 0x13
#define SCEP_TAG_UTC_TIME 0x17
#define SCEP_TAG_GENERALIZED_TIME 0x18
#define SCEP_TAG_SEQUENCE 0x30
#define SCEP_TAG_SET 0x31

/* No honest message holds more of anything. */
#define SCEP_CMS_MAX_ELEMENTS 64

GBytes *scep_cms_unwrap (GBytes *ber, const char *content_type, GError **error);
GBytes *scep_cms_wrap (const char *content_type, GBytes *content);
GBytes *scep_cms_get_primitive (GBytes *tlv, guint8 tag);
gboolean scep_cms_identifier_matches (ScepAsn1 *node, const char *field,
                                      ScepCertificate *certificate);
char *scep_cms_describe_identifier (ScepAsn1 *node, const char *field);
gboolean scep_cms_parameters_are_null (GBytes *parameters);
void scep_cms_set_algorithm (ScepAsn1 *node, const char *field, const char *oid,
                             GBytes *parameters);
void scep_cms_set_identifier (ScepAsn1 *node, const char *field, ScepCertificate *certificate);
