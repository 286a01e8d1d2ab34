/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "transport/scep-network.h"

G_BEGIN_DECLS

/* A network that changes when a test says so. */
#define SCEP_TYPE_NETWORK_FAKE (scep_network_fake_get_type ())
G_DECLARE_FINAL_TYPE (ScepNetworkFake, scep_network_fake, SCEP, NETWORK_FAKE, GObject)

ScepNetworkFake *scep_network_fake_new (void);
void scep_network_fake_change (ScepNetworkFake *self);
void scep_network_fake_set_up (ScepNetworkFake *self, gboolean up);
gboolean scep_network_fake_is_watched (ScepNetworkFake *self);

G_END_DECLS
