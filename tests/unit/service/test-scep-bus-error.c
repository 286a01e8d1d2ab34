/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-names.h"
#include "private-bus.h"
#include "service/scep-bus-error.h"

#define OBJECT "/room"

static const char xml[] = "<node><interface name='org.example.Room'><method name='Fail'/>"
                          "</interface></node>";

typedef struct {
  PrivateBus bus;
  GDBusNodeInfo *info;
  const GError *error; /* what the next call fails with */
} Fixture;

static guint n_warnings;

/* A warning is what is wanted here; it must not end the test. */
static GLogWriterOutput
count_warnings (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  if ((level & G_LOG_LEVEL_WARNING) == 0)
    return g_log_writer_default (level, fields, n_fields, user_data);
  n_warnings++;
  return G_LOG_WRITER_HANDLED;
}

static void
on_call (GDBusConnection *connection, const char *sender, const char *path, const char *interface,
         const char *method, GVariant *parameters, GDBusMethodInvocation *invocation,
         gpointer user_data)
{
  Fixture *f = user_data;

  if (f->error == NULL)
    scep_bus_return_code (invocation, SCEP_ERROR_BUSY, "Wait for %s.", "it");
  else
    scep_bus_return_error (invocation, f->error);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  static const GDBusInterfaceVTable vtable = { .method_call = on_call };

  private_bus_up (&f->bus);
  f->info = g_dbus_node_info_new_for_xml (xml, NULL);
  g_assert_cmpuint (g_dbus_connection_register_object (
                        f->bus.server, OBJECT, f->info->interfaces[0], &vtable, f, NULL, NULL),
                    !=, 0);
  scep_bus_error_register ();
  scep_bus_error_register ();
  n_warnings = 0;
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  private_bus_down (&f->bus);
  g_dbus_node_info_unref (f->info);
}

static BusCall *
fail_with (Fixture *f, const GError *error)
{
  BusCall *call;

  f->error = error;
  call = bus_call_begin (&f->bus, NULL, OBJECT, "org.example.Room", "Fail", NULL,
                         G_DBUS_CALL_FLAGS_NONE, NULL);
  bus_call_wait (call);
  g_assert_nonnull (call->error);
  return call;
}

static void
test_every_code (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < SCEP_ERROR_N_CODES; i++) {
    g_autoptr (GError) error = g_error_new (SCEP_ERROR, (gint) i, "What became of %u.", i);
    g_autoptr (BusCall) call = fail_with (f, error);
    g_autofree char *name = g_strconcat ("org.example.SCEPEnrollment.Error.",
                                         scep_error_get_name ((ScepError) i), NULL);
    ScepError back;

    g_assert_cmpstr (call->error, ==, name);
    g_assert_error (call->local, SCEP_ERROR, (gint) i);
    g_assert_cmpstr (call->local->message, ==, error->message);
    g_assert_true (scep_error_from_name (call->error + strlen (SCEP_ERROR_PREFIX), &back));
    g_assert_cmpuint (back, ==, i);
  }
  g_assert_cmpuint (n_warnings, ==, 0);
}

static void
test_foreign_domains (Fixture *f, gconstpointer data)
{
  const struct {
    GQuark domain;
    gint code;
  } rows[] = {
    { G_IO_ERROR, G_IO_ERROR_NOT_FOUND }, { G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED },
    { G_FILE_ERROR, G_FILE_ERROR_PERM },  { G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_PARSE },
    { SCEP_ERROR, SCEP_ERROR_N_CODES },   { SCEP_ERROR, -1 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = g_error_new (rows[i].domain, rows[i].code, "Elsewhere.");
    g_autoptr (BusCall) call = fail_with (f, error);

    g_assert_cmpstr (call->error, ==, SCEP_ERROR_PREFIX "Failed");
    g_assert_cmpstr (call->local->message, ==, "Elsewhere.");
    g_assert_cmpuint (n_warnings, ==, i + 1);
  }
}

static void
test_cancelled (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = g_error_new (G_IO_ERROR, G_IO_ERROR_CANCELLED, "Not wanted any more.");
  g_autoptr (BusCall) call = fail_with (f, error);

  g_assert_cmpstr (call->error, ==, SCEP_ERROR_PREFIX "Cancelled");
  g_assert_cmpuint (n_warnings, ==, 0);
}

static void
test_code (Fixture *f, gconstpointer data)
{
  g_autoptr (BusCall) call = fail_with (f, NULL);

  g_assert_error (call->local, SCEP_ERROR, SCEP_ERROR_BUSY);
  g_assert_cmpstr (call->local->message, ==, "Wait for it.");
}

#define ADD(name, func) g_test_add ("/bus-error/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (count_warnings, NULL, NULL);
  ADD ("every-code", test_every_code);
  ADD ("foreign-domains", test_foreign_domains);
  ADD ("cancelled", test_cancelled);
  ADD ("code", test_code);
  return g_test_run ();
}
