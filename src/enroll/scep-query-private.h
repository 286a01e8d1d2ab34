/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "enroll/scep-query.h"

/* What the files that make up a query share. */

struct _ScepQuery {
  GObject parent_instance;

  ScepEnrollment *enrollment;   /* (owned) */
  GCancellable *cancellable;    /* (owned) */
  ScepTransport *transport;     /* (owned) */
  ScepCertificate *certificate; /* (owned) */
  ScepKey *key;                 /* (owned): of the certificate */
  ScepSettings *settings;       /* (owned) */
  ScepCaTrust *trust;           /* (owned) */
  ScepDelivery delivery;
  gboolean was_answered; /* there is something to verify */
  char *words;           /* (owned) (nullable): of the server, with a refusal */
};

/* scep-query.c */
gpointer scep_query_propagate (ScepQuery *self, GAsyncResult *result, GError **error);
gboolean scep_query_goes_on (GTask *task, GError *error);
void scep_query_send (ScepQuery *self, const char *url, GBytes *message, gboolean refuse_local,
                      gsize max_reply, GAsyncReadyCallback callback, gpointer user_data);
