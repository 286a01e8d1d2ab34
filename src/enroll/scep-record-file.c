/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-record-file.h"

#include "base/scep-error.h"
#include "base/scep-secret.h"
#include "base/scep-text.h"

#include <glib/gi18n-lib.h>
#include <string.h>

static gboolean
refuse (const char *group, const char *key, const char *what, GError **error)
{
  scep_error_set (error, SCEP_ERROR_STORAGE_FAILED, _ ("The key “%s” in [%s] cannot be used: %s"),
                  key, group, what);
  return FALSE;
}

/* Returns: (transfer full) (nullable): text that is there, perhaps empty */
char *
scep_record_get_string (GKeyFile *key_file, const char *group, const char *key, GError **error)
{
  g_autoptr (ScepSecretString) text = NULL;
  g_autoptr (GError) local = NULL;

  if (!g_key_file_has_key (key_file, group, key, NULL)) {
    refuse (group, key, _ ("it is missing"), error);
    return NULL;
  }
  /* There can be both, text and an error: an escape that means nothing. */
  text = g_key_file_get_string (key_file, group, key, &local);
  if (local != NULL) {
    refuse (group, key, _ ("it is not valid text"), error);
    return NULL;
  }
  return g_steal_pointer (&text);
}

gboolean
scep_record_get_int64 (GKeyFile *key_file, const char *group, const char *key, gint64 *value,
                       GError **error)
{
  g_autofree char *text = scep_record_get_string (key_file, group, key, error);

  if (text == NULL)
    return FALSE;
  if (!g_ascii_string_to_signed (text, 10, 0, G_MAXINT64, value, NULL))
    return refuse (group, key, _ ("it is not a whole number"), error);
  return TRUE;
}

gboolean
scep_record_get_uint (GKeyFile *key_file, const char *group, const char *key, guint *value,
                      GError **error)
{
  gint64 number;

  if (!scep_record_get_int64 (key_file, group, key, &number, error))
    return FALSE;
  if (number > G_MAXUINT)
    return refuse (group, key, _ ("it is too large"), error);
  *value = (guint) number;
  return TRUE;
}

gboolean
scep_record_get_boolean (GKeyFile *key_file, const char *group, const char *key, gboolean *value,
                         GError **error)
{
  static const char *const words[] = { "false", "true" };
  guint index;

  if (!scep_record_get_word (key_file, group, key, words, G_N_ELEMENTS (words), &index, error))
    return FALSE;
  *value = index == 1;
  return TRUE;
}

/* The decoder passes over what is no base64. */
static gboolean
is_encoding_of (const char *text, gconstpointer data, gsize length)
{
  g_autoptr (ScepSecretString) encoded = g_base64_encode (data, length);

  return strcmp (text, encoded) == 0;
}

/* Returns: (transfer full) (nullable): bytes that were base64, not empty */
GBytes *
scep_record_get_secret (GKeyFile *key_file, const char *group, const char *key, GError **error)
{
  g_autoptr (ScepSecretString) text = scep_record_get_string (key_file, group, key, error);
  g_autofree guchar *data = NULL;
  gsize length;

  if (text == NULL)
    return NULL;
  data = g_base64_decode (text, &length);
  if (length == 0 || !is_encoding_of (text, data, length)) {
    scep_secret_clear (data, length);
    refuse (group, key, _ ("it is cut off, or is not base64"), error);
    return NULL;
  }
  return scep_secret_bytes_new_take (g_steal_pointer (&data), length);
}

gboolean
scep_record_get_word (GKeyFile *key_file, const char *group, const char *key,
                      const char *const *words, guint n_words, guint *index, GError **error)
{
  g_autofree char *text = scep_record_get_string (key_file, group, key, error);

  if (text == NULL)
    return FALSE;
  for (guint i = 0; i < n_words; i++) {
    if (strcmp (text, words[i]) == 0) {
      *index = i;
      return TRUE;
    }
  }
  return refuse (group, key, _ ("it has a value that this version does not know"), error);
}

/* Returns: (transfer full) (nullable): 64 lower-case hex digits */
char *
scep_record_get_fingerprint (GKeyFile *key_file, const char *group, const char *key, GError **error)
{
  g_autofree char *text = scep_record_get_string (key_file, group, key, error);
  char *fingerprint;

  if (text == NULL)
    return NULL;
  fingerprint = scep_fingerprint_normalize (text);
  if (fingerprint == NULL)
    refuse (group, key, _ ("it is no SHA-256 value"), error);
  return fingerprint;
}

void
scep_record_set_secret (GKeyFile *key_file, const char *group, const char *key, GBytes *secret)
{
  gsize length;
  gconstpointer data = g_bytes_get_data (secret, &length);
  g_autoptr (ScepSecretString) text = g_base64_encode (data, length);

  g_key_file_set_string (key_file, group, key, text);
}
