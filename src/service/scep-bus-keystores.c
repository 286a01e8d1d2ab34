/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-bus-keystores.h"

#include "keystore/scep-keystore-keyfile.h"
#include "service/scep-bus-keystore.h"
#include "service/scep-keystore-files.h"

#include <glib/gi18n-lib.h>

struct _ScepBusKeystores {
  GObject parent_instance;

  ScepDispatcher *dispatcher;           /* (owned) */
  ScepBusObjectManager *object_manager; /* (owned) */
  const ScepProfileContext *context;    /* (unowned) */
  ScepFdReader *reader;                 /* (owned) */
  GHashTable *published;                /* (owned) (element-type utf8 ScepBusKeystore) */
  GHashTable *gone;                     /* (owned) (element-type utf8): ids no file has any more */
};

/* What a worker finds out. */
typedef struct {
  const ScepProfileContext *context;      /* (unowned) */
  GHashTable *known;                      /* (owned) (element-type utf8): ids that there are */
  ScepKeystoreDescriptions *descriptions; /* (owned) */
  GPtrArray *keystores;                   /* (owned) (element-type ScepKeystore): new ones */
} Search;

G_DEFINE_FINAL_TYPE (ScepBusKeystores, scep_bus_keystores, G_TYPE_OBJECT)

static void
search_free (gpointer data)
{
  Search *search = data;

  g_hash_table_unref (search->known);
  g_clear_pointer (&search->descriptions, scep_keystore_descriptions_free);
  g_ptr_array_unref (search->keystores);
  g_free (search);
}

static void
scep_bus_keystores_dispose (GObject *object)
{
  ScepBusKeystores *self = SCEP_BUS_KEYSTORES (object);

  g_clear_pointer (&self->published, g_hash_table_unref);
  g_clear_pointer (&self->gone, g_hash_table_unref);
  g_clear_object (&self->reader);
  g_clear_object (&self->object_manager);
  g_clear_object (&self->dispatcher);
  G_OBJECT_CLASS (scep_bus_keystores_parent_class)->dispose (object);
}

static void
scep_bus_keystores_class_init (ScepBusKeystoresClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = scep_bus_keystores_dispose;
}

static void
scep_bus_keystores_init (ScepBusKeystores *self)
{
  self->published = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
  self->gone = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

/**
 * scep_bus_keystores_new:
 * @context: what profiles share; it outlives this
 * @reader: where file descriptors of callers are read
 *
 * Returns: (transfer full): no keystore yet
 */
ScepBusKeystores *
scep_bus_keystores_new (ScepDispatcher *dispatcher, ScepBusObjectManager *object_manager,
                        const ScepProfileContext *context, ScepFdReader *reader)
{
  ScepBusKeystores *self = g_object_new (SCEP_TYPE_BUS_KEYSTORES, NULL);

  self->dispatcher = g_object_ref (dispatcher);
  self->object_manager = g_object_ref (object_manager);
  self->context = context;
  self->reader = g_object_ref (reader);
  return self;
}

static Search *
search_new (ScepBusKeystores *self)
{
  Search *search = g_new0 (Search, 1);
  GHashTableIter iter;
  gpointer id;

  search->context = self->context;
  search->known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  search->keystores = g_ptr_array_new_with_free_func (g_object_unref);
  g_hash_table_iter_init (&iter, self->published);
  while (g_hash_table_iter_next (&iter, &id, NULL))
    g_hash_table_add (search->known, g_strdup (id));
  return search;
}

/* Blocks: it reads the descriptions, and all that a new keystore holds. */
static void
search_run (Search *search)
{
  const ScepProfileContext *context = search->context;

  search->descriptions =
      scep_keystore_files_read (context->vendor_directory, context->configuration_directory);
  for (guint i = 0; i < search->descriptions->list->len; i++) {
    const ScepKeystoreDescription *description = g_ptr_array_index (search->descriptions->list, i);
    g_autofree char *directory =
        g_build_filename (context->state_directory, "keystores", description->id, NULL);

    if (description->fault == NULL && !g_hash_table_contains (search->known, description->id))
      g_ptr_array_add (search->keystores,
                       scep_keystore_keyfile_new (description->id, description->service_pid,
                                                  directory, context->crypto, context->storage));
  }
}

static gboolean
publish (ScepBusKeystores *self, ScepKeystore *keystore, GError **error)
{
  ScepBusKeystore *published =
      scep_bus_keystore_new (self->dispatcher, keystore, self->reader, error);

  if (published == NULL)
    return FALSE;
  g_hash_table_insert (self->published, g_strdup (scep_keystore_get_id (keystore)), published);
  scep_keystore_registry_add (self->context->keystores, keystore);
  scep_bus_object_manager_add (self->object_manager, scep_bus_keystore_get_export (published));
  return TRUE;
}

/* A bad file costs the keystore it describes, nothing else; not even that one if it is there. */
static void
report_faults (Search *search, GPtrArray *faults)
{
  for (guint i = 0; i < search->descriptions->faults->len; i++)
    g_ptr_array_add (faults, g_strdup (g_ptr_array_index (search->descriptions->faults, i)));
  for (guint i = 0; i < search->descriptions->list->len; i++) {
    const ScepKeystoreDescription *description = g_ptr_array_index (search->descriptions->list, i);

    if (description->fault == NULL)
      continue;
    g_ptr_array_add (faults, g_hash_table_contains (search->known, description->id)
                                 ? g_strdup_printf (_ ("the keystore “%s” stays as it was: %s"),
                                                    description->id, description->fault)
                                 : g_strdup_printf (_ ("the keystore “%s” is left out: %s"),
                                                    description->id, description->fault));
  }
}

/**
 * scep_bus_keystores_load:
 *
 * Reads all keystores and puts them on the bus. Blocks: call it before the main
 * loop runs. A bad file costs the keystore it describes, with a warning.
 *
 * Returns: whether all of them are there; else a GIO error
 */
gboolean
scep_bus_keystores_load (ScepBusKeystores *self, GError **error)
{
  g_autoptr (GPtrArray) faults = g_ptr_array_new_with_free_func (g_free);
  Search *search = search_new (self);
  gboolean published = TRUE;

  search_run (search);
  report_faults (search, faults);
  for (guint i = 0; i < faults->len; i++)
    g_warning ("%s", (const char *) g_ptr_array_index (faults, i));
  for (guint i = 0; published && i < search->keystores->len; i++)
    published = publish (self, g_ptr_array_index (search->keystores, i), error);
  search_free (search);
  return published;
}

static void
search_in_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  search_run (task_data);
  g_task_return_boolean (task, TRUE);
}

/**
 * scep_bus_keystores_reload_async:
 *
 * Reads the files that describe keystores again.
 */
void
scep_bus_keystores_reload_async (ScepBusKeystores *self, GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, scep_bus_keystores_reload_async);
  g_task_set_task_data (task, search_new (self), search_free);
  scep_worker_run (self->context->storage, task, search_in_thread);
}

static void
rename_one (ScepBusKeystores *self, ScepKeystore *keystore, const char *service_pid)
{
  ScepBusKeystore *published =
      g_hash_table_lookup (self->published, scep_keystore_get_id (keystore));

  if (g_str_equal (scep_keystore_get_service_pid (keystore), service_pid))
    return;
  scep_keystore_keyfile_set_service_pid (SCEP_KEYSTORE_KEYFILE (keystore), service_pid);
  scep_export_changed (scep_bus_keystore_get_export (published), NULL);
  scep_export_flush (scep_bus_keystore_get_export (published));
}

/* Follows what the files say of those that there are, and notes those of which they say nothing. */
static void
follow (ScepBusKeystores *self, ScepKeystoreDescriptions *descriptions)
{
  GHashTableIter iter;
  gpointer id;
  gpointer published;

  g_hash_table_remove_all (self->gone);
  g_hash_table_iter_init (&iter, self->published);
  while (g_hash_table_iter_next (&iter, &id, &published)) {
    const ScepKeystoreDescription *description = scep_keystore_descriptions_find (descriptions, id);

    if (description != NULL && description->fault == NULL)
      rename_one (self, scep_bus_keystore_get_keystore (published), description->service_pid);
    else if (description == NULL && descriptions->complete)
      g_hash_table_add (self->gone, g_strdup (id));
  }
}

/**
 * scep_bus_keystores_reload_finish:
 * @faults: (element-type utf8): gets a sentence for each file that is left out
 *
 * From here on there are those that are new, and those that have another name
 * have it. Those that are gone are there until scep_bus_keystores_remove_gone().
 */
void
scep_bus_keystores_reload_finish (ScepBusKeystores *self, GAsyncResult *result, GPtrArray *faults)
{
  Search *search = g_task_get_task_data (G_TASK (result));

  report_faults (search, faults);
  follow (self, search->descriptions);
  for (guint i = 0; i < search->keystores->len; i++) {
    g_autoptr (GError) error = NULL;

    if (!publish (self, g_ptr_array_index (search->keystores, i), &error))
      g_ptr_array_add (faults, g_strdup (error->message));
  }
}

static ScepProfile *
find_user (GPtrArray *profiles, ScepKeystore *keystore)
{
  for (guint i = 0; i < profiles->len; i++) {
    if (scep_profile_uses_keystore (g_ptr_array_index (profiles, i), keystore))
      return g_ptr_array_index (profiles, i);
  }
  return NULL;
}

static void
withdraw (ScepBusKeystores *self, ScepKeystore *keystore, GPtrArray *profiles)
{
  const char *id = scep_keystore_get_id (keystore);
  ScepBusKeystore *published = g_hash_table_lookup (self->published, id);

  g_message (_ ("Keystore %s is gone: no file defines it any more"), id);
  scep_bus_object_manager_remove (self->object_manager, scep_bus_keystore_get_export (published));
  scep_keystore_registry_remove (self->context->keystores, keystore);
  g_hash_table_remove (self->published, id);
  for (guint i = 0; i < profiles->len; i++)
    scep_profile_keystore_gone (g_ptr_array_index (profiles, i), keystore);
}

/**
 * scep_bus_keystores_remove_gone:
 * @profiles: (element-type ScepProfile): all that there are
 * @faults: (element-type utf8): gets a sentence for each one that has to stay
 *
 * Takes away what no file describes any more. What is on disk is not touched,
 * and a keystore with a request or a certificate of a profile stays.
 */
void
scep_bus_keystores_remove_gone (ScepBusKeystores *self, GPtrArray *profiles, GPtrArray *faults)
{
  GHashTableIter iter;
  gpointer id;

  g_hash_table_iter_init (&iter, self->gone);
  while (g_hash_table_iter_next (&iter, &id, NULL)) {
    ScepBusKeystore *published = g_hash_table_lookup (self->published, id);
    g_autoptr (ScepKeystore) keystore = g_object_ref (scep_bus_keystore_get_keystore (published));
    ScepProfile *user = find_user (profiles, keystore);

    if (user == NULL)
      withdraw (self, keystore, profiles);
    else
      g_ptr_array_add (
          faults,
          g_strdup_printf (_ ("the keystore “%s” stays, though no file defines it any more: the "
                              "profile %s has, or may have, a request or a certificate in it; "
                              "write its file again, or give the profile another "
                              "KeystoreServiceTarget"),
                           (const char *) id, scep_profile_get_id (user)));
  }
}
