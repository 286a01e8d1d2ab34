/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-authority.h"

G_DEFINE_INTERFACE (ScepAuthority, scep_authority, G_TYPE_OBJECT)

static void
scep_authority_default_init (ScepAuthorityInterface *iface)
{
}

/**
 * scep_authority_identify_async:
 * @sender: unique name of the caller
 *
 * Finds out whose connection @sender is.
 */
void
scep_authority_identify_async (ScepAuthority *self, const char *sender, GCancellable *cancellable,
                               GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (SCEP_IS_AUTHORITY (self));
  g_return_if_fail (g_dbus_is_unique_name (sender));

  SCEP_AUTHORITY_GET_IFACE (self)->identify_async (self, sender, cancellable, callback, user_data);
}

/**
 * scep_authority_identify_finish:
 * * @user: (out): its user id; 0 may do everything
 *
 * Returns: %FALSE where that could not be found out
 */
gboolean
scep_authority_identify_finish (ScepAuthority *self, GAsyncResult *result, guint32 *user)
{
  g_return_val_if_fail (SCEP_IS_AUTHORITY (self), FALSE);

  return SCEP_AUTHORITY_GET_IFACE (self)->identify_finish (self, result, user);
}

/**
 * scep_authority_check_async:
 * @sender: unique name of the caller
 * @action: what it wants to do
 * @interactive: whether the caller lets a person be asked
 *
 * Asks whether @sender may do @action. A person may be asked, so it can take
 * minutes; cancel it when the sender is gone. The answer comes when the question is
 * not open any more, also where it was cancelled. Only one that lets a person be asked
 * needs @cancellable.
 */
void
scep_authority_check_async (ScepAuthority *self, const char *sender, const char *action,
                            gboolean interactive, GCancellable *cancellable,
                            GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (SCEP_IS_AUTHORITY (self));
  g_return_if_fail (g_dbus_is_unique_name (sender));
  g_return_if_fail (action != NULL);

  SCEP_AUTHORITY_GET_IFACE (self)->check_async (self, sender, action, interactive, cancellable,
                                                callback, user_data);
}

/**
 * scep_authority_check_finish:
 *
 * Returns: the answer; anything but %SCEP_AUTHORIZATION_ALLOWED is a no
 */
ScepAuthorization
scep_authority_check_finish (ScepAuthority *self, GAsyncResult *result)
{
  g_return_val_if_fail (SCEP_IS_AUTHORITY (self), SCEP_AUTHORIZATION_DENIED);

  return SCEP_AUTHORITY_GET_IFACE (self)->check_finish (self, result);
}
