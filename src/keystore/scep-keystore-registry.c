/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "keystore/scep-keystore-registry.h"

#include "base/scep-error.h"
#include "keystore/scep-target-filter.h"

#include <glib/gi18n-lib.h>

struct _ScepKeystoreRegistry {
  GObject parent_instance;

  GPtrArray *keystores; /* (element-type ScepKeystore) */
};

G_DEFINE_FINAL_TYPE (ScepKeystoreRegistry, scep_keystore_registry, G_TYPE_OBJECT)

static void
scep_keystore_registry_finalize (GObject *object)
{
  g_ptr_array_unref (SCEP_KEYSTORE_REGISTRY (object)->keystores);
  G_OBJECT_CLASS (scep_keystore_registry_parent_class)->finalize (object);
}

static void
scep_keystore_registry_class_init (ScepKeystoreRegistryClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = scep_keystore_registry_finalize;
}

static void
scep_keystore_registry_init (ScepKeystoreRegistry *self)
{
  self->keystores = g_ptr_array_new_with_free_func (g_object_unref);
}

/**
 * scep_keystore_registry_new:
 *
 * Returns: (transfer full): a registry without keystores
 */
ScepKeystoreRegistry *
scep_keystore_registry_new (void)
{
  return g_object_new (SCEP_TYPE_KEYSTORE_REGISTRY, NULL);
}

/**
 * scep_keystore_registry_add:
 * @keystore: (transfer none): one more
 */
void
scep_keystore_registry_add (ScepKeystoreRegistry *self, ScepKeystore *keystore)
{
  g_ptr_array_add (self->keystores, g_object_ref (keystore));
}

/**
 * scep_keystore_registry_remove:
 * @keystore: one that was added
 *
 * From here on nothing selects it; who has it goes on with it.
 */
void
scep_keystore_registry_remove (ScepKeystoreRegistry *self, ScepKeystore *keystore)
{
  g_ptr_array_remove (self->keystores, keystore);
}

/**
 * scep_keystore_registry_list:
 *
 * Returns: (transfer none) (element-type ScepKeystore): all of them, in the
 *   order in which they were added
 */
GPtrArray *
scep_keystore_registry_list (ScepKeystoreRegistry *self)
{
  return self->keystores;
}

static gboolean
matches (const ScepTargetFilter *filter, ScepKeystore *keystore)
{
  ScepTargetAttributes attributes = {
    .service_pid = scep_keystore_get_service_pid (keystore),
    .id = scep_keystore_get_id (keystore),
    .backend = scep_keystore_get_backend (keystore),
  };

  return scep_target_filter_match (filter, &attributes);
}

/**
 * scep_keystore_registry_find:
 * @target: the KeystoreServiceTarget setting
 *
 * Returns: (transfer full): the one keystore that @target selects, or %NULL
 *   with %SCEP_ERROR_INVALID_SETTING, %SCEP_ERROR_KEYSTORE_NOT_FOUND or
 *   %SCEP_ERROR_KEYSTORE_AMBIGUOUS
 */
ScepKeystore *
scep_keystore_registry_find (ScepKeystoreRegistry *self, const char *target, GError **error)
{
  g_autoptr (ScepTargetFilter) filter = scep_target_filter_parse (target, error);
  ScepKeystore *found = NULL;

  if (filter == NULL)
    return NULL;
  for (guint i = 0; i < self->keystores->len; i++) {
    ScepKeystore *keystore = self->keystores->pdata[i];

    if (!matches (filter, keystore))
      continue;
    if (found != NULL) {
      scep_error_set (error, SCEP_ERROR_KEYSTORE_AMBIGUOUS,
                      _ ("The keystore target “%s” selects both “%s” and “%s”. Make it name one."),
                      target, scep_keystore_get_id (found), scep_keystore_get_id (keystore));
      return NULL;
    }
    found = keystore;
  }
  if (found != NULL)
    return g_object_ref (found);
  scep_error_set (error, SCEP_ERROR_KEYSTORE_NOT_FOUND,
                  _ ("The keystore target “%s” selects none of the keystores (%u). Correct it, or "
                     "define the keystore."),
                  target, self->keystores->len);
  return NULL;
}
