/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec/scep-algorithm.h"

#include <gio/gio.h>
#include <gnutls/abstract.h>

GBytes *scep_oaep_unwrap (gnutls_privkey_t key, const ScepKeyWrap *wrap, GBytes *wrapped,
                          GBytes *fallback);
