/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "transport/scep-transport.h"

#include <libsoup/soup.h>

SoupMessage *scep_soup_message_new (const ScepHttpRequest *request, GError **error);
gboolean scep_soup_message_check_encoding (SoupMessage *message, const char *where, GError **error);
ScepHttpReply *scep_soup_message_make_reply (SoupMessage *message, GByteArray *body);
gboolean scep_soup_message_is_for_proxy (SoupMessage *message);
void scep_soup_message_offer_http1 (GIOStream *connection);
gboolean scep_soup_message_check_tls (SoupMessage *message, const char *where, gboolean allow_weak,
                                      gboolean *is_weak, GError **error);
gboolean scep_soup_message_takes_basic (SoupMessage *message);
gboolean scep_soup_message_refuses_login (SoupMessage *message, gboolean is_tunnel,
                                          gboolean had_login);
