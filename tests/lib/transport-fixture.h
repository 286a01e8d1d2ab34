/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/scep-error.h"
#include "transport/scep-transport.h"

#include <time.h>

G_BEGIN_DECLS

#define TRANSPORT_OK "HTTP/1.1 200 OK\r\n"
#define TRANSPORT_CAP 4096

/* Whether the last request went out. */
extern gboolean transport_was_sent;

/* How long the main loop stood still at most while the last request was under way, in
 * milliseconds. */
extern guint transport_standstill;

void transport_keep_result (GObject *source, GAsyncResult *result, gpointer user_data);
ScepHttpReply *transport_send (ScepTransport *transport, const ScepHttpRequest *request,
                               GError **error);
ScepHttpReply *transport_get (ScepTransport *transport, const char *url, guint timeout,
                              GError **error);
void transport_assert_fails (const char *url, guint timeout, ScepError code, const char *word);
char *transport_make_certificate (gboolean right_name, time_t from, time_t until);

G_END_DECLS
