/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec/scep-certificate.h"

/* A key with its chain as people exchange it: PEM, the key first. */

gboolean scep_keyfile_pem_parse (GBytes *pem, GBytes **pkcs8, GPtrArray **chain, GError **error);
GBytes *scep_keyfile_pem_build (GBytes *pkcs8, GPtrArray *chain, GError **error);
