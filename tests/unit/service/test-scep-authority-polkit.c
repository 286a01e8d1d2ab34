/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "private-bus.h"
#include "service/scep-authority-polkit.h"

#include <unistd.h>

#define ACTION "org.example.SCEPEnrollment.enroll"
#define SENDER ":1.4711"

typedef struct {
  PrivateBus bus;
  ScepAuthority *authority;
  gboolean done;
  guint n_allowed;
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
  g_assert_false (identify (f, SENDER, NULL));
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

static void
begin_check (Fixture *f, const char *sender, gboolean interactive, GCancellable *cancellable,
             GAsyncReadyCallback callback)
{
  scep_authority_check_async (f->authority, sender, ACTION, interactive, cancellable, callback, f);
}

static ScepAuthorization
check (Fixture *f, gboolean interactive)
{
  f->done = FALSE;
  begin_check (f, SENDER, interactive, NULL, on_checked);
  wait_until (f->done);
  return f->verdict;
}

/* The system bus has no polkit, because there is no system bus: the answer is no, each time. */
static void
test_no_polkit (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < 2; i++) {
    f->verdict = SCEP_AUTHORIZATION_ALLOWED;
    g_assert_cmpint (check (f, FALSE), ==, SCEP_AUTHORIZATION_DENIED);
  }
}

/* A polkit that says what a test wants, on a system bus that lives as long as the program, as
 * libpolkit's connection to it does. */
typedef struct {
  PrivateBus bus;
  GDBusNodeInfo *info;
  gboolean authorized, challenge, fails;
  gboolean hold;
  GDBusMethodInvocation *held; /* (owned) (nullable) */
  char *subject, *action;      /* of the last question */
  guint flags;
  guint n_asked, n_cancelled;
} FakePolkit;

static FakePolkit polkit;

static const char polkit_xml[] =
    "<node><interface name='org.freedesktop.PolicyKit1.Authority'>"
    "<method name='CheckAuthorization'>"
    "<arg type='(sa{sv})' direction='in'/><arg type='s' direction='in'/>"
    "<arg type='a{ss}' direction='in'/><arg type='u' direction='in'/>"
    "<arg type='s' direction='in'/><arg type='(bba{ss})' direction='out'/></method>"
    "<method name='CancelCheckAuthorization'><arg type='s' direction='in'/></method>"
    "</interface></node>";

static void
answer (GDBusMethodInvocation *invocation)
{
  if (polkit.fails)
    g_dbus_method_invocation_return_dbus_error (
        invocation, "org.freedesktop.PolicyKit1.Error.Failed", "it does not work");
  else
    g_dbus_method_invocation_return_value (
        invocation,
        g_variant_new_parsed ("((%b, %b, @a{ss} {}),)", polkit.authorized, polkit.challenge));
}

static void
on_asked (GVariant *parameters, GDBusMethodInvocation *invocation)
{
  g_autoptr (GVariant) details = NULL;
  const char *kind;

  g_clear_pointer (&polkit.subject, g_free);
  g_clear_pointer (&polkit.action, g_free);
  g_variant_get (parameters, "((&s@a{sv})s@a{ss}us)", &kind, &details, &polkit.action, NULL,
                 &polkit.flags, NULL);
  g_assert_cmpstr (kind, ==, "system-bus-name");
  g_assert_true (g_variant_lookup (details, "name", "s", &polkit.subject));
  polkit.n_asked++;
  if (polkit.hold)
    polkit.held = g_object_ref (invocation);
  else
    answer (invocation);
}

static void
on_polkit_call (GDBusConnection *connection, const char *sender, const char *path,
                const char *interface, const char *method, GVariant *parameters,
                GDBusMethodInvocation *invocation, gpointer user_data)
{
  if (g_str_equal (method, "CheckAuthorization")) {
    on_asked (parameters, invocation);
  } else {
    polkit.n_cancelled++;
    g_dbus_method_invocation_return_value (invocation, NULL);
  }
}

static void
ensure_polkit (void)
{
  static const GDBusInterfaceVTable vtable = { .method_call = on_polkit_call };
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;

  if (polkit.info != NULL)
    return;
  private_bus_up (&polkit.bus);
  polkit.info = g_dbus_node_info_new_for_xml (polkit_xml, NULL);
  g_dbus_connection_register_object (polkit.bus.server, "/org/freedesktop/PolicyKit1/Authority",
                                     polkit.info->interfaces[0], &vtable, NULL, NULL, &error);
  g_assert_no_error (error);
  reply = g_dbus_connection_call_sync (
      polkit.bus.server, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
      "RequestName", g_variant_new ("(su)", "org.freedesktop.PolicyKit1", 0), NULL,
      G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
  g_assert_no_error (error);
  g_setenv ("DBUS_SYSTEM_BUS_ADDRESS", g_test_dbus_get_bus_address (polkit.bus.bus), TRUE);
}

static void
polkit_down (void)
{
  g_autoptr (GDBusConnection) system = NULL;

  if (polkit.info == NULL)
    return;
  system = g_bus_get_sync (G_BUS_TYPE_SYSTEM, NULL, NULL);
  g_dbus_connection_set_exit_on_close (system, FALSE);
  g_dbus_node_info_unref (polkit.info);
  g_free (polkit.subject);
  g_free (polkit.action);
  private_bus_down (&polkit.bus);
}

/* What polkit says, and whom, what and how it was asked. */
static void
test_verdicts (Fixture *f, gconstpointer data)
{
  static const struct {
    gboolean authorized, challenge, fails;
    ScepAuthorization verdict;
  } rows[] = {
    { FALSE, FALSE, FALSE, SCEP_AUTHORIZATION_DENIED },
    { FALSE, TRUE, FALSE, SCEP_AUTHORIZATION_CHALLENGE },
    { TRUE, FALSE, TRUE, SCEP_AUTHORIZATION_DENIED },
    { TRUE, FALSE, FALSE, SCEP_AUTHORIZATION_ALLOWED },
  };

  ensure_polkit ();
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    polkit.authorized = rows[i].authorized;
    polkit.challenge = rows[i].challenge;
    polkit.fails = rows[i].fails;
    for (guint interactive = 0; interactive < 2; interactive++) {
      g_assert_cmpint (check (f, (gboolean) interactive), ==, rows[i].verdict);
      g_assert_cmpuint (polkit.flags, ==, interactive);
      g_assert_cmpstr (polkit.subject, ==, SENDER);
      g_assert_cmpstr (polkit.action, ==, ACTION);
    }
  }
}

static void
on_counted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *f = user_data;

  g_assert_cmpint (scep_authority_check_finish (SCEP_AUTHORITY (source), result), ==,
                   SCEP_AUTHORIZATION_ALLOWED);
  f->n_allowed++;
}

/* Several questions while polkit is still looked for: each is asked once. */
static void
test_several_at_once (Fixture *f, gconstpointer data)
{
  guint before = polkit.n_asked;

  ensure_polkit ();
  polkit.authorized = TRUE;
  for (guint i = 0; i < 3; i++)
    begin_check (f, SENDER, FALSE, NULL, on_counted);
  wait_until (f->n_allowed == 3);
  g_assert_cmpuint (polkit.n_asked, ==, before + 3);
}

/* The person is not asked any longer either. */
static void
test_cancelled_check (Fixture *f, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  ensure_polkit ();
  polkit.hold = TRUE;
  begin_check (f, SENDER, TRUE, cancellable, on_checked);
  f->verdict = SCEP_AUTHORIZATION_ALLOWED;
  wait_until (polkit.held != NULL);
  g_cancellable_cancel (cancellable);
  wait_until (f->done && polkit.n_cancelled == 1);
  g_assert_cmpint (f->verdict, ==, SCEP_AUTHORIZATION_DENIED);
  answer (g_steal_pointer (&polkit.held));
}

#define ADD(name, func)                                                                            \
  g_test_add ("/authority-polkit/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  int failed;

  g_setenv ("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/bus", TRUE);
  g_test_init (&argc, &argv, NULL);
  ADD ("nobody", test_nobody);
  ADD ("cancelled", test_cancelled);
  ADD ("caller", test_caller);
  ADD ("caller-again", test_caller_again);
  ADD ("no-polkit", test_no_polkit);
  ADD ("verdicts", test_verdicts);
  ADD ("several-at-once", test_several_at_once);
  ADD ("cancelled-check", test_cancelled_check);
  failed = g_test_run ();
  polkit_down ();
  return failed;
}
