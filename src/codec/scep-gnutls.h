/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/scep-error.h"

#include <gio/gio.h>
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

/* GnuTLS's handles with g_auto (), and its memory with g_auto (ScepDatum). */

G_DEFINE_AUTO_CLEANUP_FREE_FUNC (gnutls_x509_crt_t, gnutls_x509_crt_deinit, NULL)
G_DEFINE_AUTO_CLEANUP_FREE_FUNC (gnutls_x509_crl_t, gnutls_x509_crl_deinit, NULL)
G_DEFINE_AUTO_CLEANUP_FREE_FUNC (gnutls_x509_privkey_t, gnutls_x509_privkey_deinit, NULL)
G_DEFINE_AUTO_CLEANUP_FREE_FUNC (gnutls_privkey_t, gnutls_privkey_deinit, NULL)
G_DEFINE_AUTO_CLEANUP_FREE_FUNC (gnutls_pubkey_t, gnutls_pubkey_deinit, NULL)
G_DEFINE_AUTO_CLEANUP_FREE_FUNC (gnutls_cipher_hd_t, gnutls_cipher_deinit, NULL)

/* A datum that owns its data: initialise it with { NULL, 0 }. */
typedef gnutls_datum_t ScepDatum;

static inline void
scep_datum_clear (ScepDatum *datum)
{
  if (datum->data != NULL)
    gnutls_memset (datum->data, 0, datum->size);
  gnutls_free (datum->data);
  datum->size = 0;
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ScepDatum, scep_datum_clear)

/* The data of @bytes, borrowed. */
static inline gnutls_datum_t
scep_datum_borrow (GBytes *bytes)
{
  gsize length;
  gconstpointer data = g_bytes_get_data (bytes, &length);

  return (gnutls_datum_t){ (unsigned char *) data, (unsigned int) length };
}

const char *scep_gnutls_describe (int rc);

/* Sets @error where @rc is a fault: "@what: <GnuTLS's words>." */
static inline gboolean
scep_gnutls_check (int rc, ScepError code, const char *what, GError **error)
{
  if (rc >= 0)
    return TRUE;
  scep_error_set (error, code, "%s: %s", what, scep_gnutls_describe (rc));
  return FALSE;
}
