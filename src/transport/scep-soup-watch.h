/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "transport/scep-proxy.h"
#include "transport/scep-transport.h"

#include <libsoup/soup.h>

G_BEGIN_DECLS

/**
 * ScepSoupWatch:
 *
 * Watches one request on its way: how far it has come, and what must not go on.
 */
typedef struct _ScepSoupWatch ScepSoupWatch;

ScepSoupWatch *scep_soup_watch_new (const ScepHttpRequest *request, const char *where,
                                    ScepProxy *proxy, GCancellable *cancellable);
void scep_soup_watch_unref (ScepSoupWatch *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScepSoupWatch, scep_soup_watch_unref)

void scep_soup_watch_begin (ScepSoupWatch *self, SoupSession *session, SoupMessage *message);
void scep_soup_watch_end (ScepSoupWatch *self, SoupSession *session, SoupMessage *message);

void scep_soup_watch_set_phase (ScepSoupWatch *self, ScepTransportPhase phase);
ScepTransportPhase scep_soup_watch_get_phase (ScepSoupWatch *self);
gboolean scep_soup_watch_is_weak (ScepSoupWatch *self);
gboolean scep_soup_watch_has_refusal (ScepSoupWatch *self);
void scep_soup_watch_set_error (ScepSoupWatch *self, GError **error, const GError *cause);

G_END_DECLS
