/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "storage-fixture.h"

#include "base/scep-error.h"

#include <string.h>

void
storage_fixture_set_up (StorageFixture *self, gconstpointer data)
{
  self->root = g_dir_make_tmp ("storage-XXXXXX", NULL);
  self->path = g_build_filename (self->root, "file", NULL);
}

/* No test ends with a warning that it did not ask for. */
void
storage_fixture_tear_down (StorageFixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (test_warnings_take (), ==, 0);
  scep_storage_remove_directory (self->root, &error);
  g_assert_no_error (error);
  g_free (self->path);
  g_free (self->root);
}

void
storage_fixture_put (const char *path, const char *text)
{
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

void
storage_fixture_assert_text (const char *path, const char *text)
{
  g_autofree char *found = NULL;

  g_assert_true (g_file_get_contents (path, &found, NULL, NULL));
  g_assert_cmpstr (found, ==, text);
}

void
storage_fixture_assert_names (StorageFixture *self, const char *names)
{
  g_autofree char *found = test_list_directory (self->root);

  g_assert_cmpstr (found, ==, names);
}

/* What happened since test_calls_record(); "ROOT" in @calls is the directory. */
void
storage_fixture_assert_calls (const char *calls)
{
  g_autofree char *found = test_calls_take ();
  GString *general = g_string_new (NULL);
  g_auto (GStrv) lines = g_strsplit (found, "\n", -1);

  for (guint i = 0; lines[i] != NULL && lines[i][0] != '\0'; i++) {
    if (g_str_has_prefix (lines[i], "syncfs storage-"))
      g_string_append (general, "syncfs ROOT");
    else if (g_str_has_prefix (lines[i], "fsync storage-"))
      g_string_append (general, "fsync ROOT");
    else
      g_string_append (general, lines[i]);
    g_string_append_c (general, '\n');
  }
  g_assert_cmpstr (general->str, ==, calls);
  g_string_free (general, TRUE);
}

/* @advice is a part of what the message says to do. */
void
storage_fixture_assert_failed (gboolean succeeded, GError **error, const char *advice)
{
  g_assert_false (succeeded);
  g_assert_error (*error, SCEP_ERROR, SCEP_ERROR_STORAGE_FAILED);
  if (strstr ((*error)->message, advice) == NULL)
    g_error ("“%s” does not say “%s”", (*error)->message, advice);
  g_clear_error (error);
}

void
storage_fixture_assert_done (gboolean succeeded, GError *error)
{
  g_assert_no_error (error);
  g_assert_true (succeeded);
}
