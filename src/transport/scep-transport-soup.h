/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "transport/scep-transport.h"

G_BEGIN_DECLS

#define SCEP_TYPE_TRANSPORT_SOUP (scep_transport_soup_get_type ())
G_DECLARE_FINAL_TYPE (ScepTransportSoup, scep_transport_soup, SCEP, TRANSPORT_SOUP, GObject)

ScepTransport *scep_transport_soup_new (const char *tls_ca_certificates, GError **error);

G_END_DECLS
