/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

gboolean scep_gcm_parameters_read (GBytes *der, GBytes **nonce, gsize *tag_length);
