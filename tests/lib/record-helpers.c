/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "record-helpers.h"

#include "base/scep-error.h"

#include <string.h>

/* Returns: (transfer full): what is read of what is written */
GKeyFile *
test_record_reread (GKeyFile *key_file)
{
  g_autofree char *text = g_key_file_to_data (key_file, NULL, NULL);
  g_autoptr (GError) error = NULL;
  GKeyFile *again = g_key_file_new ();

  g_key_file_load_from_data (again, text, (gsize) -1, G_KEY_FILE_NONE, &error);
  g_assert_no_error (error);
  return again;
}

static void
assert_refused (GKeyFile *key_file, const char *names, TestRecordLoad load)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (load (key_file, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_STORAGE_FAILED);
  if (strstr (error->message, names) == NULL)
    g_error ("“%s” does not name “%s”", error->message, names);
}

void
test_record_refused_without (GKeyFile *good, const char *group, const char *key,
                             TestRecordLoad load)
{
  g_autoptr (GKeyFile) bad = test_record_reread (good);

  g_assert_true (g_key_file_remove_key (bad, group, key, NULL));
  assert_refused (bad, key, load);
}

/* @value: as it stands in the file */
void
test_record_refused_with (GKeyFile *good, const char *group, const char *key, const char *value,
                          TestRecordLoad load)
{
  g_autoptr (GKeyFile) bad = test_record_reread (good);

  g_test_message ("[%s] %s=%s", group, key, value);
  g_key_file_set_value (bad, group, key, value);
  assert_refused (bad, key, load);
}

/* After any number of bytes: no key file, refused, or whole but for what may be left out. */
void
test_record_cut_off (GKeyFile *good, TestRecordLoad load, GDestroyNotify unref)
{
  gsize length;
  g_autofree char *text = g_key_file_to_data (good, &length, NULL);
  guint n_refused = 0;

  for (gsize i = 0; i < length; i++) {
    g_autoptr (GKeyFile) cut = g_key_file_new ();
    g_autoptr (GError) error = NULL;
    gpointer value;

    if (!g_key_file_load_from_data (cut, text, i, G_KEY_FILE_NONE, NULL))
      continue;
    value = load (cut, &error);
    if (value != NULL) {
      unref (value);
      continue;
    }
    g_assert_error (error, SCEP_ERROR, SCEP_ERROR_STORAGE_FAILED);
    n_refused++;
  }
  g_assert_cmpuint (n_refused, >, length / 2);
}
