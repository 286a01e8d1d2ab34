/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-clock-judge.h"

#include "base/scep-error.h"
#include "storage/scep-storage.h"

#include <glib/gstdio.h>
#include <string.h>

#define NOW G_GINT64_CONSTANT (1767225600)
#define IN_SYNC SCEP_SYNCHRONIZATION_YES
#define OUT_OF_SYNC SCEP_SYNCHRONIZATION_NO
#define UNKNOWN SCEP_SYNCHRONIZATION_UNKNOWN

/* A folder like /run, and a machine that has just been started. */
typedef struct {
  char *run; /* (owned) */
  ScepClockFacts facts;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->run = g_dir_make_tmp ("scep-run-XXXXXX", NULL);
  fixture->facts = (ScepClockFacts){
    .now = NOW,
    .earliest = NOW - 1000,
    .uptime = 20,
    .synchronization = OUT_OF_SYNC,
    .run_directory = fixture->run,
  };
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_assert_true (scep_storage_remove_directory (fixture->run, NULL));
  g_free (fixture->run);
}

static void
make (Fixture *fixture, const char *name)
{
  g_autofree char *path = g_build_filename (fixture->run, name, NULL);
  g_autofree char *folder = g_path_get_dirname (path);

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, "", 0, NULL));
}

static void
assert_good (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (scep_clock_judge (&fixture->facts, &error));
  g_assert_no_error (error);
}

static void
assert_bad (Fixture *fixture, const char *word)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (scep_clock_judge (&fixture->facts, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_CLOCK_IMPLAUSIBLE);
  g_assert_nonnull (strstr (error->message, word));
}

static void
test_too_early (Fixture *fixture, gconstpointer data)
{
  fixture->facts.now = fixture->facts.earliest - 1;
  assert_bad (fixture, "2025-12-31 23:43 UTC");
  /* That does not become better with time, nor with a time server that is wrong. */
  fixture->facts.uptime = 10 * SCEP_CLOCK_MAX_WAIT;
  fixture->facts.synchronization = IN_SYNC;
  assert_bad (fixture, "Set the clock");
  fixture->facts.now = fixture->facts.earliest;
  assert_good (fixture);
}

static void
test_nobody (Fixture *fixture, gconstpointer data)
{
  assert_good (fixture);
  fixture->facts.synchronization = UNKNOWN;
  assert_good (fixture);
}

static void
test_timesyncd (Fixture *fixture, gconstpointer data)
{
  make (fixture, "systemd/timesync/other");
  assert_bad (fixture, "systemd-timesyncd");
  fixture->facts.synchronization = UNKNOWN;
  assert_bad (fixture, "systemd-timesyncd");
  make (fixture, "systemd/timesync/synchronized");
  assert_good (fixture);
}

static void
check_kernel (Fixture *fixture, const char *file, const char *service)
{
  make (fixture, file);
  assert_bad (fixture, service);
  /* Whoever may not ask the kernel does not know. */
  fixture->facts.synchronization = UNKNOWN;
  assert_good (fixture);
  fixture->facts.synchronization = IN_SYNC;
  assert_good (fixture);
}

static void
test_chronyd (Fixture *fixture, gconstpointer data)
{
  check_kernel (fixture, "chrony/chronyd.pid", "chronyd");
}

static void
test_ntpd (Fixture *fixture, gconstpointer data)
{
  check_kernel (fixture, "ntpd.pid", "ntpd");
}

/* A plant without a time server. */
static void
test_bounded (Fixture *fixture, gconstpointer data)
{
  make (fixture, "systemd/timesync/other");
  fixture->facts.uptime = SCEP_CLOCK_MAX_WAIT - 1;
  assert_bad (fixture, "one hour");
  fixture->facts.uptime = SCEP_CLOCK_MAX_WAIT;
  assert_good (fixture);
}

#define ADD(path, test) g_test_add (path, Fixture, NULL, set_up, test, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/clock-judge/too-early", test_too_early);
  ADD ("/clock-judge/timesyncd", test_timesyncd);
  ADD ("/clock-judge/chronyd", test_chronyd);
  ADD ("/clock-judge/ntpd", test_ntpd);
  ADD ("/clock-judge/bounded", test_bounded);
  ADD ("/clock-judge/nobody", test_nobody);
  return g_test_run ();
}
