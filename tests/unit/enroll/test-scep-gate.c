/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-gate.h"

/* Who wants to ask, and what came of it. */
typedef struct {
  const char *name;
  GString *order; /* (unowned): of those whose turn came */
  GCancellable *cancellable;
  ScepGatePass *pass;
  GError *error;
} Guest;

typedef struct {
  ScepGate *gate;
  GString *order;
  Guest guests[4];
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  static const char *const names[] = { "a", "b", "c", "d" };

  f->gate = scep_gate_new (1);
  f->order = g_string_new (NULL);
  for (guint i = 0; i < G_N_ELEMENTS (f->guests); i++)
    f->guests[i] =
        (Guest){ .name = names[i], .order = f->order, .cancellable = g_cancellable_new () };
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (f->guests); i++) {
    g_clear_pointer (&f->guests[i].pass, scep_gate_pass_free);
    g_clear_error (&f->guests[i].error);
    g_assert_finalize_object (f->guests[i].cancellable);
  }
  g_assert_finalize_object (f->gate);
  g_string_free (f->order, TRUE);
}

static void
iterate (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
on_turn (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Guest *guest = user_data;

  guest->pass = scep_gate_enter_finish (SCEP_GATE (source), result, &guest->error);
  if (guest->pass != NULL)
    g_string_append (guest->order, guest->name);
}

static void
enter (Fixture *f, guint index, const char *server)
{
  Guest *guest = &f->guests[index];

  scep_gate_enter_async (f->gate, server, guest->cancellable, on_turn, guest);
  iterate ();
}

static void
leave (Fixture *f, guint index)
{
  g_clear_pointer (&f->guests[index].pass, scep_gate_pass_free);
  iterate ();
}

static void
test_full (Fixture *f, gconstpointer data)
{
  ScepGatePass *pass = scep_gate_try_enter (f->gate, "one");
  ScepGatePass *other;

  g_assert_nonnull (pass);
  g_assert_null (scep_gate_try_enter (f->gate, "one"));
  other = scep_gate_try_enter (f->gate, "two");
  g_assert_nonnull (other);
  scep_gate_pass_free (pass);
  pass = scep_gate_try_enter (f->gate, "one");
  g_assert_nonnull (pass);
  scep_gate_pass_free (pass);
  scep_gate_pass_free (other);
  scep_gate_pass_free (NULL);
}

static void
test_order (Fixture *f, gconstpointer data)
{
  enter (f, 0, "one");
  g_assert_cmpuint (scep_gate_count_rounds (f->gate, "one"), ==, 0);
  enter (f, 1, "one");
  enter (f, 2, "one");
  enter (f, 3, "two");
  g_assert_cmpstr (f->order->str, ==, "ad");
  g_assert_cmpuint (scep_gate_count_rounds (f->gate, "one"), ==, 2);
  g_assert_cmpuint (scep_gate_count_rounds (f->gate, "two"), ==, 0);

  /* Nobody goes past those who wait. */
  g_assert_null (scep_gate_try_enter (f->gate, "one"));
  leave (f, 0);
  g_assert_cmpstr (f->order->str, ==, "adb");
  enter (f, 0, "one");
  leave (f, 1);
  leave (f, 2);
  g_assert_cmpstr (f->order->str, ==, "adbca");
}

static void
test_cancelled (Fixture *f, gconstpointer data)
{
  enter (f, 0, "one");
  enter (f, 1, "one");
  enter (f, 2, "one");
  g_cancellable_cancel (f->guests[1].cancellable);
  iterate ();
  g_assert_error (f->guests[1].error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (scep_gate_count_rounds (f->gate, "one"), ==, 1);
  leave (f, 0);
  g_assert_cmpstr (f->order->str, ==, "ac");

  /* Before it even waits. */
  g_cancellable_cancel (f->guests[3].cancellable);
  enter (f, 3, "one");
  g_assert_error (f->guests[3].error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  /* After its turn came it makes no difference. */
  g_cancellable_cancel (f->guests[2].cancellable);
  leave (f, 2);
  g_assert_cmpstr (f->order->str, ==, "ac");
}

static void
test_rounds (Fixture *f, gconstpointer data)
{
  g_autoptr (ScepGatePass) first = NULL;
  g_autoptr (ScepGatePass) second = NULL;

  g_assert_finalize_object (f->gate);
  f->gate = scep_gate_new (2);
  first = scep_gate_try_enter (f->gate, "one");
  second = scep_gate_try_enter (f->gate, "one");
  enter (f, 0, "one");
  g_assert_cmpuint (scep_gate_count_rounds (f->gate, "one"), ==, 1);
  enter (f, 1, "one");
  g_assert_cmpuint (scep_gate_count_rounds (f->gate, "one"), ==, 1);
  enter (f, 2, "one");
  g_assert_cmpuint (scep_gate_count_rounds (f->gate, "one"), ==, 2);
  g_clear_pointer (&first, scep_gate_pass_free);
  g_clear_pointer (&second, scep_gate_pass_free);
  iterate ();
  g_assert_cmpstr (f->order->str, ==, "ab");
  leave (f, 1);
  g_assert_cmpstr (f->order->str, ==, "abc");
}

static void
test_keep (Fixture *f, gconstpointer data)
{
  GObject *first = g_object_new (G_TYPE_OBJECT, NULL);
  GObject *second = g_object_new (G_TYPE_OBJECT, NULL);

  g_assert_true (scep_gate_keep (f->gate, first));
  g_assert_true (scep_gate_keep (f->gate, first));
  g_assert_false (scep_gate_keep (f->gate, second));
  g_assert_finalize_object (first);
  g_assert_true (scep_gate_keep (f->gate, second));
  /* The gate may go before the connection. */
  g_assert_finalize_object (f->gate);
  g_assert_finalize_object (second);
  f->gate = scep_gate_new (1);
}

#define ADD(name, func) g_test_add ("/gate/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("full", test_full);
  ADD ("order", test_order);
  ADD ("cancelled", test_cancelled);
  ADD ("rounds", test_rounds);
  ADD ("keep", test_keep);
  return g_test_run ();
}
