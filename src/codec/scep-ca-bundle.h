/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec/scep-certificate.h"

GPtrArray *scep_ca_bundle_parse (GBytes *body, GError **error);
gboolean scep_degenerate_parse (GBytes *der, GPtrArray **certificates, GPtrArray **crls,
                                GError **error);
