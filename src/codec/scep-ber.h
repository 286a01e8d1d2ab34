/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* What comes before libtasn1 sees received bytes. */

gboolean scep_ber_measure (GBytes *ber, gsize *used, GError **error);
gboolean scep_ber_check_limits (GBytes *ber, GError **error);
gboolean scep_ber_check_trailing (const guint8 *data, gsize length, GError **error);
GBytes *scep_ber_strip (GBytes *ber, GError **error);
GBytes *scep_ber_to_der (GBytes *ber, GError **error);
