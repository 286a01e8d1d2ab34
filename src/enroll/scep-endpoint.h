/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

typedef enum {
  SCEP_OPERATION_GET_CA_CAPS,
  SCEP_OPERATION_GET_CA_CERT,
  SCEP_OPERATION_GET_NEXT_CA_CERT,
  SCEP_OPERATION_PKI,
} ScepOperation;

#define SCEP_CONTENT_TYPE_PKI_MESSAGE "application/x-pki-message"

/* Longer GET requests are cut or refused on the way. */
#define SCEP_ENDPOINT_MAX_GET 8192

char *scep_endpoint_normalize (const char *url, GError **error);
char *scep_endpoint_get_url (const char *endpoint, ScepOperation operation, const char *message);
char *scep_endpoint_get_message_url (const char *endpoint, GBytes *message, GError **error);
gsize scep_endpoint_get_max_reply (ScepOperation operation);
char *scep_endpoint_get_host (const char *endpoint);
gboolean scep_endpoint_is_https (const char *endpoint);
const char *scep_endpoint_get_advice (ScepOperation operation, gboolean listed);
