/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "private-bus.h"
#include "scep-authority-fake.h"
#include "service/scep-bus-error.h"
#include "service/scep-guard.h"

#define OBJECT "/gate"
#define INTERFACE "org.example.Gate"
#define N_CALLERS (SCEP_GUARD_MAX_TOTAL + 1)

static const char xml[] = "<node><interface name='" INTERFACE "'>"
                          "<method name='Pass'><arg type='s' direction='in'/></method>"
                          "</interface></node>";

typedef struct {
  PrivateBus bus;
  GDBusNodeInfo *info;
  ScepBusInterface interface;
  ScepAuthorityFake *authority;
  GHashTable *users;
  ScepGuard *guard;
  ScepExport *export;
  GDBusConnection *callers[N_CALLERS];
} Fixture;

static guint n_passed;
static guint32 passed_user; /* the last one's */

/* Stands before GLib's: polkit and a person have a time to answer that no test waits for. */
static guint long_timeout, long_timeout_id;

guint
g_timeout_add_seconds (guint interval, GSourceFunc function, gpointer data)
{
  guint id = g_timeout_add_seconds_full (G_PRIORITY_DEFAULT, interval, function, data, NULL);

  long_timeout = interval;
  long_timeout_id = id;
  return id;
}

static void
on_allowed (ScepExport *export, GDBusMethodInvocation *invocation)
{
  n_passed++;
  passed_user = scep_guard_get_user (invocation);
  g_dbus_method_invocation_return_value (invocation, NULL);
}

static void
on_method_call (GDBusConnection *connection, const char *sender, const char *path,
                const char *interface, const char *method, GVariant *parameters,
                GDBusMethodInvocation *invocation, gpointer user_data)
{
  Fixture *f = user_data;

  scep_guard_admit (f->guard, f->export, SCEP_ACTION_ENROLL, invocation);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  static const GDBusInterfaceVTable vtable = { .method_call = on_method_call };
  g_autoptr (GError) error = NULL;

  private_bus_up (&f->bus);
  f->info = g_dbus_node_info_new_for_xml (xml, NULL);
  f->interface.info = f->info->interfaces[0];
  f->authority = scep_authority_fake_new ();
  f->users = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  f->guard = scep_guard_new (f->bus.server, SCEP_AUTHORITY (f->authority), on_allowed);
  f->export = scep_export_new (f->bus.server, OBJECT, &f->interface, f);
  scep_export_register (f->export, &vtable, f, NULL, &error);
  g_assert_no_error (error);
  n_passed = 0;
  long_timeout = long_timeout_id = 0;
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < N_CALLERS; i++) {
    if (f->callers[i] != NULL)
      g_dbus_connection_close_sync (f->callers[i], NULL, NULL);
    g_clear_object (&f->callers[i]);
  }
  scep_export_remove (f->export);
  g_clear_pointer (&f->export, scep_export_unref);
  private_bus_down (&f->bus);
  wait_until (!g_main_context_pending (NULL));
  g_assert_finalize_object (f->guard);
  g_assert_finalize_object (f->authority);
  g_hash_table_unref (f->users);
  g_dbus_node_info_unref (f->info);
}

/* Connection number @index, of @user. */
static GDBusConnection *
connect_as (Fixture *f, guint index, guint32 user)
{
  f->callers[index] = private_bus_connect (&f->bus);
  f->authority->users = f->users;
  g_hash_table_insert (f->users, g_strdup (g_dbus_connection_get_unique_name (f->callers[index])),
                       GUINT_TO_POINTER (user));
  return f->callers[index];
}

static BusCall *
begin (Fixture *f, GDBusConnection *caller, const char *text)
{
  return bus_call_begin (&f->bus, caller, OBJECT, INTERFACE, "Pass", g_variant_new ("(s)", text),
                         G_DBUS_CALL_FLAGS_NONE, NULL);
}

/* A call that lets a person be asked. */
static BusCall *
begin_interactive (Fixture *f, GDBusConnection *caller)
{
  return bus_call_begin (&f->bus, caller, OBJECT, INTERFACE, "Pass", g_variant_new ("(s)", ""),
                         G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION, NULL);
}

static void
expect (BusCall *taken, const char *error)
{
  g_autoptr (BusCall) call = taken;

  bus_call_wait (call);
  g_assert_cmpstr (call->error, ==, error);
}

static void
release_all (Fixture *f)
{
  while (f->authority->held.length > 0)
    scep_authority_fake_release (f->authority);
}

/* Another connection gains nothing. */
static void
test_limit_per_user (Fixture *f, gconstpointer data)
{
  BusCall *calls[SCEP_GUARD_MAX_PER_USER], *other;

  f->authority->hold = TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    calls[i] = begin (f, connect_as (f, i, 1001), "");
  wait_until (f->authority->held.length == G_N_ELEMENTS (calls));
  expect (begin (f, connect_as (f, G_N_ELEMENTS (calls), 1001), ""),
          SCEP_BUS_ERROR_LIMITS_EXCEEDED);
  expect (begin (f, f->callers[0], ""), SCEP_BUS_ERROR_LIMITS_EXCEEDED);

  /* Nobody else suffers, and a place that is left is free. */
  other = begin (f, connect_as (f, G_N_ELEMENTS (calls) + 1, 1002), "");
  wait_until (f->authority->held.length == G_N_ELEMENTS (calls) + 1);
  f->authority->verdict = SCEP_AUTHORIZATION_ALLOWED;
  scep_authority_fake_release (f->authority);
  expect (calls[0], NULL);
  calls[0] = begin (f, f->callers[1], "");
  wait_until (f->authority->held.length == G_N_ELEMENTS (calls) + 1);

  release_all (f);
  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    expect (calls[i], NULL);
  expect (other, NULL);
}

/* The time of the last check is over. */
static void
let_time_pass (void)
{
  GSource *source = g_main_context_find_source_by_id (NULL, long_timeout_id);

  g_assert_nonnull (source);
  g_source_set_ready_time (source, 0);
}

/* A person who does not answer is asked no longer, and what comes later is no yes. */
static void
test_late_verdict (Fixture *f, gconstpointer data)
{
  BusCall *call;

  f->authority->hold_persons = TRUE;
  call = begin_interactive (f, NULL);
  wait_until (f->authority->held.length == 1);
  g_assert_cmpuint (f->authority->n_cancelled, ==, 0);
  g_assert_cmpuint (long_timeout, >=, 60);
  g_assert_cmpuint (long_timeout, <=, 600);
  let_time_pass ();
  expect (call, SCEP_BUS_ERROR_ACCESS_DENIED);
  g_assert_cmpuint (f->authority->n_cancelled, ==, 1);

  f->authority->verdict = SCEP_AUTHORIZATION_ALLOWED;
  scep_authority_fake_release (f->authority);
  wait_until (!g_main_context_pending (NULL));
  g_assert_cmpuint (n_passed, ==, 0);
}

/* A polkit that does not answer is no polkit that says no. The question counts until it does. */
static void
test_no_verdict (Fixture *f, gconstpointer data)
{
  f->authority->hold = TRUE;
  for (guint i = 0; i < SCEP_GUARD_MAX_PER_USER; i++) {
    BusCall *call = begin (f, NULL, "");

    wait_until (f->authority->held.length == i + 1);
    g_assert_cmpuint (long_timeout, <, 25);
    let_time_pass ();
    expect (call, SCEP_BUS_ERROR_LIMITS_EXCEEDED);
  }
  expect (begin (f, NULL, ""), SCEP_BUS_ERROR_LIMITS_EXCEEDED);
  g_assert_cmpuint (f->authority->held.length, ==, SCEP_GUARD_MAX_PER_USER);
  f->authority->verdict = SCEP_AUTHORIZATION_ALLOWED;
  release_all (f);
  f->authority->hold = FALSE;
  expect (begin (f, NULL, ""), NULL);
  g_assert_cmpuint (n_passed, ==, 1);
}

/* Those who call and go are asked about until polkit has answered, and count until then. */
static void
test_vanishing_callers (Fixture *f, gconstpointer data)
{
  f->authority->hold_persons = TRUE;
  for (guint i = 0; i < SCEP_GUARD_MAX_PERSONS_PER_USER; i++) {
    g_autoptr (BusCall) call = begin_interactive (f, connect_as (f, i, 1001));

    wait_until (f->authority->held.length == i + 1);
    g_dbus_connection_close_sync (f->callers[i], NULL, NULL);
    wait_until (f->authority->n_cancelled == i + 1);
  }
  expect (begin_interactive (f, connect_as (f, N_CALLERS - 1, 1001)),
          SCEP_BUS_ERROR_LIMITS_EXCEEDED);
  g_assert_cmpuint (f->authority->held.length, ==, SCEP_GUARD_MAX_PERSONS_PER_USER);

  /* Whom polkit allows without a person is not concerned. */
  f->authority->hold_persons = FALSE;
  f->authority->verdict = SCEP_AUTHORIZATION_ALLOWED;
  expect (begin_interactive (f, f->callers[N_CALLERS - 1]), NULL);
  release_all (f);
  wait_until (!g_main_context_pending (NULL));
  g_assert_cmpuint (n_passed, ==, 1);
  f->authority->hold_persons = TRUE;
  f->authority->verdict = SCEP_AUTHORIZATION_DENIED;
}

/* Accounts whose agents say nothing, each with as many calls as it may have. */
static void
test_silent_agents (Fixture *f, gconstpointer data)
{
  const guint n_accounts = 8, last = N_CALLERS - 1;
  BusCall *calls[8 * SCEP_GUARD_MAX_PERSONS_PER_USER], *ninth;
  guint n_calls = 0;

  f->authority->hold_persons = TRUE;
  for (guint i = 0; i < n_accounts; i++) {
    connect_as (f, i, 2000 + i);
    for (guint j = 0; j <= SCEP_GUARD_MAX_PER_USER; j++) {
      BusCall *call = begin_interactive (f, f->callers[i]);

      wait_until (call->done || f->authority->held.length == n_calls + 1);
      if (call->done) {
        expect (call, SCEP_BUS_ERROR_LIMITS_EXCEEDED);
      } else {
        g_assert_cmpuint (n_calls, <, G_N_ELEMENTS (calls));
        calls[n_calls++] = call;
      }
    }
  }
  g_assert_cmpuint (n_calls, >=, n_accounts);
  ninth = begin_interactive (f, connect_as (f, last, 3000));
  wait_until (f->authority->held.length == n_calls + 1);
  expect (begin (f, f->callers[0], ""), SCEP_BUS_ERROR_INTERACTIVE);

  f->authority->verdict = SCEP_AUTHORIZATION_ALLOWED;
  release_all (f);
  for (guint i = 0; i < n_calls; i++)
    expect (calls[i], NULL);
  expect (ninth, NULL);
}

/* As often as somebody may wait at once, and once more, with any answer: nothing is left over. */
static void
test_places_are_given_back (Fixture *f, gconstpointer data)
{
  static const struct {
    ScepAuthorization verdict;
    const char *error;
  } rows[] = {
    { SCEP_AUTHORIZATION_DENIED, SCEP_BUS_ERROR_ACCESS_DENIED },
    { SCEP_AUTHORIZATION_CHALLENGE, SCEP_BUS_ERROR_INTERACTIVE },
    { SCEP_AUTHORIZATION_UNASKED, SCEP_BUS_ERROR_LIMITS_EXCEEDED },
    { SCEP_AUTHORIZATION_ALLOWED, NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    f->authority->verdict = rows[i].verdict;
    for (guint j = 0; j <= SCEP_GUARD_MAX_TOTAL; j++)
      expect (begin (f, NULL, ""), rows[i].error);
  }
  g_assert_cmpuint (n_passed, ==, SCEP_GUARD_MAX_TOTAL + 1);
}

/* Many users together keep no more than so many waiting, and never root. */
static void
test_limit_in_all (Fixture *f, gconstpointer data)
{
  BusCall *calls[SCEP_GUARD_MAX_TOTAL];

  f->authority->hold = TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    calls[i] = begin (f, connect_as (f, i, 2000 + i), "");
  wait_until (f->authority->held.length == G_N_ELEMENTS (calls));
  expect (begin (f, f->callers[0], ""), SCEP_BUS_ERROR_LIMITS_EXCEEDED);
  expect (begin (f, connect_as (f, SCEP_GUARD_MAX_TOTAL, 0), ""), NULL);
  g_assert_cmpuint (n_passed, ==, 1);

  release_all (f);
  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    expect (calls[i], SCEP_BUS_ERROR_ACCESS_DENIED);
  f->authority->hold = FALSE;
  expect (begin (f, f->callers[0], ""), SCEP_BUS_ERROR_ACCESS_DENIED);
}

/* Root asks nobody and is not counted, however many calls it makes at once. */
static void
test_no_limit_for_root (Fixture *f, gconstpointer data)
{
  BusCall *calls[SCEP_GUARD_MAX_TOTAL + 1];

  f->authority->privileged = TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    calls[i] = begin (f, NULL, "");
  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    expect (calls[i], NULL);
  g_assert_cmpstr (f->authority->asked->str, ==, "");
  g_assert_cmpuint (n_passed, ==, G_N_ELEMENTS (calls));
}

/* Nobody but uid 0 is root, neither the first of the others nor the last. */
static void
test_who_is_root (Fixture *f, gconstpointer data)
{
  static const guint32 users[] = { 1, 33, 999, 65534, G_MAXUINT32 - 1 };

  for (guint i = 0; i < G_N_ELEMENTS (users); i++)
    expect (begin (f, connect_as (f, i, users[i]), ""), SCEP_BUS_ERROR_ACCESS_DENIED);
  g_assert_cmpuint (n_passed, ==, 0);
  expect (begin (f, connect_as (f, G_N_ELEMENTS (users), 0), ""), NULL);
}

/* What is let in says whose it is, whoever came before. */
static void
test_whose_call (Fixture *f, gconstpointer data)
{
  static const guint32 users[] = { 1001, 0, 1002, G_MAXUINT32 - 1 };

  f->authority->verdict = SCEP_AUTHORIZATION_ALLOWED;
  for (guint i = 0; i < G_N_ELEMENTS (users); i++) {
    passed_user = G_MAXUINT32;
    expect (begin (f, connect_as (f, i, users[i]), ""), NULL);
    g_assert_cmpuint (passed_user, ==, users[i]);
  }
}

/* A call that wants no answer, of which the bus lets any number through. */
static void
send (Fixture *f)
{
  g_autoptr (GDBusMessage) message = g_dbus_message_new_method_call (
      g_dbus_connection_get_unique_name (f->bus.server), OBJECT, INTERFACE, "Pass");

  g_dbus_message_set_flags (message, G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED);
  g_dbus_message_set_body (message, g_variant_new ("(s)", ""));
  g_dbus_connection_send_message (f->bus.caller, message, G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL,
                                  NULL);
}

/* The bus is asked once for all that one connection wants in the meantime. */
static void
test_strangers (Fixture *f, gconstpointer data)
{
  BusCall *call;

  f->authority->hold_identity = TRUE;
  call = begin (f, NULL, "");
  for (guint i = 1; i < SCEP_GUARD_MAX_STRANGER_CALLS; i++)
    send (f);
  expect (begin (f, NULL, ""), SCEP_BUS_ERROR_LIMITS_EXCEEDED);
  g_assert_cmpuint (f->authority->n_identified, ==, 1);
  scep_authority_fake_identify (f->authority, G_MAXUINT32);
  expect (call, SCEP_BUS_ERROR_ACCESS_DENIED);
  g_assert_cmpuint (n_passed, ==, 0);
  g_assert_cmpstr (f->authority->asked->str, ==, "");

  for (guint i = 1; i < SCEP_GUARD_MAX_STRANGER_CALLS; i++)
    send (f);
  call = begin (f, NULL, "");
  expect (begin (f, NULL, ""), SCEP_BUS_ERROR_LIMITS_EXCEEDED);
  scep_authority_fake_identify (f->authority, 0);
  expect (call, NULL);
  g_assert_cmpuint (n_passed, ==, SCEP_GUARD_MAX_STRANGER_CALLS);
}

/* (transfer full): arguments of exactly @size bytes, the end of the string among them */
static char *
make_text (gsize size)
{
  return g_strnfill (size - 1, 'x');
}

/* However much memory a flood has taken, there is room for a small call of somebody new, and for
 * no larger one. */
static void
test_large_strangers (Fixture *f, gconstpointer data)
{
  g_autofree char *half = make_text (SCEP_GUARD_MAX_STRANGER_BYTES / 2);
  g_autofree char *largest = make_text (SCEP_GUARD_SMALL);
  g_autofree char *too_large = make_text (SCEP_GUARD_SMALL + 1);
  BusCall *calls[2 * SCEP_GUARD_MAX_ALL_STRANGERS_BYTES / SCEP_GUARD_MAX_STRANGER_BYTES], *small,
      *large;
  const guint n_flooders = G_N_ELEMENTS (calls) / 2;

  f->authority->hold_identity = TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (calls); i += 2) {
    GDBusConnection *caller = connect_as (f, i / 2, 1001);

    calls[i] = begin (f, caller, half);
    calls[i + 1] = begin (f, caller, half);
    expect (begin (f, caller, ""), SCEP_BUS_ERROR_LIMITS_EXCEEDED);
  }
  expect (begin (f, connect_as (f, N_CALLERS - 2, 1001), too_large),
          SCEP_BUS_ERROR_LIMITS_EXCEEDED);
  small = begin (f, connect_as (f, N_CALLERS - 1, 0), largest);
  wait_until (small->done || f->authority->strangers.length == n_flooders + 1);
  g_assert_cmpstr (small->error, ==, NULL);
  expect (begin (f, f->callers[N_CALLERS - 1], ""), SCEP_BUS_ERROR_LIMITS_EXCEEDED);

  for (guint i = 0; i < n_flooders; i++)
    scep_authority_fake_identify (f->authority, G_MAXUINT32);
  scep_authority_fake_identify (f->authority, 0);
  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    expect (calls[i], SCEP_BUS_ERROR_ACCESS_DENIED);
  expect (small, NULL);
  g_assert_cmpuint (n_passed, ==, 1);

  /* What the flood took is free again. */
  large = begin (f, f->callers[N_CALLERS - 2], half);
  wait_until (large->done || f->authority->strangers.length == 1);
  g_assert_cmpstr (large->error, ==, NULL);
  scep_authority_fake_identify (f->authority, 0);
  expect (large, NULL);
}

#define ADD(name, func) g_test_add ("/guard/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("late-verdict", test_late_verdict);
  ADD ("no-verdict", test_no_verdict);
  ADD ("vanishing-callers", test_vanishing_callers);
  ADD ("silent-agents", test_silent_agents);
  ADD ("places-are-given-back", test_places_are_given_back);
  ADD ("limit-per-user", test_limit_per_user);
  ADD ("limit-in-all", test_limit_in_all);
  ADD ("who-is-root", test_who_is_root);
  ADD ("whose-call", test_whose_call);
  ADD ("no-limit-for-root", test_no_limit_for_root);
  ADD ("strangers", test_strangers);
  ADD ("large-strangers", test_large_strangers);
  return g_test_run ();
}
