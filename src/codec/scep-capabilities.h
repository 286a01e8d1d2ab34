/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * ScepCapabilities:
 *
 * The keywords of GetCACaps (RFC 8894 section 3.5.2), as the server lists
 * them: SCEPStandard is not expanded.
 */
typedef enum {
  SCEP_CAPABILITY_NONE = 0,
  SCEP_CAPABILITY_AES = 1 << 0,
  SCEP_CAPABILITY_DES3 = 1 << 1,
  SCEP_CAPABILITY_GET_NEXT_CA_CERT = 1 << 2,
  SCEP_CAPABILITY_POST = 1 << 3,
  SCEP_CAPABILITY_RENEWAL = 1 << 4,
  SCEP_CAPABILITY_SHA1 = 1 << 5,
  SCEP_CAPABILITY_SHA256 = 1 << 6,
  SCEP_CAPABILITY_SHA512 = 1 << 7,
  SCEP_CAPABILITY_STANDARD = 1 << 8,
} ScepCapabilities;

ScepCapabilities scep_capabilities_parse (GBytes *body);
char **scep_capabilities_to_strv (ScepCapabilities capabilities);
ScepCapabilities scep_capabilities_from_strv (const char *const *keywords);
