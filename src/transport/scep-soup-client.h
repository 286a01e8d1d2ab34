/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "transport/scep-transport-thread.h"

#include <libsoup/soup.h>

G_BEGIN_DECLS

/**
 * ScepSoupClient:
 *
 * What a transport has in the thread: its connections.
 */
typedef struct _ScepSoupClient ScepSoupClient;

ScepSoupClient *scep_soup_client_new (ScepTransportThread *thread, GTlsDatabase *tls_database,
                                      GProxyResolver *proxies, guint io_timeout, guint keep_alive);
ScepSoupClient *scep_soup_client_ref (ScepSoupClient *self);
void scep_soup_client_unref (ScepSoupClient *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScepSoupClient, scep_soup_client_unref)

ScepTransportThread *scep_soup_client_get_thread (ScepSoupClient *self);
void scep_soup_client_close (ScepSoupClient *self);
gboolean scep_soup_client_is_idle (ScepSoupClient *self);

SoupSession *scep_soup_client_take_session (ScepSoupClient *self);
void scep_soup_client_give_session (ScepSoupClient *self, SoupSession *session);
void scep_soup_client_drop_session (ScepSoupClient *self, SoupSession *session);

G_END_DECLS
