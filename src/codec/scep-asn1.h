/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec/scep-ber.h"

#include <gio/gio.h>
#include <libtasn1.h>

/*
 * The only place that calls libtasn1, with scep-asn1-complete.c. Types are named as in scep.asn, without
 * the module name: "SignedData".
 */

typedef asn1_node_st ScepAsn1;

void scep_asn1_free (ScepAsn1 *node);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScepAsn1, scep_asn1_free)

ScepAsn1 *scep_asn1_create (const char *type);
ScepAsn1 *scep_asn1_decode (const char *type, GBytes *ber, GError **error);
GBytes *scep_asn1_encode (ScepAsn1 *node);

GBytes *scep_asn1_get (ScepAsn1 *node, const char *field);
char *scep_asn1_get_oid (ScepAsn1 *node, const char *field);
char *scep_asn1_get_choice (ScepAsn1 *node, const char *field);
guint scep_asn1_count (ScepAsn1 *node, const char *field);
GBytes *scep_asn1_get_raw (ScepAsn1 *node, const char *field, GBytes *ber);

void scep_asn1_set (ScepAsn1 *node, const char *field, gconstpointer data, gsize length);
void scep_asn1_set_bytes (ScepAsn1 *node, const char *field, GBytes *bytes);
void scep_asn1_set_string (ScepAsn1 *node, const char *field, const char *value);
void scep_asn1_set_absent (ScepAsn1 *node, const char *field);
void scep_asn1_append (ScepAsn1 *node, const char *field);

GBytes *scep_der_wrap (guint8 tag, GBytes *content);
