/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "transport/scep-proxy.h"
#include "transport/scep-transport.h"

void scep_http_reply_set_location (ScepHttpReply *reply, const char *location);
void scep_http_reply_set_proxy (ScepHttpReply *reply, ScepProxy *proxy);
void scep_http_reply_set_weak (ScepHttpReply *reply, gboolean is_weak);
char *scep_http_describe_url (const char *url);
char *scep_http_describe_target (const char *url, const char *location);
char *scep_http_words_of_page (const char *page, gsize length);
char *scep_http_words_of_body (GBytes *body, const char *content_type);
const char *scep_http_advise (guint status, const char *words, const char *advice);
