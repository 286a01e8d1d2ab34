/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "private-bus.h"
#include "service/scep-authority-polkit.h"

#include <unistd.h>

typedef struct {
  PrivateBus bus;
  ScepAuthority *authority;
  gboolean done;
  gboolean known;
  guint32 user;
  ScepAuthorization verdict;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  private_bus_up (&f->bus);
  f->authority = scep_authority_polkit_new (f->bus.server);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_assert_finalize_object (f->authority);
  private_bus_down (&f->bus);
}

static void
on_identified (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *f = user_data;

  f->known = scep_authority_identify_finish (SCEP_AUTHORITY (source), result, &f->user);
  f->done = TRUE;
}

static gboolean
identify (Fixture *f, const char *sender, GCancellable *cancellable)
{
  f->done = FALSE;
  f->known = TRUE;
  f->user = 0;
  scep_authority_identify_async (f->authority, sender, cancellable, on_identified, f);
  wait_until (f->done);
  return f->known;
}

/* Whom the bus does not know is not root. */
static void
test_nobody (Fixture *f, gconstpointer data)
{
  g_assert_false (identify (f, ":1.4711", NULL));
  g_assert_cmpuint (f->user, !=, 0);
}

static void
test_cancelled (Fixture *f, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  g_cancellable_cancel (cancellable);
  g_assert_false (identify (f, g_dbus_connection_get_unique_name (f->bus.caller), cancellable));
}

static void
test_caller (Fixture *f, gconstpointer data)
{
  g_assert_true (identify (f, g_dbus_connection_get_unique_name (f->bus.caller), NULL));
  g_assert_cmpuint (f->user, ==, getuid ());
}

/* In GDBus's thread. */
static GDBusMessage *
count_questions (GDBusConnection *connection, GDBusMessage *message, gboolean incoming,
                 gpointer user_data)
{
  if (!incoming && g_strcmp0 (g_dbus_message_get_member (message), "GetConnectionUnixUser") == 0)
    g_atomic_int_inc ((int *) user_data);
  return message;
}

static void
test_caller_again (Fixture *f, gconstpointer data)
{
  const char *caller = g_dbus_connection_get_unique_name (f->bus.caller);
  int questions = 0;
  guint filter = g_dbus_connection_add_filter (f->bus.server, count_questions, &questions, NULL);

  g_assert_true (identify (f, caller, NULL));
  g_assert_true (identify (f, caller, NULL));
  g_assert_cmpuint (f->user, ==, getuid ());
  g_assert_cmpint (g_atomic_int_get (&questions), ==, 1);

  /* Nobody is taken for the one before him. */
  g_assert_false (identify (f, ":1.4711", NULL));
  g_assert_cmpuint (f->user, !=, getuid ());
  g_assert_false (identify (f, ":1.4711", NULL));
  g_assert_cmpint (g_atomic_int_get (&questions), ==, 3);
  g_dbus_connection_remove_filter (f->bus.server, filter);
}

static void
on_checked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *f = user_data;

  f->verdict = scep_authority_check_finish (SCEP_AUTHORITY (source), result);
  f->done = TRUE;
}

/* The system bus has no polkit, because there is no system bus: the answer is no. */
static void
test_no_polkit (Fixture *f, gconstpointer data)
{
  f->verdict = SCEP_AUTHORIZATION_ALLOWED;
  scep_authority_check_async (f->authority, g_dbus_connection_get_unique_name (f->bus.caller),
                              "org.example.SCEPEnrollment.enroll", FALSE, NULL, on_checked, f);
  wait_until (f->done);
  g_assert_cmpint (f->verdict, ==, SCEP_AUTHORIZATION_DENIED);
}

#define ADD(name, func)                                                                            \
  g_test_add ("/authority-polkit/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_setenv ("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/bus", TRUE);
  g_test_init (&argc, &argv, NULL);
  ADD ("nobody", test_nobody);
  ADD ("cancelled", test_cancelled);
  ADD ("caller", test_caller);
  ADD ("caller-again", test_caller_again);
  ADD ("no-polkit", test_no_polkit);
  return g_test_run ();
}
