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

static void polkit_clear (void);

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
  polkit_clear ();
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

/* Where there is no polkit the answer is no, each time. */
static void
test_no_polkit (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < 2; i++) {
    f->verdict = SCEP_AUTHORIZATION_ALLOWED;
    g_assert_cmpint (check (f, FALSE), ==, SCEP_AUTHORIZATION_DENIED);
  }
}

/* A polkit that says what a test wants, on the connection of the bus's caller. */
typedef struct {
  GDBusNodeInfo *info;
  gboolean authorized, challenge;
  const char *error; /* (nullable): it answers by */
  gboolean hold;
  GDBusMethodInvocation *held; /* (owned) (nullable) */
  char *subject, *action;      /* of the last question */
  char *id, *cancelled_id;     /* by which it can be cancelled, and what was cancelled */
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
  if (polkit.error != NULL)
    g_dbus_method_invocation_return_dbus_error (invocation, polkit.error, "it does not work");
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
  g_clear_pointer (&polkit.id, g_free);
  g_variant_get (parameters, "((&s@a{sv})s@a{ss}us)", &kind, &details, &polkit.action, NULL,
                 &polkit.flags, &polkit.id);
  g_assert_cmpstr (kind, ==, "system-bus-name");
  g_assert_true (g_variant_lookup (details, "name", "s", &polkit.subject));
  polkit.n_asked++;
  if (polkit.hold)
    polkit.held = invocation;
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
    g_clear_pointer (&polkit.cancelled_id, g_free);
    g_variant_get (parameters, "(s)", &polkit.cancelled_id);
    polkit.n_cancelled++;
    g_dbus_method_invocation_return_value (invocation, NULL);
  }
}

static void
polkit_up (Fixture *f)
{
  static const GDBusInterfaceVTable vtable = { .method_call = on_polkit_call };
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;

  polkit.info = g_dbus_node_info_new_for_xml (polkit_xml, NULL);
  g_dbus_connection_register_object (f->bus.caller, "/org/freedesktop/PolicyKit1/Authority",
                                     polkit.info->interfaces[0], &vtable, NULL, NULL, &error);
  g_assert_no_error (error);
  reply = g_dbus_connection_call_sync (
      f->bus.caller, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
      "RequestName", g_variant_new ("(su)", "org.freedesktop.PolicyKit1", 0), NULL,
      G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
  g_assert_no_error (error);
}

static void
polkit_clear (void)
{
  g_assert_null (polkit.held);
  g_clear_pointer (&polkit.info, g_dbus_node_info_unref);
  g_free (polkit.subject);
  g_free (polkit.action);
  g_free (polkit.id);
  g_free (polkit.cancelled_id);
  polkit = (FakePolkit){ NULL };
}

/* What polkit says, and whom, what and how it was asked. */
static void
test_verdicts (Fixture *f, gconstpointer data)
{
  static const struct {
    gboolean authorized, challenge;
    const char *error;
    ScepAuthorization verdict;
  } rows[] = {
    { FALSE, FALSE, NULL, SCEP_AUTHORIZATION_DENIED },
    { FALSE, TRUE, NULL, SCEP_AUTHORIZATION_CHALLENGE },
    { TRUE, FALSE, "org.freedesktop.PolicyKit1.Error.Failed", SCEP_AUTHORIZATION_DENIED },
    { TRUE, FALSE, "org.freedesktop.DBus.Error.AccessDenied", SCEP_AUTHORIZATION_DENIED },
    { TRUE, FALSE, "org.freedesktop.DBus.Error.UnknownMethod", SCEP_AUTHORIZATION_DENIED },
    { TRUE, FALSE, "org.freedesktop.DBus.Error.LimitsExceeded", SCEP_AUTHORIZATION_UNASKED },
    { TRUE, FALSE, "org.freedesktop.DBus.Error.NoReply", SCEP_AUTHORIZATION_UNASKED },
    { TRUE, FALSE, "org.freedesktop.DBus.Error.TimedOut", SCEP_AUTHORIZATION_UNASKED },
    { TRUE, FALSE, NULL, SCEP_AUTHORIZATION_ALLOWED },
  };

  polkit_up (f);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    polkit.authorized = rows[i].authorized;
    polkit.challenge = rows[i].challenge;
    polkit.error = rows[i].error;
    for (guint interactive = 0; interactive < 2; interactive++) {
      g_assert_cmpint (check (f, (gboolean) interactive), ==, rows[i].verdict);
      g_assert_cmpuint (polkit.flags, ==, interactive);
      g_assert_cmpstr (polkit.subject, ==, SENDER);
      g_assert_cmpstr (polkit.action, ==, ACTION);
    }
  }
}

/* It ends while it is asked: nobody has said no. */
static void
test_polkit_ends (Fixture *f, gconstpointer data)
{
  polkit_up (f);
  polkit.hold = TRUE;
  begin_check (f, SENDER, FALSE, NULL, on_checked);
  wait_until (polkit.held != NULL);
  g_clear_object (&polkit.held);
  g_dbus_connection_close_sync (f->bus.caller, NULL, NULL);
  wait_until (f->done);
  g_assert_cmpint (f->verdict, ==, SCEP_AUTHORIZATION_UNASKED);
}

static void
on_counted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *f = user_data;

  g_assert_cmpint (scep_authority_check_finish (SCEP_AUTHORITY (source), result), ==,
                   SCEP_AUTHORIZATION_ALLOWED);
  f->n_allowed++;
}

/* Several questions at once: each is asked once. */
static void
test_several_at_once (Fixture *f, gconstpointer data)
{
  guint before = polkit.n_asked;

  polkit_up (f);
  polkit.authorized = TRUE;
  for (guint i = 0; i < 3; i++)
    begin_check (f, SENDER, FALSE, NULL, on_counted);
  wait_until (f->n_allowed == 3);
  g_assert_cmpuint (polkit.n_asked, ==, before + 3);
}

/* The person is not asked any longer. The question is open until polkit has answered it. */
static void
test_cancelled_check (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < 2; i++) {
    g_autoptr (GCancellable) cancellable = g_cancellable_new ();

    if (i == 0)
      polkit_up (f);
    polkit.hold = TRUE;
    polkit.error = NULL;
    f->done = FALSE;
    begin_check (f, SENDER, TRUE, cancellable, on_checked);
    f->verdict = SCEP_AUTHORIZATION_ALLOWED;
    wait_until (polkit.held != NULL);
    g_cancellable_cancel (cancellable);
    wait_until (polkit.n_cancelled == i + 1);
    g_assert_cmpstr (polkit.cancelled_id, ==, polkit.id);
    g_assert_false (f->done);
    polkit.error = "org.freedesktop.PolicyKit1.Error.Cancelled";
    answer (g_steal_pointer (&polkit.held));
    wait_until (f->done);
    g_assert_cmpint (f->verdict, ==, SCEP_AUTHORIZATION_DENIED);
  }
}

/* What has its answer is not cancelled, and others cannot be. */
static void
test_late_cancel (Fixture *f, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  polkit_up (f);
  f->done = FALSE;
  begin_check (f, SENDER, TRUE, cancellable, on_checked);
  wait_until (f->done);
  g_cancellable_cancel (cancellable);
  check (f, FALSE);
  g_assert_cmpuint (polkit.n_cancelled, ==, 0);
  g_assert_cmpstr (polkit.id, ==, "");
}

#define ADD(name, func)                                                                            \
  g_test_add ("/authority-polkit/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("nobody", test_nobody);
  ADD ("cancelled", test_cancelled);
  ADD ("caller", test_caller);
  ADD ("caller-again", test_caller_again);
  ADD ("no-polkit", test_no_polkit);
  ADD ("verdicts", test_verdicts);
  ADD ("polkit-ends", test_polkit_ends);
  ADD ("several-at-once", test_several_at_once);
  ADD ("cancelled-check", test_cancelled_check);
  ADD ("late-cancel", test_late_cancel);
  return g_test_run ();
}
