/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/* How far a request had come, for messages. */
typedef enum {
  SCEP_TRANSPORT_PHASE_CONNECTING,
  SCEP_TRANSPORT_PHASE_SECURING,
  SCEP_TRANSPORT_PHASE_WAITING,
  SCEP_TRANSPORT_PHASE_READING,
} ScepTransportPhase;

/* What is known about a request that failed. */
typedef struct {
  const char *where; /* the URL as people may see it */
  const char *host;
  ScepTransportPhase phase;
  guint deadline; /* seconds, 0 if it has not passed */
  GTlsCertificateFlags tls_errors;
  gboolean interim;  /* more interim answers came than anybody sends */
  gboolean local;    /* an address was not connected to: it is this machine's or its link's */
  const char *proxy; /* (nullable): host and port of the one that it went by */
  const char *proxy_variable; /* (nullable): the variable that names it */
  guint proxy_status;         /* what it refused with, 0 if it did not */
  gboolean proxy_authorized;  /* a user name and a password were sent */
  gboolean proxy_takes_basic; /* it asks for such */
} ScepTransportFailure;

void scep_transport_failure_set (GError **error, const ScepTransportFailure *failure,
                                 const GError *cause);
