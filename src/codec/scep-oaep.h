/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <gnutls/abstract.h>

GBytes *scep_oaep_sha1_unwrap (gnutls_privkey_t key, GBytes *wrapped, GBytes *fallback);
