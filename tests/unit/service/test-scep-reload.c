/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-names.h"
#include "service-fixture.h"
#include "service/scep-bus-object-manager.h"
#include "service/scep-reload.h"

#include <glib/gstdio.h>

typedef struct {
  ServiceFixture service;
  ScepBusObjectManager *object_manager;
  ScepBusManager *manager;
  gboolean reloaded;
} Fixture;

static char *
path_of (Fixture *f, const char *id)
{
  g_autofree char *name = g_strconcat (id, ".conf", NULL);

  return g_build_filename (f->service.directory, "profiles", name, NULL);
}

static void
write_file (Fixture *f, const char *id, const char *text)
{
  g_autofree char *path = path_of (f, id);
  g_autofree char *directory = g_path_get_dirname (path);

  g_assert_cmpint (g_mkdir_with_parents (directory, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static void
remove_file (Fixture *f, const char *id)
{
  g_autofree char *path = path_of (f, id);

  g_assert_cmpint (g_unlink (path), ==, 0);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  service_fixture_set_up (&f->service, NULL);
  write_file (f, "office", "[Profile]\nSubjectDN=CN=before\n");
  f->object_manager =
      scep_bus_object_manager_new (f->service.dispatcher, f->service.bus.server, &error);
  g_assert_no_error (error);
  f->manager = scep_bus_manager_new (f->service.dispatcher, f->object_manager, &f->service.context,
                                     f->service.reader, &error);
  g_assert_no_error (error);
  scep_bus_manager_load (f->manager, &error);
  g_assert_no_error (error);
  scep_bus_manager_start (f->manager);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  scep_bus_manager_stop (f->manager);
  g_clear_object (&f->manager);
  g_clear_object (&f->object_manager);
  service_fixture_tear_down (&f->service, NULL);
}

static void
on_reloaded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *f = user_data;

  scep_reload_finish (SCEP_BUS_MANAGER (source), result);
  f->reloaded = TRUE;
}

static void
reload (Fixture *f)
{
  f->reloaded = FALSE;
  scep_reload_async (f->manager, on_reloaded, f);
  g_assert_false (f->reloaded);
  wait_until (f->reloaded);
}

static void
expect_profiles (Fixture *f, const char *expected)
{
  g_autoptr (BusCall) call = service_fixture_call (&f->service, SCEP_PATH, SCEP_INTERFACE_MANAGER,
                                                   "ListProfiles", NULL, -1);
  g_autoptr (GVariantIter) iter = NULL;
  g_autoptr (GString) found = g_string_new (NULL);
  const char *id;

  g_assert_no_error (call->local);
  g_variant_get (call->reply, "(a(so))", &iter);
  while (g_variant_iter_next (iter, "(&s&o)", &id, NULL))
    g_string_append_printf (found, "%s ", id);
  g_assert_cmpstr (found->str, ==, expected);
}

/* Returns a property of the profile "office" as text, or NULL if there is no such object. */
static char *
get_property (Fixture *f, const char *name)
{
  g_autoptr (BusCall) call = service_fixture_call (
      &f->service, SCEP_PATH_PROFILES "/office", "org.freedesktop.DBus.Properties", "Get",
      g_variant_new ("(ss)", SCEP_INTERFACE, name), -1);
  g_autoptr (GVariant) value = NULL;

  if (call->reply == NULL)
    return NULL;
  g_variant_get (call->reply, "(v)", &value);
  return g_variant_print (value, FALSE);
}

static void
expect_property (Fixture *f, const char *name, const char *expected)
{
  g_autofree char *found = get_property (f, name);

  g_assert_cmpstr (found, ==, expected);
}

static void
configure (Fixture *f, const char *settings)
{
  g_autoptr (BusCall) call =
      service_fixture_call (&f->service, SCEP_PATH_PROFILES "/office", SCEP_INTERFACE, "Configure",
                            g_variant_new_parsed (settings), -1);

  g_assert_no_error (call->local);
}

static void
test_same (Fixture *f, gconstpointer data)
{
  reload (f);
  expect_profiles (f, "default office ");
  expect_property (f, "SubjectDN", "'CN=before'");
}

static void
test_changed (Fixture *f, gconstpointer data)
{
  configure (f, "({'CAIdentifier': <'over the bus'>},)");
  write_file (f, "office", "[Profile]\nSubjectDN=CN=after\nCAIdentifier=in the file\n");
  expect_property (f, "SubjectDN", "'CN=before'");
  reload (f);
  expect_property (f, "SubjectDN", "'CN=after'");
  expect_property (f, "CAIdentifier", "'over the bus'");
}

/* A file that cannot be read stops the profile, says so, and is read again when it is mended. */
static void
test_unreadable (Fixture *f, gconstpointer data)
{
  write_file (f, "office", "[Profile]\nRSAKeyLength=many\n");
  reload (f);
  expect_profiles (f, "default office ");
  expect_property (f, "LastError", "'" SCEP_ERROR_PREFIX "StorageFailed'");
  write_file (f, "office", "[Profile]\nSubjectDN=CN=mended\n");
  reload (f);
  expect_property (f, "LastError", "''");
  expect_property (f, "SubjectDN", "'CN=mended'");
}

static void
test_new (Fixture *f, gconstpointer data)
{
  write_file (f, "annex", "[Profile]\nSubjectDN=CN=annex\n");
  write_file (f, "Not-An-Id", "[Profile]\n");
  reload (f);
  expect_profiles (f, "default annex office ");
}

static void
test_gone (Fixture *f, gconstpointer data)
{
  remove_file (f, "office");
  reload (f);
  expect_profiles (f, "default ");
  expect_property (f, "SubjectDN", NULL);
  write_file (f, "office", "[Profile]\nSubjectDN=CN=back\n");
  reload (f);
  expect_property (f, "SubjectDN", "'CN=back'");
}

/* What was set over the bus is the profile's own, so that it stays. */
static void
test_gone_but_kept (Fixture *f, gconstpointer data)
{
  configure (f, "({'CAIdentifier': <'own'>},)");
  remove_file (f, "office");
  reload (f);
  expect_profiles (f, "default office ");
  expect_property (f, "SubjectDN", "''");
  expect_property (f, "CAIdentifier", "'own'");
}

/* Calls that come while it reloads are served, and lose nothing. */
static void
test_meanwhile (Fixture *f, gconstpointer data)
{
  g_autoptr (BusCall) create = NULL;

  scep_reload_async (f->manager, on_reloaded, f);
  create = bus_call_begin (&f->service.bus, NULL, SCEP_PATH, SCEP_INTERFACE_MANAGER,
                           "CreateProfile", g_variant_new_parsed ("('visitor', @a{sv} {})"),
                           G_DBUS_CALL_FLAGS_NONE, NULL);
  configure (f, "({'CAIdentifier': <'meanwhile'>},)");
  bus_call_wait (create);
  g_assert_no_error (create->local);
  wait_until (f->reloaded);
  expect_profiles (f, "default office visitor ");
  expect_property (f, "CAIdentifier", "'meanwhile'");
  reload (f);
  expect_profiles (f, "default office visitor ");
  expect_property (f, "CAIdentifier", "'meanwhile'");
}

static void
test_describe (Fixture *f, gconstpointer data)
{
  g_autofree char *line = scep_bus_manager_describe (f->manager);

  g_assert_cmpstr (line, ==, "Profiles: 2, with a certificate: 0, with an error: 0");
}

#define ADD(name, func) g_test_add ("/reload/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("same", test_same);
  ADD ("changed", test_changed);
  ADD ("unreadable", test_unreadable);
  ADD ("new", test_new);
  ADD ("gone", test_gone);
  ADD ("gone-but-kept", test_gone_but_kept);
  ADD ("meanwhile", test_meanwhile);
  ADD ("describe", test_describe);
  return g_test_run ();
}
