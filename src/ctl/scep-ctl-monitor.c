/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/scep-ctl.h"

#include "base/scep-names.h"
#include "ctl/scep-ctl-output.h"

#include <glib-unix.h>
#include <glib/gi18n-lib.h>
#include <stdio.h>

typedef struct {
  ScepCtl *self; /* (unowned) */
  GMainLoop *loop;
} Monitor;

static void
print_event_json (const char *path, const char *event, GVariant *details)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *time = g_date_time_format_iso8601 (now);
  GVariantDict dict = G_VARIANT_DICT_INIT (NULL);

  g_variant_dict_insert (&dict, "Time", "s", time);
  g_variant_dict_insert (&dict, "Path", "s", path);
  g_variant_dict_insert (&dict, "Event", "s", event);
  g_variant_dict_insert_value (&dict, "Details", details);
  scep_ctl_print_json (g_variant_dict_end (&dict));
}

static void
print_line (const char *path, const char *event, const char *text)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autofree char *time = g_date_time_format (now, "%H:%M:%S");

  g_print ("%s  %-12s %-22s %s\n", time, scep_ctl_profile_id_from_path (path), event, text);
  fflush (stdout);
}

static char *
join_arguments (GVariant *arguments)
{
  GString *text = g_string_new (NULL);

  for (gsize i = 0; i < g_variant_n_children (arguments); i++) {
    g_autoptr (GVariant) value = g_variant_get_child_value (arguments, i);
    g_autofree char *word = scep_ctl_format_value (value);

    g_string_append_printf (text, "%s%s", i > 0 ? "  " : "", word);
  }
  return g_string_free (text, FALSE);
}

static void
print_changes (Monitor *monitor, const char *path, GVariant *parameters)
{
  g_autoptr (GVariant) changed = g_variant_get_child_value (parameters, 1);
  GVariantIter iter;
  const char *name;
  GVariant *value;

  if (monitor->self->json) {
    print_event_json (path, "PropertiesChanged", changed);
    return;
  }
  g_variant_iter_init (&iter, changed);
  while (g_variant_iter_loop (&iter, "{&sv}", &name, &value)) {
    g_autofree char *text = scep_ctl_format_value (value);

    print_line (path, name, text);
  }
}

static void
on_signal (GDBusConnection *connection, const char *sender, const char *path, const char *interface,
           const char *signal, GVariant *parameters, gpointer user_data)
{
  Monitor *monitor = user_data;
  g_autofree char *text = NULL;

  if (g_str_equal (signal, "PropertiesChanged")) {
    print_changes (monitor, path, parameters);
    return;
  }
  if (!g_str_has_prefix (interface, SCEP_INTERFACE))
    return;
  if (monitor->self->json) {
    print_event_json (path, signal, parameters);
    return;
  }
  text = join_arguments (parameters);
  print_line (path, signal, text);
}

static void
on_appeared (GDBusConnection *connection, const char *name, const char *owner, gpointer user_data)
{
  g_printerr (_ ("The enrollment service is running.\n"));
}

static void
on_vanished (GDBusConnection *connection, const char *name, gpointer user_data)
{
  Monitor *monitor = user_data;

  g_printerr (_ ("The enrollment service is not running.\n"));
  if (connection == NULL || g_dbus_connection_is_closed (connection))
    g_main_loop_quit (monitor->loop);
}

static gboolean
on_unix_signal (gpointer user_data)
{
  Monitor *monitor = user_data;

  g_main_loop_quit (monitor->loop);
  return G_SOURCE_CONTINUE;
}

static void
run_monitor (Monitor *monitor)
{
  GDBusConnection *connection = monitor->self->connection;
  guint subscription, watch, interrupted, terminated;

  subscription =
      g_dbus_connection_signal_subscribe (connection, SCEP_BUS_NAME, NULL, NULL, NULL, NULL,
                                          G_DBUS_SIGNAL_FLAGS_NONE, on_signal, monitor, NULL);
  watch = g_bus_watch_name_on_connection (connection, SCEP_BUS_NAME, G_BUS_NAME_WATCHER_FLAGS_NONE,
                                          on_appeared, on_vanished, monitor, NULL);
  interrupted = g_unix_signal_add (SIGINT, on_unix_signal, monitor);
  terminated = g_unix_signal_add (SIGTERM, on_unix_signal, monitor);
  g_main_loop_run (monitor->loop);
  g_source_remove (interrupted);
  g_source_remove (terminated);
  g_bus_unwatch_name (watch);
  g_dbus_connection_signal_unsubscribe (connection, subscription);
}

/**
 * scep_ctl_monitor:
 *
 * The verb "monitor": every change and signal of every object, also across
 * restarts of the service.
 */
gboolean
scep_ctl_monitor (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv, GError **error)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  Monitor monitor = { self, loop };

  if (!scep_ctl_parse (self, verb, NULL, argv, error) || !scep_ctl_connect (self, error))
    return FALSE;
  run_monitor (&monitor);
  return TRUE;
}
