/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What callers on the bus do with the profiles. */
#include "service/scep-bus-manager-private.h"

#include "base/scep-names.h"
#include "base/scep-text.h"
#include "scep-interface-info.h"
#include "service/scep-bus-error.h"
#include "service/scep-bus-profile.h"
#include "service/scep-bus-value.h"

#include <glib/gi18n-lib.h>

/* A call that makes or removes a profile. */
typedef struct {
  ScepBusManager *manager;           /* (owned) */
  char *id;                          /* (owned) */
  GDBusMethodInvocation *invocation; /* (owned) */
} Change;

static void
change_free (Change *change)
{
  g_hash_table_remove (change->manager->coming, change->id);
  g_object_unref (change->manager);
  g_free (change->id);
  g_free (change);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Change, change_free)

static Change *
change_new (ScepBusManager *self, const char *id, GDBusMethodInvocation *invocation)
{
  Change *change = g_new (Change, 1);

  change->manager = g_object_ref (self);
  change->id = g_strdup (id);
  change->invocation = invocation;
  g_hash_table_add (self->coming, g_strdup (id));
  return change;
}

static void
on_created (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Change) change = user_data;
  g_autoptr (ScepProfile) profile = SCEP_PROFILE (source);
  g_autoptr (GError) error = NULL;
  g_autofree char *path = scep_bus_manager_path_of (change->id);

  if (!scep_profile_change_finish (profile, result, &error) ||
      !scep_bus_manager_add (change->manager, profile, &error)) {
    scep_bus_return_error (change->invocation, error);
    return;
  }
  scep_profile_start (profile);
  g_dbus_method_invocation_return_value (change->invocation, g_variant_new ("(o)", path));
}

static gboolean
check_new_id (ScepBusManager *self, const char *id, GError **error)
{
  if (!scep_id_is_valid (id)) {
    g_autofree char *shown = scep_text_printable (id, -1);

    scep_error_set (error, SCEP_ERROR_INVALID_SETTING,
                    _ ("“%s” cannot be the id of a profile: one begins with a lower-case letter "
                       "and goes on with lower-case letters, digits and “_”, at most 64 in all."),
                    shown);
    return FALSE;
  }
  if (scep_bus_manager_has (self, id)) {
    scep_error_set (error, SCEP_ERROR_PROFILE_EXISTS,
                    _ ("There is a profile “%s” already; choose another id or configure that one."),
                    id);
    return FALSE;
  }
  return TRUE;
}

static void
on_create_profile (ScepExport *export, GVariant *parameters, GDBusMethodInvocation *invocation)
{
  ScepBusManager *self = scep_export_get_object (export);
  g_autoptr (GVariant) settings = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GHashTable) values = NULL;
  const char *id;

  g_variant_get (parameters, "(&s@a{sv})", &id, &settings);
  if (check_new_id (self, id, &error))
    values = scep_bus_values_from_dict (settings, &error);
  if (values == NULL)
    scep_bus_return_error (invocation, error);
  else
    scep_profile_create_async (scep_profile_new (id, self->context), values, on_created,
                               change_new (self, id, invocation));
}

static void
on_deleted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Change) change = user_data;
  g_autoptr (GError) error = NULL;

  if (!scep_profile_change_finish (SCEP_PROFILE (source), result, &error)) {
    scep_bus_return_error (change->invocation, error);
    return;
  }
  scep_bus_manager_withdraw (change->manager, change->id);
  g_dbus_method_invocation_return_value (change->invocation, NULL);
}

static void
return_no_such_profile (GDBusMethodInvocation *invocation, const char *id)
{
  g_autofree char *shown = scep_text_printable (id, -1);

  scep_bus_return_code (invocation, SCEP_ERROR_NO_SUCH_PROFILE,
                        _ ("There is no profile “%s”; ListProfiles tells which there are."), shown);
}

static void
on_delete_profile (ScepExport *export, GVariant *parameters, GDBusMethodInvocation *invocation)
{
  ScepBusManager *self = scep_export_get_object (export);
  const char *id;
  ScepBusProfile *bus_profile;

  g_variant_get (parameters, "(&s)", &id);
  bus_profile = g_tree_lookup (self->profiles, id);
  if (bus_profile == NULL)
    return_no_such_profile (invocation, id);
  else if (g_str_equal (id, SCEP_DEFAULT_ID))
    scep_bus_return_code (
        invocation, SCEP_ERROR_UNSUPPORTED,
        _ ("The default profile cannot be deleted; Reset and ResetSettings empty it."));
  else if (g_hash_table_contains (self->coming, id))
    scep_bus_return_code (invocation, SCEP_ERROR_BUSY, _ ("The profile “%s” is being deleted."),
                          id);
  else
    scep_profile_remove_async (scep_bus_profile_get_profile (bus_profile), on_deleted,
                               change_new (self, id, invocation));
}

static void
add_to_list (GVariantBuilder *builder, const char *id)
{
  g_autofree char *path = scep_bus_manager_path_of (id);

  g_variant_builder_add (builder, "(so)", id, path);
}

static gboolean
list_further (gpointer key, gpointer value, gpointer user_data)
{
  if (!g_str_equal (key, SCEP_DEFAULT_ID))
    add_to_list (user_data, key);
  return FALSE;
}

static void
on_list_profiles (ScepExport *export, GVariant *parameters, GDBusMethodInvocation *invocation)
{
  ScepBusManager *self = scep_export_get_object (export);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(so)"));
  add_to_list (&builder, SCEP_DEFAULT_ID);
  g_tree_foreach (self->profiles, list_further, &builder);
  g_dbus_method_invocation_return_value (invocation, g_variant_new ("(a(so))", &builder));
}

static void
on_reload (ScepExport *export, GVariant *parameters, GDBusMethodInvocation *invocation)
{
  g_signal_emit_by_name (scep_export_get_object (export), "reload", invocation);
}

static const ScepBusMethod methods[] = {
  { "CreateProfile", on_create_profile },
  { "DeleteProfile", on_delete_profile },
  { "ListProfiles", on_list_profiles },
  { "Reload", on_reload },
  { NULL, NULL },
};

static GVariant *
get_property (ScepExport *export, const char *name)
{
  return g_variant_new_string (SCEP_VERSION);
}

const ScepBusInterface scep_bus_manager_methods = {
  .info = &scep_bus_manager_interface,
  .methods = methods,
  .get_property = get_property,
};
