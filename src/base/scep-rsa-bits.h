/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Those that scep_rsa_bits_is_allowed() knows, for messages. */
#define SCEP_RSA_BITS_ALLOWED "1024, 2048, 3072, 4096, 8192"

gboolean scep_rsa_bits_is_allowed (guint bits);
