/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Server text is shown to people up to this many characters. */
#define SCEP_TEXT_MAX_SHOWN 200

gboolean scep_text_is_visible (gunichar c);
gboolean scep_text_is_all_visible (const char *text);
char *scep_text_printable (const char *text, gssize length);
char *scep_text_clause (const char *text);
char *scep_text_time (gint64 time);
char *scep_hex_encode (gconstpointer data, gsize length);
char *scep_hex_normalize (const char *text);
char *scep_fingerprint_normalize (const char *text);
gboolean scep_id_is_valid (const char *id);
gboolean scep_alias_is_valid (const char *alias);
gboolean scep_alias_is_reserved (const char *alias);
char *scep_alias_for_profile (const char *alias, const char *profile_id);
