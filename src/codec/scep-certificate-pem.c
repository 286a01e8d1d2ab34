/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-certificate.h"

#include "base/scep-error.h"

#include "codec/scep-gnutls.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define PEM_BEGIN "-----BEGIN CERTIFICATE-----"
#define MAX_CERTIFICATES 64

/* The text from @pem's first certificate on, %NULL where there is none. */
static const char *
find_certificate (const char *pem)
{
  return strstr (pem, PEM_BEGIN);
}

static ScepCertificate *
decode_certificate (const char *pem, GError **error)
{
  g_auto (ScepDatum) data = { NULL, 0 };
  g_autoptr (GBytes) der = NULL;
  gnutls_datum_t text = { (unsigned char *) pem, (unsigned int) strlen (pem) };
  int rc = gnutls_pem_base64_decode2 ("CERTIFICATE", &text, &data);

  if (rc < 0) {
    scep_error_set (
        error, SCEP_ERROR_INVALID_ENTRY,
        _ ("The PEM certificate cannot be decoded (%s); copy it again, from BEGIN to END"),
        scep_gnutls_describe (rc));
    return NULL;
  }
  der = g_bytes_new (data.data, data.size);
  return scep_certificate_new (der, error);
}

/**
 * scep_certificate_list_from_pem:
 * @pem: certificates in PEM (RFC 7468), other text between them is passed over
 *
 * Returns: (transfer full) (nullable) (element-type ScepCertificate): at least
 *   one certificate, in their order, or %NULL with %SCEP_ERROR_INVALID_ENTRY
 *   or %SCEP_ERROR_MALFORMED_REPLY
 */
GPtrArray *
scep_certificate_list_from_pem (const char *pem, GError **error)
{
  g_autoptr (GPtrArray) list = g_ptr_array_new_with_free_func (g_object_unref);
  const char *next = find_certificate (pem);

  if (next == NULL) {
    scep_error_set (error, SCEP_ERROR_INVALID_ENTRY,
                    _ ("This is no certificate in PEM: one begins with “%s”"), PEM_BEGIN);
    return NULL;
  }
  for (; next != NULL; next = find_certificate (next + strlen (PEM_BEGIN))) {
    ScepCertificate *certificate = NULL;

    if (list->len == MAX_CERTIFICATES) {
      scep_error_set (error, SCEP_ERROR_INVALID_ENTRY, _ ("There are more than %d certificates"),
                      MAX_CERTIFICATES);
      return NULL;
    }
    certificate = decode_certificate (next, error);
    if (certificate == NULL)
      return NULL;
    g_ptr_array_add (list, certificate);
  }
  return g_steal_pointer (&list);
}

/**
 * scep_certificate_new_from_pem:
 * @pem: exactly one certificate in PEM
 *
 * Returns: (transfer full) (nullable): the certificate, or %NULL with the
 *   errors of scep_certificate_list_from_pem()
 */
ScepCertificate *
scep_certificate_new_from_pem (const char *pem, GError **error)
{
  g_autoptr (GPtrArray) list = scep_certificate_list_from_pem (pem, error);

  if (list == NULL)
    return NULL;
  if (list->len != 1) {
    scep_error_set (error, SCEP_ERROR_INVALID_ENTRY,
                    _ ("There are %u certificates where one is expected"), list->len);
    return NULL;
  }
  return g_object_ref (g_ptr_array_index (list, 0));
}

/**
 * scep_certificate_list_to_pem:
 * @certificates: (element-type ScepCertificate):
 *
 * Returns: (transfer full): PEM in the order of the list, "" for an empty one
 */
char *
scep_certificate_list_to_pem (GPtrArray *certificates)
{
  GString *pem = g_string_new (NULL);

  for (guint i = 0; i < certificates->len; i++) {
    g_auto (ScepDatum) text = { NULL, 0 };
    gnutls_datum_t der =
        scep_datum_borrow (scep_certificate_get_der (g_ptr_array_index (certificates, i)));

    if (gnutls_pem_base64_encode2 ("CERTIFICATE", &der, &text) >= 0)
      g_string_append_len (pem, (const char *) text.data, text.size);
  }
  return g_string_free (pem, FALSE);
}
