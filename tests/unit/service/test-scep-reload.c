/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-error.h"
#include "base/scep-names.h"
#include "service-fixture.h"
#include "service/scep-bus-object-manager.h"
#include "service/scep-reload.h"
#include "warning-count.h"

#include <glib/gstdio.h>
#include <unistd.h>

typedef struct {
  ServiceFixture service;
  ScepBusObjectManager *object_manager;
  ScepBusKeystores *keystores;
  ScepBusManager *manager;
  ScepReload *reload;
  GError *error;
  guint n_answers;
  GString *told; /* signals of the reload: "b" begun, "e" ended */
} Fixture;

static char *
path_of (Fixture *f, const char *folder, const char *id)
{
  g_autofree char *name = g_strconcat (id, ".conf", NULL);

  return g_build_filename (f->service.directory, folder, name, NULL);
}

static void
write_into (Fixture *f, const char *folder, const char *id, const char *text)
{
  g_autofree char *path = path_of (f, folder, id);
  g_autofree char *directory = g_path_get_dirname (path);

  g_assert_cmpint (g_mkdir_with_parents (directory, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static void
write_file (Fixture *f, const char *id, const char *text)
{
  write_into (f, "profiles", id, text);
}

static void
remove_from (Fixture *f, const char *folder, const char *id)
{
  g_autofree char *path = path_of (f, folder, id);

  g_assert_cmpint (g_unlink (path), ==, 0);
}

static void
remove_file (Fixture *f, const char *id)
{
  remove_from (f, "profiles", id);
}

static void
on_begun (ScepReload *reload, Fixture *f)
{
  g_string_append_c (f->told, 'b');
}

static void
on_ended (ScepReload *reload, Fixture *f)
{
  g_string_append_c (f->told, 'e');
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
  scep_keystore_registry_remove (f->service.keystores, f->service.keystore);
  f->keystores = scep_bus_keystores_new (f->service.dispatcher, f->object_manager,
                                         &f->service.context, f->service.reader);
  g_assert_true (scep_bus_keystores_load (f->keystores, &error));
  f->manager = scep_bus_manager_new (f->service.dispatcher, f->object_manager, &f->service.context,
                                     f->service.reader, &error);
  g_assert_no_error (error);
  scep_bus_manager_load (f->manager, &error);
  g_assert_no_error (error);
  scep_bus_manager_start (f->manager);
  scep_bus_object_manager_announce (f->object_manager);
  f->reload = scep_reload_new (f->manager, f->keystores);
  f->told = g_string_new (NULL);
  g_signal_connect (f->reload, "begun", G_CALLBACK (on_begun), f);
  g_signal_connect (f->reload, "ended", G_CALLBACK (on_ended), f);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_assert_cmpuint (test_warnings_take (), ==, 0);
  scep_bus_manager_stop (f->manager);
  g_assert_finalize_object (g_steal_pointer (&f->reload));
  g_clear_object (&f->manager);
  g_clear_object (&f->keystores);
  g_string_free (f->told, TRUE);
  g_clear_error (&f->error);
  g_clear_object (&f->object_manager);
  service_fixture_tear_down (&f->service, NULL);
}

static void
on_reloaded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *f = user_data;

  g_clear_error (&f->error);
  scep_reload_finish (SCEP_RELOAD (source), result, &f->error);
  f->n_answers++;
}

/* Leaves what it ended with in f->error; what a profile does not tell itself is warned of. */
static void
try_reload (Fixture *f, guint n_warnings)
{
  guint before = f->n_answers;

  scep_reload_async (f->reload, on_reloaded, f);
  g_assert_cmpuint (f->n_answers, ==, before);
  wait_until (f->n_answers > before);
  g_assert_cmpuint (test_warnings_take (), ==, n_warnings);
}

static void
reload (Fixture *f)
{
  try_reload (f, 0);
  g_assert_no_error (f->error);
}

/* A reload that leaves something out, and says of each thing one of the words. */
static void
reload_partly (Fixture *f, guint n_warnings, const char *const *words)
{
  try_reload (f, n_warnings);
  g_assert_error (f->error, SCEP_ERROR, SCEP_ERROR_STORAGE_FAILED);
  for (; *words != NULL; words++) {
    if (strstr (f->error->message, *words) == NULL)
      g_error ("no \"%s\" in: %s", *words, f->error->message);
  }
}

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

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

/* Expects a keystore of that ServicePid, or none. */
static void
expect_keystore (Fixture *f, const char *id, const char *expected)
{
  g_autofree char *path = g_strconcat (SCEP_PATH_KEYSTORES "/", id, NULL);
  g_autoptr (BusCall) call =
      service_fixture_call (&f->service, path, "org.freedesktop.DBus.Properties", "Get",
                            g_variant_new ("(ss)", SCEP_INTERFACE_KEYSTORE, "ServicePid"), -1);
  g_autoptr (GVariant) value = NULL;
  g_autofree char *found = NULL;

  if (call->reply != NULL) {
    g_variant_get (call->reply, "(v)", &value);
    found = g_variant_print (value, FALSE);
  }
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
  reload_partly (f, 0, WORDS ("profiles/office.conf", "RSAKeyLength"));
  expect_profiles (f, "default office ");
  reload_partly (f, 1, WORDS ("profiles/office.conf", "RSAKeyLength"));
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
  reload (f);
  expect_profiles (f, "default annex office ");
}

/* A file that no profile can have is named. */
static void
test_no_id (Fixture *f, gconstpointer data)
{
  write_file (f, "Not-An-Id", "[Profile]\n");
  reload_partly (f, 1, WORDS ("profiles/Not-An-Id.conf", "left out"));
  expect_profiles (f, "default office ");
  remove_file (f, "Not-An-Id");
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

/* Good files count, each bad one is named with what is wrong. */
static void
test_partly (Fixture *f, gconstpointer data)
{
  write_file (f, "annex", "[Profile]\nSubjectDN=CN=annex\n");
  write_file (f, "broken", "SubjectDN=\n");
  write_file (f, "default", "[Profile]\nRSAKeyLength=1024\nAlgorithmPolicy=strict\n");
  write_file (f, "office", "[Profile]\nSubjectDN=CN=after\n");
  write_into (f, "keystores", "good", "[Keystore]\nServicePid=good.pid\n");
  write_into (f, "keystores", "odd", "[Keystore]\nBackend=token\n");
  write_into (f, "keystores", "Bad-Name", "[Keystore]\n");
  write_file (f, "Bad-Name", "[Profile]\n");
  reload_partly (f, 3,
                 WORDS ("profiles/broken.conf", "profiles/default.conf", "AlgorithmPolicy",
                        "keystores/odd.conf", "Backend", "keystores/Bad-Name.conf",
                        "profiles/Bad-Name.conf"));
  g_assert_null (strstr (f->error->message, "annex"));
  expect_profiles (f, "default annex broken office ");
  expect_property (f, "SubjectDN", "'CN=after'");
  expect_keystore (f, "good", "'good.pid'");
  expect_keystore (f, "odd", NULL);
}

/* The answer has an end, however much is wrong. */
static void
test_many_faults (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < 25; i++) {
    g_autofree char *id = g_strdup_printf ("p%02u", i);

    write_file (f, id, "[Profile]\nRSAKeyLength=many\n");
  }
  reload_partly (f, 0, WORDS ("profiles/p00.conf", "profiles/p19.conf", "and 5 more"));
  g_assert_null (strstr (f->error->message, "p20.conf"));
}

/* Calls that come while it reloads are served, and lose nothing. */
static void
test_meanwhile (Fixture *f, gconstpointer data)
{
  g_autoptr (BusCall) create = NULL;

  scep_reload_async (f->reload, on_reloaded, f);
  create = bus_call_begin (&f->service.bus, NULL, SCEP_PATH, SCEP_INTERFACE_MANAGER,
                           "CreateProfile", g_variant_new_parsed ("('visitor', @a{sv} {})"),
                           G_DBUS_CALL_FLAGS_NONE, NULL);
  configure (f, "({'CAIdentifier': <'meanwhile'>},)");
  bus_call_wait (create);
  g_assert_no_error (create->local);
  wait_until (f->n_answers == 1);
  g_assert_no_error (f->error);
  expect_profiles (f, "default office visitor ");
  expect_property (f, "CAIdentifier", "'meanwhile'");
  reload (f);
  expect_profiles (f, "default office visitor ");
  expect_property (f, "CAIdentifier", "'meanwhile'");
}

/* Whoever asks while files are read may have changed one that was read: all of them are read
 * once more, for all who asked. */
static void
test_coalesced (Fixture *f, gconstpointer data)
{
  scep_reload_async (f->reload, on_reloaded, f);
  g_assert_cmpstr (f->told->str, ==, "b");
  write_file (f, "office", "[Profile]\nSubjectDN=CN=late\n");
  for (guint i = 0; i < 3; i++)
    scep_reload_async (f->reload, on_reloaded, f);
  wait_until (f->n_answers == 4);
  g_assert_cmpstr (f->told->str, ==, "bbe");
  expect_property (f, "SubjectDN", "'CN=late'");
}

static void
ask_again (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *f = user_data;

  on_reloaded (source, result, f);
  scep_reload_async (f->reload, on_reloaded, f);
}

static void
test_again (Fixture *f, gconstpointer data)
{
  scep_reload_async (f->reload, ask_again, f);
  scep_reload_async (f->reload, on_reloaded, f);
  wait_until (f->n_answers == 3);
  g_assert_cmpstr (f->told->str + strlen (f->told->str) - 1, ==, "e");
}

/* The method answers when what the files say counts. */
static void
test_called (Fixture *f, gconstpointer data)
{
  g_autoptr (BusCall) good = NULL;
  g_autoptr (BusCall) bad = NULL;

  write_file (f, "office", "[Profile]\nSubjectDN=CN=called\n");
  good = service_fixture_call (&f->service, SCEP_PATH, SCEP_INTERFACE_MANAGER, "Reload", NULL, -1);
  g_assert_no_error (good->local);
  g_assert_cmpstr (f->told->str, ==, "be");
  expect_property (f, "SubjectDN", "'CN=called'");
  write_file (f, "office", "[Profile]\nRSAKeyLength=many\n");
  bad = service_fixture_call (&f->service, SCEP_PATH, SCEP_INTERFACE_MANAGER, "Reload", NULL, -1);
  g_assert_cmpuint (test_warnings_take (), ==, 0);
  g_assert_cmpstr (bad->error, ==, SCEP_ERROR_PREFIX "StorageFailed");
  g_assert_nonnull (strstr (bad->local->message, "profiles/office.conf"));
}

/* Keystores */

static void
test_keystore_comes (Fixture *f, gconstpointer data)
{
  write_file (f, "office",
              "[Profile]\nEnabled=true\nServerEndpoint=http://ca.example.org/scep\n"
              "SubjectDN=CN=a\nKeystoreServiceTarget=(id=plant)\n");
  reload (f);
  expect_property (f, "LastError", "'" SCEP_ERROR_PREFIX "KeystoreNotFound'");
  write_into (f, "keystores", "plant", "[Keystore]\nServicePid=plant.pid\n");
  reload (f);
  expect_keystore (f, "plant", "'plant.pid'");
  /* It goes on at once, up to the server that this test does not have. */
  expect_property (f, "LastError", "'" SCEP_ERROR_PREFIX "ServerUnreachable'");
}

static void
test_keystore_changes (Fixture *f, gconstpointer data)
{
  write_into (f, "keystores", "plant", "[Keystore]\nServicePid=before\n");
  reload (f);
  expect_keystore (f, "plant", "'before'");
  write_into (f, "keystores", "plant", "[Keystore]\nServicePid=after\n");
  write_into (f, "keystores", "default", "[Keystore]\nServicePid=main\n");
  reload (f);
  expect_keystore (f, "plant", "'after'");
  expect_keystore (f, "default", "'main'");
  remove_from (f, "keystores", "default");
  reload (f);
  expect_keystore (f, "default", "'default'");
}

/* A file that cannot be read says nothing against the keystore that is there. */
static void
test_keystore_unreadable (Fixture *f, gconstpointer data)
{
  static const char *const ids[] = { "default", "plant" };

  for (guint i = 0; i < G_N_ELEMENTS (ids); i++) {
    g_autofree char *path = path_of (f, "keystores", ids[i]);

    write_into (f, "keystores", ids[i], "[Keystore]\nServicePid=before\n");
    reload (f);
    write_into (f, "keystores", ids[i], "ServicePid=after\n");
    reload_partly (f, 1, WORDS (path, "stays as it was"));
    expect_keystore (f, ids[i], "'before'");
    /* One that leads to itself cannot be opened, not even by root. */
    remove_from (f, "keystores", ids[i]);
    g_assert_cmpint (symlink (path, path), ==, 0);
    reload_partly (f, 1, WORDS (path, "stays as it was"));
    expect_keystore (f, ids[i], "'before'");
    remove_from (f, "keystores", ids[i]);
  }
}

static void
test_keystore_goes (Fixture *f, gconstpointer data)
{
  write_into (f, "keystores", "plant", "[Keystore]\nServicePid=plant.pid\n");
  reload (f);
  write_file (f, "office",
              "[Profile]\nEnabled=true\nServerEndpoint=http://ca.example.org/scep\n"
              "SubjectDN=CN=a\nKeystoreServiceTarget=(id=plant)\n");
  reload (f);
  expect_property (f, "LastError", "'" SCEP_ERROR_PREFIX "ServerUnreachable'");
  remove_from (f, "keystores", "plant");
  reload (f);
  expect_keystore (f, "plant", NULL);
  /* The profile sees it at once. */
  expect_property (f, "LastError", "'" SCEP_ERROR_PREFIX "KeystoreNotFound'");
}

/* Nobody can say that a keystore that could not be read holds no certificate. */
static void
test_keystore_goes_unread (Fixture *f, gconstpointer data)
{
  g_autofree char *directory = g_build_filename (f->service.directory, "keystores", "plant", NULL);

  write_into (f, "keystores", "plant", "[Keystore]\n");
  g_assert_true (g_file_set_contents (directory, "no folder", -1, NULL));
  try_reload (f, 1);
  g_assert_no_error (f->error);
  write_file (f, "office",
              "[Profile]\nEnabled=true\nServerEndpoint=http://ca.example.org/scep\n"
              "SubjectDN=CN=a\nKeystoreServiceTarget=(id=plant)\n");
  reload (f);
  expect_property (f, "LastError", "'" SCEP_ERROR_PREFIX "StorageFailed'");
  remove_from (f, "keystores", "plant");
  reload_partly (f, 1, WORDS ("“plant” stays", "profile office"));
  expect_keystore (f, "plant", "'plant'");
  expect_property (f, "LastError", "'" SCEP_ERROR_PREFIX "StorageFailed'");
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
  test_warnings_count ();
  ADD ("same", test_same);
  ADD ("changed", test_changed);
  ADD ("unreadable", test_unreadable);
  ADD ("no-id", test_no_id);
  ADD ("new", test_new);
  ADD ("gone", test_gone);
  ADD ("gone-but-kept", test_gone_but_kept);
  ADD ("partly", test_partly);
  ADD ("many-faults", test_many_faults);
  ADD ("meanwhile", test_meanwhile);
  ADD ("coalesced", test_coalesced);
  ADD ("again", test_again);
  ADD ("called", test_called);
  ADD ("keystore-comes", test_keystore_comes);
  ADD ("keystore-changes", test_keystore_changes);
  ADD ("keystore-unreadable", test_keystore_unreadable);
  ADD ("keystore-goes", test_keystore_goes);
  ADD ("keystore-goes-unread", test_keystore_goes_unread);
  ADD ("describe", test_describe);
  return g_test_run ();
}
