/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "transport/scep-proxy.h"
#include "transport/scep-transport.h"

/* What is known about a request that failed. */
typedef struct {
  const char *where; /* the URL as people may see it */
  const char *host;
  ScepTransportPhase phase;
  guint deadline; /* seconds, 0 if it has not passed */
  GTlsCertificateFlags tls_errors;
  GTlsCertificate *certificate; /* (nullable): the one that has them */
  gboolean interim;             /* more interim answers came than anybody sends */
  gboolean local;     /* an address was not connected to: it is this machine's or its link's */
  ScepProxy *proxy;   /* (nullable): that it goes by */
  guint proxy_status; /* what it refused with, 0 if it did not */
  const char *proxy_location; /* (nullable): where it sends the client instead */
  gboolean proxy_takes_basic; /* it asks for a user name and a password */
} ScepTransportFailure;
