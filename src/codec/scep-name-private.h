/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec/scep-asn1.h"

/* What the files that read a Name share. RDNs and attributes are counted from 1. */

ScepAsn1 *scep_name_decode (GBytes *der, GError **error);
guint scep_name_count_attributes (ScepAsn1 *name, guint rdn);
gboolean scep_name_get_attribute (ScepAsn1 *name, guint rdn, guint attribute, char **oid,
                                  GBytes **value);
