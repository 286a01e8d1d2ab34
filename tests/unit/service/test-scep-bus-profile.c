/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-error.h"
#include "base/scep-names.h"
#include "service-fixture.h"
#include "service/scep-bus-profile.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef struct {
  ServiceFixture service;
  ScepProfile *profile;
  ScepBusProfile *bus_profile;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  service_fixture_set_up (&f->service, NULL);
  f->profile = scep_profile_new (SCEP_DEFAULT_ID, &f->service.context);
  scep_profile_load (f->profile);
  f->bus_profile = scep_bus_profile_new (f->service.dispatcher, SCEP_PATH, f->profile,
                                         f->service.reader, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  scep_profile_stop (f->profile);
  g_clear_object (&f->bus_profile);
  g_clear_object (&f->profile);
  service_fixture_tear_down (&f->service, NULL);
}

static BusCall *
call (Fixture *f, const char *method, GVariant *parameters)
{
  return service_fixture_call (&f->service, SCEP_PATH, SCEP_INTERFACE, method, parameters, -1);
}

static void
expect_error (BusCall *taken, ScepError code)
{
  g_autoptr (BusCall) answered = taken;

  g_assert_error (answered->local, SCEP_ERROR, (gint) code);
}

static void
expect_done (BusCall *taken)
{
  g_autoptr (BusCall) answered = taken;

  g_assert_no_error (answered->local);
}

/* @handle: number of the descriptor, of which one is sent */
static BusCall *
set_challenge_by (Fixture *f, const char *text, gsize length, gint handle)
{
  int ends[2];
  BusCall *answered;

  g_assert_cmpint (pipe2 (ends, O_CLOEXEC), ==, 0);
  g_assert_cmpint (write (ends[1], text, length), ==, (gssize) length);
  close (ends[1]);
  answered = service_fixture_call (&f->service, SCEP_PATH, SCEP_INTERFACE, "SetChallengePassword",
                                   g_variant_new ("(h)", handle), ends[0]);
  close (ends[0]);
  return answered;
}

static BusCall *
set_challenge (Fixture *f, const char *text, gsize length)
{
  return set_challenge_by (f, text, length, 0);
}

static void
assert_challenge (Fixture *f, const char *expected)
{
  GBytes *challenge = scep_settings_get_challenge (scep_profile_get_settings (f->profile));
  gsize size = 0;
  const char *data = challenge == NULL ? NULL : g_bytes_get_data (challenge, &size);

  g_assert_cmpmem (data, size, expected, strlen (expected));
  g_assert_cmpint (scep_profile_get_status (f->profile)->challenge_set, ==, expected[0] != '\0');
}

static void
test_challenge_refused (Fixture *f, gconstpointer data)
{
  g_autofree char *big = g_strnfill (4097, 'x');

  expect_error (call (f, "SetChallengePassword", g_variant_new ("(h)", 0)),
                SCEP_ERROR_INVALID_SETTING);
  expect_error (set_challenge_by (f, "lost", 4, 1), SCEP_ERROR_INVALID_SETTING);
  expect_error (set_challenge_by (f, "lost", 4, -1), SCEP_ERROR_INVALID_SETTING);
  expect_done (set_challenge (f, "kept", 4));
  expect_error (set_challenge (f, big, 4097), SCEP_ERROR_INVALID_SETTING);
  expect_error (set_challenge (f, "", 0), SCEP_ERROR_INVALID_SETTING);
  expect_error (set_challenge (f, "\n", 1), SCEP_ERROR_INVALID_SETTING);
  assert_challenge (f, "kept");
}

/* Whoever wrote the file has left its offset behind what he wrote. */
static void
test_challenge_at_end (Fixture *f, gconstpointer data)
{
  int fd = memfd_create ("challenge", MFD_CLOEXEC);
  BusCall *call;

  g_assert_cmpint (write (fd, "secret", 6), ==, 6);
  expect_done (set_challenge (f, "kept", 4));
  call = service_fixture_call (&f->service, SCEP_PATH, SCEP_INTERFACE, "SetChallengePassword",
                               g_variant_new ("(h)", 0), fd);
  g_assert_nonnull (strstr (call->local->message, "read to its end"));
  expect_error (call, SCEP_ERROR_INVALID_SETTING);
  assert_challenge (f, "kept");
  close (fd);
}

static void
test_challenge (Fixture *f, gconstpointer data)
{
  expect_done (set_challenge (f, "secret", 6));
  assert_challenge (f, "secret");
  expect_done (set_challenge (f, "with newline\n", 13));
  assert_challenge (f, "with newline");
  expect_error (set_challenge (f, "with two\n\n", 10), SCEP_ERROR_INVALID_SETTING);
  assert_challenge (f, "with newline");
}

/* The secret is nowhere to be read: not as a property, not in the list of all of them. */
static void
test_challenge_is_hidden (Fixture *f, gconstpointer data)
{
  g_autoptr (BusCall) all = NULL;
  g_autofree char *text = NULL;

  expect_done (set_challenge (f, "hidden-word", 11));
  all = service_fixture_call (&f->service, SCEP_PATH, "org.freedesktop.DBus.Properties", "GetAll",
                              g_variant_new ("(s)", SCEP_INTERFACE), -1);
  g_assert_no_error (all->local);
  text = g_variant_print (all->reply, FALSE);
  g_assert_null (strstr (text, "hidden-word"));
  g_assert_nonnull (strstr (text, "'ChallengePasswordSet': <true>"));
}

/* The profile is gone before its challenge has been read. */
static void
test_gone_while_reading (Fixture *f, gconstpointer data)
{
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();
  BusCall *waiting;
  int ends[2];

  g_assert_cmpint (pipe2 (ends, O_CLOEXEC), ==, 0);
  g_assert_cmpint (g_unix_fd_list_append (fds, ends[0], NULL), ==, 0);
  waiting =
      bus_call_begin (&f->service.bus, NULL, SCEP_PATH, SCEP_INTERFACE, "SetChallengePassword",
                      g_variant_new ("(h)", 0), G_DBUS_CALL_FLAGS_NONE, fds);
  wait_until (f->service.authority->n_identified == 1);
  expect_error (call (f, "Renew", NULL), SCEP_ERROR_DISABLED);
  scep_bus_profile_close (f->bus_profile);
  close (ends[1]);
  bus_call_wait (waiting);
  expect_error (waiting, SCEP_ERROR_NO_SUCH_PROFILE);
  close (ends[0]);
}

static void
test_configure (Fixture *f, gconstpointer data)
{
  expect_error (
      call (f, "Configure",
            g_variant_new_parsed ("({'SubjectDN': <'CN=a'>, 'RSAKeyLength': <uint32 7>},)")),
      SCEP_ERROR_INVALID_SETTING);
  expect_error (call (f, "Configure", g_variant_new_parsed ("({'SubjectDN': <true>},)")),
                SCEP_ERROR_INVALID_SETTING);
  expect_error (call (f, "Configure", g_variant_new_parsed ("({'Unheard': <'x'>},)")),
                SCEP_ERROR_INVALID_SETTING);
  g_assert_cmpstr (
      scep_settings_get_string (scep_profile_get_settings (f->profile), SCEP_SETTING_SUBJECT_DN),
      ==, "");
  expect_done (call (f, "Configure", g_variant_new_parsed ("({'SubjectDN': <'CN=a'>},)")));
  g_assert_cmpstr (
      scep_settings_get_string (scep_profile_get_settings (f->profile), SCEP_SETTING_SUBJECT_DN),
      ==, "CN=a");
  expect_error (call (f, "ResetSettings", g_variant_new_parsed ("(['SubjectDN', 'Unheard'],)")),
                SCEP_ERROR_INVALID_SETTING);
  expect_done (call (f, "ResetSettings", g_variant_new_parsed ("(['SubjectDN'],)")));
  g_assert_cmpstr (
      scep_settings_get_string (scep_profile_get_settings (f->profile), SCEP_SETTING_SUBJECT_DN),
      ==, "");
}

static void
test_commands (Fixture *f, gconstpointer data)
{
  expect_error (call (f, "Enroll", NULL), SCEP_ERROR_DISABLED);
  expect_error (call (f, "Check", NULL), SCEP_ERROR_DISABLED);
  expect_error (call (f, "Renew", NULL), SCEP_ERROR_DISABLED);
  expect_error (call (f, "SwitchBack", NULL), SCEP_ERROR_NOT_CONFIGURED);
  expect_error (call (f, "AcceptCA", g_variant_new ("(s)", "00")), SCEP_ERROR_NOT_CONFIGURED);
  expect_done (call (f, "Diagnose", NULL));
  expect_error (call (f, "GetCRL", NULL), SCEP_ERROR_DISABLED);
  expect_error (call (f, "GetCertificate", g_variant_new ("(s)", "4d")), SCEP_ERROR_DISABLED);
  expect_done (call (f, "GetHistory", NULL));
  expect_done (call (f, "Configure", g_variant_new_parsed ("({'Enabled': <true>},)")));
  expect_error (call (f, "Enroll", NULL), SCEP_ERROR_NOT_CONFIGURED);
  expect_error (call (f, "GetCRL", NULL), SCEP_ERROR_NOT_CONFIGURED);
  expect_error (call (f, "GetCertificate", g_variant_new ("(s)", "4d")), SCEP_ERROR_NOT_CONFIGURED);
}

/* As GDBus answers to an argument of a wrong type. */
static void
test_no_serial (Fixture *f, gconstpointer data)
{
  g_autoptr (BusCall) answered = call (f, "GetCertificate", g_variant_new ("(s)", "c0ffe"));

  g_assert_error (answered->local, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS);
  g_assert_nonnull (strstr (answered->local->message, "c0ffe"));
}

#define ADD(name, func) g_test_add ("/bus-profile/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("challenge-refused", test_challenge_refused);
  ADD ("challenge-at-end", test_challenge_at_end);
  ADD ("challenge", test_challenge);
  ADD ("challenge-is-hidden", test_challenge_is_hidden);
  ADD ("gone-while-reading", test_gone_while_reading);
  ADD ("configure", test_configure);
  ADD ("commands", test_commands);
  ADD ("no-serial", test_no_serial);
  return g_test_run ();
}
