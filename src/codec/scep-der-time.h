/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec/scep-asn1.h"

/* The times of certificates and CRLs (RFC 5280 section 4.1.2.5); for the codec only. */

gboolean scep_der_time_parse (guint8 tag, const char *text, gsize length, gint64 *seconds);
gint64 scep_der_time_get (ScepAsn1 *node, const char *field, gint64 by_gnutls);
