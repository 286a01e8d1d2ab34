/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-clock-system.h"

#include <gio/gio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static void
count (gpointer user_data)
{
  (*(guint *) user_data)++;
}

static void
test_past (void)
{
  g_autoptr (ScepClock) clock = scep_clock_system_new (NULL);
  guint called = 0;

  scep_clock_call_at (clock, 0, count, &called);
  scep_clock_call_at (clock, scep_clock_now (clock) - 1, count, &called);
  g_assert_cmpuint (called, ==, 0);
  while (called < 2)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (called, ==, 2);
}

static void
test_order (void)
{
  g_autoptr (ScepClock) clock = scep_clock_system_new (NULL);
  guint far = 0;
  guint near = 0;
  guint id = scep_clock_call_at (clock, scep_clock_now (clock) + 10000, count, &far);

  scep_clock_call_at (clock, scep_clock_now (clock) + 1, count, &near);
  while (near == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (far, ==, 0);
  scep_clock_clear (clock, &id);
  g_assert_cmpuint (id, ==, 0);
}

static void
test_cancelled (void)
{
  g_autoptr (ScepClock) clock = scep_clock_system_new (NULL);
  guint called = 0;
  guint id = scep_clock_call_at (clock, 0, count, &called);

  g_assert_cmpuint (id, !=, 0);
  scep_clock_cancel (clock, id);
  /* With no deadline nothing wakes anybody. */
  g_assert_false (g_main_context_iteration (NULL, FALSE));
  g_assert_cmpuint (called, ==, 0);
}

/* No further descriptor can be had. Returns: what was allowed before */
static struct rlimit
use_up_descriptors (void)
{
  int next = dup (STDERR_FILENO);
  struct rlimit before, limit;

  close (next);
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &before), ==, 0);
  limit = (struct rlimit){ .rlim_cur = (rlim_t) next, .rlim_max = before.rlim_max };
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  return before;
}

/* What it needs it has from the start, and a start without it fails. */
static void
test_no_descriptors (void)
{
  g_autoptr (ScepClock) clock = scep_clock_system_new (NULL);
  g_autoptr (GError) error = NULL;
  struct rlimit before;
  guint called = 0;

  /* The main loop makes its own with its first turn. */
  g_main_context_iteration (NULL, FALSE);
  before = use_up_descriptors ();
  g_assert_null (scep_clock_system_new (&error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES);
  for (guint i = 1; i < 3; i++) {
    scep_clock_call_at (clock, 0, count, &called);
    while (called < i)
      g_main_context_iteration (NULL, TRUE);
  }
  setrlimit (RLIMIT_NOFILE, &before);
}

/* Not even a test's own clock is older than the program it tests. */
static void
test_check (void)
{
  g_autoptr (ScepClock) clock = scep_clock_system_new (NULL);
  g_autoptr (GError) error = NULL;

  /* Where the machine waits for a time server, it says so. */
  if (!scep_clock_check (clock, &error))
    g_assert_nonnull (strstr (error->message, "has not synchronised it yet"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/clock-system/past", test_past);
  g_test_add_func ("/clock-system/order", test_order);
  g_test_add_func ("/clock-system/cancelled", test_cancelled);
  g_test_add_func ("/clock-system/no-descriptors", test_no_descriptors);
  g_test_add_func ("/clock-system/check", test_check);
  return g_test_run ();
}
