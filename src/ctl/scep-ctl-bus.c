/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/scep-ctl.h"

#include "base/scep-names.h"
#include "base/scep-text.h"

#include <gio/gunixfdlist.h>
#include <glib/gi18n-lib.h>

/**
 * scep_ctl_connect:
 *
 * Connects to the system bus; later calls do nothing.
 */
gboolean
scep_ctl_connect (ScepCtl *self, GError **error)
{
  g_autoptr (GError) local_error = NULL;

  if (self->connection != NULL)
    return TRUE;
  self->connection = g_bus_get_sync (G_BUS_TYPE_SYSTEM, NULL, &local_error);
  if (self->connection == NULL) {
    scep_ctl_error_set (error, SCEP_CTL_EXIT_NOT_RUNNING, _ ("Could not reach the system bus: %s."),
                        local_error->message);
    return FALSE;
  }
  g_dbus_connection_set_exit_on_close (self->connection, FALSE);
  return TRUE;
}

/*
 * A proxy is made even where nobody answers; this says so instead.
 * @absent: what to say where there is no such object
 */
static gboolean
check_served (GDBusProxy *proxy, const char *property, const char *absent, GError **error)
{
  g_autofree char *owner = g_dbus_proxy_get_name_owner (proxy);
  g_autoptr (GVariant) value = g_dbus_proxy_get_cached_property (proxy, property);

  if (owner == NULL) {
    scep_ctl_error_set (error, SCEP_CTL_EXIT_NOT_RUNNING,
                        _ ("The enrollment service is not running: nobody owns %s on the system "
                           "bus. Start it with: systemctl start scep-enrollment"),
                        SCEP_BUS_NAME);
    return FALSE;
  }
  if (value == NULL) {
    scep_ctl_error_set (error, SCEP_CTL_EXIT_FAILED, "%s", absent);
    return FALSE;
  }
  return TRUE;
}

static char *
object_path (const char *folder, const char *id, GError **error)
{
  if (!scep_id_is_valid (id)) {
    scep_ctl_error_set (error, SCEP_CTL_EXIT_USAGE,
                        _ ("“%s” cannot be an id: that has lower-case letters, digits and "
                           "underscores and begins with a letter."),
                        id);
    return NULL;
  }
  return g_strconcat (folder, "/", id, NULL);
}

/**
 * scep_ctl_open_profile:
 * @path: of the profile's object
 *
 * Returns: (transfer full): the profile there, its properties loaded
 */
ScepProxyProfile *
scep_ctl_open_profile (ScepCtl *self, const char *path, GError **error)
{
  g_autoptr (ScepProxyProfile) proxy = NULL;
  g_autofree char *id =
      g_str_equal (path, SCEP_PATH) ? g_strdup (SCEP_DEFAULT_ID) : g_path_get_basename (path);
  g_autofree char *absent = g_strdup_printf (
      _ ("There is no profile “%s”; “scepctl list” shows those that there are."), id);

  if (!scep_ctl_connect (self, error))
    return NULL;
  proxy = scep_proxy_profile_proxy_new_sync (self->connection, G_DBUS_PROXY_FLAGS_NONE,
                                             SCEP_BUS_NAME, path, NULL, error);
  if (proxy == NULL || !check_served (G_DBUS_PROXY (proxy), "State", absent, error))
    return NULL;
  return g_steal_pointer (&proxy);
}

/**
 * scep_ctl_get_profile:
 *
 * Returns: (transfer full): the profile that --profile names
 */
ScepProxyProfile *
scep_ctl_get_profile (ScepCtl *self, GError **error)
{
  g_autofree char *path = NULL;

  if (self->profile_id == NULL || g_str_equal (self->profile_id, SCEP_DEFAULT_ID))
    return scep_ctl_open_profile (self, SCEP_PATH, error);
  path = object_path (SCEP_PATH_PROFILES, self->profile_id, error);
  return path != NULL ? scep_ctl_open_profile (self, path, error) : NULL;
}

/**
 * scep_ctl_get_keystore:
 *
 * Returns: (transfer full): the keystore @id
 */
ScepProxyKeystore *
scep_ctl_get_keystore (ScepCtl *self, const char *id, GError **error)
{
  g_autoptr (ScepProxyKeystore) proxy = NULL;
  g_autofree char *path = object_path (SCEP_PATH_KEYSTORES, id, error);
  g_autofree char *absent = g_strdup_printf (
      _ ("There is no keystore “%s”; “man scep-enrollment.conf” says how to add one."), id);

  if (path == NULL || !scep_ctl_connect (self, error))
    return NULL;
  proxy = scep_proxy_keystore_proxy_new_sync (self->connection, G_DBUS_PROXY_FLAGS_NONE,
                                              SCEP_BUS_NAME, path, NULL, error);
  if (proxy == NULL || !check_served (G_DBUS_PROXY (proxy), "Id", absent, error))
    return NULL;
  return g_steal_pointer (&proxy);
}

/**
 * scep_ctl_call:
 * @proxy: (type GDBusProxy):
 * @parameters: (transfer floating) (nullable):
 *
 * Calls a method. polkit may ask the user for a password meanwhile, which takes
 * as long as it takes; generated calls would not permit it to ask.
 *
 * Returns: (transfer full): the reply
 */
GVariant *
scep_ctl_call (gpointer proxy, const char *method, GVariant *parameters, GError **error)
{
  return g_dbus_proxy_call_sync (G_DBUS_PROXY (proxy), method, parameters,
                                 G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION, G_MAXINT, NULL,
                                 error);
}

/**
 * scep_ctl_call_manager:
 * @parameters: (transfer floating) (nullable):
 *
 * scep_ctl_call() of the object that makes and removes profiles.
 *
 * Returns: (transfer full): the reply
 */
GVariant *
scep_ctl_call_manager (ScepCtl *self, const char *method, GVariant *parameters, GError **error)
{
  g_autoptr (ScepProxyManager) proxy = NULL;
  g_autoptr (GVariant) owned = parameters != NULL ? g_variant_ref_sink (parameters) : NULL;

  if (!scep_ctl_connect (self, error))
    return NULL;
  proxy = scep_proxy_manager_proxy_new_sync (self->connection, G_DBUS_PROXY_FLAGS_NONE,
                                             SCEP_BUS_NAME, SCEP_PATH, NULL, error);
  if (proxy == NULL || !check_served (G_DBUS_PROXY (proxy), "Version",
                                      _ ("The service does not manage profiles at this place; "
                                         "check that it is of the same version as scepctl"),
                                      error))
    return NULL;
  return scep_ctl_call (proxy, method, owned, error);
}

/**
 * scep_ctl_call_with_fd:
 * @fd: the descriptor that handle 0 of @parameters means, stays open; or -1
 * @fds: (out) (optional) (transfer full): descriptors of the reply
 *
 * scep_ctl_call() with descriptors.
 */
GVariant *
scep_ctl_call_with_fd (gpointer proxy, const char *method, GVariant *parameters, int fd,
                       GUnixFDList **fds, GError **error)
{
  g_autoptr (GUnixFDList) sent = g_unix_fd_list_new ();
  g_autoptr (GVariant) owned = g_variant_ref_sink (parameters);

  if (fd >= 0 && g_unix_fd_list_append (sent, fd, error) < 0)
    return NULL;
  return g_dbus_proxy_call_with_unix_fd_list_sync (
      G_DBUS_PROXY (proxy), method, owned, G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION,
      G_MAXINT, sent, fds, NULL, error);
}

/**
 * scep_ctl_profile_id_from_path:
 *
 * Returns: (transfer none): the id of the profile or keystore at @path
 */
const char *
scep_ctl_profile_id_from_path (const char *path)
{
  return g_str_equal (path, SCEP_PATH) ? SCEP_DEFAULT_ID : strrchr (path, '/') + 1;
}
