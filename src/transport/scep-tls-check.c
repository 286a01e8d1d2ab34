/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What curl and OpenSSL refuse on the same machine, and GLib lets pass. */
#include "transport/scep-tls-check.h"

#include "base/scep-error.h"

#include <arpa/inet.h>
#include <glib/gi18n-lib.h>
#include <gnutls/x509.h>
#include <string.h>

#define MIN_RSA_BITS 2048
#define MIN_WEAK_RSA_BITS 1024

G_DEFINE_AUTO_CLEANUP_FREE_FUNC (gnutls_x509_crt_t, gnutls_x509_crt_deinit, NULL)

/* (nullable): to be let go with gnutls_x509_crt_deinit() */
static gnutls_x509_crt_t
read_certificate (GTlsCertificate *certificate)
{
  g_autoptr (GByteArray) der = NULL;
  g_auto (gnutls_x509_crt_t) handle = NULL;
  gnutls_datum_t datum;

  g_object_get (certificate, "certificate", &der, NULL);
  if (der == NULL || gnutls_x509_crt_init (&handle) < 0)
    return NULL;
  datum = (gnutls_datum_t){ der->data, der->len };
  if (gnutls_x509_crt_import (handle, &datum, GNUTLS_X509_FMT_DER) < 0)
    return NULL;
  return g_steal_pointer (&handle);
}

static gboolean
check_version (const ScepTlsQuestion *question, gboolean *is_weak, GError **error)
{
  const char *name = question->version == G_TLS_PROTOCOL_VERSION_TLS_1_1   ? "TLS 1.1"
                     : question->version == G_TLS_PROTOCOL_VERSION_TLS_1_0 ? "TLS 1.0"
                                                                           : "SSL 3.0";

  if (question->version >= G_TLS_PROTOCOL_VERSION_TLS_1_2)
    return TRUE;
  *is_weak = TRUE;
  if (question->allow_weak)
    return TRUE;
  scep_error_set (error, SCEP_ERROR_TLS_FAILED,
                  _ ("The SCEP server at %s offers %s at most, and the service needs at least "
                     "TLS 1.2. Enable that there, or set AlgorithmPolicy to “legacy”."),
                  question->where, name);
  return FALSE;
}

static gboolean
check_purpose (const ScepTlsQuestion *question, gnutls_x509_crt_t leaf, GError **error)
{
  if (gnutls_x509_crt_check_key_purpose (leaf, GNUTLS_KP_TLS_WWW_SERVER, 0) != 0)
    return TRUE;
  scep_error_set (error, SCEP_ERROR_TLS_FAILED,
                  _ ("The TLS certificate of the SCEP server at %s is not accepted: it is not "
                     "meant for a server, because its extended key usage lacks serverAuth. The "
                     "server needs another one."),
                  question->where);
  return FALSE;
}

/* Whether the certificate has a name of this type in subjectAltName. */
static gboolean
has_alt_name (gnutls_x509_crt_t leaf, gnutls_x509_subject_alt_name_t wanted)
{
  for (guint i = 0;; i++) {
    char name[1];
    gsize size = 0;
    guint type;
    int rc = gnutls_x509_crt_get_subject_alt_name2 (leaf, i, name, &size, &type, NULL);

    if (rc < 0 && rc != GNUTLS_E_SHORT_MEMORY_BUFFER)
      return FALSE;
    if (type == wanted)
      return TRUE;
  }
}

static gboolean
has_address (gnutls_x509_crt_t leaf, const char *host)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (host);

  return gnutls_x509_crt_check_ip (leaf, g_inet_address_to_bytes (address),
                                   (guint) g_inet_address_get_native_size (address), 0) != 0;
}

/* RFC 9525, 6.3: the common name is no name of a server. Where there is an alternative name,
 * GnuTLS, which has found the host's already, does not look at it either. */
static gboolean
check_name (const ScepTlsQuestion *question, gnutls_x509_crt_t leaf, GError **error)
{
  g_autofree char *host = g_strndup (question->host, strcspn (question->host, "%"));
  gboolean is_named = g_hostname_is_ip_address (host) ? has_address (leaf, host)
                                                      : has_alt_name (leaf, GNUTLS_SAN_DNSNAME);

  if (is_named)
    return TRUE;
  scep_error_set (error, SCEP_ERROR_TLS_FAILED,
                  _ ("The TLS certificate of the SCEP server at %s is not accepted: it names the "
                     "host at most in its common name (CN), which no longer counts. The server "
                     "needs one with %s in subjectAltName."),
                  question->where, host);
  return FALSE;
}

/* 0 where the key is none of RSA */
static guint
get_rsa_bits (GTlsCertificate *certificate)
{
  g_auto (gnutls_x509_crt_t) handle = read_certificate (certificate);
  guint bits = 0;

  if (handle == NULL || gnutls_x509_crt_get_pk_algorithm (handle, &bits) != GNUTLS_PK_RSA)
    return 0;
  return bits;
}

static gboolean
check_keys (const ScepTlsQuestion *question, gboolean *is_weak, GError **error)
{
  guint minimum = question->allow_weak ? MIN_WEAK_RSA_BITS : MIN_RSA_BITS;

  for (GTlsCertificate *certificate = question->certificate; certificate != NULL;
       certificate = g_tls_certificate_get_issuer (certificate)) {
    guint bits = get_rsa_bits (certificate);

    *is_weak = *is_weak || (bits != 0 && bits < MIN_RSA_BITS);
    if (bits == 0 || bits >= minimum)
      continue;
    scep_error_set (error, SCEP_ERROR_TLS_FAILED,
                    _ ("The TLS certificate of the SCEP server at %s is not accepted: in its chain "
                       "is an RSA key of only %u bits, and at least %u are wanted. The server "
                       "needs another one."),
                    question->where, bits, minimum);
    return FALSE;
  }
  return TRUE;
}

/**
 * scep_tls_check:
 * @is_weak: (out): whether something passes that only @allow_weak lets pass
 *
 * To be called before anything is sent: TLS 1.2 at least, a certificate for a
 * server (RFC 5280 section 4.2.1.12) that names the host in subjectAltName, and no
 * RSA key below 2048 bits.
 *
 * Returns: whether the server may be spoken to; else @error is %SCEP_ERROR_TLS_FAILED
 */
gboolean
scep_tls_check (const ScepTlsQuestion *question, gboolean *is_weak, GError **error)
{
  g_auto (gnutls_x509_crt_t) leaf = read_certificate (question->certificate);

  *is_weak = FALSE;
  if (leaf == NULL) {
    scep_error_set (error, SCEP_ERROR_TLS_FAILED,
                    _ ("The TLS certificate of the SCEP server at %s cannot be read. The server "
                       "needs another one."),
                    question->where);
    return FALSE;
  }
  return check_version (question, is_weak, error) && check_purpose (question, leaf, error) &&
         check_name (question, leaf, error) && check_keys (question, is_weak, error);
}
