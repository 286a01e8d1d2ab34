/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A server of bytes: it reads one request after the other and answers with the same bytes. */
typedef struct {
  GSocketService *service;      /* (owned) */
  GTlsCertificate *certificate; /* (owned) (nullable): https */
  char *answer;                 /* (owned) */
  const char *tunnel;           /* (nullable): what a CONNECT is answered with */
  const char *endless;          /* (nullable): sent after the answer, again and again */
  gboolean takes_hello;         /* no TLS: its first bytes are taken, and that is all */
  gboolean flood;               /* zeros without end after the answer */
  gboolean trickle;
  gboolean close_after;
  gint n_connections;
  gint n_requests;
  char *last;        /* (owned): the request's head */
  char *last_tunnel; /* (owned): that of a CONNECT */
  GBytes *hello;     /* (owned): those */
  GMutex lock;
  guint16 port;
  char *url; /* (owned) */
} RawServer;

RawServer *raw_server_new (const char *answer);
char *raw_server_make_url (RawServer *server, const char *scheme);
void raw_server_free (RawServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RawServer, raw_server_free)

G_END_DECLS
