/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/scep-ctl-error.h"

#include "base/scep-error.h"
#include "base/scep-names.h"

#include <glib/gi18n-lib.h>

/* clang-format off */
G_DEFINE_QUARK (scep-ctl-error-quark, scep_ctl_error)
/* clang-format on */

static const struct {
  const char *name;
  ScepCtlExit exit;
} exits[] = {
  { "org.freedesktop.DBus.Error.AccessDenied", SCEP_CTL_EXIT_DENIED },
  { "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired", SCEP_CTL_EXIT_DENIED },
  { "org.freedesktop.DBus.Error.InvalidArgs", SCEP_CTL_EXIT_USAGE },
  { "org.freedesktop.DBus.Error.NameHasNoOwner", SCEP_CTL_EXIT_NOT_RUNNING },
  { "org.freedesktop.DBus.Error.NoReply", SCEP_CTL_EXIT_NOT_RUNNING },
  { "org.freedesktop.DBus.Error.ServiceUnknown", SCEP_CTL_EXIT_NOT_RUNNING },
  { "org.freedesktop.DBus.Error.Disconnected", SCEP_CTL_EXIT_NOT_RUNNING },
  { "org.freedesktop.DBus.Error.TimedOut", SCEP_CTL_EXIT_TIMED_OUT },
  { "org.freedesktop.DBus.Error.Timeout", SCEP_CTL_EXIT_TIMED_OUT },
  { SCEP_ERROR_PREFIX "Disabled", SCEP_CTL_EXIT_NOT_READY },
  { SCEP_ERROR_PREFIX "NotConfigured", SCEP_CTL_EXIT_NOT_READY },
  { SCEP_ERROR_PREFIX "InvalidSetting", SCEP_CTL_EXIT_USAGE },
};

/**
 * scep_ctl_error_set:
 * @exit: what the program ends with
 *
 * Says why a verb did not succeed, in a sentence for the person at the keyboard.
 */
void
scep_ctl_error_set (GError **error, ScepCtlExit exit, const char *format, ...)
{
  va_list args;

  if (error == NULL)
    return;

  va_start (args, format);
  g_propagate_error (error, g_error_new_valist (SCEP_CTL_ERROR, (int) exit, format, args));
  va_end (args);
}

/**
 * scep_ctl_error_get_exit:
 * @error: of this program, of its options or of the bus
 *
 * Returns: the exit status that tells a script the kind of the failure
 */
ScepCtlExit
scep_ctl_error_get_exit (const GError *error)
{
  g_autofree char *name = NULL;

  if (error->domain == SCEP_CTL_ERROR)
    return (ScepCtlExit) error->code;
  if (error->domain == G_OPTION_ERROR)
    return SCEP_CTL_EXIT_USAGE;

  name = g_dbus_error_get_remote_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (exits); i++) {
    if (g_strcmp0 (name, exits[i].name) == 0)
      return exits[i].exit;
  }
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    return SCEP_CTL_EXIT_TIMED_OUT;
  return SCEP_CTL_EXIT_FAILED;
}

/**
 * scep_ctl_error_get_sentence:
 *
 * Returns: (transfer full): what to show: the service's own sentence without
 *   the decoration of GDBus; where polkit refused, with what helps
 */
char *
scep_ctl_error_get_sentence (const GError *error)
{
  g_autoptr (GError) copy = g_error_copy (error);
  g_autofree char *name = g_dbus_error_get_remote_error (copy);

  if (name != NULL)
    g_dbus_error_strip_remote_error (copy);
  /* What is refused for want of an agent says so itself. */
  if (g_strcmp0 (name, "org.freedesktop.DBus.Error.AccessDenied") == 0)
    return g_strdup_printf (
        _ ("%s Run it with sudo, or from a session whose user polkit permits this."),
        copy->message);
  return g_steal_pointer (&copy->message);
}
