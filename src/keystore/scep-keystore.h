/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "keystore/scep-keystore-entry.h"

G_BEGIN_DECLS

/**
 * ScepKeystore:
 *
 * Where keys and certificates live. Reading is immediate and from memory;
 * whatever changes it is asynchronous and done when it is on disk. Writes of
 * one keystore happen in the order of the calls.
 *
 * Signals: "entry-changed" (const char *alias), "entry-removed" (const char *alias),
 * "key-made" (const char *alias, ScepKey *key).
 */
#define SCEP_TYPE_KEYSTORE (scep_keystore_get_type ())
G_DECLARE_INTERFACE (ScepKeystore, scep_keystore, SCEP, KEYSTORE, GObject)

struct _ScepKeystoreInterface {
  GTypeInterface parent_iface;

  const char *(*get_id) (ScepKeystore *self);
  const char *(*get_service_pid) (ScepKeystore *self);
  const char *(*get_backend) (ScepKeystore *self);
  gboolean (*is_readable) (ScepKeystore *self);
  GPtrArray *(*list) (ScepKeystore *self, GError **error);
  ScepKeystoreEntry *(*lookup) (ScepKeystore *self, const char *alias, GError **error);
  void (*create_key_pair_async) (ScepKeystore *self, const char *alias, guint rsa_bits,
                                 gboolean replace, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer user_data);
  void (*import_certificate_async) (ScepKeystore *self, const char *alias, GPtrArray *chain,
                                    gboolean replace, GCancellable *cancellable,
                                    GAsyncReadyCallback callback, gpointer user_data);
  void (*import_key_pair_async) (ScepKeystore *self, const char *alias, GBytes *pem,
                                 GCancellable *cancellable, GAsyncReadyCallback callback,
                                 gpointer user_data);
  void (*promote_async) (ScepKeystore *self, const char *from, GPtrArray *chain, const char *to,
                         const char *previous, GCancellable *cancellable,
                         GAsyncReadyCallback callback, gpointer user_data);
  void (*exchange_async) (ScepKeystore *self, const char *alias, const char *other,
                          GCancellable *cancellable, GAsyncReadyCallback callback,
                          gpointer user_data);
  void (*remove_async) (ScepKeystore *self, const char *alias, GCancellable *cancellable,
                        GAsyncReadyCallback callback, gpointer user_data);
  void (*probe_async) (ScepKeystore *self, GAsyncReadyCallback callback, gpointer user_data);
  gboolean (*write_finish) (ScepKeystore *self, GAsyncResult *result, GError **error);
  void (*export_async) (ScepKeystore *self, const char *alias, GCancellable *cancellable,
                        GAsyncReadyCallback callback, gpointer user_data);
  GBytes *(*export_finish) (ScepKeystore *self, GAsyncResult *result, GError **error);
};

/* One wrapper per slot of the same name: scep_keystore_get_id (), ..._list (),
 * ..._lookup (), ..._create_key_pair_async (), ... All asynchronous writes end
 * in scep_keystore_write_finish (). */

const char *scep_keystore_get_id (ScepKeystore *self);
const char *scep_keystore_get_service_pid (ScepKeystore *self);
const char *scep_keystore_get_backend (ScepKeystore *self);
gboolean scep_keystore_is_readable (ScepKeystore *self);
GPtrArray *scep_keystore_list (ScepKeystore *self, GError **error);
ScepKeystoreEntry *scep_keystore_lookup (ScepKeystore *self, const char *alias, GError **error);
void scep_keystore_create_key_pair_async (ScepKeystore *self, const char *alias, guint rsa_bits,
                                          gboolean replace, GCancellable *cancellable,
                                          GAsyncReadyCallback callback, gpointer user_data);
void scep_keystore_import_certificate_async (ScepKeystore *self, const char *alias,
                                             GPtrArray *chain, gboolean replace,
                                             GCancellable *cancellable,
                                             GAsyncReadyCallback callback, gpointer user_data);
void scep_keystore_import_key_pair_async (ScepKeystore *self, const char *alias, GBytes *pem,
                                          GCancellable *cancellable, GAsyncReadyCallback callback,
                                          gpointer user_data);
void scep_keystore_promote_async (ScepKeystore *self, const char *from, GPtrArray *chain,
                                  const char *to, const char *previous, GCancellable *cancellable,
                                  GAsyncReadyCallback callback, gpointer user_data);
void scep_keystore_exchange_async (ScepKeystore *self, const char *alias, const char *other,
                                   GCancellable *cancellable, GAsyncReadyCallback callback,
                                   gpointer user_data);
void scep_keystore_probe_async (ScepKeystore *self, GAsyncReadyCallback callback,
                                gpointer user_data);
void scep_keystore_remove_async (ScepKeystore *self, const char *alias, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer user_data);
gboolean scep_keystore_write_finish (ScepKeystore *self, GAsyncResult *result, GError **error);
void scep_keystore_export_async (ScepKeystore *self, const char *alias, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer user_data);
GBytes *scep_keystore_export_finish (ScepKeystore *self, GAsyncResult *result, GError **error);

G_END_DECLS
