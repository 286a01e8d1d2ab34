/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-pki-message.h"

#include "base/scep-error.h"

#include "codec/scep-asn1.h"
#include "codec/scep-cms.h"
#include "codec/scep-enveloped-data.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* 160 bits, twice as many hexadecimal digits. */
#define TRANSACTION_ID_BYTES 20

#define SIGNER "signerInfos.?1."

struct _ScepPkiMessageDraft {
  ScepCertificate *signer; /* (owned) */
  ScepDigest digest;
  GBytes *envelope;   /* (owned): eContent */
  GBytes *attributes; /* (owned): DER of the SET OF, what is signed */
};

/**
 * scep_pki_message_draft_free:
 * @draft: (transfer full) (nullable):
 */
void
scep_pki_message_draft_free (ScepPkiMessageDraft *draft)
{
  if (draft == NULL)
    return;
  g_clear_object (&draft->signer);
  g_clear_pointer (&draft->envelope, g_bytes_unref);
  g_clear_pointer (&draft->attributes, g_bytes_unref);
  g_free (draft);
}

static void
add_attribute (ScepAsn1 *attributes, const char *oid, GBytes *value)
{
  scep_asn1_append (attributes, "");
  scep_asn1_set_string (attributes, "?LAST.type", oid);
  scep_asn1_append (attributes, "?LAST.values");
  scep_asn1_set_bytes (attributes, "?LAST.values.?LAST", value);
}

static void
add_octets (ScepAsn1 *attributes, const char *oid, GBytes *octets)
{
  g_autoptr (GBytes) value = scep_der_wrap (SCEP_TAG_OCTET_STRING, octets);

  add_attribute (attributes, oid, value);
}

static void
add_text (ScepAsn1 *attributes, const char *oid, guint8 tag, const char *text)
{
  g_autoptr (GBytes) content = g_bytes_new (text, strlen (text));
  g_autoptr (GBytes) value = scep_der_wrap (tag, content);

  add_attribute (attributes, oid, value);
}

static void
add_content_type (ScepAsn1 *attributes)
{
  static const guint8 id_data[] = {
    0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01
  };
  g_autoptr (GBytes) value = g_bytes_new_static (id_data, sizeof id_data);

  add_attribute (attributes, SCEP_OID_CONTENT_TYPE, value);
}

/* UTCTime until 2049, GeneralizedTime from then on (RFC 5652 section 11.3). */
static void
add_signing_time (ScepAsn1 *attributes, gint64 seconds)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (seconds);
  gboolean is_utc_time;
  g_autofree char *text = NULL;

  g_return_if_fail (time != NULL);

  is_utc_time = g_date_time_get_year (time) >= 1950 && g_date_time_get_year (time) < 2050;
  text = g_date_time_format (time, is_utc_time ? "%y%m%d%H%M%SZ" : "%Y%m%d%H%M%SZ");
  add_text (attributes, SCEP_OID_SIGNING_TIME,
            is_utc_time ? SCEP_TAG_UTC_TIME : SCEP_TAG_GENERALIZED_TIME, text);
}

static GBytes *
build_attributes (const ScepPkiMessageSpec *spec, GBytes *envelope)
{
  g_autoptr (ScepAsn1) attributes = scep_asn1_create ("Attributes");
  g_autoptr (GBytes) digest = scep_digest_compute (spec->digest, envelope);
  g_autofree char *type = g_strdup_printf ("%d", (int) spec->type);

  add_text (attributes, SCEP_OID_MESSAGE_TYPE, SCEP_TAG_PRINTABLE_STRING, type);
  add_text (attributes, SCEP_OID_TRANSACTION_ID, SCEP_TAG_PRINTABLE_STRING, spec->transaction_id);
  add_octets (attributes, SCEP_OID_SENDER_NONCE, spec->sender_nonce);
  add_octets (attributes, SCEP_OID_MESSAGE_DIGEST, digest);
  add_content_type (attributes);
  add_signing_time (attributes, spec->signing_time);
  return scep_asn1_encode (attributes);
}

static gboolean
check_algorithms (const ScepPkiMessageSpec *spec, GError **error)
{
  if (spec->cipher != SCEP_CIPHER_DES_CBC && spec->digest != SCEP_DIGEST_MD5)
    return TRUE;
  scep_error_set (error, SCEP_ERROR_WEAK_ALGORITHM,
                  _ ("A request is never sent with DES or MD5: they protect nothing."));
  return FALSE;
}

/**
 * scep_pki_message_draft_new:
 * @spec: what to ask
 *
 * Encrypts the message data to the recipient and says what is to be signed
 * (RFC 8894 sections 3.1 and 3.2).
 *
 * Returns: (transfer full) (nullable): the draft, or %NULL with
 *   %SCEP_ERROR_WEAK_ALGORITHM for DES and MD5, %SCEP_ERROR_UNSUPPORTED where
 *   the recipient's key cannot encrypt
 */
ScepPkiMessageDraft *
scep_pki_message_draft_new (const ScepPkiMessageSpec *spec, GError **error)
{
  g_autoptr (ScepPkiMessageDraft) draft = NULL;

  g_return_val_if_fail (g_bytes_get_size (spec->sender_nonce) == SCEP_NONCE_SIZE, NULL);

  if (!check_algorithms (spec, error))
    return NULL;
  draft = g_new0 (ScepPkiMessageDraft, 1);
  draft->signer = g_object_ref (spec->signer);
  draft->digest = spec->digest;
  draft->envelope =
      scep_enveloped_data_build (spec->recipient, spec->cipher, spec->message_data, error);
  if (draft->envelope == NULL)
    return NULL;
  draft->attributes = build_attributes (spec, draft->envelope);
  return g_steal_pointer (&draft);
}

/**
 * scep_pki_message_draft_get_tbs:
 *
 * Returns: (transfer none): the bytes to be signed, by RSASSA-PKCS1 with the
 *   digest of the spec
 */
GBytes *
scep_pki_message_draft_get_tbs (ScepPkiMessageDraft *draft)
{
  return draft->attributes;
}

static void
set_content (ScepAsn1 *tree, GBytes *envelope)
{
  g_autoptr (GBytes) octets = scep_der_wrap (SCEP_TAG_OCTET_STRING, envelope);

  scep_asn1_set_string (tree, "encapContentInfo.eContentType", SCEP_OID_DATA);
  scep_asn1_set_bytes (tree, "encapContentInfo.eContent", octets);
}

/* Some servers encrypt to each certificate in the request: it holds the signer's only. */
static void
set_certificates (ScepAsn1 *tree, ScepCertificate *signer)
{
  scep_asn1_append (tree, "certificates");
  scep_asn1_set_bytes (tree, "certificates.?LAST", scep_certificate_get_der (signer));
  scep_asn1_set_absent (tree, "crls");
}

static void
copy_attributes (ScepAsn1 *tree, GBytes *der)
{
  g_autoptr (ScepAsn1) attributes = scep_asn1_decode ("Attributes", der, NULL);
  guint count = scep_asn1_count (attributes, "");

  for (guint i = 1; i <= count; i++) {
    g_autofree char *type_field = g_strdup_printf ("?%u.type", i);
    g_autofree char *value_field = g_strdup_printf ("?%u.values.?1", i);
    g_autofree char *type = scep_asn1_get_oid (attributes, type_field);
    g_autoptr (GBytes) value = scep_asn1_get (attributes, value_field);

    scep_asn1_append (tree, SIGNER "signedAttrs");
    scep_asn1_set_string (tree, SIGNER "signedAttrs.?LAST.type", type);
    scep_asn1_append (tree, SIGNER "signedAttrs.?LAST.values");
    scep_asn1_set_bytes (tree, SIGNER "signedAttrs.?LAST.values.?LAST", value);
  }
}

/**
 * scep_pki_message_draft_assemble:
 * @signature: over scep_pki_message_draft_get_tbs()
 *
 * Returns: (transfer full): the pkiMessage in DER, ready to be sent
 */
GBytes *
scep_pki_message_draft_assemble (ScepPkiMessageDraft *draft, GBytes *signature)
{
  g_autoptr (ScepAsn1) tree = scep_asn1_create ("SignedData");
  g_autoptr (GBytes) der = NULL;
  const char *digest = scep_digest_get_oid (draft->digest);

  scep_asn1_set_string (tree, "version", "1");
  scep_asn1_append (tree, "digestAlgorithms");
  scep_cms_set_algorithm (tree, "digestAlgorithms.?LAST", digest, NULL);
  set_content (tree, draft->envelope);
  set_certificates (tree, draft->signer);

  scep_asn1_append (tree, "signerInfos");
  scep_asn1_set_string (tree, SIGNER "version", "1");
  scep_cms_set_identifier (tree, SIGNER "sid", draft->signer);
  scep_cms_set_algorithm (tree, SIGNER "digestAlgorithm", digest, NULL);
  copy_attributes (tree, draft->attributes);
  /* rsaEncryption, not the name with the digest in it: every server knows it. */
  scep_cms_set_algorithm (tree, SIGNER "signatureAlgorithm", SCEP_OID_RSA_ENCRYPTION, NULL);
  scep_asn1_set_bytes (tree, SIGNER "signature", signature);
  scep_asn1_set_absent (tree, SIGNER "unsignedAttrs");
  der = scep_asn1_encode (tree);
  return scep_cms_wrap (SCEP_OID_SIGNED_DATA, der);
}

/**
 * scep_transaction_id_new:
 *
 * A transactionID that nobody else has (RFC 8894 section 3.2.1.1). It is
 * random: one made from the public key would repeat.
 *
 * Returns: (transfer full): 40 upper-case hexadecimal digits
 */
char *
scep_transaction_id_new (void)
{
  g_autoptr (GBytes) random = scep_random_bytes (TRANSACTION_ID_BYTES);
  const guint8 *bytes = g_bytes_get_data (random, NULL);
  GString *id = g_string_sized_new (2 * TRANSACTION_ID_BYTES);

  for (gsize i = 0; i < TRANSACTION_ID_BYTES; i++)
    g_string_append_printf (id, "%02X", bytes[i]);
  return g_string_free (id, FALSE);
}

/**
 * scep_issuer_and_subject:
 * @issuing_ca: the CA that is to sign the certificate, not the RA
 * @subject: DER Name of the CSR
 *
 * Returns: (transfer full): the messageData of a CertPoll (RFC 8894 section
 *   3.3.3)
 */
GBytes *
scep_issuer_and_subject (ScepCertificate *issuing_ca, GBytes *subject)
{
  g_autoptr (ScepAsn1) tree = scep_asn1_create ("IssuerAndSubject");

  scep_asn1_set_bytes (tree, "issuer", scep_certificate_get_subject_der (issuing_ca));
  scep_asn1_set_bytes (tree, "subject", subject);
  return scep_asn1_encode (tree);
}

/**
 * scep_issuer_and_serial:
 * @issuer: DER Name, that of the CA and not of its RA
 * @serial: DER INTEGER
 *
 * Names the certificate that is asked for or about.
 *
 * Returns: (transfer full): the messageData of a GetCert or GetCRL (RFC 8894
 *   section 3.3.4)
 */
GBytes *
scep_issuer_and_serial (GBytes *issuer, GBytes *serial)
{
  g_autoptr (ScepAsn1) tree = scep_asn1_create ("IssuerAndSerialNumber");
  g_autoptr (GBytes) octets = scep_cms_get_primitive (serial, SCEP_TAG_INTEGER);

  scep_asn1_set_bytes (tree, "issuer", issuer);
  scep_asn1_set_bytes (tree, "serialNumber", octets);
  return scep_asn1_encode (tree);
}
