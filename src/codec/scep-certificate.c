/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-certificate.h"

#include "base/scep-error.h"
#include "base/scep-text.h"

#include "codec/scep-asn1.h"
#include "codec/scep-certificate-extensions.h"
#include "codec/scep-certificate-pool.h"
#include "codec/scep-cms.h"
#include "codec/scep-der-time.h"
#include "codec/scep-gnutls.h"
#include "codec/scep-name.h"
#include "codec/scep-private-key.h"
#include "codec/scep-serial.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define TBS "tbsCertificate."

/* RFC 5280 section 4.1.2.2, and one octet for the sign. */
#define MAX_SERIAL_LENGTH 21
#define MAX_RSA_BITS 8192
#define MAX_EXTENSIONS 64
#define VERSION_3 2

/* Everything is read once: other threads may look at it, and no handle is kept. */
struct _ScepCertificate {
  GObject parent_instance;

  GBytes *der;                           /* (owned) */
  GBytes *subject_der;                   /* (owned) */
  GBytes *issuer_der;                    /* (owned) */
  GBytes *serial_der;                    /* (owned) */
  GBytes *spki;                          /* (owned) */
  ScepCertificateExtensions *extensions; /* (owned) */
  char *fingerprint;                     /* (owned) */
  char *subject;                         /* (owned) */
  char *issuer;                          /* (owned) */
  char *subject_key;                     /* (owned): the same for equal names */
  char *issuer_key;                      /* (owned) */
  char *serial;                          /* (owned) */
  gint64 not_before;
  gint64 not_after;
  const char *key_type;
  guint key_bits;
};

G_DEFINE_FINAL_TYPE (ScepCertificate, scep_certificate, G_TYPE_OBJECT)

static void
scep_certificate_finalize (GObject *object)
{
  ScepCertificate *self = SCEP_CERTIFICATE (object);

  if (self->der != NULL)
    scep_certificate_pool_forget (self->der);
  g_clear_pointer (&self->der, g_bytes_unref);
  g_clear_pointer (&self->subject_der, g_bytes_unref);
  g_clear_pointer (&self->issuer_der, g_bytes_unref);
  g_clear_pointer (&self->serial_der, g_bytes_unref);
  g_clear_pointer (&self->spki, g_bytes_unref);
  g_clear_pointer (&self->extensions, scep_certificate_extensions_free);
  g_clear_pointer (&self->fingerprint, g_free);
  g_clear_pointer (&self->subject, g_free);
  g_clear_pointer (&self->issuer, g_free);
  g_clear_pointer (&self->subject_key, g_free);
  g_clear_pointer (&self->issuer_key, g_free);
  g_clear_pointer (&self->serial, g_free);
  G_OBJECT_CLASS (scep_certificate_parent_class)->finalize (object);
}

static void
scep_certificate_class_init (ScepCertificateClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = scep_certificate_finalize;
}

static void
scep_certificate_init (ScepCertificate *self)
{
}

static gboolean
refuse (GError **error, const char *why)
{
  scep_error_set (error, SCEP_ERROR_MALFORMED_REPLY, _ ("The certificate cannot be read: %s"), why);
  return FALSE;
}

static gboolean
read_serial (ScepCertificate *self, ScepAsn1 *tree, GError **error)
{
  g_autoptr (GBytes) octets = scep_asn1_get (tree, TBS "serialNumber");
  gsize length = octets != NULL ? g_bytes_get_size (octets) : 0;

  if (length == 0 || length > MAX_SERIAL_LENGTH)
    return refuse (error, _ ("its serial number is missing or longer than 20 octets"));
  self->serial_der = scep_der_wrap (SCEP_TAG_INTEGER, octets);
  self->serial = scep_serial_to_string (self->serial_der);
  return TRUE;
}

/* A short one: what is compared can be much longer than the name. */
static char *
make_name_key (GBytes *name)
{
  g_autofree char *canonical = scep_name_canonicalize (name);

  return g_compute_checksum_for_string (G_CHECKSUM_SHA256, canonical, -1);
}

static gboolean
read_names (ScepCertificate *self, ScepAsn1 *tree, GError **error)
{
  self->subject_der = scep_asn1_get (tree, TBS "subject");
  self->issuer_der = scep_asn1_get (tree, TBS "issuer");
  if (self->subject_der == NULL || self->issuer_der == NULL)
    return refuse (error, _ ("it has no subject or no issuer"));
  self->subject = scep_name_to_string (self->subject_der, error);
  if (self->subject == NULL)
    return FALSE;
  self->issuer = scep_name_to_string (self->issuer_der, error);
  if (self->issuer == NULL)
    return FALSE;
  self->subject_key = make_name_key (self->subject_der);
  self->issuer_key = make_name_key (self->issuer_der);
  return TRUE;
}

static gboolean
read_key (ScepCertificate *self, ScepAsn1 *tree, GError **error)
{
  g_autoptr (ScepAsn1) spki = NULL;

  self->spki = scep_asn1_get (tree, TBS "subjectPublicKeyInfo");
  if (self->spki == NULL)
    return refuse (error, _ ("it has no public key"));
  spki = scep_asn1_decode ("SubjectPublicKeyInfo", self->spki, error);
  if (spki == NULL)
    return FALSE;
  if (!scep_public_key_describe (self->spki, &self->key_type, &self->key_bits)) {
    self->key_type = "unknown";
    self->key_bits = 0;
  }
  if (scep_certificate_is_rsa (self) && self->key_bits > MAX_RSA_BITS)
    return refuse (error, _ ("its RSA key has more than 8192 bits"));
  return TRUE;
}

/* What GnuTLS would have seen, too. */
static gboolean
is_consistent (ScepCertificate *self, ScepAsn1 *tree)
{
  g_autoptr (GBytes) version = scep_asn1_get (tree, TBS "version");
  g_autoptr (GBytes) inner = scep_asn1_get_raw (tree, TBS "signature", self->der);
  g_autoptr (GBytes) outer = scep_asn1_get_raw (tree, "signatureAlgorithm", self->der);

  return version != NULL && g_bytes_get_size (version) == 1 &&
         *(const guint8 *) g_bytes_get_data (version, NULL) == VERSION_3 && inner != NULL &&
         outer != NULL && g_bytes_equal (inner, outer);
}

/* GnuTLS is strict with what is around the extensions, and does not read a certificate because of
 * some extensions that it does not read. */
static gboolean
read_dates (ScepCertificate *self, ScepAsn1 *tree, GError **error)
{
  g_auto (gnutls_x509_crt_t) handle = NULL;
  gnutls_datum_t der = scep_datum_borrow (self->der);
  gboolean is_read;
  int rc;

  gnutls_x509_crt_init (&handle);
  rc = gnutls_x509_crt_import (handle, &der, GNUTLS_X509_FMT_DER);
  is_read = rc >= 0;
  if (!is_read && (self->extensions->unreadable == NULL || !is_consistent (self, tree)))
    return refuse (error, scep_gnutls_describe (rc));

  self->not_before = scep_der_time_get (
      tree, TBS "validity.notBefore", is_read ? gnutls_x509_crt_get_activation_time (handle) : -1);
  self->not_after = scep_der_time_get (tree, TBS "validity.notAfter",
                                       is_read ? gnutls_x509_crt_get_expiration_time (handle) : -1);
  if (self->not_before == -1 || self->not_after == -1)
    return refuse (error, _ ("one of its dates is malformed"));
  return TRUE;
}

static gboolean
read_extensions (ScepCertificate *self, ScepAsn1 *tree, GError **error)
{
  if (scep_asn1_count (tree, TBS "extensions") > MAX_EXTENSIONS)
    return refuse (error, _ ("it has too many extensions"));
  self->extensions = scep_certificate_extensions_read (tree, TBS "extensions");
  return TRUE;
}

static ScepCertificate *
parse (GBytes *der, GError **error)
{
  g_autoptr (ScepCertificate) self = g_object_new (SCEP_TYPE_CERTIFICATE, NULL);
  g_autoptr (ScepAsn1) tree = scep_asn1_decode ("Certificate", der, error);

  if (tree == NULL)
    return NULL;
  self->der = g_bytes_ref (der);
  self->fingerprint = scep_sha256_hex (der);
  if (!read_serial (self, tree, error) || !read_names (self, tree, error) ||
      !read_key (self, tree, error) || !read_extensions (self, tree, error) ||
      !read_dates (self, tree, error))
    return NULL;
  return g_steal_pointer (&self);
}

/**
 * scep_certificate_new:
 * @der: one certificate (RFC 5280 section 4.1)
 *
 * Returns: (transfer full) (nullable): the certificate, which others may have
 *   too, or %NULL with %SCEP_ERROR_MALFORMED_REPLY
 */
ScepCertificate *
scep_certificate_new (GBytes *der, GError **error)
{
  ScepCertificate *self = scep_certificate_pool_lookup (der);

  if (self != NULL)
    return self;
  self = parse (der, error);
  if (self != NULL)
    scep_certificate_pool_add (self);
  return self;
}

/**
 * scep_certificate_get_der:
 *
 * Returns: (transfer none): the bytes as they were received
 */
GBytes *
scep_certificate_get_der (ScepCertificate *self)
{
  return self->der;
}

/**
 * scep_certificate_get_fingerprint:
 *
 * Returns: (transfer none): SHA-256 of the DER, 64 lower-case hexadecimal
 *   digits (RFC 8894 section 2.2)
 */
const char *
scep_certificate_get_fingerprint (ScepCertificate *self)
{
  return self->fingerprint;
}

/**
 * scep_certificate_get_subject:
 *
 * Returns: (transfer none): RFC 4514 string
 */
const char *
scep_certificate_get_subject (ScepCertificate *self)
{
  return self->subject;
}

/**
 * scep_certificate_get_issuer:
 *
 * Returns: (transfer none): RFC 4514 string
 */
const char *
scep_certificate_get_issuer (ScepCertificate *self)
{
  return self->issuer;
}

/**
 * scep_certificate_get_serial:
 *
 * Returns: (transfer none): lower-case hexadecimal digits, without the octet
 *   that only carries the sign
 */
const char *
scep_certificate_get_serial (ScepCertificate *self)
{
  return self->serial;
}

/**
 * scep_certificate_get_subject_der:
 *
 * Returns: (transfer none): the Name as it was received
 */
GBytes *
scep_certificate_get_subject_der (ScepCertificate *self)
{
  return self->subject_der;
}

/**
 * scep_certificate_get_issuer_der:
 *
 * Returns: (transfer none): the Name as it was received
 */
GBytes *
scep_certificate_get_issuer_der (ScepCertificate *self)
{
  return self->issuer_der;
}

/**
 * scep_certificate_get_serial_der:
 *
 * Returns: (transfer none): the serial number as a DER INTEGER
 */
GBytes *
scep_certificate_get_serial_der (ScepCertificate *self)
{
  return self->serial_der;
}

/**
 * scep_certificate_get_spki:
 *
 * Returns: (transfer none): DER SubjectPublicKeyInfo
 */
GBytes *
scep_certificate_get_spki (ScepCertificate *self)
{
  return self->spki;
}

/**
 * scep_certificate_get_not_before:
 *
 * Returns: Unix seconds
 */
gint64
scep_certificate_get_not_before (ScepCertificate *self)
{
  return self->not_before;
}

/**
 * scep_certificate_get_not_after:
 *
 * Returns: Unix seconds
 */
gint64
scep_certificate_get_not_after (ScepCertificate *self)
{
  return self->not_after;
}

const ScepCertificateExtensions *
scep_certificate_get_extensions (ScepCertificate *certificate)
{
  return certificate->extensions;
}

/**
 * scep_certificate_is_self_issued:
 *
 * Returns: whether subject and issuer are the same name
 */
gboolean
scep_certificate_is_self_issued (ScepCertificate *self)
{
  return scep_certificate_names_issuer (self, self);
}

/**
 * scep_certificate_names_issuer:
 *
 * As scep_name_equal(), but the names are not read again: each of a list may be asked
 * about each other one.
 *
 * Returns: whether the issuer's name of @self is the subject of @issuer
 */
gboolean
scep_certificate_names_issuer (ScepCertificate *self, ScepCertificate *issuer)
{
  return strcmp (self->issuer_key, issuer->subject_key) == 0;
}

/**
 * scep_certificate_has_subject_of:
 *
 * As scep_certificate_names_issuer().
 *
 * Returns: whether both have the same subject
 */
gboolean
scep_certificate_has_subject_of (ScepCertificate *self, ScepCertificate *other)
{
  return strcmp (self->subject_key, other->subject_key) == 0;
}

/**
 * scep_certificate_is_rsa:
 *
 * Returns: whether the key is an RSA key, so that it can be encrypted to
 */
gboolean
scep_certificate_is_rsa (ScepCertificate *self)
{
  return strcmp (self->key_type, "RSA") == 0;
}

/**
 * scep_certificate_get_key_type:
 *
 * Returns: (transfer none): see scep_public_key_describe()
 */
const char *
scep_certificate_get_key_type (ScepCertificate *self)
{
  return self->key_type;
}

/**
 * scep_certificate_get_key_bits:
 *
 * Returns: size of the key in bits, 0 where it is not known
 */
guint
scep_certificate_get_key_bits (ScepCertificate *self)
{
  return self->key_bits;
}

/**
 * scep_certificate_has_public_key:
 * @spki: DER SubjectPublicKeyInfo
 *
 * Returns: whether the certificate is for that key
 */
gboolean
scep_certificate_has_public_key (ScepCertificate *self, GBytes *spki)
{
  return scep_public_key_equal (self->spki, spki);
}

/**
 * scep_certificate_equal:
 *
 * Returns: whether both are the same bytes
 */
gboolean
scep_certificate_equal (ScepCertificate *a, ScepCertificate *b)
{
  return g_bytes_equal (a->der, b->der);
}
