/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/scep-ctl-error.h"

static void
test_remote (void)
{
  const struct {
    const char *name;
    ScepCtlExit exit;
  } cases[] = {
    { "org.freedesktop.DBus.Error.AccessDenied", SCEP_CTL_EXIT_DENIED },
    { "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired", SCEP_CTL_EXIT_DENIED },
    { "org.freedesktop.DBus.Error.ServiceUnknown", SCEP_CTL_EXIT_NOT_RUNNING },
    { "org.freedesktop.DBus.Error.NoReply", SCEP_CTL_EXIT_NOT_RUNNING },
    { "org.freedesktop.DBus.Error.InvalidArgs", SCEP_CTL_EXIT_USAGE },
    { "org.freedesktop.DBus.Error.Timeout", SCEP_CTL_EXIT_TIMED_OUT },
    { "org.example.SCEPEnrollment.Error.InvalidSetting", SCEP_CTL_EXIT_USAGE },
    { "org.example.SCEPEnrollment.Error.Disabled", SCEP_CTL_EXIT_NOT_READY },
    { "org.example.SCEPEnrollment.Error.NotConfigured", SCEP_CTL_EXIT_NOT_READY },
    { "org.example.SCEPEnrollment.Error.Busy", SCEP_CTL_EXIT_FAILED },
    { "org.example.SCEPEnrollment.Error.OfALaterVersion", SCEP_CTL_EXIT_FAILED },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = g_dbus_error_new_for_dbus_error (cases[i].name, "Why.");

    g_test_message ("%s", cases[i].name);
    g_assert_cmpint (scep_ctl_error_get_exit (error), ==, cases[i].exit);
  }
}

static void
test_local (void)
{
  g_autoptr (GError) own = NULL;
  g_autoptr (GError) option = g_error_new (G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION, "x");
  g_autoptr (GError) io = g_error_new (G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "x");
  g_autoptr (GError) file = g_error_new (G_FILE_ERROR, G_FILE_ERROR_NOENT, "x");

  scep_ctl_error_set (&own, SCEP_CTL_EXIT_NOT_READY, "Set %s first.", "SubjectDN");
  g_assert_error (own, SCEP_CTL_ERROR, (int) SCEP_CTL_EXIT_NOT_READY);
  g_assert_cmpstr (own->message, ==, "Set SubjectDN first.");
  g_assert_cmpint (scep_ctl_error_get_exit (own), ==, SCEP_CTL_EXIT_NOT_READY);
  g_assert_cmpint (scep_ctl_error_get_exit (option), ==, SCEP_CTL_EXIT_USAGE);
  g_assert_cmpint (scep_ctl_error_get_exit (io), ==, SCEP_CTL_EXIT_TIMED_OUT);
  g_assert_cmpint (scep_ctl_error_get_exit (file), ==, SCEP_CTL_EXIT_FAILED);
  scep_ctl_error_set (NULL, SCEP_CTL_EXIT_FAILED, "nobody listens");
}

static void
test_sentence (void)
{
  g_autoptr (GError) busy = g_dbus_error_new_for_dbus_error (
      "org.example.SCEPEnrollment.Error.Busy", "A request is running.");
  g_autoptr (GError) denied =
      g_dbus_error_new_for_dbus_error ("org.freedesktop.DBus.Error.AccessDenied", "Not permitted.");
  g_autoptr (GError) asked = g_dbus_error_new_for_dbus_error (
      "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired", "Start an agent.");
  g_autofree char *told = scep_ctl_error_get_sentence (asked);
  g_autofree char *plain = scep_ctl_error_get_sentence (busy);
  g_autofree char *helped = scep_ctl_error_get_sentence (denied);

  g_assert_cmpstr (plain, ==, "A request is running.");
  g_assert_cmpstr (told, ==, "Start an agent.");
  g_assert_true (g_str_has_prefix (helped, "Not permitted. "));
  g_assert_nonnull (strstr (helped, "sudo"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ctl/error/remote", test_remote);
  g_test_add_func ("/ctl/error/local", test_local);
  g_test_add_func ("/ctl/error/sentence", test_sentence);
  return g_test_run ();
}
