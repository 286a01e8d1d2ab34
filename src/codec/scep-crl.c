/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-crl.h"

#include "base/scep-error.h"
#include "base/scep-text.h"

#include "codec/scep-asn1.h"
#include "codec/scep-ca-bundle.h"
#include "codec/scep-cms.h"
#include "codec/scep-crl-private.h"
#include "codec/scep-der-time.h"
#include "codec/scep-der.h"
#include "codec/scep-name.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define TAG_BIT_STRING 0x03
#define TAG_CONTEXT_0 0xa0
#define TAG_CONTEXT_1 0xa1

/* RFC 5280 section 5.2.3, and one octet for the sign. */
#define MAX_NUMBER_LENGTH 21

/**
 * scep_crl_free:
 * @crl: (transfer full) (nullable):
 */
void
scep_crl_free (ScepCrl *crl)
{
  if (crl == NULL)
    return;
  g_clear_pointer (&crl->der, g_bytes_unref);
  g_clear_pointer (&crl->tbs, g_bytes_unref);
  g_clear_pointer (&crl->algorithm, g_bytes_unref);
  g_clear_pointer (&crl->signature, g_bytes_unref);
  g_clear_pointer (&crl->issuer_der, g_bytes_unref);
  g_clear_pointer (&crl->distribution_point, g_bytes_unref);
  g_free (crl->issuer);
  g_free (crl->number);
  g_free (crl);
}

gboolean
scep_crl_refuse (GError **error, const char *why)
{
  scep_error_set (error, SCEP_ERROR_MALFORMED_REPLY, _ ("The CRL cannot be used: %s"), why);
  return FALSE;
}

static gboolean
is_time (const ScepDerReader *reader)
{
  guint8 tag = scep_der_reader_peek (reader);

  return tag == SCEP_TAG_UTC_TIME || tag == SCEP_TAG_GENERALIZED_TIME;
}

static gboolean
read_time (ScepDerReader *reader, gint64 *seconds, GError **error)
{
  guint8 tag = scep_der_reader_peek (reader);
  g_autoptr (GBytes) content = is_time (reader) ? scep_der_reader_take_content (reader, tag) : NULL;
  gsize length = 0;
  const char *text = content != NULL ? g_bytes_get_data (content, &length) : NULL;

  if (text == NULL || !scep_der_time_parse (tag, text, length, seconds))
    return scep_crl_refuse (error, _ ("one of its dates is none"));
  return TRUE;
}

/* Millions of them, perhaps: each is looked at, none is kept. */
static gboolean
read_entries (ScepCrl *self, ScepDerReader *reader, GError **error)
{
  ScepDerReader entries;
  ScepDerReader entry;

  if (scep_der_reader_peek (reader) != SCEP_TAG_SEQUENCE)
    return TRUE;
  if (!scep_der_reader_enter (reader, SCEP_TAG_SEQUENCE, &entries))
    return scep_crl_refuse (error, _ ("its list has a wrong length"));
  while (!scep_der_reader_is_at_end (&entries)) {
    if (!scep_der_reader_enter (&entries, SCEP_TAG_SEQUENCE, &entry) ||
        !scep_der_reader_skip (&entry, SCEP_TAG_INTEGER) || !is_time (&entry) ||
        !scep_der_reader_skip (&entry, scep_der_reader_peek (&entry)))
      return scep_crl_refuse (error, _ ("one of its entries is malformed"));
    if (!scep_crl_check_entry_extensions (&entry, error))
      return FALSE;
    self->n_entries++;
  }
  return TRUE;
}

gboolean
scep_crl_read_number (ScepCrl *self, GBytes *value, GError **error)
{
  g_autoptr (GBytes) content = scep_cms_get_primitive (value, SCEP_TAG_INTEGER);
  gsize length = 0;
  const guint8 *data = content != NULL ? g_bytes_get_data (content, &length) : NULL;
  gsize sign;

  if (length == 0 || length > MAX_NUMBER_LENGTH || (data[0] & 0x80) != 0)
    return scep_crl_refuse (error, _ ("its number is malformed"));
  sign = length > 1 && data[0] == 0 ? 1 : 0;
  g_free (self->number);
  self->number = scep_hex_encode (data + sign, length - sign);
  return TRUE;
}

static gboolean
read_issuer (ScepCrl *self, ScepDerReader *reader, GError **error)
{
  self->issuer_der = scep_der_reader_take (reader, SCEP_TAG_SEQUENCE);
  if (self->issuer_der == NULL)
    return scep_crl_refuse (error, _ ("it has no issuer"));
  self->issuer = scep_name_to_string (self->issuer_der, error);
  return self->issuer != NULL;
}

static gboolean
read_tbs (ScepCrl *self, GBytes *outer_algorithm, GError **error)
{
  ScepDerReader whole;
  ScepDerReader tbs;
  g_autoptr (GBytes) algorithm = NULL;

  scep_der_reader_init (&whole, self->tbs);
  if (!scep_der_reader_enter (&whole, SCEP_TAG_SEQUENCE, &tbs))
    return scep_crl_refuse (error, _ ("it is empty"));
  if (scep_der_reader_peek (&tbs) == SCEP_TAG_INTEGER)
    scep_der_reader_skip (&tbs, SCEP_TAG_INTEGER);
  algorithm = scep_der_reader_take (&tbs, SCEP_TAG_SEQUENCE);
  if (algorithm == NULL || !g_bytes_equal (algorithm, outer_algorithm))
    return scep_crl_refuse (error, _ ("it names two algorithms"));
  if (!read_issuer (self, &tbs, error) || !read_time (&tbs, &self->this_update, error))
    return FALSE;
  if (is_time (&tbs) && !read_time (&tbs, &self->next_update, error))
    return FALSE;
  if (!read_entries (self, &tbs, error))
    return FALSE;
  if (scep_der_reader_peek (&tbs) == TAG_CONTEXT_0) {
    g_autoptr (GBytes) extensions = scep_der_reader_take_content (&tbs, TAG_CONTEXT_0);

    if (extensions == NULL || !scep_crl_read_extensions (self, extensions, error))
      return extensions != NULL ? FALSE
                                : scep_crl_refuse (error, _ ("its extensions have a wrong length"));
  }
  return scep_der_reader_is_at_end (&tbs) ||
         scep_crl_refuse (error, _ ("something follows its end"));
}

static gboolean
read_signature (ScepCrl *self, ScepDerReader *reader, GError **error)
{
  g_autoptr (GBytes) bits = scep_der_reader_take_content (reader, TAG_BIT_STRING);
  gsize length = 0;
  const guint8 *data = bits != NULL ? g_bytes_get_data (bits, &length) : NULL;

  if (length < 2 || data[0] != 0)
    return scep_crl_refuse (error, _ ("it is not signed"));
  self->signature = g_bytes_new_from_bytes (bits, 1, length - 1);
  return TRUE;
}

static gboolean
has_good_end (const ScepDerReader *reader, GError **error)
{
  const guint8 *data = g_bytes_get_data (reader->source, NULL);

  return scep_ber_check_trailing (data + reader->position, reader->end - reader->position, error);
}

/**
 * scep_crl_new:
 * @der: one CertificateList (RFC 5280 section 5.1), at most %SCEP_CRL_MAX_SIZE
 *   bytes
 *
 * Its entries are looked at one by one and no tree is made of them: a CRL may
 * have hundreds of thousands.
 *
 * Returns: (transfer full) (nullable): the CRL, or %NULL with
 *   %SCEP_ERROR_TOO_LARGE, %SCEP_ERROR_MALFORMED_REPLY, or
 *   %SCEP_ERROR_UNSUPPORTED where it is only a part of one
 */
ScepCrl *
scep_crl_new (GBytes *der, GError **error)
{
  g_autoptr (ScepCrl) self = g_new0 (ScepCrl, 1);
  g_autoptr (GBytes) algorithm = NULL;
  ScepDerReader whole;
  ScepDerReader list;

  if (g_bytes_get_size (der) > SCEP_CRL_MAX_SIZE) {
    scep_error_set (error, SCEP_ERROR_TOO_LARGE,
                    _ ("The CRL has %zu bytes; more than %d are not read."), g_bytes_get_size (der),
                    SCEP_CRL_MAX_SIZE);
    return NULL;
  }
  scep_der_reader_init (&whole, der);
  if (scep_der_reader_enter (&whole, SCEP_TAG_SEQUENCE, &list)) {
    if (!has_good_end (&whole, error))
      return NULL;
    self->der = g_bytes_new_from_bytes (der, 0, whole.position);
    self->tbs = scep_der_reader_take (&list, SCEP_TAG_SEQUENCE);
    algorithm = scep_der_reader_take (&list, SCEP_TAG_SEQUENCE);
  }
  if (self->tbs == NULL || algorithm == NULL) {
    scep_crl_refuse (error, _ ("it is no DER structure of that kind"));
    return NULL;
  }
  self->algorithm = g_bytes_ref (algorithm);
  if (!read_signature (self, &list, error) || !read_tbs (self, algorithm, error))
    return NULL;
  if (!scep_der_reader_is_at_end (&list)) {
    scep_crl_refuse (error, _ ("something follows its signature"));
    return NULL;
  }
  return g_steal_pointer (&self);
}

/* The CRLs of a degenerate SignedData in DER: %FALSE where it is BER or something else. */
static gboolean
enter_crls (GBytes *der, ScepDerReader *crls)
{
  ScepDerReader whole;
  ScepDerReader info;
  ScepDerReader content;
  ScepDerReader message;

  scep_der_reader_init (&whole, der);
  if (!scep_der_reader_enter (&whole, SCEP_TAG_SEQUENCE, &info) || !has_good_end (&whole, NULL) ||
      !scep_der_reader_skip (&info, SCEP_TAG_OID) ||
      !scep_der_reader_enter (&info, TAG_CONTEXT_0, &content) ||
      !scep_der_reader_enter (&content, SCEP_TAG_SEQUENCE, &message) ||
      !scep_der_reader_skip (&message, SCEP_TAG_INTEGER) ||
      !scep_der_reader_skip (&message, SCEP_TAG_SET) ||
      !scep_der_reader_skip (&message, SCEP_TAG_SEQUENCE))
    return FALSE;
  if (scep_der_reader_peek (&message) == TAG_CONTEXT_0)
    scep_der_reader_skip (&message, TAG_CONTEXT_0);
  return scep_der_reader_enter (&message, TAG_CONTEXT_1, crls);
}

static GBytes *
take_single (ScepDerReader *crls)
{
  g_autoptr (GBytes) first = scep_der_reader_take (crls, SCEP_TAG_SEQUENCE);

  return scep_der_reader_is_at_end (crls) ? g_steal_pointer (&first) : NULL;
}

/**
 * scep_crl_new_from_degenerate:
 * @der: a SignedData that carries one CRL and perhaps certificates (RFC 8894
 *   section 3.4), DER, or BER where it is small
 *
 * Returns: (transfer full) (nullable): the CRL, or %NULL as scep_crl_new(),
 *   also where there is not exactly one
 */
ScepCrl *
scep_crl_new_from_degenerate (GBytes *der, GError **error)
{
  ScepDerReader reader;
  g_autoptr (GBytes) single = enter_crls (der, &reader) ? take_single (&reader) : NULL;
  g_autoptr (GPtrArray) crls = NULL;

  if (single != NULL)
    return scep_crl_new (single, error);
  if (!scep_degenerate_parse (der, NULL, &crls, error))
    return NULL;
  if (crls->len != 1) {
    scep_error_set (error, SCEP_ERROR_MALFORMED_REPLY,
                    _ ("The server sent %u CRLs where one is due."), crls->len);
    return NULL;
  }
  return scep_crl_new (g_ptr_array_index (crls, 0), error);
}

/**
 * scep_crl_get_der:
 *
 * Returns: (transfer none): the bytes as they were received
 */
GBytes *
scep_crl_get_der (ScepCrl *crl)
{
  return crl->der;
}

/**
 * scep_crl_get_issuer:
 *
 * Returns: (transfer none): RFC 4514 string
 */
const char *
scep_crl_get_issuer (ScepCrl *crl)
{
  return crl->issuer;
}

/**
 * scep_crl_get_this_update:
 *
 * Returns: Unix seconds
 */
gint64
scep_crl_get_this_update (ScepCrl *crl)
{
  return crl->this_update;
}

/**
 * scep_crl_get_next_update:
 *
 * Returns: Unix seconds, 0 where it does not say
 */
gint64
scep_crl_get_next_update (ScepCrl *crl)
{
  return crl->next_update;
}

/**
 * scep_crl_get_number:
 *
 * Returns: (transfer none) (nullable): cRLNumber in lower-case hexadecimal
 *   digits, for scep_crl_number_compare()
 */
const char *
scep_crl_get_number (ScepCrl *crl)
{
  return crl->number;
}

/**
 * scep_crl_get_n_entries:
 *
 * Returns: how many certificates are revoked
 */
guint
scep_crl_get_n_entries (ScepCrl *crl)
{
  return crl->n_entries;
}

/**
 * scep_crl_names_issuer:
 *
 * Returns: whether the CRL says that it is of the CA @issuer
 */
gboolean
scep_crl_names_issuer (ScepCrl *crl, ScepCertificate *issuer)
{
  return scep_name_equal (crl->issuer_der, scep_certificate_get_subject_der (issuer));
}

/**
 * scep_crl_is_issued_by:
 * @issuer: a CA that is authenticated
 * @digest: (out): the digest of the signature
 *
 * Whether @digest is strong enough is for the caller to say.
 *
 * Returns: whether @issuer signed the CRL; else @error is
 *   %SCEP_ERROR_CERTIFICATE_MISMATCH, %SCEP_ERROR_UNSUPPORTED or
 *   %SCEP_ERROR_SIGNATURE_INVALID
 */
gboolean
scep_crl_is_issued_by (ScepCrl *crl, ScepCertificate *issuer, ScepDigest *digest, GError **error)
{
  if (!scep_crl_names_issuer (crl, issuer)) {
    scep_error_set (error, SCEP_ERROR_CERTIFICATE_MISMATCH,
                    _ ("The CRL is of “%s”, not of “%s”, which issued the certificate."),
                    crl->issuer, scep_certificate_get_subject (issuer));
    return FALSE;
  }
  return scep_certificate_verify_signed (issuer, crl->algorithm, crl->tbs, crl->signature, digest,
                                         error);
}

/**
 * scep_crl_number_compare:
 * @a: lower-case hexadecimal digits
 * @b: the same
 *
 * Returns: below 0, 0 or above 0, as the number @a is less, equal or greater
 */
int
scep_crl_number_compare (const char *a, const char *b)
{
  gsize length_a;
  gsize length_b;

  a += strspn (a, "0");
  b += strspn (b, "0");
  length_a = strlen (a);
  length_b = strlen (b);
  if (length_a != length_b)
    return length_a < length_b ? -1 : 1;
  return strcmp (a, b);
}
