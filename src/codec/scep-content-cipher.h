/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec/scep-algorithm.h"

GBytes *scep_content_key_new (ScepCipher cipher);
GBytes *scep_content_encrypt (ScepCipher cipher, GBytes *key, GBytes *iv, GBytes *plain,
                              GError **error);
GBytes *scep_content_decrypt (ScepCipher cipher, GBytes *key, GBytes *iv, GBytes *encrypted,
                              GBytes *tag, gboolean *is_good, GError **error);
