/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

gboolean scep_body_check_der (GBytes *body, const char *wanted, GError **error);
gboolean scep_body_is_cms (GBytes *body);
