/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "keystore/scep-key.h"

G_DEFINE_INTERFACE (ScepKey, scep_key, G_TYPE_OBJECT)

static void
scep_key_default_init (ScepKeyInterface *iface)
{
}

/**
 * scep_key_get_spki:
 *
 * Returns: (transfer none): the DER of the SubjectPublicKeyInfo (RFC 5280
 *   section 4.1.2.7)
 */
GBytes *
scep_key_get_spki (ScepKey *self)
{
  return SCEP_KEY_GET_IFACE (self)->get_spki (self);
}

/**
 * scep_key_sign_async:
 * @digest: what @data is hashed with
 * @data: what is signed, not its hash
 *
 * Signs with PKCS#1 v1.5 (RFC 8017 section 8.2), or with what the kind of the
 * key has instead.
 */
void
scep_key_sign_async (ScepKey *self, ScepDigest digest, GBytes *data, GCancellable *cancellable,
                     GAsyncReadyCallback callback, gpointer user_data)
{
  SCEP_KEY_GET_IFACE (self)->sign_async (self, digest, data, cancellable, callback, user_data);
}

/**
 * scep_key_sign_finish:
 *
 * Returns: (transfer full): the signature, or %NULL with an error
 */
GBytes *
scep_key_sign_finish (ScepKey *self, GAsyncResult *result, GError **error)
{
  return SCEP_KEY_GET_IFACE (self)->sign_finish (self, result, error);
}

/**
 * scep_key_unwrap_async:
 * @wrap: how the key was encrypted
 * @wrapped: the encrypted content key
 * @key_length: how long it must be, in bytes
 *
 * Opens the content key of an envelope (RFC 5652 section 6.2.1).
 */
void
scep_key_unwrap_async (ScepKey *self, ScepKeyWrap wrap, GBytes *wrapped, gsize key_length,
                       GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  SCEP_KEY_GET_IFACE (self)->unwrap_async (self, wrap, wrapped, key_length, cancellable, callback,
                                           user_data);
}

/**
 * scep_key_unwrap_finish:
 *
 * Returns: (transfer full): the content key in secret bytes, or %NULL with an
 *   error; a padding fault is not told apart, see the key's implementation
 */
GBytes *
scep_key_unwrap_finish (ScepKey *self, GAsyncResult *result, GError **error)
{
  return SCEP_KEY_GET_IFACE (self)->unwrap_finish (self, result, error);
}
