/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

GBytes *scep_name_parse (const char *rfc4514, GError **error);
char *scep_name_to_string (GBytes *der, GError **error);
gboolean scep_name_equal (GBytes *der_a, GBytes *der_b);
char *scep_name_canonicalize (GBytes *der);
char **scep_name_dup_values (GBytes *der, const char *oid);

/* SubjectAltNames values: "DNS:", "IP:", "email:", "URI:", "UPN:". */
char *scep_alt_name_normalize (const char *value, GError **error);
GBytes *scep_alt_names_encode (const char *const *values, GError **error);
char **scep_alt_names_decode (GBytes *der, GError **error);
gboolean scep_alt_names_equal (const char *const *a, const char *const *b);

/* RFC 5280 names of key usages, names or OIDs of extended ones. */
gboolean scep_key_usage_from_name (const char *name, guint *bit);
const char *scep_extended_key_usage_to_oid (const char *name_or_oid);
