/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/* The signed attributes of a SignerInfo (RFC 5652 section 11); for the codec only. */

gboolean scep_signed_message_refuse (GError **error, const char *what);

GHashTable *scep_signed_attributes_read (GBytes *set, GBytes **der, GError **error);
char *scep_signed_attributes_dup_content_type (GHashTable *attributes);
