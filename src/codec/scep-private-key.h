/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec/scep-algorithm.h"

#include <gio/gio.h>

/*
 * What a software private key does. All of it is slow, none of it touches
 * anything shared: call it in a worker thread. A key is the secret bytes of
 * its PKCS#8 DER (RFC 5958).
 */

GBytes *scep_private_key_generate (guint rsa_bits, GError **error);
GBytes *scep_private_key_from_pem (GBytes *pem, GError **error);
GBytes *scep_private_key_to_pem (GBytes *pkcs8, GError **error);
GBytes *scep_private_key_get_spki (GBytes *pkcs8, GError **error);
gboolean scep_public_key_describe (GBytes *spki, const char **type, guint *bits);

gboolean scep_private_key_try (GBytes *pkcs8, GError **error);
GBytes *scep_private_key_sign (GBytes *pkcs8, ScepDigest digest, GBytes *data, GError **error);
GBytes *scep_private_key_unwrap (GBytes *pkcs8, ScepKeyWrap wrap, GBytes *wrapped, gsize key_length,
                                 GError **error);
