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

/* Whether the value is good or not there. */
static gboolean
get_value (GKeyFile *key_file, const char *key, char **value, GError **error)
{
  g_autoptr (GError) local_error = NULL;

  *value = g_key_file_get_string (key_file, GROUP, key, &local_error);
  if (local_error == NULL ||
      g_error_matches (local_error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_KEY_NOT_FOUND) ||
      g_error_matches (local_error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_GROUP_NOT_FOUND))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

/* Returns what is wrong, unless the file says something this version can do. */
static char *
understand (GKeyFile *key_file, const char *path, char **service_pid)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *backend = NULL;

  if (!get_value (key_file, "Backend", &backend, &error) ||
      !get_value (key_file, "ServicePid", service_pid, &error)) {
    g_prefix_error (&error, _ ("In the file %s: "), path);
    return g_strdup (error->message);
  }
  if (backend != NULL && !g_str_equal (backend, "keyfile"))
    return g_strdup_printf (_ ("%s names a Backend that is not “keyfile”"), path);
  return NULL;
}

/* The first file that is there counts, also where it cannot be read: what a lower one says is
 * not what is wanted. Returns what is wrong, if anything is. */
static char *
read_description (const char *const *directories, const char *id, gboolean listed,
                  char **service_pid)
{
  g_autofree char *file = g_strconcat (id, SUFFIX, NULL);

  for (guint i = 0; directories[i] != NULL; i++) {
    g_autofree char *path = g_build_filename (directories[i], "keystores", file, NULL);
    g_autoptr (GKeyFile) key_file = NULL;
    g_autoptr (GError) error = NULL;
    ScepLoadResult result = scep_storage_read_provided_key_file (path, &key_file, &error);

    if (result == SCEP_LOAD_OK)
      return understand (key_file, path, service_pid);
    if (result != SCEP_LOAD_ABSENT)
      return g_strdup (error->message);
  }
  return listed ? g_strdup_printf (_ ("keystores/%s is a link that leads nowhere"), file) : NULL;
}

static void
add (ScepKeystoreDescriptions *self, const char *id, gboolean listed,
     const char *const *directories)
{
  ScepKeystoreDescription *description = g_new0 (ScepKeystoreDescription, 1);

  description->id = g_strdup (id);
  description->fault = read_description (directories, id, listed, &description->service_pid);
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
  add (self, SCEP_DEFAULT_ID, g_hash_table_remove (ids, SCEP_DEFAULT_ID), directories);
  sorted = g_list_sort (g_hash_table_get_keys (ids), (GCompareFunc) strcmp);
  for (GList *l = sorted; l != NULL; l = l->next)
    add (self, l->data, TRUE, directories);
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
