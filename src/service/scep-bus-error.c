/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-bus-error.h"

#include "base/scep-names.h"

/**
 * scep_bus_error_register:
 *
 * Makes GDBus call every #ScepError by its bus name, in both directions. Once
 * per process; more often does no harm.
 */
void
scep_bus_error_register (void)
{
  static gsize once = 0;

  if (!g_once_init_enter (&once))
    return;
  for (guint i = 0; i < SCEP_ERROR_N_CODES; i++) {
    g_autofree char *name =
        g_strconcat (SCEP_ERROR_PREFIX, scep_error_get_name ((ScepError) i), NULL);

    g_dbus_error_register_error (SCEP_ERROR, (gint) i, name);
  }
  g_once_init_leave (&once, 1);
}

static ScepError
code_of (const GError *error)
{
  if (error->domain == SCEP_ERROR && (guint) error->code < SCEP_ERROR_N_CODES)
    return (ScepError) error->code;
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return SCEP_ERROR_CANCELLED;
  g_warning ("an error without a bus name: %s: %s", g_quark_to_string (error->domain),
             error->message);
  return SCEP_ERROR_FAILED;
}

/**
 * scep_bus_return_error:
 * @invocation: (transfer full): the call that failed
 *
 * The one way in which an error of the project reaches the bus. What comes
 * from another domain is `Failed`: its name would mean nothing to a caller.
 */
void
scep_bus_return_error (GDBusMethodInvocation *invocation, const GError *error)
{
  g_autofree char *name =
      g_strconcat (SCEP_ERROR_PREFIX, scep_error_get_name (code_of (error)), NULL);

  g_dbus_method_invocation_return_dbus_error (invocation, name, error->message);
}

/**
 * scep_bus_return_code:
 * @invocation: (transfer full): the call that failed
 *
 * scep_bus_return_error() with an error of its own.
 */
void
scep_bus_return_code (GDBusMethodInvocation *invocation, ScepError code, const char *format, ...)
{
  g_autoptr (GError) error = NULL;
  va_list args;

  va_start (args, format);
  error = g_error_new_valist (SCEP_ERROR, code, format, args);
  va_end (args);
  scep_bus_return_error (invocation, error);
}
