/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-export.h"

struct _ScepExport {
  GDBusConnection *connection; /* (owned) */
  char *path;                  /* (owned): a GRefString */
  const ScepBusInterface *interface;
  gpointer object; /* (unowned): cleared when removed */
  guint registration;
  GVariant *told; /* (owned) (nullable): a{sv}, all that can be read, as the bus was last told */
  guint64 stale;  /* a bit for each property that may have changed since */
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

/* Of one that can be read. */
static gboolean
is_announced (const GDBusPropertyInfo *property)
{
  const char *word = g_dbus_annotation_info_lookup (
      property->annotations, "org.freedesktop.DBus.Property.EmitsChangedSignal");

  return word == NULL || g_str_equal (word, "true");
}

/* One block of memory instead of one for each value: there may be a thousand objects. */
static GVariant *
make_block (GVariant *properties)
{
  g_autoptr (GVariant) block = g_variant_ref_sink (properties);

  g_variant_get_data (block);
  return g_steal_pointer (&block);
}

/* Returns: (transfer floating): {sv} */
static GVariant *
read_entry (ScepExport *self, const char *name)
{
  GVariant *value = self->interface->get_property (self, name);

  return g_variant_new_dict_entry (g_variant_new_string (name), g_variant_new_variant (value));
}

/* What the bus was told, and may have to be told again. */
typedef struct {
  GPtrArray *entries;      /* (unowned): {sv} of all that can be read */
  GVariantBuilder changes; /* of those of them that are to be told */
  gboolean any;            /* whether anything is not as it was */
  gboolean any_told;
} News;

static void
add_entry (ScepExport *self, News *news, const GDBusPropertyInfo *property)
{
  g_autoptr (GVariant) was = g_variant_get_child_value (self->told, news->entries->len);
  g_autoptr (GVariant) is = g_variant_ref_sink (read_entry (self, property->name));

  if (g_variant_equal (was, is)) {
    g_ptr_array_add (news->entries, g_steal_pointer (&was));
    return;
  }
  news->any = TRUE;
  if (is_announced (property)) {
    news->any_told = TRUE;
    g_variant_builder_add_value (&news->changes, is);
  }
  g_ptr_array_add (news->entries, g_steal_pointer (&is));
}

/* What is not stale is taken over as it is: to read, pack and compare all of it would be
 * a third of what the main loop does in an enrollment. */
static void
read_news (ScepExport *self, News *news)
{
  GDBusPropertyInfo **properties = self->interface->info->properties;

  for (guint i = 0; properties != NULL && properties[i] != NULL; i++) {
    if (!is_readable (properties[i]))
      continue;
    if ((self->stale & G_GUINT64_CONSTANT (1) << i) != 0)
      add_entry (self, news, properties[i]);
    else
      g_ptr_array_add (news->entries, g_variant_get_child_value (self->told, news->entries->len));
  }
  self->stale = 0;
}

/* Returns: (transfer full) (nullable): a{sv} of what has changed since it was last asked */
static GVariant *
take_changes (ScepExport *self)
{
  g_autoptr (GPtrArray) entries = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  News news = { .entries = entries };
  g_autoptr (GVariant) changes = NULL;

  if (self->stale == 0)
    return NULL;
  g_variant_builder_init (&news.changes, G_VARIANT_TYPE_VARDICT);
  read_news (self, &news);
  changes = g_variant_ref_sink (g_variant_builder_end (&news.changes));
  if (news.any) {
    g_variant_unref (self->told);
    self->told = make_block (g_variant_new_array (
        G_VARIANT_TYPE ("{sv}"), (GVariant *const *) entries->pdata, entries->len));
  }
  return news.any_told ? g_steal_pointer (&changes) : NULL;
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
  self->told = make_block (scep_export_get_properties (self));
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
      g_variant_builder_add_value (&builder, read_entry (self, properties[i]->name));
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
 * Tells the bus at once what scep_export_changed() spoke of and has changed, so
 * that it comes before a reply or a signal that is about to be sent.
 */
void
scep_export_flush (ScepExport *self)
{
  g_autoptr (GVariant) changes = NULL;
  const char *const invalidated[] = { NULL };

  g_clear_handle_id (&self->flush_id, g_source_remove);
  if (self->registration == 0)
    return;
  changes = take_changes (self);
  if (changes == NULL)
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

static gboolean
is_named (const char *const *names, const GDBusPropertyInfo *property)
{
  return names == NULL || g_strv_contains (names, property->name);
}

/**
 * scep_export_changed:
 * @names: (nullable): of properties; %NULL: all
 *
 * Says that they may have changed. Those that have are told once, when the
 * main loop comes round.
 */
void
scep_export_changed (ScepExport *self, const char *const *names)
{
  GDBusPropertyInfo **properties = self->interface->info->properties;

  for (guint i = 0; properties != NULL && properties[i] != NULL; i++) {
    if (is_named (names, properties[i]))
      self->stale |= G_GUINT64_CONSTANT (1) << i;
  }
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
