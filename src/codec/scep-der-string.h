/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/* The character strings of ASN.1 (X.680 section 41); for the codec only. */

#define SCEP_TAG_IA5_STRING 0x16
#define SCEP_TAG_BMP_STRING 0x1e

gboolean scep_oid_is_valid (const char *oid);
gboolean scep_text_is_ia5 (const char *text, gsize length);
gboolean scep_text_is_printable (const char *text, gsize length);
GBytes *scep_directory_string_encode (const char *text, gsize length);
GBytes *scep_bmp_string_encode (const char *text);
char *scep_der_string_to_utf8 (GBytes *tlv);
