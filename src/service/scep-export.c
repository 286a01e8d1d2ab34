/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-export.h"

struct _ScepExport {
  GDBusConnection *connection; /* (owned) */
  char *path;                  /* (owned): a GRefString */
  const ScepBusInterface *interface;
  gpointer object; /* (unowned): cleared when removed */
  guint registration;
  GVariant *told; /* (owned) (nullable): a{sv}, all that can be read, as the bus was last told */
  guint flush_id;
};

/**
 * scep_export_new:
 * @interface: what is exported; not copied
 * @object: what handlers find with scep_export_get_object(); it must live until
 *   scep_export_remove()
 *
 * Returns: (transfer full): an export that is not yet on the bus
 */
ScepExport *
scep_export_new (GDBusConnection *connection, const char *path, const ScepBusInterface *interface,
                 gpointer object)
{
  ScepExport *self = g_rc_box_new0 (ScepExport);

  self->connection = g_object_ref (connection);
  self->path = g_ref_string_new (path);
  self->interface = interface;
  self->object = object;
  return self;
}

static void
export_clear (gpointer data)
{
  ScepExport *self = data;

  g_clear_handle_id (&self->flush_id, g_source_remove);
  g_clear_pointer (&self->told, g_variant_unref);
  g_clear_pointer (&self->path, g_ref_string_release);
  g_clear_object (&self->connection);
}

ScepExport *
scep_export_ref (ScepExport *self)
{
  return g_rc_box_acquire (self);
}

void
scep_export_unref (ScepExport *self)
{
  g_rc_box_release_full (self, export_clear);
}

static gboolean
is_readable (const GDBusPropertyInfo *property)
{
  return (property->flags & G_DBUS_PROPERTY_INFO_FLAGS_READABLE) != 0;
}

static gboolean
is_announced (const GDBusPropertyInfo *property)
{
  const char *word = g_dbus_annotation_info_lookup (
      property->annotations, "org.freedesktop.DBus.Property.EmitsChangedSignal");

  return is_readable (property) && (word == NULL || g_str_equal (word, "true"));
}

/* One block of memory instead of one for each value: there may be a thousand objects. */
static GVariant *
read_properties (ScepExport *self)
{
  GVariant *properties = g_variant_ref_sink (scep_export_get_properties (self));

  g_variant_get_data (properties);
  return properties;
}

/* Returns a{sv} of what has changed since it was last asked. */
static GVariant *
take_changes (ScepExport *self, gboolean *any)
{
  g_autoptr (GVariant) before = g_steal_pointer (&self->told);
  GVariantBuilder builder;
  GDBusPropertyInfo **properties = self->interface->info->properties;
  gsize index = 0;

  *any = FALSE;
  self->told = read_properties (self);
  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  for (guint i = 0; properties != NULL && properties[i] != NULL; i++) {
    g_autoptr (GVariant) was = NULL;
    g_autoptr (GVariant) is = NULL;

    if (!is_readable (properties[i]))
      continue;
    /* Both have the same names in the same order. */
    was = g_variant_get_child_value (before, index);
    is = g_variant_get_child_value (self->told, index++);
    if (!is_announced (properties[i]) || g_variant_equal (was, is))
      continue;
    g_variant_builder_add_value (&builder, is);
    *any = TRUE;
  }
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

/**
 * scep_export_register:
 * @vtable: whose get and set slots are %NULL
 * @user_data: for @vtable
 * @destroy: frees @user_data, also where this fails
 *
 * Puts the object on the bus. From now on changes are told.
 *
 * Returns: whether it is there
 */
gboolean
scep_export_register (ScepExport *self, const GDBusInterfaceVTable *vtable, gpointer user_data,
                      GDestroyNotify destroy, GError **error)
{
  self->told = read_properties (self);
  self->registration = g_dbus_connection_register_object (
      self->connection, self->path, (GDBusInterfaceInfo *) self->interface->info, vtable, user_data,
      destroy, error);
  return self->registration != 0;
}

/**
 * scep_export_remove:
 *
 * Takes the object off the bus; calls that still wait are answered as if it
 * had never been there.
 */
void
scep_export_remove (ScepExport *self)
{
  g_clear_handle_id (&self->flush_id, g_source_remove);
  self->object = NULL;
  if (self->registration != 0) {
    guint registration = self->registration;

    self->registration = 0;
    g_dbus_connection_unregister_object (self->connection, registration);
  }
}

/**
 * scep_export_is_removed:
 *
 * Returns: whether the object is gone
 */
gboolean
scep_export_is_removed (ScepExport *self)
{
  return self->object == NULL;
}

/**
 * scep_export_get_path:
 *
 * Returns: (transfer none): the path, a GRefString
 */
char *
scep_export_get_path (ScepExport *self)
{
  return self->path;
}

const ScepBusInterface *
scep_export_get_interface (ScepExport *self)
{
  return self->interface;
}

/**
 * scep_export_get_object:
 *
 * Returns: (transfer none) (nullable): the object behind it, %NULL if removed
 */
gpointer
scep_export_get_object (ScepExport *self)
{
  return self->object;
}

/**
 * scep_export_get_properties:
 *
 * Returns: (transfer floating): a{sv} of all that can be read
 */
GVariant *
scep_export_get_properties (ScepExport *self)
{
  GVariantBuilder builder;
  GDBusPropertyInfo **properties = self->interface->info->properties;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  for (guint i = 0; properties != NULL && properties[i] != NULL; i++) {
    if (is_readable (properties[i]))
      g_variant_builder_add (&builder, "{sv}", properties[i]->name,
                             self->interface->get_property (self, properties[i]->name));
  }
  return g_variant_builder_end (&builder);
}

/**
 * scep_export_get_told:
 *
 * Tells the bus at once what has changed, if anything.
 *
 * Returns: (transfer none): a{sv} of all that can be read, as the bus knows it;
 *   any thread may read it, and it is another one after a change
 */
GVariant *
scep_export_get_told (ScepExport *self)
{
  if (self->flush_id != 0)
    scep_export_flush (self);
  return self->told;
}

/**
 * scep_export_flush:
 *
 * Tells the bus at once what has changed, so that it comes before a reply or
 * a signal that is about to be sent.
 */
void
scep_export_flush (ScepExport *self)
{
  gboolean any;
  g_autoptr (GVariant) changes = NULL;
  const char *const invalidated[] = { NULL };

  g_clear_handle_id (&self->flush_id, g_source_remove);
  if (self->registration == 0)
    return;
  changes = take_changes (self, &any);
  if (!any)
    return;
  g_dbus_connection_emit_signal (
      self->connection, NULL, self->path, "org.freedesktop.DBus.Properties", "PropertiesChanged",
      g_variant_new ("(s@a{sv}^as)", self->interface->info->name, changes, invalidated), NULL);
}

static gboolean
on_flush (gpointer user_data)
{
  ScepExport *self = user_data;

  self->flush_id = 0;
  scep_export_flush (self);
  return G_SOURCE_REMOVE;
}

/**
 * scep_export_changed:
 *
 * Says that properties may have changed. Those that have are told once, when
 * the main loop comes round.
 */
void
scep_export_changed (ScepExport *self)
{
  if (self->flush_id == 0 && self->registration != 0)
    self->flush_id = g_idle_add_full (G_PRIORITY_DEFAULT, on_flush, self, NULL);
}

/**
 * scep_export_emit:
 * @signal: name of a signal of the interface
 * @parameters: (nullable): floating
 *
 * Emits a signal, after the changes that led to it.
 */
void
scep_export_emit (ScepExport *self, const char *signal, GVariant *parameters)
{
  g_autoptr (GVariant) kept = parameters == NULL ? NULL : g_variant_ref_sink (parameters);

  scep_export_flush (self);
  if (self->registration != 0)
    g_dbus_connection_emit_signal (self->connection, NULL, self->path, self->interface->info->name,
                                   signal, kept, NULL);
}
