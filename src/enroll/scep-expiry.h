/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* How often the end of one certificate is told of at most. */
#define SCEP_EXPIRY_N_STAGES 15

guint scep_expiry_get_stage (gint64 not_before, gint64 not_after, gint64 now);
gint64 scep_expiry_get_next (gint64 not_before, gint64 not_after, guint told, gint64 renewal);
