/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-managed-objects.h"

#include <glib/gi18n-lib.h>

/* An object; each of ours below SCEP_PATH has one interface. */
typedef struct {
  char *path;            /* (owned): a GRefString */
  const char *interface; /* static */
  GVariant *properties;  /* (owned): a{sv} */
} Object;

struct _ScepManagedObjects {
  guint n_objects;
  Object objects[];
};

/* On a reply that is to be filled. */
static GQuark
get_quark (void)
{
  return g_quark_from_static_string ("scep-managed-objects");
}

/**
 * scep_managed_objects_new:
 * @exports: (element-type ScepExport): the objects, all of them on the bus
 *
 * Returns: (transfer full): how they are now; changes that the bus has not been
 *   told of are told
 */
ScepManagedObjects *
scep_managed_objects_new (GPtrArray *exports)
{
  gsize size = sizeof (ScepManagedObjects) + exports->len * sizeof (Object);
  ScepManagedObjects *self = g_atomic_rc_box_alloc0 (size);

  self->n_objects = exports->len;
  for (guint i = 0; i < exports->len; i++) {
    ScepExport *export = g_ptr_array_index (exports, i);

    self->objects[i].path = g_ref_string_acquire (scep_export_get_path (export));
    self->objects[i].interface = scep_export_get_interface (export)->info->name;
    self->objects[i].properties = g_variant_ref (scep_export_get_told (export));
  }
  return self;
}

ScepManagedObjects *
scep_managed_objects_ref (ScepManagedObjects *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
clear (gpointer data)
{
  ScepManagedObjects *self = data;

  for (guint i = 0; i < self->n_objects; i++) {
    g_ref_string_release (self->objects[i].path);
    g_variant_unref (self->objects[i].properties);
  }
}

void
scep_managed_objects_unref (ScepManagedObjects *self)
{
  g_atomic_rc_box_release_full (self, clear);
}

/**
 * scep_managed_objects_is_current:
 * @exports: (element-type ScepExport): the objects that there are now
 *
 * Returns: whether they are the same, and none has changed since
 */
gboolean
scep_managed_objects_is_current (ScepManagedObjects *self, GPtrArray *exports)
{
  if (self->n_objects != exports->len)
    return FALSE;
  for (guint i = 0; i < exports->len; i++) {
    ScepExport *export = g_ptr_array_index (exports, i);

    if (self->objects[i].path != scep_export_get_path (export) ||
        self->objects[i].properties != scep_export_get_told (export))
      return FALSE;
  }
  return TRUE;
}

/**
 * scep_managed_objects_build:
 *
 * Returns: (transfer floating): (a{oa{sa{sv}}}), for any thread
 */
GVariant *
scep_managed_objects_build (ScepManagedObjects *self)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{oa{sa{sv}}}"));
  for (guint i = 0; i < self->n_objects; i++) {
    const Object *object = &self->objects[i];

    g_variant_builder_open (&builder, G_VARIANT_TYPE ("{oa{sa{sv}}}"));
    g_variant_builder_add (&builder, "o", object->path);
    g_variant_builder_open (&builder, G_VARIANT_TYPE ("a{sa{sv}}"));
    g_variant_builder_add (&builder, "{s@a{sv}}", object->interface, object->properties);
    g_variant_builder_close (&builder);
    g_variant_builder_close (&builder);
  }
  return g_variant_new ("(a{oa{sa{sv}}})", &builder);
}

/* Runs in the thread of GDBus that writes, just before it does, and takes @message. GDBus encodes
 * a message anew that was exchanged here; one that is sent whole it encodes in the caller's
 * thread. */
static GDBusMessage *
on_message (GDBusConnection *connection, GDBusMessage *message, gboolean incoming,
            gpointer user_data)
{
  ScepManagedObjects *objects =
      incoming ? NULL : g_object_get_qdata (G_OBJECT (message), get_quark ());
  g_autoptr (GDBusMessage) taken = NULL;
  g_autoptr (GError) error = NULL;
  GDBusMessage *full;

  if (objects == NULL)
    return message;
  taken = message;
  full = g_dbus_message_copy (message, &error);
  if (full == NULL)
    g_warning (_ ("GetManagedObjects is not answered: %s"), error->message);
  else
    g_dbus_message_set_body (full, scep_managed_objects_build (objects));
  return full;
}

/**
 * scep_managed_objects_attach:
 *
 * Without this scep_managed_objects_return() answers with nothing.
 *
 * Returns: a filter, for g_dbus_connection_remove_filter()
 */
guint
scep_managed_objects_attach (GDBusConnection *connection)
{
  return g_dbus_connection_add_filter (connection, on_message, NULL, NULL);
}

/**
 * scep_managed_objects_return:
 * @invocation: (transfer full): of GetManagedObjects
 *
 * Answers; the main loop has no more part in it than with an empty reply.
 */
void
scep_managed_objects_return (ScepManagedObjects *self, GDBusMethodInvocation *invocation)
{
  g_autoptr (GDBusMethodInvocation) taken = invocation;
  GDBusMessage *call = g_dbus_method_invocation_get_message (taken);
  g_autoptr (GDBusMessage) reply = g_dbus_message_new_method_reply (call);
  g_autoptr (GError) error = NULL;

  if ((g_dbus_message_get_flags (call) & G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED) != 0)
    return;
  g_object_set_qdata_full (G_OBJECT (reply), get_quark (), scep_managed_objects_ref (self),
                           (GDestroyNotify) scep_managed_objects_unref);
  if (!g_dbus_connection_send_message (g_dbus_method_invocation_get_connection (taken), reply,
                                       G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL, &error))
    g_debug ("GetManagedObjects is not answered: %s", error->message);
}
