/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec/scep-asn1.h"

/*
 * The extensions (RFC 5280 section 4.2) of what we ask for and sign ourselves;
 * for the codec only. @field is a field of type Extensions of @node, "" where
 * @node itself is one.
 */

#define SCEP_OID_SUBJECT_KEY_IDENTIFIER "2.5.29.14"
#define SCEP_OID_KEY_USAGE "2.5.29.15"
#define SCEP_OID_SUBJECT_ALT_NAME "2.5.29.17"
#define SCEP_OID_EXTENDED_KEY_USAGE "2.5.29.37"
#define SCEP_OID_TEMPLATE_NAME "1.3.6.1.4.1.311.20.2"

void scep_extension_add (ScepAsn1 *node, const char *field, const char *oid, gboolean critical,
                         GBytes *value);
gboolean scep_extension_add_alt_names (ScepAsn1 *node, const char *field,
                                       const char *const *alt_names, GError **error);
gboolean scep_extension_add_key_usage (ScepAsn1 *node, const char *field, const char *const *names,
                                       GError **error);
gboolean scep_extension_add_extended_key_usage (ScepAsn1 *node, const char *field,
                                                const char *const *names, GError **error);
gboolean scep_extension_add_template (ScepAsn1 *node, const char *field, const char *template_name,
                                      GError **error);
GBytes *scep_extension_find (ScepAsn1 *extensions, const char *oid);
