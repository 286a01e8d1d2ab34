/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "private-bus.h"
#include "service/scep-managed-objects.h"

#define INTERFACE "org.example.Room"

static const char xml[] = "<node><interface name='" INTERFACE "'>"
                          "<property name='Light' type='u' access='read'/>"
                          "</interface></node>";

typedef struct {
  PrivateBus bus;
  GDBusNodeInfo *info;
  ScepBusInterface interface;
  guint lights[3];
  GPtrArray *exports;
} Fixture;

static GVariant *
get_property (ScepExport *export, const char *name)
{
  return g_variant_new_uint32 (*(guint *) scep_export_get_object (export));
}

static void
add (Fixture *f, const char *path)
{
  static const GDBusInterfaceVTable vtable = { NULL };
  g_autoptr (GError) error = NULL;
  ScepExport *export =
      scep_export_new (f->bus.server, path, &f->interface, &f->lights[f->exports->len]);

  g_ptr_array_add (f->exports, export);
  scep_export_register (export, &vtable, NULL, NULL, &error);
  g_assert_no_error (error);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  private_bus_up (&f->bus);
  f->info = g_dbus_node_info_new_for_xml (xml, NULL);
  f->interface.info = f->info->interfaces[0];
  f->interface.get_property = get_property;
  f->exports = g_ptr_array_new_with_free_func ((GDestroyNotify) scep_export_unref);
  add (f, "/a");
  add (f, "/b");
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_ptr_array_foreach (f->exports, (GFunc) (void (*) (void)) scep_export_remove, NULL);
  g_ptr_array_unref (f->exports);
  private_bus_down (&f->bus);
  g_dbus_node_info_unref (f->info);
}

static void
expect (ScepManagedObjects *objects, const char *text)
{
  g_autoptr (GVariant) built = g_variant_ref_sink (scep_managed_objects_build (objects));
  g_autofree char *printed = g_variant_print (built, FALSE);

  g_assert_true (g_variant_is_of_type (built, G_VARIANT_TYPE ("(a{oa{sa{sv}}})")));
  g_assert_cmpstr (printed, ==, text);
}

static void
test_none (Fixture *f, gconstpointer data)
{
  g_autoptr (GPtrArray) none = g_ptr_array_new ();
  g_autoptr (ScepManagedObjects) objects = scep_managed_objects_new (none);

  expect (objects, "({},)");
  g_assert_true (scep_managed_objects_is_current (objects, none));
  g_assert_false (scep_managed_objects_is_current (objects, f->exports));
}

/* What was taken once stays as it was. */
static void
test_change (Fixture *f, gconstpointer data)
{
  const char *dark = "({'/a': {'" INTERFACE "': {'Light': <uint32 0>}}, "
                     "'/b': {'" INTERFACE "': {'Light': <uint32 0>}}},)";
  g_autoptr (ScepManagedObjects) objects = scep_managed_objects_new (f->exports);
  g_autoptr (ScepManagedObjects) later = NULL;

  expect (objects, dark);
  g_assert_true (scep_managed_objects_is_current (objects, f->exports));

  f->lights[1] = 7;
  scep_export_changed (f->exports->pdata[1], NULL);
  g_assert_false (scep_managed_objects_is_current (objects, f->exports));
  later = scep_managed_objects_new (f->exports);
  expect (objects, dark);
  expect (later, "({'/a': {'" INTERFACE "': {'Light': <uint32 0>}}, "
                 "'/b': {'" INTERFACE "': {'Light': <uint32 7>}}},)");
}

static void
test_other_objects (Fixture *f, gconstpointer data)
{
  g_autoptr (ScepManagedObjects) objects = scep_managed_objects_new (f->exports);

  scep_export_remove (f->exports->pdata[1]);
  g_ptr_array_set_size (f->exports, 1);
  g_assert_false (scep_managed_objects_is_current (objects, f->exports));
  add (f, "/c");
  g_assert_false (scep_managed_objects_is_current (objects, f->exports));
}

/* Takes its own reference with it. */
static gpointer
build (gpointer data)
{
  g_autoptr (ScepManagedObjects) objects = data;

  return g_variant_ref_sink (scep_managed_objects_build (objects));
}

/* A thread may still be at it when the objects are gone. */
static void
test_thread (Fixture *f, gconstpointer data)
{
  g_autoptr (ScepManagedObjects) objects = scep_managed_objects_new (f->exports);
  g_autoptr (GVariant) built = NULL;
  g_autoptr (GVariant) dict = NULL;

  scep_export_remove (f->exports->pdata[0]);
  scep_export_remove (f->exports->pdata[1]);
  g_ptr_array_set_size (f->exports, 0);
  built = g_thread_join (g_thread_new ("build", build, g_steal_pointer (&objects)));
  dict = g_variant_get_child_value (built, 0);
  g_assert_cmpuint (g_variant_n_children (dict), ==, 2);
}

#define ADD(name, func)                                                                            \
  g_test_add ("/managed-objects/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("none", test_none);
  ADD ("change", test_change);
  ADD ("other-objects", test_other_objects);
  ADD ("thread", test_thread);
  return g_test_run ();
}
