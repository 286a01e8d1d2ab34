/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-ca-bundle.h"

#include "base/scep-error.h"

#include "codec/scep-asn1.h"
#include "codec/scep-body.h"
#include "codec/scep-cms.h"

#include <glib/gi18n-lib.h>

/* Choices of CertificateChoices other than a Certificate are tagged by context. */
static gboolean
is_sequence (GBytes *element)
{
  const guint8 *data = g_bytes_get_data (element, NULL);

  return g_bytes_get_size (element) > 0 && data[0] == SCEP_TAG_SEQUENCE;
}

static gboolean
read_set (ScepAsn1 *tree, const char *field, GPtrArray **elements, GError **error)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  guint count = scep_asn1_count (tree, field);

  if (count > SCEP_CMS_MAX_ELEMENTS) {
    scep_error_set (
        error, SCEP_ERROR_TOO_LARGE,
        _ ("The server sent %u elements in the field “%s” at once; more than %d are not read."),
        count, field, SCEP_CMS_MAX_ELEMENTS);
    return FALSE;
  }
  for (guint i = 1; i <= count; i++) {
    g_autofree char *name = g_strdup_printf ("%s.?%u", field, i);
    g_autoptr (GBytes) element = scep_asn1_get (tree, name);

    if (element != NULL && is_sequence (element))
      g_ptr_array_add (found, g_steal_pointer (&element));
  }
  *elements = g_steal_pointer (&found);
  return TRUE;
}

/* Which one of @count it is, and why nobody can read it. */
static char *
describe_unreadable (GBytes *der, guint index, guint count, const GError *why)
{
  g_autofree char *fingerprint = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, der);

  /* TRANSLATORS: which of how many, a fingerprint, and a sentence */
  return g_strdup_printf (
      _ ("Certificate %u of the %u that the server sent has fingerprint %s. %s"), index, count,
      fingerprint, why->message);
}

/* Those that can be read; of the others why not. */
static GPtrArray *
parse_certificates (GPtrArray *ders, GPtrArray *unreadable)
{
  GPtrArray *certificates = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < ders->len; i++) {
    GBytes *der = g_ptr_array_index (ders, i);
    g_autoptr (GError) why = NULL;
    ScepCertificate *certificate = scep_certificate_new (der, &why);

    if (certificate != NULL)
      g_ptr_array_add (certificates, certificate);
    else
      g_ptr_array_add (unreadable, describe_unreadable (der, i + 1, ders->len, why));
  }
  return certificates;
}

static void
set_unreadable (GPtrArray *unreadable, GError **error)
{
  scep_error_set (error, SCEP_ERROR_MALFORMED_REPLY, "%s",
                  (const char *) g_ptr_array_index (unreadable, 0));
}

static gboolean
check_no_content (ScepAsn1 *tree, GError **error)
{
  g_autoptr (GBytes) encoded = scep_asn1_get (tree, "encapContentInfo.eContent");
  g_autoptr (GBytes) content = NULL;

  if (encoded == NULL)
    return TRUE;
  content = scep_cms_get_primitive (encoded, SCEP_TAG_OCTET_STRING);
  if (content == NULL || g_bytes_get_size (content) > 0) {
    scep_error_set (
        error, SCEP_ERROR_MALFORMED_REPLY,
        _ ("The server sent a signed message where a plain list of certificates is due."));
    return FALSE;
  }
  return TRUE;
}

/**
 * scep_degenerate_read:
 * @der: a ContentInfo of type SignedData, BER
 * @certificates: (out) (transfer full) (element-type ScepCertificate): those that
 *   can be read, in the order of the message, which means nothing
 * @unreadable: (element-type utf8): gets a text for each of the others
 * @crls: (out) (optional) (transfer full) (element-type GBytes): each in DER
 *
 * Reads a SignedData that only carries certificates and CRLs (RFC 8894
 * section 3.4). Its content is absent or empty; signers, if there are any, are
 * not looked at.
 *
 * Returns: whether the list could be read; else @error is
 *   %SCEP_ERROR_MALFORMED_REPLY, or %SCEP_ERROR_TOO_LARGE over 64 of a kind
 */
gboolean
scep_degenerate_read (GBytes *der, GPtrArray **certificates, GPtrArray *unreadable,
                      GPtrArray **crls, GError **error)
{
  g_autoptr (GBytes) content = scep_cms_unwrap (der, SCEP_OID_SIGNED_DATA, error);
  g_autoptr (ScepAsn1) tree = NULL;
  g_autoptr (GPtrArray) certificate_ders = NULL;
  g_autoptr (GPtrArray) crl_ders = NULL;

  if (content == NULL)
    return FALSE;
  tree = scep_asn1_decode ("SignedData", content, error);
  if (tree == NULL || !check_no_content (tree, error) ||
      !read_set (tree, "certificates", &certificate_ders, error) ||
      !read_set (tree, "crls", &crl_ders, error))
    return FALSE;
  *certificates = parse_certificates (certificate_ders, unreadable);
  if (crls != NULL)
    *crls = g_steal_pointer (&crl_ders);
  return TRUE;
}

/**
 * scep_degenerate_parse:
 * @certificates: (out) (optional) (transfer full) (element-type ScepCertificate):
 *
 * As scep_degenerate_read(), where every certificate counts.
 *
 * Returns: whether all of it could be read; else @error is
 *   %SCEP_ERROR_MALFORMED_REPLY, which names the certificate, or
 *   %SCEP_ERROR_TOO_LARGE over 64 of a kind
 */
gboolean
scep_degenerate_parse (GBytes *der, GPtrArray **certificates, GPtrArray **crls, GError **error)
{
  g_autoptr (GPtrArray) unreadable = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) parsed = NULL;
  g_autoptr (GPtrArray) found_crls = NULL;

  if (!scep_degenerate_read (der, &parsed, unreadable, &found_crls, error))
    return FALSE;
  if (unreadable->len > 0) {
    set_unreadable (unreadable, error);
    return FALSE;
  }
  if (certificates != NULL)
    *certificates = g_steal_pointer (&parsed);
  if (crls != NULL)
    *crls = g_steal_pointer (&found_crls);
  return TRUE;
}

/* A ContentInfo begins with an OBJECT IDENTIFIER, a Certificate with a SEQUENCE. */
static gboolean
is_content_info (GBytes *body)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (body, &size);
  gsize header = 2;

  if (size > 2 && data[1] > 0x80)
    header += data[1] & 0x7f;
  return size > header && data[header] == SCEP_TAG_OID;
}

static GPtrArray *
single_certificate (GBytes *body, GError **error)
{
  g_autoptr (GPtrArray) certificates = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GBytes) der = scep_ber_strip (body, error);
  ScepCertificate *certificate = der != NULL ? scep_certificate_new (der, error) : NULL;

  if (certificate == NULL)
    return NULL;
  g_ptr_array_add (certificates, certificate);
  return g_steal_pointer (&certificates);
}

/**
 * scep_ca_bundle_read:
 * @body: what the server answered to GetCACert
 * @unreadable: (element-type utf8): gets a text for each certificate that cannot be
 *   read: which, and why
 *
 * Reads the CA's certificates (RFC 8894 section 4.2.1): one in DER, or a
 * degenerate SignedData. The content tells which, not the Content-Type.
 * Nothing is authenticated by this, and the order means nothing. One that cannot
 * be read may be of no use to anybody, and is no reason to do without the others.
 *
 * Returns: (transfer full) (element-type ScepCertificate) (nullable): 1 to 64
 *   certificates, or %NULL with %SCEP_ERROR_MALFORMED_REPLY, which says what
 *   came instead, or %SCEP_ERROR_TOO_LARGE
 */
GPtrArray *
scep_ca_bundle_read (GBytes *body, GPtrArray *unreadable, GError **error)
{
  g_autoptr (GPtrArray) certificates = NULL;

  if (!scep_body_check_der (body, _ ("its CA certificates"), error))
    return NULL;
  if (!is_content_info (body))
    return single_certificate (body, error);
  if (!scep_degenerate_read (body, &certificates, unreadable, NULL, error))
    return NULL;
  if (certificates->len > 0)
    return g_steal_pointer (&certificates);
  if (unreadable->len > 0)
    set_unreadable (unreadable, error);
  else
    scep_error_set (error, SCEP_ERROR_MALFORMED_REPLY,
                    _ ("The server sent a list of CA certificates that is empty; check the "
                       "server's configuration, and CAIdentifier if it holds several CAs."));
  return NULL;
}

/**
 * scep_ca_bundle_parse:
 * @body: what the server answered to GetCACert
 *
 * As scep_ca_bundle_read(), where nobody is told of those that cannot be read.
 *
 * Returns: (transfer full) (element-type ScepCertificate) (nullable): as
 *   scep_ca_bundle_read()
 */
GPtrArray *
scep_ca_bundle_parse (GBytes *body, GError **error)
{
  g_autoptr (GPtrArray) unreadable = g_ptr_array_new_with_free_func (g_free);

  return scep_ca_bundle_read (body, unreadable, error);
}

/**
 * scep_ca_bundle_explain:
 * @unreadable: (element-type utf8): of scep_ca_bundle_read()
 * @error: (transfer full): why the certificates of the list will not do
 *
 * One that cannot be read may be the one that is missing.
 *
 * Returns: (transfer full): the same error, naming the first of them
 */
GError *
scep_ca_bundle_explain (GPtrArray *unreadable, GError *error)
{
  g_autoptr (GError) why = error;

  if (unreadable->len == 0)
    return g_steal_pointer (&why);
  return g_error_new (why->domain, why->code, "%s %s", why->message,
                      (const char *) g_ptr_array_index (unreadable, 0));
}
