/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * Reading key files of the state directory, strictly: what is missing, cut
 * off or odd is %SCEP_ERROR_STORAGE_FAILED, and the message names the key.
 */

char *scep_record_get_string (GKeyFile *key_file, const char *group, const char *key,
                              GError **error);
gboolean scep_record_get_int64 (GKeyFile *key_file, const char *group, const char *key,
                                gint64 *value, GError **error);
gboolean scep_record_get_uint (GKeyFile *key_file, const char *group, const char *key, guint *value,
                               GError **error);
gboolean scep_record_get_boolean (GKeyFile *key_file, const char *group, const char *key,
                                  gboolean *value, GError **error);
GBytes *scep_record_get_secret (GKeyFile *key_file, const char *group, const char *key,
                                GError **error);
gboolean scep_record_get_word (GKeyFile *key_file, const char *group, const char *key,
                               const char *const *words, guint n_words, guint *index,
                               GError **error);
char *scep_record_get_fingerprint (GKeyFile *key_file, const char *group, const char *key,
                                   GError **error);
void scep_record_set_secret (GKeyFile *key_file, const char *group, const char *key,
                             GBytes *secret);
