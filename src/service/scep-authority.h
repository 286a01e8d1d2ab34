/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What became of a question whether somebody may do something. */
typedef enum {
  SCEP_AUTHORIZATION_DENIED,
  SCEP_AUTHORIZATION_CHALLENGE, /* perhaps after authentication, which the caller did not offer */
  SCEP_AUTHORIZATION_ALLOWED,
  SCEP_AUTHORIZATION_UNASKED, /* a no as well, but by nobody: it could not be decided now */
} ScepAuthorization;

/**
 * ScepAuthority:
 *
 * Decides whether a caller on the bus may do something: first who it is, which takes a moment
 * and is enough for root, then whether it may do the thing, which can take a person's time. Whatever goes wrong is a no: there is no error that could be mistaken for a yes.
 */
#define SCEP_TYPE_AUTHORITY (scep_authority_get_type ())
G_DECLARE_INTERFACE (ScepAuthority, scep_authority, SCEP, AUTHORITY, GObject)

struct _ScepAuthorityInterface {
  GTypeInterface parent_iface;

  void (*identify_async) (ScepAuthority *self, const char *sender, GCancellable *cancellable,
                          GAsyncReadyCallback callback, gpointer user_data);
  gboolean (*identify_finish) (ScepAuthority *self, GAsyncResult *result, guint32 *user);
  void (*check_async) (ScepAuthority *self, const char *sender, const char *action,
                       gboolean interactive, GCancellable *cancellable,
                       GAsyncReadyCallback callback, gpointer user_data);
  ScepAuthorization (*check_finish) (ScepAuthority *self, GAsyncResult *result);
};

void scep_authority_identify_async (ScepAuthority *self, const char *sender,
                                    GCancellable *cancellable, GAsyncReadyCallback callback,
                                    gpointer user_data);
gboolean scep_authority_identify_finish (ScepAuthority *self, GAsyncResult *result, guint32 *user);
void scep_authority_check_async (ScepAuthority *self, const char *sender, const char *action,
                                 gboolean interactive, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer user_data);
ScepAuthorization scep_authority_check_finish (ScepAuthority *self, GAsyncResult *result);

G_END_DECLS
