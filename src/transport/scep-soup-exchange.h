/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "transport/scep-proxy.h"
#include "transport/scep-soup-client.h"
#include "transport/scep-transport.h"

G_BEGIN_DECLS

/**
 * ScepSoupExchange:
 *
 * One request on its way through the thread, and its reply on the way back.
 */
typedef struct _ScepSoupExchange ScepSoupExchange;

ScepSoupExchange *scep_soup_exchange_start (ScepSoupClient *client, const ScepHttpRequest *request,
                                            ScepProxy *proxy, GTask *task);
void scep_soup_exchange_unref (ScepSoupExchange *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScepSoupExchange, scep_soup_exchange_unref)

void scep_soup_exchange_abort (ScepSoupExchange *self);
ScepTransportPhase scep_soup_exchange_get_phase (ScepSoupExchange *self);
const char *scep_soup_exchange_get_where (ScepSoupExchange *self);
ScepProxy *scep_soup_exchange_get_proxy (ScepSoupExchange *self);

G_END_DECLS
