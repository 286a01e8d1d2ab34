/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "transport/scep-transport-soup.h"

/* For tests, which cannot wait as long as a network may. */
void scep_transport_soup_set_limits (ScepTransportSoup *self, guint io_timeout, guint keep_alive);
gboolean scep_transport_soup_is_idle (ScepTransportSoup *self);
