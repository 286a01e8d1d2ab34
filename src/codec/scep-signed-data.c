/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-signed-data.h"

#include "base/scep-error.h"
#include "base/scep-text.h"

#include "codec/scep-asn1.h"
#include "codec/scep-cms.h"
#include "codec/scep-signed-attributes.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define SIGNER "signerInfos.?1."

/* What content there may be beside that of type id-data. */
typedef enum {
  CONTENT_ENVELOPED,
  CONTENT_SIGNED,
} OtherContent;

struct _ScepSignedData {
  GBytes *der;            /* (owned): the SignedData */
  ScepAsn1 *tree;         /* (owned): the same, read */
  char *content_type;     /* (owned): the OID of eContentType */
  gboolean names_signer;  /* one of those who may have signed */
  GBytes *content;        /* (owned) (nullable): the octets of eContent */
  GBytes *received_attrs; /* (owned) (nullable): signedAttrs under the tag of a SET */
  GBytes *encoded_attrs;  /* (owned) (nullable): the same in DER */
  GHashTable *attributes; /* (owned) (nullable): OID to encoded value */
  ScepDigest digest;
  ScepCertificate *signer; /* (owned) (nullable): set when verified */
  ScepWarnings warnings;
};

/**
 * scep_signed_data_free:
 * @self: (transfer full) (nullable):
 */
void
scep_signed_data_free (ScepSignedData *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->der, g_bytes_unref);
  g_clear_pointer (&self->tree, scep_asn1_free);
  g_clear_pointer (&self->content_type, g_free);
  g_clear_pointer (&self->content, g_bytes_unref);
  g_clear_pointer (&self->received_attrs, g_bytes_unref);
  g_clear_pointer (&self->encoded_attrs, g_bytes_unref);
  g_clear_pointer (&self->attributes, g_hash_table_unref);
  g_clear_object (&self->signer);
  g_free (self);
}

/* RFC 8894 section 3.2 has id-data; XiPKI calls a reply by what is inside it. */
static gboolean
read_content_type (ScepSignedData *self, OtherContent other, GError **error)
{
  self->content_type = scep_asn1_get_oid (self->tree, "encapContentInfo.eContentType");
  if (g_strcmp0 (self->content_type, SCEP_OID_DATA) == 0)
    return TRUE;
  if (other == CONTENT_SIGNED && g_strcmp0 (self->content_type, SCEP_OID_SIGNED_DATA) == 0)
    return TRUE;
  if (other == CONTENT_ENVELOPED && g_strcmp0 (self->content_type, SCEP_OID_ENVELOPED_DATA) == 0) {
    self->warnings |= SCEP_WARNING_LEGACY_REPLY;
    return TRUE;
  }
  return scep_signed_message_refuse (error, _ ("its content is not of type id-data"));
}

static gboolean
read_content (ScepSignedData *self, OtherContent other, GError **error)
{
  g_autoptr (GBytes) content = scep_asn1_get (self->tree, "encapContentInfo.eContent");

  if (!read_content_type (self, other, error))
    return FALSE;
  if (content != NULL)
    self->content = scep_cms_get_primitive (content, SCEP_TAG_OCTET_STRING);
  if (content != NULL && self->content == NULL)
    return scep_signed_message_refuse (error, _ ("its content is no OCTET STRING"));
  return TRUE;
}

static ScepSignedData *
parse (GBytes *ber, OtherContent other, GError **error)
{
  g_autoptr (ScepSignedData) self = g_new0 (ScepSignedData, 1);

  self->der = scep_cms_unwrap (ber, SCEP_OID_SIGNED_DATA, error);
  if (self->der == NULL)
    return NULL;
  self->tree = scep_asn1_decode ("SignedData", self->der, error);
  if (self->tree == NULL)
    return NULL;
  if (scep_asn1_count (self->tree, "signerInfos") != 1) {
    scep_signed_message_refuse (error, _ ("it does not have exactly one signer"));
    return NULL;
  }
  if (!read_content (self, other, error))
    return NULL;
  return g_steal_pointer (&self);
}

/**
 * scep_signed_data_parse:
 * @ber: a ContentInfo of type SignedData, BER
 *
 * Reads the structure and verifies nothing. There must be one SignerInfo and
 * content of type id-data, which may be absent (RFC 8894 section 3.2). The
 * type may be id-envelopedData, which is worth a warning.
 *
 * Returns: (transfer full) (nullable): the message, or %NULL with
 *   %SCEP_ERROR_MALFORMED_REPLY
 */
ScepSignedData *
scep_signed_data_parse (GBytes *ber, GError **error)
{
  return parse (ber, CONTENT_ENVELOPED, error);
}

/**
 * scep_signed_data_parse_nested:
 * @ber: a ContentInfo of type SignedData, BER
 *
 * The same for a message whose content is a SignedData itself (RFC 8894
 * section 4.7.1): its type may be id-signedData, too.
 *
 * Returns: (transfer full) (nullable): the message, or %NULL with
 *   %SCEP_ERROR_MALFORMED_REPLY
 */
ScepSignedData *
scep_signed_data_parse_nested (GBytes *ber, GError **error)
{
  return parse (ber, CONTENT_SIGNED, error);
}

static gboolean
check_signature_algorithm (ScepSignedData *self, GError **error)
{
  g_autofree char *oid = scep_asn1_get_oid (self->tree, SIGNER "signatureAlgorithm.algorithm");
  g_autoptr (GBytes) parameters =
      scep_asn1_get (self->tree, SIGNER "signatureAlgorithm.parameters");

  if (oid == NULL)
    return scep_signed_message_refuse (error, _ ("it names no signature algorithm"));
  if (strcmp (oid, SCEP_OID_RSA_ENCRYPTION) != 0 &&
      g_strcmp0 (oid, scep_signature_get_rsa_oid (self->digest)) != 0) {
    scep_error_set (error, SCEP_ERROR_UNSUPPORTED,
                    _ ("The server's message is signed by algorithm %s over a %s digest, which "
                       "this service does not know; set the server to RSA with SHA-256."),
                    oid, scep_digest_get_name (self->digest));
    return FALSE;
  }
  if (!scep_cms_parameters_are_null (parameters))
    return scep_signed_message_refuse (error, _ ("its signature algorithm has parameters"));
  return TRUE;
}

static gboolean
read_digest (ScepSignedData *self, GError **error)
{
  g_autofree char *oid = scep_asn1_get_oid (self->tree, SIGNER "digestAlgorithm.algorithm");
  g_autoptr (GBytes) parameters = scep_asn1_get (self->tree, SIGNER "digestAlgorithm.parameters");

  if (oid == NULL || !scep_digest_from_oid (oid, &self->digest)) {
    scep_error_set (error, SCEP_ERROR_UNSUPPORTED,
                    _ ("The server's message is signed with digest %s, which this service does not "
                       "know; set the server to SHA-256."),
                    oid != NULL ? oid : "(none)");
    return FALSE;
  }
  if (!scep_cms_parameters_are_null (parameters))
    return scep_signed_message_refuse (error, _ ("its digest algorithm has parameters"));
  return TRUE;
}

static gboolean
check_algorithms (ScepSignedData *self, ScepPolicy policy, GError **error)
{
  ScepVerdict verdict;

  if (!read_digest (self, error))
    return FALSE;
  verdict = scep_policy_check_reply_digest (policy, self->digest);
  if (verdict == SCEP_VERDICT_REFUSED) {
    scep_error_set (error, SCEP_ERROR_WEAK_ALGORITHM,
                    _ ("The server's message is signed with a %s digest, which AlgorithmPolicy "
                       "“%s” refuses; set the server to SHA-256."),
                    scep_digest_get_name (self->digest), scep_policy_to_string (policy));
    return FALSE;
  }
  if (verdict == SCEP_VERDICT_WARNED)
    self->warnings |= SCEP_WARNING_LEGACY_REPLY;
  return check_signature_algorithm (self, error);
}

/* Several certificates may bear one name, as two RA certificates sometimes do: all are tried. One
 * key may have several certificates, and the server another one than we: it is the key that
 * counts. */
static GPtrArray *
find_candidates (ScepSignedData *self, GPtrArray *signers)
{
  GPtrArray *candidates = g_ptr_array_new ();

  for (guint i = 0; i < signers->len; i++) {
    ScepCertificate *signer = g_ptr_array_index (signers, i);

    if (scep_cms_identifier_matches (self->tree, SIGNER "sid", signer))
      g_ptr_array_add (candidates, signer);
  }
  self->names_signer = candidates->len > 0;
  if (!self->names_signer)
    g_ptr_array_extend (candidates, signers, NULL, NULL);
  return candidates;
}

static void
set_wrong_signer (ScepSignedData *self, GPtrArray *candidates, GError **error)
{
  g_autofree char *named = scep_cms_describe_identifier (self->tree, SIGNER "sid");

  if (self->names_signer)
    scep_error_set (
        error, SCEP_ERROR_SIGNATURE_INVALID,
        _ ("The server's message names “%s” as its signer, but the signature is not made "
           "with that certificate's key; somebody else may have answered in its place."),
        scep_certificate_get_subject (g_ptr_array_index (candidates, 0)));
  else
    /* TRANSLATORS: "the certificate with …" or "a certificate named by …" */
    scep_error_set (error, SCEP_ERROR_UNTRUSTED_CA,
                    _ ("The server's message is signed by %s, which is none of the trusted CA and "
                       "RA certificates; if the next attempt ends like this too, ask the CA's "
                       "operator which certificate signs the server's answers."),
                    named);
}

/* The attributes are signed under the tag of a SET, RFC 5652 section 5.4. */
static GBytes *
tagged_as_set (GBytes *implicit)
{
  gsize length;
  gconstpointer data = g_bytes_get_data (implicit, &length);
  guint8 *copy = g_memdup2 (data, length);

  copy[0] = SCEP_TAG_SET;
  return g_bytes_new_take (copy, length);
}

static gboolean
read_attributes (ScepSignedData *self, GError **error)
{
  g_autoptr (GBytes) implicit = scep_asn1_get_raw (self->tree, SIGNER "signedAttrs", self->der);

  if (implicit == NULL || g_bytes_get_size (implicit) < 2)
    return scep_signed_message_refuse (error, _ ("its signature covers no attributes"));
  self->received_attrs = tagged_as_set (implicit);
  self->attributes =
      scep_signed_attributes_read (self->received_attrs, &self->encoded_attrs, error);
  return self->attributes != NULL;
}

static GBytes *
get_attribute (ScepSignedData *self, const char *oid, guint8 tag)
{
  GBytes *value = g_hash_table_lookup (self->attributes, oid);

  return value != NULL ? scep_cms_get_primitive (value, tag) : NULL;
}

/* The signature covers the attribute's name of the type, not the one beside the content. */
static gboolean
check_content_type (ScepSignedData *self, GError **error)
{
  g_autofree char *type = scep_signed_attributes_dup_content_type (self->attributes);

  if (g_strcmp0 (type, self->content_type) != 0)
    return scep_signed_message_refuse (error, _ ("its signature does not name the content's type"));
  return TRUE;
}

static gboolean
check_message_digest (ScepSignedData *self, GError **error)
{
  g_autoptr (GBytes) empty = g_bytes_new_static ("", 0);
  g_autoptr (GBytes) actual =
      scep_digest_compute (self->digest, self->content != NULL ? self->content : empty);
  g_autoptr (GBytes) promised =
      get_attribute (self, SCEP_OID_MESSAGE_DIGEST, SCEP_TAG_OCTET_STRING);

  if (promised == NULL)
    return scep_signed_message_refuse (error, _ ("its signature does not cover the content"));
  if (actual == NULL || !g_bytes_equal (promised, actual)) {
    scep_error_set (error, SCEP_ERROR_SIGNATURE_INVALID,
                    _ ("The server's message was changed after it was signed: its content has "
                       "another digest than the signature names."));
    return FALSE;
  }
  return TRUE;
}

static gboolean
check_key (ScepSignedData *self, ScepCertificate *signer, ScepPolicy policy, GError **error)
{
  guint bits = scep_certificate_get_key_bits (signer);
  ScepVerdict verdict = scep_policy_check_ca_key (policy, bits);

  if (verdict == SCEP_VERDICT_REFUSED) {
    scep_error_set (error, SCEP_ERROR_WEAK_ALGORITHM,
                    _ ("The server's message is signed with an RSA key of %u bits, which "
                       "AlgorithmPolicy “%s” refuses."),
                    bits, scep_policy_to_string (policy));
    return FALSE;
  }
  if (verdict == SCEP_VERDICT_WARNED)
    self->warnings |= SCEP_WARNING_WEAK_KEY;
  return TRUE;
}

/*
 * The DER of the attributes is what is to be signed. Servers that signed an
 * unsorted SET hashed what they sent: as the attributes were read from those
 * very bytes, a signature over them says the same.
 */
static gboolean
signed_by (ScepSignedData *self, ScepCertificate *signer, GBytes *signature)
{
  if (!scep_certificate_is_rsa (signer))
    return FALSE;
  if (scep_certificate_verify_signature (signer, self->digest, self->encoded_attrs, signature,
                                         NULL))
    return TRUE;
  return !g_bytes_equal (self->received_attrs, self->encoded_attrs) &&
         scep_certificate_verify_signature (signer, self->digest, self->received_attrs, signature,
                                            NULL);
}

static gboolean
verify_signature (ScepSignedData *self, GPtrArray *candidates, ScepPolicy policy, GError **error)
{
  g_autoptr (GBytes) signature = scep_asn1_get (self->tree, SIGNER "signature");

  for (guint i = 0; signature != NULL && i < candidates->len; i++) {
    ScepCertificate *candidate = g_ptr_array_index (candidates, i);

    if (signed_by (self, candidate, signature)) {
      if (!check_key (self, candidate, policy, error))
        return FALSE;
      self->signer = g_object_ref (candidate);
      return TRUE;
    }
  }
  set_wrong_signer (self, candidates, error);
  return FALSE;
}

/**
 * scep_signed_data_verify:
 * @signers: (element-type ScepCertificate): who may have signed, authenticated
 *   already; certificates in the message are not looked at
 *
 * Verifies the one signature, in this order: the algorithms against @policy,
 * the form of the signed attributes, the digest of the content, the signature
 * (RFC 5652 section 5.6, RFC 8894 section 3.2).
 *
 * Returns: whether it holds; else @error is %SCEP_ERROR_WEAK_ALGORITHM,
 *   %SCEP_ERROR_UNSUPPORTED, %SCEP_ERROR_UNTRUSTED_CA,
 *   %SCEP_ERROR_MALFORMED_REPLY or %SCEP_ERROR_SIGNATURE_INVALID
 */
gboolean
scep_signed_data_verify (ScepSignedData *self, GPtrArray *signers, ScepPolicy policy,
                         GError **error)
{
  g_autoptr (GPtrArray) candidates = NULL;

  g_return_val_if_fail (self->signer == NULL, FALSE);

  if (!check_algorithms (self, policy, error))
    return FALSE;
  candidates = find_candidates (self, signers);
  return read_attributes (self, error) && check_content_type (self, error) &&
         check_message_digest (self, error) && verify_signature (self, candidates, policy, error);
}

/**
 * scep_signed_data_get_signer:
 *
 * Returns: (transfer none) (nullable): the one of the signers given to
 *   scep_signed_data_verify() that signed; %NULL before it succeeded
 */
ScepCertificate *
scep_signed_data_get_signer (ScepSignedData *self)
{
  return self->signer;
}

/**
 * scep_signed_data_get_warnings:
 *
 * Returns: what the policy let pass with a warning
 */
ScepWarnings
scep_signed_data_get_warnings (ScepSignedData *self)
{
  return self->warnings;
}

/**
 * scep_signed_data_get_content:
 *
 * Returns: (transfer none) (nullable): the signed content; %NULL if there is
 *   none or it is not verified
 */
GBytes *
scep_signed_data_get_content (ScepSignedData *self)
{
  return self->signer != NULL ? self->content : NULL;
}

/**
 * scep_signed_data_get_attribute:
 * @tag: the ASN.1 type that the value must have
 *
 * Returns: (transfer full) (nullable): the content octets of a signed
 *   attribute, %NULL if it is absent, of another type or not verified
 */
GBytes *
scep_signed_data_get_attribute (ScepSignedData *self, const char *oid, guint8 tag)
{
  return self->signer != NULL ? get_attribute (self, oid, tag) : NULL;
}
