/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * ScepSecretString:
 *
 * A string that is zeroed when it is freed: g_autoptr (ScepSecretString).
 */
typedef char ScepSecretString;

void scep_secret_string_free (ScepSecretString *string);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScepSecretString, scep_secret_string_free)

/* The longest challenge password, in bytes. */
#define SCEP_MAX_CHALLENGE 4096

GBytes *scep_secret_bytes_new (gconstpointer data, gsize length);
GBytes *scep_secret_bytes_new_take (gpointer data, gsize length);
GBytes *scep_secret_without_newline (GBytes *bytes);
ScepSecretString *scep_secret_bytes_to_string (GBytes *bytes);
void scep_secret_clear (gpointer data, gsize length);
