/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec/scep-algorithm.h"
#include "codec/scep-asn1.h"

/* The keyEncryptionAlgorithm of a recipient; for the codec only. */

gboolean scep_key_wrap_read (ScepAsn1 *node, const char *field, ScepKeyWrap *wrap, GError **error);
