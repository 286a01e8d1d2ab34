/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "keystore/scep-keystore.h"

G_DEFINE_INTERFACE (ScepKeystore, scep_keystore, G_TYPE_OBJECT)

static void
scep_keystore_default_init (ScepKeystoreInterface *iface)
{
  /**
   * ScepKeystore::entry-changed:
   * @alias: of the entry that is new or different, and on disk
   */
  g_signal_new ("entry-changed", SCEP_TYPE_KEYSTORE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                G_TYPE_NONE, 1, G_TYPE_STRING);

  /**
   * ScepKeystore::entry-removed:
   * @alias: of the entry that is gone from the disk
   */
  g_signal_new ("entry-removed", SCEP_TYPE_KEYSTORE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                G_TYPE_NONE, 1, G_TYPE_STRING);

  /**
   * ScepKeystore::key-made:
   * @alias: of the key pair that is being created
   * @key: (type ScepKey): the key, which works already; it is on its way to the
   *   disk, so nobody outside may see what is made with it until that is done
   */
  g_signal_new ("key-made", SCEP_TYPE_KEYSTORE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                2, G_TYPE_STRING, SCEP_TYPE_KEY);
}

/**
 * scep_keystore_get_id:
 *
 * Returns: (transfer none): the last element of its object path
 */
const char *
scep_keystore_get_id (ScepKeystore *self)
{
  return SCEP_KEYSTORE_GET_IFACE (self)->get_id (self);
}

/**
 * scep_keystore_get_service_pid:
 *
 * Returns: (transfer none): what a target filter knows it by
 */
const char *
scep_keystore_get_service_pid (ScepKeystore *self)
{
  return SCEP_KEYSTORE_GET_IFACE (self)->get_service_pid (self);
}

/**
 * scep_keystore_get_backend:
 *
 * Returns: (transfer none): the kind of keystore, for example "keyfile"
 */
const char *
scep_keystore_get_backend (ScepKeystore *self)
{
  return SCEP_KEYSTORE_GET_IFACE (self)->get_backend (self);
}

/**
 * scep_keystore_is_readable:
 *
 * Returns: whether all of it could be read; where not, scep_keystore_lookup()
 *   says what of it could not
 */
gboolean
scep_keystore_is_readable (ScepKeystore *self)
{
  return SCEP_KEYSTORE_GET_IFACE (self)->is_readable (self);
}

/**
 * scep_keystore_list:
 *
 * Returns: (transfer container) (element-type ScepKeystoreEntry): all entries,
 *   ordered by alias, or %NULL with %SCEP_ERROR_STORAGE_FAILED where the
 *   keystore cannot be read
 */
GPtrArray *
scep_keystore_list (ScepKeystore *self, GError **error)
{
  return SCEP_KEYSTORE_GET_IFACE (self)->list (self, error);
}

/**
 * scep_keystore_lookup:
 *
 * Returns: (transfer full): the entry as it is now, or %NULL with
 *   %SCEP_ERROR_NO_SUCH_ENTRY, or with %SCEP_ERROR_STORAGE_FAILED where the
 *   keystore cannot be read
 */
ScepKeystoreEntry *
scep_keystore_lookup (ScepKeystore *self, const char *alias, GError **error)
{
  return SCEP_KEYSTORE_GET_IFACE (self)->lookup (self, alias, error);
}

/**
 * scep_keystore_create_key_pair_async:
 * @rsa_bits: 1024, 2048, 3072, 4096 or 8192
 * @replace: whether an entry of that name may be replaced
 *
 * Makes a new key and stores it; the callback comes when it is on disk.
 *
 * Errors: %SCEP_ERROR_ENTRY_EXISTS, %SCEP_ERROR_INVALID_ENTRY,
 * %SCEP_ERROR_INVALID_SETTING for the size, %SCEP_ERROR_STORAGE_FAILED.
 */
void
scep_keystore_create_key_pair_async (ScepKeystore *self, const char *alias, guint rsa_bits,
                                     gboolean replace, GCancellable *cancellable,
                                     GAsyncReadyCallback callback, gpointer user_data)
{
  SCEP_KEYSTORE_GET_IFACE (self)->create_key_pair_async (self, alias, rsa_bits, replace,
                                                         cancellable, callback, user_data);
}

/**
 * scep_keystore_import_certificate_async:
 * @chain: (element-type ScepCertificate): leaf first
 * @replace: whether an entry of that name may be replaced
 *
 * Where @alias is a key pair whose key the leaf certifies, the chain joins it;
 * otherwise a trusted certificate is stored.
 *
 * Errors: %SCEP_ERROR_ENTRY_EXISTS, %SCEP_ERROR_INVALID_ENTRY where the key
 * there is another one, %SCEP_ERROR_STORAGE_FAILED.
 */
void
scep_keystore_import_certificate_async (ScepKeystore *self, const char *alias, GPtrArray *chain,
                                        gboolean replace, GCancellable *cancellable,
                                        GAsyncReadyCallback callback, gpointer user_data)
{
  SCEP_KEYSTORE_GET_IFACE (self)->import_certificate_async (self, alias, chain, replace,
                                                            cancellable, callback, user_data);
}

/**
 * scep_keystore_import_key_pair_async:
 * @pem: an unencrypted key, then its chain, leaf first; at most 64 KiB
 *
 * Stores a key made elsewhere under a new alias.
 *
 * Errors: %SCEP_ERROR_ENTRY_EXISTS, %SCEP_ERROR_INVALID_ENTRY,
 * %SCEP_ERROR_STORAGE_FAILED.
 */
void
scep_keystore_import_key_pair_async (ScepKeystore *self, const char *alias, GBytes *pem,
                                     GCancellable *cancellable, GAsyncReadyCallback callback,
                                     gpointer user_data)
{
  SCEP_KEYSTORE_GET_IFACE (self)->import_key_pair_async (self, alias, pem, cancellable, callback,
                                                         user_data);
}

/**
 * scep_keystore_promote_async:
 * @from: the alias of a key; it stays, the caller removes it later
 * @chain: (element-type ScepCertificate): the chain of that key, leaf first
 * @to: the alias that becomes key and chain, atomically
 * @previous: (nullable): the alias that keeps what @to was before
 *
 * Makes the key under one alias the entry under another. After a power cut
 * @to is the old entry or the new one.
 *
 * Errors: %SCEP_ERROR_NO_SUCH_ENTRY, %SCEP_ERROR_CERTIFICATE_MISMATCH where the
 * leaf certifies another key, %SCEP_ERROR_INVALID_ENTRY where @from has no key,
 * %SCEP_ERROR_STORAGE_FAILED.
 */
void
scep_keystore_promote_async (ScepKeystore *self, const char *from, GPtrArray *chain, const char *to,
                             const char *previous, GCancellable *cancellable,
                             GAsyncReadyCallback callback, gpointer user_data)
{
  SCEP_KEYSTORE_GET_IFACE (self)->promote_async (self, from, chain, to, previous, cancellable,
                                                 callback, user_data);
}

/**
 * scep_keystore_exchange_async:
 *
 * Gives each of two entries the alias of the other. After a power cut both have
 * theirs or both have the other's.
 *
 * Errors: %SCEP_ERROR_NO_SUCH_ENTRY, %SCEP_ERROR_STORAGE_FAILED.
 */
void
scep_keystore_exchange_async (ScepKeystore *self, const char *alias, const char *other,
                              GCancellable *cancellable, GAsyncReadyCallback callback,
                              gpointer user_data)
{
  SCEP_KEYSTORE_GET_IFACE (self)->exchange_async (self, alias, other, cancellable, callback,
                                                  user_data);
}

/**
 * scep_keystore_remove_async:
 *
 * Deletes an entry.
 *
 * Errors: %SCEP_ERROR_NO_SUCH_ENTRY, %SCEP_ERROR_STORAGE_FAILED.
 */
void
scep_keystore_remove_async (ScepKeystore *self, const char *alias, GCancellable *cancellable,
                            GAsyncReadyCallback callback, gpointer user_data)
{
  SCEP_KEYSTORE_GET_IFACE (self)->remove_async (self, alias, cancellable, callback, user_data);
}

/**
 * scep_keystore_probe_async:
 *
 * Finds out whether an entry could be written, without changing any.
 *
 * Errors: %SCEP_ERROR_STORAGE_FAILED.
 */
void
scep_keystore_probe_async (ScepKeystore *self, GAsyncReadyCallback callback, gpointer user_data)
{
  SCEP_KEYSTORE_GET_IFACE (self)->probe_async (self, callback, user_data);
}

/**
 * scep_keystore_write_finish:
 *
 * The end of each of the functions above that change something.
 *
 * Returns: %TRUE when the change is on disk
 */
gboolean
scep_keystore_write_finish (ScepKeystore *self, GAsyncResult *result, GError **error)
{
  return SCEP_KEYSTORE_GET_IFACE (self)->write_finish (self, result, error);
}

/**
 * scep_keystore_export_async:
 *
 * Makes the PEM of a key and its chain.
 *
 * Errors: %SCEP_ERROR_NO_SUCH_ENTRY, %SCEP_ERROR_INVALID_ENTRY where there is no
 * key or it is not exportable, %SCEP_ERROR_STORAGE_FAILED.
 */
void
scep_keystore_export_async (ScepKeystore *self, const char *alias, GCancellable *cancellable,
                            GAsyncReadyCallback callback, gpointer user_data)
{
  SCEP_KEYSTORE_GET_IFACE (self)->export_async (self, alias, cancellable, callback, user_data);
}

/**
 * scep_keystore_export_finish:
 *
 * Returns: (transfer full): PKCS#8 PEM (RFC 5958), then the chain, leaf first,
 *   in secret bytes; or %NULL with an error
 */
GBytes *
scep_keystore_export_finish (ScepKeystore *self, GAsyncResult *result, GError **error)
{
  return SCEP_KEYSTORE_GET_IFACE (self)->export_finish (self, result, error);
}
