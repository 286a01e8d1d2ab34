/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/scep-error.h"
#include "transport/scep-transport.h"

G_BEGIN_DECLS

/* A server that does what a test says. */
#define SCEP_TYPE_TRANSPORT_FAKE (scep_transport_fake_get_type ())
G_DECLARE_FINAL_TYPE (ScepTransportFake, scep_transport_fake, SCEP, TRANSPORT_FAKE, GObject)

/* One request as it came. */
typedef struct {
  char *url;          /* (owned) */
  GBytes *body;       /* (owned) (nullable): NULL for a GET */
  char *content_type; /* (owned) (nullable) */
  gsize max_reply;
  guint total_timeout;
  gboolean refuse_local;
  ScepTransportPhase phase;
} ScepFakeRequest;

/* Returns: (transfer full): the reply, or NULL with @error set. */
typedef ScepHttpReply *(*ScepFakeHandler) (const ScepFakeRequest *request, gpointer user_data,
                                           GError **error);

ScepTransportFake *scep_transport_fake_new (void);
void scep_transport_fake_set_handler (ScepTransportFake *self, ScepFakeHandler handler,
                                      gpointer user_data);
void scep_transport_fake_push_reply (ScepTransportFake *self, guint status,
                                     const char *content_type, GBytes *body);
void scep_transport_fake_push_error (ScepTransportFake *self, ScepError code);
void scep_transport_fake_hold (ScepTransportFake *self, gboolean held);
void scep_transport_fake_close (ScepTransportFake *self, gboolean closes);
guint scep_transport_fake_get_n_requests (ScepTransportFake *self);
const ScepFakeRequest *scep_transport_fake_get_request (ScepTransportFake *self, guint index);

G_END_DECLS
