/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/* The attributes of a Name; for the codec only. */

const char *scep_name_attribute_to_oid (const char *name_or_oid);
const char *scep_name_attribute_from_oid (const char *oid);
GBytes *scep_name_attribute_encode (const char *oid, const char *text, GError **error);
