/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-profile-private.h"

#include "base/scep-error.h"
#include "base/scep-names.h"
#include "base/scep-text.h"
#include "storage/scep-storage.h"

#include <string.h>

G_DEFINE_FINAL_TYPE (ScepProfile, scep_profile, G_TYPE_OBJECT)

static void
scep_profile_dispose (GObject *object)
{
  ScepProfile *self = SCEP_PROFILE (object);

  if (self->enrollment != NULL)
    scep_enrollment_stop (self->enrollment);
  g_clear_object (&self->enrollment);
  G_OBJECT_CLASS (scep_profile_parent_class)->dispose (object);
}

static void
scep_profile_finalize (GObject *object)
{
  ScepProfile *self = SCEP_PROFILE (object);

  g_free (self->id);
  g_clear_object (&self->keystores);
  g_clear_object (&self->files);
  for (guint i = 0; i < G_N_ELEMENTS (self->layers); i++)
    g_clear_object (&self->layers[i]);
  g_clear_object (&self->settings);
  g_clear_error (&self->broken);
  g_clear_pointer (&self->status, scep_status_unref);
  g_queue_clear_full (&self->changes, scep_change_free);
  G_OBJECT_CLASS (scep_profile_parent_class)->finalize (object);
}

static void
add_signal (const char *name, guint n_params, GType a, GType b, GType c)
{
  g_signal_new (name, SCEP_TYPE_PROFILE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                n_params, a, b, c);
}

static void
scep_profile_class_init (ScepProfileClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = scep_profile_dispose;
  G_OBJECT_CLASS (klass)->finalize = scep_profile_finalize;

  add_signal ("settings-changed", 1, G_TYPE_STRV, G_TYPE_NONE, G_TYPE_NONE);
  add_signal ("status-changed", 0, G_TYPE_NONE, G_TYPE_NONE, G_TYPE_NONE);
  add_signal ("enrolled", 3, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_INT64);
  add_signal ("pending", 2, G_TYPE_STRING, G_TYPE_INT64, G_TYPE_NONE);
  add_signal ("enrollment-failed", 3, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_INT64);
  add_signal ("trust-requested", 2, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_NONE);
  add_signal ("ca-certificates-changed", 1, G_TYPE_STRV, G_TYPE_NONE, G_TYPE_NONE);
}

static void
scep_profile_init (ScepProfile *self)
{
  g_queue_init (&self->changes);
  self->settings = scep_settings_new_default ();
}

static void
on_changed (GObject *owner)
{
  ScepProfile *self = SCEP_PROFILE (owner);
  g_autoptr (ScepStatus) old = g_steal_pointer (&self->status);
  g_autoptr (ScepStatus) now =
      scep_profile_get_status (self) != NULL ? scep_status_ref (self->status) : NULL;

  if (old == NULL || !scep_status_equal (old, now))
    g_signal_emit_by_name (self, "status-changed");
}

/* A one-time challenge that is not ours to delete is only never sent again. */
static void
on_challenge_used (GObject *owner)
{
  ScepProfile *self = SCEP_PROFILE (owner);

  if (self->layers[SCEP_LAYER_INDEX_BUS] != NULL &&
      scep_settings_layer_has (self->layers[SCEP_LAYER_INDEX_BUS], SCEP_SETTING_CHALLENGE_PASSWORD))
    scep_profile_forget_challenge (self);
}

/**
 * scep_profile_new:
 * @id: a valid id
 *
 * Returns: (transfer full): a profile of which nothing is read yet
 */
ScepProfile *
scep_profile_new (const char *id, const ScepProfileContext *context)
{
  ScepProfile *self = g_object_new (SCEP_TYPE_PROFILE, NULL);
  ScepEnrollmentHooks hooks = {
    .changed = on_changed,
    .challenge_used = on_challenge_used,
    .owner = G_OBJECT (self),
  };

  self->id = g_strdup (id);
  self->keystores = g_object_ref (context->keystores);
  self->files = scep_profile_files_new (id, context);
  self->enrollment = scep_enrollment_new (self->files, context, &hooks);
  return self;
}

/* A file or a credential speaks where nobody said anything over the bus. */
static gboolean
add_challenge (ScepProfile *self, ScepSettings **settings, GError **error)
{
  g_autoptr (GBytes) challenge = NULL;
  g_autoptr (GError) failure = NULL;
  ScepSettings *with;

  if (!scep_settings_wants_challenge (*settings))
    return TRUE;
  challenge = scep_profile_files_load_challenge (
      self->files, scep_settings_get_challenge_file (*settings), &failure);
  if (failure != NULL) {
    g_propagate_error (error, g_steal_pointer (&failure));
    return FALSE;
  }
  if (challenge == NULL || g_bytes_get_size (challenge) == 0)
    return TRUE;
  with = scep_settings_with_challenge (*settings, challenge, error);
  if (with == NULL)
    return FALSE;
  g_object_unref (*settings);
  *settings = with;
  return TRUE;
}

/**
 * scep_profile_combine:
 * @bus: (nullable): the layer of the bus
 *
 * Returns: (transfer full) (nullable): the effective settings with it
 */
ScepSettings *
scep_profile_combine (ScepProfile *self, ScepSettingsLayer *bus, GError **error)
{
  g_autoptr (ScepSettings) settings =
      scep_settings_new_layered (self->layers[0], self->layers[1], bus, error);

  if (settings == NULL || !add_challenge (self, &settings, error))
    return NULL;
  return g_steal_pointer (&settings);
}

static gboolean
load (ScepProfile *self, GError **error)
{
  g_autoptr (ScepSettings) settings = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (self->layers); i++) {
    if (!scep_profile_files_load_layer (self->files, i, &self->layers[i], error))
      return FALSE;
  }
  settings = scep_profile_combine (self, self->layers[SCEP_LAYER_INDEX_BUS], error);
  if (settings == NULL)
    return FALSE;
  g_set_object (&self->settings, settings);
  scep_enrollment_set_settings (self->enrollment, settings);
  return scep_enrollment_load (self->enrollment, error);
}

/**
 * scep_profile_load:
 *
 * Reads settings, trust and what is in flight. Blocks: call it before the main
 * loop runs. A profile that cannot be read exists, does nothing, and says so
 * in its status.
 */
void
scep_profile_load (ScepProfile *self)
{
  g_autoptr (GError) error = NULL;

  if (load (self, &error))
    return;
  g_message ("Profile %s does nothing: %s", self->id, error->message);
  self->broken = g_error_copy (error);
  scep_enrollment_set_broken (self->enrollment, error);
}

/**
 * scep_profile_start:
 */
void
scep_profile_start (ScepProfile *self)
{
  scep_enrollment_start (self->enrollment);
}

/**
 * scep_profile_stop:
 *
 * No traffic and no timers from here on.
 */
void
scep_profile_stop (ScepProfile *self)
{
  scep_enrollment_stop (self->enrollment);
}

/**
 * scep_profile_get_id:
 *
 * Returns: (transfer none):
 */
const char *
scep_profile_get_id (ScepProfile *self)
{
  return self->id;
}

/**
 * scep_profile_get_settings:
 *
 * Returns: (transfer none): the effective settings
 */
ScepSettings *
scep_profile_get_settings (ScepProfile *self)
{
  return self->settings;
}

/**
 * scep_profile_get_status:
 *
 * Returns: (transfer none): how things stand; valid until "status-changed"
 */
ScepStatus *
scep_profile_get_status (ScepProfile *self)
{
  if (self->status == NULL) {
    self->status = scep_status_new ();
    scep_enrollment_fill_status (self->enrollment, self->status);
  }
  return self->status;
}

/**
 * scep_profile_dup_certificate_chain:
 *
 * Returns: (transfer full): PEM, leaf first, then intermediates; "" if none
 */
char *
scep_profile_dup_certificate_chain (ScepProfile *self)
{
  g_autoptr (GPtrArray) chain = scep_enrollment_get_chain (self->enrollment);

  return chain != NULL ? scep_certificate_list_to_pem (chain) : g_strdup ("");
}

/**
 * scep_profile_enroll:
 *
 * Returns: %FALSE with %SCEP_ERROR_DISABLED, %SCEP_ERROR_NOT_CONFIGURED or
 *   %SCEP_ERROR_BUSY
 */
gboolean
scep_profile_enroll (ScepProfile *self, GError **error)
{
  return scep_enrollment_enroll (self->enrollment, error);
}

/**
 * scep_profile_renew:
 *
 * Returns: %FALSE as scep_profile_enroll(), or with %SCEP_ERROR_UNSUPPORTED
 */
gboolean
scep_profile_renew (ScepProfile *self, GError **error)
{
  return scep_enrollment_renew (self->enrollment, error);
}

/**
 * scep_profile_check:
 *
 * Returns: %FALSE as scep_profile_enroll()
 */
gboolean
scep_profile_check (ScepProfile *self, GError **error)
{
  return scep_enrollment_check (self->enrollment, error);
}

static void
add_ids (GHashTable *ids, const char *directory, const char *suffix)
{
  g_autofree char *path = g_build_filename (directory, "profiles", NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *id = g_strdup (name);

    if (!g_str_has_suffix (id, suffix))
      continue;
    id[strlen (id) - strlen (suffix)] = '\0';
    if (scep_id_is_valid (id))
      g_hash_table_add (ids, g_steal_pointer (&id));
  }
}

static void
finish_deletions (const ScepProfileContext *context)
{
  g_autofree char *path = g_build_filename (context->state_directory, "profiles", NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *away = g_build_filename (path, name, NULL);
    g_autoptr (GError) error = NULL;

    if (!g_str_has_prefix (name, SCEP_DIRECTORY_DELETED_PREFIX))
      continue;
    scep_enrollment_purge (context->keystores, name + strlen (SCEP_DIRECTORY_DELETED_PREFIX));
    if (!scep_storage_remove_directory (away, &error))
      g_message ("A deleted profile is still there: %s", error->message);
  }
}

/**
 * scep_profile_list_ids:
 *
 * Finds the profiles that any layer has, and finishes deletions that were
 * interrupted. Blocks; for the start only.
 *
 * Returns: (transfer full): their ids, the default profile first
 */
char **
scep_profile_list_ids (const ScepProfileContext *context)
{
  g_autoptr (GHashTable) ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autoptr (GList) keys = NULL;

  finish_deletions (context);
  add_ids (ids, context->vendor_directory, ".conf");
  add_ids (ids, context->configuration_directory, ".conf");
  add_ids (ids, context->state_directory, "");
  g_hash_table_remove (ids, SCEP_DEFAULT_ID);
  keys = g_list_sort (g_hash_table_get_keys (ids), (GCompareFunc) strcmp);
  g_strv_builder_add (builder, SCEP_DEFAULT_ID);
  for (GList *l = keys; l != NULL; l = l->next)
    g_strv_builder_add (builder, l->data);
  return g_strv_builder_end (builder);
}
