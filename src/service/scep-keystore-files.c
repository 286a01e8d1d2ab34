/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-keystore-files.h"

#include "base/scep-names.h"
#include "base/scep-text.h"
#include "keystore/scep-keystore-keyfile.h"
#include "storage/scep-storage.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define GROUP "Keystore"
#define SUFFIX ".conf"

/* Whether the file, if there is one, says something this version can do. */
static gboolean
read_description (const char *path, const char *id, char **service_pid)
{
  g_autoptr (GKeyFile) key_file = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *backend = NULL;
  ScepLoadResult result = scep_storage_read_provided_key_file (path, &key_file, &error);

  if (result == SCEP_LOAD_ABSENT)
    return TRUE;
  if (result != SCEP_LOAD_OK) {
    g_warning (_ ("the keystore \"%s\" is left out: %s cannot be read: %s"), id, path,
               error == NULL ? _ ("it is broken") : error->message);
    return FALSE;
  }
  backend = g_key_file_get_string (key_file, GROUP, "Backend", NULL);
  if (backend != NULL && !g_str_equal (backend, "keyfile")) {
    g_warning (_ ("the keystore \"%s\" is left out: %s names a Backend that is not \"keyfile\""),
               id, path);
    return FALSE;
  }
  *service_pid = g_key_file_get_string (key_file, GROUP, "ServicePid", NULL);
  return TRUE;
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
add (ScepKeystoreRegistry *registry, const char *id, const char *const *directories,
     const char *state, ScepWorker *crypto, ScepWorker *storage)
{
  g_autofree char *path = find_description (directories, id);
  g_autofree char *directory = g_build_filename (state, "keystores", id, NULL);
  g_autofree char *service_pid = NULL;
  g_autoptr (ScepKeystore) keystore = NULL;

  if (!read_description (path, id, &service_pid))
    return;
  keystore = scep_keystore_keyfile_new (id, service_pid == NULL ? id : service_pid, directory,
                                        crypto, storage);
  scep_keystore_registry_add (registry, keystore);
}

static void
list_ids (GHashTable *ids, const char *parent)
{
  g_autofree char *path = g_build_filename (parent, "keystores", NULL);
  g_autoptr (GDir) directory = g_dir_open (path, 0, NULL);
  const char *name;

  while (directory != NULL && (name = g_dir_read_name (directory)) != NULL) {
    g_autofree char *id = NULL;

    if (!g_str_has_suffix (name, SUFFIX))
      continue;
    id = g_strndup (name, strlen (name) - strlen (SUFFIX));
    if (scep_id_is_valid (id))
      g_hash_table_add (ids, g_steal_pointer (&id));
    else
      g_warning (_ ("%s/%s is left out: its name is no valid id of a keystore"), path, name);
  }
}

/**
 * scep_keystore_files_load:
 * @vendor: "keystores/<id>.conf" below it describes one
 * @configuration: the same; a file here stands in for the vendor's
 * @state: "keystores/<id>" below it holds its entries
 *
 * Adds the default keystore and those that files describe. A bad file costs
 * the keystore it describes, nothing else.
 */
void
scep_keystore_files_load (ScepKeystoreRegistry *registry, const char *vendor,
                          const char *configuration, const char *state, ScepWorker *crypto,
                          ScepWorker *storage)
{
  const char *const directories[] = { configuration, vendor, NULL };
  g_autoptr (GHashTable) ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GList) sorted = NULL;

  list_ids (ids, vendor);
  list_ids (ids, configuration);
  g_hash_table_remove (ids, SCEP_DEFAULT_ID);
  sorted = g_list_sort (g_hash_table_get_keys (ids), (GCompareFunc) strcmp);
  add (registry, SCEP_DEFAULT_ID, directories, state, crypto, storage);
  for (GList *l = sorted; l != NULL; l = l->next)
    add (registry, l->data, directories, state, crypto, storage);
}
