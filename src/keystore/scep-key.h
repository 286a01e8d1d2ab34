/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec/scep-algorithm.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * ScepKey:
 *
 * An opaque handle of a private key: it can sign and unwrap, wherever the key
 * lives. Nothing here gives the key away.
 */
#define SCEP_TYPE_KEY (scep_key_get_type ())
G_DECLARE_INTERFACE (ScepKey, scep_key, SCEP, KEY, GObject)

struct _ScepKeyInterface {
  GTypeInterface parent_iface;

  GBytes *(*get_spki) (ScepKey *self);
  void (*sign_async) (ScepKey *self, ScepDigest digest, GBytes *data, GCancellable *cancellable,
                      GAsyncReadyCallback callback, gpointer user_data);
  GBytes *(*sign_finish) (ScepKey *self, GAsyncResult *result, GError **error);
  void (*unwrap_async) (ScepKey *self, ScepKeyWrap wrap, GBytes *wrapped, gsize key_length,
                        GCancellable *cancellable, GAsyncReadyCallback callback,
                        gpointer user_data);
  GBytes *(*unwrap_finish) (ScepKey *self, GAsyncResult *result, GError **error);
};

GBytes *scep_key_get_spki (ScepKey *self);
void scep_key_sign_async (ScepKey *self, ScepDigest digest, GBytes *data, GCancellable *cancellable,
                          GAsyncReadyCallback callback, gpointer user_data);
GBytes *scep_key_sign_finish (ScepKey *self, GAsyncResult *result, GError **error);
void scep_key_unwrap_async (ScepKey *self, ScepKeyWrap wrap, GBytes *wrapped, gsize key_length,
                            GCancellable *cancellable, GAsyncReadyCallback callback,
                            gpointer user_data);
GBytes *scep_key_unwrap_finish (ScepKey *self, GAsyncResult *result, GError **error);

G_END_DECLS
