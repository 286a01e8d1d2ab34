/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec/scep-certificate.h"

GPtrArray *scep_ca_bundle_read (GBytes *body, GPtrArray *unreadable, GError **error);
GPtrArray *scep_ca_bundle_parse (GBytes *body, GError **error);
GError *scep_ca_bundle_explain (GPtrArray *unreadable, GError *error);
gboolean scep_degenerate_read (GBytes *der, GPtrArray **certificates, GPtrArray *unreadable,
                               GPtrArray **crls, GError **error);
gboolean scep_degenerate_parse (GBytes *der, GPtrArray **certificates, GPtrArray **crls,
                                GError **error);
