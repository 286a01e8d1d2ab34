/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <libtasn1.h>

/* For scep-asn1.c only, and the other place that calls libtasn1. */

gboolean scep_asn1_is_complete (asn1_node node, const char *type);
