/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-keystore-files.h"

#include "base/scep-names.h"
#include "storage/scep-storage.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define GROUP "Keystore"
#define SUFFIX ".conf"

static void
description_free (gpointer data)
{
  ScepKeystoreDescription *description = data;

  g_free (description->id);
  g_free (description->service_pid);
  g_free (description->fault);
  g_free (description);
}

/* Whether the file, if there is one, says something this version can do; else what is wrong. */
static char *
read_description (const char *path, char **service_pid)
{
  g_autoptr (GKeyFile) key_file = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *backend = NULL;
  ScepLoadResult result = scep_storage_read_provided_key_file (path, &key_file, &error);

  if (result == SCEP_LOAD_ABSENT)
    return NULL;
  if (result != SCEP_LOAD_OK)
    return g_strdup (error->message);
  backend = g_key_file_get_string (key_file, GROUP, "Backend", NULL);
  if (backend != NULL && !g_str_equal (backend, "keyfile"))
    return g_strdup_printf (_ ("%s names a Backend that is not “keyfile”"), path);
  *service_pid = g_key_file_get_string (key_file, GROUP, "ServicePid", NULL);
  return NULL;
}

/* The administrator's file stands in for the vendor's of the same name. */
static char *
find_description (const char *const *directories, const char *id)
{
  g_autofree char *file = g_strconcat (id, SUFFIX, NULL);
  char *path = NULL;

  for (guint i = 0; directories[i] != NULL; i++) {
    g_free (path);
    path = g_build_filename (directories[i], "keystores", file, NULL);
    if (g_file_test (path, G_FILE_TEST_EXISTS))
      break;
  }
  return path;
}

static void
add (ScepKeystoreDescriptions *self, const char *id, const char *const *directories)
{
  g_autofree char *path = find_description (directories, id);
  ScepKeystoreDescription *description = g_new0 (ScepKeystoreDescription, 1);

  description->id = g_strdup (id);
  description->fault = read_description (path, &description->service_pid);
  if (description->service_pid == NULL)
    description->service_pid = g_strdup (id);
  g_ptr_array_add (self->list, description);
}

/* A folder that is not there describes nothing. */
static void
list_ids (ScepKeystoreDescriptions *self, GHashTable *ids, const char *parent)
{
  g_autofree char *path = g_build_filename (parent, "keystores", NULL);
  g_autoptr (GPtrArray) others = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;

  if (!scep_storage_list_ids (path, SUFFIX, ids, others, &error)) {
    self->complete = FALSE;
    g_ptr_array_add (self->faults, g_strdup (error->message));
  }
  for (guint i = 0; i < others->len; i++)
    g_ptr_array_add (
        self->faults,
        g_strdup_printf (_ ("%s/%s is left out: its name is no valid id of a keystore"), path,
                         (const char *) g_ptr_array_index (others, i)));
}

/**
 * scep_keystore_files_read:
 * @vendor: "keystores/<id>.conf" below it describes one
 * @configuration: the same; a file here stands in for the vendor's
 *
 * Reads the files that describe keystores; the default one needs none. Blocks;
 * any thread may do it.
 *
 * Returns: (transfer full): what they say
 */
ScepKeystoreDescriptions *
scep_keystore_files_read (const char *vendor, const char *configuration)
{
  const char *const directories[] = { configuration, vendor, NULL };
  g_autoptr (GHashTable) ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GList) sorted = NULL;
  ScepKeystoreDescriptions *self = g_new0 (ScepKeystoreDescriptions, 1);

  self->list = g_ptr_array_new_with_free_func (description_free);
  self->faults = g_ptr_array_new_with_free_func (g_free);
  self->complete = TRUE;
  list_ids (self, ids, vendor);
  list_ids (self, ids, configuration);
  g_hash_table_remove (ids, SCEP_DEFAULT_ID);
  sorted = g_list_sort (g_hash_table_get_keys (ids), (GCompareFunc) strcmp);
  add (self, SCEP_DEFAULT_ID, directories);
  for (GList *l = sorted; l != NULL; l = l->next)
    add (self, l->data, directories);
  return self;
}

/**
 * scep_keystore_descriptions_free:
 */
void
scep_keystore_descriptions_free (ScepKeystoreDescriptions *self)
{
  g_ptr_array_unref (self->list);
  g_ptr_array_unref (self->faults);
  g_free (self);
}

/**
 * scep_keystore_descriptions_find:
 *
 * Returns: (transfer none) (nullable): what is said of the keystore @id
 */
const ScepKeystoreDescription *
scep_keystore_descriptions_find (ScepKeystoreDescriptions *self, const char *id)
{
  for (guint i = 0; i < self->list->len; i++) {
    const ScepKeystoreDescription *description = g_ptr_array_index (self->list, i);

    if (g_str_equal (description->id, id))
      return description;
  }
  return NULL;
}
